"""Several stages, vehicles that come home, roads, and a backlog that is cleared. An hour is the unit."""

from collections.abc import Iterator
from math import exp

import numpy as np

from analysis.verification.cases import Case, Mean, batch, exponential, flow, flows, queue, run_of
from analysis.verification.formulas import birth_and_death, erlang_c, in_balance
from analysis.verification.readings import mean_there, over_time, share_of_time_empty, through_h
from analysis.verification.worlds import Ran
from sim import events as e
from sim.readings.visits import Level
from sim.units import DAY_S, HOUR_S

SERVICE = exponential("12 min")


def tandem() -> Case:
    """M/M/1 and then M/M/2, 4 an hour: what leaves the first is a Poisson stream again."""
    second = 4 / 3
    return Case(
        "networks", "one lane, then two", "Burke; Jackson",
        f"sites: {{scan: {{lanes: 1, time: {SERVICE}}}}}\n"
        f"warehouses: {{dock: {{lanes: 2, time: {exponential('20 min')}}}}}\n"
        "corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}}\n"
        + flows(flow("rate: 4 trucks/h")) + run_of(90, 8),
        [
            Mean("there at the first", 4.0, mean_there("sites.scan")),
            Mean("there at the second", 4 * erlang_c(second, 2) / (6 - 4) + second, mean_there()),
        ],
    )  # fmt: skip


def feedback() -> Case:
    """A fifth of inspections rejects, and the load joins the queue again: 8 / 0.8 an hour at 3 lanes."""
    rate = 8 / 0.8
    return Case(
        "networks", "inspections that are repeated", "Jackson",
        f"sites: {{scan: {{lanes: 3, time: {SERVICE}, rejected: {{share: 20 %, attempts: 20}}}}}}\n"
        "warehouses: {dock: {lanes: 999, time: 1 s}}\n"
        "corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}}\n"
        + flows(flow("rate: 8 trucks/h")) + run_of(25, 2),
        [Mean("mean there", rate * erlang_c(rate / 5, 3) / (15 - rate) + rate / 5, mean_there("sites.scan"))],
    )  # fmt: skip


def departures() -> Case:
    """What leaves M/M/5 in a day is Poisson, as what came."""

    def variance(ran: Ran) -> float:
        day = ran.rows(e.ARRIVED)["time_s"] // DAY_S
        return float(np.bincount(day, minlength=ran.network.days)[1:].var(ddof=1))

    return Case(
        "networks", "what leaves in a day", "Burke",
        queue(12.5, f"lanes: 5, time: {exponential('20 min')}") + run_of(40, 1),
        [Mean("variance of the days", 300.0, variance)],
    )  # fmt: skip


def blocking(room: int) -> Case:
    """Two lanes of 12 minutes with so much room between them, and always a truck for the first: at most 5 an hour."""
    through = 5 * (room + 2) / (room + 3)
    return Case(
        "blocking", f"two lanes, room for {room} between them", "Hunt 1956",
        f"sites: {{scan: {{lanes: 1, time: {SERVICE}}}}}\n"
        f"warehouses: {{dock: {{lanes: 1, time: {SERVICE}, room: {room}}}}}\n"
        "corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}}\n"
        + batch(2500) + run_of(15, 1),
        [Mean("through", through, through_h)],
    )  # fmt: skip


def three_lanes() -> Case:
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

    p = in_balance((works, idle, idle), moves)
    through = 5 * sum(share for state, share in p.items() if state[2] == works)
    return Case(
        "blocking", "three lanes without room", "balance of a chain (Hunt 1956: 22/39)",
        f"sites: {{scan: {{lanes: 1, time: {SERVICE}}}, search: {{lanes: 1, time: {SERVICE}, room: 0}}}}\n"
        f"warehouses: {{dock: {{lanes: 1, time: {SERVICE}, room: 0}}}}\n"
        "corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {inspect: search}, {offload: dock}]}}\n"
        + batch(1500) + run_of(15, 1),
        [Mean("through", through, through_h)],
    )  # fmt: skip


