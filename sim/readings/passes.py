"""The passes over a log and over moments: compiled loops over plain arrays, each linear in what it reads.

What they find is named and explained in `visits.py`; nothing here knows what is worth measuring.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.events import COLLECTED, FINISHED, JOINED, PASSED, STARTED, Log
from sim.jit import compiled, part, tight
from sim.kernels import heap_pop, heap_push
from sim.units import DAY_S, PPM

IntArray = NDArray[Any]  # whole numbers of 16 to 64 bits


@tight
def count_rows(log: Log, number: IntArray) -> int:
    """Counts the rows of each kind at each place into `number`, (kinds, places + 1); the last column is for -1.

    Returns the first number that is no entity.
    """
    beyond = 0
    for i in range(len(log)):
        number[log[i]["kind"], log[i]["place"]] += 1
        beyond = max(beyond, log[i]["entity"] + 1)
    return beyond


@part
def _latest_visit_of_carrier(visits: Any, visit: int, carrier: int) -> int:
    """The first of the visits from `visit` back that is this carrier's, or -1."""
    while visit >= 0 and visits[visit]["carrier"] != carrier:
        visit = visits[visit]["before"]
    return visit


@part
def _match_open_visit(
    visits: Any, latest: IntArray, row: Any, first: int, beyond: int, started: bool, horizon_s: int
) -> int:  # fmt: skip
    """The visit in [first, beyond) that starts, or finishes, with this row, or -1; from now on told of last.

    There are two where a yard is joined anew in the second in which it is left: the older one is due. What lies
    further back than a visit that was left is over, but for a fleet's trip.
    """
    who, carrier = row["entity"], row["carrier"]
    found, found_after = np.int32(-1), np.int32(-1)
    visit, after = latest[who], np.int32(-1)
    while visit >= 0:
        one = visits[visit]
        if one["carrier"] == carrier:
            if first <= visit < beyond and (one["started_s"] if started else one["finished_s"]) == horizon_s:
                found, found_after = visit, after
                if one["joined_s"] < row["time_s"]:
                    break
            elif found >= 0 and one["left_s"] < horizon_s:
                break
        visit, after = one["before"], visit
    if found >= 0 and found_after >= 0:
        visits[found_after]["before"] = visits[found]["before"]
        visits[found]["before"] = latest[who]
        latest[who] = found
    return int(found)


@tight
def extract_visits(
    log: Log, horizon_s: int, begins: IntArray, at: IntArray, visits: Any, told_at: IntArray, told: Log,
    latest: IntArray
) -> None:  # fmt: skip
    """Writes down each visit from the rows that tell of it, and keeps the rows that tell of none.

    begins : (places + 1,) the kind of row with which a visit begins there.
    at : (2, places + 1) from where on each place has its visits in `visits` (rows of VISIT in visits.py), and where
    the next one goes. What has not happened is the horizon.
    told_at : (kinds, places + 1) where the next row of each kind at each place goes in `told`.
    latest : (entities,) the visit that each load, on its truck or on vehicles, was told of last, -1 before the first;
    each visit has the one that was told of before it.
    """
    for i in range(len(log)):
        row = log[i]
        kind, place, time_s = row["kind"], row["place"], row["time_s"]
        if kind != COLLECTED and row["entity"] >= 0:  # by a vehicle that is nowhere yet; of nobody
            visit = _latest_visit_of_carrier(visits, latest[row["entity"]], row["carrier"])
            if visit >= 0 and visits[visit]["left_s"] == horizon_s and visits[visit]["finished_s"] < horizon_s:
                visits[visit]["left_s"] = time_s
        if kind == begins[place]:
            new = at[1, place]
            at[1, place] = new + 1
            visit = visits[new]
            visit["entity"], visit["carrier"], visit["joined_s"] = row["entity"], row["carrier"], time_s
            visit["started_s"] = visit["finished_s"] = visit["left_s"] = horizon_s
            visit["lane"], visit["before"] = -1, latest[row["entity"]]
            latest[row["entity"]] = new
        if kind == FINISHED:
            found = _match_open_visit(visits, latest, row, at[0, place], at[1, place], False, horizon_s)
            if found >= 0:
                visits[found]["finished_s"] = time_s
        elif kind == STARTED or kind == PASSED:  # noqa: SIM109, no tuples in a tight loop
            found = _match_open_visit(visits, latest, row, at[0, place], at[1, place], True, horizon_s)
            if found >= 0:
                visits[found]["started_s"], visits[found]["lane"] = time_s, row["value"]
        elif kind != JOINED:
            told[told_at[kind, place]] = row
            told_at[kind, place] += 1


