"""The state and place of every pallet at the start and at the end of a run, computed from the log.

Each pallet is in one state at one place, so the opening stock and the requests add up to the pallets at the end; this
is checked after every run. Nothing in between is reported.
"""

from typing import Any, NamedTuple

import numpy as np

from sim import events as e
from sim.laws import Ints
from sim.luck.draws import Draws
from sim.network.base import Node
from sim.network.convoys import FleetNode, YardNode
from sim.network.gates import GateNode
from sim.network.network import Network
from sim.network.offices import OfficeNode, SlotsNode
from sim.network.roads import RoadNode
from sim.network.stock import PlatformNode
from sim.readings.conservation import ConservationError
from sim.readings.visits import History, Visits, is_load
from sim.units import HOUR_S

STATES = (
    "waiting",  # in the queue of the place
    "in service",  # in a lane: inspected, moved to a platform or another truck, offloaded
    "held",  # finished at the place; the next has no room
    "on the road",
    "sent back",  # rejected or refused at the place, and not yet in a queue again
    "before the first step",  # the first step has no room
    "on the platform",
    "on vehicles",  # collected; the place is where the vehicle is
    "arrived",
    "returned",
    "turned away",
    "waiting for permission",  # in the queue of an office, or for its answer
    "waiting for a slot",  # or to be called for it
    "refused",  # by an office, for the last time
    "lost",  # on the road that is the place
    "expired",
)
(
    WAITING, IN_SERVICE, HELD, ON_ROAD, SENT_BACK, BEFORE_FIRST_STEP, ON_PLATFORM, ON_VEHICLES, ARRIVED, RETURNED,
    TURNED_AWAY, AWAITING_PERMISSION,
    AWAITING_SLOT, REFUSED, LOST, EXPIRED,
) = range(len(STATES))  # fmt: skip
FATES = {
    e.RETURNED: RETURNED, e.TURNED_AWAY: TURNED_AWAY, e.ARRIVED: ARRIVED, e.INTERCEPTED: LOST, e.EXPIRED: EXPIRED,
}  # fmt: skip
INSIDE = (
    WAITING,
    IN_SERVICE,
    HELD,
    ON_ROAD,
    SENT_BACK,
    BEFORE_FIRST_STEP,
    ON_PLATFORM,
    ON_VEHICLES,
    AWAITING_PERMISSION,
    AWAITING_SLOT,
)


class Whereabouts(NamedTuple):
    """Parts of loads, with their places and states. Shape (n,) int64.

    place : node number, -1 for none. state : index into STATES. since_s : arrival there; below 0 before the run.
    """

    load: Ints
    place: Ints
    state: Ints
    pallets: Ints
    since_s: Ints


def whereabouts_at_start(network: Network, draws: Draws, history: History) -> Whereabouts:
    """Returns the place and state of the opening stock."""
    rows = history.rows(e.STOCKED)
    load, place = rows["entity"].astype(np.int64), rows["place"].astype(np.int64)
    state = np.full(len(place), WAITING)
    for kind, what in ((PlatformNode, ON_PLATFORM), (OfficeNode, AWAITING_PERMISSION), (SlotsNode, AWAITING_SLOT)):
        state[np.isin(place, [node.number for node in network.nodes if isinstance(node, kind)])] = what
    return Whereabouts(load, place, state, draws.pallets[load].astype(np.int64), -draws.age_s[load].astype(np.int64))


