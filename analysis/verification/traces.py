"""Queues with given arrival and service times in whole minutes: every wait and every departure, exact to the second.

Expected values were computed independently of this program, by recursions and by a simulator with steps of a minute.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import accumulate
from typing import Any

from analysis.verification.cases import TRACED_FLOW, WORKDAYS, Case, ExactStatistic, TraceLoads, run_settings
from analysis.verification.readings import waits_min
from analysis.verification.worlds import ReplicationResult, in_minutes
from sim import events as e
from sim.units import MINUTE_S

INSTANT_DOCK = "warehouses: {dock: {lanes: 999, time: 1 s}}\n"  # for cases about earlier stages
TraceRows = tuple[list[int], list[list[int]]]


def generate_trace(trucks: int, seed: int, gap: int, longest: Sequence[int]) -> TraceRows:
    """Returns (arrivals, services of each stage) in minutes.

    A textbook generator: x <- (1103515245 x + 12345) mod 2^31, with the draw x >> 16. The gap before a truck is
    1 + draw mod
    `gap`, and its service at each stage is 2 + draw mod the stage's entry of `longest`.
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


TRACE_200 = generate_trace(200, 20251122, 9, (27, 11, 19))
TRACE_300 = generate_trace(300, 7, 19, (43,))


def digest_of_minutes(times: Sequence[float]) -> str:
    """Returns the first 16 digits of the SHA-256 of whole minutes, in the order of trucks."""
    if any(time != int(time) for time in times):
        return "not in whole minutes"
    return sha256(",".join(str(int(time)) for time in times).encode()).hexdigest()[:16]


def traced_case(name: str, world: str, rows: TraceRows, places: Sequence[str], *statistics: ExactStatistic) -> Case:
    """Returns a case of this family; `places` are the stages of `rows` in order, `-` for a stage that is not used."""
    durations = {place: work for place, work in zip(places, rows[1], strict=True) if place != "-"}
    reference = "recursion, and a simulator by the minute"
    traces = {"arrivals.csv": TraceLoads(rows[0], durations)}
    return Case("traces", name, reference, TRACED_FLOW + world, statistics, traces)


def corridor_settings(*steps: str) -> str:
    """Returns the YAML of the only corridor."""
    return f"corridors: {{only: {{from: away, to: here, steps: [{', '.join(steps)}]}}}}\n"


def last_arrival(value: int) -> ExactStatistic:
    """Returns the statistic of the last arrival [min]."""
    return ExactStatistic("last arrival [min]", value, lambda run: max(run.arrivals_min()))


def arrivals_digest(value: str) -> ExactStatistic:
    """Returns the statistic of the digest of all arrivals."""
    return ExactStatistic("digest of arrivals", value, lambda run: digest_of_minutes(run.arrivals_min()))


def total_wait(value: int, place: str = "warehouses.dock") -> ExactStatistic:
    """Returns the statistic of the sum of waits at a place [min]."""
    return ExactStatistic(f"sum of waits at {place} [min]", value, lambda run: sum(waits_min(run, place)))


def multi_lane_case(number: int, waits: int, longest: int, waited: int, last: int, sha: str) -> Case:
    """Returns the case of `number` lanes behind one queue; waits and times are in minutes."""
    world = corridor_settings("{offload: dock}") + f"warehouses: {{dock: {{lanes: {number}, time: 1 min}}}}\n"
    return traced_case(
        f"{number} lanes behind one queue", world, TRACE_200, ("warehouses.dock", "-", "-"),
        total_wait(waits),
        ExactStatistic("longest wait [min]", longest, lambda run: max(waits_min(run))),
        ExactStatistic("waited", waited, lambda run: sum(wait > 0 for wait in waits_min(run))),
        last_arrival(last),
        arrivals_digest(sha),
    )  # fmt: skip


