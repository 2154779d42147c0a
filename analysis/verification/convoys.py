"""Convoys: by number, by timetable, by number or patience. An hour is the unit."""

from math import sqrt

import numpy as np

from analysis.verification.cases import CONVOY_WORLD, Case, MeanStatistic, flow_entry, flow_settings, run_settings
from analysis.verification.formulas import bulk_service_chain, poisson_probabilities
from analysis.verification.readings import convoy_gaps_h, convoy_sizes, mean_queue_length, mean_wait, waits_h
from analysis.verification.worlds import ReplicationResult
from sim.units import DAY_S


def fixed_size_convoys() -> Case:
    """At 12 an hour the i-th of ten waits for 10 - i more; the time between convoys is Erlang of 10 stages."""

    def variation(ran: ReplicationResult) -> float:
        gaps = convoy_gaps_h(ran)
        return float(gaps.std(ddof=1) / gaps.mean())

    def wait_of_first(ran: ReplicationResult) -> float:
        begins = int((ran.visits("yards.hub").joined_s < ran.network.warm_up_days * DAY_S).sum())
        return float(waits_h(ran, "yards.hub")[slice(-begins % 10, None, 10)].mean())

    return Case(
        "bulk service", "convoys of ten", "Erlang of ten stages",
        CONVOY_WORLD + "yards: {hub: {min: 10, max: 10}}\n" + flow_settings(flow_entry("rate: 12 trucks/h"))
        + run_settings(9, 1),
        [
            MeanStatistic("mean wait", 9 / (2 * 12), mean_wait("yards.hub")),
            MeanStatistic("wait of the first of ten", 9 / 12, wait_of_first),
            MeanStatistic("mean gap", 10 / 12, lambda ran: float(convoy_gaps_h(ran).mean())),
            MeanStatistic("variation of gaps", 1 / sqrt(10), variation),
        ],
    )  # fmt: skip


def timetable_convoys(most: int, days: int, warm_up: int) -> Case:
    """Every 2 h at most 30, or 26, of 12 an hour. Relaxation times of about 3 and 24 h."""
    there, behind = bulk_service_chain(poisson_probabilities(24, 120), most)
    left = float(behind @ np.arange(len(behind)))
    return Case(
        "bulk service", f"a timetable, at most {most}", "Bailey's chain at departures",
        CONVOY_WORLD + f"yards: {{hub: {{max: {most}, timetable: {{first: 2 h, every: 2 h}}}}}}\n"
        + flow_settings(flow_entry("rate: 12 trucks/h")) + run_settings(days, warm_up),
        [
            MeanStatistic("mean waiting", left + 12, mean_queue_length("yards.hub")),
            MeanStatistic("mean wait", (left + 12) / 12, mean_wait("yards.hub")),
            MeanStatistic("share of full convoys", float(there[most:].sum()),
                lambda ran: float((convoy_sizes(ran) == most).mean())),
        ],
    )  # fmt: skip


def patience_convoys() -> Case:
    """At 4 an hour, five trucks, or those that are there when the first has waited for an hour.

    A cycle begins with the first truck; j more are there for P(N > j) / 4 hours of it, where N come in the hour.
    """
    rate, least = 4, 5
    fewer = np.cumsum(poisson_probabilities(rate * 1.0, least))
    spent = [(1 - fewer[j]) / rate for j in range(least - 1)]  # hours with 1 + j trucks there
    gap = 1 / rate + sum(spent)
    size = rate * gap
    waited = sum((1 + j) * hours for j, hours in enumerate(spent))
    return Case(
        "bulk service", "convoys of five or after an hour", "renewal",
        CONVOY_WORLD + "yards: {hub: {min: 5, max: 50, patience: 1 h}}\n"
        + flow_settings(flow_entry("rate: 4 trucks/h")) + run_settings(25, 1),
        [
            MeanStatistic("mean wait", waited / size, mean_wait("yards.hub")),
            MeanStatistic("mean gap", gap, lambda ran: float(convoy_gaps_h(ran).mean())),
            MeanStatistic("mean size", size, lambda ran: float(convoy_sizes(ran).mean())),
        ],
    )  # fmt: skip


CASES = [fixed_size_convoys(), timetable_convoys(30, 28, 3), timetable_convoys(26, 60, 14), patience_convoys()]
