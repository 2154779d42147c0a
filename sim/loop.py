"""The model again, as one loop over seconds for Numba: the same verbs, the same places, the same rules, the same log.

The SimPy model (corridor.py, places.py, convoys.py) is the one to read first; here each of its processes is a row of
the board, and what it waits for is a number. In every second first comes what is due, then come rounds: each place that
may have something to do starts what it can, in the order of places, and who was let through goes on when the round is
over. Nothing here allocates. With Numba switched off it is plain Python.
"""

import numpy as np

from sim import rules
from sim.board import (
    ADMITTED,
    CONVOY,
    DRIVES,
    DRIVES_HOME,
    FLEET,
    GATE,
    INSPECT,
    IS_SERVED,
    NEVER_S,
    NOBODY,
    NUMBERS,
    PASS_GATE,
    PASSED,
    PLACED,
    PLATFORM,
    POOL,
    SETS_OUT,
    TRANSFER,
    TRAVEL,
    TURNED_AWAY,
    WAITS_TO_RETURN,
    ZERO,
    Board,
)  # fmt: skip
from sim.events import Kind
from sim.jit import part, shared, tight
from sim.queues import append, give_lane, joined, remove, take_lane, without_first
from sim.rules import (
    NO_START,
    collectable_s,
    convoy_size,
    finishes_s,
    may_start,
    may_try_again,
    next_departure_s,
    reached_s,
    vehicles_to_load,
)

for rule in (
    rules.last_step, collectable_s, convoy_size, finishes_s, may_start, may_try_again, next_departure_s, reached_s,
    vehicles_to_load,
):  # fmt: skip
    shared(rule)


(
    REQUESTED,
    STOCKED,
    FINISHED,
    REJECTED,
    RETURNED,
    NO_ROOM,
    OFFLOADED,
    JOINED,
    PASSED_GATE,
    COLLECTED,
    SET_OUT,
    STARTED,
    ARRIVED,
) = (NUMBERS[kind] for kind in Kind)


@tight
def run(board: Board) -> None:
    """Runs the board to its horizon; the log is then in the order of time."""
    clock = board.clock[0]
    loads, load, last = len(board.created_s), ZERO, len(board.ring) - 1
    now_s = ZERO
    while True:
        until_s = min(clock["horizon_s"], clock["wake_s"], clock["far_s"])
        if load < loads:
            until_s = min(until_s, board.created_s[load])
        while now_s < until_s and board.ring[now_s & last] == NOBODY:
            now_s += 1
        if now_s == clock["horizon_s"]:
            return
        clock["now_s"] = now_s
        if clock["far_s"] <= now_s:
            bring_near(board)
        due: int = np.int64(board.ring[now_s & last])  # type: ignore[assignment]  # as wide as the other links
        board.ring[now_s & last] = NOBODY
        while due != NOBODY:
            truck, due = due, board.trucks[due]["due"]
            ends(board, truck)
        while load < loads and board.created_s[load] == now_s:
            begins(board, load)
            load += 1
        if clock["wake_s"] <= now_s:
            wakes(board)
        while True:
            while clock["going"] != NOBODY:
                truck = clock["going"]
                clock["going"] = board.trucks[truck]["due"]
                walks(board, truck)
            if clock["turns"] == 0:
                break
            play_round(board)
        now_s += 1


# ---- the clock, the log, and the rounds


@part
def tell(board: Board, entity: int, kind: int, place: int, carrier: int, pallets: int) -> None:
    """A row of the log."""
    clock = board.clock[0]
    if clock["rows"] == len(board.log):
        raise IndexError("the log is longer than it can be")
    row = board.log[clock["rows"]]
    clock["rows"] += 1
    row["time_s"] = clock["now_s"]
    row["entity"] = entity
    row["kind"] = kind
    row["place"] = place
    row["carrier"] = carrier
    row["pallets"] = pallets


