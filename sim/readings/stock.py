"""What stood in a store, read off the log: what came, what the outflow took of it, and what was left at any time.

What stood in a depot, read off the log: litres that came, that users drew, and that trips took.

Measures of fuel, read off the log: what came, what users lacked, and vehicles that stood since there was none.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sim import events as e
from sim.calendars import Steps
from sim.laws import Floats, Ints
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
    """When pallets came, in the order of time, how many, and what stood there just after each [pallets x s of a day].

    Shape (n,) int64.
    """

    time_s: Ints
    pallets: Ints
    content: Ints


def store_inflow(history: History, network: Network, node: StoreNode) -> StoreInflow:
    """All that came to a store, by way of any warehouse before it; what had expired takes room there like the rest."""
    before = {s.warehouse for route in network.routes for s in route.steps
              if isinstance(s, Offload) and s.store == node.number}  # fmt: skip
    rows = [history.rows(kind, warehouse) for warehouse in sorted(before) for kind in (e.ARRIVED, e.EXPIRED)]
    arrived = np.concatenate([*rows, history.rows(e.ARRIVED)[:0]])
    order = np.argsort(arrived["time_s"], kind="stable")
    time_s, pallets = (arrived[name][order].astype(np.int64) for name in ("time_s", "value"))
    return StoreInflow(time_s, pallets, store_contents(node, time_s, pallets, time_s))


def store_contents(node: StoreNode, time_s: Ints, pallets: Ints, at_s: Ints) -> Ints:
    """What stands there at the end of each second of `at_s`, which ascends [pallets x seconds of a day].

    What came less what the outflow could have taken, and what it could not since nothing stood there: the largest lack
    up to then, which a store has just before something comes, or now.
    """
    upto = np.append(0, np.cumsum(pallets)) * DAY_S + node.stock * DAY_S
    lack = np.append(0, np.maximum.accumulate(np.maximum(node.calendar.integral(time_s) - upto[:-1], 0)))
    number, flown = np.searchsorted(time_s, at_s, side="right"), node.calendar.integral(at_s)
    return np.asarray(np.maximum(upto[number] - flown + lack[number], 0), dtype=np.int64)


def store_readings(history: History, network: Network, node: StoreNode) -> DailyReadings:
    """Pallets that came, were handed out and stood there; `used` is what was handed out and `capacity` the outflow.

    The mean is that of the ends of hours.
    """
    here, days = store_inflow(history, network, node), network.days
    hours = np.arange(1, days * HOURS_PER_DAY + 1) * HOUR_S - 1
    stood = store_contents(node, here.time_s, here.pallets, hours)
    joined = np.zeros(days, dtype=np.int64)
    np.add.at(joined, here.time_s // DAY_S, here.pallets)
    at_end = -(-stood[HOURS_PER_DAY - 1 :: HOURS_PER_DAY] // DAY_S)
    out = joined - np.diff(at_end, prepend=node.stock)
    limit = np.diff(node.calendar.integral(np.arange(days + 1) * DAY_S)) // DAY_S
    mean = stood.reshape(days, HOURS_PER_DAY).mean(axis=1) / DAY_S
    return DailyReadings.from_columns(joined, out, at_end, mean, used=out, capacity=limit)


CONTENT_SIGNS = ((e.FUELLED, 1), (e.DRAWN, -1), (e.TANKED, -1))


def depot_content(history: History, node: DepotNode) -> Steps:
    """The litres in a depot at the end of each second."""
    rows = [(history.rows(kind, node.number), sign) for kind, sign in CONTENT_SIGNS]
    time_s = np.concatenate([np.zeros(1, dtype=np.int64), *(told["time_s"] for told, _ in rows)])
    litres = np.concatenate([np.array([node.stock]), *(told["value"].astype(np.int64) * sign for told, sign in rows)])
    at_s, which = np.unique(time_s, return_inverse=True)
    change = np.bincount(which, litres, len(at_s)).astype(np.int64)  # exact: far below 2**53
    return Steps(at_s.astype(np.int64), np.cumsum(change))


def user_draws(history: History, node: DepotNode) -> tuple[Ints, Ints, Ints, Ints]:
    """Of each draw of a user the day, the number of the user, the litres that it wanted and those that it got."""
    rows = history.rows(e.DRAWN, node.number)
    wanted = np.array([user.litres for user in node.users], dtype=np.int64)
    user = rows["carrier"].astype(np.int64)
    return rows["time_s"].astype(np.int64) // DAY_S, user, wanted[user], rows["value"].astype(np.int64)


def depot_readings(history: History, network: Network, node: DepotNode) -> DailyReadings:
    """Litres that came, left and stood there; `used` is what users got and `capacity` what they wanted."""
    days, content = network.days, depot_content(history, node)
    came, taken = (litres_by_day(history, kind, node, days) for kind in (e.FUELLED, e.TANKED))
    day, _, wanted, got = user_draws(history, node)
    drawn, asked = (np.bincount(day, column, days).astype(np.int64) for column in (got, wanted))
    edges = midnights(days)
    mean: Floats = np.diff(content.integral(edges)) / DAY_S
    return DailyReadings.from_columns(came, drawn + taken, content.at(edges[1:] - 1), mean, used=drawn, capacity=asked)


def litres_by_day(history: History, kind: int, node: DepotNode, days: int) -> Ints:
    """What rows of a kind tell of a depot. Shape (days,)."""
    rows = history.rows(kind, node.number)
    return np.bincount(rows["time_s"] // DAY_S, rows["value"], days).astype(np.int64)


def depot_faults(history: History, network: Network, node: DepotNode) -> Iterator[str]:
    """What does not add up: what was there and came is drawn, taken, or there, and never too much or less than nothing.

    What comes is what arrives behind its docks, and each trip of its fleets takes its litres.
    """
    content = depot_content(history, node).value
    if content.min() < 0 or (node.room >= 0 and content.max() > max(node.room, node.stock)):
        yield f"{node.name} held between {content.min()} and {content.max()} litres, and has room for {node.room}"
    docks = {step.warehouse for route in network.routes for step in route.steps
             if isinstance(step, Offload) and step.store == node.number}  # fmt: skip
    arrived = sum(int(history.rows(e.ARRIVED, dock)["value"].sum()) for dock in docks) * node.litres
    came = int(history.rows(e.FUELLED, node.number)["value"].sum())
    if arrived != came:
        yield f"{node.name}: {arrived} litres arrived, and {came} came into it"
    fleets = [fleet for fleet in network.nodes if isinstance(fleet, FleetNode) and fleet.depot == node.number]
    needed = sum(len(history.visits(fleet.number).entity) * fleet.litres for fleet in fleets)
    taken = int(history.rows(e.TANKED, node.number)["value"].sum())
    if needed != taken:
        yield f"{node.name}: trips needed {needed} litres, and took {taken}"
    _, _, wanted, got = user_draws(history, node)
    if (got > wanted).any() or (got < 0).any():
        yield f"{node.name} gave a user more than it wanted"


def fuel_measures(network: Network, history: History, route: Int32Array) -> Iterator[Measure]:
    """Of each depot, of its users and of the fleets that take from it; a day of the run after warm-up, or days of it.

    route : of each load.
    """
    for node in network.nodes:
        if isinstance(node, DepotNode):
            yield from _depot_measures(network, history, node)
        elif isinstance(node, FleetNode) and node.depot >= 0:
            yield from _fleet_measures(network, history, node, route)


def _depot_measures(network: Network, history: History, node: DepotNode) -> Iterator[Measure]:
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
    day, user, wanted, got = user_draws(history, node)
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


def _fleet_measures(network: Network, history: History, node: FleetNode, route: Int32Array) -> Iterator[Measure]:
    """Vehicles that stand for lack of fuel: see `standing_without_fuel`.

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


