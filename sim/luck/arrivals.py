"""Arrivals: which loads come before the horizon, and when.

A load is identified by (source, layer, candidate): a higher rate or a longer horizon adds loads and changes no other
load; neither does another source.
"""

from typing import NamedTuple

import numpy as np

from sim.laws import Exponential, Ints, Law
from sim.luck.streams import StreamName, Streams
from sim.network.base import Purpose, crc
from sim.network.flows import RateSteps, Renewal, Source, Trace
from sim.network.network import Network
from sim.units import DAY_S

LAYER_PER_DAY = 200  # candidates a day in one layer of demand
CANDIDATE_GAP = Exponential(mean=DAY_S / LAYER_PER_DAY)
MAX_AGE_S = 1 << 30  # 34 years; larger ages are cut to this, which fits int32


class Loads(NamedTuple):
    """Loads by source, layer and candidate. Shape (n,) int64.

    created_s : when each load comes [s].
    age_s : how long a load of the opening stock, or of a trace, had existed before [s]; otherwise, or if unknown, 0.
    """

    source: Ints
    layer: Ints
    candidate: Ints
    created_s: Ints
    age_s: Ints


def draw_arrivals(network: Network, seed: int, replication: int) -> Loads:
    """Draws the loads of all sources that come before the horizon."""
    horizon_s, sources = network.horizon_s, network.sources
    layers = [
        (number, layer) for number, source in enumerate(sources) for layer in range(_layer_count(source, horizon_s))
    ]
    names = [
        StreamName(purpose, crc(sources[number].key), layer=layer)
        for number, layer in layers
        for purpose in (Purpose.GAP, Purpose.HEIGHT)
    ]
    streams = Streams(seed, replication, names)
    arrivals = [
        _layer_arrivals(sources[number], layer, horizon_s, streams, 2 * i) for i, (number, layer) in enumerate(layers)
    ]
    source, layer = (
        np.array(layers, dtype=np.int64).reshape(-1, 2).repeat([len(part) for part, _ in arrivals], axis=0).T
    )
    ages = concatenated(
        [
            _initial_ages_s(sources[number], len(part), seed, replication)
            for (number, _), (part, _) in zip(layers, arrivals, strict=True)
        ]
    )
    return Loads(
        source,
        layer,
        concatenated([part for part, _ in arrivals]),
        concatenated([created_s for _, created_s in arrivals]),
        ages,
    )


def _layer_count(source: Source, horizon_s: int) -> int:
    """Returns the number of layers of candidates that the source's highest rate needs."""
    if isinstance(source.demand, RateSteps):
        return int(np.ceil(float(source.demand.per_day[source.demand.at_s < horizon_s].max()) / LAYER_PER_DAY))
    return 1


def _layer_arrivals(source: Source, layer: int, horizon_s: int, streams: Streams, gaps: int) -> tuple[Ints, Ints]:
    """Returns the candidates of one layer that come before the horizon, and when [s].

    gaps : the stream of gaps; the stream of heights follows it.
    """
    if isinstance(source.demand, RateSteps):
        return _poisson_arrivals(source.demand, layer, horizon_s, streams, gaps)
    if isinstance(source.demand, Renewal):
        created_s = _renewal_times(source.demand.interval, streams, gaps, horizon_s)
    elif isinstance(source.demand, Trace):
        created_s = source.demand.created_s[source.demand.created_s < horizon_s]
    else:
        created_s = np.zeros(source.stock, dtype=np.int64)
    return np.arange(len(created_s)), created_s


def _initial_ages_s(source: Source, loads: int, seed: int, replication: int) -> Ints:
    """Returns how long each load of a stock, or of a trace with ages, has existed [s]."""
    if isinstance(source.demand, Trace) and source.demand.age_s is not None:
        return source.demand.age_s[:loads]  # loads of a trace ascend in time
    if source.age is None:
        return np.zeros(loads, dtype=np.int64)
    luck = Streams(seed, replication, [StreamName(Purpose.AGE, crc(source.key))]).uniforms(0, 0, loads)
    return np.minimum(source.age.draw(luck), MAX_AGE_S)


def _poisson_arrivals(rate: RateSteps, layer: int, horizon_s: int, streams: Streams, gaps: int) -> tuple[Ints, Ints]:
    """Draws Poisson arrivals by thinning: a candidate comes if its height in the stack of layers is below the rate.

    So a higher rate or a longer horizon adds loads and changes no other.
    """
    at_s = _renewal_times(CANDIDATE_GAP, streams, gaps, horizon_s, at_least=0)
    height = streams.uniforms(gaps + 1, 0, len(at_s)) * LAYER_PER_DAY
    possible = np.flatnonzero(layer * LAYER_PER_DAY + height < rate.per_day.max())  # few look-ups for a small flow
    at_s, height = at_s[possible], height[possible]
    comes = layer * LAYER_PER_DAY + height < rate.at(at_s)
    return possible[comes], at_s[comes]


def _renewal_times(gap: Law, streams: Streams, stream: int, horizon_s: int, at_least: int = 1) -> Ints:
    """Returns the times of a renewal process before the horizon [s]. The chunk size of drawing does not change them."""
    at_s = np.zeros(1, dtype=np.int64)  # the start is not an arrival; it is dropped at the end
    chunk = 1 + int(1.1 * horizon_s / max(gap.mean_value(), 1))
    while at_s[-1] < horizon_s:
        more = gap.draw(streams.uniforms(stream, len(at_s) - 1, len(at_s) - 1 + chunk), at_least)
        at_s = np.append(at_s, at_s[-1] + np.cumsum(more))
    return at_s[1 : np.searchsorted(at_s, horizon_s)]


def concatenated(columns: list[Ints]) -> Ints:
    """Concatenates columns; the list may be empty."""
    return np.concatenate([np.zeros(0, dtype=np.int64), *columns])
