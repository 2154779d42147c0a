"""Levers of a scenario: what could be added, such as one more lane, hour, vehicle, or truck under a ceiling.

Levers only add. One table states which settings of a kind of place can be levers; the composed scenario determines
which of them exist.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sim.network.corridors import places_of
from sim.network.gates import gates_of, limit_of
from sim.scenario.calendars import Calendar, Window
from sim.scenario.convoys import Yard
from sim.scenario.lanes import BESIDE
from sim.scenario.scenario import Scenario
from sim.units import DAY_S, HOUR_S, MINUTE_S

TRUCKLOAD_PALLETS, TRUCKLOAD_T = 22, 20  # one truckload, under a ceiling or on a platform
TANKER_L = 36_000
STAGES = {
    "gates": "ceilings at gates", "ceilings": "ceilings at gates", "sites": "inspection", "bays": "bays at crossings",
    "platforms": "room on platforms", "yards": "convoys", "fleets": "vehicles and drivers", "roads": "roads",
    "warehouses": "docks of warehouses", "stores": "stores behind warehouses", "depots": "fuel",
    "offices": "permission", "slots": "slots", "crews": "vehicles and drivers",
    "teams": "teams for clearance and repairs", "calendars": "opening hours",
}  # fmt: skip
HOUR_STEP_TEXT = "one more open hour a day"
KINDS_WITH_HOURS = (
    "gates",
    "sites",
    "bays",
    "yards",
    "roads",
    "warehouses",
)  # not ceilings: their calendar holds no opening hours


class LeverSetting(NamedTuple):
    """A setting of a kind of place that adds capacity when it rises.

    name : the setting. step_text : one step in words. read_value, format_value : convert it from and to a scenario.
    """

    name: str
    step_text: str
    read_value: Callable[[Any], float | None]
    step: float
    format_value: Callable[[float], Any]


def _rounded(value: float) -> int:
    return round(value)


def _convoys_per_day(yard: Yard) -> float | None:
    """Returns the convoys per day of a timetable; None without one."""
    return DAY_S / yard.timetable.every if yard.timetable else None


LEVER_SETTINGS: dict[str, tuple[LeverSetting, ...]] = {
    "sites": (
        LeverSetting("lanes", "one more lane", lambda site: site.lanes, 1, _rounded),
        LeverSetting("manual.bays", "one more bay", lambda site: site.manual and site.manual.bays, 1, _rounded),
        LeverSetting("repacking.bays", "one more bay", lambda site: site.repacking and site.repacking.bays, 1,
            _rounded),
    ),
    "bays": (LeverSetting("lanes", "one more bay", lambda bays: bays.lanes, 1, _rounded),),
    "warehouses": (LeverSetting("lanes", "one more dock", lambda docks: docks.lanes, 1, _rounded),),
    "fleets": (LeverSetting("vehicles", "one more vehicle with its driver", lambda fleet: fleet.vehicles, 1,
        _rounded),),
    "crews": (LeverSetting("people", "one more driver or escort", lambda crew: crew.people, 1, _rounded),),
    "teams": (LeverSetting("teams", "one more team", lambda teams: teams.teams, 1, _rounded),),
    "offices": (LeverSetting("requests", "one more request a day", lambda office: office.requests, 1,
        "{:g}/day".format),),
    "slots": (LeverSetting("trucks", "one more slot a day", lambda slots: slots.trucks, 1, "{:g}/day".format),),
    "stores": (
        LeverSetting("outflow", "one more truckload handed out a day", lambda store: store.outflow, TRUCKLOAD_PALLETS,
                "{:g}/day".format),
    ),
    "yards": (
        LeverSetting("max", "one more place in a convoy", lambda yard: yard.max, 1, _rounded),
        LeverSetting("timetable.every", "one more convoy a day", _convoys_per_day, 1,
            lambda a_day: f"{DAY_S / a_day:.6g} s"),
    ),
    "platforms": (
        LeverSetting("room", "room for one more truckload", lambda pad: pad.room, TRUCKLOAD_PALLETS, _rounded),
    ),
    "ceilings": (
        LeverSetting("trucks", "one more truck a day", lambda over: over.trucks and limit_of(over), 1,
            "{:g}/day".format),
        LeverSetting("mass", "one more truckload a day", lambda over: over.mass and over.mass / 1000, TRUCKLOAD_T,
                "{:g} t/day".format),
        LeverSetting("litres", "one more tanker", lambda over: over.litres, TANKER_L, "{:g} l".format),
        LeverSetting("pallets", "one more truckload", lambda over: over.pallets, TRUCKLOAD_PALLETS, _rounded),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Lever:
    """One setting of one place, or the hours of one calendar, and its step.

    path : full name of the setting. place : the place that it relieves, named as in results; None of a calendar.
    corridors : the corridors that use it.
    """

    path: str
    stage: str
    title: str
    step_text: str
    place: str | None
    corridors: tuple[str, ...]
    value: float
    step: float
    format_value: Callable[[float], Any]

    def apply_steps(self, config: Mapping[str, Any], times: int = 1) -> dict[str, Any]:
        """Returns the configuration with the setting raised by so many steps."""
        if self.path.startswith("calendars."):
            return _with_extended_hours(config, self.path.split(".")[1], times)
        return with_setting(config, self.path, self.format_value(self.value + times * self.step))


def find_levers(scenario: Scenario) -> list[Lever]:
    """Returns every lever of a scenario that a corridor with loads can use, in the order of the table."""
    levers = []
    for kind, settings in LEVER_SETTINGS.items():
        for name, place in sorted(getattr(scenario, kind).items()):
            corridors = corridors_using(scenario, kind, name)
            for setting in settings if corridors else ():
                if (now := setting.read_value(place)) is not None:
                    part = setting.name.partition(".")[0]
                    full = f"{kind}.{name}.{part}" if part in BESIDE else f"{kind}.{name}"
                    title = place.title or name.replace("_", " ")
                    title += f", {part}" if part in BESIDE else ""
                    path = f"{kind}.{name}.{setting.name}"
                    levers.append(
                        Lever(path, STAGES[kind], title, setting.step_text, full, corridors, float(now), setting.step,
                              setting.format_value)
                    )  # fmt: skip
    return [*levers, *_calendar_levers(scenario)]


def corridors_using(scenario: Scenario, kind: str, name: str) -> tuple[str, ...]:
    """Returns the names of the corridors with loads that use a place."""
    with_loads = {corridor for flow in scenario.flows.values() for corridor, share in flow.shares().items() if share}
    places = _affected_places(scenario, kind, name)
    return tuple(
        corridor
        for corridor, settings in sorted(scenario.corridors.items())
        if corridor in with_loads and places & {place for step in settings.steps for place in places_of(scenario, step)}
    )


def _affected_places(scenario: Scenario, kind: str, name: str) -> set[tuple[str, str]]:
    """Returns the (kind, name) of the places whose steps a place affects; itself if steps name it."""
    match kind:
        case "ceilings":
            return {("gates", gate) for gate in gates_of(scenario, scenario.ceilings[name])}
        case "crews":
            drive = {("fleets", fleet) for fleet, settings in scenario.fleets.items() if settings.drivers == name}
            escorts = ((yard, settings.escorts) for yard, settings in scenario.yards.items())
            return drive | {("yards", yard) for yard, settings in escorts if settings and settings.crew == name}
        case "teams":
            tasks = [
                task for task in scenario.tasks.values() if name in (task.teams, task.escorts and task.escorts.teams)
            ]
            return {
                (kind, blocked)
                for task in tasks
                for kind, _, blocked in (place.partition(".") for place in task.until_done)
            }
        case "stores":
            return {("warehouses", docks) for docks, settings in scenario.warehouses.items() if settings.store == name}
        case "depots":
            return {("warehouses", docks) for docks, settings in scenario.warehouses.items() if settings.depot == name}
        case _:
            return {(kind, name)}


def corridor_depth(scenario: Scenario, full_name: str) -> float:
    """Returns how far along its corridors a place lies, from 0 at the origin to 1.

    A place later on the way binds more.
    """
    kind, _, rest = full_name.partition(".")
    name = rest.partition(".")[0]
    wanted = _affected_places(scenario, kind, name)
    depths = [0.0]
    for corridor in scenario.corridors.values():
        depths += [
            i / len(corridor.steps) for i, step in enumerate(corridor.steps) if wanted & {*places_of(scenario, step)}
        ]
    return max(depths)


def with_setting(config: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Returns a copy of a composed configuration with one setting, given by its full name, changed."""
    changed: dict[str, Any] = copy.deepcopy(dict(config))
    section = changed
    *sections, last = path.split(".")
    for part in sections:
        section = section[part]
    section[last] = value
    return changed


