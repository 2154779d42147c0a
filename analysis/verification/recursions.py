"""Checks each truck of runs with random numbers: arrivals and service times determine when each service starts [s].

Service times are taken from the run; other cases check their distributions.
"""

from collections.abc import Callable
from heapq import heappop, heappush, heapreplace

from analysis.verification.cases import (
    CONVOY_WORLD,
    DOCK_CORRIDOR,
    Case,
    ExactStatistic,
    flow_entry,
    flow_settings,
    run_settings,
    single_queue,
)
from analysis.verification.worlds import ReplicationResult
from sim import events as e

SKEWED_SERVICE = "{law: lognormal, mean: 12 min, cv: 1.5}"


def mismatched_seconds(read: Callable[[ReplicationResult], list[tuple[int, int]]]) -> ExactStatistic:
    """Returns the statistic of the number of times that differ from the recursion; `read` gives (actual, expected)."""
    return ExactStatistic(
        "trucks at another second", 0, lambda run: sum(is_s != should_s for is_s, should_s in read(run))
    )


def recursion_case(
    name: str, reference: str, world: str, read: Callable[[ReplicationResult], list[tuple[int, int]]]
) -> Case:
    """Returns a case that checks a recursion on at least 300 times."""
    enough = ExactStatistic("hundreds of trucks", True, lambda run: len(read(run)) >= 300)
    return Case("truck by truck", name, reference, world, [mismatched_seconds(read), enough])


def _served_visits(run: ReplicationResult, place: str = "warehouses.dock") -> list[tuple[int, int, int, int]]:
    """Returns (joined, load, started, service) of all visits that were served, by joining and load.

    Services that the run's end cuts off are shortened.
    """
    visits = run.visits(place)
    begun = visits.started_s < run.network.horizon_s
    columns = (visits.joined_s, visits.entity, visits.started_s, visits.finished_s - visits.started_s)
    return sorted(zip(*(column[begun].tolist() for column in columns), strict=True))


def fifo_starts(run: ReplicationResult) -> list[tuple[int, int]]:
    """Returns (actual, expected) starts at three lanes: each truck takes the lane that is free first."""
    free_s, starts = [0] * 3, []
    for joined_s, _, started_s, service_s in _served_visits(run):
        should_s = max(joined_s, free_s[0])
        heapreplace(free_s, should_s + service_s)
        starts.append((started_s, should_s))
    return starts


def priority_starts(run: ReplicationResult) -> list[tuple[int, int]]:
    """Returns (actual, expected) starts at one lane: the next truck is the first by rank, joining and load."""
    rank = run.draws.rank
    coming = [
        (joined_s, int(rank[load]), load, started_s, service_s)
        for joined_s, load, started_s, service_s in _served_visits(run)
    ]
    waiting: list[tuple[int, int, int, int, int]] = []
    free_s, starts = 0, []
    while coming or waiting:
        if not waiting:
            free_s = max(free_s, coming[0][0])
        while coming and coming[0][0] <= free_s:
            joined_s, rank_of_load, load, started_s, service_s = coming.pop(0)
            heappush(waiting, (rank_of_load, joined_s, load, started_s, service_s))
        *_, started_s, service_s = heappop(waiting)
        starts.append((started_s, free_s))
        free_s += service_s
    return starts


def blocking_starts(run: ReplicationResult) -> list[tuple[int, int]]:
    """Returns (actual, expected) starts at the site and at the dock, which serves one truck and has room for two.

    A truck blocks the lane of the site until the third truck before it has left the dock.
    """
    left_dock: list[int] = []
    left_site_s, starts = 0, []
    dock_visits = {load: (started_s, service_s) for _, load, started_s, service_s in _served_visits(run)}
    for joined_s, load, started_s, service_s in _served_visits(run, "sites.scan"):
        if load not in dock_visits:
            break
        begins_s = max(joined_s, left_site_s)
        left_site_s = max(begins_s + service_s, left_dock[-3] if len(left_dock) >= 3 else 0)
        docks_s = max(left_site_s, left_dock[-1] if left_dock else 0)
        left_dock.append(docks_s + dock_visits[load][1])
        starts += [(started_s, begins_s), (dock_visits[load][0], docks_s)]
    return starts


def convoy_departures(run: ReplicationResult) -> list[tuple[int, int]]:
    """Returns (actual, expected) times and sizes of convoys.

    A convoy leaves with four trucks, or once its first has waited for half an hour. All joins of a second count as one.
    """
    visits = run.visits("yards.hub")
    joined = sorted(zip(visits.joined_s.tolist(), visits.entity.tolist(), strict=True))
    set_out = run.rows(e.SET_OUT)
    departures = list(zip(set_out["time_s"].tolist(), (set_out["value"] // 20).tolist(), strict=True))
    pairs, at = [], 0
    for left_s, size in departures:
        patience_s = joined[at][0] + 1800
        fourth_s = joined[at + 3][0] if at + 3 < len(joined) else patience_s
        pairs.append((left_s, min(patience_s, fourth_s)))
        pairs.append((size, sum(joined_s <= pairs[-1][1] for joined_s, _ in joined[at : at + 9])))
        at += size
    return pairs


CASES = [
    recursion_case("three lanes, skewed services", "Kiefer and Wolfowitz 1955",
         single_queue(12, f"lanes: 3, time: {SKEWED_SERVICE}") + run_settings(3), fifo_starts),
    recursion_case("one lane, three ranks", "the queue itself",
         DOCK_CORRIDOR + flow_settings(*(flow_entry(f"rate: {1 + rank} trucks/h", f"rank_{rank}", rank)
             for rank in range(3)))
         + f"warehouses: {{dock: {{lanes: 1, time: {SKEWED_SERVICE}}}}}\n" + run_settings(4), priority_starts),
    recursion_case("two lanes with room for two between them", "recursion of blocking",
         f"sites: {{scan: {{lanes: 1, time: {SKEWED_SERVICE}}}}}\n"
         f"warehouses: {{dock: {{lanes: 1, time: {SKEWED_SERVICE}, room: 2}}}}\n"
         "corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}}\n"
         + flow_settings(flow_entry("rate: 4 trucks/h")) + run_settings(4), blocking_starts),
    recursion_case("convoys of four or after half an hour", "the rule itself",
         CONVOY_WORLD + "yards: {hub: {min: 4, max: 9, patience: 30 min}}\n"
         + flow_settings(flow_entry("rate: 6 trucks/h")) + run_settings(4),
         convoy_departures),
]  # fmt: skip
