"""Stocks of goods that people use up: each lot comes at a second and keeps until another. A loop over whole numbers.

It knows no area and no cargo. Amounts are held in kg x 86,400, so that what is used each second is a whole number and
everything adds up to the last of it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.jit import compiled
from sim.queues import give_lane, take_lane
from sim.units import DAY_S

Numbers = NDArray[Any]


@compiled
def use_up(
    needed: Numbers, carried: Numbers, begins: Numbers, time_s: Numbers, kg: Numbers, rank: Numbers, expires_s: Numbers,
    met: Numbers, late: Numbers, expired: Numbers, stock: Numbers, out_s: Numbers, mean: Numbers,
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
                            give_lane(heap, 0, there, rank[coming])
                            there += 1
                        left[rank[coming]] += amount - at_once
                        held += amount - at_once
                    coming += 1
                while there > 0 and expires_s[heap[0]] <= now:
                    expired[k, day] += left[heap[0]]
                    held -= left[heap[0]]
                    left[heap[0]] = 0
                    take_lane(heap, 0, there)
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
                        take_lane(heap, 0, there)
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
