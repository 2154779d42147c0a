"""Several stages, vehicles that come home, roads, and a backlog that is cleared. An hour is the unit."""

from collections.abc import Iterator
from math import exp

import numpy as np

from analysis.verification.cases import (
    Case,
    MeanStatistic,
    exponential_law,
    flow_entry,
    flow_settings,
    initial_batch,
    run_settings,
    single_queue,
)
from analysis.verification.formulas import birth_death_distribution, erlang_c, stationary_distribution
from analysis.verification.readings import mean_number_in_system, share_empty, throughput_per_h, time_average
from analysis.verification.worlds import ReplicationResult
from sim import events as e
from sim.readings.visits import Level
from sim.units import DAY_S, HOUR_S

SERVICE = exponential_law("12 min")


def tandem_queue() -> Case:
    """M/M/1 and then M/M/2, 4 an hour: what leaves the first is a Poisson stream again."""
    second = 4 / 3
    return Case(
        "networks", "one lane, then two", "Burke; Jackson",
        f"sites: {{scan: {{lanes: 1, time: {SERVICE}}}}}\n"
        f"warehouses: {{dock: {{lanes: 2, time: {exponential_law('20 min')}}}}}\n"
        "corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}}\n"
        + flow_settings(flow_entry("rate: 4 trucks/h")) + run_settings(90, 8),
        [
            MeanStatistic("there at the first", 4.0, mean_number_in_system("sites.scan")),
            MeanStatistic("there at the second", 4 * erlang_c(second, 2) / (6 - 4) + second, mean_number_in_system()),
        ],
    )  # fmt: skip


def repeated_inspection() -> Case:
    """A fifth of inspections rejects, and the load joins the queue again: 8 / 0.8 an hour at 3 lanes."""
    rate = 8 / 0.8
    return Case(
        "networks", "inspections that are repeated", "Jackson",
        f"sites: {{scan: {{lanes: 3, time: {SERVICE}, rejected: {{share: 20 %, attempts: 20}}}}}}\n"
        "warehouses: {dock: {lanes: 999, time: 1 s}}\n"
        "corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}}\n"
        + flow_settings(flow_entry("rate: 8 trucks/h")) + run_settings(25, 2),
        [MeanStatistic("mean there", rate * erlang_c(rate / 5, 3) / (15 - rate) + rate / 5,
            mean_number_in_system("sites.scan"))],
    )  # fmt: skip


def departure_variance() -> Case:
    """What leaves M/M/5 in a day is Poisson, as what came."""

    def variance(ran: ReplicationResult) -> float:
        day = ran.rows(e.ARRIVED)["time_s"] // DAY_S
        return float(np.bincount(day, minlength=ran.network.days)[1:].var(ddof=1))

    return Case(
        "networks", "what leaves in a day", "Burke",
        single_queue(12.5, f"lanes: 5, time: {exponential_law('20 min')}") + run_settings(40, 1),
        [MeanStatistic("variance of the days", 300.0, variance)],
    )  # fmt: skip


def blocking_two_lanes(room: int) -> Case:
    """Two lanes of 12 minutes with so much room between them, and always a truck for the first: at most 5 an hour."""
    through = 5 * (room + 2) / (room + 3)
    return Case(
        "blocking", f"two lanes, room for {room} between them", "Hunt 1956",
        f"sites: {{scan: {{lanes: 1, time: {SERVICE}}}}}\n"
        f"warehouses: {{dock: {{lanes: 1, time: {SERVICE}, room: {room}}}}}\n"
        "corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}}\n"
        + initial_batch(2500) + run_settings(15, 1),
        [MeanStatistic("through", through, throughput_per_h)],
    )  # fmt: skip


def blocking_three_lanes() -> Case:
    """Three lanes without room between them: 22 / 39 of what one does (Hunt 1956), by the balance of its chain."""
    idle, works, blocked = range(3)

    def moves(state: tuple[int, int, int]) -> Iterator[tuple[tuple[int, int, int], float]]:
        first, second, third = state
        freed = (works, works) if first == blocked else (first, idle)  # the first two, once the second lets go
        if third == works:
            yield ((*freed, works) if second == blocked else (first, second, idle)), 5.0
        if second == works:
            yield ((*freed, works) if third == idle else (first, blocked, third)), 5.0
        if first == works:
            yield ((works, works, third) if second == idle else (blocked, second, third)), 5.0

    p = stationary_distribution((works, idle, idle), moves)
    through = 5 * sum(share for state, share in p.items() if state[2] == works)
    return Case(
        "blocking", "three lanes without room", "balance of a chain (Hunt 1956: 22/39)",
        f"sites: {{scan: {{lanes: 1, time: {SERVICE}}}, search: {{lanes: 1, time: {SERVICE}, room: 0}}}}\n"
        f"warehouses: {{dock: {{lanes: 1, time: {SERVICE}, room: 0}}}}\n"
        "corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {inspect: search}, {offload: dock}]}}\n"
        + initial_batch(1500) + run_settings(15, 1),
        [MeanStatistic("through", through, throughput_per_h)],
    )  # fmt: skip


