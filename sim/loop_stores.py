"""Stores in the compiled loop: the floor behind docks, from which pallets are handed out evenly."""

from sim.board import IS_STORED, NOBODY, ZERO, Board
from sim.jit import part
from sim.loop_clock import decide, touch, wake_at
from sim.loop_trucks import queue_key
from sim.queues import joined, without_first
from sim.rules import flown, has_flown_s, left_in_store, surplus
from sim.units import DAY_S


@part
def comes_to_store(board: Board, i: int, place: int) -> None:
    """Waits in its dock for room for all its pallets at once."""
    board.trucks[i]["key"] = queue_key(board, i)
    board.places[place]["queue"] = joined(board.trucks, board.places[place]["queue"], i)
    touch(board, place)


@part
def store_starts(board: Board, place: int) -> None:
    """The first are put down as long as there is room for all their pallets."""
    store, now_s = board.places[place], board.clock[0]["now_s"]
    at_s, outflow = board.at_s[store["first"] : store["end"]], board.level[store["first"] : store["end"]]
    store["content"] = left_in_store(store["content"], flown(store["since_s"], now_s, at_s, outflow))
    store["since_s"] = now_s
    while store["queue"] != NOBODY:
        i = store["queue"]
        pallets = carried(board, i)
        above = surplus(store["content"], pallets, store["room"])
        if above > 0:
            wake_at(board, place, has_flown_s(now_s, above, at_s, outflow))
            return
        store["queue"] = without_first(board.trucks, i)
        store["content"] += pallets * DAY_S
        decide(board, i, IS_STORED)


@part
def carried(board: Board, i: int) -> int:
    """Pallets on a load's own truck, or on a vehicle."""
    truck = board.trucks[i]
    if truck["carrier"] == NOBODY:
        return int(truck["pallets"])
    row, pallets = truck["cargo"], ZERO
    while row != NOBODY:
        pallets += board.trucks[row]["part"]
        row = board.trucks[row]["next_part"]
    return int(pallets)
