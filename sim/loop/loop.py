"""The model again, as one loop over seconds for Numba: the same verbs, the same places, the same rules, the same log.

The SimPy model (corridor.py, places.py, convoys.py) is the one to read first; here each of its processes is a row of
the board, and what it waits for is a number. In every second first comes what is due, then come rounds: each place that
may have something to do starts what it can, in the order of places, and who was let through goes on when the round is
over. Nothing here allocates. With Numba switched off it is plain Python.

The compiled engine: a network and its luck as a board, the loop over it, and its log in canonical order.

Loads that look at waits choose their corridor in the compiled loop, as they do in corridor.py.

What phases change in the compiled loop: numbers of places that are others from one second on.
"""

from typing import Any

import numpy as np

from sim.jit import by_address, part, passage, tight
from sim.loop.clock import bring_near, gets_turn, log, touch, wakes
from sim.loop.convoys import gathers, owner_starts, platform_starts
from sim.loop.gates import desk_starts
from sim.loop.lanes import arrives, comes_to_pool, is_done, pool_starts
from sim.loop.lanes import on_broken_off as is_broken_off
from sim.loop.offices import asks_office, is_answered, is_permitted, office_starts, slots_start, waits_for_slot
from sim.loop.resources import adds, look
from sim.loop.roads import comes_to_gate, gate_starts, has_driven, travels
from sim.loop.state import (
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
    MAX,
    MIN,
    MISSIONS,
    NEVER_S,
    NOBODY,
    OF_TEAMS,
    OFFICE,
    PASS_GATE,
    PATIENCE,
    PEOPLE,
    PERMIT,
    PLATFORM,
    POOL,
    REQUESTED,
    REQUESTS,
    ROOM,
    ROUTED,
    SERVED_TILL_CLOSING,
    SETS_OUT,
    SLOTS,
    STOCKED,
    STORE,
    TAKE_SLOT,
    TEAMS,
    TRAVEL,
    VEHICLES,
    WAITS_TO_RETURN,
    WITHIN,
    ZERO,
    Board,
)
from sim.loop.stock import depot_starts, store_starts
from sim.loop.tasks import await_tasks, goes_on_with_task, teams_start
from sim.loop.trucks import count_visit, drives_home, goes, goes_on, is_home, lets_go, lets_vehicle_home, walks_on
from sim.rules import known_wait_s, waits_less
from sim.units import DAY_S


@tight
def play(whole: Board) -> None:
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


@part
def chooses(board: Board, load: int) -> int:
    """The first step of the corridor that a load takes; the log tells which."""
    source, day = board.source[load], board.clock[0]["now_s"] // DAY_S
    first, end, diverted_to = board.choosers[source, 0], board.choosers[source, 1], board.choosers[source, 2]
    taken, least_s = first, NEVER_S
    for row in range(first, end):
        there = board.places[board.options[row]["place"]]
        wait_s = known_wait_s(there["wait_day"], there["waited_s"], there["waits"], there["known_wait_s"], day)
        if waits_less(wait_s, least_s):
            taken, least_s = row, wait_s
    if (board.closed[load] >> (taken - first)) & 1:
        taken = diverted_to
    log(board, load, ROUTED, NOBODY, taken - first)
    return int(board.options[taken]["begin"])


@part
def come_about(board: Board) -> None:
    """The changes of this second, before all else that happens in it."""
    clock = board.clock[0]
    while clock["changed"] < len(board.changes) and board.changes[clock["changed"], 0] == clock["now_s"]:
        change(board, board.changes[clock["changed"]])
        clock["changed"] += 1
    clock["change_s"] = board.changes[clock["changed"], 0] if clock["changed"] < len(board.changes) else NEVER_S


@part
def change(board: Board, row: Any) -> None:
    """A number of a place is another one from now on."""
    number, setting, value = row[1], row[2], row[3]
    place = board.places[number]
    if setting == VEHICLES or setting == PEOPLE or setting == OF_TEAMS:  # noqa: SIM109, no tuples in a tight loop
        look(board, number)
        adds(board, number, value, board.clock[0]["now_s"])
        touch(board, place["owner"])
    elif setting == ROOM:
        place["room"] = value
        touch(board, number)
    elif setting == REQUESTS:
        place["requests"] = value
        touch(board, number)
    elif setting == MISSIONS:
        place["missions"] = value
    elif setting == WITHIN:
        place["within"] = value
    else:
        if setting == MIN:
            place["min"] = value
        elif setting == MAX:
            place["max"] = value
        elif setting == PATIENCE:
            place["patience_s"] = value
        for line in range(len(board.lines)):
            if board.lines[line]["yard"] == number:
                touch(board, board.lines[line]["owner"])
