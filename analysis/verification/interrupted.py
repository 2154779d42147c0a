"""Lanes that break, lanes with other work to do, gates that close by chance or for the day. An hour is the unit."""

from math import exp

import numpy as np

from analysis.verification.cases import DOCK, HUB, Case, Mean, exponential, flow, flows, queue, run_of
from analysis.verification.formulas import bulk_service, mean_square, poisson, pollaczek_khinchin
from analysis.verification.readings import (
    longer_than,
    mean_dwell,
    mean_wait,
    utilisation,
    wait_of_rank,
    waiting,
)
from analysis.verification.worlds import Ran
from sim.laws import Ints
from sim.units import DAY_S


def breakdown(time: str, repair: str, clock: str) -> Case:
    """M/G/1, 4 an hour of 9 minutes, an hour's repair after 5 h: work with its repairs in place of work.

    Where the time up runs always, a truck that finds nobody may find a repair. Relaxation about 5 h.
    """
    squared = {"exponential": 2, "constant": 1}  # E[X^2] / E[X]^2
    work, spoilt = 0.15 * 1.2, 0.15**2 * squared[time] * 1.2**2 + 0.15 * 0.2 * squared[repair]
    dwell = work + pollaczek_khinchin(4, work, spoilt) + (clock == "always") * squared[repair] / 2 * 0.2 / 1.2
    breaks = f"after: {exponential('5 h')}, lasts: {law_of(repair, '1 h')}, clock: {clock}"
    return Case(
        "breakdowns", f"{time} work, {repair} repairs, clock of {clock}", "Avi-Itzhak and Naor 1963",
        queue(4, f"lanes: 1, time: {law_of(time, '9 min')}, breaks: {{{breaks}}}") + run_of(90, 3),
        [Mean("mean dwell", dwell, mean_dwell())],
    )  # fmt: skip


def law_of(law: str, mean: str) -> str:
    return exponential(mean) if law == "exponential" else mean


def begun_anew() -> Case:
    """M/G/1 whose work begins anew after a breakdown: 9 minutes constant, up for 30, repaired in 15, 2.5 an hour."""
    rate, time, up, repair = 2.5, 0.15, 0.5, 0.25
    whole = exp(-time / up)  # how often 9 minutes pass without a breakdown
    broken = 1 - whole
    mean_cut = up - time * whole / broken  # of the work that is lost each time
    square_cut = 2 * up**2 - (time**2 + 2 * up * time) * whole / broken
    lost = mean_cut + repair
    varies = square_cut - mean_cut**2 + repair**2
    times = broken / whole
    mean = time + times * lost
    second = times * varies + broken / whole**2 * lost**2 + mean**2
    breaks = f"after: {exponential('30 min')}, lasts: {exponential('15 min')}, then: restart"
    return Case(
        "breakdowns", "work that begins anew", "a geometric number of trials (Gaver 1962)",
        queue(rate, f"lanes: 1, time: 9 min, breaks: {{{breaks}}}") + run_of(60, 3),
        [
            Mean("mean dwell", mean + pollaczek_khinchin(rate, mean, second), mean_dwell()),
            Mean("utilisation", rate * mean, utilisation()),
        ],
    )  # fmt: skip


def other_work(law: str, time: str, second: float) -> Case:
    """M/G/1 whose lane takes another truck of a backlog whenever nobody else is there: vacations, one after another."""
    return Case(
        "vacations", f"other work meanwhile, {law}", "Levy and Yechiali 1975",
        DOCK + flows(flow("rate: 2 trucks/h", rank=0),
                     "other: {sector: un, cargo: food}")
        + "start: {backlog: {flow: other, corridor: only, loads: 3000}}\n"
        f"warehouses: {{dock: {{lanes: 1, time: {time}}}}}\n" + run_of(30, 2),
        [Mean("mean wait", pollaczek_khinchin(2, 0.2, second) + second / (2 * 0.2), wait_of_rank(0))],
    )  # fmt: skip


def slots() -> Case:
    """One truck may set out every 10 minutes: constant services, and vacations as long."""
    slot = 1 / 6
    return Case(
        "vacations", "one may go every 10 min", "Levy and Yechiali 1975",
        HUB + "yards: {hub: {max: 1, timetable: {first: 10 min, every: 10 min}}}\n"
        + flows(flow("rate: 4 trucks/h")) + run_of(30, 2),
        [Mean("mean wait", pollaczek_khinchin(4, slot, slot**2) + slot / 2, mean_wait("yards.hub"))],
    )  # fmt: skip


def random_closures() -> Case:
    """A gate that on some days is shut, at any time of the day, for 6 hours.

    At most two closures run into one: that of a day, and that of the next, g < 6 hours after it; g has density g / 576.
    They are then one of 6 + g hours, and waits in a closure of x hours add up to rate x^2 / 2.
    """
    chance = 1 - exp(-0.5)  # at most one begins on a day
    shut = chance * 6 - chance**2 * (6 * 6**2 / 2 - 6**3 / 3) / 576
    area = chance * 18 + chance**2 * (-18 * 6**2 / 2 + 6 * 6**3 / 3 + 6**4 / 8) / 576
    return Case(
        "random closures", "a gate that is shut by chance", "Poisson arrivals see time averages",
        "gates: {rim: {}}\nwarehouses: {dock: {lanes: 999, time: 1 s}}\n"
        "corridors: {only: {from: away, to: here, steps: [{pass_gate: rim}, {offload: dock}]}}\n"
        "shocks: {shut: {places: [gates.rim], rate: 0.5/day, lasts: 6 h}}\n"
        + flows(flow("rate: 1 trucks/h")) + run_of(180, 1),
        [
            Mean("share that waits", shut / 24, longer_than(0, "gates.rim")),
            Mean("mean wait", area / 24, mean_wait("gates.rim")),
        ],
    )  # fmt: skip


def ceiling() -> Case:
    """At most 8 trucks a day pass a gate at which 6 arrive: what is left at midnight is Bailey's chain."""
    _, left = bulk_service(poisson(6, 60), 8)

    def nightly(ran: Ran) -> Ints:
        midnights = np.arange(ran.network.warm_up_days + 1, ran.network.days) * DAY_S
        return waiting(ran, "gates.rim").before(midnights)

    return Case(
        "random closures", "a ceiling of 8 trucks a day", "Bailey's chain at midnights",
        "gates: {rim: {}}\nceilings: {most: {gates: [rim], trucks: 8/day}}\n"
        "warehouses: {dock: {lanes: 999, time: 1 s}}\n"
        "corridors: {only: {from: away, to: here, steps: [{pass_gate: rim}, {offload: dock}]}}\n"
        + flows(flow("rate: 6 trucks/day")) + run_of(600, 20),
        [
            Mean("left at midnight", float(left @ np.arange(len(left))), lambda ran: float(nightly(ran).mean())),
            Mean("nights with nobody left", float(left[0]), lambda ran: float((nightly(ran) == 0).mean())),
        ],
    )  # fmt: skip


CASES = [
    breakdown("exponential", "exponential", "work"),
    breakdown("constant", "exponential", "work"),
    breakdown("exponential", "constant", "work"),
    breakdown("exponential", "exponential", "always"),
    breakdown("constant", "exponential", "always"),
    begun_anew(),
    other_work("exponential", exponential("12 min"), mean_square("exponential", 0.2)),
    other_work("uniform", "{law: uniform, low: 4 min, high: 20 min}", mean_square("uniform", 0.2, 1 / 15, 1 / 3)),
    slots(),
    random_closures(),
    ceiling(),
]
