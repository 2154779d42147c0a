"""Dwell at places by cause, and the states of lanes, computed from the visits of one replication."""

import numpy as np

from sim.calendars import Steps
from sim.laws import Ints
from sim.network.convoys import YardNode
from sim.network.gates import GateNode
from sim.network.lanes import PoolNode
from sim.network.offices import OfficeNode, SlotsNode
from sim.readings.visits import History, Int32Array, Visits, closed_seconds, intersection, is_load, open_indicator
from sim.rules import FREEZE
from sim.units import HOUR_S

QUANTILES = (0.5, 0.9, 0.95)
LANE_STATES = ("busy", "blocked", "idle", "down", "closed")
QueueNode = PoolNode | GateNode | YardNode | OfficeNode | SlotsNode  # where trucks wait


def visit_cohort(history: History, node: QueueNode, from_s: int, until_s: int) -> Visits:
    """Returns the visits to a place that began from `from_s` on and before `until_s`.

    At gates, yards and slots a visit ends with its start. At an office only loads count, not requests for missions.
    """
    visits = history.visits(node.number)
    if isinstance(node, OfficeNode):
        visits = Visits(*(column[is_load(visits.carrier)] for column in visits))
    if not isinstance(node, PoolNode | OfficeNode):
        visits = visits._replace(finished_s=visits.started_s, left_s=visits.started_s)
    first, beyond = np.searchsorted(visits.joined_s, (from_s, until_s))
    return Visits(*(column[first:beyond] for column in visits))


def mean_dwell_h(visits: Visits, node: QueueNode) -> dict[str, float | None]:
    """Mean hours of a visit by cause: wait (place open, others first), closed, service, blocked; None without visits.

    A visit that has not ended counts up to the run's end. At an office the lead time is service while the office is
    open.

    Visits joined at j, started at s, finished at f and left at l, begun after warm-up and before the last `run.drain`
    days, each moment at most the run's end:

    wait_h:<place> [h] = mean of s - j less its closed time
    closed_h:<place> [h] = mean time closed in s - j, and in f - s where work pauses
    service_h:<place> [h] = mean of f - s less the time for which work paused
    blocked_h:<place> [h] = mean of l - f: held because the next place has no room
    """
    closed_s = int(closed_seconds(open_indicator(node.calendar), visits.joined_s, visits.started_s).sum())
    paused_s = _paused_lane_s(node, visits) if isinstance(node, PoolNode) else 0
    if isinstance(node, OfficeNode):
        paused_s = int(closed_seconds(open_indicator(node.calendar), visits.started_s, visits.finished_s).sum())
    joined_s, started_s, finished_s, left_s = (int(column.sum()) for column in visits[2:6])
    parts = {
        "wait": started_s - joined_s - closed_s,
        "closed": closed_s + paused_s,
        "service": finished_s - started_s - paused_s,
        "blocked": left_s - finished_s,
    }
    number = len(visits.joined_s)
    return {name: part / number / HOUR_S if number else None for name, part in parts.items()}


def dwell_quantiles_h(visits: Visits, horizon_s: int) -> dict[str, float | None]:
    """Quantiles of the hours in the queue (wait and closed) and of the whole dwell; None where the visit has not ended.

    queue_h_p50:<place>, queue_h_p90:<place>, queue_h_p95:<place> [h] = the ceil(q n)-th smallest s - j of the same n
        visits; null where it lies among those that have not ended
    stay_h_p50:<place>, stay_h_p90:<place>, stay_h_p95:<place> [h] = the same of l - j
    """
    n = len(visits.joined_s)
    ranks = [int(np.ceil(share * n)) - 1 for share in QUANTILES]
    quantiles: dict[str, float | None] = {}
    for name, end_s in (("queue", visits.started_s), ("stay", visits.left_s)):
        unfinished = np.iinfo(end_s.dtype).max
        duration_s = np.where(end_s < horizon_s, end_s - visits.joined_s, unfinished)
        at = np.partition(duration_s, ranks)[ranks].tolist() if n else [unfinished] * len(ranks)
        for share, seconds in zip(QUANTILES, at, strict=True):
            quantiles[f"{name}_h_p{100 * share:.0f}"] = None if seconds == unfinished else seconds / HOUR_S
    return quantiles


