"""A known fault: one line of the program changed, and the test that must notice it."""

from typing import NamedTuple

VERIFIED = "analysis/test_verification.py::test_a_case_without_luck_comes_out_by_both_engines"
ENGINES = "engines/test_agreement.py::test_the_engines_agree_on_a_few_awkward_worlds"


class Fault(NamedTuple):
    """`old` occurs once in the file at `path` and is replaced by `new`; `test` (file::function[case]) must fail then.

    path : from the root of the program; the file of `test` is relative to tests/.
    """

    name: str
    path: str
    old: str
    new: str
    test: str
