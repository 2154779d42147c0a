"""The main loop of the compiled engine: the same verbs, places, rules and log as the SimPy model.

Read the SimPy model (`sim/story`) first. Here each of its processes is a row of the state, and what it waits for is a
number. In each second, changes of phases come first, then all trucks and loads that are due, then rounds: every place
with a turn starts what it can, in the order of places, and at the end of the round those who were let through begin
their next step. Nothing here allocates.
"""

from typing import Any

import numpy as np

from sim.jit import address_of, compiled_without_allocation, inlined, part
from sim.loop.clock import insert_turn, log, refill_wheel, touch, wake_places
from sim.loop.convoys import join_convoy, serve_dispatcher, serve_platform
from sim.loop.gates import serve_desk
from sim.loop.lanes import begin_service_step, complete_delivery, on_broken_off, on_served, serve_pool
from sim.loop.offices import apply_for_permit, on_answered, on_permitted, serve_office, serve_slots, take_slot
from sim.loop.resources import add_free, update_resource
from sim.loop.roads import join_gate, on_driven, serve_gate, travel
from sim.loop.state import (
    AWAITING_ANSWER,
    AWAITING_PERMISSION,
    AWAITING_RETRY,
    CEILING,
    CONVOY,
    DELAYED,
    DEPOT,
    DRIVING,
    DRIVING_HOME,
    EVENT_ADMITTED,
    EVENT_PASSED,
    EVENT_SET_OUT,
    EVENT_STORED,
    EVENT_TURNED_AWAY,
    GATE,
    IN_SERVICE,
    IN_SERVICE_UNTIL_CLOSING,
    MAX,
    MIN,
    MISSIONS,
    NEVER_S,
    NONE,
    OFFICE,
    PASS_GATE,
    PATIENCE,
    PEOPLE,
    PERMIT,
    PLATFORM,
    POOL,
    REQUESTED,
    REQUESTS,
    ROOM,
    ROUTED,
    SLOTS,
    STOCKED,
    STORE,
    TAKE_SLOT,
    TEAM_COUNT,
    TEAMS,
    TRAVEL,
    VEHICLES,
    WITHIN,
    ZERO,
    EngineState,
)
from sim.loop.stock import serve_depot, serve_store
from sim.loop.tasks import advance_task, schedule_tasks, serve_teams
from sim.loop.trucks import (
    advance,
    advance_convoy,
    count_visit,
    drive_home,
    on_returned,
    release_lane,
    release_vehicle,
    schedule_step,
)
from sim.rules import is_shorter_wait, last_mean_wait_s
from sim.units import DAY_S


@compiled_without_allocation
def play(whole: EngineState) -> None:
    """Runs the state to its horizon. The log is then in the order of time, not yet in canonical order."""
    state = address_of(whole)
    clock = state.clock[0]
    loads, load, mask = len(state.created_s), ZERO, len(state.timing_wheel) - 1
    now_s = ZERO
    schedule_tasks(state)
    while True:
        until_s = min(clock["horizon_s"], clock["wake_s"], clock["refill_s"], clock["next_change_s"])
        if load < loads:
            until_s = min(until_s, state.created_s[load])
        while now_s < until_s and state.timing_wheel[now_s & mask] == NONE:
            now_s += 1
        if now_s == clock["horizon_s"]:
            return
        clock["now_s"] = now_s
        if clock["next_change_s"] == now_s:
            apply_changes(state)
        if clock["refill_s"] <= now_s:
            refill_wheel(state)
        due: int = np.int64(state.timing_wheel[now_s & mask])  # type: ignore[assignment]  # as wide as the other links
        state.timing_wheel[now_s & mask] = NONE
        while due != NONE:
            truck, due = due, state.trucks[due]["next_due"]
            on_due(state, truck)
        while load < loads and state.created_s[load] == now_s:
            create_load(state, load)
            load += 1
        if clock["wake_s"] <= now_s:
            wake_places(state)
        while True:
            while clock["ready"] != NONE:
                truck = clock["ready"]
                clock["ready"] = state.trucks[truck]["next_due"]
                begin_step(state, truck)
            if clock["turns"] == 0:
                break
            play_round(state)
        now_s += 1


@inlined
def play_round(state: EngineState) -> None:
    """Serves each place that has a turn, in order; then fires the events of those that were let through."""
    clock = state.clock[0]
    while clock["turns"]:
        clock["turns"] -= 1
        place = state.turns[0, clock["turns"]]
        state.places[place]["has_turn"] = 0
        clock["serving"] = place
        serve_place(state, place)
    clock["serving"] = NONE
    for i in range(clock["next_round_turns"]):
        insert_turn(state, state.turns[1, i])
    clock["next_round_turns"] = 0
    fired = clock["fired"]
    clock["fired"] = NONE
    while fired != NONE:
        i, fired = fired, state.trucks[fired]["next_fired"]
        on_event(state, i)


@part
def create_load(state: EngineState, load: int) -> None:
    """Creates a load, at an origin or in the opening stock."""
    step = state.initial_step[load]
    if state.stocked[load]:
        log(state, load, STOCKED, state.steps[step]["stock_place"], state.trucks[load]["pallets"])
    else:
        log(state, load, REQUESTED, NONE, state.trucks[load]["pallets"])
        if step == NONE:
            step = choose_route(state, load)
    state.trucks[load]["step"] = step
    schedule_step(state, load)


