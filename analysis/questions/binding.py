"""What binds: the shadow price of each lever by paired reruns on the same luck, and what binds once it is relieved.

A shadow price is what one more of something brings: arrived tonnes and trucks a day with it, less without it. Levers
only add. This module runs variants and says nothing; `binding_told.py` says what was found.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.intervals import MeanInterval, mean_interval
from analysis.results.arrays import Floats
from analysis.statistics.compare import Difference, holm_adjusted, paired_difference
from sim.study.levers import STAGES, Lever, find_levers
from sim.study.variants import PreparedVariant, VariantResults, prepare_variant, run_variants

BINDING_QUEUE_SHARE = 0.9  # of its open time: a place with a queue for so long held traffic back on that day
NEGLIGIBLE_GAIN = 0.01  # of what arrives: to double a relief that brings no more than this is not worth it
DAYS_PER_WEEK = 7

VariantRunner = Callable[[list[PreparedVariant]], Iterator[VariantResults]]


@dataclass(frozen=True)
class ShadowPrice:
    """What one more of a lever brings a day. Its place's use and share of days with a queue; None of a calendar.

    p of `tonnes` is adjusted by Holm for all levers of its step.
    """

    lever: Lever
    trucks: Difference
    tonnes: Difference
    utilisation: float | None
    binding_days_share: float | None


@dataclass(frozen=True)
class LeverRelief:
    """The lever that brought most, how many more of it were added until more brought little, and what that brought."""

    lever: Lever
    added: int
    gain: MeanInterval


@dataclass(frozen=True)
class PricingStep:
    """One round: what arrives as things are, all prices by falling tonnes, and what was then relieved, if anything.

    waiting : place -> share of its open time with a queue, shape (replications, days).
    """

    arrived: dict[str, MeanInterval]
    prices: tuple[ShadowPrice, ...]
    queue_share: dict[str, Floats]
    relief: LeverRelief | None


def price_levers(
    base: PreparedVariant, run: VariantRunner, data_folders: tuple[Path, ...], steps: int
) -> Iterator[PricingStep]:
    """Greedy: each step prices all levers, relieves the best that is clear, and goes on from there."""
    for left in range(steps - 1, -1, -1):
        levers = find_levers(base.scenario)
        variants = [prepare_variant(lever.path, lever.apply_steps(base.config), data_folders) for lever in levers]
        now, *with_more = run([base, *variants])
        prices = _shadow_prices(levers, with_more, now)
        arrived = {unit: mean_interval(values) for unit, values in now.arrived_per_day.items()}
        found = PricingStep({unit: mean for unit, mean in arrived.items() if mean}, prices, now.queue_share, None)
        best = prices[0] if prices and prices[0].tonnes.is_clear and prices[0].tonnes.mean.mean > 0 else None
        if best is None or not left:
            yield found
            return
        relieved, base = _relieve_lever(best.lever, base, now, run, data_folders)
        yield replace(found, relief=relieved)


def binding_share(waiting: Floats) -> float | None:
    """The share of its open days on which a place had a queue nearly all the time; None if it never opens."""
    opens = ~np.isnan(waiting)
    return float((waiting[opens] >= BINDING_QUEUE_SHARE).mean()) if opens.any() else None


def stage_of_place(place: str) -> str:
    """The stage type of a place by its full name."""
    return STAGES[place.partition(".")[0]]


def weekly_binding_share(waiting: dict[str, Floats], of: Callable[[str], str]) -> dict[str, Floats]:
    """For each name that `of` gives to places the binding share in each week: any of its places held traffic back.

    Shape (weeks,); nan in a week in which none of them opens. The last week may be shorter.
    """
    found: dict[str, Floats] = {}
    for name in dict.fromkeys(of(place) for place in waiting):
        own = np.array([shares for place, shares in waiting.items() if of(place) == name])
        opens = ~np.isnan(own).all(axis=0)
        binds = (own >= BINDING_QUEUE_SHARE).any(axis=0)
        starts = range(0, own.shape[2], DAYS_PER_WEEK)
        open_days = np.array([opens[:, at : at + DAYS_PER_WEEK].sum() for at in starts], dtype=float)
        bound = np.array([(binds & opens)[:, at : at + DAYS_PER_WEEK].sum() for at in starts], dtype=float)
        found[name] = np.divide(bound, open_days, out=np.full(len(bound), np.nan), where=open_days > 0)
    return found


def variant_runner(folder: Path, replications: int, told: Callable[[str], None]) -> VariantRunner:
    """Runs variants so often each, and keeps them in `folder`."""
    return lambda variants: run_variants(variants, replications, folder, told)


def _shadow_prices(
    levers: list[Lever], with_more: list[VariantResults], now: VariantResults
) -> tuple[ShadowPrice, ...]:
    found = []
    for lever, more in zip(levers, with_more, strict=True):
        trucks, tonnes = (
            paired_difference(
                lever.path,
                f"arrived_{unit}_per_day",
                f"{unit}/day",
                more.arrived_per_day[unit],
                now.arrived_per_day[unit],
            )
            for unit in ("trucks", "tonnes")
        )
        used = now.utilisation.get(lever.place or "")
        waiting = now.queue_share.get(lever.place or "")
        found.append(
            ShadowPrice(
                lever, trucks, tonnes,
                utilisation=None if used is None or np.isnan(used).all() else float(np.nanmean(used)),
                binding_days_share=None if waiting is None else binding_share(waiting),
            )
        )  # fmt: skip
    adjusted = holm_adjusted([price.tonnes.p for price in found])
    found = [replace(price, tonnes=replace(price.tonnes, p=p)) for price, p in zip(found, adjusted, strict=True)]
    return tuple(sorted(found, key=lambda price: (-price.tonnes.mean.mean, price.lever.path)))


def _relieve_lever(
    lever: Lever, base: PreparedVariant, now: VariantResults, run: VariantRunner, data_folders: tuple[Path, ...]
) -> tuple[LeverRelief, PreparedVariant]:
    """Adds a tenth, then as much again and again, until that brings little or there is four times as much."""
    before = now.arrived_per_day["tonnes"]
    times, reached, relieved = 0, before, base
    more = max(1, round(lever.value / lever.step / 10))
    most = max(more, round(3 * lever.value / lever.step)) if lever.value else 16  # hours of a calendar
    while more <= most:
        variant = prepare_variant(f"{lever.path}, {more} more", lever.apply_steps(base.config, more), data_folders)
        arrived = next(iter(run([variant]))).arrived_per_day["tonnes"]
        if times and arrived.mean() - reached.mean() <= NEGLIGIBLE_GAIN * before.mean():
            break
        times, reached, relieved, more = more, arrived, variant, 2 * more
    gained = mean_interval(reached - before)
    assert gained is not None  # arrived is a number wherever a price was clear
    return LeverRelief(lever, times, gained), relieved
