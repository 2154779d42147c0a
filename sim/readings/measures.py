"""Measures of one replication, read off its log: a function each, its docstring the definition.

Loads created during warm-up, and those of the drain's days, count in no dwell; integrals begin after warm-up. What has
not ended when the run ends is counted up to there, so that a slow corridor is not made to look fast by those that never
came through.

A docstring defines a measure by `name [unit] = equation`, from which MODEL.md has its table. T is the run's days, w
those of its warm-up; a count is of what happens from day w on; what a corridor does not have is null, and not 0.

What inbound trucks wait and cost, read off the log. Nothing is set off against anything.
"""

import numpy as np

from sim import events as e
from sim.laws import Ints
from sim.network.base import Node
from sim.network.convoys import CrewNode, FleetNode, YardNode
from sim.network.gates import CeilingNode
from sim.network.lanes import PoolNode
from sim.network.network import Network
from sim.network.offices import OfficeNode, SlotsNode
from sim.network.stock import StoreNode
from sim.network.tasks import TeamsNode
from sim.readings import distribution
from sim.readings.lanes import QueueNode, dwell_quantiles_h, lane_state_shares, mean_dwell_h, visit_cohort
from sim.readings.milestones import MILESTONES, route_milestones, transit_measures
from sim.readings.needs import empty_balance, need_measures
from sim.readings.people import people_measure_names as people_names
from sim.readings.records import DailyReadings, LoadTransits, Measure, backlog_unit
from sim.readings.stock import fuel_measures
from sim.readings.tasks import find_blocked_by_tasks, task_measures
from sim.readings.visits import History, Int32Array, is_load
from sim.rules import BREAK_OFF, of_tasks
from sim.scenario.convoys import OUTCOMES as OF_MISSIONS
from sim.units import DAY_S


def compute_measures(
    network: Network,
    history: History,
    reached: dict[str, Ints],
    travelled: LoadTransits,
    places: dict[int, DailyReadings],
    route: Int32Array,
) -> list[Measure]:
    """All measures, in a fixed order. `reached` : sums by day, see `milestones.daily`; `route` of each load."""
    return [
        *_throughput_measures(network, reached),
        *transit_measures(travelled),
        *_phase_measures(network),
        *_rejection_measures(network, history),
        *_office_measures(network, history),
        *_mission_measures(network, history),
        *task_measures(network, history, len(route)),
        *cost_measures(network, history, reached, route),
        *fuel_measures(network, history, route),
        *place_measures(network, history, places),
    ]


def place_measures(network: Network, history: History, places: dict[int, DailyReadings]) -> list[Measure]:
    """Those of each place, in the order of their keys."""
    return [m for node in network.nodes for m in _node_measures(network, history, node, places[node.number])]


def measure_names(network: Network) -> list[str]:
    """The names of all measures of a replication, but of phases, as they are before anything has run."""
    none = np.zeros(0, dtype=np.int64)
    reached = dict.fromkeys(("day", "route", "milestone", "trucks", "pallets", "kg"), none)
    history = History(np.zeros(0, dtype=e.ROW), network.horizon_s)
    daily = DailyReadings(*[np.zeros(network.days, dtype=np.int64) for _ in DailyReadings._fields])  # type: ignore[arg-type]

    def places(part: Network) -> dict[int, DailyReadings]:
        return dict.fromkeys((node.number for node in part.nodes), daily)

    rows = compute_measures(network, history, reached, LoadTransits(none, none, none), places(network), none)
    rows += need_measures(network, empty_balance(network))
    if network.onward:
        rows += distribution.empty_distribution_measures(network.onward)
        rows += place_measures(network.onward, history, places(network.onward))
    absent = set(MILESTONES) - {name for route in network.routes for name in route_milestones(network, route)}
    absent |= set() if network.costs else {"cost"}
    told = [row.name for row in rows if not any(row.name.startswith(f"{name}_") for name in absent)]
    return [*told, *(people_names(network.people) if network.people else ())]


