"""The model again, as one loop over seconds for Numba: the same verbs, the same places, the same rules, the same log.

The SimPy model (corridor.py, places.py, convoys.py) is the one to read first; here each of its processes is a row of
the state, and what it waits for is a number. In every second first comes what is due, then come rounds: each place that
may have something to do starts what it can, in the order of places, and who was let through goes on when the round is
over. Nothing here allocates. With Numba switched off it is plain Python.

The compiled engine: a network and its luck as a board, the loop over it, and its log in canonical order.

Loads that look at waits choose their corridor in the compiled loop, as they do in corridor.py.

What phases change in the compiled loop: numbers of places that are others from one second on.
"""

from typing import Any

import numpy as np

from sim.jit import address_of, part, passage, tight
from sim.loop.clock import insert_turn, log, refill_wheel, touch, wake_places
from sim.loop.convoys import join_convoy, serve_dispatcher, serve_platform
from sim.loop.gates import serve_desk
from sim.loop.lanes import begin_service_step, complete_delivery, on_served, serve_pool
from sim.loop.lanes import on_broken_off as is_broken_off
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


@tight
def play(whole: EngineState) -> None:
    """Runs the state to its horizon; the log is then in the order of time."""
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


@passage
def play_round(state: EngineState) -> None:
    """Each place that has a turn starts what it can, in order; then those whom it let through go on."""
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
    told = clock["fired"]
    clock["fired"] = NONE
    while told != NONE:
        i, told = told, state.trucks[told]["next_fired"]
        on_event(state, i)


@passage
def create_load(state: EngineState, load: int) -> None:
    """A load comes into being, or is there already when the run starts."""
    step = state.initial_step[load]
    if state.stocked[load]:
        log(state, load, STOCKED, state.steps[step]["stock_place"], state.trucks[load]["pallets"])
    else:
        log(state, load, REQUESTED, NONE, state.trucks[load]["pallets"])
        if step == NONE:
            step = choose_route(state, load)
    state.trucks[load]["step"] = step
    schedule_step(state, load)


@passage
def begin_step(state: EngineState, i: int) -> None:
    """Truck `i`, or the convoy that it leads, begins its step."""
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


@passage
def on_due(state: EngineState, i: int) -> None:
    """What truck `i` was doing is over."""
    activity = state.trucks[i]["activity"]
    if state.trucks[i]["task"] != NONE:
        advance_task(state, i)
    elif activity == DRIVING:
        on_driven(state, i)
    elif activity == IN_SERVICE:
        on_served(state, i)
    elif activity == IN_SERVICE_UNTIL_CLOSING:
        is_broken_off(state, i)
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


@passage
def on_event(state: EngineState, i: int) -> None:
    """The round is over, in which something was decided about truck `i`."""
    news = state.trucks[i]["event"]
    if news == EVENT_PASSED:
        advance(state, i)
    elif news == EVENT_SET_OUT:  # its step is the one behind the yard already
        advance_convoy(state, i)
    else:  # admitted, placed, stored or turned away: the lane behind it is free
        release_lane(state, i)
        if news == EVENT_STORED:
            complete_delivery(state, i)
        elif news == EVENT_TURNED_AWAY and state.trucks[i]["carrier"] != NONE:
            drive_home(state, i)
        elif news != EVENT_ADMITTED:
            release_vehicle(state, i)


@passage
def serve_place(state: EngineState, place: int) -> None:
    """It is the turn of `place`."""
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
    else:  # whoever gives the turns to convoys: a yard, a fleet or a crew
        serve_dispatcher(state, place)


@part
def choose_route(state: EngineState, load: int) -> int:
    """The first step of the corridor that a load takes; the log tells which."""
    source, day = state.source[load], state.clock[0]["now_s"] // DAY_S
    first, end, diverted_to = (
        state.choice_ranges[source, 0],
        state.choice_ranges[source, 1],
        state.choice_ranges[source, 2],
    )
    taken, least_s = first, NEVER_S
    for row in range(first, end):
        there = state.places[state.route_options[row]["place"]]
        wait_s = last_mean_wait_s(there["wait_day"], there["waited_s"], there["waits"], there["mean_wait_s"], day)
        if is_shorter_wait(wait_s, least_s):
            taken, least_s = row, wait_s
    if (state.closed_border_bits[load] >> (taken - first)) & 1:
        taken = diverted_to
    log(state, load, ROUTED, NONE, taken - first)
    return int(state.route_options[taken]["first_step"])


@part
def apply_changes(state: EngineState) -> None:
    """The changes of this second, before all else that happens in it."""
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
    """A number of a place is another one from now on."""
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
