"""Daily readings of each place: backlog, arrivals and departures, use and capacity, computed from the log.

Ceilings, stores, depots and teams have modules of their own; crews, offices and slots are here. The log does not
record escorts.
"""

import numpy as np

from sim import events as e
from sim.calendars import Steps
from sim.events import Log
from sim.laws import Ints
from sim.luck.draws import Draws
from sim.network.base import Node, Setting
from sim.network.convoys import CrewNode, FleetNode
from sim.network.gates import CeilingNode
from sim.network.lanes import PoolNode
from sim.network.network import Network
from sim.network.offices import OfficeNode, SlotsNode
from sim.network.roads import RoadNode
from sim.network.stock import DepotNode, PlatformNode, StoreNode
from sim.network.tasks import TeamsNode
from sim.readings.gates import ceiling_readings
from sim.readings.records import DailyReadings
from sim.readings.stock import depot_readings, store_readings
from sim.readings.tasks import team_readings
from sim.readings.visits import (
    DailyChanges,
    History,
    Int32Array,
    Level,
    Visits,
    daily_level,
    is_load,
    midnights,
    open_indicator,
)
from sim.rules import FREEZE, scaled_number
from sim.units import DAY_S


def place_readings(history: History, draws: Draws, network: Network, node: Node) -> DailyReadings:
    """Returns the daily readings of a place."""
    days = network.days
    if isinstance(node, CeilingNode):
        return ceiling_readings(history, draws, network, node)
    if isinstance(node, StoreNode):
        return store_readings(history, network, node)
    if isinstance(node, DepotNode):
        return depot_readings(history, network, node)
    if isinstance(node, OfficeNode | SlotsNode):
        return office_readings(history, node, days)
    if isinstance(node, PlatformNode):
        placed, taken = _pallet_changes(
            history.rows(e.OFFLOADED, node.number), history.rows(e.COLLECTED, node.number), days
        )
        at_end, backlog = daily_level(placed, taken)
        return DailyReadings.from_columns(placed.event_count, taken.event_count, at_end, backlog / DAY_S)
    if isinstance(node, CrewNode):
        return crew_readings(history, network, node)
    if isinstance(node, TeamsNode):
        return team_readings(history, len(draws), network, node)
    visits = history.visits(node.number)
    joined, started, finished, left = (DailyChanges.from_events(time_s, days) for time_s in visits[2:6])
    if isinstance(node, PoolNode):
        at_end, backlog = daily_level(joined, left)
        busy_s = _busy_s_while_open(node, visits, days) if node.rule == FREEZE else daily_level(started, finished)[1]
        open_s = np.diff(node.calendar.integral(midnights(days)))
        blocked_s = daily_level(finished, left)[1]
        return DailyReadings.from_columns(
            joined.event_count,
            finished.event_count,
            at_end,
            backlog / DAY_S,
            busy_s=busy_s,
            blocked_s=blocked_s,
            open_s=open_s,
        )
    if isinstance(node, FleetNode):
        at_end, out = daily_level(joined, finished)
        open_s = np.diff(node.over_time(Setting.vehicles).integral(midnights(days)))
        return DailyReadings.from_columns(
            joined.event_count, finished.event_count, at_end, out / DAY_S, busy_s=out, open_s=open_s
        )
    gone = left if isinstance(node, RoadNode) else started
    at_end, backlog = daily_level(joined, gone)
    return DailyReadings.from_columns(joined.event_count, gone.event_count, at_end, backlog / DAY_S)


def _pallet_changes(placed: Log, taken: Log, days: int) -> tuple[DailyChanges, DailyChanges]:
    """Returns the daily changes by pallets that were placed on a platform, and by those taken from it."""
    columns = [[rows[name].astype(np.int32) for name in ("time_s", "value")] for rows in (placed, taken)]
    placed_changes, taken_changes = (DailyChanges.from_events(time_s, days, pallets) for time_s, pallets in columns)
    return placed_changes, taken_changes


