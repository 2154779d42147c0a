"""Measures of one replication, read off its log: a function each, its docstring the definition.

Loads created during warm-up, and those of the drain's days, count in no dwell; integrals begin after warm-up. What has
not ended when the run ends is counted up to there, so that a slow corridor is not made to look fast by those that never
came through.

A docstring defines a measure by `name [unit] = equation`, from which MODEL.md has its table. T is the run's days, w
those of its warm-up; a count is of what happens from day w on; what a corridor does not have is null, and not 0.
"""

from typing import NamedTuple

import numpy as np

from sim import events as e
from sim.changes import Setting
from sim.draws import Draws
from sim.events import Log
from sim.laws import Ints
from sim.milestones import ENDS, MILESTONES, Reached, milestones_of
from sim.missions import OUTCOMES as OF_MISSIONS
from sim.network import Network
from sim.nodes import (
    CeilingNode,
    CrewNode,
    DepotNode,
    FleetNode,
    Node,
    OfficeNode,
    PlatformNode,
    PoolNode,
    RoadNode,
    SlotsNode,
    StoreNode,
    TeamsNode,
    YardNode,
)
from sim.rules import BREAK_OFF, FREEZE, of_tasks
from sim.stays import Waited, cohort, dwell, spread, states
from sim.units import DAY_S, HOUR_S
from sim.visits import History, Level, Moments, Narrow, Visits, level_by_day, midnights, of_loads, open_clock

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


def place_days(history: History, draws: Draws, network: Network, node: Node) -> PlaceDays:
    """The stock, the flow and the use of a place for each day."""
    days = network.days
    none = np.zeros(days, dtype=np.int64)
    if isinstance(node, CeilingNode):
        from sim.ceiling_days import ceiling_days

        return ceiling_days(history, draws, network, node)
    if isinstance(node, StoreNode):
        from sim.store_days import store_days

        return store_days(history, network, node)
    if isinstance(node, DepotNode):
        from sim.depot_days import depot_days

        return depot_days(history, network, node)
    if isinstance(node, OfficeNode | SlotsNode):
        from sim.office_days import office_days

        return office_days(history, node, days)
    if isinstance(node, PlatformNode):
        placed, taken = _pallets(history.rows(e.OFFLOADED, node.number), history.rows(e.COLLECTED, node.number), days)
        at_end, backlog = level_by_day(placed, taken)
        return PlaceDays(placed.number, taken.number, at_end, backlog / DAY_S, none, none, none)
    if isinstance(node, CrewNode):
        from sim.crew_days import crew_days

        return crew_days(history, network, node)
    if isinstance(node, TeamsNode):
        from sim.task_days import teams_days

        return teams_days(history, len(draws), network, node)
    visits = history.visits(node.number)
    joined, started, finished, left = (Moments.by_day(time_s, days) for time_s in visits[2:6])
    if isinstance(node, PoolNode):
        at_end, backlog = level_by_day(joined, left)
        busy = _busy_when_open(node, visits, days) if node.rule == FREEZE else level_by_day(started, finished)[1]
        opened = np.diff(node.calendar.integral(midnights(days)))
        blocked = level_by_day(finished, left)[1]
        return PlaceDays(joined.number, finished.number, at_end, backlog / DAY_S, busy, blocked, opened)
    if isinstance(node, FleetNode):
        at_end, out = level_by_day(joined, finished)
        opened = np.diff(node.over_time(Setting.vehicles).integral(midnights(days)))
        return PlaceDays(joined.number, finished.number, at_end, out / DAY_S, out, none, opened)
    gone = left if isinstance(node, RoadNode) else started
    at_end, backlog = level_by_day(joined, gone)
    return PlaceDays(joined.number, gone.number, at_end, backlog / DAY_S, none, none, none)


def transit(history: History, draws: Draws, found: dict[str, Reached], network: Network) -> Transit:
    """The loads that came after warm-up and before the drain, and the time from dispatch until their last arrived."""
    from_s, until_s = network.warm_up_days * DAY_S, (network.days - network.drain_days) * DAY_S
    n = len(draws)
    dispatched, ended = np.full(n, -1, dtype=np.int64), np.full(n, history.horizon_s, dtype=np.int64)
    dispatched[found["dispatched"].load] = found["dispatched"].time_s
    outcome = np.full(n, OUTCOMES.index("inside"), dtype=np.int64)
    parts, last_s = history.ended, np.zeros(n, dtype=np.int64)
    np.maximum.at(last_s, parts.load, parts.time_s)
    done = np.bincount(parts.load, parts.pallets, n) == draws.pallets
    fate = np.full(n, OUTCOMES.index("arrived"))
    for name in ("expired", "intercepted"):
        fate[parts.load[parts.kind == ENDS[name]]] = OUTCOMES.index(name)
    outcome[done], ended[done] = fate[done], last_s[done]
    for name in ("returned", "turned_away"):
        outcome[found[name].load], ended[found[name].load] = OUTCOMES.index(name), found[name].time_s
    own = np.flatnonzero((dispatched >= 0) & (draws.created_s >= from_s) & (draws.created_s < until_s))
    return Transit(own, outcome[own], ended[own] - dispatched[own])


