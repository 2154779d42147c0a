"""The reference corridor as a SimPy user would write it: Resources, Containers, events, random numbers on the way.

The same rules and laws as `reference.yaml`, for this one world. No log, no ranks, no other closing rule than to end the
work in hand, no way to compare two worlds on the same luck, and no measure but the time of each load. Times in minutes.
"""

import random
from collections.abc import Generator
from typing import Any, NamedTuple

import simpy

from benchmarks.peers.job import Outcome, of_logarithm, outcome

HOUR_MIN, DAY_MIN = 60.0, 1440.0
PER_DAY, SHARES = 685.7, (45, 30, 25)
CONVOY, PATIENCE_MIN, VEHICLES, PALLETS, HOME_MIN = 20, 4 * HOUR_MIN, 140, 22, 60.0
REJECTED, ATTEMPTS = 0.05, 3
TO_HUB, TO_GATE, INSIDE = of_logarithm(60, 0.3), of_logarithm(40, 0.3), of_logarithm(90, 0.4)
INSPECTION, TRANSFER, OFFLOAD = of_logarithm(8, 0.5), of_logarithm(30, 0.4), of_logarithm(40, 0.5)
AFTER_HUB, AFTER_CROSSING = of_logarithm(4 * HOUR_MIN, 0.3), of_logarithm(3 * HOUR_MIN, 0.3)
AT_NIGHT, BY_DAY = 0, 1  # priorities: a shift that ends takes the lanes before those who wait
Story = Generator[simpy.Event, Any, Any]


class Crossing(NamedTuple):
    """The capacities of one corridor."""

    hub: int
    inspection: int
    bays: int
    room: int
    docks: int


CROSSINGS = (Crossing(10, 7, 20, 6000, 12), Crossing(6, 5, 13, 4000, 9), Crossing(5, 4, 11, 3500, 7))


class World:
    """One run; `times_min` has the time from request to arrival of each load that arrived."""

    def __init__(self, seed: int, days: int):
        self.env, self.luck, self.days = simpy.Environment(), random.Random(seed), days
        self.fleet = simpy.Container(self.env, VEHICLES, init=VEHICLES)
        self.corridors = [Corridor(self, crossing) for crossing in CROSSINGS]
        self.times_min: list[float] = []

    def run(self) -> None:
        self.env.process(self.requests())
        self.env.run(until=self.days * DAY_MIN)

    def requests(self) -> Story:
        while True:
            yield self.env.timeout(self.luck.expovariate(PER_DAY / DAY_MIN))
            (corridor,) = self.luck.choices(self.corridors, SHARES)
            self.env.process(corridor.load())


class Corridor:
    """One crossing with all that is its own; the fleet is shared."""

    def __init__(self, world: World, crossing: Crossing):
        self.world, self.env, self.luck = world, world.env, world.luck
        self.hub = self.on_shift(crossing.hub, 8, 16)
        self.inspection = self.on_shift(crossing.inspection, 8, 16)
        self.bays = self.on_shift(crossing.bays, 8, 18)
        self.platform = simpy.Container(self.env, crossing.room)
        self.docks = simpy.Resource(self.env, crossing.docks)
        self.gate_opens = self.env.event()
        self.stock: list[tuple[float, float]] = []  # requested, offloaded
        self.offloaded = self.env.event()
        self.env.process(self.gate())
        self.env.process(self.dispatcher())

    def on_shift(self, lanes: int, opens_h: float, closes_h: float) -> simpy.PriorityResource:
        """Lanes that are taken away at night, each as soon as its work in hand ends."""
        resource = simpy.PriorityResource(self.env, lanes)
        self.env.process(self.shifts(resource, lanes, opens_h * HOUR_MIN, closes_h * HOUR_MIN))
        return resource

    def shifts(self, resource: simpy.PriorityResource, lanes: int, opens_min: float, closes_min: float) -> Story:
        opens_next = opens_min
        while True:
            taken = [resource.request(AT_NIGHT) for _ in range(lanes)]
            yield self.env.timeout(opens_next - self.env.now)
            for request in taken:
                if request.triggered:
                    resource.release(request)
                else:
                    request.cancel()
            yield self.env.timeout(closes_min - opens_min)
            opens_next += DAY_MIN

    def gate(self) -> Story:
        while True:
            yield self.env.timeout(8 * HOUR_MIN)
            self.gate_opens.succeed()
            yield self.env.timeout(9 * HOUR_MIN)
            self.gate_opens = self.env.event()
            yield self.env.timeout(7 * HOUR_MIN)

    def load(self) -> Story:
        requested, luck = self.env.now, self.luck
        yield self.env.timeout(luck.lognormvariate(*TO_HUB))
        passed = yield from self.inspected()
        if not passed:
            return
        yield self.gate_opens
        with self.bays.request(BY_DAY) as request:
            yield request
            yield self.env.timeout(luck.lognormvariate(*TRANSFER))
            yield self.platform.put(PALLETS)
        self.stock.append((requested, self.env.now))
        if not self.offloaded.triggered:
            self.offloaded.succeed()

    def inspected(self) -> Story:
        """Hub and crossing, until both say yes; False when one of them has said no for the last time."""
        luck, rejected_at_hub, rejected_at_crossing = self.luck, 0, 0
        while True:
            with self.hub.request(BY_DAY) as request:
                yield request
                yield self.env.timeout(luck.gammavariate(4, 2.5))
            if luck.random() < REJECTED:
                rejected_at_hub += 1
                if rejected_at_hub == ATTEMPTS:
                    return False
                yield self.env.timeout(luck.lognormvariate(*AFTER_HUB))
                continue
            yield self.env.timeout(luck.lognormvariate(*TO_GATE))
            with self.inspection.request(BY_DAY) as request:
                yield request
                yield self.env.timeout(luck.lognormvariate(*INSPECTION))
            if luck.random() >= REJECTED:
                return True
            rejected_at_crossing += 1
            if rejected_at_crossing == ATTEMPTS:
                return False
            yield self.env.timeout(luck.lognormvariate(*AFTER_CROSSING))

    def dispatcher(self) -> Story:
        """Sends a convoy of 20 vehicles, or of fewer when the oldest load has waited four hours."""
        while True:
            if not self.stock:
                self.offloaded = self.env.event()
                yield self.offloaded
            patience = self.env.timeout(max(0.0, self.stock[0][1] + PATIENCE_MIN - self.env.now))
            while len(self.stock) < CONVOY and not patience.processed:
                self.offloaded = self.env.event()
                yield self.offloaded | patience
            size = min(len(self.stock), CONVOY)
            yield self.world.fleet.get(size)
            convoy, self.stock = self.stock[:size], self.stock[size:]
            yield self.platform.get(PALLETS * size)
            self.env.process(self.convoy([requested for requested, _ in convoy]))

    def convoy(self, loads: list[float]) -> Story:
        yield self.env.timeout(self.luck.lognormvariate(*INSIDE))
        for requested in loads:
            self.env.process(self.vehicle(requested))

    def vehicle(self, requested: float) -> Story:
        with self.docks.request() as request:
            yield request
            yield self.env.timeout(self.luck.lognormvariate(*OFFLOAD))
        self.world.times_min.append(self.env.now - requested)
        yield self.env.timeout(HOME_MIN)
        yield self.world.fleet.put(1)


def run(seed: int, days: int) -> Outcome:
    """One run of the reference corridor."""
    world = World(seed, days)
    world.run()
    return outcome(world.times_min)
