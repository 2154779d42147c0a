"""What the compiled loop has before it: trucks, places, lines and steps as arrays, a row each. No rules, no loops.

Truck numbers: load i comes on truck i; from the number of loads on they are a fleet's vehicles. Once load i has been
put on a platform nobody drives truck i any more, and its row stands for what is left of the load there. NOBODY, -1,
ends every list and stands wherever a column does not apply.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.events import Log

NOBODY = -1
NEVER_S = 1 << 60

TRAVEL, PASS_GATE, INSPECT, TRANSFER, CONVOY, OFFLOAD = range(6)  # verbs
GATE, POOL, PLATFORM, YARD, FLEET, ROAD = range(6)  # kinds of places
DRIVES, IS_SERVED, WAITS_TO_RETURN, DRIVES_HOME = range(4)  # what ends when a truck's time has come
ADMITTED, TURNED_AWAY, PASSED, PLACED, SETS_OUT = range(5)  # what a truck learns when a round is over

TRUCK = np.dtype(
    [
        ("load", "i4"),  # a load's own, or a vehicle's first
        ("carrier", "i4"),  # a vehicle's name in the log
        ("number", "i4"),  # of its first pallet, over all loads: who comes first among equals
        ("pallets", "i4"),  # of the load
        ("rank", "i4"),  # 0, 1, ... in the order of the ranks that there are
        ("step", "i4"),  # where it is in `steps`
        ("state", "i4"),  # what ends next
        ("due", "i4"),  # the next in the list of those whose time comes in the same second
        ("news", "i4"),  # what it learns when the round is over
        ("told", "i4"),  # the next in the list of those who learn something then
        ("at", "i4"),  # the pool that serves it
        ("lane", "i4"),
        ("visit", "i4"),  # how often it had been at this step's site before
        ("work_s", "i4"),
        ("held_at", "i4"),  # the pool whose lane it still stands in
        ("held_lane", "i4"),
        ("line", "i4"),
        ("mate", "i4"),  # the next of its convoy
        ("key", "i8"),  # its place in a queue: rank, joined, number
        ("child", "i4"),  # links of the queue, see queues.py
        ("sibling", "i4"),
        ("before", "i4"),  # links of the line, in the order of joining
        ("after", "i4"),
        ("since_s", "i4"),  # a load's: joined the line, or can be collected
        ("left", "i4"),  # pallets of the load that still stand on the platform
        ("cargo", "i4"),  # a vehicle's first part; parts are rows as well: the last part of load i is row i,
        ("part_of", "i4"),  # the part of a load that a vehicle could not take whole is the vehicle's own row
        ("part", "i4"),  # pallets
        ("next_part", "i4"),
    ],
    align=True,
)
PLACE = np.dtype(
    [
        ("kind", "i4"),
        ("first", "i4"),  # calendar: from `first` up to `end` in `at_s` and `level`
        ("end", "i4"),
        ("now", "i4"),  # the step of it that holds, found lazily
        ("wake_s", "i8"),  # when waiting alone may let something start
        ("queue", "i4"),  # gate, pool, platform: the first in its queue
        ("queued", "i4"),
        ("door", "i4"),  # pool: the first of those who wait for room to wait in
        ("room", "i4"),  # pool: trucks that may wait; platform: pallets; NOBODY where there is no limit
        ("rule", "i4"),
        ("turns_away", "i4"),
        ("lanes", "i4"),  # the pool's heap of free lanes: from here in `free`
        ("free", "i4"),  # how many lanes, or vehicles, are free
        ("spans", "i4"),  # the first lane's row in `lanes`
        ("next_day", "i4"),  # platform
        ("stock", "i4"),
        ("min", "i4"),  # yard
        ("max", "i4"),
        ("patience_s", "i8"),
        ("first_s", "i4"),
        ("every_s", "i4"),
        ("capacity", "i4"),  # fleet: pallets of a vehicle
        ("home", "i4"),  # its row of luck
        ("free_since_s", "i4"),
        ("parked", "i4"),  # a vehicle that is at home; `mate` is the next
    ],
    align=True,
)
LANE = np.dtype(  # under `nostart`: a lane's open stretches are from `span` up to `end` in `opens_s` and `closes_s`
    [("span", "i4"), ("end", "i4"), ("longest_s", "i8")], align=True
)
LINE = np.dtype(
    [
        ("owner", "i4"),  # the fleet, or the yard of arriving trucks
        ("yard", "i4"),
        ("platform", "i4"),
        ("tail", "i4"),  # a vehicle's first step
        ("departed_s", "i4"),
        ("queue", "i4"),  # the first that may go
        ("waiting", "i4"),  # trucks, or pallets that can be collected
        ("oldest", "i4"),  # in the order of joining
        ("newest", "i4"),
        ("fresh", "i4"),  # the first whose stock cannot be collected yet
    ],
    align=True,
)
STEP = np.dtype(
    [
        ("verb", "i4"),
        ("place", "i4"),
        ("beside", "i4"),  # inspect: manual bays; transfer: platform
        ("line", "i4"),  # of the convoy, or of the one that collects what a transfer puts down
        ("attempts", "i4"),
        ("back_to", "i4"),
        ("been", "i4"),  # column of `been` that counts the visits to its place; NOBODY: its luck is that of one visit
        ("rejections", "i4"),  # column of `been` that counts rejections there
        ("luck", "i4"),  # rows of `luck`, NOBODY where there is none: of the drive or the work,
        ("manual", "i4"),
        ("manual_work", "i4"),
        ("rejected", "i4"),
        ("rejected_after", "i4"),
    ],
    align=True,
)
CLOCK = np.dtype(
    [
        ("horizon_s", "i8"),
        ("now_s", "i8"),
        ("rows", "i8"),  # of the log
        ("wake_s", "i8"),  # the first of all places' wakes
        ("far_s", "i8"),  # when the first of the far is near enough for `ring`
        ("far", "i4"),  # queue of those whose time comes later than `ring` reaches
        ("told", "i4"),  # the list of those who learn something when the round is over
        ("serving", "i4"),  # the place whose turn it is in this round
        ("due", "i4"),  # places that have a turn to come
        ("time_bits", "i4"),  # of a key
        ("number_bits", "i4"),
    ],
    align=True,
)

Table = NDArray[Any]  # of one of the types above


class Board(NamedTuple):
    """One replication, before and while it runs.

    luck : (rows, loads) int32. been : (loads, columns) int16. created_s : (loads,) int64, ascending. begins : (loads,)
    int32, the step at which each begins. stocked : (loads,) bool. stands : (steps,) int32, where opening stock stands.
    at_s, level : calendars of places and roads. opens_s, closes_s : open stretches of lanes. free : heaps of lanes.
    turn : (places, 2) bool, places with a turn to come in this round, and in the next. ring : trucks whose time comes
    in each of the next seconds; its length is a power of two. clock : one row.
    """

    trucks: Table
    places: Table
    lanes: Table
    lines: Table
    steps: Table
    clock: Table
    luck: NDArray[np.int32]
    been: NDArray[np.int16]
    created_s: NDArray[np.int64]
    begins: NDArray[np.int32]
    stocked: NDArray[np.bool_]
    stands: NDArray[np.int32]
    at_s: NDArray[np.int64]
    level: NDArray[np.int64]
    opens_s: NDArray[np.int64]
    closes_s: NDArray[np.int64]
    free: NDArray[np.int32]
    turn: NDArray[np.bool_]
    ring: NDArray[np.int32]
    log: Log
