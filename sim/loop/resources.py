"""Vehicles, drivers and escorts in the compiled loop, and what comes of missions that ask to set out."""

from sim.jit import part
from sim.loop.clock import log_row, touch
from sim.loop.state import MISSION, NEVER_S, NONE, EngineState
from sim.rules import (
    ABORTED,
    NO_REQUEST,
    NOT_ASKED,
    departing_vehicles,
    next_attempt_s,
    next_midnight_s,
    trips_fuelled,
    units_needed,
)


@part
def add_free(state: EngineState, place: int, number: int, since_s: int) -> None:
    """So many more of a fleet or a crew are free; or fewer, where a phase says so."""
    means = state.places[place]
    if means["free"] <= 0 < means["free"] + number:
        means["free_since_s"] = since_s
    means["free"] += number


@part
def next_return_s(state: EngineState, place: int) -> int:
    """When the next of those whose return is known are free again."""
    means, back_s = state.places[place], NEVER_S
    if means["held"] > 0:
        back_s = int(means["held_until_s"])
    if means["resting"] > 0:
        back_s = min(back_s, state.rest_ends_s[means["first_rest"] + means["next_rest"]])
    return int(back_s)


@part
def update_resource(state: EngineState, place: int) -> None:
    """Makes free whoever is back by now, in the order of their return."""
    means = state.places[place]
    while True:
        back_s = next_return_s(state, place)
        if back_s > state.clock[0]["now_s"]:
            break
        if means["held"] > 0 and means["held_until_s"] == back_s:
            add_free(state, place, means["held"], back_s)
            means["held"] = 0
        else:
            add_free(state, place, 1, back_s)
            means["next_rest"] = (means["next_rest"] + 1) % means["rest_capacity"]
            means["resting"] -= 1


@part
def release_resource(state: EngineState, place: int, number: int) -> None:
    """So many of a fleet or a crew have come back, and are free when they have rested."""
    means, now_s = state.places[place], state.clock[0]["now_s"]
    if means["rest_s"] > 0:
        for _ in range(number):
            last = (means["next_rest"] + means["resting"]) % means["rest_capacity"]
            state.rest_ends_s[means["first_rest"] + last] = now_s + means["rest_s"]
            means["resting"] += 1
    else:
        add_free(state, place, number, now_s)
    touch(state, means["owner"])


@part
def update_requirements(state: EngineState, number: int) -> None:
    """Makes free whom convoys of a line take and who is back by now."""
    line = state.lines[number]
    if line["fleet"] != NONE:
        update_resource(state, line["fleet"])
        if state.places[line["fleet"]]["drivers"] != NONE:
            update_resource(state, state.places[line["fleet"]]["drivers"])
    if state.places[line["yard"]]["escorts"] != NONE:
        update_resource(state, state.places[line["yard"]]["escorts"])


@part
def requirements_next_return_s(state: EngineState, number: int) -> int:
    """When the next of these are free whose return is known."""
    line, back_s = state.lines[number], NEVER_S
    if line["fleet"] != NONE:
        back_s = min(back_s, next_return_s(state, line["fleet"]))
        if state.places[line["fleet"]]["drivers"] != NONE:
            back_s = min(back_s, next_return_s(state, state.places[line["fleet"]]["drivers"]))
    if state.places[line["yard"]]["escorts"] != NONE:
        back_s = min(back_s, next_return_s(state, state.places[line["yard"]]["escorts"]))
    return int(back_s)


@part
def feasible_vehicles(state: EngineState, number: int, vehicles: int) -> int:
    """As many of the vehicles as there is everything for."""
    line = state.lines[number]
    yard = state.places[line["yard"]]
    if line["fleet"] != NONE:
        fleet = state.places[line["fleet"]]
        vehicles = min(vehicles, fleet["free"])
        if fleet["drivers"] != NONE:
            vehicles = min(vehicles, state.places[fleet["drivers"]]["free"])
        if fleet["depot"] != NONE:
            vehicles = min(vehicles, trips_with_fuel(state, line["fleet"]))
    if yard["escorts"] != NONE:
        vehicles = min(vehicles, state.places[yard["escorts"]]["free"] * yard["escorted"])
    return int(max(vehicles, 0))


