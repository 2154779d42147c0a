"""The tandem job in salabim, without animation and with its monitors off: lanes take loads from queues.

This is how its bank example does it: a lane that finds nobody is passive until a load activates it. It took half the
time of a request for a Resource by each load, and generators took no longer than greenlets.
"""

import random
from collections.abc import Callable, Generator
from typing import Any

import salabim

from benchmarks.peers.job import DAY_MIN, FIRST, FOURTH, LANES, PER_MIN, SECOND, THIRD, Outcome, outcome

Story = Generator[Any, Any, None]


class Load(salabim.Component):
    """What is served; it does nothing of its own."""

    def setup(self) -> None:
        self.mode.monitor(False)
        self.status.monitor(False)
        self.began_min: float = self.env.now()


class Service:
    """Loads that wait, and lanes that have nothing to do."""

    def __init__(self, name: str, draw: Callable[[], float]):
        self.draw = draw
        self.waiting, self.idle = salabim.Queue(f"{name} waiting"), salabim.Queue(f"{name} idle")
        for queue in (self.waiting, self.idle):
            queue.length.monitor(False)
            queue.length_of_stay.monitor(False)

    def take(self, load: Load) -> None:
        load.enter(self.waiting)
        if self.idle:
            self.idle.pop().activate()


class Lane(salabim.Component):
    """Serves one load after the other, and hands it to the next service."""

    def setup(self, service: Service, hand_on: Callable[[Load], None]) -> None:
        self.mode.monitor(False)
        self.status.monitor(False)
        self.service, self.hand_on = service, hand_on

    def process(self) -> Story:
        while True:
            while not self.service.waiting:
                self.enter(self.service.idle)
                yield self.passivate()
            load = self.service.waiting.pop()
            yield self.hold(self.service.draw())
            self.hand_on(load)


def run(seed: int, days: int) -> Outcome:
    """One run."""
    env, luck = salabim.Environment(yieldless=False, random_seed=seed), random.Random(seed)
    times_min: list[float] = []
    draws = (
        lambda: luck.lognormvariate(*FIRST),
        lambda: luck.gammavariate(*SECOND),
        lambda: luck.lognormvariate(*THIRD),
        lambda: luck.lognormvariate(*FOURTH),
    )
    services = [Service(f"service {i}", draw) for i, draw in enumerate(draws)]
    onward = [*(service.take for service in services[1:]), lambda load: times_min.append(env.now() - load.began_min)]
    for service, lanes, hand_on in zip(services, LANES, onward, strict=True):
        for _ in range(lanes):
            Lane(service=service, hand_on=hand_on)

    class Loads(salabim.Component):
        def process(self) -> Story:
            while True:
                yield self.hold(luck.expovariate(PER_MIN))
                services[0].take(Load())

    Loads()
    env.run(till=days * DAY_MIN)
    return outcome(times_min)
