"""Named streams of uniform numbers: any number of any stream of one replication, and none of those before it.

Luck has a purpose and an owner, never a turn: a stream is named by what it is for and whose it is. This is the only
module that makes a generator.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.random import Generator, Philox, SeedSequence
from numpy.typing import NDArray

from sim.laws import Floats, Ints

MIX_LEFT, MIX_RIGHT = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)  # with which SeedSequence mixes two words

Words = NDArray[np.uint32]


class StreamName(NamedTuple):
    """What a stream of luck is for, and whose it is: the CRCs of a flow's key and a place's, 0 for no place."""

    purpose: int
    flow: int
    place: int = 0
    visit: int = 0
    layer: int = 0


class Streams:
    """Some streams of one replication by their names. A new purpose or owner never moves another's numbers.

    names : Name, or (streams, 5) uint32.
    """

    def __init__(self, seed: int, replication: int, names: Sequence[StreamName] | Words):
        words = np.array(names, dtype=np.uint32).reshape(-1, len(StreamName._fields))
        self._keys = _philox_keys(seed, replication, words)

    def uniforms_at(self, first: int, begins: Ints, indices: Ints) -> Floats:
        """The numbers in [0, 1) that stand at these indices of their streams, and no others. Shape of `indices`.

        begins : (k + 1,). Where the indices of each stream from `first` on begin and end; they ascend.
        """
        from sim import kernels  # compiled, and who only reads a scenario needs none of it

        keys, u = self._keys[first : first + len(begins) - 1], np.empty(len(indices))
        if kernels.COMPILED:
            kernels.fill_uniforms(keys, begins, indices, u)
            return u
        for key, (begin, end) in zip(keys, pairwise(begins.tolist()), strict=True):
            own = indices[begin:end]
            u[begin:end] = Generator(Philox(key=key)).random(int(own.max(initial=-1)) + 1)[own]
        return u

    def uniforms(self, stream: int, begin: int, end: int) -> Floats:
        """The numbers of one stream from index `begin` to `end`."""
        return self.uniforms_at(stream, np.array([0, end - begin]), np.arange(begin, end))


def _philox_keys(seed: int, replication: int, names: Words) -> NDArray[np.uint64]:
    """What Philox(SeedSequence(seed, spawn_key=(replication, *name))) has as its key, for each name. Shape (n, 2).

    To make a stream takes NumPy longer than to draw what most are wanted for. It mixes the words of a spawn key into
    its pool one after the other, and the last are mixed here, for all names at once.
    """
    purposes, of_purpose = np.unique(names[:, 0], return_inverse=True)
    pools = [SeedSequence(seed, spawn_key=(replication, int(purpose))).pool for purpose in purposes]
    pool = np.array(pools, dtype=np.uint32).reshape(-1, 4)[of_purpose]
    steps = 4 * (max(4, -(-seed.bit_length() // 32)) + 2)  # four for each word of 32 bits that is in the pool
    for word in names.T[1:]:
        pool = _xor_shift(MIX_LEFT * pool - MIX_RIGHT * _hash_words(word[:, None], 0x43B0D7E5, 0x931E8875, steps))
        steps += 4
    return _hash_words(pool, 0x8B51F9DD, 0x58F38DED, 0).astype("<u4").view("<u8").astype(np.uint64)


def _hash_words(word: Words, initial: int, factor: int, steps: int) -> Words:
    """SeedSequence's hash in the four steps that follow `steps`, one a column. Shape (n, 4)."""
    by_step = np.array([initial * pow(factor, steps + i, 1 << 32) % (1 << 32) for i in range(5)], dtype=np.uint32)
    return _xor_shift((word ^ by_step[:4]) * by_step[1:])


def _xor_shift(word: Words) -> Words:
    return word ^ (word >> np.uint32(16))
