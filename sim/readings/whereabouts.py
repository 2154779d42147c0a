"""Where every pallet is when the run starts and when it ends, read off the log: what the counters leave to be asked.

What began is somewhere: each pallet in one state at one place. So what was there at the start and what was requested
add up to what is told of the end, to the pallet; that is checked after every run.
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
    "held",  # all is done at the place, and the next has no room
    "on the road",
    "sent back",  # rejected or refused at the place, and not in a queue again
    "before the first step",  # which has no room
    "on the platform",
    "on vehicles",  # collected; the place is where the vehicle is
    "arrived",
    "returned",
    "turned away",
    "waiting for permission",  # in the queue of an office, or for its answer
    "waiting for a slot",  # or to be called
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
    """Parts of loads, and where they are. Shape (n,) int64.

    place : by number, -1 for none.  state : index into STATES.  since_s : when it came there; below 0 by its age.
    """

    load: Ints
    place: Ints
    state: Ints
    pallets: Ints
    since_s: Ints


def whereabouts_at_start(network: Network, draws: Draws, history: History) -> Whereabouts:
    """What was there when the run started."""
    rows = history.rows(e.STOCKED)
    load, place = rows["entity"].astype(np.int64), rows["place"].astype(np.int64)
    state = np.full(len(place), WAITING)
    for kind, what in ((PlatformNode, ON_PLATFORM), (OfficeNode, AWAITING_PERMISSION), (SlotsNode, AWAITING_SLOT)):
        state[np.isin(place, [node.number for node in network.nodes if isinstance(node, kind)])] = what
    return Whereabouts(load, place, state, draws.pallets[load].astype(np.int64), -draws.age_s[load].astype(np.int64))


def whereabouts_at_end(network: Network, draws: Draws, history: History) -> Whereabouts:
    """Where all that began is at the run's last moment. Raises NotConserved where a pallet is missing or twice."""
    pallets, horizon_s = draws.pallets.astype(np.int64), history.horizon_s
    placed = history.rows(e.OFFLOADED)
    on_pad = placed["entity"].astype(np.int64)
    taken = np.bincount(history.collected_parts.load, history.collected_parts.pallets, len(draws)).astype(np.int64)
    parts = [Whereabouts(on_pad, _to_int64(placed["place"]), _repeated(ON_PLATFORM, on_pad), (pallets - taken)[on_pad],
                   _to_int64(placed["time_s"])), *_parts_on_vehicles(network, history)]  # fmt: skip
    offices = [node.number for node in network.nodes if isinstance(node, OfficeNode)]
    left = np.zeros(len(draws), dtype=bool)  # its own truck
    left[on_pad] = True
    for kind, state in FATES.items():
        rows = history.rows(kind)
        load, told = rows["entity"].astype(np.int64), _to_int64(rows["value"])
        amount = np.where(told < 0, pallets[load], told)
        at_office = (kind == e.RETURNED) & np.isin(rows["place"], offices)
        fate = np.where(at_office, REFUSED, state)
        parts.append(Whereabouts(load, _to_int64(rows["place"]), fate, amount, _repeated(horizon_s, load)))
        left[load[rows["carrier"] < 0]] = True
    parts.append(_loads_on_own_trucks(network, history, np.flatnonzero(~left), pallets))
    there = Whereabouts(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    there = Whereabouts(*(column[there.pallets > 0] for column in there))
    if not np.array_equal(np.bincount(there.load, there.pallets, len(draws)), pallets):
        raise ConservationError("where all pallets are when the run ends does not add up to those that began")
    began = whereabouts_at_start(network, draws, history)
    stood, age_s = np.full(len(draws), -2), np.zeros(len(draws), dtype=np.int64)
    stood[began.load], age_s[began.load] = began.place, -began.since_s
    unmoved = (there.since_s == 0) & (stood[there.load] == there.place)
    return there._replace(since_s=np.where(unmoved, -age_s[there.load], there.since_s))


def whereabouts_table(
    network: Network, draws: Draws, kinds: list[tuple[str, str]], kind_of: Ints, history: History
) -> dict[str, Any]:
    """Loads and pallets at the start and at the end, by sector, cargo, corridor, place and state.

    `kinds` are pairs of sector and cargo, `kind_of` says which each load has. `longest_h`: for how long, in whole
    hours, those have been there that came first; none of what is no longer inside. A load that is split counts
    wherever it is.
    """
    moments = ("start", "end")
    both = [moment(network, draws, history) for moment in (whereabouts_at_start, whereabouts_at_end)]
    there = Whereabouts(*(np.concatenate(columns) for columns in zip(*both, strict=True)))
    now_s = np.repeat([0, history.horizon_s], [len(part.load) for part in both])
    moment = np.repeat([0, 1], [len(part.load) for part in both])
    columns = (moment, kind_of[there.load], draws.route[there.load].astype(np.int64), there.place + 1, there.state)
    shape = (2, max(len(kinds), 1), len(network.routes), len(network.nodes) + 1, len(STATES))
    rows, row = np.unique(np.ravel_multi_index(columns, shape), return_inverse=True)
    pairs = np.sort(row * len(draws) + there.load)  # two vehicles at one place may carry the same load
    pairs = pairs[np.flatnonzero(np.diff(pairs, prepend=-1))]
    loads = np.bincount(pairs // max(len(draws), 1), minlength=len(rows))
    waited_s = np.zeros(len(rows), dtype=np.int64)
    np.maximum.at(waited_s, row, now_s - there.since_s)
    moment, kind, route, place, state = np.unravel_index(rows, shape)
    return {
        "moment": np.array(moments)[moment],
        "sector": np.array([sector for sector, _ in kinds] or [""])[kind],
        "cargo": np.array([cargo for _, cargo in kinds] or [""])[kind],
        "corridor": np.array([route.name for route in network.routes])[route],
        "place": np.array(["", *(node.name for node in network.nodes)])[place],
        "state": np.array(STATES)[state],
        "loads": loads,
        "pallets": np.bincount(row, there.pallets, len(rows)).astype(np.int64),
        "longest_h": np.where(np.isin(state, INSIDE), waited_s // HOUR_S, np.nan),
    }


def _parts_on_vehicles(network: Network, history: History) -> list[Whereabouts]:
    """What was collected and is under way: where its vehicle is, or of which fleet that is."""
    taken, came = history.collected_parts, history.ended_parts
    part, there = (parts.load * (1 << 32) + parts.carrier for parts in (taken, came))  # both ascend
    under_way = np.append(there, -1)[np.searchsorted(there, part)] != part
    load, carrier, time_s, pallets = (column[under_way] for column in taken[:4])
    who, which = np.unique(carrier, return_inverse=True)
    place = np.full(len(who), -1, dtype=np.int64)
    for node in sorted(network.nodes, key=lambda node: not isinstance(node, FleetNode)):  # other places overrule it
        if not isinstance(node, PlatformNode):
            visits = history.visits(node.number)
            here = _is_present(node, visits, history.horizon_s) & (visits.carrier >= 0)
            at, known = _positions_in(who, visits.carrier[here])
            place[at[known]] = node.number
    return [Whereabouts(load, place[which], _repeated(ON_VEHICLES, load), pallets, time_s)]


def _loads_on_own_trucks(network: Network, history: History, who: Ints, pallets: Ints) -> Whereabouts:
    """The loads that are still on the trucks on which they came."""
    place, state = np.full(len(who), -1, dtype=np.int64), np.full(len(who), BEFORE_FIRST_STEP, dtype=np.int64)
    since_s = np.zeros(len(who), dtype=np.int64)

    def tell(load: Any, at_place: Any, in_state: Any, time_s: Any) -> None:
        at, known = _positions_in(who, load)
        later = known & (time_s >= since_s[np.minimum(at, len(who) - 1)]) if len(who) else known
        at = at[later]
        place[at], since_s[at] = np.broadcast_to(at_place, later.shape)[later], time_s[later]
        state[at] = np.broadcast_to(in_state, later.shape)[later]

    for kind, said in ((e.REJECTED, SENT_BACK), (e.REFUSED, SENT_BACK), (e.AUTHORISED, HELD)):
        rows = history.rows(kind)
        rows = rows[is_load(rows["carrier"])]
        order = np.argsort(rows["time_s"], kind="stable")
        tell(rows["entity"][order], rows["place"][order], said, rows["time_s"][order])
    for node in network.nodes:  # who went through and finds no room behind it: the last of these, if no place has it
        if isinstance(node, GateNode | YardNode | SlotsNode):
            visits = history.visits(node.number)
            gone = (visits.carrier < 0) & (visits.started_s < history.horizon_s)
            order = np.flatnonzero(gone)[np.argsort(visits.started_s[gone], kind="stable")]
            tell(visits.entity[order], node.number, HELD, visits.started_s[order])
    barred = history.rows(e.BARRED)
    barred = barred[barred["carrier"] < 0][np.argsort(barred["time_s"][barred["carrier"] < 0], kind="stable")]
    tell(barred["entity"], barred["place"], WAITING, barred["time_s"])
    for node in network.nodes:
        if not isinstance(node, PlatformNode | FleetNode):
            visits = history.visits(node.number)
            here = _is_present(node, visits, history.horizon_s) & (visits.carrier == -1)
            visits = Visits(*(column[here] for column in visits))
            tell(visits.entity, node.number, _visit_states(node, visits, history.horizon_s), visits.joined_s)
    return Whereabouts(who, place, state, pallets[who], since_s)


def _is_present(node: Node, visits: Visits, horizon_s: int) -> Any:
    """Whose visit has not ended: who is through a gate or a yard is gone, and a fleet's vehicle when it is home."""
    if isinstance(node, GateNode | YardNode | SlotsNode):
        return visits.started_s == horizon_s
    return (visits.finished_s if isinstance(node, FleetNode) else visits.left_s) == horizon_s


def _visit_states(node: Node, visits: Visits, horizon_s: int) -> Ints:
    """The state of those who are there."""
    done = visits.finished_s < horizon_s
    if isinstance(node, RoadNode):
        return np.where(done, HELD, ON_ROAD)
    if isinstance(node, GateNode | YardNode):
        return np.full(len(done), WAITING)
    if isinstance(node, OfficeNode | SlotsNode):
        return np.full(len(done), AWAITING_PERMISSION if isinstance(node, OfficeNode) else AWAITING_SLOT)
    return np.where(done, HELD, np.where(visits.started_s < horizon_s, IN_SERVICE, WAITING))


def _positions_in(who: Ints, numbers: Any) -> tuple[Ints, Any]:
    """Where each of the numbers stands in `who`, which ascends, and whether it does."""
    at = np.searchsorted(who, numbers)
    known = at < len(who)
    known[known] = who[at[known]] == numbers[known]
    return at, known


def _to_int64(column: Any) -> Ints:
    return np.asarray(column, dtype=np.int64)


def _repeated(value: int, like: Ints) -> Ints:
    return np.full(len(like), value, dtype=np.int64)
