"""Tasks and teams in the compiled loop: what task_force.py and hindered.py are to the SimPy model."""

from sim.jit import part, passage
from sim.loop.clock import level, log, next_change_s, touch, wait_until, wake_at
from sim.loop.queues import push
from sim.loop.state import (
    AUTHORISED,
    BARRED,
    BLOCKED_BY_TASKS,
    CONCLUDED,
    FINISHED,
    JOINED,
    NEVER_S,
    NONE,
    ONE,
    REFUSED,
    TASK_AWAITING_ANSWER,
    TASK_BEFORE_REQUEST,
    TASK_IN_PROGRESS,
    UNDERTAKEN,
    ZERO,
    EngineState,
)
from sim.loop.trucks import queue_key, release_lane, schedule_step
from sim.rules import FREEZE, finish_s, impaired_speed_pct, may_retry, may_start_task


@passage
def schedule_tasks(state: EngineState) -> None:
    """Before the first second: each task is asked for at its time."""
    for k in range(len(state.tasks)):
        i = state.tasks[k]["truck"]
        state.trucks[i]["activity"] = TASK_BEFORE_REQUEST
        wait_until(state, i, state.tasks[k]["requested_s"])


@part
def speed_left_by_tasks_pct(state: EngineState, place: int) -> int:
    """The share of its speed that tasks leave a place now [per cent]: the least by any of them; 0: it is shut."""
    own, least = state.places[place], 100
    for k in range(own["first_impairment"], own["end_impairment"]):
        told = state.impairments[k]
        done_s = state.tasks[told["task"]]["done_s"]
        least = min(least, impaired_speed_pct(told["percent"], told["since_s"], done_s, state.clock[0]["now_s"]))
    return int(least)


@part
def wait_for_tasks(state: EngineState, i: int) -> None:
    """A truck, or a convoy as one, waits at the entrance of roads that are all shut."""
    truck = state.trucks[i]
    if truck["activity"] != BLOCKED_BY_TASKS:
        m = i
        while m != NONE:
            release_lane(state, m)
            log(state, m, BARRED, state.steps[truck["step"]]["place"], NONE)
            m = state.trucks[m]["next_in_convoy"]
        truck["activity"] = BLOCKED_BY_TASKS
    truck["next_due"] = state.clock[0]["blocked_by_tasks"]
    state.clock[0]["blocked_by_tasks"] = i


@passage
def request_task(state: EngineState, i: int) -> None:
    """The task of row `i` asks its office, for the first time or again, or needs none and waits for a team."""
    task = state.tasks[state.trucks[i]["task"]]
    office = task["office"]
    if office == NONE:
        join_team_queue(state, i)
        return
    log(state, i, JOINED, office, NONE)
    state.trucks[i]["key"] = queue_key(state, i)
    state.places[office]["queue"] = push(state.trucks, state.places[office]["queue"], i)
    touch(state, office)


@passage
def on_task_answered(state: EngineState, i: int) -> None:
    """The office says yes, or no: then it is asked again, and after the last attempt the task is given up."""
    task, now_s = state.tasks[state.trucks[i]["task"]], state.clock[0]["now_s"]
    log(state, i, FINISHED, task["office"], NONE)
    if not state.task_answers[task["first_answer"] + task["refusals"], 1]:
        log(state, i, AUTHORISED, task["office"], NONE)
        join_team_queue(state, i)
        return
    log(state, i, REFUSED, task["office"], NONE)
    task["refusals"] += 1
    if may_retry(task["refusals"], task["attempts"]):
        state.trucks[i]["activity"] = TASK_BEFORE_REQUEST
        wait_until(state, i, now_s + task["again_s"])
    else:
        log(state, i, CONCLUDED, task["teams"], ZERO)


