"""The clock, the log, and the end of a second, which SimPy lacks.

A second has two halves. First everything that is due happens, in any order, and only changes counts and queues. Then
come rounds: every place that may have something to do, in the order of its number, starts what it can by (rank, joined,
load), until a round starts nothing. `simpy.Resource` would let the order of simultaneous events decide who goes first.

Places of the SimPy model that are slow, or shut, until tasks are done. What that does to them is theirs to say.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Protocol

from simpy import Environment, Event
from simpy.events import EventPriority

from sim.calendars import Steps
from sim.network.tasks import Hindrance
from sim.rules import WITHOUT_END_S, known_wait_s, left_until_done, of_yesterday
from sim.units import DAY_S

START_OF_SECOND, END_OF_SECOND = EventPriority(0), EventPriority(2)  # SimPy's URGENT; what is due is NORMAL, 1


class Place(Protocol):
    """Whatever starts things in a round."""

    def serve(self) -> None: ...


class Reservation(Protocol):
    """Room that is kept for a truck on its way."""

    def release(self, pallets: int) -> None: ...


class Lanes(Protocol):
    """What a truck may stand in: the lanes of place `number`."""

    number: int

    def release(self, lane: int) -> None: ...


class Truck:
    """What moves: a load on its own truck, or a vehicle with parts of several loads and the luck of the first.

    parts : (load, pallets); `held_lane` is the lane that it still stands in; `left_convoy` fires with the number
    of steps that its convoy has walked as one. `is_broken_off` where its work ended for closing hour alone.
    vehicles : of fleets that hold it, (fleet, trip): two while it is transferred from one to the other; none where
    it is on its own truck.
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
        """How often it was at `place` before; this is the next visit."""
        return _increment(self.visits, place)

    def count_drive(self, road: int) -> int:
        """How often it was on a road before, by itself or wherever in a convoy; this is the next drive."""
        return _increment(self.drives, road)

    def release_lane(self) -> None:
        """Leaves the lane that it stood in until the next place had room."""
        if self.held_lane is not None:
            pool, lane = self.held_lane
            self.held_lane = None
            pool.release(lane)

    def release_room(self) -> None:
        """Stands where room was kept for it, or will not come there."""
        if self.reservation is not None:
            self.reservation.release(sum(pallets for _, pallets in self.parts))
            self.reservation = None


def _increment(been: dict[int, int], place: int) -> int:
    """How often it was there before, and now once more."""
    before = been.get(place, 0)
    been[place] = before + 1
    return before


class World:
    """The clock, the log and the rounds at the end of each second."""

    def __init__(self) -> None:
        self.env = Environment()
        self.rows: list[tuple[int, int, int, int, int, int]] = []
        self.places: dict[int, Place] = {}
        self._due_places: list[int] = []
        self._next_round_places: list[int] = []
        self._marked: set[int] = set()
        self._served_place = -1
        self._round_is_scheduled = False

    @property
    def now_s(self) -> int:
        return int(self.env.now)

    def log(self, truck: Truck, kind: int, place: int, value: int = -1) -> None:
        self.rows.append((self.env.now, truck.load, kind, place, truck.carrier, value))  # type: ignore[arg-type]

    def touch(self, place: int) -> None:
        """Something changed at `place`: it has its turn in this round if that is still to come, else in the next."""
        if place in self._marked:
            return
        self._marked.add(place)
        if place > self._served_place:
            heappush(self._due_places, place)
        else:
            self._next_round_places.append(place)
        if not self._round_is_scheduled:
            self._schedule_round()

    def wake(self, place: int, at_s: int) -> None:
        """Touches `place` at a later second."""
        event = self.env.timeout(at_s - self.now_s)
        assert event.callbacks is not None
        event.callbacks.append(lambda _: self.touch(place))

    def schedule_first(self, at_s: int, does: Callable[[], None]) -> None:
        """Calls `does` at `at_s`, which is later than now, before all else that happens in that second."""
        self._schedule(lambda _: does(), START_OF_SECOND, at_s - self.now_s)

    def _schedule_round(self) -> None:
        self._round_is_scheduled = True
        self._schedule(self._play_round, END_OF_SECOND)

    def _schedule(self, callback: Callable[[Event], None], priority: EventPriority, delay: int = 0) -> None:
        event = Event(self.env)
        event._ok, event._value = True, None
        assert event.callbacks is not None
        event.callbacks.append(callback)
        self.env.schedule(event, priority, delay)

    def _play_round(self, _: Event) -> None:
        while self._due_places:
            self._served_place = heappop(self._due_places)
            self._marked.discard(self._served_place)
            self.places[self._served_place].serve()
        self._served_place = -1
        self._round_is_scheduled = False
        if self._next_round_places:
            for place in self._next_round_places:
                heappush(self._due_places, place)
            self._next_round_places.clear()
            self._schedule_round()


class RecentWaits:
    """How long those waited who passed, or began, on a day and on days before: what somebody elsewhere looks at."""

    def __init__(self) -> None:
        self._day = self._waited_s = self._waits = self._waited_before_s = self._waits_before = self._mean_wait_s = 0

    def add(self, now_s: int, waited_s: int, number: int = 1) -> None:
        """So many began now, who waited for so long each."""
        day = now_s // DAY_S
        if day != self._day:
            self._waited_before_s, self._waits_before = self.waits_of_yesterday(day)
            self._mean_wait_s = self.mean_wait_s(day)
            self._day, self._waited_s, self._waits = day, 0, 0
        self._waited_s += waited_s * number
        self._waits += number

    def waits_of_yesterday(self, today: int) -> tuple[int, int]:
        """Their waits together [s] on the day before, and how many they were."""
        return (
            of_yesterday(self._day, self._waited_s, self._waited_before_s, today),
            of_yesterday(self._day, self._waits, self._waits_before, today),
        )

    def mean_wait_s(self, today: int) -> int:
        """Their mean wait on the last day before on which there was any."""
        return known_wait_s(self._day, self._waited_s, self._waits, self._mean_wait_s, today)


class CalendarCursor:
    """A calendar that is read forwards, and wakes its place at the next change while something waits there."""

    def __init__(self, world: World, place: int, calendar: Steps):
        self.world, self.place = world, place
        self.at_s, self.value = calendar.at_s.tolist(), calendar.value.tolist()
        self._index = 0
        self._woken_at_s = -1

    def level(self) -> int:
        """What is open now."""
        now = self.world.env.now
        while self._index + 1 < len(self.at_s) and self.at_s[self._index + 1] <= now:
            self._index += 1
        return int(self.value[self._index])

    def next_change_s(self) -> int:
        """The next second at which the level changes, WITHOUT_END_S if it never does."""
        self.level()
        return int(self.at_s[self._index + 1]) if self._index + 1 < len(self.at_s) else WITHOUT_END_S

    def wake_at(self, at_s: int) -> None:
        """Has the place looked at again at `at_s`, once."""
        if at_s < WITHOUT_END_S and at_s != self._woken_at_s:
            self._woken_at_s = at_s
            self.world.wake(self.place, at_s)


class Impairments:
    """A place that is slow, or shut, until tasks are done."""

    def __init__(self, own: list[Hindrance], done_s: list[int]):
        """`done_s` : of all tasks, known as soon as they are begun."""
        self.entries, self.done_s = own, done_s

    def speed_left_pct(self, now_s: int) -> int:
        """The share of its speed that it has left now [per cent]: the least by any of its tasks."""
        least = 100
        for told in self.entries:
            least = min(least, left_until_done(told.percent, told.since_s, self.done_s[told.task], now_s))
        return least
