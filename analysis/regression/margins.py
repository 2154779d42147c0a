"""How far a measure may move before a planner would decide otherwise: one table, and nothing else is held to a margin.

They are numbers of planning and not of statistics: a shift within them is no reason to plan anew, however sure.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple


class Margin(NamedTuple):
    """Of all measures that `measure` names, with * for anything: `share` of the baseline's mean or `least`, in the
    measure's unit, whichever is more. A headline is drawn."""

    measure: str
    share: float
    least: float
    why: str
    headline: bool = False

    def width(self, mean: float) -> float:
        """In the measure's unit, around that mean of the baseline."""
        return max(self.share * abs(mean), self.least)


_FLOW = "a hundredth is less than one day differs from the next; a truck in five days is nobody's plan"
_SPOILT = "few, so that a share of them is little; a truck in five days is nobody's plan"
_TIME = "arrivals are promised by the half day"
_QUEUE = "queues are cleared by days; a truck, or its pallets, is no queue"
_USE = "a place that is busy for a point more needs no more of anything"
_COST = "contracts are priced to the hundredth"

MARGINS = (
    Margin("arrived_tonnes_per_day", 0.01, 4, _FLOW, headline=True),
    Margin("arrived_trucks_per_day", 0.01, 0.2, _FLOW, headline=True),
    Margin("entered_trucks_per_day", 0.01, 0.2, _FLOW, headline=True),
    Margin("collected_trucks_per_day", 0.01, 0.2, _FLOW, headline=True),
    Margin("requested_trucks_per_day", 0.01, 0.2, _FLOW),
    Margin("authorised_trucks_per_day", 0.01, 0.2, _FLOW),
    Margin("offloaded_trucks_per_day", 0.01, 0.2, _FLOW),
    Margin("entered_tonnes_per_day", 0.01, 4, _FLOW),
    Margin("rejected_trucks_per_day", 0.03, 0.2, _SPOILT),
    Margin("returned_trucks_per_day", 0.03, 0.2, _SPOILT),
    Margin("intercepted_trucks_per_day", 0.03, 0.2, _SPOILT),
    Margin("expired_trucks_per_day", 0.03, 0.2, _SPOILT),
    Margin("transit_h_mean", 0.03, 0.5, _TIME, headline=True),
    Margin("transit_h_p50", 0.03, 0.5, _TIME, headline=True),
    Margin("waiting_truck_days_per_day", 0.03, 1, _QUEUE, headline=True),
    Margin("inside_end_loads", 0.03, 1, _QUEUE),
    Margin("cost_usd_per_day", 0.01, 10, _COST),
    Margin("backlog_mean:platforms.*", 0.03, 22, _QUEUE),
    Margin("backlog_mean:sites.*", 0.03, 1, _QUEUE),
    Margin("backlog_mean:offices.*", 0.03, 1, _QUEUE),
    Margin("backlog_mean:slots.*", 0.03, 1, _QUEUE),
    Margin("backlog_mean:ceilings.*", 0.03, 1, _QUEUE),
    Margin("backlog_mean:warehouses.*", 0.03, 1, _QUEUE),
    Margin("utilisation:sites.*", 0, 0.01, _USE),
    Margin("utilisation:fleets.*", 0, 0.01, _USE),
    Margin("utilisation:bays.*", 0, 0.01, _USE),
)


def margin_of(measure: str) -> Margin | None:
    """The first that names the measure; None of one that is held to no margin."""
    return next((margin for margin in MARGINS if fnmatchcase(measure, margin.measure)), None)


def held(measures: Iterable[str]) -> list[str]:
    """Those of the measures that have a margin, in the table's order and then by name."""
    found = [(MARGINS.index(margin), measure) for measure in measures if (margin := margin_of(measure)) is not None]
    return [measure for _, measure in sorted(found)]
