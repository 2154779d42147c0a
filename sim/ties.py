"""The rows of a log that share a second, in canonical order: an engine writes them in the order of time."""

import numpy as np
from numpy.typing import NDArray

from sim.events import Log
from sim.jit import compiled

FEW = 24  # up to here rows are put in order one by one
ENTITY, WHAT, CARRIER, PALLETS = range(1, 5)  # a row as five words; the third has the kind and, above it, the place
Words = NDArray[np.int32]


def sort_ties(log: Log) -> None:
    """Sorts the rows of each second by entity, kind, place, carrier, in place."""
    sort_each_second(log.view(np.int32).reshape(-1, 5))


@compiled
def sort_each_second(rows: Words) -> None:
    """As it says. Shape (n, 5)."""
    first = 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or rows[end, 0] != rows[first, 0]:
            if end - first > FEW:
                sort_by_entity(rows[first:end])
            insert_each(rows[first:end])
            first = end


@compiled
def turned(what: int) -> int:
    """The kind above the place, so that larger comes later; the place may be -1."""
    return int(((what & 0xFFFF) << 16) + (what >> 16) + 1)


@compiled
def sort_by_entity(rows: Words) -> None:
    """Many rows, by all but the carrier."""
    keys = np.empty(len(rows), dtype=np.int64)
    for i in range(len(rows)):
        keys[i] = (np.int64(rows[i, ENTITY]) << 32) + turned(rows[i, WHAT])
    rows[:] = rows[np.argsort(keys, kind="mergesort")]


@compiled
def insert_each(rows: Words) -> None:
    """Few rows, or rows that are nearly in order."""
    for i in range(1, len(rows)):
        entity, what, carrier, pallets = rows[i, ENTITY], rows[i, WHAT], rows[i, CARRIER], rows[i, PALLETS]
        kind = turned(what)
        j = i
        while j > 0:
            other = rows[j - 1, ENTITY]
            if other < entity:
                break
            if other == entity:
                other_kind = turned(rows[j - 1, WHAT])
                if other_kind < kind or (other_kind == kind and rows[j - 1, CARRIER] <= carrier):
                    break
            rows[j] = rows[j - 1]
            j -= 1
        rows[j, ENTITY], rows[j, WHAT], rows[j, CARRIER], rows[j, PALLETS] = entity, what, carrier, pallets
