"""Measures of fuel, read off the log: what came, what users lacked, and vehicles that stood since there was none."""

from collections.abc import Iterator

import numpy as np

from sim import events as e
from sim.calendars import Steps
from sim.changes import Setting
from sim.depot_days import content_of, litres_by_day, wanted_of
from sim.measured import Measure
from sim.network import Convoy, Network
from sim.nodes import DepotNode, FleetNode, YardNode
from sim.rules import trips_fuelled
from sim.units import DAY_S
from sim.visits import History, Narrow, open_clock
from sim.waiting import stock_of


def fuel_measures(network: Network, history: History, route: Narrow) -> Iterator[Measure]:
    """Of each depot, of its users and of the fleets that take from it; a day of the run after warm-up, or days of it.

    route : of each load.
    """
    for node in network.nodes:
        if isinstance(node, DepotNode):
            yield from _of_depot(network, history, node)
        elif isinstance(node, FleetNode) and node.depot >= 0:
            yield from _of_fleet(network, history, node, route)


def _of_depot(network: Network, history: History, node: DepotNode) -> Iterator[Measure]:
    """What came to a depot and left it, with T days and w of warm-up.

    fuel_delivered:<depot> [litres/day] = litres emptied into it / (T - w)
    fuel_taken_by_trips:<depot> [litres/day] = litres that convoys took as they set out / (T - w)
    fuel_drawn:<user> [litres/day] = litres that the user got / (T - w)
    fuel_unmet:<user> [litres/day] = litres that it wanted and did not get / (T - w)
    fill_rate:<user> [share] = litres that it got / litres that it wanted; null without a draw
    days_short:<depot> [days] = days after warm-up on which users together got less than they wanted
    days_without:<depot> [days] = days after warm-up on which they got nothing at all
    """
    after, days = network.warm_up_days, network.days - network.warm_up_days
    for name, kind in (("fuel_delivered", e.FUELLED), ("fuel_taken_by_trips", e.TANKED)):
        total = int(litres_by_day(history, kind, node, network.days)[after:].sum())
        yield Measure(f"{name}:{node.name}", "litres/day", total / days)
    day, user, wanted, got = wanted_of(history, node)
    counted = day >= after
    for number, told in enumerate(node.users):
        own = counted & (user == number)
        asked, had = int(wanted[own].sum()), int(got[own].sum())
        yield Measure(f"fuel_drawn:{node.name}.{told.name}", "litres/day", had / days)
        yield Measure(f"fuel_unmet:{node.name}.{told.name}", "litres/day", (asked - had) / days)
        yield Measure(f"fill_rate:{node.name}.{told.name}", "share", had / asked if asked else None)
    if node.users:
        asked_by_day, had_by_day = (np.bincount(day, column, network.days)[after:] for column in (wanted, got))
        yield Measure(f"days_short:{node.name}", "days", float((had_by_day < asked_by_day).sum()))
        yield Measure(f"days_without:{node.name}", "days", float(((had_by_day == 0) & (asked_by_day > 0)).sum()))


def _of_fleet(network: Network, history: History, node: FleetNode, route: Narrow) -> Iterator[Measure]:
    """Vehicles that stand for lack of fuel: see `standing_without_fuel`.

    standing_without_fuel:<fleet> [vehicles] = integral of those that stand over the T - w days / (T - w)
    trips_after_waiting_for_fuel:<fleet> [trips/day] = sum over the seconds in which trips set out of min(trips, those
        that stood just before) / (T - w)
    """
    after_s, days = network.warm_up_days * DAY_S, network.days - network.warm_up_days
    standing = standing_without_fuel(network, history, node, route)
    vehicle_s = int(np.diff(standing.integral(np.array([after_s, network.horizon_s])))[0])
    yield Measure(f"standing_without_fuel:{node.name}", "vehicles", vehicle_s / DAY_S / days)
    left_s = history.visits(node.number).started_s
    at_s, trips = np.unique(left_s[left_s >= max(1, after_s)], return_counts=True)
    waited = int(np.minimum(trips, standing.at(at_s.astype(np.int64) - 1)).sum())
    yield Measure(f"trips_after_waiting_for_fuel:{node.name}", "trips/day", waited / days)


def standing_without_fuel(network: Network, history: History, node: FleetNode, route: Narrow) -> Steps:
    """Vehicles at home with a full load before them while a yard is open, beyond those for which there is fuel."""
    depot = network.nodes[node.depot]
    assert isinstance(depot, DepotNode)
    content, trips = content_of(history, depot), history.visits(node.number)
    fleet, loads = node.over_time(Setting.vehicles), []
    for number, line in enumerate(network.lines):
        yard = network.nodes[line.yard]
        assert isinstance(yard, YardNode)
        if line.fleet == node.number:
            routes = [i for i, way in enumerate(network.routes) if Convoy(number) in way.steps]
            loads.append((open_clock(yard.calendar), stock_of(history, route, network, line.platform, routes)))
    changes = [content.at_s, fleet.at_s, trips.started_s, trips.finished_s]
    at_s = np.unique(np.concatenate([*changes, *(steps.at_s for load in loads for steps in load)])).astype(np.int64)
    out = np.searchsorted(np.sort(trips.started_s), at_s, side="right")
    out -= np.searchsorted(np.sort(trips.finished_s), at_s, side="right")
    ready = np.zeros(len(at_s), dtype=np.int64)
    for clock, stock in loads:
        ready += clock.at(at_s) * (stock.at(at_s) // node.pallets)
    trips_of = [trips_fuelled(there, node.leaves, node.litres) for there in content.value.tolist()]
    fuelled = Steps(content.at_s, np.array(trips_of)).at(at_s)
    return Steps(at_s, np.maximum(0, np.minimum(ready, fleet.at(at_s) - out) - fuelled).astype(np.int64))
