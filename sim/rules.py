"""The decision rules of the operation: pure functions of whole numbers, one for each rule, shared by both engines.

A step function is passed as two sequences: from at_s[i] on its value is value[i]; the last value holds for ever. The
functions keep no state and draw no random numbers.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.units import DAY_S, HOUR_S, PPM

FINISH, FREEZE, NO_START, BREAK_OFF = 0, 1, 2, 3  # what happens at closing time to work in hand
NEED_STRETCHES = (NO_START, BREAK_OFF)  # rules that depend on how long a lane is open
WITHOUT_END_S = 1 << 60
ABORTED, DENIED, WITHDRAWN, PARTIAL, IMPEDED, FACILITATED = 0, 1, 2, 3, 4, 5  # outcomes of missions, worst first
NOT_ASKED = 6  # no permission is needed
FIRST_OPEN, FASTEST, LEAST_WAIT, BY_SHARE = 0, 1, 2, 3  # how one of several roads, or corridors, is chosen
PER_CENT = PPM // 100
NO_REQUEST, ASKED, PERMITTED = 0, 1, 2  # state of the permission for a line's next mission
TASK = -(1 << 30)  # the carrier of all tasks in the log

Whole = Sequence[int] | NDArray[np.int64]
Bools = NDArray[np.bool_]


def finish_s(start_s: int, work_s: int, rule: int, lane: int, at_s: Whole, lanes: Whole) -> int:
    """Returns when work ends that `lane` (from 0) starts at `start_s`. Under FREEZE it pauses while the lane is closed.

    at_s, lanes : the number of open lanes over time. WITHOUT_END_S if the work never ends.
    """
    if rule != FREEZE:
        return start_s + work_s
    i = last_step(start_s, at_s)
    now, left = start_s, work_s
    while True:
        ends = at_s[i + 1] if i + 1 < len(at_s) else WITHOUT_END_S
        if lanes[i] > lane:
            if left <= ends - now:
                return now + left
            left -= ends - now
        if ends == WITHOUT_END_S:
            return WITHOUT_END_S
        now, i = ends, i + 1


def finish_despite_breaks_s(start_s: int, work_s: int, restarts: bool, breaks_s: Whole, mended_s: Whole) -> int:
    """Returns when work ends that starts at `start_s` in a lane that breaks down at breaks_s[i] until mended_s[i].

    All times are by the lane's clock. Work that ends just as the lane breaks down is done; work that starts just then
    waits for the repair. After a repair, interrupted work continues or, if `restarts`, begins again.
    """
    i = last_step(start_s, mended_s)
    while i < len(mended_s) and mended_s[i] <= start_s:
        i += 1
    now, left = start_s, work_s
    while i < len(mended_s) and breaks_s[i] < now + left:
        if not restarts:
            left -= max(0, breaks_s[i] - now)
        now, i = mended_s[i], i + 1
    return now + left


def repair_end_s(now_s: int, breaks_s: Whole, mended_s: Whole) -> int:
    """Returns when a lane under repair works again, `now_s` if it works now."""
    i = last_step(now_s, breaks_s)
    return mended_s[i] if i < len(breaks_s) and breaks_s[i] <= now_s < mended_s[i] else now_s


def may_start(now_s: int, work_s: int, rule: int, opened_s: int, closes_s: int, longest_s: int) -> bool:
    """Whether a lane that opened at `opened_s` and closes at `closes_s` may start this work now.

    Under NO_START, work that cannot end by closing time does not start. Work too long for the longest opening of the
    lane (`longest_s`) starts when the lane opens; otherwise it would block the queue for ever.
    """
    if rule != NO_START or now_s + work_s <= closes_s:
        return True
    return work_s > longest_s and now_s == opened_s


def is_broken_off(start_s: int, work_s: int, closes_s: int, longest_s: int) -> bool:
    """Whether closing time interrupts work that starts now.

    Work too long for the longest opening of the lane (`longest_s`) is not interrupted; otherwise it would never be
    done.
    """
    return closes_s < start_s + work_s and work_s <= longest_s


def reached_s(start_s: int, free_s: int, at_s: Whole, percent: Whole) -> int:
    """Returns when a drive that takes `free_s` at free flow ends, at percent[i] of that speed from at_s[i] on."""
    return flow_complete_s(start_s, free_s * 100, at_s, percent)


def traffic_speed_pct(vehicles: int, free: int, each: int, least: int) -> int:
    """Returns the remaining speed of a road with `vehicles` on it [per cent].

    Each vehicle beyond the first `free` reduces it by `each` [ppm]. Rounded to whole per cent, at least `least`.
    """
    if vehicles <= free:
        return 100
    return max(least, 100 - (2 * each * (vehicles - free) + PER_CENT) // (2 * PER_CENT))


def reached_in_traffic_s(start_s: int, free_s: int, left: int, at_s: Whole, percent: Whole) -> int:
    """Returns when a drive ends on a road that keeps `left` per cent of the speed of each hour; see `reached_s`."""
    return flow_complete_s(start_s, -(-free_s * 10_000 // left), at_s, percent)


def impaired_speed_pct(percent: int, since_s: int, done_s: int, now_s: int) -> int:
    """Returns the remaining speed of a place that a task, done at `done_s`, impairs from `since_s` on [per cent]."""
    return percent if since_s <= now_s < done_s else 100


def reduced_speed_pct(left: int, percent: int) -> int:
    """Returns the product of two remaining speeds [per cent], rounded up, so that it is 0 only if one of them is."""
    return -(-left * percent // 100)


def may_start_task(teams: int, opened: int, escorts: int, escorts_opened: int, escorted: int) -> bool:
    """Whether a task may begin: a team and all its escorts are free and within their working hours."""
    return teams > 0 and opened > 0 and (escorted == 0 or (escorts >= escorted and escorts_opened > 0))


def is_road_preferred(choose: int, free_s: int, speed: int, other_free_s: int, other_speed: int) -> bool:
    """Whether a road is preferred to the best of those before it in the list, by speeds now; a speed of 0 is closed.

    Under FASTEST the shorter driving time at the present speed is preferred, otherwise the first open road. On a tie,
    or if all are closed, the earlier road in the list is kept.
    """
    if choose == FASTEST:
        return free_s * other_speed < other_free_s * speed
    return other_speed == 0 and speed > 0


def flow_complete_s(start_s: int, amount: int, at_s: Whole, rate: Whole) -> int:
    """Returns the first second by which `amount` has flowed since `start_s`, at rate[i] per second from at_s[i] on.

    WITHOUT_END_S if it never does.
    """
    i = last_step(start_s, at_s)
    now, left = start_s, amount
    while True:
        ends = at_s[i + 1] if i + 1 < len(at_s) else WITHOUT_END_S
        if rate[i] > 0:
            needed = -(-left // rate[i])
            if needed <= ends - now:
                return now + needed
            left -= (ends - now) * rate[i]
        if ends == WITHOUT_END_S:
            return WITHOUT_END_S
        now, i = ends, i + 1


def flow_between(start_s: int, end_s: int, at_s: Whole, rate: Whole) -> int:
    """Returns the amount that flows from `start_s` to `end_s`, at rate[i] per second from at_s[i] on."""
    i, now, amount = last_step(start_s, at_s), start_s, 0
    while now < end_s:
        ends = min(at_s[i + 1], end_s) if i + 1 < len(at_s) else end_s
        amount += (ends - now) * rate[i]
        now, i = ends, i + 1
    return amount


def left_in_store(content: int, handed_out: int) -> int:
    """Returns the content of a store after an outflow; demand that it cannot meet is not met later."""
    return max(0, content - handed_out)


def surplus(content: int, pallets: int, room: int) -> int:
    """Returns what must leave a store before `pallets` fit [pallets x DAY_S]; 0 or less if they fit now."""
    return content + (pallets - room) * DAY_S


def vehicles_to_load(pallets: int, capacity: int, longest_wait_s: int, patience_s: int) -> int:
    """Returns the number of vehicles to load: full ones, and one partly full if the patience has run out.

    The wait counts from when both stock and a vehicle were available. Otherwise, with a backlog, each vehicle would
    leave alone as soon as it returns.
    """
    full = pallets // capacity
    return full + 1 if pallets > full * capacity and longest_wait_s >= patience_s else full


def has_vehicle(free: int) -> bool:
    """Whether a vehicle is free. `free` is below 0 where a phase has left fewer than are out."""
    return free > 0


def trip_carrier(trips: int) -> int:
    """Returns the carrier in the log for a load's next trip with a fleet after `trips` of them; see `sim.events`."""
    return -2 - trips


