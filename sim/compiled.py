"""The compiled engine: a network and its luck as a board, the loop over it, and its log in canonical order."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from sim import loop
from sim.board import NOBODY, POOL, Board
from sim.draws import Draws
from sim.events import Log
from sim.gridlock import Held, refuse_gridlock
from sim.network import Network
from sim.packing import board_of
from sim.ties import sort_ties


def run(network: Network, draws: Draws) -> Log:
    """The log of one replication: a pure function of the network and its luck. Raises Gridlock."""
    board = board_of(network, draws)
    loop.run(board)
    refuse_gridlock(network, _blocked(board))
    log = board.log[: board.clock["rows"][0]]
    sort_ties(log)
    return log


def _blocked(board: Board) -> Iterator[Held]:
    """What those hold who wait at pools: lanes elsewhere of who finds no room, and vehicles of fleets."""
    for place in range(len(board.places)):
        for truck in chain(_queued(board, place, "door"), _queued(board, place, "queue")):
            if truck["held_at"] != NOBODY:
                yield Held(int(truck["held_at"]), int(truck["held_lane"]), place)
            if truck["carried_by"] != NOBODY:
                vehicle = int(truck["carried_by"])
                yield Held(int(board.trucks[vehicle]["fleet"]), vehicle, place)


def _queued(board: Board, place: int, queue: str) -> Iterator[Any]:
    """The rows of those who wait in a queue of a pool, in any order."""
    row = board.places[place]
    waiting = [row[queue]] if row["kind"] == POOL and row[queue] != NOBODY else []
    while waiting:
        truck = board.trucks[waiting.pop()]
        yield truck
        waiting += [link for link in (truck["child"], truck["sibling"]) if link != NOBODY]
