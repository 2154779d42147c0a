"""A network and the luck of one replication as the board of the compiled loop. Nothing is decided here.

The steps of all walks as rows of the board: where each goes, where its luck lies, and what counts its visits.
"""

from itertools import accumulate, chain
from typing import Any

import numpy as np

from sim.calendars import Steps
from sim.events import ROW
from sim.laws import Ints
from sim.loop.filling import (
    askers_of,
    asking,
    begins_at,
    chances_of,
    equipment_of,
    hindrances_of,
    may_take,
    most_attempts,
    most_draws,
    most_rows,
    open_stretches,
    options_of,
    refusals_of,
    rests_of,
    slot_lines_of,
    task_answers_of,
    tasks_of,
    users_of,
)
from sim.loop.filling import mission_answers_of as answers_of
from sim.loop.state import CLOCK, GATE_LINE, KEY_BITS, LINE, NEVER_S, NOBODY, PLACE, STEP, TRAVEL, TRUCK, Board, Table
from sim.luck.arrivals import concatenated
from sim.luck.choices import closed_border_bits
from sim.luck.draws import Draws
from sim.network.base import Purpose, Setting, Slot
from sim.network.convoys import CrewNode, FleetNode, YardNode
from sim.network.corridors import (
    Convoy,
    Inspect,
    Offload,
    PassGate,
    Permit,
    Step,
    TakeSlot,
    Transfer,
    Travel,
    most_visits,
)
from sim.network.gates import CeilingNode, GateNode
from sim.network.lanes import PoolNode
from sim.network.network import Network
from sim.network.offices import OfficeNode, SlotsNode
from sim.network.roads import RoadNode
from sim.network.stock import DepotNode, PlatformNode, StoreNode
from sim.network.tasks import TeamsNode
from sim.rules import NEED_STRETCHES, next_call_s, next_time_of_day_s
from sim.units import DAY_S

RING_S = 1 << 15  # whose time comes later waits in a queue until it is as near as this
# in the order of board.py
KINDS = (
    GateNode, PoolNode, PlatformNode, YardNode, FleetNode, RoadNode, CeilingNode, StoreNode, OfficeNode, SlotsNode,
    CrewNode, TeamsNode, DepotNode,
)  # fmt: skip

MOST_ROWS = {  # of one visit
    Travel: 3,  # barred, started, finished
    PassGate: 2,
    Inspect: 11,  # joined, started, finished, the same at both bays beside it, rejected, returned
    Transfer: 5,  # joined, started, finished, offloaded; or a vehicle is taken, and home
    Convoy: 8,  # joined, mission, started, set out, and the request for it; or stock, offloaded
    Offload: 5,  # joined, started, finished, arrived, and fuelled
    Permit: 5,  # joined, started, finished, refused, returned
    TakeSlot: 6,  # joined, manifested, no-show or passed; and as much once more
}
AS_MANY_MORE = (Setting.vehicles, Setting.people, Setting.teams)  # what changes tell of these
OF_A_LOAD = 2  # requested, routed
OF_A_VEHICLE, OF_A_PART = 9, 2  # mission, and the request for it, taken, fuel, sets out, home; collected, arrived
OF_A_CLOSING = 4  # of a lane where work may be broken off: finished, rejected, joined, started


