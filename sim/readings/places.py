"""The stock, the flow and the use of each place, day by day: those of kinds with rules of their own stand apart.

Crews read off the log: drivers who are out with vehicles, or rest. Of escorts it does not tell.

What offices took up and slots let pass, read off the log day by day, and how much of the day's number that was.
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
from sim.readings.base import PlaceDays
from sim.readings.gates import ceiling_days
from sim.readings.stock import depot_days, store_days
from sim.readings.tasks import teams_days
from sim.readings.visits import History, Level, Moments, Narrow, Visits, level_by_day, midnights, of_loads, open_clock
from sim.rules import FREEZE, share_of
from sim.units import DAY_S


def place_days(history: History, draws: Draws, network: Network, node: Node) -> PlaceDays:
    """The stock, the flow and the use of a place for each day."""
    days = network.days
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
        return PlaceDays.of(placed.number, taken.number, at_end, backlog / DAY_S)
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
        return PlaceDays.of(
            joined.number, finished.number, at_end, backlog / DAY_S, busy_s=busy, blocked_s=blocked, open_s=opened
        )
    if isinstance(node, FleetNode):
        at_end, out = level_by_day(joined, finished)
        opened = np.diff(node.over_time(Setting.vehicles).integral(midnights(days)))
        return PlaceDays.of(joined.number, finished.number, at_end, out / DAY_S, busy_s=out, open_s=opened)
    gone = left if isinstance(node, RoadNode) else started
    at_end, backlog = level_by_day(joined, gone)
    return PlaceDays.of(joined.number, gone.number, at_end, backlog / DAY_S)


def _pallets(placed: Log, taken: Log, days: int) -> tuple[Moments, Moments]:
    """When pallets came to a platform, and when they went."""
    columns = [[rows[name].astype(np.int32) for name in ("time_s", "value")] for rows in (placed, taken)]
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


def trips(history: History, network: Network, crew: CrewNode) -> tuple[Narrow, Narrow]:
    """When drivers of a crew set out, and when each has rested; what is later than the run's end is the end."""
    fleets = [node.number for node in network.nodes if isinstance(node, FleetNode) and node.drivers == crew.number]
    none = np.zeros(0, dtype=np.int32)
    visits = [history.visits(fleet) for fleet in fleets]
    began = np.concatenate([none, *(own.started_s for own in visits)])
    home = np.concatenate([none, *(own.finished_s for own in visits)])
    return began, np.minimum(home + np.int32(crew.rest_s), history.horizon_s).astype(np.int32)


def crew_days(history: History, network: Network, crew: CrewNode) -> PlaceDays:
    """Trips that begin and end, rest included, and drivers who are out or rest, for each day."""
    days = network.days
    began, ended = (Moments.by_day(np.sort(time_s), days) for time_s in trips(history, network, crew))
    at_end, out = level_by_day(began, ended)
    opened: Ints = np.diff(crew.over_time(Setting.people).integral(midnights(days)))
    return PlaceDays.of(began.number, ended.number, at_end, out / DAY_S, busy_s=out, open_s=opened)


def office_days(history: History, node: OfficeNode | SlotsNode, days: int) -> PlaceDays:
    """Loads that came, went and waited. Also the number taken up, or passed, and the day's limit.

    Among those taken up are requests for missions. None of either on days on which an office was without a limit at
    some time.
    """
    visits = history.visits(node.number)
    taken_up = Moments.by_day(visits.started_s, days)
    own = of_loads(visits.carrier)
    joined, started, finished = (Moments.by_day(time_s[own], days) for time_s in visits[2:5])
    gone = finished if isinstance(node, OfficeNode) else started
    at_end, backlog = level_by_day(joined, gone)
    limit = most_by_day(node, days)
    used = np.where(limit >= 0, taken_up.number, 0)
    limit = np.maximum(limit, 0)
    return PlaceDays.of(joined.number, gone.number, at_end, backlog / DAY_S, used=used, capacity=limit)


def most_by_day(node: OfficeNode | SlotsNode, days: int) -> Ints:
    """The most that may be taken up on each day, -1 where there was no limit, or its slots as at its first call.

    Shape (days,).
    """
    if isinstance(node, SlotsNode):
        slots: Ints = node.calendar.at(midnights(days)[:-1] + node.first_s)
        return slots
    requests = node.over_time(Setting.requests)
    edges = np.union1d(np.union1d(node.calendar.at_s, requests.at_s), midnights(days)[:-1])
    edges = edges[edges < days * DAY_S]
    of_each = zip(_at(requests, edges), _at(node.calendar, edges), strict=True)
    most = np.zeros(days, dtype=np.int64)
    np.maximum.at(most, edges // DAY_S, [share_of(number, percent) for number, percent in of_each])
    most[edges[requests.at(edges) < 0] // DAY_S] = -1
    return most


def _at(steps: Steps, edges: Ints) -> list[int]:
    found: list[int] = steps.at(edges).tolist()
    return found
