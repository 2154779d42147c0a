"""Queues with opening hours, and queues that start empty, by Kolmogorov's equations. Times are in hours."""

import numpy as np

from analysis.verification.cases import WORKDAYS, Case, MeanStatistic, exponential_law, run_settings, single_queue
from analysis.verification.formulas import transient_distribution
from analysis.verification.readings import number_in_system_at_hour
from sim import events as e

MAX_TRUCKS = 300  # largest number of trucks in the system; the probability of more is negligible
TRUCK_COUNTS = np.arange(MAX_TRUCKS)


def week_from_empty(rule: str) -> Case:
    """Returns the case of 10 lanes open from 8 to 16, mean services of 20 min, and 18 arrivals/h from 6 to 18.

    It starts empty and lasts seven days. With rule `finish`, work in hand ends before the next morning except
    once in e^48
    nights.
    """
    lanes = np.minimum(TRUCK_COUNTS, 10)
    no_service, service_rates = [0.0] * MAX_TRUCKS, (3.0 * lanes).tolist()
    p = np.eye(1, MAX_TRUCKS)[0]
    for _ in range(7):
        p = transient_distribution(transient_distribution(p, 2, 18, no_service), 8, 18, service_rates)
        if rule == "finish":
            p = np.bincount(TRUCK_COUNTS - lanes, weights=p, minlength=MAX_TRUCKS)
        p = transient_distribution(p, 2, 18, no_service)
    return Case(
        "calendar queues", f"a week from 8 to 16: {rule}", "Kolmogorov's equations",
        WORKDAYS + run_settings(7) + single_queue(
            0, f"lanes: 10, time: {exponential_law('20 min')}, calendar: day, rule: {rule}",
            "rate: 18 trucks/h, pattern: {hours: {'06:00-18:00': 1}}",
        ),
        [MeanStatistic("arrived in the week", 7 * 12 * 18 - float(p @ TRUCK_COUNTS),
            lambda run: float(len(run.rows(e.ARRIVED))))],
    )  # fmt: skip


def daily_traffic() -> Case:
    """Returns the case of two lanes that serve 5/h each and never close, with 9 arrivals/h from 6 to 18."""
    service_rates = [5.0 * min(n, 2) for n in range(MAX_TRUCKS)]
    p = np.eye(1, MAX_TRUCKS)[0]
    for _ in range(4):  # days, until the initial state has no more effect
        at_nine = transient_distribution(transient_distribution(p, 12, 0, service_rates), 3, 9, service_rates)
        p = transient_distribution(at_nine, 9, 9, service_rates)
    return Case(
        "calendar queues", "two lanes, traffic by day", "Kolmogorov's equations",
        single_queue(0, f"lanes: 2, time: {exponential_law('12 min')}",
            "rate: 9 trucks/h, pattern: {hours: {'06:00-18:00': 1}}")
        + run_settings(60, 3),
        [
            MeanStatistic("there at 9", float(at_nine @ TRUCK_COUNTS), number_in_system_at_hour(9)),
            MeanStatistic("there at 18", float(p @ TRUCK_COUNTS), number_in_system_at_hour(18)),
        ],
    )  # fmt: skip


CASES = [week_from_empty("freeze"), week_from_empty("finish"), daily_traffic()]
