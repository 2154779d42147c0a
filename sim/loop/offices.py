"""Offices that give permission in the compiled loop: what offices.py is to the SimPy model.

Slots of a day in the compiled loop: what slots.py is to the SimPy model.
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
    ASKED,
    PERMITTED,
    is_call_time,
    is_no_show,
    is_refused,
    is_time_of_day,
    last_step,
    may_retry,
    may_start_request,
    must_apply,
    next_call_s,
    next_midnight_s,
    next_time_of_day_s,
    no_show_ppm,
    reached_in_traffic_s,
    slots_kept,
    sum_of_previous_day,
    used_today,
)
from sim.units import DAY_S


@part
def apply_for_permit(state: EngineState, i: int) -> None:
    """Truck `i` joins the queue of its step's office."""
    place = state.steps[state.trucks[i]["step"]]["place"]
    release_lane(state, i)
    log(state, i, JOINED, place, NONE)
    state.trucks[i]["key"] = queue_key(state, i)
    state.places[place]["queue"] = push(state.trucks, state.places[place]["queue"], i)
    touch(state, place)


@part
def apply_for_permission(state: EngineState, number: int) -> None:
    """A line asks its office for its next mission, if it must, by the rank and the number of its first."""
    line, now_s = state.lines[number], state.clock[0]["now_s"]
    waits, outcome = line["queue"] != NONE, current_outcome(state, number)
    if not must_apply(waits, outcome, line["request"], now_s, line["not_before_s"]):
        return
    i, office = line["applicant"], state.places[line["yard"]]["office"]
    asker, first = state.trucks[i], state.trucks[line["queue"]]
    line["request"] = ASKED
    asker["load"], asker["rank"], asker["pallet_number"] = first["load"], first["rank"], first["pallet_number"]
    asker["key"] = queue_key(state, i)
    log(state, i, JOINED, office, NONE)
    state.places[office]["queue"] = push(state.trucks, state.places[office]["queue"], i)
    touch(state, office)


@part
def serve_office(state: EngineState, place: int) -> None:
    """Takes up the first request while it is open, as many a day as it does."""
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
    """The lead time of a request begins."""
    truck, office = state.trucks[i], state.places[place]
    log(state, i, STARTED, place, NONE)
    if truck["task"] != NONE:
        truck["activity"] = TASK_AWAITING_ANSWER
        task = state.tasks[truck["task"]]
        lead_s = state.task_answers[task["first_answer"] + task["refusals"], 0]
    elif truck["step"] == NONE:  # it stands for a line
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
    left = speed_left_by_tasks_pct(state, place)
    wait_until(state, i, reached_in_traffic_s(state.clock[0]["now_s"], lead_s, left, at_s, percent))


@part
def on_answered(state: EngineState, i: int) -> None:
    """The office says yes, or no: then truck `i` asks again, and after its attempts goes home."""
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
    made = state.visit_counts[load, step["rejection_column"]] + 1
    state.visit_counts[load, step["rejection_column"]] = made
    if not may_retry(made, step["attempts"]):
        log(state, i, RETURNED, place, NONE)
        release_room(state, i)
        release_vehicle(state, i)
        return
    truck["activity"] = AWAITING_RETRY  # to the same step
    wait_until(state, i, now_s + state.places[place]["every_s"])


@part
def on_permitted(state: EngineState, i: int) -> None:
    """The next mission of the line for which row `i` stands may have its outcome."""
    line, place = state.lines[state.trucks[i]["line"]], state.places[state.lines[state.trucks[i]["line"]]["yard"]]
    log(state, i, FINISHED, place["office"], NONE)
    log(state, i, AUTHORISED, place["office"], NONE)
    line["request"] = PERMITTED
    touch(state, line["owner"])


@part
def take_slot(state: EngineState, i: int) -> None:
    """Truck `i` joins the queue of its sector."""
    place = state.steps[state.trucks[i]["step"]]["place"]
    release_lane(state, i)
    log(state, i, JOINED, place, NONE)
    enqueue_for_slot(state, i, place)


@part
def enqueue_for_slot(state: EngineState, i: int, place: int) -> None:
    """It stands behind those who wait."""
    state.trucks[i]["key"] = queue_key(state, i)
    row = state.slot_queues[state.slot_queue_index[place, state.source[state.trucks[i]["load"]]]]
    row["queue"] = push(state.trucks, row["queue"], i)


