"""Pools of lanes: inspection, transfer and offloading, with shifts, closing rules, limited room and breakdowns."""

from sim.jit import part
from sim.kernels import heap_pop
from sim.loop.clock import fire_after_round, level, log, log_row, next_change_s, touch, wait_until, wake_at
from sim.loop.convoys import unload_to_platform
from sim.loop.gates import release_room
from sim.loop.queues import push, remove_first
from sim.loop.state import (
    ABOVE_ALL_KEYS,
    ARRIVED,
    AWAITING_RETRY,
    EVENT_ADMITTED,
    EVENT_TURNED_AWAY,
    EXPIRED,
    FINISHED,
    IN_SERVICE,
    IN_SERVICE_UNTIL_CLOSING,
    INSPECT,
    JOINED,
    NEVER_S,
    NONE,
    REASON_TIME,
    REJECTED,
    RETURNED,
    STARTED,
    TRANSFER,
    TURNED_AWAY,
    ZERO,
    EngineState,
)
from sim.loop.stock import unload_to_store
from sim.loop.trucks import (
    change_vehicle,
    drive_home,
    lacks_vehicle,
    luck_of_visit,
    queue_key,
    record_wait,
    release_lane,
    release_vehicle,
    schedule_step,
    take_over,
)
from sim.rules import (
    BREAK_OFF,
    NO_START,
    finish_despite_breaks_s,
    finish_s,
    has_expired,
    is_broken_off,
    logged_reason,
    may_retry,
    may_start,
    must_be_repacked,
    repair_end_s,
)


@part
def begin_service_step(state: EngineState, i: int) -> None:
    """Has truck `i` join the pool of its step, or the bays where it is repacked before its inspection."""
    truck = state.trucks[i]
    step = state.steps[truck["step"]]
    if step["repacking"] != NONE:
        repacking_s = int(state.luck[step["repacking_work"], truck["load"]])
        if must_be_repacked(repacking_s, truck["visit"]):
            join_pool(state, i, step["repacking"], repacking_s)
            return
    join_pool(state, i, step["place"], luck_of_visit(state, i, step["work"], step["work_repeat"]))


@part
def join_pool(state: EngineState, i: int, place: int, work_s: int) -> None:
    """Puts truck `i` into the queue of a pool, or into the entry queue where room is limited."""
    truck, pool = state.trucks[i], state.places[place]
    truck["pool"] = place
    truck["work_s"] = work_s
    truck["key"] = queue_key(state, i)
    touch(state, place)
    if pool["room"] == NONE:
        pool["queue"] = push(state.trucks, pool["queue"], i)
        pool["queue_length"] += 1
        log(state, i, JOINED, place, NONE)
        release_lane(state, i)
    else:
        pool["entry_queue"] = push(state.trucks, pool["entry_queue"], i)


@part
def serve_pool(state: EngineState, place: int) -> None:
    """Starts services and admits trucks while it can, then turns away those without room where that is the rule."""
    pool = state.places[place]
    while start_first(state, place) or admit_first(state, place):
        pass
    while pool["turns_away"] and pool["entry_queue"] != NONE:
        i = pool["entry_queue"]
        pool["entry_queue"] = remove_first(state.trucks, i)
        log(state, i, TURNED_AWAY, place, NONE)
        release_room(state, i)
        fire_after_round(state, i, EVENT_TURNED_AWAY)
    if pool["queue"] != NONE or pool["entry_queue"] != NONE:
        check_s = next_change_s(state, place)
        if pool["equipment"] != NONE:
            check_s = min(check_s, next_repair_end_s(state, place))
        wake_at(state, place, check_s)


@part
def start_first(state: EngineState, place: int) -> bool:
    """Starts the service of the first in the queue if a lane may; returns whether it did."""
    pool = state.places[place]
    i = pool["queue"]
    if i == NONE:
        return False
    truck = state.trucks[i]
    lane = lane_for(state, place, truck["work_s"])
    if lane == NONE:
        return False
    pool["queue"] = remove_first(state.trucks, i)
    pool["queue_length"] -= 1
    if pool["equipment"] == NONE:
        heap_pop(state.free_lanes, pool["heap_first"], pool["free"])
    else:
        remove_free_lane(state, place, lane)
    pool["free"] -= 1
    log(state, i, STARTED, place, lane)
    if pool["fleet"] != NONE:
        take_over(state, i, pool["fleet"])
    record_wait(state, place, i)
    truck["lane"] = lane
    truck["activity"] = IN_SERVICE
    if pool["equipment"] != NONE:
        wait_until(state, i, ends_with_breakdowns_s(state, place, lane, truck["work_s"]))
        return True
    at_s, lanes = state.calendar_at_s[pool["first"] : pool["end"]], state.calendar_value[pool["first"] : pool["end"]]
    ends_s = finish_s(state.clock[0]["now_s"], truck["work_s"], pool["closing_rule"], lane, at_s, lanes)
    if pool["closing_rule"] == BREAK_OFF:
        ends_s = break_off_at_closing_s(state, i, ends_s)
    wait_until(state, i, ends_s)
    return True


