"""Milestones of loads, and transit times from dispatch to arrival, computed from the log.

A milestone count has the milestone in its name. It counts inbound trucks up to `offloaded`, and Gaza-side vehicles
from `collected` on; a vehicle counts with the flow and corridor of its first pallet. A corridor without a step does not
have the milestones of that step. Nothing here depends on the engine that wrote the log.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import events as e
from sim.laws import Ints
from sim.luck.draws import Draws
from sim.network.corridors import Convoy, Inspect, Offload, PassGate, Permit, Route, TakeSlot, Transfer, Travel
from sim.network.gates import GateNode
from sim.network.lanes import PoolNode
from sim.network.network import Network
from sim.network.roads import RoadNode
from sim.readings.records import TRANSIT_OUTCOMES, LoadTransits, Measure
from sim.readings.visits import History, LoadParts, is_load
from sim.rules import WITHOUT_END_S
from sim.units import DAY_S, HOUR_S

MILESTONES = (
    "requested", "authorised", "refused", "manifested", "no_show", "dispatched", "at_crossing", "entered", "rejected",
    "returned", "turned_away", "offloaded", "collected", "arrived", "intercepted", "expired",
)  # fmt: skip

END_EVENTS = {"arrived": e.ARRIVED, "intercepted": e.INTERCEPTED, "expired": e.EXPIRED}  # final events


class MilestoneEvents(NamedTuple):
    """Events of one milestone. Shape (n,) int64; pallets and kg are 0 in rows that count trucks alone."""

    load: Ints
    time_s: Ints
    trucks: Ints
    pallets: Ints
    kg: Ints


def route_milestones(network: Network, route: Route) -> tuple[str, ...]:
    """Returns the milestones that a corridor has, in the order of MILESTONES."""
    names = {"requested", "arrived"}
    number = network.routes.index(route)
    if any(source.shelf_life_s < WITHOUT_END_S and number in source.corridors for source in network.sources):
        names.add("expired")
    for step in route.steps:
        if isinstance(step, Travel):
            roads = [network.nodes[road] for road in step.roads]
            names.add("dispatched")
            losing = any(isinstance(road, RoadNode) and road.factors is not None for road in roads)
            names |= {"intercepted"} if losing else set()
        elif isinstance(step, PassGate):
            gate = network.nodes[step.gate]
            names |= {"at_crossing", "entered"} if isinstance(gate, GateNode) and gate.border else set()
        elif isinstance(step, Inspect):
            names |= {"rejected", "returned"}
        elif isinstance(step, Permit):
            names |= {"authorised", "refused", "returned"}
        elif isinstance(step, TakeSlot):
            names |= {"manifested", "no_show"}
        elif isinstance(step, Transfer) and step.platform >= 0:
            names.add("offloaded")
        elif isinstance(step, Convoy) and network.lines[step.line].fleet >= 0:
            names.add("collected")
        if isinstance(step, Inspect | Transfer | Offload):
            pool = network.nodes[step[0]]
            names |= {"turned_away"} if isinstance(pool, PoolNode) and pool.turn_away else set()
    return tuple(name for name in MILESTONES if name in names)


def find_milestones(history: History, draws: Draws, network: Network) -> dict[str, MilestoneEvents]:
    """Returns the events of every milestone, by name; a milestone that no corridor has is empty."""
    first_roads = _first_roads(network)
    border = [node.number for node in network.nodes if isinstance(node, GateNode) and node.border]
    fleets = {line.fleet for line in network.lines if line.fleet >= 0}

    def whole(load: Ints, time_s: Ints) -> MilestoneEvents:
        """Returns events of inbound trucks with all that they carry."""
        pallets, kg = (column[load].astype(np.int64) for column in (draws.pallets, draws.kg))
        return MilestoneEvents(load, time_s, np.ones_like(load), pallets, kg)

    def from_rows(kind: int) -> MilestoneEvents:
        """Returns events of the log rows of one kind that belong to loads."""
        rows = history.rows(kind)
        rows = rows[is_load(rows["carrier"])] if kind in (e.AUTHORISED, e.REFUSED) else rows
        return whole(rows["entity"].astype(np.int64), rows["time_s"].astype(np.int64))

    def first(places: Iterable[int], moment: str) -> MilestoneEvents:
        """Returns each load's first visit, on its own truck, to any of the places; of roads only first roads count."""
        earliest = np.full(len(draws), history.horizon_s, dtype=np.int64)
        for place in places:
            visits = history.visits(place)
            counted = visits.carrier < 0
            if isinstance(network.nodes[place], RoadNode):
                counted &= first_roads[draws.route[visits.entity], place]
            np.minimum.at(earliest, visits.entity[counted], getattr(visits, moment)[counted].astype(np.int64))
        load = np.flatnonzero(earliest < history.horizon_s)
        return whole(load, earliest[load])

    offloaded = history.rows(e.OFFLOADED)
    offloaded = offloaded[_initial_places(history, len(draws))[offloaded["entity"]] != offloaded["place"]]
    return {
        "requested": from_rows(e.REQUESTED),
        "dispatched": first(np.flatnonzero(first_roads.any(axis=0)).tolist(), "started_s"),
        "at_crossing": first(border, "joined_s"),
        "entered": first(border, "started_s"),
        "authorised": from_rows(e.AUTHORISED),
        "refused": from_rows(e.REFUSED),
        "manifested": from_rows(e.MANIFESTED),
        "no_show": from_rows(e.NO_SHOW),
        "rejected": from_rows(e.REJECTED),
        "returned": from_rows(e.RETURNED),
        "turned_away": from_rows(e.TURNED_AWAY),
        "offloaded": whole(offloaded["entity"].astype(np.int64), offloaded["time_s"].astype(np.int64)),
        "collected": _concatenated(
            _vehicle_events(history, fleets, "started_s"), _parts_with_kg(history.collected_parts, draws)
        ),
        **_end_milestones(history, draws),
    }


