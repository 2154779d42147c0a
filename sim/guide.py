"""Many look-ups in an ascending table, each begun near its end: the guide tables of Chen and Asau (1974)."""

import numpy as np
from numpy.typing import NDArray

from sim.jit import PLAIN, compiled

COMPILED = not PLAIN  # NumPy is the faster where this would be plain Python


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
