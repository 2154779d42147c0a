"""Parts a scenario into goods and people: each is a network of its own, and neither can be counted as the other.

People walk the same verbs by the same rules; their places are theirs alone, which `checks_people.py` sees to. So the
two never wait for each other, and whatever befalls places of both, a shock or a phase, does so with the same luck. A
party is a load whose pallets are its persons.
"""

from sim.laws import Constant
from sim.needs import Area
from sim.people import People
from sim.scenario import PLACE_KINDS, Cargo, Flow, Scenario
from sim.start import Stock
from sim.steps import places_of

UNWEIGHED = Constant(value=1)  # kg: nobody asks


def divided(scenario: Scenario) -> tuple[Scenario, Scenario | None]:
    """The goods of a scenario, and its people as flows of parties; None where there are none."""
    if not scenario.people:
        return scenario, None
    theirs = places_of_people(scenario)
    ways = {group.corridor for group in scenario.people.values()}
    corridors = scenario.corridors.items()
    goods = {"people": {}, "corridors": {name: way for name, way in corridors if name not in ways}}
    people = {
        "people": {},
        "needs": {},
        "tasks": {},
        "areas": {name: Area(title=area.title) for name, area in scenario.areas.items()},
        "corridors": {name: way for name, way in corridors if name in ways},
        "cargos": {name: _as_cargo(group) for name, group in scenario.people.items()},
        "flows": {name: flow for group in scenario.people for name, flow in _as_flows(scenario, group).items()},
        "start": {name: stock for group in scenario.people for name, stock in _as_stocks(scenario, group).items()},
    }
    return (
        scenario.model_copy(update={**goods, **_places(scenario, theirs, False)}),
        scenario.model_copy(update={**people, **_places(scenario, theirs, True)}),
    )


def places_of_people(scenario: Scenario) -> set[str]:
    """Full names of the places on corridors of people, and of the ceilings that count persons."""
    return places_on(scenario, {group.corridor for group in scenario.people.values()}) | {
        f"ceilings.{name}" for name, ceiling in scenario.ceilings.items() if ceiling.persons is not None
    }


def places_on(scenario: Scenario, ways: set[str]) -> set[str]:
    """Full names of the places on these corridors."""
    steps = (step for name in ways if name in scenario.corridors for step in scenario.corridors[name].steps)
    return {f"{kind}.{name}" for step in steps for kind, name in places_of(scenario, step)}


def name_of(group: str, urgency: str) -> str:
    """How a class of a group is called, e.g. patients.critical; a group without classes by its own name."""
    return f"{group}.{urgency}" if urgency else group


def _places(scenario: Scenario, theirs: set[str], of_people: bool) -> dict[str, dict[str, object]]:
    """The places of one part, and what befalls and changes them, of which nothing may be left."""

    def own(full_name: str) -> bool:
        kind, _, rest = full_name.partition(".")
        return (f"{kind}.{rest.partition('.')[0]}" in theirs) == of_people

    part: dict[str, dict[str, object]] = {
        kind: {name: place for name, place in getattr(scenario, kind).items() if own(f"{kind}.{name}")}
        for kind in PLACE_KINDS
    }
    for kind in ("shocks", "operating_levels"):
        part[kind] = {
            name: hazard.model_copy(update={"places": tuple(place for place in hazard.places if own(place))})
            for name, hazard in getattr(scenario, kind).items()
        }
    part["phases"] = {
        name: phase.model_copy(update={"changes": {path: v for path, v in phase.changes.items() if own(path)}})
        for name, phase in scenario.phases.items()
    }
    return part


def _as_cargo(group: People) -> Cargo:
    return Cargo(title=group.title, pallets=group.party, weight=UNWEIGHED)


def _as_flows(scenario: Scenario, name: str) -> dict[str, Flow]:
    """A flow for each class of urgency; its sector is the direction."""
    group = scenario.people[name]
    return {
        name_of(name, urgency): Flow.model_construct(
            key=_key(name, group, urgency),
            sector=group.direction,  # type: ignore[arg-type]  # what no planner may write as one
            cargo=name,
            rate=group.rate * share,
            corridors={group.corridor: 1.0},
            rank=group.rank + behind,
        )
        for behind, (urgency, share) in enumerate(group.classes().items())
    }


def _as_stocks(scenario: Scenario, name: str) -> dict[str, Stock]:
    """Those on the list when the run starts, by the names of their flows."""
    group = scenario.people[name]
    return {
        name_of(name, urgency): Stock(
            key=f"{_key(name, group, urgency)} waiting", flow=name_of(name, urgency), corridor=group.corridor,
            loads=waiting, age=group.waited,
        )
        for urgency, waiting in group.waiting_by_class().items()
    }  # fmt: skip


def _key(name: str, group: People, urgency: str) -> str:
    return name_of(group.key or f"people.{name}", urgency)
