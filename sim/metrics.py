"""Measures of one replication, read off its log: a function each, its docstring the definition.

Loads created during warm-up count in no dwell, and integrals begin after it. What has not ended when the run ends is
counted up to there, so that a slow corridor is not made to look fast by those that never came through.
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
    FleetNode,
    GateNode,
    Node,
    OfficeNode,
    PlatformNode,
    PoolNode,
    RoadNode,
    SlotsNode,
    StoreNode,
    YardNode,
)
from sim.rules import BREAK_OFF, FREEZE
from sim.units import DAY_S, HOUR_S
from sim.visits import History, Level, Moments, Visits, closed_within, level_by_day, midnights, of_loads, open_clock

Waited = PoolNode | GateNode | YardNode | OfficeNode | SlotsNode  # where trucks wait
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
    """What stands at a place, or is out: trucks, pallets, vehicles or people."""
    units = {PlatformNode: "pallets", StoreNode: "pallets", FleetNode: "vehicles", CrewNode: "people"}
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


def transit(history: History, draws: Draws, found: dict[str, Reached], warm_up_s: int) -> Transit:
    """The loads dispatched after warm-up, and the time from dispatch until the last of their pallets arrived."""
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
    cohort = np.flatnonzero((dispatched >= 0) & (draws.created_s >= warm_up_s))
    return Transit(cohort, outcome[cohort], ended[cohort] - dispatched[cohort])


def measures(
    network: Network, history: History, reached: dict[str, Ints], travelled: Transit, places: dict[int, PlaceDays]
) -> list[Measure]:
    """All measures, in a fixed order. `reached` : sums by day, see `milestones.daily`."""
    return [
        *_throughput(network, reached),
        *_transit_times(travelled),
        *_phases(network),
        *_rejections(network, history),
        *_answers(network, history),
        *_missions(network, history),
        *(m for node in network.nodes for m in _of_place(network, history, node, places[node.number])),
    ]


def _throughput(network: Network, reached: dict[str, Ints]) -> list[Measure]:
    """Trucks, pallets and tonnes that reach a milestone, a day of the run after warm-up."""
    has = {name for route in network.routes for name in milestones_of(network, route)}
    days = network.days - network.warm_up_days
    rows = []
    for number, name in enumerate(MILESTONES):
        counted = (reached["milestone"] == number) & (reached["day"] >= network.warm_up_days)
        for field, unit, per in (("trucks", "trucks", 1), ("pallets", "pallets", 1), ("kg", "tonnes", 1000)):
            value = int(reached[field][counted].sum()) / per / days if name in has else None
            rows.append(Measure(f"{name}_{unit}_per_day", f"{unit}/day", value))
    return rows


def _transit_times(travelled: Transit) -> list[Measure]:
    """Hours from dispatch to arrival of the dispatched loads that were not sent back, and of which nothing was lost.

    The mean counts those still inside up to the run's end, so it is a lower bound; a quantile among them is unknown.
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
    """On which day since the run's start each phase began, below 0 before it; None where it did not until its end."""
    return [
        Measure(f"phase_began_day:{name}", "day", None if began_s is None else began_s / DAY_S)
        for name, began_s in network.began_s.items()
    ]


def _rejections(network: Network, history: History) -> list[Measure]:
    """Inspections that said no for each reason that a site may give, a day of the run after warm-up."""
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
    """What offices said to loads and missions, and who did not come to a slot, a day of the run after warm-up."""
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
            number = int((~of_loads(said_yes["carrier"]) & (said_yes["time_s"] >= after_s)).sum())
            rows.append(Measure(f"authorised_missions:{node.name}", "missions/day", number / days))
    return rows


def _missions(network: Network, history: History) -> list[Measure]:
    """Missions that asked to set out from a yard, by what came of it, a day of the run after warm-up."""
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
    """Backlog and use of a place, and the mean hours of a visit: waiting while open, closed, served, blocked."""
    after, unit = network.warm_up_days, backlog_unit(node)
    if isinstance(node, CrewNode) and any(isinstance(n, YardNode) and n.escorts == node.number for n in network.nodes):
        return []  # the log does not tell of escorts
    rows = [
        Measure(f"backlog_mean:{node.name}", unit, float(days.backlog_mean[after:].mean())),
        Measure(f"backlog_end:{node.name}", unit, float(days.backlog_end[-1])),
    ]
    opened = int(days.open_s[after:].sum())
    if isinstance(node, PoolNode | FleetNode | CrewNode | CeilingNode | StoreNode | OfficeNode | SlotsNode):
        busy = float(days.busy_s[after:].sum() / opened) if opened else None
        rows.append(Measure(f"utilisation:{node.name}", "share", busy))
    if isinstance(node, Waited):
        rows += [
            Measure(f"{name}_h:{node.name}", "h", value) for name, value in dwell(history, node, after * DAY_S).items()
        ]
    return rows


def dwell(history: History, node: Waited, after_s: int) -> dict[str, float | None]:
    """Mean hours of a visit that began after warm-up, split by cause: wait (open, but not one's turn), closed, service,
    blocked. A visit that has not ended counts up to the run's end. At an office loads count alone; its lead time is
    service while it is open.
    """
    visits = history.visits(node.number)
    if isinstance(node, OfficeNode):
        visits = Visits(*(column[of_loads(visits.carrier)] for column in visits))
    if not isinstance(node, PoolNode | OfficeNode):
        visits = visits._replace(finished_s=visits.started_s, left_s=visits.started_s)
    first = int(np.searchsorted(visits.joined_s, after_s))
    visits = Visits(*(column[first:] for column in visits))
    shut = int(closed_within(open_clock(node.calendar), visits.joined_s, visits.started_s).sum())
    paused = 0
    if isinstance(node, PoolNode) and node.rule == FREEZE:
        for lane in range(node.lanes):
            own = visits.lane == lane
            clock = open_clock(node.calendar, lane)
            paused += int(closed_within(clock, visits.started_s[own], visits.finished_s[own]).sum())
    if isinstance(node, OfficeNode):
        paused = int(closed_within(open_clock(node.calendar), visits.started_s, visits.finished_s).sum())
    joined_s, started_s, finished_s, left_s = (int(column.sum()) for column in visits[2:6])
    parts = {
        "wait": started_s - joined_s - shut,
        "closed": shut + paused,
        "service": finished_s - started_s - paused,
        "blocked": left_s - finished_s,
    }
    number = len(visits.joined_s)
    return {name: part / number / HOUR_S if number else None for name, part in parts.items()}


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
