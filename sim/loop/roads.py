"""Roads and gates in the compiled loop: what a convoy does as one."""

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
from sim.rules import is_lost, is_road_preferred, reached_in_traffic_s, reduced_speed_pct, traffic_speed_pct


@part
def travel(state: EngineState, i: int) -> None:
    """A truck, or a convoy as one with the luck of its first, drives along a road, or one that is chosen now."""
    truck, now_s = state.trucks[i], state.clock[0]["now_s"]
    chosen = choose_road(state, truck["step"])
    if chosen == NONE:
        wait_for_tasks(state, i)
        return
    m = i
    while m != NONE:
        release_lane(state, m)
        mate = state.trucks[m]
        mate["road_step"] = state.steps[mate["step"]]["first_road"] + chosen
        log(state, m, STARTED, state.steps[mate["road_step"]]["place"], NONE)
        if m != i and mate["carrier"] != NONE:  # of trucks the first alone has the luck of the drive
            count_visit(state, m, state.steps[mate["road_step"]]["visit_column"])
        m = mate["next_in_convoy"]
    way = state.steps[truck["road_step"]]
    road = state.places[way["place"]]
    truck["visit"] = count_visit(state, i, way["visit_column"])
    free_s = luck_at_step(state, i, truck["road_step"], way["work"], way["work_repeat"])
    at_s, percent = state.calendar_at_s[road["first"] : road["end"]], state.calendar_value[road["first"] : road["end"]]
    if road["intercepts"]:
        mark_lost_trucks(state, i)
    truck["activity"] = DRIVING
    left = road_speed_left_pct(state, way["place"])
    count_vehicles(state, way["place"], party_size(state, i))
    wait_until(state, i, reached_in_traffic_s(now_s, free_s, left, at_s, percent))


@part
def choose_road(state: EngineState, step: int) -> int:
    """Which of the roads of a step is taken by who sets out now, from 0; NOBODY where all are shut."""
    own = state.steps[step]
    found = NONE
    for way in range(own["first_road"], own["end_road"]):
        if speed_left_by_tasks_pct(state, state.steps[way]["place"]) == 0:
            continue
        if found == NONE:
            found = way
            continue
        place, other = state.steps[way]["place"], state.steps[found]["place"]
        speed = level(state, place) * road_speed_left_pct(state, place)
        other_speed = level(state, other) * road_speed_left_pct(state, other)
        if is_road_preferred(
            own["choice_rule"], state.places[place]["mean_s"], speed, state.places[other]["mean_s"], other_speed
        ):
            found = way
    return int(found - own["first_road"]) if found != NONE else int(NONE)


@part
def road_speed_left_pct(state: EngineState, place: int) -> int:
    """The share of a road's speed that tasks and the vehicles on it as this second began leave [per cent]."""
    road = state.places[place]
    if road["free_flow_vehicles"] == NONE:
        return speed_left_by_tasks_pct(state, place)
    vehicles = road["vehicles_before"] if road["vehicles_changed_s"] == state.clock[0]["now_s"] else road["vehicles"]
    left = traffic_speed_pct(vehicles, road["free_flow_vehicles"], road["slowdown_per_vehicle"], road["min_speed_pct"])
    return int(reduced_speed_pct(left, speed_left_by_tasks_pct(state, place)))


@part
def party_size(state: EngineState, i: int) -> int:
    """The vehicles of a convoy, or one truck."""
    vehicles = ZERO
    while i != NONE:
        vehicles += 1
        i = state.trucks[i]["next_in_convoy"]
    return vehicles


@part
def count_vehicles(state: EngineState, place: int, vehicles: int) -> None:
    """So many set out; below 0, so many have arrived. Others see that from the next second on."""
    road, now_s = state.places[place], state.clock[0]["now_s"]
    if road["free_flow_vehicles"] == NONE:
        return
    if road["vehicles_changed_s"] != now_s:
        road["vehicles_changed_s"] = now_s
        road["vehicles_before"] = road["vehicles"]
    road["vehicles"] += vehicles


