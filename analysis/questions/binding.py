"""What binds: the shadow price of each lever by paired reruns on the same luck, and what binds after its relief.

A shadow price is the gain in arrived tonnes and trucks a day from one more unit of a lever. Levers only add. This
module runs variants and writes no text; `analysis.page.binding` reports the result.
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

BINDING_QUEUE_SHARE = 0.9  # of a day's open time: a place with a queue for at least that long binds on that day
NEGLIGIBLE_GAIN = 0.01  # of what arrives: a relief is doubled only while that gains more
DAYS_PER_WEEK = 7

VariantRunner = Callable[[list[PreparedVariant]], Iterator[VariantResults]]


@dataclass(frozen=True)
class ShadowPrice:
    """The gain a day from one more unit of a lever.

    tonnes : its p is adjusted by Holm for all levers of the step.
    utilisation, binding_days_share : of the lever's place; None for a calendar.
    """

    lever: Lever
    trucks: Difference
    tonnes: Difference
    utilisation: float | None
    binding_days_share: float | None


@dataclass(frozen=True)
class LeverRelief:
    """The lever that gained most, the units of it that were added, and the tonnes a day that they gain."""

    lever: Lever
    added: int
    gain: MeanInterval


@dataclass(frozen=True)
class PricingStep:
    """One step: what arrives a day, all prices by falling tonnes, and what was then relieved, if anything.

    queue_share : place -> share of its open time with a queue, shape (replications, days).
    """

    arrived: dict[str, MeanInterval]
    prices: tuple[ShadowPrice, ...]
    queue_share: dict[str, Floats]
    relief: LeverRelief | None


def price_levers(
    base: PreparedVariant, run: VariantRunner, data_folders: tuple[Path, ...], steps: int
) -> Iterator[PricingStep]:
    """Yields at most `steps` greedy steps: each prices all levers and relieves the best one, if its gain is clear."""
    for steps_left in range(steps - 1, -1, -1):
        levers = find_levers(base.scenario)
        variants = [prepare_variant(lever.path, lever.apply_steps(base.config), data_folders) for lever in levers]
        now, *with_more = run([base, *variants])
        prices = _shadow_prices(levers, with_more, now)
        arrived = {unit: mean_interval(values) for unit, values in now.arrived_per_day.items()}
        step = PricingStep({unit: mean for unit, mean in arrived.items() if mean}, prices, now.queue_share, None)
        best = prices[0] if prices and prices[0].tonnes.is_clear and prices[0].tonnes.mean.mean > 0 else None
        if best is None or not steps_left:
            yield step
            return
        relieved, base = _relieve_lever(best.lever, base, now, run, data_folders)
        yield replace(step, relief=relieved)


def binding_share(waiting: Floats) -> float | None:
    """Returns the share of its open days on which a place binds; None if it never opens.

    waiting : share of its open time with a queue, nan on closed days.
    """
    opens = ~np.isnan(waiting)
    return float((waiting[opens] >= BINDING_QUEUE_SHARE).mean()) if opens.any() else None


def stage_of_place(place: str) -> str:
    """Returns the stage type of a place, given its full name."""
    return STAGES[place.partition(".")[0]]


def weekly_binding_share(waiting: dict[str, Floats], group_of: Callable[[str], str]) -> dict[str, Floats]:
    """Returns for each group of places the share of its open days in each week on which any of them binds.

    waiting : place -> share of its open time with a queue, shape (replications, days). group_of : group of a place.
    Result: group -> shape (weeks,); nan in a week in which none of them opens. The last week may be shorter.
    """
    by_group: dict[str, Floats] = {}
    for name in dict.fromkeys(group_of(place) for place in waiting):
        group_shares = np.array([shares for place, shares in waiting.items() if group_of(place) == name])
        opens = ~np.isnan(group_shares).all(axis=0)
        binds = (group_shares >= BINDING_QUEUE_SHARE).any(axis=0)
        starts = range(0, group_shares.shape[2], DAYS_PER_WEEK)
        open_days = np.array(
            [opens[:, first_day : first_day + DAYS_PER_WEEK].sum() for first_day in starts], dtype=float
        )
        bound = np.array(
            [(binds & opens)[:, first_day : first_day + DAYS_PER_WEEK].sum() for first_day in starts], dtype=float
        )
        by_group[name] = np.divide(bound, open_days, out=np.full(len(bound), np.nan), where=open_days > 0)
    return by_group


def variant_runner(folder: Path, replications: int, report: Callable[[str], None]) -> VariantRunner:
    """Returns a function that runs variants, keeps their results in `folder` and reports their names."""
    return lambda variants: run_variants(variants, replications, folder, report)


def _shadow_prices(
    levers: list[Lever], with_more: list[VariantResults], now: VariantResults
) -> tuple[ShadowPrice, ...]:
    """Returns the price of each lever by falling tonnes; `with_more` has the outcome with one more of each."""
    prices = []
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
        prices.append(
            ShadowPrice(
                lever, trucks, tonnes,
                utilisation=None if used is None or np.isnan(used).all() else float(np.nanmean(used)),
                binding_days_share=None if waiting is None else binding_share(waiting),
            )
        )  # fmt: skip
    adjusted = holm_adjusted([price.tonnes.p for price in prices])
    prices = [replace(price, tonnes=replace(price.tonnes, p=p)) for price, p in zip(prices, adjusted, strict=True)]
    return tuple(sorted(prices, key=lambda price: (-price.tonnes.mean.mean, price.lever.path)))


def _relieve_lever(
    lever: Lever, base: PreparedVariant, now: VariantResults, run: VariantRunner, data_folders: tuple[Path, ...]
) -> tuple[LeverRelief, PreparedVariant]:
    """Adds a tenth of the lever and doubles that, until it gains little or there is four times as much."""
    before = now.arrived_per_day["tonnes"]
    added, reached, relieved = 0, before, base
    more = max(1, round(lever.value / lever.step / 10))
    most = max(more, round(3 * lever.value / lever.step)) if lever.value else 16  # hours of a calendar
    while more <= most:
        variant = prepare_variant(f"{lever.path}, {more} more", lever.apply_steps(base.config, more), data_folders)
        arrived = next(iter(run([variant]))).arrived_per_day["tonnes"]
        if added and arrived.mean() - reached.mean() <= NEGLIGIBLE_GAIN * before.mean():
            break
        added, reached, relieved, more = more, arrived, variant, 2 * more
    gained = mean_interval(reached - before)
    assert gained is not None  # arrived is a number wherever a price was clear
    return LeverRelief(lever, added, gained), relieved
