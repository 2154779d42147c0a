"""Lanes behind a queue in the compiled loop: inspection, transfer and offloading.

Lanes that break in the compiled loop: what equipment.py is to the SimPy model.

For how long lanes are open in the compiled loop, and work that is broken off at closing hour.
"""

from sim.jit import part
from sim.kernels import take_lane
from sim.loop.clock import decide, level, log, log_row, next_change_s, touch, wait_until, wake_at
from sim.loop.convoys import is_put_down
from sim.loop.gates import gives_up_room
from sim.loop.queues import joined, without_first
from sim.loop.state import (
    ARRIVED,
    BEYOND_KEYS,
    EXPIRED,
    FINISHED,
    INSPECT,
    IS_ADMITTED,
    IS_SERVED,
    IS_TURNED_AWAY,
    JOINED,
    NEVER_S,
    NOBODY,
    REJECTED,
    RETURNED,
    SERVED_TILL_CLOSING,
    STARTED,
    TIME,
    TRANSFER,
    TURNED_AWAY,
    WAITS_TO_RETURN,
    ZERO,
    Board,
)
from sim.loop.stock import comes_to_store
from sim.loop.trucks import (
    changes_vehicle,
    drives_home,
    goes,
    lacks_vehicle,
    lets_go,
    lets_vehicle_home,
    met,
    queue_key,
    takes_over,
    tells_wait,
)
from sim.rules import (
    BREAK_OFF,
    NO_START,
    finishes_s,
    has_expired,
    is_broken_off,
    may_start,
    may_try_again,
    must_be_repacked,
    outlasts_s,
    reason_told,
    up_again_s,
)


@part
def comes_to_pool(board: Board, i: int) -> None:
    """Truck `i` joins the queue of its step's place, or is repacked before its inspection."""
    truck = board.trucks[i]
    step = board.steps[truck["step"]]
    if step["repacking"] != NOBODY:
        repacking_s = int(board.luck[step["repacking_work"], truck["load"]])
        if must_be_repacked(repacking_s, truck["visit"]):
            asks(board, i, step["repacking"], repacking_s)
            return
    asks(board, i, step["place"], met(board, i, step["work"], step["work_again"]))


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
        log(board, i, JOINED, place, NOBODY)
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
        log(board, i, TURNED_AWAY, place, NOBODY)
        gives_up_room(board, i)
        decide(board, i, IS_TURNED_AWAY)
    if pool["queue"] != NOBODY or pool["door"] != NOBODY:
        looks_again_s = next_change_s(board, place)
        if pool["equipment"] != NOBODY:
            looks_again_s = min(looks_again_s, first_repaired_s(board, place))
        wake_at(board, place, looks_again_s)


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
    if pool["equipment"] == NOBODY:
        take_lane(board.free, pool["heap"], pool["free"])
    else:
        takes_that_lane(board, place, lane)
    pool["free"] -= 1
    log(board, i, STARTED, place, lane)
    if pool["fleet"] != NOBODY:
        takes_over(board, i, pool["fleet"])
    tells_wait(board, place, i)
    truck["lane"] = lane
    truck["state"] = IS_SERVED
    if pool["equipment"] != NOBODY:
        wait_until(board, i, breaking_work_ends_s(board, place, lane, truck["work_s"]))
        return True
    at_s, lanes = board.at_s[pool["first"] : pool["end"]], board.level[pool["first"] : pool["end"]]
    ends_s = finishes_s(board.clock[0]["now_s"], truck["work_s"], pool["rule"], lane, at_s, lanes)
    if pool["rule"] == BREAK_OFF:
        ends_s = ends_by_closing_s(board, i, ends_s)
    wait_until(board, i, ends_s)
    return True


@part
def lane_for(board: Board, place: int, work_s: int) -> int:
    """The lane that may start this work now, NOBODY if none may."""
    pool = board.places[place]
    if pool["free"] == 0 or lacks_vehicle(board, place):
        return NOBODY
    lane = board.free[pool["heap"]] if pool["equipment"] == NOBODY else lowest_up(board, place)
    if lane == NOBODY or lane >= level(board, place):
        return NOBODY
    if pool["rule"] == NO_START:
        now_s, own = board.clock[0]["now_s"], board.lanes[pool["first_lane"] + lane]
        span = open_stretch(board, place, lane)
        if not may_start(now_s, work_s, NO_START, board.opens_s[span], board.closes_s[span], own["longest_s"]):
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
    log(board, i, JOINED, place, NOBODY)
    decide(board, i, IS_ADMITTED)
    return True


@part
def is_done(board: Board, i: int) -> None:
    """The work is over; the lane is held until the next place has room."""
    truck = board.trucks[i]
    log(board, i, FINISHED, truck["at"], NOBODY)
    truck["held_at"] = truck["at"]
    truck["held_lane"] = truck["lane"]
    step = board.steps[truck["step"]]
    if step["verb"] == INSPECT:
        is_inspected(board, i)
    elif step["verb"] == TRANSFER and step["beside"] == NOBODY:
        changes_vehicle(board, i)
        truck["step"] += 1
        goes(board, i)
    elif step["verb"] == TRANSFER:
        is_put_down(board, i, step["beside"], step["line"])
    elif step["beside"] != NOBODY:
        comes_to_store(board, i, step["beside"])
    else:
        lets_go(board, i)
        arrives(board, i)


@part
def on_broken_off(board: Board, i: int) -> None:
    """It is closing hour; the load joins again at once, with the same work before it."""
    truck = board.trucks[i]
    log(board, i, FINISHED, truck["at"], NOBODY)
    log(board, i, REJECTED, truck["at"], TIME)
    truck["held_at"] = truck["at"]
    truck["held_lane"] = truck["lane"]
    lets_go(board, i)
    asks(board, i, truck["at"], truck["work_s"])


