"""Equipment that breaks: when each lane breaks and works again, drawn before the clock starts.

The luck is of place, lane and number of the breakdown: one for each time up and one for each repair, so that a higher
rate of failure moves breakdowns and changes no other, and another lane or a longer run changes nobody's.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import numpy as np
from xxhash import xxh3_128

from sim.laws import Ints
from sim.network import Network, Purpose, crc
from sim.nodes import Breaks, Node, PoolNode
from sim.streams import Name, Streams

OF_A_LANE = (Purpose.BREAKS, Purpose.REPAIR)


def breaks_of(node: Node) -> Breaks | None:
    """What is said of a place's equipment, None where it never breaks."""
    return node.breaks if isinstance(node, PoolNode) else None


def with_breakdowns(node: Node, seed: int, replication: int, horizon_s: int, told: xxh3_128) -> Node:
    """The place with all breakdowns of one replication, whose luck is entered in `told`; others as they are."""
    if not isinstance(node, PoolNode) or node.breaks is None:
        return node
    lanes = range(node.lanes)
    names = [Name(purpose, 0, crc(node.key), visit=lane) for lane in lanes for purpose in OF_A_LANE]
    streams = Streams(seed, replication, names)
    told.update(np.array(names, dtype=np.uint32).data)
    spans = tuple(_spans(node.breaks, streams, len(OF_A_LANE) * lane, horizon_s, told) for lane in lanes)
    return replace(node, breaks=node.breaks._replace(spans=spans))


def inputs(network: Network) -> Iterator[tuple[str, Ints]]:
    """Name and integers of all breakdowns, as places stand, by their keys."""
    for node in network.nodes:
        if (breaks := breaks_of(node)) is not None:
            for lane, spans in enumerate(breaks.spans):
                yield f"{node.key} breaks {lane}", spans


def share_up(node: Node) -> float:
    """The share of its time for which a lane works, long after the run's start; work that begins anew apart."""
    breaks = breaks_of(node)
    if breaks is None:
        return 1.0
    up_s = breaks.after.mean_value()
    return up_s / (up_s + breaks.lasts.mean_value())


def _spans(breaks: Breaks, streams: Streams, first: int, horizon_s: int, told: xxh3_128) -> Ints:
    """(2, n) [s]: when a lane breaks, before the horizon of its clock, and when it works again."""
    expected = horizon_s / (breaks.after.mean_value() + breaks.lasts.mean_value())
    for times in count(1):  # no number depends on how many are drawn at a time
        luck = np.array([streams.span(first + i, 0, times * int(2 + 1.2 * expected)) for i in range(len(OF_A_LANE))])
        repair_s = breaks.lasts.draw(luck[1])
        mended_s = np.cumsum(breaks.after.draw(luck[0]) + repair_s)
        spans = np.array([mended_s - repair_s, mended_s])
        if spans[0, -1] >= horizon_s:
            break
    before = int(np.searchsorted(spans[0], horizon_s))
    told.update(np.ascontiguousarray(luck[:, :before]).data)
    return np.ascontiguousarray(spans[:, :before])
