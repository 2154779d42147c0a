"""Hours of places over time: named calendars with their holidays, and the calendars that phases may bring."""

from typing import Any

import numpy as np

from sim.calendars import Steps
from sim.laws import Ints
from sim.network.changes import choices
from sim.network.gates import limit_of
from sim.rules import WITHOUT_END_S
from sim.scenario.calendars import BUILT_IN, Calendar, longest_window_s, steps
from sim.scenario.gates import Ceiling
from sim.scenario.offices import Office, Slots
from sim.scenario.roads import Road
from sim.scenario.scenario import Scenario
from sim.scenario.stock import Store
from sim.units import in_per_cent

FULL_SPEED = 100  # per cent: an office, and a road in good condition


def calendar_of(scenario: Scenario, name: str) -> Calendar:
    """Returns the calendar of that name, with its holidays; `always` and `never` are built in."""
    calendar = scenario.calendars[name] if name in scenario.calendars else BUILT_IN[name]
    included = [(holidays, which) for holidays in calendar.include for which in scenario.holidays[holidays].closures]
    return calendar.with_closures(
        {f"{holidays}.{which}": scenario.holidays[holidays].closures[which] for holidays, which in included}
    )


def hours_of(scenario: Scenario, calendar: str, full: int) -> Steps:
    """Returns the level over time of a place that has `full` at 100 %."""
    return steps(calendar_of(scenario, calendar), full, scenario.run.start, scenario.run.days)


def longest_s(scenario: Scenario, alternatives: list[tuple[str, int]], lanes: int) -> Ints:
    """Returns for each lane the longest time without a break that is sure, whatever calendar a phase sets [s].

    Shape (lanes,). Longer work does not wait for a phase to end.

    alternatives : (calendar, lanes) that the place may have.
    """
    longest = np.full(lanes, WITHOUT_END_S, dtype=np.int64)
    for calendar, full in alternatives:
        longest[:full] = np.minimum(longest[:full], longest_window_s(calendar_of(scenario, calendar), full))
    return longest


def hours_in_phases(scenario: Scenario, numbers: dict[str, int]) -> dict[int, dict[tuple[str, int], Steps]]:
    """Returns the possible calendars of places whose hours phases change: see Network."""
    hours = {}
    for name, number in numbers.items():
        if alternatives := choices(scenario, name, _full(scenario, name)):
            hours[number] = {(calendar, full): hours_of(scenario, calendar, full) for calendar, full in alternatives}
    return hours


def _full(scenario: Scenario, full_name: str) -> int:
    """Returns the level of a place at 100 %: lanes, bays beside a site, a limit, full speed, or 1 for open."""
    kind, _, rest = full_name.partition(".")
    name, _, part = rest.partition(".")
    place: Any = getattr(scenario, kind)[name]
    if part:
        return int(getattr(place, part).bays)
    if isinstance(place, Ceiling):
        return limit_of(place)
    if isinstance(place, Store):
        return round(place.outflow)
    if isinstance(place, Slots):
        return round(place.trucks)
    if isinstance(place, Road):
        return in_per_cent(place.condition)
    return FULL_SPEED if isinstance(place, Office) else int(getattr(place, "lanes", 1))
