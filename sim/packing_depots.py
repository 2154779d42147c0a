"""Depots on the board of the compiled loop: what stands in them, and who draws from them."""

import numpy as np

from sim.board import NEVER_S, Table
from sim.laws import Ints
from sim.network import Network
from sim.nodes import DepotNode
from sim.rules import next_time_of_day_s


def users_of(network: Network, places: Table) -> Ints:
    """Who draws, depot by depot in order; fills the rows of the depots. Shape (n, 3)."""
    rows: list[tuple[int, int, int]] = []
    for place, node in zip(places, network.nodes, strict=True):
        if isinstance(node, DepotNode):
            place["content"], place["room"], place["litres"] = node.stock, node.room, node.litres
            place["of_day_s"] = node.draws_s
            first_s = next_time_of_day_s(-1, node.draws_s) if node.users else NEVER_S
            place["draws_s"] = place["wake_s"] = first_s
            place["first_user"] = len(rows)
            rows += [(user.rank, user.litres, user.leaves) for user in node.users]
            place["end_user"] = len(rows)
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def most_draws(network: Network) -> int:
    """Rows of all draws of the run."""
    return network.days * sum(len(node.users) for node in network.nodes if isinstance(node, DepotNode))
