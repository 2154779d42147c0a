"""Ceilings over gates in the SimPy model: how much may pass in a day, or stand behind, whatever the hours.

What several gates may share is contested, so it has one owner: the desk, the first of the ceilings that hang together.
It has a line at each gate for the loads that the same ceilings cover, and gives the turns.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Protocol

from simpy import Event

from sim.events import JOINED
from sim.network.gates import KG, LITRES, PALLETS_BEHIND, CeilingNode, GateLine, GateNode
from sim.rules import WITHOUT_END_S, has_turn_before, is_under, next_period_s, used_in_period, used_today
from sim.story.stock import Platform
from sim.story.world import CalendarCursor, RecentWaits, Truck, World


class Ceiling:
    """What has been used of it: today, or for what is on the way to a platform and stands there.

    litres : of a pallet of each load.
    """

    def __init__(self, world: World, node: CeilingNode, platform: Platform | None, litres: list[int]):
        self.world, self.node, self.platform, self.litres = world, node, platform, litres
        self.limit = CalendarCursor(world, node.number, node.calendar)
        self._used, self._since_s = 0, 0

    def has_room_for(self, amount: int) -> bool:
        standing = self.platform.stock if self.platform is not None else 0
        return is_under(self._current_use() + standing, amount, self.limit.level())

    def acquire(self, amount: int) -> None:
        self._used, self._since_s = self._current_use() + amount, self.world.now_s

    def _current_use(self) -> int:
        """By whom passed today, or in its days, or is on the way to the platform."""
        if self.platform is not None:
            return self._used
        return used_in_period(self._used, self._since_s, self.world.now_s, self.node.period_s)

    def amount(self, trucks: list[Truck], kg: list[int]) -> int:
        """What a party takes of it."""
        if self.node.unit == KG:
            return sum(kg[truck.load] for truck in trucks)
        if self.node.unit == PALLETS_BEHIND:
            return sum(pallets for truck in trucks for _, pallets in truck.parts)
        if self.node.unit == LITRES:
            return sum(pallets * self.litres[load] for truck in trucks for load, pallets in truck.parts)
        return len(trucks)

    def release(self, pallets: int) -> None:
        """What was on its way stands on the platform now, or will not come."""
        self._used -= pallets
        self.world.touch(self.node.desk)

    def next_check_s(self) -> int:
        """When time alone may leave more of it."""
        change_s = self.limit.next_change_s()
        if self.platform is not None:
            return change_s
        return min(change_s, next_period_s(self.world.now_s, self.node.period_s))


class Gate:
    """All who wait pass while it is open, or as far as ceilings let them; passing takes no time."""

    def __init__(self, world: World, node: GateNode):
        self.world, self.node = world, node
        self.calendar = CalendarCursor(world, node.number, node.calendar)
        self.queue: list[tuple[int, int, int, int, int, Event]] = []
        self.desk: PassageDesk | None = None
        self.waits: RecentWaits | None = None

    def join(self, trucks: list[Truck], line: int) -> Event:
        """Fires when the party passes. `line` is its line at the desk, where there is one."""
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
        if self.calendar.level():
            while self.queue:
                _, since_s, _, _, many, passed = heappop(self.queue)
                self.let_pass(since_s, many, passed)
        elif self.queue:
            self.calendar.wake_at(self.calendar.next_change_s())

    def let_pass(self, since_s: int, many: int, passed: Event) -> None:
        """A party of so many passes."""
        if self.waits is not None:
            self.waits.add(self.world.now_s, self.world.now_s - since_s, many)
        passed.succeed()


class GateQueue:
    """Those who wait at one gate under the same ceilings."""

    def __init__(self, line: GateLine, gate: Gate, ceilings: list[Ceiling]):
        self.config, self.gate, self.ceilings = line, gate, ceilings
        self.queue: list[tuple[int, int, int, int, list[Truck], Event]] = []

    def next_check_s(self) -> int:
        """When time alone may let the first of them pass."""
        return min([self.gate.calendar.next_change_s(), *(ceiling.next_check_s() for ceiling in self.ceilings)])


class Desk:
    """Lets those pass who wait at its gates, in the order of turns, as far as the ceilings allow."""

    def __init__(
        self, world: World, node: CeilingNode, lines: list[GateQueue], weights: tuple[int, ...], kg: list[int]
    ):
        self.world, self.node, self.lines, self.weights, self.kg = world, node, lines, weights, kg
        self._passed, self._since_s = [0] * len(weights), 0
        self._woken_at_s = -1

    def join(self, number: int, trucks: list[Truck], passed: Event) -> None:
        """A party joins a line; `passed` fires when it passes."""
        first = trucks[0]
        line = next(line for line in self.lines if line.config.number == number)
        heappush(line.queue, (first.rank, self.world.now_s, first.load, first.carrier, trucks, passed))
        self.world.touch(self.node.number)

    def serve(self) -> None:
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
        """Whose turn it is: of those with the fewest turns for their weight the one who comes first in a queue."""
        first = lines[0]
        for line in lines[1:]:
            one, other = line.config.group, first.config.group
            turns = self._passed[one], self.weights[one], self._passed[other], self.weights[other]
            if has_turn_before(*turns, line.queue[0][:4] < first.queue[0][:4]):
                first = line
        return first

    def _pass_first(self, line: GateQueue) -> bool:
        """Lets the first of a line pass, if there is room for the whole party under every ceiling."""
        _, since_s, *_, trucks, passed = line.queue[0]
        amounts = [ceiling.amount(trucks, self.kg) for ceiling in line.ceilings]
        if not all(ceiling.has_room_for(n) for ceiling, n in zip(line.ceilings, amounts, strict=True)):
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
    """Who gives the turns at a gate that stands under ceilings."""

    def join(self, number: int, trucks: list[Truck], passed: Event) -> None: ...
