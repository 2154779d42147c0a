"""Hours of places over time: named calendars with their holidays, and the calendars that phases may bring."""

from typing import Any

import numpy as np

from sim.calendars import StepFunction
from sim.laws import Int64Array
from sim.network.changes import possible_hours
from sim.network.gates import ceiling_limit
from sim.rules import WITHOUT_END_S
from sim.scenario.calendars import BUILT_IN_CALENDARS, Calendar, calendar_steps, longest_windows_s
from sim.scenario.gates import Ceiling
from sim.scenario.offices import Office, Slots
from sim.scenario.roads import Road
from sim.scenario.scenario import Scenario
from sim.scenario.stock import Store
from sim.units import to_per_cent

FULL_SPEED_PCT = 100  # per cent: an office, and a road in good condition


def calendar_with_holidays(scenario: Scenario, name: str) -> Calendar:
    """Returns the calendar of that name, with its holidays; `always` and `never` are built in."""
    calendar = scenario.calendars[name] if name in scenario.calendars else BUILT_IN_CALENDARS[name]
    included = [(holidays, which) for holidays in calendar.include for which in scenario.holidays[holidays].closures]
    return calendar.with_closures(
        {f"{holidays}.{which}": scenario.holidays[holidays].closures[which] for holidays, which in included}
    )


def named_calendar_steps(scenario: Scenario, calendar: str, full: int) -> StepFunction:
    """Returns the level over time of a place that has `full` at 100 %."""
    return calendar_steps(calendar_with_holidays(scenario, calendar), full, scenario.run.start, scenario.run.days)


def assured_windows_s(scenario: Scenario, alternatives: list[tuple[str, int]], lanes: int) -> Int64Array:
    """Returns for each lane the longest time without a break that is sure, whatever calendar a phase sets [s].

    Shape (lanes,). Longer work does not wait for a phase to end.

    alternatives : (calendar, lanes) that the place may have.
    """
    longest = np.full(lanes, WITHOUT_END_S, dtype=np.int64)
    for calendar, full in alternatives:
        longest[:full] = np.minimum(longest[:full], longest_windows_s(calendar_with_holidays(scenario, calendar), full))
    return longest


def build_phase_calendars(
    scenario: Scenario, numbers: dict[str, int]
) -> dict[int, dict[tuple[str, int], StepFunction]]:
    """Returns the possible calendars of places whose hours phases change: see Network."""
    hours = {}
    for name, number in numbers.items():
        if alternatives := possible_hours(scenario, name, _full_level(scenario, name)):
            hours[number] = {
                (calendar, full): named_calendar_steps(scenario, calendar, full) for calendar, full in alternatives
            }
    return hours


def _full_level(scenario: Scenario, full_name: str) -> int:
    """Returns the level of a place at 100 %: lanes, bays beside a site, a limit, full speed, or 1 for open."""
    kind, _, rest = full_name.partition(".")
    name, _, part = rest.partition(".")
    place: Any = getattr(scenario, kind)[name]
    if part:
        return int(getattr(place, part).bays)
    if isinstance(place, Ceiling):
        return ceiling_limit(place)
    if isinstance(place, Store):
        return round(place.outflow)
    if isinstance(place, Slots):
        return round(place.trucks)
    if isinstance(place, Road):
        return to_per_cent(place.condition)
    return FULL_SPEED_PCT if isinstance(place, Office) else int(getattr(place, "lanes", 1))
