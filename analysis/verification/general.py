"""Other laws of services, and of the time between arrivals. An hour is the unit."""

from collections.abc import Iterator
from math import exp

import numpy as np

from analysis.verification.cases import Case, Mean, exponential, queue, run_of
from analysis.verification.formulas import (
    bulk_service,
    in_balance,
    mean_square,
    no_longer,
    poisson,
    pollaczek_khinchin,
    renewal_to_lanes,
    root_of_arrivals,
)
from analysis.verification.readings import longer_than, mean_wait

SERVICE = exponential("12 min")


def constant_services() -> Case:
    """M/D/1 at a load of 0.8; relaxation about 10 h."""
    return Case(
        "M/D/c", "M/D/1", "Pollaczek and Khinchin; Crommelin's sum",
        queue(4, "lanes: 1, time: 12 min") + run_of(105, 5),
        [
            Mean("mean wait", pollaczek_khinchin(4, 0.2, 0.2**2), mean_wait()),
            *(Mean(f"waits longer than {t:g} h", 1 - no_longer(4, 0.2, t), longer_than(t)) for t in (0.0, 0.2, 0.5, 1)),
        ],
    )  # fmt: skip


def constant_services_at(lanes: int, days: int) -> Case:
    """M/D/c at a load of 0.8."""
    there, waiting = bulk_service(poisson(0.8 * lanes, 60), lanes)
    return Case(
        "M/D/c", f"M/D/{lanes}", "Crommelin's chain, from one service time to the next",
        queue(4 * lanes, f"lanes: {lanes}, time: 12 min") + run_of(days, 4),
        [
            Mean("mean wait", float(waiting @ np.arange(len(waiting))) / (4 * lanes), mean_wait()),
            Mean("share that waits", float(there[lanes:].sum()), longer_than(0)),
        ],
    )  # fmt: skip


def general_services(law: str, time: str, second: float, days: int) -> Case:
    """M/G/1 at 3 an hour of 12 minutes: a load of 0.6."""
    return Case(
        "M/G/1", f"M/G/1, {law}", "Pollaczek and Khinchin", queue(3, f"lanes: 1, time: {time}") + run_of(days, 5),
        [Mean("mean wait", pollaczek_khinchin(3, 0.2, second), mean_wait())],
    )  # fmt: skip


def regular_arrivals() -> Case:
    """D/M/1 at a load of 0.8."""
    x = root_of_arrivals(lambda s: exp(-s / 4), 5)
    return Case(
        "G/M/c", "D/M/1", "the root of the transform of arrivals",
        queue(0, f"lanes: 1, time: {SERVICE}", "interval: 15 min") + run_of(70, 4),
        [
            Mean("mean wait", x / (5 * (1 - x)), mean_wait()),
            Mean("share that waits", x, longer_than(0)),
            Mean("share that waits 30 min", x * exp(-5 * (1 - x) / 2), longer_than(0.5)),
        ],
    )  # fmt: skip


def regular_arrivals_at_lanes() -> Case:
    """D/M/4 at a load of 0.8."""
    waits, wait = renewal_to_lanes(1 / 16, 5, 4)
    return Case(
        "G/M/c", "D/M/4", "a chain at arrivals",
        queue(0, f"lanes: 4, time: {SERVICE}", "interval: 225 s") + run_of(45, 3),
        [Mean("mean wait", wait, mean_wait()), Mean("share that waits", waits, longer_than(0))],
    )  # fmt: skip


def arrivals_in_stages() -> Case:
    """E2/M/1 at a load of 0.8."""
    x = root_of_arrivals(lambda s: (8 / (8 + s)) ** 2, 5)
    return Case(
        "G/M/c", "E2/M/1", "the root of the transform of arrivals",
        queue(0, f"lanes: 1, time: {SERVICE}", "interval: {law: erlang, mean: 15 min, k: 2}") + run_of(90, 6),
        [Mean("mean wait", x / (5 * (1 - x)), mean_wait())],
    )  # fmt: skip


def stages_on_both_sides() -> Case:
    """E2/E2/1 at a load of 0.8: a chain of trucks there, the stage of the next arrival, and that of the service."""
    longest = 150

    def moves(state: tuple[int, int, int]) -> Iterator[tuple[tuple[int, int, int], float]]:
        there, coming, served = state
        if coming == 0:
            yield (there, 1, served), 8.0
        elif there < longest:
            yield (there + 1, 0, served), 8.0
        if there and served == 0:
            yield (there, coming, 1), 10.0
        elif there:
            yield (there - 1, coming, 0), 10.0

    p = in_balance((0, 0, 0), moves)
    wait = sum(share * max(there - 1, 0) for (there, _, _), share in p.items()) / 4
    stages = "{{law: erlang, mean: {}, k: 2}}"
    return Case(
        "G/G/1", "E2/E2/1", "balance of a chain of stages",
        queue(0, f"lanes: 1, time: {stages.format('12 min')}", f"interval: {stages.format('15 min')}") + run_of(70, 5),
        [Mean("mean wait", wait, mean_wait())],
    )  # fmt: skip


CASES = [
    constant_services(),
    constant_services_at(2, 60),
    constant_services_at(4, 35),
    general_services("Erlang of 2 stages", "{law: erlang, mean: 12 min, k: 2}", mean_square("erlang", 0.2, 2), 60),
    general_services("gamma", "{law: gamma, mean: 12 min, cv: 0.5}", mean_square("lognormal", 0.2, 0.5), 60),
    general_services("lognormal", "{law: lognormal, mean: 12 min, cv: 1.5}", mean_square("lognormal", 0.2, 1.5), 110),
    general_services("Weibull", "{law: weibull, mean: 12 min, shape: 1.5}", mean_square("weibull", 0.2, 1.5), 60),
    general_services("uniform", "{law: uniform, low: 4 min, high: 20 min}", mean_square("uniform", 0.2, 1 / 15, 1 / 3),
                     60),
    general_services("hyperexponential", "{law: hyperexponential, means: [6 min, 36 min], shares: [80 %, 20 %]}",
                     2 * (0.8 * 0.1**2 + 0.2 * 0.6**2), 90),
    general_services("triangular", "{law: triangular, low: 5 min, mode: 10 min, high: 21 min}",
                     (5**2 + 10**2 + 21**2 + 5 * 10 + 5 * 21 + 10 * 21) / 6 / 3600, 60),
    regular_arrivals(),
    regular_arrivals_at_lanes(),
    arrivals_in_stages(),
    stages_on_both_sides(),
]  # fmt: skip
