"""Tables of the engine state by feature: steps, offices, slots, choices, depots, lanes, missions and tasks as rows."""

from itertools import accumulate, chain
from typing import Any

import numpy as np

from sim.calendars import open_spans
from sim.laws import Int64Array
from sim.loop.state import (
    EQUIPMENT,
    IMPAIRMENT,
    LANE,
    NEVER_S,
    NONE,
    PERMIT,
    ROUTE_OPTION,
    SLOT_QUEUE,
    STEP,
    TASK,
    TRAVEL,
    Table,
)
from sim.luck.arrivals import concatenated
from sim.luck.choices import least_wait_choices
from sim.luck.draws import Draws
from sim.luck.places import breaks_of, permission_of
from sim.network.base import LuckSlot, Purpose, Setting
from sim.network.convoys import CrewNode
from sim.network.corridors import Convoy, Inspect, Offload, PassGate, Permit, Step, TakeSlot, Transfer, Travel
from sim.network.lanes import PoolNode
from sim.network.network import Network
from sim.network.offices import SlotsNode
from sim.network.stock import DepotNode
from sim.rules import NO_REQUEST, PERMITTED, RULES_NEEDING_SPANS, next_time_of_day_s, request_carrier
from sim.rules import TASK_CARRIER as OF_A_TASK
from sim.units import HOUR_S


def fill_refusals(network: Network, steps: Table, first: list[int]) -> Int64Array:
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


def fill_slot_queues(network: Network, places: Table) -> tuple[Table, Int64Array]:
    """A row for each queue for slots, and the one of each source's loads; says in `places` where they are."""
    kept: list[int] = []
    line = np.full((len(places), len(network.sources)), NONE, dtype=np.int64)
    for node in network.nodes:
        if isinstance(node, SlotsNode):
            place = places[node.number]
            place["first_queue"], place["end_queue"] = len(kept), len(kept) + 1 + len(node.kept)
            line[node.number] = [len(kept) + node.queue_of_sector(source.sector) for source in network.sources]
            kept += [0, *node.kept]
    rows = np.zeros(len(kept), dtype=SLOT_QUEUE)
    rows["queue"], rows["kept"] = NONE, kept
    return rows, line


def fill_no_show_chances(network: Network, places: Table) -> Int64Array:
    """Of not coming, by day; says in `places` where they are, and at which places somebody looks at waits."""
    by_day: list[Int64Array] = []
    for node in network.nodes:
        if isinstance(node, SlotsNode) and (told := node.no_show) is not None:
            place = places[node.number]
            place["first_no_show_ppm"] = sum(map(len, by_day))
            place["no_show_ppm_per_hour"], place["watched_place"], place["max_no_shows"] = (
                told.ppm_per_hour,
                told.watched_place,
                told.max_no_shows,
            )
            if told.watched_place >= 0:
                places[told.watched_place]["records_waits"] = 1
            by_day.append(told.daily_ppm)
    return concatenated(by_day)


def fill_route_options(network: Network, first: list[int], places: Table) -> tuple[Table, Int64Array]:
    """A row for each corridor of each source whose loads choose, and which rows are whose; marks the places.

    first : the first step of each route.
    """
    whose = np.full((len(network.sources), 3), NONE, dtype=np.int64)
    rows: list[tuple[int, int]] = []
    for number, choice in least_wait_choices(network).items():
        begins = len(rows)
        whose[number] = begins, begins + choice.candidate_count, begins + choice.divert_to
        unwatched = [NONE] * (len(choice.routes) - choice.candidate_count)
        rows += zip((first[route] for route in choice.routes), [*choice.watched_places, *unwatched], strict=True)
        places["records_waits"][list(choice.watched_places)] = 1
    return np.array(rows, dtype=ROUTE_OPTION), whose


def initial_steps(network: Network, draws: Draws, first: list[int]) -> Int64Array:
    """The step at which each load begins, NOBODY where it is yet to choose its corridor. Shape (n,)."""
    begins = np.array(first, dtype=np.int64)[draws.route] + draws.first_step
    return np.where(draws.route_group < len(network.routes), begins, NONE)


def max_traffic_by_route(network: Network, draws: Draws) -> tuple[Int64Array, Int64Array]:
    """How many loads, and pallets, may come by each route: who may choose several counts on each. Shape (routes,)."""
    fixed = draws.route_group < len(network.routes)
    routes, of_source = len(network.routes), len(network.sources)
    loads = np.bincount(draws.route[fixed], minlength=routes)
    pallets = np.bincount(draws.route[fixed], draws.pallets[fixed], routes).astype(np.int64)
    loads_of = np.bincount(draws.source[~fixed], minlength=of_source)
    pallets_of = np.bincount(draws.source[~fixed], draws.pallets[~fixed], of_source).astype(np.int64)
    for number, choice in least_wait_choices(network).items():
        loads[list(choice.routes)] += loads_of[number]
        pallets[list(choice.routes)] += pallets_of[number]
    return loads, pallets


