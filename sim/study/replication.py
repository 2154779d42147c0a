"""One replication from luck to tables: draws, engine, conservation, measures. A pure function, run in any process.

What makes two replications the same: digests of their luck, of an engine's inputs, and of the log.

Memory that is given back: what is dropped in the midst of a large replication, before the largest moment of it.
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
    "drives": ("replication", "load", "from_s"),  # of replication 0 alone, as the next
    "standing": ("replication", "place", "hour"),
}


def compute_digests(network: Network, draws: Draws, log: Log) -> dict[str, str]:
    """XXH3, of 128 bits, of `luck` (the uniforms), `inputs` (the integers handed to the engine) and `events` (the log).

    Places stand with their keys and are counted among those that are used, so that one that nobody uses changes none.
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


@dataclass(frozen=True)
class Replication:
    """What is kept of one replication: its tables (loads if asked for, a replay of 0) and its three digests."""

    number: int
    tables: dict[str, Table]
    digests: dict[str, str]


def replicate(network: Network, run: Run, number: int, with_loads: bool, with_waiting: bool = False) -> Replication:
    """Runs replication `number`. Raises NotConserved or Gridlock where the model has gone wrong.

    with_waiting : for variants alone: a table of where somebody waited and when, and no replay.
    """
    network, draws, history, found, places, told = _run_network(network, run, number)
    travelled = load_transits(history, draws, found, network)
    kinds, kind_of = _cargo_kinds(network)
    by_day = daily_milestone_sums(found, draws, kind_of[draws.source])
    onward = None if network.onward is None else _run_distribution(network, draws, found, run, number)
    taken = None if onward is None else onward.goods
    needed = balance_needs(network, build_lots(network, draws, found, taken))
    rows = [
        *compute_measures(network, history, by_day, travelled, places, draws.route),
        *need_measures(network, needed),
    ]
    crossing = None if network.people is None else _run_people(network.people, run, number)
    for other in (crossing, onward):
        if other is not None:
            told = combine_digests(told, other.digests)
            rows += [Measure(*row) for row in other.measures]
    tables = {
        "replications": {
            "measure": np.array([row.name for row in rows]),
            "unit": np.array([row.unit for row in rows]),
            "value": np.array([np.nan if row.value is None else row.value for row in rows]),
        },
        "daily": _daily_table(network, kinds, by_day, run),
        "places": _places_table(network, places, run),
        "transit": _transit_table(network, draws, travelled),
        "whereabouts": whereabouts.whereabouts_table(network, draws, kinds, kind_of[draws.source], history),
    }
    if network.needs.areas:
        tables["needs"] = _needs_table(network, needed, run)
    if crossing is not None:
        tables["people"] = crossing.table
    if onward is not None:
        tables["distribution"] = onward.table
        tables["places"] = {
            name: np.append(column, onward.places_table[name]) for name, column in tables["places"].items()
        }
    if with_loads:
        tables["loads"] = _loads_table(network, draws, found)
    if number == 0 and not with_waiting:
        tables["drives"] = replay.sampled_drives(history, draws, network)
        tables["standing"] = replay.place_occupancy(history, network)
    if with_waiting:
        tables["waiting"] = _waiting_table(network, draws, history)
    for table in tables.values():
        table["replication"] = np.full(len(next(iter(table.values()))), number, dtype=np.int32)
    return Replication(number, tables, told)


class NetworkRun(NamedTuple):
    """What is known of one part of the world when its clock has stopped, and everything adds up."""

    network: Network
    draws: Draws
    history: History
    milestones: dict[str, MilestoneEvents]
    readings: dict[int, DailyReadings]
    digests: dict[str, str]


def _run_network(network: Network, run: Run, number: int) -> NetworkRun:
    """Runs one part of the world. Raises NotConserved or Gridlock."""
    network = draw_network(network, run.seed, number)
    draws = draw_loads(network, run.seed, number)
    log = simulate(network, draws, run.engine)
    told = compute_digests(network, draws, log)
    dropped = draws.luck.nbytes
    draws = draws.without_luck()  # which was for the engine: the next is the largest moment of all
    release_memory(dropped)
    history = History(log, network.horizon_s)
    del log  # the largest thing there is, and no longer needed
    draws = draws.with_logged_routes(network, history.rows(ROUTED))
    found = find_milestones(history, draws, network)
    places = {node.number: place_readings(history, draws, network, node) for node in network.nodes}
    conservation.check_conservation(network, draws, history, found, places)
    return NetworkRun(network, draws, history, found, places, told)


class PeopleResults(NamedTuple):
    """What is kept of the people of one replication."""

    table: Table
    measures: list[people.PeopleMeasure]
    digests: dict[str, str]


def _run_people(network: Network, run: Run, number: int) -> PeopleResults:
    """The people's own network, run and checked as that of goods. Raises NotConserved or Gridlock."""
    ran = _run_network(network, run, number)
    all_of = people.build_parties(ran.network, ran.draws, ran.milestones)
    by_day = people.people_by_day(ran.network, all_of)
    table = {"date": _dates_of_days(run, by_day.pop("day")), **by_day}
    return PeopleResults(table, people.people_measures(ran.network, all_of), ran.digests)


class DistributionResults(NamedTuple):
    """What is kept of what went on inside in one replication. `taken` : for needs."""

    table: Table
    places_table: Table
    measures: list[Measure]
    digests: dict[str, str]
    goods: DistributedGoods


