"""What loads meet on their way: the uniforms that they can come to need, and what the scenario makes of them.

A uniform belongs to a load, a purpose, a place and a visit; laws and shares give it meaning through quantiles. Where a
trace says what was met, that holds.

Why inspections say no: from a load's luck to verdicts, inspection by inspection, before the clock starts.

A verdict is 0 for yes, 1 for a no without a reason, else the number of its reason. Form is looked at first. At a load's
first inspection at a site a share is found faulty; it is repaired, and of repaired loads a share is found so again;
who was found in order stays so. Then items: a share of loads carries one, and is refused whenever it is looked for;
before each inspection after a refusal for it, it has been removed from a share. What has no reason comes last, and has
new luck at each inspection. The luck is one number for each load, reason and inspection.
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

LOAD_PURPOSES = (Purpose.CORRIDOR, Purpose.PALLETS, Purpose.WEIGHT)  # the luck that a load has wherever it goes

VISIT_FIELDS = [StreamName._fields.index(word) for word in ("purpose", "place", "visit")]

Luck = NDArray[np.int32]
VisitCounts = dict[Slot, Ints]


class LoadGroup(NamedTuple):
    """Some of the loads, by their places in Loads; those of each owner, a source and layer, stand together.

    loads, candidates, numbers : (m,). Their places, candidates, and numbers in the order in which they come.
    owners, begins : (k, 5), (k + 1,). Whose loads there are, as a Name for nothing yet, and where each's begin and end.
    """

    loads: Ints
    candidates: Ints
    numbers: Ints
    owners: Words
    begins: Ints


class GroupVisit(NamedTuple):
    """Who needs the luck of one visit."""

    slot: Slot
    visit: int
    group: LoadGroup


class Variates:
    """What the loads of one replication meet; the uniforms that are drawn for it are entered in a digest."""

    def __init__(self, network: Network, seed: int, replication: int, loads: Loads, order: Ints):
        """`order` : (n,). The places of the loads in the order in which they come."""
        self.network, self.seed, self.replication, self.loads = network, seed, replication, loads
        self.load_number = np.empty_like(order)
        self.load_number[order] = np.arange(len(order))
        begins = np.flatnonzero(np.diff(loads.source, prepend=-1) | np.diff(loads.layer, prepend=-1))
        flows = [crc(network.sources[source].key) for source in loads.source[begins]]
        owners = [StreamName(0, flow, layer=layer) for flow, layer in zip(flows, loads.layer[begins], strict=True)]
        self.owners = np.array(owners, dtype=np.uint32).reshape(-1, len(StreamName._fields))
        self.begins = np.append(begins, len(order))
        self.inspections: dict[int, Inspections] = {}  # by site
        self.pallets = np.zeros(0, dtype=np.int64)  # of each load
        self.digest = xxh3_128()

    def draw_attributes(self) -> tuple[Ints, Ints, Ints]:
        """Route, pallets and weight [kg] of each of the loads; of those that look at waits the route is yet to come."""
        loads, sources = self.loads, self.network.sources
        everyone = self._group(np.arange(len(self.load_number)))
        of_corridor, of_pallets, of_weight = self._draw_uniforms(
            [(purpose, 0, 0, everyone) for purpose in LOAD_PURPOSES]
        )
        route, pallets, kg = (np.empty(len(self.load_number), dtype=np.int64) for _ in LOAD_PURPOSES)
        ends = loads.source.searchsorted(np.arange(len(sources) + 1)).tolist()
        for source, (begin, end) in zip(sources, pairwise(ends), strict=True):
            if begin == end:
                continue
            mine = slice(begin, end)
            taken = _corridor_by_share(source, loads.created_s[mine], of_corridor[mine])
            route[mine] = np.asarray(source.corridors)[np.minimum(taken, len(source.corridors) - 1)]
            if source.choice:
                route[mine] = routes_by_calendar(self.network, source.choice, loads.created_s[mine], route[mine])
            pallets[mine] = source.pallets.draw(of_pallets[mine])
            kg[mine] = source.weight.draw(of_weight[mine])
            if isinstance(source.demand, Trace):
                pallets[mine] = _traced_or_drawn(source.demand.pallets[loads.candidate[mine]], pallets[mine])
                kg[mine] = _traced_or_drawn(source.demand.kg[loads.candidate[mine]], kg[mine])
        self.pallets = np.minimum(pallets, MOST)
        return route, self.pallets, np.minimum(kg, MOST)

    def required_visits(self, spans: VisitCounts, way: Ints, loads: Ints) -> list[GroupVisit]:
        """Who of the loads needs the luck of which visits. `spans`, (2, ways): from which one, and before which."""
        on, visits = way[loads], []
        those_on: dict[bytes, LoadGroup] = {}  # the same ways have many slots
        for slot, (begin, end) in spans.items():
            for visit in range(int(end.max())):
                ways = (begin <= visit) & (visit < end)
                if (name := ways.tobytes()) not in those_on:
                    those_on[name] = self._group(loads[np.flatnonzero(ways.take(on))])
                if len(those_on[name].loads):
                    visits.append(GroupVisit(slot, visit, those_on[name]))
        return visits

    def draw_visits(self, visits: Sequence[GroupVisit]) -> Iterator[tuple[GroupVisit, Luck]]:
        """What is met on each of these visits; those of one slot stand together."""
        places = {slot: crc(self.network.nodes[slot.place].key) for slot, *_ in visits}
        uniforms = self._draw_uniforms([(slot.purpose, places[slot], visit, who) for slot, visit, who in visits])
        for slot, group in groupby(zip(visits, uniforms, strict=True), key=lambda pair: pair[0].slot):
            own, u = zip(*group, strict=True)
            values = self._transform_uniforms(slot, own, np.concatenate(u) if len(u) > 1 else u[0])
            if slot.purpose == Purpose.REJECTED and slot.place in self.network.reasons:
                values = self._verdicts(slot.place, own, values)
            if slot.purpose == Purpose.REPACK:  # of one visit
                values = np.where(self._oversized(slot.place, own[0].group), values, np.int32(0))
            for visit in own:
                yield visit, values[: len(visit.group.loads)]
                values = values[len(visit.group.loads) :]

    def _verdicts(self, place: int, visits: Sequence[GroupVisit], otherwise: Luck) -> Luck:
        """The verdicts of these visits to a site, which may have reasons."""
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
        """Which of these loads have too many pallets, or stand too high, and are repacked at this place."""
        caps = self.network.caps[place]
        too_large = self.pallets[who.loads] > caps.pallets
        if caps.height_cm < MOST:
            (u,) = self._draw_uniforms([(Purpose.TALL, 0, 0, who)])
            of_source = self.loads.source[who.loads]
            for number, source in enumerate(self.network.sources):
                if source.height is not None:
                    own = of_source == number
                    too_large[own] |= source.height.draw(u[own]) > caps.height_cm
        return too_large

    def _group(self, loads: Ints) -> LoadGroup:
        """The loads at these places, which ascend."""
        begins = loads.searchsorted(self.begins)
        owners = np.flatnonzero(np.diff(begins))
        begins = np.append(begins[owners], len(loads))
        return LoadGroup(loads, self.loads.candidate[loads], self.load_number[loads], self.owners[owners], begins)

    def _draw_uniforms(self, wanted: Sequence[tuple[int, int, int, LoadGroup]]) -> Iterator[Floats]:
        """A number in [0, 1) for each of those who meet something: (purpose, place, visit, who)."""
        names = np.concatenate([self.owners[:0], *(who.owners for *_, who in wanted)])
        meant_for = np.array([words for *words, _ in wanted], dtype=np.uint32).reshape(-1, 3)
        names[:, VISIT_FIELDS] = meant_for.repeat([len(who.owners) for *_, who in wanted], axis=0)
        streams = Streams(self.seed, self.replication, names)
        self.digest.update(names.data)
        first = 0
        for *_, who in wanted:
            u = streams.uniforms_at(first, who.begins, who.candidates)
            first += len(who.owners)
            self.digest.update(u.data)
            yield u

    def _transform_uniforms(self, slot: Slot, visits: Sequence[GroupVisit], u: Floats) -> Luck:
        """What these uniforms of the visits are, or what a trace says. The delay after a rejection is no visit."""
        if slot.purpose in IN_PPM:  # held against a chance that may change
            return (u * PPM).astype(np.int32)
        if slot in self.network.shares:
            return (u < self.network.shares[slot]).astype(np.int32)
        lasts_s = self.network.laws[slot].draw(u)
        place = self.network.nodes[slot.place].name
        for number, source in enumerate(self.network.sources if slot.purpose != Purpose.REJECTED_AFTER else ()):
            if isinstance(source.demand, Trace) and place in source.demand.durations:
                loads = np.concatenate([visit.group.loads for visit in visits])
                own = np.flatnonzero(self.loads.source[loads] == number)
                told_s = source.demand.durations[place][self.loads.candidate[loads[own]]]
                lasts_s[own] = _traced_or_drawn(told_s, lasts_s[own])
        return np.minimum(lasts_s, MOST).astype(np.int32)


def _corridor_by_share(source: Source, created_s: Ints, u: Floats) -> Ints:
    """Which of the source's corridors each load takes, by the shares that hold as it is requested. Shape of `u`."""
    if not source.later:
        return np.searchsorted(source.cumulative, u * source.cumulative[-1], side="right")
    cumulative = np.array([source.cumulative, *(shares for _, shares in source.later)])
    then = np.searchsorted([at_s for at_s, _ in source.later], created_s, side="right")
    taken: Ints = (cumulative[then] <= (u * cumulative[then, -1])[:, None]).sum(axis=1)
    return taken