def measures(
    network: Network,
    history: History,
    reached: dict[str, Ints],
    travelled: Transit,
    places: dict[int, PlaceDays],
    route: Narrow,
) -> list[Measure]:
    """All measures, in a fixed order. `reached` : sums by day, see `milestones.daily`; `route` of each load."""
    from sim.cost_days import cost_measures
    from sim.fuel_days import fuel_measures
    from sim.task_days import task_measures

    return [
        *_throughput(network, reached),
        *transit_times(travelled),
        *_phases(network),
        *_rejections(network, history),
        *_answers(network, history),
        *_missions(network, history),
        *task_measures(network, history, len(route)),
        *cost_measures(network, history, reached, route),
        *fuel_measures(network, history, route),
        *measures_of_places(network, history, places),
    ]


def measures_of_places(network: Network, history: History, places: dict[int, PlaceDays]) -> list[Measure]:
    """Those of each place, in the order of their keys."""
    return [m for node in network.nodes for m in _of_place(network, history, node, places[node.number])]


def measures_of(network: Network) -> list[str]:
    """The names of all measures of a replication, but of phases, as they are before anything has run."""
    from sim import distribution_days
    from sim.need_days import nothing
    from sim.need_measures import need_measures
    from sim.people_days import names as people_names

    none = np.zeros(0, dtype=np.int64)
    reached = dict.fromkeys(("day", "route", "milestone", "trucks", "pallets", "kg"), none)
    history = History(np.zeros(0, dtype=e.ROW), network.horizon_s)
    daily = PlaceDays(*[np.zeros(network.days, dtype=np.int64) for _ in PlaceDays._fields])  # type: ignore[arg-type]

    def places(part: Network) -> dict[int, PlaceDays]:
        return dict.fromkeys((node.number for node in part.nodes), daily)

    rows = measures(network, history, reached, Transit(none, none, none), places(network), none)
    rows += need_measures(network, nothing(network))
    if network.onward:
        rows += distribution_days.nothing(network.onward)
        rows += measures_of_places(network.onward, history, places(network.onward))
    absent = set(MILESTONES) - {name for route in network.routes for name in milestones_of(network, route)}
    absent |= set() if network.costs else {"cost"}
    told = [row.name for row in rows if not any(row.name.startswith(f"{name}_") for name in absent)]
    return [*told, *(people_names(network.people) if network.people else ())]


def _throughput(network: Network, reached: dict[str, Ints]) -> list[Measure]:
    """Trucks, pallets and tonnes that reach a milestone, a day of the run after warm-up.

    <milestone>_trucks_per_day [trucks/day] = N / (T - w), N the trucks that reach it; null where no corridor has the
        step
    <milestone>_pallets_per_day [pallets/day] = the same of pallets
    <milestone>_tonnes_per_day [tonnes/day] = the same of kg / 1000
    """
    has = {name for route in network.routes for name in milestones_of(network, route)}
    days = network.days - network.warm_up_days
    rows = []
    for number, name in enumerate(MILESTONES):
        counted = (reached["milestone"] == number) & (reached["day"] >= network.warm_up_days)
        for field, unit, per in (("trucks", "trucks", 1), ("pallets", "pallets", 1), ("kg", "tonnes", 1000)):
            value = int(reached[field][counted].sum()) / per / days if name in has else None
            rows.append(Measure(f"{name}_{unit}_per_day", f"{unit}/day", value))
    return rows


def transit_times(travelled: Transit) -> list[Measure]:
    """Hours from dispatch to arrival of the dispatched loads that were not sent back, and of which nothing was lost.

    The mean counts those still inside up to the run's end, so it is a lower bound; a quantile among them is unknown.

    transit_h_mean [h] = sum(min(a, end) - d) / n, d the load's first drive and a the arrival of its last pallet, of the
        n loads dispatched that came after warm-up (and before the last `run.drain` days) and were not sent back or
        lost: a lower bound
    transit_h_p50, transit_h_p90 [h] = the ceil(q n)-th shortest a - d of the same loads; null where it lies among those
        that are still inside
    inside_end_loads [loads] = those of the same loads of which something has neither arrived nor been lost at the end
    """
    came, inside = (travelled.outcome == OUTCOMES.index(name) for name in ("arrived", "inside"))
    stayed = int(inside.sum())
    hours = np.sort(travelled.seconds[came]) / HOUR_S
    elapsed = travelled.seconds[came | inside] / HOUR_S

    def quantile(share: float) -> float | None:
        rank = int(np.ceil(share * (len(hours) + stayed))) - 1
        return float(hours[rank]) if 0 <= rank < len(hours) else None

    return [
        Measure("transit_h_mean", "h", float(elapsed.mean()) if len(elapsed) else None),
        Measure("transit_h_p50", "h", quantile(0.5)),
        Measure("transit_h_p90", "h", quantile(0.9)),
        Measure("inside_end_loads", "loads", float(stayed)),
    ]


