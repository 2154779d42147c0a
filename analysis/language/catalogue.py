"""Reads the one catalogue of a page's texts: `french.yaml`, a pair of English and French for each."""

import re
from functools import cache
from pathlib import Path

from analysis.files import read_yaml

_NO_BREAK_BEFORE = re.compile(" (?=[:;»%])")  # no line begins with one of these


def read_catalogue(path: Path) -> dict[str, str]:
    """French by English. ValueError where a text stands twice."""
    pairs = read_yaml(path)
    found: dict[str, str] = {}
    for pair in pairs:
        if pair["en"] in found:
            raise ValueError(f"{path.name}: {pair['en']!r} stands there twice")
        found[pair["en"]] = _NO_BREAK_BEFORE.sub("\u00a0", pair["fr"]).replace("« ", "«\u00a0")
    return found


@cache
def french_catalogue() -> dict[str, str]:
    """The catalogue, read when the first text is said in French."""
    return read_catalogue(Path(__file__).parent / "french.yaml")
