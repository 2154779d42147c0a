"""Depots in the compiled loop: litres that tankers bring, that users draw by the day, and convoys as they set out."""

from sim.board import DRAWN, FLEET, FUELLED, IS_STORED, NEVER_S, NOBODY, TANKED, ZERO, Board
from sim.jit import part
from sim.loop_clock import decide, log, log_row, touch, wake_at
from sim.loop_missions import trips_of
from sim.loop_stores import carried
from sim.queues import without_first
from sim.rules import next_time_of_day_s, rationed


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