def _phases(network: Network) -> list[Measure]:
    """On which day each phase began.

    phase_began_day:<phase> [day] = days from the run's start until it began, below 0 before it; null where it did not
        until the end
    """
    return [
        Measure(f"phase_began_day:{name}", "day", None if began_s is None else began_s / DAY_S)
        for name, began_s in network.began_s.items()
    ]


def _rejections(network: Network, history: History) -> list[Measure]:
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
        told = said_no["pallets"][said_no["time_s"] >= network.warm_up_days * DAY_S]
        for reason in sorted(may):
            number = int((told == reason).sum())
            rows.append(Measure(f"rejected_{reason.name.lower()}:{node.name}", "trucks/day", number / days))
    return rows


def _answers(network: Network, history: History) -> list[Measure]:
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
            number = int((of_loads(told["carrier"]) & (told["time_s"] >= after_s)).sum())
            rows.append(Measure(f"{name}:{node.name}", "trucks/day", number / days))
        if any(isinstance(n, YardNode) and n.permission and n.permission.office == node.number for n in network.nodes):
            said_yes = history.rows(e.AUTHORISED, node.number)
            missions = ~of_loads(said_yes["carrier"]) & ~of_tasks(said_yes["carrier"])
            number = int((missions & (said_yes["time_s"] >= after_s)).sum())
            rows.append(Measure(f"authorised_missions:{node.name}", "missions/day", number / days))
    return rows


def _missions(network: Network, history: History) -> list[Measure]:
    """Missions that asked to set out from a yard, by what came of it, a day of the run after warm-up.

    missions_<outcome>:<yard> [missions/day] = missions with that outcome / (T - w)
    """
    days, rows = network.days - network.warm_up_days, []
    for node in network.nodes:
        if isinstance(node, YardNode) and node.permission is not None:
            told = history.rows(e.MISSION, node.number)
            told = told[told["time_s"] >= network.warm_up_days * DAY_S]["pallets"]
            for number, name in enumerate(OF_MISSIONS):
                count = int((told == number).sum())
                rows.append(Measure(f"missions_{name}:{node.name}", "missions/day", count / days))
    return rows


def _of_place(network: Network, history: History, node: Node, days: PlaceDays) -> list[Measure]:
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
        Measure(f"backlog_growth:{node.name}", f"{unit}/day", _slope(days.backlog_end[after:])),
    ]
    opened = int(days.open_s[after:].sum())
    if isinstance(node, PoolNode | FleetNode | CrewNode | CeilingNode | StoreNode | OfficeNode | SlotsNode | TeamsNode):
        busy = float(days.busy_s[after:].sum() / opened) if opened else None
        rows.append(Measure(f"utilisation:{node.name}", "share", busy))
    if isinstance(node, PoolNode):
        shares = states(history, node, after * DAY_S)
        rows += [Measure(f"state_{name}:{node.name}", "share", share) for name, share in shares.items()]
    if isinstance(node, Waited):
        until_s = (network.days - network.drain_days) * DAY_S
        visits = cohort(history, node, after * DAY_S, until_s)
        hours = {f"{name}_h": value for name, value in dwell(visits, node).items()}
        hours |= spread(visits, history.horizon_s)
        rows += [Measure(f"{name}:{node.name}", "h", value) for name, value in hours.items()]
    return rows


def _slope(level: Ints) -> float | None:
    """By how much a level at midnight grows a day, by least squares; None on one day."""
    days = np.arange(len(level)) - (len(level) - 1) / 2
    return float((days * level).sum() / (days**2).sum()) if len(level) > 1 else None


def _pallets(placed: Log, taken: Log, days: int) -> tuple[Moments, Moments]:
    """When pallets came to a platform, and when they went."""
    columns = [[rows[name].astype(np.int32) for name in ("time_s", "pallets")] for rows in (placed, taken)]
    came, went = (Moments.by_day(time_s, days, pallets) for time_s, pallets in columns)
    return came, went


def _busy_when_open(node: PoolNode, visits: Visits, days: int) -> Ints:
    """Lane-seconds of work on each day, by a clock that stands while its lane is closed: work is frozen then."""
    busy = np.zeros(days, dtype=np.int64)
    for lane in range(node.lanes):
        clock, own = open_clock(node.calendar, lane), visits.lane == lane
        level = Level.of_spans(clock.integral(visits.started_s[own]), clock.integral(visits.finished_s[own]))
        busy += np.diff(level.integral(clock.integral(midnights(days))))
    return busy
