"""Roads and gates, which a convoy travels as one: the choice of roads, driving times, and losses on the way."""

from sim.jit import part
from sim.loop.clock import fire_after_round, level, log, log_row, next_change_s, touch, wait_until, wake_at
from sim.loop.convoys import append_to_convoy
from sim.loop.gates import join_gate_queue, release_room
from sim.loop.queues import push, remove_first
from sim.loop.resources import release_escorts
from sim.loop.state import (
    DRIVING,
    EVENT_PASSED,
    FINISHED,
    INTERCEPTED,
    JOINED,
    NONE,
    PASSED,
    STARTED,
    ZERO,
    EngineState,
)
from sim.loop.tasks import speed_left_by_tasks_pct, wait_for_tasks
from sim.loop.trucks import (
    advance,
    count_visit,
    drive_home,
    luck_at_step,
    queue_key,
    record_wait,
    release_lane,
    release_vehicle,
)
from sim.rules import drive_end_in_traffic_s, is_lost, is_road_preferred, reduced_speed_pct, traffic_speed_pct


@part
def travel(state: EngineState, i: int) -> None:
    """Drives a truck, or a convoy as one with the draw of its first, along one of the step's roads."""
    truck, now_s = state.trucks[i], state.clock[0]["now_s"]
    chosen = choose_road(state, truck["step"])
    if chosen == NONE:
        wait_for_tasks(state, i)
        return
    member = i
    while member != NONE:
        release_lane(state, member)
        row = state.trucks[member]
        row["road_step"] = state.steps[row["step"]]["first_road"] + chosen
        log(state, member, STARTED, state.steps[row["road_step"]]["place"], NONE)
        if member != i and row["carrier"] != NONE:  # of loads' own trucks only the first has a draw
            count_visit(state, member, state.steps[row["road_step"]]["visit_column"])
        member = row["next_in_convoy"]
    road_step = state.steps[truck["road_step"]]
    road = state.places[road_step["place"]]
    truck["visit"] = count_visit(state, i, road_step["visit_column"])
    free_s = luck_at_step(state, i, truck["road_step"], road_step["work"], road_step["work_repeat"])
    at_s, percent = state.calendar_at_s[road["first"] : road["end"]], state.calendar_value[road["first"] : road["end"]]
    if road["intercepts"]:
        mark_lost_trucks(state, i)
    truck["activity"] = DRIVING
    speed_left_pct = road_speed_left_pct(state, road_step["place"])
    count_vehicles(state, road_step["place"], party_size(state, i))
    wait_until(state, i, drive_end_in_traffic_s(now_s, free_s, speed_left_pct, at_s, percent))


@part
def choose_road(state: EngineState, step: int) -> int:
    """Returns the index of the road that a truck setting out now takes; NONE if all are blocked."""
    row = state.steps[step]
    best_step = NONE
    for road_step in range(row["first_road"], row["end_road"]):
        if speed_left_by_tasks_pct(state, state.steps[road_step]["place"]) == 0:
            continue
        if best_step == NONE:
            best_step = road_step
            continue
        place, best_place = state.steps[road_step]["place"], state.steps[best_step]["place"]
        speed = level(state, place) * road_speed_left_pct(state, place)
        best_speed = level(state, best_place) * road_speed_left_pct(state, best_place)
        if is_road_preferred(
            row["choice_rule"], state.places[place]["mean_s"], speed, state.places[best_place]["mean_s"], best_speed
        ):
            best_step = road_step
    return int(best_step - row["first_road"]) if best_step != NONE else int(NONE)


@part
def road_speed_left_pct(state: EngineState, place: int) -> int:
    """Returns the remaining speed [per cent] after impairments and the traffic at the beginning of this second."""
    road = state.places[place]
    if road["free_flow_vehicles"] == NONE:
        return speed_left_by_tasks_pct(state, place)
    vehicles = road["vehicles_before"] if road["vehicles_changed_s"] == state.clock[0]["now_s"] else road["vehicles"]
    speed_pct = traffic_speed_pct(
        vehicles, road["free_flow_vehicles"], road["slowdown_per_vehicle"], road["min_speed_pct"]
    )
    return int(reduced_speed_pct(speed_pct, speed_left_by_tasks_pct(state, place)))


@part
def party_size(state: EngineState, i: int) -> int:
    """Returns the number of trucks in the party led by truck `i`."""
    vehicles = ZERO
    while i != NONE:
        vehicles += 1
        i = state.trucks[i]["next_in_convoy"]
    return vehicles


