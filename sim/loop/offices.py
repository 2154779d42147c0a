"""Offices that grant permissions, and daily slots.

A load, a convoy line or a task applies to an office; for a line, its applicant in `trucks` waits in the queue.
"""

from sim.jit import part
from sim.loop.clock import fire_after_round, level, log, next_change_s, touch, wait_until, wake_at
from sim.loop.gates import release_room
from sim.loop.queues import meld, push, remove_first
from sim.loop.resources import current_outcome
from sim.loop.state import (
    AUTHORISED,
    AWAITING_ANSWER,
    AWAITING_PERMISSION,
    AWAITING_RETRY,
    EVENT_PASSED,
    FINISHED,
    JOINED,
    MANIFESTED,
    NO_SHOW,
    NONE,
    PASSED,
    REFUSED,
    RETURNED,
    STARTED,
    TASK_AWAITING_ANSWER,
    ZERO,
    EngineState,
)
from sim.loop.tasks import speed_left_by_tasks_pct
from sim.loop.trucks import advance, count_visit, luck_of_visit, queue_key, release_lane, release_vehicle
from sim.rules import (
    PERMITTED,
    REQUEST_PENDING,
    drive_end_in_traffic_s,
    is_call_time,
    is_no_show,
    is_refused,
    is_time_of_day,
    may_retry,
    may_start_request,
    must_apply,
    next_call_s,
    next_midnight_s,
    next_time_of_day_s,
    no_show_ppm,
    slots_kept,
    step_index,
    sum_of_previous_day,
    used_today,
)
from sim.units import DAY_S


@part
def apply_for_permit(state: EngineState, i: int) -> None:
    """Puts truck `i` into the queue of its step's office."""
    place = state.steps[state.trucks[i]["step"]]["place"]
    release_lane(state, i)
    log(state, i, JOINED, place, NONE)
    state.trucks[i]["key"] = queue_key(state, i)
    state.places[place]["queue"] = push(state.trucks, state.places[place]["queue"], i)
    touch(state, place)


@part
def apply_for_permission(state: EngineState, number: int) -> None:
    """Applies for the next mission of a line if necessary, with the rank and number of its first load."""
    line, now_s = state.lines[number], state.clock[0]["now_s"]
    waits, outcome = line["queue"] != NONE, current_outcome(state, number)
    if not must_apply(waits, outcome, line["request"], now_s, line["not_before_s"]):
        return
    i, office = line["applicant"], state.places[line["yard"]]["office"]
    applicant, first = state.trucks[i], state.trucks[line["queue"]]
    line["request"] = REQUEST_PENDING
    applicant["load"], applicant["rank"], applicant["pallet_number"] = (
        first["load"],
        first["rank"],
        first["pallet_number"],
    )
    applicant["key"] = queue_key(state, i)
    log(state, i, JOINED, office, NONE)
    state.places[office]["queue"] = push(state.trucks, state.places[office]["queue"], i)
    touch(state, office)


@part
def serve_office(state: EngineState, place: int) -> None:
    """Starts requests while the office is open and below its daily limit."""
    office, now_s = state.places[place], state.clock[0]["now_s"]
    office["used"] = used_today(office["used"], office["last_used_s"], now_s)
    office["last_used_s"] = now_s
    percent = level(state, place)
    while office["queue"] != NONE and may_start_request(office["used"], office["requests_per_day"], percent):
        i = office["queue"]
        office["queue"] = remove_first(state.trucks, i)
        office["used"] += 1
        start_request(state, i, place)
    if office["queue"] != NONE:
        wake_at(state, place, min(next_change_s(state, place), next_midnight_s(now_s)))


@part
def start_request(state: EngineState, i: int, place: int) -> None:
    """Starts a request; it is answered after the lead time, at the present speed of the office."""
    truck, office = state.trucks[i], state.places[place]
    log(state, i, STARTED, place, NONE)
    if truck["task"] != NONE:
        truck["activity"] = TASK_AWAITING_ANSWER
        task = state.tasks[truck["task"]]
        lead_s = state.task_answers[task["first_answer"] + task["refusals"], 0]
    elif truck["step"] == NONE:  # an applicant
        truck["activity"] = AWAITING_PERMISSION
        lead_s = state.places[state.lines[truck["line"]]["yard"]]["lead_s"]
    else:
        truck["activity"] = AWAITING_ANSWER
        step = state.steps[truck["step"]]
        truck["visit"] = count_visit(state, i, step["visit_column"])
        lead_s = luck_of_visit(state, i, step["work"], step["work_repeat"])
    at_s, percent = (
        state.calendar_at_s[office["first"] : office["end"]],
        state.calendar_value[office["first"] : office["end"]],
    )
    speed_left_pct = speed_left_by_tasks_pct(state, place)
    wait_until(state, i, drive_end_in_traffic_s(state.clock[0]["now_s"], lead_s, speed_left_pct, at_s, percent))


