"""Phases, shocks and operating levels: parsing of their changes, building them into the network, and checks.

Nothing is drawn here. Each check is a function that yields one message per mistake.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from math import expm1
from typing import Any, NamedTuple

import numpy as np

from sim.laws import Constant, Law, is_random
from sim.network.base import MOST, Effect, Phase, second
from sim.network.corridors import Route
from sim.network.flows import Source
from sim.rules import WITHOUT_END_S
from sim.scenario.base import nearest, whole_shares
from sim.scenario.calendars import BUILT_IN
from sim.scenario.changes import Hazard
from sim.scenario.changes import Phase as PlannedPhase
from sim.scenario.lanes import BESIDE
from sim.scenario.scenario import Scenario
from sim.units import DAY_S, duration_s, in_per_cent, in_ppm, kg_per_day, per_day, share, volume_l

HOURS = ("calendar", "level")
OUTCOMES, NEEDED, PER_PERSON = "permission.outcomes", "permission.needed", "per_person"


def _whole(setting: str, value: Any) -> int:
    """Returns a whole number; raises ValueError for anything else."""
    if isinstance(value, bool) or not str(value).isdecimal():
        raise ValueError(f"wanted {setting} as a whole number, '+ 2' or 'x 0.5', found {value!r}")
    return int(value)


LIMITS: dict[str, Callable[[Any], float]] = {
    "trucks": per_day, "persons": per_day, "mass": kg_per_day, "pallets": lambda value: _whole("pallets", value),
    "outflow": per_day, "condition": share, "litres": volume_l,
}  # fmt: skip
OF_INTERCEPTION = {"interception.missions": "missions", "interception.within": "within"}

CAN_CHANGE = {
    "gates": HOURS, "ceilings": (*HOURS, "trucks", "mass", "pallets", "persons", "litres"), "sites": (*HOURS, "lanes"),
    "bays": (*HOURS, "lanes"), "warehouses": (*HOURS, "lanes"), "roads": (*HOURS, "condition", *OF_INTERCEPTION),
    "offices": (*HOURS, "requests"), "slots": (*HOURS, "trucks"), "stores": (*HOURS, "outflow"),
    "yards": (*HOURS, "min", "max", "patience", OUTCOMES, NEEDED), "platforms": ("room",), "fleets": ("vehicles",),
    "crews": ("people",), "teams": (*HOURS, "teams"), "flows": ("rate", "corridors"), "needs": (PER_PERSON,),
}  # fmt: skip
LEAST = {"teams": 0, "vehicles": 0, "people": 0, "room": 0, "lanes": 1, "min": 1, "max": 1}  # smallest whole numbers


def meaning(scenario: Scenario, kind: str, name: str, setting: str, value: Any) -> Any:
    """Returns the new value of a setting under a change, in base units.

    Calendars stay names. Shares of corridors and of outcomes are dict and tuple. Raises ValueError with a message for
    planners.
    """
    if kind not in CAN_CHANGE:
        raise ValueError(f"wanted the full name of a setting, one of {', '.join(CAN_CHANGE)}, a name and what changes")
    if name not in (things := getattr(scenario, kind)):
        raise ValueError(f"there is no {kind}.{name}{nearest(name, things)}")
    if setting not in CAN_CHANGE[kind]:
        changeable = ", ".join(CAN_CHANGE[kind])
        raise ValueError(f"{setting} cannot change while the clock runs; of {kind} these can: {changeable}")
    thing = things[name]
    match setting:
        case "permission.outcomes" | "permission.needed" if thing.permission is None:
            raise ValueError("the yard needs no permission")
        case "permission.outcomes":
            if not isinstance(value, dict):
                raise ValueError(f"wanted the share of each outcome, found {value!r}")
            return thing.permission.cumulative(value)
        case "calendar" | "permission.needed":
            if value not in (calendars := {**scenario.calendars, **BUILT_IN}):
                raise ValueError(f"there is no calendars.{value}{nearest(str(value), calendars)}")
            return value
        case "level":
            return share(value)
        case "corridors" if thing.choice is not None:
            raise ValueError(f"the flow has no shares of corridors: its loads choose by {thing.choice.rule}")
        case "corridors":
            return _shares(scenario, value)
        case "rate":
            if thing.trace or thing.interval:
                raise ValueError("the flow has no rate, but a trace or an interval")
            rate = _amount(value, thing.rate, per_day)
            if rate < 0:
                raise ValueError(f"{value} makes a value below 0 of {thing.rate:g}/day")
            return rate
        case "per_person":
            kg = _amount(value, thing.per_person, kg_per_day)
            if kg < 0:
                raise ValueError(f"{value} makes a value below 0 of {thing.per_person:g} kg/day")
            return kg
        case "requests":
            requests = round(_amount(value, thing.requests, per_day))
            if requests < 1:
                raise ValueError(f"{value} makes less than one request a day")
            return requests
        case "trucks" | "mass" | "pallets" | "persons" | "litres" | "outflow":
            current = getattr(thing, setting)
            if current is None:
                raise ValueError(f"the ceiling has no limit of {setting}")
            limit = round(_amount(value, current, LIMITS[setting]))
            if limit < 0:
                raise ValueError(f"{value} makes a value below 0 of {current:g}")
            return limit
        case "condition":
            part = _amount(value, thing.condition, share)
            if not 0 < part <= 1:
                raise ValueError(f"{value} makes a condition of {part:g}, not above 0 and at most 1")
            return in_per_cent(part)
        case "interception.missions" | "interception.within":
            if thing.interception is None:
                raise ValueError("the road has no interception")
            part = _amount(value, getattr(thing.interception, OF_INTERCEPTION[setting]), share)
            if not 0 <= part <= 1:
                raise ValueError(f"{value} makes a share of {part:g}, not between 0 and 1")
            return in_ppm(part)
        case "patience":
            seconds = _amount(value, thing.patience, duration_s)
            if seconds <= 0:
                raise ValueError(f"{value} leaves no patience")
            return round(seconds)
        case _:
            number = int(np.floor(_amount(value, getattr(thing, setting), partial(_whole, setting)) + 0.5))
            if number < LEAST[setting]:
                raise ValueError(f"{value} makes {number} {setting}, and {LEAST[setting]} is the least")
            return number


def _amount(text: Any, current: float | None, convert: Callable[[Any], float]) -> float:
    """Returns a value in base units: as it is, or relative to the setting without phases (`+ 2`, `- 2`, `x 0.5`)."""
    match = re.fullmatch(r"\s*([-+x])\s*(.+)", text) if isinstance(text, str) else None
    if not match:
        return convert(text)
    if current is None:
        raise ValueError(f"{text!r} changes a limit that is not there; give a value")
    if match[1] != "x":
        return current + (1 if match[1] == "+" else -1) * convert(match[2])
    if not re.fullmatch(r"\d+\.?\d*|\.\d+", match[2]):
        raise ValueError(f"{text!r}: wanted e.g. 'x 0.5'")
    return current * float(match[2])


def _shares(scenario: Scenario, value: Any) -> dict[str, float]:
    """Returns the share of each corridor, which add up to 1."""
    if not isinstance(value, dict):
        raise ValueError(f"wanted the share of each corridor, found {value!r}")
    for corridor in value:
        if corridor not in scenario.corridors:
            raise ValueError(f"there is no corridors.{corridor}{nearest(corridor, scenario.corridors)}")
    return whole_shares(value)


def choices(scenario: Scenario, full_name: str, lanes: int) -> list[tuple[str, int]]:
    """Returns the (calendar, lanes) that a place may have; the first pair is the one without phases.

    Empty where no phase changes the hours or lanes of the place. Bays beside a site follow its calendar, and keep their
    number.
    """
    kind, _, rest = full_name.partition(".")
    name, _, part = rest.partition(".")
    changes = [
        (setting, meaning(scenario, kind, name, setting, value))
        for phase in scenario.phases.values()
        for changed_kind, changed_name, setting, value in phase.changed()
        if (changed_kind, changed_name) == (kind, name) and setting in (*HOURS, "lanes", *LIMITS)
    ]
    if not changes:
        return []
    calendars = [
        getattr(scenario, kind)[name].calendar,
        *(value for setting, value in changes if setting == "calendar"),
    ]
    numbers = [lanes, *(value for setting, value in changes if setting not in HOURS and not part)]
    return list(dict.fromkeys((calendar, number) for calendar in calendars for number in numbers))


def corridors_besides(scenario: Scenario, flow: str) -> set[str]:
    """Returns the corridors that loads of a flow may take in addition to its own: by phases, or when diverted."""
    changed = [change for phase in scenario.phases.values() for change in phase.changed()]
    shares = [value for kind, name, setting, value in changed if (kind, name, setting) == ("flows", flow, "corridors")]
    others = {corridor for value in shares if isinstance(value, dict) for corridor in value}
    return others | ({divert.to} if (divert := scenario.flows[flow].divert) else set())


def phases(
    scenario: Scenario,
    number: dict[str, int],
    sources: tuple[Source, ...],
    routes: tuple[Route, ...],
    rate_over_time: Callable[[str, float], Any],
    hours: Callable[[str], Any],
) -> tuple[Phase, ...]:
    """Returns the phases of a checked scenario, in the order of their keys.

    rate_over_time : (name of a flow, rate) -> its rate over time.
    hours : name of a calendar -> the steps of its open hours.
    """
    built = []
    for title, phase in scenario.phases.items():
        effects: list[Effect] = []
        for kind, name, setting, value in phase.changed():
            new_value = meaning(scenario, kind, name, setting, value)
            if kind == "flows":
                source = next(i for i, s in enumerate(sources) if s.name == name and s.demand is not None)
                if setting == "rate":
                    new_value = rate_over_time(name, new_value)
                else:
                    shares = [new_value.get(routes[route].name, 0.0) for route in sources[source].corridors]
                    new_value = tuple(float(cumulative) for cumulative in np.cumsum(shares))
                effects.append(Effect(source, setting, new_value))
                continue
            if kind == "needs":
                effects.append(Effect(sorted(scenario.needs).index(name), setting, new_value))
                continue
            new_value = hours(new_value) if setting == NEEDED else new_value
            node_fields = {"patience": "patience_s", **dict.fromkeys(LIMITS, "lanes"), **OF_INTERCEPTION}
            setting = node_fields.get(setting, setting)
            effects.append(Effect(number[f"{kind}.{name}"], setting, new_value))
            bays = (f"{kind}.{name}.{part}" for part in BESIDE) if setting in HOURS else ()
            effects += [Effect(number[place], setting, new_value) for place in bays if place in number]
        ends_s = second(scenario, phase.until) + DAY_S if phase.until else WITHOUT_END_S
        built.append(Phase(
            title, phase.key or f"phases.{title}", second(scenario, phase.since), phase.starts, ends_s, phase.lasts,
            tuple(effects),
        ))  # fmt: skip
    return tuple(sorted(built, key=lambda phase: phase.key.encode()))


class Shock(NamedTuple):
    """A random closure of places.

    chance : probability that one begins on a day. lasts : law of its duration [s].
    level : share of lanes or speed that is left. first_day, end_day : it begins in first_day <= day < end_day.
    """

    key: str
    places: tuple[int, ...]
    chance: float
    lasts: Law
    level: float
    first_day: int = 0
    end_day: int = MOST


def _shocks(scenario: Scenario, number: dict[str, int]) -> tuple[Shock, ...]:
    """Returns the shocks in the order of their keys."""
    start = scenario.run.start
    shocks = (
        Shock(
            s.key or f"shocks.{name}", _befallen(s, number), -expm1(-s.rate), s.lasts, s.level,
            max(0, (s.since - start).days) if s.since else 0,
            max(0, (s.until - start).days + 1) if s.until else MOST,
        )
        for name, s in scenario.shocks.items()
    )  # fmt: skip
    return tuple(sorted(shocks, key=lambda shock: shock.key.encode()))


class OperatingLevel(NamedTuple):
    """A random share of each day's hours, or lanes, that is used: Beta with this mean and coefficient of variation.

    persistence : correlation with the day before.
    of_hours : whether days are shortened, rather than lanes reduced.
    """

    key: str
    places: tuple[int, ...]
    mean: float
    cv: float
    persistence: float
    of_hours: bool


def _levels(scenario: Scenario, number: dict[str, int]) -> tuple[OperatingLevel, ...]:
    """Returns the operating levels in the order of their keys."""
    levels = (
        OperatingLevel(
            level.key or f"operating_levels.{name}", _befallen(level, number), level.mean, level.cv, level.persistence,
            level.of == "hours",
        )
        for name, level in scenario.operating_levels.items()
    )  # fmt: skip
    return tuple(sorted(levels, key=lambda level: level.key.encode()))


def _befallen(hazard: Hazard, number: dict[str, int]) -> tuple[int, ...]:
    """Returns the numbers of the places that a hazard names, including the bays beside a site."""
    named = {f"{name}{part}" for name in hazard.places for part in ("", *(f".{part}" for part in BESIDE))}
    return tuple(sorted(number[name] for name in named if name in number))


Key = tuple[str, str, str]  # kind, name, setting


def phases_make_sense(scenario: Scenario) -> Iterator[str]:
    """Checks every change of a phase, and that phases with fixed dates do not change one setting at the same time."""
    values: dict[str, dict[Key, Any]] = {}
    for title, phase in scenario.phases.items():
        values[title] = {}
        for full_name, (kind, name, setting, value) in zip(phase.changes, phase.changed(), strict=True):
            key = kind, name, setting
            try:
                values[title][key] = meaning(scenario, *key, value)
            except ValueError as error:
                yield f"phases.{title}.changes.{full_name}: {error}"
    for one, other in combinations(scenario.phases, 2):
        settings = [".".join(key) for key in values[one] if key in values[other]]
        if settings and _dates_overlap(scenario, scenario.phases[one], scenario.phases[other]):
            yield f"phases.{other}: holds at the same time as phases.{one}, which changes {', '.join(settings)} as well"
    for title in scenario.phases:
        yield from _yards_are_possible(scenario, title, values)
        for (kind, name, setting), value in values[title].items():
            shares = values[title].get(
                (kind, name, "corridors"), scenario.flows[name].shares() if kind == "flows" else {}
            )
            if setting == "rate" and value > 0 and abs((total := sum(shares.values())) - 1) > 1e-9:
                yield f"phases.{title}: flows.{name} has a rate, and shares of corridors that add up to {total:.4%}"


def _dates_overlap(scenario: Scenario, one: PlannedPhase, other: PlannedPhase) -> bool:
    """Whether two phases with fixed dates are in force at the same time."""
    if any(is_random(law) for phase in (one, other) for law in (phase.starts, phase.lasts)):
        return False
    (begins, ends), (begins_other, ends_other) = (_known_span(scenario, phase) for phase in (one, other))
    return max(begins, begins_other) < min(ends, ends_other)


def _known_span(scenario: Scenario, phase: PlannedPhase) -> tuple[float, float]:
    """Returns the beginning and the end of a phase with fixed dates [s]."""
    begins = second(scenario, phase.since) + (_value(phase.starts) if phase.starts else 0)
    ends = second(scenario, phase.until) + DAY_S if phase.until else WITHOUT_END_S
    return begins, min(ends, begins + _value(phase.lasts)) if phase.lasts else ends


def _value(law: Law) -> float:
    """Returns the value of a constant law."""
    assert isinstance(law, Constant)
    return law.value


def _yards_are_possible(scenario: Scenario, title: str, values: dict[str, dict[Key, Any]]) -> Iterator[str]:
    """Checks that no phase, alone or with another, makes a yard's smallest convoy larger than its largest."""
    for name, yard in scenario.yards.items():
        min_key, max_key = ("yards", name, "min"), ("yards", name, "max")
        smallest, largest = values[title].get(min_key, yard.min), values[title].get(max_key, yard.max)
        if smallest > largest:
            yield f"phases.{title}.changes: yards.{name}.min ({smallest}) is above max ({largest})"
        for other in values:
            if (
                min_key in values[title]
                and max_key not in values[title]
                and smallest > values[other].get(max_key, smallest)
            ):
                yield f"phases.{title}.changes: yards.{name}.min ({smallest}) is above max in phases.{other}"


def outside_the_run(scenario: Scenario) -> Iterator[str]:
    """Yields a warning for each phase that changes nothing in this run, as far as its dates are fixed."""
    for title, phase in scenario.phases.items():
        is_drawn = any(is_random(law) for law in (phase.starts, phase.lasts))
        latest_end = second(scenario, phase.until) + DAY_S if phase.until else WITHOUT_END_S
        begins, ends = (second(scenario, phase.since), latest_end) if is_drawn else _known_span(scenario, phase)
        if begins >= scenario.run.days * DAY_S:
            yield f"phases.{title}: begins after the run's last day, and changes nothing"
        elif ends <= 0:
            yield f"phases.{title}: is over before the run's first day, and changes nothing"
