"""Every random number: what each load of one replication will meet, drawn before the clock starts.

Luck belongs to a load and is uniform: one number for each purpose, place and visit, never "the next draw". The
scenario gives it meaning through quantiles. A load is (source, layer, index): adding a flow, a corridor or a place
moves nobody else's luck, and a higher rate or a longer horizon adds loads and moves none. This is the only module that
makes a generator.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from numpy.random import Generator, Philox, SeedSequence
from numpy.typing import NDArray

from sim.demand import RateSteps, Renewal, Trace
from sim.laws import Exponential, Floats, Ints, Law
from sim.network import Network, Purpose, Slot, Source, crc
from sim.units import DAY_S

LAYER = 200  # candidates a day in one layer of demand
GAP = Exponential(mean=DAY_S / LAYER)
LONGEST_S = 1 << 30  # 34 years, beyond any run: what lasts longer is said to last that, and fits int32

OWN = (Purpose.CORRIDOR, Purpose.PALLETS, Purpose.WEIGHT)  # the luck that a load has wherever it goes

LEFT, RIGHT = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)  # with which SeedSequence mixes two words

Luck = NDArray[np.int32]
Words = NDArray[np.uint32]


@dataclass(frozen=True)
class Draws:
    """The loads of one replication, numbered by (created, key of the source, layer, index), and their luck.

    source, layer, index, created_s, route, rank, pallets, kg, first_step : (n,) int64
    stocked : (n,) bool. Already on its corridor when the run starts.
    first_pallet : (n,) int64. Pallets of the loads before it: a vehicle is named by its first pallet in this count.
    luck : (rows, n) int32. Durations [s], from 1 to LONGEST_S, or 1 for yes and 0 for no; 0 where a load cannot be.
    rows : slot -> its rows of `luck`, one a visit. In the order of purposes and keys.
    luck_digest : SHA-256 of the uniforms.
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
    rows: dict[Slot, range]
    luck_digest: str

    def __len__(self) -> int:
        return len(self.created_s)

    @property
    def values(self) -> dict[Slot, Luck]:
        """The luck of each slot, (visits, n)."""
        return {slot: self.luck[rows.start : rows.stop] for slot, rows in self.rows.items()}

    def inputs(self, network: Network) -> Iterator[tuple[str, Ints]]:
        """Name and integers of all that is handed to an engine, in an order that knows keys and no numbers."""
        for name in ("created_s", "rank", "pallets", "kg", "first_step"):
            yield name, getattr(self, name)
        yield "route", np.array([crc(route.key) for route in network.routes], dtype=np.int64)[self.route]
        for slot, values in self.values.items():
            yield f"{slot.purpose} {_key(network, slot)}", values.astype(np.int64)


class Name(NamedTuple):
    """What a stream of luck is for, and whose it is: the CRCs of a flow's key and a place's, 0 for no place."""

    purpose: Purpose
    flow: int
    place: int = 0
    visit: int = 0
    layer: int = 0


class Streams:
    """The streams of one replication by their names. A new purpose or owner never moves another's numbers."""

    def __init__(self, seed: int, replication: int, names: Sequence[Name]):
        self._keys = dict(zip(names, _keys(seed, replication, names).tolist(), strict=True))
        bits = Philox(0)
        self._bits, self._generator, self._state = bits, Generator(bits), bits.state

    def begin(self, name: Name) -> Generator:
        """The one generator, at the beginning of that stream: what is wanted of it is drawn before the next begins."""
        self._state["state"]["key"] = self._keys[name]
        self._bits.state = self._state
        return self._generator