@compiled
def order_by_load_and_carrier(entity: IntArray, carrier: IntArray) -> IntArray:
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
def sum_changes_by_day(time_s: IntArray, change: IntArray, days: int) -> tuple[IntArray, IntArray, IntArray]:
    """For each day the number of moments, the sum of their changes, and that of change x seconds until midnight.

    Each of shape (days,) int64. Moments after the last day count nowhere.
    """
    number, changed, rest = np.zeros(days, np.int64), np.zeros(days, np.int64), np.zeros(days, np.int64)
    day = midnight_s = count = total = left = 0
    for i in range(len(time_s)):  # as many as follow each other within a day are added up before they are written down
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
    """For how long of each span its lane was closed: so many `lanes` are open from each of `at_s` on [s].

    Shape of `from_s`.
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


@tight
def add_daily_sums(time_s: IntArray, group: IntArray, values: tuple[IntArray, ...], sums: IntArray) -> None:
    """Adds to `sums`, (days, groups, 4), by day and group: 1 and the three `values` of each moment."""
    trucks, pallets, kg = values
    for i in range(len(time_s)):
        day = time_s[i] // DAY_S
        sums[day, group[i], 0] += 1
        sums[day, group[i], 1] += trucks[i]
        sums[day, group[i], 2] += pallets[i]
        sums[day, group[i], 3] += kg[i]


@compiled
def level_extremes(up_s: IntArray, up: IntArray, down_s: IntArray, down: IntArray) -> tuple[int, int]:
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


@compiled
def allocate_by_share(group: IntArray, pallets: IntArray, ppm: IntArray, chosen: IntArray) -> None:
    """Gives each part to one of the ways, the one that is furthest behind its share of its group's pallets so far.

    group, pallets, chosen : (n,), of each part in order; the way that it takes is written. ppm : (groups, ways), the
    shares, which are whole for each group.
    """
    given, came = np.zeros_like(ppm), np.zeros(len(ppm), dtype=np.int64)
    for i in range(len(group)):
        of = group[i]
        came[of] += pallets[i]
        furthest, most = 0, -PPM * came[of]
        for way in range(ppm.shape[1]):
            behind = ppm[of, way] * came[of] - PPM * given[of, way]
            if behind > most:
                furthest, most = way, behind
        given[of, furthest] += pallets[i]
        chosen[i] = furthest


@compiled
def use_up_lots(
    needed: IntArray, carried: IntArray, begins: IntArray, time_s: IntArray, kg: IntArray, rank: IntArray,
    expires_s: IntArray,
    met: IntArray, late: IntArray, expired: IntArray, stock: IntArray, out_s: IntArray, mean: IntArray,
) -> None:  # fmt: skip
    """Uses each stock up evenly over each day; of what is there, what expires first.

    needed : (n, days) int64, kg a day. carried : (n,) bool, whether what is missing is used later, as soon as something
    comes, or never. begins : (n + 1,) int64, where the lots of each stock begin in those below, by time.
    time_s, kg, rank : (lots,) int64, when each comes, and its place by when it expires; those of one rank are one.
    expires_s : int64, of each rank; what comes later is not used.
    Writes, all (n, days): met, late (used on its day; on a later one), expired, stock (at the day's end), int64, kg x
    86,400; out_s (seconds of the day in which nothing was there), mean (stock, kg), float64.
    """
    heap = np.empty(len(expires_s) + 1, dtype=np.int64)  # ranks of the lots that are there
    left = np.zeros(len(expires_s), dtype=np.int64)  # of each rank
    for k in range(len(needed)):
        left[:] = 0
        coming, end_of_lots, there, held, owed = begins[k], begins[k + 1], 0, 0, 0
        for day in range(needed.shape[1]):
            rate, now, midnight = needed[k, day], day * DAY_S, (day + 1) * DAY_S
            while now < midnight:
                while coming < end_of_lots and time_s[coming] <= now:
                    amount = kg[coming] * DAY_S
                    if expires_s[rank[coming]] <= now:
                        expired[k, day] += amount
                        amount = 0
                    at_once = min(owed, amount)
                    owed -= at_once
                    late[k, day] += at_once
                    if amount > at_once:
                        if left[rank[coming]] == 0:
                            heap_push(heap, 0, there, rank[coming])
                            there += 1
                        left[rank[coming]] += amount - at_once
                        held += amount - at_once
                    coming += 1
                while there > 0 and expires_s[heap[0]] <= now:
                    expired[k, day] += left[heap[0]]
                    held -= left[heap[0]]
                    left[heap[0]] = 0
                    heap_pop(heap, 0, there)
                    there -= 1
                upto = midnight
                if coming < end_of_lots:
                    upto = min(upto, time_s[coming])
                if there > 0:
                    upto = min(upto, expires_s[heap[0]])
                wanted, before = rate * (upto - now), held
                missing = wanted
                while missing > 0 and there > 0:
                    lot = heap[0]
                    used = min(missing, left[lot])
                    missing -= used
                    held -= used
                    left[lot] -= used
                    if left[lot] == 0:
                        heap_pop(heap, 0, there)
                        there -= 1
                met[k, day] += wanted - missing
                if missing > 0:
                    out_s[k, day] += missing / rate
                    mean[k, day] += before / DAY_S * before / rate / 2 / DAY_S  # a triangle down to nothing
                    owed += missing * carried[k]
                else:
                    mean[k, day] += (before + held) / 2 / DAY_S * (upto - now) / DAY_S
                now = upto
            stock[k, day] = held