@part
def is_inspected(board: Board, i: int) -> None:
    """What was repacked comes to its inspection. Then for a share manual bays, and a yes or no; sent back to an earlier
    step, or after its attempts home."""
    truck = board.trucks[i]
    step = board.steps[truck["step"]]
    load = truck["load"]
    if truck["at"] == step["repacking"]:
        asks(board, i, step["place"], met(board, i, step["work"], step["work_again"]))
        return
    if (
        step["beside"] != NOBODY
        and truck["at"] == step["place"]
        and met(board, i, step["manual"], step["manual_again"])
    ):
        asks(board, i, step["beside"], met(board, i, step["manual_work"], step["manual_work_again"]))
        return
    verdict = ZERO if step["rejected"] == NOBODY else met(board, i, step["rejected"], step["rejected_again"])
    if verdict == 0:
        truck["step"] += 1
        goes(board, i)
        return
    log(board, i, REJECTED, step["place"], reason_told(verdict))
    lets_go(board, i)
    made = board.been[load, step["rejections"]] + 1
    board.been[load, step["rejections"]] = made
    if not may_try_again(made, step["attempts"]):
        log(board, i, RETURNED, step["place"], NOBODY)
        gives_up_room(board, i)
        lets_vehicle_home(board, i)
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
    """All that a truck carries has arrived, but for what has outlived its shelf life; a vehicle drives home."""
    truck = board.trucks[i]
    place = truck["at"]
    if truck["carrier"] == NOBODY:
        log(board, i, fate_of(board, truck["load"]), place, truck["pallets"])
        lets_vehicle_home(board, i)
        return
    row = truck["cargo"]
    while row != NOBODY:
        piece = board.trucks[row]
        fate = fate_of(board, piece["part_of"])
        log_row(board, piece["part_of"], fate, place, truck["carrier"], piece["part"])
        row = piece["next_part"]
    drives_home(board, i)


@part
def fate_of(board: Board, load: int) -> int:
    """What becomes of a load that is offloaded now."""
    return EXPIRED if has_expired(board.clock[0]["now_s"], board.keeps_until_s[load]) else ARRIVED


@part
def lane_up_again_s(board: Board, place: int, lane: int) -> int:
    """When a free lane can be started in; the present second if it can now."""
    pool, now_s = board.places[place], board.clock[0]["now_s"]
    if not pool["fails_always"]:
        return int(now_s)
    own = board.equipment[pool["equipment"] + lane]
    return int(up_again_s(now_s, board.breaks_s[own["first"] : own["end"]], board.mended_s[own["first"] : own["end"]]))


@part
def lowest_up(board: Board, place: int) -> int:
    """The lowest free lane that is not being repaired, NOBODY if there is none: free lanes stand in no order here."""
    pool, found = board.places[place], BEYOND_KEYS
    for i in range(pool["heap"], pool["heap"] + pool["free"]):
        lane = board.free[i]
        if lane < found and lane_up_again_s(board, place, lane) == board.clock[0]["now_s"]:
            found = lane
    return NOBODY if found == BEYOND_KEYS else int(found)


@part
def first_repaired_s(board: Board, place: int) -> int:
    """When the first of the free lanes that are being repaired works again, NEVER_S if there is none."""
    pool, first_s = board.places[place], NEVER_S
    for i in range(pool["heap"], pool["heap"] + pool["free"]):
        at_s = lane_up_again_s(board, place, board.free[i])
        if at_s > board.clock[0]["now_s"]:
            first_s = min(first_s, at_s)
    return first_s


@part
def takes_that_lane(board: Board, place: int, lane: int) -> None:
    """Takes `lane` out of the free ones, the last of which takes its place."""
    pool = board.places[place]
    last = pool["heap"] + pool["free"] - 1
    for i in range(pool["heap"], last):
        if board.free[i] == lane:
            board.free[i] = board.free[last]
            return


@part
def breaking_work_ends_s(board: Board, place: int, lane: int, work_s: int) -> int:
    """When work that starts now ends in a lane that breaks."""
    pool, now_s = board.places[place], board.clock[0]["now_s"]
    own = board.equipment[pool["equipment"] + lane]
    breaks_s, mended_s = board.breaks_s[own["first"] : own["end"]], board.mended_s[own["first"] : own["end"]]
    if pool["fails_always"]:
        return int(outlasts_s(now_s, work_s, pool["restarts"] == 1, breaks_s, mended_s))
    begun_s = own["clock_s"]
    own["clock_s"] = outlasts_s(begun_s, work_s, pool["restarts"] == 1, breaks_s, mended_s)
    return int(now_s + own["clock_s"] - begun_s)


@part
def open_stretch(board: Board, place: int, lane: int) -> int:
    """The row of the stretch in which the lane is open now."""
    own = board.lanes[board.places[place]["first_lane"] + lane]
    while board.closes_s[own["span"]] <= board.clock[0]["now_s"]:
        own["span"] += 1
    return int(own["span"])


@part
def ends_by_closing_s(board: Board, i: int, ends_s: int) -> int:
    """When the work of truck `i`, which starts now, ends or is broken off."""
    truck = board.trucks[i]
    lane = truck["lane"]
    closes_s = board.closes_s[open_stretch(board, truck["at"], lane)]
    longest_s = board.lanes[board.places[truck["at"]]["first_lane"] + lane]["longest_s"]
    if not is_broken_off(board.clock[0]["now_s"], truck["work_s"], closes_s, longest_s):
        return ends_s
    truck["state"] = SERVED_TILL_CLOSING
    return int(closes_s)
