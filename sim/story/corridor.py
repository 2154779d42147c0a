"""The model in SimPy, verb by verb: each load walks the steps of its corridor. No counting, no randomness."""

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
    canonical,
)
from sim.luck.choices import closed_border_bits, least_wait_choices
from sim.luck.draws import Draws
from sim.network.base import OF_A_DRIVE, Purpose
from sim.network.corridors import Convoy, Inspect, Offload, PassGate, Permit, Step, TakeSlot, Transfer, Travel
from sim.network.flows import Choice
from sim.network.network import Network, refuse_gridlock
from sim.rules import (
    WITHOUT_END_S,
    has_expired,
    is_refused,
    may_try_again,
    must_be_repacked,
    reason_told,
    trip_name,
    waits_less,
)
from sim.story.building import Places
from sim.story.convoys import StockLine, TruckLine
from sim.story.roads import choose_road
from sim.story.tasks import TaskModel
from sim.story.world import Truck, World
from sim.units import DAY_S

Story = Generator[Event, Any, Any]
END_OF_STORY = -1  # in place of the next step: the load's own truck has nothing more to do


def run(network: Network, draws: Draws) -> Log:
    """The log of one replication: a pure function of the network and its luck. Raises Gridlock."""
    return CorridorModel(network, draws).run()