def _throughput_measures(network: Network, reached: dict[str, Ints]) -> list[Measure]:
    """Trucks, pallets and tonnes that reach a milestone, a day of the run after warm-up.

    <milestone>_trucks_per_day [trucks/day] = N / (T - w), N the trucks that reach it; null where no corridor has the
        step
    <milestone>_pallets_per_day [pallets/day] = the same of pallets
    <milestone>_tonnes_per_day [tonnes/day] = the same of kg / 1000
    """
    has = {name for route in network.routes for name in route_milestones(network, route)}
    days = network.days - network.warm_up_days
    rows = []
    for number, name in enumerate(MILESTONES):
        counted = (reached["milestone"] == number) & (reached["day"] >= network.warm_up_days)
        for field, unit, per in (("trucks", "trucks", 1), ("pallets", "pallets", 1), ("kg", "tonnes", 1000)):
            value = int(reached[field][counted].sum()) / per / days if name in has else None
            rows.append(Measure(f"{name}_{unit}_per_day", f"{unit}/day", value))
    return rows


def _phase_measures(network: Network) -> list[Measure]:
    """On which day each phase began.

    phase_began_day:<phase> [day] = days from the run's start until it began, below 0 before it; null where it did not
        until the end
    """
    return [
        Measure(f"phase_began_day:{name}", "day", None if began_s is None else began_s / DAY_S)
        for name, began_s in network.began_s.items()
    ]


def _rejection_measures(network: Network, history: History) -> list[Measure]:
    """Inspections that said no for each reason that a site may give, a day of the run after warm-up.

    rejected_form:<site>, rejected_item:<site>, rejected_time:<site> [trucks/day] = inspections that said no for that
        reason / (T - w), where the site may give it
    """
    days, rows = network.days - network.warm_up_days, []
    for node in network.nodes:
        if not isinstance(node, PoolNode):
            continue
        may = [e.Reason.TIME] if node.rule == BREAK_OFF else []
        if (reasons := network.reasons.get(node.number)) is not None:
            may += [reason for reason, share in ((e.Reason.FORM, reasons.form), (e.Reason.ITEM, reasons.item)) if share]
        said_no = history.rows(e.REJECTED, node.number)
        told = said_no["value"][said_no["time_s"] >= network.warm_up_days * DAY_S]
        for reason in sorted(may):
            number = int((told == reason).sum())
            rows.append(Measure(f"rejected_{reason.name.lower()}:{node.name}", "trucks/day", number / days))
    return rows


def _office_measures(network: Network, history: History) -> list[Measure]:
    """What offices said to loads and missions, and who did not come to a slot, a day of the run after warm-up.

    authorised:<office>, refused:<office> [trucks/day] = answers to loads / (T - w)
    authorised_missions:<office> [missions/day] = permissions for missions / (T - w), where a yard asks the office
    manifested:<slots>, no_show:<slots> [trucks/day] = slots that were given, and loads that were called and did not
        come, / (T - w)
    """
    days, after_s, rows = network.days - network.warm_up_days, network.warm_up_days * DAY_S, []
    office = (("authorised", e.AUTHORISED), ("refused", e.REFUSED))
    slots = (("manifested", e.MANIFESTED), ("no_show", e.NO_SHOW))
    for node in network.nodes:
        for name, kind in office if isinstance(node, OfficeNode) else slots if isinstance(node, SlotsNode) else ():
            told = history.rows(kind, node.number)
            number = int((is_load(told["carrier"]) & (told["time_s"] >= after_s)).sum())
            rows.append(Measure(f"{name}:{node.name}", "trucks/day", number / days))
        if any(isinstance(n, YardNode) and n.permission and n.permission.office == node.number for n in network.nodes):
            said_yes = history.rows(e.AUTHORISED, node.number)
            missions = ~is_load(said_yes["carrier"]) & ~of_tasks(said_yes["carrier"])
            number = int((missions & (said_yes["time_s"] >= after_s)).sum())
            rows.append(Measure(f"authorised_missions:{node.name}", "missions/day", number / days))
    return rows


