"""The reference corridor as a SimPy user would write it: Resources, a Container and a Store, random numbers on the way.

It has no shifts, no closing rules, no ranks and no way to compare two worlds on the same luck. Times in minutes.
"""

import random
from collections.abc import Generator
from math import log, log1p, sqrt
from typing import Any

import simpy

DAY_MIN = 1440.0
Story = Generator[simpy.Event, Any, Any]


class Corridor:
    """One run; `arrived` has (requested, arrived) of each load."""

    def __init__(self, seed: int, per_day: float, days: int):
        self.env, self.random = simpy.Environment(), random.Random(seed)
        self.per_day, self.days = per_day, days
        self.scan = simpy.Resource(self.env, 5)
        self.bays = simpy.Resource(self.env, 20)
        self.platform = simpy.Container(self.env, 4000)
        self.docks = simpy.Resource(self.env, 25)
        self.fleet = simpy.Container(self.env, 300, init=300)
        self.stock: list[tuple[float, float]] = []
        self.offloaded = self.env.event()
        self.arrived: list[tuple[float, float]] = []
        self.times: list[tuple[float, ...]] = []

    def run(self) -> None:
        self.env.process(self.loads())
        self.env.process(self.dispatcher())
        self.env.run(until=self.days * DAY_MIN)

    def lognormal(self, mean: float, cv: float) -> float:
        variance = log1p(cv**2)
        return self.random.lognormvariate(log(mean) - variance / 2, sqrt(variance))

    def loads(self) -> Story:
        while True:
            yield self.env.timeout(self.random.expovariate(self.per_day / DAY_MIN))
            self.env.process(self.load())

    def load(self) -> Story:
        requested = self.env.now
        yield self.env.timeout(self.lognormal(60, 0.3))
        at_scan = self.env.now
        with self.scan.request() as request:
            yield request
            scanned = self.env.now
            yield self.env.timeout(self.random.gammavariate(4, 2))
        yield self.env.timeout(self.lognormal(40, 0.3))
        at_bays = self.env.now
        with self.bays.request() as request:
            yield request
            in_bay = self.env.now
            yield self.env.timeout(self.lognormal(30, 0.4))
            yield self.platform.put(22)
        self.times.append((requested, at_scan, scanned, at_bays, in_bay, self.env.now))
        self.stock.append((requested, self.env.now))
        if not self.offloaded.triggered:
            self.offloaded.succeed()

    def dispatcher(self) -> Story:
        """Sends a convoy of 10 to 20 vehicles, or of fewer when the oldest load has waited four hours."""
        while True:
            if not self.stock:
                self.offloaded = self.env.event()
                yield self.offloaded
            patience = self.env.timeout(max(0.0, self.stock[0][1] + 240 - self.env.now))
            while len(self.stock) < 10 and not patience.processed:
                self.offloaded = self.env.event()
                yield self.offloaded | patience
            size = min(len(self.stock), 20)
            yield self.fleet.get(size)
            convoy, self.stock = self.stock[:size], self.stock[size:]
            yield self.platform.get(22 * size)
            self.env.process(self.convoy([requested for requested, _ in convoy]))

    def convoy(self, loads: list[float]) -> Story:
        yield self.env.timeout(self.lognormal(90, 0.4))
        for requested in loads:
            self.env.process(self.vehicle(requested))

    def vehicle(self, requested: float) -> Story:
        with self.docks.request() as request:
            yield request
            yield self.env.timeout(self.lognormal(40, 0.5))
        self.arrived.append((requested, self.env.now))
        yield self.env.timeout(60)
        yield self.fleet.put(1)
