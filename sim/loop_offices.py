"""Offices that give permission in the compiled loop: what offices.py is to the SimPy model."""

from sim.board import (
    AUTHORISED,
    AWAITS_ANSWER,
    AWAITS_PERMISSION,
    FINISHED,
    IS_ASSESSED,
    JOINED,
    NOBODY,
    REFUSED,
    RETURNED,
    STARTED,
    WAITS_TO_RETURN,
    Board,
)
from sim.jit import part
from sim.loop_ceilings import gives_up_room
from sim.loop_clock import level, log, next_change_s, touch, wait_until, wake_at
from sim.loop_missions import outcome_now
from sim.loop_tasks import left_now
from sim.loop_trucks import count_visit, goes_on, lets_go, met, queue_key
from sim.loop_vehicles import lets_vehicle_home
from sim.queues import joined, without_first
from sim.rules import (
    ASKED,
    PERMITTED,
    is_refused,
    may_take_up,
    may_try_again,
    must_ask,
    next_midnight_s,
    reached_in_traffic_s,
    used_today,
)


@part
def asks_office(board: Board, i: int) -> None:
    """Truck `i` joins the queue of its step's office."""
    place = board.steps[board.trucks[i]["step"]]["place"]
    lets_go(board, i)
    log(board, i, JOINED, place, NOBODY)
    board.trucks[i]["key"] = queue_key(board, i)
    board.places[place]["queue"] = joined(board.trucks, board.places[place]["queue"], i)
    touch(board, place)


@part
def asks_for_line(board: Board, number: int) -> None:
    """A line asks its office for its next mission, if it must, by the rank and the number of its first."""
    line, now_s = board.lines[number], board.clock[0]["now_s"]
    waits, outcome = line["queue"] != NOBODY, outcome_now(board, number)
    if not must_ask(waits, outcome, line["request"], now_s, line["not_before_s"]):
        return
    i, office = line["asker"], board.places[line["yard"]]["office"]
    asker, first = board.trucks[i], board.trucks[line["queue"]]
    line["request"] = ASKED
    asker["load"], asker["rank"], asker["number"] = first["load"], first["rank"], first["number"]
    asker["key"] = queue_key(board, i)
    log(board, i, JOINED, office, NOBODY)
    board.places[office]["queue"] = joined(board.trucks, board.places[office]["queue"], i)
    touch(board, office)


@part
def office_starts(board: Board, place: int) -> None:
    """Takes up the first request while it is open, as many a day as it does."""
    office, now_s = board.places[place], board.clock[0]["now_s"]
    office["used"] = used_today(office["used"], office["used_s"], now_s)
    office["used_s"] = now_s
    percent = level(board, place)
    while office["queue"] != NOBODY and may_take_up(office["used"], office["requests"], percent):
        i = office["queue"]
        office["queue"] = without_first(board.trucks, i)
        office["used"] += 1
        takes_up(board, i, place)
    if office["queue"] != NOBODY:
        wake_at(board, place, min(next_change_s(board, place), next_midnight_s(now_s)))


@part
def takes_up(board: Board, i: int, place: int) -> None:
    """The lead time of a request begins."""
    truck, office = board.trucks[i], board.places[place]
    log(board, i, STARTED, place, NOBODY)
    if truck["task"] != NOBODY:
        truck["state"] = IS_ASSESSED
        task = board.tasks[truck["task"]]
        lead_s = board.task_answers[task["first_answer"] + task["made"], 0]
    elif truck["step"] == NOBODY:  # it stands for a line
        truck["state"] = AWAITS_PERMISSION
        lead_s = board.places[board.lines[truck["line"]]["yard"]]["lead_s"]
    else:
        truck["state"] = AWAITS_ANSWER
        step = board.steps[truck["step"]]
        truck["visit"] = count_visit(board, i, step["been"])
        lead_s = met(board, i, step["work"], step["work_again"])
    at_s, percent = board.at_s[office["first"] : office["end"]], board.level[office["first"] : office["end"]]
    left = left_now(board, place)
    wait_until(board, i, reached_in_traffic_s(board.clock[0]["now_s"], lead_s, left, at_s, percent))


@part
def is_answered(board: Board, i: int) -> None:
    """The office says yes, or no: then truck `i` asks again, and after its attempts goes home."""
    truck, now_s = board.trucks[i], board.clock[0]["now_s"]
    step, load = board.steps[truck["step"]], truck["load"]
    place = step["place"]
    log(board, i, FINISHED, place, NOBODY)
    refused = False
    for k in range(step["first_refusal"], step["end_refusal"]):
        refusal = board.refusals[k]
        if refusal[0] == board.source[load] and is_refused(now_s, refusal[1], refusal[2]):
            refused = True
    if not refused:
        log(board, i, AUTHORISED, place, NOBODY)
        goes_on(board, i)
        return
    log(board, i, REFUSED, place, NOBODY)
    made = board.been[load, step["rejections"]] + 1
    board.been[load, step["rejections"]] = made
    if not may_try_again(made, step["attempts"]):
        log(board, i, RETURNED, place, NOBODY)
        gives_up_room(board, i)
        lets_vehicle_home(board, i)
        return
    truck["state"] = WAITS_TO_RETURN  # to the same step
    wait_until(board, i, now_s + board.places[place]["every_s"])


@part
def is_permitted(board: Board, i: int) -> None:
    """The next mission of the line for which row `i` stands may have its outcome."""
    line, place = board.lines[board.trucks[i]["line"]], board.places[board.lines[board.trucks[i]["line"]]["yard"]]
    log(board, i, FINISHED, place["office"], NOBODY)
    log(board, i, AUTHORISED, place["office"], NOBODY)
    line["request"] = PERMITTED
    touch(board, line["owner"])
