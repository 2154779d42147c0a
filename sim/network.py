"""A scenario as numbered places, corridors and lines in whole seconds: what both luck and an engine start from.

Places are numbered in the order of their keys, so that neither names nor the order of the YAML decide a tie.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple
from zlib import crc32

from sim.calendars import Steps
from sim.changes import Phase
from sim.demand import RateSteps, Renewal, Trace
from sim.laws import Law
from sim.needed import Needs
from sim.nodes import Node
from sim.rules import FIRST_OPEN, WITHOUT_END_S
from sim.units import DAY_S

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


class Travel(NamedTuple):
    """Along a road, or along one of several, which is chosen as one sets out: see `goes_rather`."""

    road: int
    others: tuple[int, ...] = ()
    choose: int = FIRST_OPEN

    @property
    def roads(self) -> tuple[int, ...]:
        return (self.road, *self.others)


class PassGate(NamedTuple):
    gate: int


class Inspect(NamedTuple):
    """`manual` is the place of the manual bays, -1 where there are none; `back_to` a step of the corridor.

    repacking : where loads that are too large are repacked before their first inspection, -1 if nowhere.
    """

    site: int
    manual: int
    attempts: int
    back_to: int
    repacking: int = -1


class Transfer(NamedTuple):
    """Onto a platform, or onto a vehicle of a fleet; the other one is -1."""

    bays: int
    platform: int
    fleet: int = -1


class Convoy(NamedTuple):
    line: int


class Offload(NamedTuple):
    """`store` is where it stands from then on, a store or a depot; -1 where there is always room."""

    warehouse: int
    store: int = -1


class Permit(NamedTuple):
    office: int
    attempts: int


class TakeSlot(NamedTuple):
    """`most` is how often a load may not come there."""

    slots: int
    most: int


Step = Travel | PassGate | Inspect | Transfer | Convoy | Offload | Permit | TakeSlot


class Line(NamedTuple):
    """Loads that may share a convoy: the same yard and the same steps behind it. -1: the arriving trucks themselves."""

    yard: int
    platform: int
    fleet: int
    tail: tuple[Step, ...]


class GateLine(NamedTuple):
    """Loads that wait at a gate under the same ceilings, and in one class of those that share turns."""

    number: int
    desk: int
    gate: int
    ceilings: tuple[int, ...]
    group: int


class Route(NamedTuple):
    """A corridor: its steps, and the word for it in luck."""

    name: str
    key: str
    steps: tuple[Step, ...]


class Choice(NamedTuple):
    """How loads of a source choose their corridor, or are diverted from it, as they are requested: a rule of rules.py.

    routes : by number, in order; the first `many` are chosen among, and one more is that to which loads are diverted.
    at : of those that are chosen among by waits, the place whose waits count.
    after_s, to : for how long a border has been closed that diverts, and the place in `routes` of where to.
    """

    rule: int
    routes: tuple[int, ...]
    many: int
    at: tuple[int, ...]
    after_s: int = WITHOUT_END_S
    to: int = -1


class Cost(NamedTuple):
    """US dollars of one inbound truck: as it is dispatched, for each tonne then, and for each day that it waits."""

    per_truck: float
    per_tonne: float
    per_waiting_day: float


class Source(NamedTuple):
    """A flow, or an opening stock of one: where loads come from.

    corridors, cumulative : the routes' numbers in the order of their keys, and the shares up to each.
    age : of a stock, how long its loads have been there [s]; None where that is not known.
    height : of its loads [cm]; None where none is too high anywhere.
    shelf_life_s : of its loads, from their request.
    later : (from [s], the shares up to each) for loads that are requested then, where phases change them.
    choice : None where they go by shares, and are never diverted.
    litres : of one pallet of its loads; 0 where they are no fuel or gas.
    """

    name: str
    key: str
    sector: str
    cargo: str
    rank: int
    corridors: tuple[int, ...]
    cumulative: tuple[float, ...]
    pallets: Law
    weight: Law
    demand: RateSteps | Renewal | Trace | None
    stock: int
    first_step: int
    age: Law | None = None
    height: Law | None = None
    later: tuple[tuple[int, tuple[float, ...]], ...] = ()
    shelf_life_s: int = WITHOUT_END_S
    choice: Choice | None = None
    litres: int = 0


class Refusal(NamedTuple):
    """Loads of a source on a route are refused if the answer comes from `from_s` on and before `to_s`."""

    office: int
    source: int
    route: int
    from_s: int
    to_s: int


class Shock(NamedTuple):
    """Closures by chance. `chance` that one begins on a day; `level` is the share that is left; places by number.

    first_day, end_day : none begins before the one, or from the other on.
    """

    key: str
    places: tuple[int, ...]
    chance: float
    lasts: Law
    level: float
    first_day: int = 0
    end_day: int = MOST


class OperatingLevel(NamedTuple):
    """The share of each day's hours, or lanes, that is used: Beta with this mean and coefficient of variation."""

    key: str
    places: tuple[int, ...]
    mean: float
    cv: float
    persistence: float
    of_hours: bool


