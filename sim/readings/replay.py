"""What is kept of replication 0 so that it can be watched: the drives of a sample of its loads, and who stands where.

Read off the log like any measure, and no measure itself: no number of a page is made of it. It keeps no convoy together
and says nothing of who drives; which drive of its corridor a row is, is all that a reader needs to draw it.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from sim import events as e
from sim.laws import Ints
from sim.luck.draws import Draws
from sim.network.base import Node
from sim.network.convoys import YardNode
from sim.network.corridors import Route, Travel
from sim.network.gates import GateNode
from sim.network.lanes import PoolNode
from sim.network.network import Network
from sim.network.offices import OfficeNode, SlotsNode
from sim.network.roads import RoadNode
from sim.network.stock import PlatformNode
from sim.readings.visits import History, Level, is_load
from sim.units import HOUR_S

MAX_SAMPLED_LOADS = 2000  # loads in the sample
MAX_MOMENTS = 1000  # at which is told who stands where


def sampled_drives(history: History, draws: Draws, network: Network) -> dict[str, Any]:
    """A row for each drive of each load in the sample, by load and time.

    one_in : the sample is every so-many-th load of each flow; drive : the number of the drive in its corridor, from 0.
    Once a load has wholly left its platform it drives where the vehicle does that took its last pallets. What the
    run's end cuts short ends then.
    """
    step = sampling_interval(draws.source, MAX_SAMPLED_LOADS)
    sampled = select_every(draws.source, step)
    columns = (
        np.concatenate(parts) for parts in zip(*_sampled_road_visits(history, draws, network, sampled), strict=True)
    )
    load, road, from_s, to_s = (column.astype(np.int64) for column in columns)
    order = np.lexsort((from_s, load))
    load, road, from_s, to_s = (column[order] for column in (load, road, from_s, to_s))
    route = draws.route[load]
    return {
        "load": load,
        "flow": _name_array(network.sources)[draws.source[load]],
        "corridor": _name_array(network.routes)[route],
        "sector": np.array([source.sector for source in network.sources], dtype=str)[draws.source[load]],
        "drive": drive_numbers(load.tolist(), road.tolist(), [network.routes[number] for number in route.tolist()]),
        "road": _name_array(network.nodes)[road],
        "from_s": from_s,
        "to_s": to_s,
        "one_in": np.full(len(load), step),
    }


def place_occupancy(history: History, network: Network) -> dict[str, Any]:
    """Who stands at each place, every so many hours, where that differs from the moment before (0 before the first).

    there : in the unit of the place, waiting, being served or kept for room. arrived : pallets, from the start on.
    """
    hours = np.arange(0, network.days * 24 + 1, hours_between_moments(network.days))
    found: list[tuple[str, Ints, Ints, Ints]] = []
    for node in network.nodes:
        if not isinstance(node, GateNode | PoolNode | PlatformNode | YardNode | OfficeNode | SlotsNode):
            continue
        arrived = history.rows(e.ARRIVED, node.number)
        there = _place_level(node, history).value_before(hours * HOUR_S + 1)
        came = Level(arrived["time_s"].astype(np.int64), arrived["value"].astype(np.int64)).value_before(
            hours * HOUR_S + 1
        )
        changed = (np.diff(there, prepend=0) != 0) | (np.diff(came, prepend=0) != 0)
        found.append((node.name, hours[changed], there[changed], came[changed]))
    return {
        "place": np.repeat(np.array([name for name, *_ in found], dtype=str), [len(h) for _, h, _, _ in found]),
        **{
            name: np.concatenate([part[k] for part in found]) if found else np.zeros(0, dtype=np.int64)
            for k, name in ((1, "hour"), (2, "there"), (3, "arrived"))
        },
    }


def sampling_interval(group: Any, most: int) -> int:
    """The smallest whole number k for which every k-th of each group, from its first on, are `most` or fewer.

    Where there are more groups than that, all are taken of which one each is the least.
    """
    counts = np.bincount(group)
    counts = counts[counts > 0]
    step = 1
    while step < counts.max(initial=0) and -(-counts // step).sum() > most:
        step += 1
    return step


def select_every(group: Any, step: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which are every `step`-th of their group, from its first on. Shape of `group`, (n,)."""
    order = np.argsort(group, kind="stable")
    first = np.searchsorted(group[order], group[order])
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - first
    return np.asarray(rank % step == 0)


