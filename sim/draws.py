"""Every random number: what each load of one replication will meet, drawn before the clock starts.

Luck belongs to a load and is uniform: one number for each purpose, place and visit, never "the next draw". The
scenario gives it meaning through quantiles. A load is (source, layer, index): adding a flow, a corridor or a place
moves nobody else's luck, and a higher rate or a longer horizon adds loads and moves none. Luck that a load cannot come
to need is not drawn. This is the only module that makes a generator.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import count, groupby, pairwise
from operator import or_
from typing import NamedTuple

import numpy as np
from numpy.random import Generator, Philox, SeedSequence
from numpy.typing import NDArray

from sim.demand import RateSteps, Renewal, Trace
from sim.laws import Exponential, Floats, Ints, Law
from sim.network import Inspect, Network, Purpose, Route, Slot, Source, crc
from sim.units import DAY_S

LAYER = 200  # candidates a day in one layer of demand
GAP = Exponential(mean=DAY_S / LAYER)
LONGEST_S = 1 << 30  # 34 years, beyond any run: what lasts longer is said to last that, and fits int32

OWN = (Purpose.CORRIDOR, Purpose.PALLETS, Purpose.WEIGHT)  # the luck that a load has wherever it goes

LEFT, RIGHT = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)  # with which SeedSequence mixes two words

Luck = NDArray[np.int32]
Words = NDArray[np.uint32]
Spans = dict[Slot, tuple[int, int]]
Visits = dict[Slot, Ints]


@dataclass(frozen=True)
class Draws:
    """The loads of one replication, numbered by (created, key of the source, layer, index), and their luck.

    A load that is not rejected on its way makes each visit once; the few that are may make more, and only they wait
    before they return. Slots that no load has both of share columns.

    source, layer, index, created_s, route, rank, pallets, kg, first_step : (n,) int64
    stocked : (n,) bool. Already on its corridor when the run starts.
    first_pallet : (n,) int64. Pallets of the loads before it: a vehicle is named by its first pallet in this count.
    luck : (columns, n) int32. Durations [s], from 1 to LONGEST_S, or 1 for yes and 0 for no.
    columns : slot -> its first column of `luck`, and how many: one for each visit that needs no rejection.
    again : (columns, m) int32. The same of all further visits, for the loads that were rejected.
    again_of : (n,) int32. The number of a load in `again`, -1 for one that is never rejected.
    again_columns : slot -> its first column of `again`, and how many: for the visits after those in `luck`.
    visits : slot -> (2, routes) int64. How often a load of each route is there if it is not rejected, and at the most.
    luck_digest : SHA-256 of the uniforms.

    Slots stand in the order of purposes and keys.
    """

    source: Ints
    layer: Ints
    index: Ints
    created_s: Ints
    route: Ints
    rank: Ints
    pallets: Ints
    kg: Ints
    first_step: Ints
    stocked: np.ndarray[tuple[int], np.dtype[np.bool_]]
    first_pallet: Ints
    luck: Luck
    columns: Spans
    again: Luck
    again_of: Luck
    again_columns: Spans
    visits: Visits
    luck_digest: str

    def __len__(self) -> int:
        return len(self.created_s)

    def at(self, slot: Slot, visit: int) -> Luck:
        """What each load meets on that visit, (n,); 0 where it cannot come to make it."""
        values = np.zeros(len(self), dtype=np.int32)
        loads = np.flatnonzero(self._visits(slot) > visit)
        values[loads] = self._met(slot, visit, loads)
        return values

    @property
    def values(self) -> dict[Slot, Luck]:
        """The luck of each slot, (visits, n)."""
        return {
            slot: np.array([self.at(slot, visit) for visit in range(of_route.max())])
            for slot, of_route in self.visits.items()
        }

    def inputs(self, network: Network) -> Iterator[tuple[str, NDArray[np.signedinteger]]]:
        """Name and integers of all that is handed to an engine, in an order that knows keys and no numbers."""
        for name in ("created_s", "rank", "pallets", "kg", "first_step"):
            yield name, getattr(self, name)
        yield "route", np.array([crc(route.key) for route in network.routes], dtype=np.int64)[self.route]
        for slot in self.visits:
            visits = self._visits(slot)
            for visit in range(visits.max()):
                loads = np.flatnonzero(visits > visit)
                yield f"{slot.purpose} {_key(network, slot)} {visit}", self._met(slot, visit, loads)

    def _visits(self, slot: Slot) -> Ints:
        """How often each load can be there, (n,)."""
        of_route = self.visits[slot]
        visits: Ints = of_route.ravel()[self.route + of_route.shape[1] * (self.again_of >= 0)]
        return visits

    def _met(self, slot: Slot, visit: int, loads: Ints) -> Luck:
        """What these loads, which can come to make that visit, meet on it. Shape of `loads`."""
        (first, visits), (first_again, _) = self.columns[slot], self.again_columns[slot]
        if visit < visits:
            met: Luck = self.luck[first + visit][loads]
        else:
            met = self.again[first_again + visit - visits][self.again_of[loads]]
        return met


class Name(NamedTuple):
    """What a stream of luck is for, and whose it is: the CRCs of a flow's key and a place's, 0 for no place."""

    purpose: int
    flow: int
    place: int = 0
    visit: int = 0
    layer: int = 0


class Streams:
    """Some streams of one replication by their names. A new purpose or owner never moves another's numbers.

    names : Name, or (streams, 5) uint32.
    """

    def __init__(self, seed: int, replication: int, names: Sequence[Name] | Words):
        words = np.array(names, dtype=np.uint32).reshape(-1, len(Name._fields))
        self._keys = _keys(seed, replication, words)

    def at(self, first: int, begins: Ints, indices: Ints) -> Floats:
        """The numbers in [0, 1) that stand at these indices of their streams, and no others. Shape of `indices`.

        begins : (k + 1,). Where the indices of each stream from `first` on begin and end; they ascend.
        """
        from sim import philox  # compiled, and who only reads a scenario needs none of it

        keys, u = self._keys[first : first + len(begins) - 1], np.empty(len(indices))
        if philox.COMPILED:
            philox.fill(keys, begins, indices, u)
            return u
        for key, (begin, end) in zip(keys, pairwise(begins.tolist()), strict=True):
            own = indices[begin:end]
            u[begin:end] = Generator(Philox(key=key)).random(int(own.max(initial=-1)) + 1)[own]
        return u

    def span(self, stream: int, begin: int, end: int) -> Floats:
        """The numbers of one stream from index `begin` to `end`."""
        return self.at(stream, np.array([0, end - begin]), np.arange(begin, end))


def _keys(seed: int, replication: int, names: Words) -> NDArray[np.uint64]:
    """What Philox(SeedSequence(seed, spawn_key=(replication, *name))) has as its key, for each name. Shape (n, 2).

    To make a stream takes NumPy longer than to draw what most are wanted for. It mixes the words of a spawn key into
    its pool one after the other, and the last are mixed here, for all names at once.
    """
    pools = np.zeros((max(Purpose) + 1, 4), dtype=np.uint32)
    for purpose in set(names[:, 0].tolist()):
        pools[purpose] = SeedSequence(seed, spawn_key=(replication, int(purpose))).pool
    pool = pools[names[:, 0]]
    steps = 4 * (max(4, -(-seed.bit_length() // 32)) + 2)  # four for each word of 32 bits that is in the pool
    for word in names.T[1:]:
        pool = _folded(LEFT * pool - RIGHT * _hashed(word[:, None], 0x43B0D7E5, 0x931E8875, steps))
        steps += 4
    return _hashed(pool, 0x8B51F9DD, 0x58F38DED, 0).astype("<u4").view("<u8").astype(np.uint64)


def _hashed(word: Words, initial: int, factor: int, steps: int) -> Words:
    """SeedSequence's hash in the four steps that follow `steps`, one a column. Shape (n, 4)."""
    by_step = np.array([initial * pow(factor, steps + i, 1 << 32) % (1 << 32) for i in range(5)], dtype=np.uint32)
    return _folded((word ^ by_step[:4]) * by_step[1:])


