"""The decisions of the operation: pure functions of whole numbers, one per rule, the same for every engine.

Step functions arrive as two sequences: from at_s[i] on the value is value[i], the last for ever.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.units import DAY_S, HOUR_S, PPM

FINISH, FREEZE, NO_START, BREAK_OFF = 0, 1, 2, 3  # what happens at closing time to work in hand
NEED_STRETCHES = (NO_START, BREAK_OFF)  # rules that must know for how long a lane is open
WITHOUT_END_S = 1 << 60
ABORTED, DENIED, WITHDRAWN, PARTIAL, IMPEDED, FACILITATED = 0, 1, 2, 3, 4, 5  # of missions, the worst first
NOT_ASKED = 6  # no permission is needed
FIRST_OPEN, FASTEST, LEAST_WAIT, BY_SHARE = 0, 1, 2, 3  # how one of several roads, or corridors, is chosen
PER_CENT = PPM // 100
NO_REQUEST, ASKED, PERMITTED = 0, 1, 2  # of a line's next mission at its office
TASK = -(1 << 30)  # the name of all tasks as a carrier

Whole = Sequence[int] | NDArray[np.int64]


def finishes_s(start_s: int, work_s: int, rule: int, lane: int, at_s: Whole, lanes: Whole) -> int:
    """When work that `lane` (from 0) starts at `start_s` ends: frozen work pauses while the lane is closed."""
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


def outlasts_s(start_s: int, work_s: int, restarts: bool, breaks_s: Whole, mended_s: Whole) -> int:
    """When work that starts at `start_s` ends in a lane that breaks at breaks_s[i] and works again at mended_s[i].

    All by the lane's clock. What ends just as the lane breaks has ended; what starts just then waits for the repair.
    After it work goes on where it was, or begins anew.
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


def up_again_s(now_s: int, breaks_s: Whole, mended_s: Whole) -> int:
    """When a lane that is being repaired works again; `now_s` itself if it works now."""
    i = last_step(now_s, breaks_s)
    return mended_s[i] if i < len(breaks_s) and breaks_s[i] <= now_s < mended_s[i] else now_s


def may_start(now_s: int, work_s: int, rule: int, opened_s: int, closes_s: int, longest_s: int) -> bool:
    """Whether a lane that opened at `opened_s` and closes at `closes_s` may start this work now.

    Under `nostart` nothing starts that cannot end in time; work that the longest window of the lane could not hold
    starts as a window opens, else it would bar the queue for ever.
    """
    if rule != NO_START or now_s + work_s <= closes_s:
        return True
    return work_s > longest_s and now_s == opened_s


def is_broken_off(start_s: int, work_s: int, closes_s: int, longest_s: int) -> bool:
    """Whether work that starts now is broken off at closing hour, which would end later.

    Not if the longest window of the lane could not hold it, else it would never be done.
    """
    return closes_s < start_s + work_s and work_s <= longest_s


def reached_s(start_s: int, free_s: int, at_s: Whole, percent: Whole) -> int:
    """When a drive that takes `free_s` at free flow ends, at the speed of each hour in per cent of free flow."""
    return has_flown_s(start_s, free_s * 100, at_s, percent)


