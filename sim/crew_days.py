"""Crews read off the log: drivers who are out with vehicles, or rest. Of escorts it does not tell."""

import numpy as np

from sim.changes import Setting
from sim.laws import Ints
from sim.measured import PlaceDays
from sim.network import Network
from sim.nodes import CrewNode, FleetNode
from sim.units import DAY_S
from sim.visits import History, Moments, Narrow, level_by_day, midnights


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
    return PlaceDays(began.number, ended.number, at_end, out / DAY_S, out, np.zeros(days, dtype=np.int64), opened)
