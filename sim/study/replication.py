"""One replication from random numbers to tables: draws, engine, conservation checks, measures.

It is a pure function that can run in any process; it writes no file. Digests of the random numbers, of the engine's
inputs and of the log show whether two replications are the same.
"""

import ctypes
import platform
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np
from xxhash import xxh3_128

from sim.events import ROUTED, Log
from sim.laws import Ints
from sim.luck.draws import Draws, draw_loads
from sim.luck.places import draw_network
from sim.network.base import crc
from sim.network.network import Network
from sim.readings import conservation, distribution, people, replay, whereabouts
from sim.readings.distribution import allocate_routes, distribution_network_with_loads
from sim.readings.measures import compute_measures, place_measures
from sim.readings.milestones import MILESTONES, MilestoneEvents, daily_milestone_sums, find_milestones, load_transits
from sim.readings.needs import DistributedGoods, NeedsBalance, balance_columns, balance_needs, build_lots, need_measures
from sim.readings.places import place_readings
from sim.readings.records import TRANSIT_OUTCOMES, DailyReadings, LoadTransits, Measure
from sim.readings.visits import History
from sim.readings.waiting import waiting_by_day
from sim.scenario.scenario import Engine, Run
from sim.units import HOUR_S

Table = dict[str, np.ndarray[tuple[int], np.dtype[Any]]]
CHUNK_ROWS = 1 << 15  # rows of the log at a time, so that it is never copied whole
MIN_BYTES_TO_RELEASE = 1 << 23  # bytes; below this, getting the memory back costs more than it saves
SORT_COLUMNS = {  # the columns by which each table is sorted
    "replications": ("replication", "measure"),
    "daily": ("replication", "date", "corridor", "sector", "cargo", "milestone"),
    "places": ("replication", "place", "date"),
    "transit": ("replication", "corridor", "sector", "outcome", "hours"),
    "needs": ("replication", "supply", "area", "need", "date"),
    "whereabouts": ("replication", "moment", "sector", "cargo", "corridor", "place", "state"),
    "people": ("replication", "people", "direction", "urgency", "date"),
    "distribution": ("replication", "corridor", "sector", "cargo", "date"),
    "loads": ("replication", "load"),
    "drives": ("replication", "load", "from_s"),  # of replication 0 alone, like `standing`
    "standing": ("replication", "place", "hour"),
}


@dataclass(frozen=True)
class Replication:
    """Results of one replication: its tables (loads if requested, drives and standing of number 0) and its digests."""

    number: int
    tables: dict[str, Table]
    digests: dict[str, str]


def replicate(network: Network, run: Run, number: int, with_loads: bool, with_waiting: bool = False) -> Replication:
    """Runs replication `number`. Raises ConservationError if amounts do not add up, Gridlock if the engine is stuck.

    with_loads : also a table of loads. with_waiting : for variants, a table of daily waiting for places, and no replay.
    """
    network, draws, history, milestones, readings, digests = _run_network(network, run, number)
    transits = load_transits(history, draws, milestones, network)
    kinds, kind_of = _cargo_kinds(network)
    by_day = daily_milestone_sums(milestones, draws, kind_of[draws.source])
    distributed = None if network.onward is None else _run_distribution(network, draws, milestones, run, number)
    distributed_goods = None if distributed is None else distributed.goods
    balance = balance_needs(network, build_lots(network, draws, milestones, distributed_goods))
    rows = [
        *compute_measures(network, history, by_day, transits, readings, draws.route),
        *need_measures(network, balance),
    ]
    crossing = None if network.people is None else _run_people(network.people, run, number)
    for results in (crossing, distributed):
        if results is not None:
            digests = combine_digests(digests, results.digests)
            rows += [Measure(*row) for row in results.measures]
    tables = {
        "replications": {
            "measure": np.array([row.name for row in rows]),
            "unit": np.array([row.unit for row in rows]),
            "value": np.array([np.nan if row.value is None else row.value for row in rows]),
        },
        "daily": _daily_table(network, kinds, by_day, run),
        "places": _places_table(network, readings, run),
        "transit": _transit_table(network, draws, transits),
        "whereabouts": whereabouts.whereabouts_table(network, draws, kinds, kind_of[draws.source], history),
    }
    if network.needs.areas:
        tables["needs"] = _needs_table(network, balance, run)
    if crossing is not None:
        tables["people"] = crossing.table
    if distributed is not None:
        tables["distribution"] = distributed.table
        tables["places"] = {
            name: np.append(column, distributed.places_table[name]) for name, column in tables["places"].items()
        }
    if with_loads:
        tables["loads"] = _loads_table(network, draws, milestones)
    if number == 0 and not with_waiting:
        tables["drives"] = replay.sampled_drives(history, draws, network)
        tables["standing"] = replay.place_occupancy(history, network)
    if with_waiting:
        tables["waiting"] = _waiting_table(network, draws, history)
    for table in tables.values():
        table["replication"] = np.full(len(next(iter(table.values()))), number, dtype=np.int32)
    return Replication(number, tables, digests)