@part
def lane_for(state: EngineState, place: int, work_s: int) -> int:
    """Returns the lane that may start this work now, NONE if there is none."""
    pool = state.places[place]
    if pool["free"] == 0 or lacks_vehicle(state, place):
        return NONE
    lane = state.free_lanes[pool["heap_first"]] if pool["equipment"] == NONE else lowest_free_lane(state, place)
    if lane == NONE or lane >= level(state, place):
        return NONE
    if pool["closing_rule"] == NO_START:
        now_s, row = state.clock[0]["now_s"], state.lanes[pool["first_lane"] + lane]
        span = open_span(state, place, lane)
        if not may_start(
            now_s, work_s, NO_START, state.lane_opens_s[span], state.lane_closes_s[span], row["longest_s"]
        ):
            return NONE
    return int(lane)


@part
def admit_first(state: EngineState, place: int) -> bool:
    """Moves the first of the entry queue into the queue if there is room, or a lane that may start at once.

    Returns whether it did.
    """
    pool = state.places[place]
    i = pool["entry_queue"]
    if i == NONE:
        return False
    if pool["queue_length"] >= pool["room"] and (
        pool["queue"] != NONE or lane_for(state, place, state.trucks[i]["work_s"]) == NONE
    ):
        return False
    pool["entry_queue"] = remove_first(state.trucks, i)
    state.trucks[i]["key"] = queue_key(state, i)
    pool["queue"] = push(state.trucks, pool["queue"], i)
    pool["queue_length"] += 1
    log(state, i, JOINED, place, NONE)
    fire_after_round(state, i, EVENT_ADMITTED)
    return True


@part
def on_served(state: EngineState, i: int) -> None:
    """Ends a service of truck `i`, which keeps its lane until the next place has room."""
    truck = state.trucks[i]
    log(state, i, FINISHED, truck["pool"], NONE)
    truck["held_pool"] = truck["pool"]
    truck["held_lane"] = truck["lane"]
    step = state.steps[truck["step"]]
    if step["verb"] == INSPECT:
        on_inspected(state, i)
    elif step["verb"] == TRANSFER and step["second_place"] == NONE:
        change_vehicle(state, i)
        truck["step"] += 1
        schedule_step(state, i)
    elif step["verb"] == TRANSFER:
        unload_to_platform(state, i, step["second_place"], step["line"])
    elif step["second_place"] != NONE:
        unload_to_store(state, i, step["second_place"])
    else:
        release_lane(state, i)
        complete_delivery(state, i)


@part
def on_broken_off(state: EngineState, i: int) -> None:
    """Interrupts the service of truck `i` at closing time; it joins the queue again with the same service time."""
    truck = state.trucks[i]
    log(state, i, FINISHED, truck["pool"], NONE)
    log(state, i, REJECTED, truck["pool"], REASON_TIME)
    truck["held_pool"] = truck["pool"]
    truck["held_lane"] = truck["lane"]
    release_lane(state, i)
    join_pool(state, i, truck["pool"], truck["work_s"])


@part
def on_inspected(state: EngineState, i: int) -> None:
    """Ends a stage of the inspection of truck `i`: repacking, inspection, or manual inspection, each with a queue.

    A rejected load goes back to an earlier step; after its last attempt it is returned.
    """
    truck = state.trucks[i]
    step = state.steps[truck["step"]]
    load = truck["load"]
    if truck["pool"] == step["repacking"]:
        join_pool(state, i, step["place"], luck_of_visit(state, i, step["work"], step["work_repeat"]))
        return
    if (
        step["second_place"] != NONE
        and truck["pool"] == step["place"]
        and luck_of_visit(state, i, step["manual"], step["manual_repeat"])
    ):
        join_pool(
            state, i, step["second_place"], luck_of_visit(state, i, step["manual_work"], step["manual_work_repeat"])
        )
        return
    verdict = ZERO if step["rejected"] == NONE else luck_of_visit(state, i, step["rejected"], step["rejected_repeat"])
    if verdict == 0:
        truck["step"] += 1
        schedule_step(state, i)
        return
    log(state, i, REJECTED, step["place"], logged_reason(verdict))
    release_lane(state, i)
    rejections = state.visit_counts[load, step["rejection_column"]] + 1
    state.visit_counts[load, step["rejection_column"]] = rejections
    if not may_retry(rejections, step["attempts"]):
        log(state, i, RETURNED, step["place"], NONE)
        release_room(state, i)
        release_vehicle(state, i)
        return
    truck["step"] = step["back_to"]
    if step["rejected_after_repeat"] == NONE:
        schedule_step(state, i)
        return
    truck["activity"] = AWAITING_RETRY
    wait_until(
        state,
        i,
        state.clock[0]["now_s"]
        + state.repeat_luck[step["rejected_after_repeat"] + truck["visit"], state.repeat_index[load]],
    )


