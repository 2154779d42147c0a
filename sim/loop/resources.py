"""Vehicles, drivers and escorts in the compiled loop, and what comes of missions that ask to set out."""

from sim.jit import part
from sim.loop.clock import log_row, touch
from sim.loop.state import MISSION, NEVER_S, NOBODY, Board
from sim.rules import (
    ABORTED,
    NO_REQUEST,
    NOT_ASKED,
    needed_for,
    next_attempt_s,
    next_midnight_s,
    trips_fuelled,
    vehicles_that_go,
)


@part
def adds(board: Board, place: int, number: int, since_s: int) -> None:
    """So many more of a fleet or a crew are free; or fewer, where a phase says so."""
    means = board.places[place]
    if means["free"] <= 0 < means["free"] + number:
        means["free_since_s"] = since_s
    means["free"] += number


@part
def next_back_s(board: Board, place: int) -> int:
    """When the next of those whose return is known are free again."""
    means, back_s = board.places[place], NEVER_S
    if means["held"] > 0:
        back_s = int(means["held_until_s"])
    if means["resting"] > 0:
        back_s = min(back_s, board.rests[means["first_rest"] + means["next_rest"]])
    return int(back_s)


@part
def look(board: Board, place: int) -> None:
    """Makes free whoever is back by now, in the order of their return."""
    means = board.places[place]
    while True:
        back_s = next_back_s(board, place)
        if back_s > board.clock[0]["now_s"]:
            break
        if means["held"] > 0 and means["held_until_s"] == back_s:
            adds(board, place, means["held"], back_s)
            means["held"] = 0
        else:
            adds(board, place, 1, back_s)
            means["next_rest"] = (means["next_rest"] + 1) % means["most_rests"]
            means["resting"] -= 1


@part
def gives_back(board: Board, place: int, number: int) -> None:
    """So many of a fleet or a crew have come back, and are free when they have rested."""
    means, now_s = board.places[place], board.clock[0]["now_s"]
    if means["rest_s"] > 0:
        for _ in range(number):
            last = (means["next_rest"] + means["resting"]) % means["most_rests"]
            board.rests[means["first_rest"] + last] = now_s + means["rest_s"]
            means["resting"] += 1
    else:
        adds(board, place, number, now_s)
    touch(board, means["owner"])


@part
def look_at_needs(board: Board, number: int) -> None:
    """Makes free whom convoys of a line take and who is back by now."""
    line = board.lines[number]
    if line["fleet"] != NOBODY:
        look(board, line["fleet"])
        if board.places[line["fleet"]]["drivers"] != NOBODY:
            look(board, board.places[line["fleet"]]["drivers"])
    if board.places[line["yard"]]["escorts"] != NOBODY:
        look(board, board.places[line["yard"]]["escorts"])


@part
def needs_back_s(board: Board, number: int) -> int:
    """When the next of these are free whose return is known."""
    line, back_s = board.lines[number], NEVER_S
    if line["fleet"] != NOBODY:
        back_s = min(back_s, next_back_s(board, line["fleet"]))
        if board.places[line["fleet"]]["drivers"] != NOBODY:
            back_s = min(back_s, next_back_s(board, board.places[line["fleet"]]["drivers"]))
    if board.places[line["yard"]]["escorts"] != NOBODY:
        back_s = min(back_s, next_back_s(board, board.places[line["yard"]]["escorts"]))
    return int(back_s)


@part
def enough_for(board: Board, number: int, vehicles: int) -> int:
    """As many of the vehicles as there is everything for."""
    line = board.lines[number]
    yard = board.places[line["yard"]]
    if line["fleet"] != NOBODY:
        fleet = board.places[line["fleet"]]
        vehicles = min(vehicles, fleet["free"])
        if fleet["drivers"] != NOBODY:
            vehicles = min(vehicles, board.places[fleet["drivers"]]["free"])
        if fleet["depot"] != NOBODY:
            vehicles = min(vehicles, trips_of(board, line["fleet"]))
    if yard["escorts"] != NOBODY:
        vehicles = min(vehicles, board.places[yard["escorts"]]["free"] * yard["escorted"])
    return int(max(vehicles, 0))


