"""Every case there is, and all of them checked, over processes."""

from collections.abc import Iterator, Sequence
from itertools import chain

from analysis.verification import (
    by_hand,
    calendars,
    convoys,
    exponential,
    general,
    interrupted,
    networks,
    recursions,
    stocks,
    traces,
)
from analysis.verification.cases import Case
from analysis.verification.checking import StatisticFinding, check_case

FAMILIES = (by_hand, traces, recursions, exponential, general, interrupted, convoys, networks, calendars, stocks)
CASES: tuple[Case, ...] = tuple(chain.from_iterable(family.CASES for family in FAMILIES))
CASE_NUMBERS = {case.name: number for number, case in enumerate(CASES)}


def check_all(cases: Sequence[Case], workers: int) -> Iterator[list[StatisticFinding]]:
    """The findings of each case, in their order. The first is run here, and compiles what the processes then find."""
    import joblib

    here = len(cases) if workers == 1 else 1
    yield from (check_case(case) for case in cases[:here])
    yield from joblib.Parallel(n_jobs=workers, return_as="generator")(
        joblib.delayed(_check_by_number)(CASE_NUMBERS[case.name]) for case in cases[here:]
    )


def _check_by_number(number: int) -> list[StatisticFinding]:
    """In a worker process, which has the same cases and is told the number of one: readings cannot be sent."""
    return check_case(CASES[number])
