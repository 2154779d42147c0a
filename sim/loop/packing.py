"""Builds the state of the compiled engine from a network and the luck of one replication. It decides nothing."""

from itertools import chain

import numpy as np

from sim.calendars import StepFunction
from sim.events import ROW_DTYPE
from sim.laws import Int64Array
from sim.loop.filling import (
    build_steps,
    fill_applicants,
    fill_depots,
    fill_equipment,
    fill_impairments,
    fill_no_show_chances,
    fill_refusals,
    fill_rests,
    fill_route_options,
    fill_slot_queues,
    fill_tasks,
    initial_steps,
    lane_open_spans,
    lines_with_office,
    max_mission_rows,
    max_ration_rows,
    max_task_rows,
    max_traffic_by_route,
    task_answer_rows,
    vehicles_choose_roads,
)
from sim.loop.filling import fill_mission_outcomes as answers_of
from sim.loop.state import CLOCK, GATE_QUEUE, KEY_BITS, LINE, NEVER_S, NONE, PLACE, TRUCK, EngineState, Table
from sim.luck.arrivals import concatenated
from sim.luck.choices import closed_border_bits
from sim.luck.draws import Draws
from sim.network.base import LuckSlot, Purpose, Setting
from sim.network.convoys import CrewNode, FleetNode, YardNode
from sim.network.corridors import Convoy, Inspect, Offload, PassGate, Permit, TakeSlot, Transfer, Travel, max_visits
from sim.network.gates import CeilingNode, GateNode
from sim.network.lanes import PoolNode
from sim.network.network import Network
from sim.network.offices import OfficeNode, SlotsNode
from sim.network.roads import RoadNode
from sim.network.stock import DepotNode, PlatformNode, StoreNode
from sim.network.tasks import TeamsNode
from sim.rules import RULES_NEEDING_SPANS, next_call_s, next_time_of_day_s
from sim.units import DAY_S

TIMING_WHEEL_S = 1 << 15  # whose time comes later waits in a queue until it is as near as this
# in the order of state.py
PLACE_TYPES = (
    GateNode, PoolNode, PlatformNode, YardNode, FleetNode, RoadNode, CeilingNode, StoreNode, OfficeNode, SlotsNode,
    CrewNode, TeamsNode, DepotNode,
)  # fmt: skip

MAX_ROWS_PER_VISIT = {  # of one visit
    Travel: 3,  # barred, started, finished
    PassGate: 2,
    Inspect: 11,  # joined, started, finished, the same at both bays beside it, rejected, returned
    Transfer: 5,  # joined, started, finished, offloaded; or a vehicle is taken, and home
    Convoy: 8,  # joined, mission, started, set out, and the request for it; or stock, offloaded
    Offload: 5,  # joined, started, finished, arrived, and fuelled
    Permit: 5,  # joined, started, finished, refused, returned
    TakeSlot: 6,  # joined, manifested, no-show or passed; and as much once more
}
INCREMENT_SETTINGS = (Setting.vehicles, Setting.people, Setting.teams)  # what changes tell of these
ROWS_PER_LOAD = 2  # requested, routed
ROWS_PER_VEHICLE, ROWS_PER_PART = (
    9,
    2,
)  # mission, and the request for it, taken, fuel, sets out, home; collected, arrived
ROWS_PER_CLOSING = 4  # of a lane where work may be broken off: finished, rejected, joined, started