def _keys(seed: int, replication: int, names: Sequence[Name]) -> NDArray[np.uint64]:
    """What Philox(SeedSequence(seed, spawn_key=(replication, *name))) has as its key, for each name. Shape (n, 2).

    To make a stream takes NumPy longer than to draw what most are wanted for. It mixes the words of a spawn key into
    its pool one after the other, and the last are mixed here, for all names at once.
    """
    pools = {name.purpose: np.zeros(0, dtype=np.uint32) for name in names}
    for purpose in pools:
        pools[purpose] = SeedSequence(seed, spawn_key=(replication, int(purpose))).pool
    pool = np.array([pools[name.purpose] for name in names], dtype=np.uint32).reshape(-1, 4)
    steps = 4 * (max(4, -(-seed.bit_length() // 32)) + 2)  # four for each word of 32 bits that is in the pool
    words = np.array(names, dtype=np.uint32).reshape(-1, len(Name._fields))
    for word in words.T[1:]:
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
    """The loads of one source in the order of layers and candidates: which of them came, and when. Shape (n,)."""

    layer: Ints
    candidate: Ints
    created_s: Ints

    def layers(self) -> list[tuple[int, slice]]:
        """Each layer that there is, and where its loads stand."""
        numbers, begins = np.unique(self.layer, return_index=True)
        spans = pairwise([*begins.tolist(), len(self.layer)])
        return [(number, slice(*span)) for number, span in zip(numbers.tolist(), spans, strict=True)]


def draw(network: Network, seed: int, replication: int) -> Draws:
    """All the luck of one replication: a pure function of its arguments."""
    sources = network.sources
    loads = _arrivals(sources, network.horizon_s, seed, replication)
    layer, index, created = (_joined([getattr(part, name) for part in loads]) for name in _Loads._fields)
    ends = np.cumsum([0, *(len(part.created_s) for part in loads)])
    order = np.argsort(created, kind="stable")  # those of one second stand by source, layer and candidate already
    source_of = np.repeat(np.arange(len(sources)), np.diff(ends))[order]

    # Source after source, each in one piece; put into the order of loads at the end
    slots = [network.slots_of(route) for route in network.routes]
    came = [
        (source, part, slice(*span), _most(network, [slots[corridor] for corridor in source.corridors]))
        for source, part, span in zip(sources, loads, pairwise(ends.tolist()), strict=True)
        if len(part.created_s)
    ]
    rows = _rows(_most(network, [most for *_, most in came]))
    values = np.zeros((sum(map(len, rows.values())), len(order)), dtype=np.int32)
    route, pallets, kg = (np.zeros(len(order), dtype=np.int64) for _ in range(3))
    names = [name for source, part, _, most in came for name in _names(network, source, part, most)]
    streams, sha = Streams(seed, replication, names), hashlib.sha256()
    for source, part, mine, most in came:
        luck = _Luck(source, part, streams, sha)
        taken = np.searchsorted(source.cumulative, luck.uniform(Purpose.CORRIDOR) * source.cumulative[-1], side="right")
        route[mine] = np.asarray(source.corridors)[np.minimum(taken, len(source.corridors) - 1)]
        pallets[mine] = source.pallets.draw(luck.uniform(Purpose.PALLETS))
        kg[mine] = source.weight.draw(luck.uniform(Purpose.WEIGHT))
        if isinstance(source.demand, Trace):
            pallets[mine] = _known(source.demand.pallets[part.candidate], pallets[mine])
            kg[mine] = _known(source.demand.kg[part.candidate], kg[mine])
        for slot, visits in most.items():
            for visit in range(visits):
                u = luck.uniform(slot.purpose, _key(network, slot), visit)
                if slot in network.laws:
                    lasts_s = _recorded(network, source, slot, part.candidate, network.laws[slot].draw(u))
                    values[rows[slot][visit], mine] = np.minimum(lasts_s, LONGEST_S)
                else:
                    values[rows[slot][visit], mine] = u < network.shares[slot]
    for row in values:
        row[:] = row[order]
    pallets = pallets[order]
    of_source = np.array([(source.rank, source.first_step, source.stock) for source in sources], dtype=np.int64)
    rank, first_step, stock = of_source.reshape(-1, 3).T
    return Draws(
        source_of, layer[order], index[order], created[order], route[order], rank[source_of], pallets, kg[order],
        first_step[source_of], stock[source_of] > 0, np.cumsum(pallets) - pallets, values, rows, sha.hexdigest(),
    )  # fmt: skip


def _recorded(network: Network, source: Source, slot: Slot, load: Ints, drawn: Ints) -> Ints:
    """What a trace says of these loads there, else what was drawn. The delay after a rejection is no visit."""
    place = network.nodes[slot.place].name
    if (
        not isinstance(source.demand, Trace)
        or place not in source.demand.durations
        or slot.purpose == Purpose.REJECTED_AFTER
    ):
        return drawn
    return _known(source.demand.durations[place][load], drawn)


def _known(told: Ints, drawn: Ints) -> Ints:
    """What a trace says, and where it says nothing what was drawn."""
    return np.where(told >= 0, told, drawn)


class _Luck:
    """The uniforms of one source's loads; what is drawn is entered in the digest."""

    def __init__(self, source: Source, loads: _Loads, streams: Streams, sha: "hashlib._Hash"):
        self.source, self.loads, self.streams, self.sha = source, loads, streams, sha
        self.flow, self.layers = crc(source.key), loads.layers()

    def uniform(self, purpose: Purpose, place: str = "", visit: int = 0) -> Floats:
        """A number in [0, 1) for each load, in the order of `loads`."""
        u = np.empty(len(self.loads.candidate))
        for layer, mine in self.layers:
            of_load = self.loads.candidate[mine]
            candidates = self.streams.begin(Name(purpose, self.flow, crc(place), visit, layer))
            candidates.random(int(of_load[-1]) + 1).take(of_load, out=u[mine], mode="clip")
        self.sha.update(f"{purpose} {self.source.key} {place} {visit}".encode())
        self.sha.update(u.data)
        return u


def _names(network: Network, source: Source, loads: _Loads, most: dict[Slot, int]) -> list[Name]:
    """The streams of all the luck of a source's loads."""
    uses = [(purpose, 0, 0) for purpose in OWN]
    uses += [
        (slot.purpose, crc(_key(network, slot)), visit) for slot, visits in most.items() for visit in range(visits)
    ]
    flow, layers = crc(source.key), [layer for layer, _ in loads.layers()]
    return [Name(purpose, flow, place, visit, layer) for purpose, place, visit in uses for layer in layers]


def _arrivals(sources: Sequence[Source], horizon_s: int, seed: int, replication: int) -> list[_Loads]:
    """The loads of each source before the horizon."""
    layers = [_layers(source, horizon_s) for source in sources]
    names = [
        Name(purpose, crc(source.key), layer=layer)
        for source, number in zip(sources, layers, strict=True)
        for layer in range(number)
        for purpose in (Purpose.GAP, Purpose.HEIGHT)
    ]
    streams = Streams(seed, replication, names)
    return [_come(source, number, horizon_s, streams) for source, number in zip(sources, layers, strict=True)]


def _layers(source: Source, horizon_s: int) -> int:
    """The layers of candidates from which loads may come."""
    if isinstance(source.demand, RateSteps):
        return int(np.ceil(float(source.demand.per_day[source.demand.at_s < horizon_s].max()) / LAYER))
    return int(isinstance(source.demand, Renewal))


def _come(source: Source, layers: int, horizon_s: int, streams: Streams) -> _Loads:
    """The loads of a source before the horizon."""
    flow = crc(source.key)
    if isinstance(source.demand, RateSteps):
        return _poisson(flow, source.demand, layers, horizon_s, streams)
    if isinstance(source.demand, Renewal):
        created = _one_after_another(source.demand.interval, streams.begin(Name(Purpose.GAP, flow)), horizon_s)
    elif isinstance(source.demand, Trace):
        created = source.demand.created_s[source.demand.created_s < horizon_s]
    else:
        created = np.zeros(source.stock, dtype=np.int64)
    return _Loads(np.zeros(len(created), dtype=np.int64), np.arange(len(created)), created)


def _poisson(flow: int, rate: RateSteps, layers: int, horizon_s: int, streams: Streams) -> _Loads:
    """Candidates lie in layers of 200 a day; one of layer n comes when 200 n + its height is below the rate.

    So a higher rate or a longer horizon adds loads and moves none.
    """
    parts = [_Loads(*(_joined([]) for _ in _Loads._fields))]
    for layer in range(layers):
        gaps = streams.begin(Name(Purpose.GAP, flow, layer=layer))
        at_s = _one_after_another(GAP, gaps, horizon_s, at_least=0)
        height = streams.begin(Name(Purpose.HEIGHT, flow, layer=layer)).random(len(at_s)) * LAYER
        comes = np.flatnonzero(layer * LAYER + height < rate.at(at_s))
        parts.append(_Loads(np.full(len(comes), layer, dtype=np.int64), comes, at_s[comes]))
    return _Loads(*(_joined(columns) for columns in zip(*parts, strict=True)))


def _one_after_another(gap: Law, luck: Generator, horizon_s: int, at_least: int = 1) -> Ints:
    """Moments before the horizon with gaps by a law, drawn in chunks, which are the same numbers as in one go [s]."""
    at_s = np.zeros(0, dtype=np.int64)
    while len(at_s) == 0 or at_s[-1] < horizon_s:
        more = gap.draw(luck.random(1 + int(1.1 * horizon_s / max(gap.mean_value(), 1))), at_least)
        at_s = np.append(at_s, (at_s[-1] if len(at_s) else 0) + np.cumsum(more))
    return at_s[at_s < horizon_s]


def _joined(columns: Sequence[Ints]) -> Ints:
    """One after the other; there may be none."""
    return np.concatenate([np.zeros(0, dtype=np.int64), *columns])


def _most(network: Network, slots: Sequence[dict[Slot, int]]) -> dict[Slot, int]:
    """The most visits in each slot, in the order of purposes and keys."""
    every = sorted(
        {slot for part in slots for slot in part}, key=lambda slot: (slot.purpose, _key(network, slot).encode())
    )
    return {slot: max(part.get(slot, 0) for part in slots) for slot in every}


def _rows(most: dict[Slot, int]) -> dict[Slot, range]:
    """A row for each visit, slot after slot."""
    ends = [0, *accumulate(most.values())]
    return {slot: range(*span) for slot, span in zip(most, pairwise(ends), strict=True)}


def _key(network: Network, slot: Slot) -> str:
    return network.nodes[slot.place].key
