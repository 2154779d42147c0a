"""When loads are requested: the rate of a flow over time, and traces of arrivals from a file.

Mistakes about the corridors that loads choose which need more than one place to be seen: a function each.
"""

import csv
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sim.calendars import MARGIN_DAYS
from sim.laws import Floats, Ints, Law
from sim.network.corridors import places_of
from sim.rules import BY_SHARE, FIRST_OPEN, LEAST_WAIT, WITHOUT_END_S
from sim.scenario import corridors as s
from sim.scenario.base import nearest
from sim.scenario.calendars import hours, weekdays
from sim.scenario.flows import Pattern
from sim.scenario.scenario import Scenario
from sim.scenario.start import find_file, open_file
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
    with open_file(find_file(name, folders, "traces")) as file:
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


def _waits_are_on_their_corridor(scenario: Scenario) -> Iterator[str]:
    """For each corridor that is chosen by waits there is one place on it whose waits count."""
    for name, flow in scenario.flows.items():
        where, looks = f"flows.{name}.choice.at", flow.choice is not None and flow.choice.rule == "least_wait"
        for way in flow.choice.at if flow.choice else ():
            if way not in flow.shares():
                yield f"{where}: {way} is none of those among which it chooses{nearest(way, flow.shares())}"
        for way in flow.shares() if looks else ():
            known = _places_with_waits(scenario, way)
            places = watched_places(scenario, name, way)
            if len(places) != 1:
                found = f"has {len(places)} border gates" if places else "has no border gate"
                yield f"{where}: corridors.{way} {found}; write the place there whose waits count"
            elif places[0] not in known and way in scenario.corridors:
                wrong = f"{places[0]} is no gate, site, bays or warehouse of corridors.{way}"
                yield f"{where}: {wrong}{nearest(places[0], known)}"


def _places_with_waits(scenario: Scenario, way: str) -> list[str]:
    """The full names of the places of a corridor at which trucks wait in a queue that is looked at."""
    steps = scenario.corridors[way].steps if way in scenario.corridors else ()
    of_steps = (place for step in steps for place in places_of(scenario, step))
    return [f"{kind}.{name}" for kind, name in of_steps if kind in ("gates", "sites", "bays", "warehouses")]


def _somebody_can_be_diverted(scenario: Scenario) -> Iterator[str]:
    """Of the corridors from which loads are diverted one at least has a border gate that can close."""
    for name, flow in scenario.flows.items():
        ways = [way for way in flow.shares() if flow.divert and way != flow.divert.to]
        if flow.divert and not any(border_gates(scenario, way) for way in ways):
            told = "no corridor but that to which it diverts" if not ways else f"no border gate on {', '.join(ways)}"
            yield f"flows.{name}.divert: the flow has {told}: nothing would be diverted"


CHOICES = (_waits_are_on_their_corridor, _somebody_can_be_diverted)

CHOICE_RULES = {"first_open": FIRST_OPEN, "least_wait": LEAST_WAIT}


class Choice(NamedTuple):
    """How loads of a source choose their corridor, or are diverted from it, as they are requested: a rule of rules.py.

    routes : by number, in order; the first `many` are chosen among, and one more is that to which loads are diverted.
    at : of those that are chosen among by waits, the place whose waits count.
    after_s, to : for how long a border has been closed that diverts, and the place in `routes` of where to.
    """

    rule: int
    routes: tuple[int, ...]
    many: int
    at: tuple[int, ...]
    after_s: int = WITHOUT_END_S
    to: int = -1


def build_choice(
    scenario: Scenario, name: str, number: dict[str, int], route_number: dict[str, int], taken: list[int]
) -> Choice | None:
    """How loads of a flow choose; `taken` are its routes where it has shares. None: by shares, and never diverted."""
    flow = scenario.flows[name]
    if flow.choice is None and flow.divert is None:
        return None
    routes = [route_number[way] for way in flow.shares()] if flow.choice else taken
    many = len(routes)
    rule, at = BY_SHARE, tuple[int, ...]()
    if flow.choice is not None:
        rule = CHOICE_RULES[flow.choice.rule]
    if rule == LEAST_WAIT:
        at = tuple(number[place] for way in flow.shares() for place in watched_places(scenario, name, way))
    if flow.divert is None:
        return Choice(rule, tuple(routes), many, at)
    to = route_number[flow.divert.to]
    routes = routes if to in routes else [*routes, to]
    return Choice(rule, tuple(routes), many, at, round(flow.divert.after), routes.index(to))


def watched_places(scenario: Scenario, flow: str, way: str) -> list[str]:
    """The place whose waits count on a corridor, by full name: that named or its border gates, one if all is well."""
    choice = scenario.flows[flow].choice
    if choice is not None and way in choice.at:
        return [choice.at[way]]
    return [f"gates.{gate}" for gate in border_gates(scenario, way)]


def border_gates(scenario: Scenario, way: str) -> list[str]:
    """The border gates of a corridor, each once."""
    steps = scenario.corridors[way].steps if way in scenario.corridors else ()
    gates = dict.fromkeys(step.gate for step in steps if isinstance(step, s.PassGate))
    return [gate for gate in gates if gate in scenario.gates and scenario.gates[gate].border]


class Source(NamedTuple):
    """A flow, or an opening stock of one: where loads come from.

    corridors, cumulative : the routes' numbers in the order of their keys, and the shares up to each.
    age : of a stock, how long its loads have been there [s]; None where that is not known.
    height : of its loads [cm]; None where none is too high anywhere.
    shelf_life_s : of its loads, from their request.
    later : (from [s], the shares up to each) for loads that are requested then, where phases change them.
    choice : None where they go by shares, and are never diverted.
    litres : of one pallet of its loads; 0 where they are no fuel or gas.
    direction : of parties of people, which have no sector; empty for goods.
    """

    name: str
    key: str
    sector: str
    cargo: str
    rank: int
    corridors: tuple[int, ...]
    cumulative: tuple[float, ...]
    pallets: Law
    weight: Law
    demand: RateSteps | Renewal | Trace | None
    stock: int
    first_step: int
    age: Law | None = None
    height: Law | None = None
    later: tuple[tuple[int, tuple[float, ...]], ...] = ()
    shelf_life_s: int = WITHOUT_END_S
    choice: Choice | None = None
    litres: int = 0
    direction: str = ""
