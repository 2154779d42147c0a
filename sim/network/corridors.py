"""Mistakes about transfers, onto platforms and from truck to truck, that need more than one place: a function each.

The places that a step of a corridor names.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sim.network.base import OF_A_DRIVE, Purpose, Slot
from sim.rules import FASTEST, FIRST_OPEN
from sim.scenario import corridors as s
from sim.scenario import corridors as written
from sim.scenario.base import nearest
from sim.scenario.offices import Office
from sim.scenario.scenario import Scenario


class Transfer(NamedTuple):
    """Onto a platform, or onto a vehicle of a fleet; the other one is -1."""

    bays: int
    platform: int
    fleet: int = -1


def transfers(scenario: Scenario) -> Iterator[tuple[str, int, s.Transfer]]:
    """(corridor, number of the step, step) of each transfer."""
    for name, corridor in scenario.corridors.items():
        for i, step in enumerate(corridor.steps):
            if isinstance(step, s.Transfer):
                yield name, i, step


def room_onto(scenario: Scenario, onto: str) -> tuple[int, str] | None:
    """The most pallets that one load may have which is transferred there, and how that is told; None without limit."""
    if onto in scenario.platforms:
        room = scenario.platforms[onto].room
        return None if room is None else (room, f"platforms.{onto} has room for {room}")
    if onto in scenario.fleets:
        pallets = scenario.fleets[onto].pallets
        return pallets, f"a vehicle of fleets.{onto} carries {pallets}"
    return None


def _receivers_are_known(scenario: Scenario) -> Iterator[str]:
    """`onto` names a platform or a fleet; of both, the platform is meant."""
    for name, i, step in transfers(scenario):
        where = f"corridors.{name}.steps[{i}] (transfer)"
        known = [*scenario.platforms, *scenario.fleets]
        if step.onto not in known:
            yield f"{where}: there is no platforms.{step.onto} and no fleets.{step.onto}{nearest(step.onto, known)}"


def _a_fleet_has_one_owner(scenario: Scenario) -> Iterator[str]:
    """Vehicles that take loads over have one queue, at their bays; and these bays serve nothing else."""
    collects = {step.fleet for way in scenario.corridors.values() for step in way.steps if isinstance(step, s.Convoy)}
    for name in scenario.fleets:
        at = list(dict.fromkeys(step.bays for *_, step in _onto_fleets(scenario) if step.onto == name))
        if len(at) > 1:
            yield f"fleets.{name}: takes loads over at bays.{at[0]} and bays.{at[1]}; wanted one of them"
        if at and scenario.fleets[name].drivers:
            yield f"fleets.{name}.drivers: who takes loads over at bays.{at[0]} has a driver; count fewer vehicles"
        if at and name in collects:
            yield f"fleets.{name}: takes loads over at bays.{at[0]}, and collects from a platform; wanted one of them"
    for name in scenario.bays:
        onto = list(dict.fromkeys(step.onto for *_, step in transfers(scenario) if step.bays == name))
        if len(onto) > 1 and any(step.bays == name for *_, step in _onto_fleets(scenario)):
            yield f"bays.{name}: bays at which a fleet takes over have no other receiver; found {', '.join(onto)}"


def _nobody_is_sent_back_over_a_transfer(scenario: Scenario) -> Iterator[str]:
    """The truck that brought a load is gone: what is rejected behind a transfer joins again behind it."""
    for name, i, transfer in _onto_fleets(scenario):
        steps = scenario.corridors[name].steps
        named = {step.name: number for number, step in enumerate(steps) if step.name}
        for step in steps[i + 1 :]:
            site = scenario.sites.get(step.site) if isinstance(step, s.Inspect) else None
            back_to = site.rejected.back_to if site and site.rejected else None
            if isinstance(step, s.Inspect) and back_to and named.get(back_to, i + 1) <= i:
                where = f"corridors.{name}: sites.{step.site}.rejected.back_to"
                yield f"{where} lies before the transfer onto fleets.{transfer.onto}, whose other truck is gone"


def _onto_fleets(scenario: Scenario) -> Iterator[tuple[str, int, s.Transfer]]:
    return ((name, i, step) for name, i, step in transfers(scenario) if scenario.is_onto_fleet(step))


TRANSFERS = (_receivers_are_known, _a_fleet_has_one_owner, _nobody_is_sent_back_over_a_transfer)


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


def _steps(scenario: Scenario, name: str, number: dict[str, int], lines: dict[Line, int]) -> tuple[Step, ...]:
    """The corridor's steps by number; a convoy's line is entered in `lines`, from the last step to the first."""
    corridor = scenario.corridors[name]
    named = {step.name: i for i, step in enumerate(corridor.steps) if step.name}
    numbered: list[Step] = []
    for i in reversed(range(len(corridor.steps))):
        step = corridor.steps[i]
        match step:
            case written.Travel():
                numbered.insert(0, travel(step, number))
            case written.PassGate():
                numbered.insert(0, PassGate(number[f"gates.{step.gate}"]))
            case written.Inspect():
                site = scenario.sites[step.site]
                rejected = site.rejected
                numbered.insert(0, Inspect(
                    number[f"sites.{step.site}"], number.get(f"sites.{step.site}.manual", -1),
                    rejected.attempts if rejected else 1,
                    named[rejected.back_to] if rejected and rejected.back_to else i,
                    number.get(f"sites.{step.site}.repacking", -1),
                ))  # fmt: skip
            case written.Transfer():
                onto_fleet = scenario.is_onto_fleet(step)
                platform = -1 if onto_fleet else number[f"platforms.{step.onto}"]
                fleet = number[f"fleets.{step.onto}"] if onto_fleet else -1
                numbered.insert(0, Transfer(number[f"bays.{step.bays}"], platform, fleet))
            case written.Convoy():
                line = Line(
                    number[f"yards.{step.yard}"], number.get(f"platforms.{step.platform}", -1),
                    number.get(f"fleets.{step.fleet}", -1), tuple(numbered),
                )  # fmt: skip
                numbered.insert(0, Convoy(lines.setdefault(line, len(lines))))
            case written.Permit():
                office = scenario.offices[step.office]
                numbered.insert(0, Permit(number[f"offices.{step.office}"], attempts_at(office, name)))
            case written.TakeSlot():
                slots = number[f"slots.{step.slots}"]
                numbered.insert(
                    0, TakeSlot(slots, no_show.most if (no_show := scenario.slots[step.slots].no_show) else 0)
                )
            case written.Offload():
                docks = scenario.warehouses[step.warehouse]
                behind = number.get(f"stores.{docks.store}", number.get(f"depots.{docks.depot}", -1))
                numbered.insert(0, Offload(number[f"warehouses.{step.warehouse}"], behind))
    return tuple(numbered)


class Route(NamedTuple):
    """A corridor: its steps, and the word for it in luck."""

    name: str
    key: str
    steps: tuple[Step, ...]


class Cost(NamedTuple):
    """US dollars of one inbound truck: as it is dispatched, for each tonne then, and for each day that it waits."""

    per_truck: float
    per_tonne: float
    per_waiting_day: float


def _costs(scenario: Scenario, routes: tuple[Route, ...]) -> dict[int, Cost]:
    """Of the routes that have any."""
    told = {number: scenario.corridors[route.name].costs for number, route in enumerate(routes)}
    return {
        number: Cost(costs.per_truck, costs.per_tonne, costs.per_waiting_day)
        for number, costs in told.items()
        if costs is not None
    }


CHOICES = {None: FIRST_OPEN, "first_open": FIRST_OPEN, "fastest": FASTEST}


def travel(step: written.Travel, number: dict[str, int]) -> Travel:
    """The step by the numbers of its roads."""
    road, *others = (number[f"roads.{name}"] for name in step.ways)
    return Travel(road, tuple(others), CHOICES[step.choose])


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


def attempts_at(office: Office, corridor: str) -> int:
    """How often a load on a corridor may ask there: once where nobody on it is ever refused."""
    may = any(line.corridors is None or corridor in line.corridors for line in office.refuses.values())
    return office.asks_again.attempts if may and office.asks_again else 1


def places_of(scenario: Scenario, step: s.Step) -> list[tuple[str, str]]:
    """(kind, name) of each place that a step names; a receiver only if there is one."""
    match step:
        case s.Travel():
            return [("roads", road) for road in step.ways]
        case s.PassGate():
            return [("gates", step.gate)]
        case s.Inspect():
            return [("sites", step.site)]
        case s.Transfer():
            kind = "fleets" if scenario.is_onto_fleet(step) else "platforms"
            known = step.onto in getattr(scenario, kind)
            return [*([(kind, step.onto)] if known else []), ("bays", step.bays)]
        case s.Convoy(platform=None) | s.Convoy(fleet=None):
            return [("yards", step.yard)]
        case s.Convoy():
            return [("yards", step.yard), ("platforms", step.platform or ""), ("fleets", step.fleet or "")]
        case s.Offload():
            return [("warehouses", step.warehouse)]
        case s.Permit():
            return [("offices", step.office)]
        case s.TakeSlot():
            return [("slots", step.slots)]
