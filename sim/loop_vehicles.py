"""Vehicles of fleets in the compiled loop: taken at home, handed a load at a bay, and on their way home."""

from sim.board import DRIVES_HOME, FINISHED, NOBODY, STARTED, Board
from sim.jit import part
from sim.loop_clock import log, wait_until
from sim.loop_missions import gives_back
from sim.rules import has_vehicle, trip_name


@part
def is_taken(board: Board, place: int) -> int:
    """A vehicle that is at home, and now no longer."""
    fleet = board.places[place]
    i = fleet["parked"]
    fleet["parked"] = board.trucks[i]["mate"]
    fleet["free"] -= 1
    return int(i)


@part
def lacks_vehicle(board: Board, place: int) -> bool:
    """Whether nothing can start at a pool since its fleet has no vehicle there."""
    fleet = board.places[place]["fleet"]
    return fleet != NOBODY and not has_vehicle(board.places[fleet]["free"])


@part
def takes_over(board: Board, i: int, place: int) -> None:
    """A vehicle comes to the bay at which truck `i` stands, and takes its load."""
    truck = board.trucks[i]
    m = is_taken(board, place)
    vehicle, column = board.trucks[m], board.steps[truck["step"]]["trips"]
    vehicle["load"] = truck["load"]
    vehicle["visit"] = board.been[truck["load"], column]
    board.been[truck["load"], column] += 1
    vehicle["carrier"] = trip_name(vehicle["visit"])
    truck["taken_by"] = m
    log(board, m, STARTED, place, NOBODY)


@part
def changes_vehicle(board: Board, i: int) -> None:
    """The load is on the vehicle that took it over; the one that brought it drives home."""
    truck = board.trucks[i]
    lets_vehicle_home(board, i)
    truck["carried_by"] = truck["taken_by"]
    truck["taken_by"] = NOBODY


@part
def lets_vehicle_home(board: Board, i: int) -> None:
    """The vehicle that carries load `i`, if a fleet's does, has nothing more to do with it."""
    vehicle = board.trucks[i]["carried_by"]
    if vehicle != NOBODY:
        board.trucks[i]["carried_by"] = NOBODY
        drives_home(board, vehicle)


@part
def drives_home(board: Board, i: int) -> None:
    """A vehicle carries nothing any more."""
    vehicle = board.trucks[i]
    fleet = board.places[vehicle["fleet"]]
    vehicle["state"] = DRIVES_HOME
    wait_until(board, i, board.clock[0]["now_s"] + board.luck[fleet["home"] + vehicle["visit"], vehicle["load"]])


@part
def is_home(board: Board, i: int) -> None:
    """A vehicle is given back to its fleet, and its driver is free, or rests."""
    vehicle = board.trucks[i]
    place = vehicle["fleet"]
    fleet = board.places[place]
    log(board, i, FINISHED, place, NOBODY)
    vehicle["mate"] = fleet["parked"]
    fleet["parked"] = i
    gives_back(board, place, 1)
    if fleet["drivers"] != NOBODY:
        gives_back(board, fleet["drivers"], 1)
