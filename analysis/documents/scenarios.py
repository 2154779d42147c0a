"""Tables about the scenario files: the named experiments and their sizes, and every number with its source.

It reads each file as it is written and composes nothing, so a number is listed once, under the file that sets it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from analysis.documents.generated_parts import markdown_table
from analysis.files import SCENARIOS
from analysis.page.credibility import GRADES, grade_of
from sim.study.describe import first_comment_sentence

_LISTED_BY_FILE = ("regime", "scenario")  # the folders whose files have a row each
_MAX_VALUE_LENGTH = 100  # of a value
_DATA_INTRODUCTION = """# Where the numbers come from

Every number that a scenario file sets with a source or an assumed range, file by file. `make docs` writes this page
from the files. A number is listed once, under the file that sets it. `python -m sim check` prints those of one run.
Grades: A measured, B published by a party, C an expert's word, D assumed in a range, or a choice of the scenario.
"""


class SourcedNumber(NamedTuple):
    """A setting of a file that states its source, or the range that is assumed for it."""

    setting: str
    value: str
    grade: str
    basis: str  # the source, or the range and its reason


def experiments_table() -> str:
    """Returns a table of the named experiments: question, runs, period, days and replications."""
    default = _read_yaml(SCENARIOS / "run" / "default.yaml")
    default_choices = {next(iter(each)): next(iter(each.values()))
        for each in _read_yaml(SCENARIOS / "config.yaml")["defaults"][:-3]
             if isinstance(each, dict)}  # fmt: skip
    rows = []
    for file in sorted((SCENARIOS / "experiment").glob("*.yaml")):
        written = _read_yaml(file)
        varied: Mapping[str, Any] = written["hydra"]["sweeper"]["params"]
        regimes = str(varied.get("regime", default_choices["regime"])).split(",")
        run = default | written.get("run", {})
        days = dict.fromkeys(str(run.get("days", _read_yaml(SCENARIOS / "regime" / f"{r}.yaml")["run"]["days"]))
                             for r in regimes)  # fmt: skip
        runs = prod(len(str(choice).split(",")) for choice in varied.values())
        numbers = (runs, ", ".join(regimes), ", ".join(days), run["warm_up"], run["replications"])
        rows.append((f"`{file.stem}`", first_comment_sentence(file.read_text(encoding="utf-8")), *numbers))
    return markdown_table(("experiment", "asks", "runs", "period", "days", "warm-up", "replications"), rows)


def inputs_table() -> str:
    """Returns a table of the number of inputs by grade.

    It has a row for each regime and scenario file, and for each other folder.
    """
    counts: dict[str, Counter[str]] = {}
    for file, numbers in _files_with_numbers():
        folder = file.parent.name
        name = f"{folder}/{file.stem}" if folder in _LISTED_BY_FILE else f"{folder}/*"
        counts.setdefault(name, Counter()).update(number.grade for number in numbers)
    rows = [(f"`{name}`", *(n[grade] for grade in GRADES), n.total()) for name, n in sorted(counts.items())]
    total = [sum(row[column] for row in rows) for column in range(1, len(GRADES) + 2)]  # type: ignore[misc]
    return markdown_table(
        ("files", *(f"{grade}: {meaning}" for grade, meaning in GRADES.items()), "all"), [*rows, ("all", *total)]
    )


def data_page() -> str:
    """Returns the page of all numbers with their sources or ranges; neighbours with the same source share a row."""
    parts = [_DATA_INTRODUCTION]
    for file, numbers in _files_with_numbers():
        rows = []
        for (grade, basis), group in groupby(numbers, lambda number: (number.grade, number.basis)):
            rows.append(("<br>".join(f"`{each.setting}`: {each.value}" for each in group), grade, basis))
        name = file.relative_to(SCENARIOS).with_suffix("").as_posix()
        listed = markdown_table(("setting and value", "grade", "source, or assumed range and why"), rows)
        parts.append(f"## {name}\n\n{listed}\n")
    return "\n".join(parts)


def _files_with_numbers() -> Iterator[tuple[Path, list[SourcedNumber]]]:
    """Yields every file that has numbers with sources, by folder and name."""
    for file in sorted(SCENARIOS.glob("*/*.yaml")):
        if numbers := list(_sourced_numbers(_read_yaml(file))):
            yield file, numbers


def _sourced_numbers(written: Mapping[str, Any]) -> Iterator[SourcedNumber]:
    """Yields the numbers of a file that have a source or an assumed range."""
    for kind, things in written.items():
        for name, thing in things.items() if isinstance(things, dict) else ():
            for path, source in (thing.get("sources") or {}).items() if isinstance(thing, dict) else ():
                assumed = isinstance(source, dict)
                grade = grade_of({"source": None if assumed else source})
                basis = f"{_shortened(source['assumed'][0])} to {_shortened(source['assumed'][1])}; {source['why']}" \
                    if assumed else str(source)  # fmt: skip
                yield SourcedNumber(f"{kind}.{name}.{path}", _shortened(_value_at(thing, path)), grade, basis)


def _value_at(thing: Any, path: str) -> Any:
    """Returns the value at a dotted path, whose names may contain dots; None if another file sets it."""
    while path:
        names = [name for name in thing if f"{path}.".startswith(f"{name}.")] if isinstance(thing, dict) else []
        longest = max(names, key=len, default="")
        thing, path = (thing[longest], path[len(longest) + 1 :]) if longest else (None, "")
    return thing


def _shortened(value: Any) -> str:
    if value is None:
        return "as elsewhere"
    text = value if isinstance(value, str) else yaml.safe_dump(value, default_flow_style=True, width=10_000)
    text = " ".join(text.removesuffix("...\n").split())
    return text if len(text) <= _MAX_VALUE_LENGTH else f"{text[: _MAX_VALUE_LENGTH - 1]}…"


def _read_yaml(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8")) or {}
