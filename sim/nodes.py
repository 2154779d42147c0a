"""The places of a network, each with its number: what stands in them is whole seconds, trucks and pallets."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sim.calendars import Steps
from sim.changes import Change, Setting
from sim.laws import Ints, Law
from sim.units import DAY_S, PPM

TRUCKS, KG, PALLETS_BEHIND, LITRES = 0, 1, 2, 3  # what a ceiling counts


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


@dataclass(frozen=True)
class GateNode(TimedNode):
    """`calendar` is 1 while it is open."""

    border: bool


class Breaks(NamedTuple):
    """Equipment that breaks, in each lane by itself and on the lane's clock: of all time, or of its work and repairs.

    restarts : work in hand begins anew after a repair.
    spans : (2, n) int64 [s] for each lane, when it breaks and when it works again; none before they are drawn.
    """

    after: Law
    lasts: Law
    always: bool
    restarts: bool
    spans: tuple[Ints, ...] = ()


@dataclass(frozen=True)
class PoolNode(TimedNode):
    """Lanes behind a queue. `calendar` is the number of lanes in use; `room` is -1 where there is no limit.

    fleet : whose vehicles take over what is served here, and wait for it here alone; -1 where none do.
    longest_s : (lanes,) int64 [s]. The longest stretch for which each lane is open.
    """

    lanes: int
    rule: int
    room: int
    turn_away: bool
    longest_s: Ints
    breaks: Breaks | None = None
    fleet: int = -1


@dataclass(frozen=True)
class PlatformNode(Node):
    """`room` in pallets, -1 where there is no limit."""

    room: int
    next_day: bool


class Answers(NamedTuple):
    """What comes of asking from each of at_s on, by the numbers of rules.py, and how long that delays. Shape (n,)."""

    at_s: Ints
    outcome: Ints
    delay_s: Ints


class Permission(NamedTuple):
    """`needed` is 1 while it is needed; `again_s` from a denial until the next attempt.

    shares : (from [s], the shares up to each outcome) as phases change them; the first from 0.
    answers : of one replication; None before they are drawn.
    office : which gives it to each line for one mission at a time, `lead_s` after it takes the request up; -1 for none.
    """

    shares: tuple[tuple[int, tuple[float, ...]], ...]
    needed: Steps
    delay: Law | None
    again_s: int
    answers: Answers | None = None
    office: int = -1
    lead_s: int = 0


@dataclass(frozen=True)
class StoreNode(TimedNode):
    """`calendar` is the outflow in pallets a day; `stock` what is there when the run starts."""

    room: int
    stock: int


class User(NamedTuple):
    """Who draws `litres` a day from a depot, and leaves `leaves` there; those of a lower rank draw before."""

    name: str
    rank: int
    litres: int
    leaves: int


@dataclass(frozen=True)
class DepotNode(Node):
    """Litres: `room` is -1 where there is no limit, `stock` what is there when the run starts.

    litres : of one pallet of what comes. draws_s : time of day at which the users draw, in the order of ranks.
    """

    room: int
    stock: int
    litres: int
    draws_s: int
    users: tuple[User, ...]


@dataclass(frozen=True)
class YardNode(TimedNode):
    """`calendar` is 1 while convoys may set out; `first_s` is -1 where there is no timetable.

    owner : who gives the turns to trucks that gather here. escorts : the crew of which each `escorted` vehicles need
    one; -1 where they need none.
    """

    min: int
    max: int
    patience_s: int
    first_s: int
    every_s: int
    owner: int
    escorts: int
    escorted: int
    permission: Permission | None


@dataclass(frozen=True)
class FleetNode(Node):
    """`drivers` is the crew of which each vehicle takes one, -1 where it has its own; `owner` who gives the turns.

    depot : from which each trip takes `litres`, and leaves `leaves` there for others; -1 where they need none.
    """

    vehicles: int
    pallets: int
    owner: int
    drivers: int
    depot: int = -1
    litres: int = 0
    leaves: int = 0


@dataclass(frozen=True)
class CrewNode(Node):
    """`rest_s` from a trip until the next; `owner` who gives the turns to all that take of it."""

    people: int
    rest_s: int
    owner: int


@dataclass(frozen=True)
class CeilingNode(TimedNode):
    """`calendar` is the limit: of `unit` a day, or of pallets that are on the way to `platform` and stand there.

    desk : the ceiling that gives the turns to all that hang together; weights : of the classes that share its turns.
    period_s : in which so much may pass, whole days.
    """

    unit: int
    desk: int
    platform: int
    weights: tuple[int, ...]
    period_s: int = DAY_S


@dataclass(frozen=True)
class OfficeNode(TimedNode):
    """`calendar` is its speed in per cent, and the share of its requests. `requests` a day, -1 where there is no limit.

    again_s : from a refusal until a load joins again.
    """

    requests: int
    again_s: int


@dataclass(frozen=True)
class TeamsNode(TimedNode):
    """`calendar` is 1 in hours of work. `owner` is the first of all such places, which gives the turns to all tasks."""

    teams: int
    owner: int


class NoShow(NamedTuple):
    """Who is called and does not come. Chances in whole parts of a million.

    by_day : (days,) int64. after_shocks : (key of a shock, what it adds to the chance of the day after).
    at : the place whose waits count, -1 where none do.
    """

    by_day: Ints
    after_shocks: tuple[tuple[str, int], ...]
    per_hour: int
    at: int
    most: int


@dataclass(frozen=True)
class SlotsNode(TimedNode):
    """`calendar` is the slots of a day, of `full`; times of day in seconds.

    every_s : 0 where all are called at once. batch : the most of one call.
    sectors, kept : (n,). What is kept for whom, of `full`.
    """

    full: int
    allotted_s: int
    first_s: int
    every_s: int
    batch: int
    refilled: bool
    sectors: tuple[str, ...]
    kept: tuple[int, ...]
    no_show: NoShow | None

    def group(self, sector: str) -> int:
        """Which queue a load joins: 0 where nothing is kept for its sector."""
        return self.sectors.index(sector) + 1 if sector in self.sectors else 0


@dataclass(frozen=True)
class RoadNode(TimedNode):
    """`calendar` is the speed in per cent of free flow; `mean_s` the mean time of a drive at free flow.

    vehicles : on it that drive freely, -1 where none slow down others; `each` more takes so much of the speed [ppm], of
    which `least` is left [per cent].
    missions, within : parts per million of convoys that are stopped, and of their trucks that lose all. factors : of
    `within` by cargo, in parts per million where it is not 1; None where nothing is ever lost.
    """

    mean_s: int
    vehicles: int = -1
    each: int = 0
    least: int = 100
    missions: int = 0
    within: int = 0
    factors: dict[str, int] | None = None

    def factor(self, cargo: str) -> int:
        """By which `within` is multiplied for trucks with that cargo [ppm]."""
        return (self.factors or {}).get(cargo, PPM)
