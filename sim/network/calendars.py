"""The hours of places: calendars by name with the holidays that they include, and those that phases may bring."""

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

FULL_SPEED = 100  # of an office, and of a road in good condition, per cent


def calendar_of(scenario: Scenario, name: str) -> Calendar:
    """The calendar of that name, one of the planner's with the holidays that it includes, or `always`, `never`."""
    calendar = scenario.calendars[name] if name in scenario.calendars else BUILT_IN[name]
    included = [(of, which) for of in calendar.include for which in scenario.holidays[of].closures]
    return calendar.with_closures({f"{of}.{which}": scenario.holidays[of].closures[which] for of, which in included})


def hours_of(scenario: Scenario, calendar: str, full: int) -> Steps:
    """What is open over time, of a place that has `full` at 100 %."""
    return steps(calendar_of(scenario, calendar), full, scenario.run.start, scenario.run.days)


def longest_s(scenario: Scenario, may_have: list[tuple[str, int]], lanes: int) -> Ints:
    """The longest window of each lane, under the calendar where that is shortest: work waits for no phase to end.

    Shape (lanes,). may_have : the calendars that the place may have, each with its lanes.
    """
    longest = np.full(lanes, WITHOUT_END_S, dtype=np.int64)
    for calendar, full in may_have:
        longest[:full] = np.minimum(longest[:full], longest_window_s(calendar_of(scenario, calendar), full))
    return longest


def hours_in_phases(scenario: Scenario, numbers: dict[str, int]) -> dict[int, dict[tuple[str, int], Steps]]:
    """The calendars of the places, by number, whose hours some phase changes: see Network."""
    hours = {}
    for name, number in numbers.items():
        if may_have := choices(scenario, name, _full(scenario, name)):
            hours[number] = {(calendar, full): hours_of(scenario, calendar, full) for calendar, full in may_have}
    return hours


def _full(scenario: Scenario, full_name: str) -> int:
    """What a place has at 100 %: lanes, bays beside a site, a limit, full speed, or 1 where it is open or closed."""
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
