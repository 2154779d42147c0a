"""The rows of a log that share a second, in canonical order: an engine writes them in the order of time."""

import numpy as np
from numpy.typing import NDArray

from sim.events import Log
from sim.jit import part, tight

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
