"""What the compiled loop must know of offices and slots: whom they refuse, who waits where, and who may not come.

What the compiled loop must know of corridors that loads choose by waits: where each begins, and which waits.

Depots on the state of the compiled loop: what stands in them, and who draws from them.

What the compiled loop must know of single lanes: for how long they are open, and when they break.

Missions and crews on the state of the compiled loop: what comes of asking, and room for those who rest.

Tasks and teams on the state of the compiled loop: a row each, and what places are until they are done.
"""

from itertools import chain

import numpy as np

from sim.calendars import open_spans
from sim.laws import Ints
from sim.loop.state import EQUIPMENT, IMPAIRMENT, LANE, NEVER_S, NONE, PERMIT, ROUTE_OPTION, SLOT_QUEUE, TASK, Table
from sim.luck.arrivals import concatenated
from sim.luck.choices import least_wait_choices
from sim.luck.draws import Draws
from sim.luck.places import breaks_of, permission_of
from sim.network.base import Setting
from sim.network.convoys import CrewNode
from sim.network.lanes import PoolNode
from sim.network.network import Network
from sim.network.offices import SlotsNode
from sim.network.stock import DepotNode
from sim.rules import NEED_STRETCHES, NO_REQUEST, PERMITTED, next_time_of_day_s, request_carrier
from sim.rules import TASK as OF_A_TASK
from sim.units import HOUR_S


def fill_refusals(network: Network, steps: Table, first: list[int]) -> Ints:
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


def fill_slot_queues(network: Network, places: Table) -> tuple[Table, Ints]:
    """A row for each queue for slots, and the one of each source's loads; says in `places` where they are."""
    kept: list[int] = []
    line = np.full((len(places), len(network.sources)), NONE, dtype=np.int64)
    for node in network.nodes:
        if isinstance(node, SlotsNode):
            place = places[node.number]
            place["first_queue"], place["end_queue"] = len(kept), len(kept) + 1 + len(node.kept)
            line[node.number] = [len(kept) + node.group(source.sector) for source in network.sources]
            kept += [0, *node.kept]
    rows = np.zeros(len(kept), dtype=SLOT_QUEUE)
    rows["queue"], rows["kept"] = NONE, kept
    return rows, line


def fill_no_show_chances(network: Network, places: Table) -> Ints:
    """Of not coming, by day; says in `places` where they are, and at which places somebody looks at waits."""
    by_day: list[Ints] = []
    for node in network.nodes:
        if isinstance(node, SlotsNode) and (told := node.no_show) is not None:
            place = places[node.number]
            place["first_no_show_ppm"] = sum(map(len, by_day))
            place["no_show_ppm_per_hour"], place["watched_place"], place["max_no_shows"] = (
                told.per_hour,
                told.at,
                told.most,
            )
            if told.at >= 0:
                places[told.at]["records_waits"] = 1
            by_day.append(told.by_day)
    return concatenated(by_day)


def fill_route_options(network: Network, first: list[int], places: Table) -> tuple[Table, Ints]:
    """A row for each corridor of each source whose loads choose, and which rows are whose; marks the places.

    first : the first step of each route.
    """
    whose = np.full((len(network.sources), 3), NONE, dtype=np.int64)
    rows: list[tuple[int, int]] = []
    for number, choice in least_wait_choices(network).items():
        begins = len(rows)
        whose[number] = begins, begins + choice.many, begins + choice.to
        unwatched = [NONE] * (len(choice.routes) - choice.many)
        rows += zip((first[route] for route in choice.routes), [*choice.at, *unwatched], strict=True)
        places["records_waits"][list(choice.at)] = 1
    return np.array(rows, dtype=ROUTE_OPTION), whose


def initial_steps(network: Network, draws: Draws, first: list[int]) -> Ints:
    """The step at which each load begins, NOBODY where it is yet to choose its corridor. Shape (n,)."""
    begins = np.array(first, dtype=np.int64)[draws.route] + draws.first_step
    return np.where(draws.route_group < len(network.routes), begins, NONE)


def max_traffic_by_route(network: Network, draws: Draws) -> tuple[Ints, Ints]:
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


