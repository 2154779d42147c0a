"""When a run has replications enough: its means are as precise as was asked for, and stay so (`run.precision`).

Hoad, Robinson and Davies (2010, Journal of the Operational Research Society 61, 1632-1644): the fewest replications
after which the half width of the t interval is within the precision, and still is after each of the next 5, or of the
next 5 in 100. Those are run and kept as well. The answer is one of the replications in their order alone, so any number
of workers stops at the same one. What was stopped by its own precision is no test of a hypothesis: that takes another
seed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, takewhile
from typing import Annotated

import numpy as np
from pydantic import AfterValidator
from scipy.special import stdtrit

from sim.scenario.base import Mistakes, nearest

LEVEL = 0.95
LOOK_AHEAD = 5  # replications for each 100
FEWEST = 10
TONNES = "_tonnes_per_day"  # what a milestone alone stands for
FEWEST_OF_TAILS = 30  # of quantiles and shares
_ONE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(%?)\s+of\s+(\S+)\s*$")
_TAIL = re.compile(r"_p\d\d(:|$)|^utilisation:|^state_")


@dataclass(frozen=True)
class Target:
    """`amount` is a share of the measure's mean, whatever its sign, if `relative`, else in the measure's own unit."""

    measure: str
    amount: float
    relative: bool

    @property
    def fewest(self) -> int:
        return FEWEST_OF_TAILS if _TAIL.search(self.measure) else FEWEST

    def __str__(self) -> str:
        return f"{self.amount * 100:g} % of {self.measure}" if self.relative else f"{self.amount:g} of {self.measure}"


def targets(text: str) -> tuple[Target, ...]:
    """What is asked for in `2.5 % of arrived and 0.5 of transit_h_mean`, by names as written. Raises ValueError."""
    found = []
    for part in re.split(r"\s+and\s+", text.strip()):
        told = _ONE.match(part)
        if told is None or float(told[1]) == 0:
            raise ValueError(f"wanted e.g. 2.5 % of arrived and 0.5 of transit_h_mean, found {part!r}")
        found.append(Target(told[3], float(told[1]) / (100 if told[2] else 1), bool(told[2])))
    return tuple(found)


def _readable(text: str | None) -> str | None:
    if text is not None:
        targets(text)
    return text


Precision = Annotated[str | None, AfterValidator(_readable)]


def resolved(text: str | None, measures: Iterable[str]) -> tuple[Target, ...]:
    """The targets by the full names of measures that there are. Mistakes says which are none."""
    there, found, wrong = set(measures), [], []
    for target in targets(text) if text else ():
        whole = replace(target, measure=target.measure + TONNES)
        if (known := next((each for each in (target, whole) if each.measure in there), None)) is not None:
            found.append(known)
        else:
            names = there | {name.removesuffix(TONNES) for name in there}
            wrong.append(f"run.precision: no replication has {target.measure}{nearest(target.measure, names)}")
    if wrong:
        raise Mistakes(wrong)
    return tuple(found)


def half_widths(values: Sequence[float], level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Mean and half width of the interval of the first n values, for each n; nan below two that are known."""
    given = np.asarray(values, dtype=float)
    known = ~np.isnan(given)
    first = given[known][0] if known.any() else 0.0
    moved = np.where(known, given - first, 0.0)  # by the first: what never varies has a spread of exactly 0
    n = np.cumsum(known).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.cumsum(moved) / n
        variance = np.maximum(np.cumsum(moved**2) - n * mean**2, 0) / (n - 1)
        same = (np.maximum.accumulate(moved) == 0) & (np.minimum.accumulate(moved) == 0)
        half = np.where(same, 0.0, stdtrit(np.maximum(n - 1, 1), (1 + level) / 2) * np.sqrt(variance / n))
        return np.where(n > 0, first + mean, np.nan), np.where(n > 1, half, np.nan)


def in_order(measured: Mapping[int, Mapping[str, float]], measures: Iterable[str]) -> dict[str, list[float]]:
    """Of each measure its values in the order of the replications, up to the first that is not there."""
    numbers = list(takewhile(measured.__contains__, count()))
    return {measure: [measured[number][measure] for number in numbers] for measure in measures}


def look_ahead(n: int) -> int:
    return LOOK_AHEAD * max(n, 100) // 100


def reached_after(values: Mapping[str, Sequence[float]], asked: Sequence[Target]) -> int | None:
    """The fewest replications after which all means are precise, and stay so for as long as is looked ahead.

    values : of each measure, in the order of the replications. Of several means each has an interval at a level that
    holds for all together (Bonferroni), and the one that takes most decides. None where there are not enough yet.
    """
    precise = None
    for target in asked:
        mean, half = half_widths(values[target.measure], 1 - (1 - LEVEL) / len(asked))
        known = np.cumsum(~np.isnan(np.asarray(values[target.measure], dtype=float)))
        own = (half <= (target.amount * np.abs(mean) if target.relative else target.amount)) & (known >= target.fewest)
        precise = own if precise is None else precise & own
    streak = 0
    for n, good in enumerate([] if precise is None else precise.tolist(), 1):
        streak = streak + 1 if good else 0
        if streak and streak > look_ahead(n - streak + 1):
            return n - streak + 1
    return None


def enough(values: Mapping[str, Sequence[float]], asked: Sequence[Target]) -> int | None:
    """How many replications there are when those that are looked ahead have been run as well; None if not yet."""
    reached = reached_after(values, asked)
    return None if reached is None else reached + look_ahead(reached)


def in_words(values: Mapping[str, Sequence[float]], asked: Sequence[Target]) -> dict[str, object]:
    """For a manifest: what was asked for, after how many replications it was reached, and why no more were run."""
    n = len(next(iter(values.values())))
    reached = reached_after(values, asked)
    precision = []
    for target in asked:
        mean, half = half_widths(values[target.measure], 1 - (1 - LEVEL) / len(asked))
        known = bool(n) and not np.isnan(half[-1])
        precision.append(
            {
                "asked": str(target),
                "mean": float(mean[-1]) if known else None,
                "half_width": float(half[-1]) if known else None,
            }
        )
    if reached is not None:
        ahead = look_ahead(reached)
        why = f"precise after {reached} replications, and still so after each of the next {ahead}"
    else:
        why = f"not precise after {n} replications, and no more were allowed"
    return {"asked": precision, "reached_after": reached, "replications": n, "why": why}