class NetworkRun(NamedTuple):
    """Results of one network after its run, once everything adds up."""

    network: Network
    draws: Draws
    history: History
    milestones: dict[str, MilestoneEvents]
    readings: dict[int, DailyReadings]
    digests: dict[str, str]


def _run_network(network: Network, run: Run, number: int) -> NetworkRun:
    """Runs one network and checks it. Raises ConservationError or Gridlock."""
    network = draw_network(network, run.seed, number)
    draws = draw_loads(network, run.seed, number)
    log = simulate(network, draws, run.engine)
    digests = compute_digests(network, draws, log)
    dropped = draws.luck.nbytes
    draws = draws.without_luck()  # only the engine needed it, and memory peaks next
    release_memory(dropped)
    history = History(log, network.horizon_s)
    del log  # the largest object, and no longer needed
    draws = draws.with_logged_routes(network, history.rows(ROUTED))
    milestones = find_milestones(history, draws, network)
    readings = {node.number: place_readings(history, draws, network, node) for node in network.nodes}
    conservation.check_conservation(network, draws, history, milestones, readings)
    return NetworkRun(network, draws, history, milestones, readings, digests)


class PeopleResults(NamedTuple):
    """Results of the people's network of one replication."""

    table: Table
    measures: list[people.PeopleMeasure]
    digests: dict[str, str]


def _run_people(network: Network, run: Run, number: int) -> PeopleResults:
    """Runs the people's network, with the same checks as that of goods. Raises ConservationError or Gridlock."""
    result = _run_network(network, run, number)
    parties = people.build_parties(result.network, result.draws, result.milestones)
    by_day = people.people_by_day(result.network, parties)
    table = {"date": _dates_of_days(run, by_day.pop("day")), **by_day}
    return PeopleResults(table, people.people_measures(result.network, parties), result.digests)


class DistributionResults(NamedTuple):
    """Results of distribution in one replication. `goods` : for the needs."""

    table: Table
    places_table: Table
    measures: list[Measure]
    digests: dict[str, str]
    goods: DistributedGoods


def _run_distribution(
    goods: Network, draws: Draws, milestones: dict[str, MilestoneEvents], run: Run, number: int
) -> DistributionResults:
    """Runs the distribution network on the goods that arrived. Raises ConservationError or Gridlock."""
    allocated_routes = {name: allocate_routes(goods, draws, milestones[name]) for name in ("arrived", "intercepted")}
    result = _run_network(
        distribution_network_with_loads(goods, draws, milestones["arrived"], allocated_routes["arrived"]), run, number
    )
    network = result.network
    by_day = distribution.distribution_by_day(network, result.draws, result.milestones)
    table = {"date": _dates_of_days(run, by_day.pop("day")), **by_day}
    transits = load_transits(
        result.history, result.draws, {**result.milestones, "dispatched": result.milestones["requested"]}, network
    )
    measures = [
        *distribution.distribution_measures(network, table, transits, result.draws.route),
        *place_measures(network, result.history, result.readings),
    ]
    distributed_goods = DistributedGoods(network, result.draws, result.milestones, allocated_routes)
    return DistributionResults(
        table, _places_table(network, result.readings, run), measures, result.digests, distributed_goods
    )


def simulate(network: Network, draws: Draws, engine: Engine) -> Log:
    """Returns the log of one replication, which is the same for both engines. Raises Gridlock."""
    if engine == "simpy":
        from sim.story.corridor import run
    else:
        from sim.loop.engine import run
    return run(network, draws)


def _cargo_kinds(network: Network) -> tuple[list[tuple[str, str]], Ints]:
    """Returns the existing pairs of sector and cargo, in order, and the index of each source's pair."""
    kind_of_source = [(source.sector, source.cargo) for source in network.sources]
    kinds = sorted(set(kind_of_source))
    return kinds, np.array([kinds.index(kind) for kind in kind_of_source], dtype=np.int64)


def _daily_table(network: Network, kinds: list[tuple[str, str]], sums: dict[str, Ints], run: Run) -> Table:
    return {
        "date": _dates_of_days(run, sums["day"]),
        "corridor": np.array([route.name for route in network.routes])[sums["route"]],
        "sector": np.array([sector for sector, _ in kinds])[sums["group"]],
        "cargo": np.array([cargo for _, cargo in kinds])[sums["group"]],
        "milestone": np.array(MILESTONES)[sums["milestone"]],
        **{name: sums[name] for name in ("trucks", "pallets", "kg")},
    }


def _places_table(network: Network, readings: dict[int, DailyReadings], run: Run) -> Table:
    table: Table = {
        "date": np.tile(_dates_of_days(run, np.arange(network.days)), len(readings)),
        "place": np.repeat([network.nodes[number].name for number in readings], network.days),
    }
    for name in DailyReadings._fields:
        table[name] = np.concatenate([getattr(days, name) for days in readings.values()])
    return table


def _needs_table(network: Network, balance: NeedsBalance, run: Run) -> Table:
    table = balance_columns(network, balance)
    return {"date": _dates_of_days(run, table.pop("day")), **table}


