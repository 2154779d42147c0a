"""The passes over a log and over moments: compiled loops over plain arrays, each linear in what it reads.

What they find is named and explained in `visits.py`; nothing here knows what is worth measuring.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.events import FINISHED, JOINED, PASSED, STARTED, Log
from sim.jit import compiled, part, tight
from sim.units import DAY_S

Numbers = NDArray[Any]  # whole numbers of 16 to 64 bits


@tight
def count(log: Log, number: Numbers, beyond: Numbers) -> None:
    """Counts the rows of each kind at each place into `number`, (kinds, places + 1); the last column is for -1.

    beyond : (2,) becomes the first number that is no entity, and the first that is no carrier.
    """
    for i in range(len(log)):
        number[log[i]["kind"], log[i]["place"]] += 1
        beyond[0] = max(beyond[0], log[i]["entity"] + 1)
        beyond[1] = max(beyond[1], log[i]["carrier"] + 1)


@part
def _recalled(
    who: int, latest: Numbers, before: Numbers, first: int, beyond: int, joined_s: Numbers, left_s: Numbers,
    when_s: Numbers, time_s: int, horizon_s: int,
) -> int:  # fmt: skip
    """The visit of somebody's in [first, beyond) for which this moment is due, or -1; from now on told of last.

    There are two where a yard is joined anew in the second in which it is left: the older one is due. What lies
    further back than a visit that was left is over, but for a fleet's trip.
    """
    found, found_after = np.int32(-1), np.int32(-1)
    visit, after = latest[who], np.int32(-1)
    while visit >= 0:
        if first <= visit < beyond and when_s[visit] == horizon_s:
            found, found_after = visit, after
            if joined_s[visit] < time_s:
                break
        elif found >= 0 and left_s[visit] < horizon_s:
            break
        visit, after = before[visit], visit
    if found >= 0 and found_after >= 0:
        before[found_after] = before[found]
        before[found] = latest[who]
        latest[who] = found
    return int(found)


@tight
def follow(
    log: Log, horizon_s: int, begins: Numbers, at: Numbers, visits: tuple[Numbers, ...], told_at: Numbers, told: Log,
    latest: Numbers, before: Numbers, vehicles_from: int,
) -> None:  # fmt: skip
    """Writes down each visit from the rows that tell of it, and keeps the rows that tell of none.

    begins : (places + 1,) the kind of row with which a visit begins there.
    at : (2, places + 1) from where on each place has its visits in the columns of `visits` (see `visits.Visits`), and
    where the next one goes. What has not happened is the horizon, as it stands there before.
    told_at : (kinds, places + 1) where the next row of each kind at each place goes in `told`.
    latest, before : the visit that each load, and from `vehicles_from` on each vehicle, was told of last, -1 before
    the first; and for each visit the one of theirs that was told of before it.
    """
    entity, carrier, joined_s, started_s, finished_s, left_s, lane = visits
    for i in range(len(log)):
        row = log[i]
        kind, place, time_s = row["kind"], row["place"], row["time_s"]
        who = row["entity"] if row["carrier"] < 0 else vehicles_from + row["carrier"]
        visit = latest[who]
        if visit >= 0 and left_s[visit] == horizon_s and finished_s[visit] < horizon_s:
            left_s[visit] = time_s
        if kind == begins[place]:
            new = at[1, place]
            at[1, place] = new + 1
            entity[new], carrier[new], joined_s[new] = row["entity"], row["carrier"], time_s
            before[new] = visit
            latest[who] = new
        if kind == FINISHED:
            visit = _recalled(
                who, latest, before, at[0, place], at[1, place], joined_s, left_s, finished_s, time_s, horizon_s
            )
            if visit >= 0:
                finished_s[visit] = time_s
        elif kind == STARTED or kind == PASSED:  # noqa: SIM109, no tuples in a tight loop
            visit = _recalled(
                who, latest, before, at[0, place], at[1, place], joined_s, left_s, started_s, time_s, horizon_s
            )
            if visit >= 0:
                started_s[visit], lane[visit] = time_s, row["pallets"]
        elif kind != JOINED:
            told[told_at[kind, place]] = row
            told_at[kind, place] += 1


@compiled
def by_who(entity: Numbers, carrier: Numbers) -> Numbers:
    """The order by (entity, carrier), and of equals as they stand. Shape (n,) int32.

    A counting sort by entity. Vehicles are named in the order in which they set out, so that within an entity hardly
    any row has to move past another.
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
def by_day(time_s: Numbers, days: int) -> tuple[Numbers, Numbers]:
    """For each day the number of moments, and the sum of their seconds until midnight. Each of shape (days,) int64.

    Moments after the last day count nowhere.
    """
    number, rest = np.zeros(days, np.int64), np.zeros(days, np.int64)
    for i in range(len(time_s)):
        day = time_s[i] // DAY_S
        if day < days:
            number[day] += 1
            rest[day] += (day + 1) * DAY_S - time_s[i]
    return number, rest


@compiled
def changed_by_day(time_s: Numbers, change: Numbers, days: int) -> tuple[Numbers, Numbers]:
    """For each day the sum of the changes, and that of change x seconds until midnight."""
    changed, rest = np.zeros(days, np.int64), np.zeros(days, np.int64)
    for i in range(len(time_s)):
        day = time_s[i] // DAY_S
        if day < days:
            changed[day] += change[i]
            rest[day] += np.int64(change[i]) * ((day + 1) * DAY_S - time_s[i])
    return changed, rest


@compiled
def closed_between(at_s: Numbers, opened: Numbers, from_s: Numbers, to_s: Numbers) -> Numbers:
    """For how long of each span a clock, 1 or 0 from each of `at_s` on, stood at 0 [s]. Shape of `from_s`."""
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
            shut[i] += (until - now) * (1 - opened[step])
            now, step = until, step + 1
    return shut


@tight
def add_up(time_s: Numbers, group: Numbers, values: tuple[Numbers, ...], sums: Numbers) -> None:
    """Adds to `sums`, (days, groups, 4), by day and group: 1 and the three `values` of each moment."""
    trucks, pallets, kg = values
    for i in range(len(time_s)):
        day = time_s[i] // DAY_S
        sums[day, group[i], 0] += 1
        sums[day, group[i], 1] += trucks[i]
        sums[day, group[i], 2] += pallets[i]
        sums[day, group[i], 3] += kg[i]


@compiled
def extremes(up_s: Numbers, up: Numbers, down_s: Numbers, down: Numbers) -> tuple[int, int]:
    """The lowest and the highest level at the end of a second in which it changed. Moments ascend."""
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
