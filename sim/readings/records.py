"""Records of what is measured in one replication: measures, daily readings of places, and transit times. No rules."""

from typing import NamedTuple

import numpy as np

from sim.laws import Floats, Ints
from sim.network.base import Node
from sim.network.convoys import CrewNode, FleetNode
from sim.network.stock import DepotNode, PlatformNode, StoreNode
from sim.network.tasks import TeamsNode

TRANSIT_OUTCOMES = ("arrived", "inside", "returned", "turned_away", "intercepted", "expired")


class Measure(NamedTuple):
    """One measure of one replication; its value is None where the corridor has no such step or nothing happened."""

    name: str
    unit: str
    value: float | None


class DailyReadings(NamedTuple):
    """Daily readings of one place. Shape (days,) int64; backlog_mean float64.

    joined, finished : arrivals and departures of the day, in the unit of the place.
    backlog_end : level at the day's last moment: trucks (waiting, served or blocked), on a platform pallets, of a fleet
    vehicles that are out, of a crew drivers who are out or rest. The log does not record escorts.
    busy_s, blocked_s, open_s : seconds of lanes, vehicles, crews and teams. Work after closing time counts as busy.
    used, capacity : amounts. Of a ceiling what passed and its limit, in its unit; of a store the pallets handed out and
    its outflow; of a depot the litres that users got and wanted; of an office the requests taken up and its limit; of
    slots the loads that passed and the slots offered. A place has either seconds or amounts; the other columns are 0.
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
    def from_columns(
        cls, joined: Ints, finished: Ints, backlog_end: Ints, backlog_mean: Floats, *, busy_s: Ints | None = None,
        blocked_s: Ints | None = None, open_s: Ints | None = None, used: Ints | None = None,
        capacity: Ints | None = None,
    ) -> "DailyReadings":  # fmt: skip
        """Returns the readings of a place, with 0 in each column that is not given."""
        none = np.zeros(len(joined), dtype=np.int64)
        given = (none if column is None else column for column in (busy_s, blocked_s, open_s, used, capacity))
        return cls(joined, finished, backlog_end, backlog_mean, *given)

    @property
    def use_and_capacity(self) -> tuple[Ints, Ints]:
        """Use and capacity of each day: lane-seconds, or amounts."""
        return self.busy_s + self.used, self.open_s + self.capacity


class LoadTransits(NamedTuple):
    """Dispatched loads: time from dispatch to arrival, to their exit, or to the run's end. Shape (n,) int64.

    outcome : index into TRANSIT_OUTCOMES. A load is inside until its last pallet has reached its end. If not all of it
    arrived, it is intercepted if any of it was, and otherwise expired.
    """

    load: Ints
    outcome: Ints
    duration_s: Ints


def backlog_unit(node: Node) -> str:
    """Returns the unit of a place's backlog: trucks, pallets, litres, vehicles, teams or people."""
    units = {PlatformNode: "pallets", StoreNode: "pallets", DepotNode: "litres", FleetNode: "vehicles",
             CrewNode: "people", TeamsNode: "teams"}  # fmt: skip
    return units.get(type(node), "trucks")
