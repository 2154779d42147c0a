"""The log read as visits, and as step functions of time: what the measures are made of.

Nothing here knows what is worth measuring; nothing is counted while the clock runs. The passes over the whole log are
in `passes.py`, which is imported late: Numba takes its time, and a check of a scenario has no log.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.calendars import Steps
from sim.events import ARRIVED, COLLECTED, EXPIRED, FINISHED, INTERCEPTED, JOINED, PASSED, STARTED, Kind, Log
from sim.laws import Ints
from sim.units import DAY_S

Narrow = NDArray[Any]  # int32, for what there is much of
OF_VISITS = [JOINED, PASSED, STARTED, FINISHED]


class Visits(NamedTuple):
    """Stays at one place, of trucks or vehicles, in the order in which they came. Shape (n,) int32 [s].

    A visit begins as one joins, on a road and of a fleet's vehicle as one starts. A gate starts whoever passes it.
    started_s, finished_s, left_s are the run's end where that has not happened. What lies between finished and left is
    blocked: the next place had no room. Gates and yards have no service, and nothing finishes there; who finishes a
    fleet's trip leaves nowhere. `lane` is -1 where nothing started.
    """

    entity: Narrow
    carrier: Narrow
    joined_s: Narrow
    started_s: Narrow
    finished_s: Narrow
    left_s: Narrow
    lane: Narrow


# All that is told of one visit stands together, and with it the visit of the same load that was told of before.
VISIT = np.dtype([(name, np.int32) for name in (*Visits._fields, "before")])


def of_loads(carrier: Narrow) -> NDArray[np.bool_]:
    """Which rows, or visits, of an office are a load's: lines that ask for their missions have names below -1."""
    return np.asarray(carrier >= -1)


class Parts(NamedTuple):
    """Pallets of loads that were collected, or whose way has ended, by (load, carrier). Shape (n,) int64.

    kind : of the row that tells of them.
    """

    load: Ints
    carrier: Ints
    time_s: Ints
    pallets: Ints
    kind: Ints


class History:
    """What a log tells: the visits to each place, and the rows of each kind that are no part of a visit.

    It keeps nothing of the log itself, which is far larger.
    """

    def __init__(self, log: Log, horizon_s: int):
        from sim.readings import passes

        self.horizon_s = horizon_s
        places = int(log["place"].max(initial=-1)) + 1
        number = np.zeros((max(Kind) + 1, places + 1), dtype=np.int64)  # the last column for rows that are at no place
        entities = passes.count(log, number)
        begins = np.where(number[JOINED] > 0, JOINED, STARTED)
        self._visits_at = _ends(np.where(number[JOINED] > 0, number[JOINED], number[STARTED]))
        number[OF_VISITS] = 0
        self._told_at, self._places = _ends(number), places + 1
        self._visits = np.empty(self._visits_at[-1], dtype=VISIT)
        self._told = np.empty(int(self._told_at[-1]), dtype=log.dtype)
        passes.follow(
            log, horizon_s, begins, np.array([self._visits_at[:-1]] * 2), self._visits,
            self._told_at[:-1].reshape(number.shape).copy(), self._told, np.full(entities, -1, dtype=np.int32),
        )  # fmt: skip

    def visits(self, place: int) -> Visits:
        """The visits to a place."""
        place = min(place, self._places - 1)
        own = self._visits[self._visits_at[place] : self._visits_at[place + 1]]
        return Visits(*(own[name] for name in Visits._fields))

    def rows(self, kind: int, place: int | None = None) -> Log:
        """The rows of one kind that is no part of a visit: of one place in the order of the log, or place by place."""
        first = 0 if place is None else min(place, self._places - 1)
        beyond = self._places if place is None else first + 1
        begin, end = self._told_at[kind * self._places + first], self._told_at[kind * self._places + beyond]
        return self._told[begin:end]

    @cached_property
    def collected(self) -> Parts:
        """What left platforms of each load."""
        return self._parts(COLLECTED)

    @cached_property
    def ended(self) -> Parts:
        """What of each load arrived, was intercepted or had expired: nothing else happens to it."""
        return self._parts(ARRIVED, INTERCEPTED, EXPIRED)

    def _parts(self, *kinds: int) -> Parts:
        from sim.readings import passes

        first, *more = (self.rows(kind) for kind in kinds)
        rows = np.concatenate([first, *more]) if any(map(len, more)) else first  # no copy of what there is much of
        order = passes.by_who(rows["entity"], rows["carrier"])
        names = ("entity", "carrier", "time_s", "value", "kind")
        return Parts(*(rows[name][order].astype(np.int64) for name in names))


