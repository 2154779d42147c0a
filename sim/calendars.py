"""Calendars: what a planner writes about opening hours, and the step functions of time that follow from it.

Day 0 begins at local midnight of the start date; days have 86,400 s; weekdays come from the date. A step function is
a pair of arrays (at_s, value): from at_s[i] on the value is value[i]; at_s[0] is 0. Shape (n,), int64, [s].
"""

from typing import Any, NamedTuple

import numpy as np

from sim.laws import Floats, Ints
from sim.rules import WITHOUT_END_S
from sim.units import DAY_S

MARGIN_DAYS = 15  # calendars reach beyond the horizon, so a longer horizon changes no closing time that was seen


class Steps(NamedTuple):
    """A step function of time: `value[i]` holds from `at_s[i]` until `at_s[i + 1]`, the last for ever."""

    at_s: Ints
    value: Ints

    def at(self, time_s: Any) -> Any:
        """The value at `time_s`, elementwise."""
        return self.value[np.searchsorted(self.at_s, time_s, side="right") - 1]

    def integral(self, time_s: Any) -> Any:
        """The integral from 0 to `time_s`, elementwise [value x s]."""
        below = np.concatenate([[0], np.cumsum(self.value[:-1] * np.diff(self.at_s))])
        i = np.searchsorted(self.at_s, time_s, side="right") - 1
        return below[i] + self.value[i] * (np.asarray(time_s) - self.at_s[i])


def lowered(calendar: Steps, spans: list[tuple[int, int]], share: float) -> Steps:
    """The same calendar, with no more than a share of itself within the spans (from, to) [s], which may overlap."""
    edges = np.array([edge for span in spans for edge in span], dtype=np.int64)
    at_s = np.union1d(calendar.at_s, edges)
    value = calendar.at(at_s)
    for begins, ends in spans:
        own = slice(*np.searchsorted(at_s, (begins, ends)))
        value[own] = np.minimum(value[own], _scaled(calendar.at(at_s[own]), share))
    return without_repeats(at_s, value)


def scaled_by_day(calendar: Steps, share: Floats) -> Steps:
    """The same calendar, with the share of each day from the first on. Beyond the last day it stays as it is."""
    return scaled(calendar, np.arange(len(share) + 1) * DAY_S, np.append(share, 1.0))


def scaled(calendar: Steps, edges: Ints, share: Floats) -> Steps:
    """The same calendar, of which from each edge on, the first of them 0, that share is left. Shapes (n,)."""
    at_s = np.union1d(calendar.at_s, edges)
    left = share[np.searchsorted(edges, at_s, side="right") - 1]
    return without_repeats(at_s, _scaled(calendar.at(at_s), left))


def shortened_by_day(calendar: Steps, share: Floats) -> Steps:
    """The same calendar, closed on each day once this share of the day's open time is over."""
    return shortened(calendar, np.arange(len(share) + 1) * DAY_S, share)


def shortened(calendar: Steps, edges: Ints, share: Floats) -> Steps:
    """The same between any edges, the first of them 0: shapes (n + 1,) and (n,)."""
    opened = Steps(calendar.at_s, (calendar.value > 0).astype(np.int64))
    until = opened.integral(edges)
    kept = until[:-1] + (np.diff(until) * share + 0.5).astype(np.int64)
    moments = np.union1d(opened.at_s, edges)
    before = opened.integral(moments)
    i = np.searchsorted(before, kept, side="left")  # the first moment by which as much was open
    closes_s = moments[i] - (before[i] - kept)
    spans = np.column_stack((closes_s, edges[1:]))[closes_s < edges[1:]]
    return scaled(calendar, np.append(0, spans), np.append(1.0, np.tile((0.0, 1.0), len(spans))))


def _scaled(value: Ints, share: Any) -> Ints:
    """A share of each value, rounded half up, and 1 at least where neither is 0."""
    return np.where((value > 0) & (np.asarray(share) > 0), np.maximum(1, (value * share + 0.5).astype(np.int64)), 0)


def value_of(level: int | float, full: int) -> int:
    """Lanes in use at `level` of a place that has `full`."""
    if isinstance(level, int):
        return min(level, full)
    return 0 if level == 0 else max(1, int(level * full + 0.5))


def open_spans(calendar: Steps, lane: int) -> list[tuple[int, int]]:
    """(opens, closes) of each stretch in which `lane` (from 0) is open; the last may close at WITHOUT_END_S."""
    spans: list[tuple[int, int]] = []
    ends = np.append(calendar.at_s[1:], WITHOUT_END_S)
    for opens, closes, value in zip(calendar.at_s.tolist(), ends.tolist(), calendar.value.tolist(), strict=True):
        if value > lane:
            if spans and spans[-1][1] == opens:
                spans[-1] = (spans[-1][0], closes)
            else:
                spans.append((opens, closes))
    return spans


def without_repeats(at_s: Ints, value: Ints) -> Steps:
    """A step function in which each step changes something."""
    changes = np.append(True, np.diff(value) != 0)
    return Steps(at_s[changes], value[changes])