def daily_milestone_sums(milestones: dict[str, MilestoneEvents], draws: Draws, group: Ints) -> dict[str, Ints]:
    """Returns sums by (day, route, group, milestone): these four columns, and trucks, pallets and kg.

    Keys without an event have no row. The column `milestone` is an index into MILESTONES.

    group : (n,) group number of each load.
    """
    from sim.readings import passes

    groups = int(group.max(initial=0)) + 1
    pair = draws.route * groups + group
    pairs = np.flatnonzero(np.bincount(pair))  # the pairs that some load has, ascending
    pair = np.searchsorted(pairs, pair)
    days = 1 + max(int(events.time_s.max(initial=0)) // DAY_S for events in milestones.values())
    sums = np.zeros((len(MILESTONES), days, len(pairs), 4), dtype=np.int64)
    for name, sums_of_milestone in zip(MILESTONES, sums, strict=True):
        load, time_s, *values = milestones[name]
        passes.add_daily_sums(time_s, pair[load], tuple(values), sums_of_milestone)
    sums = np.moveaxis(sums, 0, 2)
    day, pair, milestone = np.nonzero(sums[..., 0])
    table = {"day": day, "route": pairs[pair] // groups, "group": pairs[pair] % groups, "milestone": milestone}
    return table | dict(zip(("trucks", "pallets", "kg"), sums[day, pair, milestone, 1:].T, strict=True))


def _first_roads(network: Network) -> NDArray[np.bool_]:
    """Whether a road can be the first of a route: the first drive takes one of them. Shape (routes, places)."""
    firsts = np.zeros((len(network.routes), len(network.nodes)), dtype=np.bool_)
    for first, route in zip(firsts, network.routes, strict=True):
        first[[*next((step.roads for step in route.steps if isinstance(step, Travel)), ())]] = True
    return firsts


def _initial_places(history: History, loads: int) -> Ints:
    """Returns the place of each load of the opening stock, and -1 for the other loads. Shape (n,)."""
    place = np.full(loads, -1, dtype=np.int64)
    stocked = history.rows(e.STOCKED)
    place[stocked["entity"]] = stocked["place"]
    return place


def _vehicle_events(history: History, places: Iterable[int], moment: str) -> MilestoneEvents:
    """Returns an event for each visit of a vehicle or arriving truck that reached `moment`, without its cargo."""
    load, time_s = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]  # sets the type, and allows no places
    for place in places:
        visits = history.visits(place)
        reached = getattr(visits, moment) < history.horizon_s
        load.append(visits.entity[reached])
        time_s.append(getattr(visits, moment)[reached])
    loads = np.concatenate(load)
    return MilestoneEvents(
        loads, np.concatenate(time_s), np.ones_like(loads), np.zeros_like(loads), np.zeros_like(loads)
    )


def _parts_with_kg(parts: LoadParts, draws: Draws) -> MilestoneEvents:
    """Returns parts with their pallets and kg; the parts of a load add up to its kg."""
    load, pallets = parts.load, parts.pallets
    upto = np.cumsum(pallets)  # parts are sorted by load: subtract what came before the load
    begins = np.append(True, load[1:] != load[:-1])[: len(load)]
    upto -= np.maximum.accumulate(np.where(begins, upto - pallets, 0))
    whole, kg_of = draws.pallets[load], draws.kg[load]
    kg = np.asarray(kg_of * upto // whole - kg_of * (upto - pallets) // whole, dtype=np.int64)
    return MilestoneEvents(load, parts.time_s, np.zeros_like(load), pallets, kg)


def _end_milestones(history: History, draws: Draws) -> dict[str, MilestoneEvents]:
    """Returns parts that arrived, were intercepted or expired, and the vehicles or inbound trucks that carried them.

    A vehicle counts once: as arrived if any of its cargo arrived. It counts with the load of its first pallet.
    """
    ended, upto = history.ended_parts, np.cumsum(draws.pallets, dtype=np.int64)
    parts = _parts_with_kg(ended, draws)
    carrier_key = np.where(ended.carrier >= 0, ended.carrier, -1 - ended.load)
    first_load = np.where(ended.carrier >= 0, np.searchsorted(upto, ended.carrier, side="right"), ended.load)
    milestones, counted = {}, np.zeros(0, dtype=np.int64)
    for milestone, kind in END_EVENTS.items():
        of_kind = np.flatnonzero(ended.kind == kind)
        keys, at = np.unique(carrier_key[of_kind], return_index=True)
        at = of_kind[at[~np.isin(keys, counted)]]
        counted = np.append(counted, keys)
        one, zeros = np.ones_like(at), np.zeros_like(at)
        vehicles = MilestoneEvents(first_load[at], ended.time_s[at], one, zeros, zeros)
        milestones[milestone] = _concatenated(vehicles, MilestoneEvents(*(column[of_kind] for column in parts)))
    return milestones


def _concatenated(one: MilestoneEvents, other: MilestoneEvents) -> MilestoneEvents:
    return MilestoneEvents(*(np.concatenate(pair) for pair in zip(one, other, strict=True)))


def load_transits(
    history: History, draws: Draws, milestones: dict[str, MilestoneEvents], network: Network
) -> LoadTransits:
    """Returns outcome and transit time of the dispatched loads that were created after warm-up and before the drain.

    The time runs from dispatch until the last pallet reached its end, or to the run's end.
    """
    from_s, until_s = network.warm_up_days * DAY_S, (network.days - network.drain_days) * DAY_S
    n = len(draws)
    dispatched, ended = np.full(n, -1, dtype=np.int64), np.full(n, history.horizon_s, dtype=np.int64)
    dispatched[milestones["dispatched"].load] = milestones["dispatched"].time_s
    outcome = np.full(n, TRANSIT_OUTCOMES.index("inside"), dtype=np.int64)
    parts, last_s = history.ended_parts, np.zeros(n, dtype=np.int64)
    np.maximum.at(last_s, parts.load, parts.time_s)
    done = np.bincount(parts.load, parts.pallets, n) == draws.pallets
    fate = np.full(n, TRANSIT_OUTCOMES.index("arrived"))
    for name in ("expired", "intercepted"):
        fate[parts.load[parts.kind == END_EVENTS[name]]] = TRANSIT_OUTCOMES.index(name)
    outcome[done], ended[done] = fate[done], last_s[done]
    for name in ("returned", "turned_away"):
        outcome[milestones[name].load], ended[milestones[name].load] = (
            TRANSIT_OUTCOMES.index(name),
            milestones[name].time_s,
        )
    counted = np.flatnonzero((dispatched >= 0) & (draws.created_s >= from_s) & (draws.created_s < until_s))
    return LoadTransits(counted, outcome[counted], ended[counted] - dispatched[counted])


def transit_measures(transits: LoadTransits) -> list[Measure]:
    """Measures of the time from dispatch to arrival, of the dispatched loads that were neither sent back nor lost.

    The mean counts loads still inside up to the run's end, so it is a lower bound; a quantile among them is unknown.

    transit_h_mean [h] = sum(min(a, end) - d) / n, d the start of the load's first drive and a the arrival of its last
        pallet, of the n dispatched loads created after warm-up (and before the last `run.drain` days) that were neither
        sent back nor lost: a lower bound
    transit_h_p50, transit_h_p90 [h] = the ceil(q n)-th shortest a - d of the same loads; null where it lies among those
        that are still inside
    inside_end_loads [loads] = those of the same loads that have not wholly arrived, and of which nothing was lost, at
        the run's end
    """
    arrived, inside = (transits.outcome == TRANSIT_OUTCOMES.index(name) for name in ("arrived", "inside"))
    inside_count = int(inside.sum())
    hours = np.sort(transits.duration_s[arrived]) / HOUR_S
    elapsed = transits.duration_s[arrived | inside] / HOUR_S

    def quantile(share: float) -> float | None:
        rank = int(np.ceil(share * (len(hours) + inside_count))) - 1
        return float(hours[rank]) if 0 <= rank < len(hours) else None

    return [
        Measure("transit_h_mean", "h", float(elapsed.mean()) if len(elapsed) else None),
        Measure("transit_h_p50", "h", quantile(0.5)),
        Measure("transit_h_p90", "h", quantile(0.9)),
        Measure("inside_end_loads", "loads", float(inside_count)),
    ]