def drive_numbers(load: list[int], road: list[int], route: list[Route]) -> Ints:
    """Which of its corridor's drives each row is; rows by load and time.

    It is the next one that takes this road; for who was sent back to drive again, the first.
    """
    found: list[int] = []
    for k in range(len(load)):
        ways = [step.roads for step in route[k].steps if isinstance(step, Travel)]
        after = found[-1] + 1 if k and load[k] == load[k - 1] else 0
        fits = [number for number, roads in enumerate(ways) if road[k] in roads]
        found.append(next((number for number in fits if number >= after), fits[0]))
    return np.array(found, dtype=np.int64)


def hours_between_moments(days: int) -> int:
    """Whole hours, a part of a day, or days, so that a run has no more than MOMENTS of them and one."""
    part = next((hours for hours in (1, 2, 3, 4, 6, 12) if days * 24 <= MAX_MOMENTS * hours), 0)
    return part or 24 * -(-days // MAX_MOMENTS)


def _sampled_road_visits(
    history: History, draws: Draws, network: Network, sampled: Any
) -> Iterator[tuple[Ints, Ints, Ints, Ints]]:
    """(load, road, from_s, to_s) of each road: of loads on their own trucks, and of what took their last pallets."""
    parts = history.collected_parts
    whole = sampled & (np.bincount(parts.load, parts.pallets, len(draws)) == draws.pallets)
    latest = np.lexsort((parts.carrier, parts.time_s, parts.load))
    latest = latest[np.append(np.diff(parts.load[latest]) != 0, True)[: len(latest)]]  # the last of each load
    latest = latest[whole[parts.load[latest]]]
    latest = latest[np.argsort(parts.carrier[latest], kind="stable")]
    carrier, load_of = parts.carrier[latest], parts.load[latest]
    none = np.zeros(0, dtype=np.int64)
    yield none, none, none, none
    for node in network.nodes:
        if not isinstance(node, RoadNode):
            continue
        visits = history.visits(node.number)
        own = np.flatnonzero((visits.carrier < 0) & sampled[visits.entity] & (visits.started_s < history.horizon_s))
        first, beyond = (np.searchsorted(carrier, visits.carrier, side) for side in ("left", "right"))
        times = np.where((visits.carrier >= 0) & (visits.started_s < history.horizon_s), beyond - first, 0)
        taken = np.repeat(np.arange(len(times)), times)  # a vehicle may take the last pallets of several loads
        which = np.arange(len(taken)) - np.repeat(np.cumsum(times) - times, times) + first[taken]
        rows = np.concatenate([own, taken])
        load = np.concatenate([visits.entity[own], load_of[which]])
        yield load, np.full(len(rows), node.number), visits.started_s[rows], visits.finished_s[rows]


def _place_level(node: Node, history: History) -> Level:
    """Who is there, as days tell of it (`place_days`)."""
    if isinstance(node, PlatformNode):
        placed, taken = (history.rows(kind, node.number) for kind in (e.OFFLOADED, e.COLLECTED))
        change = np.concatenate([placed["value"].astype(np.int64), -taken["value"].astype(np.int64)])
        return Level(np.concatenate([placed["time_s"], taken["time_s"]]).astype(np.int64), change)
    visits = history.visits(node.number)
    own = is_load(visits.carrier) if isinstance(node, OfficeNode | SlotsNode) else np.ones(len(visits.carrier), bool)
    gone = {PoolNode: visits.left_s, OfficeNode: visits.finished_s}.get(type(node), visits.started_s)
    return Level.from_spans(visits.joined_s[own].astype(np.int64), gone[own].astype(np.int64))


def _name_array(things: Any) -> np.ndarray[tuple[int], np.dtype[Any]]:
    return np.array([thing.name for thing in things], dtype=str)
