"""Calendars: what a planner writes about opening hours, and the step functions of time that follow from it.

Day 0 begins at local midnight of the start date; days have 86,400 s; weekdays come from the date. A step function is
a pair of arrays (at_s, value): from at_s[i] on the value is value[i]; at_s[0] is 0. Shape (n,), int64, [s].
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, model_validator

from sim.daylight import Position, daylight_s
from sim.laws import Floats, Ints
from sim.rules import WITHOUT_END_S
from sim.settings import Described, Settings
from sim.units import DAY_S, Delay, clock_s, share

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MARGIN_DAYS = 15  # calendars reach beyond the horizon, so a longer horizon changes no closing time that was seen
ALWAYS, NEVER = "always", "never"
DAYLIGHT = "daylight"
SOLSTICES = (date(2024, 6, 10), date(2024, 12, 10))  # weeks in which days are the longest, or the shortest


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


def weekdays(text: Any) -> frozenset[int]:
    """Numbers of weekdays (Monday is 0) in e.g. `sun-thu` or `fri, sat`; a range may pass over the week's end."""
    numbers: set[int] = set()
    for part in str(text).lower().split(","):
        ends = [end.strip() for end in part.split("-")]
        if len(ends) > 2 or any(end not in WEEKDAYS for end in ends):
            raise ValueError(f"{text!r} names no weekdays; write e.g. 'sun-thu' or 'fri, sat'")
        first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
        numbers |= {day % 7 for day in range(first, last + 1 + 7 * (last < first))}
    return frozenset(numbers)


def hours(text: Any) -> tuple[int, int]:
    """(opens, closes) in seconds after midnight of e.g. `08:00-16:00`; past midnight it closes after 24 h."""
    match = re.fullmatch(r"\s*(\S+?)\s*-\s*(\S+?)\s*", str(text))
    if not match:
        raise ValueError(f"{text!r} are no hours; write e.g. '08:00-16:00'")
    opens, closes = clock_s(match[1]), clock_s(match[2])
    if opens == closes:
        raise ValueError(f"{text!r} is empty; write '00:00-24:00' for the whole day")
    return opens, closes + DAY_S * (closes < opens)


def _opening(text: Any) -> tuple[int, int] | str:
    return DAYLIGHT if text == DAYLIGHT else hours(text)


def _level(value: Any) -> int | float:
    """A whole number is a count of lanes; a share (`50 %`, 0.5) is a part of the place's lanes or of a road's speed."""
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise ValueError(f"wanted lanes (3) or a share ('50 %'), found {value}")
        return value
    return share(value)


Days = Annotated[frozenset[int], BeforeValidator(weekdays, json_schema_input_type=str)]
Hours = Annotated[tuple[int, int] | Literal["daylight"], BeforeValidator(_opening, json_schema_input_type=str)]
Level = Annotated[int | float, BeforeValidator(_level)]