@part
def tell_of(board: Board, i: int, kind: int, place: int, pallets: int) -> None:
    """A row of the log about truck `i`."""
    truck = board.trucks[i]
    tell(board, truck["load"], kind, place, truck["carrier"], pallets)


@part
def wait_until(board: Board, i: int, time_s: int) -> None:
    """The time of truck `i` comes at `time_s`, which is later than now; beyond the horizon it never does."""
    clock, reach_s = board.clock[0], len(board.ring)
    if time_s >= clock["horizon_s"]:
        return
    if time_s - clock["now_s"] < reach_s:
        slot = time_s & (reach_s - 1)
        board.trucks[i]["due"] = board.ring[slot]
        board.ring[slot] = i
        return
    board.trucks[i]["key"] = time_s
    clock["far"] = joined(board.trucks, clock["far"], i)
    clock["far_s"] = board.trucks[clock["far"]]["key"] - reach_s + 1


@part
def bring_near(board: Board) -> None:
    """Those whose time the ring reaches by now."""
    clock = board.clock[0]
    while clock["far"] != NOBODY and board.trucks[clock["far"]]["key"] - clock["now_s"] < len(board.ring):
        i = clock["far"]
        clock["far"] = without_first(board.trucks, i)
        wait_until(board, i, board.trucks[i]["key"])
    clock["far_s"] = NEVER_S
    if clock["far"] != NOBODY:
        clock["far_s"] = board.trucks[clock["far"]]["key"] - len(board.ring) + 1


@part
def touch(board: Board, place: int) -> None:
    """Something changed at `place`: it has its turn in this round if that is still to come, else in the next."""
    clock = board.clock[0]
    if board.places[place]["has_turn"]:
        return
    board.places[place]["has_turn"] = 1
    if place > clock["serving"]:
        gets_turn(board, place)
    else:
        board.turns[1, clock["later"]] = place
        clock["later"] += 1


@part
def gets_turn(board: Board, place: int) -> None:
    """Few places have a turn to come: they stand in order, the one whose turn is next at the end."""
    clock = board.clock[0]
    i = clock["turns"]
    while i > 0 and board.turns[0, i - 1] < place:
        board.turns[0, i] = board.turns[0, i - 1]
        i -= 1
    board.turns[0, i] = place
    clock["turns"] += 1


@part
def wake_at(board: Board, place: int, time_s: int) -> None:
    """Has `place` looked at again at `time_s`, and not at the moment that was said before."""
    board.places[place]["wake_s"] = time_s
    if time_s < board.clock[0]["wake_s"]:
        board.clock[0]["wake_s"] = time_s


@part
def wakes(board: Board) -> None:
    """Touches the places that wanted to be woken by now."""
    first_s = NEVER_S
    for place in range(len(board.places)):
        if board.places[place]["wake_s"] <= board.clock[0]["now_s"]:
            board.places[place]["wake_s"] = NEVER_S
            touch(board, place)
        first_s = min(first_s, board.places[place]["wake_s"])
    board.clock[0]["wake_s"] = first_s


@part
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
        i, told = told, board.trucks[told]["told"]
        learns(board, i)


@part
def tell_truck(board: Board, i: int, news: int) -> None:
    """Truck `i` goes on when the round is over."""
    clock, truck = board.clock[0], board.trucks[i]
    truck["news"] = news
    truck["told"] = clock["told"]
    clock["told"] = i


# ---- trucks


@part
def goes(board: Board, i: int) -> None:
    """Truck `i` begins its step at this moment."""
    board.trucks[i]["due"] = board.clock[0]["going"]
    board.clock[0]["going"] = i


@part
def begins(board: Board, load: int) -> None:
    """A load comes into being, or is there already when the run starts."""
    step = board.begins[load]
    board.trucks[load]["step"] = step
    if board.stocked[load]:
        tell_of(board, load, STOCKED, board.stands[step], board.trucks[load]["pallets"])
    else:
        tell_of(board, load, REQUESTED, NOBODY, board.trucks[load]["pallets"])
    goes(board, load)


