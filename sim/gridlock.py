"""Whether places can never move again because trucks in all their lanes wait for room in one another."""

from collections.abc import Iterable

from sim.network import Network
from sim.nodes import PoolNode


class Gridlock(Exception):  # noqa: N818
    """Some places can never move again, though they are open: the message names them."""


def refuse_gridlock(network: Network, blocked: Iterable[tuple[int, int, int]]) -> None:
    """Raises Gridlock where `blocked` closes a circle: (held place, lane, place at whose door its truck waits).

    A closed gate or too few trucks for a convoy is none: they may move one day.
    """
    lanes = {node.number: range(int(node.calendar.value.max())) for node in network.nodes if isinstance(node, PoolNode)}
    waits_for: dict[int, dict[int, int]] = {place: {} for place in lanes}
    for held, lane, place in blocked:
        waits_for[held][lane] = place
    stuck = {place for place, held in waits_for.items() if held and lanes[place]}
    while movable := {p for p in stuck if any(waits_for[p].get(lane) not in stuck for lane in lanes[p])}:
        stuck -= movable
    if stuck:
        names = ", ".join(network.nodes[place].name for place in sorted(stuck))
        raise Gridlock(f"nothing can move any more: {names} wait for room in each other")
