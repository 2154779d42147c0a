"""What is measured of one replication: a number by name, places day by day, and times under way. No rules, no sums."""

from typing import NamedTuple

import numpy as np

from sim.laws import Floats, Ints
from sim.network.base import Node
from sim.network.convoys import CrewNode, FleetNode
from sim.network.stock import DepotNode, PlatformNode, StoreNode
from sim.network.tasks import TeamsNode

TRANSIT_OUTCOMES = ("arrived", "inside", "returned", "turned_away", "intercepted", "expired")


class Measure(NamedTuple):
    """One number of one replication; None where the corridor has no such step or nothing happened."""

    name: str
    unit: str
    value: float | None


class DailyReadings(NamedTuple):
    """One place, day by day. Shape (days,) int64, backlog_mean float64.

    backlog_end : who is there at the day's last moment: trucks (waiting, served or blocked), on a platform pallets, of
    a fleet vehicles that are out, of a crew drivers who are out or rest; of escorts the log does not tell.
    busy_s, blocked_s, open_s : seconds of lanes, vehicles, crews and teams. Work after closing time counts as busy.
    used, capacity : amounts. Of a ceiling what passed and its limit, in its unit; of a store the pallets handed out and
    its outflow; of a depot the litres that users got and wanted; of an office the requests taken up, of slots the
    loads that passed, and how many could have been. Each place has the one kind of columns; the other is 0.
    """

    joined: Ints
    finished: Ints
    backlog_end: Ints
    backlog_mean: Floats
    busy_s: Ints
    blocked_s: Ints
    open_s: Ints
    used: Ints
    capacity: Ints

    @classmethod
    def of(
        cls, joined: Ints, finished: Ints, backlog_end: Ints, backlog_mean: Floats, *, busy_s: Ints | None = None,
        blocked_s: Ints | None = None, open_s: Ints | None = None, used: Ints | None = None,
        capacity: Ints | None = None,
    ) -> "DailyReadings":  # fmt: skip
        """Days of a place, 0 in each column that is not given."""
        none = np.zeros(len(joined), dtype=np.int64)
        given = (none if column is None else column for column in (busy_s, blocked_s, open_s, used, capacity))
        return cls(joined, finished, backlog_end, backlog_mean, *given)

    @property
    def use_and_capacity(self) -> tuple[Ints, Ints]:
        """What was used and what could have been, each day: seconds of lanes, or an amount."""
        return self.busy_s + self.used, self.open_s + self.capacity


class LoadTransits(NamedTuple):
    """Dispatched loads: whole hours from dispatch to arrival, or to the run's end or their exit. Shape (n,) int64.

    outcome : index into OUTCOMES. A load whose last pallet has not come to its end is inside. One that has not wholly
    arrived then is intercepted if any of it was, and else has expired.
    """

    load: Ints
    outcome: Ints
    duration_s: Ints


def backlog_unit(node: Node) -> str:
    """What stands at a place, or is out: trucks, pallets, litres, vehicles, teams or people."""
    units = {PlatformNode: "pallets", StoreNode: "pallets", DepotNode: "litres", FleetNode: "vehicles",
             CrewNode: "people", TeamsNode: "teams"}  # fmt: skip
    return units.get(type(node), "trucks")