@part
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
    else:
        truck["visit"] = visit(board, i)
        asks(board, i, step["place"], met(board, i, step["work"], step["work_again"]))


@part
def ends(board: Board, i: int) -> None:
    """What truck `i` was doing is over."""
    state = board.trucks[i]["state"]
    if state == DRIVES:
        has_driven(board, i)
    elif state == IS_SERVED:
        is_done(board, i)
    elif state == WAITS_TO_RETURN:
        goes(board, i)
    elif state == DRIVES_HOME:
        is_home(board, i)


@part
def learns(board: Board, i: int) -> None:
    """The round is over, in which something was decided about truck `i`."""
    news = board.trucks[i]["news"]
    if news == PASSED:
        goes_on(board, i)
    elif news == SETS_OUT:
        walks_on(board, i)
    else:
        lets_go(board, i)
        if news == TURNED_AWAY and board.trucks[i]["carrier"] != NOBODY:
            drives_home(board, i)


@part
def visit(board: Board, i: int) -> int:
    """How often truck `i` was at the place of its step before; this is the next visit."""
    truck = board.trucks[i]
    column = board.steps[truck["step"]]["been"]
    if column == NOBODY:
        return 0
    before = board.been[truck["load"], column]
    board.been[truck["load"], column] = before + 1
    return int(before)


@part
def met(board: Board, i: int, row: int, row_again: int) -> int:
    """What the luck of truck `i` gives on this visit."""
    truck = board.trucks[i]
    load, seen = truck["load"], truck["visit"]
    if seen < board.steps[truck["step"]]["sure"]:
        return int(board.luck[row + seen, load])
    return int(board.again[row_again + seen, board.again_of[load]])


@part
def lets_go(board: Board, i: int) -> None:
    """Leaves the lane that it stood in until the next place had room."""
    truck = board.trucks[i]
    at = truck["held_at"]
    if at == NOBODY:
        return
    truck["held_at"] = NOBODY
    pool = board.places[at]
    give_lane(board.free, pool["lanes"], pool["free"], truck["held_lane"])
    pool["free"] += 1
    if pool["queue"] != NOBODY or pool["door"] != NOBODY:
        touch(board, at)


@part
def queue_key(board: Board, i: int) -> int:
    """The place in a queue of whoever joins now: by rank, joined, number of the first pallet."""
    clock, truck = board.clock[0], board.trucks[i]
    since = (truck["rank"] << clock["time_bits"]) | clock["now_s"]
    return int((since << clock["number_bits"]) | truck["number"])


@part
def goes_on(board: Board, i: int) -> None:
    """A truck, or a convoy as one, has done a step."""
    m = i
    while m != NOBODY:
        board.trucks[m]["step"] += 1
        m = board.trucks[m]["mate"]
    walks_on(board, i)


@part
def walks_on(board: Board, i: int) -> None:
    """The trucks of a convoy go on as one as long as they drive or pass gates, and then each on its own."""
    if board.steps[board.trucks[i]["step"]]["verb"] <= PASS_GATE:
        goes(board, i)
        return
    m = i
    while m != NOBODY:
        following = board.trucks[m]["mate"]
        board.trucks[m]["mate"] = NOBODY
        goes(board, m)
        m = following


# ---- travel and pass_gate


@part
def travels(board: Board, i: int) -> None:
    """A truck, or a convoy as one with the luck of its first, drives along a road."""
    truck = board.trucks[i]
    step = board.steps[truck["step"]]
    m = i
    while m != NOBODY:
        lets_go(board, m)
        tell_of(board, m, STARTED, step["place"], NOBODY)
        m = board.trucks[m]["mate"]
    road = board.places[step["place"]]
    truck["visit"] = visit(board, i)
    free_s = met(board, i, step["work"], step["work_again"])
    at_s, percent = board.at_s[road["first"] : road["end"]], board.level[road["first"] : road["end"]]
    truck["state"] = DRIVES
    wait_until(board, i, reached_s(board.clock[0]["now_s"], free_s, at_s, percent))


