"""Lanes with breakdowns or other work, and gates with random closures or daily ceilings. Times are in hours."""

from math import exp

import numpy as np

from analysis.verification.cases import (
    CONVOY_WORLD,
    DOCK_CORRIDOR,
    Case,
    MeanStatistic,
    exponential_law,
    flow_entry,
    flow_settings,
    run_settings,
    single_queue,
)
from analysis.verification.formulas import bulk_service_chain, poisson_probabilities, pollaczek_khinchin, second_moment
from analysis.verification.readings import (
    mean_dwell,
    mean_wait,
    queue_length,
    share_waiting_longer,
    utilisation,
    wait_of_rank,
)
from analysis.verification.worlds import ReplicationResult
from sim.laws import Int64Array
from sim.units import DAY_S


def breakdown(time: str, repair: str, clock: str) -> Case:
    """Returns the case M/G/1 with 4 arrivals/h, services of 9 min, and repairs of 1 h after 5 h, with completion times.

    With the clock `always`, a truck that finds the queue empty may find the lane under repair. Relaxation time
    about 5 h.
    """
    squared = {"exponential": 2, "constant": 1}  # E[X^2] / E[X]^2
    completion_time, completion_moment = 0.15 * 1.2, 0.15**2 * squared[time] * 1.2**2 + 0.15 * 0.2 * squared[repair]
    dwell = (
        completion_time
        + pollaczek_khinchin(4, completion_time, completion_moment)
        + (clock == "always") * squared[repair] / 2 * 0.2 / 1.2
    )
    breaks = f"after: {exponential_law('5 h')}, lasts: {law_text(repair, '1 h')}, clock: {clock}"
    return Case(
        "breakdowns", f"{time} work, {repair} repairs, clock of {clock}", "Avi-Itzhak and Naor 1963",
        single_queue(4, f"lanes: 1, time: {law_text(time, '9 min')}, breaks: {{{breaks}}}") + run_settings(90, 3),
        [MeanStatistic("mean dwell", dwell, mean_dwell())],
    )  # fmt: skip


def law_text(law: str, mean: str) -> str:
    """Returns the YAML of an exponential or a constant duration."""
    return exponential_law(mean) if law == "exponential" else mean


def restarted_work() -> Case:
    """Returns the case M/G/1 whose service restarts after a breakdown.

    Services take 9 min, the lane is up for 30 min and repaired in 15 min (means), with 2.5 arrivals/h.
    """
    rate, time, up, repair = 2.5, 0.15, 0.5, 0.25
    whole = exp(-time / up)  # probability of a service without a breakdown
    broken = 1 - whole
    mean_cut = up - time * whole / broken  # mean work lost at a breakdown
    square_cut = 2 * up**2 - (time**2 + 2 * up * time) * whole / broken
    mean_loss = mean_cut + repair
    variance_of_loss = square_cut - mean_cut**2 + repair**2
    mean_failures = broken / whole
    mean = time + mean_failures * mean_loss
    second = mean_failures * variance_of_loss + broken / whole**2 * mean_loss**2 + mean**2
    breaks = f"after: {exponential_law('30 min')}, lasts: {exponential_law('15 min')}, then: restart"
    return Case(
        "breakdowns", "work that begins anew", "a geometric number of trials (Gaver 1962)",
        single_queue(rate, f"lanes: 1, time: 9 min, breaks: {{{breaks}}}") + run_settings(60, 3),
        [
            MeanStatistic("mean dwell", mean + pollaczek_khinchin(rate, mean, second), mean_dwell()),
            MeanStatistic("utilisation", rate * mean, utilisation()),
        ],
    )  # fmt: skip


def vacations(law: str, time: str, second: float) -> Case:
    """Returns the case M/G/1 whose lane serves a truck of a backlog whenever the queue is empty: multiple vacations."""
    return Case(
        "vacations", f"other work meanwhile, {law}", "Levy and Yechiali 1975",
        DOCK_CORRIDOR + flow_settings(flow_entry("rate: 2 trucks/h", rank=0),
                     "other: {sector: un, cargo: food}")
        + "start: {backlog: {flow: other, corridor: only, loads: 3000}}\n"
        f"warehouses: {{dock: {{lanes: 1, time: {time}}}}}\n" + run_settings(30, 2),
        [MeanStatistic("mean wait", pollaczek_khinchin(2, 0.2, second) + second / (2 * 0.2), wait_of_rank(0))],
    )  # fmt: skip


