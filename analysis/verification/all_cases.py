"""The list of all cases, and their check in parallel processes."""

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
    """Yields the findings of each case, in order.

    The first runs in this process, so that workers find compiled code.
    """
    import joblib

    n_local = len(cases) if workers == 1 else 1
    yield from (check_case(case) for case in cases[:n_local])
    yield from joblib.Parallel(n_jobs=workers, return_as="generator")(
        joblib.delayed(_check_by_number)(CASE_NUMBERS[case.name]) for case in cases[n_local:]
    )


def _check_by_number(number: int) -> list[StatisticFinding]:
    """Returns the findings of case `number`. Workers get its number, because its functions cannot be pickled."""
    return check_case(CASES[number])
