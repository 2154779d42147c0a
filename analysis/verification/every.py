"""Every case there is, and all of them checked: those without luck first and here, the others over processes."""

from collections.abc import Iterator, Sequence
from itertools import chain

from analysis.verification import (
    calendars,
    exponential,
    general,
    hand,
    interrupted,
    networks,
    recursions,
    together,
    traces,
)
from analysis.verification.cases import Case
from analysis.verification.checking import Finding, check

FAMILIES = (hand, traces, recursions, exponential, general, interrupted, together, networks, calendars)
CASES: tuple[Case, ...] = tuple(chain.from_iterable(family.CASES for family in FAMILIES))
NUMBER = {case.name: number for number, case in enumerate(CASES)}


def check_all(cases: Sequence[Case], workers: int) -> Iterator[list[Finding]]:
    """The findings of each case, in the order of cases. What is run here compiles what the processes then find."""
    import joblib

    yield from (check(case) for case in cases if not case.has_luck)
    drawn = [NUMBER[case.name] for case in cases if case.has_luck]
    if workers == 1 or len(drawn) == 1:
        yield from (check(CASES[number]) for number in drawn)
    else:
        yield from joblib.Parallel(n_jobs=workers, return_as="generator")(
            joblib.delayed(_check_by_number)(number) for number in drawn
        )


def _check_by_number(number: int) -> list[Finding]:
    """In a worker process, which has the same cases and is told the number of one: readings cannot be sent."""
    return check(CASES[number])
