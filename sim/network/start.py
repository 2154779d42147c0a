"""Initial stocks: the sector, cargo and rank of their loads, and checks that need other parts of the scenario.

Each check is a function that yields one message per mistake.
"""

from collections.abc import Iterator

import numpy as np

from sim.laws import Law
from sim.network.corridors import room_onto
from sim.scenario.corridors import Convoy, Transfer
from sim.scenario.flows import Flow
from sim.scenario.scenario import Scenario
from sim.scenario.start import Stock, path_of

NO_LIMIT = 1 - 2.0**-53  # the largest uniform random number below 1
LUCK = (np.arange(1000) + 0.5) / 1000  # an even grid of uniform numbers, for the mean and variance of a law
SURE = 5.0  # standard deviations above the mean, exceeded about once in a million runs
DEFAULT_RANK = int(Flow.model_fields["rank"].default)  # of a stock for which there is no flow


def all_stocks(scenario: Scenario) -> dict[str, Stock]:
    """Returns the initial stocks by name; a CSV file must have been read before."""
    assert not isinstance(scenario.start, str)
    return scenario.start


def cargo_of(scenario: Scenario, stock: Stock) -> str | None:
    """Returns the cargo of a stock; None where its flow is not known."""
    flow = scenario.flows.get(stock.flow or "")
    return stock.cargo or (flow.cargo if flow else None)


def kind_of(scenario: Scenario, stock: Stock) -> tuple[tuple[str, str], set[int]]:
    """Returns sector and cargo of a stock, and the ranks of the flows that its loads may belong to."""
    if stock.flow is not None:
        flow = scenario.flows[stock.flow]
        return (flow.sector, flow.cargo), {flow.rank}
    assert stock.sector is not None and stock.cargo is not None  # the model's own check
    kind = (stock.sector, stock.cargo)
    return kind, {flow.rank for flow in scenario.flows.values() if (flow.sector, flow.cargo) == kind}


def rank_of(scenario: Scenario, stock: Stock) -> int:
    """Returns the rank of a stock's loads: the lowest of the flows that they may belong to."""
    return min(kind_of(scenario, stock)[1], default=DEFAULT_RANK)


def one_rank(scenario: Scenario) -> Iterator[str]:
    """Checks that the flows with a stock's sector and cargo have one rank, which is that of the stock."""
    for name, stock in all_stocks(scenario).items():
        if stock.flow is None and len(ranks := kind_of(scenario, stock)[1]) > 1:
            ranks_of_flows = (
                f"flows of {stock.sector}, {stock.cargo} have the ranks {', '.join(map(str, sorted(ranks)))}"
            )
            yield f"{path_of(name, 'flow')}: missing; {ranks_of_flows}"


def each_load_fits(scenario: Scenario) -> Iterator[str]:
    """Checks that the largest load of a stock without a flow fits onto its platforms and vehicles."""
    for name, stock in all_stocks(scenario).items():
        corridor = scenario.corridors.get(stock.corridor)
        if stock.flow is None and corridor and stock.cargo in scenario.cargos:
            largest = _largest(scenario.cargos[stock.cargo].pallets)
            for onto in (step.onto for step in corridor.steps if isinstance(step, Transfer)):
                if (limit := room_onto(scenario, onto)) and limit[0] < largest:
                    yield f"cargos.{stock.cargo}.pallets: loads of {path_of(name, '')[:-1]} reach {largest}, {limit[1]}"


def all_fit_their_platform(scenario: Scenario) -> Iterator[str]:
    """Checks that the initial stocks of a platform fit onto it, whatever is drawn for their loads."""
    stocks_on: dict[str, list[tuple[int, Law]]] = {}
    for stock in all_stocks(scenario).values():
        cargo = scenario.cargos.get(cargo_of(scenario, stock) or "")
        if (platform := _stands_on(scenario, stock)) and cargo:
            stocks_on.setdefault(platform, []).append((stock.loads, cargo.pallets))
    for platform, parts in stocks_on.items():
        room = _room(scenario, platform)
        if room is not None and max(_largest(law) for _, law in parts) <= room < (pallets := _most(parts)):
            yield f"start: up to {pallets} pallets are on platforms.{platform}, which has room for {room}"


def _stands_on(scenario: Scenario, stock: Stock) -> str | None:
    """Returns the platform on which a stock is; None where it is elsewhere."""
    corridor = scenario.corridors.get(stock.corridor)
    for step in corridor.steps if corridor and stock.at else ():
        if isinstance(step, Convoy) and stock.at in (f"yards.{step.yard}", f"platforms.{step.platform}"):
            return step.platform
    return None


def _most(parts: list[tuple[int, Law]]) -> int:
    """Returns the most pallets of these (loads, pallets of one load), except for draws of negligible probability."""
    samples = [(loads, law, law.draw(LUCK)) for loads, law in parts]
    mean = sum(loads * float(pallets.mean()) for loads, _, pallets in samples)
    spread = float(sum(loads * float(pallets.var()) for loads, _, pallets in samples)) ** 0.5
    return int(min(round(mean + SURE * spread), sum(loads * _largest(law) for loads, law, _ in samples)))


def _largest(law: Law) -> int:
    """Returns the largest value of a law in whole pallets."""
    return int(law.draw(np.array([NO_LIMIT]))[0])


def _room(scenario: Scenario, platform: str) -> int | None:
    """Returns the room of a platform [pallets]; None where there is no limit, or no such platform."""
    return scenario.platforms[platform].room if platform in scenario.platforms else None


START_RULES = (one_rank, each_load_fits, all_fit_their_platform)