def fill_depots(network: Network, places: Table) -> Int64Array:
    """Who draws, depot by depot in order; fills the rows of the depots. Shape (n, 3)."""
    rows: list[tuple[int, int, int]] = []
    for place, node in zip(places, network.nodes, strict=True):
        if isinstance(node, DepotNode):
            place["content"], place["room"], place["litres"] = node.initial_litres, node.room, node.litres_per_pallet
            place["ration_time_of_day_s"] = node.ration_time_of_day_s
            first_s = next_time_of_day_s(-1, node.ration_time_of_day_s) if node.users else NEVER_S
            place["next_ration_s"] = place["wake_s"] = first_s
            place["first_user"] = len(rows)
            rows += [(user.rank, user.litres_per_day, user.reserve_litres) for user in node.users]
            place["end_user"] = len(rows)
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def max_ration_rows(network: Network) -> int:
    """Rows of all draws of the run."""
    return network.days * sum(len(node.users) for node in network.nodes if isinstance(node, DepotNode))


def lane_open_spans(network: Network) -> tuple[Table, Int64Array, Int64Array]:
    """For each lane of the pools where work must end in time, or is broken off: when it opens and closes."""
    pools = [node for node in network.nodes if isinstance(node, PoolNode) and node.closing_rule in RULES_NEEDING_SPANS]
    spans = [open_spans(node.calendar, lane) for node in pools for lane in range(node.lanes)]
    lanes = np.zeros(len(spans), dtype=LANE)
    many = [len(own) for own in spans]
    lanes["current_span"] = np.cumsum(many) - many
    lanes["longest_s"] = concatenated([node.longest_s for node in pools])
    both = np.array(list(chain(*spans)), dtype=np.int64).reshape(-1, 2)
    return lanes, np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])


def fill_equipment(network: Network, places: Table) -> tuple[Table, Int64Array, Int64Array]:
    """A row for each lane that breaks, and when these break and work again; says in `places` where they are."""
    spans: list[Int64Array] = []
    for place, node in zip(places, network.nodes, strict=True):
        if (breaks := breaks_of(node)) is not None:
            place["equipment"], place["breaks_while_idle"], place["restarts"] = (
                len(spans),
                breaks.breaks_while_idle,
                breaks.restarts_work,
            )
            spans += breaks.downtimes
    equipment = np.zeros(len(spans), dtype=EQUIPMENT)
    many = [own.shape[1] for own in spans]
    equipment["end"] = np.cumsum(many)
    equipment["first"] = equipment["end"] - many
    return (
        equipment,
        concatenated([breaks_s for breaks_s, _ in spans]),
        concatenated([mended_s for _, mended_s in spans]),
    )


def fill_mission_outcomes(network: Network, places: Table) -> Int64Array:
    """What comes of asking at each yard; tells the yards where that stands."""
    parts, first = [], 0
    for place, node in zip(places, network.nodes, strict=True):
        permission = permission_of(node)
        if permission is not None and permission.outcomes is not None:
            parts.append(np.stack(permission.outcomes, axis=1))
            place["first_answer"] = place["current_outcome"] = first
            first += len(parts[-1])
            place["end_outcome"], place["again_s"] = first, permission.retry_s
            place["office"], place["lead_s"] = permission.office, permission.lead_s
    return np.concatenate(parts) if parts else np.zeros((0, 3), dtype=np.int64)


def fill_rests(network: Network, places: Table) -> Int64Array:
    """Room for each of those who may rest at once; tells the crews where that is."""
    first = 0
    for place, node in zip(places, network.nodes, strict=True):
        if isinstance(node, CrewNode):
            most = int(node.setting_over_time(Setting.people).value.max())
            place["first_rest"], place["rest_capacity"] = first, most
            first += most if node.rest_s else 0
    return concatenated([np.zeros(first, dtype=np.int64)])


def lines_with_office(network: Network) -> list[int]:
    """The lines that ask an office for their missions."""
    permissions = (permission_of(network.nodes[line.yard]) for line in network.lines)
    return [number for number, told in enumerate(permissions) if told is not None and told.office >= 0]


