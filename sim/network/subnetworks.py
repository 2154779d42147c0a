"""Divides a scenario into goods, people, and distribution inside: each becomes a network of its own.

The parts share no place, so that no measure of goods counts people, or distribution as inbound goods, and loads of one
part never wait for loads of another.

Distribution: what arrives in an area becomes flows of loads, one for each kind (sector, cargo and rank of some flow or
stock). How much of each kind arrives, and when, is known only after the network of goods has run.

People: parties of groups become loads of flows, on corridors of their own with the same kinds of steps. A party is a
load whose pallets are its persons. A shock or a phase that names places of both parts acts on both with the same random
numbers. `people` checks that goods and people share no place.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from sim.laws import Constant
from sim.network.corridors import places_of
from sim.network.gates import gates_of
from sim.network.start import kind_of, rank_of
from sim.scenario.convoys import Fleet, Yard
from sim.scenario.flows import Cargo, Flow
from sim.scenario.lanes import Warehouse
from sim.scenario.needs import Area
from sim.scenario.people import Direction, People
from sim.scenario.scenario import PLACE_KINDS, Scenario
from sim.scenario.start import Stock


class Parts(NamedTuple):
    """The parts of a scenario: goods, people as flows of parties, and distribution inside; None where absent."""

    goods: Scenario
    people: Scenario | None
    onward: Scenario | None


def divided(scenario: Scenario) -> Parts:
    """Returns the parts of a scenario. With distribution, a CSV file of initial stocks must have been read before."""
    if not scenario.people and not scenario.distribution:
        return Parts(scenario, None, None)
    of_people, distribution_corridors = ways_of_people(scenario), set(scenario.distribution)
    corridors = scenario.corridors.keys() - of_people - distribution_corridors
    crossing_places, inside_places = places_of_people(scenario), places_of_distribution(scenario)
    return Parts(
        _part(scenario, corridors, lambda place: place not in crossing_places | inside_places, without(scenario)),
        _part(scenario, of_people, crossing_places.__contains__, people_as_loads(scenario))
        if scenario.people
        else None,
        _part(scenario, distribution_corridors, inside_places.__contains__, goods_as_loads(scenario))
        if distribution_corridors
        else None,
    )


def places_of_people(scenario: Scenario) -> set[str]:
    """Returns the full names of the places on corridors of people, and of the ceilings that count persons."""
    return places_on(scenario, ways_of_people(scenario)) | {
        f"ceilings.{name}" for name, ceiling in scenario.ceilings.items() if ceiling.persons is not None
    }


def places_of_distribution(scenario: Scenario) -> set[str]:
    """Returns the full names of the places on corridors of distribution, and of the places they depend on."""
    return places_behind(scenario, set(scenario.distribution))


def places_behind(scenario: Scenario, corridors: set[str]) -> set[str]:
    """Returns the full names of the places on these corridors, and of the places on which these depend.

    Those are crews, offices, stores and depots, and ceilings over their gates.
    """
    places = places_on(scenario, corridors)
    dependencies = {place for name in places for place in _needed_by(scenario, *name.split(".", 1))}
    gates = {name.removeprefix("gates.") for name in places if name.startswith("gates.")}
    ceilings = {
        f"ceilings.{name}" for name, ceiling in scenario.ceilings.items() if gates & {*gates_of(scenario, ceiling)}
    }
    return places | dependencies | ceilings


def places_on(scenario: Scenario, corridors: set[str]) -> set[str]:
    """Returns the full names of the places on these corridors."""
    steps = (step for name in corridors if name in scenario.corridors for step in scenario.corridors[name].steps)
    return {f"{kind}.{name}" for step in steps for kind, name in places_of(scenario, step)}


def _needed_by(scenario: Scenario, kind: str, name: str) -> set[str]:
    """Returns the full names of the places on which a place depends."""
    match getattr(scenario, kind).get(name):
        case Fleet() as fleet:
            dependencies = {"crews": fleet.drivers, "depots": fleet.fuel.depot if fleet.fuel else None}
        case Yard() as yard:
            dependencies = {
                "crews": yard.escorts.crew if yard.escorts else None,
                "offices": yard.permission.office if yard.permission else None,
            }
        case Warehouse() as warehouse:
            dependencies = {"stores": warehouse.store, "depots": warehouse.depot}
        case _:
            dependencies = {}
    return {f"{other_kind}.{other}" for other_kind, other in dependencies.items() if other is not None}


def _part(scenario: Scenario, corridors: set[str], is_part: Callable[[str], bool], loads: dict[str, Any]) -> Scenario:
    """Returns a scenario with only these corridors, the places for which `is_part` holds, and changes of these.

    loads : further settings to replace. Hazards and phases stay, even if none of their places is left.
    """

    def names_part(full_name: str) -> bool:
        kind, _, rest = full_name.partition(".")
        return is_part(f"{kind}.{rest.partition('.')[0]}")

    part: dict[str, Any] = {
        kind: {name: place for name, place in getattr(scenario, kind).items() if is_part(f"{kind}.{name}")}
        for kind in PLACE_KINDS
    }
    part["corridors"] = {name: corridor for name, corridor in scenario.corridors.items() if name in corridors}
    for kind in ("shocks", "operating_levels"):
        part[kind] = {
            name: hazard.model_copy(update={"places": tuple(place for place in hazard.places if names_part(place))})
            for name, hazard in getattr(scenario, kind).items()
        }
    part["phases"] = {
        name: phase.model_copy(update={"changes": {path: v for path, v in phase.changes.items() if names_part(path)}})
        for name, phase in scenario.phases.items()
    }
    return scenario.model_copy(update=part | loads)


def without(scenario: Scenario) -> dict[str, Any]:
    """Returns the settings to replace for the part of goods: without people and distribution."""
    update: dict[str, Any] = {"people": {}, "distribution": {}}
    if scenario.distribution:
        stocks = _goods_as_stocks(scenario).items()
        update["start"] = {name: stock for name, stock in stocks if stock.corridor not in scenario.distribution}
    return update


def goods_as_loads(scenario: Scenario) -> dict[str, Any]:
    """Returns the settings to replace for the part of distribution, corridors and places excepted."""
    areas = {
        name: area.model_copy(update={"stock": {}, "deliveries": {}}) for name, area in scenario.areas.items()
    }  # stocks and deliveries of areas do not pass through distribution
    stocks = {
        name: stock for name, stock in _goods_as_stocks(scenario).items() if stock.corridor in scenario.distribution
    }
    return {
        "people": {},
        "tasks": {},
        "distribution": {},
        "areas": areas,
        "flows": {
            name: flow
            for corridor in scenario.distribution
            for name, flow in _goods_as_flows(scenario, corridor).items()
        },
        "start": {name: _by_kind(scenario, stock) for name, stock in stocks.items()},
    }


def name_of_distribution_flow(corridor: str, sector: str, cargo: str, rank: int) -> str:
    """Returns the name of the flow of goods of a kind that go on by a corridor."""
    return f"{corridor}.{sector}.{cargo}.{rank}"


def kinds_on(scenario: Scenario, corridor: str) -> set[tuple[str, str, int]]:
    """Returns (sector, cargo, rank) of all goods that may go on by a corridor."""
    kinds: set[tuple[str, str, int]] = {(flow.sector, flow.cargo, flow.rank) for flow in scenario.flows.values()}
    kinds |= {(*kind_of(scenario, stock)[0], rank_of(scenario, stock)) for stock in _goods_as_stocks(scenario).values()}
    return {kind for kind in kinds if scenario.distribution[corridor].takes(*kind[:2])}


def _goods_as_flows(scenario: Scenario, corridor: str) -> dict[str, Flow]:
    """Returns a flow for each kind of goods, with a rate of zero: its loads are created from what arrives."""
    key = scenario.corridors[corridor].key or corridor
    return {
        name_of_distribution_flow(corridor, sector, cargo, rank): Flow.model_construct(
            key="distribution." + name_of_distribution_flow(key, sector, cargo, rank),
            sector=sector,  # type: ignore[arg-type]  # one of them, as it comes from flows and stocks
            cargo=cargo,
            rate=0.0,
            corridors={corridor: 1.0},
            rank=rank,
        )
        for sector, cargo, rank in sorted(kinds_on(scenario, corridor))
    }


def _by_kind(scenario: Scenario, stock: Stock) -> Stock:
    """Returns an initial stock of distribution with the sector and cargo of its flow, which is no part of it."""
    (sector, cargo), _ = kind_of(scenario, stock)
    return stock.model_copy(update={"flow": None, "sector": sector, "cargo": cargo})


def _goods_as_stocks(scenario: Scenario) -> dict[str, Stock]:
    """Returns the initial stocks; a CSV file must have been read before."""
    assert not isinstance(scenario.start, str)
    return scenario.start


UNWEIGHED = Constant(value=1)  # kg: a weight is required, and no measure of people uses it


def ways_of_people(scenario: Scenario) -> set[str]:
    """Returns the names of the corridors of people."""
    return {group.corridor for group in scenario.people.values()}


def people_as_loads(scenario: Scenario) -> dict[str, Any]:
    """Returns the settings to replace for the part of people, corridors and places excepted."""
    return {
        "people": {},
        "needs": {},
        "tasks": {},
        "distribution": {},
        "areas": {name: Area(title=area.title) for name, area in scenario.areas.items()},
        "cargos": {name: _as_cargo(group) for name, group in scenario.people.items()},
        "flows": {name: flow for group in scenario.people for name, flow in _people_as_flows(scenario, group).items()},
        "start": {
            name: stock for group in scenario.people for name, stock in _people_as_stocks(scenario, group).items()
        },
    }


def name_of_people_flow(group: str, urgency: str) -> str:
    """Returns the name of the flow of a class, e.g. patients.critical; that of the group where it has no classes."""
    return f"{group}.{urgency}" if urgency else group


def _as_cargo(group: People) -> Cargo:
    """Returns a group as a cargo: its persons are the pallets."""
    return Cargo(title=group.title, pallets=group.party, weight=UNWEIGHED)


class PartyFlow(Flow):
    """A flow of the parties of one class of a group, with a direction and no sector. Planners do not write it."""

    sector: Literal[""] = ""  # type: ignore[assignment]
    direction: Direction


def _people_as_flows(scenario: Scenario, name: str) -> dict[str, PartyFlow]:
    """Returns a flow for each class of urgency."""
    group = scenario.people[name]
    return {
        name_of_people_flow(name, urgency): PartyFlow.model_construct(  # its numbers are in base units already
            key=_key(name, group, urgency),
            direction=group.direction,
            cargo=name,
            rate=group.rate * share,
            corridors={group.corridor: 1.0},
            rank=group.rank + place_in_order,
        )
        for place_in_order, (urgency, share) in enumerate(group.classes().items())
    }


def _people_as_stocks(scenario: Scenario, name: str) -> dict[str, Stock]:
    """Returns the parties on the list when the run starts as initial stocks, by the names of their flows."""
    group = scenario.people[name]
    return {
        name_of_people_flow(name, urgency): Stock(
            key=f"{_key(name, group, urgency)} waiting", flow=name_of_people_flow(name, urgency),
            corridor=group.corridor, loads=waiting, age=group.waited,
        )
        for urgency, waiting in group.waiting_by_class().items()
    }  # fmt: skip


def _key(name: str, group: People, urgency: str) -> str:
    """Returns the key of the flow of a class."""
    return name_of_people_flow(group.key or f"people.{name}", urgency)
