"""Roads and gates in the compiled loop: what a convoy does as one."""

from sim.jit import part
from sim.loop.clock import decide, level, log, log_row, next_change_s, touch, wait_until, wake_at
from sim.loop.convoys import join_convoy
from sim.loop.gates import gives_up_room, joins_line
from sim.loop.queues import joined, without_first
from sim.loop.resources import parts
from sim.loop.state import DRIVES, FINISHED, HAS_PASSED, INTERCEPTED, JOINED, NOBODY, PASSED, STARTED, ZERO, Board
from sim.loop.tasks import is_barred, left_now
from sim.loop.trucks import count_visit, drives_home, goes_on, lets_go, lets_vehicle_home, met_at, queue_key, tells_wait
from sim.rules import goes_rather, is_lost, reached_in_traffic_s, slowed, speed_left


@part
def travels(board: Board, i: int) -> None:
    """A truck, or a convoy as one with the luck of its first, drives along a road, or one that is chosen now."""
    truck, now_s = board.trucks[i], board.clock[0]["now_s"]
    chosen = road_taken(board, truck["step"])
    if chosen == NOBODY:
        is_barred(board, i)
        return
    m = i
    while m != NOBODY:
        lets_go(board, m)
        mate = board.trucks[m]
        mate["way"] = board.steps[mate["step"]]["first_way"] + chosen
        log(board, m, STARTED, board.steps[mate["way"]]["place"], NOBODY)
        if m != i and mate["carrier"] != NOBODY:  # of trucks the first alone has the luck of the drive
            count_visit(board, m, board.steps[mate["way"]]["been"])
        m = mate["mate"]
    way = board.steps[truck["way"]]
    road = board.places[way["place"]]
    truck["visit"] = count_visit(board, i, way["been"])
    free_s = met_at(board, i, truck["way"], way["work"], way["work_again"])
    at_s, percent = board.at_s[road["first"] : road["end"]], board.level[road["first"] : road["end"]]
    if road["intercepts"]:
        settles_losses(board, i)
    truck["state"] = DRIVES
    left = speed_left_now(board, way["place"])
    count_on_road(board, way["place"], party(board, i))
    wait_until(board, i, reached_in_traffic_s(now_s, free_s, left, at_s, percent))


@part
def road_taken(board: Board, step: int) -> int:
    """Which of the roads of a step is taken by who sets out now, from 0; NOBODY where all are shut."""
    own = board.steps[step]
    found = NOBODY
    for way in range(own["first_way"], own["end_way"]):
        if left_now(board, board.steps[way]["place"]) == 0:
            continue
        if found == NOBODY:
            found = way
            continue
        place, other = board.steps[way]["place"], board.steps[found]["place"]
        speed = level(board, place) * speed_left_now(board, place)
        other_speed = level(board, other) * speed_left_now(board, other)
        if goes_rather(own["choose"], board.places[place]["mean_s"], speed, board.places[other]["mean_s"], other_speed):
            found = way
    return int(found - own["first_way"]) if found != NOBODY else int(NOBODY)


@part
def speed_left_now(board: Board, place: int) -> int:
    """The share of a road's speed that tasks and the vehicles on it as this second began leave [per cent]."""
    road = board.places[place]
    if road["crowd"] == NOBODY:
        return left_now(board, place)
    vehicles = road["were_on_it"] if road["changed_s"] == board.clock[0]["now_s"] else road["on_it"]
    left = speed_left(vehicles, road["crowd"], road["each"], road["least"])
    return int(slowed(left, left_now(board, place)))


@part
def party(board: Board, i: int) -> int:
    """The vehicles of a convoy, or one truck."""
    vehicles = ZERO
    while i != NOBODY:
        vehicles += 1
        i = board.trucks[i]["mate"]
    return vehicles


