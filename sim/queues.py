"""Queues for the compiled loop: pairing heaps whose links lie in the rows of those who wait.

A queue is the number of its first, NOBODY when it is empty; nobody waits in two queues at once, so no queue has a size
of its own to run out of. Amortised constant time to join, logarithmic to leave (Fredman et al. 1986).
"""

from typing import Any

from sim.board import NOBODY, Table
from sim.jit import tight


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


@tight
def take_lane(free: Any, first: int, size: int) -> None:
    """Takes the lowest of `size` free lanes out of the binary heap that begins at `first`."""
    lane = free[first + size - 1]
    size -= 1
    i = 0
    while 2 * i + 1 < size:
        child = 2 * i + 1
        if child + 1 < size and free[first + child + 1] < free[first + child]:
            child += 1
        if lane <= free[first + child]:
            break
        free[first + i] = free[first + child]
        i = child
    free[first + i] = lane


@tight
def give_lane(free: Any, first: int, size: int, lane: int) -> None:
    """Gives `lane` back to the heap of `size` free lanes."""
    i = size
    while i > 0:
        parent = (i - 1) // 2
        if free[first + parent] <= lane:
            break
        free[first + i] = free[first + parent]
        i = parent
    free[first + i] = lane
