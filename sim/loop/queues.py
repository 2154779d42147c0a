"""Queues and lines of trucks as links within their rows, and the canonical order of log rows.

A queue is a pairing heap, ordered by key. It is represented by the row of its first member, NONE if it is empty. A
truck is in one queue at most, so that queues need no storage of their own. Joining takes constant, leaving logarithmic
amortised time (Fredman et al. 1986). A line is a doubly linked list in the order of joining.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.events import Log
from sim.jit import compiled_without_allocation, inlined
from sim.loop.state import NONE, Table


@compiled_without_allocation
def push(trucks: Table, queue: int, truck: int) -> int:
    """Returns the queue after `truck` has joined it."""
    trucks[truck]["child"] = NONE
    trucks[truck]["sibling"] = NONE
    return meld(trucks, queue, truck)


@compiled_without_allocation
def meld(trucks: Table, one: int, other: int) -> int:
    """Returns two queues merged into one: the later of the two first members becomes a child of the earlier."""
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
    """Returns the queue without its first member. Its children meld in pairs, and the pairs from last to first."""
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
    """Puts `truck` at the end of a line."""
    trucks[truck]["next_in_line"] = NONE
    trucks[truck]["previous_in_line"] = line["newest"]
    if line["newest"] == NONE:
        line["oldest"] = truck
    else:
        trucks[line["newest"]]["next_in_line"] = truck
    line["newest"] = truck


@compiled_without_allocation
def remove_from_line(trucks: Table, line: Any, truck: int) -> None:
    """Removes `truck` from a line."""
    before, after = trucks[truck]["previous_in_line"], trucks[truck]["next_in_line"]
    if before == NONE:
        line["oldest"] = after
    else:
        trucks[before]["next_in_line"] = after
    if after == NONE:
        line["newest"] = before
    else:
        trucks[after]["previous_in_line"] = before


# A row of the log as five words, the first is the time. The third holds the kind and, in its upper half, the place.
ENTITY, KIND_AND_PLACE, CARRIER, VALUE = range(1, 5)
RowWords = NDArray[np.int32]


def sort_ties(log: Log) -> None:
    """Sorts the rows of each second by entity, kind, place, carrier and value, in place.

    The log must be in the order of time.
    """
    sort_seconds(log.view(np.int32).reshape(-1, 5))


@compiled_without_allocation
def sort_seconds(rows: RowWords) -> None:
    """Applies Shell's sort to each second: an insertion sort, preceded by wider gaps for many rows. Shape (n, 5)."""
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
    """Inserts row `i` into the sorted rows before it, in steps of `gap`."""
    key, entity, kind_and_place = row_key(rows, i), rows[i, ENTITY], rows[i, KIND_AND_PLACE]
    carrier, value = rows[i, CARRIER], rows[i, VALUE]
    j = i
    while j - gap >= first:
        other_key = row_key(rows, j - gap)
        if other_key < key or (other_key == key and (rows[j - gap, CARRIER], rows[j - gap, VALUE]) <= (carrier, value)):
            break
        for word in range(1, 5):
            rows[j, word] = rows[j - gap, word]
        j -= gap
    if j < i:
        rows[j, ENTITY], rows[j, KIND_AND_PLACE], rows[j, CARRIER], rows[j, VALUE] = (
            entity,
            kind_and_place,
            carrier,
            value,
        )


@inlined
def row_key(rows: RowWords, i: int) -> int:
    """Returns a number that orders rows by entity, kind and place."""
    kind_and_place = rows[i, KIND_AND_PLACE]
    return int((np.int64(rows[i, ENTITY]) << 32) + (np.int64(kind_and_place & 0xFFFF) << 16) + (kind_and_place >> 16))
