"""Builds the state of the compiled engine from a network and the draws of one replication. It decides nothing."""

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
    fill_mission_outcomes,
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

TIMING_WHEEL_S = 1 << 15  # those who are due later wait in `far_queue`
# in the order of the kinds in state.py
PLACE_TYPES = (
    GateNode, PoolNode, PlatformNode, YardNode, FleetNode, RoadNode, CeilingNode, StoreNode, OfficeNode, SlotsNode,
    CrewNode, TeamsNode, DepotNode,
)  # fmt: skip

MAX_ROWS_PER_VISIT = {  # log rows of one visit to a step, at most
    Travel: 3,  # barred, started, finished
    PassGate: 2,
    Inspect: 11,  # joined, started, finished; the same at the repacking and the manual bays; rejected, returned
    Transfer: 5,  # joined, started, finished, offloaded; or a vehicle's trip: started, finished
    Convoy: 8,  # joined, mission, started, set out, and its request; or stocked, offloaded
    Offload: 5,  # joined, started, finished, arrived, and fuelled
    Permit: 5,  # joined, started, finished, refused, returned
    TakeSlot: 6,  # joined, manifested, no-show or passed, twice: a no-show joins again
}
INCREMENT_SETTINGS = (Setting.vehicles, Setting.people, Setting.teams)  # `setting_changes` holds their increments
ROWS_PER_LOAD = 2  # requested, routed
# a mission and its request, vehicle started, fuel, set out, finished; a part collected, arrived
ROWS_PER_VEHICLE, ROWS_PER_PART = 9, 2
ROWS_PER_CLOSING = 4  # work broken off at closing time: finished, rejected, joined, started


def build_state(network: Network, draws: Draws) -> EngineState:
    """Returns the state before the first second. Raises ValueError if the run is too large for the keys of queues."""
    calendars = _calendars(network)
    lanes, lane_opens_s, lane_closes_s = lane_open_spans(network)
    steps, first_steps, columns = build_steps(network, draws)
    refusals = fill_refusals(network, steps, first_steps)
    places, free_lanes = _places(network, draws, calendars)
    slot_queues, slot_queue_index = fill_slot_queues(network, places)
    no_show_ppm = fill_no_show_chances(network, places)
    route_options, choice_ranges = fill_route_options(network, first_steps, places)
    equipment, breaks_s, repaired_s = fill_equipment(network, places)
    trucks = _trucks(network, draws, places)
    setting_changes, fuel_users = _setting_changes(network), fill_depots(network, places)
    lines = _lines(network, places, first_steps[len(network.routes) : -1])
    fill_applicants(network, trucks, lines)
    loads = len(draws)
    first_task_row = len(trucks) - len(lines_with_office(network)) - len(network.tasks)
    gate_queues, gate_queue_index, ceilings_over_queue = _gate_queues(network, places)
    weights = [node.group_weights for node in network.nodes if isinstance(node, CeilingNode)]
    return EngineState(
        trucks=trucks,
        places=places,
        lanes=lanes,
        equipment=equipment,
        lines=lines,
        steps=steps,
        clock=_clock(network, draws, places, setting_changes),
        luck=draws.luck,
        repeat_luck=draws.repeat_luck,
        repeat_index=draws.repeat_index,
        visit_counts=np.zeros((len(trucks) if vehicles_choose_roads(network) else loads, columns), dtype=np.int16),
        created_s=draws.created_s.astype(np.int64),
        initial_step=initial_steps(network, draws, first_steps),
        stocked=draws.stocked,
        calendar_at_s=concatenated([calendar.at_s for calendar in calendars]),
        calendar_value=concatenated([calendar.value for calendar in calendars]),
        lane_opens_s=lane_opens_s,
        lane_closes_s=lane_closes_s,
        breaks_s=breaks_s,
        repaired_s=repaired_s,
        free_lanes=free_lanes,
        turns=np.empty((2, len(places)), dtype=np.int64),
        gate_queues=gate_queues,
        gate_queue_index=gate_queue_index,
        ceilings_over_queue=ceilings_over_queue,
        platform_ceilings=np.flatnonzero(places["behind"] != NONE),
        passed_by_group=np.zeros(sum(map(len, weights)), dtype=np.int64),
        group_weights=np.array([*chain(*weights)], dtype=np.int64),
        source=draws.source,
        kg=draws.kg,
        route_options=route_options,
        choice_ranges=choice_ranges,
        closed_border_bits=closed_border_bits(network, draws.source, draws.created_s),
        slot_queues=slot_queues,
        slot_queue_index=slot_queue_index,
        refusals=refusals,
        daily_no_show_ppm=no_show_ppm,
        loss_factors=_loss_factors(network),
        keeps_until_s=draws.keeps_until_s(network),
        setting_changes=setting_changes,
        mission_outcomes=fill_mission_outcomes(network, places),
        rest_ends_s=fill_rests(network, places),
        fuel_users=fuel_users,
        litres_per_pallet=np.array([source.litres_per_pallet for source in network.sources], dtype=np.int64),
        tasks=fill_tasks(network, trucks, first_task_row, loads, int(draws.pallets.sum())),
        impairments=fill_impairments(network, places),
        task_answers=task_answer_rows(network),
        timing_wheel=np.full(TIMING_WHEEL_S, NONE, dtype=np.int32),
        log=np.empty(_max_log_rows(network, draws, len(lane_opens_s)), dtype=ROW_DTYPE),
    )