def whereabouts_at_end(network: Network, draws: Draws, history: History) -> Whereabouts:
    """Returns the place and state of all goods at the run's last moment.

    Raises ConservationError if a pallet is missing or counted twice.
    """
    pallets, horizon_s = draws.pallets.astype(np.int64), history.horizon_s
    placed = history.rows(e.OFFLOADED)
    on_platform = placed["entity"].astype(np.int64)
    taken = np.bincount(history.collected_parts.load, history.collected_parts.pallets, len(draws)).astype(np.int64)
    parts = [
        Whereabouts(
            on_platform,
            _to_int64(placed["place"]),
            _repeated(ON_PLATFORM, on_platform),
            (pallets - taken)[on_platform],
            _to_int64(placed["time_s"]),
        ),
        *_parts_on_vehicles(network, history),
    ]
    offices = [node.number for node in network.nodes if isinstance(node, OfficeNode)]
    has_left = np.zeros(len(draws), dtype=bool)  # its inbound truck
    has_left[on_platform] = True
    for kind, state in FATES.items():
        rows = history.rows(kind)
        load, logged = rows["entity"].astype(np.int64), _to_int64(rows["value"])
        amount = np.where(logged < 0, pallets[load], logged)
        at_office = (kind == e.RETURNED) & np.isin(rows["place"], offices)
        fate = np.where(at_office, REFUSED, state)
        parts.append(Whereabouts(load, _to_int64(rows["place"]), fate, amount, _repeated(horizon_s, load)))
        has_left[load[rows["carrier"] < 0]] = True
    parts.append(_loads_on_own_trucks(network, history, np.flatnonzero(~has_left), pallets))
    at_end = Whereabouts(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    at_end = Whereabouts(*(column[at_end.pallets > 0] for column in at_end))
    if not np.array_equal(np.bincount(at_end.load, at_end.pallets, len(draws)), pallets):
        raise ConservationError("where all pallets are when the run ends does not add up to those that began")
    at_start = whereabouts_at_start(network, draws, history)
    start_place, age_s = np.full(len(draws), -2), np.zeros(len(draws), dtype=np.int64)
    start_place[at_start.load], age_s[at_start.load] = at_start.place, -at_start.since_s
    unmoved = (at_end.since_s == 0) & (start_place[at_end.load] == at_end.place)
    return at_end._replace(since_s=np.where(unmoved, -age_s[at_end.load], at_end.since_s))


def whereabouts_table(
    network: Network, draws: Draws, kinds: list[tuple[str, str]], kind_of: Ints, history: History
) -> dict[str, Any]:
    """Returns loads and pallets at the start and at the end, by sector, cargo, corridor, place and state.

    kinds : pairs of sector and cargo. kind_of : (n,) the pair of each load. The column `longest_h` is the longest time
    in whole hours for which any of them has been there; nan for goods that are no longer inside. A load that is split
    counts at each of its places.
    """
    moments = ("start", "end")
    at_moments = [moment(network, draws, history) for moment in (whereabouts_at_start, whereabouts_at_end)]
    goods = Whereabouts(*(np.concatenate(columns) for columns in zip(*at_moments, strict=True)))
    now_s = np.repeat([0, history.horizon_s], [len(part.load) for part in at_moments])
    moment = np.repeat([0, 1], [len(part.load) for part in at_moments])
    columns = (moment, kind_of[goods.load], draws.route[goods.load].astype(np.int64), goods.place + 1, goods.state)
    shape = (2, max(len(kinds), 1), len(network.routes), len(network.nodes) + 1, len(STATES))
    rows, row = np.unique(np.ravel_multi_index(columns, shape), return_inverse=True)
    pairs = np.sort(row * len(draws) + goods.load)  # two vehicles at one place may carry the same load
    pairs = pairs[np.flatnonzero(np.diff(pairs, prepend=-1))]
    loads = np.bincount(pairs // max(len(draws), 1), minlength=len(rows))
    waited_s = np.zeros(len(rows), dtype=np.int64)
    np.maximum.at(waited_s, row, now_s - goods.since_s)
    moment, kind, route, place, state = np.unravel_index(rows, shape)
    return {
        "moment": np.array(moments)[moment],
        "sector": np.array([sector for sector, _ in kinds] or [""])[kind],
        "cargo": np.array([cargo for _, cargo in kinds] or [""])[kind],
        "corridor": np.array([route.name for route in network.routes])[route],
        "place": np.array(["", *(node.name for node in network.nodes)])[place],
        "state": np.array(STATES)[state],
        "loads": loads,
        "pallets": np.bincount(row, goods.pallets, len(rows)).astype(np.int64),
        "longest_h": np.where(np.isin(state, INSIDE), waited_s // HOUR_S, np.nan),
    }


def _parts_on_vehicles(network: Network, history: History) -> list[Whereabouts]:
    """Returns the parts that were collected and are under way, at the place of their vehicle or at its fleet."""
    collected, ended = history.collected_parts, history.ended_parts
    collected_part, ended_part = (parts.load * (1 << 32) + parts.carrier for parts in (collected, ended))  # both ascend
    under_way = np.append(ended_part, -1)[np.searchsorted(ended_part, collected_part)] != collected_part
    load, carrier, time_s, pallets = (column[under_way] for column in collected[:4])
    vehicles, vehicle_of_part = np.unique(carrier, return_inverse=True)
    place = np.full(len(vehicles), -1, dtype=np.int64)
    for node in sorted(network.nodes, key=lambda node: not isinstance(node, FleetNode)):  # other places take precedence
        if not isinstance(node, PlatformNode):
            visits = history.visits(node.number)
            present = _presence_mask(node, visits, history.horizon_s) & (visits.carrier >= 0)
            position, is_member = _positions_in(vehicles, visits.carrier[present])
            place[position[is_member]] = node.number
    return [Whereabouts(load, place[vehicle_of_part], _repeated(ON_VEHICLES, load), pallets, time_s)]


def _loads_on_own_trucks(network: Network, history: History, loads: Ints, pallets: Ints) -> Whereabouts:
    """Returns the loads that are still on their inbound trucks."""
    place, state = np.full(len(loads), -1, dtype=np.int64), np.full(len(loads), BEFORE_FIRST_STEP, dtype=np.int64)
    since_s = np.zeros(len(loads), dtype=np.int64)

    def record(load: Any, at_place: Any, in_state: Any, time_s: Any) -> None:
        position, is_member = _positions_in(loads, load)
        later = is_member & (time_s >= since_s[np.minimum(position, len(loads) - 1)]) if len(loads) else is_member
        position = position[later]
        place[position], since_s[position] = np.broadcast_to(at_place, later.shape)[later], time_s[later]
        state[position] = np.broadcast_to(in_state, later.shape)[later]

    for kind, new_state in ((e.REJECTED, SENT_BACK), (e.REFUSED, SENT_BACK), (e.AUTHORISED, HELD)):
        rows = history.rows(kind)
        rows = rows[is_load(rows["carrier"])]
        order = np.argsort(rows["time_s"], kind="stable")
        record(rows["entity"][order], rows["place"][order], new_state, rows["time_s"][order])
    for node in network.nodes:  # passed, but the next place has no room: the latest such place
        if isinstance(node, GateNode | YardNode | SlotsNode):
            visits = history.visits(node.number)
            started = (visits.carrier < 0) & (visits.started_s < history.horizon_s)
            order = np.flatnonzero(started)[np.argsort(visits.started_s[started], kind="stable")]
            record(visits.entity[order], node.number, HELD, visits.started_s[order])
    blocked = history.rows(e.BARRED)
    blocked = blocked[blocked["carrier"] < 0][np.argsort(blocked["time_s"][blocked["carrier"] < 0], kind="stable")]
    record(blocked["entity"], blocked["place"], WAITING, blocked["time_s"])
    for node in network.nodes:
        if not isinstance(node, PlatformNode | FleetNode):
            visits = history.visits(node.number)
            present = _presence_mask(node, visits, history.horizon_s) & (visits.carrier == -1)
            visits = Visits(*(column[present] for column in visits))
            record(visits.entity, node.number, _visit_states(node, visits, history.horizon_s), visits.joined_s)
    return Whereabouts(loads, place, state, pallets[loads], since_s)


def _presence_mask(node: Node, visits: Visits, horizon_s: int) -> Any:
    """Returns which visits have not ended; at gates, yards and slots a visit ends with its start."""
    if isinstance(node, GateNode | YardNode | SlotsNode):
        return visits.started_s == horizon_s
    return (visits.finished_s if isinstance(node, FleetNode) else visits.left_s) == horizon_s


def _visit_states(node: Node, visits: Visits, horizon_s: int) -> Ints:
    """Returns the state of each of the visits that have not ended."""
    finished = visits.finished_s < horizon_s
    if isinstance(node, RoadNode):
        return np.where(finished, HELD, ON_ROAD)
    if isinstance(node, GateNode | YardNode):
        return np.full(len(finished), WAITING)
    if isinstance(node, OfficeNode | SlotsNode):
        return np.full(len(finished), AWAITING_PERMISSION if isinstance(node, OfficeNode) else AWAITING_SLOT)
    return np.where(finished, HELD, np.where(visits.started_s < horizon_s, IN_SERVICE, WAITING))


def _positions_in(members: Ints, numbers: Any) -> tuple[Ints, Any]:
    """Returns the position of each of the numbers in `members`, which ascend, and whether it is one of them."""
    position = np.searchsorted(members, numbers)
    is_member = position < len(members)
    is_member[is_member] = members[position[is_member]] == numbers[is_member]
    return position, is_member


def _to_int64(column: Any) -> Ints:
    return np.asarray(column, dtype=np.int64)


def _repeated(value: int, like: Ints) -> Ints:
    return np.full(len(like), value, dtype=np.int64)
