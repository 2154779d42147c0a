"""Resources of convoys: vehicles, drivers, escorts and fuel. A convoy acquires all that it needs, or nothing."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple, Protocol

from sim.network.convoys import CrewNode, FleetNode
from sim.rules import WITHOUT_END_S, units_needed
from sim.story.world import World


class Resource(Protocol):
    """Something that convoys need: `free` units are available; at least one has been since `free_since_s`."""

    free_since_s: int

    @property
    def free(self) -> int:
        """The number of available units."""

    def update(self) -> None:
        """Makes free all units that have returned by now."""

    def acquire(self, number: int) -> None:
        """Takes `number` units."""

    def hold_until(self, number: int, until_s: int) -> None:
        """Makes `number` units that were taken free at `until_s`."""

    def next_change_s(self) -> int:
        """Returns the next known second at which units become free, WITHOUT_END_S if there is none."""


class ResourcePool:
    """The vehicles of a fleet, or the people of a crew, who rest after each trip.

    free : below 0 where a phase has left fewer than are out; that many retire on their return.
    free_since_s : since when at least one has been free without interruption.
    """

    def __init__(self, world: World, node: FleetNode | CrewNode):
        self.world, self.node = world, node
        self.size = self.free = node.vehicles if isinstance(node, FleetNode) else node.people
        self.rest_s = node.rest_s if isinstance(node, CrewNode) else 0
        self.free_since_s = 0
        self._returns: list[tuple[int, int]] = []  # second, number: returns that are known

    def acquire(self, number: int) -> None:
        """Takes `number` units."""
        self.free -= number

    def release(self, number: int) -> None:
        """Returns `number` units, which become free after their rest."""
        if self.rest_s:
            self.hold_until(number, self.world.now_s + self.rest_s)
        else:
            self._add_free(number, self.world.now_s)
        self.world.touch(self.node.dispatcher)

    def hold_until(self, number: int, until_s: int) -> None:
        """Makes `number` units that were taken free at `until_s`."""
        heappush(self._returns, (until_s, number))

    def update(self) -> None:
        """Makes free all units that have returned by now."""
        while self._returns and self._returns[0][0] <= self.world.now_s:
            until_s, number = heappop(self._returns)
            self._add_free(number, until_s)

    def next_change_s(self) -> int:
        """Returns the next known second at which units become free, WITHOUT_END_S if there is none."""
        return self._returns[0][0] if self._returns else WITHOUT_END_S

    def resize(self, number: int) -> None:
        """Changes the size when a phase begins or ends; units that are out return before they retire."""
        self.update()
        self._add_free(number - self.size, self.world.now_s)
        self.size = number
        self.world.touch(self.node.dispatcher)

    def _add_free(self, number: int, since_s: int) -> None:
        if self.free <= 0 < self.free + number:
            self.free_since_s = since_s
        self.free += number


class Requirement(NamedTuple):
    """A need of convoys for a resource: one unit for every `vehicles_per_unit` vehicles."""

    resource: Resource
    vehicles_per_unit: int


class Requirements:
    """All resources that the convoys of one line need."""

    def __init__(self, items: list[Requirement]):
        self.items = items

    def feasible_vehicles(self, vehicles: int) -> int:
        """Returns how many of `vehicles` have all the resources that they need."""
        return max(0, min([vehicles, *[item.resource.free * item.vehicles_per_unit for item in self.items]]))

    def acquire(self, vehicles: int) -> None:
        """Takes what `vehicles` need."""
        for item in self.items:
            item.resource.acquire(units_needed(vehicles, item.vehicles_per_unit))

    def hold_until(self, vehicles: int, until_s: int) -> None:
        """Takes what `vehicles` need, until `until_s`."""
        self.acquire(vehicles)
        for item in self.items:
            item.resource.hold_until(units_needed(vehicles, item.vehicles_per_unit), until_s)
