"""Queues whose long run is known in closed form or by a short chain, reached by YAML alone. In hours.

Each compares the mean of REPLICATIONS independent runs with what theory says: it fails when they differ by more than
5 standard errors, the error taken from the runs themselves. If the luck changes and the model is right, that happens
once in 2,500 comparisons (Student's t, 11 degrees of freedom), once in 35 for all of this file together. A comparison
that could not see a difference of a third fails too. Warm-up is 10 relaxation times or more.
"""

from collections.abc import Callable, Iterator
from math import exp, factorial, log, sqrt
from typing import NamedTuple

import numpy as np
import pytest

from sim import events as e
from sim.units import DAY_S, HOUR_S
from sim.visits import Level, Visits
from tests.worlds import Ran, network_of, run_network

REPLICATIONS = 12
DOCK = "corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}\n"
HUB = """
warehouses: {dock: {lanes: 999, time: 1 s}}
corridors: {only: {from: away, to: here, steps: [{convoy: hub}, {offload: dock}]}}
"""


class Expected(NamedTuple):
    """What theory says of one reading of a run."""

    name: str
    value: float
    read: Callable[[Ran], float]


def agree(text: str, days: int, warm_up: int, *expected: Expected, replications: int = REPLICATIONS) -> None:
    """Runs a world and holds each reading against theory."""
    found = np.array([[one.read(ran) for one in expected] for ran in runs(text, days, warm_up, replications)])
    error = 5 * found.std(axis=0, ddof=1) / sqrt(replications)
    for one, mean, tolerance in zip(expected, found.mean(axis=0), error, strict=True):
        assert abs(mean - one.value) <= tolerance, f"{one.name}: wanted {one.value}, found {mean} +- {tolerance}"
        assert tolerance < 0.3 * abs(one.value), f"{one.name}: {one.value} +- {tolerance} says too little"


def runs(text: str, days: int, warm_up: int, replications: int) -> Iterator[Ran]:
    """The replications, one after the other."""
    network = network_of(f"{text}\nrun: {{days: {days}, warm_up: {warm_up}}}\n")
    return (run_network(network, 20251122, number) for number in range(replications))


def queue(rate: float, server: str, source: str = "") -> str:
    """Loads at `rate` an hour, exponential gaps, at one warehouse."""
    flow = source or f"rate: {rate} trucks/h"
    return (
        DOCK + f"flows: {{f: {{sector: un, cargo: food, {flow}, corridors: {{only: 1}}}}}}\n"
        f"warehouses: {{dock: {{{server}}}}}\n"
    )


def steady(ran: Ran, place: str = "warehouses.dock") -> Visits:
    """The visits that began after warm-up, and not so late that the run's end cut their waits short."""
    visits, network = ran.visits(place), ran.network
    inside = (visits.joined_s >= network.warm_up_days * DAY_S) & (visits.joined_s < network.horizon_s - DAY_S)
    return Visits(*(column[inside] for column in visits))


def waits_h(ran: Ran, place: str = "warehouses.dock") -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """From joining to the start of service."""
    visits = steady(ran, place)
    return np.asarray((visits.started_s - visits.joined_s) / HOUR_S)


def mean_wait(ran: Ran) -> float:
    return float(waits_h(ran).mean())


def mean_waiting(ran: Ran, place: str = "warehouses.dock") -> float:
    """Trucks in the queue, over time."""
    visits = ran.visits(place)
    return over_time(ran, Level.of_spans(visits.joined_s, visits.started_s))


def mean_there(ran: Ran) -> float:
    """Trucks in the queue or served, over time."""
    visits = ran.visits("warehouses.dock")
    return over_time(ran, Level.of_spans(visits.joined_s, visits.left_s))


def over_time(ran: Ran, level: Level) -> float:
    return level.time_average(ran.network.warm_up_days * DAY_S, ran.network.horizon_s)


def longer_than(hours: float) -> Callable[[Ran], float]:
    """The share of trucks that wait longer."""
    return lambda ran: float((waits_h(ran) > hours).mean())


def turned_away(ran: Ran) -> float:
    """The share of loads that find no room."""
    after_s = ran.network.warm_up_days * DAY_S
    away, came = ran.rows(e.TURNED_AWAY)["time_s"], ran.rows(e.REQUESTED)["time_s"]
    return float((away >= after_s).sum() / (came >= after_s).sum())


def erlang_b(offered: float, lanes: int) -> float:
    """The share that is lost."""
    terms = [offered**n / factorial(n) for n in range(lanes + 1)]
    return terms[-1] / sum(terms)