@part
def has_driven(board: Board, i: int) -> None:
    """The drive is over."""
    m, road = i, board.steps[board.trucks[i]["step"]]["place"]
    while m != NOBODY:
        tell_of(board, m, FINISHED, road, NOBODY)
        m = board.trucks[m]["mate"]
    goes_on(board, i)


@part
def comes_to_gate(board: Board, i: int) -> None:
    """A truck, or a convoy as one, joins the queue of a gate."""
    m, place = i, board.steps[board.trucks[i]["step"]]["place"]
    while m != NOBODY:
        lets_go(board, m)
        tell_of(board, m, JOINED, place, NOBODY)
        m = board.trucks[m]["mate"]
    gate = board.places[place]
    board.trucks[i]["key"] = queue_key(board, i)
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
            tell_of(board, m, PASSED_GATE, place, NOBODY)
            m = board.trucks[m]["mate"]
        tell_truck(board, i, PASSED)


# ---- inspect, transfer and offload: lanes behind a queue


@part
def asks(board: Board, i: int, place: int, work_s: int) -> None:
    """Joins the queue of a pool, or the door where room is limited."""
    truck, pool = board.trucks[i], board.places[place]
    truck["at"] = place
    truck["work_s"] = work_s
    truck["key"] = queue_key(board, i)
    touch(board, place)
    if pool["room"] == NOBODY:
        pool["queue"] = joined(board.trucks, pool["queue"], i)
        pool["queued"] += 1
        tell_of(board, i, JOINED, place, NOBODY)
        lets_go(board, i)
    else:
        pool["door"] = joined(board.trucks, pool["door"], i)


@part
def pool_starts(board: Board, place: int) -> None:
    """The lowest free open lane takes the first, as often as it can; who finds no room is turned away, or waits."""
    pool = board.places[place]
    while start_first(board, place) or admit_first(board, place):
        pass
    while pool["turns_away"] and pool["door"] != NOBODY:
        i = pool["door"]
        pool["door"] = without_first(board.trucks, i)
        tell_of(board, i, NO_ROOM, place, NOBODY)
        tell_truck(board, i, TURNED_AWAY)
    if pool["queue"] != NOBODY or pool["door"] != NOBODY:
        wake_at(board, place, next_change_s(board, place))


@part
def start_first(board: Board, place: int) -> bool:
    """Begins to serve the first in the queue, if a lane may."""
    pool = board.places[place]
    i = pool["queue"]
    if i == NOBODY:
        return False
    truck = board.trucks[i]
    lane = lane_for(board, place, truck["work_s"])
    if lane == NOBODY:
        return False
    pool["queue"] = without_first(board.trucks, i)
    pool["queued"] -= 1
    take_lane(board.free, pool["lanes"], pool["free"])
    pool["free"] -= 1
    tell_of(board, i, STARTED, place, lane)
    truck["lane"] = lane
    truck["state"] = IS_SERVED
    at_s, lanes = board.at_s[pool["first"] : pool["end"]], board.level[pool["first"] : pool["end"]]
    wait_until(board, i, finishes_s(board.clock[0]["now_s"], truck["work_s"], pool["rule"], lane, at_s, lanes))
    return True


@part
def lane_for(board: Board, place: int, work_s: int) -> int:
    """The lane that may start this work now, NOBODY if none may."""
    pool = board.places[place]
    if pool["free"] == 0:
        return NOBODY
    lane = board.free[pool["lanes"]]
    if lane >= level(board, place):
        return NOBODY
    if pool["rule"] == NO_START:
        now_s, own = board.clock[0]["now_s"], board.lanes[pool["spans"] + lane]
        while board.closes_s[own["span"]] <= now_s:
            own["span"] += 1
        opened_s, closes_s = board.opens_s[own["span"]], board.closes_s[own["span"]]
        if not may_start(now_s, work_s, NO_START, opened_s, closes_s, own["longest_s"]):
            return NOBODY
    return int(lane)


