"""Tasks read off the log: when each was begun and done, which teams were out, and when places were free of hindrance.

A task's rows bear its number above all loads, so that no measure of trucks, pallets or kg can count it.
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
from sim.rules import of_tasks
from sim.scenario.tasks import WHAT
from sim.units import DAY_S, HOUR_S


class TaskTimes(NamedTuple):
    """When each task was begun, done and given up, the run's end where it was not. Shape (tasks,) int64 [s]."""

    begun_s: Ints
    done_s: Ints
    given_up_s: Ints


def task_times(history: History, loads: int, tasks: int) -> TaskTimes:
    """Of all tasks; `loads` is how many there are, above which tasks are numbered."""
    told = TaskTimes(*(np.full(tasks, history.horizon_s, dtype=np.int64) for _ in TaskTimes._fields))
    begun, ended = history.rows(e.UNDERTAKEN), history.rows(e.CONCLUDED)
    parts = (begun, ended[ended["value"] == 1], ended[ended["value"] == 0])
    for times, rows in zip(told, parts, strict=True):
        times[rows["entity"] - loads] = rows["time_s"]
    return told


def team_outings(history: History, loads: int, network: Network, node: TeamsNode) -> tuple[Ints, Ints]:
    """When teams of a place went out and came back; what is later than the run's end is the end. Both ascend."""
    told = task_times(history, loads, len(network.tasks))
    taken = [(task.teams == node.number) + (task.escorts == node.number) * task.escorted for task in network.tasks]
    many = np.where(told.begun_s < history.horizon_s, np.array(taken, dtype=np.int64), 0)
    return np.sort(np.repeat(told.begun_s, many)), np.sort(np.repeat(told.done_s, many))


def team_readings(history: History, loads: int, network: Network, node: TeamsNode) -> DailyReadings:
    """Teams that go out and come back, and are out, for each day; those whose work pauses are out."""
    days = network.days
    out, back = (
        DailyChanges.from_events(time_s.astype(np.int32), days)
        for time_s in team_outings(history, loads, network, node)
    )
    at_end, are_out = daily_level(out, back)
    there: Ints = np.diff(node.over_time(Setting.teams).integral(midnights(days)))
    return DailyReadings.from_columns(out.event_count, back.event_count, at_end, are_out / DAY_S, busy_s=are_out, open_s=there)


class BlockedByTasks(NamedTuple):
    """Trucks that came to the entrance of shut roads: which, where, from when until they drove, or the run's end."""

    load: Ints
    carrier: Ints
    place: Ints
    from_s: Ints
    to_s: Ints


def find_blocked_by_tasks(history: History, network: Network) -> BlockedByTasks:
    """All of them, by (load, carrier, time). Who is barred drives next: what follows is the start of that drive."""
    rows = history.rows(e.BARRED)
    roads = [history.visits(node.number) for node in network.nodes if isinstance(node, RoadNode) and len(rows)]
    load, carrier, time_s = (
        np.concatenate([rows[of_rows], *(getattr(visits, of_visits) for visits in roads)]).astype(np.int64)
        for of_rows, of_visits in (("entity", "entity"), ("carrier", "carrier"), ("time_s", "started_s"))
    )
    is_row = np.arange(len(load)) < len(rows)
    order = np.lexsort((~is_row, time_s, carrier, load))
    at = np.flatnonzero(is_row[order])
    follows = np.append(order, -1)[at + 1]
    which = order[at]
    drove = (follows >= 0) & (load[follows] == load[which]) & (carrier[follows] == carrier[which])
    to_s = np.where(drove, time_s[follows], history.horizon_s)
    place = rows["place"].astype(np.int64)[which]
    return BlockedByTasks(load[which], carrier[which], place, time_s[which], to_s)


