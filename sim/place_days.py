"""The stock, the flow and the use of each place, day by day: those of kinds with rules of their own stand apart."""

import numpy as np

from sim import events as e
from sim.ceiling_days import ceiling_days
from sim.changes import Setting
from sim.crew_days import crew_days
from sim.depot_days import depot_days
from sim.draws import Draws
from sim.events import Log
from sim.laws import Ints
from sim.measured import PlaceDays
from sim.network import Network
from sim.nodes import (
    CeilingNode,
    CrewNode,
    DepotNode,
    FleetNode,
    Node,
    OfficeNode,
    PlatformNode,
    PoolNode,
    RoadNode,
    SlotsNode,
    StoreNode,
    TeamsNode,
)
from sim.office_days import office_days
from sim.rules import FREEZE
from sim.store_days import store_days
from sim.task_days import teams_days
from sim.units import DAY_S
from sim.visits import History, Level, Moments, Visits, level_by_day, midnights, open_clock


def place_days(history: History, draws: Draws, network: Network, node: Node) -> PlaceDays:
    """The stock, the flow and the use of a place for each day."""
    days = network.days
    none = np.zeros(days, dtype=np.int64)
    if isinstance(node, CeilingNode):
        return ceiling_days(history, draws, network, node)
    if isinstance(node, StoreNode):
        return store_days(history, network, node)
    if isinstance(node, DepotNode):
        return depot_days(history, network, node)
    if isinstance(node, OfficeNode | SlotsNode):
        return office_days(history, node, days)
    if isinstance(node, PlatformNode):
        placed, taken = _pallets(history.rows(e.OFFLOADED, node.number), history.rows(e.COLLECTED, node.number), days)
        at_end, backlog = level_by_day(placed, taken)
        return PlaceDays(placed.number, taken.number, at_end, backlog / DAY_S, none, none, none)
    if isinstance(node, CrewNode):
        return crew_days(history, network, node)
    if isinstance(node, TeamsNode):
        return teams_days(history, len(draws), network, node)
    visits = history.visits(node.number)
    joined, started, finished, left = (Moments.by_day(time_s, days) for time_s in visits[2:6])
    if isinstance(node, PoolNode):
        at_end, backlog = level_by_day(joined, left)
        busy = _busy_when_open(node, visits, days) if node.rule == FREEZE else level_by_day(started, finished)[1]
        opened = np.diff(node.calendar.integral(midnights(days)))
        blocked = level_by_day(finished, left)[1]
        return PlaceDays(joined.number, finished.number, at_end, backlog / DAY_S, busy, blocked, opened)
    if isinstance(node, FleetNode):
        at_end, out = level_by_day(joined, finished)
        opened = np.diff(node.over_time(Setting.vehicles).integral(midnights(days)))
        return PlaceDays(joined.number, finished.number, at_end, out / DAY_S, out, none, opened)
    gone = left if isinstance(node, RoadNode) else started
    at_end, backlog = level_by_day(joined, gone)
    return PlaceDays(joined.number, gone.number, at_end, backlog / DAY_S, none, none, none)


def _pallets(placed: Log, taken: Log, days: int) -> tuple[Moments, Moments]:
    """When pallets came to a platform, and when they went."""
    columns = [[rows[name].astype(np.int32) for name in ("time_s", "pallets")] for rows in (placed, taken)]
    came, went = (Moments.by_day(time_s, days, pallets) for time_s, pallets in columns)
    return came, went


def _busy_when_open(node: PoolNode, visits: Visits, days: int) -> Ints:
    """Lane-seconds of work on each day, by a clock that stands while its lane is closed: work is frozen then."""
    busy = np.zeros(days, dtype=np.int64)
    for lane in range(node.lanes):
        clock, own = open_clock(node.calendar, lane), visits.lane == lane
        level = Level.of_spans(clock.integral(visits.started_s[own]), clock.integral(visits.finished_s[own]))
        busy += np.diff(level.integral(clock.integral(midnights(days))))
    return busy
