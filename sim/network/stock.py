"""Platforms, stores and depots by number, with checks of fuel that need several places at once.

Each check is a function that yields one message per mistake.
"""

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


@dataclass(frozen=True)
class PlatformNode(Node):
    """A platform: `room` in pallets, -1 where there is no limit; `next_day`: goods wait for the next midnight."""

    room: int
    next_day: bool


@dataclass(frozen=True)
class StoreNode(TimedNode):
    """A store. `calendar` is its outflow in pallets a day, `stock` its initial content in pallets."""

    room: int
    stock: int


class User(NamedTuple):
    """A user who draws `litres` a day from a depot and leaves a reserve of `leaves`; lower ranks draw first."""

    name: str
    rank: int
    litres: int
    leaves: int


@dataclass(frozen=True)
class DepotNode(Node):
    """A depot, in litres: `room` is -1 where there is no limit, `stock` is the initial content.

    litres : of one pallet of the cargo that arrives.
    draws_s : time of day at which the users draw [s], in the order of ranks.
    """

    room: int
    stock: int
    litres: int
    draws_s: int
    users: tuple[User, ...]


Rule = Callable[[Scenario], Iterator[str]]
NO_LIMIT = 1 - 2.0**-53  # the largest uniform random number below 1


def references_of_fuel(where: str, place: object) -> Iterator[tuple[str, str, str]]:
    """Yields (setting, kind, name) of each reference to a depot, and of a depot to its cargo."""
    if isinstance(place, Depot):
        yield f"{where}.cargo", "cargos", place.cargo
    if isinstance(place, Warehouse) and place.depot is not None:
        yield f"{where}.depot", "depots", place.depot
    if isinstance(place, Fleet) and place.fuel is not None:
        yield f"{where}.fuel.depot", "depots", place.fuel.depot


def _depots_take_their_own_cargo(scenario: Scenario) -> Iterator[str]:
    """Checks that a depot's cargo has litres, that its docks receive nothing else, and that deliveries fit."""
    for name, depot in scenario.depots.items():
        cargo = scenario.cargos.get(depot.cargo)
        if cargo and cargo.litres is None:
            yield f"depots.{name}.cargo: cargos.{depot.cargo} has no litres (of one pallet)"
        if depot.room is not None and depot.stock > depot.room:
            yield f"depots.{name}.stock: {depot.stock:g} l are above its room ({depot.room:g} l)"
    for name, corridor in scenario.corridors.items():
        last = corridor.steps[-1]
        docks = scenario.warehouses.get(last.warehouse) if isinstance(last, Offload) else None
        if docks is None or docks.depot not in scenario.depots:
            continue
        depot_behind = scenario.depots[docks.depot]
        for other in sorted(cargos_on(scenario, name) - {depot_behind.cargo}):
            yield f"corridors.{name}: brings {other} to depots.{docks.depot}, which is one of {depot_behind.cargo}"
        cargo = scenario.cargos.get(depot_behind.cargo)
        most = _most_at_once(scenario, corridor, depot_behind.cargo) * (cargo.litres or 0) if cargo else 0
        if depot_behind.room is not None and most > depot_behind.room:
            full = f"depots.{docks.depot} has room for {depot_behind.room:g} l"
            yield f"corridors.{name}: up to {most:g} l come at once, {full}"


def _most_at_once(scenario: Scenario, corridor: Corridor, cargo: str) -> int:
    """Returns the most pallets of a cargo that arrive on one truck, or on one vehicle that collects."""
    fleets = [step.fleet for step in corridor.steps if isinstance(step, Convoy) and step.fleet in scenario.fleets]
    largest = int(scenario.cargos[cargo].pallets.draw(np.array([NO_LIMIT]))[0])
    return scenario.fleets[fleets[-1] or ""].pallets if fleets else largest


def _fleets_can_be_fuelled(scenario: Scenario) -> Iterator[str]:
    """Checks that a fleet with fuel collects from a platform, and that its depot can fuel the smallest convoy."""
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
    """Returns the cargos that loads on a corridor may have."""
    cargos = {cargo_of(scenario, stock) for stock in all_stocks(scenario).values() if stock.corridor == corridor}
    for name, flow in scenario.flows.items():
        if flow.shares().get(corridor) or corridor in corridors_besides(scenario, name):
            cargos.add(flow.cargo)
    return {cargo for cargo in cargos if cargo is not None}


FUEL: tuple[Rule, ...] = (_depots_take_their_own_cargo, _fleets_can_be_fuelled)