def _folded(word: Words) -> Words:
    return word ^ (word >> np.uint32(16))


class _Loads(NamedTuple):
    """Loads by source, layer and candidate: which candidates came, and when. Shape (n,) int64."""

    source: Ints
    layer: Ints
    candidate: Ints
    created_s: Ints


class _Some(NamedTuple):
    """Some of the loads, by their places in _Loads; those of each owner, a source and layer, stand together.

    loads, candidates, numbers : (m,). Their places, candidates, and numbers in Draws.
    owners, begins : (k,), (k + 1,). Whose loads there are, and where those of each begin and end.
    """

    loads: Ints
    candidates: Ints
    numbers: Ints
    owners: Ints
    begins: Ints


class _Visit(NamedTuple):
    """Who needs the luck of one visit."""

    slot: Slot
    visit: int
    who: _Some


def draw(network: Network, seed: int, replication: int) -> Draws:
    """All the luck of one replication: a pure function of its arguments."""
    loads = _arrivals(network, seed, replication)
    order = np.argsort(loads.created_s, kind="stable")  # those of one second stand by source, layer, candidate already
    luck = _Luck(network, seed, replication, loads, order)
    route, pallets, kg = _own(network.sources, loads, luck)

    visits = _visits(network, np.flatnonzero(np.bincount(route)))
    columns = _shared({slot: int(once.max()) for slot, (once, _) in visits.items()}, visits)
    dense = np.zeros((_width(columns), len(order)), dtype=np.int32)
    rejected = np.zeros(len(order), dtype=np.bool_)
    at_first = {slot: np.array([np.zeros_like(once), once]) for slot, (once, _) in visits.items()}
    for (slot, visit, who), met in luck.met(luck.needed(at_first, route, np.arange(len(order)))):
        dense[columns[slot][0] + visit][who.numbers] = met
        if slot.purpose == Purpose.REJECTED:
            rejected[who.loads] |= met > 0

    again_columns = _shared({slot: int(most.max()) - columns[slot][1] for slot, (_, most) in visits.items()}, visits)
    again_of = np.where(rejected[order], np.cumsum(rejected[order]) - 1, -1).astype(np.int32)
    again = np.zeros((_width(again_columns), np.count_nonzero(rejected)), dtype=np.int32)
    for (slot, visit, who), met in luck.met(luck.needed(visits, route, np.flatnonzero(rejected))):
        (first, many), (first_again, _) = columns[slot], again_columns[slot]
        if visit < many:  # on another route that visit needs no rejection
            dense[first + visit][who.numbers] = met
        else:
            again[first_again + visit - many][again_of[who.numbers]] = met

    pallets, source = pallets[order], loads.source[order]
    of_source = [(source.rank, source.first_step, source.stock) for source in network.sources]
    rank, first_step, stock = np.array(of_source, dtype=np.int64).reshape(-1, 3).T
    return Draws(
        source, loads.layer[order], loads.candidate[order], loads.created_s[order], route[order], rank[source], pallets,
        kg[order], first_step[source], stock[source] > 0, np.cumsum(pallets) - pallets, dense, columns, again, again_of,
        again_columns, visits, luck.sha.hexdigest(),
    )  # fmt: skip


