"""Sites, bays and warehouses by number: lanes behind a queue, breakdowns, reasons for rejection and limits of size."""

from dataclasses import dataclass
from typing import NamedTuple

from sim.laws import Int64Array, Law
from sim.network.base import MAX_AMOUNT, TimedNode
from sim.rules import FINISH, FREEZE, NO_START
from sim.scenario import lanes as kinds
from sim.scenario.scenario import Scenario

CLOSING_RULES = {"finish": FINISH, "freeze": FREEZE, "nostart": NO_START}


class Breakdowns(NamedTuple):
    """Breakdowns of equipment, independent in each lane.

    up_time, repair_time : laws of the time up and of the repair [s].
    breaks_while_idle : whether the time up runs all the time, or only while the lane works.
    restarts_work : whether interrupted work starts anew after a repair.
    downtimes : (2, n) int64 [s] for each lane: beginnings and ends of its breakdowns; empty before they are drawn.
    """

    up_time: Law
    repair_time: Law
    breaks_while_idle: bool
    restarts_work: bool
    downtimes: tuple[Int64Array, ...] = ()


@dataclass(frozen=True)
class PoolNode(TimedNode):
    """Lanes behind one queue. `calendar` is the number of lanes in use.

    closing_rule : what happens to work in hand at closing time. room : trucks that may wait; -1 where there is no
        limit.
    turns_away : whether a truck that finds no room is turned away.
    longest_s : (lanes,) int64 [s]. The longest time for which each lane is open without a break.
    fleet : the fleet whose vehicles take over loads here, and only here; -1 where there is none.
    """

    lanes: int
    closing_rule: int
    room: int
    turns_away: bool
    longest_s: Int64Array
    breakdowns: Breakdowns | None = None
    fleet: int = -1


def _build_breakdowns(settings: kinds.Breaks) -> Breakdowns:
    """Returns the breakdowns of a place from its settings."""
    return Breakdowns(settings.after, settings.lasts, settings.clock == "always", settings.then == "restart")


class RejectionReasons(NamedTuple):
    """Shares of loads with a reason for rejection, and of repeated or removed reasons at later inspections.

    form_share : loads with a mistake in form. form_repeat_share : later inspections of a repaired load that reject it
        for form again.
    item_share : loads with a refused item. item_removed_share : loads that come again without it.
    """

    form_share: float
    form_repeat_share: float
    item_share: float
    item_removed_share: float


def _rejection_reasons(scenario: Scenario, number: dict[str, int]) -> dict[int, RejectionReasons]:
    """Returns the reasons of sites that check form or items, by the number of the site.

    The third reason, closing time, is a rule of the place and not among them.
    """
    reasons = {}
    for name, site in scenario.sites.items():
        settings = site.rejected.reasons if site.rejected else None
        if settings and (settings.form or settings.item):
            form, item = settings.form or kinds.Form(share=0), settings.item or kinds.Item(share=0)
            reasons[number[f"sites.{name}"]] = RejectionReasons(form.share, form.repaired, item.share, item.removed)
    return reasons


class RepackingLimits(NamedTuple):
    """Limits of size: loads with more pallets, or higher [cm], are repacked."""

    pallets: int
    height_cm: int


def _repacking_limits(scenario: Scenario, number: dict[str, int]) -> dict[int, RepackingLimits]:
    """Returns the limits of size by the number of the repacking bays."""
    return {
        number[f"sites.{name}.repacking"]: RepackingLimits(
            site.most_pallets or MAX_AMOUNT, round(site.most_height or MAX_AMOUNT)
        )
        for name, site in scenario.sites.items()
        if site.repacking
    }
