"""The compiled engine: a network and its luck as a board, the loop over it, and its log in canonical order."""

from collections.abc import Iterator

from sim import loop
from sim.board import NOBODY, POOL, Board
from sim.draws import Draws
from sim.events import Log
from sim.gridlock import refuse_gridlock
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


def _blocked(board: Board) -> Iterator[tuple[int, int, int]]:
    """(place, lane) of each lane that is held by a truck without room, and the place at whose door it waits."""
    for place, row in enumerate(board.places):
        waiting = [row["door"]] if row["kind"] == POOL and row["door"] != NOBODY else []
        while waiting:
            truck = board.trucks[waiting.pop()]
            if truck["held_at"] != NOBODY:
                yield int(truck["held_at"]), int(truck["held_lane"]), place
            waiting += [link for link in (truck["child"], truck["sibling"]) if link != NOBODY]
