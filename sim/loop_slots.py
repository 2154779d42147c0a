"""Slots of a day in the compiled loop: what slots.py is to the SimPy model."""

from sim.board import HAS_PASSED, JOINED, MANIFESTED, NO_SHOW, NOBODY, PASSED, ZERO, Board
from sim.jit import part
from sim.loop_clock import decide, level, log, wake_at
from sim.loop_trucks import count_visit, lets_go, met, queue_key
from sim.queues import joined, melded, without_first
from sim.rules import (
    does_not_come,
    is_call,
    is_time_of_day,
    last_step,
    next_call_s,
    next_midnight_s,
    next_time_of_day_s,
    no_show_ppm,
    of_yesterday,
    slots_kept,
)
from sim.units import DAY_S


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
