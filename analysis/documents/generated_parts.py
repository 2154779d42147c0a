"""Marked parts of a document: what stands between `<!-- generated: name -->` and `<!-- /generated -->` is made.

All else is somebody's words and is left as it is. It knows no document and makes no part.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

_PART = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- /generated -->)", re.DOTALL)


def part_names(text: str) -> list[str]:
    """The parts that a document has, in their order."""
    return [found["name"] for found in _PART.finditer(text)]


def fill_parts(text: str, parts: Mapping[str, str]) -> str:
    """The document with its marked parts as they should be; those that `parts` has not stay. ValueError where a mark
    is not closed, or stands inside another."""
    opened, closed = (text.count(mark) for mark in ("<!-- generated: ", "<!-- /generated -->"))
    if not opened == closed == len(part_names(text)):
        raise ValueError(f"{opened} marks `generated` and {closed} marks `/generated` do not make pairs")
    return _PART.sub(lambda found: _replacement(found, parts.get(found["name"])), text)


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown; what stands in a cell is one line."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_markdown_cell(each) for each in row)} |" for row in lines)


def _replacement(found: re.Match[str], part: str | None) -> str:
    return found[0] if part is None else f"{found[1]}\n{part.strip()}\n\n{found[3]}"


def _markdown_cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "/")