def board_of(network: Network, draws: Draws) -> Board:
    """The board before the first second. Raises ValueError where the run is too large to be numbered."""
    calendars = _calendars(network)
    lanes, opens_s, closes_s = open_stretches(network)
    steps, first, columns = steps_of(network, draws)
    refusals = refusals_of(network, steps, first)
    places, free = _places(network, draws, calendars)
    slot_lines, slot_line = slot_lines_of(network, places)
    chances = chances_of(network, places)
    options, whose = options_of(network, first, places)
    equipment, breaks_s, mended_s = equipment_of(network, places)
    trucks = _trucks(network, draws, places)
    changes, users = _changes(network), users_of(network, places)
    lines = _lines(network, places, first[len(network.routes) : -1])
    askers_of(network, trucks, lines)
    loads = len(draws)
    of_tasks = len(trucks) - len(asking(network)) - len(network.tasks)
    gate_lines, gate_line, over = _gate_lines(network, places)
    weights = [node.weights for node in network.nodes if isinstance(node, CeilingNode)]
    return Board(
        trucks=trucks,
        places=places,
        lanes=lanes,
        equipment=equipment,
        lines=lines,
        steps=steps,
        clock=_clock(network, draws, places, changes),
        luck=draws.luck,
        again=draws.repeat_luck,
        again_of=draws.repeat_index,
        been=np.zeros((len(trucks) if vehicles_choose(network) else loads, columns), dtype=np.int16),
        created_s=draws.created_s.astype(np.int64),
        begins=begins_at(network, draws, first),
        stocked=draws.stocked,
        at_s=concatenated([calendar.at_s for calendar in calendars]),
        level=concatenated([calendar.value for calendar in calendars]),
        opens_s=opens_s,
        closes_s=closes_s,
        breaks_s=breaks_s,
        mended_s=mended_s,
        free=free,
        turns=np.empty((2, len(places)), dtype=np.int64),
        gate_lines=gate_lines,
        gate_line=gate_line,
        over=over,
        kept=np.flatnonzero(places["behind"] != NOBODY),
        passed=np.zeros(sum(map(len, weights)), dtype=np.int64),
        weights=np.array([*chain(*weights)], dtype=np.int64),
        source=draws.source,
        kg=draws.kg,
        options=options,
        choosers=whose,
        closed=closed_border_bits(network, draws.source, draws.created_s),
        slot_lines=slot_lines,
        slot_line=slot_line,
        refusals=refusals,
        chances=chances,
        factors=_factors(network),
        keeps_until_s=draws.keeps_until_s(network),
        changes=changes,
        answers=answers_of(network, places),
        rests=rests_of(network, places),
        users=users,
        litres=np.array([source.litres for source in network.sources], dtype=np.int64),
        tasks=tasks_of(network, trucks, of_tasks, loads, int(draws.pallets.sum())),
        hindrances=hindrances_of(network, places),
        task_answers=task_answers_of(network),
        ring=np.full(RING_S, NOBODY, dtype=np.int32),
        log=np.empty(_most_rows(network, draws, len(opens_s)), dtype=ROW),
    )


