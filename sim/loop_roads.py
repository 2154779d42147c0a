"""Roads and gates in the compiled loop: what a convoy does as one."""

from sim.board import DRIVES, FINISHED, HAS_PASSED, JOINED, NOBODY, PASSED, STARTED, Board
from sim.jit import part
from sim.loop_ceilings import joins_line
from sim.loop_clock import decide, level, log, next_change_s, touch, wait_until, wake_at
from sim.loop_trucks import count_visit, goes_on, lets_go, met, queue_key, tells_wait
from sim.queues import joined, without_first
from sim.rules import reached_s


@part
def travels(board: Board, i: int) -> None:
    """A truck, or a convoy as one with the luck of its first, drives along a road."""
    truck = board.trucks[i]
    step = board.steps[truck["step"]]
    m = i
    while m != NOBODY:
        lets_go(board, m)
        log(board, m, STARTED, step["place"], NOBODY)
        m = board.trucks[m]["mate"]
    road = board.places[step["place"]]
    truck["visit"] = count_visit(board, i)
    free_s = met(board, i, step["work"], step["work_again"])
    at_s, percent = board.at_s[road["first"] : road["end"]], board.level[road["first"] : road["end"]]
    truck["state"] = DRIVES
    wait_until(board, i, reached_s(board.clock[0]["now_s"], free_s, at_s, percent))


@part
def has_driven(board: Board, i: int) -> None:
    """The drive is over."""
    m, road = i, board.steps[board.trucks[i]["step"]]["place"]
    while m != NOBODY:
        log(board, m, FINISHED, road, NOBODY)
        m = board.trucks[m]["mate"]
    goes_on(board, i)


@part
def comes_to_gate(board: Board, i: int) -> None:
    """A truck, or a convoy as one, joins the queue of a gate."""
    m, place = i, board.steps[board.trucks[i]["step"]]["place"]
    while m != NOBODY:
        lets_go(board, m)
        log(board, m, JOINED, place, NOBODY)
        m = board.trucks[m]["mate"]
    gate = board.places[place]
    board.trucks[i]["key"] = queue_key(board, i)
    if gate["desk"] != NOBODY:
        joins_line(board, i, place)
        return
    gate["queue"] = joined(board.trucks, gate["queue"], i)
    touch(board, place)


@part
def gate_starts(board: Board, place: int) -> None:
    """All who wait pass while it is open."""
    gate = board.places[place]
    if not level(board, place):
        if gate["queue"] != NOBODY:
            wake_at(board, place, next_change_s(board, place))
        return
    while gate["queue"] != NOBODY:
        i = gate["queue"]
        gate["queue"] = without_first(board.trucks, i)
        m = i
        while m != NOBODY:
            log(board, m, PASSED, place, NOBODY)
            tells_wait(board, place, i)
            m = board.trucks[m]["mate"]
        decide(board, i, HAS_PASSED)
