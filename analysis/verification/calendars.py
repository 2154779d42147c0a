"""Queues that open and close, and queues that have only begun: Kolmogorov's equations. An hour is the unit."""

import numpy as np

from analysis.verification.cases import WORKDAYS, Case, MeanStatistic, exponential_law, run_settings, single_queue
from analysis.verification.formulas import transient_distribution
from analysis.verification.readings import number_in_system_at_hour
from sim import events as e

MAX_TRUCKS = 300  # trucks there; more are as good as impossible
TRUCK_COUNTS = np.arange(MAX_TRUCKS)


def week_from_empty(rule: str) -> Case:
    """10 lanes from 8 to 16, services of 20 min, 18 an hour from 6 to 18, seven days from empty.

    Where work in hand ends, all of it has ended by the morning but once in e^48 nights.
    """
    lanes = np.minimum(TRUCK_COUNTS, 10)
    shut, served = [0.0] * MAX_TRUCKS, (3.0 * lanes).tolist()
    p = np.eye(1, MAX_TRUCKS)[0]
    for _ in range(7):
        p = transient_distribution(transient_distribution(p, 2, 18, shut), 8, 18, served)
        if rule == "finish":
            p = np.bincount(TRUCK_COUNTS - lanes, weights=p, minlength=MAX_TRUCKS)
        p = transient_distribution(p, 2, 18, shut)
    return Case(
        "calendar queues", f"a week from 8 to 16: {rule}", "Kolmogorov's equations",
        WORKDAYS + run_settings(7) + single_queue(
            0, f"lanes: 10, time: {exponential_law('20 min')}, calendar: day, rule: {rule}",
            "rate: 18 trucks/h, pattern: {hours: {'06:00-18:00': 1}}",
        ),
        [MeanStatistic("arrived in the week", 7 * 12 * 18 - float(p @ TRUCK_COUNTS),
            lambda ran: float(len(ran.rows(e.ARRIVED))))],
    )  # fmt: skip


def daily_traffic() -> Case:
    """Two lanes of 5 an hour each, always open; 9 trucks an hour from 6 to 18."""
    down = [5.0 * min(n, 2) for n in range(MAX_TRUCKS)]
    p = np.eye(1, MAX_TRUCKS)[0]
    for _ in range(4):  # days; the first is forgotten by the second
        at_nine = transient_distribution(transient_distribution(p, 12, 0, down), 3, 9, down)
        p = transient_distribution(at_nine, 9, 9, down)
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
