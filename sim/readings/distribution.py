"""What went on inside after it had arrived in an area: day by day and as measures, read off a log of its own.

Loads are the parts in which goods arrived, each on one vehicle; what stood at a hub when the run started is among them.

Parts given to whoever is furthest behind its share, one after the other: a loop over whole numbers.

What goes on from an area, and by which way: read off the goods that a log tells of, part by part as they arrive.

No luck decides. Of each kind of goods a part goes by the way that is furthest behind its share of the pallets so far,
the first of those that are equally far; what stays is a way as well, the last.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.laws import Ints
from sim.luck.draws import Draws
from sim.network.flows import Trace
from sim.network.network import Network
from sim.network.subnetworks import name_of_distribution_flow as name_of
from sim.readings.milestones import MILESTONES, MilestoneEvents, daily_milestone_sums, transit_measures
from sim.readings.passes import allocate_by_share
from sim.readings.records import LoadTransits, Measure
from sim.readings.visits import Int32Array
from sim.units import PPM

LOST_MILESTONES = ("intercepted", "expired", "returned", "turned_away")
MILESTONES_BY_COLUMN = {"handed_on": ("requested",), "arrived": ("arrived",), "lost": LOST_MILESTONES}
KG_PER_TONNE = 1000
Table = dict[str, NDArray[Any]]


def distribution_by_day(network: Network, draws: Draws, found: dict[str, MilestoneEvents]) -> Table:
    """A row a day of each corridor, sector and cargo: kg that went on, arrived, were lost, are under way at its end.

    lost : intercepted, expired, returned or turned away.
    """
    of_source = [(source.sector, source.cargo) for source in network.sources]
    kinds = sorted(set(of_source))
    kind_of = np.array([kinds.index(kind) for kind in of_source], dtype=np.int64)
    pair = draws.route * len(kinds) + kind_of[draws.source]
    pairs = np.unique(pair)
    sums = daily_milestone_sums(found, draws, kind_of[draws.source])
    row = np.searchsorted(pairs, sums["route"] * len(kinds) + sums["group"]) * network.days + sums["day"]
    shape = (len(pairs), network.days)
    table: Table = {}
    for name, milestones in MILESTONES_BY_COLUMN.items():
        own = np.isin(sums["milestone"], [MILESTONES.index(milestone) for milestone in milestones])
        kg = np.bincount(row[own], sums["kg"][own], len(pairs) * network.days)  # exact: far below 2**53
        table[f"{name}_kg"] = kg.astype(np.int64).reshape(shape)
    stocked = np.array([source.demand is None for source in network.sources], dtype=np.bool_)[draws.source]
    opening = np.bincount(np.searchsorted(pairs, pair[stocked]), draws.kg[stocked], len(pairs)).astype(np.int64)
    change = table["handed_on_kg"] - table["arrived_kg"] - table["lost_kg"]
    table["under_way_kg"] = opening[:, None] + np.cumsum(change, axis=1)
    route, kind = np.divmod(pairs, len(kinds))
    told = {
        "corridor": np.array([route.name for route in network.routes])[route],
        "sector": np.array([sector for sector, _ in kinds])[kind],
        "cargo": np.array([cargo for _, cargo in kinds])[kind],
    }
    return {
        "day": np.tile(np.arange(network.days), len(pairs)),
        **{name: np.repeat(column, network.days) for name, column in told.items()},
        **{name: values.ravel() for name, values in table.items()},
    }


def distribution_measures(network: Network, table: Table, travelled: LoadTransits, route: Int32Array) -> list[Measure]:
    """Of each corridor of distribution, in the order of their keys; `travelled` from handing on, `route` of each load.

    handed_on_tonnes_per_day:<corridor> [tonnes/day] = kg that arrived in its area after warm-up and went on by it /
        1000 (T - w)
    distributed_tonnes_per_day:<corridor> [tonnes/day] = kg that arrived at its end after warm-up / 1000 (T - w)
    distribution_lost_tonnes_per_day:<corridor> [tonnes/day] = the same of kg intercepted, expired, returned or turned
        away
    undistributed_end_tonnes:<corridor> [tonnes] = kg that went on by it, or stood at its hub at the start, and had not
        come to their end as the run ended / 1000
    distribution_h_mean:<corridor> [h] = sum(min(a, end) - h) / n, h the second at which a part arrived in the area and
        went on, a that at which its last pallet arrived, of the n parts after warm-up (and before the last `run.drain`
        days) that were not sent back or lost: a lower bound
    distribution_h_p50:<corridor>, distribution_h_p90:<corridor> [h] = the ceil(q n)-th shortest a - h of the same
        parts; null where it lies among those that are still under way
    undistributed_end_parts:<corridor> [parts] = those of the same parts that are
    """
    after = np.tile(np.arange(network.days) >= network.warm_up_days, len(table["corridor"]) // network.days)
    days = network.days - network.warm_up_days
    rows = []
    for number, way in enumerate(network.routes):
        own = table["corridor"] == way.name
        for name, column in (
            ("handed_on", "handed_on_kg"), ("distributed", "arrived_kg"), ("distribution_lost", "lost_kg"),
        ):  # fmt: skip
            tonnes = float(table[column][own & after].sum()) / KG_PER_TONNE
            rows.append(Measure(f"{name}_tonnes_per_day:{way.name}", "tonnes/day", tonnes / days))
        left = float(table["under_way_kg"][own].reshape(-1, network.days)[:, -1].sum()) / KG_PER_TONNE
        rows.append(Measure(f"undistributed_end_tonnes:{way.name}", "tonnes", left))
        theirs = np.flatnonzero(route[travelled.load] == number)
        mean, p50, p90, inside = transit_measures(LoadTransits(*(column[theirs] for column in travelled)))
        for name, measure in (("mean", mean), ("p50", p50), ("p90", p90)):
            rows.append(Measure(f"distribution_h_{name}:{way.name}", "h", measure.value))
        rows.append(Measure(f"undistributed_end_parts:{way.name}", "parts", inside.value))
    return rows


def empty_distribution_measures(network: Network) -> list[Measure]:
    """The measures of a world in which nothing went on."""
    none = np.zeros(0, dtype=np.int64)
    table: Table = dict.fromkeys(("corridor", *(f"{name}_kg" for name in (*MILESTONES_BY_COLUMN, "under_way"))), none)
    return distribution_measures(network, table, LoadTransits(none, none, none), none)


STAYS_IN_AREA = -1


def allocate_routes(network: Network, draws: Draws, told: MilestoneEvents) -> Ints:
    """The way by which each of these parts goes on, a route of what takes it up; STAYS, and of rows without pallets."""
    way = np.full(len(told.load), STAYS_IN_AREA, dtype=np.int64)
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
        allocate_by_share(kind_of[source[own]], told.pallets[own], ppm, chosen)
        way[own] = np.append(handing.ways, STAYS_IN_AREA)[chosen]
    return way


def distribution_network_with_loads(network: Network, draws: Draws, told: MilestoneEvents, way: Ints) -> Network:
    """What takes up goods, with the parts that do not stay as its loads: as they came, and as old as they are."""
    onward = network.onward
    assert onward is not None
    number = {source.name: i for i, source in enumerate(onward.sources)}
    own = np.flatnonzero(way != STAYS_IN_AREA)
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
