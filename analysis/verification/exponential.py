"""Queues with exponential services: several lanes, loss, finite room, priorities. Times are in hours."""

from math import exp, log

import numpy as np

from analysis.verification.cases import (
    DOCK_CORRIDOR,
    Case,
    MeanStatistic,
    exponential_law,
    flow_entry,
    flow_settings,
    run_settings,
    single_queue,
)
from analysis.verification.formulas import (
    birth_death_distribution,
    erlang_b,
    erlang_c,
    pollaczek_khinchin,
    priority_waits,
)
from analysis.verification.readings import (
    mean_number_in_system,
    mean_queue_length,
    mean_wait,
    share_turned_away,
    share_waiting_longer,
    throughput_per_h,
    wait_of_rank,
    wait_quantile,
)


def multi_server_queue(lanes: int, rate: float, days: int, *selected: str) -> Case:
    """Returns the case M/M/c with 5 services/h at each lane; by default with all statistics."""
    spare, waits = lanes * 5 - rate, erlang_c(rate / 5, lanes)
    statistics = (
        MeanStatistic("mean wait", waits / spare, mean_wait()),
        MeanStatistic("mean waiting", rate * waits / spare, mean_queue_length()),
        MeanStatistic("mean there", rate * waits / spare + rate / 5, mean_number_in_system()),
        MeanStatistic("share that waits", waits, share_waiting_longer(0)),
        MeanStatistic("share that waits 15 min", waits * exp(-spare / 4), share_waiting_longer(0.25)),
        MeanStatistic("95th in a hundred", log(waits / 0.05) / spare, wait_quantile(0.95)),
    )
    return Case(
        "M/M/c", f"M/M/{lanes} at {rate:g} an hour", "Erlang",
        single_queue(rate, f"lanes: {lanes}, time: {exponential_law('12 min')}") + run_settings(days, 3),
        [each for each in statistics if not selected or each.name in selected],
    )  # fmt: skip


def loss_system(law: str, time: str) -> Case:
    """Returns the case of 12 arrivals/h with mean services of 20 min at 5 lanes without room to wait."""
    return Case(
        "loss", f"M/G/5/5, {law}", "Erlang's loss formula, whatever the law",
        single_queue(12, f"lanes: 5, time: {time}, room: 0, overflow: turn_away") + run_settings(10, 1),
        [MeanStatistic("turned away", erlang_b(4, 5), share_turned_away)],
    )  # fmt: skip


def finite_room() -> Case:
    """Returns the case M/M/3 with 7 places to wait and an offered load of 1.2 per lane; relaxation time below 4 h."""
    p = birth_death_distribution([18.0] * 10, [5.0 * min(n, 3) for n in range(1, 11)])
    in_system, waiting = float(p @ np.arange(11)), float(p @ np.maximum(np.arange(11) - 3, 0))
    throughput = 18 * (1 - float(p[-1]))
    return Case(
        "finite room", "M/M/3/10", "birth and death",
        single_queue(18, f"lanes: 3, time: {exponential_law('12 min')}, room: 7, overflow: turn_away")
        + run_settings(10, 2),
        [
            MeanStatistic("turned away", float(p[-1]), share_turned_away),
            MeanStatistic("through", throughput, throughput_per_h),
            MeanStatistic("mean there", in_system, mean_number_in_system()),
            MeanStatistic("mean wait", waiting / throughput, mean_wait()),
        ],
    )  # fmt: skip


def priority_queue(name: str, reference: str, server: str, days: int, rates: list[float], waits: list[float]) -> Case:
    """Returns a case with one flow for each rank, the highest priority first: `rates` [1/h] and `waits` [h] by rank."""
    sources = [flow_entry(f"rate: {rate} trucks/h", f"rank_{rank}", rank) for rank, rate in enumerate(rates)]
    return Case(
        "priority", name, reference,
        DOCK_CORRIDOR + flow_settings(*sources) + f"warehouses: {{dock: {{{server}}}}}\n" + run_settings(days, 8),
        [MeanStatistic(f"mean wait of rank {rank}", wait, wait_of_rank(rank)) for rank, wait in enumerate(waits)],
    )  # fmt: skip


SERVICE = exponential_law("12 min")
CASES = [
    multi_server_queue(1, 2.5, 60),
    multi_server_queue(2, 6.0, 60, "mean wait", "share that waits"),
    multi_server_queue(4, 16.0, 35, "mean wait", "share that waits", "share that waits 15 min",
           "95th in a hundred"),
    loss_system("constant", "20 min"),
    loss_system("exponential", exponential_law("20 min")),
    loss_system("lognormal", "{law: lognormal, mean: 20 min, cv: 1.5}"),
    loss_system("hyperexponential", "{law: hyperexponential, means: [10 min, 60 min], shares: [80 %, 20 %]}"),
    loss_system("Weibull", "{law: weibull, mean: 20 min, shape: 2}"),
    finite_room(),
    priority_queue("two ranks at M/M/1", "Cobham", f"lanes: 1, time: {SERVICE}", 110, [0.5, 3.5],
          priority_waits(pollaczek_khinchin(4, 0.2, 2 * 0.2**2) * (1 - 0.8), 0.1, 0.7)),
    priority_queue("two ranks at M/M/4", "Cobham", f"lanes: 4, time: {SERVICE}", 36, [2, 14],
          priority_waits(erlang_c(3.2, 4) / 20, 0.1, 0.7)),
    priority_queue("three ranks at M/D/1", "Cobham", "lanes: 1, time: 12 min", 70, [1, 1.5, 1.5],
          priority_waits(4 * 0.2**2 / 2, 0.2, 0.3, 0.3)),
]  # fmt: skip