class _Luck:
    """The luck of the loads of one replication; what is drawn is entered in the digest."""

    def __init__(self, network: Network, seed: int, replication: int, loads: _Loads, order: Ints):
        self.network, self.seed, self.replication, self.loads = network, seed, replication, loads
        self.number = np.empty_like(order)
        self.number[order] = np.arange(len(order))
        begins = np.flatnonzero(np.diff(loads.source, prepend=-1) | np.diff(loads.layer, prepend=-1))
        flows = np.array([crc(source.key) for source in network.sources], dtype=np.int64)
        self.begins = np.append(begins, len(order))
        self.flow, self.layer = flows[loads.source[begins]], loads.layer[begins]
        self.sha = hashlib.sha256()

    def some(self, loads: Ints) -> _Some:
        """The loads at these places, which ascend."""
        begins = loads.searchsorted(self.begins)
        owners = np.flatnonzero(np.diff(begins))
        return _Some(
            loads, self.loads.candidate[loads], self.number[loads], owners, np.append(begins[owners], len(loads))
        )

    def needed(self, spans: Visits, route: Ints, loads: Ints) -> list[_Visit]:
        """Who of the loads needs the luck of which visits. `spans`, (2, routes): from which one, and before which."""
        on, visits = route[loads], []
        those_on: dict[bytes, _Some] = {}  # the same routes have many slots
        for slot, (begin, end) in spans.items():
            for visit in range(int(end.max())):
                routes = (begin <= visit) & (visit < end)
                if (name := routes.tobytes()) not in those_on:
                    those_on[name] = self.some(loads[np.flatnonzero(routes.take(on))])
                if len(those_on[name].loads):
                    visits.append(_Visit(slot, visit, those_on[name]))
        return visits

    def met(self, visits: Sequence[_Visit]) -> Iterator[tuple[_Visit, Luck]]:
        """What is met on each of these visits."""
        places = {slot: crc(_key(self.network, slot)) for slot, *_ in visits}
        uniforms = self.uniforms([(slot.purpose, places[slot], visit, who) for slot, visit, who in visits])
        for slot, group in groupby(zip(visits, uniforms, strict=True), key=lambda pair: pair[0].slot):
            own, u = zip(*group, strict=True)
            values = self._meaning(slot, own, np.concatenate(u) if len(u) > 1 else u[0])
            for visit in own:
                yield visit, values[: len(visit.who.loads)]
                values = values[len(visit.who.loads) :]

    def uniforms(self, wanted: Sequence[tuple[int, int, int, _Some]]) -> Iterator[Floats]:
        """A number in [0, 1) for each of those who meet something: (purpose, place, visit, who)."""
        owner = _joined([who.owners for *_, who in wanted])
        purpose, place, visit = np.repeat(
            np.array([meant_for for *meant_for, _ in wanted], dtype=np.int64).reshape(-1, 3),
            [len(who.owners) for *_, who in wanted],
            axis=0,
        ).T
        names = np.array([purpose, self.flow[owner], place, visit, self.layer[owner]]).T.astype(np.uint32)
        streams = Streams(self.seed, self.replication, names)
        self.sha.update(names.tobytes())
        first = 0
        for *_, who in wanted:
            u = streams.at(first, who.begins, who.candidates)
            first += len(who.owners)
            self.sha.update(u.data)
            yield u

    def _meaning(self, slot: Slot, visits: Sequence[_Visit], u: Floats) -> Luck:
        """What these uniforms of the visits are, or what a trace says. The delay after a rejection is no visit."""
        if slot in self.network.shares:
            return (u < self.network.shares[slot]).astype(np.int32)
        lasts_s = self.network.laws[slot].draw(u)
        place = self.network.nodes[slot.place].name
        for number, source in enumerate(self.network.sources):
            if (
                isinstance(source.demand, Trace)
                and place in source.demand.durations
                and slot.purpose != Purpose.REJECTED_AFTER
            ):
                loads = _joined(visit.who.loads for visit in visits)
                own = np.flatnonzero(self.loads.source[loads] == number)
                told_s = source.demand.durations[place][self.loads.candidate[loads[own]]]
                lasts_s[own] = _known(told_s, lasts_s[own])
        return np.minimum(lasts_s, LONGEST_S).astype(np.int32)


