"""The clock, the log, and the rounds at the end of each second, which SimPy lacks.

Each second has two halves. First all due events happen, in any order; they only change counts and queues. Then places
are served in rounds: every place that may have something to start is served, in the order of place numbers, and starts
what it can by (rank, joined, load), until a round starts nothing. With `simpy.Resource`, the order of simultaneous
events would decide who goes first.

Also the state that several kinds of place share: trucks, recent waits, calendar cursors and impairments.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Protocol

from simpy import Environment, Event
from simpy.events import URGENT

from sim.calendars import StepFunction
from sim.network.tasks import Impairment
from sim.rules import WITHOUT_END_S, impaired_speed_pct, last_mean_wait_s, sum_of_previous_day
from sim.units import DAY_S

BETWEEN_ROUNDS = WITHOUT_END_S  # in place of the number of the place that is being served


class Place(Protocol):
    """A place that can start something in a round."""

    def serve(self) -> None:
        """Starts whatever can start now."""


class Reservation(Protocol):
    """Room that is reserved for a truck on its way."""

    def release(self, pallets: int) -> None:
        """Ends the reservation for so many pallets."""


class Lanes(Protocol):
    """The lanes of place `number`, one of which a truck may occupy."""

    number: int

    def release(self, lane: int) -> None:
        """Makes a lane free."""


class Truck:
    """A load on its own truck, or a vehicle with parts of several loads and the luck of the first.

    parts : (load, pallets).
    held_lane : the lane that it still occupies, with its pool; None if there is none.
    left_convoy : fires when it leaves its convoy, with the number of steps travelled together, or END_OF_STORY.
    is_broken_off : whether closing time interrupted its last service.
    vehicles : (fleet, trip) of the fleet vehicles that hold it: two while it is transferred from one to the other, none
        while it is on its own truck.
    """

    __slots__ = (
        "carrier", "drives", "held_lane", "is_broken_off", "left_convoy", "load", "parts", "rank", "rejections",
        "reservation", "vehicles", "visits",
    )  # fmt: skip

    def __init__(self, load: int, rank: int, parts: list[tuple[int, int]], carrier: int = -1):
        self.load, self.rank, self.parts, self.carrier = load, rank, parts, carrier
        self.held_lane: tuple[Lanes, int] | None = None
        self.left_convoy: Event | None = None
        self.is_broken_off = False
        self.visits: dict[int, int] = {}
        self.drives: dict[int, int] = {}
        self.rejections: dict[int, int] = {}
        self.reservation: Reservation | None = None
        self.vehicles: list[tuple[int, int]] = []

    def count_visit(self, place: int) -> int:
        """Returns the number of earlier visits to `place`, and counts this one."""
        return _increment(self.visits, place)

    def count_drive(self, road: int) -> int:
        """Returns the number of earlier drives on `road`, alone or in a convoy, and counts this one."""
        return _increment(self.drives, road)

    def release_lane(self) -> None:
        """Leaves the lane that it kept until the next place had room."""
        if self.held_lane is not None:
            pool, lane = self.held_lane
            self.held_lane = None
            pool.release(lane)

    def release_room(self) -> None:
        """Ends the reservation for this truck: its pallets are in place, or will never come."""
        if self.reservation is not None:
            self.reservation.release(sum(pallets for _, pallets in self.parts))
            self.reservation = None


def _increment(counts: dict[int, int], place: int) -> int:
    """Returns the count of `place` and adds one to it."""
    before = counts.get(place, 0)
    counts[place] = before + 1
    return before


class World:
    """The clock, the log and the rounds at the end of each second."""

    def __init__(self) -> None:
        self.env = Environment()
        self.log_values: list[int] = []  # six a row; plain numbers, since Python's collector visits every tuple
        self.places: dict[int, Place] = {}
        self.now_s = 0  # time since the start of the run
        self._this_round: list[int] = []
        self._next_round: list[int] = []
        self._served_place = BETWEEN_ROUNDS

    def run(self, until_s: int) -> None:
        """Lets all events before `until_s` happen; when none is left in a second, plays the rounds of that second."""
        env = self.env
        while (at_s := env.peek()) < until_s or self._next_round:
            if self._next_round and at_s > self.now_s:
                self._play_round()
            else:
                self.now_s = int(at_s)
                env.step()

    def log(self, truck: Truck, kind: int, place: int, value: int = -1) -> None:
        """Adds a row for this truck to the log; see `sim.events`."""
        self.log_values += self.now_s, truck.load, kind, place, truck.carrier, value

    def log_row(self, entity: int, kind: int, place: int, carrier: int, value: int = -1) -> None:
        """Adds a row to the log for what is not a truck as a whole: a part of its load, a vehicle, a task."""
        self.log_values += self.now_s, entity, kind, place, carrier, value

    def touch(self, place: int) -> None:
        """Requests that `place` be served: in this round if its turn is still to come, otherwise in the next."""
        due_places = self._this_round if place > self._served_place else self._next_round
        if place not in due_places:
            heappush(due_places, place)

    def wake(self, place: int, at_s: int) -> None:
        """Touches `place` at a later second."""
        event = self.env.timeout(at_s - self.now_s)
        assert event.callbacks is not None
        event.callbacks.append(lambda _: self.touch(place))

    def schedule_first(self, at_s: int, action: Callable[[], None]) -> None:
        """Calls `action` at `at_s`, a later second, before all other events of that second."""
        event = Event(self.env)
        event._ok, event._value = True, None
        assert event.callbacks is not None
        event.callbacks.append(lambda _: action())
        self.env.schedule(event, URGENT, at_s - self.now_s)

    def _play_round(self) -> None:
        self._this_round, self._next_round = self._next_round, self._this_round
        while self._this_round:
            self._served_place = heappop(self._this_round)
            self.places[self._served_place].serve()
        self._served_place = BETWEEN_ROUNDS


class RecentWaits:
    """Mean waits of past days at a place, as known elsewhere: today's waits become known tomorrow."""

    def __init__(self) -> None:
        self._day = self._waited_s = self._waits = self._waited_before_s = self._waits_before = self._mean_wait_s = 0

    def add(self, now_s: int, waited_s: int, number: int = 1) -> None:
        """Adds `number` trucks that start service, or pass, now after waiting `waited_s` each."""
        day = now_s // DAY_S
        if day != self._day:
            self._waited_before_s, self._waits_before = self.waits_of_yesterday(day)
            self._mean_wait_s = self.mean_wait_s(day)
            self._day, self._waited_s, self._waits = day, 0, 0
        self._waited_s += waited_s * number
        self._waits += number

    def waits_of_yesterday(self, today: int) -> tuple[int, int]:
        """Returns the total wait on the previous day [s] and the number of waits."""
        return (
            sum_of_previous_day(self._day, self._waited_s, self._waited_before_s, today),
            sum_of_previous_day(self._day, self._waits, self._waits_before, today),
        )

    def mean_wait_s(self, today: int) -> int:
        """Returns the mean wait on the last day before `today` that had any [s]; 0 if there was none."""
        return last_mean_wait_s(self._day, self._waited_s, self._waits, self._mean_wait_s, today)


