"""Tables about the program: versions, settings that phases can change, verified cases, scores of credibility."""

import re
import tomllib
from collections import Counter

from analysis.documents.generated_parts import markdown_table
from analysis.files import ROOT
from analysis.page.credibility import read_factors
from analysis.verification.all_cases import CASES
from sim import DIGEST_FORMAT, MODEL
from sim.network.changes import CHANGEABLE_SETTINGS

_PINNED_LIBRARIES = ("simpy", "numba", "numpy", "scipy", "hydra-core", "pydantic", "duckdb", "xxhash")


def phases_table() -> str:
    """Returns a table of the settings that phases can change, by kind of owner."""
    rows = [
        (f"`{kind}`", ", ".join(f"`{setting}`" for setting in settings))
        for kind, settings in CHANGEABLE_SETTINGS.items()
    ]
    return markdown_table(("of", "settings"), rows)


def versions_table() -> str:
    """Returns a table of the versions of model, digests, package and the pinned libraries that affect results."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    rows = [
        ("package", project["version"], "`pyproject.toml`"),
        ("model", MODEL, "`MODEL` in `sim/__init__.py`; raised when the same scenario and seed give other results"),
        ("digests", DIGEST_FORMAT, "`DIGEST_FORMAT` in `sim/__init__.py`"),
        ("settings", "JSON Schema 2020-12", "`schemas/scenario.json`"),
        ("Python", project["requires-python"], "`pyproject.toml`"),
    ]
    for name in _PINNED_LIBRARIES:
        pins = re.findall(rf"^{name}==(\S+)(?: ; (.*))?$", pinned, re.MULTILINE)
        texts = [f"{version} ({when.replace('python_full_version', 'Python')})" if when else version
                for version, when in pins]  # fmt: skip
        rows.append((name, "; ".join(texts).replace("'", ""), "`constraints.txt`"))
    return markdown_table(("what", "version", "stands in"), rows)


def verification_table() -> str:
    """Returns a table of the cases of `python -m analysis verify` by family.

    They are exact by both engines, or means over random numbers.
    """
    cases, random_cases = (
        Counter(case.family for case in CASES),
        Counter(case.family for case in CASES if case.has_luck),
    )
    rows = [(family, n - random_cases[family] or "", random_cases[family] or "") for family, n in cases.items()]
    total = ("all", len(CASES) - random_cases.total(), random_cases.total())
    return markdown_table(("family", "cases to the second", "cases in the mean"), [*rows, total])


def credibility_table() -> str:
    """Returns a table of the eight scores of credibility with their evidence."""
    return markdown_table(
        ("factor", "score", "evidence"), ((each.name, each.score, each.why) for each in read_factors())
    )
