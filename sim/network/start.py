"""Mistakes in what is there when the run starts that need other parts of the scenario: a function each.

What a stock is: the sector, the cargo and the rank of its loads, by the flows of the same kind.
"""

from collections.abc import Iterator

import numpy as np

from sim.laws import Law
from sim.network.corridors import room_onto
from sim.scenario.corridors import Convoy, Transfer
from sim.scenario.flows import Flow
from sim.scenario.scenario import Scenario
from sim.scenario.start import Stock, path_of

NO_LIMIT = 1 - 2.0**-53  # the largest luck there is
LUCK = (np.arange(1000) + 0.5) / 1000  # equally likely
SURE = 5.0  # standard deviations: more pallets than that come once in a million runs


def all_stocks(scenario: Scenario) -> dict[str, Stock]:
    """What is there when the run starts; who checks a scenario has read it where it is a file."""
    assert not isinstance(scenario.start, str)
    return scenario.start


def cargo_of(scenario: Scenario, stock: Stock) -> str | None:
    """The cargo of a stock; None where its flow is not known."""
    flow = scenario.flows.get(stock.flow or "")
    return stock.cargo or (flow.cargo if flow else None)


def one_rank(scenario: Scenario) -> Iterator[str]:
    """A stock of a sector and cargo goes before others as the flows of that kind do, which must agree."""
    for name, stock in all_stocks(scenario).items():
        if stock.flow is None and len(ranks := kind_of(scenario, stock)[1]) > 1:
            told = f"flows of {stock.sector}, {stock.cargo} have the ranks {', '.join(map(str, sorted(ranks)))}"
            yield f"{path_of(name, 'flow')}: missing; {told}"


def each_load_fits(scenario: Scenario) -> Iterator[str]:
    """The largest load of a stock that is no flow's has room on the platforms and vehicles that it comes to."""
    for name, stock in all_stocks(scenario).items():
        corridor = scenario.corridors.get(stock.corridor)
        if stock.flow is None and corridor and stock.cargo in scenario.cargos:
            largest = _largest(scenario.cargos[stock.cargo].pallets)
            for onto in (step.onto for step in corridor.steps if isinstance(step, Transfer)):
                if (limit := room_onto(scenario, onto)) and limit[0] < largest:
                    yield f"cargos.{stock.cargo}.pallets: loads of {path_of(name, '')[:-1]} reach {largest}, {limit[1]}"


def all_fit_their_platform(scenario: Scenario) -> Iterator[str]:
    """What stands on a platform when the run starts has room there, whatever the luck of its loads."""
    on: dict[str, list[tuple[int, Law]]] = {}
    for stock in all_stocks(scenario).values():
        cargo = scenario.cargos.get(cargo_of(scenario, stock) or "")
        if (platform := _stands_on(scenario, stock)) and cargo:
            on.setdefault(platform, []).append((stock.loads, cargo.pallets))
    for platform, parts in on.items():
        room = _room(scenario, platform)
        if room is not None and max(_largest(law) for _, law in parts) <= room < (pallets := _most(parts)):
            yield f"start: up to {pallets} pallets are on platforms.{platform}, which has room for {room}"


START_RULES = (one_rank, each_load_fits, all_fit_their_platform)


def _stands_on(scenario: Scenario, stock: Stock) -> str | None:
    """The platform on which a stock is, None where it is somewhere else."""
    corridor = scenario.corridors.get(stock.corridor)
    for step in corridor.steps if corridor and stock.at else ():
        if isinstance(step, Convoy) and stock.at in (f"yards.{step.yard}", f"platforms.{step.platform}"):
            return step.platform
    return None


def _most(parts: list[tuple[int, Law]]) -> int:
    """The most pallets of these (loads, pallets of one), but by luck that nobody has."""
    whole = [(loads, law, law.draw(LUCK)) for loads, law in parts]
    mean = sum(loads * float(pallets.mean()) for loads, _, pallets in whole)
    spread = float(sum(loads * float(pallets.var()) for loads, _, pallets in whole)) ** 0.5
    return int(min(round(mean + SURE * spread), sum(loads * _largest(law) for loads, law, _ in whole)))


def _largest(law: Law) -> int:
    return int(law.draw(np.array([NO_LIMIT]))[0])


def _room(scenario: Scenario, platform: str) -> int | None:
    return scenario.platforms[platform].room if platform in scenario.platforms else None


DEFAULT_RANK = int(Flow.model_fields["rank"].default)  # of a stock that is no flow's


def kind_of(scenario: Scenario, stock: Stock) -> tuple[tuple[str, str], set[int]]:
    """Sector and cargo of a stock, and the ranks of the flows whose loads it may be: of one, or of all of that kind."""
    if stock.flow is not None:
        flow = scenario.flows[stock.flow]
        return (flow.sector, flow.cargo), {flow.rank}
    assert stock.sector is not None and stock.cargo is not None  # the model's own check
    kind = (stock.sector, stock.cargo)
    return kind, {flow.rank for flow in scenario.flows.values() if (flow.sector, flow.cargo) == kind}


def rank_of(scenario: Scenario, stock: Stock) -> int:
    """Of its loads: as the first of these flows."""
    return min(kind_of(scenario, stock)[1], default=DEFAULT_RANK)
