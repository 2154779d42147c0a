"""Distribution: goods that go on inside after they arrived in an area, by day and as measures, and their allocation.

A load of the distribution network is a part of goods on the vehicle on which it arrived, or opening stock at a hub.
Parts are allocated to routes in the order in which they arrive, without randomness: each goes to the option that is
furthest behind its share of the pallets of its kind so far, the first if tied. Staying in the area is the last option.
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
STAYS_IN_AREA = -1  # in place of a route
KG_PER_TONNE = 1000
Table = dict[str, NDArray[Any]]


def distribution_by_day(network: Network, draws: Draws, milestones: dict[str, MilestoneEvents]) -> Table:
    """Returns a row a day of each corridor, sector and cargo: kg allocated, arrived, lost, and under way at day's end.

    lost : intercepted, expired, returned or turned away.
    """
    kind_of_source = [(source.sector, source.cargo) for source in network.sources]
    kinds = sorted(set(kind_of_source))
    kind_of = np.array([kinds.index(kind) for kind in kind_of_source], dtype=np.int64)
    pair = draws.route * len(kinds) + kind_of[draws.source]
    pairs = np.unique(pair)
    sums = daily_milestone_sums(milestones, draws, kind_of[draws.source])
    row = np.searchsorted(pairs, sums["route"] * len(kinds) + sums["group"]) * network.days + sums["day"]
    shape = (len(pairs), network.days)
    table: Table = {}
    for name, column_milestones in MILESTONES_BY_COLUMN.items():
        in_column = np.isin(sums["milestone"], [MILESTONES.index(milestone) for milestone in column_milestones])
        kg = np.bincount(row[in_column], sums["kg"][in_column], len(pairs) * network.days)  # exact: far below 2**53
        table[f"{name}_kg"] = kg.astype(np.int64).reshape(shape)
    stocked = np.array([source.demand is None for source in network.sources], dtype=np.bool_)[draws.source]
    opening = np.bincount(np.searchsorted(pairs, pair[stocked]), draws.kg[stocked], len(pairs)).astype(np.int64)
    change = table["handed_on_kg"] - table["arrived_kg"] - table["lost_kg"]
    table["under_way_kg"] = opening[:, None] + np.cumsum(change, axis=1)
    route, kind = np.divmod(pairs, len(kinds))
    names = {
        "corridor": np.array([route.name for route in network.routes])[route],
        "sector": np.array([sector for sector, _ in kinds])[kind],
        "cargo": np.array([cargo for _, cargo in kinds])[kind],
    }
    return {
        "day": np.tile(np.arange(network.days), len(pairs)),
        **{name: np.repeat(column, network.days) for name, column in names.items()},
        **{name: values.ravel() for name, values in table.items()},
    }


def distribution_measures(network: Network, table: Table, transits: LoadTransits, route: Int32Array) -> list[Measure]:
    """Measures of each distribution corridor, in the order of their keys.

    transits : from allocation on. route : (n,) route of each load.

    handed_on_tonnes_per_day:<corridor> [tonnes/day] = kg that arrived in its area after warm-up and went on by it /
        1000 (T - w)
    distributed_tonnes_per_day:<corridor> [tonnes/day] = kg that arrived at its end after warm-up / 1000 (T - w)
    distribution_lost_tonnes_per_day:<corridor> [tonnes/day] = the same of kg intercepted, expired, returned or turned
        away
    undistributed_end_tonnes:<corridor> [tonnes] = kg that went on by it, or stood at its hub at the start, and had
        neither arrived nor been lost at the run's end / 1000
    distribution_h_mean:<corridor> [h] = sum(min(a, end) - h) / n, h the second at which a part arrived in the area and
        went on, a that at which its last pallet arrived, of the n parts after warm-up (and before the last `run.drain`
        days) that were not sent back or lost: a lower bound
    distribution_h_p50:<corridor>, distribution_h_p90:<corridor> [h] = the ceil(q n)-th shortest a - h of the same
        parts; null where it lies among those that are still under way
    undistributed_end_parts:<corridor> [parts] = the number of the same parts that are still under way
    """
    counted = np.tile(np.arange(network.days) >= network.warm_up_days, len(table["corridor"]) // network.days)
    days = network.days - network.warm_up_days
    rows = []
    for number, corridor in enumerate(network.routes):
        of_corridor = table["corridor"] == corridor.name
        for name, column in (
            ("handed_on", "handed_on_kg"), ("distributed", "arrived_kg"), ("distribution_lost", "lost_kg"),
        ):  # fmt: skip
            tonnes = float(table[column][of_corridor & counted].sum()) / KG_PER_TONNE
            rows.append(Measure(f"{name}_tonnes_per_day:{corridor.name}", "tonnes/day", tonnes / days))
        left = float(table["under_way_kg"][of_corridor].reshape(-1, network.days)[:, -1].sum()) / KG_PER_TONNE
        rows.append(Measure(f"undistributed_end_tonnes:{corridor.name}", "tonnes", left))
        loads = np.flatnonzero(route[transits.load] == number)
        mean, p50, p90, inside = transit_measures(LoadTransits(*(column[loads] for column in transits)))
        for name, measure in (("mean", mean), ("p50", p50), ("p90", p90)):
            rows.append(Measure(f"distribution_h_{name}:{corridor.name}", "h", measure.value))
        rows.append(Measure(f"undistributed_end_parts:{corridor.name}", "parts", inside.value))
    return rows


def empty_distribution_measures(network: Network) -> list[Measure]:
    """Returns the distribution measures of a run in which nothing was distributed."""
    empty = np.zeros(0, dtype=np.int64)
    table: Table = dict.fromkeys(("corridor", *(f"{name}_kg" for name in (*MILESTONES_BY_COLUMN, "under_way"))), empty)
    return distribution_measures(network, table, LoadTransits(empty, empty, empty), empty)


def allocate_routes(network: Network, draws: Draws, events: MilestoneEvents) -> Ints:
    """Returns the distribution route that each part takes; STAYS_IN_AREA if it stays, and for rows without pallets.

    events : milestone events of the goods. The result has their shape, (n,).
    """
    allocation = np.full(len(events.load), STAYS_IN_AREA, dtype=np.int64)
    route, source = draws.route[events.load], draws.source[events.load]
    kind_of_source = [(source.sector, source.cargo, source.rank) for source in network.sources]
    kinds = sorted(set(kind_of_source))
    kind_of = np.array([kinds.index(kind) for kind in kind_of_source], dtype=np.int64)
    for handing in network.handings:
        parts = np.flatnonzero((events.pallets > 0) & np.isin(route, handing.routes))
        parts = parts[np.argsort(events.time_s[parts], kind="stable")]  # ties stay in the order of load and vehicle
        ppm = np.array([handing.ppm[kind_of_source.index(kind)] for kind in kinds], dtype=np.int64)
        ppm = np.append(ppm, np.maximum(0, PPM - ppm.sum(axis=1, keepdims=True)), axis=1)  # the last option: it stays
        chosen = np.empty(len(parts), dtype=np.int64)
        allocate_by_share(kind_of[source[parts]], events.pallets[parts], ppm, chosen)
        allocation[parts] = np.append(handing.ways, STAYS_IN_AREA)[chosen]
    return allocation


def distribution_network_with_loads(
    network: Network, draws: Draws, events: MilestoneEvents, allocation: Ints
) -> Network:
    """Returns the distribution network with the allocated parts as its loads; they keep their arrival times and ages.

    allocation : (n,) of each of `events`, from `allocate_routes`.
    """
    distribution = network.onward
    assert distribution is not None
    number = {source.name: i for i, source in enumerate(distribution.sources)}
    parts = np.flatnonzero(allocation != STAYS_IN_AREA)
    parts = parts[np.argsort(events.time_s[parts], kind="stable")]
    load = events.load[parts]
    pairs, pair_of_part = np.unique(allocation[parts] * len(network.sources) + draws.source[load], return_inverse=True)
    flow = np.empty(len(pairs), dtype=np.int64)
    for i, pair in enumerate(pairs.tolist()):
        route, source = divmod(pair, len(network.sources))
        goods_source = network.sources[source]
        flow[i] = number[
            name_of(distribution.routes[route].name, goods_source.sector, goods_source.cargo, goods_source.rank)
        ]
    flow_of_part = flow[pair_of_part]
    began_s = draws.created_s[load].astype(np.int64) - draws.age_s[load]
    sources = list(distribution.sources)
    for i in np.unique(flow).tolist():
        rows = np.flatnonzero(flow_of_part == i)
        arrived_s, pallets, kg = (column[parts[rows]] for column in (events.time_s, events.pallets, events.kg))
        sources[i] = sources[i]._replace(demand=Trace(arrived_s, pallets, kg, {}, arrived_s - began_s[rows]))
    return replace(distribution, sources=tuple(sources))
