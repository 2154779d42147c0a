"""Places that hold stock: fuel depots, platforms and stores.

Tankers fill a depot; users draw from it once a day, and convoys as they set out. A platform holds pallets between two
kinds of truck. A store hands out pallets at a constant rate.
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
    content_after_outflow,
    excess_over_room,
    flow_between,
    flow_complete_s,
    next_time_of_day_s,
    ration_litres,
    trips_fuelled,
)
from sim.story.world import CalendarCursor, Truck, World
from sim.units import DAY_S


class Depot:
    """A fuel depot. A tanker keeps its dock until there is room for all its litres."""

    def __init__(self, world: World, node: DepotNode):
        self.world, self.node, self.content = world, node, node.initial_litres
        self.supplies: list[FuelSupply] = []
        self.queue: list[tuple[int, int, int, int, int, Truck, Event]] = []
        self._next_ration_s = next_time_of_day_s(-1, node.ration_time_of_day_s)
        if node.users:
            world.wake(node.number, self._next_ration_s)

    def unload(self, truck: Truck) -> Event:
        """Puts a tanker into the queue; the event fires when all its litres are in the depot."""
        placed, litres = (
            self.world.env.event(),
            sum(pallets for _, pallets in truck.parts) * self.node.litres_per_pallet,
        )
        heappush(self.queue, (truck.rank, self.world.now_s, truck.load, truck.carrier, litres, truck, placed))
        self.world.touch(self.node.number)
        return placed

    def serve(self) -> None:
        """Issues the daily rations when they are due, and unloads waiting tankers while there is room."""
        if self.node.users and self.world.now_s == self._next_ration_s:
            self._ration()
            self._next_ration_s = next_time_of_day_s(self.world.now_s, self.node.ration_time_of_day_s)
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
        """Takes out `litres` for a convoy; wakes tankers that wait for room."""
        self.content -= litres
        if self.queue:
            self.world.touch(self.node.number)

    def _add_fuel(self, litres: int) -> None:
        """Adds `litres` and wakes the fleets that draw from this depot."""
        empty = [supply for supply in self.supplies if supply.free == 0]
        self.content += litres
        for supply in self.supplies:
            if supply in empty and supply.free:
                supply.free_since_s = self.world.now_s
            self.world.touch(supply.node.dispatcher)

    def _ration(self) -> None:
        """Issues the daily rations: rank by rank, within a rank in proportion to demand."""
        number = 0
        for _, group in groupby(self.node.users, lambda user: user.rank):
            users = list(group)
            demand, available = sum(user.litres_per_day for user in users), self.content
            for user in users:
                ration = ration_litres(user.litres_per_day, demand, available, user.reserve_litres)
                self.content -= ration
                self.world.log_row(-1, DRAWN, self.node.number, number, ration)
                number += 1


class FuelSupply:
    """The fuel of a depot as a resource of one fleet, counted in trips.

    free_since_s : since when there has been fuel for at least one trip without interruption.
    """

    def __init__(self, depot: Depot, node: FleetNode):
        self.depot, self.node, self.free_since_s = depot, node, 0
        depot.supplies.append(self)

    @property
    def free(self) -> int:
        """The number of trips for which there is fuel."""
        return trips_fuelled(self.depot.content, self.node.reserve_litres, self.node.litres_per_trip)

    def update(self) -> None:
        """Does nothing: trips return no fuel."""

    def next_change_s(self) -> int:
        """Returns WITHOUT_END_S: trips return no fuel."""
        return WITHOUT_END_S

    def acquire(self, number: int) -> None:
        """Issues the fuel of `number` trips."""
        self.depot.issue(number * self.node.litres_per_trip)

    def hold_until(self, number: int, until_s: int) -> None:  # noqa: ARG002, as of all resources
        """Returns the fuel of an aborted mission to the depot at once."""
        self.depot.content += number * self.node.litres_per_trip

    def log_fuelling(self, first: Truck, vehicles: int) -> None:
        """Logs the fuel that a convoy of `vehicles` takes."""
        self.depot.world.log(first, TANKED, self.depot.node.number, vehicles * self.node.litres_per_trip)


class StockQueue(Protocol):
    """The queue in which a platform's pallets wait for vehicles."""

    def add(self, load: int, rank: int, pallets: int, collectable_from_s: int) -> None:
        """Adds a load whose pallets can be collected from `collectable_from_s` on."""


class Platform:
    """Stock between two kinds of truck. A truck keeps its bay until there is room for all its pallets."""

    def __init__(self, world: World, node: PlatformNode):
        self.world, self.node = world, node
        self.stock, self.room = 0, node.room
        self.desks: set[int] = set()  # of ceilings over this stock
        self.queue: list[tuple[int, int, int, Truck, StockQueue, Event]] = []

    def unload(self, truck: Truck, line: StockQueue) -> Event:
        """Puts a truck into the queue; the event fires when all its pallets stand on the platform."""
        placed = self.world.env.event()
        heappush(self.queue, (truck.rank, self.world.now_s, truck.load, truck, line, placed))
        self.world.touch(self.node.number)
        return placed

    def set_room(self, room: int) -> None:
        """Changes the room when a phase begins or ends. Stock above the new room stays."""
        self.room = room
        self.world.touch(self.node.number)

    def serve(self) -> None:
        """Unloads waiting trucks while there is room."""
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
    """A store that hands out pallets at a rate. A truck keeps its dock until there is room for all its pallets.

    content : at second `since_s`, in pallets x DAY_S: a rate in pallets a day, times seconds, is then a whole number.
    """

    def __init__(self, world: World, node: StoreNode):
        self.world, self.node = world, node
        self.outflow = CalendarCursor(world, node.number, node.calendar)
        self.content, self.since_s = node.initial_pallets * DAY_S, 0
        self.queue: list[tuple[int, int, int, int, int, Event]] = []

    def unload(self, truck: Truck) -> Event:
        """Puts a truck into the queue; the event fires when all its pallets stand in the store."""
        placed, pallets = self.world.env.event(), sum(pallets for _, pallets in truck.parts)
        heappush(self.queue, (truck.rank, self.world.now_s, truck.load, truck.carrier, pallets, placed))
        self.world.touch(self.node.number)
        return placed

    def serve(self) -> None:
        """Updates the content and unloads waiting trucks while there is room."""
        now, outflow = self.world.now_s, (self.outflow.at_s, self.outflow.value)
        self.content = content_after_outflow(self.content, flow_between(self.since_s, now, *outflow))
        self.since_s = now
        while self.queue:
            *_, pallets, placed = self.queue[0]
            excess = excess_over_room(self.content, pallets, self.node.room)
            if excess > 0:
                self.outflow.wake_at(flow_complete_s(now, excess, *outflow))
                return
            heappop(self.queue)
            self.content += pallets * DAY_S
            placed.succeed()
