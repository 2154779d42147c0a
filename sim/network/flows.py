"""Sources of loads: the rate of a flow over time, traces of arrivals, and the choice of a corridor.

The checks of choices need several places at once; each is a function that yields one message per mistake. Nothing is
drawn here.
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
    """A rate over time: `per_day[i]` [loads/day] holds from `at_s[i]` until `at_s[i + 1]` [s]. Shape (n,)."""

    at_s: Ints
    per_day: Floats

    def at(self, time_s: Ints) -> Floats:
        """Returns the rate at `time_s`, elementwise [loads/day]."""
        return self.per_day[np.searchsorted(self.at_s, time_s, side="right") - 1]

    def mean(self, days: int) -> float:
        """Returns the mean rate over the first `days` [loads/day]."""
        inside = self.at_s < days * DAY_S
        widths = np.diff(np.append(self.at_s[inside], days * DAY_S))
        return float(np.dot(self.per_day[inside], widths) / (days * DAY_S))

    def loads(self, from_s: int, to_s: int) -> float:
        """Returns the expected number of loads between two seconds."""
        widths = np.diff(np.append(self.at_s, max(to_s, self.at_s[-1])).clip(from_s, to_s))
        return float(np.dot(self.per_day, widths)) / DAY_S


class Renewal(NamedTuple):
    """A renewal process of requests: the times between loads are independent, with the same law [s]."""

    interval: Law


class Trace(NamedTuple):
    """Recorded arrivals. Shape (n,) int64; -1 where the value is drawn from a law instead.

    created_s : time of the request [s].
    durations : full name of a place -> duration of each load's service or drive there [s].
    age_s : age of each load when it is requested [s]; None: zero.
    """

    created_s: Ints
    pallets: Ints
    kg: Ints
    durations: dict[str, Ints]
    age_s: Ints | None = None


CHOICE_RULES = {"first_open": FIRST_OPEN, "least_wait": LEAST_WAIT}


class Choice(NamedTuple):
    """How loads of a source choose their corridor, or are diverted from it, when they are requested.

    rule : a rule of rules.py.
    routes, many : numbers of routes in order. Loads choose among the first `many`; one more may be the target of
        diversions.
    at : for least_wait the place of each route whose waits count.
    after_s, to : loads are diverted from a border that has been closed for `after_s`, to the route with index `to` in
        `routes`.
    """

    rule: int
    routes: tuple[int, ...]
    many: int
    at: tuple[int, ...]
    after_s: int = WITHOUT_END_S
    to: int = -1


class Source(NamedTuple):
    """A flow, or an initial stock: where loads come from.

    corridors, cumulative : numbers of the routes in the order of their keys, and the cumulative shares.
    later : (from [s], cumulative shares) where phases change the shares.
    demand, stock, first_step : requests of a flow (None for a stock); loads of a stock, and the step at which they
        start.
    age : law of the age of a stock's loads when the run starts [s]; None where it is not known.
    height : law of the height [cm]; None where no load is too high anywhere.
    shelf_life_s : from the request of a load until it expires [s].
    choice : None where shares decide and no load is diverted.
    litres : of one pallet; 0 where the cargo is no fuel or gas.
    direction : of parties of people, who have no sector; empty for goods.
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


def rate_steps(rate: float, pattern: Pattern, start: date, days: int) -> RateSteps:
    """Returns the rate of a flow from `start` over `days` and a margin.

    rate : the rate while all factors of the pattern are 1 [loads/day].
    """
    day_of_week = _by_weekday(pattern)
    edges, by_hour = _by_hour(pattern)
    at_s, per_day = [], []
    for day in range(days + MARGIN_DAYS):
        date_of_day = start + timedelta(days=day)
        factor = rate * day_of_week[date_of_day.weekday()]
        for dated in pattern.dates.values():
            factor *= dated.factor if dated.holds(date_of_day) else 1.0
        for edge, share in zip(edges, by_hour, strict=True):
            at_s.append(day * DAY_S + edge)
            per_day.append(factor * share)
    return RateSteps(np.array(at_s, dtype=np.int64), np.array(per_day))


def _by_weekday(pattern: Pattern) -> list[float]:
    """Returns the factor of each weekday; Monday is first."""
    if not pattern.weekdays:
        return [1.0] * 7
    factors = [0.0] * 7
    for text, factor in pattern.weekdays.items():
        for day in weekdays(text):
            factors[day] = factor
    return factors


def _by_hour(pattern: Pattern) -> tuple[list[int], list[float]]:
    """Returns the times of day at which the factor changes [s], and the factor from each on.

    Where spans overlap, the highest factor holds.
    """
    if not pattern.hours:
        return [0], [1.0]
    spans = [(*hours(text), factor) for text, factor in pattern.hours.items()]
    edges = sorted({0, *(edge % DAY_S for opens, closes, _ in spans for edge in (opens, closes))})
    factors = []
    for edge in edges:
        covering = [f for opens, closes, f in spans if opens <= edge < closes or opens <= edge + DAY_S < closes]
        factors.append(max(covering, default=0.0))
    return edges, factors


