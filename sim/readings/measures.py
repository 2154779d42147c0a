"""Measures of one replication, computed from its log: a function for each group, whose docstring defines its measures.

Loads created during warm-up or during the drain do not count in dwell; integrals begin after warm-up. What has not
ended at the run's end counts up to then, so that a slow corridor does not look fast because of unfinished loads.

A docstring defines a measure by `name [unit] = equation`; the table of measures in docs/model/ is made of these lines.
T is the days of the run and w those of warm-up; a count is of events from day w on. A measure that a corridor does
not have is null, and not 0. Costs are not weighed against anything.
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
from sim.rules import BREAK_OFF, is_task
from sim.scenario.convoys import OUTCOMES as MISSION_OUTCOMES
from sim.units import DAY_S

KG_PER_TONNE = 1000


def compute_measures(
    network: Network,
    history: History,
    daily_sums: dict[str, Ints],
    transits: LoadTransits,
    readings: dict[int, DailyReadings],
    route: Int32Array,
) -> list[Measure]:
    """Returns all measures, in a fixed order.

    daily_sums : from `milestones.daily_milestone_sums`. route : (n,) route of each load.
    """
    return [
        *_throughput_measures(network, daily_sums),
        *transit_measures(transits),
        *_phase_measures(network),
        *_rejection_measures(network, history),
        *_office_measures(network, history),
        *_mission_measures(network, history),
        *task_measures(network, history, len(route)),
        *cost_measures(network, history, daily_sums, route),
        *fuel_measures(network, history, route),
        *place_measures(network, history, readings),
    ]


def place_measures(network: Network, history: History, readings: dict[int, DailyReadings]) -> list[Measure]:
    """Returns the measures of each place, in the order of their keys."""
    return [m for node in network.nodes for m in _node_measures(network, history, node, readings[node.number])]


def measure_names(network: Network) -> list[str]:
    """Returns the names of all measures except those of phases, without running the model."""
    empty = np.zeros(0, dtype=np.int64)
    daily_sums = dict.fromkeys(("day", "route", "milestone", "trucks", "pallets", "kg"), empty)
    history = History(np.zeros(0, dtype=e.ROW), network.horizon_s)
    no_readings = DailyReadings(*[np.zeros(network.days, dtype=np.int64) for _ in DailyReadings._fields])  # type: ignore[arg-type]

    def empty_readings(part: Network) -> dict[int, DailyReadings]:
        return dict.fromkeys((node.number for node in part.nodes), no_readings)

    rows = compute_measures(
        network, history, daily_sums, LoadTransits(empty, empty, empty), empty_readings(network), empty
    )
    rows += need_measures(network, empty_balance(network))
    if network.onward:
        rows += distribution.empty_distribution_measures(network.onward)
        rows += place_measures(network.onward, history, empty_readings(network.onward))
    absent = set(MILESTONES) - {name for route in network.routes for name in route_milestones(network, route)}
    absent |= set() if network.costs else {"cost"}
    names = [row.name for row in rows if not any(row.name.startswith(f"{name}_") for name in absent)]
    return [*names, *(people_names(network.people) if network.people else ())]


def _throughput_measures(network: Network, daily_sums: dict[str, Ints]) -> list[Measure]:
    """Trucks, pallets and tonnes that reach a milestone, per day after warm-up.

    <milestone>_trucks_per_day [trucks/day] = N / (T - w), N the trucks that reach it; null where no corridor has the
        step
    <milestone>_pallets_per_day [pallets/day] = the same of pallets
    <milestone>_tonnes_per_day [tonnes/day] = the same of kg / 1000
    """
    milestones = {name for route in network.routes for name in route_milestones(network, route)}
    days = network.days - network.warm_up_days
    rows = []
    for number, name in enumerate(MILESTONES):
        counted = (daily_sums["milestone"] == number) & (daily_sums["day"] >= network.warm_up_days)
        for field, unit, per in (("trucks", "trucks", 1), ("pallets", "pallets", 1), ("kg", "tonnes", 1000)):
            value = int(daily_sums[field][counted].sum()) / per / days if name in milestones else None
            rows.append(Measure(f"{name}_{unit}_per_day", f"{unit}/day", value))
    return rows


def _phase_measures(network: Network) -> list[Measure]:
    """The day on which each phase began.

    phase_began_day:<phase> [day] = days from the run's start until it began, below 0 before the start; null if it has
        not begun by the run's end
    """
    return [
        Measure(f"phase_began_day:{name}", "day", None if began_s is None else began_s / DAY_S)
        for name, began_s in network.began_s.items()
    ]


def _rejection_measures(network: Network, history: History) -> list[Measure]:
    """Rejections by inspections, by the reasons that a site may give, per day after warm-up.

    rejected_form:<site>, rejected_item:<site>, rejected_time:<site> [trucks/day] = inspections that rejected for that
        reason / (T - w), where the site may give it
    """
    days, rows = network.days - network.warm_up_days, []
    for node in network.nodes:
        if not isinstance(node, PoolNode):
            continue
        possible = [e.Reason.TIME] if node.rule == BREAK_OFF else []
        if (reasons := network.reasons.get(node.number)) is not None:
            possible += [
                reason for reason, share in ((e.Reason.FORM, reasons.form), (e.Reason.ITEM, reasons.item)) if share
            ]
        rejected = history.rows(e.REJECTED, node.number)
        given = rejected["value"][rejected["time_s"] >= network.warm_up_days * DAY_S]
        for reason in sorted(possible):
            number = int((given == reason).sum())
            rows.append(Measure(f"rejected_{reason.name.lower()}:{node.name}", "trucks/day", number / days))
    return rows


def _office_measures(network: Network, history: History) -> list[Measure]:
    """Answers of offices to loads and missions, and slots given and missed, per day after warm-up.

    authorised:<office>, refused:<office> [trucks/day] = answers to loads / (T - w)
    authorised_missions:<office> [missions/day] = permissions for missions / (T - w), where a yard needs the office
    manifested:<slots>, no_show:<slots> [trucks/day] = slots that were given, and loads that were called and did not
        come, / (T - w)
    """
    days, after_s, rows = network.days - network.warm_up_days, network.warm_up_days * DAY_S, []
    office = (("authorised", e.AUTHORISED), ("refused", e.REFUSED))
    slots = (("manifested", e.MANIFESTED), ("no_show", e.NO_SHOW))
    for node in network.nodes:
        for name, kind in office if isinstance(node, OfficeNode) else slots if isinstance(node, SlotsNode) else ():
            answers = history.rows(kind, node.number)
            number = int((is_load(answers["carrier"]) & (answers["time_s"] >= after_s)).sum())
            rows.append(Measure(f"{name}:{node.name}", "trucks/day", number / days))
        if any(isinstance(n, YardNode) and n.permission and n.permission.office == node.number for n in network.nodes):
            authorised = history.rows(e.AUTHORISED, node.number)
            missions = ~is_load(authorised["carrier"]) & ~is_task(authorised["carrier"])
            number = int((missions & (authorised["time_s"] >= after_s)).sum())
            rows.append(Measure(f"authorised_missions:{node.name}", "missions/day", number / days))
    return rows


def _mission_measures(network: Network, history: History) -> list[Measure]:
    """Requested missions of a yard by outcome, per day after warm-up.

    missions_<outcome>:<yard> [missions/day] = missions with that outcome / (T - w)
    """
    days, rows = network.days - network.warm_up_days, []
    for node in network.nodes:
        if isinstance(node, YardNode) and node.permission is not None:
            outcomes = history.rows(e.MISSION, node.number)
            outcomes = outcomes[outcomes["time_s"] >= network.warm_up_days * DAY_S]["value"]
            for number, name in enumerate(MISSION_OUTCOMES):
                count = int((outcomes == number).sum())
                rows.append(Measure(f"missions_{name}:{node.name}", "missions/day", count / days))
    return rows


def _node_measures(network: Network, history: History, node: Node, readings: DailyReadings) -> list[Measure]:
    """Backlog and utilisation of a place, and hours of a visit: waiting while open, closed, served, blocked; quantiles.

    x(t) is the level at time t: trucks waiting, served or blocked; pallets on a platform or in a store; vehicles of a
    fleet that are out; drivers of a crew who are out or rest; teams that are out.

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
        return []  # the log does not record escorts
    rows = [
        Measure(f"backlog_mean:{node.name}", unit, float(readings.backlog_mean[after:].mean())),
        Measure(f"backlog_end:{node.name}", unit, float(readings.backlog_end[-1])),
        Measure(f"backlog_max:{node.name}", unit, float(readings.backlog_end[after:].max())),
        Measure(f"backlog_growth:{node.name}", f"{unit}/day", _growth_per_day(readings.backlog_end[after:])),
    ]
    used, capacity = (int(column[after:].sum()) for column in readings.use_and_capacity)
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
    """Returns the slope of a level at midnights per day, by least squares; None on one day."""
    days = np.arange(len(level)) - (len(level) - 1) / 2
    return float((days * level).sum() / (days**2).sum()) if len(level) > 1 else None


