"""Queues with given arrivals and services, in whole minutes: every wait and every departure, to the second.

The results were worked out apart from this program, by recursions and a second simulator that goes minute by minute.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import accumulate
from typing import Any

from analysis.verification.cases import TRACED, WORKDAYS, Case, Exact, Loads, run_of
from analysis.verification.readings import waits_min
from analysis.verification.worlds import Ran, minutes
from sim import events as e
from sim.units import MINUTE_S

AT_ONCE = "warehouses: {dock: {lanes: 999, time: 1 s}}\n"  # where only what comes before is asked about
Rows = tuple[list[int], list[list[int]]]


def drawn(trucks: int, seed: int, gap: int, longest: Sequence[int]) -> Rows:
    """(arrivals, services of each stage), by a textbook generator: x <- (1103515245 x + 12345) mod 2^31, x >> 16.

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
    return list(accumulate(gaps)), services


P = drawn(200, 20251122, 9, (27, 11, 19))
Q = drawn(300, 7, 19, (43,))


def digest(times: Sequence[float]) -> str:
    """The first 16 digits of a SHA-256 of whole minutes, in the order of trucks."""
    if any(time != int(time) for time in times):
        return "not in whole minutes"
    return sha256(",".join(str(int(time)) for time in times).encode()).hexdigest()[:16]


def traced(name: str, world: str, rows: Rows, places: Sequence[str], *statistics: Exact) -> Case:
    """A case whose stages, in order, are these places; `-` is none."""
    durations = {place: work for place, work in zip(places, rows[1], strict=True) if place != "-"}
    by = "recursion, and a simulator by the minute"
    traces = {"arrivals.csv": Loads(rows[0], durations)}
    return Case("traces", name, by, TRACED + world, statistics, traces)


def corridor(*steps: str) -> str:
    """The only corridor."""
    return f"corridors: {{only: {{from: away, to: here, steps: [{', '.join(steps)}]}}}}\n"


def makespan(value: int) -> Exact:
    return Exact("last arrival [min]", value, lambda ran: max(ran.arrivals_min()))


def departures(value: str) -> Exact:
    return Exact("digest of arrivals", value, lambda ran: digest(ran.arrivals_min()))


def sum_of_waits(value: int, place: str = "warehouses.dock") -> Exact:
    return Exact(f"sum of waits at {place} [min]", value, lambda ran: sum(waits_min(ran, place)))


def lanes(number: int, waits: int, longest: int, waited: int, last: int, sha: str) -> Case:
    world = corridor("{offload: dock}") + f"warehouses: {{dock: {{lanes: {number}, time: 1 min}}}}\n"
    return traced(
        f"{number} lanes behind one queue", world, P, ("warehouses.dock", "-", "-"),
        sum_of_waits(waits),
        Exact("longest wait [min]", longest, lambda ran: max(waits_min(ran))),
        Exact("waited", waited, lambda ran: sum(wait > 0 for wait in waits_min(ran))),
        makespan(last),
        departures(sha),
    )  # fmt: skip


def tandem() -> Case:
    places = ("sites.scan", "sites.release", "warehouses.dock")

    def at_each(read: Callable[[Ran, str], Any]) -> Callable[[Ran], list[Any]]:
        return lambda ran: [read(ran, place) for place in places]

    return traced(
        "three stages in a row, traced",
        "sites: {scan: {lanes: 3, time: 1 min}, release: {lanes: 1, time: 1 min}}\n"
        "warehouses: {dock: {lanes: 2, time: 1 min}}\n"
        + corridor("{inspect: scan}", "{inspect: release}", "{offload: dock}"), P, places,
        Exact("sums of waits [min]", [3744, 33106, 829], at_each(lambda ran, place: sum(waits_min(ran, place)))),
        Exact("last of each stage [min]", [1091, 1401, 1412],
              at_each(lambda ran, place: max(minutes(ran.visits(place).finished_s)))),
        Exact("all transits [min]", 44459, lambda ran: sum(ran.arrivals_min()) - sum(P[0])),
        departures("389cf9a1c17b60bc"),
    )  # fmt: skip


def timetable() -> Case:
    def number_and_last(ran: Ran) -> list[float]:
        told = ran.rows(e.SET_OUT)
        return [len(told), float(told["time_s"][-1] / MINUTE_S)]

    return traced(
        "a timetable behind three lanes",
        "sites: {scan: {lanes: 3, time: 1 min}}\n"
        "yards: {hub: {max: 12, timetable: {first: 60 min, every: 90 min}}}\n" + AT_ONCE
        + corridor("{inspect: scan}", "{convoy: hub}", "{offload: dock}"), P, ("sites.scan", "-", "-"),
        sum_of_waits(44734, "yards.hub"),
        Exact("convoys, and the last [min]", [17, 1500], number_and_last),
        Exact("digest of departures", "4a2156ad9c0f88de", lambda ran: digest(ran.times_min(e.STARTED, "yards.hub"))),
    )  # fmt: skip


def buffer(room: int, blocked: int, last: int, sha: str) -> Case:
    def blocked_min(ran: Ran) -> float:
        visits = ran.visits("sites.release")
        return sum(minutes(visits.left_s - visits.finished_s))

    return traced(
        f"room for {room} between two lanes, traced",
        "sites: {release: {lanes: 1, time: 1 min}}\n"
        f"warehouses: {{dock: {{lanes: 1, time: 1 min, room: {room}}}}}\n"
        + corridor("{inspect: release}", "{offload: dock}") + run_of(3), P, ("-", "sites.release", "warehouses.dock"),
        Exact("blocked [min]", blocked, blocked_min),
        makespan(last),
        departures(sha),
    )  # fmt: skip


def closing(rule: str, waits: int, last: int, by_day: list[int], sha: str) -> Case:
    return traced(
        f"four lanes from 8 to 16, traced: {rule}",
        WORKDAYS + run_of(4) + f"warehouses: {{dock: {{lanes: 4, time: 1 min, calendar: day, rule: {rule}}}}}\n"
        + corridor("{offload: dock}"), Q, ("warehouses.dock",),
        sum_of_waits(waits),
        makespan(last),
        Exact("finished by day", by_day, lambda ran: ran.days("warehouses.dock").finished.tolist()),
        departures(sha),
    )  # fmt: skip


CASES = [
    lanes(2, 50390, 520, 197, 1575, "3de1615f82dcc6b9"),
    lanes(3, 3744, 46, 176, 1091, "120124e571e287f0"),
    lanes(4, 183, 12, 45, 1055, "d3e26be11fb76d24"),
    tandem(),
    timetable(),
    buffer(0, 1104, 2500, "9dc1da5141242a7f"),
    buffer(1, 944, 2346, "11979a1473262f10"),
    buffer(3, 898, 2317, "14618da466135b99"),
    buffer(10, 830, 2317, "14618da466135b99"),
    closing("finish", 328992, 5025, [86, 84, 88, 42], "3a9528ab1c8e9ee6"),
    closing("freeze", 347996, 5080, [82, 80, 83, 55], "5f12fed54e95431f"),
    closing("nostart", 370491, 5122, [82, 79, 79, 60], "d9cca21093038062"),
]