@part
def trips_with_fuel(state: EngineState, place: int) -> int:
    """For how many trips of a fleet its depot has fuel."""
    fleet = state.places[place]
    return int(trips_fuelled(state.places[fleet["depot"]]["content"], fleet["reserve_litres"], fleet["litres"]))


@part
def acquire_people(state: EngineState, number: int, vehicles: int) -> int:
    """Takes drivers and escorts for so many vehicles, and returns how many escorts that are."""
    line = state.lines[number]
    yard = state.places[line["yard"]]
    if line["fleet"] != NONE and state.places[line["fleet"]]["drivers"] != NONE:
        state.places[state.places[line["fleet"]]["drivers"]]["free"] -= vehicles
    if yard["escorts"] == NONE:
        return 0
    escorts = units_needed(vehicles, yard["escorted"])
    state.places[yard["escorts"]]["free"] -= escorts
    return int(escorts)


@part
def hold_until_midnight(state: EngineState, place: int, number: int) -> None:
    """So many that were taken are free again at midnight: all that are held were held on one day."""
    means = state.places[place]
    means["held"] += number
    means["held_until_s"] = next_midnight_s(state.clock[0]["now_s"])


@part
def on_aborted(state: EngineState, number: int, vehicles: int) -> None:
    """What the mission would have used is out until midnight."""
    line = state.lines[number]
    escorts = acquire_people(state, number, vehicles)
    if escorts > 0:
        hold_until_midnight(state, state.places[line["yard"]]["escorts"], escorts)
    if line["fleet"] != NONE:
        state.places[line["fleet"]]["free"] -= vehicles
        hold_until_midnight(state, line["fleet"], vehicles)
        if state.places[line["fleet"]]["drivers"] != NONE:
            hold_until_midnight(state, state.places[line["fleet"]]["drivers"], vehicles)


@part
def current_outcome(state: EngineState, number: int) -> int:
    """What comes of missions of a line at this hour."""
    yard = state.places[state.lines[number]["yard"]]
    if yard["first_answer"] == NONE:
        return NOT_ASKED
    while (
        yard["current_outcome"] + 1 < yard["end_outcome"]
        and state.mission_outcomes[yard["current_outcome"] + 1, 0] <= state.clock[0]["now_s"]
    ):
        yard["current_outcome"] += 1
    return int(state.mission_outcomes[yard["current_outcome"], 1])


@part
def next_outcome_change_s(state: EngineState, number: int) -> int:
    """The next second at which that changes, NEVER_S if it never does."""
    current_outcome(state, number)
    yard = state.places[state.lines[number]["yard"]]
    if yard["first_answer"] == NONE or yard["current_outcome"] + 1 == yard["end_outcome"]:
        return NEVER_S
    return int(state.mission_outcomes[yard["current_outcome"] + 1, 0])


@part
def apply_outcome(state: EngineState, number: int, vehicles: int, load: int, carrier: int) -> int:
    """How many vehicles of a mission, named by its first load and vehicle, set out."""
    line, now_s = state.lines[number], state.clock[0]["now_s"]
    yard = state.places[line["yard"]]
    outcome = current_outcome(state, number)
    if outcome == NOT_ASKED:
        return vehicles
    if line["applicant"] != NONE:  # the permission is used up
        line["request"] = NO_REQUEST
    log_row(state, load, MISSION, line["yard"], carrier, outcome)
    line["not_before_s"] = next_attempt_s(outcome, now_s, yard["again_s"])
    if outcome == ABORTED:
        on_aborted(state, number, vehicles)
    return int(departing_vehicles(vehicles, outcome))


@part
def departure_delay_s(state: EngineState, number: int) -> int:
    """For how long a convoy that sets out now is delayed before it drives."""
    yard = state.places[state.lines[number]["yard"]]
    return 0 if yard["first_answer"] == NONE else int(state.mission_outcomes[yard["current_outcome"], 2])


@part
def release_escorts(state: EngineState, i: int) -> None:
    """The vehicles of the convoy that truck `i` leads part, and its escorts are free, or rest."""
    truck = state.trucks[i]
    if truck["escorts"] > 0:
        release_resource(state, state.places[state.lines[truck["line"]]["yard"]]["escorts"], truck["escorts"])
        truck["escorts"] = 0