class CorridorModel:
    """One world: its places, and the stories of what moves through them."""

    def __init__(self, network: Network, draws: Draws):
        self.network, self.draws, self.world = network, draws, World()
        self.env = self.world.env
        self.tasks = TaskModel(self.world, network, len(draws))
        self.source, self.route, self.gate_line = draws.source.tolist(), draws.route.tolist(), network.gate_line
        self.keeps_until_s = draws.keeps_until_s(network).tolist()
        self.least_wait_choices = least_wait_choices(network)
        self.closed_border_bits = closed_border_bits(network, draws.source, draws.created_s).tolist()
        self.luck: dict[tuple[int, int], list[list[int]]] = {
            (slot.purpose, slot.place): values.tolist() for slot, values in draws.luck_by_slot.items()
        }
        self.places = made = Places(self.world, network, draws, self.luck, self.tasks, self.depart)
        self.gates, self.pools, self.platforms, self.fleets = made.gates, made.pools, made.platforms, made.fleets
        self.roads, self.stores, self.offices, self.slots = made.roads, made.stores, made.offices, made.slots
        self.lines = made.lines
        for choice in self.least_wait_choices.values():
            for at in choice.at:
                made.watch_waits(at)

    def run(self) -> Log:
        for node in self.network.nodes:
            for change in node.changes:
                if change.at_s > 0:
                    self.world.schedule_first(
                        change.at_s, partial(self.places.apply_change, node.number, change.setting, change.value)
                    )
        self.env.process(self.create_loads())
        for number, task in enumerate(self.network.tasks):
            self.env.process(self.tasks.run_task(number, self.offices.get(task.office)))
        self.env.run(until=self.network.horizon_s)
        refuse_gridlock(self.network, (held for pool in self.pools.values() for held in pool.held_while_waiting()))
        return canonical(self.world.rows)

    def create_loads(self) -> Story:
        """Loads come into being in the order of their numbers, at the second for which they were drawn."""
        draws = self.draws
        columns = (draws.created_s, draws.route, draws.first_step, draws.rank, draws.pallets, draws.stocked)
        for load, (created_s, route, step, rank, pallets, stocked) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True)
        ):
            if created_s > self.env.now:
                yield self.env.timeout(created_s - self.env.now)
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
        """The route with the least wait, or where its border has been closed for long the one to divert to."""
        taken, least_s = 0, WITHOUT_END_S
        for i, at in enumerate(choice.at):
            wait_s = self.places.watch_waits(at).mean_wait_s(self.world.now_s // DAY_S)
            if waits_less(wait_s, least_s):
                taken, least_s = i, wait_s
        if self.closed_border_bits[truck.load] >> taken & 1:
            taken = choice.to
        self.world.log(truck, ROUTED, -1, taken)
        return choice.routes[taken]

    def run_load(self, truck: Truck, steps: tuple[Step, ...], at: int) -> Story:
        """One load walks its corridor until its truck has nothing more to do; a fleet's then drives home."""
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
        """A truck, or a convoy as one with the luck of its first, drives along a road. Gives those that go on.

        Where all its roads are shut it waits at their entrance.
        """
        roads, barred = [self.roads[number] for number in step.roads], False
        while (road := choose_road(roads, step.choose, self.world.now_s)) is None:
            for truck in trucks if not barred else ():
                truck.release_lane()
                self.world.log(truck, BARRED, step.road)
            barred = True
            yield self.tasks.task_done
        number = road.node.number
        for truck in trucks:
            truck.release_lane()
            self.world.log(truck, STARTED, number)
        first, lost = trucks[0], []
        visit, *_ = [truck.count_visit(number) for truck in trucks if truck is first or truck.carrier >= 0]
        free_s = self.luck[Purpose.TRAVEL, number][visit][first.load]
        if road.intercepts:
            lost = road.lost_trucks(number, trucks, *(self.luck[purpose, number] for purpose in OF_A_DRIVE))
        reached_s = road.reached_s(self.world.now_s, free_s)
        road.count_vehicles(self.world.now_s, len(trucks))
        yield self.env.timeout(reached_s - self.env.now)
        road.count_vehicles(self.world.now_s, -len(trucks))
        for truck in trucks:
            self.world.log(truck, FINISHED, number)
        for truck in lost:
            for load, pallets in truck.parts:
                self.world.rows.append((self.world.now_s, load, INTERCEPTED, number, truck.carrier, pallets))
            truck.release_room()
        return [truck for truck in trucks if truck not in lost]

    def pass_gate(self, trucks: list[Truck], step: PassGate) -> Story:
        """A truck, or a convoy as one, waits until the gate is open."""
        for truck in trucks:
            truck.release_lane()
        yield self.gates[step.gate].join(trucks, self.gate_line.get((step.gate, self.source[trucks[0].load]), -1))
        for truck in trucks:
            self.world.log(truck, PASSED, step.gate)

    def apply_for_permit(self, truck: Truck, step: Permit, at: int) -> Story:
        """Asks an office, waits for its answer and, where that is no, asks again; after its attempts it is returned."""
        place = step.office
        office = self.offices[place]
        truck.release_lane()
        while True:
            self.world.log(truck, JOINED, place)
            yield office.apply(truck.rank, truck.load)
            self.world.log(truck, STARTED, place)
            lead_s = self.luck[Purpose.LEAD, place][truck.count_visit(place)][truck.load]
            yield self.env.timeout(office.answer_s(lead_s) - self.env.now)
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
            truck.rejections[place] = made = truck.rejections.get(place, 0) + 1
            if not may_try_again(made, step.attempts):
                self.world.log(truck, RETURNED, place)
                truck.release_room()
                return END_OF_STORY
            yield self.env.timeout(office.node.again_s)

    def take_slot(self, truck: Truck, step: TakeSlot) -> Story:
        """Waits for a slot, and until it is called and comes."""
        slots = self.slots[step.slots]
        truck.release_lane()
        self.world.log(truck, JOINED, step.slots)
        yield slots.join(truck, slots.node.group(self.network.sources[self.source[truck.load]].sector))
        self.world.log(truck, PASSED, step.slots)

    def inspect(self, truck: Truck, step: Inspect, at: int) -> Story:
        """Lanes, for a share manual bays, and a yes or no; sent back to an earlier step, or after its attempts home.

        What is too large is repacked before. Who is broken off at closing hour joins again at once, with the
        same work before it.
        """
        site, visit = step.site, truck.count_visit(step.site)
        if step.repacking >= 0:
            repacking_s = self.luck[Purpose.REPACK, step.repacking][0][truck.load]
            if must_be_repacked(repacking_s, visit):
                yield from self.receive_service(truck, step.repacking, repacking_s)
        work_s = self.luck[Purpose.INSPECT, site][visit][truck.load]
        found_room = yield from self.receive_service(truck, site, work_s)
        while found_room and truck.is_broken_off:
            self.world.log(truck, REJECTED, site, Reason.TIME)
            truck.release_lane()
            found_room = yield from self.receive_service(truck, site, work_s)
        if not found_room:
            return END_OF_STORY
        if step.manual >= 0 and self.luck[Purpose.MANUAL, site][visit][truck.load]:
            yield from self.receive_service(
                truck, step.manual, self.luck[Purpose.MANUAL_TIME, step.manual][visit][truck.load]
            )
        rejected = self.luck.get((Purpose.REJECTED, site))
        if rejected is None or not rejected[visit][truck.load]:
            return at + 1
        self.world.log(truck, REJECTED, site, reason_told(rejected[visit][truck.load]))
        truck.release_lane()
        truck.rejections[site] = made = truck.rejections.get(site, 0) + 1
        if not may_try_again(made, step.attempts):
            self.world.log(truck, RETURNED, site)
            truck.release_room()
            return END_OF_STORY
        after = self.luck.get((Purpose.REJECTED_AFTER, site))
        if after is not None:
            yield self.env.timeout(after[visit][truck.load])
        return step.back_to

    def transfer(self, truck: Truck, step: Transfer, at: int, collected_by: Step) -> Story:
        """A bay, then room on the platform for all pallets at once: until then the bay is held.

        Or a bay and a vehicle of a fleet, with which the load goes on; the one that brought it drives home.
        """
        visit = truck.count_visit(step.bays)
        found_room = yield from self.receive_service(
            truck, step.bays, self.luck[Purpose.TRANSFER, step.bays][visit][truck.load]
        )
        if found_room and step.fleet >= 0:
            self.release_vehicles(truck, keeps=1)
            return at + 1
        if found_room:
            yield self.platforms[step.platform].unload(truck, self._stock_line(collected_by))
            truck.release_lane()
        return END_OF_STORY

    def join_convoy(self, truck: Truck, step: Convoy, at: int) -> Story:
        """Gathers with others and walks on as one; a load of the opening stock is put where vehicles collect it."""
        line = self.lines[step.line]
        truck.release_lane()
        if isinstance(line, StockLine):
            yield line.platform.unload(truck, line)
            return END_OF_STORY
        walked: int = yield line.join(truck)
        return at + 1 + walked if walked != END_OF_STORY else END_OF_STORY

    def offload(self, truck: Truck, step: Offload) -> Story:
        """A dock, and room for it where it is to stand: all that it carries has arrived, but for what has expired."""
        visit = truck.count_visit(step.warehouse) if truck.carrier < 0 else 0
        work_s = self.luck[Purpose.OFFLOAD, step.warehouse][visit][truck.load]
        found_room = yield from self.receive_service(truck, step.warehouse, work_s)
        if found_room:
            if step.store >= 0:
                yield self.stores[step.store].unload(truck)
            truck.release_lane()
            for load, pallets in truck.parts:
                kind = EXPIRED if has_expired(self.world.now_s, self.keeps_until_s[load]) else ARRIVED
                self.world.rows.append((self.world.now_s, load, kind, step.warehouse, truck.carrier, pallets))
        return END_OF_STORY

    def release_vehicles(self, truck: Truck, keeps: int) -> None:
        """All but the last vehicles that hold this load have nothing more to do with it."""
        while len(truck.vehicles) > keeps:
            self.env.process(self.drive_home(truck.load, *truck.vehicles.pop(0)))

    def drive_home(self, load: int, fleet: int, trip: int) -> Story:
        """A vehicle onto which the load had been transferred drives home and is given back."""
        yield self.env.timeout(self.luck[Purpose.HOME, fleet][trip][load])
        self.world.rows.append((self.world.now_s, load, FINISHED, fleet, trip_name(trip), -1))
        self.fleets[fleet].release(1)

    def receive_service(self, truck: Truck, place: int, work_s: int) -> Story:
        """Waits for a lane and the work; False if it found no room. The lane is held until the next place has room."""
        pool = self.pools[place]
        visit = pool.join(truck, work_s)
        if visit.admitted is not None:
            found_room = yield visit.admitted
            if not found_room:
                truck.release_lane()
                return False
        truck.release_lane()
        lane = yield visit.finished
        self.world.log(truck, FINISHED, place)
        truck.held_lane = (pool, lane)
        return True

    def depart(self, line: TruckLine | StockLine, trucks: list[Truck], delay_s: int) -> None:
        """A convoy sets out; Gaza-side vehicles begin a story of their own, arriving trucks go on with theirs."""
        if isinstance(line, StockLine):
            for vehicle in trucks:
                vehicle.left_convoy = self.env.event()
                self.env.process(self.run_vehicle(vehicle, line))
        self.env.process(self.run_mission(line, trucks, delay_s))

    def run_mission(self, line: TruckLine | StockLine, trucks: list[Truck], delay_s: int) -> Story:
        """The convoy, once it may drive, walks roads and gates as one, up to where each is on its own.

        Who has lost all on a road leaves it there; behind the first, the next leads.
        """
        vehicles = len(trucks)
        if delay_s:
            yield self.env.timeout(delay_s)
        walked = 0
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
            walked += 1
        line.release_escorts(vehicles)
        _release_from_convoy(trucks, walked)

    def run_vehicle(self, truck: Truck, line: StockLine) -> Story:
        """A Gaza-side vehicle rides with its convoy, offloads what it still has, drives home and is given back."""
        assert truck.left_convoy is not None
        walked: int = yield truck.left_convoy
        if walked != END_OF_STORY:
            last = line.config.tail[walked]
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
        """The place at which a load of the opening stock stands."""
        step = steps[at]
        if isinstance(step, Convoy):
            line = self.network.lines[step.line]
            return line.platform if line.platform >= 0 else line.yard
        return int(step[0])


def _release_from_convoy(trucks: list[Truck], walked: int) -> None:
    """Lets each go on with its own story, which is told how many steps the convoy has walked as one, or GONE."""
    for truck in trucks:
        assert truck.left_convoy is not None
        truck.left_convoy.succeed(walked)
