"""Every random number: what each load of one replication will meet, drawn before the clock starts.

Luck belongs to a load and is uniform: one number for each purpose, place and visit, never "the next draw". The
scenario gives it meaning through quantiles. A load is (source, layer, index): adding a flow, a corridor or a place
moves nobody else's luck, and a higher rate or a longer horizon adds loads and moves none. This is the only module that
makes a generator.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator, Philox, SeedSequence

from sim.demand import RateSteps, Renewal, Trace
from sim.laws import Exponential, Floats, Ints, Law
from sim.network import Network, Purpose, Slot, Source, crc
from sim.units import DAY_S

LAYER = 200  # candidates a day in one layer of demand
GAP = Exponential(mean=DAY_S / LAYER)


@dataclass(frozen=True)
class Draws:
    """The loads of one replication, numbered by (created, key of the source, layer, index), and their luck.

    source, layer, index, created_s, route, rank, pallets, kg, first_step : (n,) int64
    stocked : (n,) bool. Already on its corridor when the run starts.
    first_pallet : (n,) int64. Pallets of the loads before it: a vehicle is named by its first pallet in this count.
    values : slot -> (visits, n) int64. Durations [s], at least 1, or 1 for yes and 0 for no.
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
    values: dict[Slot, Ints]
    luck_digest: str

    def __len__(self) -> int:
        return len(self.created_s)

    def inputs(self, network: Network) -> Iterator[tuple[str, Ints]]:
        """Name and integers of all that is handed to an engine, in an order that knows keys and no numbers."""
        for name in ("created_s", "rank", "pallets", "kg", "first_step"):
            yield name, getattr(self, name)
        yield "route", np.array([crc(route.key) for route in network.routes], dtype=np.int64)[self.route]
        for slot in sorted(self.values, key=lambda slot: _order(network, slot)):
            yield f"{slot.purpose} {_key(network, slot)}", self.values[slot]


class _Loads(NamedTuple):
    """The loads of one source: which candidates came, and when. Shape (n,)."""

    layer: Ints
    candidate: Ints
    created_s: Ints


def stream(
    seed: int, replication: int, purpose: Purpose, flow: str, place: str = "", visit: int = 0, layer: int = 0
) -> Generator:
    """The generator for one purpose of one flow at one place. A new purpose or owner never moves another's numbers."""
    owner = (crc(flow), crc(place) if place else 0)
    return Generator(Philox(SeedSequence(seed, spawn_key=(replication, int(purpose), *owner, visit, layer))))


def draw(network: Network, seed: int, replication: int) -> Draws:
    """All the luck of one replication: a pure function of its arguments."""
    sha = hashlib.sha256()
    loads = [_arrivals(source, network.horizon_s, seed, replication) for source in network.sources]
    layer, index, created = (_joined([getattr(part, name) for part in loads]) for name in _Loads._fields)
    owner = _joined([np.full(len(part.created_s), number) for number, part in enumerate(loads)])
    order = np.lexsort((index, layer, owner, created))
    number_of = np.empty(len(order), dtype=np.int64)  # of the k-th load in order of sources
    number_of[order] = np.arange(len(order))

    columns = {name: np.zeros(len(order), dtype=np.int64) for name in ("route", "rank", "pallets", "kg", "first_step")}
    values: dict[Slot, Ints] = {}
    begin = 0
    for source, part in zip(network.sources, loads, strict=True):
        if len(part.candidate) == 0:
            continue
        mine = number_of[begin : begin + len(part.candidate)]
        begin += len(part.candidate)
        luck = _Luck(source, part, seed, replication, sha)
        taken = np.searchsorted(source.cumulative, luck.uniform(Purpose.CORRIDOR) * source.cumulative[-1], side="right")
        columns["route"][mine] = np.asarray(source.corridors)[np.minimum(taken, len(source.corridors) - 1)]
        columns["rank"][mine] = source.rank
        columns["first_step"][mine] = source.first_step
        columns["pallets"][mine] = source.pallets.draw(luck.uniform(Purpose.PALLETS))
        columns["kg"][mine] = source.weight.draw(luck.uniform(Purpose.WEIGHT))
        if isinstance(source.demand, Trace):
            for name in ("pallets", "kg"):
                known = getattr(source.demand, name)[part.candidate]
                columns[name][mine] = np.where(known >= 0, known, columns[name][mine])
        for slot, visits in _slots_of(network, source):
            into = values.setdefault(slot, np.zeros((visits, len(order)), dtype=np.int64))
            if len(into) < visits:
                into = values[slot] = np.vstack([into, np.zeros((visits - len(into), len(order)), dtype=np.int64)])
            for visit in range(visits):
                u = luck.uniform(slot.purpose, _key(network, slot), visit)
                into[visit, mine] = network.laws[slot].draw(u) if slot in network.laws else u < network.shares[slot]
                if isinstance(source.demand, Trace) and slot in network.laws:
                    into[visit, mine] = _recorded(network, source.demand, slot, part.candidate, into[visit, mine])
    pallets = columns["pallets"]
    stocked = np.array([source.stock > 0 for source in network.sources], dtype=bool)[owner[order]]
    return Draws(
        owner[order], layer[order], index[order], created[order], **columns, stocked=stocked,
        first_pallet=np.cumsum(pallets) - pallets, values=values, luck_digest=sha.hexdigest(),
    )  # fmt: skip


