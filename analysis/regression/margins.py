"""The planning margins: how far each measure may move before a planner would decide differently.

Margins come from planning, not from statistics: a shift within them is no reason to plan anew, however significant.
Measures that MARGINS does not list have none.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple


class Margin(NamedTuple):
    """The margin of all measures that match the pattern `measure`, where * stands for any text.

    It is `relative` times the baseline's mean or `minimum` in the measure's unit, whichever is more. Headlines
    are plotted.
    """

    measure: str
    relative: float
    minimum: float
    reason: str
    headline: bool = False

    def width_around(self, mean: float) -> float:
        """Returns the margin in the measure's unit, around this mean of the baseline."""
        return max(self.relative * abs(mean), self.minimum)


_FLOW_REASON = "one day differs from the next by more than a hundredth; no plan depends on a truck in five days"
_LOSS_REASON = "losses are few, so a share of them is small; no plan depends on a truck in five days"
_TIME_REASON = "arrivals are planned to the half day"
_QUEUE_REASON = "queues take days to clear; one truck, or its pallets, is no queue"
_UTILISATION_REASON = "one percentage point of utilisation changes no decision on resources"
_COST_REASON = "contract prices are precise to a hundredth"

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
    """Returns the first margin that matches the measure; None if it has no margin."""
    return next((margin for margin in MARGINS if fnmatchcase(measure, margin.measure)), None)


def measures_with_margin(measures: Iterable[str]) -> list[str]:
    """Returns the measures that have a margin, in the order of MARGINS and then by name."""
    ranked = [
        (MARGINS.index(margin), measure) for measure in measures if (margin := margin_of_measure(measure)) is not None
    ]
    return [measure for _, measure in sorted(ranked)]