@part
def admit_first(board: Board, place: int) -> bool:
    """Lets the first at the door join the queue, if there is room or a lane that may start at once."""
    pool = board.places[place]
    i = pool["door"]
    if i == NOBODY:
        return False
    if pool["queued"] >= pool["room"] and (
        pool["queue"] != NOBODY or lane_for(board, place, board.trucks[i]["work_s"]) == NOBODY
    ):
        return False
    pool["door"] = without_first(board.trucks, i)
    board.trucks[i]["key"] = queue_key(board, i)
    pool["queue"] = joined(board.trucks, pool["queue"], i)
    pool["queued"] += 1
    board.trucks[i]["at"] = place
    tell_of(board, i, JOINED, place, NOBODY)
    tell_truck(board, i, ADMITTED)
    return True


@part
def is_done(board: Board, i: int) -> None:
    """The work is over; the lane is held until the next place has room."""
    truck = board.trucks[i]
    tell_of(board, i, FINISHED, truck["at"], NOBODY)
    truck["held_at"] = truck["at"]
    truck["held_lane"] = truck["lane"]
    step = board.steps[truck["step"]]
    if step["verb"] == INSPECT:
        is_inspected(board, i)
    elif step["verb"] == TRANSFER:
        is_put_down(board, i, step["beside"], step["line"])
    else:
        lets_go(board, i)
        arrives(board, i)


@part
def is_inspected(board: Board, i: int) -> None:
    """For a share manual bays, and a yes or no; sent back to an earlier step, or after its attempts home."""
    truck = board.trucks[i]
    step = board.steps[truck["step"]]
    load = truck["load"]
    if (
        step["beside"] != NOBODY
        and truck["at"] == step["place"]
        and met(board, i, step["manual"], step["manual_again"])
    ):
        asks(board, i, step["beside"], met(board, i, step["manual_work"], step["manual_work_again"]))
        return
    if step["rejected"] == NOBODY or not met(board, i, step["rejected"], step["rejected_again"]):
        truck["step"] += 1
        goes(board, i)
        return
    tell_of(board, i, REJECTED, step["place"], NOBODY)
    lets_go(board, i)
    made = board.been[load, step["rejections"]] + 1
    board.been[load, step["rejections"]] = made
    if not may_try_again(made, step["attempts"]):
        tell_of(board, i, RETURNED, step["place"], NOBODY)
        return
    truck["step"] = step["back_to"]
    if step["after_again"] == NOBODY:
        goes(board, i)
        return
    truck["state"] = WAITS_TO_RETURN
    wait_until(
        board, i, board.clock[0]["now_s"] + board.again[step["after_again"] + truck["visit"], board.again_of[load]]
    )


@part
def arrives(board: Board, i: int) -> None:
    """All that a truck carries has arrived; a vehicle drives home."""
    truck = board.trucks[i]
    place = truck["at"]
    if truck["carrier"] == NOBODY:
        tell_of(board, i, ARRIVED, place, truck["pallets"])
        return
    part = truck["cargo"]
    while part != NOBODY:
        piece = board.trucks[part]
        tell(board, piece["part_of"], ARRIVED, place, truck["carrier"], piece["part"])
        part = piece["next_part"]
    drives_home(board, i)


# ---- platforms


@part
def is_put_down(board: Board, i: int, place: int, line: int) -> None:
    """Waits for room on a platform for all pallets at once; until then a bay is held."""
    platform = board.places[place]
    board.trucks[i]["line"] = line
    board.trucks[i]["key"] = queue_key(board, i)
    platform["queue"] = joined(board.trucks, platform["queue"], i)
    touch(board, place)


