"""Queues for the compiled loop: pairing heaps whose links lie in the rows of those who wait.

A queue is the number of its first, NOBODY when it is empty; nobody waits in two queues at once, so no queue has a size
of its own to run out of. Amortised constant time to join, logarithmic to leave (Fredman et al. 1986).

The rows of a log that share a second, in canonical order: an engine writes them in the order of time.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.events import Log
from sim.jit import part, tight
from sim.loop.state import NOBODY, Table


@tight
def joined(trucks: Table, queue: int, truck: int) -> int:
    """The queue once `truck` has joined it by its key."""
    trucks[truck]["child"] = NOBODY
    trucks[truck]["sibling"] = NOBODY
    return melded(trucks, queue, truck)


@tight
def melded(trucks: Table, one: int, other: int) -> int:
    """Two queues as one: the later first becomes a child of the earlier."""
    if one == NOBODY:
        return other
    if other == NOBODY:
        return one
    if trucks[other]["key"] < trucks[one]["key"]:
        one, other = other, one
    trucks[other]["sibling"] = trucks[one]["child"]
    trucks[one]["child"] = other
    return one


@tight
def without_first(trucks: Table, queue: int) -> int:
    """The queue once its first has left: its children meld in pairs, and the pairs from the last to the first."""
    pairs, child = NOBODY, trucks[queue]["child"]
    while child != NOBODY:
        one = child
        other = trucks[one]["sibling"]
        child = NOBODY
        if other != NOBODY:
            child = trucks[other]["sibling"]
            trucks[other]["sibling"] = NOBODY
        trucks[one]["sibling"] = NOBODY
        one = melded(trucks, one, other)
        trucks[one]["sibling"] = pairs
        pairs = one
    rest = NOBODY
    while pairs != NOBODY:
        following = trucks[pairs]["sibling"]
        trucks[pairs]["sibling"] = NOBODY
        rest = melded(trucks, rest, pairs)
        pairs = following
    return rest


@tight
def append(trucks: Table, line: Any, truck: int) -> None:
    """Puts `truck` at the end of a line, in the order of joining."""
    trucks[truck]["after"] = NOBODY
    trucks[truck]["before"] = line["newest"]
    if line["newest"] == NOBODY:
        line["oldest"] = truck
    else:
        trucks[line["newest"]]["after"] = truck
    line["newest"] = truck


@tight
def remove(trucks: Table, line: Any, truck: int) -> None:
    """Takes `truck` out of the order of joining."""
    before, after = trucks[truck]["before"], trucks[truck]["after"]
    if before == NOBODY:
        line["oldest"] = after
    else:
        trucks[before]["after"] = after
    if after == NOBODY:
        line["newest"] = before
    else:
        trucks[after]["before"] = before


ENTITY, WHAT, CARRIER, PALLETS = range(1, 5)  # a row as five words; the third has the kind and, above it, the place
Words = NDArray[np.int32]


def sort_ties(log: Log) -> None:
    """Sorts the rows of each second by entity, kind, place, carrier, pallets, in place."""
    sort_seconds(log.view(np.int32).reshape(-1, 5))


@tight
def sort_seconds(rows: Words) -> None:
    """Shell's sort within each second: insertion, where there are many first over wide gaps. Shape (n, 5)."""
    first = 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or rows[end, 0] != rows[first, 0]:
            gap = 1
            while 9 * gap < end - first:
                gap = 3 * gap + 1
            while gap > 0:
                for i in range(first + gap, end):
                    insert(rows, i, first, gap)
                gap //= 3
            first = end


@part
def insert(rows: Words, i: int, first: int, gap: int) -> None:
    """Puts row `i` where it belongs among the rows before it, `gap` apart."""
    key, entity, what = key_of(rows, i), rows[i, ENTITY], rows[i, WHAT]
    carrier, pallets = rows[i, CARRIER], rows[i, PALLETS]
    j = i
    while j - gap >= first:
        other = key_of(rows, j - gap)
        if other < key or (other == key and (rows[j - gap, CARRIER], rows[j - gap, PALLETS]) <= (carrier, pallets)):
            break
        for word in range(1, 5):
            rows[j, word] = rows[j - gap, word]
        j -= gap
    if j < i:
        rows[j, ENTITY], rows[j, WHAT], rows[j, CARRIER], rows[j, PALLETS] = entity, what, carrier, pallets


@part
def key_of(rows: Words, i: int) -> int:
    """By entity, kind and place, in one number."""
    what = rows[i, WHAT]
    return int((np.int64(rows[i, ENTITY]) << 32) + (np.int64(what & 0xFFFF) << 16) + (what >> 16))