def timetable_slots() -> Case:
    """Returns the case of one departure every 10 min: constant services, with vacations of the same length."""
    slot = 1 / 6
    return Case(
        "vacations", "one may go every 10 min", "Levy and Yechiali 1975",
        CONVOY_WORLD + "yards: {hub: {max: 1, timetable: {first: 10 min, every: 10 min}}}\n"
        + flow_settings(flow_entry("rate: 4 trucks/h")) + run_settings(30, 2),
        [MeanStatistic("mean wait", pollaczek_khinchin(4, slot, slot**2) + slot / 2, mean_wait("yards.hub"))],
    )  # fmt: skip


def random_closures() -> Case:
    """Returns the case of a gate with random closures of 6 h, one on some days, at any time of the day.

    At most two closures overlap: that of a day and that of the next, g < 6 hours later; g has density g / 576. Together
    they last 6 + g hours. The waits in a closure of x hours add up to rate x^2 / 2.
    """
    p_closure = 1 - exp(-0.5)  # of a closure that begins on a given day
    closed_h = p_closure * 6 - p_closure**2 * (6 * 6**2 / 2 - 6**3 / 3) / 576
    area = p_closure * 18 + p_closure**2 * (-18 * 6**2 / 2 + 6 * 6**3 / 3 + 6**4 / 8) / 576
    return Case(
        "random closures", "a gate that is shut by chance", "Poisson arrivals see time averages",
        "gates: {rim: {}}\nwarehouses: {dock: {lanes: 999, time: 1 s}}\n"
        "corridors: {only: {from: away, to: here, steps: [{pass_gate: rim}, {offload: dock}]}}\n"
        "shocks: {shut: {places: [gates.rim], rate: 0.5/day, lasts: 6 h}}\n"
        + flow_settings(flow_entry("rate: 1 trucks/h")) + run_settings(180, 1),
        [
            MeanStatistic("share that waits", closed_h / 24, share_waiting_longer(0, "gates.rim")),
            MeanStatistic("mean wait", area / 24, mean_wait("gates.rim")),
        ],
    )  # fmt: skip


def daily_ceiling() -> Case:
    """Returns the case of a gate with 6 arrivals and at most 8 passages a day: Bailey's chain at midnight."""
    _, after = bulk_service_chain(poisson_probabilities(6, 60), 8)

    def nightly(run: ReplicationResult) -> Int64Array:
        midnights = np.arange(run.network.warm_up_days + 1, run.network.days) * DAY_S
        return queue_length(run, "gates.rim").value_before(midnights)

    return Case(
        "random closures", "a ceiling of 8 trucks a day", "Bailey's chain at midnights",
        "gates: {rim: {}}\nceilings: {most: {gates: [rim], trucks: 8/day}}\n"
        "warehouses: {dock: {lanes: 999, time: 1 s}}\n"
        "corridors: {only: {from: away, to: here, steps: [{pass_gate: rim}, {offload: dock}]}}\n"
        + flow_settings(flow_entry("rate: 6 trucks/day")) + run_settings(600, 20),
        [
            MeanStatistic("left at midnight", float(after @ np.arange(len(after))),
                lambda run: float(nightly(run).mean())),
            MeanStatistic("nights with nobody left", float(after[0]), lambda run: float((nightly(run) == 0).mean())),
        ],
    )  # fmt: skip


CASES = [
    breakdown("exponential", "exponential", "work"),
    breakdown("constant", "exponential", "work"),
    breakdown("exponential", "constant", "work"),
    breakdown("exponential", "exponential", "always"),
    breakdown("constant", "exponential", "always"),
    restarted_work(),
    vacations("exponential", exponential_law("12 min"), second_moment("exponential", 0.2)),
    vacations("uniform", "{law: uniform, low: 4 min, high: 20 min}", second_moment("uniform", 0.2, 1 / 15, 1 / 3)),
    timetable_slots(),
    random_closures(),
    daily_ceiling(),
]