def closed_fleet(law: str, home: str) -> Case:
    """6 vehicles, 2 docks of 20 min, an hour's drive home, and always a load to collect: M/M/2//6.

    Only the mean of the drive matters; relaxation below 1 h.
    """
    at_docks = birth_and_death([float(6 - n) for n in range(6)], [3.0 * min(n, 2) for n in range(1, 7)])
    there = float(at_docks @ np.arange(7))
    return Case(
        "closed fleet", f"six vehicles, {law} drive home", "machine repair",
        f"""
bays: {{apron: {{lanes: 1, time: 1 min}}}}
platforms: {{pad: {{}}}}
yards: {{hub: {{min: 1, max: 1}}}}
fleets: {{pool: {{vehicles: 6, pallets: 20, home: {home}}}}}
warehouses: {{dock: {{lanes: 2, time: {exponential('20 min')}}}}}
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
""" + run_of(10, 1),
        [Mean("trips", 6 - there, through_h), Mean("vehicles at docks", there, mean_there())],
    )  # fmt: skip


def vehicles_that_take_over() -> Case:
    """7 vehicles take loads over at one bay of 10 min, drive 30, offload at one dock of 12 min, and drive 25 min home.

    A closed network in product form, by mean value analysis: one at a time at the bay and the dock, of exponential
    services; of drives and ways home only the means matter. There is always a load to take over.
    """
    times, alone, there = np.array([10, 12, 55]) / 60, np.array([True, True, False]), np.zeros(3)
    for vehicles in range(1, 8):
        stays = times * np.where(alone, 1 + there, 1)
        rate = vehicles / stays.sum()
        there = rate * stays

    def out(ran: Ran) -> float:
        visits = ran.visits("fleets.lorries")
        return over_time(ran, Level.of_spans(visits.started_s, visits.finished_s))

    return Case(
        "closed fleet", "seven vehicles that take loads over", "mean value analysis",
        f"""
bays: {{apron: {{lanes: 1, time: {exponential("10 min")}}}}}
fleets: {{lorries: {{vehicles: 7, pallets: 20, home: {{law: erlang, mean: 25 min, k: 3}}}}}}
roads: {{in: {{time: 30 min}}}}
warehouses: {{dock: {{lanes: 1, time: {exponential("12 min")}}}}}
corridors:
  only:
    from: away
    to: here
    steps: [{{transfer: {{onto: lorries, bays: apron}}}}, {{travel: in}}, {{offload: dock}}]
flows: {{f: {{sector: un, cargo: food}}}}
start: {{s: {{flow: f, corridor: only, loads: 1900, at: bays.apron}}}}
""" + run_of(14, 1),
        [
            Mean("trips", float(rate), through_h),
            Mean("vehicles out", float(rate / 6 + there[1] + there[2]), out),
        ],
    )  # fmt: skip


def clearing() -> Case:
    """200 trucks at 6 lanes of 20 minutes, all there at the start."""
    stages = [18.0] * 194 + [3.0 * n for n in range(6, 0, -1)]

    def cleared_h(ran: Ran) -> float:
        return float(ran.rows(e.ARRIVED)["time_s"].max() / HOUR_S)

    return Case(
        "clearing", "two hundred trucks, six lanes", "a sum of exponential times",
        "corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}\n" + batch(200)
        + f"warehouses: {{dock: {{lanes: 6, time: {exponential('20 min')}}}}}\n",
        [Mean("hours until the last", sum(1 / rate for rate in stages), cleared_h)],
    )  # fmt: skip


def road() -> Case:
    """Everybody drives at once: the number on the road is Poisson, whatever the law of the drive."""
    return Case(
        "networks", "trucks on a road", "M/G/infinity",
        "roads: {lane: {time: {law: lognormal, mean: 40 min, cv: 1}}}\nwarehouses: {dock: {lanes: 999, time: 1 s}}\n"
        "corridors: {only: {from: away, to: here, steps: [{travel: lane}, {offload: dock}]}}\n"
        + flows(flow("rate: 3 trucks/h")) + run_of(40, 1),
        [
            Mean("mean on the road", 2.0, mean_there("roads.lane")),
            Mean("share of time without any", exp(-2), share_of_time_empty("roads.lane")),
        ],
    )  # fmt: skip


CASES = [
    tandem(),
    feedback(),
    departures(),
    road(),
    blocking(0),
    blocking(2),
    three_lanes(),
    closed_fleet("constant", "1 h"),
    vehicles_that_take_over(),
    clearing(),
]
