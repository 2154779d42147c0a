"""The faults of `make mutants` still fit the program, and the tests that must notice them are there. Runs none."""

import ast
from pathlib import Path

import pytest

from analysis.verification.every import CASES
from tests.mutants import MUTANTS, ROOT
from tests.mutants_page import Mutant

each = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)


@each
def test_a_fault_can_still_be_made(mutant: Mutant) -> None:
    text = (ROOT / mutant.path).read_text()
    assert text.count(mutant.old) == 1
    ast.parse(text.replace(mutant.old, mutant.new))
    assert mutant.old != mutant.new


@each
def test_the_test_that_notices_a_fault_is_there(mutant: Mutant) -> None:
    file, function, case = (*mutant.test.replace("]", "").replace("[", "::").split("::"), "")[:3]
    assert not case or case in {each.name for each in CASES}
    tree = ast.parse((Path(__file__).parent / file).read_text())
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_no_two_faults_have_one_name() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
