"""The offered load rho of each place, and the study type, computed from the configuration alone. Nothing is run.

rho = arrivals a day x mean service / lane-time open a day. At 1 or more a queue grows for as long as the rates hold.
Opening stock does not count: it is worked off once. A phase counts for the part of the run in which it holds; one that
is drawn counts with its mean.
"""

from collections import defaultdict
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sim.calendars import Steps
from sim.luck.changes import with_mean_phases
from sim.luck.choices import first_open_by_day
from sim.luck.places import expected_availability
from sim.luck.variates import NO_REASONS, shares_still_rejected
from sim.network.base import Purpose, Setting, Slot
from sim.network.convoys import FleetNode, YardNode
from sim.network.corridors import (
    Convoy,
    Inspect,
    Line,
    Offload,
    PassGate,
    Permit,
    Route,
    Step,
    TakeSlot,
    Transfer,
    Travel,
)
from sim.network.flows import Choice, RateSteps, Renewal, Source, Trace
from sim.network.gates import KG, LITRES, PALLETS_BEHIND, CeilingNode, GateNode
from sim.network.lanes import Caps, PoolNode
from sim.network.network import Network
from sim.network.offices import OfficeNode, SlotsNode
from sim.network.roads import RoadNode
from sim.network.stock import StoreNode
from sim.readings.places import limit_by_day
from sim.rules import FIRST_OPEN, is_road_preferred
from sim.units import DAY_S, HOUR_S, PPM

LOAD_QUANTILES = (np.arange(1000) + 0.5) / 1000  # of 1,000 equally likely loads


class OfferedLoad(NamedTuple):
    """Load of a place: trucks (or vehicles) a day, hours of service each, lane-hours open a day, and rho.

    Of a store it is in pallets a day; each takes one day of an outflow of one pallet a day. rho is None where the place
    never opens and nobody comes.
    """

    arrivals_per_day: float
    service_h: float
    lane_h_per_day: float
    rho: float | None


def offered_loads(network: Network) -> dict[int, OfferedLoad]:
    """Returns the load of each place that can be overloaded, from the rates of flows and the means of laws."""
    network = with_mean_phases(network)
    arrivals: dict[int, float] = defaultdict(float)
    work_s: dict[int, float] = defaultdict(float)
    for source in network.sources:
        for route, per_day in _loads_per_day(network, source):
            _add_flow(network, route, per_day, source, arrivals, work_s)
    loads = {}
    for node in network.nodes:
        if isinstance(node, CeilingNode) and node.unit != PALLETS_BEHIND:
            loads[node.number] = _ceiling_load(network, node)
        if isinstance(node, OfficeNode | SlotsNode) and (limits := limit_by_day(node, network.days)).min() >= 0:
            arriving = arrivals[node.number]
            limit = float(limits.mean()) * expected_availability(network, node.number)
            loads[node.number] = _load_of_daily_limit(arriving, arriving, limit)
        if isinstance(node, PoolNode | FleetNode | StoreNode):
            lanes = node.over_time(Setting.vehicles) if isinstance(node, FleetNode) else node.calendar
            open_s = _open_s_per_day(lanes, network.days)
            open_s *= expected_availability(network, node.number)
            busy_s, arriving = work_s[node.number], arrivals[node.number]
            rho = busy_s / open_s if open_s else (float("inf") if arriving else None)
            loads[node.number] = OfferedLoad(
                arriving, busy_s / arriving / HOUR_S if arriving else 0.0, open_s / HOUR_S, rho
            )
    return loads


def _ceiling_load(network: Network, node: CeilingNode) -> OfferedLoad:
    """Returns the load of a ceiling, without the trucks that are refused before it."""
    arriving = used = 0.0
    for i, source in enumerate(network.sources):
        for route, per_day in _loads_per_day(network, source):
            for gate in (step.gate for step in route.steps if isinstance(step, PassGate)):
                line = network.gate_line.get((gate, i))
                if line is not None and node.number in network.gate_lines[line].ceilings:
                    arriving += per_day
                    litres = source.pallets.mean_value() * source.litres
                    used += per_day * {KG: source.weight.mean_value(), LITRES: litres}.get(node.unit, 1)
    limit = _open_s_per_day(node.calendar, network.days) / node.period_s * expected_availability(network, node.number)
    return _load_of_daily_limit(arriving, used, limit)


def _load_of_daily_limit(arriving: float, used: float, limit: float) -> OfferedLoad:
    """Returns a daily limit as one lane that is always open, in which each truck takes its part of a day."""
    rho = used / limit if limit else (float("inf") if arriving else None)
    return OfferedLoad(arriving, 24 * used / arriving / limit if arriving and limit else 0.0, 24.0, rho)


def study_type(network: Network, loads: dict[int, OfferedLoad]) -> str:
    """Returns `terminating` (a dated period from its stock), `cyclic-steady`, or `unstable` (no steady state)."""
    if network.warm_up_days == 0:
        return "terminating"
    return "unstable" if any(load.rho is not None and load.rho >= 1 for load in loads.values()) else "cyclic-steady"


