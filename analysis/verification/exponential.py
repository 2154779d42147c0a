"""Exponential services: lanes behind one queue, loss, limited room, ranks. An hour is the unit."""

from math import exp, log

import numpy as np

from analysis.verification.cases import DOCK, Case, Mean, exponential, flow, flows, queue, run_of
from analysis.verification.formulas import birth_and_death, cobham, erlang_b, erlang_c, pollaczek_khinchin
from analysis.verification.readings import (
    longer_than,
    mean_there,
    mean_wait,
    mean_waiting,
    through_h,
    turned_away,
    wait_of_rank,
    wait_quantile,
)


def erlang(lanes: int, rate: float, days: int, *kept: str) -> Case:
    """M/M/c at 5 an hour each, and which of its statistics."""
    spare, waits = lanes * 5 - rate, erlang_c(rate / 5, lanes)
    statistics = (
        Mean("mean wait", waits / spare, mean_wait()),
        Mean("mean waiting", rate * waits / spare, mean_waiting()),
        Mean("mean there", rate * waits / spare + rate / 5, mean_there()),
        Mean("share that waits", waits, longer_than(0)),
        Mean("share that waits 15 min", waits * exp(-spare / 4), longer_than(0.25)),
        Mean("95th in a hundred", log(waits / 0.05) / spare, wait_quantile(0.95)),
    )
    return Case(
        "M/M/c", f"M/M/{lanes} at {rate:g} an hour", "Erlang",
        queue(rate, f"lanes: {lanes}, time: {exponential('12 min')}") + run_of(days, 3),
        [each for each in statistics if not kept or each.name in kept],
    )  # fmt: skip


def loss(law: str, time: str) -> Case:
    """12 an hour of 20 minutes at 5 lanes."""
    return Case(
        "loss", f"M/G/5/5, {law}", "Erlang's loss formula, whatever the law",
        queue(12, f"lanes: 5, time: {time}, room: 0, overflow: turn_away") + run_of(10, 1),
        [Mean("turned away", erlang_b(4, 5), turned_away)],
    )  # fmt: skip


def finite_room() -> Case:
    """M/M/3 with 7 places to wait, at a load of 1.2; relaxation below 4 h."""
    p = birth_and_death([18.0] * 10, [5.0 * min(n, 3) for n in range(1, 11)])
    there, waiting = float(p @ np.arange(11)), float(p @ np.maximum(np.arange(11) - 3, 0))
    through = 18 * (1 - float(p[-1]))
    return Case(
        "finite room", "M/M/3/10", "birth and death",
        queue(18, f"lanes: 3, time: {exponential('12 min')}, room: 7, overflow: turn_away") + run_of(10, 2),
        [
            Mean("turned away", float(p[-1]), turned_away),
            Mean("through", through, through_h),
            Mean("mean there", there, mean_there()),
            Mean("mean wait", waiting / through, mean_wait()),
        ],
    )  # fmt: skip


def ranks(name: str, by: str, server: str, days: int, rates: list[float], waits: list[float]) -> Case:
    """One flow a rank, the first first."""
    sources = [flow(f"rate: {rate} trucks/h", f"rank_{rank}", rank) for rank, rate in enumerate(rates)]
    return Case(
        "priority", name, by,
        DOCK + flows(*sources) + f"warehouses: {{dock: {{{server}}}}}\n" + run_of(days, 8),
        [Mean(f"mean wait of rank {rank}", wait, wait_of_rank(rank)) for rank, wait in enumerate(waits)],
    )  # fmt: skip


SERVICE = exponential("12 min")
CASES = [
    erlang(1, 2.5, 60),
    erlang(2, 6.0, 60, "mean wait", "share that waits"),
    erlang(4, 16.0, 35, "mean wait", "share that waits", "share that waits 15 min",
           "95th in a hundred"),
    loss("constant", "20 min"),
    loss("exponential", exponential("20 min")),
    loss("lognormal", "{law: lognormal, mean: 20 min, cv: 1.5}"),
    loss("hyperexponential", "{law: hyperexponential, means: [10 min, 60 min], shares: [80 %, 20 %]}"),
    loss("Weibull", "{law: weibull, mean: 20 min, shape: 2}"),
    finite_room(),
    ranks("two ranks at M/M/1", "Cobham", f"lanes: 1, time: {SERVICE}", 110, [0.5, 3.5],
          cobham(pollaczek_khinchin(4, 0.2, 2 * 0.2**2) * (1 - 0.8), 0.1, 0.7)),
    ranks("two ranks at M/M/4", "Cobham", f"lanes: 4, time: {SERVICE}", 36, [2, 14],
          cobham(erlang_c(3.2, 4) / 20, 0.1, 0.7)),
    ranks("three ranks at M/D/1", "Cobham", "lanes: 1, time: 12 min", 70, [1, 1.5, 1.5],
          cobham(4 * 0.2**2 / 2, 0.2, 0.3, 0.3)),
]  # fmt: skip