def read_trace(name: str, folders: tuple[Path, ...], start: date) -> Trace:
    """Returns the arrivals in a CSV file, sorted by time.

    The column `time` is required; `pallets`, `kg` and durations at places are optional. `time` is a moment (`2024-05-13
    07:30`) or the time since the run's start (`450 min`). A column with the full name of a place (`sites.scan`) holds
    the duration of each load there (`12 min`). The file is looked for in `folders`, in order. Raises ValueError with a
    message for planners.
    """
    with open_file(find_file(name, folders, "traces")) as file:
        rows = csv.DictReader(file)
        if "time" not in (rows.fieldnames or ()):
            raise ValueError(f"{name} has no column 'time' in its first line")
        places = [column for column in rows.fieldnames or () if "." in column]  # other columns are ignored
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


def _moment_s(text: str | None, start: date) -> int:
    """Returns a moment, or a time since the run's start, in seconds since the run's start."""
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
    """Returns a duration of at least one second [s]; -1 for an empty cell."""
    if not (text or "").strip():
        return -1
    return max(1, round(duration_s(str(text).strip())))


def _amount(text: str | None) -> int:
    """Returns a positive whole number; -1 for an empty cell."""
    if not (text or "").strip():
        return -1
    if not str(text).strip().isdecimal() or (amount := int(str(text))) == 0:
        raise ValueError(f"wanted a positive whole number, found {text}")
    return amount


def build_choice(
    scenario: Scenario, name: str, number: dict[str, int], route_number: dict[str, int], taken: list[int]
) -> Choice | None:
    """Returns how loads of a flow choose; None where shares decide and no load is diverted.

    taken : numbers of the routes with a share.
    """
    flow = scenario.flows[name]
    if flow.choice is None and flow.divert is None:
        return None
    routes = [route_number[corridor] for corridor in flow.shares()] if flow.choice else taken
    candidates = len(routes)
    rule, at = BY_SHARE, tuple[int, ...]()
    if flow.choice is not None:
        rule = CHOICE_RULES[flow.choice.rule]
    if rule == LEAST_WAIT:
        at = tuple(number[place] for corridor in flow.shares() for place in watched_places(scenario, name, corridor))
    if flow.divert is None:
        return Choice(rule, tuple(routes), candidates, at)
    to = route_number[flow.divert.to]
    routes = routes if to in routes else [*routes, to]
    return Choice(rule, tuple(routes), candidates, at, round(flow.divert.after), routes.index(to))


def watched_places(scenario: Scenario, flow: str, corridor: str) -> list[str]:
    """Returns the full names of the places of a corridor whose waits may count: the one named, or its border gates.

    In a valid scenario it is exactly one.
    """
    choice = scenario.flows[flow].choice
    if choice is not None and corridor in choice.at:
        return [choice.at[corridor]]
    return [f"gates.{gate}" for gate in border_gates(scenario, corridor)]


def border_gates(scenario: Scenario, corridor: str) -> list[str]:
    """Returns the names of the border gates of a corridor, each once."""
    steps = scenario.corridors[corridor].steps if corridor in scenario.corridors else ()
    gates = dict.fromkeys(step.gate for step in steps if isinstance(step, s.PassGate))
    return [gate for gate in gates if gate in scenario.gates and scenario.gates[gate].border]


def _waits_are_on_their_corridor(scenario: Scenario) -> Iterator[str]:
    """Checks that each corridor that is chosen by waits has exactly one place whose waits count."""
    for name, flow in scenario.flows.items():
        where, by_waits = f"flows.{name}.choice.at", flow.choice is not None and flow.choice.rule == "least_wait"
        for corridor in flow.choice.at if flow.choice else ():
            if corridor not in flow.shares():
                yield f"{where}: {corridor} is none of those among which it chooses{nearest(corridor, flow.shares())}"
        for corridor in flow.shares() if by_waits else ():
            queues = _places_with_waits(scenario, corridor)
            places = watched_places(scenario, name, corridor)
            if len(places) != 1:
                gates = f"has {len(places)} border gates" if places else "has no border gate"
                yield f"{where}: corridors.{corridor} {gates}; write the place there whose waits count"
            elif places[0] not in queues and corridor in scenario.corridors:
                wrong = f"{places[0]} is no gate, site, bays or warehouse of corridors.{corridor}"
                yield f"{where}: {wrong}{nearest(places[0], queues)}"


def _places_with_waits(scenario: Scenario, corridor: str) -> list[str]:
    """Returns the full names of the places of a corridor with a queue of trucks that can be compared."""
    steps = scenario.corridors[corridor].steps if corridor in scenario.corridors else ()
    places = (place for step in steps for place in places_of(scenario, step))
    return [f"{kind}.{name}" for kind, name in places if kind in ("gates", "sites", "bays", "warehouses")]


def _somebody_can_be_diverted(scenario: Scenario) -> Iterator[str]:
    """Checks that loads can be diverted: at least one of their corridors has a border gate, which can close."""
    for name, flow in scenario.flows.items():
        corridors = [corridor for corridor in flow.shares() if flow.divert and corridor != flow.divert.to]
        if flow.divert and not any(border_gates(scenario, corridor) for corridor in corridors):
            reason = (
                "no corridor but that to which it diverts"
                if not corridors
                else f"no border gate on {', '.join(corridors)}"
            )
            yield f"flows.{name}.divert: the flow has {reason}: nothing would be diverted"


CHOICES = (_waits_are_on_their_corridor, _somebody_can_be_diverted)
