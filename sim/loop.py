"""The model again, as one loop over seconds for Numba: the same verbs, the same places, the same rules, the same log.

The SimPy model (corridor.py, places.py, convoys.py) is the one to read first; here each of its processes is a row of
the board, and what it waits for is a number. In every second first comes what is due, then come rounds: each place that
may have something to do starts what it can, in the order of places, and who was let through goes on when the round is
over. Nothing here allocates. With Numba switched off it is plain Python.
"""

import numpy as np

from sim.address import by_address
from sim.board import (
    AWAITS_ANSWER,
    AWAITS_PERMISSION,
    CEILING,
    CONVOY,
    DEPOT,
    DRIVES,
    DRIVES_HOME,
    GATE,
    HAS_PASSED,
    IS_ADMITTED,
    IS_DELAYED,
    IS_SERVED,
    IS_STORED,
    IS_TURNED_AWAY,
    NOBODY,
    OFFICE,
    PASS_GATE,
    PERMIT,
    PLATFORM,
    POOL,
    REQUESTED,
    SERVED_TILL_CLOSING,
    SETS_OUT,
    SLOTS,
    STOCKED,
    STORE,
    TAKE_SLOT,
    TEAMS,
    TRAVEL,
    WAITS_TO_RETURN,
    ZERO,
    Board,
)
from sim.jit import passage, tight
from sim.loop_ceilings import desk_starts
from sim.loop_choices import chooses
from sim.loop_clock import bring_near, gets_turn, log, wakes
from sim.loop_convoys import gathers, owner_starts
from sim.loop_depots import depot_starts
from sim.loop_fleets import platform_starts
from sim.loop_lanes import arrives, comes_to_pool, is_broken_off, is_done, pool_starts
from sim.loop_offices import asks_office, is_answered, is_permitted, office_starts
from sim.loop_phases import come_about
from sim.loop_roads import comes_to_gate, gate_starts, has_driven, travels
from sim.loop_slots import slots_start, waits_for_slot
from sim.loop_stores import store_starts
from sim.loop_tasks import await_tasks, goes_on_with_task, teams_start
from sim.loop_trucks import count_visit, goes, goes_on, lets_go, walks_on
from sim.loop_vehicles import drives_home, is_home, lets_vehicle_home


@tight
def run(whole: Board) -> None:
    """Runs the board to its horizon; the log is then in the order of time."""
    board = by_address(whole)
    clock = board.clock[0]
    loads, load, mask = len(board.created_s), ZERO, len(board.ring) - 1
    now_s = ZERO
    await_tasks(board)
    while True:
        until_s = min(clock["horizon_s"], clock["wake_s"], clock["far_s"], clock["change_s"])
        if load < loads:
            until_s = min(until_s, board.created_s[load])
        while now_s < until_s and board.ring[now_s & mask] == NOBODY:
            now_s += 1
        if now_s == clock["horizon_s"]:
            return
        clock["now_s"] = now_s
        if clock["change_s"] == now_s:
            come_about(board)
        if clock["far_s"] <= now_s:
            bring_near(board)
        due: int = np.int64(board.ring[now_s & mask])  # type: ignore[assignment]  # as wide as the other links
        board.ring[now_s & mask] = NOBODY
        while due != NOBODY:
            truck, due = due, board.trucks[due]["next_due"]
            ends(board, truck)
        while load < loads and board.created_s[load] == now_s:
            begins(board, load)
            load += 1
        if clock["wake_s"] <= now_s:
            wakes(board)
        while True:
            while clock["going"] != NOBODY:
                truck = clock["going"]
                clock["going"] = board.trucks[truck]["next_due"]
                walks(board, truck)
            if clock["turns"] == 0:
                break
            play_round(board)
        now_s += 1