@part
def on_answered(state: EngineState, i: int) -> None:
    """Grants or refuses the request of truck `i`: it applies again, and after its last attempt it is returned."""
    truck, now_s = state.trucks[i], state.clock[0]["now_s"]
    step, load = state.steps[truck["step"]], truck["load"]
    place = step["place"]
    log(state, i, FINISHED, place, NONE)
    refused = False
    for k in range(step["first_refusal"], step["end_refusal"]):
        refusal = state.refusals[k]
        if refusal[0] == state.source[load] and is_refused(now_s, refusal[1], refusal[2]):
            refused = True
    if not refused:
        log(state, i, AUTHORISED, place, NONE)
        advance(state, i)
        return
    log(state, i, REFUSED, place, NONE)
    refusals = state.visit_counts[load, step["rejection_column"]] + 1
    state.visit_counts[load, step["rejection_column"]] = refusals
    if not may_retry(refusals, step["attempts"]):
        log(state, i, RETURNED, place, NONE)
        release_room(state, i)
        release_vehicle(state, i)
        return
    truck["activity"] = AWAITING_RETRY  # of the same step
    wait_until(state, i, now_s + state.places[place]["every_s"])


@part
def on_permitted(state: EngineState, i: int) -> None:
    """Grants permission for the next mission of the line for which row `i` stands."""
    line, place = state.lines[state.trucks[i]["line"]], state.places[state.lines[state.trucks[i]["line"]]["yard"]]
    log(state, i, FINISHED, place["office"], NONE)
    log(state, i, AUTHORISED, place["office"], NONE)
    line["request"] = PERMITTED
    touch(state, line["owner"])


@part
def take_slot(state: EngineState, i: int) -> None:
    """Puts truck `i` into the queue for slots of its sector."""
    place = state.steps[state.trucks[i]["step"]]["place"]
    release_lane(state, i)
    log(state, i, JOINED, place, NONE)
    enqueue_for_slot(state, i, place)


@part
def enqueue_for_slot(state: EngineState, i: int, place: int) -> None:
    """Puts truck `i` into the queue for slots, with a new key."""
    state.trucks[i]["key"] = queue_key(state, i)
    row = state.slot_queues[state.slot_queue_index[place, state.source[state.trucks[i]["load"]]]]
    row["queue"] = push(state.trucks, row["queue"], i)


@part
def serve_slots(state: EngineState, place: int) -> None:
    """Calls a batch and assigns slots at their times of day, once a second at most."""
    slots, now_s = state.places[place], state.clock[0]["now_s"]
    if now_s // DAY_S > slots["manifest_day"]:
        slots["manifest"] = meld(state.trucks, slots["manifest"], slots["next_manifest"])
        slots["next_manifest"] = NONE
        slots["manifest_day"] = now_s // DAY_S
    calls, allots = is_call_time(now_s, slots["first_s"], slots["every_s"]), is_time_of_day(now_s, slots["allotted_s"])
    if now_s == slots["last_round_s"] or not (calls or allots):
        return
    slots["last_round_s"] = now_s
    if calls and level(state, place) > 0:
        call_batch(state, place)
    if allots:
        allot_slots(state, place)
    next_s = next_time_of_day_s(now_s, slots["allotted_s"])
    wake_at(state, place, min(next_s, next_call_s(now_s, slots["first_s"], slots["every_s"])))


@part
def allot_slots(state: EngineState, place: int) -> None:
    """Assigns tomorrow's slots: first those reserved for sectors, then those of others, then any that are left."""
    slots, queues = state.places[place], state.slot_queues
    tomorrow_s = next_midnight_s(state.clock[0]["now_s"]) + slots["first_s"]
    slot_count = state.calendar_value[
        slots["first"] + step_index(tomorrow_s, state.calendar_at_s[slots["first"] : slots["end"]])
    ]
    slots_left, others = slot_count, slots["first_queue"]
    for row in range(others + 1, slots["end_queue"]):
        kept = slots_kept(queues[row]["kept"], slot_count, slots["slots_at_full"])
        while kept > 0 and queues[row]["queue"] != NONE:
            allot_one(state, place, row)
            kept -= 1
            slots_left -= 1
    while slots_left > 0:
        row = others
        if queues[others]["queue"] == NONE:
            row = queue_of_first(state, place)
        if row == NONE:
            break
        allot_one(state, place, row)
        slots_left -= 1


