"""Lines of those who wait for a convoy in the compiled loop, and whose turn it is."""

from sim.board import BEYOND_KEYS, JOINED, NEVER_S, NOBODY, Board
from sim.jit import part
from sim.loop_clock import log, touch, wake_at
from sim.loop_fleets import is_put_down, looks, stock_chance_s, stock_sets_out
from sim.loop_missions import look_at_needs
from sim.loop_offices import asks_for_line
from sim.loop_trucks import lets_go, queue_key
from sim.loop_yards import trucks_chance_s, trucks_set_out
from sim.queues import append, joined


@part
def gathers(board: Board, i: int) -> None:
    """Joins the line for its way on; a load of the opening stock is put where vehicles collect it."""
    truck = board.trucks[i]
    number = board.steps[truck["step"]]["line"]
    line = board.lines[number]
    lets_go(board, i)
    if line["platform"] != NOBODY:
        is_put_down(board, i, line["platform"], number)
        return
    truck["since_s"] = board.clock[0]["now_s"]
    truck["key"] = queue_key(board, i)
    line["queue"] = joined(board.trucks, line["queue"], i)
    line["waiting"] += 1
    append(board.trucks, line, i)
    log(board, i, JOINED, line["yard"], NOBODY)
    touch(board, line["owner"])


@part
def owner_starts(board: Board, place: int) -> None:
    """Convoys of all lines that hang together set out, each of the line whose first comes first."""
    for line in range(len(board.lines)):
        if board.lines[line]["owner"] == place:
            looks(board, line)
            look_at_needs(board, line)
    while send_one(board, place):
        pass
    chance_s = NEVER_S
    for line in range(len(board.lines)):
        if board.lines[line]["owner"] == place:
            asks_for_line(board, line)
            of_trucks = board.lines[line]["fleet"] == NOBODY
            chance_s = min(chance_s, trucks_chance_s(board, line) if of_trucks else stock_chance_s(board, line))
    wake_at(board, place, chance_s)


@part
def send_one(board: Board, place: int) -> bool:
    """Sends one convoy of the first line, in the order of their firsts, that may send one."""
    tried = NOBODY  # the key of the last line that could not
    while True:
        first, key = NOBODY, BEYOND_KEYS
        for line in range(len(board.lines)):
            if board.lines[line]["owner"] == place and board.lines[line]["queue"] != NOBODY:
                own = board.trucks[board.lines[line]["queue"]]["key"]
                if tried < own < key:
                    first, key = line, own
        if first == NOBODY:
            return False
        of_trucks = board.lines[first]["fleet"] == NOBODY
        if trucks_set_out(board, first) if of_trucks else stock_sets_out(board, first):
            return True
        tried = key
