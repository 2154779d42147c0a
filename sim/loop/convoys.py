"""Convoys: lines of arriving trucks, lines of stock on platforms that vehicles collect, and when a convoy sets out.

Each line has an owner, the place that decides which of its lines sends the next convoy. `number` is a row of `lines`.
"""

from sim.jit import part
from sim.loop.clock import fire_after_round, level, log, log_row, next_change_s, touch, wait_until, wake_at
from sim.loop.gates import release_room, touch_desks_of_platform
from sim.loop.offices import apply_for_permission
from sim.loop.queues import append_to_line, push, remove_first, remove_from_line
from sim.loop.resources import (
    acquire_people,
    apply_outcome,
    current_outcome,
    departure_delay_s,
    feasible_vehicles,
    next_outcome_change_s,
    requirements_next_return_s,
    trips_with_fuel,
    update_requirements,
)
from sim.loop.state import (
    ABOVE_ALL_KEYS,
    COLLECTED,
    DELAYED,
    EVENT_SET_OUT,
    EVENT_UNLOADED,
    JOINED,
    NEVER_S,
    NONE,
    OFFLOADED,
    SET_OUT,
    STARTED,
    ZERO,
    EngineState,
)
from sim.loop.stock import issue_fuel
from sim.loop.trucks import acquire_vehicle, queue_key, release_lane
from sim.rules import PERMITTED, collectable_s, convoy_size, may_proceed, next_departure_s, vehicles_to_load


@part
def join_convoy(state: EngineState, i: int) -> None:
    """Puts truck `i` into the line of its step; unloads a load of the opening stock onto the platform."""
    truck = state.trucks[i]
    number = state.steps[truck["step"]]["line"]
    line = state.lines[number]
    release_lane(state, i)
    if line["platform"] != NONE:
        unload_to_platform(state, i, line["platform"], number)
        return
    truck["since_s"] = state.clock[0]["now_s"]
    truck["key"] = queue_key(state, i)
    line["queue"] = push(state.trucks, line["queue"], i)
    line["waiting"] += 1
    append_to_line(state.trucks, line, i)
    log(state, i, JOINED, line["yard"], NONE)
    touch(state, line["owner"])


@part
def serve_dispatcher(state: EngineState, place: int) -> None:
    """Starts all convoys that may set out now, and applies for the permissions that lines need."""
    for line in range(len(state.lines)):
        if state.lines[line]["owner"] == place:
            update_ready_stock(state, line)
            update_requirements(state, line)
    while dispatch_next(state, place):
        pass
    check_s = NEVER_S
    for line in range(len(state.lines)):
        if state.lines[line]["owner"] == place:
            apply_for_permission(state, line)
            gathers_trucks = state.lines[line]["fleet"] == NONE
            check_s = min(
                check_s, trucks_next_check_s(state, line) if gathers_trucks else stock_next_check_s(state, line)
            )
    wake_at(state, place, check_s)


@part
def dispatch_next(state: EngineState, place: int) -> bool:
    """Starts one convoy of the first line, by the keys of first members, that may send one; returns whether it did."""
    tried_key = NONE  # key of the last line that could send none
    while True:
        first, key = NONE, ABOVE_ALL_KEYS
        for line in range(len(state.lines)):
            if state.lines[line]["owner"] == place and state.lines[line]["queue"] != NONE:
                line_key = state.trucks[state.lines[line]["queue"]]["key"]
                if tried_key < line_key < key:
                    first, key = line, line_key
        if first == NONE:
            return False
        gathers_trucks = state.lines[first]["fleet"] == NONE
        if dispatch_trucks(state, first) if gathers_trucks else dispatch_stock(state, first):
            return True
        tried_key = key


@part
def unload_to_platform(state: EngineState, i: int, place: int, line: int) -> None:
    """Puts truck `i` into the queue for room for all its pallets on a platform; it keeps its bay until then."""
    platform = state.places[place]
    state.trucks[i]["line"] = line
    state.trucks[i]["key"] = queue_key(state, i)
    platform["queue"] = push(state.trucks, platform["queue"], i)
    touch(state, place)


@part
def serve_platform(state: EngineState, place: int) -> None:
    """Unloads waiting trucks while there is room for all their pallets."""
    platform, now_s = state.places[place], state.clock[0]["now_s"]
    while platform["queue"] != NONE:
        i = platform["queue"]
        truck = state.trucks[i]
        if 0 <= platform["room"] < platform["stock"] + truck["pallets"]:
            return
        platform["queue"] = remove_first(state.trucks, i)
        platform["stock"] += truck["pallets"]
        release_room(state, i)
        log(state, i, OFFLOADED, place, truck["pallets"])
        fire_after_round(state, i, EVENT_UNLOADED)
        line = state.lines[truck["line"]]
        truck["pallets_left"] = truck["pallets"]
        truck["since_s"] = collectable_s(now_s, platform["next_day"] == 1)
        truck["key"] = queue_key(state, i)
        append_to_line(state.trucks, line, i)
        if line["first_pending"] == NONE:
            line["first_pending"] = i
        touch(state, line["owner"])


