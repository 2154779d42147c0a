"""What the changes of phases mean: read for the checks, and built into the network. Nothing is drawn here.

Mistakes in phases: what cannot be changed, and what two of them would change at the same time.
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
LEAST = {"teams": 0, "vehicles": 0, "people": 0, "room": 0, "lanes": 1, "min": 1, "max": 1}  # of whole numbers


def meaning(scenario: Scenario, kind: str, name: str, setting: str, value: Any) -> Any:
    """What a change makes of its setting, in base units. Raises ValueError, in planners' words."""
    if kind not in CAN_CHANGE:
        raise ValueError(f"wanted the full name of a setting, one of {', '.join(CAN_CHANGE)}, a name and what changes")
    if name not in (known := getattr(scenario, kind)):
        raise ValueError(f"there is no {kind}.{name}{nearest(name, known)}")
    if setting not in CAN_CHANGE[kind]:
        can = ", ".join(CAN_CHANGE[kind])
        raise ValueError(f"{setting} cannot change while the clock runs; of {kind} these can: {can}")
    thing = known[name]
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
                raise ValueError(f"{value} leaves less than nothing of {thing.rate:g}/day")
            return rate
        case "per_person":
            kg = _amount(value, thing.per_person, kg_per_day)
            if kg < 0:
                raise ValueError(f"{value} leaves less than nothing of {thing.per_person:g} kg/day")
            return kg
        case "requests":
            requests = round(_amount(value, thing.requests, per_day))
            if requests < 1:
                raise ValueError(f"{value} leaves less than one request a day")
            return requests
        case "trucks" | "mass" | "pallets" | "persons" | "litres" | "outflow":
            before = getattr(thing, setting)
            if before is None:
                raise ValueError(f"the ceiling has no limit of {setting}")
            limit = round(_amount(value, before, LIMITS[setting]))
            if limit < 0:
                raise ValueError(f"{value} leaves less than nothing of {before:g}")
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


def _amount(written: Any, before: float | None, convert: Callable[[Any], float]) -> float:
    """A value, or what `+ 2`, `- 2` and `x 0.5` make of the setting as it is without phases."""
    match = re.fullmatch(r"\s*([-+x])\s*(.+)", written) if isinstance(written, str) else None
    if not match:
        return convert(written)
    if before is None:
        raise ValueError(f"{written!r} changes a limit that is not there; give a value")
    if match[1] != "x":
        return before + (1 if match[1] == "+" else -1) * convert(match[2])
    if not re.fullmatch(r"\d+\.?\d*|\.\d+", match[2]):
        raise ValueError(f"{written!r}: wanted e.g. 'x 0.5'")
    return before * float(match[2])


def _shares(scenario: Scenario, value: Any) -> dict[str, float]:
    if not isinstance(value, dict):
        raise ValueError(f"wanted the share of each corridor, found {value!r}")
    for corridor in value:
        if corridor not in scenario.corridors:
            raise ValueError(f"there is no corridors.{corridor}{nearest(corridor, scenario.corridors)}")
    return whole_shares(value)


def choices(scenario: Scenario, full_name: str, lanes: int) -> list[tuple[str, int]]:
    """(calendar, lanes) that a place may have; the first is what it has without phases. Empty where no phase does that.

    Bays beside a site have its calendars, and are as many as ever.
    """
    kind, _, rest = full_name.partition(".")
    name, _, part = rest.partition(".")
    own = [
        (setting, meaning(scenario, kind, name, setting, value))
        for phase in scenario.phases.values()
        for of, named, setting, value in phase.changed()
        if (of, named) == (kind, name) and setting in (*HOURS, "lanes", *LIMITS)
    ]
    if not own:
        return []
    calendars = [getattr(scenario, kind)[name].calendar, *(value for setting, value in own if setting == "calendar")]
    numbers = [lanes, *(value for setting, value in own if setting not in HOURS and not part)]
    return list(dict.fromkeys((calendar, number) for calendar in calendars for number in numbers))