class Moments(NamedTuple):
    """By day how many moments there are, the sum of what changes at them, and that of change x seconds until midnight.

    Shape (days,) int64.
    """

    number: Ints
    change: Ints
    rest: Ints

    @classmethod
    def by_day(cls, time_s: Narrow, days: int, change: Narrow | None = None) -> Moments:
        """What comes after the last day counts nowhere; without `change` each moment counts 1."""
        from sim.readings import passes

        if change is None:
            change = np.ones(len(time_s), dtype=np.int32)
        return cls(*passes.by_day(time_s, change, days))


def level_by_day(up: Moments, down: Moments) -> tuple[Ints, Ints]:
    """Of a level that starts at 0: what it is at the end of each day, and its integral over the day [x s]."""
    change = up.change - down.change
    at_end = np.cumsum(change)
    return at_end, (at_end - change) * DAY_S + up.rest - down.rest


def extremes(up_s: Narrow, down_s: Narrow, up: Narrow | None = None, down: Narrow | None = None) -> tuple[int, int]:
    """The lowest and the highest level at the end of a second in which it changed; (0, 0) if it never does.

    up_s, down_s : when it rises and falls: by 1, in any order, or by `up` and `down`, as time goes by.
    """
    from sim.readings import passes

    if up is None or down is None:
        up_s, down_s, up, down = np.sort(up_s), np.sort(down_s), np.ones_like(up_s), np.ones_like(down_s)
    return passes.extremes(*(np.ascontiguousarray(column) for column in (up_s, up, down_s, down)))


class Level(NamedTuple):
    """A step function of time that starts at 0 and changes by `change` at `time_s`. Shape (n,) int64."""

    time_s: Ints
    change: Ints

    @classmethod
    def of_spans(cls, from_s: Narrow, to_s: Narrow) -> Level:
        """How many spans there are at a time."""
        ones = np.ones(len(from_s), dtype=np.int64)
        return cls(np.concatenate([from_s, to_s]), np.concatenate([ones, -ones]))

    def integral(self, at_s: Ints) -> Ints:
        """The integral from 0 to each of `at_s` [x s]."""
        times, level, moment = self._sums()
        before = np.searchsorted(times, at_s, side="left")
        return np.asarray(level[before] * at_s - moment[before], dtype=np.int64)

    def before(self, at_s: Ints) -> Ints:
        """The level just before each of `at_s`."""
        times, level, _ = self._sums()
        return np.asarray(level[np.searchsorted(times, at_s, side="left")], dtype=np.int64)

    def per_day(self, days: int) -> Ints:
        """The integral over each day. Shape (days,) [x s]."""
        return np.diff(self.integral(midnights(days)))

    def time_average(self, from_s: int, to_s: int) -> float:
        """The mean over time, not over changes."""
        below, above = self.integral(np.array([from_s, to_s]))
        return float(above - below) / (to_s - from_s)

    def _sums(self) -> tuple[Ints, Ints, Ints]:
        order = np.argsort(self.time_s, kind="stable")
        times, change = self.time_s[order], self.change[order]
        none = np.zeros(1, dtype=np.int64)
        return times, np.append(none, np.cumsum(change)), np.append(none, np.cumsum(change * times))


def midnights(days: int) -> Ints:
    """The bounds of the days: 0, 86,400, ... Shape (days + 1,) [s]."""
    return np.arange(days + 1, dtype=np.int64) * DAY_S


def open_clock(calendar: Steps, lane: int = 0) -> Steps:
    """1 while a lane is open, 0 while it is not; lane 0 is open whenever any is."""
    return Steps(calendar.at_s, (calendar.value > lane).astype(np.int64))


def both(one: Steps, other: Steps) -> Steps:
    """1 while both clocks are at 1."""
    at_s = np.union1d(one.at_s, other.at_s)
    return Steps(at_s, one.at(at_s) * other.at(at_s))


def closed_within(opened: Steps, from_s: Narrow, to_s: Narrow) -> Ints:
    """How much of each span a lane was closed, by its clock [s]."""
    if opened.value.all():
        return np.zeros(len(from_s), dtype=np.int64)
    from sim.readings import passes

    return passes.closed_between(opened.at_s, opened.value, np.zeros(len(from_s), dtype=np.int32), from_s, to_s)


def _ends(number: Ints) -> Ints:
    """Where each block begins, and where the last one ends."""
    return np.append(0, np.cumsum(number))
