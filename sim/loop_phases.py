"""What phases change in the compiled loop: numbers of places that are others from one second on."""

from typing import Any

from sim.board import MAX, MIN, MISSIONS, NEVER_S, OF_TEAMS, PATIENCE, PEOPLE, REQUESTS, ROOM, VEHICLES, WITHIN, Board
from sim.jit import part
from sim.loop_clock import touch
from sim.loop_missions import adds, look


@part
def come_about(board: Board) -> None:
    """The changes of this second, before all else that happens in it."""
    clock = board.clock[0]
    while clock["changed"] < len(board.changes) and board.changes[clock["changed"], 0] == clock["now_s"]:
        change(board, board.changes[clock["changed"]])
        clock["changed"] += 1
    clock["change_s"] = board.changes[clock["changed"], 0] if clock["changed"] < len(board.changes) else NEVER_S


@part
def change(board: Board, row: Any) -> None:
    """A number of a place is another one from now on."""
    number, setting, value = row[1], row[2], row[3]
    place = board.places[number]
    if setting == VEHICLES or setting == PEOPLE or setting == OF_TEAMS:  # noqa: SIM109, no tuples in a tight loop
        look(board, number)
        adds(board, number, value, board.clock[0]["now_s"])
        touch(board, place["owner"])
    elif setting == ROOM:
        place["room"] = value
        touch(board, number)
    elif setting == REQUESTS:
        place["requests"] = value
        touch(board, number)
    elif setting == MISSIONS:
        place["missions"] = value
    elif setting == WITHIN:
        place["within"] = value
    else:
        if setting == MIN:
            place["min"] = value
        elif setting == MAX:
            place["max"] = value
        elif setting == PATIENCE:
            place["patience_s"] = value
        for line in range(len(board.lines)):
            if board.lines[line]["yard"] == number:
                touch(board, board.lines[line]["owner"])