def task_measures(network: Network, history: History, loads: int) -> Iterator[Measure]:
    """Tasks by what they are (clearance, repair, assessment, other), what became of them, and what that opened.

    tasks_requested:<what> [tasks] = tasks that were asked for in the run, warm-up included
    tasks_done:<what>, tasks_given_up:<what>, tasks_under_way:<what>, tasks_waiting:<what> [tasks] = those of them that
        were done, given up after their last refusal, begun and not done, and neither, when the run ends
    task_start_days:<what>, task_end_days:<what> [days] = mean time from the request until a team sets to work, and
        until the work is done, of those that came to it; null without any
    free_after_days:<place> [days] = from the run's start until all tasks that hinder the place are done; null where
        they are not by the run's end
    barred:<road> [trucks] = trucks and vehicles that came to the entrance while all roads of their step were shut
    barred_h:<road> [h] = mean time that these waited there, up to the run's end; null without any
    """
    told = task_times(history, loads, len(network.tasks))
    requested_s = np.array([task.requested_s for task in network.tasks], dtype=np.int64)
    begun, done, given_up = (times < history.horizon_s for times in told)
    fates = {"done": done, "given_up": given_up, "under_way": begun & ~done, "waiting": ~begun & ~given_up}
    for what in WHAT:
        own = np.array([task.what == what for task in network.tasks], dtype=bool)
        if own.any():
            yield Measure(f"tasks_requested:{what}", "tasks", float(own.sum()))
            for fate, those in fates.items():
                yield Measure(f"tasks_{fate}:{what}", "tasks", float((own & those).sum()))
            for name, those, at_s in (("start", begun, told.begun_s), ("end", done, told.done_s)):
                took_s = (at_s - requested_s)[own & those]
                yield Measure(f"task_{name}_days:{what}", "days", float(took_s.mean()) / DAY_S if len(took_s) else None)
    for place in dict.fromkeys(own.place for own in network.hindrances):
        last_s = max(int(told.done_s[own.task]) for own in network.hindrances if own.place == place)
        value = last_s / DAY_S if last_s < history.horizon_s else None
        yield Measure(f"free_after_days:{network.nodes[place].name}", "days", value)
    barred = find_blocked_by_tasks(history, network)
    for place in dict.fromkeys(own.place for own in network.hindrances if own.percent == 0):
        waited_s = (barred.to_s - barred.from_s)[barred.place == place]
        yield Measure(f"barred:{network.nodes[place].name}", "trucks", float(len(waited_s)))
        mean_h = float(waited_s.mean()) / HOUR_S if len(waited_s) else None
        yield Measure(f"barred_h:{network.nodes[place].name}", "h", mean_h)


def task_fault(network: Network, history: History, loads: int) -> str:
    """What does not add up, or nothing: each task is waiting, under way, done or given up, and each but once.

    It is begun after its request and, where it asks an office, its permission; done after its work; and given up
    after its last refusal.
    """
    told, tasks = task_times(history, loads, len(network.tasks)), network.tasks
    answered = {}
    for kind in (e.AUTHORISED, e.REFUSED):
        rows = history.rows(kind)
        answered[kind] = np.bincount(rows["entity"][of_tasks(rows["carrier"])] - loads, minlength=len(tasks))
    undertaken, concluded = (len(history.rows(kind)) for kind in (e.UNDERTAKEN, e.CONCLUDED))
    begun, done, given_up = (times < history.horizon_s for times in told)
    if undertaken != begun.sum() or concluded != done.sum() + given_up.sum():
        return "a task was begun, or concluded, twice"
    for i, task in enumerate(tasks):
        last = answered[e.REFUSED][i] == task.attempts and task.office >= 0
        if begun[i] and (told.begun_s[i] < task.requested_s or answered[e.AUTHORISED][i] != (task.office >= 0)):
            return f"task {task.name} was begun before it might be"
        if given_up[i] != last or (done[i] and told.done_s[i] < told.begun_s[i] + task.work_s) or done[i] > begun[i]:
            return f"task {task.name} came to an end that it could not come to"
    return ""
