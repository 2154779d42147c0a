"""Gates, and ceilings over gates: limits on what may pass in a period, or stand behind the gates.

Gates may share ceilings. Each set of connected ceilings is managed by one desk, which has the place number of the
first of them. The desk keeps one queue for each gate and set of ceilings, and decides whose turn is next.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Protocol

from simpy import Event

from sim.events import JOINED
from sim.network.gates import KG, LITRES, PALLETS_BEHIND, CeilingNode, GateLine, GateNode
from sim.rules import WITHOUT_END_S, has_turn_before, is_within_limit, next_period_s, used_in_period, used_today
from sim.story.stock import Platform
from sim.story.world import CalendarCursor, RecentWaits, Truck, World


class Ceiling:
    """One ceiling and its use: in this period, or by pallets on the way to a platform and on it.

    litres : of one pallet of each load.
    """

    def __init__(self, world: World, node: CeilingNode, platform: Platform | None, litres: list[int]):
        self.world, self.node, self.platform, self.litres = world, node, platform, litres
        self.limit = CalendarCursor(world, node.number, node.calendar)
        self._used, self._since_s = 0, 0

    def has_room_for(self, amount: int) -> bool:
        """Whether `amount` more stays within the limit."""
        standing = self.platform.stock if self.platform is not None else 0
        return is_within_limit(self._current_use() + standing, amount, self.limit.level())

    def acquire(self, amount: int) -> None:
        """Uses `amount` of the ceiling."""
        self._used, self._since_s = self._current_use() + amount, self.world.now_s

    def _current_use(self) -> int:
        """Returns the use in this period, or by what is on the way to the platform."""
        if self.platform is not None:
            return self._used
        return used_in_period(self._used, self._since_s, self.world.now_s, self.node.period_s)

    def amount(self, trucks: list[Truck], kg: list[int]) -> int:
        """Returns how much a party of trucks uses, in the unit of the ceiling."""
        if self.node.unit == KG:
            return sum(kg[truck.load] for truck in trucks)
        if self.node.unit == PALLETS_BEHIND:
            return sum(pallets for truck in trucks for _, pallets in truck.parts)
        if self.node.unit == LITRES:
            return sum(pallets * self.litres[load] for truck in trucks for load, pallets in truck.parts)
        return len(trucks)

    def release(self, pallets: int) -> None:
        """Ends the use by pallets on their way: they stand on the platform now, or will never come."""
        self._used -= pallets
        self.world.touch(self.node.desk)

    def next_check_s(self) -> int:
        """Returns the next second at which the passage of time alone may free some of it."""
        change_s = self.limit.next_change_s()
        if self.platform is not None:
            return change_s
        return min(change_s, next_period_s(self.world.now_s, self.node.period_s))


class Gate:
    """A gate: all who wait pass while it is open, within its ceilings. Passing takes no time."""

    def __init__(self, world: World, node: GateNode):
        self.world, self.node = world, node
        self.calendar = CalendarCursor(world, node.number, node.calendar)
        self.queue: list[tuple[int, int, int, int, int, Event]] = []
        self.desk: PassageDesk | None = None
        self.waits: RecentWaits | None = None

    def join(self, trucks: list[Truck], line: int) -> Event:
        """Puts a party into the queue; the event fires when it passes. `line` : its queue at the desk, -1 if none."""
        for truck in trucks:
            self.world.log(truck, JOINED, self.node.number)
        first, passed = trucks[0], self.world.env.event()
        if self.desk is not None:
            self.desk.join(line, trucks, passed)
            return passed
        heappush(self.queue, (first.rank, self.world.now_s, first.load, first.carrier, len(trucks), passed))
        self.world.touch(self.node.number)
        return passed

    def serve(self) -> None:
        """Lets all waiting parties pass if the gate is open."""
        if self.calendar.level():
            while self.queue:
                _, since_s, _, _, trucks, passed = heappop(self.queue)
                self.let_pass(since_s, trucks, passed)
        elif self.queue:
            self.calendar.wake_at(self.calendar.next_change_s())

    def let_pass(self, since_s: int, trucks: int, passed: Event) -> None:
        """Lets a party of `trucks` pass that has waited since `since_s`."""
        if self.waits is not None:
            self.waits.add(self.world.now_s, self.world.now_s - since_s, trucks)
        passed.succeed()


class GateQueue:
    """The parties that wait at one gate under the same ceilings."""

    def __init__(self, line: GateLine, gate: Gate, ceilings: list[Ceiling]):
        self.config, self.gate, self.ceilings = line, gate, ceilings
        self.queue: list[tuple[int, int, int, int, list[Truck], Event]] = []

    def next_check_s(self) -> int:
        """Returns the next second at which the passage of time alone may let the first party pass."""
        return min([self.gate.calendar.next_change_s(), *(ceiling.next_check_s() for ceiling in self.ceilings)])


class Desk:
    """Serves the queues of gates that share ceilings, in weighted turns."""

    def __init__(
        self, world: World, node: CeilingNode, lines: list[GateQueue], weights: tuple[int, ...], kg: list[int]
    ):
        self.world, self.node, self.lines, self.weights, self.kg = world, node, lines, weights, kg
        self._passed, self._since_s = [0] * len(weights), 0
        self._woken_at_s = -1

    def join(self, number: int, trucks: list[Truck], passed: Event) -> None:
        """Puts a party into the queue `number`; `passed` fires when it passes."""
        first = trucks[0]
        line = next(line for line in self.lines if line.config.number == number)
        heappush(line.queue, (first.rank, self.world.now_s, first.load, first.carrier, trucks, passed))
        self.world.touch(self.node.number)

    def serve(self) -> None:
        """Lets parties pass at open gates, turn by turn, while the ceilings have room."""
        now_s = self.world.now_s
        self._passed = [used_today(passed, self._since_s, now_s) for passed in self._passed]
        self._since_s = now_s
        waiting = [line for line in self.lines if line.queue and line.gate.calendar.level()]
        while waiting:
            line = self._next_in_turn(waiting)
            if not self._pass_first(line) or not line.queue:
                waiting.remove(line)
        at_s = min((line.next_check_s() for line in self.lines if line.queue), default=WITHOUT_END_S)
        if at_s < WITHOUT_END_S and at_s != self._woken_at_s:
            self._woken_at_s = at_s
            self.world.wake(self.node.number, at_s)

    def _next_in_turn(self, lines: list[GateQueue]) -> GateQueue:
        """Returns the queue whose turn it is: fewest passages for its weight, then the least (rank, joined, load)."""
        first = lines[0]
        for line in lines[1:]:
            one, other = line.config.group, first.config.group
            turns = self._passed[one], self.weights[one], self._passed[other], self.weights[other]
            if has_turn_before(*turns, line.queue[0][:4] < first.queue[0][:4]):
                first = line
        return first

    def _pass_first(self, line: GateQueue) -> bool:
        """Lets the first party of a queue pass if every ceiling has room for all of it; returns whether it passed."""
        _, since_s, *_, trucks, passed = line.queue[0]
        amounts = [ceiling.amount(trucks, self.kg) for ceiling in line.ceilings]
        if not all(ceiling.has_room_for(amount) for ceiling, amount in zip(line.ceilings, amounts, strict=True)):
            return False
        heappop(line.queue)
        for ceiling, amount in zip(line.ceilings, amounts, strict=True):
            ceiling.acquire(amount)
            if ceiling.platform is not None:
                for truck in trucks:
                    truck.reservation = ceiling
        if len(self.weights) > 1:
            self._passed[line.config.group] += len(trucks)
        line.gate.let_pass(since_s, len(trucks), passed)
        return True


class PassageDesk(Protocol):
    """The desk of a gate under ceilings, as the gate sees it."""

    def join(self, number: int, trucks: list[Truck], passed: Event) -> None:
        """Puts a party into the queue `number`; `passed` fires when it passes."""