def fill_depots(network: Network, places: Table) -> Ints:
    """Who draws, depot by depot in order; fills the rows of the depots. Shape (n, 3)."""
    rows: list[tuple[int, int, int]] = []
    for place, node in zip(places, network.nodes, strict=True):
        if isinstance(node, DepotNode):
            place["content"], place["room"], place["litres"] = node.stock, node.room, node.litres
            place["ration_time_of_day_s"] = node.draws_s
            first_s = next_time_of_day_s(-1, node.draws_s) if node.users else NEVER_S
            place["next_ration_s"] = place["wake_s"] = first_s
            place["first_user"] = len(rows)
            rows += [(user.rank, user.litres, user.leaves) for user in node.users]
            place["end_user"] = len(rows)
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def max_ration_rows(network: Network) -> int:
    """Rows of all draws of the run."""
    return network.days * sum(len(node.users) for node in network.nodes if isinstance(node, DepotNode))


def lane_open_spans(network: Network) -> tuple[Table, Ints, Ints]:
    """For each lane of the pools where work must end in time, or is broken off: when it opens and closes."""
    pools = [node for node in network.nodes if isinstance(node, PoolNode) and node.rule in NEED_STRETCHES]
    spans = [open_spans(node.calendar, lane) for node in pools for lane in range(node.lanes)]
    lanes = np.zeros(len(spans), dtype=LANE)
    many = [len(own) for own in spans]
    lanes["current_span"] = np.cumsum(many) - many
    lanes["longest_s"] = concatenated([node.longest_s for node in pools])
    both = np.array(list(chain(*spans)), dtype=np.int64).reshape(-1, 2)
    return lanes, np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])


def fill_equipment(network: Network, places: Table) -> tuple[Table, Ints, Ints]:
    """A row for each lane that breaks, and when these break and work again; says in `places` where they are."""
    spans: list[Ints] = []
    for place, node in zip(places, network.nodes, strict=True):
        if (breaks := breaks_of(node)) is not None:
            place["equipment"], place["breaks_while_idle"], place["restarts"] = (
                len(spans),
                breaks.always,
                breaks.restarts,
            )
            spans += breaks.spans
    equipment = np.zeros(len(spans), dtype=EQUIPMENT)
    many = [own.shape[1] for own in spans]
    equipment["end"] = np.cumsum(many)
    equipment["first"] = equipment["end"] - many
    return (
        equipment,
        concatenated([breaks_s for breaks_s, _ in spans]),
        concatenated([mended_s for _, mended_s in spans]),
    )


def fill_mission_outcomes(network: Network, places: Table) -> Ints:
    """What comes of asking at each yard; tells the yards where that stands."""
    parts, first = [], 0
    for place, node in zip(places, network.nodes, strict=True):
        permission = permission_of(node)
        if permission is not None and permission.answers is not None:
            parts.append(np.stack(permission.answers, axis=1))
            place["first_answer"] = place["current_outcome"] = first
            first += len(parts[-1])
            place["end_outcome"], place["again_s"] = first, permission.again_s
            place["office"], place["lead_s"] = permission.office, permission.lead_s
    return np.concatenate(parts) if parts else np.zeros((0, 3), dtype=np.int64)


def fill_rests(network: Network, places: Table) -> Ints:
    """Room for each of those who may rest at once; tells the crews where that is."""
    first = 0
    for place, node in zip(places, network.nodes, strict=True):
        if isinstance(node, CrewNode):
            most = int(node.over_time(Setting.people).value.max())
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


def task_answer_rows(network: Network) -> Ints:
    """Of each request of each task the lead time [s], and 1 where it is refused."""
    pairs = [pair for task in network.tasks for pair in zip(task.leads_s, task.refusals, strict=True)]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def fill_impairments(network: Network, places: Table) -> Table:
    """A row each; tells the places where theirs stand."""
    rows = np.zeros(len(network.hindrances), dtype=IMPAIRMENT)
    for i, (row, told) in enumerate(zip(rows, network.hindrances, strict=True)):
        row["task"], row["percent"], row["since_s"] = told.task, told.percent, told.since_s
        place = places[told.place]
        place["first_impairment"] = place["first_impairment"] if place["end_impairment"] else i
        place["end_impairment"] = i + 1
    return rows


def max_task_rows(network: Network) -> int:
    """That tell of tasks."""
    return sum(ROWS_PER_TASK + ROWS_PER_TASK_REQUEST * task.attempts for task in network.tasks)
