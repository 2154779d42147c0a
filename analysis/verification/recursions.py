"""Truck by truck on drawn luck: when each starts follows from when trucks come and how long they take. In seconds.

How long each takes is read off the run; the laws of that are held against theory elsewhere.
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


def mismatched_seconds(found: Callable[[ReplicationResult], list[tuple[int, int]]]) -> ExactStatistic:
    """How many trucks do something at another second than they should."""
    return ExactStatistic(
        "trucks at another second", 0, lambda ran: sum(is_s != should_s for is_s, should_s in found(ran))
    )


def recursion_case(name: str, by: str, world: str, found: Callable[[ReplicationResult], list[tuple[int, int]]]) -> Case:
    enough = ExactStatistic("hundreds of trucks", True, lambda ran: len(found(ran)) >= 300)
    return Case("truck by truck", name, by, world, [mismatched_seconds(found), enough])


def _served_visits(ran: ReplicationResult, place: str = "warehouses.dock") -> list[tuple[int, int, int, int]]:
    """(joined, load, started, service) of who was served, by joining and loads; the last services are cut off."""
    visits = ran.visits(place)
    begun = visits.started_s < ran.network.horizon_s
    columns = (visits.joined_s, visits.entity, visits.started_s, visits.finished_s - visits.started_s)
    return sorted(zip(*(column[begun].tolist() for column in columns), strict=True))


def fifo_starts(ran: ReplicationResult) -> list[tuple[int, int]]:
    """Each takes the lane that is free first."""
    free_s, starts = [0] * 3, []
    for joined_s, _, started_s, service_s in _served_visits(ran):
        should_s = max(joined_s, free_s[0])
        heapreplace(free_s, should_s + service_s)
        starts.append((started_s, should_s))
    return starts


def priority_starts(ran: ReplicationResult) -> list[tuple[int, int]]:
    """Whenever the lane is free, of those who are there the first by rank, joining and load goes."""
    rank = ran.draws.rank
    coming = [
        (joined_s, int(rank[load]), load, started_s, service_s)
        for joined_s, load, started_s, service_s in _served_visits(ran)
    ]
    waiting: list[tuple[int, int, int, int, int]] = []
    free_s, starts = 0, []
    while coming or waiting:
        if not waiting:
            free_s = max(free_s, coming[0][0])
        while coming and coming[0][0] <= free_s:
            joined_s, of_rank, load, started_s, service_s = coming.pop(0)
            heappush(waiting, (of_rank, joined_s, load, started_s, service_s))
        *_, started_s, service_s = heappop(waiting)
        starts.append((started_s, free_s))
        free_s += service_s
    return starts


def blocking_starts(ran: ReplicationResult) -> list[tuple[int, int]]:
    """Each keeps its lane until the third before it has left the dock behind: one is served there, and two wait."""
    left: list[int] = []
    gone_s, starts = 0, []
    docked = {load: (started_s, service_s) for _, load, started_s, service_s in _served_visits(ran)}
    for joined_s, load, started_s, service_s in _served_visits(ran, "sites.scan"):
        if load not in docked:
            break
        begins_s = max(joined_s, gone_s)
        gone_s = max(begins_s + service_s, left[-3] if len(left) >= 3 else 0)
        docks_s = max(gone_s, left[-1] if left else 0)
        left.append(docks_s + docked[load][1])
        starts += [(started_s, begins_s), (docked[load][0], docks_s)]
    return starts


def convoy_departures(ran: ReplicationResult) -> list[tuple[int, int]]:
    """Four together, or those that are there when the first has waited for half an hour; a second is one moment."""
    visits = ran.visits("yards.hub")
    joined = sorted(zip(visits.joined_s.tolist(), visits.entity.tolist(), strict=True))
    set_out = ran.rows(e.SET_OUT)
    found = list(zip(set_out["time_s"].tolist(), (set_out["value"] // 20).tolist(), strict=True))
    pairs, at = [], 0
    for told_s, size in found:
        patience_s = joined[at][0] + 1800
        fourth_s = joined[at + 3][0] if at + 3 < len(joined) else patience_s
        pairs.append((told_s, min(patience_s, fourth_s)))
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