class Period(Settings):
    """Whole days from `from` to `to`, both included; without one of them it is open on that side."""

    since: date | None = Field(None, alias="from", description="first day")
    until: date | None = Field(None, alias="to", description="last day")

    @model_validator(mode="after")
    def _ordered(self) -> "Period":
        if self.since and self.until and self.since > self.until:
            raise ValueError(f"from ({self.since}) is after to ({self.until})")
        return self

    def holds(self, day: date) -> bool:
        """Whether `day` lies in the period."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class Window(Period):
    """Hours of certain weekdays at which a place is open; where windows overlap the highest level holds."""

    days: Days = Field(frozenset(range(7)), description="weekdays on which it opens, e.g. sun-thu")
    hours: Hours = Field((0, DAY_S), description="e.g. 08:00-16:00; or daylight: from sunrise to sunset")
    margin: Delay = Field(0.0, description="of daylight: opens so long after sunrise, closes as long before sunset")
    level: Level = Field(1.0, description="lanes in use (3), or the share of them ('50 %')")

    @model_validator(mode="after")
    def _margin_of_daylight(self) -> "Window":
        if self.margin and self.hours != DAYLIGHT:
            raise ValueError("margin is one of daylight; other hours say when they begin and end")
        return self

    def on(self, day: date, at: Position | None) -> tuple[int, int]:
        """(opens, closes) on a day of its weekdays [s after midnight]; not open where it would close before."""
        if isinstance(self.hours, tuple):
            return self.hours
        assert at is not None  # see Calendar
        rises, sets = daylight_s(at, day)
        return rises + round(self.margin), sets - round(self.margin)


class Closure(Period):
    """Days on which a place is closed, whatever its windows say."""

    days: Days = Field(frozenset(range(7)), description="of the period only these weekdays, e.g. fri-sat")
    why: str = ""

    def holds(self, day: date) -> bool:
        """Whether it is closed on `day`."""
        return day.weekday() in self.days and super().holds(day)


class Holidays(Described):
    """Closures that many calendars have in common, and include by name."""

    closures: dict[str, Closure] = Field(default_factory=dict)


class Calendar(Described):
    """When a place is open: windows of the week, less closures. Without windows it is open all the time."""

    windows: dict[str, Window] = Field(default_factory=dict)
    closures: dict[str, Closure] = Field(default_factory=dict)
    include: tuple[str, ...] = Field((), description="sets of holidays, by name: their closures are this one's as well")
    at: Position | None = Field(None, description="where daylight is looked at")

    @model_validator(mode="after")
    def _somewhere(self) -> "Calendar":
        if self.at is None and any(window.hours == DAYLIGHT for window in self.windows.values()):
            raise ValueError("daylight is that of a place; write at: {latitude: ..., longitude: ..., utc: '+02:00'}")
        return self

    def with_closures(self, more: Mapping[str, Closure]) -> "Calendar":
        """The same calendar with further closures."""
        return self.model_copy(update={"closures": {**self.closures, **more}})


BUILT_IN = {ALWAYS: Calendar(), NEVER: Calendar(closures={"for ever": Closure()})}


def steps(calendar: Calendar, full: int, start: date, days: int) -> Steps:
    """The level of a place that has `full` at 100 %, over `days` and a margin from `start`.

    A share of lanes is rounded half up, and to one at least where the share is not 0.
    """
    dates = _dates(start, days)
    spans = []
    for window in calendar.windows.values() or (Window(),):
        level = value_of(window.level, full)
        for day, on in dates:
            if on.weekday() in window.days and window.holds(on):
                opens, closes = window.on(on, calendar.at)
                if opens < closes:
                    spans.append((day * DAY_S + opens, day * DAY_S + closes, level))
    closures = calendar.closures.values()
    shut = [day for day, on in dates[1:] if any(closure.holds(on) for closure in closures)]
    return _highest(spans, shut, (days + MARGIN_DAYS) * DAY_S)


@cache
def _dates(start: date, days: int) -> tuple[tuple[int, date], ...]:
    """Each day of a run and its margin, with its date; first the day before, whose windows may reach into the run."""
    return tuple((day, start + timedelta(days=day)) for day in range(-1, days + MARGIN_DAYS))


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


def longest_window_s(calendar: Calendar, full: int) -> Ints:
    """For each lane its longest open stretch in the week with every window in force [s], whatever the dates.

    Shape (full,). It does not depend on the horizon; a lane that is never closed, or never open, gives WITHOUT_END_S.
    Of daylight it is that of the shortest days, so that no work waits for a season.
    """
    undated = {name: w.model_copy(update={"since": None, "until": None}) for name, w in calendar.windows.items()}
    longest = np.full(full, WITHOUT_END_S, dtype=np.int64)
    for start in SOLSTICES if any(w.hours == DAYLIGHT for w in undated.values()) else SOLSTICES[:1]:
        week = steps(Calendar(windows=undated, at=calendar.at), full, start, 7)
        for lane in range(full):
            runs = open_spans(week, lane)
            inside = [closes - opens for opens, closes in runs if opens > 0 and closes < WITHOUT_END_S]
            if inside:
                longest[lane] = min(longest[lane], max(inside))
    return longest


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


def _highest(spans: list[tuple[int, int, int]], shut: list[int], end_s: int) -> Steps:
    """The highest level of the spans that cover each moment, 0 on days that are shut."""
    opens, closes, level = np.array(spans, dtype=np.int64).reshape(-1, 3).T
    shuts = np.array(shut, dtype=np.int64) * DAY_S
    edges = np.concatenate([[0], opens, closes, shuts, shuts + DAY_S])
    at_s = np.unique(edges[(edges >= 0) & (edges < end_s)])
    value = np.zeros(len(at_s), dtype=np.int64)
    for each in np.unique(level):
        own = level == each
        value[_within(at_s, opens[own], closes[own])] = each
    value[_within(at_s, shuts, shuts + DAY_S)] = 0
    return without_repeats(at_s, value)


def _within(at_s: Ints, begins: Ints, ends: Ints) -> NDArray[np.bool_]:
    """Which moments lie in one of the spans at least; all edges that are not before or after them are among them."""
    change = np.zeros(len(at_s) + 1, dtype=np.int64)
    np.add.at(change, np.searchsorted(at_s, begins), 1)
    np.subtract.at(change, np.searchsorted(at_s, ends), 1)
    return np.asarray(np.cumsum(change[:-1]) > 0)


def without_repeats(at_s: Ints, value: Ints) -> Steps:
    """A step function in which each step changes something."""
    changes = np.append(True, np.diff(value) != 0)
    return Steps(at_s[changes], value[changes])