@part
def complete_delivery(state: EngineState, i: int) -> None:
    """Logs the delivery of all that truck `i` carries; a fleet vehicle then drives home."""
    truck = state.trucks[i]
    place = truck["pool"]
    if truck["carrier"] == NONE:
        log(state, i, delivery_kind(state, truck["load"]), place, truck["pallets"])
        release_vehicle(state, i)
        return
    row = truck["first_part"]
    while row != NONE:
        part = state.trucks[row]
        kind = delivery_kind(state, part["part_load"])
        log_row(state, part["part_load"], kind, place, truck["carrier"], part["part_pallets"])
        row = part["next_part"]
    drive_home(state, i)


@part
def delivery_kind(state: EngineState, load: int) -> int:
    """Returns the kind of the log row for a load that is offloaded now: EXPIRED after its shelf life, else ARRIVED."""
    return EXPIRED if has_expired(state.clock[0]["now_s"], state.keeps_until_s[load]) else ARRIVED


@part
def lane_up_again_s(state: EngineState, place: int, lane: int) -> int:
    """Returns the second from which a free lane can start work: now if it is not under repair."""
    pool, now_s = state.places[place], state.clock[0]["now_s"]
    if not pool["breaks_while_idle"]:
        return int(now_s)
    equipment = state.equipment[pool["equipment"] + lane]
    return int(
        repair_end_s(
            now_s,
            state.breaks_s[equipment["first"] : equipment["end"]],
            state.repaired_s[equipment["first"] : equipment["end"]],
        )
    )


@part
def lowest_free_lane(state: EngineState, place: int) -> int:
    """Returns the lowest free lane that is not under repair, NONE if there is none; for pools with breakdowns."""
    pool, lowest = state.places[place], ABOVE_ALL_KEYS
    for i in range(pool["heap_first"], pool["heap_first"] + pool["free"]):
        lane = state.free_lanes[i]
        if lane < lowest and lane_up_again_s(state, place, lane) == state.clock[0]["now_s"]:
            lowest = lane
    return NONE if lowest == ABOVE_ALL_KEYS else int(lowest)


@part
def next_repair_end_s(state: EngineState, place: int) -> int:
    """Returns the first second at which a free lane under repair works again, NEVER_S if there is none."""
    pool, first_s = state.places[place], NEVER_S
    for i in range(pool["heap_first"], pool["heap_first"] + pool["free"]):
        repaired_s = lane_up_again_s(state, place, state.free_lanes[i])
        if repaired_s > state.clock[0]["now_s"]:
            first_s = min(first_s, repaired_s)
    return first_s


@part
def remove_free_lane(state: EngineState, place: int, lane: int) -> None:
    """Removes `lane` from the free lanes of a pool, which are unordered: the last one takes its position."""
    pool = state.places[place]
    last = pool["heap_first"] + pool["free"] - 1
    for i in range(pool["heap_first"], last):
        if state.free_lanes[i] == lane:
            state.free_lanes[i] = state.free_lanes[last]
            return


@part
def ends_with_breakdowns_s(state: EngineState, place: int, lane: int, work_s: int) -> int:
    """Returns the second at which work that starts now ends in a lane that breaks, repairs included."""
    pool, now_s = state.places[place], state.clock[0]["now_s"]
    equipment = state.equipment[pool["equipment"] + lane]
    breaks_s, repaired_s = (
        state.breaks_s[equipment["first"] : equipment["end"]],
        state.repaired_s[equipment["first"] : equipment["end"]],
    )
    if pool["breaks_while_idle"]:
        return int(finish_despite_breaks_s(now_s, work_s, pool["restarts"] == 1, breaks_s, repaired_s))
    begun_s = equipment["operated_s"]
    equipment["operated_s"] = finish_despite_breaks_s(begun_s, work_s, pool["restarts"] == 1, breaks_s, repaired_s)
    return int(now_s + equipment["operated_s"] - begun_s)


@part
def open_span(state: EngineState, place: int, lane: int) -> int:
    """Returns the row of the span in which the lane is open now."""
    row = state.lanes[state.places[place]["first_lane"] + lane]
    while state.lane_closes_s[row["current_span"]] <= state.clock[0]["now_s"]:
        row["current_span"] += 1
    return int(row["current_span"])


@part
def break_off_at_closing_s(state: EngineState, i: int, ends_s: int) -> int:
    """Returns when the work of truck `i`, which starts now, ends or is broken off at closing time."""
    truck = state.trucks[i]
    lane = truck["lane"]
    closes_s = state.lane_closes_s[open_span(state, truck["pool"], lane)]
    longest_s = state.lanes[state.places[truck["pool"]]["first_lane"] + lane]["longest_s"]
    if not is_broken_off(state.clock[0]["now_s"], truck["work_s"], closes_s, longest_s):
        return ends_s
    truck["activity"] = IN_SERVICE_UNTIL_CLOSING
    return int(closes_s)
