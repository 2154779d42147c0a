"""The faults of `make faults` still fit the program, and the tests that must notice them are there. Runs none."""

import ast

import pytest

from analysis.verification.all_cases import CASES
from tests.faults.copies import ROOT
from tests.faults.every import FAULTS
from tests.faults.fault import Fault

each = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)


@each
def test_a_fault_can_still_be_made(fault: Fault) -> None:
    text = (ROOT / fault.path).read_text()
    assert text.count(fault.old) == 1
    ast.parse(text.replace(fault.old, fault.new))
    assert fault.old != fault.new


@each
def test_the_test_that_notices_a_fault_is_there(fault: Fault) -> None:
    file, function, case = (*fault.test.replace("]", "").replace("[", "::").split("::"), "")[:3]
    assert not case or case in {each.name for each in CASES}
    tree = ast.parse((ROOT / "tests" / file).read_text())
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_no_two_faults_have_one_name() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
