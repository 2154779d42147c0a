"""The SimPy model: each load is a process that performs the steps of its corridor, one method a step.

It keeps no statistics and draws no random numbers: measures come from the log, luck from `Draws`.
"""

from collections.abc import Generator
from functools import partial
from typing import Any

from simpy import Event

from sim.events import (
    ARRIVED,
    AUTHORISED,
    BARRED,
    EXPIRED,
    FINISHED,
    INTERCEPTED,
    JOINED,
    PASSED,
    REFUSED,
    REJECTED,
    REQUESTED,
    RETURNED,
    ROUTED,
    STARTED,
    STOCKED,
    Log,
    Reason,
    canonical_log,
)
from sim.luck.choices import closed_border_bits, least_wait_choices
from sim.luck.draws import Draws
from sim.network.base import DRIVE_PURPOSES, Purpose
from sim.network.corridors import Convoy, Inspect, Offload, PassGate, Permit, Step, TakeSlot, Transfer, Travel
from sim.network.flows import Choice
from sim.network.network import Network, check_gridlock
from sim.rules import (
    WITHOUT_END_S,
    has_expired,
    is_refused,
    is_shorter_wait,
    logged_reason,
    may_retry,
    must_be_repacked,
    trip_carrier,
)
from sim.story.building import Places
from sim.story.convoys import StockLine, TruckLine
from sim.story.roads import choose_road
from sim.story.tasks import TaskModel
from sim.story.world import Truck, World
from sim.units import DAY_S

Story = Generator[Event, Any, Any]
END_OF_STORY = -1  # in place of the index of the next step: the truck has nothing more to do


def run(network: Network, draws: Draws) -> Log:
    """Returns the log of one replication, which depends on the network and the draws only. Raises Gridlock."""
    return CorridorModel(network, draws).run()