def vehicles_without_fuel(network: Network, history: History, node: FleetNode, route: Int32Array) -> Steps:
    """Vehicles at home with a full load before them while a yard is open, beyond those for which there is fuel."""
    depot = network.nodes[node.depot]
    assert isinstance(depot, DepotNode)
    content, trips = depot_content(history, depot), history.visits(node.number)
    fleet, loads = node.over_time(Setting.vehicles), []
    for number, line in enumerate(network.lines):
        yard = network.nodes[line.yard]
        assert isinstance(yard, YardNode)
        if line.fleet == node.number:
            routes = [i for i, way in enumerate(network.routes) if Convoy(number) in way.steps]
            loads.append(
                (open_indicator(yard.calendar), collectable_stock(history, route, network, line.platform, routes))
            )
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


def collectable_stock(history: History, route: Int32Array, network: Network, platform: int, routes: list[int]) -> Steps:
    """Pallets on a platform that may be collected, of the loads of these routes. `route` : of each load."""
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


def _level_steps(time_s: Ints, change: Ints) -> Steps:
    """What starts at 0 and changes at these times."""
    at_s, where = np.unique(np.append(time_s, 0), return_inverse=True)
    return Steps(at_s, np.cumsum(np.bincount(where, np.append(change, 0), len(at_s)).astype(np.int64)))
