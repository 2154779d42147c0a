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
    relative: float
    minimum: float
    reason: str
    headline: bool = False

    def width_around(self, mean: float) -> float:
        """In the measure's unit, around that mean of the baseline."""
        return max(self.relative * abs(mean), self.minimum)


_FLOW_REASON = "a hundredth is less than one day differs from the next; a truck in five days is nobody's plan"
_LOSS_REASON = "few, so that a share of them is little; a truck in five days is nobody's plan"
_TIME_REASON = "arrivals are promised by the half day"
_QUEUE_REASON = "queues are cleared by days; a truck, or its pallets, is no queue"
_UTILISATION_REASON = "a place that is busy for a point more needs no more of anything"
_COST_REASON = "contracts are priced to the hundredth"

MARGINS = (
    Margin("arrived_tonnes_per_day", 0.01, 4, _FLOW_REASON, headline=True),
    Margin("arrived_trucks_per_day", 0.01, 0.2, _FLOW_REASON, headline=True),
    Margin("entered_trucks_per_day", 0.01, 0.2, _FLOW_REASON, headline=True),
    Margin("collected_trucks_per_day", 0.01, 0.2, _FLOW_REASON, headline=True),
    Margin("requested_trucks_per_day", 0.01, 0.2, _FLOW_REASON),
    Margin("authorised_trucks_per_day", 0.01, 0.2, _FLOW_REASON),
    Margin("offloaded_trucks_per_day", 0.01, 0.2, _FLOW_REASON),
    Margin("entered_tonnes_per_day", 0.01, 4, _FLOW_REASON),
    Margin("rejected_trucks_per_day", 0.03, 0.2, _LOSS_REASON),
    Margin("returned_trucks_per_day", 0.03, 0.2, _LOSS_REASON),
    Margin("intercepted_trucks_per_day", 0.03, 0.2, _LOSS_REASON),
    Margin("expired_trucks_per_day", 0.03, 0.2, _LOSS_REASON),
    Margin("transit_h_mean", 0.03, 0.5, _TIME_REASON, headline=True),
    Margin("transit_h_p50", 0.03, 0.5, _TIME_REASON, headline=True),
    Margin("waiting_truck_days_per_day", 0.03, 1, _QUEUE_REASON, headline=True),
    Margin("inside_end_loads", 0.03, 1, _QUEUE_REASON),
    Margin("cost_usd_per_day", 0.01, 10, _COST_REASON),
    Margin("backlog_mean:platforms.*", 0.03, 22, _QUEUE_REASON),
    Margin("backlog_mean:sites.*", 0.03, 1, _QUEUE_REASON),
    Margin("backlog_mean:offices.*", 0.03, 1, _QUEUE_REASON),
    Margin("backlog_mean:slots.*", 0.03, 1, _QUEUE_REASON),
    Margin("backlog_mean:ceilings.*", 0.03, 1, _QUEUE_REASON),
    Margin("backlog_mean:warehouses.*", 0.03, 1, _QUEUE_REASON),
    Margin("utilisation:sites.*", 0, 0.01, _UTILISATION_REASON),
    Margin("utilisation:fleets.*", 0, 0.01, _UTILISATION_REASON),
    Margin("utilisation:bays.*", 0, 0.01, _UTILISATION_REASON),
)


def margin_of_measure(measure: str) -> Margin | None:
    """The first that names the measure; None of one that is held to no margin."""
    return next((margin for margin in MARGINS if fnmatchcase(measure, margin.measure)), None)


def measures_with_margin(measures: Iterable[str]) -> list[str]:
    """Those of the measures that have a margin, in the table's order and then by name."""
    found = [
        (MARGINS.index(margin), measure) for measure in measures if (margin := margin_of_measure(measure)) is not None
    ]
    return [measure for _, measure in sorted(found)]