def tandem_case() -> Case:
    """Returns the case of three stages in series."""
    places = ("sites.scan", "sites.release", "warehouses.dock")

    def at_each(read: Callable[[ReplicationResult, str], Any]) -> Callable[[ReplicationResult], list[Any]]:
        return lambda run: [read(run, place) for place in places]

    return traced_case(
        "three stages in a row, traced",
        "sites: {scan: {lanes: 3, time: 1 min}, release: {lanes: 1, time: 1 min}}\n"
        "warehouses: {dock: {lanes: 2, time: 1 min}}\n"
        + corridor_settings("{inspect: scan}", "{inspect: release}", "{offload: dock}"), TRACE_200, places,
        ExactStatistic("sums of waits [min]", [3744, 33106, 829], at_each(lambda run, place: sum(waits_min(run,
            place)))),
        ExactStatistic("last of each stage [min]", [1091, 1401, 1412],
              at_each(lambda run, place: max(in_minutes(run.visits(place).finished_s)))),
        ExactStatistic("all transits [min]", 44459, lambda run: sum(run.arrivals_min()) - sum(TRACE_200[0])),
        arrivals_digest("389cf9a1c17b60bc"),
    )  # fmt: skip


def timetable_case() -> Case:
    """Returns the case of a yard with a timetable behind three lanes."""

    def number_and_last(run: ReplicationResult) -> list[float]:
        departures = run.rows(e.SET_OUT)
        return [len(departures), float(departures["time_s"][-1] / MINUTE_S)]

    return traced_case(
        "a timetable behind three lanes",
        "sites: {scan: {lanes: 3, time: 1 min}}\n"
        "yards: {hub: {max: 12, timetable: {first: 60 min, every: 90 min}}}\n" + INSTANT_DOCK
        + corridor_settings("{inspect: scan}", "{convoy: hub}", "{offload: dock}"), TRACE_200, ("sites.scan", "-", "-"),
        total_wait(44734, "yards.hub"),
        ExactStatistic("convoys, and the last [min]", [17, 1500], number_and_last),
        ExactStatistic("digest of departures", "4a2156ad9c0f88de",
            lambda run: digest_of_minutes(run.times_min(e.STARTED, "yards.hub"))),
    )  # fmt: skip


def finite_buffer_case(room: int, blocked: int, last: int, sha: str) -> Case:
    """Returns the case of two stages with `room` places between them; blocked time and last arrival [min]."""

    def blocked_min(run: ReplicationResult) -> float:
        visits = run.visits("sites.release")
        return sum(in_minutes(visits.left_s - visits.finished_s))

    return traced_case(
        f"room for {room} between two lanes, traced",
        "sites: {release: {lanes: 1, time: 1 min}}\n"
        f"warehouses: {{dock: {{lanes: 1, time: 1 min, room: {room}}}}}\n"
        + corridor_settings("{inspect: release}", "{offload: dock}") + run_settings(3), TRACE_200, ("-",
            "sites.release", "warehouses.dock"),
        ExactStatistic("blocked [min]", blocked, blocked_min),
        last_arrival(last),
        arrivals_digest(sha),
    )  # fmt: skip


def closing_rule_case(rule: str, waits: int, last: int, by_day: list[int], sha: str) -> Case:
    """Returns the case of four lanes from 8 to 16 with this closing rule; sum of waits and last arrival [min]."""
    return traced_case(
        f"four lanes from 8 to 16, traced: {rule}",
        WORKDAYS + run_settings(4) + f"warehouses: {{dock: {{lanes: 4, time: 1 min, calendar: day, rule: {rule}}}}}\n"
        + corridor_settings("{offload: dock}"), TRACE_300, ("warehouses.dock",),
        total_wait(waits),
        last_arrival(last),
        ExactStatistic("finished by day", by_day, lambda run: run.days_at("warehouses.dock").finished.tolist()),
        arrivals_digest(sha),
    )  # fmt: skip


CASES = [
    multi_lane_case(2, 50390, 520, 197, 1575, "3de1615f82dcc6b9"),
    multi_lane_case(3, 3744, 46, 176, 1091, "120124e571e287f0"),
    multi_lane_case(4, 183, 12, 45, 1055, "d3e26be11fb76d24"),
    tandem_case(),
    timetable_case(),
    finite_buffer_case(0, 1104, 2500, "9dc1da5141242a7f"),
    finite_buffer_case(1, 944, 2346, "11979a1473262f10"),
    finite_buffer_case(3, 898, 2317, "14618da466135b99"),
    finite_buffer_case(10, 830, 2317, "14618da466135b99"),
    closing_rule_case("finish", 328992, 5025, [86, 84, 88, 42], "3a9528ab1c8e9ee6"),
    closing_rule_case("freeze", 347996, 5080, [82, 80, 83, 55], "5f12fed54e95431f"),
    closing_rule_case("nostart", 370491, 5122, [82, 79, 79, 60], "d9cca21093038062"),
]
