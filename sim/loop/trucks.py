"""What every truck of the compiled loop does between its steps, whatever they are.

Vehicles of fleets in the compiled loop: taken at home, handed a load at a bay, and on their way home.
"""

from sim.jit import part
from sim.kernels import give_lane
from sim.loop.clock import log, touch, wait_until
from sim.loop.resources import gives_back, parts
from sim.loop.state import DRIVES_HOME, FINISHED, NOBODY, PASS_GATE, STARTED, TRAVEL, Board
from sim.rules import has_vehicle, known_wait_s, of_yesterday, trip_name
from sim.units import DAY_S


@part
def goes(board: Board, i: int) -> None:
    """Truck `i` begins its step at this moment."""
    board.trucks[i]["next_due"] = board.clock[0]["going"]
    board.clock[0]["going"] = i


@part
def goes_on(board: Board, i: int) -> None:
    """A truck, or a convoy as one, has done a step."""
    m = i
    while m != NOBODY:
        board.trucks[m]["step"] += 1
        m = board.trucks[m]["mate"]
    walks_on(board, i)


@part
def walks_on(board: Board, i: int) -> None:
    """The trucks of a convoy go on as one as long as they drive or pass gates, and then each on its own."""
    verb = board.steps[board.trucks[i]["step"]]["verb"]
    if verb == TRAVEL or verb == PASS_GATE:  # noqa: SIM109, no tuples in a tight loop
        goes(board, i)
        return
    parts(board, i)
    m = i
    while m != NOBODY:
        following = board.trucks[m]["mate"]
        board.trucks[m]["mate"] = NOBODY
        goes(board, m)
        m = following


@part
def lets_go(board: Board, i: int) -> None:
    """Leaves the lane that it stood in until the next place had room."""
    truck = board.trucks[i]
    at = truck["held_at"]
    if at == NOBODY:
        return
    truck["held_at"] = NOBODY
    pool = board.places[at]
    give_lane(board.free, pool["heap"], pool["free"], truck["held_lane"])
    pool["free"] += 1
    if pool["queue"] != NOBODY or pool["door"] != NOBODY:
        touch(board, at)


@part
def count_visit(board: Board, i: int, column: int) -> int:
    """How often truck `i` was at the place of its step before, by that column of `been`; this is the next visit."""
    if column == NOBODY:
        return 0
    before = board.been[i, column]
    board.been[i, column] = before + 1
    return int(before)


@part
def met(board: Board, i: int, row: int, row_again: int) -> int:
    """What the luck of truck `i` gives on this visit to the place of its step."""
    return met_at(board, i, board.trucks[i]["step"], row, row_again)


@part
def met_at(board: Board, i: int, step: int, row: int, row_again: int) -> int:
    """The same of a step, or of a road that it may take."""
    truck = board.trucks[i]
    load, seen = truck["load"], truck["visit"]
    if seen < board.steps[step]["sure"]:
        return int(board.luck[row + seen, load])
    return int(board.again[row_again + seen, board.again_of[load]])


@part
def tells_wait(board: Board, place: int, i: int) -> None:
    """Truck `i` begins, or passes, at `place`: somebody may look at how long it waited."""
    own, clock = board.places[place], board.clock[0]
    if not own["watched"]:
        return
    day = clock["now_s"] // DAY_S
    if day != own["wait_day"]:
        own["waited_before_s"] = of_yesterday(own["wait_day"], own["waited_s"], own["waited_before_s"], day)
        own["waits_before"] = of_yesterday(own["wait_day"], own["waits"], own["waits_before"], day)
        own["known_wait_s"] = known_wait_s(own["wait_day"], own["waited_s"], own["waits"], own["known_wait_s"], day)
        own["wait_day"] = day
        own["waited_s"] = own["waits"] = 0
    since_s = (board.trucks[i]["key"] >> clock["number_bits"]) & ((1 << clock["time_bits"]) - 1)
    own["waited_s"] += clock["now_s"] - since_s
    own["waits"] += 1


@part
def queue_key(board: Board, i: int) -> int:
    """The place in a queue of whoever joins now: by rank, joined, number of the first pallet."""
    clock, truck = board.clock[0], board.trucks[i]
    since = (truck["rank"] << clock["time_bits"]) | clock["now_s"]
    return int((since << clock["number_bits"]) | truck["number"])


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
