"""Stocks of stores and depots, and measures of fuel, computed from the log.

Of a store: what came, what the outflow took, and what was left. Of a depot: litres that came, that users drew and that
trips took, and vehicles that stood without fuel. Nothing here changes a stock.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sim import events as e
from sim.calendars import StepFunction
from sim.laws import Float64Array, Int64Array
from sim.network.base import Setting
from sim.network.convoys import FleetNode, YardNode
from sim.network.corridors import Convoy, Offload
from sim.network.network import Network
from sim.network.stock import DepotNode, PlatformNode, StoreNode
from sim.readings.records import DailyReadings, Measure
from sim.readings.visits import History, Int32Array, midnights, open_indicator
from sim.rules import trips_fuelled
from sim.units import DAY_S, HOUR_S

HOURS_PER_DAY = DAY_S // HOUR_S


class StoreInflow(NamedTuple):
    """Deliveries to a store, in the order of time. Shape (n,) int64.

    time_s : [s]. pallets : delivered. content : stock at the end of the second of each delivery [pallets x 86,400].
    """

    time_s: Int64Array
    pallets: Int64Array
    content: Int64Array


def store_inflow(history: History, network: Network, node: StoreNode) -> StoreInflow:
    """Returns all deliveries to a store, by any warehouse before it; expired pallets take room like the others."""
    warehouses = {s.warehouse for route in network.routes for s in route.steps
              if isinstance(s, Offload) and s.store == node.number}  # fmt: skip
    rows = [history.rows(kind, warehouse) for warehouse in sorted(warehouses) for kind in (e.ARRIVED, e.EXPIRED)]
    arrived = np.concatenate([*rows, history.rows(e.ARRIVED)[:0]])
    order = np.argsort(arrived["time_s"], kind="stable")
    time_s, pallets = (arrived[name][order].astype(np.int64) for name in ("time_s", "value"))
    return StoreInflow(time_s, pallets, store_contents(node, time_s, pallets, time_s))


def store_contents(node: StoreNode, time_s: Int64Array, pallets: Int64Array, at_s: Int64Array) -> Int64Array:
    """Returns the stock at the end of each second of `at_s`, which ascend [pallets x 86,400].

    It is what came, less what the outflow could have taken, plus what it could not take since the store was empty. The
    latter is the largest shortfall so far, which a store has just before a delivery, or now.
    """
    upto = np.append(0, np.cumsum(pallets)) * DAY_S + node.initial_pallets * DAY_S
    lack = np.append(0, np.maximum.accumulate(np.maximum(node.calendar.integral(time_s) - upto[:-1], 0)))
    number, flown = np.searchsorted(time_s, at_s, side="right"), node.calendar.integral(at_s)
    return np.asarray(np.maximum(upto[number] - flown + lack[number], 0), dtype=np.int64)


def store_readings(history: History, network: Network, node: StoreNode) -> DailyReadings:
    """Returns the daily readings of a store in pallets; `used` is what was handed out and `capacity` the outflow.

    The mean backlog is that of the ends of hours.
    """
    inflow, days = store_inflow(history, network, node), network.days
    hours = np.arange(1, days * HOURS_PER_DAY + 1) * HOUR_S - 1
    content = store_contents(node, inflow.time_s, inflow.pallets, hours)
    joined = np.zeros(days, dtype=np.int64)
    np.add.at(joined, inflow.time_s // DAY_S, inflow.pallets)
    at_end = -(-content[HOURS_PER_DAY - 1 :: HOURS_PER_DAY] // DAY_S)
    handed_out = joined - np.diff(at_end, prepend=node.initial_pallets)
    limit = np.diff(node.calendar.integral(np.arange(days + 1) * DAY_S)) // DAY_S
    mean = content.reshape(days, HOURS_PER_DAY).mean(axis=1) / DAY_S
    return DailyReadings.from_columns(joined, handed_out, at_end, mean, used=handed_out, capacity=limit)


CONTENT_SIGNS = ((e.FUELLED, 1), (e.DRAWN, -1), (e.TANKED, -1))


def depot_content(history: History, node: DepotNode) -> StepFunction:
    """Returns the litres in a depot at the end of each second."""
    parts = [(history.rows(kind, node.number), sign) for kind, sign in CONTENT_SIGNS]
    time_s = np.concatenate([np.zeros(1, dtype=np.int64), *(rows["time_s"] for rows, _ in parts)])
    litres = np.concatenate(
        [np.array([node.initial_litres]), *(rows["value"].astype(np.int64) * sign for rows, sign in parts)]
    )
    at_s, row = np.unique(time_s, return_inverse=True)
    change = np.bincount(row, litres, len(at_s)).astype(np.int64)  # exact: far below 2**53
    return StepFunction(at_s.astype(np.int64), np.cumsum(change))


def user_draws(history: History, node: DepotNode) -> tuple[Int64Array, Int64Array, Int64Array, Int64Array]:
    """Returns of each draw from a depot: day, number of the user, litres wanted and litres received. Shapes (n,)."""
    rows = history.rows(e.DRAWN, node.number)
    wanted = np.array([user.litres_per_day for user in node.users], dtype=np.int64)
    user = rows["carrier"].astype(np.int64)
    return rows["time_s"].astype(np.int64) // DAY_S, user, wanted[user], rows["value"].astype(np.int64)


def depot_readings(history: History, network: Network, node: DepotNode) -> DailyReadings:
    """Returns the daily readings of a depot in litres; `used` is what users got and `capacity` what they wanted."""
    days, content = network.days, depot_content(history, node)
    delivered, taken_by_trips = (litres_by_day(history, kind, node, days) for kind in (e.FUELLED, e.TANKED))
    day, _, wanted, got = user_draws(history, node)
    drawn, wanted_by_day = (np.bincount(day, column, days).astype(np.int64) for column in (got, wanted))
    edges = midnights(days)
    mean: Float64Array = np.diff(content.integral(edges)) / DAY_S
    return DailyReadings.from_columns(
        delivered, drawn + taken_by_trips, content.at(edges[1:] - 1), mean, used=drawn, capacity=wanted_by_day
    )


def litres_by_day(history: History, kind: int, node: DepotNode, days: int) -> Int64Array:
    """Returns the sum of litres in a depot's log rows of one kind. Shape (days,)."""
    rows = history.rows(kind, node.number)
    return np.bincount(rows["time_s"] // DAY_S, rows["value"], days).astype(np.int64)


def depot_faults(history: History, network: Network, node: DepotNode) -> Iterator[str]:
    """Yields what does not add up in a depot: its level, its deliveries, the litres of trips, and the draws of users.

    The level must lie between 0 and the room, deliveries must equal arrivals at the docks, and each trip of its fleets
    must take its litres.
    """
    content = depot_content(history, node).value
    if content.min() < 0 or (node.room >= 0 and content.max() > max(node.room, node.initial_litres)):
        yield f"{node.name} held between {content.min()} and {content.max()} litres, and has room for {node.room}"
    docks = {step.warehouse for route in network.routes for step in route.steps
             if isinstance(step, Offload) and step.store == node.number}  # fmt: skip
    arrived = sum(int(history.rows(e.ARRIVED, dock)["value"].sum()) for dock in docks) * node.litres_per_pallet
    delivered = int(history.rows(e.FUELLED, node.number)["value"].sum())
    if arrived != delivered:
        yield f"{node.name}: {arrived} litres arrived, and {delivered} came into it"
    fleets = [fleet for fleet in network.nodes if isinstance(fleet, FleetNode) and fleet.depot == node.number]
    needed = sum(len(history.visits(fleet.number).entity) * fleet.litres_per_trip for fleet in fleets)
    taken = int(history.rows(e.TANKED, node.number)["value"].sum())
    if needed != taken:
        yield f"{node.name}: trips needed {needed} litres, and took {taken}"
    _, _, wanted, got = user_draws(history, node)
    if (got > wanted).any() or (got < 0).any():
        yield f"{node.name} gave a user more than it wanted"


def fuel_measures(network: Network, history: History, route: Int32Array) -> Iterator[Measure]:
    """Measures of each depot, of its users and of the fleets that take fuel from it.

    route : (n,) route of each load.
    """
    for node in network.nodes:
        if isinstance(node, DepotNode):
            yield from _depot_measures(network, history, node)
        elif isinstance(node, FleetNode) and node.depot >= 0:
            yield from _fleet_measures(network, history, node, route)


def _depot_measures(network: Network, history: History, node: DepotNode) -> Iterator[Measure]:
    """Measures of a depot and its users, with T days of which w are warm-up.

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
    day, user, wanted, got = user_draws(history, node)
    counted = day >= after
    for number, user_settings in enumerate(node.users):
        of_user = counted & (user == number)
        wanted_l, got_l = int(wanted[of_user].sum()), int(got[of_user].sum())
        yield Measure(f"fuel_drawn:{node.name}.{user_settings.name}", "litres/day", got_l / days)
        yield Measure(f"fuel_unmet:{node.name}.{user_settings.name}", "litres/day", (wanted_l - got_l) / days)
        yield Measure(f"fill_rate:{node.name}.{user_settings.name}", "share", got_l / wanted_l if wanted_l else None)
    if node.users:
        wanted_by_day, got_by_day = (np.bincount(day, column, network.days)[after:] for column in (wanted, got))
        yield Measure(f"days_short:{node.name}", "days", float((got_by_day < wanted_by_day).sum()))
        yield Measure(f"days_without:{node.name}", "days", float(((got_by_day == 0) & (wanted_by_day > 0)).sum()))


def _fleet_measures(network: Network, history: History, node: FleetNode, route: Int32Array) -> Iterator[Measure]:
    """Measures of vehicles that stand for lack of fuel: see `vehicles_without_fuel`.

    standing_without_fuel:<fleet> [vehicles] = integral of those that stand over the T - w days / (T - w)
    trips_after_waiting_for_fuel:<fleet> [trips/day] = sum over the seconds in which trips set out of min(trips, those
        that stood just before) / (T - w)
    """
    after_s, days = network.warm_up_days * DAY_S, network.days - network.warm_up_days
    standing = vehicles_without_fuel(network, history, node, route)
    vehicle_s = int(np.diff(standing.integral(np.array([after_s, network.horizon_s])))[0])
    yield Measure(f"standing_without_fuel:{node.name}", "vehicles", vehicle_s / DAY_S / days)
    left_s = history.visits(node.number).started_s
    at_s, trips = np.unique(left_s[left_s >= max(1, after_s)], return_counts=True)
    waited = int(np.minimum(trips, standing.at(at_s.astype(np.int64) - 1)).sum())
    yield Measure(f"trips_after_waiting_for_fuel:{node.name}", "trips/day", waited / days)


def vehicles_without_fuel(network: Network, history: History, node: FleetNode, route: Int32Array) -> StepFunction:
    """Returns the number of vehicles that stand for lack of fuel at each time.

    These are the vehicles at home for which a yard is open and a full load is ready, beyond those that have fuel.
    """
    depot = network.nodes[node.depot]
    assert isinstance(depot, DepotNode)
    content, trips = depot_content(history, depot), history.visits(node.number)
    fleet, loads = node.setting_over_time(Setting.vehicles), []
    for number, line in enumerate(network.lines):
        yard = network.nodes[line.yard]
        assert isinstance(yard, YardNode)
        if line.fleet == node.number:
            routes = [i for i, one_route in enumerate(network.routes) if Convoy(number) in one_route.steps]
            loads.append(
                (open_indicator(yard.calendar), collectable_stock(history, route, network, line.platform, routes))
            )
    changes = [content.at_s, fleet.at_s, trips.started_s, trips.finished_s]
    at_s = np.unique(np.concatenate([*changes, *(steps.at_s for load in loads for steps in load)])).astype(np.int64)
    out = np.searchsorted(np.sort(trips.started_s), at_s, side="right")
    out -= np.searchsorted(np.sort(trips.finished_s), at_s, side="right")
    ready = np.zeros(len(at_s), dtype=np.int64)
    for opened, stock in loads:
        ready += opened.at(at_s) * (stock.at(at_s) // node.vehicle_pallets)
    trips_with_fuel = [
        trips_fuelled(litres, node.reserve_litres, node.litres_per_trip) for litres in content.value.tolist()
    ]
    fuelled = StepFunction(content.at_s, np.array(trips_with_fuel)).at(at_s)
    return StepFunction(at_s, np.maximum(0, np.minimum(ready, fleet.at(at_s) - out) - fuelled).astype(np.int64))


def collectable_stock(
    history: History, route: Int32Array, network: Network, platform: int, routes: list[int]
) -> StepFunction:
    """Returns the pallets on a platform that may be collected, of loads of these routes. route : (n,) of each load."""
    node = network.nodes[platform]
    assert isinstance(node, PlatformNode)
    columns = []
    for kind, sign in ((e.OFFLOADED, 1), (e.COLLECTED, -1)):
        rows = history.rows(kind, platform)
        rows = rows[np.isin(route[rows["entity"]], routes)]
        time_s = rows["time_s"].astype(np.int64)
        if kind == e.OFFLOADED and node.next_day:
            time_s = (time_s // DAY_S + 1) * DAY_S
        columns.append((time_s, sign * rows["value"].astype(np.int64)))
    (up_s, up), (down_s, down) = columns
    return _level_steps(np.concatenate([up_s, down_s]), np.concatenate([up, down]))


def _level_steps(time_s: Int64Array, change: Int64Array) -> StepFunction:
    """Returns a level that starts at 0 and changes by `change` at `time_s`."""
    at_s, position = np.unique(np.append(time_s, 0), return_inverse=True)
    return StepFunction(at_s, np.cumsum(np.bincount(position, np.append(change, 0), len(at_s)).astype(np.int64)))
