"""Time with somebody waiting for a place although it was open, by day: the sign that the place holds traffic back.

A ceiling counts for the gates under it, a platform for the bays that it blocks, a fleet for the stock to be collected,
and a depot for the stock that waits for fuel. Gates and roads are left out, as are places for which nobody waits.
It proposes no remedy.
"""

from typing import NamedTuple

import numpy as np

from sim.calendars import Steps
from sim.laws import Ints
from sim.luck.draws import Draws
from sim.network.base import Node
from sim.network.convoys import FleetNode, YardNode
from sim.network.corridors import Convoy, Transfer
from sim.network.gates import PALLETS_BEHIND, CeilingNode, GateNode
from sim.network.lanes import PoolNode
from sim.network.network import Network
from sim.network.stock import DepotNode, PlatformNode
from sim.readings.gates import ceiling_visits
from sim.readings.stock import _level_steps, collectable_stock, depot_content
from sim.readings.visits import History, intersection, midnights, open_indicator
from sim.units import DAY_S


class DailyWaiting(NamedTuple):
    """Seconds of each day for which a place was open, and for which somebody waited meanwhile. Shape (days,)."""

    open_s: Ints
    waiting_s: Ints


def waiting_by_day(history: History, draws: Draws, network: Network, node: Node) -> DailyWaiting | None:
    """Returns the daily waiting for a place; None where nobody can wait for it, or another place counts for it.

    A daily ceiling holds back all day if it leaves somebody waiting at closing time: later trucks found it used up.
    """
    match node:
        case PoolNode():
            visits = history.visits(node.number)
            return _daily_waiting(
                network, open_indicator(node.calendar), _occupied_indicator(visits.joined_s, visits.started_s)
            )
        case CeilingNode():
            covered = ceiling_visits(history, draws, network, node)
            gates = sorted({line.gate for line in network.gate_lines if node.number in line.ceilings})
            waits = _occupied_indicator(covered.joined_s, covered.passed_s)
            return _waiting_while_open(
                network, gates, waits if node.unit == PALLETS_BEHIND else _waiting_at_closing(network, gates, waits)
            )
        case PlatformNode():
            return _waiting_for_platform(history, draws, network, node)
        case YardNode() | FleetNode() | DepotNode():
            return _waiting_for_convoys(history, draws, network, node)
    return None


def _waiting_for_platform(history: History, draws: Draws, network: Network, node: PlatformNode) -> DailyWaiting | None:
    """Returns the waiting of trucks that are blocked in their bay since the platform has no room."""
    spans, bays = [np.zeros((2, 0), dtype=np.int64)], set()
    for number, route in enumerate(network.routes):
        for step in route.steps:
            if isinstance(step, Transfer) and step.platform == node.number:
                visits = history.visits(step.bays)
                on_route = draws.route[visits.entity] == number
                spans.append(np.array([visits.finished_s[on_route], visits.left_s[on_route]], dtype=np.int64))
                bays.add(step.bays)
    return _waiting_while_open(network, sorted(bays), _occupied_indicator(*np.concatenate(spans, axis=1)))


def _waiting_for_convoys(
    history: History, draws: Draws, network: Network, node: YardNode | FleetNode | DepotNode
) -> DailyWaiting | None:
    """Returns the waiting of trucks that gather in a yard, or of stock for the smallest convoy of vehicles.

    Stock waits for a timetable or for vehicles and, where there is too little fuel for that convoy, for fuel.
    """
    indicators = []
    for number, line in enumerate(network.lines):
        yard = network.nodes[line.yard]
        assert isinstance(yard, YardNode)
        opened = open_indicator(yard.calendar)
        if line.fleet < 0:
            if yard is node:
                visits = history.visits(yard.number)
                indicators.append((opened, _occupied_indicator(visits.joined_s, visits.started_s)))
            continue
        fleet = network.nodes[line.fleet]
        assert isinstance(fleet, FleetNode)
        if node.number not in (line.yard if yard.first_s >= 0 else line.fleet, fleet.depot):
            continue
        routes = [i for i, route in enumerate(network.routes) if Convoy(number) in route.steps]
        stock = collectable_stock(history, draws.route, network, line.platform, routes)
        waits = Steps(stock.at_s, (stock.value >= yard.min * fleet.pallets).astype(np.int64))
        if isinstance(depot := network.nodes[fleet.depot] if fleet.depot >= 0 else None, DepotNode):
            content = depot_content(history, depot)
            lacks = content.value < fleet.leaves + yard.min * fleet.litres
            waits = intersection(waits, Steps(content.at_s, (lacks if node is depot else ~lacks).astype(np.int64)))
        indicators.append((opened, waits))
    if not indicators:
        return None
    any_opened = _union([opened for opened, _ in indicators])
    return _daily_waiting(network, any_opened, _union([intersection(opened, waits) for opened, waits in indicators]))


def _waiting_at_closing(network: Network, gates: list[int], waits: Steps) -> Steps:
    """Returns 1 on days on which somebody waits in the last second in which a gate is open, else 0."""
    opened, edges = _any_open(network, gates), midnights(network.days)
    edges = np.union1d(edges, opened.at_s[opened.at_s < edges[-1]])
    spans = opened.at(edges[:-1]) > 0
    last = np.full(network.days, -1, dtype=np.int64)
    np.maximum.at(last, edges[:-1][spans] // DAY_S, edges[1:][spans] - 1)
    return Steps(midnights(network.days)[:-1], np.where(last >= 0, waits.at(np.maximum(last, 0)), 0))


def _waiting_while_open(network: Network, places: list[int], waits: Steps) -> DailyWaiting | None:
    """Returns the waiting while any of these places is open; None where there are none."""
    return _daily_waiting(network, _any_open(network, places), waits) if places else None


def _any_open(network: Network, places: list[int]) -> Steps:
    """Returns 1 while any of these places is open, else 0."""
    indicators = []
    for place in places:
        node = network.nodes[place]
        assert isinstance(node, GateNode | PoolNode)
        indicators.append(open_indicator(node.calendar))
    return _union(indicators) if indicators else Steps(*np.zeros((2, 1), dtype=np.int64))


def _daily_waiting(network: Network, opened: Steps, waits: Steps) -> DailyWaiting:
    at_s = midnights(network.days)
    return DailyWaiting(*(np.diff(steps.integral(at_s)) for steps in (opened, intersection(opened, waits))))


def _occupied_indicator(from_s: Ints, to_s: Ints) -> Steps:
    """Returns 1 while any of the spans lasts, else 0."""
    ones = np.ones(len(from_s), dtype=np.int64)
    level = _level_steps(np.concatenate([from_s, to_s]).astype(np.int64), np.concatenate([ones, -ones]))
    return Steps(level.at_s, (level.value > 0).astype(np.int64))


def _union(indicators: list[Steps]) -> Steps:
    at_s = np.unique(np.concatenate([steps.at_s for steps in indicators]))
    return Steps(at_s, np.max([steps.at(at_s) for steps in indicators], axis=0))
