"""Tables to draw an animation of replication 0: drives of a sample of its loads, and the occupancy of places.

They are computed from the log, and are no measures. Convoys are not kept together, and drivers are left out.
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
MAX_MOMENTS = 1000  # moments of the occupancy table, less one


def sampled_drives(history: History, draws: Draws, network: Network) -> dict[str, Any]:
    """Returns a row for each drive of each load in the sample, by load and time.

    one_in : the sample holds every k-th load of each flow, k as given here. drive : number of the drive in its
    corridor, from 0. A load that has wholly left its platform drives with the vehicle that took its last pallets. A
    drive that has not ended is cut at the run's end.
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
    """Returns the occupancy of each place at regular hours, where it differs from the hour before (0 before the first).

    there : in the unit of the place, waiting, in service or blocked. arrived : pallets since the start.
    """
    hours = np.arange(0, network.days * 24 + 1, hours_between_moments(network.days))
    parts: list[tuple[str, Ints, Ints, Ints]] = []
    for node in network.nodes:
        if not isinstance(node, GateNode | PoolNode | PlatformNode | YardNode | OfficeNode | SlotsNode):
            continue
        arrived = history.rows(e.ARRIVED, node.number)
        level = _place_level(node, history).value_before(hours * HOUR_S + 1)
        pallets = Level(arrived["time_s"].astype(np.int64), arrived["value"].astype(np.int64)).value_before(
            hours * HOUR_S + 1
        )
        changed = (np.diff(level, prepend=0) != 0) | (np.diff(pallets, prepend=0) != 0)
        parts.append((node.name, hours[changed], level[changed], pallets[changed]))
    return {
        "place": np.repeat(np.array([name for name, *_ in parts], dtype=str), [len(h) for _, h, _, _ in parts]),
        **{
            name: np.concatenate([part[k] for part in parts]) if parts else np.zeros(0, dtype=np.int64)
            for k, name in ((1, "hour"), (2, "there"), (3, "arrived"))
        },
    }


def sampling_interval(group: Any, most: int) -> int:
    """Returns the smallest k for which every k-th member of each group, from the first on, is at most `most` in all.

    With more groups than `most`, it is the smallest k that leaves one member of each group.
    """
    counts = np.bincount(group)
    counts = counts[counts > 0]
    step = 1
    while step < counts.max(initial=0) and -(-counts // step).sum() > most:
        step += 1
    return step


def select_every(group: Any, step: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each member is a `step`-th of its group, from the first on. Shape of `group`, (n,)."""
    order = np.argsort(group, kind="stable")
    first = np.searchsorted(group[order], group[order])
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - first
    return np.asarray(rank % step == 0)


def drive_numbers(load: list[int], road: list[int], route: list[Route]) -> Ints:
    """Returns the number of the drive in its corridor for each row; rows are by load and time.

    It is the next drive that can take the row's road; the first such drive for a load that was sent back.
    """
    numbers: list[int] = []
    for k in range(len(load)):
        drives = [step.roads for step in route[k].steps if isinstance(step, Travel)]
        next_number = numbers[-1] + 1 if k and load[k] == load[k - 1] else 0
        candidates = [number for number, roads in enumerate(drives) if road[k] in roads]
        numbers.append(next((number for number in candidates if number >= next_number), candidates[0]))
    return np.array(numbers, dtype=np.int64)


def hours_between_moments(days: int) -> int:
    """Returns the interval in hours, a divisor or multiple of 24, that gives at most MAX_MOMENTS + 1 moments."""
    part = next((hours for hours in (1, 2, 3, 4, 6, 12) if days * 24 <= MAX_MOMENTS * hours), 0)
    return part or 24 * -(-days // MAX_MOMENTS)


def _sampled_road_visits(
    history: History, draws: Draws, network: Network, sampled: Any
) -> Iterator[tuple[Ints, Ints, Ints, Ints]]:
    """Yields (load, road, from_s, to_s) of each road: loads on inbound trucks, and vehicles with their last pallets."""
    parts = history.collected_parts
    whole = sampled & (np.bincount(parts.load, parts.pallets, len(draws)) == draws.pallets)
    latest = np.lexsort((parts.carrier, parts.time_s, parts.load))
    latest = latest[np.append(np.diff(parts.load[latest]) != 0, True)[: len(latest)]]  # the last of each load
    latest = latest[whole[parts.load[latest]]]
    latest = latest[np.argsort(parts.carrier[latest], kind="stable")]
    carrier, load_of = parts.carrier[latest], parts.load[latest]
    empty = np.zeros(0, dtype=np.int64)
    yield empty, empty, empty, empty
    for node in network.nodes:
        if not isinstance(node, RoadNode):
            continue
        visits = history.visits(node.number)
        on_trucks = np.flatnonzero(
            (visits.carrier < 0) & sampled[visits.entity] & (visits.started_s < history.horizon_s)
        )
        first, beyond = (np.searchsorted(carrier, visits.carrier, side) for side in ("left", "right"))
        times = np.where((visits.carrier >= 0) & (visits.started_s < history.horizon_s), beyond - first, 0)
        on_vehicles = np.repeat(np.arange(len(times)), times)  # a vehicle may take the last pallets of several loads
        part_of_row = np.arange(len(on_vehicles)) - np.repeat(np.cumsum(times) - times, times) + first[on_vehicles]
        rows = np.concatenate([on_trucks, on_vehicles])
        load = np.concatenate([visits.entity[on_trucks], load_of[part_of_row]])
        yield load, np.full(len(rows), node.number), visits.started_s[rows], visits.finished_s[rows]


def _place_level(node: Node, history: History) -> Level:
    """Returns the level of a place, as in `places.place_readings`."""
    if isinstance(node, PlatformNode):
        placed, taken = (history.rows(kind, node.number) for kind in (e.OFFLOADED, e.COLLECTED))
        change = np.concatenate([placed["value"].astype(np.int64), -taken["value"].astype(np.int64)])
        return Level(np.concatenate([placed["time_s"], taken["time_s"]]).astype(np.int64), change)
    visits = history.visits(node.number)
    counted = (
        is_load(visits.carrier) if isinstance(node, OfficeNode | SlotsNode) else np.ones(len(visits.carrier), bool)
    )
    gone = {PoolNode: visits.left_s, OfficeNode: visits.finished_s}.get(type(node), visits.started_s)
    return Level.from_spans(visits.joined_s[counted].astype(np.int64), gone[counted].astype(np.int64))


def _name_array(items: Any) -> np.ndarray[tuple[int], np.dtype[Any]]:
    return np.array([item.name for item in items], dtype=str)
