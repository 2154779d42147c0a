"""Lanes that break in the compiled loop: what equipment.py is to the SimPy model."""

from sim.board import BEYOND_KEYS, NEVER_S, NOBODY, Board
from sim.jit import part
from sim.rules import outlasts_s, up_again_s


@part
def lane_up_again_s(board: Board, place: int, lane: int) -> int:
    """When a free lane can be started in; the present second if it can now."""
    pool, now_s = board.places[place], board.clock[0]["now_s"]
    if not pool["fails_always"]:
        return int(now_s)
    own = board.equipment[pool["equipment"] + lane]
    return int(up_again_s(now_s, board.breaks_s[own["first"] : own["end"]], board.mended_s[own["first"] : own["end"]]))


@part
def lowest_up(board: Board, place: int) -> int:
    """The lowest free lane that is not being repaired, NOBODY if there is none: free lanes stand in no order here."""
    pool, found = board.places[place], BEYOND_KEYS
    for i in range(pool["heap"], pool["heap"] + pool["free"]):
        lane = board.free[i]
        if lane < found and lane_up_again_s(board, place, lane) == board.clock[0]["now_s"]:
            found = lane
    return NOBODY if found == BEYOND_KEYS else int(found)


@part
def first_repaired_s(board: Board, place: int) -> int:
    """When the first of the free lanes that are being repaired works again, NEVER_S if there is none."""
    pool, first_s = board.places[place], NEVER_S
    for i in range(pool["heap"], pool["heap"] + pool["free"]):
        at_s = lane_up_again_s(board, place, board.free[i])
        if at_s > board.clock[0]["now_s"]:
            first_s = min(first_s, at_s)
    return first_s


@part
def takes_that_lane(board: Board, place: int, lane: int) -> None:
    """Takes `lane` out of the free ones, the last of which takes its place."""
    pool = board.places[place]
    last = pool["heap"] + pool["free"] - 1
    for i in range(pool["heap"], last):
        if board.free[i] == lane:
            board.free[i] = board.free[last]
            return


@part
def breaking_work_ends_s(board: Board, place: int, lane: int, work_s: int) -> int:
    """When work that starts now ends in a lane that breaks."""
    pool, now_s = board.places[place], board.clock[0]["now_s"]
    own = board.equipment[pool["equipment"] + lane]
    breaks_s, mended_s = board.breaks_s[own["first"] : own["end"]], board.mended_s[own["first"] : own["end"]]
    if pool["fails_always"]:
        return int(outlasts_s(now_s, work_s, pool["restarts"] == 1, breaks_s, mended_s))
    begun_s = own["clock_s"]
    own["clock_s"] = outlasts_s(begun_s, work_s, pool["restarts"] == 1, breaks_s, mended_s)
    return int(now_s + own["clock_s"] - begun_s)
