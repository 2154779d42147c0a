"""The places of a network, each with its number: what stands in them is whole seconds, trucks and pallets.

What phases change, as numbers: of a phase all that it changes, and of a place what it has from which second on.
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
    """A number of a place that phases may change while the clock runs, by the name that it has in the place's node."""

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
    """From this second on, and in it before all else, a place has another number."""

    at_s: int
    setting: Setting
    value: int


@dataclass(frozen=True)
class Node:
    """A numbered place. `changes` of its numbers in the order of time; the first of each, at 0, is what it has then."""

    number: int
    name: str
    key: str
    title: str
    changes: tuple[Change, ...] = field(default=(), kw_only=True)

    def over_time(self, setting: Setting) -> Steps:
        """A number of this place as a step function."""
        own = [change for change in self.changes if change.setting == setting]
        own = own or [Change(0, setting, getattr(self, setting.name))]
        return Steps(*np.array([(change.at_s, change.value) for change in own], dtype=np.int64).T)


@dataclass(frozen=True)
class TimedNode(Node):
    """A place with hours."""

    calendar: Steps


class Effect(NamedTuple):
    """What a phase makes of a setting of a place, or of a source: its number, the setting's name, what it is then.

    A calendar by name, a level as a share, whole numbers; a rate as RateSteps, corridors as the shares up to each.
    """

    of: int
    setting: str
    value: Any


class Phase(NamedTuple):
    """A period: when it begins at the earliest [s], how long after, when it ends at the latest, how long it lasts."""

    name: str
    key: str
    from_s: int
    starts: Law | None
    to_s: int
    lasts: Law | None
    effects: tuple[Effect, ...]


MOST = 1 << 30  # seconds, 34 years; pallets; kg; cm. What is more is said to be that, and fits int32


class Purpose(IntEnum):
    """What a stream of luck is for. Only grows: a number, once given, stays."""

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


OF_A_DRIVE = (Purpose.INTERCEPTED, Purpose.TAKEN)  # whether its convoy is stopped, and it is lost
IN_PPM = (*OF_A_DRIVE, Purpose.NO_SHOW)  # whose luck is kept as it is, in whole parts per million


class Slot(NamedTuple):
    """One kind of luck at one place; `place` is -1 where it belongs to the load alone."""

    purpose: Purpose
    place: int


def crc(key: str) -> int:
    """The number that stands for a key in luck and digests."""
    return crc32(key.encode())


def second(scenario: Scenario, day: date) -> int:
    return (day - scenario.run.start).days * DAY_S
