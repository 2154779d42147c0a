"""The log read as visits, and as step functions of time: what the measures are made of.

Nothing here knows what is worth measuring; nothing is counted while the clock runs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.calendars import Steps
from sim.events import COLLECTED, FINISHED, JOINED, OFFLOADED, STARTED, Log
from sim.laws import Ints
from sim.units import DAY_S


class Visits(NamedTuple):
    """Stays of trucks at one place, by (entity, carrier, joined). Shape (n,) int64 [s].

    started_s, finished_s, left_s are the run's end where that has not happened. What lies between finished and left is
    blocked: the next place had no room. `lane` is -1 where nothing started.
    """

    entity: Ints
    carrier: Ints
    joined_s: Ints
    started_s: Ints
    finished_s: Ints
    left_s: Ints
    lane: Ints


class History:
    """A log sorted by who it tells of, so that one thing that happened to somebody finds the next."""

    def __init__(self, log: Log, horizon_s: int):
        self.horizon_s = horizon_s
        # within a second FINISHED comes before whatever follows from it
        self.rows = log[np.lexsort((log["kind"], log["time_s"], log["carrier"], log["entity"]))]
        self.who = self.rows["entity"].astype(np.int64) * (1 << 32) + self.rows["carrier"] + 1
        self.time_s = self.rows["time_s"].astype(np.int64)
        self._by_kind = {kind: np.flatnonzero(self.rows["kind"] == kind) for kind in np.unique(self.rows["kind"])}

    def of(self, kind: int, place: int | None = None) -> Ints:
        """The positions in `rows` of one kind, at one place."""
        at = self._by_kind.get(kind, np.zeros(0, dtype=np.int64))
        return at if place is None else at[self.rows["place"][at] == place]

    def spans(self, first: int, last: int, place: int) -> tuple[Ints, Ints]:
        """(from, to) of what begins with a row of kind `first` at `place` and ends with one of `last`, or not yet."""
        begins = self.of(first, place)
        return self.time_s[begins], self._when(self.of(last, place), self.who[begins])[0]

    def stock(self, platform: int) -> Level:
        """The pallets on a platform."""
        placed, taken = self.of(OFFLOADED, platform), self.of(COLLECTED, platform)
        pallets = self.rows["pallets"].astype(np.int64)
        times = np.concatenate([self.time_s[placed], self.time_s[taken]])
        return Level(times, np.concatenate([pallets[placed], -pallets[taken]]))

    def drives(self, road: int) -> tuple[Ints, Ints]:
        """(from, to) of the trucks on a road: who finds no room at its end still stands on it."""
        begins, finished = self.of(STARTED, road), self.of(FINISHED, road)
        to_s = np.full(len(begins), self.horizon_s, dtype=np.int64)
        to_s[self._when(finished, self.who[begins])[1]] = self._left(finished)
        return self.time_s[begins], to_s

    def visits(self, place: int) -> Visits:
        """The visits to a place that is joined. A yard's have no service: they finish as they start."""
        joined, finished = self.of(JOINED, place), self.of(FINISHED, place)
        who = self.who[joined]
        started = self.of(STARTED, place)
        started_s, nth = self._when(started, who)
        lane = np.full(len(joined), -1, dtype=np.int64)
        lane[nth] = self.rows["pallets"][started]
        finished_s, nth = self._when(finished, who)
        left_s = np.full(len(joined), self.horizon_s, dtype=np.int64)
        left_s[nth] = self._left(finished)
        rows = self.rows[joined]
        return Visits(
            rows["entity"].astype(np.int64), rows["carrier"].astype(np.int64), self.time_s[joined], started_s,
            finished_s, left_s, lane,
        )  # fmt: skip

    def _left(self, finished: Ints) -> Ints:
        """When the next thing is told of whoever finished; the run's end if nothing is: it is still held there."""
        follows = np.minimum(finished + 1, len(self.rows) - 1)
        told = (follows > finished) & (self.who[follows] == self.who[finished])
        return np.where(told, self.time_s[follows], self.horizon_s)

    def _when(self, rows: Ints, who: Ints) -> tuple[Ints, Ints]:
        """When each of `who` (sorted) comes in `rows`, its n-th time for its n-th; and which of `who` each row is."""
        others = self.who[rows]
        nth = np.searchsorted(who, others) + np.arange(len(others)) - np.searchsorted(others, others)
        when = np.full(len(who), self.horizon_s, dtype=np.int64)
        when[nth] = self.time_s[rows]
        return when, np.asarray(nth, dtype=np.int64)


class Level(NamedTuple):
    """A step function of time that starts at 0 and changes by `change` at `time_s`. Shape (n,) int64."""

    time_s: Ints
    change: Ints

    @classmethod
    def of_spans(cls, from_s: Ints, to_s: Ints) -> Level:
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


def closed_within(opened: Steps, from_s: Ints, to_s: Ints) -> Ints:
    """How much of each span a lane was closed, by its clock [s]."""
    return np.asarray(to_s - from_s - (opened.integral(to_s) - opened.integral(from_s)), dtype=np.int64)
