"""Mistakes in what convoys need beside vehicles: crews that are too few for them, and one that would need itself."""

from collections.abc import Callable, Iterator

from sim.kinds import Fleet, Yard
from sim.scenario import Convoy, Scenario

Rule = Callable[[Scenario], Iterator[str]]


def references(where: str, place: object) -> Iterator[tuple[str, str, str]]:
    """(where it stands, kind, name) of each reference of a fleet or a yard to crews, calendars and offices."""
    if isinstance(place, Fleet) and place.drivers is not None:
        yield f"{where}.drivers", "crews", place.drivers
    if isinstance(place, Yard) and place.escorts is not None:
        yield f"{where}.escorts.crew", "crews", place.escorts.crew
    if isinstance(place, Yard) and place.permission is not None:
        yield f"{where}.permission.needed", "calendars", place.permission.needed
        if place.permission.office is not None:
            yield f"{where}.permission.office", "offices", place.permission.office


def _crews_are_enough_for_convoys(scenario: Scenario) -> Iterator[str]:
    """A crew has the people for the smallest convoy of each yard at which it drives or escorts, and is not both."""
    for name, step in _convoys(scenario):
        yard, fleet = scenario.yards.get(step.yard), scenario.fleets.get(step.fleet or "")
        if yard is None:
            continue
        least, where = f"yards.{step.yard}.min ({yard.min})", f"corridors.{name}"
        drivers = scenario.crews.get(fleet.drivers or "") if fleet else None
        if drivers and fleet and yard.min > drivers.people:
            yield f"{where}: {least} is above crews.{fleet.drivers}.people ({drivers.people})"
        escorts = scenario.crews.get(yard.escorts.crew) if yard.escorts else None
        if escorts and yard.escorts and yard.min > escorts.people * yard.escorts.vehicles:
            most = f"what crews.{yard.escorts.crew} can escort ({escorts.people * yard.escorts.vehicles})"
            yield f"{where}: {least} is above {most}"
        if yard.escorts and fleet and fleet.drivers == yard.escorts.crew:
            yield f"{where}: crews.{fleet.drivers} would drive and escort the same convoy; wanted two crews"


def _convoys(scenario: Scenario) -> Iterator[tuple[str, Convoy]]:
    """(corridor, step) of each."""
    for name, corridor in scenario.corridors.items():
        yield from ((name, step) for step in corridor.steps if isinstance(step, Convoy))


MISSIONS: tuple[Rule, ...] = (_crews_are_enough_for_convoys,)
