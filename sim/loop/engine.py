"""Runs the compiled engine: a network and its luck in, a log in canonical order out."""

from collections.abc import Iterator

import numpy as np

from sim.events import Log
from sim.loop import loop
from sim.loop.packing import board_of
from sim.loop.queues import sort_ties
from sim.loop.state import NOBODY, POOL, Board
from sim.luck.draws import Draws
from sim.network.network import Held, Network, refuse_gridlock


def run(network: Network, draws: Draws) -> Log:
    """The log of one replication: a pure function of the network and its luck. Raises Gridlock."""
    board = board_of(network, draws)
    loop.play(board)
    refuse_gridlock(network, _blocked(board))
    log = board.log[: board.clock["rows"][0]]
    sort_ties(log)
    return log


def _blocked(board: Board) -> Iterator[Held]:
    """What those hold who wait at pools: lanes elsewhere of who finds no room, and vehicles of fleets."""
    trucks = board.trucks
    holding = set(np.flatnonzero((trucks["held_at"] != NOBODY) | (trucks["carried_by"] != NOBODY)).tolist())
    if not holding:
        return
    links = list(zip(trucks["child"].tolist(), trucks["sibling"].tolist(), strict=True))
    for place, row in enumerate(board.places):
        waiting = [*_queued(links, row["door"]), *_queued(links, row["queue"])] if row["kind"] == POOL else []
        for truck in trucks[[number for number in waiting if number in holding]]:
            if truck["held_at"] != NOBODY:
                yield Held(int(truck["held_at"]), int(truck["held_lane"]), place)
            if truck["carried_by"] != NOBODY:
                vehicle = int(truck["carried_by"])
                yield Held(int(trucks[vehicle]["fleet"]), vehicle, place)


def _queued(links: list[tuple[int, int]], head: int) -> Iterator[int]:
    """Who waits in the queue that begins with `head`, in any order. links : child and sibling of each truck."""
    found = [int(head)]
    while found:
        if (number := found.pop()) != NOBODY:
            yield number
            found += links[number]