def speed_left(vehicles: int, free: int, each: int, least: int) -> int:
    """The share of its speed [per cent] that a road with so many vehicles on it has left.

    Each beyond those that drive freely takes `each` of it [ppm]; rounded, and never less than the least.
    """
    if vehicles <= free:
        return 100
    return max(least, 100 - (2 * each * (vehicles - free) + PER_CENT) // (2 * PER_CENT))


def reached_in_traffic_s(start_s: int, free_s: int, left: int, at_s: Whole, percent: Whole) -> int:
    """The same on a road that for this drive has `left` per cent of the speed of each hour."""
    return has_flown_s(start_s, -(-free_s * 10_000 // left), at_s, percent)


def left_until_done(percent: int, since_s: int, done_s: int, now_s: int) -> int:
    """The share of its speed [per cent] that a place has left at `now_s` by a task that is done at `done_s`."""
    return percent if since_s <= now_s < done_s else 100


def slowed(left: int, percent: int) -> int:
    """The share of a speed [per cent] that is left of `left` per cent; rounded up, 0 only where one of them is 0."""
    return -(-left * percent // 100)


def may_undertake(teams: int, opened: int, escorts: int, escorts_opened: int, escorted: int) -> bool:
    """Whether a task may begin: a team and all its escorts are free, and in their hours of work; all or none."""
    return teams > 0 and opened > 0 and (escorted == 0 or (escorts >= escorted and escorts_opened > 0))


def goes_rather(choose: int, free_s: int, speed: int, other_free_s: int, other_speed: int) -> bool:
    """Whether a road is taken rather than one that stands before it in the list, by its speed now; 0 is closed.

    The fastest by free-flow time over speed, or the first that is open. Of equals, or where all are closed, the first.
    """
    if choose == FASTEST:
        return free_s * other_speed < other_free_s * speed
    return other_speed == 0 and speed > 0


def has_flown_s(start_s: int, amount: int, at_s: Whole, rate: Whole) -> int:
    """The first second by which `amount` has flown since `start_s`, at rate[i] a second from at_s[i] on."""
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


def flown(start_s: int, end_s: int, at_s: Whole, rate: Whole) -> int:
    """How much flows between two seconds, at rate[i] a second from at_s[i] on."""
    i, now, amount = last_step(start_s, at_s), start_s, 0
    while now < end_s:
        ends = min(at_s[i + 1], end_s) if i + 1 < len(at_s) else end_s
        amount += (ends - now) * rate[i]
        now, i = ends, i + 1
    return amount


def left_in_store(content: int, handed_out: int) -> int:
    """What stands in a store: where nothing is left, nothing is handed out, and none of it is made up for later."""
    return max(0, content - handed_out)


def surplus(content: int, pallets: int, room: int) -> int:
    """What has to leave a store before so many pallets more have room [pallets x s of a day]; 0 or less: nothing."""
    return content + (pallets - room) * DAY_S


def vehicles_to_load(pallets: int, capacity: int, longest_wait_s: int, patience_s: int) -> int:
    """Vehicles that the stock fills: they load full; a part-full one leaves only when patience has run out.

    A vehicle waits from when both stock and a vehicle were there: stock that waits for vehicles has no patience to
    lose, else a backlog would send each vehicle off alone as it comes home.
    """
    full = pallets // capacity
    return full + 1 if pallets > full * capacity and longest_wait_s >= patience_s else full


def has_vehicle(free: int) -> bool:
    """Whether a vehicle can take a load over; below 0 are those that a phase has left too many, which retire."""
    return free > 0


def trip_name(trips: int) -> int:
    """What the log calls the vehicle onto which a load is transferred that had `trips` of this fleet's before."""
    return -2 - trips


def convoy_size(ready: int, longest_wait_s: int, least: int, most: int, patience_s: int) -> int:
    """How many of the `ready` vehicles set out now: enough of them, or one that has waited too long."""
    if ready >= least or (ready > 0 and longest_wait_s >= patience_s):
        return min(ready, most)
    return 0


def needed_for(vehicles: int, each: int) -> int:
    """How many escorts so many vehicles need, one for `each` of them and one for what is left over."""
    return -(-vehicles // each)


def vehicles_that_go(vehicles: int, outcome: int) -> int:
    """How many vehicles of a mission set out: all, half of them rounded up, or none."""
    if outcome == PARTIAL:
        return (vehicles + 1) // 2
    return vehicles if outcome >= IMPEDED else 0


def next_attempt_s(outcome: int, now_s: int, again_s: int) -> int:
    """From when on a way out may be tried again: a day that is used up ends at midnight, an hour has one outcome."""
    if outcome == ABORTED or outcome == WITHDRAWN:  # noqa: SIM109, no tuples in a tight loop
        return next_midnight_s(now_s)
    if outcome == DENIED:
        return now_s + again_s
    return (now_s // HOUR_S + 1) * HOUR_S if outcome == PARTIAL else now_s


def must_ask(waits: bool, outcome: int, request: int, now_s: int, not_before_s: int) -> bool:
    """Whether a line asks its office now: something waits, permission is needed, and it has none and waits for none."""
    return waits and outcome != NOT_ASKED and request == NO_REQUEST and now_s >= not_before_s


def may_go(outcome: int, request: int) -> bool:
    """Whether a mission may come before its outcome: it has permission, or needs none at this hour."""
    return outcome == NOT_ASKED or request == PERMITTED


def request_name(line: int) -> int:
    """What the log of an office calls the requests of a line, beside those of loads, which are -1."""
    return -2 - line


def of_tasks(carrier: Any) -> Any:
    """Whether rows, or visits, of an office are a task's, by their carrier."""
    return carrier == TASK


def collectable_s(offloaded_s: int, next_day: bool) -> int:
    """From when on a load can be collected: at once, or from the next midnight."""
    return (offloaded_s // DAY_S + 1) * DAY_S if next_day else offloaded_s


def next_departure_s(now_s: int, first_s: int, every_s: int) -> int:
    """The first departure of a timetable at or after `now_s`."""
    if now_s <= first_s:
        return first_s
    return first_s + -(-(now_s - first_s) // every_s) * every_s


def is_lost(mission: int, missions: int, truck: int, within: int, factor: int) -> bool:
    """Whether a truck loses all that it carries: its convoy is stopped, and it is one of those that lose.

    In parts per million, by the luck of the convoy and of the truck; a factor that takes `within` beyond all is as all.
    """
    return mission < missions and truck * PPM < within * factor


def has_expired(now_s: int, keeps_until_s: int) -> bool:
    """Whether a load that is offloaded now has outlived its shelf life."""
    return now_s > keeps_until_s


def must_be_repacked(work_s: int, inspections: int) -> bool:
    """Whether a load is repacked before it is inspected: if that is any work, and once at the most."""
    return work_s > 0 and inspections == 0


def may_try_again(attempts_made: int, attempts: int) -> bool:
    """Whether a rejected load joins again; after its attempts it is returned."""
    return attempts_made < attempts


def used_today(used: int, since_s: int, now_s: int) -> int:
    """What is used of a daily ceiling: nothing yet, if it was last used before midnight."""
    return used if since_s // DAY_S == now_s // DAY_S else 0


def used_in_period(used: int, since_s: int, now_s: int, period_s: int) -> int:
    """What is used of a ceiling over periods from the run's start on: nothing yet, if it was last used before this."""
    return used if since_s // period_s == now_s // period_s else 0


def next_period_s(now_s: int, period_s: int) -> int:
    """When the period after that of `now_s` begins."""
    return (now_s // period_s + 1) * period_s


def trips_fuelled(content: int, leaves: int, litres: int) -> int:
    """For how many trips of so many litres a depot has fuel, of which a trip leaves so much for others."""
    return max(0, content - leaves) // litres


def rationed(wanted: int, of_rank: int, content: int, leaves: int) -> int:
    """The litres that a user of a depot gets, of what is there as its rank's turn comes, but for what it leaves.

    All that it wants if there is as much as all of its rank want; else its part by what each wants, in whole litres.
    """
    there = max(0, content - leaves)
    return wanted if of_rank <= there else wanted * there // of_rank


def is_under(used: int, amount: int, limit: int) -> bool:
    """Whether a whole party has room under a ceiling."""
    return used + amount <= limit


def next_midnight_s(now_s: int) -> int:
    """The midnight after `now_s`."""
    return (now_s // DAY_S + 1) * DAY_S


def share_of(number: int, percent: int) -> int:
    """What is left of a whole number at a level: rounded half up, and one at least where neither is 0."""
    return max(1, (number * percent + 50) // 100) if number > 0 and percent > 0 else 0


def may_take_up(used: int, requests: int, percent: int) -> bool:
    """Whether an office takes up one more request today: it is open, and below the share of its requests."""
    return percent > 0 and (requests < 0 or used < share_of(requests, percent))


def is_refused(now_s: int, from_s: int, to_s: int) -> bool:
    """Whether an answer falls into a period of refusal."""
    return from_s <= now_s < to_s


def slots_kept(kept: int, slots: int, full: int) -> int:
    """Slots kept for a sector on a day that has `slots` of `full`."""
    return kept * slots // full


def is_time_of_day(now_s: int, of_day_s: int) -> bool:
    """Whether it is that time of day."""
    return now_s % DAY_S == of_day_s


def next_time_of_day_s(now_s: int, of_day_s: int) -> int:
    """The first second after `now_s` at that time of day."""
    at_s = now_s // DAY_S * DAY_S + of_day_s
    return at_s if at_s > now_s else at_s + DAY_S


def is_call(now_s: int, first_s: int, every_s: int) -> bool:
    """Whether a batch is called: at `first_s` of each day and, unless that is 0, every `every_s` until midnight."""
    since_s = now_s % DAY_S - first_s
    return since_s == 0 or (since_s > 0 and every_s > 0 and since_s % every_s == 0)


def next_call_s(now_s: int, first_s: int, every_s: int) -> int:
    """The first call after `now_s`."""
    since_s = now_s % DAY_S - first_s
    if since_s >= 0 and every_s > 0:
        next_s = now_s - since_s + (since_s // every_s + 1) * every_s
        if next_s < next_midnight_s(now_s):
            return next_s
    return next_time_of_day_s(now_s, first_s)


def of_yesterday(day: int, sum_of_day: int, before: int, today: int) -> int:
    """Of a sum by day, last added to on `day`, and of the day before that: what it was on the day before `today`."""
    if day == today:
        return before
    return sum_of_day if day == today - 1 else 0


def known_wait_s(day: int, waited_s: int, waits: int, before_s: int, today: int) -> int:
    """The mean wait of those who passed on the last day before `today` on which anybody did; 0 where nobody ever did.

    Of the day last added to, and what was known on that day.
    """
    return waited_s // waits if day < today and waits > 0 else before_s


def waits_less(wait_s: int, least_s: int) -> bool:
    """Whether a corridor is taken rather than the best of those before it in the list: of equals the first is taken."""
    return wait_s < least_s


def first_open(opens: Sequence[bool]) -> int:
    """The first corridor of a list that opens on a day; where none does the first of all."""
    return next((i for i, one in enumerate(opens) if one), 0)


def is_diverted(closed_since_s: Any, now_s: Any, after_s: int) -> Any:
    """Whether a border that has been closed since then, without an open second, diverts loads; elementwise."""
    return now_s - closed_since_s >= after_s


def no_show_ppm(share_ppm: int, per_hour_ppm: int, waited_s: int, waits: int) -> int:
    """The chance that who is called does not come: a share, and more for each hour of yesterday's mean wait."""
    more = per_hour_ppm * waited_s // (waits * HOUR_S) if waits > 0 else 0
    return min(PPM, share_ppm + more)


def does_not_come(luck_ppm: int, chance_ppm: int, times: int, most: int) -> bool:
    """Whether who is called, and did not come so many times before, does not come."""
    return times < most and luck_ppm < chance_ppm


def has_turn_before(passed: int, weight: int, others_passed: int, others_weight: int, comes_first: bool) -> bool:
    """Whether a class of loads has its turn before another: fewer have passed for its weight, or as many and its first
    comes first. Turns that nobody uses go to others.
    """
    turns, others = passed * others_weight, others_passed * weight
    return turns < others or (turns == others and comes_first)


def reason_told(verdict: int) -> int:
    """What the log tells of an inspection that said no: the number of its reason, -1 where it gave none."""
    return verdict if verdict > 1 else -1


def last_step(time_s: int, at_s: Whole) -> int:
    """The index of the step that holds at `time_s`: at_s[i] <= time_s < at_s[i + 1]."""
    low, high = 0, len(at_s)
    while high - low > 1:
        middle = (low + high) // 2
        if at_s[middle] <= time_s:
            low = middle
        else:
            high = middle
    return low
