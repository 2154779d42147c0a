"""Why inspections say no: from a load's luck to verdicts, inspection by inspection, before the clock starts.

A verdict is 0 for yes, 1 for a no without a reason, else the number of its reason. Form is looked at first. At a load's
first inspection at a site a share is found faulty; it is repaired, and of repaired loads a share is found so again;
who was found in order stays so. Then items: a share of loads carries one, and is refused whenever it is looked for;
before each inspection after a refusal for it, it has been removed from a share. What has no reason comes last, and has
new luck at each inspection. The luck is one number for each load, reason and inspection.
"""

import numpy as np
from numpy.typing import NDArray

from sim.events import Reason
from sim.laws import Floats, Ints
from sim.network import Reasons

NONE = Reasons(0.0, 0.0, 0.0, 0.0)

Verdicts = NDArray[np.int32]


class Inspections:
    """What stands against each load at one site, from one inspection to the next. Shape (loads,)."""

    def __init__(self, reasons: Reasons, loads: int):
        self.reasons = reasons
        self.faulty, self.carries, self.was_found = (np.zeros(loads, dtype=np.bool_) for _ in range(3))

    def verdicts(self, visit: int, who: Ints, form: Floats, item: Floats, otherwise: Verdicts) -> Verdicts:
        """What is said of these loads on this visit, by their luck; `otherwise` if neither form nor items are against
        them. Each load makes its visits in order. Shape of `who`."""
        reasons = self.reasons
        if visit == 0:
            faulty, carries = form < reasons.form, item < reasons.item
        else:
            faulty = self.faulty[who] & (form < reasons.repaired)
            carries = self.carries[who] & ~(self.was_found[who] & (item < reasons.removed))
        self.faulty[who], self.carries[who], self.was_found[who] = faulty, carries, carries & ~faulty
        said = np.where(faulty, Reason.FORM, np.where(carries, Reason.ITEM, otherwise))
        return said.astype(np.int32)


def still_rejected(reasons: Reasons, share: float, attempts: int) -> list[float]:
    """The share of loads whose first 0, 1, ... `attempts` inspections all said no, be it for no reason by `share`."""
    form, repaired, item, removed = reasons
    neither, faulty, carries, both = (1 - form) * (1 - item), form * (1 - item), (1 - form) * item, form * item
    left = [1.0]
    for _ in range(attempts):
        neither, faulty, carries, both = (
            neither * share + faulty * (1 - repaired) + carries * removed,
            faulty * repaired,
            carries * (1 - removed) + both * (1 - repaired),
            both * repaired,
        )
        left.append(neither + faulty + carries + both)
    return left
