"""The number of replications that a requested precision of means needs (`run.precision`).

Hoad, Robinson and Davies (2010, Journal of the Operational Research Society 61, 1632-1644): the fewest replications
after which the half width of the t interval is within the precision, and stays so for the next 5, or the next 5 in 100.
These are run and kept as well. The result depends only on the replications in their order, so it is the same for any
number of workers. A run that its own precision stopped does not test a hypothesis: that needs another seed.
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

LEVEL = 0.95  # confidence level of intervals
LOOK_AHEAD = 5  # replications for each 100
FEWEST = 10  # replications before a mean counts as precise
FEWEST_OF_TAILS = 30  # the same for quantiles and shares
TONNES = "_tonnes_per_day"  # the name of a milestone alone stands for this measure
_ONE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(%?)\s+of\s+(\S+)\s*$")
_TAIL = re.compile(r"_p\d\d(:|$)|^utilisation:|^state_")


@dataclass(frozen=True)
class Target:
    """A requested precision: a share of the mean's absolute value if `relative`, else in the measure's unit."""

    measure: str
    amount: float
    relative: bool

    @property
    def fewest(self) -> int:
        """Returns the fewest replications before the target can be reached."""
        return FEWEST_OF_TAILS if _TAIL.search(self.measure) else FEWEST

    def __str__(self) -> str:
        return f"{self.amount * 100:g} % of {self.measure}" if self.relative else f"{self.amount:g} of {self.measure}"


def targets(text: str) -> tuple[Target, ...]:
    """Returns the targets in `2.5 % of arrived and 0.5 of transit_h_mean`, with names as written. Raises ValueError."""
    parsed = []
    for part in re.split(r"\s+and\s+", text.strip()):
        match = _ONE.match(part)
        if match is None or float(match[1]) == 0:
            raise ValueError(f"wanted e.g. 2.5 % of arrived and 0.5 of transit_h_mean, found {part!r}")
        parsed.append(Target(match[3], float(match[1]) / (100 if match[2] else 1), bool(match[2])))
    return tuple(parsed)


def _readable(text: str | None) -> str | None:
    """Returns the text unchanged; raises ValueError where it names no targets."""
    if text is not None:
        targets(text)
    return text


Precision = Annotated[str | None, AfterValidator(_readable)]


def resolved(text: str | None, measures: Iterable[str]) -> tuple[Target, ...]:
    """Returns the targets with the full names of their measures. Raises Mistakes for names that are no measures."""
    names_of_measures, targets_found, wrong = set(measures), [], []
    for target in targets(text) if text else ():
        in_tonnes = replace(target, measure=target.measure + TONNES)
        match = next((each for each in (target, in_tonnes) if each.measure in names_of_measures), None)
        if match is not None:
            targets_found.append(match)
        else:
            names = names_of_measures | {name.removesuffix(TONNES) for name in names_of_measures}
            wrong.append(f"run.precision: no replication has {target.measure}{nearest(target.measure, names)}")
    if wrong:
        raise Mistakes(wrong)
    return tuple(targets_found)


def half_widths(values: Sequence[float], level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Returns the mean and the half width of its interval over the first n values, for each n. Shape (values,).

    Missing values (nan) are left out. The half width is nan below two values.
    """
    given = np.asarray(values, dtype=float)
    is_known = ~np.isnan(given)
    first = given[is_known][0] if is_known.any() else 0.0
    shifted = np.where(is_known, given - first, 0.0)  # by the first: what never varies has a spread of exactly 0
    n = np.cumsum(is_known).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.cumsum(shifted) / n
        variance = np.maximum(np.cumsum(shifted**2) - n * mean**2, 0) / (n - 1)
        is_constant = (np.maximum.accumulate(shifted) == 0) & (np.minimum.accumulate(shifted) == 0)
        half = np.where(is_constant, 0.0, stdtrit(np.maximum(n - 1, 1), (1 + level) / 2) * np.sqrt(variance / n))
        return np.where(n > 0, first + mean, np.nan), np.where(n > 1, half, np.nan)


def in_order(measured: Mapping[int, Mapping[str, float]], measures: Iterable[str]) -> dict[str, list[float]]:
    """Returns the values of each measure in the order of replications, up to the first that is missing."""
    numbers = list(takewhile(measured.__contains__, count()))
    return {measure: [measured[number][measure] for number in numbers] for measure in measures}


def look_ahead(n: int) -> int:
    """Returns the replications that must stay precise after the first `n`."""
    return LOOK_AHEAD * max(n, 100) // 100


def reached_after(values: Mapping[str, Sequence[float]], requested: Sequence[Target]) -> int | None:
    """Returns the fewest replications after which all means are, and stay, precise; None if not yet.

    values : of each measure, in the order of the replications. With several targets the level of each interval holds
        for all together (Bonferroni).
    """
    precise = None
    for target in requested:
        mean, half = half_widths(values[target.measure], 1 - (1 - LEVEL) / len(requested))
        n_known = np.cumsum(~np.isnan(np.asarray(values[target.measure], dtype=float)))
        allowed = target.amount * np.abs(mean) if target.relative else target.amount
        is_precise = (half <= allowed) & (n_known >= target.fewest)
        precise = is_precise if precise is None else precise & is_precise
    streak = 0
    for n, is_good in enumerate([] if precise is None else precise.tolist(), 1):
        streak = streak + 1 if is_good else 0
        if streak and streak > look_ahead(n - streak + 1):
            return n - streak + 1
    return None


def enough(values: Mapping[str, Sequence[float]], requested: Sequence[Target]) -> int | None:
    """Returns the number of replications to run, look-ahead included; None if precision is not reached yet."""
    reached = reached_after(values, requested)
    return None if reached is None else reached + look_ahead(reached)


def in_words(values: Mapping[str, Sequence[float]], requested: Sequence[Target]) -> dict[str, object]:
    """Returns the entry of a manifest: targets, the replications that reached them, and why the run stopped."""
    n = len(next(iter(values.values())))
    reached = reached_after(values, requested)
    precision = []
    for target in requested:
        mean, half = half_widths(values[target.measure], 1 - (1 - LEVEL) / len(requested))
        is_known = bool(n) and not np.isnan(half[-1])
        precision.append(
            {
                "asked": str(target),
                "mean": float(mean[-1]) if is_known else None,
                "half_width": float(half[-1]) if is_known else None,
            }
        )
    if reached is not None:
        ahead = look_ahead(reached)
        why = f"precise after {reached} replications, and still so after each of the next {ahead}"
    else:
        why = f"not precise after {n} replications, and no more were allowed"
    return {"asked": precision, "reached_after": reached, "replications": n, "why": why}