def cost_measures(network: Network, history: History, daily_sums: dict[str, Ints], route: Int32Array) -> list[Measure]:
    """Truck-days of waiting by inbound trucks, and the costs of corridors that have `costs`, per day after warm-up.

    The cost per tonne divides by the tonnes that arrived, and includes what was paid for goods that have not arrived.
    daily_sums : from `milestones.daily_milestone_sums`. route : (n,) route of each load.

    waiting_truck_days_per_day [trucks] = days of inbound trucks in a queue (of gates, sites, bays, yards, offices,
        slots and docks, open or closed), or held because the next place has no room, / (T - w); loads on other vehicles
        keep no truck waiting
    cost_usd_per_day [USD/day] = C / (T - w), C = sum(per_truck n + per_tonne kg / 1000 + per_waiting_day d) over the
        corridors that have `costs`, n trucks and kg dispatched and d truck-days waited; null without any
    cost_usd_per_tonne_arrived [USD/t] = C / tonnes that arrived by these corridors, so that it includes the cost of
        trucks still on the way, returned or lost; null where nothing arrived
    """
    days = network.days - network.warm_up_days
    waited_s = waiting_s_by_route(network, history, route)
    dollars, tonnes = _cost_and_tonnes(network, daily_sums, waited_s) if network.costs else (None, 0.0)
    return [
        Measure("waiting_truck_days_per_day", "trucks", int(waited_s.sum()) / DAY_S / days),
        Measure("cost_usd_per_day", "USD/day", None if dollars is None else dollars / days),
        Measure("cost_usd_per_tonne_arrived", "USD/t", dollars / tonnes if dollars is not None and tonnes else None),
    ]


