"""Parts given to whoever is furthest behind its share, one after the other: a loop over whole numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.jit import compiled
from sim.units import PPM

Numbers = NDArray[Any]


@compiled
def allot(group: Numbers, pallets: Numbers, ppm: Numbers, chosen: Numbers) -> None:
    """Gives each part to one of the ways, the one that is furthest behind its share of its group's pallets so far.

    group, pallets, chosen : (n,), of each part in order; the way that it takes is written. ppm : (groups, ways), the
    shares, which are whole for each group.
    """
    given, came = np.zeros_like(ppm), np.zeros(len(ppm), dtype=np.int64)
    for i in range(len(group)):
        of = group[i]
        came[of] += pallets[i]
        furthest, most = 0, -PPM * came[of]
        for way in range(ppm.shape[1]):
            behind = ppm[of, way] * came[of] - PPM * given[of, way]
            if behind > most:
                furthest, most = way, behind
        given[of, furthest] += pallets[i]
        chosen[i] = furthest
