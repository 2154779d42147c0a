"""Reads the one catalogue of a page's texts: `french.yaml`, a pair of English and French for each."""

import re
from pathlib import Path

import yaml

_BEFORE = re.compile(" (?=[:;»%])")  # no line begins with one of these


def read_catalogue(path: Path) -> dict[str, str]:
    """French by English. ValueError where a text stands twice."""
    pairs = yaml.safe_load(path.read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for pair in pairs:
        if pair["en"] in found:
            raise ValueError(f"{path.name}: {pair['en']!r} stands there twice")
        found[pair["en"]] = _BEFORE.sub("\u00a0", pair["fr"]).replace("« ", "«\u00a0")
    return found


FRENCH = read_catalogue(Path(__file__).parent / "french.yaml")