@passage
def play_round(board: Board) -> None:
    """Each place that has a turn starts what it can, in order; then those whom it let through go on."""
    clock = board.clock[0]
    while clock["turns"]:
        clock["turns"] -= 1
        place = board.turns[0, clock["turns"]]
        board.places[place]["has_turn"] = 0
        clock["serving"] = place
        starts(board, place)
    clock["serving"] = NOBODY
    for i in range(clock["later"]):
        gets_turn(board, board.turns[1, i])
    clock["later"] = 0
    told = clock["told"]
    clock["told"] = NOBODY
    while told != NOBODY:
        i, told = told, board.trucks[told]["next_told"]
        learns(board, i)


@passage
def begins(board: Board, load: int) -> None:
    """A load comes into being, or is there already when the run starts."""
    step = board.begins[load]
    if board.stocked[load]:
        log(board, load, STOCKED, board.steps[step]["stands"], board.trucks[load]["pallets"])
    else:
        log(board, load, REQUESTED, NOBODY, board.trucks[load]["pallets"])
        if step == NOBODY:
            step = chooses(board, load)
    board.trucks[load]["step"] = step
    goes(board, load)


@passage
def walks(board: Board, i: int) -> None:
    """Truck `i`, or the convoy that it leads, begins its step."""
    truck = board.trucks[i]
    step = board.steps[truck["step"]]
    verb = step["verb"]
    if verb == TRAVEL:
        travels(board, i)
    elif verb == PASS_GATE:
        comes_to_gate(board, i)
    elif verb == CONVOY:
        gathers(board, i)
    elif verb == PERMIT:
        asks_office(board, i)
    elif verb == TAKE_SLOT:
        waits_for_slot(board, i)
    else:
        truck["visit"] = count_visit(board, i, step["been"])
        comes_to_pool(board, i)


@passage
def ends(board: Board, i: int) -> None:
    """What truck `i` was doing is over."""
    state = board.trucks[i]["state"]
    if board.trucks[i]["task"] != NOBODY:
        goes_on_with_task(board, i)
    elif state == DRIVES:
        has_driven(board, i)
    elif state == IS_SERVED:
        is_done(board, i)
    elif state == SERVED_TILL_CLOSING:
        is_broken_off(board, i)
    elif state == WAITS_TO_RETURN:
        goes(board, i)
    elif state == AWAITS_ANSWER:
        is_answered(board, i)
    elif state == DRIVES_HOME:
        is_home(board, i)
    elif state == IS_DELAYED:
        walks_on(board, i)
    elif state == AWAITS_PERMISSION:
        is_permitted(board, i)


@passage
def learns(board: Board, i: int) -> None:
    """The round is over, in which something was decided about truck `i`."""
    news = board.trucks[i]["news"]
    if news == HAS_PASSED:
        goes_on(board, i)
    elif news == SETS_OUT:  # its step is the one behind the yard already
        walks_on(board, i)
    else:  # admitted, placed, stored or turned away: the lane behind it is free
        lets_go(board, i)
        if news == IS_STORED:
            arrives(board, i)
        elif news == IS_TURNED_AWAY and board.trucks[i]["carrier"] != NOBODY:
            drives_home(board, i)
        elif news != IS_ADMITTED:
            lets_vehicle_home(board, i)


@passage
def starts(board: Board, place: int) -> None:
    """It is the turn of `place`."""
    kind = board.places[place]["kind"]
    if kind == POOL:
        pool_starts(board, place)
    elif kind == GATE:
        gate_starts(board, place)
    elif kind == CEILING:
        desk_starts(board, place)
    elif kind == OFFICE:
        office_starts(board, place)
    elif kind == SLOTS:
        slots_start(board, place)
    elif kind == PLATFORM:
        platform_starts(board, place)
    elif kind == STORE:
        store_starts(board, place)
    elif kind == TEAMS:
        teams_start(board, place)
    elif kind == DEPOT:
        depot_starts(board, place)
    else:  # whoever gives the turns to convoys: a yard, a fleet or a crew
        owner_starts(board, place)
