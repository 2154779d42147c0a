"""For how long lanes are open in the compiled loop, and work that is broken off at closing hour."""

from sim.board import SERVED_TILL_CLOSING, Board
from sim.jit import part
from sim.rules import is_broken_off


@part
def open_stretch(board: Board, place: int, lane: int) -> int:
    """The row of the stretch in which the lane is open now."""
    own = board.lanes[board.places[place]["first_lane"] + lane]
    while board.closes_s[own["span"]] <= board.clock[0]["now_s"]:
        own["span"] += 1
    return int(own["span"])


@part
def ends_by_closing_s(board: Board, i: int, ends_s: int) -> int:
    """When the work of truck `i`, which starts now, ends or is broken off."""
    truck = board.trucks[i]
    lane = truck["lane"]
    closes_s = board.closes_s[open_stretch(board, truck["at"], lane)]
    longest_s = board.lanes[board.places[truck["at"]]["first_lane"] + lane]["longest_s"]
    if not is_broken_off(board.clock[0]["now_s"], truck["work_s"], closes_s, longest_s):
        return ends_s
    truck["state"] = SERVED_TILL_CLOSING
    return int(closes_s)
