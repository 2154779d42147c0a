"""When loads are requested: the rate of a flow over time, and traces of arrivals from a file."""

import csv
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sim import files
from sim.calendars import MARGIN_DAYS, hours, weekdays
from sim.laws import Floats, Ints, Law
from sim.scenario import Pattern
from sim.units import DAY_S, duration_s


class RateSteps(NamedTuple):
    """A rate over time: `per_day[i]` loads a day hold from `at_s[i]` until `at_s[i + 1]`. Shape (n,)."""

    at_s: Ints
    per_day: Floats

    def at(self, time_s: Ints) -> Floats:
        """The rate at `time_s`, elementwise [loads/day]."""
        return self.per_day[np.searchsorted(self.at_s, time_s, side="right") - 1]

    def mean(self, days: int) -> float:
        """The mean over the first `days` [loads/day]."""
        inside = self.at_s < days * DAY_S
        widths = np.diff(np.append(self.at_s[inside], days * DAY_S))
        return float(np.dot(self.per_day[inside], widths) / (days * DAY_S))

    def loads(self, from_s: int, to_s: int) -> float:
        """The loads to expect between two seconds."""
        widths = np.diff(np.append(self.at_s, max(to_s, self.at_s[-1])).clip(from_s, to_s))
        return float(np.dot(self.per_day, widths)) / DAY_S


class Renewal(NamedTuple):
    """Loads one after the other, the time between two of them by a law [s]."""

    interval: Law


class Trace(NamedTuple):
    """Arrivals as they were recorded. Shape (n,) int64; -1 where a law gives the number.

    durations : full name of a place -> how long each load is served, or drives, there [s].
    age_s : how long each has been under way before; None: not at all.
    """

    created_s: Ints
    pallets: Ints
    kg: Ints
    durations: dict[str, Ints]
    age_s: Ints | None = None


def rate_steps(rate: float, pattern: Pattern, start: date, days: int) -> RateSteps:
    """The rate of a flow whose factors all being 1 give `rate` [loads/day], from `start` over `days` and a margin."""
    day_of_week = _by_weekday(pattern)
    edges, by_hour = _by_hour(pattern)
    at_s, per_day = [], []
    for day in range(days + MARGIN_DAYS):
        on = start + timedelta(days=day)
        factor = rate * day_of_week[on.weekday()]
        for dated in pattern.dates.values():
            factor *= dated.factor if dated.holds(on) else 1.0
        for edge, part in zip(edges, by_hour, strict=True):
            at_s.append(day * DAY_S + edge)
            per_day.append(factor * part)
    return RateSteps(np.array(at_s, dtype=np.int64), np.array(per_day))


def read_trace(name: str, folders: tuple[Path, ...], start: date) -> Trace:
    """The arrivals in a CSV with a column `time`, and `pallets`, `kg` and durations at places where they are known.

    `time` is a moment (`2024-05-13 07:30`) or the time since the run's start (`450 min`). A column with the full name
    of a place (`sites.scan`) says how long each load takes there (`12 min`). The file is looked for in `folders`, in
    order. Arrivals are sorted by time. Raises ValueError, in planners' words.
    """
    with files.opened(files.found(name, folders, "traces")) as file:
        rows = csv.DictReader(file)
        if "time" not in (rows.fieldnames or ()):
            raise ValueError(f"{name} has no column 'time' in its first line")
        places = [column for column in rows.fieldnames or () if "." in column]  # others are a planner's own notes
        loads = []
        for line, row in enumerate(rows, start=2):
            try:
                load = [_moment_s(row["time"], start), _amount(row.get("pallets")), _amount(row.get("kg"))]
                loads.append([*load, *(_seconds(row[place]) for place in places)])
            except ValueError as error:
                raise ValueError(f"{name}, line {line}: {error}") from None
    columns = np.array(loads, dtype=np.int64).reshape(-1, 3 + len(places))
    columns = columns[np.argsort(columns[:, 0], kind="stable")].T
    return Trace(columns[0], columns[1], columns[2], dict(zip(places, columns[3:], strict=True)))


def _by_weekday(pattern: Pattern) -> list[float]:
    if not pattern.weekdays:
        return [1.0] * 7
    factors = [0.0] * 7
    for text, factor in pattern.weekdays.items():
        for day in weekdays(text):
            factors[day] = factor
    return factors


def _by_hour(pattern: Pattern) -> tuple[list[int], list[float]]:
    """Seconds after midnight at which the factor changes, and the factor from then on; overlaps multiply nothing."""
    if not pattern.hours:
        return [0], [1.0]
    spans = [(*hours(text), factor) for text, factor in pattern.hours.items()]
    edges = sorted({0, *(edge % DAY_S for opens, closes, _ in spans for edge in (opens, closes))})
    factors = []
    for edge in edges:
        covering = [f for opens, closes, f in spans if opens <= edge < closes or opens <= edge + DAY_S < closes]
        factors.append(max(covering, default=0.0))
    return edges, factors


def _moment_s(text: str | None, start: date) -> int:
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        seconds = round(duration_s((text or "").strip()))
    else:
        if moment.tzinfo is not None:
            raise ValueError(f"{text} has a time zone; write local time, e.g. '2024-05-13 07:30'")
        seconds = round((moment - datetime.combine(start, datetime.min.time())).total_seconds())
    if seconds < 0:
        raise ValueError(f"{text} is before the run's start, {start}")
    return seconds


def _seconds(text: str | None) -> int:
    if not (text or "").strip():
        return -1
    return max(1, round(duration_s(str(text).strip())))


def _amount(text: str | None) -> int:
    if not (text or "").strip():
        return -1
    if not str(text).strip().isdecimal() or (amount := int(str(text))) == 0:
        raise ValueError(f"wanted a positive whole number, found {text}")
    return amount
