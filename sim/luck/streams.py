"""Named streams of uniform random numbers: any number of any stream, without drawing those before it.

A stream is named by its purpose and its owner, never by the order of drawing. This gives common random numbers between
scenarios. This is the only module that makes a generator.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.random import Generator, Philox, SeedSequence
from numpy.typing import NDArray

from sim.laws import Floats, Ints

MIX_LEFT, MIX_RIGHT = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)  # SeedSequence's constants for mixing two words

Words = NDArray[np.uint32]


class StreamName(NamedTuple):
    """The purpose and the owner of a stream: the CRCs of the keys of a flow and a place; a place of 0 is none."""

    purpose: int
    flow: int
    place: int = 0
    visit: int = 0
    layer: int = 0


class Streams:
    """Streams of one replication. A new purpose or owner does not change the numbers of another.

    names : StreamName, or (streams, 5) uint32.
    """

    def __init__(self, seed: int, replication: int, names: Sequence[StreamName] | Words):
        words = np.array(names, dtype=np.uint32).reshape(-1, len(StreamName._fields))
        self._keys = _philox_keys(seed, replication, words)

    def uniforms_at(self, first: int, begins: Ints, indices: Ints) -> Floats:
        """Returns the numbers in [0, 1) at the given indices of consecutive streams. Shape of `indices`.

        first : the first stream.
        begins : (k + 1,). Where the indices of each of the k streams begin and end; within a stream they ascend.
        """
        from sim import kernels  # late, because reading a scenario needs no compiled code

        keys, u = self._keys[first : first + len(begins) - 1], np.empty(len(indices))
        if kernels.COMPILED:
            kernels.fill_uniforms(keys, begins, indices, u)
            return u
        for key, (begin, end) in zip(keys, pairwise(begins.tolist()), strict=True):
            wanted = indices[begin:end]
            u[begin:end] = Generator(Philox(key=key)).random(int(wanted.max(initial=-1)) + 1)[wanted]
        return u

    def uniforms(self, stream: int, begin: int, end: int) -> Floats:
        """Returns the numbers in [0, 1) of one stream from index `begin` to `end`. Shape (end - begin,)."""
        return self.uniforms_at(stream, np.array([0, end - begin]), np.arange(begin, end))


def _philox_keys(seed: int, replication: int, names: Words) -> NDArray[np.uint64]:
    """Returns the key of Philox(SeedSequence(seed, spawn_key=(replication, *name))) for each name. Shape (n, 2).

    NumPy takes longer to make a generator than to draw the few numbers that most streams need. SeedSequence mixes the
    words of a spawn key into its pool one by one; here the last words are mixed for all names at once.
    """
    purposes, purpose_index = np.unique(names[:, 0], return_inverse=True)
    pools = [SeedSequence(seed, spawn_key=(replication, int(purpose))).pool for purpose in purposes]
    pool = np.array(pools, dtype=np.uint32).reshape(-1, 4)[purpose_index]
    steps = 4 * (max(4, -(-seed.bit_length() // 32)) + 2)  # four for each 32-bit word mixed into the pool so far
    for word in names.T[1:]:
        pool = _xor_shift(MIX_LEFT * pool - MIX_RIGHT * _hash_words(word[:, None], 0x43B0D7E5, 0x931E8875, steps))
        steps += 4
    return _hash_words(pool, 0x8B51F9DD, 0x58F38DED, 0).astype("<u4").view("<u8").astype(np.uint64)


def _hash_words(word: Words, initial: int, factor: int, steps: int) -> Words:
    """Returns the hash of SeedSequence in the four steps after `steps`, one per column. Shape (n, 4)."""
    by_step = np.array([initial * pow(factor, steps + i, 1 << 32) % (1 << 32) for i in range(5)], dtype=np.uint32)
    return _xor_shift((word ^ by_step[:4]) * by_step[1:])


def _xor_shift(word: Words) -> Words:
    return word ^ (word >> np.uint32(16))