class Reasons(NamedTuple):
    """Why a site rejects: shares of loads, and of those that are rejected for it, see reasons.py."""

    form: float
    repaired: float
    item: float
    removed: float


class Caps(NamedTuple):
    """Loads with more pallets, or higher [cm], are repacked."""

    pallets: int
    height_cm: int


class Task(NamedTuple):
    """Work at which a team is for a while, see tasks.py; the last three are what it meets in one replication.

    teams, escorts, office : places by number, -1 for none. escorted : of `escorts` that it takes.
    nth : of those that are asked for again and again. refused : share of requests.
    leads_s, refusals : (attempts,) of each request in turn.
    """

    name: str
    key: str
    title: str
    what: str
    nth: int
    requested_s: int
    rank: int
    teams: int
    escorts: int
    escorted: int
    office: int
    refused: float
    again_s: int
    attempts: int
    time: Law
    work_s: int = 0
    leads_s: tuple[int, ...] = ()
    refusals: tuple[bool, ...] = ()


class Hindrance(NamedTuple):
    """From `since_s` on until a task is done a road, or an office, has so much of its speed left; 0: a road is shut."""

    place: int
    task: int
    percent: int
    since_s: int


class Handing(NamedTuple):
    """What arrives in an area by these routes goes on by ways, routes of the network that takes it up.

    ppm : (sources, ways). Of what of each source arrives, the share that goes on by each way.
    """

    routes: tuple[int, ...]
    ways: tuple[int, ...]
    ppm: tuple[tuple[int, ...], ...]


class Slot(NamedTuple):
    """One kind of luck at one place; `place` is -1 where it belongs to the load alone."""

    purpose: Purpose
    place: int


