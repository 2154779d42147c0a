"""Corridors as numbered steps, with their costs and convoy lines, and checks of transfers.

A transfer moves loads onto a platform, or from truck to truck onto a fleet; its checks need several places at once.
Each check is a function that yields one message per mistake.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sim.network.base import OF_A_DRIVE, Purpose, Slot
from sim.rules import FASTEST, FIRST_OPEN
from sim.scenario import corridors as written
from sim.scenario.base import nearest
from sim.scenario.offices import Office
from sim.scenario.scenario import Scenario


class Travel(NamedTuple):
    """A step along a road, or along one of several that is chosen at departure by the rule `choose`."""

    road: int
    others: tuple[int, ...] = ()
    choose: int = FIRST_OPEN

    @property
    def roads(self) -> tuple[int, ...]:
        """Returns the numbers of the roads that may be taken."""
        return (self.road, *self.others)


class PassGate(NamedTuple):
    """A step through a gate."""

    gate: int


class Inspect(NamedTuple):
    """A step of inspection at a site.

    manual : the manual bays of the site; -1 where there are none.
    attempts : inspections of one load before it is returned.
    back_to : index of the step at which a rejected load joins again.
    repacking : the bays where loads that are too large are repacked before their first inspection; -1 where there are
        none.
    """

    site: int
    manual: int
    attempts: int
    back_to: int
    repacking: int = -1


class Transfer(NamedTuple):
    """A step that unloads onto a platform or onto a vehicle of a fleet; the other of the two is -1."""

    bays: int
    platform: int
    fleet: int = -1


class Convoy(NamedTuple):
    """A step in which vehicles gather and set out together, by the number of their convoy line."""

    line: int


class Offload(NamedTuple):
    """A step that offloads at a warehouse; `store` is the store or depot behind it, -1 where there is always room."""

    warehouse: int
    store: int = -1


class Permit(NamedTuple):
    """A step that applies for permission at an office, at most `attempts` times."""

    office: int
    attempts: int


class TakeSlot(NamedTuple):
    """A step that waits for a slot and for its call; `most` is how often one load may fail to appear."""

    slots: int
    most: int


Step = Travel | PassGate | Inspect | Transfer | Convoy | Offload | Permit | TakeSlot


class Line(NamedTuple):
    """Loads that may share a convoy: the same yard, platform and fleet, and the same steps behind it.

    `platform` and `fleet` are -1 where the arriving trucks themselves form the convoy.
    """

    yard: int
    platform: int
    fleet: int
    tail: tuple[Step, ...]


class Route(NamedTuple):
    """A corridor by numbers: its steps, and the key that stands for it in random numbers."""

    name: str
    key: str
    steps: tuple[Step, ...]


class Cost(NamedTuple):
    """Costs of one inbound truck [USD]: at its first drive, per tonne at its first drive, and per day of waiting."""

    per_truck: float
    per_tonne: float
    per_waiting_day: float


def _steps(scenario: Scenario, name: str, number: dict[str, int], lines: dict[Line, int]) -> tuple[Step, ...]:
    """Returns the steps of a corridor by numbers, and enters new convoy lines in `lines`.

    Steps are numbered from the last to the first, since a convoy line includes the steps behind it.
    """
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
                store = number.get(f"stores.{docks.store}", number.get(f"depots.{docks.depot}", -1))
                numbered.insert(0, Offload(number[f"warehouses.{step.warehouse}"], store))
    return tuple(numbered)


CHOICES = {None: FIRST_OPEN, "first_open": FIRST_OPEN, "fastest": FASTEST}


def travel(step: written.Travel, number: dict[str, int]) -> Travel:
    """Returns a step of travel with the numbers of its roads."""
    road, *others = (number[f"roads.{name}"] for name in step.ways)
    return Travel(road, tuple(others), CHOICES[step.choose])


def attempts_at(office: Office, corridor: str) -> int:
    """Returns how often a load on a corridor may apply at an office: once where the office refuses no load on it."""
    may_be_refused = any(line.corridors is None or corridor in line.corridors for line in office.refuses.values())
    return office.asks_again.attempts if may_be_refused and office.asks_again else 1


def _costs(scenario: Scenario, routes: tuple[Route, ...]) -> dict[int, Cost]:
    """Returns the costs of the routes that have any, by the number of the route."""
    settings = {number: scenario.corridors[route.name].costs for number, route in enumerate(routes)}
    return {
        number: Cost(costs.per_truck, costs.per_tonne, costs.per_waiting_day)
        for number, costs in settings.items()
        if costs is not None
    }


def first_step_at(route: Route, lines: tuple[Line, ...], place: int) -> int:
    """Returns the index of the first step that uses `place`, or 0 where there is none.

    A convoy step uses its yard and its platform.
    """
    for i, step in enumerate(route.steps if place >= 0 else ()):
        if isinstance(step, Convoy):
            if place in (lines[step.line].yard, lines[step.line].platform):
                return i
        elif place in (step.roads if isinstance(step, Travel) else step[:1]):
            return i
    return 0


def most_visits(route: Route) -> list[int]:
    """Returns for each step the maximum number of visits of one load.

    A step counts once, and once more for each rejection that leads back before it or to it. At an office and at slots
    it is the number of attempts.
    """
    visits = [1] * len(route.steps)
    for i, step in enumerate(route.steps):
        if isinstance(step, Inspect):
            for repeated in range(step.back_to, i + 1):
                visits[repeated] += step.attempts - 1
        elif isinstance(step, Permit | TakeSlot):
            visits[i] += max(0, step[1] - 1)
    return visits


def _slots(step: Step, lines: tuple[Line, ...]) -> list[Slot]:
    """Returns the kinds of random numbers that a load may use at a step."""
    match step:
        case Travel():
            return [Slot(purpose, road) for road in step.roads for purpose in (Purpose.TRAVEL, *OF_A_DRIVE)]
        case Inspect():
            purposes = (Purpose.INSPECT, Purpose.MANUAL, Purpose.REJECTED, Purpose.REJECTED_AFTER)
            bays = (Slot(Purpose.MANUAL_TIME, step.manual), Slot(Purpose.REPACK, step.repacking))
            return [*(Slot(purpose, step.site) for purpose in purposes), *bays]
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


def places_of(scenario: Scenario, step: written.Step) -> list[tuple[str, str]]:
    """Returns (kind, name) of each place that a step names; the receiver of a transfer only if it exists."""
    match step:
        case written.Travel():
            return [("roads", road) for road in step.ways]
        case written.PassGate():
            return [("gates", step.gate)]
        case written.Inspect():
            return [("sites", step.site)]
        case written.Transfer():
            kind = "fleets" if scenario.is_onto_fleet(step) else "platforms"
            exists = step.onto in getattr(scenario, kind)
            return [*([(kind, step.onto)] if exists else []), ("bays", step.bays)]
        case written.Convoy(platform=None) | written.Convoy(fleet=None):
            return [("yards", step.yard)]
        case written.Convoy():
            return [("yards", step.yard), ("platforms", step.platform or ""), ("fleets", step.fleet or "")]
        case written.Offload():
            return [("warehouses", step.warehouse)]
        case written.Permit():
            return [("offices", step.office)]
        case written.TakeSlot():
            return [("slots", step.slots)]


def transfers(scenario: Scenario) -> Iterator[tuple[str, int, written.Transfer]]:
    """Yields (corridor, index of the step, step) for each transfer of a scenario."""
    for name, corridor in scenario.corridors.items():
        for i, step in enumerate(corridor.steps):
            if isinstance(step, written.Transfer):
                yield name, i, step


def room_onto(scenario: Scenario, onto: str) -> tuple[int, str] | None:
    """Returns the largest load that a receiver takes [pallets], and text that says so; None without a limit."""
    if onto in scenario.platforms:
        room = scenario.platforms[onto].room
        return None if room is None else (room, f"platforms.{onto} has room for {room}")
    if onto in scenario.fleets:
        pallets = scenario.fleets[onto].pallets
        return pallets, f"a vehicle of fleets.{onto} carries {pallets}"
    return None


def _receivers_are_known(scenario: Scenario) -> Iterator[str]:
    """Checks that `onto` names a platform or a fleet; if both have that name, the platform is meant."""
    for name, i, step in transfers(scenario):
        where = f"corridors.{name}.steps[{i}] (transfer)"
        receivers = [*scenario.platforms, *scenario.fleets]
        if step.onto not in receivers:
            yield f"{where}: there is no platforms.{step.onto} and no fleets.{step.onto}{nearest(step.onto, receivers)}"


def _a_fleet_has_one_owner(scenario: Scenario) -> Iterator[str]:
    """Checks that a fleet takes over loads at one place of bays only, and that these bays have no other receiver."""
    collects = {
        step.fleet
        for corridor in scenario.corridors.values()
        for step in corridor.steps
        if isinstance(step, written.Convoy)
    }
    for name in scenario.fleets:
        bays = list(dict.fromkeys(step.bays for *_, step in _onto_fleets(scenario) if step.onto == name))
        if len(bays) > 1:
            yield f"fleets.{name}: takes loads over at bays.{bays[0]} and bays.{bays[1]}; wanted one of them"
        if bays and scenario.fleets[name].drivers:
            yield f"fleets.{name}.drivers: vehicles that take loads over at bays.{bays[0]} have drivers; wanted none"
        if bays and name in collects:
            yield f"fleets.{name}: takes loads over at bays.{bays[0]}, and collects from a platform; wanted one of them"
    for name in scenario.bays:
        receivers = list(dict.fromkeys(step.onto for *_, step in transfers(scenario) if step.bays == name))
        if len(receivers) > 1 and any(step.bays == name for *_, step in _onto_fleets(scenario)):
            yield f"bays.{name}: bays at which a fleet takes over have no other receiver; found {', '.join(receivers)}"


def _nobody_is_sent_back_over_a_transfer(scenario: Scenario) -> Iterator[str]:
    """Checks that a rejected load does not join again before its transfer: the truck that brought it is gone."""
    for name, i, transfer in _onto_fleets(scenario):
        steps = scenario.corridors[name].steps
        named = {step.name: number for number, step in enumerate(steps) if step.name}
        for step in steps[i + 1 :]:
            site = scenario.sites.get(step.site) if isinstance(step, written.Inspect) else None
            back_to = site.rejected.back_to if site and site.rejected else None
            if isinstance(step, written.Inspect) and back_to and named.get(back_to, i + 1) <= i:
                where = f"corridors.{name}: sites.{step.site}.rejected.back_to"
                yield f"{where} lies before the transfer onto fleets.{transfer.onto}, whose other truck is gone"


def _onto_fleets(scenario: Scenario) -> Iterator[tuple[str, int, written.Transfer]]:
    """Returns the transfers whose receiver is a fleet."""
    return ((name, i, step) for name, i, step in transfers(scenario) if scenario.is_onto_fleet(step))


TRANSFERS = (_receivers_are_known, _a_fleet_has_one_owner, _nobody_is_sent_back_over_a_transfer)
