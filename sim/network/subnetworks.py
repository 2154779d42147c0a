"""Parts a scenario into goods, people, and distribution: each is a network of its own, without a place of another.

Goods and people can never be counted as each other, nor what goes on inside as what comes in. Nobody of one part waits
for somebody of another.

Distribution as goods are: what arrived in an area, kind by kind, is flows of loads that go on from there.

A kind is what a load of some flow or stock can be by sector, cargo and rank. When which of them comes is not known
before the goods have run: see handing_on.py.

People as goods are: parties of groups are loads of flows, on corridors of their own.

They walk the same verbs by the same rules; their places are theirs alone, which `checks_people.py` sees to. So people
and goods never wait for each other, and whatever befalls places of both, a shock or a phase, does so with the same
luck. A party is a load whose pallets are its persons.
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
    """Of a scenario goods, people as flows of parties, and what takes up goods that arrived; None: there is none."""

    goods: Scenario
    people: Scenario | None
    onward: Scenario | None


def divided(scenario: Scenario) -> Parts:
    """The parts of a scenario. Where there is distribution, what is there at the start must have been read."""
    if not scenario.people and not scenario.distribution:
        return Parts(scenario, None, None)
    of_people, onward_ways = ways_of_people(scenario), set(scenario.distribution)
    ways = scenario.corridors.keys() - of_people - onward_ways
    theirs, inside = places_of_people(scenario), places_of_distribution(scenario)
    return Parts(
        _part(scenario, ways, lambda place: place not in theirs | inside, without(scenario)),
        _part(scenario, of_people, theirs.__contains__, people_as_loads(scenario)) if scenario.people else None,
        _part(scenario, onward_ways, inside.__contains__, goods_as_loads(scenario)) if onward_ways else None,
    )


def places_of_people(scenario: Scenario) -> set[str]:
    """Full names of the places on corridors of people, and of the ceilings that count persons."""
    return places_on(scenario, ways_of_people(scenario)) | {
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


def without(scenario: Scenario) -> dict[str, Any]:
    """What is said of goods: all but people and distribution."""
    told: dict[str, Any] = {"people": {}, "distribution": {}}
    if scenario.distribution:
        start = _goods_as_stocks(scenario).items()
        told["start"] = {name: stock for name, stock in start if stock.corridor not in scenario.distribution}
    return told


def goods_as_loads(scenario: Scenario) -> dict[str, Any]:
    """What is said of distribution in the place of goods; corridors and places apart."""
    areas = {
        name: area.model_copy(update={"stock": {}, "deliveries": {}}) for name, area in scenario.areas.items()
    }  # which are no part of what is distributed
    own = {name: stock for name, stock in _goods_as_stocks(scenario).items() if stock.corridor in scenario.distribution}
    return {
        "people": {},
        "tasks": {},
        "distribution": {},
        "areas": areas,
        "flows": {name: flow for way in scenario.distribution for name, flow in _goods_as_flows(scenario, way).items()},
        "start": {name: _by_kind(scenario, stock) for name, stock in own.items()},
    }


def name_of_distribution_flow(way: str, sector: str, cargo: str, rank: int) -> str:
    """How the flow of what is of that kind, and goes on by that corridor, is called."""
    return f"{way}.{sector}.{cargo}.{rank}"


def kinds_on(scenario: Scenario, way: str) -> set[tuple[str, str, int]]:
    """Sector, cargo and rank of whatever may go on by a corridor."""
    kinds: set[tuple[str, str, int]] = {(flow.sector, flow.cargo, flow.rank) for flow in scenario.flows.values()}
    kinds |= {(*kind_of(scenario, stock)[0], rank_of(scenario, stock)) for stock in _goods_as_stocks(scenario).values()}
    return {kind for kind in kinds if scenario.distribution[way].takes(*kind[:2])}


def _goods_as_flows(scenario: Scenario, way: str) -> dict[str, Flow]:
    """A flow for each kind, of which nothing comes by itself."""
    key = scenario.corridors[way].key or way
    return {
        name_of_distribution_flow(way, sector, cargo, rank): Flow.model_construct(
            key="distribution." + name_of_distribution_flow(key, sector, cargo, rank),
            sector=sector,  # type: ignore[arg-type]  # one of them, as it comes from flows and stocks
            cargo=cargo,
            rate=0.0,
            corridors={way: 1.0},
            rank=rank,
        )
        for sector, cargo, rank in sorted(kinds_on(scenario, way))
    }


def _by_kind(scenario: Scenario, stock: Stock) -> Stock:
    """A stock at a hub, whose flow is one that comes there."""
    (sector, cargo), _ = kind_of(scenario, stock)
    return stock.model_copy(update={"flow": None, "sector": sector, "cargo": cargo})


def _goods_as_stocks(scenario: Scenario) -> dict[str, Stock]:
    assert not isinstance(scenario.start, str)
    return scenario.start


UNWEIGHED = Constant(value=1)  # kg: nobody asks


def ways_of_people(scenario: Scenario) -> set[str]:
    """Their corridors."""
    return {group.corridor for group in scenario.people.values()}


def people_as_loads(scenario: Scenario) -> dict[str, Any]:
    """What is said of people in the place of goods; corridors and places apart."""
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
    """How a class of a group is called, e.g. patients.critical; a group without classes by its own name."""
    return f"{group}.{urgency}" if urgency else group


def _as_cargo(group: People) -> Cargo:
    return Cargo(title=group.title, pallets=group.party, weight=UNWEIGHED)


class PartyFlow(Flow):
    """The parties of one class of a group as a flow, with a direction and no sector. Planners write none."""

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
            rank=group.rank + behind,
        )
        for behind, (urgency, share) in enumerate(group.classes().items())
    }


def _people_as_stocks(scenario: Scenario, name: str) -> dict[str, Stock]:
    """Those on the list when the run starts, by the names of their flows."""
    group = scenario.people[name]
    return {
        name_of_people_flow(name, urgency): Stock(
            key=f"{_key(name, group, urgency)} waiting", flow=name_of_people_flow(name, urgency),
            corridor=group.corridor, loads=waiting, age=group.waited,
        )
        for urgency, waiting in group.waiting_by_class().items()
    }  # fmt: skip


def _key(name: str, group: People, urgency: str) -> str:
    return name_of_people_flow(group.key or f"people.{name}", urgency)
