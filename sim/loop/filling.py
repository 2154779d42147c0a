"""Tables of the engine state by feature, and upper limits for the rows of the log.

Functions that are called `fill_...` also write into other tables where their rows begin and end.
"""

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
from sim.rules import (
    NO_REQUEST,
    PERMITTED,
    RULES_NEEDING_SPANS,
    TASK_CARRIER,
    next_time_of_day_s,
    request_carrier,
)
from sim.units import HOUR_S

STEP_TYPES = (Travel, PassGate, Inspect, Transfer, Convoy, Offload, Permit, TakeSlot)  # in the order of the verbs
ROWS_PER_TASK, ROWS_PER_TASK_REQUEST = 2, 4  # undertaken, concluded; joined, started, finished, refused or authorised


def build_steps(network: Network, draws: Draws) -> tuple[Table, list[int], int]:
    """Returns the steps of all walks, the first step of each walk, and the number of columns of `visit_counts`.

    A walk is a route, or the steps of a line's vehicles, empty for arriving trucks. After the walks come the roads of
    steps that have several, a row each.
    """
    walks = [route.steps for route in network.routes]
    walks += [line.tail if line.fleet >= 0 else () for line in network.lines]  # of vehicles
    first_steps = [0, *accumulate(len(walk) for walk in walks)]
    road_counts = [len(step.roads) for walk in walks for step in walk if isinstance(step, Travel) and step.other_roads]
    steps = np.full(first_steps[-1] + sum(road_counts), NONE, dtype=STEP)
    columns, next_road_row = 0, first_steps[-1]
    for number, walk in enumerate(walks):
        rows_of_walk = steps[first_steps[number] : first_steps[number + 1]]
        column: dict[tuple[str, int], int] = {}
        for row, step, following in zip(rows_of_walk, walk, (*walk[1:], None), strict=False):
            _fill_step(row, step, network, draws)
            if isinstance(step, Transfer) and isinstance(following, Convoy):
                row["line"] = following.line
            if isinstance(step, Inspect):
                row["back_to"] = first_steps[number] + step.back_to
                row["rejection_column"] = column.setdefault(("rejections", step.site), len(column))
            if isinstance(step, Transfer) and step.fleet >= 0:
                row["trip_column"] = column.setdefault(("visits", step.fleet), len(column))
            if isinstance(step, Permit | TakeSlot):
                row["rejection_column"] = column.setdefault(("rejections", step[0]), len(column))
            _assign_count_columns(row, step, column)
            if isinstance(step, Travel) and step.other_roads:
                row["first_road"], row["end_road"] = next_road_row, next_road_row + len(step.roads)
                for road_row, road in zip(steps[next_road_row:], step.roads, strict=False):
                    _fill_step(road_row, Travel(road), network, draws)
                    _assign_count_columns(road_row, Travel(road), column)
                next_road_row += len(step.roads)
        is_vehicle_walk = number >= len(network.routes)
        if is_vehicle_walk and not _has_road_choice(walk):
            _fix_vehicle_visits(rows_of_walk)
        else:
            columns = max(columns, len(column))
        if is_vehicle_walk:
            rows_of_walk["visit_column"][rows_of_walk["verb"] != TRAVEL] = NONE
    rows = np.arange(len(steps))
    alone = (steps["verb"] == TRAVEL) & (steps["first_road"] == NONE)
    steps["first_road"][alone], steps["end_road"][alone] = rows[alone], rows[alone] + 1
    return steps, first_steps, columns


def _fill_step(row: Any, step: Step, network: Network, draws: Draws) -> None:
    """Fills the row of one step, except for the columns that depend on its walk."""
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
    """Writes where the draws of `slot` are. All slots of a step have the same number of required visits."""
    if slot in draws.columns:
        row[name], row["required_visits"] = draws.columns[slot]
        row[f"{name}_repeat"] = draws.repeat_columns.get(slot, (0, 0))[0] - row["required_visits"]


