"""Lines of those who wait for a convoy in the compiled loop, and whose turn it is.

Platforms in the compiled loop: stock, and the vehicles that collect it.

Yards in the compiled loop: when a convoy may set out, and the convoys of arriving trucks.
"""

from sim.jit import part
from sim.loop.clock import decide, level, log, log_row, next_change_s, touch, wait_until, wake_at
from sim.loop.gates import gives_up_room, platform_has_less
from sim.loop.offices import asks_for_line
from sim.loop.queues import append, joined, remove, without_first
from sim.loop.resources import (
    delay_s,
    enough_for,
    let_through,
    look_at_needs,
    needs_back_s,
    next_outcome_s,
    outcome_now,
    takes_people,
    trips_of,
)
from sim.loop.state import (
    BEYOND_KEYS,
    COLLECTED,
    IS_DELAYED,
    IS_PLACED,
    JOINED,
    NEVER_S,
    NOBODY,
    OFFLOADED,
    SET_OUT,
    SETS_OUT,
    STARTED,
    ZERO,
    Board,
)
from sim.loop.stock import takes_fuel
from sim.loop.trucks import is_taken, lets_go, queue_key
from sim.rules import PERMITTED, collectable_s, convoy_size, may_go, next_departure_s, vehicles_to_load


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


@part
def is_put_down(board: Board, i: int, place: int, line: int) -> None:
    """Waits for room on a platform for all pallets at once; a truck at a bay holds it until then."""
    platform = board.places[place]
    board.trucks[i]["line"] = line
    board.trucks[i]["key"] = queue_key(board, i)
    platform["queue"] = joined(board.trucks, platform["queue"], i)
    touch(board, place)


@part
def platform_starts(board: Board, place: int) -> None:
    """The first are put down as long as there is room for all their pallets."""
    platform, now_s = board.places[place], board.clock[0]["now_s"]
    while platform["queue"] != NOBODY:
        i = platform["queue"]
        truck = board.trucks[i]
        if 0 <= platform["room"] < platform["stock"] + truck["pallets"]:
            return
        platform["queue"] = without_first(board.trucks, i)
        platform["stock"] += truck["pallets"]
        gives_up_room(board, i)
        log(board, i, OFFLOADED, place, truck["pallets"])
        decide(board, i, IS_PLACED)
        line = board.lines[truck["line"]]
        truck["left"] = truck["pallets"]
        truck["since_s"] = collectable_s(now_s, platform["next_day"] == 1)
        truck["key"] = queue_key(board, i)
        append(board.trucks, line, i)
        if line["fresh"] == NOBODY:
            line["fresh"] = i
        touch(board, line["owner"])


@part
def looks(board: Board, number: int) -> None:
    """Makes ready what can be collected by now."""
    line, trucks = board.lines[number], board.trucks
    while line["fresh"] != NOBODY and trucks[line["fresh"]]["since_s"] <= board.clock[0]["now_s"]:
        i = line["fresh"]
        line["fresh"] = trucks[i]["after"]
        line["queue"] = joined(trucks, line["queue"], i)
        line["waiting"] += trucks[i]["left"]


@part
def stock_sets_out(board: Board, number: int) -> bool:
    """Sends one convoy of vehicles, if one may go now with vehicles, drivers, escorts and fuel that are there."""
    line, now_s = board.lines[number], board.clock[0]["now_s"]
    yard, fleet = board.places[line["yard"]], board.places[line["fleet"]]
    if not has_a_vehicle(board, number) or not may_set_out(board, number):
        return False
    wait_s = now_s - stock_since_s(board, number)
    loaded = vehicles_to_load(line["waiting"], fleet["capacity"], wait_s, yard["patience_s"])
    ready = enough_for(board, number, loaded)
    size = convoy_size(ready, wait_s, yard["min"], yard["max"], yard["patience_s"])
    if size > 0:
        size = let_through(board, number, size, line["queue"], next_carrier(board, number))
    if size == 0:
        return False
    first, last, before = NOBODY, NOBODY, line["waiting"]
    for _ in range(size):
        i = fills(board, number)
        join_convoy(board, last, i)
        first = i if first == NOBODY else first
        last = i
    pallets = before - line["waiting"]
    board.places[line["platform"]]["stock"] -= pallets
    log(board, first, SET_OUT, line["yard"], pallets)
    takes_fuel(board, line["fleet"], first, size)
    if board.places[line["platform"]]["queue"] != NOBODY:
        touch(board, line["platform"])
    platform_has_less(board, line["platform"])
    departs(board, number, first, size)
    return True