@part
def count_vehicles(state: EngineState, place: int, vehicles: int) -> None:
    """Adds `vehicles` to those on the road, negative for arrivals; they slow others from the next second on."""
    road, now_s = state.places[place], state.clock[0]["now_s"]
    if road["free_flow_vehicles"] == NONE:
        return
    if road["vehicles_changed_s"] != now_s:
        road["vehicles_changed_s"] = now_s
        road["vehicles_before"] = road["vehicles"]
    road["vehicles"] += vehicles


@part
def mark_lost_trucks(state: EngineState, i: int) -> None:
    """Marks the trucks of a party setting out now that will lose their load on this road."""
    member, stopped_luck, place = i, ZERO, state.steps[state.trucks[i]["road_step"]]["place"]
    road = state.places[place]
    while member != NONE:
        truck = state.trucks[member]
        road_step = state.steps[truck["road_step"]]
        truck["visit"] = count_visit(state, member, road_step["drive_column"])
        if member == i:
            stopped_luck = luck_at_step(
                state, member, truck["road_step"], road_step["stopped"], road_step["stopped_repeat"]
            )
        factor = state.loss_factors[place, state.source[truck["load"]]]
        taken_luck = luck_at_step(state, member, truck["road_step"], road_step["taken"], road_step["taken_repeat"])
        truck["is_lost"] = is_lost(stopped_luck, road["missions"], taken_luck, road["within"], factor)
        member = truck["next_in_convoy"]


@part
def on_driven(state: EngineState, i: int) -> None:
    """Ends a drive: trucks that have lost nothing go to the next step, behind the first of them."""
    member, road = i, state.steps[state.trucks[i]["road_step"]]["place"]
    count_vehicles(state, road, -party_size(state, i))
    first, last, escorts = NONE, NONE, state.trucks[i]["escorts"]
    while member != NONE:
        following = state.trucks[member]["next_in_convoy"]
        log(state, member, FINISHED, road, NONE)
        if state.trucks[member]["is_lost"]:
            lose_cargo(state, member, road)
        else:
            append_to_convoy(state, last, member)
            first = member if first == NONE else first
            last = member
        member = following
    if first == NONE:
        release_escorts(state, i)
    else:
        if first != i:  # escorts stay with the leader
            state.trucks[i]["escorts"] = 0
            state.trucks[first]["escorts"] = escorts
            state.trucks[first]["line"] = state.trucks[i]["line"]
        advance(state, first)


@part
def lose_cargo(state: EngineState, i: int, road: int) -> None:
    """Logs the loss of all that truck `i` carries; a fleet vehicle then drives home."""
    truck = state.trucks[i]
    truck["is_lost"] = 0
    release_room(state, i)
    if truck["carrier"] == NONE:
        log(state, i, INTERCEPTED, road, truck["pallets"])
        release_vehicle(state, i)
        return
    row = truck["first_part"]
    while row != NONE:
        part = state.trucks[row]
        log_row(state, part["part_load"], INTERCEPTED, road, truck["carrier"], part["part_pallets"])
        row = part["next_part"]
    truck["visit"] = 0  # the drive home has the draw of a first visit
    drive_home(state, i)


@part
def join_gate(state: EngineState, i: int) -> None:
    """Puts a truck, or a convoy as one, into the queue of a gate."""
    member, place = i, state.steps[state.trucks[i]["step"]]["place"]
    while member != NONE:
        release_lane(state, member)
        log(state, member, JOINED, place, NONE)
        member = state.trucks[member]["next_in_convoy"]
    gate = state.places[place]
    state.trucks[i]["key"] = queue_key(state, i)
    if gate["desk"] != NONE:
        join_gate_queue(state, i, place)
        return
    gate["queue"] = push(state.trucks, gate["queue"], i)
    touch(state, place)


@part
def serve_gate(state: EngineState, place: int) -> None:
    """Lets all waiting parties pass if the gate is open; for gates without ceilings."""
    gate = state.places[place]
    if not level(state, place):
        if gate["queue"] != NONE:
            wake_at(state, place, next_change_s(state, place))
        return
    while gate["queue"] != NONE:
        i = gate["queue"]
        gate["queue"] = remove_first(state.trucks, i)
        member = i
        while member != NONE:
            log(state, member, PASSED, place, NONE)
            record_wait(state, place, i)
            member = state.trucks[member]["next_in_convoy"]
        fire_after_round(state, i, EVENT_PASSED)
