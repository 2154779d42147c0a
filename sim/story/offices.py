"""Offices that grant permissions, and daily slots.

Requests of loads, lines and tasks share one queue and one daily limit of an office. Slots are assigned in the evening
and called in batches on the next day.
"""

from __future__ import annotations

from collections.abc import Generator
from heapq import heapify, heappop, heappush
from typing import Any

from simpy import Event

from sim.events import AUTHORISED, FINISHED, JOINED, MANIFESTED, NO_SHOW, STARTED
from sim.network.offices import OfficeNode, SlotsNode
from sim.rules import (
    NO_REQUEST,
    PERMITTED,
    REQUEST_PENDING,
    drive_end_in_traffic_s,
    is_call_time,
    is_no_show,
    is_time_of_day,
    may_start_request,
    next_call_s,
    next_midnight_s,
    next_time_of_day_s,
    no_show_ppm,
    request_carrier,
    slots_kept,
    step_index,
    used_today,
)
from sim.story.world import CalendarCursor, Impairments, RecentWaits, Truck, World
from sim.units import DAY_S


class Office:
    """An office that starts requests in order while it is open, up to its daily limit."""

    def __init__(self, world: World, node: OfficeNode, impairments: Impairments):
        self.world, self.node, self.requests_per_day, self.impairments = world, node, node.requests, impairments
        self.calendar = CalendarCursor(world, node.number, node.calendar)
        self.queue: list[tuple[int, int, int, Event]] = []
        self._started_today, self._since_s = 0, 0

    def apply(self, rank: int, load: int) -> Event:
        """Puts a request into the queue; the event fires when the office starts it."""
        started = self.world.env.event()
        heappush(self.queue, (rank, self.world.now_s, load, started))
        self.world.touch(self.node.number)
        return started

    def answer_s(self, lead_s: int) -> int:
        """Returns when a request that starts now is answered, at the present speed of the office."""
        now_s, left = self.world.now_s, self.impairments.speed_left_pct(self.world.now_s)
        return drive_end_in_traffic_s(now_s, lead_s, left, self.calendar.at_s, self.calendar.value)

    def set_requests_per_day(self, requests: int) -> None:
        """Changes the daily limit when a phase begins or ends."""
        self.requests_per_day = requests
        self.world.touch(self.node.number)

    def serve(self) -> None:
        """Starts requests while the office is open and below its daily limit."""
        now_s = self.world.now_s
        self._started_today, self._since_s = used_today(self._started_today, self._since_s, now_s), now_s
        while self.queue and may_start_request(self._started_today, self.requests_per_day, self.calendar.level()):
            self._started_today += 1
            heappop(self.queue)[-1].succeed()
        if self.queue:
            self.calendar.wake_at(min(self.calendar.next_change_s(), next_midnight_s(now_s)))


class PermissionRequest:
    """The requests of one line to its office, one permission at a time; without an office it is always permitted."""

    def __init__(self, world: World, office: Office | None, lead_s: int, line: int, owner: int):
        self.world, self.office, self.lead_s, self.owner = world, office, lead_s, owner
        self.carrier = request_carrier(line)
        self.state = PERMITTED if office is None else NO_REQUEST

    def submit(self, rank: int, load: int) -> None:
        """Puts the line's request into the office's queue, with the rank and number of its first load."""
        assert self.office is not None
        self.state = REQUEST_PENDING
        self._log(load, JOINED, self.office)
        self.world.env.process(self._await_answer(self.office, load, self.office.apply(rank, load)))

    def _await_answer(self, office: Office, load: int, started: Event) -> Generator[Event, Any, None]:
        yield started
        self._log(load, STARTED, office)
        yield self.world.env.timeout(office.answer_s(self.lead_s) - self.world.now_s)
        self._log(load, FINISHED, office)
        self._log(load, AUTHORISED, office)
        self.state = PERMITTED
        self.world.touch(self.owner)

    def use_up(self) -> None:
        """Uses up the permission: a mission has had its outcome."""
        if self.office is not None:
            self.state = NO_REQUEST

    def _log(self, load: int, kind: int, office: Office) -> None:
        self.world.log_row(load, kind, office.node.number, self.carrier)


Entry = tuple[int, int, int, int, Truck, int, Event]  # rank, joined, load, carrier, truck, queue, passed


