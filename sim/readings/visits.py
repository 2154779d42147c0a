"""The log as visits to places and as step functions of time: the basis of all measures.

It defines no measure, and counts nothing while the clock runs. The loops over the whole log are in `passes.py`, which
is imported late: importing Numba is slow, and a check of a scenario has no log.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.calendars import StepFunction
from sim.events import ARRIVED, COLLECTED, EXPIRED, FINISHED, INTERCEPTED, JOINED, PASSED, STARTED, Kind, Log
from sim.laws import Int64Array
from sim.units import DAY_S

Int32Array = NDArray[Any]  # int32, for large arrays
Bools = NDArray[np.bool_]
VISIT_KINDS = [JOINED, PASSED, STARTED, FINISHED]


class Visits(NamedTuple):
    """Visits to one place by trucks or vehicles, in the order in which they began. Shape (n,) int32, times in [s].

    A visit begins when a truck joins; on a road, and for a vehicle of a fleet, when it starts. At a gate it starts when
    the truck passes. started_s, finished_s and left_s are the run's end where the event has not happened. Between
    finished_s and left_s the truck is blocked: the next place had no room. Gates and yards have no service, so nothing
    finishes there. A vehicle that finishes a fleet's trip leaves no place. `lane` is -1 where nothing started.
    """

    entity: Int32Array
    carrier: Int32Array
    joined_s: Int32Array
    started_s: Int32Array
    finished_s: Int32Array
    left_s: Int32Array
    lane: Int32Array


VISIT_COLUMNS = len(Visits._fields)


def is_load(carrier: Int32Array) -> Bools:
    """Whether each row or visit of an office belongs to a load. Shape of `carrier`.

    Convoy lines that request permission for missions have carrier numbers below -1.
    """
    return np.asarray(carrier >= -1)


class LoadParts(NamedTuple):
    """Parts of loads that were collected or have reached their end, by (load, carrier). Shape (n,) int64.

    kind : kind of the log row that records the part.
    """

    load: Int64Array
    carrier: Int64Array
    time_s: Int64Array
    pallets: Int64Array
    kind: Int64Array


class History:
    """The content of a log: the visits to each place, and the rows of each kind that belong to no visit.

    It does not keep the log itself, which is far larger.
    """

    def __init__(self, log: Log, horizon_s: int):
        from sim.readings import passes

        self.horizon_s = horizon_s
        places = int(log["place"].max(initial=-1)) + 1
        number = np.zeros((max(Kind) + 1, places + 1), dtype=np.int64)  # the last column counts rows without a place
        entities = passes.count_rows(log, number)
        begins = np.where(number[JOINED] > 0, JOINED, STARTED)
        self._visit_starts = _block_offsets(np.where(number[JOINED] > 0, number[JOINED], number[STARTED]))
        number[VISIT_KINDS] = 0
        self._row_starts, self._place_columns = _block_offsets(number), places + 1
        self._visits = np.empty((VISIT_COLUMNS, self._visit_starts[-1]), dtype=np.int32)
        self._rows = np.empty(int(self._row_starts[-1]), dtype=log.dtype)
        passes.extract_visits(
            log, horizon_s, begins, np.array([self._visit_starts[:-1]] * 2), self._visits,
            self._row_starts[:-1].reshape(number.shape).copy(), self._rows, np.full(entities, -1, dtype=np.int32),
            np.empty(self._visit_starts[-1], dtype=np.int32),
        )  # fmt: skip

    def visits(self, place: int) -> Visits:
        """Returns the visits to a place."""
        place = min(place, self._place_columns - 1)
        return Visits(*self._visits[:, self._visit_starts[place] : self._visit_starts[place + 1]])

    def rows(self, kind: int, place: int | None = None) -> Log:
        """Returns the rows of a kind that belongs to no visit, of one place or of all places.

        Rows of one place are in the order of the log; those of all places are grouped by place.
        """
        first = 0 if place is None else min(place, self._place_columns - 1)
        beyond = self._place_columns if place is None else first + 1
        begin, end = (
            self._row_starts[kind * self._place_columns + first],
            self._row_starts[kind * self._place_columns + beyond],
        )
        return self._rows[begin:end]

    @cached_property
    def collected_parts(self) -> LoadParts:
        """Parts of loads that were collected from platforms."""
        return self._load_parts(COLLECTED)

    @cached_property
    def ended_parts(self) -> LoadParts:
        """Parts of loads that arrived, were intercepted or expired; these events are final."""
        return self._load_parts(ARRIVED, INTERCEPTED, EXPIRED)

    def _load_parts(self, *kinds: int) -> LoadParts:
        from sim.readings import passes

        first, *more = (self.rows(kind) for kind in kinds)
        rows = np.concatenate([first, *more]) if any(map(len, more)) else first  # avoids copying a large array
        order = passes.order_by_load_and_carrier(rows["entity"], rows["carrier"])
        names = ("entity", "carrier", "time_s", "value", "kind")
        return LoadParts(*(rows[name][order].astype(np.int64) for name in names))


class DailyChanges(NamedTuple):
    """Events of each day: their number, the sum of their changes, and the sum of change x seconds until midnight.

    Shape (days,) int64.
    """

    event_count: Int64Array
    change: Int64Array
    change_until_midnight: Int64Array

    @classmethod
    def from_events(cls, time_s: Int32Array, days: int, change: Int32Array | None = None) -> DailyChanges:
        """Returns the daily sums of events at `time_s`; events after the last day are left out.

        Without `change` each event counts 1.
        """
        from sim.readings import passes

        if change is None:
            change = np.ones(len(time_s), dtype=np.int32)
        return cls(*passes.sum_changes_by_day(time_s, change, days))


def daily_level(up: DailyChanges, down: DailyChanges) -> tuple[Int64Array, Int64Array]:
    """Returns the level at the end of each day, and its integral over each day [x s], for a level that starts at 0.

    Shapes (days,).
    """
    change = up.change - down.change
    at_end = np.cumsum(change)
    return at_end, (at_end - change) * DAY_S + up.change_until_midnight - down.change_until_midnight


def level_extremes(
    up_s: Int32Array, down_s: Int32Array, up: Int32Array | None = None, down: Int32Array | None = None
) -> tuple[int, int]:
    """Returns the lowest and the highest level at the end of a second in which it changed; (0, 0) if it never changes.

    up_s, down_s : times at which the level rises and falls. Without `up` and `down` it changes by 1, and the times may
    be in any order; with them it changes by these amounts, and the times ascend.
    """
    from sim.readings import passes

    if up is None or down is None:
        up_s, down_s, up, down = np.sort(up_s), np.sort(down_s), np.ones_like(up_s), np.ones_like(down_s)
    return passes.level_extremes(*(np.ascontiguousarray(column) for column in (up_s, up, down_s, down)))


class Level(NamedTuple):
    """A step function of time that starts at 0 and changes by `change` at `time_s`. Shape (n,) int64."""

    time_s: Int64Array
    change: Int64Array

    @classmethod
    def from_spans(cls, from_s: Int32Array, to_s: Int32Array) -> Level:
        """Returns the number of spans that are open at each time."""
        ones = np.ones(len(from_s), dtype=np.int64)
        return cls(np.concatenate([from_s, to_s]), np.concatenate([ones, -ones]))

    def integral(self, at_s: Int64Array) -> Int64Array:
        """Returns the integral from 0 to each of `at_s` [x s]."""
        times, level, moment = self._cumulative_sums()
        before = np.searchsorted(times, at_s, side="left")
        return np.asarray(level[before] * at_s - moment[before], dtype=np.int64)

    def value_before(self, at_s: Int64Array) -> Int64Array:
        """Returns the level just before each of `at_s`."""
        times, level, _ = self._cumulative_sums()
        return np.asarray(level[np.searchsorted(times, at_s, side="left")], dtype=np.int64)

    def daily_integrals(self, days: int) -> Int64Array:
        """Returns the integral over each day. Shape (days,) [x s]."""
        return np.diff(self.integral(midnights(days)))

    def time_average(self, from_s: int, to_s: int) -> float:
        """Returns the average over time, not over changes."""
        below, above = self.integral(np.array([from_s, to_s]))
        return float(above - below) / (to_s - from_s)

    def _cumulative_sums(self) -> tuple[Int64Array, Int64Array, Int64Array]:
        """Returns the sorted times, the level before each of them, and the sum of change x time before it."""
        order = np.argsort(self.time_s, kind="stable")
        times, change = self.time_s[order], self.change[order]
        none = np.zeros(1, dtype=np.int64)
        return times, np.append(none, np.cumsum(change)), np.append(none, np.cumsum(change * times))


def midnights(days: int) -> Int64Array:
    """Returns the bounds of the days: 0, 86,400, ... Shape (days + 1,) [s]."""
    return np.arange(days + 1, dtype=np.int64) * DAY_S


def open_indicator(calendar: StepFunction, lane: int = 0) -> StepFunction:
    """Returns 1 while a lane is open and 0 otherwise; lane 0 is open whenever any lane is."""
    return StepFunction(calendar.at_s, (calendar.value > lane).astype(np.int64))


def intersection(one: StepFunction, other: StepFunction) -> StepFunction:
    """Returns 1 while both indicators are 1, and 0 otherwise."""
    at_s = np.union1d(one.at_s, other.at_s)
    return StepFunction(at_s, one.at(at_s) * other.at(at_s))


def closed_seconds(opened: StepFunction, from_s: Int32Array, to_s: Int32Array) -> Int64Array:
    """Returns the seconds of each span in which the indicator `opened` is 0. Shape of `from_s` [s]."""
    if opened.value.all():
        return np.zeros(len(from_s), dtype=np.int64)
    from sim.readings import passes

    return passes.closed_lane_seconds(opened.at_s, opened.value, np.zeros(len(from_s), dtype=np.int32), from_s, to_s)


def _block_offsets(number: Int64Array) -> Int64Array:
    """Returns the offset at which each block begins, and the one at which the last block ends."""
    return np.append(0, np.cumsum(number))
