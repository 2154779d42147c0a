"""Sites, bays and warehouses by number: pools of lanes, breakdowns, reasons for rejection and limits of size."""

from dataclasses import dataclass
from typing import NamedTuple

from sim.laws import Ints, Law
from sim.network.base import MOST, TimedNode
from sim.rules import FINISH, FREEZE, NO_START
from sim.scenario import lanes as kinds
from sim.scenario.scenario import Scenario

RULES = {"finish": FINISH, "freeze": FREEZE, "nostart": NO_START}


class Breaks(NamedTuple):
    """Equipment that breaks, in each lane by itself and on the lane's clock: of all time, or of its work and repairs.

    restarts : work in hand begins anew after a repair.
    spans : (2, n) int64 [s] for each lane, when it breaks and when it works again; none before they are drawn.
    """

    after: Law
    lasts: Law
    always: bool
    restarts: bool
    spans: tuple[Ints, ...] = ()


def _breaks(told: kinds.Breaks) -> Breaks:
    return Breaks(told.after, told.lasts, told.clock == "always", told.then == "restart")


class Reasons(NamedTuple):
    """Why a site rejects: shares of loads, and of those that are rejected for it, see reasons.py."""

    form: float
    repaired: float
    item: float
    removed: float


def _reasons(scenario: Scenario, number: dict[str, int]) -> dict[int, Reasons]:
    """Of sites that look at form or items; that work is broken off is a rule of the place."""
    reasons = {}
    for name, site in scenario.sites.items():
        told = site.rejected.reasons if site.rejected else None
        if told and (told.form or told.item):
            form, item = told.form or kinds.Form(share=0), told.item or kinds.Item(share=0)
            reasons[number[f"sites.{name}"]] = Reasons(form.share, form.repaired, item.share, item.removed)
    return reasons


class Caps(NamedTuple):
    """Loads with more pallets, or higher [cm], are repacked."""

    pallets: int
    height_cm: int


def _caps(scenario: Scenario, number: dict[str, int]) -> dict[int, Caps]:
    """Of the bays beside sites where loads are repacked."""
    return {
        number[f"sites.{name}.repacking"]: Caps(site.most_pallets or MOST, round(site.most_height or MOST))
        for name, site in scenario.sites.items()
        if site.repacking
    }


@dataclass(frozen=True)
class PoolNode(TimedNode):
    """Lanes behind a queue. `calendar` is the number of lanes in use; `room` is -1 where there is no limit.

    fleet : whose vehicles take over what is served here, and wait for it here alone; -1 where none do.
    longest_s : (lanes,) int64 [s]. The longest stretch for which each lane is open.
    """

    lanes: int
    rule: int
    room: int
    turn_away: bool
    longest_s: Ints
    breaks: Breaks | None = None
    fleet: int = -1
