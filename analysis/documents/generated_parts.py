"""The generated parts of a document: the text between `<!-- generated: name -->` and `<!-- /generated -->`.

All other text is written by hand and stays as it is. This module knows no document and generates no part.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

_PART = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- /generated -->)", re.DOTALL)


def part_names(text: str) -> list[str]:
    """Returns the names of a document's generated parts, in order."""
    return [match["name"] for match in _PART.finditer(text)]


def fill_parts(text: str, parts: Mapping[str, str]) -> str:
    """Returns the document with its generated parts replaced; parts that are missing in `parts` stay.

    Raises ValueError if a mark is not closed, or stands inside another.
    """
    opened, closed = (text.count(mark) for mark in ("<!-- generated: ", "<!-- /generated -->"))
    if not opened == closed == len(part_names(text)):
        raise ValueError(f"{opened} marks `generated` and {closed} marks `/generated` do not make pairs")
    return _PART.sub(lambda match: _replacement(match, parts.get(match["name"])), text)


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Returns a table as Markdown; each cell becomes one line."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_markdown_cell(each) for each in row)} |" for row in lines)


def _replacement(match: re.Match[str], part: str | None) -> str:
    return match[0] if part is None else f"{match[1]}\n{part.strip()}\n\n{match[3]}"


def _markdown_cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "/")
