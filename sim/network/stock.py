"""Mistakes about fuel that need more than one place to be seen: a function each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.network.base import Node, TimedNode
from sim.network.changes import corridors_besides
from sim.network.start import all_stocks, cargo_of
from sim.scenario.convoys import Fleet
from sim.scenario.corridors import Convoy, Corridor, Offload
from sim.scenario.lanes import Warehouse
from sim.scenario.scenario import Scenario
from sim.scenario.stock import Depot

Rule = Callable[[Scenario], Iterator[str]]
NO_LIMIT = 1 - 2.0**-53  # the largest luck there is


def references_of_fuel(where: str, place: object) -> Iterator[tuple[str, str, str]]:
    """(where it stands, kind, name) of each reference to a depot, and of a depot to its cargo."""
    if isinstance(place, Depot):
        yield f"{where}.cargo", "cargos", place.cargo
    if isinstance(place, Warehouse) and place.depot is not None:
        yield f"{where}.depot", "depots", place.depot
    if isinstance(place, Fleet) and place.fuel is not None:
        yield f"{where}.fuel.depot", "depots", place.fuel.depot


def _depots_take_their_own_cargo(scenario: Scenario) -> Iterator[str]:
    """It has litres, nothing else comes to their docks, and the most that comes at once has room."""
    for name, depot in scenario.depots.items():
        cargo = scenario.cargos.get(depot.cargo)
        if cargo and cargo.litres is None:
            yield f"depots.{name}.cargo: cargos.{depot.cargo} says no litres (of one pallet)"
        if depot.room is not None and depot.stock > depot.room:
            yield f"depots.{name}.stock: {depot.stock:g} l are above its room ({depot.room:g} l)"
    for name, corridor in scenario.corridors.items():
        last = corridor.steps[-1]
        docks = scenario.warehouses.get(last.warehouse) if isinstance(last, Offload) else None
        if docks is None or docks.depot not in scenario.depots:
            continue
        behind = scenario.depots[docks.depot]
        for other in sorted(cargos_on(scenario, name) - {behind.cargo}):
            yield f"corridors.{name}: brings {other} to depots.{docks.depot}, which is one of {behind.cargo}"
        cargo = scenario.cargos.get(behind.cargo)
        most = _most_at_once(scenario, corridor, behind.cargo) * (cargo.litres or 0) if cargo else 0
        if behind.room is not None and most > behind.room:
            full = f"depots.{docks.depot} has room for {behind.room:g} l"
            yield f"corridors.{name}: up to {most:g} l come at once, {full}"


def _fleets_can_be_fuelled(scenario: Scenario) -> Iterator[str]:
    """They collect from platforms, and a full depot has enough for the smallest convoy."""
    for name, fleet in scenario.fleets.items():
        fuel = fleet.fuel
        depot = scenario.depots.get(fuel.depot) if fuel else None
        if fuel is None or depot is None:
            continue
        steps = [step for corridor in scenario.corridors.values() for step in corridor.steps]
        convoys = [step for step in steps if isinstance(step, Convoy) and step.fleet == name]
        if not convoys:
            yield f"fleets.{name}.fuel: only trips of convoys that collect from a platform take fuel, and it has none"
        for yard in {step.yard: scenario.yards[step.yard] for step in convoys if step.yard in scenario.yards}.items():
            needed = fuel.leaves + yard[1].min * fuel.litres
            if depot.room is not None and needed > max(depot.room, depot.stock):
                smallest = f"the smallest convoy of yards.{yard[0]} needs {needed:g} l there"
                yield f"fleets.{name}.fuel: {smallest}, and depots.{fuel.depot} has room for {depot.room:g} l"


def cargos_on(scenario: Scenario, corridor: str) -> set[str]:
    """What loads on a corridor may be."""
    found = {cargo_of(scenario, stock) for stock in all_stocks(scenario).values() if stock.corridor == corridor}
    for name, flow in scenario.flows.items():
        if flow.shares().get(corridor) or corridor in corridors_besides(scenario, name):
            found.add(flow.cargo)
    return {cargo for cargo in found if cargo is not None}


def _most_at_once(scenario: Scenario, corridor: Corridor, cargo: str) -> int:
    """The most pallets that come on one truck, or on one vehicle that collects."""
    fleets = [step.fleet for step in corridor.steps if isinstance(step, Convoy) and step.fleet in scenario.fleets]
    largest = int(scenario.cargos[cargo].pallets.draw(np.array([NO_LIMIT]))[0])
    return scenario.fleets[fleets[-1] or ""].pallets if fleets else largest


FUEL: tuple[Rule, ...] = (_depots_take_their_own_cargo, _fleets_can_be_fuelled)


@dataclass(frozen=True)
class PlatformNode(Node):
    """`room` in pallets, -1 where there is no limit."""

    room: int
    next_day: bool


@dataclass(frozen=True)
class StoreNode(TimedNode):
    """`calendar` is the outflow in pallets a day; `stock` what is there when the run starts."""

    room: int
    stock: int


class User(NamedTuple):
    """Who draws `litres` a day from a depot, and leaves `leaves` there; those of a lower rank draw before."""

    name: str
    rank: int
    litres: int
    leaves: int


@dataclass(frozen=True)
class DepotNode(Node):
    """Litres: `room` is -1 where there is no limit, `stock` what is there when the run starts.

    litres : of one pallet of what comes. draws_s : time of day at which the users draw, in the order of ranks.
    """

    room: int
    stock: int
    litres: int
    draws_s: int
    users: tuple[User, ...]