def _mission_measures(network: Network, history: History) -> list[Measure]:
    """Missions that asked to set out from a yard, by what came of it, a day of the run after warm-up.

    missions_<outcome>:<yard> [missions/day] = missions with that outcome / (T - w)
    """
    days, rows = network.days - network.warm_up_days, []
    for node in network.nodes:
        if isinstance(node, YardNode) and node.permission is not None:
            told = history.rows(e.MISSION, node.number)
            told = told[told["time_s"] >= network.warm_up_days * DAY_S]["value"]
            for number, name in enumerate(OF_MISSIONS):
                count = int((told == number).sum())
                rows.append(Measure(f"missions_{name}:{node.name}", "missions/day", count / days))
    return rows


def _node_measures(network: Network, history: History, node: Node, days: DailyReadings) -> list[Measure]:
    """Backlog and use of a place, and the hours of a visit: waiting while open, closed, served, blocked; its spread.

    x(t) is who is there: trucks waiting, served or blocked; pallets on a platform or in a store; vehicles of a fleet
    that are out; drivers of a crew who are out or rest; teams that are out.

    backlog_mean:<place> [trucks, pallets, litres, vehicles, people or teams] = integral of x(t) over the T - w days /
        (T - w)
    backlog_end:<place> [trucks, pallets, litres, vehicles, people or teams] = x at the run's last moment
    backlog_max:<place> [trucks, pallets, litres, vehicles, people or teams] = the largest x at a midnight after warm-up
    backlog_growth:<place> [the same a day] = slope of x at those midnights, by least squares; null on one day
    utilisation:<place> [share] = lane-seconds of work / lane-seconds open; work after closing time counts, so it can
        exceed 1 under `finish`; null where nothing is open
    """
    after, unit = network.warm_up_days, backlog_unit(node)
    if isinstance(node, CrewNode) and any(isinstance(n, YardNode) and n.escorts == node.number for n in network.nodes):
        return []  # the log does not tell of escorts
    rows = [
        Measure(f"backlog_mean:{node.name}", unit, float(days.backlog_mean[after:].mean())),
        Measure(f"backlog_end:{node.name}", unit, float(days.backlog_end[-1])),
        Measure(f"backlog_max:{node.name}", unit, float(days.backlog_end[after:].max())),
        Measure(f"backlog_growth:{node.name}", f"{unit}/day", _growth_per_day(days.backlog_end[after:])),
    ]
    used, capacity = (int(column[after:].sum()) for column in days.use_and_capacity)
    if isinstance(node, PoolNode | FleetNode | CrewNode | CeilingNode | StoreNode | OfficeNode | SlotsNode | TeamsNode):
        rows.append(Measure(f"utilisation:{node.name}", "share", used / capacity if capacity else None))
    if isinstance(node, PoolNode):
        shares = lane_state_shares(history, node, after * DAY_S)
        rows += [Measure(f"state_{name}:{node.name}", "share", share) for name, share in shares.items()]
    if isinstance(node, QueueNode):
        until_s = (network.days - network.drain_days) * DAY_S
        visits = visit_cohort(history, node, after * DAY_S, until_s)
        hours = {f"{name}_h": value for name, value in mean_dwell_h(visits, node).items()}
        hours |= dwell_quantiles_h(visits, history.horizon_s)
        rows += [Measure(f"{name}:{node.name}", "h", value) for name, value in hours.items()]
    return rows


def _growth_per_day(level: Ints) -> float | None:
    """By how much a level at midnight grows a day, by least squares; None on one day."""
    days = np.arange(len(level)) - (len(level) - 1) / 2
    return float((days * level).sum() / (days**2).sum()) if len(level) > 1 else None


KG_PER_TONNE = 1000


