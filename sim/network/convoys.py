"""Yards, fleets and crews by number, the dispatcher of linked ones, and checks of crews.

Places are linked that take resources (drivers, escorts, fuel) from the same place. The first of them by key is their
owner: it decides in which order convoys get resources.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sim.calendars import Steps
from sim.laws import Ints, Law
from sim.network.base import Node, TimedNode
from sim.network.calendars import hours_of
from sim.scenario.convoys import Fleet, Yard
from sim.scenario.corridors import Convoy, Transfer
from sim.scenario.scenario import Scenario


class Answers(NamedTuple):
    """Outcomes of missions in one replication: the outcome from each `at_s` on, as a number of rules.py, and its delay.

    All of shape (n,) [s].
    """

    at_s: Ints
    outcome: Ints
    delay_s: Ints


class Permission(NamedTuple):
    """The permission that convoys of a yard need to set out. `needed` is 1 while they need it.

    shares : (from [s], cumulative shares of the outcomes) as phases change them; the first from 0.
    delay : law of the delay of an impeded mission [s]. again_s : from a denial until the next attempt.
    answers : the outcomes of one replication; None before they are drawn.
    office, lead_s : the office that handles one request of each convoy line at a time, and its handling time; -1 for
        none.
    """

    shares: tuple[tuple[int, tuple[float, ...]], ...]
    needed: Steps
    delay: Law | None
    again_s: int
    answers: Answers | None = None
    office: int = -1
    lead_s: int = 0


@dataclass(frozen=True)
class YardNode(TimedNode):
    """A yard. `calendar` is 1 while convoys may set out.

    first_s, every_s : timetable; `first_s` is -1 where there is none.
    owner : the place that decides the turns of trucks that gather here.
    escorts, escorted : the crew of escorts, and the vehicles per escort; -1 where no escorts are needed.
    """

    min: int
    max: int
    patience_s: int
    first_s: int
    every_s: int
    owner: int
    escorts: int
    escorted: int
    permission: Permission | None


@dataclass(frozen=True)
class FleetNode(Node):
    """A fleet of vehicles, each with room for `pallets`.

    owner : the place that decides the turns of its convoys.
    drivers : the crew of which each vehicle takes one driver; -1 where vehicles have their own.
    depot, litres, leaves : the depot from which each trip takes fuel, the fuel of a trip, and the reserve left there
        [l]; -1 where none is needed.
    """

    vehicles: int
    pallets: int
    owner: int
    drivers: int
    depot: int = -1
    litres: int = 0
    leaves: int = 0


@dataclass(frozen=True)
class CrewNode(Node):
    """A crew of drivers or escorts, who rest for `rest_s` between two trips.

    owner : the place that decides the turns of all convoys that need people of this crew.
    """

    people: int
    rest_s: int
    owner: int


def _permission(scenario: Scenario, yard: Yard, numbers: dict[str, int]) -> Permission | None:
    """Returns the permission of a yard; None where it needs none."""
    settings = yard.permission
    if settings is None:
        return None
    needed = hours_of(scenario, settings.needed, 1)
    office_and_lead = (
        (numbers[f"offices.{settings.office}"], max(1, round(settings.lead))) if settings.office else (-1, 0)
    )
    return Permission(
        ((0, settings.cumulative(settings.outcomes)),),
        needed,
        settings.delay,
        round(settings.again),
        None,
        *office_and_lead,
    )


def owner_of(scenario: Scenario, number: dict[str, int], full_name: str) -> int:
    """Returns the number of the first by key of the fleets, yards and crews that are linked with this one.

    For a fleet that takes over loads at bays, these bays are the owner: the loads wait there.
    """
    for step in (step for corridor in scenario.corridors.values() for step in corridor.steps):
        if isinstance(step, Transfer) and scenario.is_onto_fleet(step) and full_name == f"fleets.{step.onto}":
            return number[f"bays.{step.bays}"]
    members, links = {full_name}, list(_links(scenario))
    while linked := {end for link in links if members & link for end in link} - members:
        members |= linked
    return min(number[name] for name in members)


def _links(scenario: Scenario) -> Iterator[set[str]]:
    """Yields sets of linked places.

    A fleet is linked with its drivers, with the escorts of its yards, and with fleets that take fuel from the same
    depot. A yard where arriving trucks gather is linked with its escorts.
    """
    for depot in scenario.depots:
        yield {f"fleets.{name}" for name, fleet in scenario.fleets.items() if fleet.fuel and fleet.fuel.depot == depot}
    for name, fleet in scenario.fleets.items():
        if fleet.drivers is not None:
            yield {f"fleets.{name}", f"crews.{fleet.drivers}"}
    for step in (step for corridor in scenario.corridors.values() for step in corridor.steps):
        if isinstance(step, Convoy) and (escorts := scenario.yards[step.yard].escorts) is not None:
            yield {f"fleets.{step.fleet}" if step.fleet else f"yards.{step.yard}", f"crews.{escorts.crew}"}


Rule = Callable[[Scenario], Iterator[str]]


def references(where: str, place: object) -> Iterator[tuple[str, str, str]]:
    """Yields (setting, kind, name) of each reference of a fleet or a yard to crews, calendars and offices."""
    if isinstance(place, Fleet) and place.drivers is not None:
        yield f"{where}.drivers", "crews", place.drivers
    if isinstance(place, Yard) and place.escorts is not None:
        yield f"{where}.escorts.crew", "crews", place.escorts.crew
    if isinstance(place, Yard) and place.permission is not None:
        yield f"{where}.permission.needed", "calendars", place.permission.needed
        if place.permission.office is not None:
            yield f"{where}.permission.office", "offices", place.permission.office


def _crews_are_enough_for_convoys(scenario: Scenario) -> Iterator[str]:
    """Checks that crews have people for the smallest convoy of each yard, and that none both drives and escorts it."""
    for name, step in _convoys(scenario):
        yard, fleet = scenario.yards.get(step.yard), scenario.fleets.get(step.fleet or "")
        if yard is None:
            continue
        smallest, where = f"yards.{step.yard}.min ({yard.min})", f"corridors.{name}"
        drivers = scenario.crews.get(fleet.drivers or "") if fleet else None
        if drivers and fleet and yard.min > drivers.people:
            yield f"{where}: {smallest} is above crews.{fleet.drivers}.people ({drivers.people})"
        escorts = scenario.crews.get(yard.escorts.crew) if yard.escorts else None
        if escorts and yard.escorts and yard.min > escorts.people * yard.escorts.vehicles:
            limit = f"what crews.{yard.escorts.crew} can escort ({escorts.people * yard.escorts.vehicles})"
            yield f"{where}: {smallest} is above {limit}"
        if yard.escorts and fleet and fleet.drivers == yard.escorts.crew:
            yield f"{where}: crews.{fleet.drivers} would drive and escort the same convoy; wanted two crews"


def _convoys(scenario: Scenario) -> Iterator[tuple[str, Convoy]]:
    """Yields (corridor, step) for each convoy step."""
    for name, corridor in scenario.corridors.items():
        yield from ((name, step) for step in corridor.steps if isinstance(step, Convoy))


MISSIONS: tuple[Rule, ...] = (_crews_are_enough_for_convoys,)