def _calendar_levers(scenario: Scenario) -> Iterator[Lever]:
    """Yields a lever of one more hour a day for each calendar in use whose days can be extended."""
    for name, calendar in sorted(scenario.calendars.items()):
        corridors = sorted(
            {
                corridor
                for kind in KINDS_WITH_HOURS
                for place, settings in getattr(scenario, kind).items()
                if settings.calendar == name
                for corridor in corridors_using(scenario, kind, place)
            }
        )
        can_extend = any(_extended_hours(each, 1) != (each.hours, each.margin) for each in calendar.windows.values())
        if corridors and can_extend:
            title = calendar.title or name.replace("_", " ")
            yield Lever(
                f"calendars.{name}", STAGES["calendars"], title, HOUR_STEP_TEXT, None, tuple(corridors), 0.0, 1.0, str
            )


def _extended_hours(window: Window, times: int) -> tuple[tuple[int, int] | str, float]:
    """Returns (hours, margin) of a window that closes so many hours later; of daylight, with a smaller margin."""
    if not isinstance(window.hours, tuple):
        return window.hours, max(0.0, window.margin - times * HOUR_S / 2)
    opens, closes = window.hours[0], window.hours[1] + times * HOUR_S
    return ((0, DAY_S) if closes - opens >= DAY_S else (opens, closes)), window.margin


def _with_extended_hours(config: Mapping[str, Any], name: str, times: int) -> dict[str, Any]:
    """Returns the configuration in which each window of a calendar closes so many hours later."""
    changed: dict[str, Any] = copy.deepcopy(dict(config))
    written = changed["calendars"][name]
    calendar = Calendar.model_validate(written)
    for window_name, window in calendar.windows.items():
        hours, margin = _extended_hours(window, times)
        if isinstance(hours, tuple):
            written["windows"][window_name]["hours"] = "-".join(_format_clock(time_s) for time_s in hours)
        else:
            written["windows"][window_name]["margin"] = f"{margin / MINUTE_S:g} min"
    return changed


def _format_clock(time_s: int) -> str:
    """Returns `HH:MM` after midnight; 24:00 at the end of a day."""
    minutes = time_s // MINUTE_S if time_s <= DAY_S else (time_s - DAY_S) // MINUTE_S
    return f"{minutes // 60:02}:{minutes % 60:02}"
