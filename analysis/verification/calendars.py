"""Queues that open and close, and queues that have only begun: Kolmogorov's equations. An hour is the unit."""

import numpy as np

from analysis.verification.cases import WORKDAYS, Case, Mean, exponential, queue, run_of
from analysis.verification.formulas import later
from analysis.verification.readings import there_each_day_at
from sim import events as e

MOST = 300  # trucks there; more are as good as impossible
NUMBERS = np.arange(MOST)


def week(rule: str) -> Case:
    """10 lanes from 8 to 16, services of 20 min, 18 an hour from 6 to 18, seven days from empty.

    Where work in hand ends, all of it has ended by the morning but once in e^48 nights.
    """
    lanes = np.minimum(NUMBERS, 10)
    shut, served = [0.0] * MOST, (3.0 * lanes).tolist()
    p = np.eye(1, MOST)[0]
    for _ in range(7):
        p = later(later(p, 2, 18, shut), 8, 18, served)
        if rule == "finish":
            p = np.bincount(NUMBERS - lanes, weights=p, minlength=MOST)
        p = later(p, 2, 18, shut)
    return Case(
        "calendar queues", f"a week from 8 to 16: {rule}", "Kolmogorov's equations",
        WORKDAYS + run_of(7) + queue(
            0, f"lanes: 10, time: {exponential('20 min')}, calendar: day, rule: {rule}",
            "rate: 18 trucks/h, pattern: {hours: {'06:00-18:00': 1}}",
        ),
        [Mean("arrived in the week", 7 * 12 * 18 - float(p @ NUMBERS), lambda ran: float(len(ran.rows(e.ARRIVED))))],
    )  # fmt: skip


def by_day() -> Case:
    """Two lanes of 5 an hour each, always open; 9 trucks an hour from 6 to 18."""
    down = [5.0 * min(n, 2) for n in range(MOST)]
    p = np.eye(1, MOST)[0]
    for _ in range(4):  # days; the first is forgotten by the second
        at_nine = later(later(p, 12, 0, down), 3, 9, down)
        p = later(at_nine, 9, 9, down)
    return Case(
        "calendar queues", "two lanes, traffic by day", "Kolmogorov's equations",
        queue(0, f"lanes: 2, time: {exponential('12 min')}", "rate: 9 trucks/h, pattern: {hours: {'06:00-18:00': 1}}")
        + run_of(60, 3),
        [
            Mean("there at 9", float(at_nine @ NUMBERS), there_each_day_at(9)),
            Mean("there at 18", float(p @ NUMBERS), there_each_day_at(18)),
        ],
    )  # fmt: skip


CASES = [week("freeze"), week("finish"), by_day()]
