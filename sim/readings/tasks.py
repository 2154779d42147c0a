"""Tasks, computed from the log: when each began and was done, which teams were out, and when places were unblocked.

The log numbers tasks above all loads, so no measure of trucks, pallets or kg can count them.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sim import events as e
from sim.laws import Ints
from sim.network.base import Setting
from sim.network.network import Network
from sim.network.roads import RoadNode
from sim.network.tasks import TeamsNode
from sim.readings.records import DailyReadings, Measure
from sim.readings.visits import DailyChanges, History, daily_level, midnights
from sim.rules import is_task
from sim.scenario.tasks import WHAT
from sim.units import DAY_S, HOUR_S


class TaskTimes(NamedTuple):
    """When each task was begun, done and given up; the run's end where it was not. Shape (tasks,) int64 [s]."""

    begun_s: Ints
    done_s: Ints
    given_up_s: Ints


def task_times(history: History, loads: int, tasks: int) -> TaskTimes:
    """Returns the times of all tasks; `loads` is the number of loads, above which tasks are numbered."""
    recorded = TaskTimes(*(np.full(tasks, history.horizon_s, dtype=np.int64) for _ in TaskTimes._fields))
    begun, ended = history.rows(e.UNDERTAKEN), history.rows(e.CONCLUDED)
    parts = (begun, ended[ended["value"] == 1], ended[ended["value"] == 0])
    for times, rows in zip(recorded, parts, strict=True):
        times[rows["entity"] - loads] = rows["time_s"]
    return recorded


def team_outings(history: History, loads: int, network: Network, node: TeamsNode) -> tuple[Ints, Ints]:
    """Returns when teams of a place went out and came back, at most the run's end. Both ascend [s]."""
    times = task_times(history, loads, len(network.tasks))
    teams_taken = [
        (task.teams == node.number) + (task.escorts == node.number) * task.escorted for task in network.tasks
    ]
    repeats = np.where(times.begun_s < history.horizon_s, np.array(teams_taken, dtype=np.int64), 0)
    return np.sort(np.repeat(times.begun_s, repeats)), np.sort(np.repeat(times.done_s, repeats))


def team_readings(history: History, loads: int, network: Network, node: TeamsNode) -> DailyReadings:
    """Returns the daily readings of teams: those that go out, come back and are out, paused work included."""
    days = network.days
    out, back = (
        DailyChanges.from_events(time_s.astype(np.int32), days)
        for time_s in team_outings(history, loads, network, node)
    )
    at_end, are_out = daily_level(out, back)
    open_s: Ints = np.diff(node.over_time(Setting.teams).integral(midnights(days)))
    return DailyReadings.from_columns(
        out.event_count, back.event_count, at_end, are_out / DAY_S, busy_s=are_out, open_s=open_s
    )


class BlockedByTasks(NamedTuple):
    """Waits of trucks at the entrance of roads closed by tasks. Shape (n,) int64.

    from_s, to_s : [s], until the truck drove on, or the run's end.
    """

    load: Ints
    carrier: Ints
    place: Ints
    from_s: Ints
    to_s: Ints


def find_blocked_by_tasks(history: History, network: Network) -> BlockedByTasks:
    """Returns all waits at closed roads, by (load, carrier, time).

    The next event on a road of a blocked truck is the start of its drive, which ends the wait.
    """
    rows = history.rows(e.BARRED)
    roads = [history.visits(node.number) for node in network.nodes if isinstance(node, RoadNode) and len(rows)]
    load, carrier, time_s = (
        np.concatenate([rows[of_rows], *(getattr(visits, of_visits) for visits in roads)]).astype(np.int64)
        for of_rows, of_visits in (("entity", "entity"), ("carrier", "carrier"), ("time_s", "started_s"))
    )
    is_row = np.arange(len(load)) < len(rows)
    order = np.lexsort((~is_row, time_s, carrier, load))
    at = np.flatnonzero(is_row[order])
    next_event = np.append(order, -1)[at + 1]
    blocked = order[at]
    drove = (next_event >= 0) & (load[next_event] == load[blocked]) & (carrier[next_event] == carrier[blocked])
    to_s = np.where(drove, time_s[next_event], history.horizon_s)
    place = rows["place"].astype(np.int64)[blocked]
    return BlockedByTasks(load[blocked], carrier[blocked], place, time_s[blocked], to_s)


