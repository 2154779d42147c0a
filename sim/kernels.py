"""Many look-ups in an ascending table, each begun near its end: the guide tables of Chen and Asau (1974).

Numbers of NumPy's Philox streams, from wherever in a stream: what a few loads need is all that is computed.

Philox enciphers a counter: no number depends on those before it, and each count is a block of four numbers (Salmon et
al., Parallel random numbers: as easy as 1, 2, 3, SC 2011, doi:10.1145/2063384.2063405).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.jit import PLAIN, compiled, tight

COMPILED = not PLAIN  # NumPy is faster than these loops as plain Python


@compiled
def look_up(
    entries: NDArray[np.float64], begins: NDArray[np.int32], luck: NDArray[np.float64], found: NDArray[np.int64]
) -> None:
    """How many of the `entries` are at or below each `luck` in [0, 1).

    entries : (n,). They ascend, and the last is infinity.
    begins : (stretches,). The answer for the smallest luck of each of these stretches, equally long; a power of 2.
    luck, found : (m,)
    """
    for i in range(len(luck)):
        at = begins[int(luck[i] * len(begins))]
        at += entries[at] <= luck[i]  # a step, or none, costs less than to guess which
        while entries[at] <= luck[i]:
            at += 1
        found[i] = at


ROUNDS = 10
MULTIPLIERS = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
KEY_INCREMENTS = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
HALF_BITS, LOW_MASK, UNUSED_BITS = np.uint64(32), np.uint64(0xFFFFFFFF), np.uint64(11)
CHUNK_SIZE = 512  # numbers that are computed together: a round of all their blocks, some at a time in one register

Keys = NDArray[np.uint64]
Blocks = NDArray[np.uint64]


@compiled
def fill_uniforms(keys: Keys, begins: NDArray[np.int64], indices: NDArray[np.int64], luck: NDArray[np.float64]) -> None:
    """Number `indices[i]` of its stream into `luck[i]`, in [0, 1), as `Generator(Philox(key)).random` would give it.

    keys : (streams, 2).
    begins : (streams + 1,). Stream s has the indices from begins[s] to begins[s + 1]; they ascend.
    indices, luck : (n,)
    """
    blocks, block_of = np.empty((4, CHUNK_SIZE), dtype=np.uint64), np.empty(CHUNK_SIZE, dtype=np.uint32)
    for stream in range(len(keys)):
        for begin in range(begins[stream], begins[stream + 1], CHUNK_SIZE):
            some = indices[begin : min(begin + CHUNK_SIZE, begins[stream + 1])]
            count, last = np.uint32(0), some[0] >> 2
            for i in range(len(some)):  # without branches: nobody could guess whether the next is of the same block
                count += np.uint32(some[i] >> 2 != last)
                last = some[i] >> 2
                block_of[i] = count
                blocks[0, count] = last + 1  # NumPy counts before it enciphers
            encipher(keys[stream], blocks, count + np.uint32(1))
            for i in range(len(some)):
                luck[begin + i] = (blocks[some[i] & 3, block_of[i]] >> UNUSED_BITS) * 2.0**-53


@compiled
def encipher(key: Keys, blocks: Blocks, count: np.uint32) -> None:
    """The four words of each of the first blocks, in place of its counter, which stands in the first.

    key : (2,). blocks : (4, n)
    """
    blocks[1:, :count] = 0
    key_0, key_1 = key
    for _ in range(ROUNDS):
        for i in range(count):
            high_0, low_0 = wide_product(MULTIPLIERS[0], blocks[0, i])
            high_1, low_1 = wide_product(MULTIPLIERS[1], blocks[2, i])
            blocks[0, i] = high_1 ^ blocks[1, i] ^ key_0
            blocks[1, i] = low_1
            blocks[2, i] = high_0 ^ blocks[3, i] ^ key_1
            blocks[3, i] = low_0
        key_0 += KEY_INCREMENTS[0]
        key_1 += KEY_INCREMENTS[1]


@compiled
def wide_product(x: np.uint64, y: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The upper and the lower half of a product of 128 bits, by halves of the factors."""
    x_low, x_high, y_low, y_high = x & LOW_MASK, x >> HALF_BITS, y & LOW_MASK, y >> HALF_BITS
    low = x_low * y_low
    middle = x_high * y_low + (low >> HALF_BITS)
    other = x_low * y_high + (middle & LOW_MASK)
    return x_high * y_high + (middle >> HALF_BITS) + (other >> HALF_BITS), (other << HALF_BITS) | (low & LOW_MASK)


@tight
def heap_pop(free: Any, first: int, size: int) -> None:
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
def heap_push(free: Any, first: int, size: int, lane: int) -> None:
    """Gives `lane` back to the heap of `size` free lanes."""
    i = size
    while i > 0:
        parent = (i - 1) // 2
        if free[first + parent] <= lane:
            break
        free[first + i] = free[first + parent]
        i = parent
    free[first + i] = lane