class CorridorModel:
    """One replication: its places, and the processes of loads, vehicles and convoys."""

    def __init__(self, network: Network, draws: Draws):
        self.network, self.draws, self.world = network, draws, World()
        self.env = self.world.env
        self.tasks = TaskModel(self.world, network, len(draws))
        self.source, self.route, self.gate_line = draws.source.tolist(), draws.route.tolist(), network.gate_queue_index
        self.keeps_until_s = draws.keeps_until_s(network).tolist()
        self.least_wait_choices = least_wait_choices(network)
        self.closed_border_bits = closed_border_bits(network, draws.source, draws.created_s).tolist()
        self.luck: dict[tuple[int, int], list[list[int]]] = {
            (slot.purpose, slot.place): values.tolist() for slot, values in draws.luck_by_slot.items()
        }
        self.places = places = Places(self.world, network, draws, self.luck, self.tasks, self.depart)
        self.gates, self.pools, self.platforms = places.gates, places.pools, places.platforms
        self.roads, self.stores, self.offices, self.slots = places.roads, places.stores, places.offices, places.slots
        self.lines, self.fleets = places.lines, places.fleets
        for choice in self.least_wait_choices.values():
            for at in choice.watched_places:
                places.watch_waits(at)

    def run(self) -> Log:
        """Runs until the horizon and returns the log in canonical order. Raises Gridlock."""
        for node in self.network.nodes:
            for change in node.changes:
                if change.at_s > 0:
                    self.world.schedule_first(
                        change.at_s, partial(self.places.apply_change, node.number, change.setting, change.value)
                    )
        self.env.process(self.create_loads())
        for number, task in enumerate(self.network.tasks):
            self.env.process(self.tasks.run_task(number, self.offices.get(task.office)))
        self.world.run(self.network.horizon_s)
        check_gridlock(self.network, (held for pool in self.pools.values() for held in pool.held_while_waiting()))
        return canonical_log(self.world.log_values)

    def create_loads(self) -> Story:
        """Creates each load at the second drawn for it, in the order of load numbers."""
        draws = self.draws
        columns = (draws.created_s, draws.route, draws.first_step, draws.rank, draws.pallets, draws.stocked)
        for load, (created_s, route, step, rank, pallets, stocked) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True)
        ):
            if created_s > self.world.now_s:
                yield self.env.timeout(created_s - self.world.now_s)
            truck = Truck(load, rank, [(load, pallets)])
            if stocked:
                self.world.log(truck, STOCKED, self._initial_place(self.network.routes[route].steps, step), pallets)
            else:
                self.world.log(truck, REQUESTED, -1, pallets)
                if self.source[load] in self.least_wait_choices:
                    self.route[load] = route = self.choose_route(truck, self.least_wait_choices[self.source[load]])
            steps = self.network.routes[route].steps
            self.env.process(self.run_load(truck, steps, step))

    def choose_route(self, truck: Truck, choice: Choice) -> int:
        """Returns the route with the shortest recent wait.

        If the border of that route has been closed for long, returns the route to divert to instead.
        """
        taken, least_s = 0, WITHOUT_END_S
        for i, at in enumerate(choice.watched_places):
            wait_s = self.places.watch_waits(at).mean_wait_s(self.world.now_s // DAY_S)
            if is_shorter_wait(wait_s, least_s):
                taken, least_s = i, wait_s
        if self.closed_border_bits[truck.load] >> taken & 1:
            taken = choice.divert_to
        self.world.log(truck, ROUTED, -1, taken)
        return choice.routes[taken]

    def run_load(self, truck: Truck, steps: tuple[Step, ...], at: int) -> Story:
        """Performs the steps of one load until its own truck has nothing more to do, then sends fleet vehicles home."""
        while at != END_OF_STORY:
            match steps[at]:
                case Travel() as step:
                    left = yield from self.travel([truck], step)
                    at = at + 1 if left else END_OF_STORY
                case PassGate() as step:
                    yield from self.pass_gate([truck], step)
                    at += 1
                case Inspect() as step:
                    at = yield from self.inspect(truck, step, at)
                case Transfer() as step:
                    at = yield from self.transfer(truck, step, at, steps[at + 1])
                case Convoy() as step:
                    at = yield from self.join_convoy(truck, step, at)
                case Offload() as step:
                    at = yield from self.offload(truck, step)
                case Permit() as step:
                    at = yield from self.apply_for_permit(truck, step, at)
                case TakeSlot() as step:
                    yield from self.take_slot(truck, step)
                    at += 1
        self.release_vehicles(truck, keeps=0)

    def travel(self, trucks: list[Truck], step: Travel) -> Generator[Event, Any, list[Truck]]:
        """Drives a truck or a convoy along one of the step's roads; returns the trucks that have not lost their load.

        A convoy drives as one, at the luck of its first truck. While all its roads are blocked it waits at their
        entrance.
        """
        roads, is_blocked = [self.roads[number] for number in step.roads], False
        while (road := choose_road(roads, step.choice_rule, self.world.now_s)) is None:
            for truck in trucks if not is_blocked else ():
                truck.release_lane()
                self.world.log(truck, BARRED, step.road)
            is_blocked = True
            yield self.tasks.task_done
        number = road.node.number
        for truck in trucks:
            truck.release_lane()
            self.world.log(truck, STARTED, number)
        first, lost = trucks[0], []
        visit, *_ = [truck.count_visit(number) for truck in trucks if truck is first or truck.carrier >= 0]
        free_s = self.luck[Purpose.TRAVEL, number][visit][first.load]
        if road.intercepts:
            lost = road.lost_trucks(number, trucks, *(self.luck[purpose, number] for purpose in DRIVE_PURPOSES))
        reached_s = road.reached_s(self.world.now_s, free_s)
        road.count_vehicles(self.world.now_s, len(trucks))
        yield self.env.timeout(reached_s - self.world.now_s)
        road.count_vehicles(self.world.now_s, -len(trucks))
        for truck in trucks:
            self.world.log(truck, FINISHED, number)
        for truck in lost:
            for load, pallets in truck.parts:
                self.world.log_row(load, INTERCEPTED, number, truck.carrier, pallets)
            truck.release_room()
        return [truck for truck in trucks if truck not in lost]

    def pass_gate(self, trucks: list[Truck], step: PassGate) -> Story:
        """Waits until the gate lets a truck, or a convoy as a whole, pass."""
        for truck in trucks:
            truck.release_lane()
        yield self.gates[step.gate].join(trucks, self.gate_line.get((step.gate, self.source[trucks[0].load]), -1))
        for truck in trucks:
            self.world.log(truck, PASSED, step.gate)

    def apply_for_permit(self, truck: Truck, step: Permit, at: int) -> Story:
        """Applies to an office until it grants permission; returns the index of the next step.

        After the last refused attempt the load is returned, and the result is END_OF_STORY.
        """
        place = step.office
        office = self.offices[place]
        truck.release_lane()
        while True:
            self.world.log(truck, JOINED, place)
            yield office.apply(truck.rank, truck.load)
            self.world.log(truck, STARTED, place)
            lead_s = self.luck[Purpose.LEAD, place][truck.count_visit(place)][truck.load]
            yield self.env.timeout(office.answer_s(lead_s) - self.world.now_s)
            self.world.log(truck, FINISHED, place)
            refused = any(
                is_refused(self.world.now_s, refusal.from_s, refusal.to_s)
                for refusal in self.network.refusals
                if (refusal.office, refusal.source, refusal.route)
                == (place, self.source[truck.load], self.route[truck.load])
            )
            if not refused:
                self.world.log(truck, AUTHORISED, place)
                return at + 1
            self.world.log(truck, REFUSED, place)
            truck.rejections[place] = attempts_made = truck.rejections.get(place, 0) + 1
            if not may_retry(attempts_made, step.attempts):
                self.world.log(truck, RETURNED, place)
                truck.release_room()
                return END_OF_STORY
            yield self.env.timeout(office.node.retry_s)

    def take_slot(self, truck: Truck, step: TakeSlot) -> Story:
        """Waits for a slot and for the call of its batch."""
        slots = self.slots[step.slots]
        truck.release_lane()
        self.world.log(truck, JOINED, step.slots)
        yield slots.join(truck, slots.node.queue_of_sector(self.network.sources[self.source[truck.load]].sector))
        self.world.log(truck, PASSED, step.slots)

    def inspect(self, truck: Truck, step: Inspect, at: int) -> Story:
        """Inspects a load; returns the index of the next step.

        The load is served in a lane and, for a share of loads, at a manual bay. A rejected load goes back to an earlier
        step; after its last attempt it is returned. An oversized load is repacked before its first inspection. If
        closing time interrupts the inspection, the load joins the queue again at once, with the same service time.
        """
        site, visit = step.site, truck.count_visit(step.site)
        if step.repacking_bays >= 0:
            repacking_s = self.luck[Purpose.REPACK, step.repacking_bays][0][truck.load]
            if must_be_repacked(repacking_s, visit):
                yield from self.receive_service(truck, step.repacking_bays, repacking_s)
        work_s = self.luck[Purpose.INSPECT, site][visit][truck.load]
        has_room = yield from self.receive_service(truck, site, work_s)
        while has_room and truck.is_broken_off:
            self.world.log(truck, REJECTED, site, Reason.TIME)
            truck.release_lane()
            has_room = yield from self.receive_service(truck, site, work_s)
        if not has_room:
            return END_OF_STORY
        if step.manual_bays >= 0 and self.luck[Purpose.MANUAL, site][visit][truck.load]:
            yield from self.receive_service(
                truck, step.manual_bays, self.luck[Purpose.MANUAL_TIME, step.manual_bays][visit][truck.load]
            )
        rejected = self.luck.get((Purpose.REJECTED, site))
        if rejected is None or not rejected[visit][truck.load]:
            return at + 1
        self.world.log(truck, REJECTED, site, logged_reason(rejected[visit][truck.load]))
        truck.release_lane()
        truck.rejections[site] = attempts_made = truck.rejections.get(site, 0) + 1
        if not may_retry(attempts_made, step.attempts):
            self.world.log(truck, RETURNED, site)
            truck.release_room()
            return END_OF_STORY
        delay_s = self.luck.get((Purpose.REJECTED_AFTER, site))
        if delay_s is not None:
            yield self.env.timeout(delay_s[visit][truck.load])
        return step.back_to

    def transfer(self, truck: Truck, step: Transfer, at: int, collected_by: Step) -> Story:
        """Unloads a load at a bay, or moves it onto a fleet vehicle; returns the index of the next step.

        The bay is held until the platform has room for all pallets of the load. Where the step has a fleet, a vehicle
        of it takes the load on, and the vehicle that brought the load drives home.
        """
        visit = truck.count_visit(step.bays)
        has_room = yield from self.receive_service(
            truck, step.bays, self.luck[Purpose.TRANSFER, step.bays][visit][truck.load]
        )
        if has_room and step.fleet >= 0:
            self.release_vehicles(truck, keeps=1)
            return at + 1
        if has_room:
            yield self.platforms[step.platform].unload(truck, self._stock_line(collected_by))
            truck.release_lane()
        return END_OF_STORY

    def join_convoy(self, truck: Truck, step: Convoy, at: int) -> Story:
        """Waits for a convoy and travels with it; returns the index of the step after the convoy's common steps.

        A load of the opening stock is put on the platform, from which vehicles collect it.
        """
        line = self.lines[step.line]
        truck.release_lane()
        if isinstance(line, StockLine):
            yield line.platform.unload(truck, line)
            return END_OF_STORY
        steps_taken: int = yield line.join(truck)
        return at + 1 + steps_taken if steps_taken != END_OF_STORY else END_OF_STORY

    def offload(self, truck: Truck, step: Offload) -> Story:
        """Offloads a truck at a dock; logs each part of a load as arrived or, after its shelf life, as expired.

        The dock is held until the store, where there is one, has room for all pallets.
        """
        visit = truck.count_visit(step.warehouse) if truck.carrier < 0 else 0
        work_s = self.luck[Purpose.OFFLOAD, step.warehouse][visit][truck.load]
        has_room = yield from self.receive_service(truck, step.warehouse, work_s)
        if has_room:
            if step.store >= 0:
                yield self.stores[step.store].unload(truck)
            truck.release_lane()
            for load, pallets in truck.parts:
                kind = EXPIRED if has_expired(self.world.now_s, self.keeps_until_s[load]) else ARRIVED
                self.world.log_row(load, kind, step.warehouse, truck.carrier, pallets)
        return END_OF_STORY

    def release_vehicles(self, truck: Truck, keeps: int) -> None:
        """Sends the vehicles that hold this load home, except for the last `keeps`."""
        while len(truck.vehicles) > keeps:
            self.env.process(self.drive_home(truck.load, *truck.vehicles.pop(0)))

    def drive_home(self, load: int, fleet: int, trip: int) -> Story:
        """Drives the fleet vehicle of a transferred load home and makes it free."""
        yield self.env.timeout(self.luck[Purpose.HOME, fleet][trip][load])
        self.world.log_row(load, FINISHED, fleet, trip_carrier(trip))
        self.fleets[fleet].release(1)

    def receive_service(self, truck: Truck, place: int, work_s: int) -> Story:
        """Waits for a lane of `place` and for the service; returns False if the place had no room.

        The truck keeps the lane until the next place has room for it.
        """
        pool = self.pools[place]
        visit = pool.join(truck, work_s)
        if visit.admitted is not None:
            has_room = yield visit.admitted
            if not has_room:
                truck.release_lane()
                return False
        truck.release_lane()
        lane = yield visit.finished
        self.world.log(truck, FINISHED, place)
        truck.held_lane = (pool, lane)
        return True

    def depart(self, line: TruckLine | StockLine, trucks: list[Truck], delay_s: int) -> None:
        """Starts a convoy and, where its trucks are fleet vehicles, one process for each of them."""
        if isinstance(line, StockLine):
            for vehicle in trucks:
                vehicle.left_convoy = self.env.event()
                self.env.process(self.run_vehicle(vehicle, line))
        self.env.process(self.run_mission(line, trucks, delay_s))

    def run_mission(self, line: TruckLine | StockLine, trucks: list[Truck], delay_s: int) -> Story:
        """Moves a convoy as one along roads and gates, until its trucks part.

        A truck that loses its load on a road leaves the convoy there; the next truck then leads.
        """
        vehicles = len(trucks)
        if delay_s:
            yield self.env.timeout(delay_s)
        steps_taken = 0
        for step in line.config.tail:
            if isinstance(step, Travel):
                left = yield from self.travel(trucks, step)
                _release_from_convoy([truck for truck in trucks if truck not in left], END_OF_STORY)
                trucks = left
                if not trucks:
                    line.release_escorts(vehicles)
                    return
            elif isinstance(step, PassGate):
                yield from self.pass_gate(trucks, step)
            else:
                break
            steps_taken += 1
        line.release_escorts(vehicles)
        _release_from_convoy(trucks, steps_taken)

    def run_vehicle(self, truck: Truck, line: StockLine) -> Story:
        """Follows a fleet vehicle: with its convoy, offloading unless its load was lost, the drive home, free again."""
        assert truck.left_convoy is not None
        steps_taken: int = yield truck.left_convoy
        if steps_taken != END_OF_STORY:
            last = line.config.tail[steps_taken]
            assert isinstance(last, Offload)
            yield from self.offload(truck, last)
        yield self.env.timeout(self.luck[Purpose.HOME, line.config.fleet][0][truck.load])
        self.world.log(truck, FINISHED, line.config.fleet)
        line.on_returned()

    def _stock_line(self, step: Step) -> StockLine:
        assert isinstance(step, Convoy)
        line = self.lines[step.line]
        assert isinstance(line, StockLine)
        return line

    def _initial_place(self, steps: tuple[Step, ...], at: int) -> int:
        """Returns the place at which a load of the opening stock stands."""
        step = steps[at]
        if isinstance(step, Convoy):
            line = self.network.lines[step.line]
            return line.platform if line.platform >= 0 else line.yard
        return int(step[0])


def _release_from_convoy(trucks: list[Truck], steps_taken: int) -> None:
    """Lets each truck continue alone after so many common steps, or end where `steps_taken` is END_OF_STORY."""
    for truck in trucks:
        assert truck.left_convoy is not None
        truck.left_convoy.succeed(steps_taken)
