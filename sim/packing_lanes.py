"""What the compiled loop must know of single lanes: for how long they are open, and when they break."""

from itertools import chain

import numpy as np

from sim.arrivals import joined
from sim.board import EQUIPMENT, LANE, Table
from sim.breakdowns import breaks_of
from sim.calendars import open_spans
from sim.laws import Ints
from sim.network import Network
from sim.nodes import PoolNode
from sim.rules import NEED_STRETCHES


def open_stretches(network: Network) -> tuple[Table, Ints, Ints]:
    """For each lane of the pools where work must end in time, or is broken off: when it opens and closes."""
    pools = [node for node in network.nodes if isinstance(node, PoolNode) and node.rule in NEED_STRETCHES]
    spans = [open_spans(node.calendar, lane) for node in pools for lane in range(node.lanes)]
    lanes = np.zeros(len(spans), dtype=LANE)
    many = [len(own) for own in spans]
    lanes["span"] = np.cumsum(many) - many
    lanes["longest_s"] = joined([node.longest_s for node in pools])
    both = np.array(list(chain(*spans)), dtype=np.int64).reshape(-1, 2)
    return lanes, np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])


def equipment_of(network: Network, places: Table) -> tuple[Table, Ints, Ints]:
    """A row for each lane that breaks, and when these break and work again; says in `places` where they are."""
    spans: list[Ints] = []
    for place, node in zip(places, network.nodes, strict=True):
        if (breaks := breaks_of(node)) is not None:
            place["equipment"], place["fails_always"], place["restarts"] = len(spans), breaks.always, breaks.restarts
            spans += breaks.spans
    equipment = np.zeros(len(spans), dtype=EQUIPMENT)
    many = [own.shape[1] for own in spans]
    equipment["end"] = np.cumsum(many)
    equipment["first"] = equipment["end"] - many
    return equipment, joined([breaks_s for breaks_s, _ in spans]), joined([mended_s for _, mended_s in spans])