def corridors_besides(scenario: Scenario, flow: str) -> set[str]:
    """Those that loads of a flow may take beside its own: while a phase holds, or where they are diverted."""
    changed = [change for phase in scenario.phases.values() for change in phase.changed()]
    shares = [value for kind, name, setting, value in changed if (kind, name, setting) == ("flows", flow, "corridors")]
    besides = {corridor for value in shares if isinstance(value, dict) for corridor in value}
    return besides | ({divert.to} if (divert := scenario.flows[flow].divert) else set())


def phases(
    scenario: Scenario,
    number: dict[str, int],
    sources: tuple[Source, ...],
    routes: tuple[Route, ...],
    rate_over_time: Callable[[str, float], Any],
    hours: Callable[[str], Any],
) -> tuple[Phase, ...]:
    """Those of a checked scenario, in the order of keys.

    rate_over_time : of a flow at another rate. hours : when a calendar, by name, is open.
    """
    built = []
    for title, phase in scenario.phases.items():
        effects: list[Effect] = []
        for kind, name, setting, value in phase.changed():
            meant = meaning(scenario, kind, name, setting, value)
            if kind == "flows":
                source = next(i for i, s in enumerate(sources) if s.name == name and s.demand is not None)
                if setting == "rate":
                    meant = rate_over_time(name, meant)
                else:
                    shares = [meant.get(routes[route].name, 0.0) for route in sources[source].corridors]
                    meant = tuple(float(upto) for upto in np.cumsum(shares))
                effects.append(Effect(source, setting, meant))
                continue
            if kind == "needs":
                effects.append(Effect(sorted(scenario.needs).index(name), setting, meant))
                continue
            meant = hours(meant) if setting == NEEDED else meant
            in_node = {"patience": "patience_s", **dict.fromkeys(LIMITS, "lanes"), **OF_INTERCEPTION}
            setting = in_node.get(setting, setting)
            effects.append(Effect(number[f"{kind}.{name}"], setting, meant))
            beside = (f"{kind}.{name}.{part}" for part in BESIDE) if setting in HOURS else ()
            effects += [Effect(number[place], setting, meant) for place in beside if place in number]
        ends_s = second(scenario, phase.until) + DAY_S if phase.until else WITHOUT_END_S
        built.append(Phase(
            title, phase.key or f"phases.{title}", second(scenario, phase.since), phase.starts, ends_s, phase.lasts,
            tuple(effects),
        ))  # fmt: skip
    return tuple(sorted(built, key=lambda phase: phase.key.encode()))


class Shock(NamedTuple):
    """Closures by chance. `chance` that one begins on a day; `level` is the share that is left; places by number.

    first_day, end_day : none begins before the one, or from the other on.
    """

    key: str
    places: tuple[int, ...]
    chance: float
    lasts: Law
    level: float
    first_day: int = 0
    end_day: int = MOST


def _shocks(scenario: Scenario, number: dict[str, int]) -> tuple[Shock, ...]:
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
    """The share of each day's hours, or lanes, that is used: Beta with this mean and coefficient of variation."""

    key: str
    places: tuple[int, ...]
    mean: float
    cv: float
    persistence: float
    of_hours: bool


def _levels(scenario: Scenario, number: dict[str, int]) -> tuple[OperatingLevel, ...]:
    levels = (
        OperatingLevel(
            level.key or f"operating_levels.{name}", _befallen(level, number), level.mean, level.cv, level.persistence,
            level.of == "hours",
        )
        for name, level in scenario.operating_levels.items()
    )  # fmt: skip
    return tuple(sorted(levels, key=lambda level: level.key.encode()))


def _befallen(hazard: Hazard, number: dict[str, int]) -> tuple[int, ...]:
    """The places by number, and with a site the bays beside it."""
    named = {f"{name}{part}" for name in hazard.places for part in ("", *(f".{part}" for part in BESIDE))}
    return tuple(sorted(number[name] for name in named if name in number))