@part
def has_a_vehicle(board: Board, number: int) -> bool:
    """Whether a vehicle is free, and a driver and fuel where it needs them."""
    place = board.lines[number]["fleet"]
    fleet = board.places[place]
    if fleet["depot"] != NOBODY and trips_of(board, place) == 0:
        return False
    return bool(fleet["free"] > 0 and (fleet["drivers"] == NOBODY or board.places[fleet["drivers"]]["free"] > 0))


@part
def next_carrier(board: Board, number: int) -> int:
    """The number, over all loads, of the first pallet that is collected next: its vehicle's name."""
    load = board.trucks[board.lines[number]["queue"]]
    return int(load["number"] + load["pallets"] - load["left"])


@part
def fills(board: Board, number: int) -> int:
    """Takes a vehicle and the next pallets; it is named by the first of them."""
    line, trucks = board.lines[number], board.trucks
    fleet = board.places[line["fleet"]]
    i = is_taken(board, line["fleet"])
    vehicle = trucks[i]
    first = line["queue"]
    vehicle["load"] = first
    vehicle["carrier"] = next_carrier(board, number)
    vehicle["number"] = vehicle["carrier"]
    vehicle["rank"] = trucks[first]["rank"]
    vehicle["step"] = line["tail"]
    vehicle["line"] = number
    vehicle["held_at"] = NOBODY
    vehicle["cargo"] = NOBODY
    if i < len(board.been):  # vehicles choose among roads
        for column in range(board.been.shape[1]):
            board.been[i, column] = 0
    log(board, i, STARTED, line["fleet"], NOBODY)
    room = fleet["capacity"]
    while room > 0 and line["queue"] != NOBODY:
        load = line["queue"]
        taken = min(room, trucks[load]["left"])
        room -= taken
        line["waiting"] -= taken
        trucks[load]["left"] -= taken
        piece = i  # only what a vehicle takes last can leave something of a load behind
        if trucks[load]["left"] == 0:
            line["queue"] = without_first(trucks, load)
            remove(trucks, line, load)
            piece = load
        trucks[piece]["part_of"] = load
        trucks[piece]["part"] = taken
        trucks[piece]["next_part"] = vehicle["cargo"]
        vehicle["cargo"] = piece
        log_row(board, load, COLLECTED, line["platform"], vehicle["carrier"], taken)
    return int(i)


@part
def stock_since_s(board: Board, number: int) -> int:
    """Since when a first vehicle may wait, loaded: stock, a vehicle, its driver and its fuel were there."""
    line = board.lines[number]
    fleet = board.places[line["fleet"]]
    since_s = max(board.trucks[line["oldest"]]["since_s"], fleet["free_since_s"], fleet["fuelled_s"])
    if fleet["drivers"] != NOBODY:
        since_s = max(since_s, board.places[fleet["drivers"]]["free_since_s"])
    return int(since_s)


@part
def stock_chance_s(board: Board, number: int) -> int:
    """When waiting alone may let a convoy of vehicles go."""
    line, now_s = board.lines[number], board.clock[0]["now_s"]
    chance_s = NEVER_S
    if line["fresh"] != NOBODY:
        chance_s = int(board.trucks[line["fresh"]]["since_s"])
    if line["queue"] == NOBODY:
        return chance_s
    chance_s = min(chance_s, yard_chance_s(board, number), needs_back_s(board, number))
    if has_a_vehicle(board, number) and may_set_out(board, number):
        runs_out_s = stock_since_s(board, number) + board.places[line["yard"]]["patience_s"]
        if runs_out_s > now_s:
            chance_s = min(chance_s, runs_out_s)
    return chance_s


