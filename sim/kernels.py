"""Compiled loops that know nothing of the model: table look-ups, Philox streams, and a heap of free lanes.

Look-ups use the guide tables of Chen and Asau (1974): each search in an ascending table begins near its end.

Philox enciphers a counter, so that any number of a stream can be computed without those before it; each count gives a
block of four numbers (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011,
doi:10.1145/2063384.2063405).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.jit import PLAIN, compiled, tight

COMPILED = not PLAIN  # NumPy is faster than these loops as plain Python
ROUNDS = 10
MULTIPLIERS = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
KEY_INCREMENTS = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
HALF_BITS, LOW_MASK, UNUSED_BITS = np.uint64(32), np.uint64(0xFFFFFFFF), np.uint64(11)
CHUNK_SIZE = 512  # numbers computed together, so that a round over their blocks can be vectorised

Keys = NDArray[np.uint64]
Blocks = NDArray[np.uint64]


@compiled
def look_up(
    entries: NDArray[np.float64], begins: NDArray[np.int32], luck: NDArray[np.float64], counts: NDArray[np.int64]
) -> None:
    """Writes into `counts` the number of `entries` at or below each `luck` in [0, 1).

    entries : (n,). They ascend, and the last is infinity.
    begins : (stretches,). The result for the smallest luck of each of these equally long stretches; a power of 2.
    luck, counts : (m,)
    """
    for i in range(len(luck)):
        at = begins[int(luck[i] * len(begins))]
        at += entries[at] <= luck[i]  # without a branch, which would often be mispredicted
        while entries[at] <= luck[i]:
            at += 1
        counts[i] = at


@compiled
def fill_uniforms(keys: Keys, begins: NDArray[np.int64], indices: NDArray[np.int64], luck: NDArray[np.float64]) -> None:
    """Writes number `indices[i]` of its stream into `luck[i]`, in [0, 1), as `Generator(Philox(key)).random` gives it.

    keys : (streams, 2).
    begins : (streams + 1,). Stream s has the indices from begins[s] to begins[s + 1]; within a stream they ascend.
    indices, luck : (n,)
    """
    blocks, block_index = np.empty((4, CHUNK_SIZE), dtype=np.uint64), np.empty(CHUNK_SIZE, dtype=np.uint32)
    for stream in range(len(keys)):
        for begin in range(begins[stream], begins[stream + 1], CHUNK_SIZE):
            chunk = indices[begin : min(begin + CHUNK_SIZE, begins[stream + 1])]
            count, last = np.uint32(0), chunk[0] >> 2
            for i in range(len(chunk)):  # without branches, which would often be mispredicted
                count += np.uint32(chunk[i] >> 2 != last)
                last = chunk[i] >> 2
                block_index[i] = count
                blocks[0, count] = last + 1  # NumPy increments the counter before it enciphers
            encipher(keys[stream], blocks, count + np.uint32(1))
            for i in range(len(chunk)):
                luck[begin + i] = (blocks[chunk[i] & 3, block_index[i]] >> UNUSED_BITS) * 2.0**-53


@compiled
def encipher(key: Keys, blocks: Blocks, count: np.uint32) -> None:
    """Replaces the counters of the first `count` blocks, which stand in row 0, by the four words of each block.

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
    """Returns the upper and the lower half of a 128-bit product."""
    x_low, x_high, y_low, y_high = x & LOW_MASK, x >> HALF_BITS, y & LOW_MASK, y >> HALF_BITS
    low = x_low * y_low
    middle = x_high * y_low + (low >> HALF_BITS)
    other = x_low * y_high + (middle & LOW_MASK)
    return x_high * y_high + (middle >> HALF_BITS) + (other >> HALF_BITS), (other << HALF_BITS) | (low & LOW_MASK)


@tight
def heap_pop(free: Any, first: int, size: int) -> None:
    """Removes the lowest of `size` free lanes from the binary heap that begins at `first`."""
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
    """Adds `lane` to the binary heap of `size` free lanes that begins at `first`."""
    i = size
    while i > 0:
        parent = (i - 1) // 2
        if free[first + parent] <= lane:
            break
        free[first + i] = free[first + parent]
        i = parent
    free[first + i] = lane
