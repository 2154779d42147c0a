"""What the compiled loop must know of offices and slots: whom they refuse, who waits where, and who may not come."""

import numpy as np

from sim.arrivals import joined
from sim.board import NOBODY, PERMIT, SLOT_LINE, Table
from sim.laws import Ints
from sim.network import Network
from sim.nodes import SlotsNode


def refusals_of(network: Network, steps: Table, first: list[int]) -> Ints:
    """Source, from and to [s] of each refusal, step by step; says in `steps` where they are."""
    rows: list[tuple[int, int, int]] = []
    for number, begins in enumerate(first[: len(network.routes)]):
        for step in steps[begins : first[number + 1]]:
            if step["verb"] == PERMIT:
                on = (step["place"], number)
                step["first_refusal"] = len(rows)
                rows += [(r.source, r.from_s, r.to_s) for r in network.refusals if (r.office, r.route) == on]
                step["end_refusal"] = len(rows)
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def slot_lines_of(network: Network, places: Table) -> tuple[Table, Ints]:
    """A row for each queue for slots, and the one of each source's loads; says in `places` where they are."""
    kept: list[int] = []
    line = np.full((len(places), len(network.sources)), NOBODY, dtype=np.int64)
    for node in network.nodes:
        if isinstance(node, SlotsNode):
            place = places[node.number]
            place["first_line"], place["end_line"] = len(kept), len(kept) + 1 + len(node.kept)
            line[node.number] = [len(kept) + node.group(source.sector) for source in network.sources]
            kept += [0, *node.kept]
    rows = np.zeros(len(kept), dtype=SLOT_LINE)
    rows["queue"], rows["kept"] = NOBODY, kept
    return rows, line


def chances_of(network: Network, places: Table) -> Ints:
    """Of not coming, by day; says in `places` where they are, and at which places somebody looks at waits."""
    by_day: list[Ints] = []
    for node in network.nodes:
        if isinstance(node, SlotsNode) and (told := node.no_show) is not None:
            place = places[node.number]
            place["chances"] = sum(map(len, by_day))
            place["per_hour"], place["watches"], place["most"] = told.per_hour, told.at, told.most
            if told.at >= 0:
                places[told.at]["watched"] = 1
            by_day.append(told.by_day)
    return joined(by_day)
