"""Vehicles and people that convoys take: as many as are free, all at once or none, and free again after a while."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple, Protocol

from sim.network.convoys import CrewNode, FleetNode
from sim.rules import WITHOUT_END_S, needed_for
from sim.story.world import World


class Taken(Protocol):
    """Whatever convoys take as they set out: `free` of it are there, and have been without a break since then."""

    free_since_s: int

    @property
    def free(self) -> int: ...

    def look(self) -> None: ...

    def take(self, number: int) -> None: ...

    def stays_out(self, number: int, until_s: int) -> None: ...

    def next_back_s(self) -> int: ...


class Means:
    """The vehicles of a fleet, or the people of a crew, who rest after each trip.

    free : below 0 where a phase has left fewer than are out: so many do not come back.
    free_since_s : since when, without a break, one at least has been free.
    """

    def __init__(self, world: World, node: FleetNode | CrewNode):
        self.world, self.node = world, node
        self.number = self.free = node.vehicles if isinstance(node, FleetNode) else node.people
        self.rest_s = node.rest_s if isinstance(node, CrewNode) else 0
        self.free_since_s = 0
        self._out: list[tuple[int, int]] = []  # until when, how many: those whose return is known

    def take(self, number: int) -> None:
        self.free -= number

    def gives_back(self, number: int) -> None:
        """So many have come back, and are free when they have rested."""
        if self.rest_s:
            self.stays_out(number, self.world.now_s + self.rest_s)
        else:
            self._adds(number, self.world.now_s)
        self.world.touch(self.node.owner)

    def stays_out(self, number: int, until_s: int) -> None:
        """So many that were taken are free again at `until_s`."""
        heappush(self._out, (until_s, number))

    def look(self) -> None:
        """Makes free whoever is back by now."""
        while self._out and self._out[0][0] <= self.world.now_s:
            until_s, number = heappop(self._out)
            self._adds(number, until_s)

    def next_back_s(self) -> int:
        """When the next of those whose return is known are free again."""
        return self._out[0][0] if self._out else WITHOUT_END_S

    def becomes(self, number: int) -> None:
        """A phase changes how many there are; those that are out come back before they go."""
        self.look()
        self._adds(number - self.number, self.world.now_s)
        self.number = number
        self.world.touch(self.node.owner)

    def _adds(self, number: int, since_s: int) -> None:
        if self.free <= 0 < self.free + number:
            self.free_since_s = since_s
        self.free += number


class Need(NamedTuple):
    """What a convoy takes: one for so many vehicles."""

    of: Taken
    each: int


class Needs:
    """All that the convoys of one line take."""

    def __init__(self, needs: list[Need]):
        self.all = needs

    def look(self) -> None:
        for need in self.all:
            need.of.look()

    def enough_for(self, vehicles: int) -> int:
        """As many of the vehicles as there is everything for."""
        return max(0, min([vehicles, *(need.of.free * need.each for need in self.all)]))

    def take(self, vehicles: int) -> None:
        for need in self.all:
            need.of.take(needed_for(vehicles, need.each))

    def stays_out(self, vehicles: int, until_s: int) -> None:
        """What so many vehicles need is taken until then."""
        self.take(vehicles)
        for need in self.all:
            need.of.stays_out(needed_for(vehicles, need.each), until_s)

    def next_back_s(self) -> int:
        return min((need.of.next_back_s() for need in self.all), default=WITHOUT_END_S)