@dataclass(frozen=True)
class Network:
    """What an engine and the draws need to know, and nothing else.

    laws, shares : the meaning of luck in each slot, a law or the probability of a yes; of IN_PPM that is in the road.
    gate_lines, gate_line : lines at gates under ceilings, and (gate, source) -> the one where its loads wait.
    caps : what is not repacked, by the number of the bays where the rest is.
    reasons : why a site rejects, by its number. refusals : whom offices refuse, in order.
    shocks, levels : what may befall places on any day, in the order of keys.
    drain_days : those at the end whose newcomers count in no dwell.
    phases : periods that change settings, in the order of keys.
    hours : of the places whose hours phases change: (calendar, lanes at 100 %) -> the calendar; the first is without.
    drawn, day_luck : the places whose calendars are those of one replication, and a digest of the luck that made them.
    costs : of the routes that have any, by number.
    tasks, hindrances : by (requested, key, nth), and by (place, task).
    people : the network of those who cross, without a place of this one: a load is a party, its pallets persons.
    onward, handings : the network of what takes up goods that have arrived, likewise, and what it takes up.
    needs : of people in areas, which no engine knows.
    began_s : name of each phase -> when it began in this replication, None where it did not before the run's end.
    """

    nodes: tuple[Node, ...]
    routes: tuple[Route, ...]
    lines: tuple[Line, ...]
    sources: tuple[Source, ...]
    laws: dict[Slot, Law]
    shares: dict[Slot, float]
    days: int
    warm_up_days: int
    gate_lines: tuple[GateLine, ...] = ()
    gate_line: dict[tuple[int, int], int] = field(default_factory=dict)
    shocks: tuple[Shock, ...] = ()
    levels: tuple[OperatingLevel, ...] = ()
    reasons: dict[int, Reasons] = field(default_factory=dict)
    caps: dict[int, Caps] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    phases: tuple[Phase, ...] = ()
    hours: dict[int, dict[tuple[str, int], Steps]] = field(default_factory=dict)
    drawn: frozenset[int] = frozenset()
    day_luck: str = ""
    began_s: dict[str, int | None] = field(default_factory=dict)
    drain_days: int = 0
    costs: dict[int, Cost] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    hindrances: tuple[Hindrance, ...] = ()
    people: "Network | None" = None
    onward: "Network | None" = None
    handings: tuple[Handing, ...] = ()
    needs: Needs = field(default_factory=Needs)

    @property
    def horizon_s(self) -> int:
        """End of the run; an event at exactly this second is not part of it."""
        return self.days * DAY_S

    def slots_of(self, route: Route) -> dict[Slot, int]:
        """The slots that a load on `route` uses, and the most visits there."""
        visits = most_visits(route)
        slots: dict[Slot, int] = {}
        for step, most in zip(route.steps, visits, strict=True):
            for slot in _slots(step, self.lines):
                if slot in self.laws or slot in self.shares:
                    slots[slot] = 1 if slot.purpose == Purpose.REPACK else slots.get(slot, 0) + most
        return slots


def first_step_at(route: Route, lines: tuple[Line, ...], place: int) -> int:
    """The first step that uses `place`; a convoy step where `place` is a yard or platform; 0 where there is none."""
    for i, step in enumerate(route.steps if place >= 0 else ()):
        if isinstance(step, Convoy):
            if place in (lines[step.line].yard, lines[step.line].platform):
                return i
        elif place in (step.roads if isinstance(step, Travel) else step[:1]):
            return i
    return 0


def _slots(step: Step, lines: tuple[Line, ...]) -> list[Slot]:
    match step:
        case Travel():
            return [Slot(purpose, road) for road in step.roads for purpose in (Purpose.TRAVEL, *OF_A_DRIVE)]
        case Inspect():
            of_site = (Purpose.INSPECT, Purpose.MANUAL, Purpose.REJECTED, Purpose.REJECTED_AFTER)
            beside = (Slot(Purpose.MANUAL_TIME, step.manual), Slot(Purpose.REPACK, step.repacking))
            return [*(Slot(purpose, step.site) for purpose in of_site), *beside]
        case Transfer():
            return [Slot(Purpose.TRANSFER, step.bays), Slot(Purpose.HOME, step.fleet)]
        case Convoy():
            return [Slot(Purpose.HOME, lines[step.line].fleet)]
        case Offload():
            return [Slot(Purpose.OFFLOAD, step.warehouse)]
        case Permit():
            return [Slot(Purpose.LEAD, step.office)]
        case TakeSlot():
            return [Slot(Purpose.NO_SHOW, step.slots)]
        case PassGate():
            return []


def most_visits(route: Route) -> list[int]:
    """For each step the most often that one load can be there: once, and once more for each rejection further on.

    At slots how often it can be called before it is sure to come.
    """
    most = [1] * len(route.steps)
    for i, step in enumerate(route.steps):
        if isinstance(step, Inspect):
            for again in range(step.back_to, i + 1):
                most[again] += step.attempts - 1
        elif isinstance(step, Permit | TakeSlot):
            most[i] += max(0, step[1] - 1)
    return most


def crc(key: str) -> int:
    """The number that stands for a key in luck and digests."""
    return crc32(key.encode())