def task_measures(network: Network, history: History, loads: int) -> Iterator[Measure]:
    """Measures of tasks by type (clearance, repair, assessment, other): their outcomes, and the places they unblocked.

    tasks_requested:<what> [tasks] = tasks that were requested in the run, warm-up included
    tasks_done:<what>, tasks_given_up:<what>, tasks_under_way:<what>, tasks_waiting:<what> [tasks] = those of them that
        at the run's end are done, given up after their last refusal, begun and not done, and none of these
    task_start_days:<what>, task_end_days:<what> [days] = mean time from the request until a team starts work, and
        until the work is done, of the tasks that reached that point; null without any
    free_after_days:<place> [days] = from the run's start until all tasks that impair the place are done; null where
        they are not by the run's end
    barred:<road> [trucks] = trucks and vehicles that came to the entrance while all roads of their step were closed
    barred_h:<road> [h] = mean time that these waited there, up to the run's end; null without any
    """
    recorded = task_times(history, loads, len(network.tasks))
    requested_s = np.array([task.requested_s for task in network.tasks], dtype=np.int64)
    begun, done, given_up = (times < history.horizon_s for times in recorded)
    fates = {"done": done, "given_up": given_up, "under_way": begun & ~done, "waiting": ~begun & ~given_up}
    for what in WHAT:
        selected = np.array([task.what == what for task in network.tasks], dtype=bool)
        if selected.any():
            yield Measure(f"tasks_requested:{what}", "tasks", float(selected.sum()))
            for fate, in_state in fates.items():
                yield Measure(f"tasks_{fate}:{what}", "tasks", float((selected & in_state).sum()))
            for name, in_state, at_s in (
                ("start", begun, recorded.begun_s),
                ("end", done, recorded.done_s),
            ):
                took_s = (at_s - requested_s)[selected & in_state]
                yield Measure(f"task_{name}_days:{what}", "days", float(took_s.mean()) / DAY_S if len(took_s) else None)
    for place in dict.fromkeys(hindrance.place for hindrance in network.hindrances):
        last_s = max(
            int(recorded.done_s[hindrance.task]) for hindrance in network.hindrances if hindrance.place == place
        )
        value = last_s / DAY_S if last_s < history.horizon_s else None
        yield Measure(f"free_after_days:{network.nodes[place].name}", "days", value)
    blocked = find_blocked_by_tasks(history, network)
    for place in dict.fromkeys(hindrance.place for hindrance in network.hindrances if hindrance.percent == 0):
        waited_s = (blocked.to_s - blocked.from_s)[blocked.place == place]
        yield Measure(f"barred:{network.nodes[place].name}", "trucks", float(len(waited_s)))
        mean_h = float(waited_s.mean()) / HOUR_S if len(waited_s) else None
        yield Measure(f"barred_h:{network.nodes[place].name}", "h", mean_h)


def task_fault(network: Network, history: History, loads: int) -> str:
    """Returns what does not add up, or an empty text.

    Each task is waiting, under way, done or given up, and each of these at most once. It begins after its request and,
    where it needs an office, its permission; it is done after its work; it is given up after its last refusal.
    """
    recorded, tasks = task_times(history, loads, len(network.tasks)), network.tasks
    answered = {}
    for kind in (e.AUTHORISED, e.REFUSED):
        rows = history.rows(kind)
        answered[kind] = np.bincount(rows["entity"][is_task(rows["carrier"])] - loads, minlength=len(tasks))
    undertaken, concluded = (len(history.rows(kind)) for kind in (e.UNDERTAKEN, e.CONCLUDED))
    begun, done, given_up = (times < history.horizon_s for times in recorded)
    if undertaken != begun.sum() or concluded != done.sum() + given_up.sum():
        return "a task was begun, or concluded, twice"
    for i, task in enumerate(tasks):
        was_refused = answered[e.REFUSED][i] == task.attempts and task.office >= 0
        if begun[i] and (recorded.begun_s[i] < task.requested_s or answered[e.AUTHORISED][i] != (task.office >= 0)):
            return f"task {task.name} was begun before it might be"
        if (
            given_up[i] != was_refused
            or (done[i] and recorded.done_s[i] < recorded.begun_s[i] + task.work_s)
            or done[i] > begun[i]
        ):
            return f"task {task.name} came to an end that it could not come to"
    return ""
