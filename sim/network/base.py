"""Base types of a network: numbered places, settings that phases change, and keys of random numbers.

Everything here is in whole seconds, trucks, pallets and kilograms. No scenario is read and nothing is drawn here.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

from sim.calendars import Steps
from sim.laws import Law
from sim.scenario.scenario import Scenario
from sim.units import DAY_S


class Setting(IntEnum):
    """A setting of a place that phases may change during a run, named as the field of the place's node."""

    vehicles = 0
    min = 1
    max = 2
    patience_s = 3
    room = 4
    requests = 5
    missions = 6
    within = 7
    people = 8
    teams = 12


class Change(NamedTuple):
    """A new value of a setting of a place, in force from this second on and before any other event of that second."""

    at_s: int
    setting: Setting
    value: int


@dataclass(frozen=True)
class Node:
    """A numbered place.

    changes : changes of its settings, ordered by time; the first of each setting, at second 0, is its initial value.
    """

    number: int
    name: str
    key: str
    title: str
    changes: tuple[Change, ...] = field(default=(), kw_only=True)

    def over_time(self, setting: Setting) -> Steps:
        """Returns a setting of this place as a step function of time."""
        changes = [change for change in self.changes if change.setting == setting]
        changes = changes or [Change(0, setting, getattr(self, setting.name))]
        return Steps(*np.array([(change.at_s, change.value) for change in changes], dtype=np.int64).T)


@dataclass(frozen=True)
class TimedNode(Node):
    """A place with a calendar: the level of the place (lanes, speed, a limit, open or closed) over time."""

    calendar: Steps


class Effect(NamedTuple):
    """The value that a phase gives to one setting of a place, a source or a need, which is named by its number.

    value : the name of a calendar, a level as a share, or a whole number. A rate is RateSteps; corridors are the
        cumulative shares of a source's routes.
    """

    of: int
    setting: str
    value: Any


class Phase(NamedTuple):
    """A period in which settings have other values.

    from_s, starts : earliest beginning [s], and the law of the delay after it [s]; None: no delay.
    to_s, lasts : latest end [s], and the law of the duration [s]; None: until `to_s`.
    """

    name: str
    key: str
    from_s: int
    starts: Law | None
    to_s: int
    lasts: Law | None
    effects: tuple[Effect, ...]


MOST = 1 << 30  # upper bound in seconds (34 years), pallets, kg and cm: larger values are cut to it, so they fit int32


class Purpose(IntEnum):
    """The use of a stream of random numbers. Members keep their numbers for ever, since these enter the seeds."""

    GAP = 1
    HEIGHT = 2
    CORRIDOR = 3
    PALLETS = 4
    WEIGHT = 5
    TRAVEL = 6
    INSPECT = 7
    MANUAL = 8
    MANUAL_TIME = 9
    REJECTED = 10
    REJECTED_AFTER = 11
    TRANSFER = 12
    OFFLOAD = 13
    HOME = 14
    SHOCK = 15
    SHOCK_TIME = 16
    SHOCK_LENGTH = 17
    LEVEL = 18
    BREAKS = 30
    REPAIR = 31
    FORM = 32
    ITEM = 33
    REPACK = 34
    TALL = 35
    PHASE_START = 40
    PHASE_LENGTH = 41
    AGE = 50
    LEAD = 60
    NO_SHOW = 61
    OUTCOME = 70
    DELAY = 71
    INTERCEPTED = 80
    TAKEN = 81
    TASK_TIME = 91
    TASK_LEAD = 92
    TASK_ANSWER = 93


OF_A_DRIVE = (Purpose.INTERCEPTED, Purpose.TAKEN)  # whether the convoy is stopped, and whether the truck loses its load
IN_PPM = (*OF_A_DRIVE, Purpose.NO_SHOW)  # random numbers kept in whole ppm and compared with a probability in the run


class Slot(NamedTuple):
    """One kind of random number at one place; `place` is -1 where it belongs to the load alone."""

    purpose: Purpose
    place: int


def crc(key: str) -> int:
    """Returns the CRC-32 of a key, which stands for the key in seeds and digests."""
    return crc32(key.encode())


def second(scenario: Scenario, day: date) -> int:
    """Returns the first second of a date in simulation time [s]; negative before the run's start."""
    return (day - scenario.run.start).days * DAY_S
