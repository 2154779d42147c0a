"""Offices that give permission, in the SimPy model: which request is taken up when. Whoever asks may be anything."""

from __future__ import annotations

from heapq import heappop, heappush

from simpy import Event

from sim.nodes import OfficeNode
from sim.rules import may_take_up, next_midnight_s, used_today
from sim.world import Opening, World


class Office:
    """Takes up the first request while it is open, as many a day as it does."""

    def __init__(self, world: World, node: OfficeNode):
        self.world, self.node, self.requests = world, node, node.requests
        self.opening = Opening(world, node.number, node.calendar)
        self.queue: list[tuple[int, int, int, Event]] = []
        self._used, self._since_s = 0, 0

    def ask(self, rank: int, load: int) -> Event:
        """Fires when the request is taken up."""
        taken_up = self.world.env.event()
        heappush(self.queue, (rank, self.world.now_s, load, taken_up))
        self.world.touch(self.node.number)
        return taken_up

    def gets_requests(self, requests: int) -> None:
        """A phase changes how many it takes up a day."""
        self.requests = requests
        self.world.touch(self.node.number)

    def start(self) -> None:
        now_s = self.world.now_s
        self._used, self._since_s = used_today(self._used, self._since_s, now_s), now_s
        while self.queue and may_take_up(self._used, self.requests, self.opening.level()):
            self._used += 1
            heappop(self.queue)[-1].succeed()
        if self.queue:
            self.opening.wake_at(min(self.opening.next_change_s(), next_midnight_s(now_s)))
