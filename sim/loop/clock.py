"""The clock, the log and the rounds of the compiled loop: what world.py is to the SimPy model."""

from sim import rules
from sim.jit import part, shared
from sim.loop.queues import joined, without_first
from sim.loop.state import NEVER_S, NOBODY, Board

for rule in (
    rules.last_step, rules.finishes_s, rules.may_start, rules.reached_s, rules.vehicles_to_load, rules.convoy_size,
    rules.collectable_s, rules.next_departure_s, rules.may_try_again, rules.used_today, rules.is_under,
    rules.next_midnight_s, rules.has_turn_before, rules.outlasts_s, rules.up_again_s,
    rules.is_broken_off, rules.reason_told, rules.must_be_repacked, rules.has_flown_s, rules.flown,
    rules.left_in_store, rules.surplus, rules.has_vehicle, rules.trip_name, rules.share_of, rules.may_take_up,
    rules.is_refused, rules.slots_kept, rules.is_time_of_day, rules.next_time_of_day_s, rules.is_call,
    rules.next_call_s, rules.of_yesterday, rules.known_wait_s, rules.waits_less, rules.no_show_ppm,
    rules.does_not_come, rules.is_lost, rules.has_expired,
    rules.needed_for, rules.vehicles_that_go, rules.next_attempt_s, rules.speed_left, rules.reached_in_traffic_s,
    rules.goes_rather, rules.must_ask, rules.may_go, rules.left_until_done, rules.slowed, rules.may_undertake,
    rules.used_in_period, rules.next_period_s, rules.trips_fuelled, rules.rationed,
):  # fmt: skip
    shared(rule)


@part
def log_row(board: Board, entity: int, kind: int, place: int, carrier: int, value: int) -> None:
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
    row["value"] = value


@part
def log(board: Board, i: int, kind: int, place: int, value: int) -> None:
    """A row of the log about truck `i`."""
    truck = board.trucks[i]
    log_row(board, truck["load"], kind, place, truck["carrier"], value)


@part
def wait_until(board: Board, i: int, time_s: int) -> None:
    """The time of truck `i` comes at `time_s`, which is later than now; beyond the horizon it never does."""
    clock, reach_s = board.clock[0], len(board.ring)
    if time_s >= clock["horizon_s"]:
        return
    if time_s - clock["now_s"] < reach_s:
        slot = time_s & (reach_s - 1)
        board.trucks[i]["next_due"] = board.ring[slot]
        board.ring[slot] = i
        return
    board.trucks[i]["key"] = time_s
    clock["far"] = joined(board.trucks, clock["far"], i)
    look_afar(board)


@part
def bring_near(board: Board) -> None:
    """Those whose time the ring reaches by now."""
    clock = board.clock[0]
    while clock["far"] != NOBODY and board.trucks[clock["far"]]["key"] - clock["now_s"] < len(board.ring):
        i = clock["far"]
        clock["far"] = without_first(board.trucks, i)
        wait_until(board, i, board.trucks[i]["key"])
    look_afar(board)


@part
def look_afar(board: Board) -> None:
    """When the ring will reach the first of those whose time is far off."""
    clock = board.clock[0]
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
def decide(board: Board, i: int, news: int) -> None:
    """Truck `i` goes on when the round is over."""
    clock, truck = board.clock[0], board.trucks[i]
    truck["news"] = news
    truck["next_told"] = clock["told"]
    clock["told"] = i


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