@part
def platform_starts(board: Board, place: int) -> None:
    """The first are put down as long as there is room for all their pallets."""
    platform, now_s = board.places[place], board.clock[0]["now_s"]
    while platform["queue"] != NOBODY:
        i = platform["queue"]
        truck = board.trucks[i]
        if 0 <= platform["room"] < platform["stock"] + truck["pallets"]:
            return
        platform["queue"] = without_first(board.trucks, i)
        platform["stock"] += truck["pallets"]
        tell_of(board, i, OFFLOADED, place, truck["pallets"])
        tell_truck(board, i, PLACED)
        line = board.lines[truck["line"]]
        truck["left"] = truck["pallets"]
        truck["since_s"] = collectable_s(now_s, platform["next_day"] == 1)
        truck["key"] = queue_key(board, i)
        append(board.trucks, line, i)
        if line["fresh"] == NOBODY:
            line["fresh"] = i
        touch(board, line["owner"])


# ---- convoys


@part
def gathers(board: Board, i: int) -> None:
    """Joins the line for its way on; a load of the opening stock is put where vehicles collect it."""
    truck = board.trucks[i]
    number = board.steps[truck["step"]]["line"]
    line = board.lines[number]
    lets_go(board, i)
    if line["platform"] != NOBODY:
        is_put_down(board, i, line["platform"], number)
        return
    truck["since_s"] = board.clock[0]["now_s"]
    truck["key"] = queue_key(board, i)
    line["queue"] = joined(board.trucks, line["queue"], i)
    line["waiting"] += 1
    append(board.trucks, line, i)
    tell_of(board, i, JOINED, line["yard"], NOBODY)
    touch(board, line["yard"])


@part
def owner_starts(board: Board, place: int) -> None:
    """A yard of arriving trucks, or a fleet, sends convoys, each of the line whose first comes first."""
    is_fleet = board.places[place]["kind"] == FLEET
    if is_fleet:
        for line in range(len(board.lines)):
            if board.lines[line]["owner"] == place:
                looks(board, line)
    while send_one(board, place, is_fleet):
        pass
    chance_s = NEVER_S
    for line in range(len(board.lines)):
        if board.lines[line]["owner"] == place:
            chance_s = min(chance_s, stock_chance_s(board, line) if is_fleet else trucks_chance_s(board, line))
    wake_at(board, place, chance_s)


@part
def send_one(board: Board, place: int, is_fleet: bool) -> bool:
    """Sends one convoy of the first line, in the order of their firsts, that may send one."""
    tried = NOBODY  # the key of the last line that could not
    while True:
        first, key = NOBODY, NEVER_S * 4
        for line in range(len(board.lines)):
            if board.lines[line]["owner"] == place and board.lines[line]["queue"] != NOBODY:
                own = board.trucks[board.lines[line]["queue"]]["key"]
                if tried < own < key:
                    first, key = line, own
        if first == NOBODY:
            return False
        if stock_sets_out(board, first) if is_fleet else trucks_set_out(board, first):
            return True
        tried = key


@part
def may_set_out(board: Board, number: int) -> bool:
    """Whether the yard is open and, where there is a timetable, this is a departure that no convoy has taken yet."""
    line, now_s = board.lines[number], board.clock[0]["now_s"]
    yard = board.places[line["yard"]]
    if yard["first_s"] >= 0 and (
        next_departure_s(now_s, yard["first_s"], yard["every_s"]) != now_s or line["departed_s"] == now_s
    ):
        return False
    return level(board, line["yard"]) > 0


@part
def yard_chance_s(board: Board, number: int) -> int:
    """The next second after now at which the yard may let a convoy go for another reason than patience."""
    place = board.lines[number]["yard"]
    yard = board.places[place]
    if yard["first_s"] >= 0:
        return int(next_departure_s(board.clock[0]["now_s"] + 1, yard["first_s"], yard["every_s"]))
    return NEVER_S if level(board, place) else next_change_s(board, place)


