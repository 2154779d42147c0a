"""Compiled loops over a log, over events and over lots: plain arrays in and out, each linear in what it reads.

The functions that call them name and explain the results (`visits.py`, `milestones.py`, `lanes.py`,
`distribution.py`, `needs.py`). This module defines no measure, and knows no area and no cargo.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.events import COLLECTED, FINISHED, JOINED, PASSED, STARTED, Log
from sim.jit import compiled, compiled_without_allocation
from sim.kernels import heap_pop, heap_push
from sim.units import DAY_S, PPM

IntArray = NDArray[Any]  # whole numbers of 16 to 64 bits


@compiled_without_allocation
def count_rows(log: Log, number: IntArray) -> int:
    """Counts the rows of each kind at each place into `number`, (kinds, places + 1); the last column is for place -1.

    Returns the number of entities: the highest entity number plus 1.
    """
    beyond = 0
    for i in range(len(log)):
        number[log[i]["kind"], log[i]["place"]] += 1
        beyond = max(beyond, log[i]["entity"] + 1)
    return beyond


@compiled_without_allocation
def extract_visits(
    log: Log, horizon_s: int, begins: IntArray, at: IntArray, visits: IntArray, row_at: IntArray, kept_rows: Log,
    latest: IntArray, before: IntArray
) -> None:  # fmt: skip
    """Writes each visit from the rows that belong to it, and copies the rows that belong to none.

    Two visits match a row where a truck joins a yard again in the second in which it leaves it: the older one is taken.
    The search stops at a visit that was left, since all earlier visits are over, except a fleet's trip.

    begins : (places + 1,) the kind of row with which a visit to each place begins.
    at : (2, places + 1) the index of each place's first visit in `visits`, and of the next visit to be written.
    visits : (columns of Visits in visits.py, n). A time that was not reached is `horizon_s`.
    row_at : (kinds, places + 1) the offset in `kept_rows` of the next row of each kind at each place.
    latest : (entities,) the visit of each load, on its truck or on vehicles, that the log mentioned last, -1 before the
    first. before : (n,) to be filled with the visit of the same load that was mentioned before each.
    """
    entities, carriers, joined_s, started_s, finished_s, left_s, lanes = visits
    for i in range(len(log)):
        row = log[i]
        kind, place, time_s, entity, carrier = row["kind"], row["place"], row["time_s"], row["entity"], row["carrier"]
        if kind != COLLECTED and entity >= 0:  # a collecting vehicle is at no place yet; -1 is no entity
            visit = latest[entity]
            while visit >= 0 and carriers[visit] != carrier:
                visit = before[visit]
            if visit >= 0 and left_s[visit] == horizon_s and finished_s[visit] < horizon_s:
                left_s[visit] = time_s
        if kind == begins[place]:
            visit = at[1, place]
            at[1, place] += 1
            entities[visit], carriers[visit], joined_s[visit] = entity, carrier, time_s
            started_s[visit] = finished_s[visit] = left_s[visit] = horizon_s
            lanes[visit], before[visit] = -1, latest[entity]
            latest[entity] = visit
        if kind == FINISHED or kind == STARTED or kind == PASSED:  # noqa: SIM109, no tuples in a tight loop
            reached_s = finished_s if kind == FINISHED else started_s
            matched, after_matched = np.int32(-1), np.int32(-1)
            visit, after = latest[entity], np.int32(-1)
            while visit >= 0:
                if carriers[visit] == carrier:
                    if at[0, place] <= visit < at[1, place] and reached_s[visit] == horizon_s:
                        matched, after_matched = visit, after
                        if joined_s[visit] < time_s:
                            break
                    elif matched >= 0 and left_s[visit] < horizon_s:
                        break
                visit, after = before[visit], visit
            if matched >= 0:
                reached_s[matched] = time_s
                if kind != FINISHED:
                    lanes[matched] = row["value"]
                if after_matched >= 0:  # moves it to the front
                    before[after_matched] = before[matched]
                    before[matched] = latest[entity]
                    latest[entity] = matched
        elif kind != JOINED:
            kept_rows[row_at[kind, place]] = row
            row_at[kind, place] += 1


@compiled
def order_by_load_and_carrier(entity: IntArray, carrier: IntArray) -> IntArray:
    """Returns the stable order by (entity, carrier). Shape (n,) int32.

    This is a counting sort by entity. Vehicles are numbered in the order in which they set out, so within an entity the
    insertion sort moves few rows.
    """
    first = np.zeros(1 + (entity.max() + 1 if len(entity) else 0), np.int64)
    for i in range(len(entity)):
        first[entity[i] + 1] += 1
    first = np.cumsum(first)
    after = first.copy()
    order = np.empty(len(entity), np.int32)
    for i in range(len(entity)):
        k = after[entity[i]]
        after[entity[i]] += 1
        while k > first[entity[i]] and carrier[order[k - 1]] > carrier[i]:
            order[k] = order[k - 1]
            k -= 1
        order[k] = i
    return order


@compiled
def sum_changes_by_day(time_s: IntArray, change: IntArray, days: int) -> tuple[IntArray, IntArray, IntArray]:
    """Returns for each day the number of events, the sum of their changes, and that of change x seconds until midnight.

    Each has shape (days,) int64. Events after the last day are left out.
    """
    number, changed, rest = np.zeros(days, np.int64), np.zeros(days, np.int64), np.zeros(days, np.int64)
    day = midnight_s = count = total = left = 0
    for i in range(len(time_s)):  # consecutive events of one day are summed before they are written
        if not midnight_s - DAY_S <= time_s[i] < midnight_s:
            if midnight_s and day < days:
                number[day] += count
                changed[day] += total
                rest[day] += left
            count = total = left = 0
            day = time_s[i] // DAY_S
            midnight_s = (day + 1) * DAY_S
        count += 1
        total += change[i]
        left += np.int64(change[i]) * (midnight_s - time_s[i])
    if count and day < days:
        number[day] += count
        changed[day] += total
        rest[day] += left
    return number, changed, rest


@compiled
def closed_lane_seconds(at_s: IntArray, lanes: IntArray, lane: IntArray, from_s: IntArray, to_s: IntArray) -> IntArray:
    """Returns for how long each span's lane was closed [s]. Shape of `from_s`.

    at_s, lanes : from each of `at_s` on, the first `lanes` lanes are open. lane, from_s, to_s : (n,) of each span.
    """
    shut = np.zeros(len(from_s), np.int64)
    k = 0
    for i in range(len(from_s)):
        while k > 0 and at_s[k] > from_s[i]:
            k -= 1
        while k + 1 < len(at_s) and at_s[k + 1] <= from_s[i]:
            k += 1
        now, step = np.int64(from_s[i]), k
        while now < to_s[i]:
            until = np.int64(to_s[i])
            if step + 1 < len(at_s):
                until = min(until, at_s[step + 1])
            if lanes[step] <= lane[i]:
                shut[i] += until - now
            now, step = until, step + 1
    return shut


@compiled_without_allocation
def add_daily_sums(time_s: IntArray, group: IntArray, values: tuple[IntArray, ...], sums: IntArray) -> None:
    """Adds 1 and the three `values` of each event to `sums`, (days, groups, 4), by day and group."""
    trucks, pallets, kg = values
    for i in range(len(time_s)):
        day = time_s[i] // DAY_S
        sums[day, group[i], 0] += 1
        sums[day, group[i], 1] += trucks[i]
        sums[day, group[i], 2] += pallets[i]
        sums[day, group[i], 3] += kg[i]


@compiled
def level_extremes(up_s: IntArray, up: IntArray, down_s: IntArray, down: IntArray) -> tuple[int, int]:
    """Returns the lowest and the highest level at the end of a second in which it changed. Times ascend."""
    level, lowest, highest = 0, 0, 0
    i = j = 0
    while i < len(up_s) or j < len(down_s):
        rises = j == len(down_s) or (i < len(up_s) and up_s[i] < down_s[j])
        now = up_s[i] if rises else down_s[j]
        first = i + j == 0
        while i < len(up_s) and up_s[i] == now:
            level += up[i]
            i += 1
        while j < len(down_s) and down_s[j] == now:
            level -= down[j]
            j += 1
        lowest = level if first else min(lowest, level)
        highest = level if first else max(highest, level)
    return lowest, highest


@compiled
def allocate_by_share(group: IntArray, pallets: IntArray, ppm: IntArray, chosen: IntArray) -> None:
    """Gives each part to the option that is furthest behind its share of its group's pallets so far; the first if tied.

    group, pallets, chosen : (n,), of each part in order; the chosen option is written. ppm : (groups, options), the
    shares of each group in parts per million, which add up to 1,000,000.
    """
    given, came = np.zeros_like(ppm), np.zeros(len(ppm), dtype=np.int64)
    for i in range(len(group)):
        own_group = group[i]
        came[own_group] += pallets[i]
        furthest, most = 0, -PPM * came[own_group]
        for option in range(ppm.shape[1]):
            behind = ppm[own_group, option] * came[own_group] - PPM * given[own_group, option]
            if behind > most:
                furthest, most = option, behind
        given[own_group, furthest] += pallets[i]
        chosen[i] = furthest


@compiled
def use_up_lots(
    needed: IntArray, carried: IntArray, begins: IntArray, time_s: IntArray, kg: IntArray, rank: IntArray,
    expires_s: IntArray,
    met: IntArray, late: IntArray, expired: IntArray, stock: IntArray, out_s: IntArray, mean: IntArray,
) -> None:  # fmt: skip
    """Uses up each stock evenly over each day, the lots that expire first before the others.

    Amounts are in kg x 86,400, so that the use of each second is a whole number and nothing is lost by rounding.

    needed : (n, days) int64, kg a day. carried : (n,) bool, whether an unmet need is met later, as soon as goods come.
    begins : (n + 1,) int64, offset of the lots of each stock in the arrays below, by time.
    time_s, kg, rank : (lots,) int64, when each lot comes, its amount, and its rank by expiry; equal ranks are pooled.
    expires_s : int64, of each rank; lots that come later are not used.
    Writes, all (n, days): met, late (used on its day; on a later one), expired, stock (at the day's end), int64, kg x
    86,400; out_s (seconds of the day without stock, while needed), mean (stock, kg), float64.
    """
    heap = np.empty(len(expires_s) + 1, dtype=np.int64)  # ranks of the lots in stock
    left = np.zeros(len(expires_s), dtype=np.int64)  # of each rank
    for k in range(len(needed)):
        left[:] = 0
        coming, end_of_lots, lots_held, held, owed = begins[k], begins[k + 1], 0, 0, 0
        for day in range(needed.shape[1]):
            rate, now, midnight = needed[k, day], day * DAY_S, (day + 1) * DAY_S
            while now < midnight:
                while coming < end_of_lots and time_s[coming] <= now:
                    amount = kg[coming] * DAY_S
                    if expires_s[rank[coming]] <= now:
                        expired[k, day] += amount
                        amount = 0
                    late_now = min(owed, amount)
                    owed -= late_now
                    late[k, day] += late_now
                    if amount > late_now:
                        if left[rank[coming]] == 0:
                            heap_push(heap, 0, lots_held, rank[coming])
                            lots_held += 1
                        left[rank[coming]] += amount - late_now
                        held += amount - late_now
                    coming += 1
                while lots_held > 0 and expires_s[heap[0]] <= now:
                    expired[k, day] += left[heap[0]]
                    held -= left[heap[0]]
                    left[heap[0]] = 0
                    heap_pop(heap, 0, lots_held)
                    lots_held -= 1
                upto = midnight
                if coming < end_of_lots:
                    upto = min(upto, time_s[coming])
                if lots_held > 0:
                    upto = min(upto, expires_s[heap[0]])
                wanted, before = rate * (upto - now), held
                missing = wanted
                while missing > 0 and lots_held > 0:
                    lot = heap[0]
                    used = min(missing, left[lot])
                    missing -= used
                    held -= used
                    left[lot] -= used
                    if left[lot] == 0:
                        heap_pop(heap, 0, lots_held)
                        lots_held -= 1
                met[k, day] += wanted - missing
                if missing > 0:
                    out_s[k, day] += missing / rate
                    mean[k, day] += before / DAY_S * before / rate / 2 / DAY_S  # a triangle: the stock falls to zero
                    owed += missing * carried[k]
                else:
                    mean[k, day] += (before + held) / 2 / DAY_S * (upto - now) / DAY_S
                now = upto
            stock[k, day] = held