@part
def allot_one(state: EngineState, place: int, row: int) -> None:
    """Gives a slot of tomorrow to the first of a queue. `row` : of `slot_queues`."""
    i = assign_slot(state, place, row)
    state.places[place]["next_manifest"] = push(state.trucks, state.places[place]["next_manifest"], i)


@part
def assign_slot(state: EngineState, place: int, row: int) -> int:
    """Removes the first of a queue, logs its slot and returns its row. `row` : of `slot_queues`."""
    slot_queue = state.slot_queues[row]
    i = slot_queue["queue"]
    slot_queue["queue"] = remove_first(state.trucks, i)
    log(state, i, MANIFESTED, place, NONE)
    return int(i)


@part
def queue_of_first(state: EngineState, place: int) -> int:
    """Returns the queue that holds the first of all waiting trucks, NONE if none waits."""
    slots, queues, first = state.places[place], state.slot_queues, NONE
    for row in range(slots["first_queue"], slots["end_queue"]):
        queue = queues[row]["queue"]
        if queue == NONE:
            continue
        if first == NONE or state.trucks[queue]["key"] < state.trucks[queues[first]["queue"]]["key"]:
            first = row
    return int(first)


@part
def call_batch(state: EngineState, place: int) -> None:
    """Calls a batch: trucks that come pass, the others join the queue again."""
    slots, absent, unused = state.places[place], NONE, ZERO
    chance_ppm, calls_left = no_show_chance_ppm(state, place), slots["batch"]
    while calls_left > 0 and slots["manifest"] != NONE:
        i = slots["manifest"]
        slots["manifest"] = remove_first(state.trucks, i)
        calls_left -= 1
        if decide_no_show(state, place, i, chance_ppm):
            log(state, i, NO_SHOW, place, NONE)
            absent = push(state.trucks, absent, i)
            unused += 1
        else:
            pass_called(state, place, i)
    while slots["refilled"] and unused > 0:
        row = queue_of_first(state, place)
        if row == NONE:
            break
        pass_called(state, place, assign_slot(state, place, row))
        unused -= 1
    while absent != NONE:
        i = absent
        absent = remove_first(state.trucks, i)
        enqueue_for_slot(state, i, place)


@part
def pass_called(state: EngineState, place: int, i: int) -> None:
    """Lets a truck pass that was called and has come."""
    log(state, i, PASSED, place, NONE)
    fire_after_round(state, i, EVENT_PASSED)


@part
def decide_no_show(state: EngineState, place: int, i: int, chance_ppm: int) -> bool:
    """Returns whether truck `i`, which is called, fails to come; counts its visits and no-shows."""
    truck, slots = state.trucks[i], state.places[place]
    step, load = state.steps[truck["step"]], truck["load"]
    if slots["first_no_show_ppm"] == NONE or step["work"] == NONE:
        return False
    no_shows = state.visit_counts[load, step["rejection_column"]]
    truck["visit"] = count_visit(state, i, step["visit_column"])
    if no_shows == slots["max_no_shows"]:
        return False
    if not is_no_show(
        luck_of_visit(state, i, step["work"], step["work_repeat"]), chance_ppm, no_shows, slots["max_no_shows"]
    ):
        return False
    state.visit_counts[load, step["rejection_column"]] = no_shows + 1
    return True


@part
def no_show_chance_ppm(state: EngineState, place: int) -> int:
    """Returns the chance that a truck called today does not come [ppm]."""
    slots = state.places[place]
    if slots["first_no_show_ppm"] == NONE:
        return 0
    day, waited_s, waits = state.clock[0]["now_s"] // DAY_S, ZERO, ZERO
    if slots["watched_place"] != NONE:
        watched = state.places[slots["watched_place"]]
        waited_s = sum_of_previous_day(watched["wait_day"], watched["waited_s"], watched["waited_before_s"], day)
        waits = sum_of_previous_day(watched["wait_day"], watched["waits"], watched["waits_before"], day)
    return int(
        no_show_ppm(
            state.daily_no_show_ppm[slots["first_no_show_ppm"] + day], slots["no_show_ppm_per_hour"], waited_s, waits
        )
    )
