"""What binds: the shadow price of each lever by paired reruns on the same luck, and what binds once it is relieved.

A shadow price is what one more of something brings: arrived tonnes and trucks a day with it, less without it. Levers
only add. This module runs variants and says nothing; `binding_told.py` says what was found.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.intervals import Mean, mean_interval
from analysis.results.arrays import Floats
from analysis.statistics.compare import Difference, adjusted_by_holm, paired
from sim.study.levers import STAGES, Lever, levers_of
from sim.study.variants import Outcome, Prepared, prepared, run_variants

ALL_DAY = 0.9  # of its open time: a place with a queue for so long held traffic back on that day
SLIGHT = 0.01  # of what arrives: to double a relief that brings no more than this is not worth it
WEEK = 7

Run = Callable[[list[Prepared]], Iterator[Outcome]]


@dataclass(frozen=True)
class Price:
    """What one more of a lever brings a day. Its place's use and share of days with a queue; None of a calendar.

    p of `tonnes` is adjusted by Holm for all levers of its step.
    """

    lever: Lever
    trucks: Difference
    tonnes: Difference
    used: float | None
    binding: float | None


@dataclass(frozen=True)
class Relieved:
    """The lever that brought most, how many more of it were added until more brought little, and what that brought."""

    lever: Lever
    times: int
    gained: Mean


@dataclass(frozen=True)
class Step:
    """One round: what arrives as things are, all prices by falling tonnes, and what was then relieved, if anything.

    waiting : place -> share of its open time with a queue, shape (replications, days).
    """

    arrived: dict[str, Mean]
    prices: tuple[Price, ...]
    waiting: dict[str, Floats]
    relieved: Relieved | None


def steps_of(base: Prepared, run: Run, data_folders: tuple[Path, ...], steps: int) -> Iterator[Step]:
    """Greedy: each step prices all levers, relieves the best that is clear, and goes on from there."""
    for left in range(steps - 1, -1, -1):
        levers = levers_of(base.scenario)
        variants = [prepared(lever.path, lever.added(base.config), data_folders) for lever in levers]
        now, *with_more = run([base, *variants])
        prices = _prices(levers, with_more, now)
        arrived = {unit: mean_interval(values) for unit, values in now.arrived.items()}
        found = Step({unit: mean for unit, mean in arrived.items() if mean}, prices, now.waiting, None)
        best = prices[0] if prices and prices[0].tonnes.clear and prices[0].tonnes.mean.mean > 0 else None
        if best is None or not left:
            yield found
            return
        relieved, base = _relieve(best.lever, base, now, run, data_folders)
        yield replace(found, relieved=relieved)


def binding_share(waiting: Floats) -> float | None:
    """The share of its open days on which a place had a queue nearly all the time; None if it never opens."""
    opens = ~np.isnan(waiting)
    return float((waiting[opens] >= ALL_DAY).mean()) if opens.any() else None


def stage_of(place: str) -> str:
    """The stage type of a place by its full name."""
    return STAGES[place.partition(".")[0]]


def by_week(waiting: dict[str, Floats], of: Callable[[str], str]) -> dict[str, Floats]:
    """For each name that `of` gives to places the binding share in each week: any of its places held traffic back.

    Shape (weeks,); nan in a week in which none of them opens. The last week may be shorter.
    """
    found: dict[str, Floats] = {}
    for name in dict.fromkeys(of(place) for place in waiting):
        own = np.array([shares for place, shares in waiting.items() if of(place) == name])
        opens = ~np.isnan(own).all(axis=0)
        binds = (own >= ALL_DAY).any(axis=0)
        starts = range(0, own.shape[2], WEEK)
        open_days = np.array([opens[:, at : at + WEEK].sum() for at in starts], dtype=float)
        bound = np.array([(binds & opens)[:, at : at + WEEK].sum() for at in starts], dtype=float)
        found[name] = np.divide(bound, open_days, out=np.full(len(bound), np.nan), where=open_days > 0)
    return found


def runner(folder: Path, replications: int, told: Callable[[str], None]) -> Run:
    """Runs variants so often each, and keeps them in `folder`."""
    return lambda variants: run_variants(variants, replications, folder, told)


def _prices(levers: list[Lever], with_more: list[Outcome], now: Outcome) -> tuple[Price, ...]:
    found = []
    for lever, more in zip(levers, with_more, strict=True):
        trucks, tonnes = (
            paired(lever.path, f"arrived_{unit}_per_day", f"{unit}/day", more.arrived[unit], now.arrived[unit])
            for unit in ("trucks", "tonnes")
        )
        used = now.used.get(lever.place or "")
        waiting = now.waiting.get(lever.place or "")
        found.append(
            Price(
                lever, trucks, tonnes,
                used=None if used is None or np.isnan(used).all() else float(np.nanmean(used)),
                binding=None if waiting is None else binding_share(waiting),
            )
        )  # fmt: skip
    adjusted = adjusted_by_holm([price.tonnes.p for price in found])
    found = [replace(price, tonnes=replace(price.tonnes, p=p)) for price, p in zip(found, adjusted, strict=True)]
    return tuple(sorted(found, key=lambda price: (-price.tonnes.mean.mean, price.lever.path)))


def _relieve(
    lever: Lever, base: Prepared, now: Outcome, run: Run, data_folders: tuple[Path, ...]
) -> tuple[Relieved, Prepared]:
    """Adds a tenth, then as much again and again, until that brings little or there is four times as much."""
    before = now.arrived["tonnes"]
    times, reached, relieved = 0, before, base
    more = max(1, round(lever.now / lever.step / 10))
    most = max(more, round(3 * lever.now / lever.step)) if lever.now else 16  # hours of a calendar
    while more <= most:
        variant = prepared(f"{lever.path}, {more} more", lever.added(base.config, more), data_folders)
        arrived = next(iter(run([variant]))).arrived["tonnes"]
        if times and arrived.mean() - reached.mean() <= SLIGHT * before.mean():
            break
        times, reached, relieved, more = more, arrived, variant, 2 * more
    gained = mean_interval(reached - before)
    assert gained is not None  # arrived is a number wherever a price was clear
    return Relieved(lever, times, gained), relieved
