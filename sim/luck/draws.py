"""Every random number: what each load of one replication will meet, drawn before the clock starts.

Luck belongs to a load and is uniform: one number for each purpose, place and visit, never "the next draw". The
scenario gives it meaning through quantiles. A load is (source, layer, index): adding a flow, a corridor or a place
moves nobody else's luck, and a higher rate or a longer horizon adds loads and moves none. Luck that a load cannot come
to need is not drawn.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from itertools import count
from operator import or_

import numpy as np
from numpy.typing import NDArray

from sim.events import Log
from sim.laws import Ints, Ints32
from sim.luck.arrivals import draw_arrivals
from sim.luck.choices import closed_border_bits, least_wait_choices, route_group_keys, route_groups
from sim.luck.places import breakdown_inputs, mission_inputs, task_inputs
from sim.luck.variates import Luck, Variates, VisitCounts
from sim.network.base import Purpose, Slot, TimedNode, crc
from sim.network.corridors import Inspect, Route
from sim.network.network import Network
from sim.network.offices import SlotsNode
from sim.rules import WITHOUT_END_S

ColumnSpans = dict[Slot, tuple[int, int]]


@dataclass(frozen=True)
class Draws:
    """The loads of one replication, numbered by (created, key of the source, layer, index), and their luck.

    Of those that are there when the run starts the older ones come first.

    A load that is not rejected on its way makes each visit once; the few that are may make more, and only they wait
    before they return. Slots that no load can have both of share columns.

    source, layer, index, created_s, route, way, rank, pallets, kg, first_step : (n,) int32
    way : whose luck it has: its route's or, where it looks at waits, that of all routes that it may take, see
    choosing.py. Its route is a stand-in then, until the log tells which it took.
    stocked : (n,) bool. Already on its corridor when the run starts.
    age_s : (n,) int32. For how long it had been there, or under way before; 0 where that is not known, and of others.
    first_pallet : (n,) int32. Pallets of the loads before it: a vehicle is named by its first pallet in this count.
    luck : (columns, n) int32. Durations [s], from 1 to LONGEST_S, or 1 for yes and 0 for no; parts per million.
    columns : slot -> its first column of `luck`, and how many: one for each visit that needs no rejection.
    again : (columns, m) int32. The same of all further visits, for the loads that were rejected.
    again_of : (n,) int32. The number of a load in `again`, -1 for one that is never rejected.
    again_columns : slot -> its first column of `again`, and how many: for the visits after those in `luck`.
    visits : slot -> (2, ways) int64. How often a load of each way is there if it is not rejected, and at the most.
    luck_digest : of the uniforms.

    Slots stand in the order of purposes and keys.
    """

    source: Ints32
    layer: Ints32
    index: Ints32
    created_s: Ints32
    route: Ints32
    route_group: Ints32
    rank: Ints32
    pallets: Ints32
    kg: Ints32
    first_step: Ints32
    stocked: np.ndarray[tuple[int], np.dtype[np.bool_]]
    age_s: Ints32
    first_pallet: Ints32
    luck: Luck
    columns: ColumnSpans
    repeat_luck: Luck
    repeat_index: Luck
    repeat_columns: ColumnSpans
    visit_counts: VisitCounts
    luck_digest: str

    def __len__(self) -> int:
        return len(self.created_s)

    def without_luck(self) -> "Draws":
        """What the measures need of the loads; columns that were for the engine alone are empty."""
        for_engine = (
            "layer", "index", "route_group", "rank", "first_step", "stocked", "first_pallet", "luck", "repeat_luck",
            "repeat_index",
        )  # fmt: skip
        empty = {name: np.zeros_like(getattr(self, name)[:0]) for name in for_engine}
        return replace(self, **empty, columns={}, repeat_columns={})

    def with_logged_routes(self, network: Network, routed: Log) -> "Draws":
        """The loads with the routes that these rows of the log tell, of those that chose while the clock ran."""
        route, load = self.route.copy(), routed["entity"]
        for number, choice in least_wait_choices(network).items():
            own = self.source[load] == number
            route[load[own]] = np.array(choice.routes)[routed["value"][own]]
        return replace(self, route=route)

    def luck_of_visit(self, slot: Slot, visit: int) -> Luck:
        """What each load meets on that visit, (n,); 0 where it cannot come to make it."""
        values = np.zeros(len(self), dtype=np.int32)
        loads = np.flatnonzero(self._visit_counts(slot) > visit)
        values[loads] = self._luck_of_loads(slot, visit, loads)
        return values

    def keeps_until_s(self, network: Network) -> Ints:
        """The last second at which what is offloaded of each load arrives, and has not expired. Shape (n,) int64."""
        shelf_life_s = np.array([source.shelf_life_s for source in network.sources], dtype=np.int64)
        began_s = self.created_s.astype(np.int64) - self.age_s
        return np.asarray(began_s + shelf_life_s[self.source], dtype=np.int64)

    @property
    def luck_by_slot(self) -> dict[Slot, Luck]:
        """The luck of each slot, (visits, n)."""
        return {
            slot: np.array([self.luck_of_visit(slot, visit) for visit in range(of_way.max())])
            for slot, of_way in self.visit_counts.items()
        }

    def inputs(self, network: Network) -> Iterator[tuple[str, NDArray[np.signedinteger]]]:
        """Name and integers of all that is handed to an engine, in an order that knows keys and no numbers."""
        for name in ("created_s", "rank", "pallets", "kg", "first_step"):
            yield name, getattr(self, name)
        ways = np.array([crc(key) for key in route_group_keys(network)], dtype=np.int64)
        yield "route", ways[np.where(self.route_group < len(network.routes), self.route, self.route_group)]
        drawn = (("luck", self.luck, self.columns), ("again", self.repeat_luck, self.repeat_columns))
        for name, values, columns in drawn:
            slots = " ".join(f"{slot.purpose} {_place_key(network, slot)} {span}" for slot, span in columns.items())
            yield f"{name} {slots}", values
        yield "again_of", self.repeat_index
        if any(source.shelf_life_s < WITHOUT_END_S for source in network.sources):
            yield "keeps_until_s", self.keeps_until_s(network)
        if len(closed := closed_border_bits(network, self.source, self.created_s)):
            yield "closed_borders", closed
        for number in sorted(network.drawn):  # as places stand, by their keys
            node = network.nodes[number]
            assert isinstance(node, TimedNode)
            yield f"{node.key} at_s", node.calendar.at_s
            yield f"{node.key} value", node.calendar.value
        for node in network.nodes:
            if node.changes:
                yield f"{node.key} changes", np.array(node.changes, dtype=np.int64)
        for node in network.nodes:
            if isinstance(node, SlotsNode) and node.no_show and node.no_show.after_shocks:
                yield f"{node.key} no_show", node.no_show.by_day
        yield from breakdown_inputs(network)
        yield from mission_inputs(network)
        yield from task_inputs(network)

    def _visit_counts(self, slot: Slot) -> Ints:
        """How often each load can be there, (n,)."""
        of_way = self.visit_counts[slot]
        visits: Ints = of_way.ravel()[self.route_group + of_way.shape[1] * (self.repeat_index >= 0)]
        return visits

    def _luck_of_loads(self, slot: Slot, visit: int, loads: Ints) -> Luck:
        """What these loads, which can come to make that visit, meet on it. Shape of `loads`."""
        (first, visits), (first_again, _) = self.columns[slot], self.repeat_columns[slot]
        if visit < visits:
            met: Luck = self.luck[first + visit][loads]
        else:
            met = self.repeat_luck[first_again + visit - visits][self.repeat_index[loads]]
        return met


def draw_loads(network: Network, seed: int, replication: int) -> Draws:
    """All the luck of one replication: a pure function of its arguments."""
    loads = draw_arrivals(network, seed, replication)
    order = np.lexsort((-loads.age_s, loads.created_s))  # stable: source, layer, candidate
    variates = Variates(network, seed, replication, loads, order)
    route, pallets, kg = variates.draw_attributes()
    way = route_groups(network, loads.source, route)

    visits = _visit_counts(network, np.flatnonzero(np.bincount(way)))
    columns = _shared_columns({slot: int(once.max()) for slot, (once, _) in visits.items()}, visits)
    dense = np.zeros((_column_count(columns), len(order)), dtype=np.int32)
    rejected = np.zeros(len(order), dtype=np.bool_)
    at_first = {slot: np.array([np.zeros_like(once), once]) for slot, (once, _) in visits.items()}
    for (slot, visit, who), met in variates.draw_visits(variates.required_visits(at_first, way, np.arange(len(order)))):
        dense[columns[slot][0] + visit][who.numbers] = met
        if slot.purpose == Purpose.REJECTED:
            rejected[who.loads] |= met > 0

    again_columns = _shared_columns(
        {slot: int(most.max()) - columns[slot][1] for slot, (_, most) in visits.items()}, visits
    )
    again_of = np.where(rejected[order], np.cumsum(rejected[order]) - 1, -1).astype(np.int32)
    again = np.zeros((_column_count(again_columns), np.count_nonzero(rejected)), dtype=np.int32)
    for (slot, visit, who), met in variates.draw_visits(
        variates.required_visits(visits, way, np.flatnonzero(rejected))
    ):
        (first, many), (first_again, _) = columns[slot], again_columns[slot]
        if visit < many:  # on another way that visit needs no rejection
            dense[first + visit][who.numbers] = met
        else:
            again[first_again + visit - many][again_of[who.numbers]] = met

    pallets, source = pallets[order], loads.source[order]
    of_source = [(source.rank, source.first_step, source.stock) for source in network.sources]
    rank, first_step, stock = np.array(of_source, dtype=np.int64).reshape(-1, 3).T
    return Draws(
        to_int32(source), to_int32(loads.layer[order]), to_int32(loads.candidate[order]),
        to_int32(loads.created_s[order]),
        to_int32(route[order]), to_int32(way[order]), to_int32(rank[source]), to_int32(pallets), to_int32(kg[order]),
        to_int32(first_step[source]),
        stock[source] > 0, to_int32(loads.age_s[order]), to_int32(np.cumsum(pallets) - pallets), dense, columns, again,
        again_of, again_columns, visits, variates.digest.hexdigest(),
    )  # fmt: skip


def to_int32(column: Ints) -> Ints32:
    """The same numbers in half the room: nothing that a load is is beyond `network.MOST`."""
    return column.astype(np.int32)


def _visit_counts(network: Network, taken: Ints) -> VisitCounts:
    """How often a load of each way is in each slot: if it is not rejected, and at the most. 0 on ways not taken."""
    routes_of: list[tuple[int, ...]] = [(number,) for number in range(len(network.routes))]
    routes_of += [choice.routes for choice in least_wait_choices(network).values()]
    visits: VisitCounts = {}
    for way in taken.tolist():
        for route in (network.routes[number] for number in routes_of[way]):
            for i, slots in enumerate((network.slots_of(_without_retries(route)), network.slots_of(route))):
                for slot, many in slots.items():
                    of_way = visits.setdefault(slot, np.zeros((2, len(routes_of)), dtype=np.int64))
                    of_way[i, way] = max(of_way[i, way], many)
    for slot, (once, _) in visits.items():
        if slot.purpose == Purpose.REJECTED_AFTER:
            once[:] = 0
    return dict(sorted(visits.items(), key=lambda item: (item[0].purpose, _place_key(network, item[0]).encode())))


def _without_retries(route: Route) -> Route:
    """The route of who is never rejected."""
    steps = (step._replace(attempts=1) if isinstance(step, Inspect) else step for step in route.steps)
    return route._replace(steps=tuple(steps))


def _shared_columns(lengths: dict[Slot, int], visits: VisitCounts) -> ColumnSpans:
    """Columns for each slot, the first that no slot has which is on one of its ways as well: (first, how many)."""
    spans: ColumnSpans = {}
    taken: dict[int, int] = {}  # by each way, a bit a column
    for slot, length in lengths.items():
        own = np.flatnonzero(visits[slot][1]).tolist()
        others = reduce(or_, (taken.get(way, 0) for way in own))
        wanted = (1 << length) - 1
        first = next(i for i in count() if not others & wanted << i)
        taken.update((way, taken.get(way, 0) | wanted << first) for way in own)
        spans[slot] = (first, length)
    return spans


def _column_count(spans: ColumnSpans) -> int:
    return max((first + length for first, length in spans.values()), default=0)


def _place_key(network: Network, slot: Slot) -> str:
    return network.nodes[slot.place].key
