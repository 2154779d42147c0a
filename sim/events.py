"""The log, an engine's only output: its rows and their canonical order."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Kind(IntEnum):
    """What a row tells. Only grows. The order is the one in which things follow each other within a second."""

    REQUESTED = 0  # a load comes into being
    STOCKED = 1  # or is already there, at `place`, when the run starts
    FINISHED = 2  # a service, a drive or a vehicle's trip ends at `place`
    REJECTED = 3  # an inspection says no; `pallets` is the number of its reason, see Reason
    RETURNED = 4  # and it was the last attempt
    TURNED_AWAY = 5  # no room, and nowhere to wait
    OFFLOADED = 6  # onto the platform `place`
    JOINED = 7  # the queue of `place`
    PASSED = 8  # the gate `place`
    COLLECTED = 9  # `pallets` of a load leave the platform `place` on `carrier`
    SET_OUT = 10  # a convoy leaves the yard `place`; entity and carrier are its first, pallets all that it carries
    STARTED = 11  # a service, a drive or a vehicle's trip; of a service, `pallets` is the number of its lane
    ARRIVED = 12  # `pallets` of a load reached the people's side
    AUTHORISED = 13  # an office says yes
    REFUSED = 14  # or no; after its attempts the load is returned
    MANIFESTED = 15  # a load gets a slot: for the next day, or at once where another did not come
    NO_SHOW = 16  # it was called and did not come; it waits for another day, behind those who wait
    INTERCEPTED = 18  # or were lost on the road `place`
    EXPIRED = 19  # or came to the warehouse `place` after their shelf life
    MISSION = 17  # a convoy asks to leave the yard `place`; entity and carrier are its first, pallets what came of it
    ROUTED = 20  # a load that looks at waits takes a corridor; `pallets` is its place in the list, see network.Choice
    FUELLED = 21  # a tanker, or a vehicle, is emptied into the depot `place`; pallets are litres
    DRAWN = 22  # a user gets litres of the depot `place`, maybe none; entity -1, carrier its number there
    TANKED = 23  # a convoy that sets out takes litres from the depot `place`; entity and carrier are its first
    BARRED = 26  # a truck comes to the entrance of roads that no task has opened yet; `place` is the first of them
    UNDERTAKEN = 27  # a team of `place` sets to work at a task
    CONCLUDED = 28  # a task is done, `pallets` is 1; or given up after its last refusal, 0


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
    INTERCEPTED,
    EXPIRED,
    MISSION,
    ROUTED,
    FUELLED,
    DRAWN,
    TANKED,
    BARRED,
    UNDERTAKEN,
    CONCLUDED,
) = (int(kind) for kind in Kind)  # plain numbers: rows are many


class Reason(IntEnum):
    """Why an inspection says no, where it tells. Only grows; 1 is a verdict without a reason."""

    FORM = 2
    ITEM = 3
    TIME = 4  # it was broken off at closing hour


ROW = np.dtype(
    [("time_s", "i4"), ("entity", "i4"), ("kind", "i2"), ("place", "i2"), ("carrier", "i4"), ("pallets", "i4")]
)
Log = NDArray[np.void]
"""Rows of ROW. `entity` is a load, for a vehicle the load of its first pallet; `carrier` the vehicle, named by its
first pallet (counted over all loads), -1 where the load is on its own truck; -1 wherever a column does not apply. Onto
whatever a load is transferred, its rows are its own; only the trips of those vehicles, at their fleet, are told of with
names below -1: the first of a load with that fleet is -2, the next -3. So are the requests of lines at offices, whose
entity is the line's first load as it asks: line 0 is -2, the next -3. A task's entity is its number above all loads,
and its name TASK, at its office as well."""


def canonical(rows: list[tuple[int, int, int, int, int, int]]) -> Log:
    """Rows in the canonical order: by time, entity, kind, place, carrier, pallets."""
    log = np.array(rows, dtype=ROW)
    return log[np.lexsort([log[name] for name in ("pallets", "carrier", "place", "kind", "entity", "time_s")])]
