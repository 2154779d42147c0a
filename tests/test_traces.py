"""Queues with given arrivals and services, in whole minutes: every wait and every departure, to the second.

The results were worked out apart from this program, by recursions and a second simulator that goes minute by minute.
"""

from collections.abc import Sequence
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import pytest

from sim import events as e
from sim.units import MINUTE_S
from tests.worlds import Ran, minutes, run, trace

FLOW = "flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}\n"
AT_ONCE = "warehouses: {dock: {lanes: 999, time: 1 s}}\n"  # where only what comes before is asked about


class Loads(NamedTuple):
    """When trucks come, and how long each takes at each stage [min]."""

    arrivals: list[int]
    services: list[list[int]]

    def write(self, folder: Path, *places: str) -> Path:
        """As a CSV: the stages in order are these places; `-` is none."""
        named = zip(places, self.services, strict=True)
        return trace(folder, self.arrivals, durations_min={place: work for place, work in named if place != "-"})


def drawn(trucks: int, seed: int, gap: int, longest: Sequence[int]) -> Loads:
    """A textbook generator: x <- (1103515245 x + 12345) mod 2^31, a draw is x >> 16.

    Of each truck: the time since the one before, 1 + draw mod `gap`, and of each stage 2 + draw mod its `longest`.
    """
    x, rows = seed, []
    for _ in range(trucks):
        row = []
        for modulus, least in ((gap, 1), *((m, 2) for m in longest)):
            x = (1103515245 * x + 12345) % 2**31
            row.append(least + (x >> 16) % modulus)
        rows.append(row)
    gaps, *services = (list(column) for column in zip(*rows, strict=True))
    return Loads(list(accumulate(gaps)), services)


P = drawn(200, 20251122, 9, (27, 11, 19))
Q = drawn(300, 7, 19, (43,))


def digest(times: Sequence[float]) -> str:
    """The first 16 digits of a SHA-256 of whole minutes, in the order of trucks."""
    assert all(time == int(time) for time in times)
    return sha256(",".join(str(int(time)) for time in times).encode()).hexdigest()[:16]


def waits_min(ran: Ran, place: str) -> list[float]:
    """From joining to the start of service, in the order of trucks."""
    visits = ran.visits(place)
    return minutes(visits.started_s - visits.joined_s)


def corridor(*steps: str) -> str:
    """The only corridor."""
    return f"corridors: {{only: {{from: away, to: here, steps: [{', '.join(steps)}]}}}}\n"


def test_the_generator_gives_the_published_trace() -> None:
    assert P.arrivals[:10] == [4, 13, 20, 23, 30, 31, 36, 43, 46, 51]
    assert [stage[:10] for stage in P.services] == [
        [4, 17, 16, 25, 13, 2, 6, 24, 4, 9],
        [10, 10, 10, 9, 2, 6, 6, 12, 5, 7],
        [17, 15, 4, 8, 2, 3, 20, 18, 8, 16],
    ]
    assert digest(P.arrivals) == "b6a09737c43ec2bf"


@pytest.mark.parametrize(
    ("lanes", "sum_wait", "longest", "waited", "makespan", "departures"),
    [
        (2, 50390, 520, 197, 1575, "3de1615f82dcc6b9"),
        (3, 3744, 46, 176, 1091, "120124e571e287f0"),
        (4, 183, 12, 45, 1055, "d3e26be11fb76d24"),
    ],
)
def test_lanes_behind_one_queue_serve_each_truck_as_worked_out(
    tmp_path: Path, lanes: int, sum_wait: int, longest: int, waited: int, makespan: int, departures: str
) -> None:
    P.write(tmp_path, "warehouses.dock", "-", "-")
    ran = run(FLOW + corridor("{offload: dock}") + f"warehouses: {{dock: {{lanes: {lanes}, time: 1 min}}}}\n", tmp_path)
    waits = waits_min(ran, "warehouses.dock")
    assert (sum(waits), max(waits), sum(wait > 0 for wait in waits)) == (sum_wait, longest, waited)
    assert max(ran.arrivals_min()) == makespan
    assert digest(ran.arrivals_min()) == departures


