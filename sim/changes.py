"""What phases change, as numbers: of a phase all that it changes, and of a place what it has from which second on."""

from enum import IntEnum
from typing import Any, NamedTuple

from sim.laws import Law


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