@part
def may_set_out(board: Board, number: int) -> bool:
    """Whether it is open, may ask or has asked, and a timetable has a departure now that none has taken yet."""
    line, now_s = board.lines[number], board.clock[0]["now_s"]
    yard = board.places[line["yard"]]
    if now_s < line["not_before_s"] or not may_go(outcome_now(board, number), line["request"]):
        return False
    if yard["first_s"] >= 0 and (
        next_departure_s(now_s, yard["first_s"], yard["every_s"]) != now_s or line["departed_s"] == now_s
    ):
        return False
    return level(board, line["yard"]) > 0


@part
def yard_chance_s(board: Board, number: int) -> int:
    """The next second after now at which the yard may let a convoy go for another reason than patience."""
    line, now_s = board.lines[number], board.clock[0]["now_s"]
    yard = board.places[line["yard"]]
    if now_s < line["not_before_s"]:
        return int(line["not_before_s"])
    chance_s = NEVER_S if level(board, line["yard"]) else next_change_s(board, line["yard"])
    if yard["first_s"] >= 0:
        chance_s = next_departure_s(now_s + 1, yard["first_s"], yard["every_s"])
    if line["request"] != PERMITTED:  # needed from then on, or no longer
        chance_s = min(chance_s, next_outcome_s(board, number))
    return int(chance_s)


@part
def trucks_set_out(board: Board, number: int) -> bool:
    """Sends one convoy of arriving trucks, if one may go now."""
    line, trucks, now_s = board.lines[number], board.trucks, board.clock[0]["now_s"]
    yard = board.places[line["yard"]]
    if not may_set_out(board, number):
        return False
    wait_s = now_s - trucks[line["oldest"]]["since_s"]
    ready = enough_for(board, number, line["waiting"])
    size = convoy_size(ready, wait_s, yard["min"], yard["max"], yard["patience_s"])
    if size > 0:
        size = let_through(board, number, size, trucks[line["queue"]]["load"], NOBODY)
    if size == 0:
        return False
    first, last, pallets = line["queue"], NOBODY, ZERO
    for _ in range(size):
        i = line["queue"]
        line["queue"] = without_first(trucks, i)
        line["waiting"] -= 1
        remove(trucks, line, i)
        pallets += trucks[i]["pallets"]
        log(board, i, STARTED, line["yard"], NOBODY)
        join_convoy(board, last, i)
        trucks[i]["step"] += 1
        last = i
    log(board, first, SET_OUT, line["yard"], pallets)
    departs(board, number, first, size)
    return True


@part
def departs(board: Board, number: int, first: int, size: int) -> None:
    """A convoy sets out with its drivers and escorts, and drives once the round is over, or when it may."""
    line, truck = board.lines[number], board.trucks[first]
    line["departed_s"] = board.clock[0]["now_s"]
    truck["line"] = number
    truck["escorts"] = takes_people(board, number, size)
    delayed_s = delay_s(board, number)
    if delayed_s > 0:
        truck["state"] = IS_DELAYED
        wait_until(board, first, board.clock[0]["now_s"] + delayed_s)
    else:
        decide(board, first, SETS_OUT)


@part
def join_convoy(board: Board, last: int, i: int) -> None:
    """Truck `i` follows truck `last`."""
    board.trucks[i]["mate"] = NOBODY
    if last != NOBODY:
        board.trucks[last]["mate"] = i


@part
def trucks_chance_s(board: Board, number: int) -> int:
    """When waiting alone may let a convoy of arriving trucks go."""
    line = board.lines[number]
    if line["queue"] == NOBODY:
        return NEVER_S
    chance_s = min(yard_chance_s(board, number), needs_back_s(board, number))
    if may_set_out(board, number):
        runs_out_s = board.trucks[line["oldest"]]["since_s"] + board.places[line["yard"]]["patience_s"]
        if runs_out_s > board.clock[0]["now_s"]:
            chance_s = min(chance_s, runs_out_s)
    return chance_s