def closed_fleet(law: str, home: str) -> Case:
    """6 vehicles, 2 docks of 20 min, an hour's drive home, and always a load to collect: M/M/2//6.

    Only the mean of the drive matters; relaxation below 1 h.
    """
    at_docks = birth_death_distribution([float(6 - n) for n in range(6)], [3.0 * min(n, 2) for n in range(1, 7)])
    there = float(at_docks @ np.arange(7))
    return Case(
        "closed fleet", f"six vehicles, {law} drive home", "machine repair",
        f"""
bays: {{apron: {{lanes: 1, time: 1 min}}}}
platforms: {{pad: {{}}}}
yards: {{hub: {{min: 1, max: 1}}}}
fleets: {{pool: {{vehicles: 6, pallets: 20, home: {home}}}}}
warehouses: {{dock: {{lanes: 2, time: {exponential_law('20 min')}}}}}
corridors:
  only:
    from: away
    to: here
    steps:
      - transfer: {{onto: pad, bays: apron}}
      - convoy: {{yard: hub, from: pad, fleet: pool}}
      - offload: dock
flows: {{f: {{sector: un, cargo: food}}}}
start: {{s: {{flow: f, corridor: only, loads: 1200, at: platforms.pad}}}}
""" + run_settings(10, 1),
        [MeanStatistic("trips", 6 - there, throughput_per_h), MeanStatistic("vehicles at docks", there,
            mean_number_in_system())],
    )  # fmt: skip


def transfer_fleet() -> Case:
    """7 vehicles take loads over at one bay of 10 min, drive 30, offload at one dock of 12 min, and drive 25 min home.

    A closed network in product form, by mean value analysis: one at a time at the bay and the dock, of exponential
    services; of drives and ways home only the means matter. There is always a load to take over.
    """
    times, alone, there = np.array([10, 12, 55]) / 60, np.array([True, True, False]), np.zeros(3)
    for vehicles in range(1, 8):
        stays = times * np.where(alone, 1 + there, 1)
        rate = vehicles / stays.sum()
        there = rate * stays

    def out(ran: ReplicationResult) -> float:
        visits = ran.visits("fleets.lorries")
        return time_average(ran, Level.from_spans(visits.started_s, visits.finished_s))

    return Case(
        "closed fleet", "seven vehicles that take loads over", "mean value analysis",
        f"""
bays: {{apron: {{lanes: 1, time: {exponential_law("10 min")}}}}}
fleets: {{lorries: {{vehicles: 7, pallets: 20, home: {{law: erlang, mean: 25 min, k: 3}}}}}}
roads: {{in: {{time: 30 min}}}}
warehouses: {{dock: {{lanes: 1, time: {exponential_law("12 min")}}}}}
corridors:
  only:
    from: away
    to: here
    steps: [{{transfer: {{onto: lorries, bays: apron}}}}, {{travel: in}}, {{offload: dock}}]
flows: {{f: {{sector: un, cargo: food}}}}
start: {{s: {{flow: f, corridor: only, loads: 1900, at: bays.apron}}}}
""" + run_settings(14, 1),
        [
            MeanStatistic("trips", float(rate), throughput_per_h),
            MeanStatistic("vehicles out", float(rate / 6 + there[1] + there[2]), out),
        ],
    )  # fmt: skip


def backlog_clearance() -> Case:
    """200 trucks at 6 lanes of 20 minutes, all there at the start."""
    stages = [18.0] * 194 + [3.0 * n for n in range(6, 0, -1)]

    def cleared_h(ran: ReplicationResult) -> float:
        return float(ran.rows(e.ARRIVED)["time_s"].max() / HOUR_S)

    return Case(
        "clearing", "two hundred trucks, six lanes", "a sum of exponential times",
        "corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}\n" + initial_batch(200)
        + f"warehouses: {{dock: {{lanes: 6, time: {exponential_law('20 min')}}}}}\n",
        [MeanStatistic("hours until the last", sum(1 / rate for rate in stages), cleared_h)],
    )  # fmt: skip


def infinite_server_road() -> Case:
    """Everybody drives at once: the number on the road is Poisson, whatever the law of the drive."""
    return Case(
        "networks", "trucks on a road", "M/G/infinity",
        "roads: {lane: {time: {law: lognormal, mean: 40 min, cv: 1}}}\nwarehouses: {dock: {lanes: 999, time: 1 s}}\n"
        "corridors: {only: {from: away, to: here, steps: [{travel: lane}, {offload: dock}]}}\n"
        + flow_settings(flow_entry("rate: 3 trucks/h")) + run_settings(40, 1),
        [
            MeanStatistic("mean on the road", 2.0, mean_number_in_system("roads.lane")),
            MeanStatistic("share of time without any", exp(-2), share_empty("roads.lane")),
        ],
    )  # fmt: skip


CASES = [
    tandem_queue(),
    repeated_inspection(),
    departure_variance(),
    infinite_server_road(),
    blocking_two_lanes(0),
    blocking_two_lanes(2),
    blocking_three_lanes(),
    closed_fleet("constant", "1 h"),
    transfer_fleet(),
    backlog_clearance(),
]
