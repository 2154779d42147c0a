"""The tandem job in cimba, whose model code is compiled: lanes are processes that pass on when each load began.

A process for each load (spawned, with a Resource for each service) took two to three times as long. One trial on one
thread; the model is compiled once, in the warm-up.
"""

import cimba as cb
from cimba import inputs

from benchmarks.peers.job import DAY_MIN, FIRST, FOURTH, LANES, PER_MIN, SECOND, THIRD, Outcome


class Tandem(cb.Model):
    """Stores hold the minute at which each load began."""

    gap: cb.Input[float] = inputs.dist.exponential(mean=1 / PER_MIN)
    first: cb.Input[float] = inputs.dist.lognormal(mean=FIRST[0], sigma=FIRST[1])
    second: cb.Input[float] = inputs.dist.gamma(shape=SECOND[0], scale=SECOND[1])
    third: cb.Input[float] = inputs.dist.lognormal(mean=THIRD[0], sigma=THIRD[1])
    fourth: cb.Input[float] = inputs.dist.lognormal(mean=FOURTH[0], sigma=FOURTH[1])
    for_first: cb.Store[float]
    for_second: cb.Store[float]
    for_third: cb.Store[float]
    for_fourth: cb.Store[float]
    count: int = 0
    total_min: float = 0.0
    loads: cb.Output[int]
    mean_min: cb.Output[float]

    @cb.process
    def loads_come(self) -> None:
        while True:
            cb.hold(self.gap.next())
            self.for_first.put(cb.now())

    @cb.process(copies=LANES[0])
    def first_lane(self) -> None:
        while True:
            began = self.for_first.get()
            cb.hold(self.first.next())
            self.for_second.put(began)

    @cb.process(copies=LANES[1])
    def second_lane(self) -> None:
        while True:
            began = self.for_second.get()
            cb.hold(self.second.next())
            self.for_third.put(began)

    @cb.process(copies=LANES[2])
    def third_lane(self) -> None:
        while True:
            began = self.for_third.get()
            cb.hold(self.third.next())
            self.for_fourth.put(began)

    @cb.process(copies=LANES[3])
    def fourth_lane(self) -> None:
        while True:
            began = self.for_fourth.get()
            cb.hold(self.fourth.next())
            self.count += 1
            self.total_min += cb.now() - began

    @cb.on_end
    def tell(self) -> None:
        self.loads = self.count
        self.mean_min = self.total_min / self.count


MODEL = Tandem()


def run(seed: int, days: int) -> Outcome:
    """One run."""
    results = cb.Experiment(MODEL, window=cb.Window(duration=days * DAY_MIN), seed=seed).run(workers=1)
    if results.failed.any():
        raise RuntimeError(str(results.failure_reasons))
    return Outcome(int(results[MODEL].loads[0, 0]), float(results[MODEL].mean_min[0, 0]))
