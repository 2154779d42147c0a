"""Depots in the SimPy model: litres that tankers bring, that users draw by the day, and convoys as they set out.

Stores in the SimPy model: the floor behind docks, from which pallets are handed out evenly.
"""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import groupby
from typing import Protocol

from simpy import Event

from sim.events import DRAWN, FUELLED, OFFLOADED, TANKED
from sim.network.convoys import FleetNode
from sim.network.stock import DepotNode, PlatformNode, StoreNode
from sim.rules import (
    WITHOUT_END_S,
    collectable_s,
    flown,
    has_flown_s,
    left_in_store,
    next_time_of_day_s,
    rationed,
    surplus,
    trips_fuelled,
)
from sim.story.world import CalendarCursor, Truck, World
from sim.units import DAY_S


class Depot:
    """Whoever finds no room for all its litres at once stays in its dock."""

    def __init__(self, world: World, node: DepotNode):
        self.world, self.node, self.content = world, node, node.stock
        self.supplies: list[FuelSupply] = []
        self.queue: list[tuple[int, int, int, int, int, Truck, Event]] = []
        self._next_ration_s = next_time_of_day_s(-1, node.draws_s)
        if node.users:
            world.wake(node.number, self._next_ration_s)

    def unload(self, truck: Truck) -> Event:
        """Fires when all that the truck brings is in the depot."""
        placed, litres = self.world.env.event(), sum(pallets for _, pallets in truck.parts) * self.node.litres
        heappush(self.queue, (truck.rank, self.world.now_s, truck.load, truck.carrier, litres, truck, placed))
        self.world.touch(self.node.number)
        return placed

    def serve(self) -> None:
        if self.node.users and self.world.now_s == self._next_ration_s:
            self._ration()
            self._next_ration_s = next_time_of_day_s(self.world.now_s, self.node.draws_s)
            self.world.wake(self.node.number, self._next_ration_s)
        while self.queue:
            *_, litres, truck, placed = self.queue[0]
            if 0 <= self.node.room < self.content + litres:
                return
            heappop(self.queue)
            self._add_fuel(litres)
            self.world.log(truck, FUELLED, self.node.number, litres)
            placed.succeed()

    def issue(self, litres: int) -> None:
        """A convoy takes so much, which may leave room for a tanker."""
        self.content -= litres
        if self.queue:
            self.world.touch(self.node.number)

    def _add_fuel(self, litres: int) -> None:
        """There is more, and whoever waits for fuel looks again."""
        lacking = [tank for tank in self.supplies if tank.free == 0]
        self.content += litres
        for tank in self.supplies:
            if tank in lacking and tank.free:
                tank.free_since_s = self.world.now_s
            self.world.touch(tank.node.owner)

    def _ration(self) -> None:
        """The users draw, rank by rank, and those of one rank all at once."""
        number = 0
        for _, of_rank in groupby(self.node.users, lambda user: user.rank):
            users = list(of_rank)
            wanted, there = sum(user.litres for user in users), self.content
            for user in users:
                got = rationed(user.litres, wanted, there, user.leaves)
                self.content -= got
                self.world.rows.append((self.world.now_s, -1, DRAWN, self.node.number, number, got))
                number += 1


class FuelSupply:
    """The fuel of a depot as one fleet sees it: for how many trips there is some.

    free_since_s : since when, without a break, there has been some for one at least.
    """

    def __init__(self, depot: Depot, node: FleetNode):
        self.depot, self.node, self.free_since_s = depot, node, 0
        depot.supplies.append(self)

    @property
    def free(self) -> int:
        return trips_fuelled(self.depot.content, self.node.leaves, self.node.litres)

    def update(self) -> None:
        """Fuel comes back from no trip."""

    def next_return_s(self) -> int:
        return WITHOUT_END_S

    def acquire(self, number: int) -> None:
        self.depot.issue(number * self.node.litres)

    def hold_until(self, number: int, until_s: int) -> None:  # noqa: ARG002, means are out until then
        """Of a mission that was aborted nothing is used, and all is there again at once."""
        self.depot.content += number * self.node.litres

    def log_fuelling(self, first: Truck, vehicles: int) -> None:
        """Tells of the fuel of a convoy of so many vehicles."""
        self.depot.world.log(first, TANKED, self.depot.node.number, vehicles * self.node.litres)


class StockQueue(Protocol):
    """Where a platform's pallets wait for vehicles."""

    def add(self, load: int, rank: int, pallets: int, collectable_from_s: int) -> None: ...


class Platform:
    """Stock between two kinds of truck: whoever finds no room for all its pallets at once holds its bay."""

    def __init__(self, world: World, node: PlatformNode):
        self.world, self.node = world, node
        self.stock, self.room = 0, node.room
        self.desks: set[int] = set()  # of ceilings over what stands here
        self.queue: list[tuple[int, int, int, Truck, StockQueue, Event]] = []

    def unload(self, truck: Truck, line: StockQueue) -> Event:
        """Fires when all pallets of the load stand on the platform."""
        placed = self.world.env.event()
        heappush(self.queue, (truck.rank, self.world.now_s, truck.load, truck, line, placed))
        self.world.touch(self.node.number)
        return placed

    def set_room(self, room: int) -> None:
        """A phase changes its room; what stands there stays, and nothing more is put down until there is room again."""
        self.room = room
        self.world.touch(self.node.number)

    def serve(self) -> None:
        while self.queue:
            _, _, load, truck, line, placed = self.queue[0]
            pallets = truck.parts[0][1]
            if 0 <= self.room < self.stock + pallets:
                return
            heappop(self.queue)
            self.stock += pallets
            truck.release_room()
            self.world.log(truck, OFFLOADED, self.node.number, pallets)
            line.add(load, truck.rank, pallets, collectable_s(self.world.now_s, self.node.next_day))
            placed.succeed()


class Store:
    """Whoever finds no room for all its pallets at once stays in its dock.

    content : pallets x seconds of a day, as outflow a day x seconds is handed out of it; of the second `since_s`.
    """

    def __init__(self, world: World, node: StoreNode):
        self.world, self.node = world, node
        self.outflow = CalendarCursor(world, node.number, node.calendar)
        self.content, self.since_s = node.stock * DAY_S, 0
        self.queue: list[tuple[int, int, int, int, int, Event]] = []

    def unload(self, truck: Truck) -> Event:
        """Fires when all pallets of the truck stand in the store."""
        placed, pallets = self.world.env.event(), sum(pallets for _, pallets in truck.parts)
        heappush(self.queue, (truck.rank, self.world.now_s, truck.load, truck.carrier, pallets, placed))
        self.world.touch(self.node.number)
        return placed

    def serve(self) -> None:
        now, outflow = self.world.now_s, (self.outflow.at_s, self.outflow.value)
        self.content = left_in_store(self.content, flown(self.since_s, now, *outflow))
        self.since_s = now
        while self.queue:
            *_, pallets, placed = self.queue[0]
            above = surplus(self.content, pallets, self.node.room)
            if above > 0:
                self.outflow.wake_at(has_flown_s(now, above, *outflow))
                return
            heappop(self.queue)
            self.content += pallets * DAY_S
            placed.succeed()