def build_state(network: Network, draws: Draws) -> EngineState:
    """The board before the first second. Raises ValueError where the run is too large to be numbered."""
    calendars = _calendars(network)
    lanes, opens_s, closes_s = lane_open_spans(network)
    steps, first, columns = build_steps(network, draws)
    refusals = fill_refusals(network, steps, first)
    places, free = _places(network, draws, calendars)
    slot_lines, slot_line = fill_slot_queues(network, places)
    chances = fill_no_show_chances(network, places)
    options, whose = fill_route_options(network, first, places)
    equipment, breaks_s, mended_s = fill_equipment(network, places)
    trucks = _trucks(network, draws, places)
    changes, users = _setting_changes(network), fill_depots(network, places)
    lines = _lines(network, places, first[len(network.routes) : -1])
    fill_applicants(network, trucks, lines)
    loads = len(draws)
    of_tasks = len(trucks) - len(lines_with_office(network)) - len(network.tasks)
    gate_lines, gate_line, over = _gate_queues(network, places)
    weights = [node.group_weights for node in network.nodes if isinstance(node, CeilingNode)]
    return EngineState(
        trucks=trucks,
        places=places,
        lanes=lanes,
        equipment=equipment,
        lines=lines,
        steps=steps,
        clock=_clock(network, draws, places, changes),
        luck=draws.luck,
        repeat_luck=draws.repeat_luck,
        repeat_index=draws.repeat_index,
        visit_counts=np.zeros((len(trucks) if vehicles_choose_roads(network) else loads, columns), dtype=np.int16),
        created_s=draws.created_s.astype(np.int64),
        initial_step=initial_steps(network, draws, first),
        stocked=draws.stocked,
        calendar_at_s=concatenated([calendar.at_s for calendar in calendars]),
        calendar_value=concatenated([calendar.value for calendar in calendars]),
        lane_opens_s=opens_s,
        lane_closes_s=closes_s,
        breaks_s=breaks_s,
        repaired_s=mended_s,
        free_lanes=free,
        turns=np.empty((2, len(places)), dtype=np.int64),
        gate_queues=gate_lines,
        gate_queue_index=gate_line,
        ceilings_over_queue=over,
        platform_ceilings=np.flatnonzero(places["behind"] != NONE),
        passed_by_group=np.zeros(sum(map(len, weights)), dtype=np.int64),
        group_weights=np.array([*chain(*weights)], dtype=np.int64),
        source=draws.source,
        kg=draws.kg,
        route_options=options,
        choice_ranges=whose,
        closed_border_bits=closed_border_bits(network, draws.source, draws.created_s),
        slot_queues=slot_lines,
        slot_queue_index=slot_line,
        refusals=refusals,
        daily_no_show_ppm=chances,
        loss_factors=_loss_factors(network),
        keeps_until_s=draws.keeps_until_s(network),
        setting_changes=changes,
        mission_outcomes=answers_of(network, places),
        rest_ends_s=fill_rests(network, places),
        fuel_users=users,
        litres_per_pallet=np.array([source.litres_per_pallet for source in network.sources], dtype=np.int64),
        tasks=fill_tasks(network, trucks, of_tasks, loads, int(draws.pallets.sum())),
        impairments=fill_impairments(network, places),
        task_answers=task_answer_rows(network),
        timing_wheel=np.full(TIMING_WHEEL_S, NONE, dtype=np.int32),
        log=np.empty(_max_log_rows(network, draws, len(opens_s)), dtype=ROW_DTYPE),
    )