@part
def update_ready_stock(state: EngineState, number: int) -> None:
    """Makes ready the stock of a line that can be collected by now."""
    line, trucks = state.lines[number], state.trucks
    while line["first_pending"] != NONE and trucks[line["first_pending"]]["since_s"] <= state.clock[0]["now_s"]:
        i = line["first_pending"]
        line["first_pending"] = trucks[i]["next_in_line"]
        line["queue"] = push(trucks, line["queue"], i)
        line["waiting"] += trucks[i]["pallets_left"]


@part
def dispatch_stock(state: EngineState, number: int) -> bool:
    """Starts one convoy of vehicles if one may set out now with the available resources; returns whether it did."""
    line, now_s = state.lines[number], state.clock[0]["now_s"]
    yard, fleet = state.places[line["yard"]], state.places[line["fleet"]]
    if not has_free_vehicle(state, number) or not may_set_out(state, number):
        return False
    wait_s = now_s - ready_since_s(state, number)
    vehicles = vehicles_to_load(line["waiting"], fleet["capacity"], wait_s, yard["patience_s"])
    ready = feasible_vehicles(state, number, vehicles)
    size = convoy_size(ready, wait_s, yard["min"], yard["max"], yard["patience_s"])
    if size > 0:
        size = apply_outcome(state, number, size, line["queue"], carrier_number(state, number))
    if size == 0:
        return False
    first, last, waiting_before = NONE, NONE, line["waiting"]
    for _ in range(size):
        i = load_vehicle(state, number)
        append_to_convoy(state, last, i)
        first = i if first == NONE else first
        last = i
    pallets = waiting_before - line["waiting"]
    state.places[line["platform"]]["stock"] -= pallets
    log(state, first, SET_OUT, line["yard"], pallets)
    issue_fuel(state, line["fleet"], first, size)
    if state.places[line["platform"]]["queue"] != NONE:
        touch(state, line["platform"])
    touch_desks_of_platform(state, line["platform"])
    depart(state, number, first, size)
    return True


@part
def has_free_vehicle(state: EngineState, number: int) -> bool:
    """Whether a vehicle is free, with a driver and fuel where it needs them."""
    place = state.lines[number]["fleet"]
    fleet = state.places[place]
    if fleet["depot"] != NONE and trips_with_fuel(state, place) == 0:
        return False
    return bool(fleet["free"] > 0 and (fleet["drivers"] == NONE or state.places[fleet["drivers"]]["free"] > 0))


@part
def carrier_number(state: EngineState, number: int) -> int:
    """Returns the number, over all loads, of the pallet that is collected next: the carrier of its vehicle."""
    load = state.trucks[state.lines[number]["queue"]]
    return int(load["pallet_number"] + load["pallets"] - load["pallets_left"])


@part
def load_vehicle(state: EngineState, number: int) -> int:
    """Returns one vehicle loaded with the next pallets; the first of them gives it its number."""
    line, trucks = state.lines[number], state.trucks
    fleet = state.places[line["fleet"]]
    i = acquire_vehicle(state, line["fleet"])
    vehicle = trucks[i]
    first = line["queue"]
    vehicle["load"] = first
    vehicle["carrier"] = carrier_number(state, number)
    vehicle["pallet_number"] = vehicle["carrier"]
    vehicle["rank"] = trucks[first]["rank"]
    vehicle["step"] = line["tail_step"]
    vehicle["line"] = number
    vehicle["held_pool"] = NONE
    vehicle["first_part"] = NONE
    if i < len(state.visit_counts):  # vehicles may choose among roads: visits count from zero on each trip
        for column in range(len(state.visit_counts[i])):
            state.visit_counts[i, column] = 0
    log(state, i, STARTED, line["fleet"], NONE)
    room_left = fleet["capacity"]
    while room_left > 0 and line["queue"] != NONE:
        load = line["queue"]
        taken = min(room_left, trucks[load]["pallets_left"])
        room_left -= taken
        line["waiting"] -= taken
        trucks[load]["pallets_left"] -= taken
        part = i  # only the last part that a vehicle takes can leave some of its load behind
        if trucks[load]["pallets_left"] == 0:
            line["queue"] = remove_first(trucks, load)
            remove_from_line(trucks, line, load)
            part = load
        trucks[part]["part_load"] = load
        trucks[part]["part_pallets"] = taken
        trucks[part]["next_part"] = vehicle["first_part"]
        vehicle["first_part"] = part
        log_row(state, load, COLLECTED, line["platform"], vehicle["carrier"], taken)
    return int(i)


@part
def ready_since_s(state: EngineState, number: int) -> int:
    """Returns since when a first vehicle could have been loaded: stock, vehicle, driver and fuel were available."""
    line = state.lines[number]
    fleet = state.places[line["fleet"]]
    since_s = max(state.trucks[line["oldest"]]["since_s"], fleet["free_since_s"], fleet["fuelled_since_s"])
    if fleet["drivers"] != NONE:
        since_s = max(since_s, state.places[fleet["drivers"]]["free_since_s"])
    return int(since_s)


