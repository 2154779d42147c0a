"""Runs the compiled engine: takes a network and its draws, returns the log in canonical order."""

from collections.abc import Iterator

import numpy as np

from sim.events import Log
from sim.loop import loop
from sim.loop.packing import build_state
from sim.loop.queues import sort_ties
from sim.loop.state import NONE, POOL, EngineState
from sim.luck.draws import Draws
from sim.network.network import HeldUnit, Network, check_gridlock


def run(network: Network, draws: Draws) -> Log:
    """Returns the log of one replication, which depends on the network and the draws only. Raises Gridlock."""
    state = build_state(network, draws)
    loop.play(state)
    check_gridlock(network, _held_while_waiting(state))
    log = state.log[: state.clock["log_rows"][0]]
    sort_ties(log)
    return log


def _held_while_waiting(state: EngineState) -> Iterator[HeldUnit]:
    """Yields what trucks that wait at pools hold: lanes of other pools, and vehicles of fleets."""
    trucks = state.trucks
    holding = set(np.flatnonzero((trucks["held_pool"] != NONE) | (trucks["carried_by"] != NONE)).tolist())
    if not holding:
        return
    links = list(zip(trucks["child"].tolist(), trucks["sibling"].tolist(), strict=True))
    for place, row in enumerate(state.places):
        waiting = (
            [*_queued_trucks(links, row["entry_queue"]), *_queued_trucks(links, row["queue"])]
            if row["kind"] == POOL
            else []
        )
        for truck in trucks[[number for number in waiting if number in holding]]:
            if truck["held_pool"] != NONE:
                yield HeldUnit(int(truck["held_pool"]), int(truck["held_lane"]), place)
            if truck["carried_by"] != NONE:
                vehicle = int(truck["carried_by"])
                yield HeldUnit(int(trucks[vehicle]["fleet"]), vehicle, place)


def _queued_trucks(links: list[tuple[int, int]], head: int) -> Iterator[int]:
    """Yields the trucks in the queue with the first member `head`, in no particular order.

    links : child and sibling of each truck.
    """
    unvisited = [int(head)]
    while unvisited:
        if (number := unvisited.pop()) != NONE:
            yield number
            unvisited += links[number]
