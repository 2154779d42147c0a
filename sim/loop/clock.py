"""The clock, the log and the rounds of the compiled engine, as `story/world.py` for the SimPy model.

Here and in the other modules, `i` is a row of `trucks`, `place` a row of `places` and `number` a row of the table that
the docstring names.
"""

from sim import rules
from sim.jit import inlined, shared
from sim.loop.queues import push, remove_first
from sim.loop.state import NEVER_S, NONE, EngineState

for rule in (  # the rules that compiled functions call
    rules.step_index, rules.finish_s, rules.may_start, rules.drive_end_s, rules.vehicles_to_load, rules.convoy_size,
    rules.collectable_s, rules.next_departure_s, rules.may_retry, rules.used_today, rules.is_within_limit,
    rules.next_midnight_s, rules.has_turn_before, rules.finish_despite_breaks_s, rules.repair_end_s,
    rules.is_broken_off, rules.logged_reason, rules.must_be_repacked, rules.flow_complete_s, rules.flow_between,
    rules.content_after_outflow, rules.excess_over_room, rules.has_vehicle, rules.trip_carrier, rules.scaled_number,
    rules.may_start_request, rules.is_refused, rules.slots_kept, rules.is_time_of_day, rules.next_time_of_day_s,
    rules.is_call_time, rules.next_call_s, rules.sum_of_previous_day, rules.last_mean_wait_s, rules.is_shorter_wait,
    rules.no_show_ppm, rules.is_no_show, rules.is_lost, rules.has_expired, rules.units_needed, rules.departing_vehicles,
    rules.next_attempt_s, rules.traffic_speed_pct, rules.drive_end_in_traffic_s, rules.is_road_preferred,
    rules.must_apply, rules.may_proceed, rules.impaired_speed_pct, rules.reduced_speed_pct, rules.may_start_task,
    rules.used_in_period, rules.next_period_s, rules.trips_fuelled, rules.ration_litres,
):  # fmt: skip
    shared(rule)


@inlined
def log_row(state: EngineState, entity: int, kind: int, place: int, carrier: int, value: int) -> None:
    """Adds a row to the log. Raises IndexError if the log is full, which `packing` rules out."""
    clock = state.clock[0]
    if clock["log_rows"] == len(state.log):
        raise IndexError("the log is longer than it can be")
    row = state.log[clock["log_rows"]]
    clock["log_rows"] += 1
    row["time_s"] = clock["now_s"]
    row["entity"] = entity
    row["kind"] = kind
    row["place"] = place
    row["carrier"] = carrier
    row["value"] = value


@inlined
def log(state: EngineState, i: int, kind: int, place: int, value: int) -> None:
    """Adds a row about truck `i` to the log."""
    truck = state.trucks[i]
    log_row(state, truck["load"], kind, place, truck["carrier"], value)


@inlined
def wait_until(state: EngineState, i: int, time_s: int) -> None:
    """Makes truck `i` due at `time_s`, which must be later than now; does nothing from the horizon on."""
    clock, reach_s = state.clock[0], len(state.timing_wheel)
    if time_s >= clock["horizon_s"]:
        return
    if time_s - clock["now_s"] < reach_s:
        slot = time_s & (reach_s - 1)
        state.trucks[i]["next_due"] = state.timing_wheel[slot]
        state.timing_wheel[slot] = i
        return
    state.trucks[i]["key"] = time_s
    clock["far_queue"] = push(state.trucks, clock["far_queue"], i)
    update_refill_time(state)


@inlined
def refill_wheel(state: EngineState) -> None:
    """Moves those from `far_queue` that the timing wheel reaches by now."""
    clock = state.clock[0]
    while clock["far_queue"] != NONE and state.trucks[clock["far_queue"]]["key"] - clock["now_s"] < len(
        state.timing_wheel
    ):
        i = clock["far_queue"]
        clock["far_queue"] = remove_first(state.trucks, i)
        wait_until(state, i, state.trucks[i]["key"])
    update_refill_time(state)


@inlined
def update_refill_time(state: EngineState) -> None:
    """Sets `refill_s`: when the timing wheel will reach the first in `far_queue`."""
    clock = state.clock[0]
    clock["refill_s"] = NEVER_S
    if clock["far_queue"] != NONE:
        clock["refill_s"] = state.trucks[clock["far_queue"]]["key"] - len(state.timing_wheel) + 1


@inlined
def touch(state: EngineState, place: int) -> None:
    """Requests that `place` be served: in this round if its turn is still to come, otherwise in the next."""
    clock = state.clock[0]
    if state.places[place]["has_turn"]:
        return
    state.places[place]["has_turn"] = 1
    if place > clock["serving"]:
        insert_turn(state, place)
    else:
        state.turns[1, clock["next_round_turns"]] = place
        clock["next_round_turns"] += 1


@inlined
def insert_turn(state: EngineState, place: int) -> None:
    """Adds `place` to the turns of this round, which are few and kept in order, the next one last."""
    clock = state.clock[0]
    i = clock["turns"]
    while i > 0 and state.turns[0, i - 1] < place:
        state.turns[0, i] = state.turns[0, i - 1]
        i -= 1
    state.turns[0, i] = place
    clock["turns"] += 1


@inlined
def wake_at(state: EngineState, place: int, time_s: int) -> None:
    """Has `place` served again at `time_s`, instead of at the second of an earlier call."""
    state.places[place]["wake_s"] = time_s
    if time_s < state.clock[0]["wake_s"]:
        state.clock[0]["wake_s"] = time_s


@inlined
def wake_places(state: EngineState) -> None:
    """Touches the places that are due to be served by now."""
    first_s = NEVER_S
    for place in range(len(state.places)):
        if state.places[place]["wake_s"] <= state.clock[0]["now_s"]:
            state.places[place]["wake_s"] = NEVER_S
            touch(state, place)
        first_s = min(first_s, state.places[place]["wake_s"])
    state.clock[0]["wake_s"] = first_s


@inlined
def fire_after_round(state: EngineState, i: int, event: int) -> None:
    """Has truck `i` get `event` at the end of the round."""
    clock, truck = state.clock[0], state.trucks[i]
    truck["event"] = event
    truck["next_fired"] = clock["fired"]
    clock["fired"] = i


@inlined
def level(state: EngineState, place: int) -> int:
    """Returns the value of the calendar of `place` now."""
    row, now_s = state.places[place], state.clock[0]["now_s"]
    while row["calendar_now"] + 1 < row["end"] and state.calendar_at_s[row["calendar_now"] + 1] <= now_s:
        row["calendar_now"] += 1
    return int(state.calendar_value[row["calendar_now"]])


@inlined
def next_change_s(state: EngineState, place: int) -> int:
    """Returns the second of the next change of the calendar, NEVER_S if there is none."""
    level(state, place)
    row = state.places[place]
    return int(state.calendar_at_s[row["calendar_now"] + 1]) if row["calendar_now"] + 1 < row["end"] else NEVER_S