class Slots:
    """Trucks that wait for a slot: one queue for each sector with reserved slots, and one for all others."""

    def __init__(self, world: World, node: SlotsNode, luck: list[list[int]] | None, waits: RecentWaits | None):
        """`luck` : of no-shows, by visit and load [ppm]. `waits` : the waits that raise the chance of a no-show."""
        self.world, self.node, self.luck, self.waits = world, node, luck, waits
        self.calendar = CalendarCursor(world, node.number, node.calendar)
        self.queues: list[list[Entry]] = [[] for _ in range(len(node.sectors) + 1)]
        self.manifest: list[Entry] = []  # called from today on
        self.next_manifest: list[Entry] = []
        self._day, self._last_round_s = 0, -1
        world.wake(node.number, min(self._next_call_s(-1), next_time_of_day_s(-1, node.allotted_s)))

    def join(self, truck: Truck, group: int) -> Event:
        """Puts a truck into the queue `group`; the event fires when it is called and comes."""
        passed = self.world.env.event()
        self._enqueue(truck, group, passed)
        return passed

    def serve(self) -> None:
        """Calls a batch and assigns slots at their times of day."""
        now_s = self.world.now_s
        if now_s // DAY_S > self._day:
            self.manifest, self.next_manifest = [*self.manifest, *self.next_manifest], []
            heapify(self.manifest)
            self._day = now_s // DAY_S
        calls = is_call_time(now_s, self.node.first_s, self.node.every_s)
        allots = is_time_of_day(now_s, self.node.allotted_s)
        if now_s == self._last_round_s or not (calls or allots):  # only in the first round of a second
            return
        self._last_round_s = now_s
        if calls and self.calendar.level():
            self._call_batch()
        if allots:
            self._allot()
        self.world.wake(
            self.node.number, min(self._next_call_s(now_s), next_time_of_day_s(now_s, self.node.allotted_s))
        )

    def _allot(self) -> None:
        """Assigns tomorrow's slots: first those reserved for sectors, then those of others, then any that are left."""
        at_s = self.calendar.at_s
        tomorrow_s = next_midnight_s(self.world.now_s) + self.node.first_s
        slots = left = self.calendar.value[step_index(tomorrow_s, at_s)]
        for queue, kept in zip(self.queues[1:], self.node.kept, strict=True):
            for _ in range(slots_kept(kept, slots, self.node.slots_at_full)):
                if queue:
                    heappush(self.next_manifest, self._assign_slot(queue))
                    left -= 1
        while left > 0 and (queue := self.queues[0] or self._queue_of_first()):
            heappush(self.next_manifest, self._assign_slot(queue))
            left -= 1

    def _call_batch(self) -> None:
        """Calls a batch: trucks that come pass, the others join the queue again."""
        chance, absent = self._no_show_chance_ppm(), list[Entry]()
        for _ in range(min(self.node.batch, len(self.manifest))):
            entry = heappop(self.manifest)
            if self._decide_no_show(entry[4], chance):
                self.world.log(entry[4], NO_SHOW, self.node.number)
                absent.append(entry)
            else:
                entry[-1].succeed()
        for _ in absent if self.node.refilled else ():
            if queue := self._queue_of_first():
                self._assign_slot(queue)[-1].succeed()
        for *_, truck, group, passed in absent:
            self._enqueue(truck, group, passed)

    def _decide_no_show(self, truck: Truck, chance: int) -> bool:
        """Decides whether a truck that is called fails to come, and counts its visits and no-shows."""
        no_show, place = self.node.no_show, self.node.number
        if no_show is None or self.luck is None:
            return False
        no_shows = truck.rejections.get(place, 0)
        visit = truck.count_visit(place)
        if no_shows == no_show.max_no_shows or not is_no_show(
            self.luck[visit][truck.load], chance, no_shows, no_show.max_no_shows
        ):
            return False
        truck.rejections[place] = no_shows + 1
        return True

    def _no_show_chance_ppm(self) -> int:
        """Returns the chance that a truck called today does not come [ppm]."""
        no_show = self.node.no_show
        if no_show is None:
            return 0
        day = self.world.now_s // DAY_S
        waited_s, waits = self.waits.waits_of_yesterday(day) if self.waits else (0, 0)
        return no_show_ppm(int(no_show.daily_ppm[day]), no_show.ppm_per_hour, waited_s, waits)

    def _enqueue(self, truck: Truck, group: int, passed: Event) -> None:
        entry = (truck.rank, self.world.now_s, truck.load, truck.carrier, truck, group, passed)
        heappush(self.queues[group], entry)

    def _assign_slot(self, queue: list[Entry]) -> Entry:
        """Removes the first entry of a queue, and logs its slot."""
        entry = heappop(queue)
        self.world.log(entry[4], MANIFESTED, self.node.number)
        return entry

    def _queue_of_first(self) -> list[Entry]:
        """Returns the queue that holds the first of all waiting trucks; an empty one if none waits."""
        return min((queue for queue in self.queues if queue), key=lambda queue: queue[0][:4], default=[])

    def _next_call_s(self, now_s: int) -> int:
        return next_call_s(now_s, self.node.first_s, self.node.every_s)