def test_three_stages_in_a_row_serve_each_truck_as_worked_out(tmp_path: Path) -> None:
    places = ("sites.scan", "sites.release", "warehouses.dock")
    P.write(tmp_path, *places)
    ran = run(
        "sites: {scan: {lanes: 3, time: 1 min}, release: {lanes: 1, time: 1 min}}\n"
        "warehouses: {dock: {lanes: 2, time: 1 min}}\n"
        + FLOW
        + corridor("{inspect: scan}", "{inspect: release}", "{offload: dock}"),
        tmp_path,
    )
    assert [sum(waits_min(ran, place)) for place in places] == [3744, 33106, 829]
    assert [max(minutes(ran.visits(place).finished_s)) for place in places] == [1091, 1401, 1412]
    assert sum(ran.arrivals_min()) - sum(P.arrivals) == 44459
    assert digest(ran.arrivals_min()) == "389cf9a1c17b60bc"


def test_convoys_of_a_timetable_behind_three_lanes_leave_as_worked_out(tmp_path: Path) -> None:
    P.write(tmp_path, "sites.scan", "-", "-")
    ran = run(
        "sites: {scan: {lanes: 3, time: 1 min}}\n"
        "yards: {hub: {max: 12, timetable: {first: 60 min, every: 90 min}}}\n"
        + AT_ONCE
        + FLOW
        + corridor("{inspect: scan}", "{convoy: hub}", "{offload: dock}"),
        tmp_path,
    )
    assert sum(waits_min(ran, "yards.hub")) == 44734
    convoys = ran.rows(e.SET_OUT)
    assert (len(convoys), convoys["time_s"][-1] / MINUTE_S) == (17, 1500)
    assert digest(ran.times_min(e.STARTED, "yards.hub")) == "4a2156ad9c0f88de"


@pytest.mark.parametrize(
    ("room", "blocked", "makespan", "departures"),
    [
        (0, 1104, 2500, "9dc1da5141242a7f"),
        (1, 944, 2346, "11979a1473262f10"),
        (3, 898, 2317, "14618da466135b99"),
        (10, 830, 2317, "14618da466135b99"),
    ],
)
def test_a_buffer_between_two_lanes_blocks_as_worked_out(
    tmp_path: Path, room: int, blocked: int, makespan: int, departures: str
) -> None:
    P.write(tmp_path, "-", "sites.release", "warehouses.dock")
    ran = run(
        "sites: {release: {lanes: 1, time: 1 min}}\n"
        f"warehouses: {{dock: {{lanes: 1, time: 1 min, room: {room}}}}}\n"
        + FLOW
        + corridor("{inspect: release}", "{offload: dock}")
        + "run: {days: 3}\n",
        tmp_path,
    )
    visits = ran.visits("sites.release")
    assert sum(minutes(visits.left_s - visits.finished_s)) == blocked
    assert max(ran.arrivals_min()) == makespan
    assert digest(ran.arrivals_min()) == departures


@pytest.mark.parametrize(
    ("rule", "sum_wait", "makespan", "by_day", "departures"),
    [
        ("finish", 328992, 5025, [86, 84, 88, 42], "3a9528ab1c8e9ee6"),
        ("freeze", 347996, 5080, [82, 80, 83, 55], "5f12fed54e95431f"),
        ("nostart", 370491, 5122, [82, 79, 79, 60], "d9cca21093038062"),
    ],
)
def test_each_closing_rule_serves_each_truck_as_worked_out(
    tmp_path: Path, rule: str, sum_wait: int, makespan: int, by_day: list[int], departures: str
) -> None:
    Q.write(tmp_path, "warehouses.dock")
    ran = run(
        "calendars: {day: {windows: {all: {hours: '08:00-16:00'}}}}\nrun: {days: 4}\n"
        f"warehouses: {{dock: {{lanes: 4, time: 1 min, calendar: day, rule: {rule}}}}}\n"
        + FLOW
        + corridor("{offload: dock}"),
        tmp_path,
    )
    assert sum(waits_min(ran, "warehouses.dock")) == sum_wait
    assert max(ran.arrivals_min()) == makespan
    assert ran.days("warehouses.dock").finished.tolist() == by_day
    assert digest(ran.arrivals_min()) == departures