def fill_applicants(network: Network, trucks: Table, lines: Table) -> None:
    """Has the last rows of trucks stand for the lines that ask an office; the others have permission for ever."""
    lines["request"] = PERMITTED
    numbers = lines_with_office(network)
    for row, number in enumerate(numbers, len(trucks) - len(numbers)):
        lines[number]["request"], lines[number]["applicant"] = NO_REQUEST, row
        trucks[row]["carrier"], trucks[row]["line"], trucks[row]["step"] = request_carrier(number), number, NONE


def max_mission_rows(network: Network) -> int:
    """Rows, at the most, of attempts of all lines at which nobody sets out: not two within an hour.

    One each, and four of the request for it; one request more is there when the run ends.
    """
    hours = network.horizon_s // HOUR_S + 1
    attempts = sum(hours for line in network.lines if permission_of(network.nodes[line.yard]) is not None)
    return attempts + 4 * (hours + 1) * len(lines_with_office(network))


ROWS_PER_TASK, ROWS_PER_TASK_REQUEST = 2, 4  # undertaken, concluded; joined, started, finished, refused or authorised


def fill_tasks(network: Network, trucks: Table, first: int, loads: int, pallets: int) -> Table:
    """A row a task. `first` : the row of `trucks` that stands for the first of them; they are numbered above loads."""
    tasks = np.full(len(network.tasks), NONE, dtype=TASK)
    tasks["refusals"], tasks["done_s"] = 0, NEVER_S
    ends = np.cumsum([task.attempts for task in network.tasks], dtype=np.int64)
    for i, (row, task) in enumerate(zip(tasks, network.tasks, strict=True)):
        row["truck"], row["first_answer"] = first + i, ends[i] - task.attempts
        for name in ("requested_s", "teams", "escorts", "escorted", "office", "again_s", "attempts", "work_s"):
            row[name] = getattr(task, name)
        truck = trucks[first + i]
        truck["task"], truck["carrier"], truck["step"], truck["line"] = i, OF_A_TASK, NONE, NONE
        truck["load"], truck["pallet_number"] = loads + i, pallets + i
    return tasks


def task_answer_rows(network: Network) -> Int64Array:
    """Of each request of each task the lead time [s], and 1 where it is refused."""
    pairs = [pair for task in network.tasks for pair in zip(task.leads_s, task.refusals, strict=True)]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def fill_impairments(network: Network, places: Table) -> Table:
    """A row each; tells the places where theirs stand."""
    rows = np.zeros(len(network.impairments), dtype=IMPAIRMENT)
    for i, (row, told) in enumerate(zip(rows, network.impairments, strict=True)):
        row["task"], row["percent"], row["since_s"] = told.task, told.speed_pct, told.since_s
        place = places[told.place]
        place["first_impairment"] = place["first_impairment"] if place["end_impairment"] else i
        place["end_impairment"] = i + 1
    return rows


def max_task_rows(network: Network) -> int:
    """That tell of tasks."""
    return sum(ROWS_PER_TASK + ROWS_PER_TASK_REQUEST * task.attempts for task in network.tasks)


# in the order of state.py
STEP_TYPES = (Travel, PassGate, Inspect, Transfer, Convoy, Offload, Permit, TakeSlot)


def vehicles_choose_roads(network: Network) -> bool:
    """Whether vehicles that collect may come to one of several roads."""
    return any(line.fleet >= 0 and _has_road_choice(line.tail) for line in network.lines)


def _has_road_choice(walk: tuple[Step, ...]) -> bool:
    return any(isinstance(step, Travel) and step.other_roads for step in walk)


def build_steps(network: Network, draws: Draws) -> tuple[Table, list[int], int]:
    """A row a step, the first step of each walk, and the number of columns that count visits and rejections.

    Behind all walks each road of a step that has several.
    """
    walks = [route.steps for route in network.routes]
    walks += [line.tail if line.fleet >= 0 else () for line in network.lines]  # of vehicles
    first = [0, *accumulate(len(walk) for walk in walks)]
    ways = [len(step.roads) for walk in walks for step in walk if isinstance(step, Travel) and step.other_roads]
    steps = np.full(first[-1] + sum(ways), NONE, dtype=STEP)
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
                row["rejection_column"] = column.setdefault(("rejection_column", step.site), len(column))
            if isinstance(step, Transfer) and step.fleet >= 0:
                row["trip_column"] = column.setdefault(("visits", step.fleet), len(column))
            if isinstance(step, Permit | TakeSlot):
                row["rejection_column"] = column.setdefault(("rejection_column", step[0]), len(column))
            _assign_count_columns(row, step, column)
            if isinstance(step, Travel) and step.other_roads:
                row["first_road"], row["end_road"] = next_way, next_way + len(step.roads)
                for way, road in zip(steps[next_way:], step.roads, strict=False):
                    _fill_step(way, Travel(road), network, draws)
                    _assign_count_columns(way, Travel(road), column)
                next_way += len(step.roads)
        of_vehicles = number >= len(network.routes)
        if of_vehicles and not _has_road_choice(walk):
            _fix_vehicle_visits(own)
        else:
            columns = max(columns, len(column))
        if of_vehicles:
            own["visit_column"][own["verb"] != TRAVEL] = NONE
    rows = np.arange(len(steps))
    alone = (steps["verb"] == TRAVEL) & (steps["first_road"] == NONE)
    steps["first_road"][alone], steps["end_road"][alone] = rows[alone], rows[alone] + 1
    return steps, first, columns