@inlined
def begin_step(state: EngineState, i: int) -> None:
    """Begins the step of truck `i`, or of the convoy that it leads."""
    truck = state.trucks[i]
    step = state.steps[truck["step"]]
    verb = step["verb"]
    if verb == TRAVEL:
        travel(state, i)
    elif verb == PASS_GATE:
        join_gate(state, i)
    elif verb == CONVOY:
        join_convoy(state, i)
    elif verb == PERMIT:
        apply_for_permit(state, i)
    elif verb == TAKE_SLOT:
        take_slot(state, i)
    else:
        truck["visit"] = count_visit(state, i, step["visit_column"])
        begin_service_step(state, i)


@inlined
def on_due(state: EngineState, i: int) -> None:
    """Ends the activity of truck `i`."""
    activity = state.trucks[i]["activity"]
    if state.trucks[i]["task"] != NONE:
        advance_task(state, i)
    elif activity == DRIVING:
        on_driven(state, i)
    elif activity == IN_SERVICE:
        on_served(state, i)
    elif activity == IN_SERVICE_UNTIL_CLOSING:
        on_broken_off(state, i)
    elif activity == AWAITING_RETRY:
        schedule_step(state, i)
    elif activity == AWAITING_ANSWER:
        on_answered(state, i)
    elif activity == DRIVING_HOME:
        on_returned(state, i)
    elif activity == DELAYED:
        advance_convoy(state, i)
    elif activity == AWAITING_PERMISSION:
        on_permitted(state, i)


@inlined
def on_event(state: EngineState, i: int) -> None:
    """Handles the event that truck `i` got in the round that has ended."""
    event = state.trucks[i]["event"]
    if event == EVENT_PASSED:
        advance(state, i)
    elif event == EVENT_SET_OUT:  # its step is already the one behind the yard
        advance_convoy(state, i)
    else:  # admitted, unloaded, stored or turned away: it leaves the lane that it held
        release_lane(state, i)
        if event == EVENT_STORED:
            complete_delivery(state, i)
        elif event == EVENT_TURNED_AWAY and state.trucks[i]["carrier"] != NONE:
            drive_home(state, i)
        elif event != EVENT_ADMITTED:
            release_vehicle(state, i)


@inlined
def serve_place(state: EngineState, place: int) -> None:
    """Serves `place`, whose turn it is."""
    kind = state.places[place]["kind"]
    if kind == POOL:
        serve_pool(state, place)
    elif kind == GATE:
        serve_gate(state, place)
    elif kind == CEILING:
        serve_desk(state, place)
    elif kind == OFFICE:
        serve_office(state, place)
    elif kind == SLOTS:
        serve_slots(state, place)
    elif kind == PLATFORM:
        serve_platform(state, place)
    elif kind == STORE:
        serve_store(state, place)
    elif kind == TEAMS:
        serve_teams(state, place)
    elif kind == DEPOT:
        serve_depot(state, place)
    else:  # the owner of convoy lines: a yard, a fleet or a crew
        serve_dispatcher(state, place)


@part
def choose_route(state: EngineState, load: int) -> int:
    """Returns the first step of the corridor with the shortest recent wait, and logs the choice."""
    source, day = state.source[load], state.clock[0]["now_s"] // DAY_S
    first, end, diverted_to = (
        state.choice_ranges[source, 0],
        state.choice_ranges[source, 1],
        state.choice_ranges[source, 2],
    )
    chosen, least_s = first, NEVER_S
    for row in range(first, end):
        watched = state.places[state.route_options[row]["place"]]
        wait_s = last_mean_wait_s(
            watched["wait_day"], watched["waited_s"], watched["waits"], watched["mean_wait_s"], day
        )
        if is_shorter_wait(wait_s, least_s):
            chosen, least_s = row, wait_s
    if (state.closed_border_bits[load] >> (chosen - first)) & 1:
        chosen = diverted_to
    log(state, load, ROUTED, NONE, chosen - first)
    return int(state.route_options[chosen]["first_step"])


@part
def apply_changes(state: EngineState) -> None:
    """Applies the changes of phases in this second, before anything else happens in it."""
    clock = state.clock[0]
    while (
        clock["changes_applied"] < len(state.setting_changes)
        and state.setting_changes[clock["changes_applied"], 0] == clock["now_s"]
    ):
        apply_change(state, state.setting_changes[clock["changes_applied"]])
        clock["changes_applied"] += 1
    clock["next_change_s"] = (
        state.setting_changes[clock["changes_applied"], 0]
        if clock["changes_applied"] < len(state.setting_changes)
        else NEVER_S
    )


@part
def apply_change(state: EngineState, row: Any) -> None:
    """Changes one setting of a place. `row` : of `setting_changes`."""
    number, setting, value = row[1], row[2], row[3]
    place = state.places[number]
    if setting == VEHICLES or setting == PEOPLE or setting == TEAM_COUNT:  # noqa: SIM109, no tuples in a tight loop
        update_resource(state, number)
        add_free(state, number, value, state.clock[0]["now_s"])
        touch(state, place["owner"])
    elif setting == ROOM:
        place["room"] = value
        touch(state, number)
    elif setting == REQUESTS:
        place["requests_per_day"] = value
        touch(state, number)
    elif setting == MISSIONS:
        place["missions"] = value
    elif setting == WITHIN:
        place["within"] = value
    else:
        if setting == MIN:
            place["min"] = value
        elif setting == MAX:
            place["max"] = value
        elif setting == PATIENCE:
            place["patience_s"] = value
        for line in range(len(state.lines)):
            if state.lines[line]["yard"] == number:
                touch(state, state.lines[line]["owner"])