@part
def count_on_road(board: Board, place: int, vehicles: int) -> None:
    """So many set out; below 0, so many have arrived. Others see that from the next second on."""
    road, now_s = board.places[place], board.clock[0]["now_s"]
    if road["crowd"] == NOBODY:
        return
    if road["changed_s"] != now_s:
        road["changed_s"] = now_s
        road["were_on_it"] = road["on_it"]
    road["on_it"] += vehicles


@part
def settles_losses(board: Board, i: int) -> None:
    """Who of a party that sets out now will have lost all that it carries at the end of the road."""
    m, mission, place = i, ZERO, board.steps[board.trucks[i]["way"]]["place"]
    road = board.places[place]
    while m != NOBODY:
        truck = board.trucks[m]
        way = board.steps[truck["way"]]
        truck["visit"] = count_visit(board, m, way["drives"])
        if m == i:
            mission = met_at(board, m, truck["way"], way["stopped"], way["stopped_again"])
        factor = board.factors[place, board.source[truck["load"]]]
        taken = met_at(board, m, truck["way"], way["taken"], way["taken_again"])
        truck["is_lost"] = is_lost(mission, road["missions"], taken, road["within"], factor)
        m = truck["mate"]


@part
def has_driven(board: Board, i: int) -> None:
    """The drive is over; those that have lost nothing go on, behind the first of them."""
    m, road = i, board.steps[board.trucks[i]["way"]]["place"]
    count_on_road(board, road, -party(board, i))
    first, last, escorts = NOBODY, NOBODY, board.trucks[i]["escorts"]
    while m != NOBODY:
        following = board.trucks[m]["mate"]
        log(board, m, FINISHED, road, NOBODY)
        if board.trucks[m]["is_lost"]:
            loses_all(board, m, road)
        else:
            join_convoy(board, last, m)
            first = m if first == NOBODY else first
            last = m
        m = following
    if first == NOBODY:
        parts(board, i)
    else:
        if first != i:  # who leads has the escorts
            board.trucks[i]["escorts"] = 0
            board.trucks[first]["escorts"] = escorts
            board.trucks[first]["line"] = board.trucks[i]["line"]
        goes_on(board, first)


@part
def loses_all(board: Board, i: int, road: int) -> None:
    """All that a truck carries is intercepted; a vehicle drives home, and a load's own truck is gone."""
    truck = board.trucks[i]
    truck["is_lost"] = 0
    gives_up_room(board, i)
    if truck["carrier"] == NOBODY:
        log(board, i, INTERCEPTED, road, truck["pallets"])
        lets_vehicle_home(board, i)
        return
    row = truck["cargo"]
    while row != NOBODY:
        piece = board.trucks[row]
        log_row(board, piece["part_of"], INTERCEPTED, road, truck["carrier"], piece["part"])
        row = piece["next_part"]
    truck["visit"] = 0  # of its way home
    drives_home(board, i)


@part
def comes_to_gate(board: Board, i: int) -> None:
    """A truck, or a convoy as one, joins the queue of a gate."""
    m, place = i, board.steps[board.trucks[i]["step"]]["place"]
    while m != NOBODY:
        lets_go(board, m)
        log(board, m, JOINED, place, NOBODY)
        m = board.trucks[m]["mate"]
    gate = board.places[place]
    board.trucks[i]["key"] = queue_key(board, i)
    if gate["desk"] != NOBODY:
        joins_line(board, i, place)
        return
    gate["queue"] = joined(board.trucks, gate["queue"], i)
    touch(board, place)


@part
def gate_starts(board: Board, place: int) -> None:
    """All who wait pass while it is open."""
    gate = board.places[place]
    if not level(board, place):
        if gate["queue"] != NOBODY:
            wake_at(board, place, next_change_s(board, place))
        return
    while gate["queue"] != NOBODY:
        i = gate["queue"]
        gate["queue"] = without_first(board.trucks, i)
        m = i
        while m != NOBODY:
            log(board, m, PASSED, place, NOBODY)
            tells_wait(board, place, i)
            m = board.trucks[m]["mate"]
        decide(board, i, HAS_PASSED)