def _calendars(network: Network) -> list[StepFunction]:
    """The calendar of each place; an empty one where it has none."""
    none = StepFunction(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    return [getattr(node, "calendar", none) for node in network.nodes]


def _places(network: Network, draws: Draws, calendars: list[StepFunction]) -> tuple[Table, Int64Array]:
    """A row a place, and the heaps of free lanes."""
    places = np.zeros(len(network.nodes), dtype=PLACE)
    ends = np.cumsum([len(calendar.at_s) for calendar in calendars])
    places["end"] = ends
    places["first"] = places["calendar_now"] = ends - [len(calendar.at_s) for calendar in calendars]
    places["kind"] = [PLACE_TYPES.index(type(node)) for node in network.nodes]
    places["wake_s"] = NEVER_S
    for name in (
        "queue", "entry_queue", "room", "equipment", "first_parked", "home_luck", "desk", "behind", "fleet",
        "manifest", "next_manifest",
        "last_round_s", "first_no_show_ppm", "watched_place", "owner", "drivers", "escorts", "first_answer",
        "vehicles_changed_s", "office", "depot",
    ):  # fmt: skip
        places[name] = NONE
    lanes = spans = 0
    for place, node in zip(places, network.nodes, strict=True):
        match node:
            case PoolNode():
                place["closing_rule"], place["room"], place["turns_away"] = (
                    node.closing_rule,
                    node.room,
                    node.turns_away,
                )
                place["free"], place["heap_first"], place["first_lane"] = node.lanes, lanes, spans
                place["fleet"] = node.fleet
                lanes += node.lanes
                spans += node.lanes if node.closing_rule in RULES_NEEDING_SPANS else 0
            case PlatformNode():
                place["room"], place["next_day"] = node.room, node.next_day
            case StoreNode():
                place["room"], place["content"] = node.room, node.initial_pallets * DAY_S
            case YardNode():
                place["min"], place["max"], place["patience_s"] = node.min, node.max, node.patience_s
                place["first_s"], place["every_s"] = node.first_s, node.every_s
                place["owner"], place["escorts"], place["escorted"] = (
                    node.dispatcher,
                    node.escorts,
                    node.vehicles_per_escort,
                )
            case OfficeNode():
                place["requests_per_day"], place["every_s"] = node.requests, node.retry_s
            case SlotsNode():
                place["slots_at_full"], place["allotted_s"], place["first_s"] = (
                    node.slots_at_full,
                    node.allotted_s,
                    node.first_s,
                )
                place["every_s"], place["batch"], place["refilled"] = node.every_s, node.batch, node.refilled
                first_s = next_call_s(-1, node.first_s, node.every_s)
                place["wake_s"] = min(first_s, next_time_of_day_s(-1, node.allotted_s))
            case FleetNode():
                place["free"], place["capacity"] = node.vehicles, node.vehicle_pallets
                place["owner"], place["drivers"] = node.dispatcher, node.drivers
                place["depot"], place["litres"], place["reserve_litres"] = (
                    node.depot,
                    node.litres_per_trip,
                    node.reserve_litres,
                )
                place["home_luck"] = draws.columns.get(LuckSlot(Purpose.HOME, node.number), (NONE, 0))[0]
            case RoadNode():
                place["intercepts"] = node.loss_factors is not None
                place["missions"], place["within"], place["mean_s"] = node.missions, node.within, node.mean_s
                place["free_flow_vehicles"], place["slowdown_per_vehicle"], place["min_speed_pct"] = (
                    node.free_flow_vehicles,
                    node.slowdown_per_vehicle,
                    node.min_speed_pct,
                )
            case CrewNode():
                place["free"], place["rest_s"], place["owner"] = node.people, node.rest_s, node.dispatcher
            case TeamsNode():
                place["free"], place["owner"] = node.teams, node.dispatcher
    heaps = [np.arange(node.lanes) for node in network.nodes if isinstance(node, PoolNode)]
    return places, concatenated(heaps)


def _gate_queues(network: Network, places: Table) -> tuple[Table, Int64Array, Int64Array]:
    """A row a line, desk by desk; the line at each place of each source's loads; and the ceilings over the lines."""
    lines = sorted(network.gate_queues, key=lambda line: line.desk)
    row = {line.number: i for i, line in enumerate(lines)}
    rows = np.zeros(len(lines), dtype=GATE_QUEUE)
    ends = np.cumsum([len(line.ceilings) for line in lines], dtype=np.int64)
    rows["end"], rows["queue"] = ends, NONE
    rows["first"] = ends - [len(line.ceilings) for line in lines]
    groups = 0
    for number, node in enumerate(network.nodes):
        if isinstance(node, CeilingNode):
            place, own = places[number], [i for i, line in enumerate(lines) if line.desk == number]
            place["desk"], place["unit"], place["behind"] = node.desk, node.unit, node.platform
            place["period_s"] = node.period_s
            place["first_queue"], place["end_queue"] = (own[0], own[-1] + 1) if own else (0, 0)
            place["first_group"], place["end_group"] = groups, groups + len(node.group_weights)
            groups += len(node.group_weights)
    for i, line in enumerate(lines):
        rows[i]["gate"], rows[i]["group"] = line.gate, places[line.desk]["first_group"] + line.group
        places[line.gate]["desk"] = line.desk
    joins = np.full((len(places), len(network.sources)), NONE, dtype=np.int64)
    for (gate, source), number in network.gate_queue_index.items():
        joins[gate, source] = row[number]
    return rows, joins, np.array([*chain(*(line.ceilings for line in lines))], dtype=np.int64)


def _loss_factors(network: Network) -> Int64Array:
    """By which the share of trucks that lose all is multiplied, by place and source; empty where nothing is lost."""
    roads = [node for node in network.nodes if isinstance(node, RoadNode) and node.loss_factors is not None]
    factors = np.zeros((len(network.nodes) if roads else 0, len(network.sources)), dtype=np.int64)
    for road in roads:
        factors[road.number] = [road.loss_factor(source.cargo) for source in network.sources]
    return factors


def _lines(network: Network, places: Table, tails: list[int]) -> Table:
    lines = np.full(len(network.lines), NONE, dtype=LINE)
    lines["waiting"] = 0
    for row, line, tail in zip(lines, network.lines, tails, strict=True):
        row["owner"] = places[line.fleet if line.fleet >= 0 else line.yard]["owner"]
        row["fleet"], row["yard"], row["platform"], row["tail_step"] = line.fleet, line.yard, line.platform, tail
    return lines


def _trucks(network: Network, draws: Draws, places: Table) -> Table:
    """A row a load, one for each vehicle that can ever be needed at once, which stands parked, and for who asks."""
    loads, pallets = len(draws), int(draws.pallets.sum())
    fleets = [node for node in network.nodes if isinstance(node, FleetNode)]
    trips = max(sum(isinstance(step, Transfer) for step in route.steps) for route in network.routes)
    needed = max(pallets, loads * trips)
    vehicles = {node.number: min(int(node.setting_over_time(Setting.vehicles).value.max()), needed) for node in fleets}
    trucks = np.empty(
        loads + sum(vehicles.values()) + len(network.tasks) + len(lines_with_office(network)), dtype=TRUCK
    )
    for name in (
        "carrier",
        "next_in_convoy",
        "held_pool",
        "reserved_ceiling",
        "carried_by",
        "taken_over_by",
        "task",
        "activity",
    ):
        trucks[name] = NONE
    trucks["is_lost"] = 0
    trucks["escorts"] = 0
    own = trucks[:loads]
    own["load"] = np.arange(loads)
    own["pallet_number"], own["pallets"] = draws.first_pallet, draws.pallets
    ranks = np.append(draws.rank, [task.rank for task in network.tasks]).astype(np.int64)
    in_order = np.unique(ranks, return_inverse=True)[1]
    own["rank"] = in_order[:loads]
    first = loads
    for fleet, many in vehicles.items():
        if many:
            trucks["fleet"][first : first + many] = fleet
            trucks["next_in_convoy"][first : first + many - 1] = np.arange(first + 1, first + many)
            places[fleet]["first_parked"] = first
            first += many
    trucks["rank"][first : first + len(network.tasks)] = in_order[loads:]
    return trucks


def _setting_changes(network: Network) -> Int64Array:
    """What phases change after the first second, in the order of time."""
    rows = []
    for node in network.nodes:
        had = {setting: value for at_s, setting, value in node.changes if at_s == 0}
        for at_s, setting, value in node.changes:
            more = value - had[setting] if setting in INCREMENT_SETTINGS else value
            had[setting] = value
            rows += [(at_s, node.number, int(setting), more)] * (at_s > 0)
    return np.array(sorted(rows), dtype=np.int64).reshape(-1, 4)


def _clock(network: Network, draws: Draws, places: Table, changes: Int64Array) -> Table:
    clock = np.zeros(1, dtype=CLOCK)
    clock["horizon_s"] = network.horizon_s
    clock["next_change_s"] = changes[0, 0] if len(changes) else NEVER_S
    clock["wake_s"] = places["wake_s"].min(initial=NEVER_S)
    clock["refill_s"] = NEVER_S
    for name in ("far_queue", "ready", "fired", "serving", "blocked_by_tasks"):
        clock[name] = NONE
    clock["time_bits"] = network.horizon_s.bit_length()
    clock["number_bits"] = int(draws.pallets.sum() + len(network.tasks)).bit_length()
    ranks = len({*draws.rank.tolist(), *(task.rank for task in network.tasks)}).bit_length()
    if (bits := ranks + int(clock["time_bits"][0] + clock["number_bits"][0])) > KEY_BITS:
        raise ValueError(f"{draws.pallets.sum()} pallets over {network.days} days are too many: {bits} bits")
    return clock


def _max_log_rows(network: Network, draws: Draws, stretches: int) -> int:
    """No log of this run can be longer. Memory that it does not come to use is never touched.

    A vehicle that leaves part-full has taken the last pallets of some load, and a load is split only by a vehicle that
    is full: so there are at most as many vehicles as loads and full vehicles, and as many parts as loads and vehicles.
    """
    loads, pallets = max_traffic_by_route(network, draws)
    total = ROWS_PER_CLOSING * stretches + max_mission_rows(network) + max_task_rows(network) + max_ration_rows(network)
    for route, many, carried in zip(network.routes, loads.tolist(), pallets.tolist(), strict=True):
        total += many * ROWS_PER_LOAD
        for step, visits in zip(route.steps, max_visits(route), strict=True):
            total += many * visits * MAX_ROWS_PER_VISIT[type(step)]
            if isinstance(step, Convoy) and (fleet := network.lines[step.line].fleet) >= 0:
                tail = sum(MAX_ROWS_PER_VISIT[type(other)] for other in network.lines[step.line].tail)
                node = network.nodes[fleet]
                assert isinstance(node, FleetNode)
                vehicles = many + int(carried) // node.vehicle_pallets + 1
                total += vehicles * (ROWS_PER_VEHICLE + tail) + (many + vehicles) * ROWS_PER_PART
    return total