Key = tuple[str, str, str]  # kind, name, setting


def phases_make_sense(scenario: Scenario) -> Iterator[str]:
    """Every change is one that can be made, and no two phases of known dates make the same one at once."""
    meant: dict[str, dict[Key, Any]] = {}
    for title, phase in scenario.phases.items():
        meant[title] = {}
        for full_name, (kind, name, setting, value) in zip(phase.changes, phase.changed(), strict=True):
            key = kind, name, setting
            try:
                meant[title][key] = meaning(scenario, *key, value)
            except ValueError as error:
                yield f"phases.{title}.changes.{full_name}: {error}"
    for one, other in combinations(scenario.phases, 2):
        both = [".".join(key) for key in meant[one] if key in meant[other]]
        if both and _dates_overlap(scenario, scenario.phases[one], scenario.phases[other]):
            yield f"phases.{other}: holds at the same time as phases.{one}, which changes {', '.join(both)} as well"
    for title in scenario.phases:
        yield from _yards_are_possible(scenario, title, meant)
        for (kind, name, setting), value in meant[title].items():
            own = meant[title].get((kind, name, "corridors"), scenario.flows[name].shares() if kind == "flows" else {})
            if setting == "rate" and value > 0 and abs((total := sum(own.values())) - 1) > 1e-9:
                yield f"phases.{title}: flows.{name} has a rate, and shares of corridors that add up to {total:.4%}"


def outside_the_run(scenario: Scenario) -> Iterator[str]:
    """Phases that change nothing in this run, by what is known of their dates: allowed, but hardly meant."""
    for title, phase in scenario.phases.items():
        drawn = any(is_random(law) for law in (phase.starts, phase.lasts))
        ended = second(scenario, phase.until) + DAY_S if phase.until else WITHOUT_END_S
        begins, ends = (second(scenario, phase.since), ended) if drawn else _known_span(scenario, phase)
        if begins >= scenario.run.days * DAY_S:
            yield f"phases.{title}: begins after the run's last day, and changes nothing"
        elif ends <= 0:
            yield f"phases.{title}: is over before the run's first day, and changes nothing"


def _dates_overlap(scenario: Scenario, one: PlannedPhase, other: PlannedPhase) -> bool:
    """Whether both are of known dates, and hold at one time."""
    if any(is_random(law) for phase in (one, other) for law in (phase.starts, phase.lasts)):
        return False
    (begins, ends), (begins_other, ends_other) = (_known_span(scenario, phase) for phase in (one, other))
    return max(begins, begins_other) < min(ends, ends_other)


def _yards_are_possible(scenario: Scenario, title: str, meant: dict[str, dict[Key, Any]]) -> Iterator[str]:
    """Neither a phase alone, nor with another, makes the smallest convoy of a yard larger than the largest."""
    for name, yard in scenario.yards.items():
        least, most = ("yards", name, "min"), ("yards", name, "max")
        smallest, largest = meant[title].get(least, yard.min), meant[title].get(most, yard.max)
        if smallest > largest:
            yield f"phases.{title}.changes: yards.{name}.min ({smallest}) is above max ({largest})"
        for other in meant:
            if least in meant[title] and most not in meant[title] and smallest > meant[other].get(most, smallest):
                yield f"phases.{title}.changes: yards.{name}.min ({smallest}) is above max in phases.{other}"


def _known_span(scenario: Scenario, phase: PlannedPhase) -> tuple[float, float]:
    begins = second(scenario, phase.since) + (_value(phase.starts) if phase.starts else 0)
    ends = second(scenario, phase.until) + DAY_S if phase.until else WITHOUT_END_S
    return begins, min(ends, begins + _value(phase.lasts)) if phase.lasts else ends


def _value(law: Law) -> float:
    assert isinstance(law, Constant)
    return law.value
