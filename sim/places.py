"""Gates, pools and platforms: queues that know shifts, closing rules, room and ranks. Each starts things in a round."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Protocol

from simpy import Event

from sim.calendars import open_spans
from sim.equipment import Equipment
from sim.events import JOINED, OFFLOADED, STARTED, TURNED_AWAY
from sim.gridlock import Held
from sim.nodes import GateNode, PlatformNode, PoolNode
from sim.rules import (
    BREAK_OFF,
    NEED_STRETCHES,
    NO_START,
    WITHOUT_END_S,
    collectable_s,
    finishes_s,
    has_vehicle,
    is_broken_off,
    may_start,
)
from sim.world import Opening, Truck, Waits, World


class Stock(Protocol):
    """Where a platform's pallets wait for vehicles."""

    def add(self, load: int, rank: int, pallets: int, collectable_from_s: int) -> None: ...


class Vehicles(Protocol):
    """A fleet whose vehicles take over what is served at bays."""

    free: int

    def take_over(self, truck: Truck) -> None: ...


class Turns(Protocol):
    """Who gives the turns at a gate that stands under ceilings."""

    def join(self, number: int, trucks: list[Truck], passed: Event) -> None: ...


class Gate:
    """All who wait pass while it is open, or as far as ceilings let them; passing takes no time."""

    def __init__(self, world: World, node: GateNode):
        self.world, self.node = world, node
        self.opening = Opening(world, node.number, node.calendar)
        self.queue: list[tuple[int, int, int, int, int, Event]] = []
        self.desk: Turns | None = None
        self.waits: Waits | None = None

    def join(self, trucks: list[Truck], line: int) -> Event:
        """Fires when the party passes. `line` is its line at the desk, where there is one."""
        for truck in trucks:
            self.world.log(truck, JOINED, self.node.number)
        first, passed = trucks[0], self.world.env.event()
        if self.desk is not None:
            self.desk.join(line, trucks, passed)
            return passed
        heappush(self.queue, (first.rank, self.world.now_s, first.load, first.carrier, len(trucks), passed))
        self.world.touch(self.node.number)
        return passed

    def start(self) -> None:
        if self.opening.level():
            while self.queue:
                _, since_s, _, _, many, passed = heappop(self.queue)
                self.lets_pass(since_s, many, passed)
        elif self.queue:
            self.opening.wake_at(self.opening.next_change_s())

    def lets_pass(self, since_s: int, many: int, passed: Event) -> None:
        """A party of so many passes."""
        if self.waits is not None:
            self.waits.add(self.world.now_s, self.world.now_s - since_s, many)
        passed.succeed()


class Visit:
    """A truck at a pool: `admitted` fires with whether it found room (None: there is always room)."""

    __slots__ = ("admitted", "finished", "truck", "work_s")

    def __init__(self, truck: Truck, work_s: int, finished: Event, admitted: Event | None):
        self.truck, self.work_s, self.finished, self.admitted = truck, work_s, finished, admitted


