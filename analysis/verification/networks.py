"""Several stages, fleets of vehicles, roads, and the clearance of a backlog. Times are in hours."""

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
    """Returns the case M/M/1 followed by M/M/2 with 4 arrivals/h: departures of the first are a Poisson process."""
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
    """Returns the case of an inspection whose rejected loads (20 %) rejoin the queue: 8 / 0.8 per hour at 3 lanes."""
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
    """Returns the case M/M/5, whose daily departures are Poisson, as its arrivals."""

    def variance(run: ReplicationResult) -> float:
        day = run.rows(e.ARRIVED)["time_s"] // DAY_S
        return float(np.bincount(day, minlength=run.network.days)[1:].var(ddof=1))

    return Case(
        "networks", "what leaves in a day", "Burke",
        single_queue(12.5, f"lanes: 5, time: {exponential_law('20 min')}") + run_settings(40, 1),
        [MeanStatistic("variance of the days", 300.0, variance)],
    )  # fmt: skip


def blocking_two_lanes(room: int) -> Case:
    """Returns the case of two lanes of 12 min with `room` places between them and a saturated first lane."""
    throughput = 5 * (room + 2) / (room + 3)
    return Case(
        "blocking", f"two lanes, room for {room} between them", "Hunt 1956",
        f"sites: {{scan: {{lanes: 1, time: {SERVICE}}}}}\n"
        f"warehouses: {{dock: {{lanes: 1, time: {SERVICE}, room: {room}}}}}\n"
        "corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}}\n"
        + initial_batch(2500) + run_settings(15, 1),
        [MeanStatistic("through", throughput, throughput_per_h)],
    )  # fmt: skip


def blocking_three_lanes() -> Case:
    """Returns the case of three lanes without room between them: 22/39 of the rate of one lane (Hunt 1956)."""
    idle, working, blocked = range(3)

    def moves(state: tuple[int, int, int]) -> Iterator[tuple[tuple[int, int, int], float]]:
        first, second, third = state
        first_two = (
            (working, working) if first == blocked else (first, idle)
        )  # the first two, once the second is released
        if third == working:
            yield ((*first_two, working) if second == blocked else (first, second, idle)), 5.0
        if second == working:
            yield ((*first_two, working) if third == idle else (first, blocked, third)), 5.0
        if first == working:
            yield ((working, working, third) if second == idle else (blocked, second, third)), 5.0

    p = stationary_distribution((working, idle, idle), moves)
    throughput = 5 * sum(share for state, share in p.items() if state[2] == working)
    return Case(
        "blocking", "three lanes without room", "balance of a chain (Hunt 1956: 22/39)",
        f"sites: {{scan: {{lanes: 1, time: {SERVICE}}}, search: {{lanes: 1, time: {SERVICE}, room: 0}}}}\n"
        f"warehouses: {{dock: {{lanes: 1, time: {SERVICE}, room: 0}}}}\n"
        "corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {inspect: search}, {offload: dock}]}}\n"
        + initial_batch(1500) + run_settings(15, 1),
        [MeanStatistic("through", throughput, throughput_per_h)],
    )  # fmt: skip


def closed_fleet(law: str, home: str) -> Case:
    """Returns the case M/M/2//6: 6 vehicles, 2 docks of 20 min, a drive home of an hour, and always a load to collect.

    Only the mean of the drive matters. Relaxation time below 1 h.
    """
    distribution = birth_death_distribution([float(6 - n) for n in range(6)], [3.0 * min(n, 2) for n in range(1, 7)])
    at_dock = float(distribution @ np.arange(7))
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
        [MeanStatistic("trips", 6 - at_dock, throughput_per_h), MeanStatistic("vehicles at docks", at_dock,
            mean_number_in_system())],
    )  # fmt: skip


def transfer_fleet() -> Case:
    """Returns the case of 7 vehicles between one bay of 10 min and one dock of 12 min, with always a load to take over.

    The drives take 30 min loaded and 25 min home. It is a closed product-form network, solved by mean value analysis:
    services at the single lanes of bay and dock are exponential; of the drives only the means matter.
    """
    times, is_single_lane, in_system = np.array([10, 12, 55]) / 60, np.array([True, True, False]), np.zeros(3)
    for vehicles in range(1, 8):
        dwell = times * np.where(is_single_lane, 1 + in_system, 1)
        rate = vehicles / dwell.sum()
        in_system = rate * dwell

    def vehicles_out(run: ReplicationResult) -> float:
        visits = run.visits("fleets.lorries")
        return time_average(run, Level.from_spans(visits.started_s, visits.finished_s))

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
            MeanStatistic("vehicles out", float(rate / 6 + in_system[1] + in_system[2]), vehicles_out),
        ],
    )  # fmt: skip


def backlog_clearance() -> Case:
    """Returns the case of 200 trucks at 6 lanes of 20 min, all in the queue at the start."""
    stages = [18.0] * 194 + [3.0 * n for n in range(6, 0, -1)]

    def cleared_h(run: ReplicationResult) -> float:
        return float(run.rows(e.ARRIVED)["time_s"].max() / HOUR_S)

    return Case(
        "clearing", "two hundred trucks, six lanes", "a sum of exponential times",
        "corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}\n" + initial_batch(200)
        + f"warehouses: {{dock: {{lanes: 6, time: {exponential_law('20 min')}}}}}\n",
        [MeanStatistic("hours until the last", sum(1 / rate for rate in stages), cleared_h)],
    )  # fmt: skip


def infinite_server_road() -> Case:
    """Returns the case of a road as M/G/infinity: the number on it is Poisson, whatever the distribution of drives."""
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