def _assign_count_columns(row: Any, step: Step, column: dict[tuple[str, int], int]) -> None:
    """Says in which columns of `visit_column` the visits of this step are counted."""
    if not isinstance(step, PassGate | Convoy):
        row["visit_column"] = column.setdefault(("visits", step[0]), len(column))
    if row["stopped"] != NONE:
        row["drive_column"] = column.setdefault(("drive_column", step[0]), len(column))


def _fix_vehicle_visits(walk: Table) -> None:
    """A vehicle never goes back: its visits are known where it chooses nothing, and need no counting."""
    for i, row in enumerate(walk):
        if row["verb"] == TRAVEL:
            before = np.count_nonzero((walk["verb"][:i] == TRAVEL) & (walk["place"][:i] == row["place"]))
            for luck in ("work", "stopped", "taken"):
                row[luck] += before
    walk["visit_column"] = walk["drive_column"] = NONE


def _fill_step(row: Any, step: Step, network: Network, draws: Draws) -> None:
    row["verb"] = STEP_TYPES.index(type(step))
    row["place"] = row["stock_place"] = step[0]
    match step:
        case Travel():
            row["choice_rule"] = step.choice_rule
            _set_luck_rows(row, "work", draws, LuckSlot(Purpose.TRAVEL, step.road))
            _set_luck_rows(row, "stopped", draws, LuckSlot(Purpose.INTERCEPTED, step.road))
            _set_luck_rows(row, "taken", draws, LuckSlot(Purpose.TAKEN, step.road))
        case Inspect():
            row["second_place"], row["attempts"] = step.manual_bays, step.attempts
            row["repacking"] = step.repacking_bays
            row["repacking_work"], _ = draws.columns.get(LuckSlot(Purpose.REPACK, step.repacking_bays), (NONE, 0))
            _set_luck_rows(row, "work", draws, LuckSlot(Purpose.INSPECT, step.site))
            _set_luck_rows(row, "manual", draws, LuckSlot(Purpose.MANUAL, step.site))
            _set_luck_rows(row, "manual_work", draws, LuckSlot(Purpose.MANUAL_TIME, step.manual_bays))
            _set_luck_rows(row, "rejected", draws, LuckSlot(Purpose.REJECTED, step.site))
            row["rejected_after_repeat"], _ = draws.repeat_columns.get(
                LuckSlot(Purpose.REJECTED_AFTER, step.site), (NONE, 0)
            )
        case Transfer():
            row["second_place"] = step.platform
            _set_luck_rows(row, "work", draws, LuckSlot(Purpose.TRANSFER, step.bays))
        case Convoy():
            line = network.lines[step.line]
            row["line"], row["stock_place"] = step.line, line.platform if line.platform >= 0 else line.yard
        case Permit():
            row["attempts"] = step.attempts
            _set_luck_rows(row, "work", draws, LuckSlot(Purpose.LEAD, step.office))
        case TakeSlot():
            _set_luck_rows(row, "work", draws, LuckSlot(Purpose.NO_SHOW, step.slots))
        case Offload():
            row["second_place"] = step.store
            _set_luck_rows(row, "work", draws, LuckSlot(Purpose.OFFLOAD, step.warehouse))


def _set_luck_rows(row: Any, name: str, draws: Draws, slot: LuckSlot) -> None:
    """Says where the luck of `slot` lies; all slots of a step have as many sure visits."""
    if slot in draws.columns:
        row[name], row["required_visits"] = draws.columns[slot]
        row[f"{name}_repeat"] = draws.repeat_columns.get(slot, (0, 0))[0] - row["required_visits"]