def _traced_or_drawn(told: Ints, drawn: Ints) -> Ints:
    """What a trace says, and where it says nothing what was drawn."""
    return np.where(told >= 0, told, drawn)


NO_REASONS = Reasons(0.0, 0.0, 0.0, 0.0)

Verdicts = NDArray[np.int32]


class Inspections:
    """What stands against each load at one site, from one inspection to the next. Shape (loads,)."""

    def __init__(self, reasons: Reasons, loads: int):
        self.reasons = reasons
        self.faulty, self.carries_item, self.item_was_found = (np.zeros(loads, dtype=np.bool_) for _ in range(3))

    def inspect(self, visit: int, who: Ints, form: Floats, item: Floats, otherwise: Verdicts) -> Verdicts:
        """What is said of these loads on this visit, by their luck; `otherwise` if neither form nor items are against
        them. Each load makes its visits in order. Shape of `who`."""
        reasons = self.reasons
        if visit == 0:
            faulty, carries = form < reasons.form, item < reasons.item
        else:
            faulty = self.faulty[who] & (form < reasons.repaired)
            carries = self.carries_item[who] & ~(self.item_was_found[who] & (item < reasons.removed))
        self.faulty[who], self.carries_item[who], self.item_was_found[who] = faulty, carries, carries & ~faulty
        said = np.where(faulty, Reason.FORM, np.where(carries, Reason.ITEM, otherwise))
        return said.astype(np.int32)


def shares_still_rejected(reasons: Reasons, share: float, attempts: int) -> list[float]:
    """The share of loads whose first 0, 1, ... `attempts` inspections all said no, be it for no reason by `share`."""
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
