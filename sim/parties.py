"""People as goods are: parties of groups are loads of flows, on corridors of their own.

They walk the same verbs by the same rules; their places are theirs alone, which `checks_people.py` sees to. So people
and goods never wait for each other, and whatever befalls places of both, a shock or a phase, does so with the same
luck. A party is a load whose pallets are its persons.
"""

from typing import Any

from sim.laws import Constant
from sim.needs import Area
from sim.people import People
from sim.scenario import Cargo, Flow, Scenario
from sim.start import Stock

UNWEIGHED = Constant(value=1)  # kg: nobody asks


def ways_of_people(scenario: Scenario) -> set[str]:
    """Their corridors."""
    return {group.corridor for group in scenario.people.values()}


def as_loads(scenario: Scenario) -> dict[str, Any]:
    """What is said of people in the place of goods; corridors and places apart."""
    return {
        "people": {},
        "needs": {},
        "tasks": {},
        "distribution": {},
        "areas": {name: Area(title=area.title) for name, area in scenario.areas.items()},
        "cargos": {name: _as_cargo(group) for name, group in scenario.people.items()},
        "flows": {name: flow for group in scenario.people for name, flow in _as_flows(scenario, group).items()},
        "start": {name: stock for group in scenario.people for name, stock in _as_stocks(scenario, group).items()},
    }


def name_of(group: str, urgency: str) -> str:
    """How a class of a group is called, e.g. patients.critical; a group without classes by its own name."""
    return f"{group}.{urgency}" if urgency else group


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
