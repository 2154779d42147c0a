"""Pools of lanes: one queue, shifts, closing rules, limited room, and equipment that breaks down."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Protocol

from simpy import Event

from sim.calendars import open_spans
from sim.events import JOINED, STARTED, TURNED_AWAY
from sim.network.lanes import Breaks, PoolNode
from sim.network.network import Held
from sim.rules import (
    BREAK_OFF,
    NEED_STRETCHES,
    NO_START,
    WITHOUT_END_S,
    finish_despite_breaks_s,
    finish_s,
    has_vehicle,
    is_broken_off,
    may_start,
    repair_end_s,
)
from sim.story.world import CalendarCursor, RecentWaits, Truck, World


class TransferFleet(Protocol):
    """A fleet whose vehicles take loads over at bays."""

    free: int

    def take_over(self, truck: Truck) -> None:
        """Assigns a free vehicle to the truck's load."""


class ServiceVisit:
    """A truck at a pool: `admitted` fires with whether there is room; it is None where room is unlimited."""

    __slots__ = ("admitted", "finished", "truck", "work_s")

    def __init__(self, truck: Truck, work_s: int, finished: Event, admitted: Event | None):
        self.truck, self.work_s, self.finished, self.admitted = truck, work_s, finished, admitted


class Pool:
    """Lanes on shifts behind one queue, with closing rules and, where it is limited, room to wait.

    Lane 0 is open whenever any lane is, lane 1 whenever two are, and so on. The first in the queue takes the lowest
    free open lane that is not under repair.
    """

    def __init__(self, world: World, node: PoolNode):
        self.world, self.node, self.number = world, node, node.number
        self.calendar = CalendarCursor(world, node.number, node.calendar)
        self.free = list(range(node.lanes))
        self.queue: list[tuple[int, int, int, int, ServiceVisit]] = []
        self.entry_queue: list[tuple[int, int, int, int, ServiceVisit]] = []
        self.longest_s = node.longest_s.tolist()
        lanes = range(node.lanes) if node.rule in NEED_STRETCHES else ()
        self.lane_open_spans = [open_spans(node.calendar, lane) for lane in lanes]
        self.equipment = Equipment(node.breaks) if node.breaks else None
        self.fleet: TransferFleet | None = None  # where there is one, service needs a free vehicle of it
        self.waits: RecentWaits | None = None

    def join(self, truck: Truck, work_s: int) -> ServiceVisit:
        """Puts a truck into the queue, or into the entry queue where room is limited.

        `finished` of the returned visit fires with the lane when the service ends.
        """
        event = self.world.env.event
        limited = self.node.room >= 0
        visit = ServiceVisit(truck, work_s, event(), event() if limited else None)
        place_in_line = (truck.rank, self.world.now_s, truck.load, truck.carrier, visit)
        heappush(self.entry_queue if limited else self.queue, place_in_line)
        if not limited:
            self.world.log(truck, JOINED, self.node.number)
        self.world.touch(self.node.number)
        return visit

    def held_while_waiting(self) -> Iterator[Held]:
        """Yields what waiting trucks hold: lanes of other pools, and vehicles of fleets."""
        for *_, visit in (*self.entry_queue, *self.queue):
            if visit.truck.held_lane is not None:
                pool, lane = visit.truck.held_lane
                yield Held(pool.number, lane, self.number)
            for fleet, trip in visit.truck.vehicles:
                yield Held(fleet, (visit.truck.load, trip), self.number)

    def release(self, lane: int) -> None:
        """Makes a lane free."""
        insort(self.free, lane)
        if self.queue or self.entry_queue:
            self.world.touch(self.node.number)

    def serve(self) -> None:
        """Starts services and admits trucks while it can, then turns away those without room where that is the rule."""
        while self._start_first() or self._admit_first():
            pass
        if self.node.turn_away:
            while self.entry_queue:
                visit = heappop(self.entry_queue)[-1]
                self.world.log(visit.truck, TURNED_AWAY, self.node.number)
                visit.truck.release_room()
                assert visit.admitted is not None
                visit.admitted.succeed(False)
        if self.queue or self.entry_queue:
            self.calendar.wake_at(min(self.calendar.next_change_s(), self._next_repair_end_s()))

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
        ends = finish_s(now, visit.work_s, self.node.rule, lane, self.calendar.at_s, self.calendar.value)
        if self.equipment:
            ends = self.equipment.ends_s(lane, now, visit.work_s)
        if self.node.rule == BREAK_OFF:
            _, closes_s = self._open_span(lane)
            visit.truck.is_broken_off = is_broken_off(now, visit.work_s, closes_s, self.longest_s[lane])
            ends = closes_s if visit.truck.is_broken_off else ends
        visit.finished._ok, visit.finished._value = True, lane
        self.world.env.schedule(visit.finished, delay=ends - now)
        return True

    def _lane_for(self, work_s: int) -> int:
        """Returns the lane that may start this work now, -1 if there is none."""
        if self.fleet is not None and not has_vehicle(self.fleet.free):
            return -1
        lane = self._lowest_free_lane()
        if lane < 0 or lane >= self.calendar.level():
            return -1
        if self.node.rule == NO_START:
            opened_s, closes_s = self._open_span(lane)
            if not may_start(self.world.now_s, work_s, NO_START, opened_s, closes_s, self.longest_s[lane]):
                return -1
        return lane

    def _open_span(self, lane: int) -> tuple[int, int]:
        """Returns the seconds at which the lane, which is open now, opened and will close."""
        return next(span for span in self.lane_open_spans[lane] if span[1] > self.world.now_s)

    def _lowest_free_lane(self) -> int:
        """Returns the lowest free lane that is not under repair, -1 if there is none."""
        if self.equipment is None:
            return self.free[0] if self.free else -1
        now = self.world.now_s
        return next((lane for lane in self.free if self.equipment.up_again_s(lane, now) == now), -1)

    def _next_repair_end_s(self) -> int:
        """Returns the first second at which a free lane under repair works again, WITHOUT_END_S if there is none."""
        now, repaired = self.world.now_s, [WITHOUT_END_S]
        if self.equipment:
            repaired += [self.equipment.up_again_s(lane, now) for lane in self.free]
        return min((at_s for at_s in repaired if at_s > now), default=WITHOUT_END_S)

    def _admit_first(self) -> bool:
        if not self.entry_queue:
            return False
        rank, _, load, carrier, visit = self.entry_queue[0]
        if len(self.queue) >= self.node.room and (self.queue or self._lane_for(visit.work_s) < 0):
            return False
        heappop(self.entry_queue)
        heappush(self.queue, (rank, self.world.now_s, load, carrier, visit))
        self.world.log(visit.truck, JOINED, self.node.number)
        assert visit.admitted is not None
        visit.admitted.succeed(True)
        return True


class Equipment:
    """Breakdowns of each lane, at times drawn before the run.

    If `always`, a lane's time to failure runs all the time, so that an idle lane can fail. Otherwise it runs only
    during service: a breakdown then interrupts the truck in the lane, or delays the next.
    """

    def __init__(self, breaks: Breaks):
        self.always, self.restarts = breaks.always, breaks.restarts
        self.downtimes = [(breaks_s.tolist(), mended_s.tolist()) for breaks_s, mended_s in breaks.spans]
        self._operated_s = [0] * len(self.downtimes)

    def up_again_s(self, lane: int, now_s: int) -> int:
        """Returns the second from which a free lane can start work: `now_s` if it is not under repair."""
        return repair_end_s(now_s, *self.downtimes[lane]) if self.always else now_s

    def ends_s(self, lane: int, now_s: int, work_s: int) -> int:
        """Returns the second at which work that starts now ends, repairs included."""
        if self.always:
            return finish_despite_breaks_s(now_s, work_s, self.restarts, *self.downtimes[lane])
        begun_s = self._operated_s[lane]
        self._operated_s[lane] = finish_despite_breaks_s(begun_s, work_s, self.restarts, *self.downtimes[lane])
        return now_s + self._operated_s[lane] - begun_s
