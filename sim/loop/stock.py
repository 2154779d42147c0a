"""Places that hold stock: stores, which hand out pallets at a rate, and fuel depots.

Tankers fill a depot; its users draw daily rations, and convoys take fuel as they set out. For platforms see `convoys`.
"""

from sim.jit import part
from sim.loop.clock import fire_after_round, log, log_row, touch, wake_at
from sim.loop.queues import push, remove_first
from sim.loop.resources import trips_with_fuel
from sim.loop.state import DRAWN, EVENT_STORED, FLEET, FUELLED, NEVER_S, NONE, TANKED, ZERO, EngineState
from sim.loop.trucks import queue_key
from sim.rules import (
    content_after_outflow,
    excess_over_room,
    flow_between,
    flow_complete_s,
    next_time_of_day_s,
    ration_litres,
)
from sim.units import DAY_S


@part
def unload_to_store(state: EngineState, i: int, place: int) -> None:
    """Puts truck `i`, in its dock, into the queue for room for all its pallets in a store or depot."""
    state.trucks[i]["key"] = queue_key(state, i)
    state.places[place]["queue"] = push(state.trucks, state.places[place]["queue"], i)
    touch(state, place)


@part
def serve_store(state: EngineState, place: int) -> None:
    """Updates the content and unloads waiting trucks while there is room for all their pallets."""
    store, now_s = state.places[place], state.clock[0]["now_s"]
    at_s, outflow = (
        state.calendar_at_s[store["first"] : store["end"]],
        state.calendar_value[store["first"] : store["end"]],
    )
    store["content"] = content_after_outflow(store["content"], flow_between(store["since_s"], now_s, at_s, outflow))
    store["since_s"] = now_s
    while store["queue"] != NONE:
        i = store["queue"]
        pallets = carried_pallets(state, i)
        excess = excess_over_room(store["content"], pallets, store["room"])
        if excess > 0:
            wake_at(state, place, flow_complete_s(now_s, excess, at_s, outflow))
            return
        store["queue"] = remove_first(state.trucks, i)
        store["content"] += pallets * DAY_S
        fire_after_round(state, i, EVENT_STORED)


@part
def carried_pallets(state: EngineState, i: int) -> int:
    """Returns the number of pallets on truck `i`, a load's own or a vehicle."""
    truck = state.trucks[i]
    if truck["carrier"] == NONE:
        return int(truck["pallets"])
    row, pallets = truck["first_part"], ZERO
    while row != NONE:
        pallets += state.trucks[row]["part_pallets"]
        row = state.trucks[row]["next_part"]
    return int(pallets)


@part
def serve_depot(state: EngineState, place: int) -> None:
    """Issues the daily rations when they are due, and unloads waiting tankers while there is room."""
    depot, now_s = state.places[place], state.clock[0]["now_s"]
    if depot["next_ration_s"] == now_s:
        ration_fuel(state, place)
        depot["next_ration_s"] = next_time_of_day_s(now_s, depot["ration_time_of_day_s"])
    if depot["next_ration_s"] < NEVER_S:
        wake_at(state, place, depot["next_ration_s"])
    while depot["queue"] != NONE:
        i = depot["queue"]
        litres = carried_pallets(state, i) * depot["litres"]
        if 0 <= depot["room"] < depot["content"] + litres:
            return
        depot["queue"] = remove_first(state.trucks, i)
        add_fuel(state, place, litres)
        log(state, i, FUELLED, place, litres)
        fire_after_round(state, i, EVENT_STORED)


@part
def ration_fuel(state: EngineState, place: int) -> None:
    """Issues the daily rations: rank by rank, within a rank in proportion to demand."""
    depot, users = state.places[place], state.fuel_users
    first = depot["first_user"]
    while first < depot["end_user"]:
        end, demand, content = first, ZERO, depot["content"]
        while end < depot["end_user"] and users[end, 0] == users[first, 0]:
            demand += users[end, 1]
            end += 1
        for user in range(first, end):
            litres = ration_litres(users[user, 1], demand, content, users[user, 2])
            depot["content"] -= litres
            log_row(state, NONE, DRAWN, place, user - depot["first_user"], litres)
        first = end


@part
def add_fuel(state: EngineState, place: int, litres: int) -> None:
    """Adds `litres` and touches the owners of the fleets that draw from this depot."""
    for fleet in range(len(state.places)):
        row = state.places[fleet]
        if row["kind"] == FLEET and row["depot"] == place:
            if trips_with_fuel(state, fleet) == 0:
                row["fuelled_since_s"] = state.clock[0]["now_s"]
            touch(state, row["owner"])
    state.places[place]["content"] += litres


@part
def issue_fuel(state: EngineState, place: int, first: int, vehicles: int) -> None:
    """Takes fuel for a convoy of a fleet, led by truck `first`; touches the depot if tankers wait for room."""
    fleet = state.places[place]
    if fleet["depot"] == NONE:
        return
    litres = vehicles * fleet["litres"]
    state.places[fleet["depot"]]["content"] -= litres
    log(state, first, TANKED, fleet["depot"], litres)
    if state.places[fleet["depot"]]["queue"] != NONE:
        touch(state, fleet["depot"])
