"""Which loads come before the horizon, and when.

A load is (source, layer, candidate): a higher rate or a longer horizon adds loads and moves none, and neither does
another source.
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
MAX_AGE_S = 1 << 30  # 34 years: what is more is said to be that, and fits int32


class Loads(NamedTuple):
    """Loads by source, layer and candidate: which candidates came, and when. Shape (n,) int64.

    age_s : how long a load of a stock had been there when the run started, or one of a trace before; 0 where it is not
    known, and of all others.
    """

    source: Ints
    layer: Ints
    candidate: Ints
    created_s: Ints
    age_s: Ints


def draw_arrivals(network: Network, seed: int, replication: int) -> Loads:
    """The loads of each source before the horizon."""
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
    came = [
        _layer_arrivals(sources[number], layer, horizon_s, streams, 2 * i) for i, (number, layer) in enumerate(layers)
    ]
    source, layer = np.array(layers, dtype=np.int64).reshape(-1, 2).repeat([len(part) for part, _ in came], axis=0).T
    of_each = zip(layers, came, strict=True)
    ages = concatenated(
        [_initial_ages_s(sources[number], len(part), seed, replication) for (number, _), (part, _) in of_each]
    )
    return Loads(
        source,
        layer,
        concatenated([part for part, _ in came]),
        concatenated([created_s for _, created_s in came]),
        ages,
    )


def _layer_count(source: Source, horizon_s: int) -> int:
    """The layers of candidates from which loads may come."""
    if isinstance(source.demand, RateSteps):
        return int(np.ceil(float(source.demand.per_day[source.demand.at_s < horizon_s].max()) / LAYER_PER_DAY))
    return 1


def _layer_arrivals(source: Source, layer: int, horizon_s: int, streams: Streams, gaps: int) -> tuple[Ints, Ints]:
    """The candidates of one layer that come before the horizon, and when [s]; heights follow the stream `gaps`."""
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
    """How long each load of a stock, or of a trace that knows, has been there [s]."""
    if isinstance(source.demand, Trace) and source.demand.age_s is not None:
        return source.demand.age_s[:loads]  # which ascend in time
    if source.age is None:
        return np.zeros(loads, dtype=np.int64)
    luck = Streams(seed, replication, [StreamName(Purpose.AGE, crc(source.key))]).uniforms(0, 0, loads)
    return np.minimum(source.age.draw(luck), MAX_AGE_S)


def _poisson_arrivals(rate: RateSteps, layer: int, horizon_s: int, streams: Streams, gaps: int) -> tuple[Ints, Ints]:
    """Candidates lie in layers of 200 a day; one of layer n comes when 200 n + its height is below the rate.

    So a higher rate or a longer horizon adds loads and moves none.
    """
    at_s = _renewal_times(CANDIDATE_GAP, streams, gaps, horizon_s, at_least=0)
    height = streams.uniforms(gaps + 1, 0, len(at_s)) * LAYER_PER_DAY
    low = np.flatnonzero(
        layer * LAYER_PER_DAY + height < rate.per_day.max()
    )  # of a small flow few, which are all to look up
    at_s, height = at_s[low], height[low]
    comes = layer * LAYER_PER_DAY + height < rate.at(at_s)
    return low[comes], at_s[comes]


def _renewal_times(gap: Law, streams: Streams, stream: int, horizon_s: int, at_least: int = 1) -> Ints:
    """Moments before the horizon with gaps by a law, drawn in chunks, which are the same numbers as in one go [s]."""
    at_s = np.zeros(1, dtype=np.int64)  # the first, when nothing comes yet, is left out at the end
    chunk = 1 + int(1.1 * horizon_s / max(gap.mean_value(), 1))
    while at_s[-1] < horizon_s:
        more = gap.draw(streams.uniforms(stream, len(at_s) - 1, len(at_s) - 1 + chunk), at_least)
        at_s = np.append(at_s, at_s[-1] + np.cumsum(more))
    return at_s[1 : np.searchsorted(at_s, horizon_s)]


def concatenated(columns: list[Ints]) -> Ints:
    """One after the other; there may be none."""
    return np.concatenate([np.zeros(0, dtype=np.int64), *columns])