class CalendarCursor:
    """A position in a calendar that only moves forward; wakes its place when the calendar changes."""

    def __init__(self, world: World, place: int, calendar: StepFunction):
        self.world, self.place = world, place
        self.at_s: list[int] = calendar.at_s.tolist()
        self.value: list[int] = calendar.value.tolist()
        self._changes = zip([*self.at_s[1:], WITHOUT_END_S], self.value, strict=True)  # until when each value holds
        self._until_s: int
        self._level: int
        self._until_s, self._level = next(self._changes)
        self._woken_at_s = -1

    def level(self) -> int:
        """Returns the value of the calendar now."""
        while self.world.now_s >= self._until_s:
            self._until_s, self._level = next(self._changes)
        return self._level

    def next_change_s(self) -> int:
        """Returns the second of the next change, WITHOUT_END_S if there is none."""
        self.level()
        return self._until_s

    def wake_at(self, at_s: int) -> None:
        """Has the place served again at `at_s`; calls that repeat the last second have no effect."""
        if at_s < WITHOUT_END_S and at_s != self._woken_at_s:
            self._woken_at_s = at_s
            self.world.wake(self.place, at_s)


class Impairments:
    """What slows or blocks a place until tasks are done."""

    def __init__(self, entries: list[Impairment], done_s: list[int]):
        """`done_s` : the end of each task, WITHOUT_END_S until the task begins."""
        self.entries, self.done_s = entries, done_s

    def speed_left_pct(self, now_s: int) -> int:
        """Returns the remaining speed at `now_s` [per cent], the least that any task leaves."""
        least = 100
        for entry in self.entries:
            least = min(least, impaired_speed_pct(entry.speed_pct, entry.since_s, self.done_s[entry.task], now_s))
        return least
