"""What the compiled loop must know of corridors that loads choose by waits: where each begins, and which waits."""

import numpy as np

from sim.board import NOBODY, OPTION, Table
from sim.choosing import choosers
from sim.draws import Draws
from sim.laws import Ints
from sim.network import Network


def options_of(network: Network, first: list[int], places: Table) -> tuple[Table, Ints]:
    """A row for each corridor of each source whose loads choose, and which rows are whose; marks the places.

    first : the first step of each route.
    """
    whose = np.full((len(network.sources), 3), NOBODY, dtype=np.int64)
    rows: list[tuple[int, int]] = []
    for number, choice in choosers(network).items():
        begins = len(rows)
        whose[number] = begins, begins + choice.many, begins + choice.to
        unwatched = [NOBODY] * (len(choice.routes) - choice.many)
        rows += zip((first[route] for route in choice.routes), [*choice.at, *unwatched], strict=True)
        places["watched"][list(choice.at)] = 1
    return np.array(rows, dtype=OPTION), whose


def begins_at(network: Network, draws: Draws, first: list[int]) -> Ints:
    """The step at which each load begins, NOBODY where it is yet to choose its corridor. Shape (n,)."""
    begins = np.array(first, dtype=np.int64)[draws.route] + draws.first_step
    return np.where(draws.way < len(network.routes), begins, NOBODY)


def may_take(network: Network, draws: Draws) -> tuple[Ints, Ints]:
    """How many loads, and pallets, may come by each route: who may choose several counts on each. Shape (routes,)."""
    fixed = draws.way < len(network.routes)
    routes, of_source = len(network.routes), len(network.sources)
    loads = np.bincount(draws.route[fixed], minlength=routes)
    pallets = np.bincount(draws.route[fixed], draws.pallets[fixed], routes).astype(np.int64)
    loads_of = np.bincount(draws.source[~fixed], minlength=of_source)
    pallets_of = np.bincount(draws.source[~fixed], draws.pallets[~fixed], of_source).astype(np.int64)
    for number, choice in choosers(network).items():
        loads[list(choice.routes)] += loads_of[number]
        pallets[list(choice.routes)] += pallets_of[number]
    return loads, pallets