def _run_distribution(
    goods: Network, draws: Draws, found: dict[str, MilestoneEvents], run: Run, number: int
) -> DistributionResults:
    """What arrived and goes on, in a network of its own, as that of goods. Raises NotConserved or Gridlock."""
    ways = {name: allocate_routes(goods, draws, found[name]) for name in ("arrived", "intercepted")}
    ran = _run_network(distribution_network_with_loads(goods, draws, found["arrived"], ways["arrived"]), run, number)
    network = ran.network
    by_day = distribution.distribution_by_day(network, ran.draws, ran.milestones)
    table = {"date": _dates_of_days(run, by_day.pop("day")), **by_day}
    travelled = load_transits(
        ran.history, ran.draws, {**ran.milestones, "dispatched": ran.milestones["requested"]}, network
    )
    measured = [
        *distribution.distribution_measures(network, table, travelled, ran.draws.route),
        *place_measures(network, ran.history, ran.readings),
    ]
    taken = DistributedGoods(network, ran.draws, ran.milestones, ways)
    return DistributionResults(table, _places_table(network, ran.readings, run), measured, ran.digests, taken)


def simulate(network: Network, draws: Draws, engine: Engine) -> Log:
    """The log of one replication, which is the same whatever the engine. Raises Gridlock."""
    if engine == "simpy":
        from sim.story.corridor import run
    else:
        from sim.loop.engine import run
    return run(network, draws)


def _cargo_kinds(network: Network) -> tuple[list[tuple[str, str]], Ints]:
    """The sectors and cargos that go together, in order, and which of these each source has."""
    of_source = [(source.sector, source.cargo) for source in network.sources]
    kinds = sorted(set(of_source))
    return kinds, np.array([kinds.index(kind) for kind in of_source], dtype=np.int64)


def _daily_table(network: Network, kinds: list[tuple[str, str]], sums: dict[str, Ints], run: Run) -> Table:
    return {
        "date": _dates_of_days(run, sums["day"]),
        "corridor": np.array([route.name for route in network.routes])[sums["route"]],
        "sector": np.array([sector for sector, _ in kinds])[sums["group"]],
        "cargo": np.array([cargo for _, cargo in kinds])[sums["group"]],
        "milestone": np.array(MILESTONES)[sums["milestone"]],
        **{name: sums[name] for name in ("trucks", "pallets", "kg")},
    }


def _places_table(network: Network, places: dict[int, DailyReadings], run: Run) -> Table:
    table: Table = {
        "date": np.tile(_dates_of_days(run, np.arange(network.days)), len(places)),
        "place": np.repeat([network.nodes[number].name for number in places], network.days),
    }
    for name in DailyReadings._fields:
        table[name] = np.concatenate([getattr(days, name) for days in places.values()])
    return table


def _needs_table(network: Network, balance: NeedsBalance, run: Run) -> Table:
    table = balance_columns(network, balance)
    return {"date": _dates_of_days(run, table.pop("day")), **table}


def _waiting_table(network: Network, draws: Draws, history: History) -> Table:
    """A row a day of each place that somebody can wait for: seconds open, and of these with somebody waiting."""
    found = {node.name: waiting_by_day(history, draws, network, node) for node in network.nodes}
    there = {name: days for name, days in found.items() if days is not None}
    return {
        "day": np.tile(np.arange(network.days), len(there)),
        "place": np.repeat(list(there), network.days),
        "open_s": np.concatenate([days.open_s for days in there.values()]),
        "waiting_s": np.concatenate([days.waiting_s for days in there.values()]),
    }


def _transit_table(network: Network, draws: Draws, travelled: LoadTransits) -> Table:
    sectors, sector_of = np.unique([source.sector for source in network.sources], return_inverse=True)
    columns = (
        draws.route[travelled.load], travelled.outcome, travelled.duration_s // HOUR_S,
        sector_of[draws.source[travelled.load]],
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


def _loads_table(network: Network, draws: Draws, found: dict[str, MilestoneEvents]) -> Table:
    """A row a load: what it is, and when it, or the last of it, reached each milestone [s]; -1 where it did not."""
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
        np.maximum.at(reached_s, found[name].load, found[name].time_s)
        table[f"{name}_s"] = reached_s
    return table


def _dates_of_days(run: Run, day: np.ndarray[tuple[int], np.dtype[Any]]) -> np.ndarray[tuple[int], np.dtype[Any]]:
    every = np.array([run.start + timedelta(days=i) for i in range(run.days)], dtype="datetime64[D]")
    return np.asarray(every[day])


CHUNK_ROWS = 1 << 15  # rows of the log at a time, so that it is never copied whole


def combine_digests(goods: dict[str, str], people: dict[str, str]) -> dict[str, str]:
    """One digest of each kind for two networks of one world."""
    return {name: xxh3_128((told + people[name]).encode()).hexdigest() for name, told in goods.items()}


MIN_BYTES_TO_RELEASE = (
    1 << 23
)  # bytes; to take less back from the system again would cost more time than its room is worth


def release_memory(dropped: int) -> None:
    """Returns to the system what is free, where so many bytes were `dropped` that it is worth it.

    Only glibc keeps blocks of this size for itself; other libraries are left alone.
    """
    if dropped >= MIN_BYTES_TO_RELEASE and platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
