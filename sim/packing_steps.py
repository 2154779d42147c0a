"""The steps of all walks as rows of the board: where each goes, where its luck lies, and what counts its visits."""

from itertools import accumulate
from typing import Any

import numpy as np

from sim import network as n
from sim.board import NOBODY, STEP, TRAVEL, Table
from sim.draws import Draws
from sim.network import Network, Purpose, Slot

# in the order of board.py
VERBS = (n.Travel, n.PassGate, n.Inspect, n.Transfer, n.Convoy, n.Offload, n.Permit, n.TakeSlot)


def vehicles_choose(network: Network) -> bool:
    """Whether vehicles that collect may come to one of several roads."""
    return any(line.fleet >= 0 and _chooses(line.tail) for line in network.lines)


def _chooses(walk: tuple[n.Step, ...]) -> bool:
    return any(isinstance(step, n.Travel) and step.others for step in walk)


def steps_of(network: Network, draws: Draws) -> tuple[Table, list[int], int]:
    """A row a step, the first step of each walk, and the number of columns that count visits and rejections.

    Behind all walks each road of a step that has several.
    """
    walks = [route.steps for route in network.routes]
    walks += [line.tail if line.fleet >= 0 else () for line in network.lines]  # of vehicles
    first = [0, *accumulate(len(walk) for walk in walks)]
    ways = [len(step.roads) for walk in walks for step in walk if isinstance(step, n.Travel) and step.others]
    steps = np.full(first[-1] + sum(ways), NOBODY, dtype=STEP)
    columns, next_way = 0, first[-1]
    for number, walk in enumerate(walks):
        own = steps[first[number] : first[number + 1]]
        column: dict[tuple[str, int], int] = {}
        for row, step, following in zip(own, walk, (*walk[1:], None), strict=False):
            _fill_step(row, step, network, draws)
            if isinstance(step, n.Transfer) and isinstance(following, n.Convoy):
                row["line"] = following.line
            if isinstance(step, n.Inspect):
                row["back_to"] = first[number] + step.back_to
                row["rejections"] = column.setdefault(("rejections", step.site), len(column))
            if isinstance(step, n.Transfer) and step.fleet >= 0:
                row["trips"] = column.setdefault(("visits", step.fleet), len(column))
            if isinstance(step, n.Permit | n.TakeSlot):
                row["rejections"] = column.setdefault(("rejections", step[0]), len(column))
            _count_in(row, step, column)
            if isinstance(step, n.Travel) and step.others:
                row["first_way"], row["end_way"] = next_way, next_way + len(step.roads)
                for way, road in zip(steps[next_way:], step.roads, strict=False):
                    _fill_step(way, n.Travel(road), network, draws)
                    _count_in(way, n.Travel(road), column)
                next_way += len(step.roads)
        of_vehicles = number >= len(network.routes)
        if of_vehicles and not _chooses(walk):
            _count_visits_of_vehicles(own)
        else:
            columns = max(columns, len(column))
        if of_vehicles:
            own["been"][own["verb"] != TRAVEL] = NOBODY
    rows = np.arange(len(steps))
    alone = (steps["verb"] == TRAVEL) & (steps["first_way"] == NOBODY)
    steps["first_way"][alone], steps["end_way"][alone] = rows[alone], rows[alone] + 1
    return steps, first, columns


def _count_in(row: Any, step: n.Step, column: dict[tuple[str, int], int]) -> None:
    """Says in which columns of `been` the visits of this step are counted."""
    if not isinstance(step, n.PassGate | n.Convoy):
        row["been"] = column.setdefault(("visits", step[0]), len(column))
    if row["stopped"] != NOBODY:
        row["drives"] = column.setdefault(("drives", step[0]), len(column))


def _count_visits_of_vehicles(walk: Table) -> None:
    """A vehicle never goes back: its visits are known where it chooses nothing, and need no counting."""
    for i, row in enumerate(walk):
        if row["verb"] == TRAVEL:
            before = np.count_nonzero((walk["verb"][:i] == TRAVEL) & (walk["place"][:i] == row["place"]))
            for luck in ("work", "stopped", "taken"):
                row[luck] += before
    walk["been"] = walk["drives"] = NOBODY


def _fill_step(row: Any, step: n.Step, network: Network, draws: Draws) -> None:
    row["verb"] = VERBS.index(type(step))
    row["place"] = row["stands"] = step[0]
    match step:
        case n.Travel():
            row["choose"] = step.choose
            _point(row, "work", draws, Slot(Purpose.TRAVEL, step.road))
            _point(row, "stopped", draws, Slot(Purpose.INTERCEPTED, step.road))
            _point(row, "taken", draws, Slot(Purpose.TAKEN, step.road))
        case n.Inspect():
            row["beside"], row["attempts"] = step.manual, step.attempts
            row["repacking"] = step.repacking
            row["repacking_work"], _ = draws.columns.get(Slot(Purpose.REPACK, step.repacking), (NOBODY, 0))
            _point(row, "work", draws, Slot(Purpose.INSPECT, step.site))
            _point(row, "manual", draws, Slot(Purpose.MANUAL, step.site))
            _point(row, "manual_work", draws, Slot(Purpose.MANUAL_TIME, step.manual))
            _point(row, "rejected", draws, Slot(Purpose.REJECTED, step.site))
            row["after_again"], _ = draws.again_columns.get(Slot(Purpose.REJECTED_AFTER, step.site), (NOBODY, 0))
        case n.Transfer():
            row["beside"] = step.platform
            _point(row, "work", draws, Slot(Purpose.TRANSFER, step.bays))
        case n.Convoy():
            line = network.lines[step.line]
            row["line"], row["stands"] = step.line, line.platform if line.platform >= 0 else line.yard
        case n.Permit():
            row["attempts"] = step.attempts
            _point(row, "work", draws, Slot(Purpose.LEAD, step.office))
        case n.TakeSlot():
            _point(row, "work", draws, Slot(Purpose.NO_SHOW, step.slots))
        case n.Offload():
            row["beside"] = step.store
            _point(row, "work", draws, Slot(Purpose.OFFLOAD, step.warehouse))


def _point(row: Any, name: str, draws: Draws, slot: Slot) -> None:
    """Says where the luck of `slot` lies; all slots of a step have as many sure visits."""
    if slot in draws.columns:
        row[name], row["sure"] = draws.columns[slot]
        row[f"{name}_again"] = draws.again_columns.get(slot, (0, 0))[0] - row["sure"]
