"""The tandem job in SimPy: a Resource for each service, a process for each load."""

import random
from collections.abc import Generator
from typing import Any

import simpy

from benchmarks.peers.job import DAY_MIN, FIRST, FOURTH, LANES, PER_MIN, SECOND, THIRD, Outcome, outcome

Story = Generator[simpy.Event, Any, None]


def run(seed: int, days: int) -> Outcome:
    """One run."""
    env, luck = simpy.Environment(), random.Random(seed)
    first, second, third, fourth = (simpy.Resource(env, lanes) for lanes in LANES)
    times_min: list[float] = []

    def loads() -> Story:
        while True:
            yield env.timeout(luck.expovariate(PER_MIN))
            env.process(load())

    def load() -> Story:
        began = env.now
        with first.request() as lane:
            yield lane
            yield env.timeout(luck.lognormvariate(*FIRST))
        with second.request() as lane:
            yield lane
            yield env.timeout(luck.gammavariate(*SECOND))
        with third.request() as lane:
            yield lane
            yield env.timeout(luck.lognormvariate(*THIRD))
        with fourth.request() as lane:
            yield lane
            yield env.timeout(luck.lognormvariate(*FOURTH))
        times_min.append(env.now - began)

    env.process(loads())
    env.run(until=days * DAY_MIN)
    return outcome(times_min)
