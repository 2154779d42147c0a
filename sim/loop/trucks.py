"""What every truck of the compiled loop does between its steps, whatever they are.

Vehicles of fleets in the compiled loop: taken at home, handed a load at a bay, and on their way home.
"""

from sim.jit import part
from sim.kernels import heap_push
from sim.loop.clock import log, touch, wait_until
from sim.loop.resources import release_escorts, release_resource
from sim.loop.state import DRIVING_HOME, FINISHED, NONE, PASS_GATE, STARTED, TRAVEL, EngineState
from sim.rules import has_vehicle, last_mean_wait_s, sum_of_previous_day, trip_carrier
from sim.units import DAY_S


@part
def schedule_step(state: EngineState, i: int) -> None:
    """Truck `i` begins its step at this moment."""
    state.trucks[i]["next_due"] = state.clock[0]["ready"]
    state.clock[0]["ready"] = i


@part
def advance(state: EngineState, i: int) -> None:
    """A truck, or a convoy as one, has done a step."""
    m = i
    while m != NONE:
        state.trucks[m]["step"] += 1
        m = state.trucks[m]["next_in_convoy"]
    advance_convoy(state, i)


@part
def advance_convoy(state: EngineState, i: int) -> None:
    """The trucks of a convoy go on as one as long as they drive or pass gates, and then each on its own."""
    verb = state.steps[state.trucks[i]["step"]]["verb"]
    if verb == TRAVEL or verb == PASS_GATE:  # noqa: SIM109, no tuples in a tight loop
        schedule_step(state, i)
        return
    release_escorts(state, i)
    m = i
    while m != NONE:
        following = state.trucks[m]["next_in_convoy"]
        state.trucks[m]["next_in_convoy"] = NONE
        schedule_step(state, m)
        m = following


@part
def release_lane(state: EngineState, i: int) -> None:
    """Leaves the lane that it stood in until the next place had room."""
    truck = state.trucks[i]
    at = truck["held_pool"]
    if at == NONE:
        return
    truck["held_pool"] = NONE
    pool = state.places[at]
    heap_push(state.free_lanes, pool["heap_first"], pool["free"], truck["held_lane"])
    pool["free"] += 1
    if pool["queue"] != NONE or pool["entry_queue"] != NONE:
        touch(state, at)


@part
def count_visit(state: EngineState, i: int, column: int) -> int:
    """Returns how often truck `i` was at its step's place before (column `visit_column`), and counts this visit."""
    if column == NONE:
        return 0
    before = state.visit_counts[i, column]
    state.visit_counts[i, column] = before + 1
    return int(before)


@part
def luck_of_visit(state: EngineState, i: int, row: int, row_again: int) -> int:
    """What the luck of truck `i` gives on this visit to the place of its step."""
    return luck_at_step(state, i, state.trucks[i]["step"], row, row_again)


@part
def luck_at_step(state: EngineState, i: int, step: int, row: int, row_again: int) -> int:
    """The same of a step, or of a road that it may take."""
    truck = state.trucks[i]
    load, seen = truck["load"], truck["visit"]
    if seen < state.steps[step]["required_visits"]:
        return int(state.luck[row + seen, load])
    return int(state.repeat_luck[row_again + seen, state.repeat_index[load]])


@part
def record_wait(state: EngineState, place: int, i: int) -> None:
    """Truck `i` begins, or passes, at `place`: somebody may look at how long it waited."""
    own, clock = state.places[place], state.clock[0]
    if not own["records_waits"]:
        return
    day = clock["now_s"] // DAY_S
    if day != own["wait_day"]:
        own["waited_before_s"] = sum_of_previous_day(own["wait_day"], own["waited_s"], own["waited_before_s"], day)
        own["waits_before"] = sum_of_previous_day(own["wait_day"], own["waits"], own["waits_before"], day)
        own["mean_wait_s"] = last_mean_wait_s(own["wait_day"], own["waited_s"], own["waits"], own["mean_wait_s"], day)
        own["wait_day"] = day
        own["waited_s"] = own["waits"] = 0
    since_s = (state.trucks[i]["key"] >> clock["number_bits"]) & ((1 << clock["time_bits"]) - 1)
    own["waited_s"] += clock["now_s"] - since_s
    own["waits"] += 1


@part
def queue_key(state: EngineState, i: int) -> int:
    """The place in a queue of whoever joins now: by rank, joined, number of the first pallet."""
    clock, truck = state.clock[0], state.trucks[i]
    since = (truck["rank"] << clock["time_bits"]) | clock["now_s"]
    return int((since << clock["number_bits"]) | truck["pallet_number"])


@part
def acquire_vehicle(state: EngineState, place: int) -> int:
    """A vehicle that is at home, and now no longer."""
    fleet = state.places[place]
    i = fleet["first_parked"]
    fleet["first_parked"] = state.trucks[i]["next_in_convoy"]
    fleet["free"] -= 1
    return int(i)


@part
def lacks_vehicle(state: EngineState, place: int) -> bool:
    """Whether nothing can start at a pool since its fleet has no vehicle there."""
    fleet = state.places[place]["fleet"]
    return fleet != NONE and not has_vehicle(state.places[fleet]["free"])


@part
def take_over(state: EngineState, i: int, place: int) -> None:
    """A vehicle comes to the bay at which truck `i` stands, and takes its load."""
    truck = state.trucks[i]
    m = acquire_vehicle(state, place)
    vehicle, column = state.trucks[m], state.steps[truck["step"]]["trip_column"]
    vehicle["load"] = truck["load"]
    vehicle["visit"] = state.visit_counts[truck["load"], column]
    state.visit_counts[truck["load"], column] += 1
    vehicle["carrier"] = trip_carrier(vehicle["visit"])
    truck["taken_over_by"] = m
    log(state, m, STARTED, place, NONE)


@part
def change_vehicle(state: EngineState, i: int) -> None:
    """The load is on the vehicle that took it over; the one that brought it drives home."""
    truck = state.trucks[i]
    release_vehicle(state, i)
    truck["carried_by"] = truck["taken_over_by"]
    truck["taken_over_by"] = NONE


@part
def release_vehicle(state: EngineState, i: int) -> None:
    """The vehicle that carries load `i`, if a fleet's does, has nothing more to do with it."""
    vehicle = state.trucks[i]["carried_by"]
    if vehicle != NONE:
        state.trucks[i]["carried_by"] = NONE
        drive_home(state, vehicle)


@part
def drive_home(state: EngineState, i: int) -> None:
    """A vehicle carries nothing any more."""
    vehicle = state.trucks[i]
    fleet = state.places[vehicle["fleet"]]
    vehicle["activity"] = DRIVING_HOME
    wait_until(state, i, state.clock[0]["now_s"] + state.luck[fleet["home_luck"] + vehicle["visit"], vehicle["load"]])


@part
def on_returned(state: EngineState, i: int) -> None:
    """A vehicle is given back to its fleet, and its driver is free, or rests."""
    vehicle = state.trucks[i]
    place = vehicle["fleet"]
    fleet = state.places[place]
    log(state, i, FINISHED, place, NONE)
    vehicle["next_in_convoy"] = fleet["first_parked"]
    fleet["first_parked"] = i
    release_resource(state, place, 1)
    if fleet["drivers"] != NONE:
        release_resource(state, fleet["drivers"], 1)
