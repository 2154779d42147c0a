"""What trucks do between steps, and the vehicles of fleets: taken at home, loaded at a bay, driven home."""

from sim.jit import part
from sim.kernels import heap_push
from sim.loop.clock import log, touch, wait_until
from sim.loop.resources import release_escorts, release_resource
from sim.loop.state import DRIVING_HOME, FINISHED, NONE, PASS_GATE, STARTED, TRAVEL, EngineState
from sim.rules import has_vehicle, last_mean_wait_s, sum_of_previous_day, trip_carrier
from sim.units import DAY_S


@part
def schedule_step(state: EngineState, i: int) -> None:
    """Has truck `i` begin its step now, before the next round."""
    state.trucks[i]["next_due"] = state.clock[0]["ready"]
    state.clock[0]["ready"] = i


@part
def advance(state: EngineState, i: int) -> None:
    """Moves a truck, or a convoy as one, to its next step."""
    member = i
    while member != NONE:
        state.trucks[member]["step"] += 1
        member = state.trucks[member]["next_in_convoy"]
    advance_convoy(state, i)


@part
def advance_convoy(state: EngineState, i: int) -> None:
    """Has a convoy begin its step as one if it drives or passes a gate; otherwise its trucks part."""
    verb = state.steps[state.trucks[i]["step"]]["verb"]
    if verb == TRAVEL or verb == PASS_GATE:  # noqa: SIM109, no tuples in a tight loop
        schedule_step(state, i)
        return
    release_escorts(state, i)
    member = i
    while member != NONE:
        following = state.trucks[member]["next_in_convoy"]
        state.trucks[member]["next_in_convoy"] = NONE
        schedule_step(state, member)
        member = following


@part
def release_lane(state: EngineState, i: int) -> None:
    """Leaves the lane that truck `i` occupied until the next place had room."""
    truck = state.trucks[i]
    place = truck["held_pool"]
    if place == NONE:
        return
    truck["held_pool"] = NONE
    pool = state.places[place]
    heap_push(state.free_lanes, pool["heap_first"], pool["free"], truck["held_lane"])
    pool["free"] += 1
    if pool["queue"] != NONE or pool["entry_queue"] != NONE:
        touch(state, place)


@part
def count_visit(state: EngineState, i: int, column: int) -> int:
    """Returns the number of earlier visits of truck `i`, and counts this one. `column` : of `visit_counts`."""
    if column == NONE:
        return 0
    before = state.visit_counts[i, column]
    state.visit_counts[i, column] = before + 1
    return int(before)


@part
def luck_of_visit(state: EngineState, i: int, row: int, row_repeat: int) -> int:
    """Returns the draw of truck `i` for this visit to the place of its step.

    row, row_repeat : of the step, see `luck_at_step`.
    """
    return luck_at_step(state, i, state.trucks[i]["step"], row, row_repeat)


@part
def luck_at_step(state: EngineState, i: int, step: int, row: int, row_repeat: int) -> int:
    """Returns the draw of truck `i` for this visit, at a step or on a road that the step may take.

    row, row_repeat : two columns of STEP with a common name, such as `work` and `work_repeat`.
    """
    truck = state.trucks[i]
    load, visit = truck["load"], truck["visit"]
    if visit < state.steps[step]["required_visits"]:
        return int(state.luck[row + visit, load])
    return int(state.repeat_luck[row_repeat + visit, state.repeat_index[load]])


@part
def record_wait(state: EngineState, place: int, i: int) -> None:
    """Records the wait of truck `i`, which passes or starts service at `place`, if waits there are recorded."""
    row, clock = state.places[place], state.clock[0]
    if not row["records_waits"]:
        return
    day = clock["now_s"] // DAY_S
    if day != row["wait_day"]:
        row["waited_before_s"] = sum_of_previous_day(row["wait_day"], row["waited_s"], row["waited_before_s"], day)
        row["waits_before"] = sum_of_previous_day(row["wait_day"], row["waits"], row["waits_before"], day)
        row["mean_wait_s"] = last_mean_wait_s(row["wait_day"], row["waited_s"], row["waits"], row["mean_wait_s"], day)
        row["wait_day"] = day
        row["waited_s"] = row["waits"] = 0
    since_s = (state.trucks[i]["key"] >> clock["number_bits"]) & ((1 << clock["time_bits"]) - 1)
    row["waited_s"] += clock["now_s"] - since_s
    row["waits"] += 1


@part
def queue_key(state: EngineState, i: int) -> int:
    """Returns the key of truck `i` in a queue that it joins now: (rank, second, number of its first pallet)."""
    clock, truck = state.clock[0], state.trucks[i]
    rank_and_time = (truck["rank"] << clock["time_bits"]) | clock["now_s"]
    return int((rank_and_time << clock["number_bits"]) | truck["pallet_number"])


@part
def acquire_vehicle(state: EngineState, place: int) -> int:
    """Returns a vehicle of a fleet that was parked, and takes it."""
    fleet = state.places[place]
    i = fleet["first_parked"]
    fleet["first_parked"] = state.trucks[i]["next_in_convoy"]
    fleet["free"] -= 1
    return int(i)


@part
def lacks_vehicle(state: EngineState, place: int) -> bool:
    """Whether a pool cannot start service because its fleet has no free vehicle."""
    fleet = state.places[place]["fleet"]
    return fleet != NONE and not has_vehicle(state.places[fleet]["free"])


@part
def take_over(state: EngineState, i: int, place: int) -> None:
    """Assigns a free vehicle to the load of truck `i` at a bay, and logs the start of its trip."""
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
    """Completes the transfer of a load onto the vehicle that takes it over; the earlier one drives home."""
    truck = state.trucks[i]
    release_vehicle(state, i)
    truck["carried_by"] = truck["taken_over_by"]
    truck["taken_over_by"] = NONE


@part
def release_vehicle(state: EngineState, i: int) -> None:
    """Sends home the fleet vehicle that carries load `i`, if there is one."""
    vehicle = state.trucks[i]["carried_by"]
    if vehicle != NONE:
        state.trucks[i]["carried_by"] = NONE
        drive_home(state, vehicle)


@part
def drive_home(state: EngineState, i: int) -> None:
    """Starts the drive home of vehicle `i`."""
    vehicle = state.trucks[i]
    fleet = state.places[vehicle["fleet"]]
    vehicle["activity"] = DRIVING_HOME
    wait_until(state, i, state.clock[0]["now_s"] + state.luck[fleet["home_luck"] + vehicle["visit"], vehicle["load"]])


@part
def on_returned(state: EngineState, i: int) -> None:
    """Returns a vehicle to its fleet, and its driver to the crew, where drivers rest."""
    vehicle = state.trucks[i]
    place = vehicle["fleet"]
    fleet = state.places[place]
    log(state, i, FINISHED, place, NONE)
    vehicle["next_in_convoy"] = fleet["first_parked"]
    fleet["first_parked"] = i
    release_resource(state, place, 1)
    if fleet["drivers"] != NONE:
        release_resource(state, fleet["drivers"], 1)