def _assign_count_columns(row: Any, step: Step, column: dict[tuple[str, int], int]) -> None:
    """Writes in which columns of `visit_counts` the visits and drives of this step are counted."""
    if not isinstance(step, PassGate | Convoy):
        row["visit_column"] = column.setdefault(("visits", step[0]), len(column))
    if row["stopped"] != NONE:
        row["drive_column"] = column.setdefault(("drives", step[0]), len(column))


def _fix_vehicle_visits(walk: Table) -> None:
    """Adds the number of earlier drives to the rows of draws of a vehicle, so that its visits need no counting."""
    for i, row in enumerate(walk):
        if row["verb"] == TRAVEL:
            before = np.count_nonzero((walk["verb"][:i] == TRAVEL) & (walk["place"][:i] == row["place"]))
            for name in ("work", "stopped", "taken"):
                row[name] += before
    walk["visit_column"] = walk["drive_column"] = NONE


def vehicles_choose_roads(network: Network) -> bool:
    """Whether vehicles that collect from platforms may come to a choice of roads."""
    return any(line.fleet >= 0 and _has_road_choice(line.tail) for line in network.lines)


def _has_road_choice(steps: tuple[Step, ...]) -> bool:
    """Whether one of the steps is a choice of roads."""
    return any(isinstance(step, Travel) and step.other_roads for step in steps)


def initial_steps(network: Network, draws: Draws, first_steps: list[int]) -> Int64Array:
    """Returns the step at which each load begins, NONE if it chooses its corridor when it is created. Shape (n,)."""
    begins = np.array(first_steps, dtype=np.int64)[draws.route] + draws.first_step
    return np.where(draws.route_group < len(network.routes), begins, NONE)


def fill_route_options(network: Network, first_steps: list[int], places: Table) -> tuple[Table, Int64Array]:
    """Returns the corridors of loads that choose by waits, and `choice_ranges`; marks the places that record waits.

    first_steps : of each route, in the table of steps.
    """
    ranges = np.full((len(network.sources), 3), NONE, dtype=np.int64)
    rows: list[tuple[int, int]] = []
    for number, choice in least_wait_choices(network).items():
        begins = len(rows)
        ranges[number] = begins, begins + choice.candidate_count, begins + choice.divert_to
        unwatched = [NONE] * (len(choice.routes) - choice.candidate_count)
        rows += zip((first_steps[route] for route in choice.routes), [*choice.watched_places, *unwatched], strict=True)
        places["records_waits"][list(choice.watched_places)] = 1
    return np.array(rows, dtype=ROUTE_OPTION), ranges


def fill_refusals(network: Network, steps: Table, first_steps: list[int]) -> Int64Array:
    """Returns source, from and to [s] of each refusal, step by step. `first_steps` : of the walks."""
    rows: list[tuple[int, int, int]] = []
    for number, begins in enumerate(first_steps[: len(network.routes)]):
        for step in steps[begins : first_steps[number + 1]]:
            if step["verb"] == PERMIT:
                office_and_route = (step["place"], number)
                step["first_refusal"] = len(rows)
                rows += [
                    (refusal.source, refusal.from_s, refusal.to_s)
                    for refusal in network.refusals
                    if (refusal.office, refusal.route) == office_and_route
                ]
                step["end_refusal"] = len(rows)
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def fill_slot_queues(network: Network, places: Table) -> tuple[Table, Int64Array]:
    """Returns the queues for slots, and the queue that each source's loads join at each place."""
    kept: list[int] = []
    queue_index = np.full((len(places), len(network.sources)), NONE, dtype=np.int64)
    for node in network.nodes:
        if isinstance(node, SlotsNode):
            place = places[node.number]
            place["first_queue"], place["end_queue"] = len(kept), len(kept) + 1 + len(node.kept)
            queue_index[node.number] = [len(kept) + node.queue_of_sector(source.sector) for source in network.sources]
            kept += [0, *node.kept]
    rows = np.zeros(len(kept), dtype=SLOT_QUEUE)
    rows["queue"], rows["kept"] = NONE, kept
    return rows, queue_index