@part
def trucks_set_out(board: Board, number: int) -> bool:
    """Sends one convoy of arriving trucks, if one may go now."""
    line, trucks, now_s = board.lines[number], board.trucks, board.clock[0]["now_s"]
    yard = board.places[line["yard"]]
    if not may_set_out(board, number):
        return False
    wait_s = now_s - trucks[line["oldest"]]["since_s"]
    size = convoy_size(line["waiting"], wait_s, yard["min"], yard["max"], yard["patience_s"])
    if size == 0:
        return False
    line["departed_s"] = now_s
    first, last, pallets = line["queue"], NOBODY, ZERO
    for _ in range(size):
        i = line["queue"]
        line["queue"] = without_first(trucks, i)
        line["waiting"] -= 1
        remove(trucks, line, i)
        pallets += trucks[i]["pallets"]
        tell_of(board, i, STARTED, line["yard"], NOBODY)
        join_convoy(board, last, i)
        trucks[i]["step"] += 1
        last = i
    tell_of(board, first, SET_OUT, line["yard"], pallets)
    tell_truck(board, first, SETS_OUT)
    return True


@part
def join_convoy(board: Board, last: int, i: int) -> None:
    """Truck `i` follows truck `last`."""
    board.trucks[i]["mate"] = NOBODY
    if last != NOBODY:
        board.trucks[last]["mate"] = i


@part
def trucks_chance_s(board: Board, number: int) -> int:
    """When waiting alone may let a convoy of arriving trucks go."""
    line = board.lines[number]
    if line["queue"] == NOBODY:
        return NEVER_S
    chance_s = yard_chance_s(board, number)
    if may_set_out(board, number):
        runs_out_s = board.trucks[line["oldest"]]["since_s"] + board.places[line["yard"]]["patience_s"]
        if runs_out_s > board.clock[0]["now_s"]:
            chance_s = min(chance_s, runs_out_s)
    return chance_s


@part
def looks(board: Board, number: int) -> None:
    """Makes ready what can be collected by now."""
    line, trucks = board.lines[number], board.trucks
    while line["fresh"] != NOBODY and trucks[line["fresh"]]["since_s"] <= board.clock[0]["now_s"]:
        i = line["fresh"]
        line["fresh"] = trucks[i]["after"]
        line["queue"] = joined(trucks, line["queue"], i)
        line["waiting"] += trucks[i]["left"]


@part
def stock_since_s(board: Board, number: int) -> int:
    """Since when a first vehicle may wait, loaded: stock and a vehicle were there."""
    line = board.lines[number]
    return int(max(board.trucks[line["oldest"]]["since_s"], board.places[line["owner"]]["free_since_s"]))


@part
def stock_sets_out(board: Board, number: int) -> bool:
    """Sends one convoy of vehicles, if one may go now with those that are free."""
    line, now_s = board.lines[number], board.clock[0]["now_s"]
    yard, fleet = board.places[line["yard"]], board.places[line["owner"]]
    if fleet["free"] == 0 or not may_set_out(board, number):
        return False
    wait_s = now_s - stock_since_s(board, number)
    loaded = vehicles_to_load(line["waiting"], fleet["capacity"], wait_s, yard["patience_s"])
    size = convoy_size(min(loaded, fleet["free"]), wait_s, yard["min"], yard["max"], yard["patience_s"])
    if size == 0:
        return False
    line["departed_s"] = now_s
    first, last, before = NOBODY, NOBODY, line["waiting"]
    for _ in range(size):
        i = fills(board, number)
        join_convoy(board, last, i)
        first = i if first == NOBODY else first
        last = i
    pallets = before - line["waiting"]
    board.places[line["platform"]]["stock"] -= pallets
    tell_of(board, first, SET_OUT, line["yard"], pallets)
    if board.places[line["platform"]]["queue"] != NOBODY:
        touch(board, line["platform"])
    tell_truck(board, first, SETS_OUT)
    return True