def convoy_size(ready: int, longest_wait_s: int, least: int, most: int, patience_s: int) -> int:
    """Returns how many of the `ready` vehicles set out now: there are at least `least`, or one has waited too long."""
    if ready >= least or (ready > 0 and longest_wait_s >= patience_s):
        return min(ready, most)
    return 0


def units_needed(vehicles: int, each: int) -> int:
    """Returns the units that `vehicles` need: one for every `each` vehicles, rounded up."""
    return -(-vehicles // each)


def departing_vehicles(vehicles: int, outcome: int) -> int:
    """Returns how many vehicles of a mission set out: all, half of them rounded up, or none."""
    if outcome == PARTIAL:
        return (vehicles + 1) // 2
    return vehicles if outcome >= IMPEDED else 0


def next_attempt_s(outcome: int, now_s: int, again_s: int) -> int:
    """Returns the earliest second of the next attempt to set out after an outcome.

    ABORTED and WITHDRAWN use up the day, PARTIAL the hour; after DENIED the line waits for `again_s`.
    """
    if outcome == ABORTED or outcome == WITHDRAWN:  # noqa: SIM109, no tuples in a tight loop
        return next_midnight_s(now_s)
    if outcome == DENIED:
        return now_s + again_s
    return (now_s // HOUR_S + 1) * HOUR_S if outcome == PARTIAL else now_s


def must_apply(waits: bool, outcome: int, request: int, now_s: int, not_before_s: int) -> bool:
    """Whether a line must apply for permission now: loads wait, it is needed, and none is granted or requested."""
    return waits and outcome != NOT_ASKED and request == NO_REQUEST and now_s >= not_before_s


def may_go(outcome: int, request: int) -> bool:
    """Whether a mission may be attempted: it has permission, or needs none at this hour."""
    return outcome == NOT_ASKED or request == PERMITTED


def request_carrier(line: int) -> int:
    """Returns the carrier in the log for the requests of a line at its office; those of loads have -1."""
    return -2 - line


def is_task(carrier: Any) -> Bools:
    """Which rows, or visits, of an office belong to tasks. Shape of `carrier`."""
    return np.asarray(carrier == TASK)


def collectable_s(offloaded_s: int, next_day: bool) -> int:
    """Returns from when on a load can be collected: at once, or from the next midnight."""
    return (offloaded_s // DAY_S + 1) * DAY_S if next_day else offloaded_s


def next_departure_s(now_s: int, first_s: int, every_s: int) -> int:
    """Returns the first departure of a timetable at or after `now_s`."""
    if now_s <= first_s:
        return first_s
    return first_s + -(-(now_s - first_s) // every_s) * every_s


def is_lost(mission: int, missions: int, truck: int, within: int, factor: int) -> bool:
    """Whether a truck loses its load: its convoy is stopped, and it is among the trucks that lose theirs.

    mission, truck : luck of the convoy and of the truck [ppm].
    missions, within : shares of convoys that are stopped, and of their trucks that lose their loads [ppm].
    factor : of `within`, by cargo [ppm].
    """
    return mission < missions and truck * PPM < within * factor


def has_expired(now_s: int, keeps_until_s: int) -> bool:
    """Whether a load that is offloaded now has exceeded its shelf life."""
    return now_s > keeps_until_s


def must_be_repacked(work_s: int, inspections: int) -> bool:
    """Whether a load is repacked before an inspection: only before the first, and only if repacking takes time."""
    return work_s > 0 and inspections == 0


def may_retry(attempts_made: int, attempts: int) -> bool:
    """Whether a rejected or refused load may try again; after its last attempt it is returned."""
    return attempts_made < attempts


def used_today(used: int, since_s: int, now_s: int) -> int:
    """Returns the use of a daily limit: `used` if it was last updated today, otherwise 0."""
    return used if since_s // DAY_S == now_s // DAY_S else 0


def used_in_period(used: int, since_s: int, now_s: int, period_s: int) -> int:
    """Returns the use of a limit per period: `used` if it was last updated in this period, otherwise 0.

    Periods follow each other from the start of the run.
    """
    return used if since_s // period_s == now_s // period_s else 0


def next_period_s(now_s: int, period_s: int) -> int:
    """Returns the start of the next period."""
    return (now_s // period_s + 1) * period_s


def trips_fuelled(content: int, leaves: int, litres: int) -> int:
    """Returns the number of trips of `litres` each for which a depot has fuel above its reserve `leaves`."""
    return max(0, content - leaves) // litres


def ration_litres(wanted: int, demand: int, content: int, leaves: int) -> int:
    """Returns the litres that a user of a depot gets, out of the content above the reserve `leaves`.

    If there is enough for the demand of all users of its rank, it gets all it wants; otherwise a share in proportion,
    rounded down.
    """
    available = max(0, content - leaves)
    return wanted if demand <= available else wanted * available // demand


def is_within_limit(used: int, amount: int, limit: int) -> bool:
    """Whether `amount` more, as a whole, stays within a limit."""
    return used + amount <= limit


def next_midnight_s(now_s: int) -> int:
    """Returns the midnight after `now_s`."""
    return (now_s // DAY_S + 1) * DAY_S


def scaled_number(number: int, percent: int) -> int:
    """Returns `percent` per cent of a whole number, rounded half up; at least 1 if neither is 0."""
    return max(1, (number * percent + 50) // 100) if number > 0 and percent > 0 else 0


def may_start_request(used: int, requests: int, percent: int) -> bool:
    """Whether an office may start one more request today: it is open and below its scaled limit (none if negative)."""
    return percent > 0 and (requests < 0 or used < scaled_number(requests, percent))


def is_refused(now_s: int, from_s: int, to_s: int) -> bool:
    """Whether an answer falls into a period of refusals."""
    return from_s <= now_s < to_s


def slots_kept(kept: int, slots: int, full: int) -> int:
    """Returns the slots reserved for a sector on a day that has `slots` of `full` slots."""
    return kept * slots // full


def is_time_of_day(now_s: int, of_day_s: int) -> bool:
    """Whether it is a given second of the day."""
    return now_s % DAY_S == of_day_s


def next_time_of_day_s(now_s: int, of_day_s: int) -> int:
    """Returns the first second after `now_s` at a given second of the day."""
    at_s = now_s // DAY_S * DAY_S + of_day_s
    return at_s if at_s > now_s else at_s + DAY_S


def is_call_time(now_s: int, first_s: int, every_s: int) -> bool:
    """Whether a batch is called now: at `first_s` of each day and, unless it is 0, every `every_s` until midnight."""
    since_s = now_s % DAY_S - first_s
    return since_s == 0 or (since_s > 0 and every_s > 0 and since_s % every_s == 0)


def next_call_s(now_s: int, first_s: int, every_s: int) -> int:
    """Returns the first call after `now_s`."""
    since_s = now_s % DAY_S - first_s
    if since_s >= 0 and every_s > 0:
        next_s = now_s - since_s + (since_s // every_s + 1) * every_s
        if next_s < next_midnight_s(now_s):
            return next_s
    return next_time_of_day_s(now_s, first_s)


def sum_of_previous_day(day: int, sum_of_day: int, before: int, today: int) -> int:
    """Returns the daily sum on the day before `today`.

    sum_of_day : of `day`, the day of the last update. before : of the day before that.
    """
    if day == today:
        return before
    return sum_of_day if day == today - 1 else 0


def last_mean_wait_s(day: int, waited_s: int, waits: int, before_s: int, today: int) -> int:
    """Returns the mean wait on the last day before `today` that had any wait [s]; 0 if there was none.

    waited_s, waits : of `day`, the day of the last update. before_s : the result for that day.
    """
    return waited_s // waits if day < today and waits > 0 else before_s


def is_shorter_wait(wait_s: int, least_s: int) -> bool:
    """Whether a wait is shorter than the least so far; on a tie the earlier corridor in the list is kept."""
    return wait_s < least_s


def first_open(opens: Sequence[bool]) -> int:
    """Returns the index of the first corridor that opens on a day; 0 if none does."""
    return next((i for i, is_open in enumerate(opens) if is_open), 0)


def is_diverted(closed_since_s: Any, now_s: Any, after_s: int) -> Bools:
    """Whether a border that has been closed since `closed_since_s` diverts loads. Elementwise."""
    return np.asarray(now_s - closed_since_s >= after_s)


def no_show_ppm(share_ppm: int, per_hour_ppm: int, waited_s: int, waits: int) -> int:
    """Returns the chance of a no-show [ppm]: a base share, plus a share per hour of yesterday's mean wait."""
    added_ppm = per_hour_ppm * waited_s // (waits * HOUR_S) if waits > 0 else 0
    return min(PPM, share_ppm + added_ppm)


def is_no_show(luck_ppm: int, chance_ppm: int, times: int, most: int) -> bool:
    """Whether a called truck does not come, after `times` earlier no-shows of at most `most`."""
    return times < most and luck_ppm < chance_ppm


def has_turn_before(passed: int, weight: int, others_passed: int, others_weight: int, comes_first: bool) -> bool:
    """Whether a class of loads is served before another: it has fewer passages for its weight, or as many and is first.

    Unused turns go to other classes.
    """
    turns, others = passed * others_weight, others_passed * weight
    return turns < others or (turns == others and comes_first)


def logged_reason(verdict: int) -> int:
    """Returns the reason of a rejection for the log; -1 if the inspection gives none."""
    return verdict if verdict > 1 else -1


def last_step(time_s: int, at_s: Whole) -> int:
    """Returns the index of the step that holds at `time_s`: at_s[i] <= time_s < at_s[i + 1]."""
    low, high = 0, len(at_s)
    while high - low > 1:
        middle = (low + high) // 2
        if at_s[middle] <= time_s:
            low = middle
        else:
            high = middle
    return low
