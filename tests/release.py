"""What a release says of itself: `python -m tests.release v0.2.0` prints the section of CHANGELOG.md for that tag.

It refuses a tag that is not the version of pyproject.toml and CITATION.cff, or that the changelog does not tell of. The
workflow of releases asks it before anything is installed, so it needs Python alone.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEADING = re.compile(r"^## (\S+)(?: \((\d{4}-\d\d-\d\d)\))?$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)]+)\)")


def notes(tag: str, root: Path = ROOT, links: str = "") -> str:
    """What CHANGELOG.md says of this version; with `links`, an address of files, what it points to is found from there.

    ValueError says what does not agree.
    """
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if tag != f"v{version}":
        raise ValueError(f"the tag must be v{version}, by the version in pyproject.toml, is {tag}")
    parts = HEADING.split((root / "CHANGELOG.md").read_text(encoding="utf-8"))  # before, then name, date, text of each
    sections = {name: (date, text.strip()) for name, date, text in zip(*(parts[i::3] for i in (1, 2, 3)), strict=True)}
    date, text = sections.get(version, (None, ""))
    if date is None or not text:
        raise ValueError(f"CHANGELOG.md needs a section `## {version} (its date)` that says what is new")
    cited = dict(
        re.findall(r"^(version|date-released): (\S+)$", (root / "CITATION.cff").read_text(encoding="utf-8"), re.M)
    )
    wanted = {"version": version, "date-released": date}
    if cited != wanted:
        raise ValueError(f"CITATION.cff must have {wanted}, has {cited}")
    return LINK.sub(rf"]({links}/\1)", text) if links else text


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.release", description="Print what is new in a release.")
    parser.add_argument("tag", help="v and the version, v0.2.0 for instance")
    parser.add_argument("--links", default="", metavar="URL", help="where the files are that the changelog links to")
    said = parser.parse_args(words)
    try:
        print(notes(said.tag, links=said.links))
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