@part
def serve_slots(state: EngineState, place: int) -> None:
    """Calls a batch, and gives the next day's slots, each at its time of day and once in a second."""
    own, now_s = state.places[place], state.clock[0]["now_s"]
    if now_s // DAY_S > own["manifest_day"]:
        own["manifest"] = meld(state.trucks, own["manifest"], own["next_manifest"])
        own["next_manifest"] = NONE
        own["manifest_day"] = now_s // DAY_S
    calls, allots = is_call_time(now_s, own["first_s"], own["every_s"]), is_time_of_day(now_s, own["allotted_s"])
    if now_s == own["last_round_s"] or not (calls or allots):
        return
    own["last_round_s"] = now_s
    if calls and level(state, place) > 0:
        call_batch(state, place)
    if allots:
        allot_slots(state, place)
    next_s = next_time_of_day_s(now_s, own["allotted_s"])
    wake_at(state, place, min(next_s, next_call_s(now_s, own["first_s"], own["every_s"])))


@part
def allot_slots(state: EngineState, place: int) -> None:
    """Tomorrow's slots: those kept for sectors, then those of the others, then whatever is left, in order."""
    own, lines = state.places[place], state.slot_queues
    tomorrow_s = next_midnight_s(state.clock[0]["now_s"]) + own["first_s"]
    slots = state.calendar_value[own["first"] + last_step(tomorrow_s, state.calendar_at_s[own["first"] : own["end"]])]
    left, others = slots, own["first_queue"]
    for row in range(others + 1, own["end_queue"]):
        kept = slots_kept(lines[row]["kept"], slots, own["slots_at_full"])
        while kept > 0 and lines[row]["queue"] != NONE:
            allot_one(state, place, row)
            kept -= 1
            left -= 1
    while left > 0:
        row = others
        if lines[others]["queue"] == NONE:
            row = queue_of_first(state, place)
        if row == NONE:
            break
        allot_one(state, place, row)
        left -= 1


@part
def allot_one(state: EngineState, place: int, row: int) -> None:
    """The first of a queue is called tomorrow."""
    i = assign_slot(state, place, row)
    state.places[place]["next_manifest"] = push(state.trucks, state.places[place]["next_manifest"], i)


@part
def assign_slot(state: EngineState, place: int, row: int) -> int:
    """The first in a queue, who gets a slot."""
    line = state.slot_queues[row]
    i = line["queue"]
    line["queue"] = remove_first(state.trucks, i)
    log(state, i, MANIFESTED, place, NONE)
    return int(i)


@part
def queue_of_first(state: EngineState, place: int) -> int:
    """The queue of the first of all who wait, NOBODY where nobody does."""
    own, lines, first = state.places[place], state.slot_queues, NONE
    for row in range(own["first_queue"], own["end_queue"]):
        queue = lines[row]["queue"]
        if queue == NONE:
            continue
        if first == NONE or state.trucks[queue]["key"] < state.trucks[lines[first]["queue"]]["key"]:
            first = row
    return int(first)


@part
def call_batch(state: EngineState, place: int) -> None:
    """A batch is called: who comes passes, and who does not joins the queue again."""
    own, absent, unused = state.places[place], NONE, ZERO
    chance, left = no_show_chance_ppm(state, place), own["batch"]
    while left > 0 and own["manifest"] != NONE:
        i = own["manifest"]
        own["manifest"] = remove_first(state.trucks, i)
        left -= 1
        if decide_no_show(state, place, i, chance):
            log(state, i, NO_SHOW, place, NONE)
            absent = push(state.trucks, absent, i)
            unused += 1
        else:
            pass_called(state, place, i)
    while own["refilled"] and unused > 0:
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
    """Who was called passes."""
    log(state, i, PASSED, place, NONE)
    fire_after_round(state, i, EVENT_PASSED)


@part
def decide_no_show(state: EngineState, place: int, i: int, chance: int) -> bool:
    """Whether truck `i` does not come when it is called."""
    truck, own = state.trucks[i], state.places[place]
    step, load = state.steps[truck["step"]], truck["load"]
    if own["first_no_show_ppm"] == NONE or step["work"] == NONE:
        return False
    times = state.visit_counts[load, step["rejection_column"]]
    truck["visit"] = count_visit(state, i, step["visit_column"])
    if times == own["max_no_shows"]:
        return False
    if not is_no_show(luck_of_visit(state, i, step["work"], step["work_repeat"]), chance, times, own["max_no_shows"]):
        return False
    state.visit_counts[load, step["rejection_column"]] = times + 1
    return True


@part
def no_show_chance_ppm(state: EngineState, place: int) -> int:
    """That who is called today does not come."""
    own = state.places[place]
    if own["first_no_show_ppm"] == NONE:
        return 0
    day, waited_s, waits = state.clock[0]["now_s"] // DAY_S, ZERO, ZERO
    if own["watched_place"] != NONE:
        there = state.places[own["watched_place"]]
        waited_s = sum_of_previous_day(there["wait_day"], there["waited_s"], there["waited_before_s"], day)
        waits = sum_of_previous_day(there["wait_day"], there["waits"], there["waits_before"], day)
    return int(
        no_show_ppm(
            state.daily_no_show_ppm[own["first_no_show_ppm"] + day], own["no_show_ppm_per_hour"], waited_s, waits
        )
    )