def _waiting_table(network: Network, draws: Draws, history: History) -> Table:
    """Returns a row a day of each place with a queue: seconds open, and of these with somebody waiting."""
    waiting = {node.name: waiting_by_day(history, draws, network, node) for node in network.nodes}
    with_queue = {name: days for name, days in waiting.items() if days is not None}
    return {
        "day": np.tile(np.arange(network.days), len(with_queue)),
        "place": np.repeat(list(with_queue), network.days),
        "open_s": np.concatenate([days.open_s for days in with_queue.values()]),
        "waiting_s": np.concatenate([days.waiting_s for days in with_queue.values()]),
    }


def _transit_table(network: Network, draws: Draws, transits: LoadTransits) -> Table:
    sectors, sector_of = np.unique([source.sector for source in network.sources], return_inverse=True)
    columns = (
        draws.route[transits.load], transits.outcome, transits.duration_s // HOUR_S,
        sector_of[draws.source[transits.load]],
    )  # fmt: skip
    shape = [int(column.max(initial=0)) + 1 for column in columns]
    packed, counts = np.unique(np.ravel_multi_index(columns, shape), return_counts=True)
    route, outcome, hours, sector = np.unravel_index(packed, shape)
    return {
        "corridor": np.array([route.name for route in network.routes])[route],
        "sector": sectors[sector] if len(packed) else np.zeros(0, dtype="U1"),
        "outcome": np.array(TRANSIT_OUTCOMES)[outcome],
        "hours": hours,
        "loads": counts,
    }


def _loads_table(network: Network, draws: Draws, milestones: dict[str, MilestoneEvents]) -> Table:
    """Returns a row a load: what it is, and when its last part reached each milestone [s]; -1 where it did not."""
    sources = network.sources
    table: Table = {
        "load": np.arange(len(draws)),
        "flow": np.array([source.name for source in sources])[draws.source],
        "corridor": np.array([route.name for route in network.routes])[draws.route],
        "sector": np.array([source.sector for source in sources])[draws.source],
        "cargo": np.array([source.cargo for source in sources])[draws.source],
        "pallets": draws.pallets,
        "kg": draws.kg,
        "created_s": draws.created_s,
    }
    for name in MILESTONES[1:]:
        reached_s = np.full(len(draws), -1, dtype=np.int64)
        np.maximum.at(reached_s, milestones[name].load, milestones[name].time_s)
        table[f"{name}_s"] = reached_s
    return table


def _dates_of_days(run: Run, day: np.ndarray[tuple[int], np.dtype[Any]]) -> np.ndarray[tuple[int], np.dtype[Any]]:
    dates = np.array([run.start + timedelta(days=i) for i in range(run.days)], dtype="datetime64[D]")
    return np.asarray(dates[day])


def compute_digests(network: Network, draws: Draws, log: Log) -> dict[str, str]:
    """Returns the 128-bit XXH3 of `luck` (the uniforms), `inputs` (integers for the engine) and `events` (the log).

    Places enter with their keys and are numbered among those in use, so that an unused place does not change a digest.
    """
    inputs, events = xxh3_128(), xxh3_128()
    for name, array in draws.inputs(network):
        inputs.update(name.encode())
        inputs.update(np.ascontiguousarray(array).data)
    words = log.view(np.int32).reshape(-1, 5)  # five words a row, the third the kind and, above it, the place
    rows = np.zeros(len(network.nodes) + 1, dtype=np.int64)  # at no place, -1, and at each
    for first in range(0, len(words), CHUNK_ROWS):
        rows += np.bincount((words[first : first + CHUNK_ROWS, 2] >> 16) + 1, minlength=len(rows))
    used = rows[1:] > 0
    keys = np.array([crc(node.key) for node in network.nodes], dtype=np.int64)[used]
    events.update(f"{len(keys)} places".encode())
    events.update(keys.data)
    number = np.append(np.cumsum(used) - 1, -1).astype(np.int32) << 16
    for first in range(0, len(words), CHUNK_ROWS):
        part = words[first : first + CHUNK_ROWS]
        if not used.all():
            part = part.copy()
            part[:, 2] = (part[:, 2] & 0xFFFF) | number[part[:, 2] >> 16]
        events.update(part.data)
    luck = (
        xxh3_128((draws.luck_digest + network.day_luck).encode()).hexdigest() if network.day_luck else draws.luck_digest
    )
    return {"luck": luck, "inputs": inputs.hexdigest(), "events": events.hexdigest()}


def combine_digests(first: dict[str, str], second: dict[str, str]) -> dict[str, str]:
    """Returns one digest of each kind for the networks of one world."""
    return {name: xxh3_128((digest + second[name]).encode()).hexdigest() for name, digest in first.items()}


def release_memory(dropped: int) -> None:
    """Returns free memory to the system if at least MIN_BYTES_TO_RELEASE bytes were `dropped`.

    Only glibc keeps blocks of this size for itself; other C libraries are left alone.
    """
    if dropped >= MIN_BYTES_TO_RELEASE and platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
