"""Where somebody waited although it was open, day by day, read off the log: what a place that holds traffic back has.

A ceiling stands for the gates under it, a platform for the bays that it blocks, a fleet for the stock before it, and
a depot for the stock that waits for its fuel.
Gates, roads and what nobody waits for are left out. Nothing here knows what is worth doing about it.
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
from sim.readings.gates import under
from sim.readings.stock import _level, content_of, stock_of
from sim.readings.visits import History, both, midnights, open_clock
from sim.units import DAY_S


class Waiting(NamedTuple):
    """Of each day how long the place was open, and how much of that somebody waited for it. Shape (days,) [s]."""

    open_s: Ints
    waiting_s: Ints


def waiting_days(history: History, draws: Draws, network: Network, node: Node) -> Waiting | None:
    """None where nobody can wait for this place, or another place stands for it.

    A ceiling of so much a day holds back all day where it leaves somebody waiting: who came late found it used up.
    """
    match node:
        case PoolNode():
            visits = history.visits(node.number)
            return _by_day(network, open_clock(node.calendar), _present(visits.joined_s, visits.started_s))
        case CeilingNode():
            came = under(history, draws, network, node)
            gates = sorted({line.gate for line in network.gate_lines if node.number in line.ceilings})
            waits = _present(came.joined_s, came.passed_s)
            return _any_of(network, gates, waits if node.unit == PALLETS_BEHIND else _used_up(network, gates, waits))
        case PlatformNode():
            return _before_platform(history, draws, network, node)
        case YardNode() | FleetNode() | DepotNode():
            return _before_convoys(history, draws, network, node)
    return None


def _before_platform(history: History, draws: Draws, network: Network, node: PlatformNode) -> Waiting | None:
    """Trucks that are offloaded but for room on the platform, and hold their bay."""
    spans, bays = [np.zeros((2, 0), dtype=np.int64)], set()
    for number, route in enumerate(network.routes):
        for step in route.steps:
            if isinstance(step, Transfer) and step.platform == node.number:
                visits = history.visits(step.bays)
                own = draws.route[visits.entity] == number
                spans.append(np.array([visits.finished_s[own], visits.left_s[own]], dtype=np.int64))
                bays.add(step.bays)
    return _any_of(network, sorted(bays), _present(*np.concatenate(spans, axis=1)))


def _before_convoys(
    history: History, draws: Draws, network: Network, node: YardNode | FleetNode | DepotNode
) -> Waiting | None:
    """Trucks that gather, or stock for the smallest convoy of vehicles: it waits for a timetable, or for vehicles, and
    where there is no fuel for so many for that.
    """
    found = []
    for number, line in enumerate(network.lines):
        yard = network.nodes[line.yard]
        assert isinstance(yard, YardNode)
        clock = open_clock(yard.calendar)
        if line.fleet < 0:
            if yard is node:
                visits = history.visits(yard.number)
                found.append((clock, _present(visits.joined_s, visits.started_s)))
            continue
        fleet = network.nodes[line.fleet]
        assert isinstance(fleet, FleetNode)
        if node.number not in (line.yard if yard.first_s >= 0 else line.fleet, fleet.depot):
            continue
        routes = [i for i, route in enumerate(network.routes) if Convoy(number) in route.steps]
        stock = stock_of(history, draws.route, network, line.platform, routes)
        waits = Steps(stock.at_s, (stock.value >= yard.min * fleet.pallets).astype(np.int64))
        if isinstance(depot := network.nodes[fleet.depot] if fleet.depot >= 0 else None, DepotNode):
            content = content_of(history, depot)
            lacks = content.value < fleet.leaves + yard.min * fleet.litres
            waits = both(waits, Steps(content.at_s, (lacks if node is depot else ~lacks).astype(np.int64)))
        found.append((clock, waits))
    if not found:
        return None
    opened = _either([clock for clock, _ in found])
    return _by_day(network, opened, _either([both(clock, waits) for clock, waits in found]))


def _used_up(network: Network, gates: list[int], waits: Steps) -> Steps:
    """1 on days on which somebody waits in the last second that a gate is open."""
    opened, edges = _opened(network, gates), midnights(network.days)
    edges = np.union1d(edges, opened.at_s[opened.at_s < edges[-1]])
    spans = opened.at(edges[:-1]) > 0
    last = np.full(network.days, -1, dtype=np.int64)
    np.maximum.at(last, edges[:-1][spans] // DAY_S, edges[1:][spans] - 1)
    return Steps(midnights(network.days)[:-1], np.where(last >= 0, waits.at(np.maximum(last, 0)), 0))


def _any_of(network: Network, places: list[int], waits: Steps) -> Waiting | None:
    """Waits while any of these places is open; None where there are none."""
    return _by_day(network, _opened(network, places), waits) if places else None


def _opened(network: Network, places: list[int]) -> Steps:
    """1 while any of these places is open."""
    clocks = []
    for place in places:
        node = network.nodes[place]
        assert isinstance(node, GateNode | PoolNode)
        clocks.append(open_clock(node.calendar))
    return _either(clocks) if clocks else Steps(*np.zeros((2, 1), dtype=np.int64))


def _by_day(network: Network, opened: Steps, waits: Steps) -> Waiting:
    at_s = midnights(network.days)
    return Waiting(*(np.diff(steps.integral(at_s)) for steps in (opened, both(opened, waits))))


def _present(from_s: Ints, to_s: Ints) -> Steps:
    """1 while any of the spans lasts."""
    ones = np.ones(len(from_s), dtype=np.int64)
    level = _level(np.concatenate([from_s, to_s]).astype(np.int64), np.concatenate([ones, -ones]))
    return Steps(level.at_s, (level.value > 0).astype(np.int64))


def _either(all_of: list[Steps]) -> Steps:
    at_s = np.unique(np.concatenate([steps.at_s for steps in all_of]))
    return Steps(at_s, np.max([steps.at(at_s) for steps in all_of], axis=0))
