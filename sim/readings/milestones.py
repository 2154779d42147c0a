"""Milestones read off the log: who reached what, when, with how many trucks, pallets and kilograms.

A count carries its milestone in its name. Trucks are inbound trucks up to offloaded, Gaza-side vehicles from collected
on; a vehicle counts with the flow and corridor of its first pallet. A corridor without the step has no such milestone.

How long loads are under way, from dispatch until the last of each has come to its end; read off their log.
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

END_EVENTS = {"arrived": e.ARRIVED, "intercepted": e.INTERCEPTED, "expired": e.EXPIRED}  # of what came far enough


class MilestoneEvents(NamedTuple):
    """One milestone: who reached it when. Shape (n,) int64; kg and pallets 0 in rows that count trucks alone."""

    load: Ints
    time_s: Ints
    trucks: Ints
    pallets: Ints
    kg: Ints


def route_milestones(network: Network, route: Route) -> tuple[str, ...]:
    """The milestones that a corridor has, in order."""
    has = {"requested", "arrived"}
    number = network.routes.index(route)
    if any(source.shelf_life_s < WITHOUT_END_S and number in source.corridors for source in network.sources):
        has.add("expired")
    for step in route.steps:
        if isinstance(step, Travel):
            roads = [network.nodes[road] for road in step.roads]
            has.add("dispatched")
            losing = any(isinstance(road, RoadNode) and road.factors is not None for road in roads)
            has |= {"intercepted"} if losing else set()
        elif isinstance(step, PassGate):
            gate = network.nodes[step.gate]
            has |= {"at_crossing", "entered"} if isinstance(gate, GateNode) and gate.border else set()
        elif isinstance(step, Inspect):
            has |= {"rejected", "returned"}
        elif isinstance(step, Permit):
            has |= {"authorised", "refused", "returned"}
        elif isinstance(step, TakeSlot):
            has |= {"manifested", "no_show"}
        elif isinstance(step, Transfer) and step.platform >= 0:
            has.add("offloaded")
        elif isinstance(step, Convoy) and network.lines[step.line].fleet >= 0:
            has.add("collected")
        if isinstance(step, Inspect | Transfer | Offload):
            pool = network.nodes[step[0]]
            has |= {"turned_away"} if isinstance(pool, PoolNode) and pool.turn_away else set()
    return tuple(name for name in MILESTONES if name in has)


def find_milestones(history: History, draws: Draws, network: Network) -> dict[str, MilestoneEvents]:
    """Every milestone that any corridor has."""
    first_roads = _first_roads(network)
    border = [node.number for node in network.nodes if isinstance(node, GateNode) and node.border]
    fleets = {line.fleet for line in network.lines if line.fleet >= 0}

    def whole(load: Ints, time_s: Ints) -> MilestoneEvents:
        """Inbound trucks with all that they carry."""
        pallets, kg = (column[load].astype(np.int64) for column in (draws.pallets, draws.kg))
        return MilestoneEvents(load, time_s, np.ones_like(load), pallets, kg)

    def told(kind: int) -> MilestoneEvents:
        rows = history.rows(kind)
        rows = rows[is_load(rows["carrier"])] if kind in (e.AUTHORISED, e.REFUSED) else rows
        return whole(rows["entity"].astype(np.int64), rows["time_s"].astype(np.int64))

    def first(places: Iterable[int], moment: str) -> MilestoneEvents:
        """The first visit to any of these places of each load on its own truck, to a road only if it is its first."""
        earliest = np.full(len(draws), history.horizon_s, dtype=np.int64)
        for place in places:
            visits = history.visits(place)
            own = visits.carrier < 0
            if isinstance(network.nodes[place], RoadNode):
                own &= first_roads[draws.route[visits.entity], place]
            np.minimum.at(earliest, visits.entity[own], getattr(visits, moment)[own].astype(np.int64))
        load = np.flatnonzero(earliest < history.horizon_s)
        return whole(load, earliest[load])

    offloaded = history.rows(e.OFFLOADED)
    offloaded = offloaded[_initial_places(history, len(draws))[offloaded["entity"]] != offloaded["place"]]
    return {
        "requested": told(e.REQUESTED),
        "dispatched": first(np.flatnonzero(first_roads.any(axis=0)).tolist(), "started_s"),
        "at_crossing": first(border, "joined_s"),
        "entered": first(border, "started_s"),
        "authorised": told(e.AUTHORISED),
        "refused": told(e.REFUSED),
        "manifested": told(e.MANIFESTED),
        "no_show": told(e.NO_SHOW),
        "rejected": told(e.REJECTED),
        "returned": told(e.RETURNED),
        "turned_away": told(e.TURNED_AWAY),
        "offloaded": whole(offloaded["entity"].astype(np.int64), offloaded["time_s"].astype(np.int64)),
        "collected": _concatenated(
            _vehicle_events(history, fleets, "started_s"), _parts_with_kg(history.collected_parts, draws)
        ),
        **_end_milestones(history, draws),
    }


def daily_milestone_sums(found: dict[str, MilestoneEvents], draws: Draws, group: Ints) -> dict[str, Ints]:
    """Sums by (day, route, group, milestone): a column each, and trucks, pallets, kg. What never was has no row.

    `group` is a number for each load, (n,); `milestone` is an index into MILESTONES.
    """
    from sim.readings import passes

    groups = int(group.max(initial=0)) + 1
    pair = draws.route * groups + group
    pairs = np.flatnonzero(np.bincount(pair))  # those to which some load belongs, in their order
    pair = np.searchsorted(pairs, pair)
    days = 1 + max(int(part.time_s.max(initial=0)) // DAY_S for part in found.values())
    sums = np.zeros((len(MILESTONES), days, len(pairs), 4), dtype=np.int64)
    for name, into in zip(MILESTONES, sums, strict=True):
        load, time_s, *values = found[name]
        passes.add_daily_sums(time_s, pair[load], tuple(values), into)
    sums = np.moveaxis(sums, 0, 2)
    day, pair, milestone = np.nonzero(sums[..., 0])
    table = {"day": day, "route": pairs[pair] // groups, "group": pairs[pair] % groups, "milestone": milestone}
    return table | dict(zip(("trucks", "pallets", "kg"), sums[day, pair, milestone, 1:].T, strict=True))


def _first_roads(network: Network) -> NDArray[np.bool_]:
    """The roads of the first drive of each route, which takes one of them. Shape (routes, places)."""
    firsts = np.zeros((len(network.routes), len(network.nodes)), dtype=np.bool_)
    for first, route in zip(firsts, network.routes, strict=True):
        first[[*next((step.roads for step in route.steps if isinstance(step, Travel)), ())]] = True
    return firsts


def _initial_places(history: History, loads: int) -> Ints:
    """The platform, or other place, at which each load stood when the run started; -1 for the others. Shape (n,)."""
    place = np.full(loads, -1, dtype=np.int64)
    stocked = history.rows(e.STOCKED)
    place[stocked["entity"]] = stocked["place"]
    return place


def _vehicle_events(history: History, places: Iterable[int], moment: str) -> MilestoneEvents:
    """Vehicles, or arriving trucks, counted without what they carry, at this moment of each of their visits."""
    load, time_s = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]  # and what they join is that wide
    for place in places:
        visits = history.visits(place)
        came = getattr(visits, moment) < history.horizon_s
        load.append(visits.entity[came])
        time_s.append(getattr(visits, moment)[came])
    one = np.concatenate(load)
    return MilestoneEvents(one, np.concatenate(time_s), np.ones_like(one), np.zeros_like(one), np.zeros_like(one))


def _parts_with_kg(parts: LoadParts, draws: Draws) -> MilestoneEvents:
    """Parts with pallets and kg; the parts of a load add up to its kg."""
    load, pallets = parts.load, parts.pallets
    upto = np.cumsum(pallets)  # parts are sorted by load: subtract what came before the load
    begins = np.append(True, load[1:] != load[:-1])[: len(load)]
    upto -= np.maximum.accumulate(np.where(begins, upto - pallets, 0))
    whole, kg_of = draws.pallets[load], draws.kg[load]
    kg = np.asarray(kg_of * upto // whole - kg_of * (upto - pallets) // whole, dtype=np.int64)
    return MilestoneEvents(load, parts.time_s, np.zeros_like(load), pallets, kg)


def _end_milestones(history: History, draws: Draws) -> dict[str, MilestoneEvents]:
    """What arrived, was intercepted or had expired, and on how many vehicles, or arriving trucks.

    A vehicle counts once, with what arrived if anything did; as everywhere with the load of its first pallet.
    """
    ended, upto = history.ended_parts, np.cumsum(draws.pallets, dtype=np.int64)
    parts = _parts_with_kg(ended, draws)
    name = np.where(ended.carrier >= 0, ended.carrier, -1 - ended.load)
    first_load = np.where(ended.carrier >= 0, np.searchsorted(upto, ended.carrier, side="right"), ended.load)
    found, counted = {}, np.zeros(0, dtype=np.int64)
    for milestone, kind in END_EVENTS.items():
        own = np.flatnonzero(ended.kind == kind)
        names, at = np.unique(name[own], return_index=True)
        at = own[at[~np.isin(names, counted)]]
        counted = np.append(counted, names)
        one, none = np.ones_like(at), np.zeros_like(at)
        vehicles = MilestoneEvents(first_load[at], ended.time_s[at], one, none, none)
        found[milestone] = _concatenated(vehicles, MilestoneEvents(*(column[own] for column in parts)))
    return found


def _concatenated(one: MilestoneEvents, other: MilestoneEvents) -> MilestoneEvents:
    return MilestoneEvents(*(np.concatenate(pair) for pair in zip(one, other, strict=True)))


def load_transits(history: History, draws: Draws, found: dict[str, MilestoneEvents], network: Network) -> LoadTransits:
    """The loads that came after warm-up and before the drain, and the time from dispatch until their last arrived."""
    from_s, until_s = network.warm_up_days * DAY_S, (network.days - network.drain_days) * DAY_S
    n = len(draws)
    dispatched, ended = np.full(n, -1, dtype=np.int64), np.full(n, history.horizon_s, dtype=np.int64)
    dispatched[found["dispatched"].load] = found["dispatched"].time_s
    outcome = np.full(n, TRANSIT_OUTCOMES.index("inside"), dtype=np.int64)
    parts, last_s = history.ended_parts, np.zeros(n, dtype=np.int64)
    np.maximum.at(last_s, parts.load, parts.time_s)
    done = np.bincount(parts.load, parts.pallets, n) == draws.pallets
    fate = np.full(n, TRANSIT_OUTCOMES.index("arrived"))
    for name in ("expired", "intercepted"):
        fate[parts.load[parts.kind == END_EVENTS[name]]] = TRANSIT_OUTCOMES.index(name)
    outcome[done], ended[done] = fate[done], last_s[done]
    for name in ("returned", "turned_away"):
        outcome[found[name].load], ended[found[name].load] = TRANSIT_OUTCOMES.index(name), found[name].time_s
    own = np.flatnonzero((dispatched >= 0) & (draws.created_s >= from_s) & (draws.created_s < until_s))
    return LoadTransits(own, outcome[own], ended[own] - dispatched[own])


def transit_measures(travelled: LoadTransits) -> list[Measure]:
    """Hours from dispatch to arrival of the dispatched loads that were not sent back, and of which nothing was lost.

    The mean counts those still inside up to the run's end, so it is a lower bound; a quantile among them is unknown.

    transit_h_mean [h] = sum(min(a, end) - d) / n, d the load's first drive and a the arrival of its last pallet, of the
        n loads dispatched that came after warm-up (and before the last `run.drain` days) and were not sent back or
        lost: a lower bound
    transit_h_p50, transit_h_p90 [h] = the ceil(q n)-th shortest a - d of the same loads; null where it lies among those
        that are still inside
    inside_end_loads [loads] = those of the same loads of which something has neither arrived nor been lost at the end
    """
    came, inside = (travelled.outcome == TRANSIT_OUTCOMES.index(name) for name in ("arrived", "inside"))
    stayed = int(inside.sum())
    hours = np.sort(travelled.duration_s[came]) / HOUR_S
    elapsed = travelled.duration_s[came | inside] / HOUR_S

    def quantile(share: float) -> float | None:
        rank = int(np.ceil(share * (len(hours) + stayed))) - 1
        return float(hours[rank]) if 0 <= rank < len(hours) else None

    return [
        Measure("transit_h_mean", "h", float(elapsed.mean()) if len(elapsed) else None),
        Measure("transit_h_p50", "h", quantile(0.5)),
        Measure("transit_h_p90", "h", quantile(0.9)),
        Measure("inside_end_loads", "loads", float(stayed)),
    ]
