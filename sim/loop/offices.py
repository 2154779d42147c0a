"""Offices that give permission in the compiled loop: what offices.py is to the SimPy model.

Slots of a day in the compiled loop: what slots.py is to the SimPy model.
"""

from sim.jit import part
from sim.loop.clock import decide, level, log, next_change_s, touch, wait_until, wake_at
from sim.loop.gates import gives_up_room
from sim.loop.queues import joined, melded, without_first
from sim.loop.resources import outcome_now
from sim.loop.state import (
    AUTHORISED,
    AWAITS_ANSWER,
    AWAITS_PERMISSION,
    FINISHED,
    HAS_PASSED,
    IS_ASSESSED,
    JOINED,
    MANIFESTED,
    NO_SHOW,
    NOBODY,
    PASSED,
    REFUSED,
    RETURNED,
    STARTED,
    WAITS_TO_RETURN,
    ZERO,
    Board,
)
from sim.loop.tasks import left_now
from sim.loop.trucks import count_visit, goes_on, lets_go, lets_vehicle_home, met, queue_key
from sim.rules import (
    ASKED,
    PERMITTED,
    does_not_come,
    is_call,
    is_refused,
    is_time_of_day,
    last_step,
    may_take_up,
    may_try_again,
    must_ask,
    next_call_s,
    next_midnight_s,
    next_time_of_day_s,
    no_show_ppm,
    of_yesterday,
    reached_in_traffic_s,
    slots_kept,
    used_today,
)
from sim.units import DAY_S


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


@part
def waits_for_slot(board: Board, i: int) -> None:
    """Truck `i` joins the queue of its sector."""
    place = board.steps[board.trucks[i]["step"]]["place"]
    lets_go(board, i)
    log(board, i, JOINED, place, NOBODY)
    queues_for_slot(board, i, place)


@part
def queues_for_slot(board: Board, i: int, place: int) -> None:
    """It stands behind those who wait."""
    board.trucks[i]["key"] = queue_key(board, i)
    row = board.slot_lines[board.slot_line[place, board.source[board.trucks[i]["load"]]]]
    row["queue"] = joined(board.trucks, row["queue"], i)


@part
def slots_start(board: Board, place: int) -> None:
    """Calls a batch, and gives the next day's slots, each at its time of day and once in a second."""
    own, now_s = board.places[place], board.clock[0]["now_s"]
    if now_s // DAY_S > own["day"]:
        own["manifest"] = melded(board.trucks, own["manifest"], own["tomorrow"])
        own["tomorrow"] = NOBODY
        own["day"] = now_s // DAY_S
    calls, allots = is_call(now_s, own["first_s"], own["every_s"]), is_time_of_day(now_s, own["allotted_s"])
    if now_s == own["looked_s"] or not (calls or allots):
        return
    own["looked_s"] = now_s
    if calls and level(board, place) > 0:
        calls_batch(board, place)
    if allots:
        allots_slots(board, place)
    next_s = next_time_of_day_s(now_s, own["allotted_s"])
    wake_at(board, place, min(next_s, next_call_s(now_s, own["first_s"], own["every_s"])))


@part
def allots_slots(board: Board, place: int) -> None:
    """Tomorrow's slots: those kept for sectors, then those of the others, then whatever is left, in order."""
    own, lines = board.places[place], board.slot_lines
    tomorrow_s = next_midnight_s(board.clock[0]["now_s"]) + own["first_s"]
    slots = board.level[own["first"] + last_step(tomorrow_s, board.at_s[own["first"] : own["end"]])]
    left, others = slots, own["first_line"]
    for row in range(others + 1, own["end_line"]):
        kept = slots_kept(lines[row]["kept"], slots, own["full"])
        while kept > 0 and lines[row]["queue"] != NOBODY:
            allots_one(board, place, row)
            kept -= 1
            left -= 1
    while left > 0:
        row = others
        if lines[others]["queue"] == NOBODY:
            row = first_line_waiting(board, place)
        if row == NOBODY:
            break
        allots_one(board, place, row)
        left -= 1


@part
def allots_one(board: Board, place: int, row: int) -> None:
    """The first of a queue is called tomorrow."""
    i = gets_slot(board, place, row)
    board.places[place]["tomorrow"] = joined(board.trucks, board.places[place]["tomorrow"], i)


@part
def gets_slot(board: Board, place: int, row: int) -> int:
    """The first in a queue, who gets a slot."""
    line = board.slot_lines[row]
    i = line["queue"]
    line["queue"] = without_first(board.trucks, i)
    log(board, i, MANIFESTED, place, NOBODY)
    return int(i)


@part
def first_line_waiting(board: Board, place: int) -> int:
    """The queue of the first of all who wait, NOBODY where nobody does."""
    own, lines, first = board.places[place], board.slot_lines, NOBODY
    for row in range(own["first_line"], own["end_line"]):
        queue = lines[row]["queue"]
        if queue == NOBODY:
            continue
        if first == NOBODY or board.trucks[queue]["key"] < board.trucks[lines[first]["queue"]]["key"]:
            first = row
    return int(first)


@part
def calls_batch(board: Board, place: int) -> None:
    """A batch is called: who comes passes, and who does not joins the queue again."""
    own, absent, unused = board.places[place], NOBODY, ZERO
    chance, left = chance_ppm(board, place), own["batch"]
    while left > 0 and own["manifest"] != NOBODY:
        i = own["manifest"]
        own["manifest"] = without_first(board.trucks, i)
        left -= 1
        if is_absent(board, place, i, chance):
            log(board, i, NO_SHOW, place, NOBODY)
            absent = joined(board.trucks, absent, i)
            unused += 1
        else:
            comes(board, place, i)
    while own["refilled"] and unused > 0:
        row = first_line_waiting(board, place)
        if row == NOBODY:
            break
        comes(board, place, gets_slot(board, place, row))
        unused -= 1
    while absent != NOBODY:
        i = absent
        absent = without_first(board.trucks, i)
        queues_for_slot(board, i, place)


@part
def comes(board: Board, place: int, i: int) -> None:
    """Who was called passes."""
    log(board, i, PASSED, place, NOBODY)
    decide(board, i, HAS_PASSED)


@part
def is_absent(board: Board, place: int, i: int, chance: int) -> bool:
    """Whether truck `i` does not come when it is called."""
    truck, own = board.trucks[i], board.places[place]
    step, load = board.steps[truck["step"]], truck["load"]
    if own["chances"] == NOBODY or step["work"] == NOBODY:
        return False
    times = board.been[load, step["rejections"]]
    truck["visit"] = count_visit(board, i, step["been"])
    if times == own["most"]:
        return False
    if not does_not_come(met(board, i, step["work"], step["work_again"]), chance, times, own["most"]):
        return False
    board.been[load, step["rejections"]] = times + 1
    return True


@part
def chance_ppm(board: Board, place: int) -> int:
    """That who is called today does not come."""
    own = board.places[place]
    if own["chances"] == NOBODY:
        return 0
    day, waited_s, waits = board.clock[0]["now_s"] // DAY_S, ZERO, ZERO
    if own["watches"] != NOBODY:
        there = board.places[own["watches"]]
        waited_s = of_yesterday(there["wait_day"], there["waited_s"], there["waited_before_s"], day)
        waits = of_yesterday(there["wait_day"], there["waits"], there["waits_before"], day)
    return int(no_show_ppm(board.chances[own["chances"] + day], own["per_hour"], waited_s, waits))