class Pool:
    """Lanes on shifts behind one queue, with closing rules and, where it is limited, room to wait.

    Lane 0 is open whenever any is, lane 1 whenever two are, and so on; the lowest free open lane takes the first,
    unless it is being repaired.
    """

    def __init__(self, world: World, node: PoolNode):
        self.world, self.node, self.number = world, node, node.number
        self.opening = Opening(world, node.number, node.calendar)
        self.free = list(range(node.lanes))
        self.queue: list[tuple[int, int, int, int, Visit]] = []
        self.door: list[tuple[int, int, int, int, Visit]] = []
        self.longest_s = node.longest_s.tolist()
        lanes = range(node.lanes) if node.rule in NEED_STRETCHES else ()
        self.spans = [open_spans(node.calendar, lane) for lane in lanes]
        self.equipment = Equipment(node.breaks) if node.breaks else None
        self.fleet: Vehicles | None = None  # without whose vehicles nothing starts
        self.waits: Waits | None = None

    def ask(self, truck: Truck, work_s: int) -> Visit:
        """Joins the queue, or the door where room is limited; the visit's `finished` fires with the lane."""
        event = self.world.env.event
        limited = self.node.room >= 0
        visit = Visit(truck, work_s, event(), event() if limited else None)
        place_in_line = (truck.rank, self.world.now_s, truck.load, truck.carrier, visit)
        heappush(self.door if limited else self.queue, place_in_line)
        if not limited:
            self.world.log(truck, JOINED, self.node.number)
        self.world.touch(self.node.number)
        return visit

    def blocked(self) -> Iterator[Held]:
        """What those hold who wait here: lanes elsewhere of who finds no room, and vehicles of fleets."""
        for *_, visit in (*self.door, *self.queue):
            if visit.truck.holds is not None:
                pool, lane = visit.truck.holds
                yield Held(pool.number, lane, self.number)
            for fleet, trip in visit.truck.vehicles:
                yield Held(fleet, (visit.truck.load, trip), self.number)

    def leave(self, lane: int) -> None:
        """Gives a lane back."""
        insort(self.free, lane)
        if self.queue or self.door:
            self.world.touch(self.node.number)

    def start(self) -> None:
        while self._start_first() or self._admit_first():
            pass
        if self.node.turn_away:
            while self.door:
                visit = heappop(self.door)[-1]
                self.world.log(visit.truck, TURNED_AWAY, self.node.number)
                visit.truck.gives_up_room()
                assert visit.admitted is not None
                visit.admitted.succeed(False)
        if self.queue or self.door:
            self.opening.wake_at(min(self.opening.next_change_s(), self._next_repaired_s()))

    def _start_first(self) -> bool:
        if not self.queue:
            return False
        since_s, visit = self.queue[0][1], self.queue[0][-1]
        lane = self._lane_for(visit.work_s)
        if lane < 0:
            return False
        heappop(self.queue)
        self.free.remove(lane)
        now = self.world.now_s
        self.world.log(visit.truck, STARTED, self.node.number, lane)
        if self.fleet is not None:
            self.fleet.take_over(visit.truck)
        if self.waits is not None:
            self.waits.add(now, now - since_s)
        ends = finishes_s(now, visit.work_s, self.node.rule, lane, self.opening.at_s, self.opening.value)
        if self.equipment:
            ends = self.equipment.ends_s(lane, now, visit.work_s)
        if self.node.rule == BREAK_OFF:
            _, closes_s = self._open_stretch(lane)
            visit.truck.is_broken_off = is_broken_off(now, visit.work_s, closes_s, self.longest_s[lane])
            ends = closes_s if visit.truck.is_broken_off else ends
        visit.finished._ok, visit.finished._value = True, lane
        self.world.env.schedule(visit.finished, delay=ends - now)
        return True

    def _lane_for(self, work_s: int) -> int:
        """The lane that may start this work now, -1 if none may."""
        if self.fleet is not None and not has_vehicle(self.fleet.free):
            return -1
        lane = self._lowest_free()
        if lane < 0 or lane >= self.opening.level():
            return -1
        if self.node.rule == NO_START:
            opened_s, closes_s = self._open_stretch(lane)
            if not may_start(self.world.now_s, work_s, NO_START, opened_s, closes_s, self.longest_s[lane]):
                return -1
        return lane

    def _open_stretch(self, lane: int) -> tuple[int, int]:
        """When the lane, which is open now, opened and when it closes."""
        return next(span for span in self.spans[lane] if span[1] > self.world.now_s)

    def _lowest_free(self) -> int:
        """The lowest free lane that is not being repaired, -1 if there is none."""
        if self.equipment is None:
            return self.free[0] if self.free else -1
        now = self.world.now_s
        return next((lane for lane in self.free if self.equipment.up_again_s(lane, now) == now), -1)

    def _next_repaired_s(self) -> int:
        """When the first of the free lanes that are being repaired works again, WITHOUT_END_S if there is none."""
        now, repaired = self.world.now_s, [WITHOUT_END_S]
        if self.equipment:
            repaired += [self.equipment.up_again_s(lane, now) for lane in self.free]
        return min((at_s for at_s in repaired if at_s > now), default=WITHOUT_END_S)

    def _admit_first(self) -> bool:
        if not self.door:
            return False
        rank, _, load, carrier, visit = self.door[0]
        if len(self.queue) >= self.node.room and (self.queue or self._lane_for(visit.work_s) < 0):
            return False
        heappop(self.door)
        heappush(self.queue, (rank, self.world.now_s, load, carrier, visit))
        self.world.log(visit.truck, JOINED, self.node.number)
        assert visit.admitted is not None
        visit.admitted.succeed(True)
        return True


class Platform:
    """Stock between two kinds of truck: whoever finds no room for all its pallets at once holds its bay."""

    def __init__(self, world: World, node: PlatformNode):
        self.world, self.node = world, node
        self.stock, self.room = 0, node.room
        self.desks: set[int] = set()  # of ceilings over what stands here
        self.queue: list[tuple[int, int, int, Truck, Stock, Event]] = []

    def place(self, truck: Truck, line: Stock) -> Event:
        """Fires when all pallets of the load stand on the platform."""
        placed = self.world.env.event()
        heappush(self.queue, (truck.rank, self.world.now_s, truck.load, truck, line, placed))
        self.world.touch(self.node.number)
        return placed

    def gets_room(self, room: int) -> None:
        """A phase changes its room; what stands there stays, and nothing more is put down until there is room again."""
        self.room = room
        self.world.touch(self.node.number)

    def start(self) -> None:
        while self.queue:
            _, _, load, truck, line, placed = self.queue[0]
            pallets = truck.parts[0][1]
            if 0 <= self.room < self.stock + pallets:
                return
            heappop(self.queue)
            self.stock += pallets
            truck.gives_up_room()
            self.world.log(truck, OFFLOADED, self.node.number, pallets)
            line.add(load, truck.rank, pallets, collectable_s(self.world.now_s, self.node.next_day))
            placed.succeed()
