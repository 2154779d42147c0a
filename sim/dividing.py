"""Parts a scenario into goods, people, and distribution: each is a network of its own, without a place of another.

Goods and people can never be counted as each other, nor what goes on inside as what comes in. Nobody of one part waits
for somebody of another.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from sim import onward, parties
from sim.desks import gates_of
from sim.kinds import Fleet, Warehouse, Yard
from sim.scenario import PLACE_KINDS, Scenario
from sim.steps import places_of


class Parts(NamedTuple):
    """Of a scenario goods, people as flows of parties, and what takes up goods that arrived; None: there is none."""

    goods: Scenario
    people: Scenario | None
    onward: Scenario | None


def divided(scenario: Scenario) -> Parts:
    """The parts of a scenario. Where there is distribution, what is there at the start must have been read."""
    if not scenario.people and not scenario.distribution:
        return Parts(scenario, None, None)
    of_people, onward_ways = parties.ways_of_people(scenario), set(scenario.distribution)
    ways = scenario.corridors.keys() - of_people - onward_ways
    theirs, inside = places_of_people(scenario), places_of_distribution(scenario)
    return Parts(
        _part(scenario, ways, lambda place: place not in theirs | inside, onward.without(scenario)),
        _part(scenario, of_people, theirs.__contains__, parties.as_loads(scenario)) if scenario.people else None,
        _part(scenario, onward_ways, inside.__contains__, onward.as_loads(scenario)) if onward_ways else None,
    )


def places_of_people(scenario: Scenario) -> set[str]:
    """Full names of the places on corridors of people, and of the ceilings that count persons."""
    return places_on(scenario, parties.ways_of_people(scenario)) | {
        f"ceilings.{name}" for name, ceiling in scenario.ceilings.items() if ceiling.persons is not None
    }


def places_of_distribution(scenario: Scenario) -> set[str]:
    """Full names of the places on corridors of distribution, of what these need, and of the ceilings over them."""
    return places_behind(scenario, set(scenario.distribution))


def places_behind(scenario: Scenario, ways: set[str]) -> set[str]:
    """Full names of the places on these corridors, and of crews, offices, stores, depots, ceilings behind these."""
    on = places_on(scenario, ways)
    behind = {place for name in on for place in _needed_by(scenario, *name.split(".", 1))}
    gates = {name.removeprefix("gates.") for name in on if name.startswith("gates.")}
    over = {f"ceilings.{name}" for name, ceiling in scenario.ceilings.items() if gates & {*gates_of(scenario, ceiling)}}
    return on | behind | over


def places_on(scenario: Scenario, ways: set[str]) -> set[str]:
    """Full names of the places on these corridors."""
    steps = (step for name in ways if name in scenario.corridors for step in scenario.corridors[name].steps)
    return {f"{kind}.{name}" for step in steps for kind, name in places_of(scenario, step)}


def _needed_by(scenario: Scenario, kind: str, name: str) -> set[str]:
    match getattr(scenario, kind).get(name):
        case Fleet() as fleet:
            found = {"crews": fleet.drivers, "depots": fleet.fuel.depot if fleet.fuel else None}
        case Yard() as yard:
            found = {
                "crews": yard.escorts.crew if yard.escorts else None,
                "offices": yard.permission.office if yard.permission else None,
            }
        case Warehouse() as docks:
            found = {"stores": docks.store, "depots": docks.depot}
        case _:
            found = {}
    return {f"{of}.{other}" for of, other in found.items() if other is not None}


def _part(scenario: Scenario, ways: set[str], own: Callable[[str], bool], loads: dict[str, Any]) -> Scenario:
    """These corridors, the places that are `own`, and what befalls and changes them, of which nothing may be left."""

    def has(full_name: str) -> bool:
        kind, _, rest = full_name.partition(".")
        return own(f"{kind}.{rest.partition('.')[0]}")

    part: dict[str, Any] = {
        kind: {name: place for name, place in getattr(scenario, kind).items() if own(f"{kind}.{name}")}
        for kind in PLACE_KINDS
    }
    part["corridors"] = {name: way for name, way in scenario.corridors.items() if name in ways}
    for kind in ("shocks", "operating_levels"):
        part[kind] = {
            name: hazard.model_copy(update={"places": tuple(place for place in hazard.places if has(place))})
            for name, hazard in getattr(scenario, kind).items()
        }
    part["phases"] = {
        name: phase.model_copy(update={"changes": {path: v for path, v in phase.changes.items() if has(path)}})
        for name, phase in scenario.phases.items()
    }
    return scenario.model_copy(update=part | loads)
