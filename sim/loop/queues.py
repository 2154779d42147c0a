"""Queues for the compiled loop: pairing heaps whose links lie in the rows of those who wait.

A queue is the number of its first, NOBODY when it is empty; nobody waits in two queues at once, so no queue has a size
of its own to run out of. Amortised constant time to join, logarithmic to leave (Fredman et al. 1986).

The rows of a log that share a second, in canonical order: an engine writes them in the order of time.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.events import Log
from sim.jit import compiled_without_allocation, inlined
from sim.loop.state import NONE, Table


@compiled_without_allocation
def push(trucks: Table, queue: int, truck: int) -> int:
    """The queue once `truck` has joined it by its key."""
    trucks[truck]["child"] = NONE
    trucks[truck]["sibling"] = NONE
    return meld(trucks, queue, truck)


@compiled_without_allocation
def meld(trucks: Table, one: int, other: int) -> int:
    """Two queues as one: the later first becomes a child of the earlier."""
    if one == NONE:
        return other
    if other == NONE:
        return one
    if trucks[other]["key"] < trucks[one]["key"]:
        one, other = other, one
    trucks[other]["sibling"] = trucks[one]["child"]
    trucks[one]["child"] = other
    return one


@compiled_without_allocation
def remove_first(trucks: Table, queue: int) -> int:
    """The queue once its first has left: its children meld in pairs, and the pairs from the last to the first."""
    pairs, child = NONE, trucks[queue]["child"]
    while child != NONE:
        one = child
        other = trucks[one]["sibling"]
        child = NONE
        if other != NONE:
            child = trucks[other]["sibling"]
            trucks[other]["sibling"] = NONE
        trucks[one]["sibling"] = NONE
        one = meld(trucks, one, other)
        trucks[one]["sibling"] = pairs
        pairs = one
    rest = NONE
    while pairs != NONE:
        following = trucks[pairs]["sibling"]
        trucks[pairs]["sibling"] = NONE
        rest = meld(trucks, rest, pairs)
        pairs = following
    return rest


@compiled_without_allocation
def append_to_line(trucks: Table, line: Any, truck: int) -> None:
    """Puts `truck` at the end of a line, in the order of joining."""
    trucks[truck]["next_in_line"] = NONE
    trucks[truck]["previous_in_line"] = line["newest"]
    if line["newest"] == NONE:
        line["oldest"] = truck
    else:
        trucks[line["newest"]]["next_in_line"] = truck
    line["newest"] = truck


@compiled_without_allocation
def remove_from_line(trucks: Table, line: Any, truck: int) -> None:
    """Takes `truck` out of the order of joining."""
    before, after = trucks[truck]["previous_in_line"], trucks[truck]["next_in_line"]
    if before == NONE:
        line["oldest"] = after
    else:
        trucks[before]["next_in_line"] = after
    if after == NONE:
        line["newest"] = before
    else:
        trucks[after]["previous_in_line"] = before


ENTITY, KIND_AND_PLACE, CARRIER, VALUE = range(
    1, 5
)  # a row as five words; the third has the kind and, above it, the place
RowWords = NDArray[np.int32]


def sort_ties(log: Log) -> None:
    """Sorts the rows of each second by entity, kind, place, carrier, pallets, in place."""
    sort_seconds(log.view(np.int32).reshape(-1, 5))


@compiled_without_allocation
def sort_seconds(rows: RowWords) -> None:
    """Shell's sort within each second: insertion, where there are many first over wide gaps. Shape (n, 5)."""
    first = 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or rows[end, 0] != rows[first, 0]:
            gap = 1
            while 9 * gap < end - first:
                gap = 3 * gap + 1
            while gap > 0:
                for i in range(first + gap, end):
                    insert_row(rows, i, first, gap)
                gap //= 3
            first = end


@inlined
def insert_row(rows: RowWords, i: int, first: int, gap: int) -> None:
    """Puts row `i` where it belongs among the rows before it, `gap` apart."""
    key, entity, what = row_key(rows, i), rows[i, ENTITY], rows[i, KIND_AND_PLACE]
    carrier, pallets = rows[i, CARRIER], rows[i, VALUE]
    j = i
    while j - gap >= first:
        other = row_key(rows, j - gap)
        if other < key or (other == key and (rows[j - gap, CARRIER], rows[j - gap, VALUE]) <= (carrier, pallets)):
            break
        for word in range(1, 5):
            rows[j, word] = rows[j - gap, word]
        j -= gap
    if j < i:
        rows[j, ENTITY], rows[j, KIND_AND_PLACE], rows[j, CARRIER], rows[j, VALUE] = entity, what, carrier, pallets


@inlined
def row_key(rows: RowWords, i: int) -> int:
    """By entity, kind and place, in one number."""
    what = rows[i, KIND_AND_PLACE]
    return int((np.int64(rows[i, ENTITY]) << 32) + (np.int64(what & 0xFFFF) << 16) + (what >> 16))
