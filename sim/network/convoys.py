"""Mistakes in what convoys need beside vehicles: crews that are too few for them, and one that would need itself.

Who gives the turns to convoys: those that hang together by the people they take have one owner, the first by key.
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
    """What comes of asking from each of at_s on, by the numbers of rules.py, and how long that delays. Shape (n,)."""

    at_s: Ints
    outcome: Ints
    delay_s: Ints


class Permission(NamedTuple):
    """`needed` is 1 while it is needed; `again_s` from a denial until the next attempt.

    shares : (from [s], the shares up to each outcome) as phases change them; the first from 0.
    answers : of one replication; None before they are drawn.
    office : which gives it to each line for one mission at a time, `lead_s` after it takes the request up; -1 for none.
    """

    shares: tuple[tuple[int, tuple[float, ...]], ...]
    needed: Steps
    delay: Law | None
    again_s: int
    answers: Answers | None = None
    office: int = -1
    lead_s: int = 0


def _permission(scenario: Scenario, yard: Yard, numbers: dict[str, int]) -> Permission | None:
    told = yard.permission
    if told is None:
        return None
    needed = hours_of(scenario, told.needed, 1)
    asks = (numbers[f"offices.{told.office}"], max(1, round(told.lead))) if told.office else (-1, 0)
    return Permission(((0, told.cumulative(told.outcomes)),), needed, told.delay, round(told.again), None, *asks)


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


@dataclass(frozen=True)
class YardNode(TimedNode):
    """`calendar` is 1 while convoys may set out; `first_s` is -1 where there is no timetable.

    owner : who gives the turns to trucks that gather here. escorts : the crew of which each `escorted` vehicles need
    one; -1 where they need none.
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
    """`drivers` is the crew of which each vehicle takes one, -1 where it has its own; `owner` who gives the turns.

    depot : from which each trip takes `litres`, and leaves `leaves` there for others; -1 where they need none.
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
    """`rest_s` from a trip until the next; `owner` who gives the turns to all that take of it."""

    people: int
    rest_s: int
    owner: int


def owner_of(scenario: Scenario, number: dict[str, int], full_name: str) -> int:
    """The number of the first by key of the fleets, yards and crews that hang together with this one.

    Of a fleet that takes loads over at bays these, where the loads wait.
    """
    for step in (step for corridor in scenario.corridors.values() for step in corridor.steps):
        if isinstance(step, Transfer) and scenario.is_onto_fleet(step) and full_name == f"fleets.{step.onto}":
            return number[f"bays.{step.bays}"]
    found, links = {full_name}, list(_links(scenario))
    while more := {end for link in links if found & link for end in link} - found:
        found |= more
    return min(number[name] for name in found)


def _links(scenario: Scenario) -> Iterator[set[str]]:
    """A fleet and its drivers; those who set out from a yard, a fleet's or trucks that gather, and its escorts.

    And the fleets that take fuel from one depot; it has turns of its own.
    """
    for depot in scenario.depots:
        yield {f"fleets.{name}" for name, fleet in scenario.fleets.items() if fleet.fuel and fleet.fuel.depot == depot}
    for name, fleet in scenario.fleets.items():
        if fleet.drivers is not None:
            yield {f"fleets.{name}", f"crews.{fleet.drivers}"}
    for step in (step for corridor in scenario.corridors.values() for step in corridor.steps):
        if isinstance(step, Convoy) and (escorts := scenario.yards[step.yard].escorts) is not None:
            yield {f"fleets.{step.fleet}" if step.fleet else f"yards.{step.yard}", f"crews.{escorts.crew}"}