@part
def join_team_queue(state: EngineState, i: int) -> None:
    """Stands in the queue for teams, by (rank, since, number): tasks are few."""
    state.trucks[i]["key"] = queue_key(state, i)
    number = state.trucks[i]["task"]
    task = state.tasks[number]
    owner = state.places[task["teams"]]["owner"]
    before, behind = NONE, state.places[owner]["queue"]
    while behind != NONE and state.trucks[state.tasks[behind]["truck"]]["key"] < state.trucks[i]["key"]:
        before, behind = behind, state.tasks[behind]["next_in_queue"]
    task["next_in_queue"] = behind
    if before == NONE:
        state.places[owner]["queue"] = number
    else:
        state.tasks[before]["next_in_queue"] = number
    touch(state, owner)


@passage
def serve_teams(state: EngineState, owner: int) -> None:
    """Whoever finds a team and its escorts free begins; who does not bars nobody behind it."""
    before, number, first_s = NONE, state.places[owner]["queue"], NEVER_S
    while number != NONE:
        following = state.tasks[number]["next_in_queue"]
        if start_task(state, number):
            if before == NONE:
                state.places[owner]["queue"] = following
            else:
                state.tasks[before]["next_in_queue"] = following
        else:
            before = number
            first_s = min(first_s, next_hours_change_s(state, number))
        number = following
    if state.places[owner]["queue"] != NONE:
        wake_at(state, owner, first_s)


@part
def start_task(state: EngineState, number: int) -> bool:
    """Begins, if it may: its end is known from now on."""
    task = state.tasks[number]
    teams, free, opened = state.places[task["teams"]], ZERO, ZERO
    if task["escorts"] != NONE:
        free, opened = state.places[task["escorts"]]["free"], level(state, task["escorts"])
    if not may_start_task(teams["free"], level(state, task["teams"]), free, opened, task["escorted"]):
        return False
    adjust_free_teams(state, number, ONE)
    at_s, value = (
        state.calendar_at_s[teams["first"] : teams["end"]],
        state.calendar_value[teams["first"] : teams["end"]],
    )
    i = task["truck"]
    task["done_s"] = finish_s(state.clock[0]["now_s"], task["work_s"], FREEZE, 0, at_s, value)
    log(state, i, UNDERTAKEN, task["teams"], NONE)
    state.trucks[i]["activity"] = TASK_IN_PROGRESS
    wait_until(state, i, task["done_s"])
    return True


@part
def next_hours_change_s(state: EngineState, number: int) -> int:
    """When hours of work next begin or end for its team or its escorts."""
    task = state.tasks[number]
    change_s = next_change_s(state, task["teams"])
    if task["escorts"] != NONE:
        change_s = min(change_s, next_change_s(state, task["escorts"]))
    return int(change_s)


@part
def adjust_free_teams(state: EngineState, number: int, sign: int) -> None:
    """A team and its escorts are out, or, where `sign` is -1, free again."""
    task = state.tasks[number]
    state.places[task["teams"]]["free"] -= sign
    if task["escorts"] != NONE:
        state.places[task["escorts"]]["free"] -= sign * task["escorted"]


@passage
def on_task_done(state: EngineState, i: int) -> None:
    """A task is done: its teams are free, and all who wait for a road look again."""
    number = state.trucks[i]["task"]
    task = state.tasks[number]
    log(state, i, CONCLUDED, task["teams"], ONE)
    adjust_free_teams(state, number, NONE)
    touch(state, state.places[task["teams"]]["owner"])
    clock = state.clock[0]
    while clock["blocked_by_tasks"] != NONE:
        m = clock["blocked_by_tasks"]
        clock["blocked_by_tasks"] = state.trucks[m]["next_due"]
        schedule_step(state, m)


@passage
def advance_task(state: EngineState, i: int) -> None:
    """What a row that stands for a task was waiting for has come."""
    activity = state.trucks[i]["activity"]
    if activity == TASK_BEFORE_REQUEST:
        request_task(state, i)
    elif activity == TASK_AWAITING_ANSWER:
        on_task_answered(state, i)
    else:
        on_task_done(state, i)