@part
def fills(board: Board, number: int) -> int:
    """Takes a vehicle and the next pallets; it is named by the first of them."""
    line, trucks = board.lines[number], board.trucks
    fleet = board.places[line["owner"]]
    i = fleet["parked"]
    vehicle = trucks[i]
    fleet["parked"] = vehicle["mate"]
    fleet["free"] -= 1
    first = line["queue"]
    vehicle["load"] = first
    vehicle["carrier"] = trucks[first]["number"] + trucks[first]["pallets"] - trucks[first]["left"]
    vehicle["number"] = vehicle["carrier"]
    vehicle["rank"] = trucks[first]["rank"]
    vehicle["step"] = line["tail"]
    vehicle["line"] = number
    vehicle["held_at"] = NOBODY
    vehicle["cargo"] = NOBODY
    tell_of(board, i, STARTED, line["owner"], NOBODY)
    room = fleet["capacity"]
    while room > 0 and line["queue"] != NOBODY:
        load = line["queue"]
        taken = min(room, trucks[load]["left"])
        room -= taken
        line["waiting"] -= taken
        trucks[load]["left"] -= taken
        part = i
        if trucks[load]["left"] == 0:
            line["queue"] = without_first(trucks, load)
            remove(trucks, line, load)
            part = load
        trucks[part]["part_of"] = load
        trucks[part]["part"] = taken
        trucks[part]["next_part"] = vehicle["cargo"]
        vehicle["cargo"] = part
        tell(board, load, COLLECTED, line["platform"], vehicle["carrier"], taken)
    return int(i)


@part
def stock_chance_s(board: Board, number: int) -> int:
    """When waiting alone may let a convoy of vehicles go."""
    line, now_s = board.lines[number], board.clock[0]["now_s"]
    chance_s = NEVER_S
    if line["fresh"] != NOBODY:
        chance_s = int(board.trucks[line["fresh"]]["since_s"])
    if line["queue"] == NOBODY:
        return chance_s
    chance_s = min(chance_s, yard_chance_s(board, number))
    if board.places[line["owner"]]["free"] and may_set_out(board, number):
        runs_out_s = stock_since_s(board, number) + board.places[line["yard"]]["patience_s"]
        if runs_out_s > now_s:
            chance_s = min(chance_s, runs_out_s)
    return chance_s


@part
def drives_home(board: Board, i: int) -> None:
    """A vehicle has nothing more to offload."""
    vehicle = board.trucks[i]
    fleet = board.places[board.lines[vehicle["line"]]["owner"]]
    vehicle["state"] = DRIVES_HOME
    wait_until(board, i, board.clock[0]["now_s"] + board.luck[fleet["home"], vehicle["load"]])


@part
def is_home(board: Board, i: int) -> None:
    """A vehicle is given back to its fleet."""
    vehicle = board.trucks[i]
    place = board.lines[vehicle["line"]]["owner"]
    fleet = board.places[place]
    tell_of(board, i, FINISHED, place, NOBODY)
    if fleet["free"] == 0:
        fleet["free_since_s"] = board.clock[0]["now_s"]
    fleet["free"] += 1
    vehicle["mate"] = fleet["parked"]
    fleet["parked"] = i
    touch(board, place)


# ---- places


@part
def starts(board: Board, place: int) -> None:
    """It is the turn of `place`."""
    kind = board.places[place]["kind"]
    if kind == POOL:
        pool_starts(board, place)
    elif kind == GATE:
        gate_starts(board, place)
    elif kind == PLATFORM:
        platform_starts(board, place)
    else:
        owner_starts(board, place)


@part
def level(board: Board, place: int) -> int:
    """What is open at `place` now."""
    own, now_s = board.places[place], board.clock[0]["now_s"]
    while own["now"] + 1 < own["end"] and board.at_s[own["now"] + 1] <= now_s:
        own["now"] += 1
    return int(board.level[own["now"]])


@part
def next_change_s(board: Board, place: int) -> int:
    """The next second at which the level changes, NEVER_S if it never does."""
    level(board, place)
    own = board.places[place]
    return int(board.at_s[own["now"] + 1]) if own["now"] + 1 < own["end"] else NEVER_S
