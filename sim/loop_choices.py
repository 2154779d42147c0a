"""Loads that look at waits choose their corridor in the compiled loop, as they do in corridor.py."""

from sim.board import NEVER_S, NOBODY, ROUTED, Board
from sim.jit import part
from sim.loop_clock import log
from sim.rules import known_wait_s, waits_less
from sim.units import DAY_S


@part
def chooses(board: Board, load: int) -> int:
    """The first step of the corridor that a load takes; the log tells which."""
    source, day = board.source[load], board.clock[0]["now_s"] // DAY_S
    first, end, diverted_to = board.choosers[source, 0], board.choosers[source, 1], board.choosers[source, 2]
    taken, least_s = first, NEVER_S
    for row in range(first, end):
        there = board.places[board.options[row]["place"]]
        wait_s = known_wait_s(there["wait_day"], there["waited_s"], there["waits"], there["known_wait_s"], day)
        if waits_less(wait_s, least_s):
            taken, least_s = row, wait_s
    if (board.closed[load] >> (taken - first)) & 1:
        taken = diverted_to
    log(board, load, ROUTED, NOBODY, taken - first)
    return int(board.options[taken]["begin"])