def waiting_s_by_route(network: Network, history: History, route: Int32Array) -> Ints:
    """Returns the seconds that inbound trucks of each route waited after warm-up. Shape (routes,).

    A truck waits in a queue (open or closed), before a closed road, or in a lane because the next place has no room. A
    load on another vehicle no longer keeps a truck waiting, and the lead time of an office is not a queue.
    """
    seconds = np.zeros(len(network.routes), dtype=np.int64)
    for node in network.nodes:
        if not isinstance(node, QueueNode):
            continue
        visits = history.visits(node.number)
        on_truck = visits.carrier == -1
        spans = [(visits.joined_s, visits.started_s)]
        if isinstance(node, PoolNode):
            spans.append((visits.finished_s, visits.left_s))
        for from_s, to_s in spans:
            waited = _clipped_s(network, to_s[on_truck]) - _clipped_s(network, from_s[on_truck])
            np.add.at(seconds, route[visits.entity[on_truck]], waited)
    blocked = find_blocked_by_tasks(history, network)
    on_truck = blocked.carrier == -1
    np.add.at(
        seconds,
        route[blocked.load[on_truck]],
        (_clipped_s(network, blocked.to_s) - _clipped_s(network, blocked.from_s))[on_truck],
    )
    return seconds


def _cost_and_tonnes(network: Network, daily_sums: dict[str, Ints], waited_s: Ints) -> tuple[float, float]:
    """Returns the US dollars after warm-up of corridors that have costs, and the tonnes that arrived by them."""
    dollars = tonnes = 0.0
    for route, costs in network.costs.items():
        counted = (daily_sums["route"] == route) & (daily_sums["day"] >= network.warm_up_days)
        set_out, arrived = (
            counted & (daily_sums["milestone"] == MILESTONES.index(m)) for m in ("dispatched", "arrived")
        )
        dollars += costs.per_truck * int(daily_sums["trucks"][set_out].sum())
        dollars += costs.per_tonne * int(daily_sums["kg"][set_out].sum()) / KG_PER_TONNE
        dollars += costs.per_waiting_day * int(waited_s[route]) / DAY_S
        tonnes += int(daily_sums["kg"][arrived].sum()) / KG_PER_TONNE
    return dollars, tonnes


def _clipped_s(network: Network, time_s: Int32Array) -> Ints:
    """Returns the times clipped to the span from the end of warm-up to the run's end."""
    return np.clip(time_s, network.warm_up_days * DAY_S, network.horizon_s).astype(np.int64)