@part
def stock_next_check_s(state: EngineState, number: int) -> int:
    """Returns the next second at which the passage of time alone may let a convoy of vehicles set out."""
    line, now_s = state.lines[number], state.clock[0]["now_s"]
    check_s = NEVER_S
    if line["first_pending"] != NONE:
        check_s = int(state.trucks[line["first_pending"]]["since_s"])
    if line["queue"] == NONE:
        return check_s
    check_s = min(check_s, yard_next_check_s(state, number), requirements_next_return_s(state, number))
    if has_free_vehicle(state, number) and may_set_out(state, number):
        runs_out_s = ready_since_s(state, number) + state.places[line["yard"]]["patience_s"]
        if runs_out_s > now_s:
            check_s = min(check_s, runs_out_s)
    return check_s


@part
def may_set_out(state: EngineState, number: int) -> bool:
    """Whether the yard is open, any permission it needs is granted, and a timetable has an unused departure now."""
    line, now_s = state.lines[number], state.clock[0]["now_s"]
    yard = state.places[line["yard"]]
    if now_s < line["not_before_s"] or not may_proceed(current_outcome(state, number), line["request"]):
        return False
    if yard["first_s"] >= 0 and (
        next_departure_s(now_s, yard["first_s"], yard["every_s"]) != now_s or line["departed_s"] == now_s
    ):
        return False
    return level(state, line["yard"]) > 0


@part
def yard_next_check_s(state: EngineState, number: int) -> int:
    """Returns the next second at which time alone may allow a departure, patience aside; NEVER_S if there is none."""
    line, now_s = state.lines[number], state.clock[0]["now_s"]
    yard = state.places[line["yard"]]
    if now_s < line["not_before_s"]:
        return int(line["not_before_s"])
    check_s = NEVER_S if level(state, line["yard"]) else next_change_s(state, line["yard"])
    if yard["first_s"] >= 0:
        check_s = next_departure_s(now_s + 1, yard["first_s"], yard["every_s"])
    if line["request"] != PERMITTED:  # permission may become needed, or unnecessary
        check_s = min(check_s, next_outcome_change_s(state, number))
    return int(check_s)


@part
def dispatch_trucks(state: EngineState, number: int) -> bool:
    """Starts one convoy of arriving trucks if one may set out now; returns whether it did."""
    line, trucks, now_s = state.lines[number], state.trucks, state.clock[0]["now_s"]
    yard = state.places[line["yard"]]
    if not may_set_out(state, number):
        return False
    wait_s = now_s - trucks[line["oldest"]]["since_s"]
    ready = feasible_vehicles(state, number, line["waiting"])
    size = convoy_size(ready, wait_s, yard["min"], yard["max"], yard["patience_s"])
    if size > 0:
        size = apply_outcome(state, number, size, trucks[line["queue"]]["load"], NONE)
    if size == 0:
        return False
    first, last, pallets = line["queue"], NONE, ZERO
    for _ in range(size):
        i = line["queue"]
        line["queue"] = remove_first(trucks, i)
        line["waiting"] -= 1
        remove_from_line(trucks, line, i)
        pallets += trucks[i]["pallets"]
        log(state, i, STARTED, line["yard"], NONE)
        append_to_convoy(state, last, i)
        trucks[i]["step"] += 1
        last = i
    log(state, first, SET_OUT, line["yard"], pallets)
    depart(state, number, first, size)
    return True


@part
def depart(state: EngineState, number: int, first: int, size: int) -> None:
    """Starts a convoy led by truck `first`: takes its people; it drives at the end of the round, or after its delay."""
    line, truck = state.lines[number], state.trucks[first]
    line["departed_s"] = state.clock[0]["now_s"]
    truck["line"] = number
    truck["escorts"] = acquire_people(state, number, size)
    delay_s = departure_delay_s(state, number)
    if delay_s > 0:
        truck["activity"] = DELAYED
        wait_until(state, first, state.clock[0]["now_s"] + delay_s)
    else:
        fire_after_round(state, first, EVENT_SET_OUT)


@part
def append_to_convoy(state: EngineState, last: int, i: int) -> None:
    """Links truck `i` behind truck `last`, NONE if it leads the convoy."""
    state.trucks[i]["next_in_convoy"] = NONE
    if last != NONE:
        state.trucks[last]["next_in_convoy"] = i


@part
def trucks_next_check_s(state: EngineState, number: int) -> int:
    """Returns the next second at which the passage of time alone may let a convoy of trucks set out."""
    line = state.lines[number]
    if line["queue"] == NONE:
        return NEVER_S
    check_s = min(yard_next_check_s(state, number), requirements_next_return_s(state, number))
    if may_set_out(state, number):
        runs_out_s = state.trucks[line["oldest"]]["since_s"] + state.places[line["yard"]]["patience_s"]
        if runs_out_s > state.clock[0]["now_s"]:
            check_s = min(check_s, runs_out_s)
    return check_s