def requested_per_day(network: Network) -> float:
    """Returns the loads requested on a mean day of the run."""
    network = with_mean_phases(network)
    return sum(per_day for source in network.sources for _, per_day in _loads_per_day(network, source))


def _loads_per_day(network: Network, source: Source) -> list[tuple[Route, float]]:
    rate = 0.0
    if isinstance(source.demand, RateSteps):
        rate = source.demand.mean(network.days)
    elif isinstance(source.demand, Renewal):
        rate = DAY_S / source.demand.interval.mean_value()
    elif isinstance(source.demand, Trace):
        rate = float((source.demand.created_s < network.horizon_s).sum()) / network.days
    shares = _corridor_shares(network, source)
    return [(network.routes[i], rate * share) for i, share in zip(source.corridors, shares, strict=True)]


def _corridor_shares(network: Network, source: Source) -> list[float]:
    """Returns the share of all loads of the run that takes each corridor, weighted by the rate if there is one.

    Diversions are ignored, and a choice by waiting time is split evenly.
    """
    if source.choice and source.choice.rule == FIRST_OPEN:
        return _shares_by_open_days(network, source, source.choice)
    horizon_s = network.horizon_s
    cumulative = np.array([source.cumulative, *(later for _, later in source.later)])
    edges = np.array([0, *(at_s for at_s, _ in source.later), horizon_s]).clip(max=horizon_s)
    weights = np.diff(edges).astype(float)
    if isinstance(source.demand, RateSteps) and source.demand.mean(horizon_s // DAY_S) > 0:
        weights = np.array([source.demand.loads(*span) for span in pairwise(edges.tolist())])
    shares = np.diff(
        np.average(cumulative, axis=0, weights=weights) if len(cumulative) > 1 else cumulative[0], prepend=0.0
    )
    return [float(share) for share in shares]


def _shares_by_open_days(network: Network, source: Source, choice: Choice) -> list[float]:
    """Returns the shares where each day's loads take the first corridor that opens on it."""
    weights = np.ones(network.days)
    if isinstance(source.demand, RateSteps):
        weights = np.array([source.demand.loads(day * DAY_S, (day + 1) * DAY_S) for day in range(network.days)])
    elif isinstance(source.demand, Trace):
        created_s = source.demand.created_s[source.demand.created_s < network.horizon_s]
        weights = np.bincount(created_s // DAY_S, minlength=network.days).astype(np.float64)
    shares = np.bincount(first_open_by_day(network, choice), weights, choice.many) / max(weights.sum(), 1e-9)
    return [
        float(shares[choice.routes.index(route)]) if route in choice.routes[: choice.many] else 0.0
        for route in source.corridors
    ]


def _add_flow(
    network: Network, route: Route, per_day: float, source: Source, arrivals: dict[int, float], work_s: dict[int, float]
) -> None:
    """Adds one flow on one corridor to `arrivals` and `work_s`.

    Trucks that are sent back come again; those returned, or lost on a road, do not reach the later steps.
    """
    arriving = [per_day] * len(route.steps)
    first_time = list(arriving)  # trucks that come for the first time
    for i, step in enumerate(route.steps):
        if isinstance(step, Inspect) and Slot(Purpose.REJECTED, step.site) in network.shares:
            share, reasons = (
                network.shares[Slot(Purpose.REJECTED, step.site)],
                network.reasons.get(step.site, NO_REASONS),
            )
            *inspected, returned = shares_still_rejected(reasons, share, step.attempts)
            for j in range(step.back_to, i + 1):
                arriving[j] *= sum(inspected)
            for j in range(i + 1, len(route.steps)):
                arriving[j] *= 1 - returned
                first_time[j] *= 1 - returned
    pallets_each = source.pallets.mean_value()
    for i, step in enumerate(route.steps):
        if isinstance(step, Convoy) and (line := network.lines[step.line]).fleet >= 0:
            vehicles = arriving[i] * pallets_each / _fleet_of_line(network, line).pallets
            pallets_each = float(_fleet_of_line(network, line).pallets)
            arriving[i + 1 :] = [vehicles] * (len(arriving) - i - 1)
            stops = [
                (line.yard, 0.0),
                *((_place_of_step(network, step), _mean_service_s(network, step)) for step in line.tail),
            ]
            _add_work(line.fleet, vehicles, _mean_trip_s(network, line.fleet, stops), arrivals, work_s)
        elif isinstance(step, Permit | TakeSlot):
            arrivals[step[0]] += arriving[i]
        elif isinstance(step, Travel):
            left = 1 - _lost_share(network, step, source.cargo)
            arriving[i + 1 :], first_time[i + 1 :] = (
                [number * left for number in trucks[i + 1 :]] for trucks in (arriving, first_time)
            )
        elif isinstance(step, Inspect | Transfer | Offload):
            place = step[0]
            _add_work(place, arriving[i], _mean_service_s(network, step), arrivals, work_s)
            if isinstance(step, Offload) and step.store >= 0:
                _add_work(step.store, arriving[i] * pallets_each, DAY_S, arrivals, work_s)
            if isinstance(step, Transfer) and step.fleet >= 0:
                later_steps = range(i + 1, len(route.steps))
                ends = next(j for j in later_steps if isinstance(route.steps[j], Transfer | Offload))
                held = [(route.steps[j], arriving[j] / arriving[i] if arriving[i] else 0.0) for j in range(i, ends + 1)]
                stops = [
                    (_place_of_step(network, held_step), _mean_service_s(network, held_step) * often)
                    for held_step, often in held
                ]
                _add_work(step.fleet, arriving[i], _mean_trip_s(network, step.fleet, stops), arrivals, work_s)
            if isinstance(step, Inspect) and step.repacking >= 0:
                oversized = _oversized_share(network.caps[step.repacking], source)
                mean_s = network.laws[Slot(Purpose.REPACK, step.repacking)].mean_value()
                _add_work(step.repacking, first_time[i] * oversized, mean_s, arrivals, work_s)
            if isinstance(step, Inspect) and step.manual >= 0:
                sent_to_manual = arriving[i] * network.shares[Slot(Purpose.MANUAL, place)]
                mean_s = network.laws[Slot(Purpose.MANUAL_TIME, step.manual)].mean_value()
                _add_work(step.manual, sent_to_manual, mean_s, arrivals, work_s)


def _oversized_share(caps: Caps, source: Source) -> float:
    """Returns the share of a source's loads that are repacked."""
    fits = (source.pallets.draw(LOAD_QUANTILES) <= caps.pallets).mean()
    if source.height is not None:
        fits *= (source.height.draw(LOAD_QUANTILES) <= caps.height_cm).mean()
    return float(1 - fits)


def _lost_share(network: Network, step: Travel, cargo: str) -> float:
    """Returns the share of trucks with a cargo that lose all on a road, averaged over the run."""
    road = _usual_road(network, step)
    missions, within = (
        _open_s_per_day(road.over_time(s), network.days) / DAY_S / PPM for s in (Setting.missions, Setting.within)
    )
    return missions * min(1.0, within * road.factor(cargo) / PPM)


def _add_work(place: int, per_day: float, mean_s: float, arrivals: dict[int, float], work_s: dict[int, float]) -> None:
    arrivals[place] += per_day
    work_s[place] += per_day * mean_s


def _mean_service_s(network: Network, step: Step) -> float:
    match step:
        case Inspect():
            return network.laws[Slot(Purpose.INSPECT, step.site)].mean_value()
        case Transfer():
            return network.laws[Slot(Purpose.TRANSFER, step.bays)].mean_value()
        case Offload():
            return network.laws[Slot(Purpose.OFFLOAD, step.warehouse)].mean_value()
        case Travel():
            return network.laws[Slot(Purpose.TRAVEL, _usual_road(network, step).number)].mean_value()
        case PassGate() | Convoy() | Permit() | TakeSlot():
            return 0.0


def _usual_road(network: Network, step: Travel) -> RoadNode:
    """Returns the road that the rule takes if each has its mean speed all the time, and no traffic."""
    usual, *others = (node for road in step.roads if isinstance(node := network.nodes[road], RoadNode))
    for road in others:
        speed, usual_speed = (round(_open_s_per_day(node.calendar, network.days)) for node in (road, usual))
        if is_road_preferred(step.choose, road.mean_s, speed, usual.mean_s, usual_speed):
            usual = road
    return usual


def _place_of_step(network: Network, step: Step) -> int:
    if isinstance(step, Travel):
        return _usual_road(network, step).number
    return network.lines[step.line].yard if isinstance(step, Convoy) else step[0]


def _mean_trip_s(network: Network, fleet: int, stops: list[tuple[int, float]]) -> float:
    """Returns the mean time of a vehicle's trip without waiting for others: drive, offload and way home [s].

    It is stretched to the opening hours of the yard, road or dock that is open least; a road counts with its speed
    while it is open. stops : the places on the trip, and the mean time at each [s].
    """
    total, least_open = network.laws[Slot(Purpose.HOME, fleet)].mean_value(), 1.0
    for place, mean_s in stops:
        node = network.nodes[place]
        assert isinstance(node, YardNode | RoadNode | PoolNode | GateNode)
        full_s = _open_s_per_day(node.calendar, network.days)
        open_s = _open_s_per_day(Steps(node.calendar.at_s, (node.calendar.value > 0).astype(int)), network.days)
        if not open_s:
            return float("inf")
        total += mean_s * 100 * open_s / full_s if isinstance(node, RoadNode) else mean_s
        least_open = min(least_open, open_s * expected_availability(network, place) / DAY_S)
    return total / least_open


def _fleet_of_line(network: Network, line: Line) -> FleetNode:
    fleet = network.nodes[line.fleet]
    assert isinstance(fleet, FleetNode)
    return fleet


def _open_s_per_day(calendar: Steps, days: int) -> float:
    """Returns the lane-seconds open on a mean day of the run."""
    return float(calendar.integral(days * DAY_S)) / days
