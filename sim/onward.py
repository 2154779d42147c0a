"""Distribution as goods are: what arrived in an area, kind by kind, is flows of loads that go on from there.

A kind is what a load of some flow or stock can be by sector, cargo and rank. When which of them comes is not known
before the goods have run: see handing_on.py.
"""

from typing import Any

from sim.ranks import kind_of, rank_of
from sim.scenario import Flow, Scenario
from sim.start import Stock


def without(scenario: Scenario) -> dict[str, Any]:
    """What is said of goods: all but people and distribution."""
    told: dict[str, Any] = {"people": {}, "distribution": {}}
    if scenario.distribution:
        start = _stocks(scenario).items()
        told["start"] = {name: stock for name, stock in start if stock.corridor not in scenario.distribution}
    return told


def as_loads(scenario: Scenario) -> dict[str, Any]:
    """What is said of distribution in the place of goods; corridors and places apart."""
    areas = {
        name: area.model_copy(update={"stock": {}, "deliveries": {}}) for name, area in scenario.areas.items()
    }  # which are no part of what is distributed
    own = {name: stock for name, stock in _stocks(scenario).items() if stock.corridor in scenario.distribution}
    return {
        "people": {},
        "tasks": {},
        "distribution": {},
        "areas": areas,
        "flows": {name: flow for way in scenario.distribution for name, flow in _as_flows(scenario, way).items()},
        "start": {name: _by_kind(scenario, stock) for name, stock in own.items()},
    }


def name_of(way: str, sector: str, cargo: str, rank: int) -> str:
    """How the flow of what is of that kind, and goes on by that corridor, is called."""
    return f"{way}.{sector}.{cargo}.{rank}"


def kinds_on(scenario: Scenario, way: str) -> set[tuple[str, str, int]]:
    """Sector, cargo and rank of whatever may go on by a corridor."""
    kinds: set[tuple[str, str, int]] = {(flow.sector, flow.cargo, flow.rank) for flow in scenario.flows.values()}
    kinds |= {(*kind_of(scenario, stock)[0], rank_of(scenario, stock)) for stock in _stocks(scenario).values()}
    return {kind for kind in kinds if scenario.distribution[way].takes(*kind[:2])}


def _as_flows(scenario: Scenario, way: str) -> dict[str, Flow]:
    """A flow for each kind, of which nothing comes by itself."""
    key = scenario.corridors[way].key or way
    return {
        name_of(way, sector, cargo, rank): Flow.model_construct(
            key="distribution." + name_of(key, sector, cargo, rank),
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


def _stocks(scenario: Scenario) -> dict[str, Stock]:
    assert not isinstance(scenario.start, str)
    return scenario.start
