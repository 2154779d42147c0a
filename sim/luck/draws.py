"""All random numbers of the loads of one replication, drawn before the run.

Luck belongs to a load: one uniform for each purpose, place and visit, never "the next draw". The scenario maps it to
values by quantiles. A load is identified by (source, layer, index): another flow, corridor or place does not change its
luck, and a higher rate or a longer horizon only adds loads. Luck that a load cannot need is not drawn.
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
    """The loads of one replication and their luck, ordered by (created, key of the source, layer, index).

    Of the loads that are there when the run starts, the oldest comes first. A load that is never rejected makes each
    visit once; rejected loads may make more, whose luck stands apart in `repeat_luck`. Slots that no load can both need
    share columns. Slots are in the order of purposes and keys.

    source, layer, index, created_s, route, route_group, rank, pallets, kg, first_step : (n,) int32
    route_group : determines the load's luck, see `choices.route_groups`. With a choice by waits, `route` is a
        placeholder; `with_logged_routes` replaces it.
    stocked : (n,) bool. On its corridor when the run starts.
    age_s : (n,) int32. How long the load had existed before; 0 if that is unknown, and for all others [s].
    first_pallet : (n,) int32. Number of pallets of all earlier loads: a vehicle is named by its first pallet.
    luck : (columns, n) int32. Durations from 1 to MOST [s], 1 or 0 for yes or no, verdicts, or parts per million.
    columns : slot -> (first column of `luck`, number): one for each visit that needs no rejection.
    repeat_luck : (columns, m) int32. The same for all further visits, of the m loads that were rejected.
    repeat_index : (n,) int32. Index of a load in `repeat_luck`, -1 if it is never rejected.
    repeat_columns : slot -> (first column of `repeat_luck`, number), for the visits after those in `luck`.
    visit_counts : slot -> (2, route groups) int64. Visits of a load without rejection, and at most.
    luck_digest : of the uniforms.
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
        """Returns a copy with what the measures need; columns that only an engine needs are empty."""
        for_engine = (
            "layer", "index", "route_group", "rank", "first_step", "stocked", "first_pallet", "luck", "repeat_luck",
            "repeat_index",
        )  # fmt: skip
        empty = {name: np.zeros_like(getattr(self, name)[:0]) for name in for_engine}
        return replace(self, **empty, columns={}, repeat_columns={})

    def with_logged_routes(self, network: Network, routed: Log) -> "Draws":
        """Returns a copy with the routes chosen during the run. routed : the rows ROUTED of the log."""
        route, load = self.route.copy(), routed["entity"]
        for number, choice in least_wait_choices(network).items():
            rows = self.source[load] == number
            route[load[rows]] = np.array(choice.routes)[routed["value"][rows]]
        return replace(self, route=route)

    def luck_of_visit(self, slot: Slot, visit: int) -> Luck:
        """Returns the luck of each load on a visit; 0 if it cannot make that visit. Shape (n,)."""
        values = np.zeros(len(self), dtype=np.int32)
        loads = np.flatnonzero(self._visit_counts(slot) > visit)
        values[loads] = self._luck_of_loads(slot, visit, loads)
        return values

    def keeps_until_s(self, network: Network) -> Ints:
        """Returns the last second at which each load can be offloaded without having expired. Shape (n,) int64."""
        shelf_life_s = np.array([source.shelf_life_s for source in network.sources], dtype=np.int64)
        began_s = self.created_s.astype(np.int64) - self.age_s
        return np.asarray(began_s + shelf_life_s[self.source], dtype=np.int64)

    @property
    def luck_by_slot(self) -> dict[Slot, Luck]:
        """The luck of each slot. Shape (visits, n)."""
        return {
            slot: np.array([self.luck_of_visit(slot, visit) for visit in range(counts.max())])
            for slot, counts in self.visit_counts.items()
        }

    def inputs(self, network: Network) -> Iterator[tuple[str, NDArray[np.signedinteger]]]:
        """Yields the name and integers of all inputs of an engine, in an order by keys and not by numbers."""
        for name in ("created_s", "rank", "pallets", "kg", "first_step"):
            yield name, getattr(self, name)
        groups = np.array([crc(key) for key in route_group_keys(network)], dtype=np.int64)
        yield "route", groups[np.where(self.route_group < len(network.routes), self.route, self.route_group)]
        drawn = (("luck", self.luck, self.columns), ("again", self.repeat_luck, self.repeat_columns))
        for name, values, columns in drawn:
            slots = " ".join(f"{slot.purpose} {_place_key(network, slot)} {span}" for slot, span in columns.items())
            yield f"{name} {slots}", values
        yield "again_of", self.repeat_index
        if any(source.shelf_life_s < WITHOUT_END_S for source in network.sources):
            yield "keeps_until_s", self.keeps_until_s(network)
        if len(closed := closed_border_bits(network, self.source, self.created_s)):
            yield "closed_borders", closed
        for number in sorted(network.drawn):  # places are numbered by their keys
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
        """Returns the largest number of visits of each load. Shape (n,)."""
        counts = self.visit_counts[slot]
        visits: Ints = counts.ravel()[self.route_group + counts.shape[1] * (self.repeat_index >= 0)]
        return visits

    def _luck_of_loads(self, slot: Slot, visit: int, loads: Ints) -> Luck:
        """Returns the luck of these loads, all of which can make the visit. Shape of `loads`."""
        (first, visits), (first_repeat, _) = self.columns[slot], self.repeat_columns[slot]
        if visit < visits:
            values: Luck = self.luck[first + visit][loads]
        else:
            values = self.repeat_luck[first_repeat + visit - visits][self.repeat_index[loads]]
        return values