def erlang_c(offered: float, lanes: int) -> float:
    """The share that waits."""
    lost = erlang_b(offered, lanes)
    return lost / (1 - offered / lanes * (1 - lost))


@pytest.mark.parametrize(("lanes", "rate", "days"), [(1, 2.5, 110), (2, 6.0, 50), (4, 16.0, 34)])
def test_exponential_services_wait_as_erlang_says(lanes: int, rate: float, days: int) -> None:
    """M/M/1, M/M/2, M/M/4 at 5 an hour each: relaxation times of 2, 4 and 4.5 h."""
    spare, waits = lanes * 5 - rate, erlang_c(rate / 5, lanes)
    agree(
        queue(rate, f"lanes: {lanes}, time: {{law: exponential, mean: 12 min}}"), days, 2,
        Expected("mean wait", waits / spare, mean_wait),
        Expected("mean waiting", rate * waits / spare, mean_waiting),
        Expected("mean there", rate * waits / spare + rate / 5, mean_there),
        Expected("mean dwell", waits / spare + 1 / 5, lambda ran: mean_wait(ran) + service_h(ran)),
        Expected("share that waits", waits, longer_than(0)),
        Expected("share that waits a quarter of an hour", waits * exp(-spare / 4), longer_than(0.25)),
        Expected("90th in a hundred", log(waits / 0.1) / spare, lambda ran: float(np.quantile(waits_h(ran), 0.9))),
        Expected("95th in a hundred", log(waits / 0.05) / spare, lambda ran: float(np.quantile(waits_h(ran), 0.95))),
    )  # fmt: skip


def service_h(ran: Ran) -> float:
    visits = steady(ran)
    return float((visits.finished_s - visits.started_s).mean() / HOUR_S)


def test_the_numbers_of_erlang_are_those_in_the_books() -> None:
    assert erlang_b(4, 5) == pytest.approx(0.199066874, abs=1e-9)
    assert erlang_c(3.2, 4) == pytest.approx(0.5964324718, abs=1e-10)
    assert erlang_c(1.2, 2) == pytest.approx(0.45, abs=1e-12)
    assert log(erlang_c(0.5, 1) / 0.05) / 2.5 == pytest.approx(0.921034, abs=1e-6)


def test_constant_services_wait_as_crommelin_says() -> None:
    """M/D/1 at a load of 0.8: P(wait <= t) is a finite sum; relaxation about 10 h."""

    def no_longer(t: float) -> float:
        late = [4 * (j * 0.2 - t) for j in range(int(t / 0.2 + 1e-9) + 1)]
        return 0.2 * sum(x**j / factorial(j) * exp(-x) for j, x in enumerate(late))

    assert no_longer(0.5) == pytest.approx(0.704852353, abs=1e-9)
    agree(
        queue(4, "lanes: 1, time: 12 min"), 105, 5,
        Expected("mean wait", 4 * 0.2**2 / 2 / (1 - 0.8), mean_wait),
        *(Expected(f"longer than {t} h", 1 - no_longer(t), longer_than(t)) for t in (0.0, 0.2, 0.5)),
    )  # fmt: skip


@pytest.mark.parametrize(
    "law",
    [
        "20 min",
        "{law: exponential, mean: 20 min}",
        "{law: lognormal, mean: 20 min, cv: 1.5}",
        "{law: hyperexponential, means: [10 min, 60 min], shares: [80 %, 20 %]}",
        "{law: weibull, mean: 20 min, shape: 2}",
    ],
)
def test_what_finds_no_lane_depends_on_the_mean_service_alone(law: str) -> None:
    """Erlang's loss formula at 12 an hour and 5 lanes, whatever the law of services."""
    agree(
        queue(12, f"lanes: 5, time: {law}, room: 0, overflow: turn_away"), 7, 1,
        Expected("turned away", erlang_b(4, 5), turned_away),
    )  # fmt: skip


