"""What each measure is, as the docstrings of the functions that make them define it: `name [unit] = equation`.

A name may have `<places>` in it that stand for a word of the scenario. It imports none of these functions, and checks
no equation; a test holds that every measure of every world has one definition, in its unit.
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
FIRST_MODULE = "measures.py"  # what all worlds have; other modules follow in the order of their names
_DEFINITION = re.compile(r"(?P<names>[\w<>:]+(?:, [\w<>:]+)*) \[(?P<unit>[^]]+)\] = (?P<is>.*)")
_PLACEHOLDER = re.compile(r"<\w+>")


class Definition(NamedTuple):
    """One or more measures of one equation."""

    names: tuple[str, ...]
    unit: str
    equation: str

    def defines(self, measure: str) -> bool:
        """Whether it defines the measure of this name."""
        patterns = (_PLACEHOLDER.sub(r"[^:]+", name) for name in self.names)
        return any(re.fullmatch(pattern, measure) for pattern in patterns)


def read_definitions(folder: Path = SIM_FOLDER) -> list[Definition]:
    """All of them, in the order in which they stand."""
    files = sorted(folder.rglob("*.py"), key=lambda file: (file.name != FIRST_MODULE, file.as_posix()))
    return [found for file in files for text in _docstrings(file) for found in _definitions_in(text)]


def measures_table() -> str:
    """The table of measures for a document."""
    rows = [(", ".join(f"`{name}`" for name in each.names), each.unit, each.equation) for each in read_definitions()]
    return markdown_table(("measure", "unit", "is"), rows)


def _docstrings(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and (text := ast.get_docstring(node)):
            yield text


def _definitions_in(docstring: str) -> Iterator[Definition]:
    """The definitions of a docstring; lines that stand further in go on."""
    lines = iter(re.sub(r"\n +", " ", cleandoc(docstring)).splitlines())
    for line in lines:
        if found := _DEFINITION.fullmatch(line):
            yield Definition(tuple(found["names"].split(", ")), found["unit"], found["is"])
