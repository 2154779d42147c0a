"""Resources of convoys: vehicles, drivers, escorts and fuel, and the outcomes of missions."""

from sim.jit import part
from sim.loop.clock import log_row, touch
from sim.loop.state import MISSION, NEVER_S, NONE, EngineState
from sim.rules import (
    ABORTED,
    NO_REQUEST,
    PERMISSION_NOT_NEEDED,
    departing_vehicles,
    next_attempt_s,
    next_midnight_s,
    trips_fuelled,
    units_needed,
)


@part
def add_free(state: EngineState, place: int, number: int, since_s: int) -> None:
    """Adds `number` free units to a fleet or crew that have been free since `since_s`; negative to remove some."""
    resource = state.places[place]
    if resource["free"] <= 0 < resource["free"] + number:
        resource["free_since_s"] = since_s
    resource["free"] += number


@part
def next_return_s(state: EngineState, place: int) -> int:
    """Returns the next known second at which units become free, NEVER_S if there is none."""
    resource, back_s = state.places[place], NEVER_S
    if resource["held"] > 0:
        back_s = int(resource["held_until_s"])
    if resource["resting"] > 0:
        back_s = min(back_s, state.rest_ends_s[resource["first_rest"] + resource["next_rest"]])
    return int(back_s)


@part
def update_resource(state: EngineState, place: int) -> None:
    """Makes free all units that have returned by now, in the order of their return."""
    resource = state.places[place]
    while True:
        back_s = next_return_s(state, place)
        if back_s > state.clock[0]["now_s"]:
            break
        if resource["held"] > 0 and resource["held_until_s"] == back_s:
            add_free(state, place, resource["held"], back_s)
            resource["held"] = 0
        else:
            add_free(state, place, 1, back_s)
            resource["next_rest"] = (resource["next_rest"] + 1) % resource["rest_capacity"]
            resource["resting"] -= 1


@part
def release_resource(state: EngineState, place: int, number: int) -> None:
    """Returns `number` units of a fleet or crew, which become free after their rest."""
    resource, now_s = state.places[place], state.clock[0]["now_s"]
    if resource["rest_s"] > 0:
        for _ in range(number):
            last = (resource["next_rest"] + resource["resting"]) % resource["rest_capacity"]
            state.rest_ends_s[resource["first_rest"] + last] = now_s + resource["rest_s"]
            resource["resting"] += 1
    else:
        add_free(state, place, number, now_s)
    touch(state, resource["owner"])


@part
def update_requirements(state: EngineState, number: int) -> None:
    """Makes free all units that convoys of a line need and that have returned by now. `number` : of `lines`."""
    line = state.lines[number]
    if line["fleet"] != NONE:
        update_resource(state, line["fleet"])
        if state.places[line["fleet"]]["drivers"] != NONE:
            update_resource(state, state.places[line["fleet"]]["drivers"])
    if state.places[line["yard"]]["escorts"] != NONE:
        update_resource(state, state.places[line["yard"]]["escorts"])


@part
def requirements_next_return_s(state: EngineState, number: int) -> int:
    """Returns the next known second at which any resource of a line returns, NEVER_S if there is none."""
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
    """Returns how many of `vehicles` have all the drivers, escorts and fuel that they need."""
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
    """Returns the number of trips of a fleet for which its depot has fuel."""
    fleet = state.places[place]
    return int(trips_fuelled(state.places[fleet["depot"]]["content"], fleet["reserve_litres"], fleet["litres"]))


@part
def acquire_people(state: EngineState, number: int, vehicles: int) -> int:
    """Takes drivers and escorts for `vehicles`; returns the number of escorts."""
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
    """Makes `number` units that were taken free at midnight. Units that are held were all taken on one day."""
    resource = state.places[place]
    resource["held"] += number
    resource["held_until_s"] = next_midnight_s(state.clock[0]["now_s"])


@part
def on_aborted(state: EngineState, number: int, vehicles: int) -> None:
    """Takes what an aborted mission of `vehicles` would have used, until midnight."""
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
    """Returns the outcome of a mission of a line that would set out now. `number` : of `lines`."""
    yard = state.places[state.lines[number]["yard"]]
    if yard["first_outcome"] == NONE:
        return PERMISSION_NOT_NEEDED
    while (
        yard["current_outcome"] + 1 < yard["end_outcome"]
        and state.mission_outcomes[yard["current_outcome"] + 1, 0] <= state.clock[0]["now_s"]
    ):
        yard["current_outcome"] += 1
    return int(state.mission_outcomes[yard["current_outcome"], 1])


@part
def next_outcome_change_s(state: EngineState, number: int) -> int:
    """Returns the second of the next change of the outcome, NEVER_S if there is none."""
    current_outcome(state, number)
    yard = state.places[state.lines[number]["yard"]]
    if yard["first_outcome"] == NONE or yard["current_outcome"] + 1 == yard["end_outcome"]:
        return NEVER_S
    return int(state.mission_outcomes[yard["current_outcome"] + 1, 0])


@part
def apply_outcome(state: EngineState, number: int, vehicles: int, load: int, carrier: int) -> int:
    """Returns how many vehicles of a mission set out; logs its outcome where permission is needed.

    load, carrier : of the mission's first truck.
    """
    line, now_s = state.lines[number], state.clock[0]["now_s"]
    yard = state.places[line["yard"]]
    outcome = current_outcome(state, number)
    if outcome == PERMISSION_NOT_NEEDED:
        return vehicles
    if line["applicant"] != NONE:  # the permission is used up
        line["request"] = NO_REQUEST
    log_row(state, load, MISSION, line["yard"], carrier, outcome)
    line["not_before_s"] = next_attempt_s(outcome, now_s, yard["retry_s"])
    if outcome == ABORTED:
        on_aborted(state, number, vehicles)
    return int(departing_vehicles(vehicles, outcome))


@part
def departure_delay_s(state: EngineState, number: int) -> int:
    """Returns the delay before a convoy that sets out now drives [s]."""
    yard = state.places[state.lines[number]["yard"]]
    return 0 if yard["first_outcome"] == NONE else int(state.mission_outcomes[yard["current_outcome"], 2])


@part
def release_escorts(state: EngineState, i: int) -> None:
    """Releases the escorts of the convoy that truck `i` leads, whose trucks part."""
    truck = state.trucks[i]
    if truck["escorts"] > 0:
        release_resource(state, state.places[state.lines[truck["line"]]["yard"]]["escorts"], truck["escorts"])
        truck["escorts"] = 0
