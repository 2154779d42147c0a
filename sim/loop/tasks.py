"""Tasks and teams in the compiled loop: what task_force.py and hindered.py are to the SimPy model."""

from sim.jit import part, passage
from sim.loop.clock import level, log, next_change_s, touch, wait_until, wake_at
from sim.loop.queues import joined
from sim.loop.state import (
    AUTHORISED,
    BARRED,
    CONCLUDED,
    FINISHED,
    IS_ASKED_FOR,
    IS_ASSESSED,
    IS_BARRED,
    IS_WORKED_AT,
    JOINED,
    NEVER_S,
    NOBODY,
    ONE,
    REFUSED,
    UNDERTAKEN,
    ZERO,
    Board,
)
from sim.loop.trucks import goes, lets_go, queue_key
from sim.rules import FREEZE, finishes_s, left_until_done, may_try_again, may_undertake


@passage
def await_tasks(board: Board) -> None:
    """Before the first second: each task is asked for at its time."""
    for k in range(len(board.tasks)):
        i = board.tasks[k]["row"]
        board.trucks[i]["state"] = IS_ASKED_FOR
        wait_until(board, i, board.tasks[k]["requested_s"])


@part
def left_now(board: Board, place: int) -> int:
    """The share of its speed that tasks leave a place now [per cent]: the least by any of them; 0: it is shut."""
    own, least = board.places[place], 100
    for k in range(own["first_hindrance"], own["end_hindrance"]):
        told = board.hindrances[k]
        done_s = board.tasks[told["task"]]["done_s"]
        least = min(least, left_until_done(told["percent"], told["since_s"], done_s, board.clock[0]["now_s"]))
    return int(least)


@part
def is_barred(board: Board, i: int) -> None:
    """A truck, or a convoy as one, waits at the entrance of roads that are all shut."""
    truck = board.trucks[i]
    if truck["state"] != IS_BARRED:
        m = i
        while m != NOBODY:
            lets_go(board, m)
            log(board, m, BARRED, board.steps[truck["step"]]["place"], NOBODY)
            m = board.trucks[m]["mate"]
        truck["state"] = IS_BARRED
    truck["next_due"] = board.clock[0]["barred"]
    board.clock[0]["barred"] = i


@passage
def is_asked_for(board: Board, i: int) -> None:
    """The task of row `i` asks its office, for the first time or again, or needs none and waits for a team."""
    task = board.tasks[board.trucks[i]["task"]]
    office = task["office"]
    if office == NOBODY:
        waits_for_team(board, i)
        return
    log(board, i, JOINED, office, NOBODY)
    board.trucks[i]["key"] = queue_key(board, i)
    board.places[office]["queue"] = joined(board.trucks, board.places[office]["queue"], i)
    touch(board, office)


@passage
def is_assessed(board: Board, i: int) -> None:
    """The office says yes, or no: then it is asked again, and after the last attempt the task is given up."""
    task, now_s = board.tasks[board.trucks[i]["task"]], board.clock[0]["now_s"]
    log(board, i, FINISHED, task["office"], NOBODY)
    if not board.task_answers[task["first_answer"] + task["made"], 1]:
        log(board, i, AUTHORISED, task["office"], NOBODY)
        waits_for_team(board, i)
        return
    log(board, i, REFUSED, task["office"], NOBODY)
    task["made"] += 1
    if may_try_again(task["made"], task["attempts"]):
        board.trucks[i]["state"] = IS_ASKED_FOR
        wait_until(board, i, now_s + task["again_s"])
    else:
        log(board, i, CONCLUDED, task["teams"], ZERO)


@part
def waits_for_team(board: Board, i: int) -> None:
    """Stands in the queue for teams, by (rank, since, number): tasks are few."""
    board.trucks[i]["key"] = queue_key(board, i)
    number = board.trucks[i]["task"]
    task = board.tasks[number]
    owner = board.places[task["teams"]]["owner"]
    before, behind = NOBODY, board.places[owner]["queue"]
    while behind != NOBODY and board.trucks[board.tasks[behind]["row"]]["key"] < board.trucks[i]["key"]:
        before, behind = behind, board.tasks[behind]["next"]
    task["next"] = behind
    if before == NOBODY:
        board.places[owner]["queue"] = number
    else:
        board.tasks[before]["next"] = number
    touch(board, owner)


@passage
def teams_start(board: Board, owner: int) -> None:
    """Whoever finds a team and its escorts free begins; who does not bars nobody behind it."""
    before, number, first_s = NOBODY, board.places[owner]["queue"], NEVER_S
    while number != NOBODY:
        following = board.tasks[number]["next"]
        if is_undertaken(board, number):
            if before == NOBODY:
                board.places[owner]["queue"] = following
            else:
                board.tasks[before]["next"] = following
        else:
            before = number
            first_s = min(first_s, next_hours_s(board, number))
        number = following
    if board.places[owner]["queue"] != NOBODY:
        wake_at(board, owner, first_s)


@part
def is_undertaken(board: Board, number: int) -> bool:
    """Begins, if it may: its end is known from now on."""
    task = board.tasks[number]
    teams, free, opened = board.places[task["teams"]], ZERO, ZERO
    if task["escorts"] != NOBODY:
        free, opened = board.places[task["escorts"]]["free"], level(board, task["escorts"])
    if not may_undertake(teams["free"], level(board, task["teams"]), free, opened, task["escorted"]):
        return False
    takes_teams(board, number, ONE)
    at_s, value = board.at_s[teams["first"] : teams["end"]], board.level[teams["first"] : teams["end"]]
    i = task["row"]
    task["done_s"] = finishes_s(board.clock[0]["now_s"], task["work_s"], FREEZE, 0, at_s, value)
    log(board, i, UNDERTAKEN, task["teams"], NOBODY)
    board.trucks[i]["state"] = IS_WORKED_AT
    wait_until(board, i, task["done_s"])
    return True


@part
def next_hours_s(board: Board, number: int) -> int:
    """When hours of work next begin or end for its team or its escorts."""
    task = board.tasks[number]
    change_s = next_change_s(board, task["teams"])
    if task["escorts"] != NOBODY:
        change_s = min(change_s, next_change_s(board, task["escorts"]))
    return int(change_s)


@part
def takes_teams(board: Board, number: int, sign: int) -> None:
    """A team and its escorts are out, or, where `sign` is -1, free again."""
    task = board.tasks[number]
    board.places[task["teams"]]["free"] -= sign
    if task["escorts"] != NOBODY:
        board.places[task["escorts"]]["free"] -= sign * task["escorted"]


@passage
def is_done_with(board: Board, i: int) -> None:
    """A task is done: its teams are free, and all who wait for a road look again."""
    number = board.trucks[i]["task"]
    task = board.tasks[number]
    log(board, i, CONCLUDED, task["teams"], ONE)
    takes_teams(board, number, NOBODY)
    touch(board, board.places[task["teams"]]["owner"])
    clock = board.clock[0]
    while clock["barred"] != NOBODY:
        m = clock["barred"]
        clock["barred"] = board.trucks[m]["next_due"]
        goes(board, m)


@passage
def goes_on_with_task(board: Board, i: int) -> None:
    """What a row that stands for a task was waiting for has come."""
    state = board.trucks[i]["state"]
    if state == IS_ASKED_FOR:
        is_asked_for(board, i)
    elif state == IS_ASSESSED:
        is_assessed(board, i)
    else:
        is_done_with(board, i)
