"""Whether places can never move again because those in all their lanes, or vehicles, wait for one another."""

from collections.abc import Hashable, Iterable
from typing import NamedTuple

from sim.changes import Setting
from sim.network import Network
from sim.nodes import FleetNode, PoolNode


class Gridlock(Exception):  # noqa: N818
    """Some places can never move again, though they are open: the message names them."""


class Held(NamedTuple):
    """A lane of a place, or a vehicle of a fleet, whose truck waits at another place."""

    of: int
    unit: Hashable
    at: int


def refuse_gridlock(network: Network, held: Iterable[Held]) -> None:
    """Raises Gridlock where what is held closes a circle.

    A closed gate or too few trucks for a convoy is none: they may move one day.
    """
    units = {node.number: int(node.calendar.value.max()) for node in network.nodes if isinstance(node, PoolNode)}
    fleets = [node for node in network.nodes if isinstance(node, FleetNode)]
    units |= {node.number: int(node.over_time(Setting.vehicles).value[-1]) for node in fleets}
    needs = {node.number: node.fleet for node in network.nodes if isinstance(node, PoolNode) and node.fleet >= 0}
    waits_for: dict[int, dict[Hashable, int]] = {place: {} for place in units}
    for of, unit, at in held:
        waits_for[of][unit] = at

    def all_wait(place: int) -> bool:
        """For places that cannot move."""
        return 0 < units[place] <= len(waits_for[place]) and stuck.issuperset(waits_for[place].values())

    stuck = set(units)
    while movable := {place for place in stuck if not (all_wait(place) or needs.get(place) in stuck)}:
        stuck -= movable
    if stuck:
        names = ", ".join(network.nodes[place].name for place in sorted(stuck))
        of_what = "vehicles or room" if stuck & {node.number for node in fleets} else "room"
        raise Gridlock(f"nothing can move any more: {names} wait for {of_what} in each other")
