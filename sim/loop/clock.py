"""The clock, the log and the rounds of the compiled loop: what world.py is to the SimPy model."""

from sim import rules
from sim.jit import part, shared
from sim.loop.queues import push, remove_first
from sim.loop.state import NEVER_S, NONE, EngineState

for rule in (
    rules.last_step, rules.finish_s, rules.may_start, rules.reached_s, rules.vehicles_to_load, rules.convoy_size,
    rules.collectable_s, rules.next_departure_s, rules.may_retry, rules.used_today, rules.is_within_limit,
    rules.next_midnight_s, rules.has_turn_before, rules.finish_despite_breaks_s, rules.repair_end_s,
    rules.is_broken_off, rules.logged_reason, rules.must_be_repacked, rules.flow_complete_s, rules.flow_between,
    rules.left_in_store, rules.surplus, rules.has_vehicle, rules.trip_carrier, rules.scaled_number,
    rules.may_start_request, rules.is_refused, rules.slots_kept, rules.is_time_of_day, rules.next_time_of_day_s,
    rules.is_call_time, rules.next_call_s, rules.sum_of_previous_day, rules.last_mean_wait_s, rules.is_shorter_wait,
    rules.no_show_ppm, rules.is_no_show, rules.is_lost, rules.has_expired, rules.units_needed, rules.departing_vehicles,
    rules.next_attempt_s, rules.traffic_speed_pct, rules.reached_in_traffic_s, rules.is_road_preferred,
    rules.must_apply, rules.may_go, rules.impaired_speed_pct, rules.reduced_speed_pct, rules.may_start_task,
    rules.used_in_period, rules.next_period_s, rules.trips_fuelled, rules.ration_litres,
):  # fmt: skip
    shared(rule)


@part
def log_row(state: EngineState, entity: int, kind: int, place: int, carrier: int, value: int) -> None:
    """A row of the log."""
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


@part
def log(state: EngineState, i: int, kind: int, place: int, value: int) -> None:
    """A row of the log about truck `i`."""
    truck = state.trucks[i]
    log_row(state, truck["load"], kind, place, truck["carrier"], value)


@part
def wait_until(state: EngineState, i: int, time_s: int) -> None:
    """The time of truck `i` comes at `time_s`, which is later than now; beyond the horizon it never does."""
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


@part
def refill_wheel(state: EngineState) -> None:
    """Those whose time the ring reaches by now."""
    clock = state.clock[0]
    while clock["far_queue"] != NONE and state.trucks[clock["far_queue"]]["key"] - clock["now_s"] < len(
        state.timing_wheel
    ):
        i = clock["far_queue"]
        clock["far_queue"] = remove_first(state.trucks, i)
        wait_until(state, i, state.trucks[i]["key"])
    update_refill_time(state)


@part
def update_refill_time(state: EngineState) -> None:
    """When the ring will reach the first of those whose time is far off."""
    clock = state.clock[0]
    clock["refill_s"] = NEVER_S
    if clock["far_queue"] != NONE:
        clock["refill_s"] = state.trucks[clock["far_queue"]]["key"] - len(state.timing_wheel) + 1


@part
def touch(state: EngineState, place: int) -> None:
    """Something changed at `place`: it has its turn in this round if that is still to come, else in the next."""
    clock = state.clock[0]
    if state.places[place]["has_turn"]:
        return
    state.places[place]["has_turn"] = 1
    if place > clock["serving"]:
        insert_turn(state, place)
    else:
        state.turns[1, clock["next_round_turns"]] = place
        clock["next_round_turns"] += 1


@part
def insert_turn(state: EngineState, place: int) -> None:
    """Few places have a turn to come: they stand in order, the one whose turn is next at the end."""
    clock = state.clock[0]
    i = clock["turns"]
    while i > 0 and state.turns[0, i - 1] < place:
        state.turns[0, i] = state.turns[0, i - 1]
        i -= 1
    state.turns[0, i] = place
    clock["turns"] += 1


@part
def wake_at(state: EngineState, place: int, time_s: int) -> None:
    """Has `place` looked at again at `time_s`, and not at the moment that was said before."""
    state.places[place]["wake_s"] = time_s
    if time_s < state.clock[0]["wake_s"]:
        state.clock[0]["wake_s"] = time_s


@part
def wake_places(state: EngineState) -> None:
    """Touches the places that wanted to be woken by now."""
    first_s = NEVER_S
    for place in range(len(state.places)):
        if state.places[place]["wake_s"] <= state.clock[0]["now_s"]:
            state.places[place]["wake_s"] = NEVER_S
            touch(state, place)
        first_s = min(first_s, state.places[place]["wake_s"])
    state.clock[0]["wake_s"] = first_s


@part
def fire_after_round(state: EngineState, i: int, news: int) -> None:
    """Truck `i` goes on when the round is over."""
    clock, truck = state.clock[0], state.trucks[i]
    truck["event"] = news
    truck["next_fired"] = clock["fired"]
    clock["fired"] = i


@part
def level(state: EngineState, place: int) -> int:
    """What is open at `place` now."""
    own, now_s = state.places[place], state.clock[0]["now_s"]
    while own["calendar_now"] + 1 < own["end"] and state.calendar_at_s[own["calendar_now"] + 1] <= now_s:
        own["calendar_now"] += 1
    return int(state.calendar_value[own["calendar_now"]])


@part
def next_change_s(state: EngineState, place: int) -> int:
    """The next second at which the level changes, NEVER_S if it never does."""
    level(state, place)
    own = state.places[place]
    return int(state.calendar_at_s[own["calendar_now"] + 1]) if own["calendar_now"] + 1 < own["end"] else NEVER_S