@part
def trips_of(board: Board, place: int) -> int:
    """For how many trips of a fleet its depot has fuel."""
    fleet = board.places[place]
    return int(trips_fuelled(board.places[fleet["depot"]]["content"], fleet["leaves"], fleet["litres"]))


@part
def takes_people(board: Board, number: int, vehicles: int) -> int:
    """Takes drivers and escorts for so many vehicles, and returns how many escorts that are."""
    line = board.lines[number]
    yard = board.places[line["yard"]]
    if line["fleet"] != NOBODY and board.places[line["fleet"]]["drivers"] != NOBODY:
        board.places[board.places[line["fleet"]]["drivers"]]["free"] -= vehicles
    if yard["escorts"] == NOBODY:
        return 0
    escorts = needed_for(vehicles, yard["escorted"])
    board.places[yard["escorts"]]["free"] -= escorts
    return int(escorts)


@part
def hold(board: Board, place: int, number: int) -> None:
    """So many that were taken are free again at midnight: all that are held were held on one day."""
    means = board.places[place]
    means["held"] += number
    means["held_until_s"] = next_midnight_s(board.clock[0]["now_s"])


@part
def is_aborted(board: Board, number: int, vehicles: int) -> None:
    """What the mission would have used is out until midnight."""
    line = board.lines[number]
    escorts = takes_people(board, number, vehicles)
    if escorts > 0:
        hold(board, board.places[line["yard"]]["escorts"], escorts)
    if line["fleet"] != NOBODY:
        board.places[line["fleet"]]["free"] -= vehicles
        hold(board, line["fleet"], vehicles)
        if board.places[line["fleet"]]["drivers"] != NOBODY:
            hold(board, board.places[line["fleet"]]["drivers"], vehicles)


@part
def outcome_now(board: Board, number: int) -> int:
    """What comes of missions of a line at this hour."""
    yard = board.places[board.lines[number]["yard"]]
    if yard["first_answer"] == NOBODY:
        return NOT_ASKED
    while yard["answer"] + 1 < yard["end_answer"] and board.answers[yard["answer"] + 1, 0] <= board.clock[0]["now_s"]:
        yard["answer"] += 1
    return int(board.answers[yard["answer"], 1])


@part
def next_outcome_s(board: Board, number: int) -> int:
    """The next second at which that changes, NEVER_S if it never does."""
    outcome_now(board, number)
    yard = board.places[board.lines[number]["yard"]]
    if yard["first_answer"] == NOBODY or yard["answer"] + 1 == yard["end_answer"]:
        return NEVER_S
    return int(board.answers[yard["answer"] + 1, 0])


@part
def let_through(board: Board, number: int, vehicles: int, load: int, carrier: int) -> int:
    """How many vehicles of a mission, named by its first load and vehicle, set out."""
    line, now_s = board.lines[number], board.clock[0]["now_s"]
    yard = board.places[line["yard"]]
    outcome = outcome_now(board, number)
    if outcome == NOT_ASKED:
        return vehicles
    if line["asker"] != NOBODY:  # the permission is used up
        line["request"] = NO_REQUEST
    log_row(board, load, MISSION, line["yard"], carrier, outcome)
    line["not_before_s"] = next_attempt_s(outcome, now_s, yard["again_s"])
    if outcome == ABORTED:
        is_aborted(board, number, vehicles)
    return int(vehicles_that_go(vehicles, outcome))


@part
def delay_s(board: Board, number: int) -> int:
    """For how long a convoy that sets out now is delayed before it drives."""
    yard = board.places[board.lines[number]["yard"]]
    return 0 if yard["first_answer"] == NOBODY else int(board.answers[yard["answer"], 2])


@part
def parts(board: Board, i: int) -> None:
    """The vehicles of the convoy that truck `i` leads part, and its escorts are free, or rest."""
    truck = board.trucks[i]
    if truck["escorts"] > 0:
        gives_back(board, board.places[board.lines[truck["line"]]["yard"]]["escorts"], truck["escorts"])
        truck["escorts"] = 0
