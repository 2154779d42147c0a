"""Missions and crews on the board of the compiled loop: what comes of asking, and room for those who rest."""

import numpy as np

from sim.arrivals import joined
from sim.board import NOBODY, Table
from sim.changes import Setting
from sim.laws import Ints
from sim.network import Network
from sim.nodes import CrewNode
from sim.outcomes import permission_of
from sim.rules import NO_REQUEST, PERMITTED, request_name
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
            place["office"], place["lead_s"] = permission.office, permission.lead_s
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


def asking(network: Network) -> list[int]:
    """The lines that ask an office for their missions."""
    permissions = (permission_of(network.nodes[line.yard]) for line in network.lines)
    return [number for number, told in enumerate(permissions) if told is not None and told.office >= 0]


def askers_of(network: Network, trucks: Table, lines: Table) -> None:
    """Has the last rows of trucks stand for the lines that ask an office; the others have permission for ever."""
    lines["request"] = PERMITTED
    numbers = asking(network)
    for row, number in enumerate(numbers, len(trucks) - len(numbers)):
        lines[number]["request"], lines[number]["asker"] = NO_REQUEST, row
        trucks[row]["carrier"], trucks[row]["line"], trucks[row]["step"] = request_name(number), number, NOBODY


def most_attempts(network: Network) -> int:
    """Rows, at the most, of attempts of all lines at which nobody sets out: not two within an hour.

    One each, and four of the request for it; one request more is there when the run ends.
    """
    hours = network.horizon_s // HOUR_S + 1
    attempts = sum(hours for line in network.lines if permission_of(network.nodes[line.yard]) is not None)
    return attempts + 4 * (hours + 1) * len(asking(network))
