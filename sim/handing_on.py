"""What goes on from an area, and by which way: read off the goods that a log tells of, part by part as they arrive.

No luck decides. Of each kind of goods a part goes by the way that is furthest behind its share of the pallets so far,
the first of those that are equally far; what stays is a way as well, the last.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sim.allotting import allot
from sim.demand import Trace
from sim.draws import Draws
from sim.laws import Ints
from sim.milestones import Reached
from sim.network import Handing, Network
from sim.onward import name_of
from sim.scenario import Scenario
from sim.units import PPM

STAYS = -1


def handings_of(scenario: Scenario, goods: Network, onward: Network) -> tuple[Handing, ...]:
    """One for each area from which something goes on, by name."""

    def of(area: str) -> Handing:
        told = [(number, scenario.distribution.get(route.name)) for number, route in enumerate(onward.routes)]
        own = [(number, way) for number, way in told if way is not None and way.of == area]
        return Handing(
            tuple(n for n, route in enumerate(goods.routes) if scenario.corridors[route.name].area == area),
            tuple(number for number, _ in own),
            tuple(round(way.share * PPM) for _, way in own),
            tuple(frozenset(way.cargos) for _, way in own),
        )

    return tuple(of(area) for area in sorted({way.of for way in scenario.distribution.values()}))


def handed_on(network: Network, draws: Draws, told: Reached) -> Ints:
    """The way by which each of these parts goes on, a route of what takes it up; STAYS, and of rows without pallets."""
    way = np.full(len(told.load), STAYS, dtype=np.int64)
    route, source = draws.route[told.load], draws.source[told.load]
    kinds, kind_of = np.unique(
        [f"{source.sector} {source.cargo} {source.rank}" for source in network.sources], return_inverse=True
    )
    cargo_of = {int(kind): source.cargo for kind, source in zip(kind_of, network.sources, strict=True)}
    for handing in network.handings:
        own = np.flatnonzero((told.pallets > 0) & np.isin(route, handing.routes))
        own = own[np.argsort(told.time_s[own], kind="stable")]  # those of one second by load and vehicle
        options = [list(_options(handing, cargo_of[kind])) for kind in range(len(kinds))]
        begins = np.cumsum([0, *map(len, options)])
        ways, ppm = np.array([option for of_kind in options for option in of_kind], dtype=np.int64).reshape(-1, 2).T
        chosen = np.empty(len(own), dtype=np.int64)
        allot(kind_of[source[own]].astype(np.int64), told.pallets[own], begins, np.ascontiguousarray(ppm), chosen)
        way[own] = ways[chosen]
    return way


def taken_up(network: Network, draws: Draws, told: Reached, way: Ints) -> Network:
    """What takes up goods, with the parts that do not stay as its loads: as they came, and as old as they are."""
    onward = network.onward
    assert onward is not None
    number = {source.name: i for i, source in enumerate(onward.sources)}
    own = np.flatnonzero(way != STAYS)
    own = own[np.argsort(told.time_s[own], kind="stable")]
    load = told.load[own]
    pairs, which = np.unique(way[own] * len(network.sources) + draws.source[load], return_inverse=True)
    flow = np.empty(len(pairs), dtype=np.int64)
    for i, pair in enumerate(pairs.tolist()):
        by, source = divmod(pair, len(network.sources))
        of = network.sources[source]
        flow[i] = number[name_of(onward.routes[by].name, of.sector, of.cargo, of.rank)]
    of_flow = flow[which]
    began_s = draws.created_s[load].astype(np.int64) - draws.age_s[load]
    sources = list(onward.sources)
    for i in np.unique(flow).tolist():
        mine = np.flatnonzero(of_flow == i)
        came_s, pallets, kg = (column[own[mine]] for column in (told.time_s, told.pallets, told.kg))
        sources[i] = sources[i]._replace(demand=Trace(came_s, pallets, kg, {}, came_s - began_s[mine]))
    return replace(onward, sources=tuple(sources))


def _options(handing: Handing, cargo: str) -> Iterator[tuple[int, int]]:
    """(way, ppm) of what a cargo can do; the last is that it stays."""
    left = PPM
    for way, ppm, cargos in zip(handing.ways, handing.ppm, handing.cargos, strict=True):
        if not cargos or cargo in cargos:
            yield way, ppm
            left -= ppm
    yield STAYS, max(0, left)
