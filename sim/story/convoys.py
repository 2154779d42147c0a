"""Yards and fleets: loads gather in lines, one for each onward route, and set out in convoys.

Each contested resource has one owner that decides in a round: vehicles may be shared by several yards, drivers and
escorts by several fleets and yards. A convoy acquires all that it needs at once, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

from simpy import Event

from sim.calendars import StepFunction
from sim.events import COLLECTED, JOINED, MISSION, SET_OUT, STARTED
from sim.network.convoys import FleetNode, YardNode
from sim.network.corridors import ConvoyLine
from sim.rules import (
    ABORTED,
    PERMISSION_NOT_NEEDED,
    PERMITTED,
    WITHOUT_END_S,
    convoy_size,
    departing_vehicles,
    may_proceed,
    must_apply,
    next_attempt_s,
    next_departure_s,
    next_midnight_s,
    trip_carrier,
    units_needed,
    vehicles_to_load,
)
from sim.story.offices import PermissionRequest
from sim.story.resources import Requirement, Requirements, Resource, ResourcePool
from sim.story.stock import FuelSupply, Platform
from sim.story.world import CalendarCursor, Truck, World

Depart = Callable[["TruckLine | StockLine", list[Truck], int], None]  # line, trucks, delay [s]


class Yard:
    """The departure rules of one line: when convoys may set out, their size, and the outcomes of missions."""

    def __init__(self, world: World, node: YardNode, request: PermissionRequest):
        self.world, self.node, self.request = world, node, request
        self.calendar = CalendarCursor(world, node.number, node.calendar)
        self.min, self.max, self.patience_s = node.min, node.max, node.patience_s
        self._departed_s, self._not_before_s = -1, 0
        answers = node.permission.outcomes if node.permission else None
        self.outcomes = (
            CalendarCursor(world, node.number, StepFunction(answers.at_s, answers.outcome)) if answers else None
        )
        self.delays = (
            CalendarCursor(world, node.number, StepFunction(answers.at_s, answers.delay_s)) if answers else None
        )

    def may_set_out(self) -> bool:
        """Whether the yard is open, any permission it needs is granted, and a timetable has an unused departure now."""
        now_s = self.world.now_s
        if now_s < self._not_before_s or not self.calendar.level():
            return False
        if self.node.first_s >= 0:
            departs_s = next_departure_s(now_s, self.node.first_s, self.node.every_s)
            if departs_s != now_s or self._departed_s == now_s:
                return False
        return may_proceed(self._current_outcome(), self.request.state)

    def record_departure(self) -> int:
        """Records that a convoy sets out now; returns the delay before it drives [s]."""
        self._departed_s = self.world.now_s
        return self.delays.level() if self.delays else 0

    def resolve_mission(self, load: int, carrier: int) -> int:
        """Returns the outcome of a mission that would set out now, and logs it where permission is needed.

        load, carrier : of the mission's first truck.
        """
        outcome = self._current_outcome()
        if outcome != PERMISSION_NOT_NEEDED:
            assert self.node.permission is not None
            self.request.use_up()
            self.world.log_row(load, MISSION, self.node.number, carrier, outcome)
            self._not_before_s = next_attempt_s(outcome, self.world.now_s, self.node.permission.retry_s)
        return outcome

    def apply_for_permission(self, first: tuple[int, int, int]) -> None:
        """Applies to the office for the next mission if necessary. `first` : (rank, since, load) of the first load."""
        if must_apply(True, self._current_outcome(), self.request.state, self.world.now_s, self._not_before_s):
            rank, _, load = first
            self.request.submit(rank, load)

    def next_check_s(self, ready_since_s: int) -> int:
        """Returns the next second at which time alone may allow a departure; WITHOUT_END_S if there is none."""
        now_s, runs_out_s = self.world.now_s, ready_since_s + self.patience_s
        if now_s < self._not_before_s:
            return self._not_before_s
        check_s = runs_out_s if runs_out_s > now_s else WITHOUT_END_S
        if not self.calendar.level():
            check_s = self.calendar.next_change_s()
        if self.node.first_s >= 0:
            check_s = next_departure_s(now_s + 1, self.node.first_s, self.node.every_s)
        if self.outcomes and self.request.state != PERMITTED:  # permission may become needed, or unnecessary
            check_s = min(check_s, self.outcomes.next_change_s())
        return check_s

    def _current_outcome(self) -> int:
        return self.outcomes.level() if self.outcomes else PERMISSION_NOT_NEEDED

    def size(self, ready: int, longest_wait_s: int) -> int:
        """Returns the number of vehicles that set out now, of `ready` vehicles; 0 for none."""
        return convoy_size(ready, longest_wait_s, self.min, self.max, self.patience_s)


class TruckLine:
    """Arriving trucks that gather for one onward route."""

    def __init__(self, world: World, yard: Yard, line: ConvoyLine, depart: Depart, escorts: ResourcePool | None):
        self.world, self.yard, self.config, self.depart, self.escorts = world, yard, line, depart, escorts
        self.owner = yard.node.dispatcher
        self.requirements = Requirements([Requirement(escorts, yard.node.vehicles_per_escort)] if escorts else [])
        self.queue: list[tuple[int, int, int, Truck]] = []

    def join(self, truck: Truck) -> Event:
        """Puts a truck into the line; the event fires when it leaves its convoy, with the number of common steps."""
        truck.left_convoy = self.world.env.event()
        heappush(self.queue, (truck.rank, self.world.now_s, truck.load, truck))
        self.world.log(truck, JOINED, self.config.yard)
        self.world.touch(self.owner)
        return truck.left_convoy

    def first(self) -> tuple[int, int, int]:
        """Returns (rank, since, load) of the first in the queue; the line must not be empty."""
        return self.queue[0][:3]

    def is_empty(self) -> bool:
        """Whether no truck waits."""
        return not self.queue

    def ready_since_s(self) -> int:
        """Returns since when the first of the trucks has waited. The line must not be empty."""
        return min(entry[1] for entry in self.queue)

    def set_out(self) -> bool:
        """Starts one convoy if one may set out now; returns whether it did."""
        if not (self.queue and self.yard.may_set_out()):
            return False
        wait_s = self.world.now_s - self.ready_since_s()
        size = self.yard.size(self.requirements.feasible_vehicles(len(self.queue)), wait_s)
        if size:
            size = _apply_outcome(
                size, self.yard.resolve_mission(self.queue[0][2], -1), self.requirements, self.world.now_s
            )
        if size:
            self.requirements.acquire(size)
            trucks = [heappop(self.queue)[-1] for _ in range(size)]
            self.world.log(trucks[0], SET_OUT, self.config.yard, sum(truck.parts[0][1] for truck in trucks))
            for truck in trucks:
                self.world.log(truck, STARTED, self.config.yard)
            self.depart(self, trucks, self.yard.record_departure())
        return size > 0

    def release_escorts(self, vehicles: int) -> None:
        """Releases the escorts of a convoy of `vehicles`, whose trucks part."""
        _release_escorts(self.escorts, vehicles, self.yard.node.vehicles_per_escort)


class Fleet(ResourcePool):
    """Vehicles that several yards may share, with their drivers; or vehicles that take loads over at bays."""

    def __init__(
        self, world: World, node: FleetNode, carrier_number: Callable[[int, int], int], drivers: ResourcePool | None,
        fuel: FuelSupply | None = None,
    ):  # fmt: skip
        super().__init__(world, node)
        self.vehicle_pallets, self.carrier_number = node.vehicle_pallets, carrier_number
        self.drivers, self.fuel = drivers, fuel

    def take_over(self, truck: Truck) -> None:
        """Assigns a free vehicle to the load of a truck at a bay, and logs the start of its trip."""
        self.acquire(1)
        trip = truck.count_visit(self.node.number)
        truck.vehicles.append((self.node.number, trip))
        self.world.log_row(truck.load, STARTED, self.node.number, trip_carrier(trip))


class StockLine:
    """The stock of a platform for one onward route, in order of collection."""

    def __init__(
        self, world: World, yard: Yard, line: ConvoyLine, fleet: Fleet, platform: Platform, depart: Depart,
        escorts: ResourcePool | None,
    ):  # fmt: skip
        self.world, self.yard, self.config, self.fleet, self.platform = world, yard, line, fleet, platform
        self.depart, self.escorts, self.owner = depart, escorts, fleet.node.dispatcher
        self.vehicles_and_drivers = [fleet, *([fleet.drivers] if fleet.drivers else [])]
        self.resources: list[Resource] = [*self.vehicles_and_drivers, *([fleet.fuel] if fleet.fuel else [])]
        of_vehicle = [Requirement(resource, 1) for resource in self.resources]
        of_convoy = [Requirement(escorts, yard.node.vehicles_per_escort)] if escorts else []
        self.requirements = Requirements([*of_vehicle, *of_convoy])
        self.pending: list[tuple[int, int, int, int, int]] = []  # collectable from, rank, offloaded, load, pallets
        self.ready: list[tuple[int, int, int]] = []  # rank, offloaded, load
        self.oldest: list[tuple[int, int]] = []  # collectable since, load; keeps collected loads until they come first
        self.remaining: dict[int, int] = {}
        self.ready_pallets = 0

    def add(self, load: int, rank: int, pallets: int, collectable_from_s: int) -> None:
        """Adds a load whose pallets can be collected from `collectable_from_s` on."""
        heappush(self.pending, (collectable_from_s, rank, self.world.now_s, load, pallets))
        self.world.touch(self.owner)

    def update(self) -> None:
        """Makes ready the stock that can be collected by now."""
        while self.pending and self.pending[0][0] <= self.world.now_s:
            since, rank, offloaded, load, pallets = heappop(self.pending)
            heappush(self.ready, (rank, offloaded, load))
            heappush(self.oldest, (since, load))
            self.remaining[load] = pallets
            self.ready_pallets += pallets

    def next_change_s(self) -> int:
        """Returns the next second at which more stock can be collected, WITHOUT_END_S if there is none."""
        return self.pending[0][0] if self.pending else WITHOUT_END_S

    def is_empty(self) -> bool:
        """Whether no stock is ready to be collected."""
        return not self.ready

    def first(self) -> tuple[int, int, int]:
        """Returns (rank, offloaded, load) of the first load to be collected; the line must not be empty."""
        return self.ready[0]

    def ready_since_s(self) -> int:
        """Returns since when a first vehicle could have been loaded: stock, vehicle, driver and fuel were available.

        The line must not be empty.
        """
        while self.oldest[0][1] not in self.remaining:
            heappop(self.oldest)
        return max(self.oldest[0][0], *[resource.free_since_s for resource in self.resources])

    def set_out(self) -> bool:
        """Starts one convoy if one may set out now with the available resources; returns whether it did."""
        if not (self.ready and self.yard.may_set_out()):
            return False
        wait_s = self.world.now_s - self.ready_since_s()
        loaded = vehicles_to_load(self.ready_pallets, self.fleet.vehicle_pallets, wait_s, self.yard.patience_s)
        size = self.yard.size(self.requirements.feasible_vehicles(loaded), wait_s)
        if size:
            load = self.ready[0][-1]
            outcome = self.yard.resolve_mission(load, self.fleet.carrier_number(load, self.remaining[load]))
            size = _apply_outcome(size, outcome, self.requirements, self.world.now_s)
        if size:
            self.requirements.acquire(size)
            self._dispatch([self._load_vehicle() for _ in range(size)])
        return size > 0

    def _dispatch(self, vehicles: list[Truck]) -> None:
        """Logs what the vehicles collect, frees room on the platform and starts the convoy."""
        log = self.world.log
        log(vehicles[0], SET_OUT, self.config.yard, sum(pallets for truck in vehicles for _, pallets in truck.parts))
        if self.fleet.fuel:
            self.fleet.fuel.log_fuelling(vehicles[0], len(vehicles))
        for truck in vehicles:
            log(truck, STARTED, self.config.fleet)
            for load, pallets in truck.parts:
                self.world.log_row(load, COLLECTED, self.config.platform, truck.carrier, pallets)
                self.platform.stock -= pallets
        if self.platform.queue:
            self.world.touch(self.config.platform)
        for desk in self.platform.desks:
            self.world.touch(desk)
        self.depart(self, vehicles, self.yard.record_departure())

    def _load_vehicle(self) -> Truck:
        """Returns one vehicle loaded with the next pallets; the first of them gives it its number."""
        room, parts, carrier, rank = self.fleet.vehicle_pallets, [], -1, 0
        while room and self.ready:
            load_rank, _, load = self.ready[0]
            left = self.remaining[load]
            if carrier < 0:
                carrier, rank = self.fleet.carrier_number(load, left), load_rank
            taken = min(room, left)
            parts.append((load, taken))
            room -= taken
            self.ready_pallets -= taken
            if taken == left:
                heappop(self.ready)
                del self.remaining[load]
            else:
                self.remaining[load] = left - taken
        return Truck(parts[0][0], rank, parts, carrier)

    def release_escorts(self, vehicles: int) -> None:
        """Releases the escorts of a convoy of `vehicles`, whose trucks part."""
        _release_escorts(self.escorts, vehicles, self.yard.node.vehicles_per_escort)

    def on_returned(self) -> None:
        """Releases a vehicle that is home, and its driver."""
        for resource in self.vehicles_and_drivers:
            resource.release(1)


def _apply_outcome(vehicles: int, outcome: int, requirements: Requirements, now_s: int) -> int:
    """Returns how many vehicles of a mission set out; an aborted one holds its resources until midnight."""
    if outcome == ABORTED:
        requirements.hold_until(vehicles, next_midnight_s(now_s))
    return departing_vehicles(vehicles, outcome)


def _release_escorts(escorts: ResourcePool | None, vehicles: int, escorted: int) -> None:
    """Releases the escorts of a convoy of `vehicles`, where it has any."""
    if escorts is not None:
        escorts.release(units_needed(vehicles, escorted))


class ConvoyDispatcher:
    """Starts the convoys of the lines with one owner, in the order of the lines' first loads: (rank, since, load).

    The order is determined anew after each convoy.
    """

    def __init__(self, world: World, number: int, lines: list[TruckLine | StockLine]):
        self.world, self.number, self.lines = world, number, lines
        resources = dict.fromkeys(item.resource for line in lines for item in line.requirements.items)
        self.changing: list[Resource | StockLine] = [
            *resources,
            *(line for line in lines if isinstance(line, StockLine)),
        ]
        self._woken_at_s = -1

    def serve(self) -> None:
        """Starts all convoys that may set out now, and applies for the permissions that lines need."""
        for changing in self.changing:
            changing.update()
        while any(line.set_out() for line in self._lines_by_first()):
            pass
        checks_s = [changing.next_change_s() for changing in self.changing]
        for line in self.lines:
            if not line.is_empty():
                line.yard.apply_for_permission(line.first())
                checks_s.append(line.yard.next_check_s(line.ready_since_s()))
        at_s = min(checks_s, default=WITHOUT_END_S)
        if at_s < WITHOUT_END_S and at_s != self._woken_at_s:
            self._woken_at_s = at_s
            self.world.wake(self.number, at_s)

    def _lines_by_first(self) -> list[TruckLine | StockLine]:
        """Returns the lines that are not empty, ordered by their first loads."""
        return sorted([line for line in self.lines if not line.is_empty()], key=lambda line: line.first())