def _own(sources: Sequence[Source], loads: _Loads, luck: _Luck) -> tuple[Ints, Ints, Ints]:
    """Route, pallets and weight [kg] of each of the loads."""
    everyone = luck.some(np.arange(len(loads.source)))
    of_corridor, of_pallets, of_weight = luck.uniforms([(purpose, 0, 0, everyone) for purpose in OWN])
    route, pallets, kg = (np.empty(len(loads.source), dtype=np.int64) for _ in OWN)
    ends = loads.source.searchsorted(np.arange(len(sources) + 1)).tolist()
    for source, (begin, end) in zip(sources, pairwise(ends), strict=True):
        if begin == end:
            continue
        mine = slice(begin, end)
        taken = np.searchsorted(source.cumulative, of_corridor[mine] * source.cumulative[-1], side="right")
        route[mine] = np.asarray(source.corridors)[np.minimum(taken, len(source.corridors) - 1)]
        pallets[mine] = source.pallets.draw(of_pallets[mine])
        kg[mine] = source.weight.draw(of_weight[mine])
        if isinstance(source.demand, Trace):
            pallets[mine] = _known(source.demand.pallets[loads.candidate[mine]], pallets[mine])
            kg[mine] = _known(source.demand.kg[loads.candidate[mine]], kg[mine])
    return route, pallets, kg


def _known(told: Ints, drawn: Ints) -> Ints:
    """What a trace says, and where it says nothing what was drawn."""
    return np.where(told >= 0, told, drawn)


def _visits(network: Network, taken: Ints) -> Visits:
    """How often a load of each route is in each slot: if it is not rejected, and at the most. 0 on routes not taken."""
    visits: Visits = {}
    for number in taken.tolist():
        route = network.routes[number]
        for i, slots in enumerate((network.slots_of(_without_attempts(route)), network.slots_of(route))):
            for slot, many in slots.items():
                visits.setdefault(slot, np.zeros((2, len(network.routes)), dtype=np.int64))[i, number] = many
    for slot, (once, _) in visits.items():
        if slot.purpose == Purpose.REJECTED_AFTER:
            once[:] = 0
    return dict(sorted(visits.items(), key=lambda item: (item[0].purpose, _key(network, item[0]).encode())))


def _without_attempts(route: Route) -> Route:
    """The route of who is never rejected."""
    steps = (step._replace(attempts=1) if isinstance(step, Inspect) else step for step in route.steps)
    return route._replace(steps=tuple(steps))


