"""The definitions of all measures, from the docstrings of the functions that compute them: `name [unit] = equation`.

A name may have placeholders such as `<places>`, which stand for a name of the scenario. This module imports none of
these functions and checks no equation; a test checks that every measure has exactly one definition, with its unit.
"""

import ast
import re
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import NamedTuple

from analysis.documents.generated_parts import markdown_table
from analysis.files import ROOT

SIM_FOLDER = ROOT / "sim"
FIRST_MODULE = "measures.py"  # the measures of all worlds come first, then the other modules by name
_DEFINITION = re.compile(r"(?P<names>[\w<>:]+(?:, [\w<>:]+)*) \[(?P<unit>[^]]+)\] = (?P<is>.*)")
_PLACEHOLDER = re.compile(r"<\w+>")


class Definition(NamedTuple):
    """One or more measures that share a definition."""

    names: tuple[str, ...]
    unit: str
    equation: str

    def defines(self, measure: str) -> bool:
        """Whether this definition covers the measure."""
        patterns = (_PLACEHOLDER.sub(r"[^:]+", name) for name in self.names)
        return any(re.fullmatch(pattern, measure) for pattern in patterns)


def read_definitions(folder: Path = SIM_FOLDER) -> list[Definition]:
    """Returns all definitions, in the order of the files and of their text."""
    files = sorted(folder.rglob("*.py"), key=lambda file: (file.name != FIRST_MODULE, file.as_posix()))
    return [definition for file in files for text in _docstrings(file) for definition in _definitions_in(text)]


def measures_table() -> str:
    """Returns the table of measures for a document, as Markdown."""
    rows = [(", ".join(f"`{name}`" for name in each.names), each.unit, each.equation) for each in read_definitions()]
    return markdown_table(("measure", "unit", "is"), rows)


def _docstrings(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and (text := ast.get_docstring(node)):
            yield text


def _definitions_in(docstring: str) -> Iterator[Definition]:
    """Yields the definitions in a docstring; indented lines continue the line before."""
    lines = iter(re.sub(r"\n +", " ", cleandoc(docstring)).splitlines())
    for line in lines:
        if match := _DEFINITION.fullmatch(line):
            yield Definition(tuple(match["names"].split(", ")), match["unit"], match["is"])
