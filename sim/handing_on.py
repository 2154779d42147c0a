"""What goes on from an area, and by which way: read off the goods that a log tells of, part by part as they arrive.

No luck decides. Of each kind of goods a part goes by the way that is furthest behind its share of the pallets so far,
the first of those that are equally far; what stays is a way as well, the last.
"""

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
        own = [n for n, route in enumerate(onward.routes) if scenario.distribution[route.name].of == area]
        told = [scenario.distribution[onward.routes[n].name] for n in own]
        return Handing(
            tuple(n for n, route in enumerate(goods.routes) if scenario.corridors[route.name].area == area),
            tuple(own),
            tuple(
                tuple(round(way.share * PPM) if way.takes(source.sector, source.cargo) else 0 for way in told)
                for source in goods.sources
            ),
        )

    return tuple(of(area) for area in sorted({way.of for way in scenario.distribution.values()}))


def handed_on(network: Network, draws: Draws, told: Reached) -> Ints:
    """The way by which each of these parts goes on, a route of what takes it up; STAYS, and of rows without pallets."""
    way = np.full(len(told.load), STAYS, dtype=np.int64)
    route, source = draws.route[told.load], draws.source[told.load]
    of_source = [(source.sector, source.cargo, source.rank) for source in network.sources]
    kinds = sorted(set(of_source))
    kind_of = np.array([kinds.index(kind) for kind in of_source], dtype=np.int64)
    for handing in network.handings:
        own = np.flatnonzero((told.pallets > 0) & np.isin(route, handing.routes))
        own = own[np.argsort(told.time_s[own], kind="stable")]  # those of one second by load and vehicle
        ppm = np.array([handing.ppm[of_source.index(kind)] for kind in kinds], dtype=np.int64)
        ppm = np.append(ppm, np.maximum(0, PPM - ppm.sum(axis=1, keepdims=True)), axis=1)  # the last: it stays
        chosen = np.empty(len(own), dtype=np.int64)
        allot(kind_of[source[own]], told.pallets[own], ppm, chosen)
        way[own] = np.append(handing.ways, STAYS)[chosen]
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
