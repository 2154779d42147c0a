"""Vehicles and people that convoys take: as many as are free, all at once or none, and free again after a while."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple, Protocol

from sim.network.convoys import CrewNode, FleetNode
from sim.rules import WITHOUT_END_S, needed_for
from sim.story.world import World


class Resource(Protocol):
    """Whatever convoys take as they set out: `free` of it are there, and have been without a break since then."""

    free_since_s: int

    @property
    def free(self) -> int: ...

    def update(self) -> None: ...

    def acquire(self, number: int) -> None: ...

    def hold_until(self, number: int, until_s: int) -> None: ...

    def next_return_s(self) -> int: ...


class ResourcePool:
    """The vehicles of a fleet, or the people of a crew, who rest after each trip.

    free : below 0 where a phase has left fewer than are out: so many do not come back.
    free_since_s : since when, without a break, one at least has been free.
    """

    def __init__(self, world: World, node: FleetNode | CrewNode):
        self.world, self.node = world, node
        self.size = self.free = node.vehicles if isinstance(node, FleetNode) else node.people
        self.rest_s = node.rest_s if isinstance(node, CrewNode) else 0
        self.free_since_s = 0
        self._returns: list[tuple[int, int]] = []  # until when, how many: those whose return is known

    def acquire(self, number: int) -> None:
        self.free -= number

    def release(self, number: int) -> None:
        """So many have come back, and are free when they have rested."""
        if self.rest_s:
            self.hold_until(number, self.world.now_s + self.rest_s)
        else:
            self._add_free(number, self.world.now_s)
        self.world.touch(self.node.owner)

    def hold_until(self, number: int, until_s: int) -> None:
        """So many that were taken are free again at `until_s`."""
        heappush(self._returns, (until_s, number))

    def update(self) -> None:
        """Makes free whoever is back by now."""
        while self._returns and self._returns[0][0] <= self.world.now_s:
            until_s, number = heappop(self._returns)
            self._add_free(number, until_s)

    def next_return_s(self) -> int:
        """When the next of those whose return is known are free again."""
        return self._returns[0][0] if self._returns else WITHOUT_END_S

    def resize(self, number: int) -> None:
        """A phase changes how many there are; those that are out come back before they go."""
        self.update()
        self._add_free(number - self.size, self.world.now_s)
        self.size = number
        self.world.touch(self.node.owner)

    def _add_free(self, number: int, since_s: int) -> None:
        if self.free <= 0 < self.free + number:
            self.free_since_s = since_s
        self.free += number


class Requirement(NamedTuple):
    """What a convoy takes: one for so many vehicles."""

    resource: Resource
    vehicles_per_unit: int


class Requirements:
    """All that the convoys of one line take."""

    def __init__(self, needs: list[Requirement]):
        self.items = needs

    def update(self) -> None:
        for need in self.items:
            need.resource.update()

    def feasible_vehicles(self, vehicles: int) -> int:
        """As many of the vehicles as there is everything for."""
        return max(0, min([vehicles, *(need.resource.free * need.vehicles_per_unit for need in self.items)]))

    def acquire(self, vehicles: int) -> None:
        for need in self.items:
            need.resource.acquire(needed_for(vehicles, need.vehicles_per_unit))

    def hold_until(self, vehicles: int, until_s: int) -> None:
        """What so many vehicles need is taken until then."""
        self.acquire(vehicles)
        for need in self.items:
            need.resource.hold_until(needed_for(vehicles, need.vehicles_per_unit), until_s)

    def next_return_s(self) -> int:
        return min((need.resource.next_return_s() for need in self.items), default=WITHOUT_END_S)