def fill_no_show_chances(network: Network, places: Table) -> Int64Array:
    """Returns the chances of a no-show by day, place by place [ppm]; marks the places that record waits."""
    by_day: list[Int64Array] = []
    for node in network.nodes:
        if isinstance(node, SlotsNode) and (no_show := node.no_show) is not None:
            place = places[node.number]
            place["first_no_show_ppm"] = sum(map(len, by_day))
            place["no_show_ppm_per_hour"], place["watched_place"], place["max_no_shows"] = (
                no_show.ppm_per_hour,
                no_show.watched_place,
                no_show.max_no_shows,
            )
            if no_show.watched_place >= 0:
                places[no_show.watched_place]["records_waits"] = 1
            by_day.append(no_show.daily_ppm)
    return concatenated(by_day)


def lane_open_spans(network: Network) -> tuple[Table, Int64Array, Int64Array]:
    """Returns the lanes whose closing rule needs open spans, and the beginnings and ends of these spans [s]."""
    pools = [node for node in network.nodes if isinstance(node, PoolNode) and node.closing_rule in RULES_NEEDING_SPANS]
    spans = [open_spans(node.calendar, lane) for node in pools for lane in range(node.lanes)]
    lanes = np.zeros(len(spans), dtype=LANE)
    span_counts = [len(lane_spans) for lane_spans in spans]
    lanes["current_span"] = np.cumsum(span_counts) - span_counts
    lanes["longest_s"] = concatenated([node.longest_s for node in pools])
    rows = np.array(list(chain(*spans)), dtype=np.int64).reshape(-1, 2)
    return lanes, np.ascontiguousarray(rows[:, 0]), np.ascontiguousarray(rows[:, 1])


def fill_equipment(network: Network, places: Table) -> tuple[Table, Int64Array, Int64Array]:
    """Returns the lanes that break, and the beginnings and ends of their breakdowns [s]."""
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
    counts = [downtimes.shape[1] for downtimes in spans]
    equipment["end"] = np.cumsum(counts)
    equipment["first"] = equipment["end"] - counts
    return (
        equipment,
        concatenated([breaks_s for breaks_s, _ in spans]),
        concatenated([repaired_s for _, repaired_s in spans]),
    )


def fill_depots(network: Network, places: Table) -> Int64Array:
    """Returns the users of depots, depot by depot in order, and fills the rows of depots. Shape (n, 3)."""
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


def fill_rests(network: Network, places: Table) -> Int64Array:
    """Returns the circular buffers of rests, large enough for the most people that each crew ever has."""
    first = 0
    for place, node in zip(places, network.nodes, strict=True):
        if isinstance(node, CrewNode):
            capacity = int(node.setting_over_time(Setting.people).value.max())
            place["first_rest"], place["rest_capacity"] = first, capacity
            first += capacity if node.rest_s else 0
    return concatenated([np.zeros(first, dtype=np.int64)])


def fill_mission_outcomes(network: Network, places: Table) -> Int64Array:
    """Returns the outcomes of missions, yard by yard. Shape (n, 3)."""
    parts, first = [], 0
    for place, node in zip(places, network.nodes, strict=True):
        permission = permission_of(node)
        if permission is not None and permission.outcomes is not None:
            parts.append(np.stack(permission.outcomes, axis=1))
            place["first_outcome"] = place["current_outcome"] = first
            first += len(parts[-1])
            place["end_outcome"], place["retry_s"] = first, permission.retry_s
            place["office"], place["lead_s"] = permission.office, permission.lead_s
    return np.concatenate(parts) if parts else np.zeros((0, 3), dtype=np.int64)


def fill_applicants(network: Network, trucks: Table, lines: Table) -> None:
    """Fills the rows of applicants, the last of `trucks`; lines without an office are always permitted."""
    lines["request"] = PERMITTED
    numbers = lines_with_office(network)
    for row, number in enumerate(numbers, len(trucks) - len(numbers)):
        lines[number]["request"], lines[number]["applicant"] = NO_REQUEST, row
        trucks[row]["carrier"], trucks[row]["line"], trucks[row]["step"] = request_carrier(number), number, NONE


