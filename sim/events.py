"""The log, the only output of an engine: its rows, the meaning of each column, and their canonical order."""

from enum import IntEnum

import numpy as np
from numpy.lib.recfunctions import unstructured_to_structured
from numpy.typing import ArrayLike, NDArray


class Kind(IntEnum):
    """Kinds of events in the log. Their numbers order the events of a load within a second.

    Members keep their numbers for ever.
    """

    REQUESTED = 0  # a load is created
    STOCKED = 1  # a load is at `place` when the run starts
    FINISHED = 2  # a service, a drive or a vehicle's trip at `place` ends
    REJECTED = 3  # an inspection rejects a load
    RETURNED = 4  # the load is given up after its last attempt
    TURNED_AWAY = 5  # there is no room at `place`, and nowhere to wait
    OFFLOADED = 6  # a load is put onto the platform `place`
    JOINED = 7  # a load joins the queue of `place`
    PASSED = 8  # a load passes the gate `place`
    COLLECTED = 9  # a part of a load leaves the platform `place` on `carrier`
    SET_OUT = 10  # a convoy leaves the yard `place`; entity and carrier are those of its first truck
    STARTED = 11  # a service, a drive or a vehicle's trip at `place` begins
    ARRIVED = 12  # a part of a load is offloaded at the warehouse `place`
    AUTHORISED = 13  # the office `place` grants permission
    REFUSED = 14  # the office `place` refuses it; after its attempts the load is returned
    MANIFESTED = 15  # a load gets a slot: for the next day, or at once where another load did not come
    NO_SHOW = 16  # a load was called and did not appear; it joins the end of the queue for another day
    MISSION = 17  # a convoy applies to leave the yard `place`; entity and carrier are those of its first truck
    INTERCEPTED = 18  # a part of a load is lost on the road `place`
    EXPIRED = 19  # a part of a load comes to the warehouse `place` after its shelf life
    ROUTED = 20  # a load that chooses by waits takes a corridor
    FUELLED = 21  # a tanker, or a vehicle, is emptied into the depot `place`
    DRAWN = 22  # a user draws from the depot `place`; entity is -1, carrier the user's number there
    TANKED = 23  # a convoy takes fuel from the depot `place` at departure; entity and carrier as of SET_OUT
    BARRED = 26  # a truck waits at the entrance of roads that no task has opened yet; `place` is the first of them
    UNDERTAKEN = 27  # a team of `place` begins a task
    CONCLUDED = 28  # a task is done, or given up after its last refusal


VALUE = {  # meaning of the column `value` by kind; it is -1 for other kinds
    Kind.REQUESTED: "pallets of the load",
    Kind.STOCKED: "pallets of the load",
    Kind.REJECTED: "the number of a Reason; -1 where the inspection gives no reason",
    Kind.OFFLOADED: "pallets of the load",
    Kind.COLLECTED: "pallets of this part",
    Kind.SET_OUT: "pallets that the convoy carries",
    Kind.STARTED: "the number of the lane for a service; -1 for a drive or trip",
    Kind.ARRIVED: "pallets of this part",
    Kind.MISSION: "the outcome, a number of rules.py (ABORTED to FACILITATED)",
    Kind.INTERCEPTED: "pallets of this part",
    Kind.EXPIRED: "pallets of this part",
    Kind.ROUTED: "the index of the corridor in the list of the choice",
    Kind.FUELLED: "litres",
    Kind.DRAWN: "litres, which may be 0",
    Kind.TANKED: "litres",
    Kind.CONCLUDED: "1 if the task is done, 0 if it is given up",
}

(
    REQUESTED,
    STOCKED,
    FINISHED,
    REJECTED,
    RETURNED,
    TURNED_AWAY,
    OFFLOADED,
    JOINED,
    PASSED,
    COLLECTED,
    SET_OUT,
    STARTED,
    ARRIVED,
    AUTHORISED,
    REFUSED,
    MANIFESTED,
    NO_SHOW,
    MISSION,
    INTERCEPTED,
    EXPIRED,
    ROUTED,
    FUELLED,
    DRAWN,
    TANKED,
    BARRED,
    UNDERTAKEN,
    CONCLUDED,
) = (int(kind) for kind in Kind)  # plain numbers, for speed


class Reason(IntEnum):
    """Reasons for rejection. Members keep their numbers for ever; 1 is a rejection without a reason."""

    FORM = 2
    ITEM = 3
    TIME = 4  # the inspection was broken off at closing time


ROW_DTYPE = np.dtype(
    [("time_s", "i4"), ("entity", "i4"), ("kind", "i2"), ("place", "i2"), ("carrier", "i4"), ("value", "i4")]
)
Log = NDArray[np.void]
"""A log: an array of ROW. A column that does not apply is -1.

entity : the load; for a vehicle, the load of its first pallet. Tasks are entities numbered above all loads.
carrier : the vehicle, numbered by its first pallet (counted over all loads); -1 for a load on its own truck. Below -1:
    trips of vehicles that take over whole loads (the first trip of a load with that fleet is -2, the next -3);
    requests of convoy lines at offices (line 0 is -2, the next -3; entity is the line's first load at that moment);
    and TASK for tasks, also at their office.
value : see VALUE.
"""


def canonical_log(values: ArrayLike) -> Log:
    """Returns a log of these values, six a row, in canonical order: by time, entity, kind, place, carrier, value."""
    rows = np.array(values, dtype=np.int32).reshape(-1, len(ROW_DTYPE.names or ()))
    return unstructured_to_structured(rows[np.lexsort(rows.T[::-1])], ROW_DTYPE)
