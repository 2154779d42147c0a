"""Tasks and their teams, and what tasks impair until they are done.

All tasks share one queue, at the first place that has teams, the owner; it is linked by `next_in_queue`. A task that
cannot begin does not block those behind it.
"""

from sim.jit import part
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


@part
def schedule_tasks(state: EngineState) -> None:
    """Makes each task due at the second of its request."""
    for k in range(len(state.tasks)):
        i = state.tasks[k]["truck"]
        state.trucks[i]["activity"] = TASK_BEFORE_REQUEST
        wait_until(state, i, state.tasks[k]["requested_s"])


@part
def speed_left_by_tasks_pct(state: EngineState, place: int) -> int:
    """Returns the remaining speed of a place [per cent], the least that any task leaves; 0 if it is blocked."""
    row, least = state.places[place], 100
    for k in range(row["first_impairment"], row["end_impairment"]):
        impairment = state.impairments[k]
        done_s = state.tasks[impairment["task"]]["done_s"]
        least = min(
            least, impaired_speed_pct(impairment["percent"], impairment["since_s"], done_s, state.clock[0]["now_s"])
        )
    return int(least)


@part
def wait_for_tasks(state: EngineState, i: int) -> None:
    """Has a truck, or a convoy as one, wait at the entrance of roads that are all blocked until a task is done."""
    truck = state.trucks[i]
    if truck["activity"] != BLOCKED_BY_TASKS:
        member = i
        while member != NONE:
            release_lane(state, member)
            log(state, member, BARRED, state.steps[truck["step"]]["place"], NONE)
            member = state.trucks[member]["next_in_convoy"]
        truck["activity"] = BLOCKED_BY_TASKS
    truck["next_due"] = state.clock[0]["blocked_by_tasks"]
    state.clock[0]["blocked_by_tasks"] = i


@part
def request_task(state: EngineState, i: int) -> None:
    """Applies to the office of the task of row `i`, or joins the queue for teams if it needs no permission."""
    task = state.tasks[state.trucks[i]["task"]]
    office = task["office"]
    if office == NONE:
        join_team_queue(state, i)
        return
    log(state, i, JOINED, office, NONE)
    state.trucks[i]["key"] = queue_key(state, i)
    state.places[office]["queue"] = push(state.trucks, state.places[office]["queue"], i)
    touch(state, office)


@part
def on_task_answered(state: EngineState, i: int) -> None:
    """Grants or refuses the request for a task: it applies again, and after its last attempt it is given up."""
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
    """Puts the task of row `i` into the queue for teams, by (rank, since, number)."""
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


@part
def serve_teams(state: EngineState, owner: int) -> None:
    """Begins all tasks for which a team and the escorts are free."""
    before, number, check_s = NONE, state.places[owner]["queue"], NEVER_S
    while number != NONE:
        following = state.tasks[number]["next_in_queue"]
        if start_task(state, number):
            if before == NONE:
                state.places[owner]["queue"] = following
            else:
                state.tasks[before]["next_in_queue"] = following
        else:
            before = number
            check_s = min(check_s, next_hours_change_s(state, number))
        number = following
    if state.places[owner]["queue"] != NONE:
        wake_at(state, owner, check_s)


@part
def start_task(state: EngineState, number: int) -> bool:
    """Begins a task if its team and escorts are free, which fixes its end; returns whether it did."""
    task = state.tasks[number]
    teams, escorts_free, escorts_open = state.places[task["teams"]], ZERO, ZERO
    if task["escorts"] != NONE:
        escorts_free, escorts_open = state.places[task["escorts"]]["free"], level(state, task["escorts"])
    if not may_start_task(teams["free"], level(state, task["teams"]), escorts_free, escorts_open, task["escorted"]):
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
    """Returns when working hours of the team or the escorts of a task next begin or end."""
    task = state.tasks[number]
    change_s = next_change_s(state, task["teams"])
    if task["escorts"] != NONE:
        change_s = min(change_s, next_change_s(state, task["escorts"]))
    return int(change_s)


@part
def adjust_free_teams(state: EngineState, number: int, sign: int) -> None:
    """Takes the team and escorts of a task, or makes them free if `sign` is -1."""
    task = state.tasks[number]
    state.places[task["teams"]]["free"] -= sign
    if task["escorts"] != NONE:
        state.places[task["escorts"]]["free"] -= sign * task["escorted"]


@part
def on_task_done(state: EngineState, i: int) -> None:
    """Ends a task: its team and escorts are free, and all that wait for a road try again."""
    number = state.trucks[i]["task"]
    task = state.tasks[number]
    log(state, i, CONCLUDED, task["teams"], ONE)
    adjust_free_teams(state, number, NONE)
    touch(state, state.places[task["teams"]]["owner"])
    clock = state.clock[0]
    while clock["blocked_by_tasks"] != NONE:
        waiting = clock["blocked_by_tasks"]
        clock["blocked_by_tasks"] = state.trucks[waiting]["next_due"]
        schedule_step(state, waiting)


@part
def advance_task(state: EngineState, i: int) -> None:
    """Ends the activity of row `i`, which stands for a task."""
    activity = state.trucks[i]["activity"]
    if activity == TASK_BEFORE_REQUEST:
        request_task(state, i)
    elif activity == TASK_AWAITING_ANSWER:
        on_task_answered(state, i)
    else:
        on_task_done(state, i)