def test_a_queue_of_limited_room_turns_away_and_waits_as_its_chain_says() -> None:
    """M/M/3 with 7 places to wait, at a load of 1.2; relaxation below 4 h."""
    weights = np.cumprod([1.0, *(18 / (5 * min(n, 3)) for n in range(1, 11))])
    p = weights / weights.sum()
    there, waiting = float(p @ np.arange(11)), float(p @ np.maximum(np.arange(11) - 3, 0))
    through = 18 * (1 - float(p[-1]))
    assert p[-1] == pytest.approx(0.1999098647, abs=1e-10)
    assert waiting / through == pytest.approx(0.2827913052, abs=1e-10)
    agree(
        queue(18, "lanes: 3, time: {law: exponential, mean: 12 min}, room: 7, overflow: turn_away"), 10, 2,
        Expected("turned away", float(p[-1]), turned_away),
        Expected("through", through, through_h),
        Expected("mean there", there, mean_there),
        Expected("mean waiting", waiting, mean_waiting),
        Expected("mean wait", waiting / through, mean_wait),
        Expected("utilisation", through / 15, lambda ran: ran.measure("utilisation:warehouses.dock") or 0),
    )  # fmt: skip


def through_h(ran: Ran) -> float:
    """Loads that arrive, an hour."""
    return (ran.measure("arrived_trucks_per_day") or 0) / 24


@pytest.mark.parametrize(
    ("time", "repair", "clock", "value"),
    [
        ("exponential", "exponential", "work", 1.071428571),
        ("constant", "exponential", "work", 0.84),
        ("exponential", "constant", "work", 0.857142857),
        ("exponential", "exponential", "always", 1.238095238),
        ("constant", "exponential", "always", 1.006666667),
    ],
)
def test_a_lane_that_breaks_waits_as_one_whose_work_is_as_long_as_with_its_repairs(
    time: str, repair: str, clock: str, value: float
) -> None:
    """M/G/1, 4 an hour of 9 minutes, an hour's repair after 5 h: Pollaczek and Khinchin with work and its repairs.

    Where the time up runs always, a truck that finds nobody may find a repair (Avi-Itzhak and Naor 1963). Relaxation
    about 5 h.
    """
    squared = {"exponential": 2, "constant": 1}  # E[X^2] / E[X]^2
    work, spoilt = 0.15 * 1.2, 0.15**2 * squared[time] * 1.2**2 + 0.15 * 0.2 * squared[repair]
    dwell = work + 4 * spoilt / (2 * (1 - 4 * work)) + (clock == "always") * squared[repair] / 2 * 0.2 / 1.2
    assert dwell == pytest.approx(value, abs=1e-9)
    laws = {"exponential": "{{law: exponential, mean: {}}}", "constant": "{}"}
    breaks = f"after: {{law: exponential, mean: 5 h}}, lasts: {laws[repair].format('1 h')}, clock: {clock}"
    agree(
        queue(4, f"lanes: 1, time: {laws[time].format('9 min')}, breaks: {{{breaks}}}"), 80, 3,
        Expected("mean dwell", dwell, lambda ran: mean_wait(ran) + service_h(ran)),
        Expected("utilisation", 0.72, lambda ran: ran.measure("utilisation:warehouses.dock") or 0),
    )  # fmt: skip


def test_convoys_of_ten_gather_as_long_as_ten_loads_take_to_come() -> None:
    """At 12 an hour the i-th of ten waits for 10 - i more; the time between convoys is Erlang of 10 stages."""

    def sizes_and_gaps(ran: Ran) -> tuple[float, float]:
        gaps = np.diff(ran.rows(e.SET_OUT)["time_s"]) / HOUR_S
        return float(gaps.mean()), float(gaps.std(ddof=1) / gaps.mean())

    def wait_of_first(ran: Ran) -> float:
        return float(waits_h(ran, "yards.hub")[first_of_ten(ran)].mean())

    def first_of_ten(ran: Ran) -> slice:
        visits = ran.visits("yards.hub")
        begins = int((visits.joined_s < ran.network.warm_up_days * DAY_S).sum())
        return slice(-begins % 10, None, 10)

    agree(
        HUB
        + "yards: {hub: {min: 10, max: 10}}\n"
        + "flows: {f: {sector: un, cargo: food, rate: 12 trucks/h, corridors: {only: 1}}}\n", 12, 1,
        Expected("mean wait", 9 / (2 * 12), lambda ran: float(waits_h(ran, "yards.hub").mean())),
        Expected("wait of the first of ten", 9 / 12, wait_of_first),
        Expected("mean gap", 10 / 12, lambda ran: sizes_and_gaps(ran)[0]),
        Expected("variation of gaps", 10**-0.5, lambda ran: sizes_and_gaps(ran)[1]),
    )  # fmt: skip


