"""Stores in the compiled loop: the floor behind docks, from which pallets are handed out evenly.

Depots in the compiled loop: litres that tankers bring, that users draw by the day, and convoys as they set out.
"""

from sim.jit import part
from sim.loop.clock import fire_after_round, log, log_row, touch, wake_at
from sim.loop.queues import push, remove_first
from sim.loop.resources import trips_with_fuel
from sim.loop.state import DRAWN, EVENT_STORED, FLEET, FUELLED, NEVER_S, NONE, TANKED, ZERO, EngineState
from sim.loop.trucks import queue_key
from sim.rules import flow_between, flow_complete_s, left_in_store, next_time_of_day_s, ration_litres, surplus
from sim.units import DAY_S


@part
def unload_to_store(state: EngineState, i: int, place: int) -> None:
    """Waits in its dock for room for all its pallets at once."""
    state.trucks[i]["key"] = queue_key(state, i)
    state.places[place]["queue"] = push(state.trucks, state.places[place]["queue"], i)
    touch(state, place)


@part
def serve_store(state: EngineState, place: int) -> None:
    """The first are put down as long as there is room for all their pallets."""
    store, now_s = state.places[place], state.clock[0]["now_s"]
    at_s, outflow = (
        state.calendar_at_s[store["first"] : store["end"]],
        state.calendar_value[store["first"] : store["end"]],
    )
    store["content"] = left_in_store(store["content"], flow_between(store["since_s"], now_s, at_s, outflow))
    store["since_s"] = now_s
    while store["queue"] != NONE:
        i = store["queue"]
        pallets = carried_pallets(state, i)
        above = surplus(store["content"], pallets, store["room"])
        if above > 0:
            wake_at(state, place, flow_complete_s(now_s, above, at_s, outflow))
            return
        store["queue"] = remove_first(state.trucks, i)
        store["content"] += pallets * DAY_S
        fire_after_round(state, i, EVENT_STORED)


@part
def carried_pallets(state: EngineState, i: int) -> int:
    """Pallets on a load's own truck, or on a vehicle."""
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
    """At the time of day the users draw; then the first are emptied as long as there is room for all they bring."""
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
    """Rank by rank, and those of one rank all at once."""
    depot, users = state.places[place], state.fuel_users
    first = depot["first_user"]
    while first < depot["end_user"]:
        end, wanted, there = first, ZERO, depot["content"]
        while end < depot["end_user"] and users[end, 0] == users[first, 0]:
            wanted += users[end, 1]
            end += 1
        for user in range(first, end):
            got = ration_litres(users[user, 1], wanted, there, users[user, 2])
            depot["content"] -= got
            log_row(state, NONE, DRAWN, place, user - depot["first_user"], got)
        first = end


@part
def add_fuel(state: EngineState, place: int, litres: int) -> None:
    """There is more, and whoever waits for fuel looks again."""
    for fleet in range(len(state.places)):
        own = state.places[fleet]
        if own["kind"] == FLEET and own["depot"] == place:
            if trips_with_fuel(state, fleet) == 0:
                own["fuelled_since_s"] = state.clock[0]["now_s"]
            touch(state, own["owner"])
    state.places[place]["content"] += litres


@part
def issue_fuel(state: EngineState, place: int, first: int, vehicles: int) -> None:
    """A convoy of a fleet, led by truck `first`, takes fuel, which may leave room for a tanker."""
    fleet = state.places[place]
    if fleet["depot"] == NONE:
        return
    litres = vehicles * fleet["litres"]
    state.places[fleet["depot"]]["content"] -= litres
    log(state, first, TANKED, fleet["depot"], litres)
    if state.places[fleet["depot"]]["queue"] != NONE:
        touch(state, fleet["depot"])
