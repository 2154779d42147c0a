"""Stores in the compiled loop: the floor behind docks, from which pallets are handed out evenly.

Depots in the compiled loop: litres that tankers bring, that users draw by the day, and convoys as they set out.
"""

from sim.jit import part
from sim.loop.clock import decide, log, log_row, touch, wake_at
from sim.loop.queues import joined, without_first
from sim.loop.resources import trips_of
from sim.loop.state import DRAWN, FLEET, FUELLED, IS_STORED, NEVER_S, NOBODY, TANKED, ZERO, Board
from sim.loop.trucks import queue_key
from sim.rules import flown, has_flown_s, left_in_store, next_time_of_day_s, rationed, surplus
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


@part
def depot_starts(board: Board, place: int) -> None:
    """At the time of day the users draw; then the first are emptied as long as there is room for all they bring."""
    depot, now_s = board.places[place], board.clock[0]["now_s"]
    if depot["draws_s"] == now_s:
        users_draw(board, place)
        depot["draws_s"] = next_time_of_day_s(now_s, depot["of_day_s"])
    if depot["draws_s"] < NEVER_S:
        wake_at(board, place, depot["draws_s"])
    while depot["queue"] != NOBODY:
        i = depot["queue"]
        litres = carried(board, i) * depot["litres"]
        if 0 <= depot["room"] < depot["content"] + litres:
            return
        depot["queue"] = without_first(board.trucks, i)
        gains(board, place, litres)
        log(board, i, FUELLED, place, litres)
        decide(board, i, IS_STORED)


@part
def users_draw(board: Board, place: int) -> None:
    """Rank by rank, and those of one rank all at once."""
    depot, users = board.places[place], board.users
    first = depot["first_user"]
    while first < depot["end_user"]:
        end, wanted, there = first, ZERO, depot["content"]
        while end < depot["end_user"] and users[end, 0] == users[first, 0]:
            wanted += users[end, 1]
            end += 1
        for user in range(first, end):
            got = rationed(users[user, 1], wanted, there, users[user, 2])
            depot["content"] -= got
            log_row(board, NOBODY, DRAWN, place, user - depot["first_user"], got)
        first = end


@part
def gains(board: Board, place: int, litres: int) -> None:
    """There is more, and whoever waits for fuel looks again."""
    for fleet in range(len(board.places)):
        own = board.places[fleet]
        if own["kind"] == FLEET and own["depot"] == place:
            if trips_of(board, fleet) == 0:
                own["fuelled_s"] = board.clock[0]["now_s"]
            touch(board, own["owner"])
    board.places[place]["content"] += litres


@part
def takes_fuel(board: Board, place: int, first: int, vehicles: int) -> None:
    """A convoy of a fleet, led by truck `first`, takes fuel, which may leave room for a tanker."""
    fleet = board.places[place]
    if fleet["depot"] == NOBODY:
        return
    litres = vehicles * fleet["litres"]
    board.places[fleet["depot"]]["content"] -= litres
    log(board, first, TANKED, fleet["depot"], litres)
    if board.places[fleet["depot"]]["queue"] != NOBODY:
        touch(board, fleet["depot"])