def lines_with_office(network: Network) -> list[int]:
    """Returns the lines whose missions need permission of an office."""
    permissions = (permission_of(network.nodes[line.yard]) for line in network.lines)
    return [
        number for number, permission in enumerate(permissions) if permission is not None and permission.office >= 0
    ]


def fill_tasks(network: Network, trucks: Table, first: int, loads: int, pallets: int) -> Table:
    """Returns a row for each task, and fills the rows of `trucks` that stand for tasks.

    first : the first of these rows. loads, pallets : of the run; tasks are numbered above them.
    """
    tasks = np.full(len(network.tasks), NONE, dtype=TASK)
    tasks["refusals"], tasks["done_s"] = 0, NEVER_S
    ends = np.cumsum([task.attempts for task in network.tasks], dtype=np.int64)
    for i, (row, task) in enumerate(zip(tasks, network.tasks, strict=True)):
        row["truck"], row["first_answer"] = first + i, ends[i] - task.attempts
        for name in ("requested_s", "teams", "escorts", "escorted", "office", "again_s", "attempts", "work_s"):
            row[name] = getattr(task, name)
        truck = trucks[first + i]
        truck["task"], truck["carrier"], truck["step"], truck["line"] = i, TASK_CARRIER, NONE, NONE
        truck["load"], truck["pallet_number"] = loads + i, pallets + i
    return tasks


def task_answer_rows(network: Network) -> Int64Array:
    """Returns the lead time [s] of each request of each task, and 1 if it is refused. Shape (n, 2)."""
    pairs = [pair for task in network.tasks for pair in zip(task.leads_s, task.refusals, strict=True)]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def fill_impairments(network: Network, places: Table) -> Table:
    """Returns a row for each impairment."""
    rows = np.zeros(len(network.impairments), dtype=IMPAIRMENT)
    for i, (row, impairment) in enumerate(zip(rows, network.impairments, strict=True)):
        row["task"], row["percent"], row["since_s"] = impairment.task, impairment.speed_pct, impairment.since_s
        place = places[impairment.place]
        place["first_impairment"] = place["first_impairment"] if place["end_impairment"] else i
        place["end_impairment"] = i + 1
    return rows


def max_traffic_by_route(network: Network, draws: Draws) -> tuple[Int64Array, Int64Array]:
    """Returns the most loads, and pallets, that may take each route. Shape (routes,) each.

    A load that may choose among several routes counts on each.
    """
    fixed = draws.route_group < len(network.routes)
    routes, sources = len(network.routes), len(network.sources)
    loads = np.bincount(draws.route[fixed], minlength=routes)
    pallets = np.bincount(draws.route[fixed], draws.pallets[fixed], routes).astype(np.int64)
    source_loads = np.bincount(draws.source[~fixed], minlength=sources)
    source_pallets = np.bincount(draws.source[~fixed], draws.pallets[~fixed], sources).astype(np.int64)
    for number, choice in least_wait_choices(network).items():
        loads[list(choice.routes)] += source_loads[number]
        pallets[list(choice.routes)] += source_pallets[number]
    return loads, pallets


def max_mission_rows(network: Network) -> int:
    """Returns the most log rows of missions that do not set out, and of requests of lines.

    A line attempts at most one mission an hour. An attempt has one row, and four for its request; one more request may
    be pending at the end of the run.
    """
    hours = network.horizon_s // HOUR_S + 1
    attempts = sum(hours for line in network.lines if permission_of(network.nodes[line.yard]) is not None)
    return attempts + 4 * (hours + 1) * len(lines_with_office(network))


def max_task_rows(network: Network) -> int:
    """Returns the most log rows of tasks."""
    return sum(ROWS_PER_TASK + ROWS_PER_TASK_REQUEST * task.attempts for task in network.tasks)


def max_ration_rows(network: Network) -> int:
    """Returns the number of log rows of daily rations."""
    return network.days * sum(len(node.users) for node in network.nodes if isinstance(node, DepotNode))