def _recorded(network: Network, trace: Trace, slot: Slot, load: Ints, drawn: Ints) -> Ints:
    """What the trace says of these loads there, else what was drawn. The delay after a rejection is no visit."""
    place = network.nodes[slot.place].name
    if place not in trace.durations or slot.purpose == Purpose.REJECTED_AFTER:
        return drawn
    known = trace.durations[place][load]
    return np.where(known >= 0, known, drawn)


class _Luck:
    """The uniforms of one source's loads; what is drawn is entered in the digest."""

    def __init__(self, source: Source, loads: _Loads, seed: int, replication: int, sha: "hashlib._Hash"):
        self.source, self.loads, self.seed, self.replication, self.sha = source, loads, seed, replication, sha

    def uniform(self, purpose: Purpose, place: str = "", visit: int = 0) -> Floats:
        """A number in [0, 1) for each load, in the order of `loads`."""
        u = np.empty(len(self.loads.candidate))
        for layer in np.unique(self.loads.layer):
            in_layer = self.loads.layer == layer
            of_load = self.loads.candidate[in_layer]
            owner = (self.seed, self.replication, purpose, self.source.key, place, visit, int(layer))
            u[in_layer] = stream(*owner).random(int(of_load.max()) + 1)[of_load]
        self.sha.update(f"{purpose} {self.source.key} {place} {visit}".encode() + u.tobytes())
        return u


def _arrivals(source: Source, horizon_s: int, seed: int, replication: int) -> _Loads:
    """The loads of a source before the horizon."""
    if isinstance(source.demand, RateSteps):
        return _poisson(source.key, source.demand, horizon_s, seed, replication)
    if isinstance(source.demand, Renewal):
        created = _one_after_another(
            source.demand.interval, stream(seed, replication, Purpose.GAP, source.key), horizon_s
        )
        return _Loads(np.zeros(len(created), dtype=np.int64), np.arange(len(created)), created)
    created = source.demand.created_s if source.demand is not None else np.zeros(source.stock, dtype=np.int64)
    created = created[created < horizon_s]
    return _Loads(np.zeros(len(created), dtype=np.int64), np.arange(len(created)), created)


def _poisson(key: str, rate: RateSteps, horizon_s: int, seed: int, replication: int) -> _Loads:
    """Candidates lie in layers of 200 a day; one of layer n comes when 200 n + its height is below the rate.

    So a higher rate or a longer horizon adds loads and moves none.
    """
    highest = float(rate.per_day[rate.at_s < horizon_s].max())
    parts = [_Loads(*(_joined([]) for _ in _Loads._fields))]
    for layer in range(int(np.ceil(highest / LAYER))):
        gaps = stream(seed, replication, Purpose.GAP, key, layer=layer)
        at_s = _one_after_another(GAP, gaps, horizon_s, at_least=0)
        height = stream(seed, replication, Purpose.HEIGHT, key, layer=layer).random(len(at_s)) * LAYER
        comes = np.flatnonzero(layer * LAYER + height < rate.at(at_s))
        parts.append(_Loads(np.full(len(comes), layer, dtype=np.int64), comes, at_s[comes]))
    return _Loads(*(_joined(columns) for columns in zip(*parts, strict=True)))


def _one_after_another(gap: Law, luck: Generator, horizon_s: int, at_least: int = 1) -> Ints:
    """Moments before the horizon with gaps by a law, drawn in chunks, which are the same numbers as in one go [s]."""
    at_s = np.zeros(0, dtype=np.int64)
    while len(at_s) == 0 or at_s[-1] < horizon_s:
        more = gap.draw(luck.random(1 + int(horizon_s / gap.mean_value()) // 4), at_least)
        at_s = np.append(at_s, (at_s[-1] if len(at_s) else 0) + np.cumsum(more))
    return at_s[at_s < horizon_s]


def _joined(columns: Sequence[Ints]) -> Ints:
    """One after the other; there may be none."""
    return np.concatenate([np.zeros(0, dtype=np.int64), *columns])


def _slots_of(network: Network, source: Source) -> list[tuple[Slot, int]]:
    """The slots that loads of `source` may use, and the most visits there, in the order of keys."""
    most: dict[Slot, int] = {}
    for corridor in source.corridors:
        for slot, visits in network.slots_of(network.routes[corridor]).items():
            most[slot] = max(visits, most.get(slot, 0))
    return sorted(most.items(), key=lambda item: _order(network, item[0]))


def _order(network: Network, slot: Slot) -> tuple[int, bytes]:
    return slot.purpose, _key(network, slot).encode()


def _key(network: Network, slot: Slot) -> str:
    return network.nodes[slot.place].key
