"""Step functions of time: opening hours and capacities, and how levels and shocks reduce them.

Day 0 begins at local midnight of the start date; days have 86,400 s; weekdays come from the date. A step function is a
pair of arrays (at_s, value): from at_s[i] on the value is value[i]; at_s[0] is 0. Shape (n,), int64, [s]. Reading what
a planner writes is the task of `scenario.calendars`.
"""

from typing import Any, NamedTuple

import numpy as np

from sim.laws import Floats, Ints
from sim.rules import WITHOUT_END_S
from sim.units import DAY_S

MARGIN_DAYS = 15  # calendars extend beyond the horizon, so that a longer horizon changes no closing time in the run


class Steps(NamedTuple):
    """A step function of time: `value[i]` holds from `at_s[i]` until `at_s[i + 1]`, the last value for ever."""

    at_s: Ints
    value: Ints

    def at(self, time_s: Any) -> Any:
        """Returns the value at `time_s`, elementwise."""
        return self.value[np.searchsorted(self.at_s, time_s, side="right") - 1]

    def integral(self, time_s: Any) -> Any:
        """Returns the integral from 0 to `time_s`, elementwise [value x s]."""
        below = np.concatenate([[0], np.cumsum(self.value[:-1] * np.diff(self.at_s))])
        i = np.searchsorted(self.at_s, time_s, side="right") - 1
        return below[i] + self.value[i] * (np.asarray(time_s) - self.at_s[i])


def lowered(calendar: Steps, spans: list[tuple[int, int]], share: float) -> Steps:
    """Returns the calendar reduced to at most a share of itself within spans (from, to) [s], which may overlap."""
    edges = np.array([edge for span in spans for edge in span], dtype=np.int64)
    at_s = np.union1d(calendar.at_s, edges)
    value = calendar.at(at_s)
    for begins, ends in spans:
        inside = slice(*np.searchsorted(at_s, (begins, ends)))
        value[inside] = np.minimum(value[inside], _scaled(calendar.at(at_s[inside]), share))
    return without_repeats(at_s, value)


def scaled_by_day(calendar: Steps, share: Floats) -> Steps:
    """Returns the calendar scaled by a share for each day from the first on. After the last day it is unchanged."""
    return scaled(calendar, np.arange(len(share) + 1) * DAY_S, np.append(share, 1.0))


def scaled(calendar: Steps, edges: Ints, share: Floats) -> Steps:
    """Returns the calendar scaled by share[i] from edges[i] on; edges[0] is 0. Shapes (n,)."""
    at_s = np.union1d(calendar.at_s, edges)
    left = share[np.searchsorted(edges, at_s, side="right") - 1]
    return without_repeats(at_s, _scaled(calendar.at(at_s), left))


def shortened_by_day(calendar: Steps, share: Floats) -> Steps:
    """Returns the calendar closed on each day once this share of the day's open time is over."""
    return shortened(calendar, np.arange(len(share) + 1) * DAY_S, share)


def shortened(calendar: Steps, edges: Ints, share: Floats) -> Steps:
    """Returns the calendar closed between any two edges once this share of the open time between them is over.

    Shapes of `edges` and `share`: (n + 1,) and (n,); edges[0] is 0.
    """
    opened = Steps(calendar.at_s, (calendar.value > 0).astype(np.int64))
    until = opened.integral(edges)
    kept = until[:-1] + (np.diff(until) * share + 0.5).astype(np.int64)
    moments = np.union1d(opened.at_s, edges)
    before = opened.integral(moments)
    i = np.searchsorted(before, kept, side="left")  # the first moment by which so much time was open
    closes_s = moments[i] - (before[i] - kept)
    spans = np.column_stack((closes_s, edges[1:]))[closes_s < edges[1:]]
    return scaled(calendar, np.append(0, spans), np.append(1.0, np.tile((0.0, 1.0), len(spans))))


def _scaled(value: Ints, share: Any) -> Ints:
    """Returns a share of each value, rounded half up; at least 1 if neither is 0."""
    return np.where((value > 0) & (np.asarray(share) > 0), np.maximum(1, (value * share + 0.5).astype(np.int64)), 0)


def lanes_at_level(level: int | float, full: int) -> int:
    """Returns the number of lanes in use at `level`, a number or a share, of a place with `full` lanes."""
    if isinstance(level, int):
        return min(level, full)
    return 0 if level == 0 else max(1, int(level * full + 0.5))


def open_spans(calendar: Steps, lane: int) -> list[tuple[int, int]]:
    """Returns (opens, closes) of each period in which `lane` (from 0) is open; the last may close at WITHOUT_END_S."""
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
    """Returns the step function without steps that change nothing."""
    changes = np.append(True, np.diff(value) != 0)
    return Steps(at_s[changes], value[changes])