def _calendars(network: Network) -> list[StepFunction]:
    """Returns the calendar of each place; an empty one if it has none."""
    none = StepFunction(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    return [getattr(node, "calendar", none) for node in network.nodes]


def _places(network: Network, draws: Draws, calendars: list[StepFunction]) -> tuple[Table, Int64Array]:
    """Returns a row for each place, and the heaps of free lanes."""
    places = np.zeros(len(network.nodes), dtype=PLACE)
    ends = np.cumsum([len(calendar.at_s) for calendar in calendars])
    places["end"] = ends
    places["first"] = places["calendar_now"] = ends - [len(calendar.at_s) for calendar in calendars]
    places["kind"] = [PLACE_TYPES.index(type(node)) for node in network.nodes]
    places["wake_s"] = NEVER_S
    for name in (
        "queue", "entry_queue", "room", "equipment", "first_parked", "home_luck", "desk", "behind", "fleet",
        "manifest", "next_manifest",
        "last_round_s", "first_no_show_ppm", "watched_place", "owner", "drivers", "escorts", "first_outcome",
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
    """Returns the queues of gates, desk by desk; each source's queue by place; and the ceilings, queue by queue."""
    lines = sorted(network.gate_queues, key=lambda line: line.desk)
    row = {line.number: i for i, line in enumerate(lines)}
    rows = np.zeros(len(lines), dtype=GATE_QUEUE)
    ends = np.cumsum([len(line.ceilings) for line in lines], dtype=np.int64)
    rows["end"], rows["queue"] = ends, NONE
    rows["first"] = ends - [len(line.ceilings) for line in lines]
    groups = 0
    for number, node in enumerate(network.nodes):
        if isinstance(node, CeilingNode):
            place, queues = places[number], [i for i, line in enumerate(lines) if line.desk == number]
            place["desk"], place["unit"], place["behind"] = node.desk, node.unit, node.platform
            place["period_s"] = node.period_s
            place["first_queue"], place["end_queue"] = (queues[0], queues[-1] + 1) if queues else (0, 0)
            place["first_group"], place["end_group"] = groups, groups + len(node.group_weights)
            groups += len(node.group_weights)
    for i, line in enumerate(lines):
        rows[i]["gate"], rows[i]["group"] = line.gate, places[line.desk]["first_group"] + line.group
        places[line.gate]["desk"] = line.desk
    queue_index = np.full((len(places), len(network.sources)), NONE, dtype=np.int64)
    for (gate, source), number in network.gate_queue_index.items():
        queue_index[gate, source] = row[number]
    return rows, queue_index, np.array([*chain(*(line.ceilings for line in lines))], dtype=np.int64)


def _loss_factors(network: Network) -> Int64Array:
    """Returns the factor of each road and source for the share of lost trucks; empty if nothing can be lost."""
    roads = [node for node in network.nodes if isinstance(node, RoadNode) and node.loss_factors is not None]
    factors = np.zeros((len(network.nodes) if roads else 0, len(network.sources)), dtype=np.int64)
    for road in roads:
        factors[road.number] = [road.loss_factor(source.cargo) for source in network.sources]
    return factors


def _lines(network: Network, places: Table, tails: list[int]) -> Table:
    """Returns a row for each convoy line. `tails` : the first step of each line's vehicles."""
    lines = np.full(len(network.lines), NONE, dtype=LINE)
    lines["waiting"] = 0
    for row, line, tail in zip(lines, network.lines, tails, strict=True):
        row["owner"] = places[line.fleet if line.fleet >= 0 else line.yard]["owner"]
        row["fleet"], row["yard"], row["platform"], row["tail_step"] = line.fleet, line.yard, line.platform, tail
    return lines


def _trucks(network: Network, draws: Draws, places: Table) -> Table:
    """Returns the rows of loads, of all vehicles that can be needed at once, of tasks and of applicants."""
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
    load_rows = trucks[:loads]
    load_rows["load"] = np.arange(loads)
    load_rows["pallet_number"], load_rows["pallets"] = draws.first_pallet, draws.pallets
    ranks = np.append(draws.rank, [task.rank for task in network.tasks]).astype(np.int64)
    rank_index = np.unique(ranks, return_inverse=True)[1]
    load_rows["rank"] = rank_index[:loads]
    first = loads
    for fleet, count in vehicles.items():
        if count:
            trucks["fleet"][first : first + count] = fleet
            trucks["next_in_convoy"][first : first + count - 1] = np.arange(first + 1, first + count)
            places[fleet]["first_parked"] = first
            first += count
    trucks["rank"][first : first + len(network.tasks)] = rank_index[loads:]
    return trucks


def _setting_changes(network: Network) -> Int64Array:
    """Returns what phases change after the first second, in the order of time. Shape (n, 4)."""
    rows = []
    for node in network.nodes:
        current = {setting: value for at_s, setting, value in node.changes if at_s == 0}
        for at_s, setting, value in node.changes:
            value_or_increment = value - current[setting] if setting in INCREMENT_SETTINGS else value
            current[setting] = value
            rows += [(at_s, node.number, int(setting), value_or_increment)] * (at_s > 0)
    return np.array(sorted(rows), dtype=np.int64).reshape(-1, 4)


def _clock(network: Network, draws: Draws, places: Table, changes: Int64Array) -> Table:
    """Returns the clock at the start of the run. Raises ValueError if the keys of queues would need too many bits."""
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
        raise ValueError(f"{draws.pallets.sum()} pallets over {network.days} days are too many: keys of {bits} bits")
    return clock


def _max_log_rows(network: Network, draws: Draws, spans: int) -> int:
    """Returns an upper limit for the rows of the log. `spans` : the number of open spans of lanes.

    A vehicle that leaves part-full has taken the last pallets of some load, and a load is split only by a vehicle that
    is full: so there are at most as many vehicles as loads and full vehicles, and as many parts as loads and vehicles.
    The operating system does not allocate memory that is never touched.
    """
    loads, pallets = max_traffic_by_route(network, draws)
    total = ROWS_PER_CLOSING * spans + max_mission_rows(network) + max_task_rows(network) + max_ration_rows(network)
    for route, route_loads, route_pallets in zip(network.routes, loads.tolist(), pallets.tolist(), strict=True):
        total += route_loads * ROWS_PER_LOAD
        for step, visits in zip(route.steps, max_visits(route), strict=True):
            total += route_loads * visits * MAX_ROWS_PER_VISIT[type(step)]
            if isinstance(step, Convoy) and (fleet := network.lines[step.line].fleet) >= 0:
                tail_rows = sum(MAX_ROWS_PER_VISIT[type(tail_step)] for tail_step in network.lines[step.line].tail)
                fleet_node = network.nodes[fleet]
                assert isinstance(fleet_node, FleetNode)
                vehicles = route_loads + int(route_pallets) // fleet_node.vehicle_pallets + 1
                total += vehicles * (ROWS_PER_VEHICLE + tail_rows) + (route_loads + vehicles) * ROWS_PER_PART
    return total
