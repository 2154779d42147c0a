"""Missions and crews on the board of the compiled loop: what comes of asking, and room for those who rest."""

import numpy as np

from sim.arrivals import joined
from sim.board import Table
from sim.changes import Setting
from sim.laws import Ints
from sim.network import Network
from sim.nodes import CrewNode
from sim.outcomes import permission_of
from sim.units import HOUR_S


def answers_of(network: Network, places: Table) -> Ints:
    """What comes of asking at each yard; tells the yards where that stands."""
    parts, first = [], 0
    for place, node in zip(places, network.nodes, strict=True):
        permission = permission_of(node)
        if permission is not None and permission.answers is not None:
            parts.append(np.stack(permission.answers, axis=1))
            place["first_answer"] = place["answer"] = first
            first += len(parts[-1])
            place["end_answer"], place["again_s"] = first, permission.again_s
    return np.concatenate(parts) if parts else np.zeros((0, 3), dtype=np.int64)


def rests_of(network: Network, places: Table) -> Ints:
    """Room for each of those who may rest at once; tells the crews where that is."""
    first = 0
    for place, node in zip(places, network.nodes, strict=True):
        if isinstance(node, CrewNode):
            most = int(node.over_time(Setting.people).value.max())
            place["first_rest"], place["most_rests"] = first, most
            first += most if node.rest_s else 0
    return joined([np.zeros(first, dtype=np.int64)])


def most_attempts(network: Network) -> int:
    """How often, at the most, all lines ask and nobody sets out: not twice within an hour."""
    hours = network.horizon_s // HOUR_S + 1
    return sum(hours for line in network.lines if permission_of(network.nodes[line.yard]) is not None)