@pytest.mark.parametrize(("most", "left", "warm_up", "days"), [(30, 0.401394193, 3, 28), (26, 3.726892076, 10, 24)])
def test_convoys_of_a_timetable_leave_behind_what_their_chain_says(
    most: int, left: float, warm_up: int, days: int
) -> None:
    """Every 2 h at most 30, or 26, of 12 an hour: the number left behind is a chain at departures (Bailey).

    Relaxation times of about 3 and 24 h.
    """
    came = np.array([exp(n * log(24) - 24 - sum(log(k) for k in range(1, n + 1))) for n in range(120)])
    behind = np.eye(1, 400)[0]
    for _ in range(400):
        there = np.convolve(behind, came)
        behind = np.append(there[: most + 1].sum(), there[most + 1 :])[:400]
    full, mean_left = float(there[most:].sum()), float(behind @ np.arange(400))
    assert mean_left == pytest.approx(left, abs=1e-6)

    def sizes(ran: Ran) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        convoys = ran.rows(e.SET_OUT)
        after = convoys["time_s"] >= ran.network.warm_up_days * DAY_S
        return np.asarray(convoys["pallets"][after] // 20, dtype=np.int64)

    agree(
        HUB
        + f"yards: {{hub: {{max: {most}, timetable: {{first: 2 h, every: 2 h}}}}}}\n"
        + "flows: {f: {sector: un, cargo: food, rate: 12 trucks/h, corridors: {only: 1}}}\n", days, warm_up,
        Expected("mean waiting", mean_left + 12, lambda ran: mean_waiting(ran, "yards.hub")),
        Expected("mean wait", (mean_left + 12) / 12, lambda ran: float(waits_h(ran, "yards.hub").mean())),
        Expected("share of full convoys", full, lambda ran: float((sizes(ran) == most).mean())),
    )  # fmt: skip


def test_those_of_rank_nought_wait_less_as_cobham_says() -> None:
    """M/M/1 at a load of 0.8, an eighth of it of rank 0: nobody is thrown off the lane; relaxation 18 h."""
    rests = 4 * 2 * 0.2**2 / 2  # the mean rest of the service under way
    text = DOCK + (
        "flows:\n"
        "  urgent: {sector: un, cargo: food, rate: 0.5 trucks/h, rank: 0, corridors: {only: 1}}\n"
        "  other: {sector: un, cargo: food, rate: 3.5 trucks/h, rank: 1, corridors: {only: 1}}\n"
        "warehouses: {dock: {lanes: 1, time: {law: exponential, mean: 12 min}}}\n"
    )

    def of_rank(rank: int) -> Callable[[Ran], float]:
        return lambda ran: float(waits_h(ran)[ran.draws.rank[steady(ran).entity] == rank].mean())

    assert rests / 0.9 == pytest.approx(0.177777778, abs=1e-9)
    agree(
        text, 80, 8,
        Expected("rank 0", rests / 0.9, of_rank(0)),
        Expected("rank 1", rests / (0.9 * 0.2), of_rank(1)),
    )  # fmt: skip


def test_frozen_and_finished_work_of_a_week_come_to_what_was_computed() -> None:
    """10 lanes from 8 to 16, services of 20 min, 18 an hour from 6 to 18, a week from empty.

    1467.883 arrive where work pauses, 1475.277 where it is finished: integrated numerically, outside this program. On
    the same luck the difference is known far better than either. 24 runs: a false alarm once in 20,000.
    """
    text = queue(
        0, "lanes: 10, time: {law: exponential, mean: 20 min}, calendar: day, rule: RULE",
        "rate: 18 trucks/h, pattern: {hours: {'06:00-18:00': 1}}",
    ) + "calendars: {day: {windows: {all: {hours: '08:00-16:00'}}}}\n"  # fmt: skip
    freeze, finish = (
        np.array([len(ran.rows(e.ARRIVED)) for ran in runs(text.replace("RULE", rule), 7, 0, 24)])
        for rule in ("freeze", "finish")
    )
    for name, found, value in (
        ("freeze", freeze, 1467.883), ("finish", finish, 1475.277), ("difference", finish - freeze, 7.394)
    ):  # fmt: skip
        tolerance = 5 * found.std(ddof=1) / sqrt(24)
        assert abs(found.mean() - value) <= tolerance, f"{name}: wanted {value}, found {found.mean()} +- {tolerance}"
        assert tolerance < min(30, value)


@pytest.mark.parametrize("home", ["{law: exponential, mean: 1 h}", "1 h"])
def test_a_closed_fleet_makes_the_trips_that_the_chain_of_its_vehicles_says(home: str) -> None:
    """6 vehicles, 2 docks of 20 min, an hour's drive home, and always a load to collect: machine repair.

    M/M/2//6, where only the mean of the drive matters; relaxation below 1 h.
    """
    weights = np.cumprod([1.0, *((6 - n) / (3 * min(n + 1, 2)) for n in range(6))])
    at_docks = weights / weights.sum()
    there = float(at_docks @ np.arange(7))
    trips = (6 - there) * 1.0  # those on their way home are back after an hour
    assert trips == pytest.approx(3 * float(at_docks @ np.minimum(np.arange(7), 2)), abs=1e-12)
    text = f"""
bays: {{apron: {{lanes: 1, time: 1 min}}}}
platforms: {{pad: {{}}}}
yards: {{hub: {{min: 1, max: 1}}}}
fleets: {{pool: {{vehicles: 6, pallets: 20, home: {home}}}}}
warehouses: {{dock: {{lanes: 2, time: {{law: exponential, mean: 20 min}}}}}}
corridors:
  only:
    from: away
    to: here
    steps: [{{transfer: {{onto: pad, bays: apron}}}}, {{convoy: {{yard: hub, from: pad, fleet: pool}}}}, {{offload: dock}}]
flows: {{f: {{sector: un, cargo: food}}}}
start: {{s: {{flow: f, corridor: only, loads: 1100, at: platforms.pad}}}}
"""  # noqa: E501
    agree(
        text, 8, 1,
        Expected("trips an hour", trips, through_h),
        Expected("vehicles at docks", there, mean_there),
        Expected("utilisation", trips / 6, lambda ran: ran.measure("utilisation:warehouses.dock") or 0),
    )  # fmt: skip


def test_loads_go_through_a_closed_fleet_as_fast_as_its_vehicles_go_round() -> None:
    """7 vehicles take loads over at one bay of 10 min, drive 30, offload at one dock of 12 min, and drive 25 min home.

    A closed network in product form, by mean value analysis: one at a time at the bay and the dock, of exponential
    services; of drives and ways home only the means matter. Always a load to take over; relaxation about 2 h.
    """
    times, alone, there = np.array([10, 12, 55]) / 60, np.array([True, True, False]), np.zeros(3)
    for vehicles in range(1, 8):
        stays = times * np.where(alone, 1 + there, 1)
        rate = vehicles / stays.sum()
        there = rate * stays
    assert (rate, *there) == pytest.approx(by_hand_of_a_closed_fleet(), abs=1e-9)
    text = """
bays: {apron: {lanes: 1, time: {law: exponential, mean: 10 min}}}
fleets: {lorries: {vehicles: 7, pallets: 20, home: {law: erlang, mean: 25 min, k: 3}}}
roads: {in: {time: 30 min}}
warehouses: {dock: {lanes: 1, time: {law: exponential, mean: 12 min}}}
corridors:
  only:
    from: away
    to: here
    steps: [{transfer: {onto: lorries, bays: apron}}, {travel: in}, {offload: dock}]
flows: {f: {sector: un, cargo: food}}
start: {s: {flow: f, corridor: only, loads: 1900, at: bays.apron}}
"""

    def out(ran: Ran) -> float:
        """Vehicles that are out, over time."""
        visits = ran.visits("fleets.lorries")
        return over_time(ran, Level.of_spans(visits.started_s, visits.finished_s))

    agree(
        text, 14, 1,
        Expected("loads an hour", rate, through_h),
        Expected("vehicles at the dock", there[1], mean_there),
        Expected("use of the bay", rate / 6, lambda ran: ran.measure("utilisation:bays.apron") or 0),
        Expected("use of the dock", rate / 5, lambda ran: ran.measure("utilisation:warehouses.dock") or 0),
        Expected("vehicles out", rate / 6 + there[1] + there[2], out),
    )  # fmt: skip


def by_hand_of_a_closed_fleet() -> tuple[float, float, float, float]:
    """The same by the sum over all states: (n at the bay, m at the dock, the others on their way)."""
    states = [(n, m) for n in range(8) for m in range(8 - n)]
    weights = np.array([10.0**n * 12.0**m * 55.0 ** (7 - n - m) / factorial(7 - n - m) for n, m in states])
    share = weights / weights.sum()
    bay, dock = (float(share @ np.array([state[i] for state in states])) for i in (0, 1))
    busy = float(share @ np.array([n > 0 for n, _ in states]))
    return 6 * busy, bay, dock, 7 - bay - dock
