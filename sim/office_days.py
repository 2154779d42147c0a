"""What offices took up and slots let pass, read off the log day by day, and how much of the day's number that was."""

import numpy as np

from sim.calendars import Steps
from sim.changes import Setting
from sim.laws import Ints
from sim.measured import PlaceDays
from sim.nodes import OfficeNode, SlotsNode
from sim.rules import share_of
from sim.units import DAY_S
from sim.visits import History, Moments, level_by_day, midnights, of_loads


def office_days(history: History, node: OfficeNode | SlotsNode, days: int) -> PlaceDays:
    """Loads that came, went and waited. `busy_s` is how many were taken up, or passed, and `open_s` the day's number.

    Among those taken up are requests for missions. None of either on days on which an office was without a limit at
    some time.
    """
    visits = history.visits(node.number)
    taken_up = Moments.by_day(visits.started_s, days)
    own = of_loads(visits.carrier)
    joined, started, finished = (Moments.by_day(time_s[own], days) for time_s in visits[2:5])
    gone = finished if isinstance(node, OfficeNode) else started
    at_end, backlog = level_by_day(joined, gone)
    none = np.zeros(days, dtype=np.int64)
    limit = most_by_day(node, days)
    used = np.where(limit >= 0, taken_up.number, 0)
    return PlaceDays(joined.number, gone.number, at_end, backlog / DAY_S, used, none, np.maximum(limit, 0))


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
