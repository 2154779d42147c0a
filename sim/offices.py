"""Offices that give permission, in the SimPy model: which request is taken up when, and what lines ask for.

Requests of loads and of lines stand in one queue and count against one number a day.
"""

from __future__ import annotations

from collections.abc import Generator
from heapq import heappop, heappush
from typing import Any

from simpy import Event

from sim.events import AUTHORISED, FINISHED, JOINED, STARTED
from sim.hindered import Hindered
from sim.nodes import OfficeNode
from sim.rules import (
    ASKED,
    NO_REQUEST,
    PERMITTED,
    may_take_up,
    next_midnight_s,
    reached_in_traffic_s,
    request_name,
    used_today,
)
from sim.world import Opening, World


class Office:
    """Takes up the first request while it is open, as many a day as it does."""

    def __init__(self, world: World, node: OfficeNode, hindered: Hindered):
        self.world, self.node, self.requests, self.hindered = world, node, node.requests, hindered
        self.opening = Opening(world, node.number, node.calendar)
        self.queue: list[tuple[int, int, int, Event]] = []
        self._used, self._since_s = 0, 0

    def ask(self, rank: int, load: int) -> Event:
        """Fires when the request is taken up."""
        taken_up = self.world.env.event()
        heappush(self.queue, (rank, self.world.now_s, load, taken_up))
        self.world.touch(self.node.number)
        return taken_up

    def answers_s(self, lead_s: int) -> int:
        """When the answer comes to a request that is taken up now, at the speed that tasks leave the office now."""
        now_s, left = self.world.now_s, self.hindered.left(self.world.now_s)
        return reached_in_traffic_s(now_s, lead_s, left, self.opening.at_s, self.opening.value)

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


class Request:
    """What a line asks its office for, one permission at a time; where there is no office it has that for ever."""

    def __init__(self, world: World, office: Office | None, lead_s: int, line: int, owner: int):
        self.world, self.office, self.lead_s, self.owner = world, office, lead_s, owner
        self.name = request_name(line)
        self.state = PERMITTED if office is None else NO_REQUEST

    def is_made(self, rank: int, load: int) -> None:
        """The line joins the office's queue, by the rank and the number of its first."""
        assert self.office is not None
        self.state = ASKED
        self._log(load, JOINED, self.office)
        self.world.env.process(self._answered(self.office, load, self.office.ask(rank, load)))

    def _answered(self, office: Office, load: int, taken_up: Event) -> Generator[Event, Any, None]:
        yield taken_up
        self._log(load, STARTED, office)
        yield self.world.env.timeout(office.answers_s(self.lead_s) - self.world.now_s)
        self._log(load, FINISHED, office)
        self._log(load, AUTHORISED, office)
        self.state = PERMITTED
        self.world.touch(self.owner)

    def is_used_up(self) -> None:
        """A mission had its outcome."""
        if self.office is not None:
            self.state = NO_REQUEST

    def _log(self, load: int, kind: int, office: Office) -> None:
        self.world.rows.append((self.world.now_s, load, kind, office.node.number, self.name, -1))
