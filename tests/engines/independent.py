"""A second model of one corridor, as anybody would write it in SimPy: Resources, Containers, and nothing of ours.

Drive, inspection, a gate by day, bays and a platform, convoys of vehicles, a drive, docks, home. It knows nothing of
`sim`, which it is there to check. A load fills a vehicle. Where several are set free at once, by a gate that opens, a
convoy that arrives or room on the platform, they go on in the order of their numbers; else the order within a second is
SimPy's own.
"""

from bisect import insort
from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

import simpy

DAY_S, PALLETS = 86_400, 20
Story = Generator[simpy.Event, Any, Any]


class Plan(NamedTuple):
    """What a planner would set; times in seconds, room in pallets."""

    lanes: int
    opens_s: int
    closes_s: int
    bays: int
    room: int
    vehicles: int
    least: int
    most: int
    patience_s: float
    docks: int


class Load(NamedTuple):
    """When one comes, and how long it takes at each stage; a convoy drives as long as its first load does."""

    comes_s: float
    drive_s: float
    scan_s: float
    transfer_s: float
    out_s: float
    offload_s: float
    home_s: float


class Corridor:
    """One run; `log` has (time, load, what)."""

    def __init__(self, plan: Plan, loads: Sequence[Load]):
        self.env = simpy.Environment()
        self.plan, self.loads = plan, loads
        self.scanners = simpy.Resource(self.env, plan.lanes)
        self.bays = simpy.Resource(self.env, plan.bays)
        self.docks = simpy.Resource(self.env, plan.docks)
        self.platform = simpy.Container(self.env, plan.room)
        self.fleet = simpy.Container(self.env, plan.vehicles, init=plan.vehicles)
        self.vehicles_since_s = 0.0
        self.at_gate: dict[int, simpy.Event] = {}
        self.stock: list[tuple[float, int]] = []
        self.changed = self.env.event()
        self.log: list[tuple[float, int, str]] = []

    def run(self, until_s: float) -> "Corridor":
        self.env.process(self.gatekeeper())
        self.env.process(self.dispatcher())
        for number in range(len(self.loads)):
            self.env.process(self.truck(number))
        self.env.run(until=until_s)
        return self

    def tell(self, number: int, what: str) -> None:
        self.log.append((self.env.now, number, what))

    def truck(self, number: int) -> Story:
        """From where it comes to the platform."""
        load = self.loads[number]
        yield self.env.timeout(load.comes_s)
        self.tell(number, "requested")
        yield self.env.timeout(load.drive_s)
        self.tell(number, "at scanners")
        with self.scanners.request() as lane:
            yield lane
            self.tell(number, "scan begins")
            yield self.env.timeout(load.scan_s)
        self.tell(number, "scanned")
        if not self.plan.opens_s <= self.env.now % DAY_S < self.plan.closes_s:
            self.at_gate[number] = self.env.event()
            yield self.at_gate[number]
        self.tell(number, "entered")
        with self.bays.request() as bay:
            yield bay
            self.tell(number, "transfer begins")
            yield self.env.timeout(load.transfer_s)
            self.tell(number, "transferred")
            yield self.platform.put(PALLETS)
        self.tell(number, "offloaded")
        insort(self.stock, (self.env.now, number))
        self.something_changed()

    def gatekeeper(self) -> Story:
        """Lets all who wait pass in the morning, in the order of their numbers."""
        yield self.env.timeout(self.plan.opens_s)
        while True:
            for number in sorted(self.at_gate):
                self.at_gate.pop(number).succeed()
            yield self.env.timeout(DAY_S)

    def dispatcher(self) -> Story:
        """Sends a convoy of enough loaded vehicles, or of fewer when the first has waited too long."""
        plan = self.plan
        while True:
            ready = min(len(self.stock), int(self.fleet.level))
            patience_ends_s = plan.patience_s + max(self.stock[0][0], self.vehicles_since_s) if ready else float("inf")
            if ready >= plan.least or self.env.now >= patience_ends_s:
                size = min(ready, plan.most)
                convoy, self.stock = self.stock[:size], self.stock[size:]
                yield self.fleet.get(size)
                for _, number in convoy:
                    self.tell(number, "collected")
                self.env.process(self.convoy([number for _, number in convoy]))
                yield self.platform.get(PALLETS * size)
            else:
                self.changed = self.env.event()
                wait = [self.env.timeout(patience_ends_s - self.env.now)] if ready else []
                yield self.env.any_of([self.changed, *wait])

    def something_changed(self) -> None:
        if not self.changed.triggered:
            self.changed.succeed()

    def convoy(self, numbers: list[int]) -> Story:
        """Drives as one, and queues at the docks in the order of its loads."""
        yield self.env.timeout(self.loads[numbers[0]].out_s)
        for number in sorted(numbers):
            self.env.process(self.vehicle(number))

    def vehicle(self, number: int) -> Story:
        """From the docks home."""
        self.tell(number, "at docks")
        with self.docks.request() as dock:
            yield dock
            self.tell(number, "offload begins")
            yield self.env.timeout(self.loads[number].offload_s)
        self.tell(number, "arrived")
        yield self.env.timeout(self.loads[number].home_s)
        self.tell(number, "home")
        if self.fleet.level == 0:
            self.vehicles_since_s = self.env.now
        yield self.fleet.put(1)
        self.something_changed()
