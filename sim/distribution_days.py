"""What went on inside after it had arrived in an area: day by day and as measures, read off a log of its own.

Loads are the parts in which goods arrived, each on one vehicle; what stood at a hub when the run started is among them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.draws import Draws
from sim.measured import Measure, Transit
from sim.milestones import MILESTONES, Reached, daily
from sim.network import Network
from sim.transits import transit_times
from sim.visits import Narrow

LOST = ("intercepted", "expired", "returned", "turned_away")
TOLD = {"handed_on": ("requested",), "arrived": ("arrived",), "lost": LOST}
KG_IN_A_TONNE = 1000
Table = dict[str, NDArray[Any]]


def distribution_days(network: Network, draws: Draws, found: dict[str, Reached]) -> Table:
    """A row a day of each corridor, sector and cargo: kg that went on, arrived, were lost, are under way at its end.

    lost : intercepted, expired, returned or turned away.
    """
    of_source = [(source.sector, source.cargo) for source in network.sources]
    kinds = sorted(set(of_source))
    kind_of = np.array([kinds.index(kind) for kind in of_source], dtype=np.int64)
    pair = draws.route * len(kinds) + kind_of[draws.source]
    pairs = np.unique(pair)
    sums = daily(found, draws, kind_of[draws.source])
    row = np.searchsorted(pairs, sums["route"] * len(kinds) + sums["group"]) * network.days + sums["day"]
    shape = (len(pairs), network.days)
    table: Table = {}
    for name, milestones in TOLD.items():
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


def distribution_measures(network: Network, table: Table, travelled: Transit, route: Narrow) -> list[Measure]:
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
            tonnes = float(table[column][own & after].sum()) / KG_IN_A_TONNE
            rows.append(Measure(f"{name}_tonnes_per_day:{way.name}", "tonnes/day", tonnes / days))
        left = float(table["under_way_kg"][own].reshape(-1, network.days)[:, -1].sum()) / KG_IN_A_TONNE
        rows.append(Measure(f"undistributed_end_tonnes:{way.name}", "tonnes", left))
        theirs = np.flatnonzero(route[travelled.load] == number)
        mean, p50, p90, inside = transit_times(Transit(*(column[theirs] for column in travelled)))
        for name, measure in (("mean", mean), ("p50", p50), ("p90", p90)):
            rows.append(Measure(f"distribution_h_{name}:{way.name}", "h", measure.value))
        rows.append(Measure(f"undistributed_end_parts:{way.name}", "parts", inside.value))
    return rows


def nothing(network: Network) -> list[Measure]:
    """The measures of a world in which nothing went on."""
    none = np.zeros(0, dtype=np.int64)
    table: Table = dict.fromkeys(("corridor", *(f"{name}_kg" for name in (*TOLD, "under_way"))), none)
    return distribution_measures(network, table, Transit(none, none, none), none)