def _busy_s_while_open(node: PoolNode, visits: Visits, days: int) -> Ints:
    """Returns the lane-seconds of work of each day where work pauses while its lane is closed. Shape (days,).

    Work is measured on a clock that stops while the lane is closed.
    """
    busy = np.zeros(days, dtype=np.int64)
    for lane in range(node.lanes):
        opened, in_lane = open_indicator(node.calendar, lane), visits.lane == lane
        level = Level.from_spans(
            opened.integral(visits.started_s[in_lane]), opened.integral(visits.finished_s[in_lane])
        )
        busy += np.diff(level.integral(opened.integral(midnights(days))))
    return busy


def crew_trips(history: History, network: Network, crew: CrewNode) -> tuple[Int32Array, Int32Array]:
    """Returns when drivers of a crew set out, and when each has rested, at most the run's end. Shapes (trips,) [s]."""
    fleets = [node.number for node in network.nodes if isinstance(node, FleetNode) and node.drivers == crew.number]
    empty = np.zeros(0, dtype=np.int32)
    all_trips = [history.visits(fleet) for fleet in fleets]
    began = np.concatenate([empty, *(trips.started_s for trips in all_trips)])
    home = np.concatenate([empty, *(trips.finished_s for trips in all_trips)])
    return began, np.minimum(home + np.int32(crew.rest_s), history.horizon_s).astype(np.int32)


def crew_readings(history: History, network: Network, crew: CrewNode) -> DailyReadings:
    """Returns the daily readings of a crew: trips that begin and end, rest included, and drivers out or resting."""
    days = network.days
    began, ended = (DailyChanges.from_events(np.sort(time_s), days) for time_s in crew_trips(history, network, crew))
    at_end, out = daily_level(began, ended)
    open_s: Ints = np.diff(crew.over_time(Setting.people).integral(midnights(days)))
    return DailyReadings.from_columns(
        began.event_count, ended.event_count, at_end, out / DAY_S, busy_s=out, open_s=open_s
    )


def office_readings(history: History, node: OfficeNode | SlotsNode, days: int) -> DailyReadings:
    """Returns the daily readings of an office or of slots: loads that came, went and waited; requests taken up; limit.

    Requests taken up include those for missions. Both they and the limit are 0 on days on which an office had no limit
    at some time.
    """
    visits = history.visits(node.number)
    taken_up = DailyChanges.from_events(visits.started_s, days)
    of_loads = is_load(visits.carrier)
    joined, started, finished = (DailyChanges.from_events(time_s[of_loads], days) for time_s in visits[2:5])
    gone = finished if isinstance(node, OfficeNode) else started
    at_end, backlog = daily_level(joined, gone)
    limit = limit_by_day(node, days)
    used = np.where(limit >= 0, taken_up.event_count, 0)
    limit = np.maximum(limit, 0)
    return DailyReadings.from_columns(
        joined.event_count, gone.event_count, at_end, backlog / DAY_S, used=used, capacity=limit
    )


def limit_by_day(node: OfficeNode | SlotsNode, days: int) -> Ints:
    """Returns the most requests that may be taken up on each day, -1 where there was no limit. Shape (days,).

    Of slots it is their number at the first call of the day.
    """
    if isinstance(node, SlotsNode):
        slots: Ints = node.calendar.at(midnights(days)[:-1] + node.first_s)
        return slots
    requests = node.over_time(Setting.requests)
    edges = np.union1d(np.union1d(node.calendar.at_s, requests.at_s), midnights(days)[:-1])
    edges = edges[edges < days * DAY_S]
    pairs = zip(_values_at(requests, edges), _values_at(node.calendar, edges), strict=True)
    most = np.zeros(days, dtype=np.int64)
    np.maximum.at(most, edges // DAY_S, [scaled_number(number, percent) for number, percent in pairs])
    most[edges[requests.at(edges) < 0] // DAY_S] = -1
    return most


def _values_at(steps: Steps, edges: Ints) -> list[int]:
    """Returns the values of a step function at `edges`, as a list."""
    values: list[int] = steps.at(edges).tolist()
    return values
