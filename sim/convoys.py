"""Yards and fleets: loads gather in lines, one for each way on, and set out as convoys. Each starts things in a round.

What is contested has one queue, at its owner: vehicles at the fleet, which several yards may share; trucks that
gather themselves at their yard. A convoy takes all that it needs at once, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import TypeVar

from simpy import Event

from sim.events import COLLECTED, JOINED, SET_OUT, STARTED
from sim.network import Line
from sim.nodes import FleetNode, YardNode
from sim.places import Platform
from sim.rules import WITHOUT_END_S, convoy_size, next_departure_s, trip_name, vehicles_to_load
from sim.world import Opening, Truck, World


class Yard:
    """When convoys may set out, and of what size."""

    def __init__(self, world: World, node: YardNode):
        self.world, self.node = world, node
        self.opening = Opening(world, node.number, node.calendar)
        self.min, self.max, self.patience_s = node.min, node.max, node.patience_s
        self._departed_s = -1

    def may_set_out(self) -> bool:
        """Whether it is open and, where there is a timetable, this is a departure that no convoy has taken yet."""
        if self.node.first_s >= 0:
            now = self.world.now_s
            departs_s = next_departure_s(now, self.node.first_s, self.node.every_s)
            if departs_s != now or self._departed_s == now:
                return False
        return self.opening.level() > 0

    def departs(self) -> None:
        """One convoy sets out."""
        self._departed_s = self.world.now_s

    def next_chance_s(self) -> int:
        """The next second after now at which waiting alone may change the answer; WITHOUT_END_S if there is none."""
        if self.node.first_s >= 0:
            return next_departure_s(self.world.now_s + 1, self.node.first_s, self.node.every_s)
        return WITHOUT_END_S if self.opening.level() else self.opening.next_change_s()

    def size(self, ready: int, longest_wait_s: int) -> int:
        return convoy_size(ready, longest_wait_s, self.min, self.max, self.patience_s)


class TruckLine:
    """Arriving trucks that gather for one way on; their owner is the yard."""

    def __init__(self, world: World, yard: Yard, line: Line, depart: Callable[[Line, list[Truck]], None]):
        self.world, self.yard, self.line, self.depart = world, yard, line, depart
        self.queue: list[tuple[int, int, int, Truck]] = []

    def join(self, truck: Truck) -> Event:
        """Fires when the convoy of this truck has walked its steps as one, with their number."""
        truck.leaves_convoy = self.world.env.event()
        heappush(self.queue, (truck.rank, self.world.now_s, truck.load, truck))
        self.world.log(truck, JOINED, self.line.yard)
        self.world.touch(self.line.yard)
        return truck.leaves_convoy

    def first(self) -> tuple[int, int, int]:
        """(rank, since, load) of the first in the queue; the line must not be empty."""
        return self.queue[0][:3]

    def is_empty(self) -> bool:
        return not self.queue

    def set_out(self) -> bool:
        """Sends one convoy, if one may go now."""
        if not (self.queue and self.yard.may_set_out()):
            return False
        oldest_s = min(entry[1] for entry in self.queue)
        size = self.yard.size(len(self.queue), self.world.now_s - oldest_s)
        if size:
            self.yard.departs()
            trucks = [heappop(self.queue)[-1] for _ in range(size)]
            self.world.log(trucks[0], SET_OUT, self.line.yard, sum(truck.parts[0][1] for truck in trucks))
            for truck in trucks:
                self.world.log(truck, STARTED, self.line.yard)
            self.depart(self.line, trucks)
        return size > 0

    def next_chance_s(self) -> int:
        """When waiting alone may let a convoy go."""
        if not self.yard.may_set_out():
            return self.yard.next_chance_s()
        runs_out_s = min(entry[1] for entry in self.queue) + self.yard.patience_s
        return min(self.yard.next_chance_s(), runs_out_s if runs_out_s > self.world.now_s else WITHOUT_END_S)


class StockLine:
    """What stands on a platform for one way on, in order of collection; its owner is the fleet."""

    def __init__(self, world: World, yard: Yard, line: Line, fleet: Fleet, platform: Platform):
        self.world, self.yard, self.line, self.fleet, self.platform = world, yard, line, fleet, platform
        self.tomorrow: list[tuple[int, int, int, int, int]] = []  # collectable from, rank, offloaded, load, pallets
        self.ready: list[tuple[int, int, int]] = []  # rank, offloaded, load
        self.oldest: list[tuple[int, int]] = []  # collectable since, load; entries of collected loads are dropped late
        self.left: dict[int, int] = {}
        self.pallets = 0

    def add(self, load: int, rank: int, pallets: int, collectable_from_s: int) -> None:
        heappush(self.tomorrow, (collectable_from_s, rank, self.world.now_s, load, pallets))
        self.world.touch(self.line.fleet)

    def look(self) -> None:
        """Makes ready what can be collected by now."""
        while self.tomorrow and self.tomorrow[0][0] <= self.world.now_s:
            since, rank, offloaded, load, pallets = heappop(self.tomorrow)
            heappush(self.ready, (rank, offloaded, load))
            heappush(self.oldest, (since, load))
            self.left[load] = pallets
            self.pallets += pallets

    def is_empty(self) -> bool:
        return not self.ready

    def first(self) -> tuple[int, int, int]:
        """(rank, offloaded, load) of the first to be collected; the line must not be empty."""
        return self.ready[0]

    def since_s(self) -> int:
        """Since when a first vehicle may wait, loaded: stock and a vehicle were there. The line must not be empty."""
        while self.oldest[0][1] not in self.left:
            heappop(self.oldest)
        return max(self.oldest[0][0], self.fleet.free_since_s)

    def set_out(self) -> bool:
        """Sends one convoy, if one may go now with the vehicles that are free."""
        if not (self.ready and self.fleet.free > 0 and self.yard.may_set_out()):
            return False
        wait = self.world.now_s - self.since_s()
        loaded = vehicles_to_load(self.pallets, self.fleet.node.pallets, wait, self.yard.patience_s)
        size = self.yard.size(min(loaded, self.fleet.free), wait)
        if size:
            self.yard.departs()
            self.fleet.send(self, [self._fill() for _ in range(size)])
        return size > 0

    def _fill(self) -> Truck:
        """One vehicle with the next pallets; it is named by the first of them."""
        room, parts, carrier, rank = self.fleet.node.pallets, [], -1, 0
        while room and self.ready:
            rank_here, _, load = self.ready[0]
            left = self.left[load]
            if carrier < 0:
                carrier, rank = self.fleet.first_pallet_left(load, left), rank_here
            taken = min(room, left)
            parts.append((load, taken))
            room -= taken
            self.pallets -= taken
            if taken == left:
                heappop(self.ready)
                del self.left[load]
            else:
                self.left[load] = left - taken
        return Truck(parts[0][0], rank, parts, carrier)

    def next_chance_s(self) -> int:
        """When waiting alone may let a convoy go."""
        now = self.world.now_s
        chances = [self.tomorrow[0][0] if self.tomorrow else WITHOUT_END_S]
        if self.ready:
            chances.append(self.yard.next_chance_s())
            runs_out_s = self.since_s() + self.yard.patience_s
            if self.fleet.free > 0 and runs_out_s > now and self.yard.may_set_out():
                chances.append(runs_out_s)
        return min(chances)


AnyLine = TypeVar("AnyLine", TruckLine, StockLine)


def by_their_first(lines: list[AnyLine]) -> list[AnyLine]:
    """The lines in which somebody waits, by (rank, since, load) of the first in each: asked anew after each convoy."""
    return sorted((line for line in lines if not line.is_empty()), key=lambda line: line.first())


class TruckYard:
    """A yard of arriving trucks: serves its lines by the first in each."""

    def __init__(self, world: World, node: YardNode, lines: list[TruckLine]):
        self.world, self.node, self.lines = world, node, lines
        self._waker = Opening(world, node.number, node.calendar)

    def start(self) -> None:
        while any(line.set_out() for line in by_their_first(self.lines)):
            pass
        if waiting := [line for line in self.lines if not line.is_empty()]:
            self._waker.wake_at(min(line.next_chance_s() for line in waiting))


class Fleet:
    """Vehicles that several yards may share: each convoy goes to the yard whose first load comes first.

    Or vehicles that take loads over at bays, which are their owner then: who waits, waits there.

    owner : the place that has a turn when there are more vehicles.
    free : below 0 where a phase has left the fleet fewer vehicles than are out: so many retire as they come home.
    """

    def __init__(
        self,
        world: World,
        node: FleetNode,
        first_pallet_left: Callable[[int, int], int],
        depart: Callable[[Line, list[Truck]], None],
    ):
        self.world, self.node, self.first_pallet_left, self.depart = world, node, first_pallet_left, depart
        self.vehicles = self.free = node.vehicles
        self.owner = node.number
        self.free_since_s = 0
        self.lines: list[StockLine] = []
        self._woken_at_s = -1

    def send(self, line: StockLine, vehicles: list[Truck]) -> None:
        """Takes the vehicles, collects what they carry, and lets the convoy set out."""
        self.free -= len(vehicles)
        log = self.world.log
        log(vehicles[0], SET_OUT, line.line.yard, sum(pallets for truck in vehicles for _, pallets in truck.parts))
        for truck in vehicles:
            log(truck, STARTED, self.node.number)
            for load, pallets in truck.parts:
                self.world.rows.append((self.world.now_s, load, COLLECTED, line.line.platform, truck.carrier, pallets))
                line.platform.stock -= pallets
        if line.platform.queue:
            self.world.touch(line.line.platform)
        for desk in line.platform.desks:
            self.world.touch(desk)
        self.depart(line.line, vehicles)

    def take_over(self, truck: Truck) -> None:
        """A vehicle comes to the bay at which the truck stands, and takes its load."""
        self.free -= 1
        trip = truck.visit(self.node.number)
        truck.vehicles.append((self.node.number, trip))
        self.world.rows.append((self.world.now_s, truck.load, STARTED, self.node.number, trip_name(trip), -1))

    def gets_vehicles(self, vehicles: int) -> None:
        """A phase changes how many there are; those that are out come home before they go."""
        before = self.free
        self.free += vehicles - self.vehicles
        self.vehicles = vehicles
        if before <= 0 < self.free:
            self.free_since_s = self.world.now_s
        self.world.touch(self.owner)

    def give_back(self) -> None:
        """One vehicle is home."""
        if self.free == 0:
            self.free_since_s = self.world.now_s
        self.free += 1
        self.world.touch(self.owner)

    def start(self) -> None:
        for line in self.lines:
            line.look()
        while any(line.set_out() for line in by_their_first(self.lines)):
            pass
        at_s = min((line.next_chance_s() for line in self.lines), default=WITHOUT_END_S)
        if at_s < WITHOUT_END_S and at_s != self._woken_at_s:
            self._woken_at_s = at_s
            self.world.wake(self.node.number, at_s)
