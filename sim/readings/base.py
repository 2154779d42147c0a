"""What is measured of one replication: a number by name, places day by day, and times under way. No rules, no sums."""

from typing import NamedTuple

import numpy as np

from sim.laws import Ints
from sim.network.base import Node
from sim.network.convoys import CrewNode, FleetNode
from sim.network.stock import DepotNode, PlatformNode, StoreNode
from sim.network.tasks import TeamsNode

OUTCOMES = ("arrived", "inside", "returned", "turned_away", "intercepted", "expired")


class Measure(NamedTuple):
    """One number of one replication; None where the corridor has no such step or nothing happened."""

    name: str
    unit: str
    value: float | None


class PlaceDays(NamedTuple):
    """One place, day by day. Shape (days,) int64, backlog_mean float64.

    backlog_end : who is there at the day's last moment: trucks (waiting, served or blocked), on a platform pallets, of
    a fleet vehicles that are out, of a crew drivers who are out or rest; of escorts the log does not tell.
    busy_s, blocked_s, open_s : lane-seconds. Work after closing time counts as busy.
    """

    joined: Ints
    finished: Ints
    backlog_end: Ints
    backlog_mean: np.ndarray[tuple[int], np.dtype[np.float64]]
    busy_s: Ints
    blocked_s: Ints
    open_s: Ints


class Transit(NamedTuple):
    """Dispatched loads: whole hours from dispatch to arrival, or to the run's end or their exit. Shape (n,) int64.

    outcome : index into OUTCOMES. A load whose last pallet has not come to its end is inside. One that has not wholly
    arrived then is intercepted if any of it was, and else has expired.
    """

    load: Ints
    outcome: Ints
    seconds: Ints


def backlog_unit(node: Node) -> str:
    """What stands at a place, or is out: trucks, pallets, litres, vehicles, teams or people."""
    units = {PlatformNode: "pallets", StoreNode: "pallets", DepotNode: "litres", FleetNode: "vehicles",
             CrewNode: "people", TeamsNode: "teams"}  # fmt: skip
    return units.get(type(node), "trucks")
