"""Yards in the compiled loop: when a convoy may set out, and the convoys of arriving trucks."""

from sim.board import IS_DELAYED, NEVER_S, NOBODY, SET_OUT, SETS_OUT, STARTED, ZERO, Board
from sim.jit import part
from sim.loop_clock import decide, level, log, next_change_s, wait_until
from sim.loop_missions import (
    delay_s,
    enough_for,
    let_through,
    needs_back_s,
    next_outcome_s,
    outcome_now,
    takes_people,
)
from sim.queues import remove, without_first
from sim.rules import PERMITTED, convoy_size, may_go, next_departure_s


@part
def may_set_out(board: Board, number: int) -> bool:
    """Whether it is open, may ask or has asked, and a timetable has a departure now that none has taken yet."""
    line, now_s = board.lines[number], board.clock[0]["now_s"]
    yard = board.places[line["yard"]]
    if now_s < line["not_before_s"] or not may_go(outcome_now(board, number), line["request"]):
        return False
    if yard["first_s"] >= 0 and (
        next_departure_s(now_s, yard["first_s"], yard["every_s"]) != now_s or line["departed_s"] == now_s
    ):
        return False
    return level(board, line["yard"]) > 0


@part
def yard_chance_s(board: Board, number: int) -> int:
    """The next second after now at which the yard may let a convoy go for another reason than patience."""
    line, now_s = board.lines[number], board.clock[0]["now_s"]
    yard = board.places[line["yard"]]
    if now_s < line["not_before_s"]:
        return int(line["not_before_s"])
    chance_s = NEVER_S if level(board, line["yard"]) else next_change_s(board, line["yard"])
    if yard["first_s"] >= 0:
        chance_s = next_departure_s(now_s + 1, yard["first_s"], yard["every_s"])
    if line["request"] != PERMITTED:  # needed from then on, or no longer
        chance_s = min(chance_s, next_outcome_s(board, number))
    return int(chance_s)


@part
def trucks_set_out(board: Board, number: int) -> bool:
    """Sends one convoy of arriving trucks, if one may go now."""
    line, trucks, now_s = board.lines[number], board.trucks, board.clock[0]["now_s"]
    yard = board.places[line["yard"]]
    if not may_set_out(board, number):
        return False
    wait_s = now_s - trucks[line["oldest"]]["since_s"]
    ready = enough_for(board, number, line["waiting"])
    size = convoy_size(ready, wait_s, yard["min"], yard["max"], yard["patience_s"])
    if size > 0:
        size = let_through(board, number, size, trucks[line["queue"]]["load"], NOBODY)
    if size == 0:
        return False
    first, last, pallets = line["queue"], NOBODY, ZERO
    for _ in range(size):
        i = line["queue"]
        line["queue"] = without_first(trucks, i)
        line["waiting"] -= 1
        remove(trucks, line, i)
        pallets += trucks[i]["pallets"]
        log(board, i, STARTED, line["yard"], NOBODY)
        join_convoy(board, last, i)
        trucks[i]["step"] += 1
        last = i
    log(board, first, SET_OUT, line["yard"], pallets)
    departs(board, number, first, size)
    return True


@part
def departs(board: Board, number: int, first: int, size: int) -> None:
    """A convoy sets out with its drivers and escorts, and drives once the round is over, or when it may."""
    line, truck = board.lines[number], board.trucks[first]
    line["departed_s"] = board.clock[0]["now_s"]
    truck["line"] = number
    truck["escorts"] = takes_people(board, number, size)
    delayed_s = delay_s(board, number)
    if delayed_s > 0:
        truck["state"] = IS_DELAYED
        wait_until(board, first, board.clock[0]["now_s"] + delayed_s)
    else:
        decide(board, first, SETS_OUT)


@part
def join_convoy(board: Board, last: int, i: int) -> None:
    """Truck `i` follows truck `last`."""
    board.trucks[i]["mate"] = NOBODY
    if last != NOBODY:
        board.trucks[last]["mate"] = i


@part
def trucks_chance_s(board: Board, number: int) -> int:
    """When waiting alone may let a convoy of arriving trucks go."""
    line = board.lines[number]
    if line["queue"] == NOBODY:
        return NEVER_S
    chance_s = min(yard_chance_s(board, number), needs_back_s(board, number))
    if may_set_out(board, number):
        runs_out_s = board.trucks[line["oldest"]]["since_s"] + board.places[line["yard"]]["patience_s"]
        if runs_out_s > board.clock[0]["now_s"]:
            chance_s = min(chance_s, runs_out_s)
    return chance_s
