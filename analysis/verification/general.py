"""Queues with other distributions of service and interarrival times. Times are in hours."""

from collections.abc import Iterator
from math import exp

import numpy as np

from analysis.verification.cases import Case, MeanStatistic, exponential_law, run_settings, single_queue
from analysis.verification.formulas import (
    bulk_service_chain,
    dmc_waits,
    gm1_wait_probability,
    md1_wait_cdf,
    poisson_probabilities,
    pollaczek_khinchin,
    second_moment,
    stationary_distribution,
)
from analysis.verification.readings import mean_wait, share_waiting_longer

SERVICE = exponential_law("12 min")


def constant_service_one_lane() -> Case:
    """Returns the case M/D/1 with utilisation 0.8; relaxation time about 10 h."""
    return Case(
        "M/D/c", "M/D/1", "Pollaczek and Khinchin; Crommelin's sum",
        single_queue(4, "lanes: 1, time: 12 min") + run_settings(105, 5),
        [
            MeanStatistic("mean wait", pollaczek_khinchin(4, 0.2, 0.2**2), mean_wait()),
            *(MeanStatistic(f"waits longer than {t:g} h", 1 - md1_wait_cdf(4, 0.2, t), share_waiting_longer(t))
                for t in (0.0, 0.2, 0.5, 1)),
        ],
    )  # fmt: skip


def constant_service_lanes(lanes: int, days: int) -> Case:
    """Returns the case M/D/c with utilisation 0.8."""
    before, after = bulk_service_chain(poisson_probabilities(0.8 * lanes, 60), lanes)
    return Case(
        "M/D/c", f"M/D/{lanes}", "Crommelin's chain, from one service time to the next",
        single_queue(4 * lanes, f"lanes: {lanes}, time: 12 min") + run_settings(days, 4),
        [
            MeanStatistic("mean wait", float(after @ np.arange(len(after))) / (4 * lanes), mean_wait()),
            MeanStatistic("share that waits", float(before[lanes:].sum()), share_waiting_longer(0)),
        ],
    )  # fmt: skip


def general_service(law: str, time: str, second: float, days: int) -> Case:
    """Returns the case M/G/1 with 3 arrivals/h, mean service 12 min, utilisation 0.6; `second` is E[S^2] [h^2]."""
    return Case(
        "M/G/1", f"M/G/1, {law}", "Pollaczek and Khinchin", single_queue(3,
            f"lanes: 1, time: {time}") + run_settings(days, 5),
        [MeanStatistic("mean wait", pollaczek_khinchin(3, 0.2, second), mean_wait())],
    )  # fmt: skip


def regular_arrivals_one_lane() -> Case:
    """Returns the case D/M/1 with utilisation 0.8."""
    x = gm1_wait_probability(lambda s: exp(-s / 4), 5)
    return Case(
        "G/M/c", "D/M/1", "the root of the transform of arrivals",
        single_queue(0, f"lanes: 1, time: {SERVICE}", "interval: 15 min") + run_settings(70, 4),
        [
            MeanStatistic("mean wait", x / (5 * (1 - x)), mean_wait()),
            MeanStatistic("share that waits", x, share_waiting_longer(0)),
            MeanStatistic("share that waits 30 min", x * exp(-5 * (1 - x) / 2), share_waiting_longer(0.5)),
        ],
    )  # fmt: skip


def regular_arrivals_four_lanes() -> Case:
    """Returns the case D/M/4 with utilisation 0.8."""
    waits, wait = dmc_waits(1 / 16, 5, 4)
    return Case(
        "G/M/c", "D/M/4", "a chain at arrivals",
        single_queue(0, f"lanes: 4, time: {SERVICE}", "interval: 225 s") + run_settings(45, 3),
        [MeanStatistic("mean wait", wait, mean_wait()), MeanStatistic("share that waits", waits,
            share_waiting_longer(0))],
    )  # fmt: skip


def erlang_arrivals() -> Case:
    """Returns the case E2/M/1 with utilisation 0.8."""
    x = gm1_wait_probability(lambda s: (8 / (8 + s)) ** 2, 5)
    return Case(
        "G/M/c", "E2/M/1", "the root of the transform of arrivals",
        single_queue(0, f"lanes: 1, time: {SERVICE}",
            "interval: {law: erlang, mean: 15 min, k: 2}") + run_settings(90, 6),
        [MeanStatistic("mean wait", x / (5 * (1 - x)), mean_wait())],
    )  # fmt: skip


def erlang_arrivals_and_services() -> Case:
    """Returns the case E2/E2/1 with utilisation 0.8.

    Its chain has the state (number in the system, stage of the next arrival, stage of the service).
    """
    longest = 150

    def moves(state: tuple[int, int, int]) -> Iterator[tuple[tuple[int, int, int], float]]:
        in_system, arrival_stage, service_stage = state
        if arrival_stage == 0:
            yield (in_system, 1, service_stage), 8.0
        elif in_system < longest:
            yield (in_system + 1, 0, service_stage), 8.0
        if in_system and service_stage == 0:
            yield (in_system, arrival_stage, 1), 10.0
        elif in_system:
            yield (in_system - 1, arrival_stage, 0), 10.0

    p = stationary_distribution((0, 0, 0), moves)
    wait = sum(share * max(in_system - 1, 0) for (in_system, _, _), share in p.items()) / 4
    stages = "{{law: erlang, mean: {}, k: 2}}"
    return Case(
        "G/G/1", "E2/E2/1", "balance of a chain of stages",
        single_queue(0, f"lanes: 1, time: {stages.format('12 min')}",
            f"interval: {stages.format('15 min')}") + run_settings(70, 5),
        [MeanStatistic("mean wait", wait, mean_wait())],
    )  # fmt: skip


CASES = [
    constant_service_one_lane(),
    constant_service_lanes(2, 60),
    constant_service_lanes(4, 35),
    general_service("Erlang of 2 stages", "{law: erlang, mean: 12 min, k: 2}", second_moment("erlang", 0.2, 2), 60),
    general_service("gamma", "{law: gamma, mean: 12 min, cv: 0.5}", second_moment("lognormal", 0.2, 0.5), 60),
    general_service("lognormal", "{law: lognormal, mean: 12 min, cv: 1.5}", second_moment("lognormal", 0.2, 1.5), 110),
    general_service("Weibull", "{law: weibull, mean: 12 min, shape: 1.5}", second_moment("weibull", 0.2, 1.5), 60),
    general_service("uniform", "{law: uniform, low: 4 min, high: 20 min}", second_moment("uniform", 0.2, 1 / 15, 1 / 3),
                     60),
    general_service("hyperexponential", "{law: hyperexponential, means: [6 min, 36 min], shares: [80 %, 20 %]}",
                     2 * (0.8 * 0.1**2 + 0.2 * 0.6**2), 90),
    general_service("triangular", "{law: triangular, low: 5 min, mode: 10 min, high: 21 min}",
                     (5**2 + 10**2 + 21**2 + 5 * 10 + 5 * 21 + 10 * 21) / 6 / 3600, 60),
    regular_arrivals_one_lane(),
    regular_arrivals_four_lanes(),
    erlang_arrivals(),
    erlang_arrivals_and_services(),
]  # fmt: skip
