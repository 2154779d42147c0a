"""Reads `french.yaml`, the catalogue of all texts of a page: a pair of English and French for each."""

import re
from functools import cache
from pathlib import Path

from analysis.files import read_yaml

_NO_BREAK_BEFORE = re.compile(" (?=[:;»%])")  # French sets a no-break space before these


def read_catalogue(path: Path) -> dict[str, str]:
    """Returns the French texts by their English ones. Raises ValueError if an English text occurs twice."""
    pairs = read_yaml(path)
    french_by_english: dict[str, str] = {}
    for pair in pairs:
        if pair["en"] in french_by_english:
            raise ValueError(f"{path.name}: {pair['en']!r} stands there twice")
        french_by_english[pair["en"]] = _NO_BREAK_BEFORE.sub("\u00a0", pair["fr"]).replace("« ", "«\u00a0")
    return french_by_english


@cache
def french_catalogue() -> dict[str, str]:
    """Returns the French catalogue; it is read on first use."""
    return read_catalogue(Path(__file__).parent / "french.yaml")