def draw_loads(network: Network, seed: int, replication: int) -> Draws:
    """Draws all luck of the loads of one replication. The result depends on the arguments only."""
    loads = draw_arrivals(network, seed, replication)
    order = np.lexsort((-loads.age_s, loads.created_s))  # stable: source, layer, candidate
    variates = Variates(network, seed, replication, loads, order)
    route, pallets, kg = variates.draw_attributes()
    groups = route_groups(network, loads.source, route)

    visits = _visit_counts(network, np.flatnonzero(np.bincount(groups)))
    columns = _shared_columns({slot: int(once.max()) for slot, (once, _) in visits.items()}, visits)
    luck = np.zeros((_column_count(columns), len(order)), dtype=np.int32)
    rejected = np.zeros(len(order), dtype=np.bool_)
    first_spans = {slot: np.array([np.zeros_like(once), once]) for slot, (once, _) in visits.items()}
    first_visits = variates.required_visits(first_spans, groups, np.arange(len(order)))
    for (slot, visit, who), values in variates.draw_visits(first_visits):
        luck[columns[slot][0] + visit][who.numbers] = values
        if slot.purpose == Purpose.REJECTED:
            rejected[who.loads] |= values > 0

    repeat_columns = _shared_columns(
        {slot: int(most.max()) - columns[slot][1] for slot, (_, most) in visits.items()}, visits
    )
    repeat_index = np.where(rejected[order], np.cumsum(rejected[order]) - 1, -1).astype(np.int32)
    repeat_luck = np.zeros((_column_count(repeat_columns), np.count_nonzero(rejected)), dtype=np.int32)
    repeat_visits = variates.required_visits(visits, groups, np.flatnonzero(rejected))
    for (slot, visit, who), values in variates.draw_visits(repeat_visits):
        (first, length), (first_repeat, _) = columns[slot], repeat_columns[slot]
        if visit < length:  # needs no rejection in another route group
            luck[first + visit][who.numbers] = values
        else:
            repeat_luck[first_repeat + visit - length][repeat_index[who.numbers]] = values

    pallets, source = pallets[order], loads.source[order]
    by_source = [(source.rank, source.first_step, source.stock) for source in network.sources]
    rank, first_step, stock = np.array(by_source, dtype=np.int64).reshape(-1, 3).T
    return Draws(
        to_int32(source), to_int32(loads.layer[order]), to_int32(loads.candidate[order]),
        to_int32(loads.created_s[order]),
        to_int32(route[order]), to_int32(groups[order]), to_int32(rank[source]), to_int32(pallets), to_int32(kg[order]),
        to_int32(first_step[source]),
        stock[source] > 0, to_int32(loads.age_s[order]), to_int32(np.cumsum(pallets) - pallets), luck, columns,
        repeat_luck, repeat_index, repeat_columns, visits, variates.digest.hexdigest(),
    )  # fmt: skip


def to_int32(column: Ints) -> Ints32:
    """Returns the column as int32: no value of a load exceeds `network.MOST`."""
    return column.astype(np.int32)


def _visit_counts(network: Network, taken: Ints) -> VisitCounts:
    """Returns the visits of a load of each route group to each slot, see Draws; 0 for groups not in `taken`."""
    routes_of: list[tuple[int, ...]] = [(number,) for number in range(len(network.routes))]
    routes_of += [choice.routes for choice in least_wait_choices(network).values()]
    visits: VisitCounts = {}
    for group in taken.tolist():
        for route in (network.routes[number] for number in routes_of[group]):
            for i, slots in enumerate((network.slots_of(_without_retries(route)), network.slots_of(route))):
                for slot, number_of_visits in slots.items():
                    counts = visits.setdefault(slot, np.zeros((2, len(routes_of)), dtype=np.int64))
                    counts[i, group] = max(counts[i, group], number_of_visits)
    for slot, (once, _) in visits.items():
        if slot.purpose == Purpose.REJECTED_AFTER:
            once[:] = 0
    return dict(sorted(visits.items(), key=lambda item: (item[0].purpose, _place_key(network, item[0]).encode())))


def _without_retries(route: Route) -> Route:
    """Returns the route of a load that is never rejected."""
    steps = (step._replace(attempts=1) if isinstance(step, Inspect) else step for step in route.steps)
    return route._replace(steps=tuple(steps))


def _shared_columns(lengths: dict[Slot, int], visits: VisitCounts) -> ColumnSpans:
    """Returns (first, number) of the columns of each slot: the first that no slot of a common route group has."""
    spans: ColumnSpans = {}
    taken: dict[int, int] = {}  # by route group, one bit per column
    for slot, length in lengths.items():
        groups = np.flatnonzero(visits[slot][1]).tolist()
        others = reduce(or_, (taken.get(group, 0) for group in groups))
        wanted = (1 << length) - 1
        first = next(i for i in count() if not others & wanted << i)
        taken.update((group, taken.get(group, 0) | wanted << first) for group in groups)
        spans[slot] = (first, length)
    return spans


def _column_count(spans: ColumnSpans) -> int:
    """Returns the number of columns."""
    return max((first + length for first, length in spans.values()), default=0)


def _place_key(network: Network, slot: Slot) -> str:
    return network.nodes[slot.place].key