def lane_state_shares(history: History, node: PoolNode, from_s: int) -> dict[str, float]:
    """Shares of lane time from `from_s` on in each of LANE_STATES; they add up to 1.

    Of a place with c lanes:

    state_busy:<place> [share] = lane-seconds of work, work after closing time included, / (c (T - w) days)
    state_blocked:<place> [share] = the same of lanes whose work is done but for which the next place has no room
    state_down:<place> [share] = the same of equipment under repair, during work or in a lane that is free and open
    state_closed:<place> [share] = the same of lanes not in use, paused work included
    state_idle:<place> [share] = 1 - the other four: free, open and working
    """
    all_visits = history.visits(node.number)
    held = all_visits.started_s < history.horizon_s
    visits = Visits(*(column[held] for column in all_visits))
    started_s, finished_s, left_s = (np.maximum(column, from_s) for column in visits[3:6])
    clipped = visits._replace(started_s=started_s, finished_s=finished_s, left_s=left_s)
    lane_s = node.lanes * (history.horizon_s - from_s)
    began, ended = node.calendar.integral(np.array([from_s, history.horizon_s]))
    closed_s = lane_s - int(ended - began) - _closed_lane_s(node, visits.lane, started_s, left_s)
    repaired_s, down_s = (
        (0, 0) if node.breaks is None else _repair_lane_s(node, visits, clipped, from_s, history.horizon_s)
    )
    paused_s = _paused_lane_s(node, clipped)
    seconds = {
        "busy": _total_s(finished_s - started_s) - paused_s - repaired_s,
        "blocked": _total_s(left_s - finished_s),
        "down": down_s + repaired_s,
        "closed": closed_s + paused_s,
    }
    seconds["idle"] = lane_s - sum(seconds.values())
    return {name: seconds[name] / lane_s for name in LANE_STATES}


def _repair_lane_s(node: PoolNode, visits: Visits, clipped: Visits, from_s: int, to_s: int) -> tuple[int, int]:
    """Returns lane-seconds of repairs during work, and of repairs in lanes that are free and open.

    visits : all visits that held a lane. clipped : the same with times from `from_s` on.
    """
    assert node.breaks is not None
    repaired_s = down_s = 0
    for lane, spans in enumerate(node.breaks.spans):  # empty until they are drawn for a replication
        works, opened = _working_indicator(spans), open_indicator(node.calendar, lane)
        order = np.flatnonzero(visits.lane == lane)
        order = order[np.argsort(visits.started_s[order], kind="stable")]
        started_s, finished_s, left_s = (column[order] for column in clipped[3:6])
        if node.breaks.always:
            repaired_s += int(closed_seconds(works, started_s, finished_s).sum())
            usable = intersection(opened, works)
            down_s += _zero_while_free_s(usable, started_s, left_s, from_s, to_s)
            down_s -= _zero_while_free_s(opened, started_s, left_s, from_s, to_s)
        else:  # equipment ages by working time, which stops while the lane is free
            until_s = np.cumsum(visits.finished_s[order] - visits.started_s[order], dtype=np.int64)
            repaired_s += int(closed_seconds(works, until_s - (finished_s - started_s), until_s).sum())
    return repaired_s, down_s


def _paused_lane_s(node: PoolNode, visits: Visits) -> int:
    """Returns the lane-seconds for which work paused because its lane was closed."""
    return _closed_lane_s(node, visits.lane, visits.started_s, visits.finished_s) if node.rule == FREEZE else 0


def _closed_lane_s(node: PoolNode, lane: Int32Array, from_s: Int32Array, to_s: Int32Array) -> int:
    """Returns the lane-seconds for which lanes were closed while they were held."""
    if node.calendar.value.min() >= node.lanes:
        return 0
    from sim.readings import passes

    spans = (np.ascontiguousarray(column) for column in (lane, from_s, to_s))
    return int(passes.closed_lane_seconds(node.calendar.at_s, node.calendar.value, *spans).sum())


def _zero_while_free_s(clock: Steps, started_s: Int32Array, left_s: Int32Array, from_s: int, to_s: int) -> int:
    """Returns the seconds for which an indicator was 0 while nobody held the lane."""
    begin, end = clock.integral(np.array([from_s, to_s]))
    return int(to_s - from_s - (end - begin)) - int(closed_seconds(clock, started_s, left_s).sum())


def _working_indicator(spans: Ints) -> Steps:
    """Returns 1 while a lane's equipment works, and 0 while it is under repair."""
    at_s = np.concatenate([np.zeros(1, dtype=np.int64), spans.T.ravel()])
    return Steps(at_s, (np.arange(len(at_s), dtype=np.int64) + 1) % 2)


def _total_s(seconds: Int32Array) -> int:
    return int(seconds.sum(dtype=np.int64))