def _calendars(network: Network) -> list[Steps]:
    """The calendar of each place; an empty one where it has none."""
    none = Steps(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    return [getattr(node, "calendar", none) for node in network.nodes]


def _places(network: Network, draws: Draws, calendars: list[Steps]) -> tuple[Table, Ints]:
    """A row a place, and the heaps of free lanes."""
    places = np.zeros(len(network.nodes), dtype=PLACE)
    ends = np.cumsum([len(calendar.at_s) for calendar in calendars])
    places["end"] = ends
    places["first"] = places["now"] = ends - [len(calendar.at_s) for calendar in calendars]
    places["kind"] = [KINDS.index(type(node)) for node in network.nodes]
    places["wake_s"] = NEVER_S
    for name in (
        "queue", "door", "room", "equipment", "parked", "home", "desk", "behind", "fleet", "manifest", "tomorrow",
        "looked_s", "chances", "watches", "owner", "drivers", "escorts", "first_answer", "changed_s", "office", "depot",
    ):  # fmt: skip
        places[name] = NOBODY
    lanes = spans = 0
    for place, node in zip(places, network.nodes, strict=True):
        match node:
            case PoolNode():
                place["rule"], place["room"], place["turns_away"] = node.rule, node.room, node.turn_away
                place["free"], place["heap"], place["first_lane"] = node.lanes, lanes, spans
                place["fleet"] = node.fleet
                lanes += node.lanes
                spans += node.lanes if node.rule in NEED_STRETCHES else 0
            case PlatformNode():
                place["room"], place["next_day"] = node.room, node.next_day
            case StoreNode():
                place["room"], place["content"] = node.room, node.stock * DAY_S
            case YardNode():
                place["min"], place["max"], place["patience_s"] = node.min, node.max, node.patience_s
                place["first_s"], place["every_s"] = node.first_s, node.every_s
                place["owner"], place["escorts"], place["escorted"] = node.owner, node.escorts, node.escorted
            case OfficeNode():
                place["requests"], place["every_s"] = node.requests, node.again_s
            case SlotsNode():
                place["full"], place["allotted_s"], place["first_s"] = node.full, node.allotted_s, node.first_s
                place["every_s"], place["batch"], place["refilled"] = node.every_s, node.batch, node.refilled
                first_s = next_call_s(-1, node.first_s, node.every_s)
                place["wake_s"] = min(first_s, next_time_of_day_s(-1, node.allotted_s))
            case FleetNode():
                place["free"], place["capacity"] = node.vehicles, node.pallets
                place["owner"], place["drivers"] = node.owner, node.drivers
                place["depot"], place["litres"], place["leaves"] = node.depot, node.litres, node.leaves
                place["home"] = draws.columns.get(Slot(Purpose.HOME, node.number), (NOBODY, 0))[0]
            case RoadNode():
                place["intercepts"] = node.factors is not None
                place["missions"], place["within"], place["mean_s"] = node.missions, node.within, node.mean_s
                place["crowd"], place["each"], place["least"] = node.vehicles, node.each, node.least
            case CrewNode():
                place["free"], place["rest_s"], place["owner"] = node.people, node.rest_s, node.owner
            case TeamsNode():
                place["free"], place["owner"] = node.teams, node.owner
    heaps = [np.arange(node.lanes) for node in network.nodes if isinstance(node, PoolNode)]
    return places, concatenated(heaps)


def _gate_lines(network: Network, places: Table) -> tuple[Table, Ints, Ints]:
    """A row a line, desk by desk; the line at each place of each source's loads; and the ceilings over the lines."""
    lines = sorted(network.gate_lines, key=lambda line: line.desk)
    row = {line.number: i for i, line in enumerate(lines)}
    rows = np.zeros(len(lines), dtype=GATE_LINE)
    ends = np.cumsum([len(line.ceilings) for line in lines], dtype=np.int64)
    rows["end"], rows["queue"] = ends, NOBODY
    rows["first"] = ends - [len(line.ceilings) for line in lines]
    groups = 0
    for number, node in enumerate(network.nodes):
        if isinstance(node, CeilingNode):
            place, own = places[number], [i for i, line in enumerate(lines) if line.desk == number]
            place["desk"], place["unit"], place["behind"] = node.desk, node.unit, node.platform
            place["period_s"] = node.period_s
            place["first_line"], place["end_line"] = (own[0], own[-1] + 1) if own else (0, 0)
            place["first_group"], place["end_group"] = groups, groups + len(node.weights)
            groups += len(node.weights)
    for i, line in enumerate(lines):
        rows[i]["gate"], rows[i]["group"] = line.gate, places[line.desk]["first_group"] + line.group
        places[line.gate]["desk"] = line.desk
    joins = np.full((len(places), len(network.sources)), NOBODY, dtype=np.int64)
    for (gate, source), number in network.gate_line.items():
        joins[gate, source] = row[number]
    return rows, joins, np.array([*chain(*(line.ceilings for line in lines))], dtype=np.int64)


def _factors(network: Network) -> Ints:
    """By which the share of trucks that lose all is multiplied, by place and source; empty where nothing is lost."""
    roads = [node for node in network.nodes if isinstance(node, RoadNode) and node.factors is not None]
    factors = np.zeros((len(network.nodes) if roads else 0, len(network.sources)), dtype=np.int64)
    for road in roads:
        factors[road.number] = [road.factor(source.cargo) for source in network.sources]
    return factors


def _lines(network: Network, places: Table, tails: list[int]) -> Table:
    lines = np.full(len(network.lines), NOBODY, dtype=LINE)
    lines["waiting"] = 0
    for row, line, tail in zip(lines, network.lines, tails, strict=True):
        row["owner"] = places[line.fleet if line.fleet >= 0 else line.yard]["owner"]
        row["fleet"], row["yard"], row["platform"], row["tail"] = line.fleet, line.yard, line.platform, tail
    return lines


def _trucks(network: Network, draws: Draws, places: Table) -> Table:
    """A row a load, one for each vehicle that can ever be needed at once, which stands parked, and for who asks."""
    loads, pallets = len(draws), int(draws.pallets.sum())
    fleets = [node for node in network.nodes if isinstance(node, FleetNode)]
    trips = max(sum(isinstance(step, Transfer) for step in route.steps) for route in network.routes)
    needed = max(pallets, loads * trips)
    vehicles = {node.number: min(int(node.over_time(Setting.vehicles).value.max()), needed) for node in fleets}
    trucks = np.empty(loads + sum(vehicles.values()) + len(network.tasks) + len(asking(network)), dtype=TRUCK)
    for name in ("carrier", "mate", "held_at", "reserved", "carried_by", "taken_by", "task", "state"):
        trucks[name] = NOBODY
    trucks["is_lost"] = 0
    trucks["escorts"] = 0
    own = trucks[:loads]
    own["load"] = np.arange(loads)
    own["number"], own["pallets"] = draws.first_pallet, draws.pallets
    ranks = np.append(draws.rank, [task.rank for task in network.tasks]).astype(np.int64)
    in_order = np.unique(ranks, return_inverse=True)[1]
    own["rank"] = in_order[:loads]
    first = loads
    for fleet, many in vehicles.items():
        if many:
            trucks["fleet"][first : first + many] = fleet
            trucks["mate"][first : first + many - 1] = np.arange(first + 1, first + many)
            places[fleet]["parked"] = first
            first += many
    trucks["rank"][first : first + len(network.tasks)] = in_order[loads:]
    return trucks


def _changes(network: Network) -> Ints:
    """What phases change after the first second, in the order of time."""
    rows = []
    for node in network.nodes:
        had = {setting: value for at_s, setting, value in node.changes if at_s == 0}
        for at_s, setting, value in node.changes:
            more = value - had[setting] if setting in AS_MANY_MORE else value
            had[setting] = value
            rows += [(at_s, node.number, int(setting), more)] * (at_s > 0)
    return np.array(sorted(rows), dtype=np.int64).reshape(-1, 4)


def _clock(network: Network, draws: Draws, places: Table, changes: Ints) -> Table:
    clock = np.zeros(1, dtype=CLOCK)
    clock["horizon_s"] = network.horizon_s
    clock["change_s"] = changes[0, 0] if len(changes) else NEVER_S
    clock["wake_s"] = places["wake_s"].min(initial=NEVER_S)
    clock["far_s"] = NEVER_S
    for name in ("far", "going", "told", "serving", "barred"):
        clock[name] = NOBODY
    clock["time_bits"] = network.horizon_s.bit_length()
    clock["number_bits"] = int(draws.pallets.sum() + len(network.tasks)).bit_length()
    ranks = len({*draws.rank.tolist(), *(task.rank for task in network.tasks)}).bit_length()
    if (bits := ranks + int(clock["time_bits"][0] + clock["number_bits"][0])) > KEY_BITS:
        raise ValueError(f"{draws.pallets.sum()} pallets over {network.days} days are too many: {bits} bits")
    return clock


def _most_rows(network: Network, draws: Draws, stretches: int) -> int:
    """No log of this run can be longer. Memory that it does not come to use is never touched.

    A vehicle that leaves part-full has taken the last pallets of some load, and a load is split only by a vehicle that
    is full: so there are at most as many vehicles as loads and full vehicles, and as many parts as loads and vehicles.
    """
    loads, pallets = may_take(network, draws)
    total = OF_A_CLOSING * stretches + most_attempts(network) + most_rows(network) + most_draws(network)
    for route, many, carried in zip(network.routes, loads.tolist(), pallets.tolist(), strict=True):
        total += many * OF_A_LOAD
        for step, visits in zip(route.steps, most_visits(route), strict=True):
            total += many * visits * MOST_ROWS[type(step)]
            if isinstance(step, Convoy) and (fleet := network.lines[step.line].fleet) >= 0:
                tail = sum(MOST_ROWS[type(other)] for other in network.lines[step.line].tail)
                node = network.nodes[fleet]
                assert isinstance(node, FleetNode)
                vehicles = many + int(carried) // node.pallets + 1
                total += vehicles * (OF_A_VEHICLE + tail) + (many + vehicles) * OF_A_PART
    return total


# in the order of board.py
VERBS = (Travel, PassGate, Inspect, Transfer, Convoy, Offload, Permit, TakeSlot)


def vehicles_choose(network: Network) -> bool:
    """Whether vehicles that collect may come to one of several roads."""
    return any(line.fleet >= 0 and _chooses(line.tail) for line in network.lines)


def _chooses(walk: tuple[Step, ...]) -> bool:
    return any(isinstance(step, Travel) and step.others for step in walk)


def steps_of(network: Network, draws: Draws) -> tuple[Table, list[int], int]:
    """A row a step, the first step of each walk, and the number of columns that count visits and rejections.

    Behind all walks each road of a step that has several.
    """
    walks = [route.steps for route in network.routes]
    walks += [line.tail if line.fleet >= 0 else () for line in network.lines]  # of vehicles
    first = [0, *accumulate(len(walk) for walk in walks)]
    ways = [len(step.roads) for walk in walks for step in walk if isinstance(step, Travel) and step.others]
    steps = np.full(first[-1] + sum(ways), NOBODY, dtype=STEP)
    columns, next_way = 0, first[-1]
    for number, walk in enumerate(walks):
        own = steps[first[number] : first[number + 1]]
        column: dict[tuple[str, int], int] = {}
        for row, step, following in zip(own, walk, (*walk[1:], None), strict=False):
            _fill_step(row, step, network, draws)
            if isinstance(step, Transfer) and isinstance(following, Convoy):
                row["line"] = following.line
            if isinstance(step, Inspect):
                row["back_to"] = first[number] + step.back_to
                row["rejections"] = column.setdefault(("rejections", step.site), len(column))
            if isinstance(step, Transfer) and step.fleet >= 0:
                row["trips"] = column.setdefault(("visits", step.fleet), len(column))
            if isinstance(step, Permit | TakeSlot):
                row["rejections"] = column.setdefault(("rejections", step[0]), len(column))
            _count_in(row, step, column)
            if isinstance(step, Travel) and step.others:
                row["first_way"], row["end_way"] = next_way, next_way + len(step.roads)
                for way, road in zip(steps[next_way:], step.roads, strict=False):
                    _fill_step(way, Travel(road), network, draws)
                    _count_in(way, Travel(road), column)
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


def _count_in(row: Any, step: Step, column: dict[tuple[str, int], int]) -> None:
    """Says in which columns of `been` the visits of this step are counted."""
    if not isinstance(step, PassGate | Convoy):
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


def _fill_step(row: Any, step: Step, network: Network, draws: Draws) -> None:
    row["verb"] = VERBS.index(type(step))
    row["place"] = row["stands"] = step[0]
    match step:
        case Travel():
            row["choose"] = step.choose
            _point(row, "work", draws, Slot(Purpose.TRAVEL, step.road))
            _point(row, "stopped", draws, Slot(Purpose.INTERCEPTED, step.road))
            _point(row, "taken", draws, Slot(Purpose.TAKEN, step.road))
        case Inspect():
            row["beside"], row["attempts"] = step.manual, step.attempts
            row["repacking"] = step.repacking
            row["repacking_work"], _ = draws.columns.get(Slot(Purpose.REPACK, step.repacking), (NOBODY, 0))
            _point(row, "work", draws, Slot(Purpose.INSPECT, step.site))
            _point(row, "manual", draws, Slot(Purpose.MANUAL, step.site))
            _point(row, "manual_work", draws, Slot(Purpose.MANUAL_TIME, step.manual))
            _point(row, "rejected", draws, Slot(Purpose.REJECTED, step.site))
            row["after_again"], _ = draws.repeat_columns.get(Slot(Purpose.REJECTED_AFTER, step.site), (NOBODY, 0))
        case Transfer():
            row["beside"] = step.platform
            _point(row, "work", draws, Slot(Purpose.TRANSFER, step.bays))
        case Convoy():
            line = network.lines[step.line]
            row["line"], row["stands"] = step.line, line.platform if line.platform >= 0 else line.yard
        case Permit():
            row["attempts"] = step.attempts
            _point(row, "work", draws, Slot(Purpose.LEAD, step.office))
        case TakeSlot():
            _point(row, "work", draws, Slot(Purpose.NO_SHOW, step.slots))
        case Offload():
            row["beside"] = step.store
            _point(row, "work", draws, Slot(Purpose.OFFLOAD, step.warehouse))


def _point(row: Any, name: str, draws: Draws, slot: Slot) -> None:
    """Says where the luck of `slot` lies; all slots of a step have as many sure visits."""
    if slot in draws.columns:
        row[name], row["sure"] = draws.columns[slot]
        row[f"{name}_again"] = draws.repeat_columns.get(slot, (0, 0))[0] - row["sure"]
