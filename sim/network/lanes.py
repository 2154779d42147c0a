"""Sites, bays and warehouses by number: lanes behind a queue, breakdowns, reasons for rejection and limits of size."""

from dataclasses import dataclass
from typing import NamedTuple

from sim.laws import Ints, Law
from sim.network.base import MOST, TimedNode
from sim.rules import FINISH, FREEZE, NO_START
from sim.scenario import lanes as kinds
from sim.scenario.scenario import Scenario

RULES = {"finish": FINISH, "freeze": FREEZE, "nostart": NO_START}


class Breaks(NamedTuple):
    """Breakdowns of equipment, independent in each lane.

    after, lasts : laws of the time up and of the repair [s].
    always : whether the time up runs all the time, or only while the lane works.
    restarts : whether interrupted work starts anew after a repair.
    spans : (2, n) int64 [s] for each lane: beginnings and ends of its breakdowns; empty before they are drawn.
    """

    after: Law
    lasts: Law
    always: bool
    restarts: bool
    spans: tuple[Ints, ...] = ()


@dataclass(frozen=True)
class PoolNode(TimedNode):
    """Lanes behind one queue. `calendar` is the number of lanes in use.

    rule : what happens to work in hand at closing time. room : trucks that may wait; -1 where there is no limit.
    turn_away : whether a truck that finds no room is turned away.
    longest_s : (lanes,) int64 [s]. The longest time for which each lane is open without a break.
    fleet : the fleet whose vehicles take over loads here, and only here; -1 where there is none.
    """

    lanes: int
    rule: int
    room: int
    turn_away: bool
    longest_s: Ints
    breaks: Breaks | None = None
    fleet: int = -1


def _breaks(settings: kinds.Breaks) -> Breaks:
    """Returns the breakdowns of a place from its settings."""
    return Breaks(settings.after, settings.lasts, settings.clock == "always", settings.then == "restart")


class Reasons(NamedTuple):
    """Shares of loads with a reason for rejection, and of repeated or removed reasons at later inspections.

    form : loads with a mistake in form. repaired : later inspections of a repaired load that reject it for form again.
    item : loads with a refused item. removed : loads that come again without it.
    """

    form: float
    repaired: float
    item: float
    removed: float


def _reasons(scenario: Scenario, number: dict[str, int]) -> dict[int, Reasons]:
    """Returns the reasons of sites that check form or items, by the number of the site.

    The third reason, closing time, is a rule of the place and not among them.
    """
    reasons = {}
    for name, site in scenario.sites.items():
        settings = site.rejected.reasons if site.rejected else None
        if settings and (settings.form or settings.item):
            form, item = settings.form or kinds.Form(share=0), settings.item or kinds.Item(share=0)
            reasons[number[f"sites.{name}"]] = Reasons(form.share, form.repaired, item.share, item.removed)
    return reasons


class Caps(NamedTuple):
    """Limits of size: loads with more pallets, or higher [cm], are repacked."""

    pallets: int
    height_cm: int


def _caps(scenario: Scenario, number: dict[str, int]) -> dict[int, Caps]:
    """Returns the limits of size by the number of the repacking bays."""
    return {
        number[f"sites.{name}.repacking"]: Caps(site.most_pallets or MOST, round(site.most_height or MOST))
        for name, site in scenario.sites.items()
        if site.repacking
    }