@part
def mark_lost_trucks(state: EngineState, i: int) -> None:
    """Who of a party that sets out now will have lost all that it carries at the end of the road."""
    m, mission, place = i, ZERO, state.steps[state.trucks[i]["road_step"]]["place"]
    road = state.places[place]
    while m != NONE:
        truck = state.trucks[m]
        way = state.steps[truck["road_step"]]
        truck["visit"] = count_visit(state, m, way["drive_column"])
        if m == i:
            mission = luck_at_step(state, m, truck["road_step"], way["stopped"], way["stopped_repeat"])
        factor = state.loss_factors[place, state.source[truck["load"]]]
        taken = luck_at_step(state, m, truck["road_step"], way["taken"], way["taken_repeat"])
        truck["is_lost"] = is_lost(mission, road["missions"], taken, road["within"], factor)
        m = truck["next_in_convoy"]


@part
def on_driven(state: EngineState, i: int) -> None:
    """The drive is over; those that have lost nothing go on, behind the first of them."""
    m, road = i, state.steps[state.trucks[i]["road_step"]]["place"]
    count_vehicles(state, road, -party_size(state, i))
    first, last, escorts = NONE, NONE, state.trucks[i]["escorts"]
    while m != NONE:
        following = state.trucks[m]["next_in_convoy"]
        log(state, m, FINISHED, road, NONE)
        if state.trucks[m]["is_lost"]:
            lose_cargo(state, m, road)
        else:
            append_to_convoy(state, last, m)
            first = m if first == NONE else first
            last = m
        m = following
    if first == NONE:
        release_escorts(state, i)
    else:
        if first != i:  # who leads has the escorts
            state.trucks[i]["escorts"] = 0
            state.trucks[first]["escorts"] = escorts
            state.trucks[first]["line"] = state.trucks[i]["line"]
        advance(state, first)


@part
def lose_cargo(state: EngineState, i: int, road: int) -> None:
    """All that a truck carries is intercepted; a vehicle drives home, and a load's own truck is gone."""
    truck = state.trucks[i]
    truck["is_lost"] = 0
    release_room(state, i)
    if truck["carrier"] == NONE:
        log(state, i, INTERCEPTED, road, truck["pallets"])
        release_vehicle(state, i)
        return
    row = truck["first_part"]
    while row != NONE:
        piece = state.trucks[row]
        log_row(state, piece["part_load"], INTERCEPTED, road, truck["carrier"], piece["part_pallets"])
        row = piece["next_part"]
    truck["visit"] = 0  # of its way home
    drive_home(state, i)


@part
def join_gate(state: EngineState, i: int) -> None:
    """A truck, or a convoy as one, joins the queue of a gate."""
    m, place = i, state.steps[state.trucks[i]["step"]]["place"]
    while m != NONE:
        release_lane(state, m)
        log(state, m, JOINED, place, NONE)
        m = state.trucks[m]["next_in_convoy"]
    gate = state.places[place]
    state.trucks[i]["key"] = queue_key(state, i)
    if gate["desk"] != NONE:
        join_gate_queue(state, i, place)
        return
    gate["queue"] = push(state.trucks, gate["queue"], i)
    touch(state, place)


@part
def serve_gate(state: EngineState, place: int) -> None:
    """All who wait pass while it is open."""
    gate = state.places[place]
    if not level(state, place):
        if gate["queue"] != NONE:
            wake_at(state, place, next_change_s(state, place))
        return
    while gate["queue"] != NONE:
        i = gate["queue"]
        gate["queue"] = remove_first(state.trucks, i)
        m = i
        while m != NONE:
            log(state, m, PASSED, place, NONE)
            record_wait(state, place, i)
            m = state.trucks[m]["next_in_convoy"]
        fire_after_round(state, i, EVENT_PASSED)
