"""What comes of missions that ask for permission, hour by hour: drawn before the clock starts, as shares have it.

The luck is of yard and hour since the run's start: one number for the outcome, whose shares lie in it from the worst to
the best, so that better shares make no hour worse, and one for the delay. All ways out of a yard share it.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from xxhash import xxh3_128

from sim.laws import Floats, Ints
from sim.network import Network, Purpose, crc
from sim.nodes import Answers, Node, Permission, YardNode
from sim.rules import IMPEDED, NOT_ASKED
from sim.streams import Name, Streams
from sim.units import HOUR_S

OF_AN_HOUR = (Purpose.OUTCOME, Purpose.DELAY)


def permission_of(node: Node) -> Permission | None:
    """What missions ask for at a place, None where they need nothing."""
    return node.permission if isinstance(node, YardNode) else None


def with_answers(node: Node, seed: int, replication: int, horizon_s: int, told: xxh3_128) -> Node:
    """The yard with what comes of asking in one replication, whose luck is entered in `told`; others as they are."""
    permission = permission_of(node)
    if permission is None:
        return node
    names = np.array([Name(purpose, 0, crc(node.key)) for purpose in OF_AN_HOUR], dtype=np.uint32)
    streams = Streams(seed, replication, names)
    luck = np.array([streams.span(i, 0, horizon_s // HOUR_S) for i in range(len(OF_AN_HOUR))])
    told.update(names.data)
    told.update(luck.data)
    return replace(node, permission=permission._replace(answers=answers(permission, *luck)))  # type: ignore[call-arg]


def answers(permission: Permission, outcome_luck: Floats, delay_luck: Floats) -> Answers:
    """The outcome and the delay over time. `outcome_luck`, `delay_luck` : (hours,) in [0, 1)."""
    end_s = len(outcome_luck) * HOUR_S
    edges = np.concatenate([[from_s for from_s, _ in permission.shares], permission.needed.at_s])
    at_s = np.union1d(np.arange(0, end_s, HOUR_S), edges[edges < end_s]).astype(np.int64)
    hour, outcome = at_s // HOUR_S, np.zeros(len(at_s), dtype=np.int64)
    for from_s, upto in permission.shares:
        later = at_s >= from_s
        outcome[later] = np.searchsorted(upto[:-1], outcome_luck[hour[later]], side="right")
    outcome[permission.needed.at(at_s) == 0] = NOT_ASKED
    delay_s = np.zeros(len(at_s), dtype=np.int64)
    if permission.delay is not None:
        delay_s = np.where(outcome == IMPEDED, permission.delay.draw(delay_luck)[hour], 0).astype(np.int64)
    changes = np.append(True, (np.diff(outcome) != 0) | (np.diff(delay_s) != 0))
    return Answers(at_s[changes], outcome[changes], delay_s[changes])


def inputs(network: Network) -> Iterator[tuple[str, Ints]]:
    """Name and integers of what comes of asking, as yards stand, by their keys; how soon they ask again, and whom."""
    for node in network.nodes:
        permission = permission_of(node)
        if permission is not None and permission.answers is not None:
            asks = f" {network.nodes[permission.office].key} {permission.lead_s}" if permission.office >= 0 else ""
            for name, array in permission.answers._asdict().items():
                yield f"{node.key} {name} {permission.again_s}{asks}", array
