"""What loads meet: draws the uniforms that they can need, and maps them to values by the scenario's laws and shares.

A uniform belongs to a load, a purpose, a place and a visit. Where a trace gives a value, it replaces the draw.

Verdicts of inspections: 0 is passed, 1 rejected without a reason, otherwise the number of the reason. The form is
checked first. It is faulty at the first inspection of a share of loads; it is then corrected, and fails again for a
share of corrected forms; a form once in order stays so. Then items: a share of loads carries one and is rejected until
it is removed, which happens for a share of them before each further inspection. Rejections without a reason come last,
with new luck at each inspection. There is one uniform for each load, reason and inspection.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_128

from sim.events import Reason
from sim.laws import Floats, Ints
from sim.luck.arrivals import Loads
from sim.luck.choices import routes_by_calendar
from sim.luck.streams import StreamName, Streams, Words
from sim.network.base import IN_PPM, MOST, Purpose, Slot, crc
from sim.network.flows import Source, Trace
from sim.network.lanes import Reasons
from sim.network.network import Network
from sim.units import PPM

LOAD_PURPOSES = (Purpose.CORRIDOR, Purpose.PALLETS, Purpose.WEIGHT)  # luck of every load, whatever its corridor
VISIT_FIELDS = [StreamName._fields.index(field) for field in ("purpose", "place", "visit")]
NO_REASONS = Reasons(0.0, 0.0, 0.0, 0.0)

Luck = NDArray[np.int32]
Verdicts = NDArray[np.int32]
VisitCounts = dict[Slot, Ints]


class LoadGroup(NamedTuple):
    """Some of the loads, by their indices in Loads; those of one owner (a source and layer) are consecutive.

    loads, candidates, numbers : (m,). Indices, candidates, and numbers in the order of arrival.
    owners : (k, 5). Stream names without a purpose.
    begins : (k + 1,). Where the loads of each owner begin and end.
    """

    loads: Ints
    candidates: Ints
    numbers: Ints
    owners: Words
    begins: Ints


class GroupVisit(NamedTuple):
    """A visit to a slot, and the loads that need luck for it."""

    slot: Slot
    visit: int
    group: LoadGroup


class Variates:
    """Draws what the loads of one replication meet. `digest` is over all uniforms drawn."""

    def __init__(self, network: Network, seed: int, replication: int, loads: Loads, order: Ints):
        """`order` : (n,). Indices of the loads in the order of arrival."""
        self.network, self.seed, self.replication, self.loads = network, seed, replication, loads
        self.load_number = np.empty_like(order)
        self.load_number[order] = np.arange(len(order))
        begins = np.flatnonzero(np.diff(loads.source, prepend=-1) | np.diff(loads.layer, prepend=-1))
        flows = [crc(network.sources[source].key) for source in loads.source[begins]]
        owners = [StreamName(0, flow, layer=layer) for flow, layer in zip(flows, loads.layer[begins], strict=True)]
        self.owners = np.array(owners, dtype=np.uint32).reshape(-1, len(StreamName._fields))
        self.begins = np.append(begins, len(order))
        self.inspections: dict[int, Inspections] = {}  # by site
        self.pallets = np.zeros(0, dtype=np.int64)  # by load
        self.digest = xxh3_128()

    def draw_attributes(self) -> tuple[Ints, Ints, Ints]:
        """Draws route, pallets and weight [kg] of each load; the route of a choice by waits is a placeholder."""
        loads, sources = self.loads, self.network.sources
        everyone = self._group(np.arange(len(self.load_number)))
        corridor_luck, pallets_luck, weight_luck = self._draw_uniforms(
            [(purpose, 0, 0, everyone) for purpose in LOAD_PURPOSES]
        )
        route, pallets, kg = (np.empty(len(self.load_number), dtype=np.int64) for _ in LOAD_PURPOSES)
        ends = loads.source.searchsorted(np.arange(len(sources) + 1)).tolist()
        for source, (begin, end) in zip(sources, pairwise(ends), strict=True):
            if begin == end:
                continue
            rows = slice(begin, end)
            taken = _corridor_by_share(source, loads.created_s[rows], corridor_luck[rows])
            route[rows] = np.asarray(source.corridors)[np.minimum(taken, len(source.corridors) - 1)]
            if source.choice:
                route[rows] = routes_by_calendar(self.network, source.choice, loads.created_s[rows], route[rows])
            pallets[rows] = source.pallets.draw(pallets_luck[rows])
            kg[rows] = source.weight.draw(weight_luck[rows])
            if isinstance(source.demand, Trace):
                pallets[rows] = _traced_or_drawn(source.demand.pallets[loads.candidate[rows]], pallets[rows])
                kg[rows] = _traced_or_drawn(source.demand.kg[loads.candidate[rows]], kg[rows])
        self.pallets = np.minimum(pallets, MOST)
        return route, self.pallets, np.minimum(kg, MOST)

    def required_visits(self, spans: VisitCounts, route_group: Ints, loads: Ints) -> list[GroupVisit]:
        """Returns which of the `loads` need luck for which visits. `spans` : (2, route groups), first visit and end."""
        route_group, visits = route_group[loads], []
        groups: dict[bytes, LoadGroup] = {}  # many slots are needed by the same route groups
        for slot, (begin, end) in spans.items():
            for visit in range(int(end.max())):
                needed = (begin <= visit) & (visit < end)
                if (name := needed.tobytes()) not in groups:
                    groups[name] = self._group(loads[np.flatnonzero(needed.take(route_group))])
                if len(groups[name].loads):
                    visits.append(GroupVisit(slot, visit, groups[name]))
        return visits

    def draw_visits(self, visits: Sequence[GroupVisit]) -> Iterator[tuple[GroupVisit, Luck]]:
        """Yields what the loads meet on each of these visits; visits to one slot must be consecutive."""
        places = {slot: crc(self.network.nodes[slot.place].key) for slot, *_ in visits}
        uniforms = self._draw_uniforms([(slot.purpose, places[slot], visit, who) for slot, visit, who in visits])
        for slot, group in groupby(zip(visits, uniforms, strict=True), key=lambda pair: pair[0].slot):
            slot_visits, u = zip(*group, strict=True)
            values = self._transform_uniforms(slot, slot_visits, np.concatenate(u) if len(u) > 1 else u[0])
            if slot.purpose == Purpose.REJECTED and slot.place in self.network.reasons:
                values = self._verdicts(slot.place, slot_visits, values)
            if slot.purpose == Purpose.REPACK:  # has one visit only
                values = np.where(self._oversized(slot.place, slot_visits[0].group), values, np.int32(0))
            for visit in slot_visits:
                yield visit, values[: len(visit.group.loads)]
                values = values[len(visit.group.loads) :]

    def _verdicts(self, place: int, visits: Sequence[GroupVisit], otherwise: Luck) -> Luck:
        """Returns the verdicts of these visits to a site whose rejections have reasons."""
        inspections = self.inspections.setdefault(
            place, Inspections(self.network.reasons[place], len(self.load_number))
        )
        key, verdicts = crc(self.network.nodes[place].key), []
        for _, visit, who in visits:
            form, item = self._draw_uniforms([(purpose, key, visit, who) for purpose in (Purpose.FORM, Purpose.ITEM)])
            verdicts.append(inspections.inspect(visit, who.loads, form, item, otherwise[: len(who.loads)]))
            otherwise = otherwise[len(who.loads) :]
        return np.concatenate(verdicts)

    def _oversized(self, place: int, who: LoadGroup) -> NDArray[np.bool_]:
        """Returns which of these loads have too many pallets, or are too high, and must be repacked at this place."""
        caps = self.network.caps[place]
        too_large = self.pallets[who.loads] > caps.pallets
        if caps.height_cm < MOST:
            (u,) = self._draw_uniforms([(Purpose.TALL, 0, 0, who)])
            source_of_load = self.loads.source[who.loads]
            for number, source in enumerate(self.network.sources):
                if source.height is not None:
                    rows = source_of_load == number
                    too_large[rows] |= source.height.draw(u[rows]) > caps.height_cm
        return too_large

    def _group(self, loads: Ints) -> LoadGroup:
        """Returns the group of the loads at these indices, which must ascend."""
        begins = loads.searchsorted(self.begins)
        owners = np.flatnonzero(np.diff(begins))
        begins = np.append(begins[owners], len(loads))
        return LoadGroup(loads, self.loads.candidate[loads], self.load_number[loads], self.owners[owners], begins)

    def _draw_uniforms(self, wanted: Sequence[tuple[int, int, int, LoadGroup]]) -> Iterator[Floats]:
        """Yields uniforms in [0, 1) for each (purpose, place, visit, group). Shape (loads of the group,)."""
        names = np.concatenate([self.owners[:0], *(who.owners for *_, who in wanted)])
        fields = np.array([words for *words, _ in wanted], dtype=np.uint32).reshape(-1, 3)
        names[:, VISIT_FIELDS] = fields.repeat([len(who.owners) for *_, who in wanted], axis=0)
        streams = Streams(self.seed, self.replication, names)
        self.digest.update(names.data)
        first = 0
        for *_, who in wanted:
            u = streams.uniforms_at(first, who.begins, who.candidates)
            first += len(who.owners)
            self.digest.update(u.data)
            yield u

    def _transform_uniforms(self, slot: Slot, visits: Sequence[GroupVisit], u: Floats) -> Luck:
        """Maps the uniforms of visits to values, or takes those of a trace, which has no delays after rejections."""
        if slot.purpose in IN_PPM:  # compared with a chance that may change during the run
            return (u * PPM).astype(np.int32)
        if slot in self.network.shares:
            return (u < self.network.shares[slot]).astype(np.int32)
        lasts_s = self.network.laws[slot].draw(u)
        place = self.network.nodes[slot.place].name
        for number, source in enumerate(self.network.sources if slot.purpose != Purpose.REJECTED_AFTER else ()):
            if isinstance(source.demand, Trace) and place in source.demand.durations:
                loads = np.concatenate([visit.group.loads for visit in visits])
                rows = np.flatnonzero(self.loads.source[loads] == number)
                traced_s = source.demand.durations[place][self.loads.candidate[loads[rows]]]
                lasts_s[rows] = _traced_or_drawn(traced_s, lasts_s[rows])
        return np.minimum(lasts_s, MOST).astype(np.int32)


def _corridor_by_share(source: Source, created_s: Ints, u: Floats) -> Ints:
    """Returns the index of the corridor that each load takes, by the shares at its request. Shape of `u`."""
    if not source.later:
        return np.searchsorted(source.cumulative, u * source.cumulative[-1], side="right")
    cumulative = np.array([source.cumulative, *(shares for _, shares in source.later)])
    then = np.searchsorted([at_s for at_s, _ in source.later], created_s, side="right")
    taken: Ints = (cumulative[then] <= (u * cumulative[then, -1])[:, None]).sum(axis=1)
    return taken


def _traced_or_drawn(traced: Ints, drawn: Ints) -> Ints:
    """Returns the values of a trace, and where it has none (-1) those drawn."""
    return np.where(traced >= 0, traced, drawn)


class Inspections:
    """The state of each load at one site, from one inspection to the next. Shape (loads,)."""

    def __init__(self, reasons: Reasons, loads: int):
        self.reasons = reasons
        self.faulty, self.carries_item, self.item_was_found = (np.zeros(loads, dtype=np.bool_) for _ in range(3))

    def inspect(self, visit: int, who: Ints, form: Floats, item: Floats, otherwise: Verdicts) -> Verdicts:
        """Returns the verdicts of these loads on this visit. Shape of `who`. Each load must make its visits in order.

        form, item : luck. otherwise : the verdict if neither form nor items lead to a rejection.
        """
        reasons = self.reasons
        if visit == 0:
            faulty, carries = form < reasons.form, item < reasons.item
        else:
            faulty = self.faulty[who] & (form < reasons.repaired)
            carries = self.carries_item[who] & ~(self.item_was_found[who] & (item < reasons.removed))
        self.faulty[who], self.carries_item[who], self.item_was_found[who] = faulty, carries, carries & ~faulty
        verdicts = np.where(faulty, Reason.FORM, np.where(carries, Reason.ITEM, otherwise))
        return verdicts.astype(np.int32)


def shares_still_rejected(reasons: Reasons, share: float, attempts: int) -> list[float]:
    """Returns the share of loads rejected in all of their first 0, 1, ... `attempts` inspections.

    share : of rejections without a reason.
    """
    form, repaired, item, removed = reasons
    neither, faulty, carries, both = (1 - form) * (1 - item), form * (1 - item), (1 - form) * item, form * item
    left = [1.0]
    for _ in range(attempts):
        neither, faulty, carries, both = (
            neither * share + faulty * (1 - repaired) + carries * removed,
            faulty * repaired,
            carries * (1 - removed) + both * (1 - repaired),
            both * repaired,
        )
        left.append(neither + faulty + carries + both)
    return left
