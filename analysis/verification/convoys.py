"""Convoys by size, by timetable, and by size or waiting time. Times are in hours."""

from math import sqrt

import numpy as np

from analysis.verification.cases import CONVOY_WORLD, Case, MeanStatistic, flow_entry, flow_settings, run_settings
from analysis.verification.formulas import bulk_service_chain, poisson_probabilities
from analysis.verification.readings import convoy_gaps_h, convoy_sizes, mean_queue_length, mean_wait, waits_h
from analysis.verification.worlds import ReplicationResult
from sim.units import DAY_S


def fixed_size_convoys() -> Case:
    """Returns the case of convoys of ten with 12 arrivals/h.

    The i-th truck waits for 10 - i more arrivals; the time between convoys has an Erlang distribution of 10 stages.
    """

    def variation(run: ReplicationResult) -> float:
        gaps = convoy_gaps_h(run)
        return float(gaps.std(ddof=1) / gaps.mean())

    def wait_of_first(run: ReplicationResult) -> float:
        begins = int((run.visits("yards.hub").joined_s < run.network.warm_up_days * DAY_S).sum())
        return float(waits_h(run, "yards.hub")[slice(-begins % 10, None, 10)].mean())

    return Case(
        "bulk service", "convoys of ten", "Erlang of ten stages",
        CONVOY_WORLD + "yards: {hub: {min: 10, max: 10}}\n" + flow_settings(flow_entry("rate: 12 trucks/h"))
        + run_settings(9, 1),
        [
            MeanStatistic("mean wait", 9 / (2 * 12), mean_wait("yards.hub")),
            MeanStatistic("wait of the first of ten", 9 / 12, wait_of_first),
            MeanStatistic("mean gap", 10 / 12, lambda run: float(convoy_gaps_h(run).mean())),
            MeanStatistic("variation of gaps", 1 / sqrt(10), variation),
        ],
    )  # fmt: skip


def timetable_convoys(most: int, days: int, warm_up: int) -> Case:
    """Returns the case of a convoy of at most `most` trucks every 2 h with 12 arrivals/h.

    The relaxation time is about 3 h for 30 and 24 h for 26 trucks.
    """
    before, after = bulk_service_chain(poisson_probabilities(24, 120), most)
    mean_left = float(after @ np.arange(len(after)))
    return Case(
        "bulk service", f"a timetable, at most {most}", "Bailey's chain at departures",
        CONVOY_WORLD + f"yards: {{hub: {{max: {most}, timetable: {{first: 2 h, every: 2 h}}}}}}\n"
        + flow_settings(flow_entry("rate: 12 trucks/h")) + run_settings(days, warm_up),
        [
            MeanStatistic("mean waiting", mean_left + 12, mean_queue_length("yards.hub")),
            MeanStatistic("mean wait", (mean_left + 12) / 12, mean_wait("yards.hub")),
            MeanStatistic("share of full convoys", float(before[most:].sum()),
                lambda run: float((convoy_sizes(run) == most).mean())),
        ],
    )  # fmt: skip


def patience_convoys() -> Case:
    """Returns the case of convoys of five, or of fewer once the first has waited for an hour, with 4 arrivals/h.

    A cycle begins with the first truck. The time with j more trucks is P(N > j) / 4 hours, with N arrivals in an hour.
    """
    rate, least = 4, 5
    cumulative = np.cumsum(poisson_probabilities(rate * 1.0, least))
    hours_by_size = [(1 - cumulative[j]) / rate for j in range(least - 1)]  # hours with 1 + j trucks in the yard
    gap = 1 / rate + sum(hours_by_size)
    size = rate * gap
    truck_hours = sum((1 + j) * hours for j, hours in enumerate(hours_by_size))
    return Case(
        "bulk service", "convoys of five or after an hour", "renewal",
        CONVOY_WORLD + "yards: {hub: {min: 5, max: 50, patience: 1 h}}\n"
        + flow_settings(flow_entry("rate: 4 trucks/h")) + run_settings(25, 1),
        [
            MeanStatistic("mean wait", truck_hours / size, mean_wait("yards.hub")),
            MeanStatistic("mean gap", gap, lambda run: float(convoy_gaps_h(run).mean())),
            MeanStatistic("mean size", size, lambda run: float(convoy_sizes(run).mean())),
        ],
    )  # fmt: skip


CASES = [fixed_size_convoys(), timetable_convoys(30, 28, 3), timetable_convoys(26, 60, 14), patience_convoys()]