def _shared(lengths: dict[Slot, int], visits: Visits) -> Spans:
    """Columns for each slot, the first that no slot has which is on one of its routes as well: (first, how many)."""
    spans: Spans = {}
    taken: dict[int, int] = {}  # by each route, a bit a column
    for slot, length in lengths.items():
        own = np.flatnonzero(visits[slot][1]).tolist()
        others = reduce(or_, (taken.get(route, 0) for route in own))
        wanted = (1 << length) - 1
        first = next(i for i in count() if not others & wanted << i)
        taken.update((route, taken.get(route, 0) | wanted << first) for route in own)
        spans[slot] = (first, length)
    return spans


def _width(spans: Spans) -> int:
    return max((first + length for first, length in spans.values()), default=0)


def _arrivals(network: Network, seed: int, replication: int) -> _Loads:
    """The loads of each source before the horizon."""
    horizon_s, sources = network.horizon_s, network.sources
    layers = [(number, layer) for number, source in enumerate(sources) for layer in range(_layers(source, horizon_s))]
    names = [
        Name(purpose, crc(sources[number].key), layer=layer)
        for number, layer in layers
        for purpose in (Purpose.GAP, Purpose.HEIGHT)
    ]
    streams = Streams(seed, replication, names)
    came = [_come(sources[number], layer, horizon_s, streams, 2 * i) for i, (number, layer) in enumerate(layers)]
    source, layer = np.array(layers, dtype=np.int64).reshape(-1, 2).repeat([len(part) for part, _ in came], axis=0).T
    return _Loads(source, layer, _joined([part for part, _ in came]), _joined([created_s for _, created_s in came]))


def _layers(source: Source, horizon_s: int) -> int:
    """The layers of candidates from which loads may come."""
    if isinstance(source.demand, RateSteps):
        return int(np.ceil(float(source.demand.per_day[source.demand.at_s < horizon_s].max()) / LAYER))
    return 1


def _come(source: Source, layer: int, horizon_s: int, streams: Streams, gaps: int) -> tuple[Ints, Ints]:
    """The candidates of one layer that come before the horizon, and when [s]. `gaps` is a stream; heights follow it."""
    if isinstance(source.demand, RateSteps):
        return _poisson(source.demand, layer, horizon_s, streams, gaps)
    if isinstance(source.demand, Renewal):
        created_s = _one_after_another(source.demand.interval, streams, gaps, horizon_s)
    elif isinstance(source.demand, Trace):
        created_s = source.demand.created_s[source.demand.created_s < horizon_s]
    else:
        created_s = np.zeros(source.stock, dtype=np.int64)
    return np.arange(len(created_s)), created_s


def _poisson(rate: RateSteps, layer: int, horizon_s: int, streams: Streams, gaps: int) -> tuple[Ints, Ints]:
    """Candidates lie in layers of 200 a day; one of layer n comes when 200 n + its height is below the rate.

    So a higher rate or a longer horizon adds loads and moves none.
    """
    at_s = _one_after_another(GAP, streams, gaps, horizon_s, at_least=0)
    height = streams.span(gaps + 1, 0, len(at_s)) * LAYER
    low = np.flatnonzero(layer * LAYER + height < rate.per_day.max())  # of a small flow few, which are all to look up
    at_s, height = at_s[low], height[low]
    comes = layer * LAYER + height < rate.at(at_s)
    return low[comes], at_s[comes]


def _one_after_another(gap: Law, streams: Streams, stream: int, horizon_s: int, at_least: int = 1) -> Ints:
    """Moments before the horizon with gaps by a law, drawn in chunks, which are the same numbers as in one go [s]."""
    at_s = np.zeros(1, dtype=np.int64)  # the first, when nothing comes yet, is left out at the end
    chunk = 1 + int(1.1 * horizon_s / max(gap.mean_value(), 1))
    while at_s[-1] < horizon_s:
        more = gap.draw(streams.span(stream, len(at_s) - 1, len(at_s) - 1 + chunk), at_least)
        at_s = np.append(at_s, at_s[-1] + np.cumsum(more))
    return at_s[1 : np.searchsorted(at_s, horizon_s)]


def _joined(columns: Iterable[Ints]) -> Ints:
    """One after the other; there may be none."""
    return np.concatenate([np.zeros(0, dtype=np.int64), *columns])


def _key(network: Network, slot: Slot) -> str:
    return network.nodes[slot.place].key