def cost_measures(network: Network, history: History, reached: dict[str, Ints], route: Int32Array) -> list[Measure]:
    """Truck-days that inbound trucks wait, and what those of corridors with costs cost, a day after warm-up.

    A tonne's dollars are of tonnes that arrived by these corridors, and contain what was paid for what has not arrived.
    reached : sums by day, see `milestones.daily`. route : of each load.

    waiting_truck_days_per_day [trucks] = days of inbound trucks in a queue (of gates, sites, bays, yards, offices,
        slots and docks, open or closed), or held because the next place has no room, / (T - w); loads on other vehicles
        wait on no truck
    cost_usd_per_day [USD/day] = C / (T - w), C = sum(per_truck n + per_tonne kg / 1000 + per_waiting_day d) over the
        corridors that have `costs`, n trucks and kg dispatched and d truck-days waited; null without any
    cost_usd_per_tonne_arrived [USD/t] = C / tonnes that arrived by these corridors, so that trucks still on the way,
        returned or lost are paid for by what arrived; null where nothing did
    """
    days = network.days - network.warm_up_days
    waited_s = waiting_s_by_route(network, history, route)
    dollars, tonnes = _cost_and_tonnes(network, reached, waited_s) if network.costs else (None, 0.0)
    return [
        Measure("waiting_truck_days_per_day", "trucks", int(waited_s.sum()) / DAY_S / days),
        Measure("cost_usd_per_day", "USD/day", None if dollars is None else dollars / days),
        Measure("cost_usd_per_tonne_arrived", "USD/t", dollars / tonnes if dollars is not None and tonnes else None),
    ]


def waiting_s_by_route(network: Network, history: History, route: Int32Array) -> Ints:
    """Seconds that inbound trucks of each route waited after warm-up. Shape (routes,).

    In a queue (while it is open or closed), before a shut road, or held in a lane because the next place has no room.
    What is on another vehicle waits on no truck of its own any more, and the lead time of an office is no queue.
    """
    seconds = np.zeros(len(network.routes), dtype=np.int64)
    for node in network.nodes:
        if not isinstance(node, QueueNode):
            continue
        visits = history.visits(node.number)
        own = visits.carrier == -1
        spans = [(visits.joined_s, visits.started_s)]
        if isinstance(node, PoolNode):
            spans.append((visits.finished_s, visits.left_s))
        for from_s, to_s in spans:
            waited = _clipped_s(network, to_s[own]) - _clipped_s(network, from_s[own])
            np.add.at(seconds, route[visits.entity[own]], waited)
    barred = find_blocked_by_tasks(history, network)
    own = barred.carrier == -1
    np.add.at(
        seconds, route[barred.load[own]], (_clipped_s(network, barred.to_s) - _clipped_s(network, barred.from_s))[own]
    )
    return seconds


def _cost_and_tonnes(network: Network, reached: dict[str, Ints], waited_s: Ints) -> tuple[float, float]:
    """US dollars after warm-up of the corridors that have costs, and tonnes that arrived by them."""
    dollars = tonnes = 0.0
    for route, costs in network.costs.items():
        counted = (reached["route"] == route) & (reached["day"] >= network.warm_up_days)
        set_out, arrived = (counted & (reached["milestone"] == MILESTONES.index(m)) for m in ("dispatched", "arrived"))
        dollars += costs.per_truck * int(reached["trucks"][set_out].sum())
        dollars += costs.per_tonne * int(reached["kg"][set_out].sum()) / KG_PER_TONNE
        dollars += costs.per_waiting_day * int(waited_s[route]) / DAY_S
        tonnes += int(reached["kg"][arrived].sum()) / KG_PER_TONNE
    return dollars, tonnes


def _clipped_s(network: Network, time_s: Int32Array) -> Ints:
    """Moments as they count: none before warm-up ends, nor after the run."""
    return np.clip(time_s, network.warm_up_days * DAY_S, network.horizon_s).astype(np.int64)
