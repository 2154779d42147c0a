"""Calendars: windows of open hours, closures, holidays, and daylight, as planners write them and as step functions.

The clock is a fixed offset from UTC: all days have 86,400 s, and clocks are never changed.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from math import acos, asin, cos, degrees, radians, sin, tan
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, model_validator

from sim.calendars import MARGIN_DAYS, Steps, lanes_at_level, open_spans, without_repeats
from sim.laws import Ints
from sim.rules import WITHOUT_END_S
from sim.scenario.base import Described, Settings
from sim.units import DAY_S, HOUR_S, MINUTE_S, Delay, clock_s, share

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

ALWAYS, NEVER = "always", "never"
DAYLIGHT = "daylight"
SOLSTICES = (date(2024, 6, 10), date(2024, 12, 10))  # first days of weeks near the solstices


def weekdays(text: Any) -> frozenset[int]:
    """Returns the numbers of weekdays (Monday is 0) in e.g. `sun-thu` or `fri, sat`; a range may pass Sunday."""
    numbers: set[int] = set()
    for part in str(text).lower().split(","):
        ends = [end.strip() for end in part.split("-")]
        if len(ends) > 2 or any(end not in WEEKDAYS for end in ends):
            raise ValueError(f"{text!r} names no weekdays; write e.g. 'sun-thu' or 'fri, sat'")
        first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
        numbers |= {day % 7 for day in range(first, last + 1 + 7 * (last < first))}
    return frozenset(numbers)


def hours(text: Any) -> tuple[int, int]:
    """Returns (opening, closing) in seconds after midnight of e.g. `08:00-16:00`; closing may exceed 24 h."""
    match = re.fullmatch(r"\s*(\S+?)\s*-\s*(\S+?)\s*", str(text))
    if not match:
        raise ValueError(f"{text!r} are no hours; write e.g. '08:00-16:00'")
    opens, closes = clock_s(match[1]), clock_s(match[2])
    if opens == closes:
        raise ValueError(f"{text!r} is empty; write '00:00-24:00' for the whole day")
    return opens, closes + DAY_S * (closes < opens)


def _opening(text: Any) -> tuple[int, int] | str:
    """Returns (opening, closing), or the word for daylight."""
    return DAYLIGHT if text == DAYLIGHT else hours(text)


def _level(value: Any) -> int | float:
    """Returns a level: a whole number of lanes, or a share (`50 %`, 0.5) of the place's lanes or a road's speed."""
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


def _offset_s(text: Any) -> int:
    """Returns the offset from UTC in seconds of e.g. `+02:00`."""
    match = re.fullmatch(r"\s*([+-])(\d{1,2}):(\d\d)\s*", str(text))
    if not match or (seconds := int(match[2]) * HOUR_S + int(match[3]) * MINUTE_S) > 14 * HOUR_S or int(match[3]) > 59:
        raise ValueError(f"{text!r} is no offset from UTC; write e.g. '+02:00', in quotes")
    return -seconds if match[1] == "-" else seconds


class Position(Settings):
    """A position for daylight, and the clock of the run."""

    latitude: float = Field(ge=-90, le=90, description="degrees north")
    longitude: float = Field(ge=-180, le=180, description="degrees east")
    utc: Annotated[int, BeforeValidator(_offset_s, json_schema_input_type=str)] = Field(
        description="offset of the run's clock from UTC, the same all year, e.g. '+02:00'"
    )


class Window(Period):
    """Hours of certain weekdays at which a place is open; where windows overlap, the highest level holds."""

    days: Days = Field(frozenset(range(7)), description="weekdays on which it opens, e.g. sun-thu")
    hours: Hours = Field((0, DAY_S), description="e.g. 08:00-16:00; or daylight: from sunrise to sunset")
    margin: Delay = Field(0.0, description="for daylight: time from sunrise to opening, and from closing to sunset")
    level: Level = Field(1.0, description="lanes in use (3), or the share of them ('50 %')")

    @model_validator(mode="after")
    def _margin_of_daylight(self) -> "Window":
        if self.margin and self.hours != DAYLIGHT:
            raise ValueError("margin needs hours: daylight; other hours are exact")
        return self

    def on(self, day: date, at: Position | None) -> tuple[int, int]:
        """Returns (opening, closing) on a day [s after midnight]; closed all day unless opening < closing."""
        if isinstance(self.hours, tuple):
            return self.hours
        assert at is not None  # see Calendar
        rises, sets = daylight_s(at, day)
        return rises + round(self.margin), sets - round(self.margin)


class Closure(Period):
    """Days on which a place is closed, whatever its windows say."""

    days: Days = Field(frozenset(range(7)), description="only these weekdays of the period, e.g. fri-sat")
    why: str = ""

    def holds(self, day: date) -> bool:
        """Whether the place is closed on `day`."""
        return day.weekday() in self.days and super().holds(day)


class Holidays(Described):
    """Closures that several calendars share and include by name."""

    closures: dict[str, Closure] = Field(default_factory=dict)


class Calendar(Described):
    """The hours of a place: windows of the week, less closures. Without windows it is open all the time."""

    windows: dict[str, Window] = Field(default_factory=dict)
    closures: dict[str, Closure] = Field(default_factory=dict)
    include: tuple[str, ...] = Field((), description="names of sets of holidays, whose closures are added")
    at: Position | None = Field(None, description="position for daylight")

    @model_validator(mode="after")
    def _somewhere(self) -> "Calendar":
        if self.at is None and any(window.hours == DAYLIGHT for window in self.windows.values()):
            raise ValueError("daylight needs a position; write at: {latitude: ..., longitude: ..., utc: '+02:00'}")
        return self

    def with_closures(self, more: Mapping[str, Closure]) -> "Calendar":
        """Returns the same calendar with further closures."""
        return self.model_copy(update={"closures": {**self.closures, **more}})


BUILT_IN = {ALWAYS: Calendar(), NEVER: Calendar(closures={"for ever": Closure()})}


def steps(calendar: Calendar, full: int, start: date, days: int) -> Steps:
    """Returns the level of a place that has `full` at 100 %, over `days` and a margin from `start`.

    A share of lanes is rounded half up, and to at least one where the share is not 0.
    """
    dates = _dates(start, days)
    spans = []
    for window in calendar.windows.values() or (Window(),):
        level = lanes_at_level(window.level, full)
        for day, date_of_day in dates:
            if date_of_day.weekday() in window.days and window.holds(date_of_day):
                opens, closes = window.on(date_of_day, calendar.at)
                if opens < closes:
                    spans.append((day * DAY_S + opens, day * DAY_S + closes, level))
    closures = calendar.closures.values()
    shut = [day for day, date_of_day in dates[1:] if any(closure.holds(date_of_day) for closure in closures)]
    return _highest(spans, shut, (days + MARGIN_DAYS) * DAY_S)


@cache
def _dates(start: date, days: int) -> tuple[tuple[int, date], ...]:
    """Returns (day, date) for the run and its margin, and for the day before, whose windows may reach into it."""
    return tuple((day, start + timedelta(days=day)) for day in range(-1, days + MARGIN_DAYS))


def longest_window_s(calendar: Calendar, full: int) -> Ints:
    """Returns for each lane its longest open time without a break, in a week with every window in force [s].

    Shape (full,). It does not depend on the run's dates or length. A lane that never closes, or never opens, has
    WITHOUT_END_S. With daylight it is the least of both solstices, so that no work waits for a season.
    """
    undated = {name: w.model_copy(update={"since": None, "until": None}) for name, w in calendar.windows.items()}
    longest = np.full(full, WITHOUT_END_S, dtype=np.int64)
    for start in SOLSTICES if any(w.hours == DAYLIGHT for w in undated.values()) else SOLSTICES[:1]:
        week = steps(Calendar(windows=undated, at=calendar.at), full, start, 7)
        for lane in range(full):
            runs = open_spans(week, lane)
            lengths = [closes - opens for opens, closes in runs if opens > 0 and closes < WITHOUT_END_S]
            if lengths:
                longest[lane] = min(longest[lane], max(lengths))
    return longest


def _highest(spans: list[tuple[int, int, int]], shut: list[int], end_s: int) -> Steps:
    """Returns the highest level of the spans that cover each moment, 0 on days that are closed."""
    opens, closes, level = np.array(spans, dtype=np.int64).reshape(-1, 3).T
    shuts = np.array(shut, dtype=np.int64) * DAY_S
    edges = np.concatenate([[0], opens, closes, shuts, shuts + DAY_S])
    at_s = np.unique(edges[(edges >= 0) & (edges < end_s)])
    value = np.zeros(len(at_s), dtype=np.int64)
    for each in np.unique(level):
        has_level = level == each
        value[_within(at_s, opens[has_level], closes[has_level])] = each
    value[_within(at_s, shuts, shuts + DAY_S)] = 0
    return without_repeats(at_s, value)


def _within(at_s: Ints, begins: Ints, ends: Ints) -> NDArray[np.bool_]:
    """Returns for each moment whether it lies in at least one of the spans.

    `at_s` must contain all begins and ends that lie within its range.
    """
    change = np.zeros(len(at_s) + 1, dtype=np.int64)
    np.add.at(change, np.searchsorted(at_s, begins), 1)
    np.subtract.at(change, np.searchsorted(at_s, ends), 1)
    return np.asarray(np.cumsum(change[:-1]) > 0)


J2000 = 730_120.5  # noon UTC of 1 January 2000, as `date.toordinal` counts days
ZENITH = 90.833  # degrees: 50' below the horizon, for the sun's radius and refraction


def daylight_s(at: Position, on: date) -> tuple[int, int]:
    """Returns (sunrise, sunset) on a date [s after midnight]; equal in polar night, a day apart in midnight sun.

    NOAA's solar calculator (https://gml.noaa.gov/grad/solcalc/calcdetails.html), with the low-accuracy position of the
    sun of Meeus (Astronomical Algorithms, chapter 25). Good to a minute up to 72 degrees of latitude.
    """
    rises, sets = (_event_s(at, on, side) for side in (-1, 1))
    return rises, sets


def _event_s(at: Position, on: date, side: int) -> int:
    """Returns sunrise (side -1) or sunset (side 1): solar noon less, or plus, half the length of the day [s].

    The second pass uses the position of the sun at the result of the first.
    """
    moment_s = DAY_S / 2
    for _ in range(2):
        declination, equation_min = sun(on.toordinal() + (moment_s - at.utc) / DAY_S - J2000)
        noon_s = DAY_S / 2 - at.longitude * 240 - equation_min * MINUTE_S + at.utc
        phi = radians(at.latitude)
        cosine = cos(radians(ZENITH)) / (cos(phi) * cos(declination)) - tan(phi) * tan(declination)
        moment_s = noon_s + side * degrees(acos(min(1.0, max(-1.0, cosine)))) * 240
    return round(moment_s)


def sun(days: float) -> tuple[float, float]:
    """Returns declination [rad] and equation of time [min], at so many days after noon UTC of 1 January 2000."""
    t = days / 36_525  # Julian centuries
    longitude = radians((280.46646 + t * (36_000.76983 + t * 0.0003032)) % 360)
    anomaly = radians(357.52911 + t * (35_999.05029 - 0.0001537 * t))
    eccentricity = 0.016708634 - t * (0.000042037 + 0.0000001267 * t)
    centre = (
        sin(anomaly) * (1.914602 - t * (0.004817 + 0.000014 * t))
        + sin(2 * anomaly) * (0.019993 - 0.000101 * t)
        + sin(3 * anomaly) * 0.000289
    )
    node = radians(125.04 - 1934.136 * t)
    apparent = longitude + radians(centre - 0.00569 - 0.00478 * sin(node))
    tilt = radians(23 + (26 + (21.448 - t * (46.815 + t * (0.00059 - t * 0.001813))) / 60) / 60 + 0.00256 * cos(node))
    y = tan(tilt / 2) ** 2
    equation = (
        y * sin(2 * longitude)
        - 2 * eccentricity * sin(anomaly)
        + 4 * eccentricity * y * sin(anomaly) * cos(2 * longitude)
        - y**2 * sin(4 * longitude) / 2
        - 1.25 * eccentricity**2 * sin(2 * anomaly)
    )
    return asin(sin(tilt) * sin(apparent)), 4 * degrees(equation)
