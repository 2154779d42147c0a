"""Parts given to whoever is furthest behind its share, one after the other: a loop over whole numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.jit import compiled
from sim.units import PPM

Numbers = NDArray[Any]


@compiled
def allot(group: Numbers, pallets: Numbers, begins: Numbers, ppm: Numbers, chosen: Numbers) -> None:
    """Gives each part to one of its group's options, the one that is furthest behind its share of the pallets so far.

    group, pallets, chosen : (n,), of each part in order; the option that it takes is written. begins : (groups + 1,),
    where the options of each group begin in ppm, (options,), which are whole for each group.
    """
    given, came = np.zeros(len(ppm), dtype=np.int64), np.zeros(len(begins), dtype=np.int64)
    for i in range(len(group)):
        of = group[i]
        came[of] += pallets[i]
        furthest, most = begins[of], -PPM * came[of]
        for option in range(begins[of], begins[of + 1]):
            behind = ppm[option] * came[of] - PPM * given[option]
            if behind > most:
                furthest, most = option, behind
        given[furthest] += pallets[i]
        chosen[i] = furthest
