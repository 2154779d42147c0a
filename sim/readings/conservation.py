"""After every run: nothing appeared, nothing vanished, nothing stood where there was no room. Read off the log."""

import numpy as np

from sim import events as e
from sim.calendars import Steps
from sim.laws import Ints
from sim.luck.draws import Draws
from sim.network.base import Setting
from sim.network.convoys import CrewNode, FleetNode
from sim.network.gates import CeilingNode
from sim.network.lanes import PoolNode
from sim.network.network import Network
from sim.network.offices import OfficeNode, SlotsNode
from sim.network.stock import DepotNode, PlatformNode, StoreNode
from sim.network.tasks import TeamsNode
from sim.readings.milestones import END_EVENTS, MilestoneEvents
from sim.readings.places import crew_trips
from sim.readings.records import DailyReadings
from sim.readings.stock import depot_faults, store_inflow
from sim.readings.tasks import task_fault, team_outings
from sim.readings.visits import History, Int32Array, level_extremes
from sim.units import DAY_S

Bools = np.ndarray[tuple[int], np.dtype[np.bool_]]


class ConservationError(Exception):
    """The program is wrong: the message says what does not add up."""


def check_conservation(
    network: Network, draws: Draws, history: History, found: dict[str, MilestoneEvents], days: dict[int, DailyReadings]
) -> None:
    """Raises NotConserved unless pallets and kg add up and no place ever held more than it can."""
    left = _find_loads_off_truck(draws, history, found)
    for quantity in ("pallets", "kg"):
        _check_totals(quantity, network, draws, history, found, days, left)
    _check_vehicle_cargo(draws, history)
    if network.tasks and (wrong := task_fault(network, history, len(draws))):
        raise ConservationError(wrong)
    for node in network.nodes:
        if isinstance(node, PlatformNode):
            placed, taken = history.rows(e.OFFLOADED, node.number), history.rows(e.COLLECTED, node.number)
            room = node.over_time(Setting.room)
            most = int(room.value.max()) if room.value.min() >= 0 else -1
            _check_level(node.name, most, placed["time_s"], taken["time_s"], placed["value"], taken["value"])
            if node.changes:
                _check_intake(node.name, room, placed["time_s"], taken["time_s"], placed["value"], taken["value"])
        elif isinstance(node, PoolNode):
            visits = history.visits(node.number)
            held = visits.started_s < history.horizon_s
            _check_level(node.name, node.lanes, visits.started_s[held], visits.left_s[held])
            if node.number in network.drawn and (visits.lane[held] >= node.calendar.at(visits.started_s[held])).any():
                raise ConservationError(f"{node.name} began something in a lane that was closed")
        elif isinstance(node, StoreNode):
            most = int(store_inflow(history, network, node).content.max(initial=0))
            if most > node.room * DAY_S:
                raise ConservationError(f"{node.name} held {most / DAY_S:.1f} pallets, and has room for {node.room}")
        elif isinstance(node, DepotNode):
            for fault in depot_faults(history, network, node):
                raise ConservationError(fault)
        elif isinstance(node, CeilingNode):
            if (days[node.number].used > days[node.number].capacity).any():
                raise ConservationError(f"more passed under {node.name} on a day than its limit")
        elif isinstance(node, OfficeNode):
            if (days[node.number].used > days[node.number].capacity).any():
                raise ConservationError(f"{node.name} took up more requests on a day than it does")
        elif isinstance(node, SlotsNode):
            _check_slots_given(history, node, network.days)
        elif isinstance(node, FleetNode | CrewNode | TeamsNode):
            if isinstance(node, FleetNode):
                visits, number = history.visits(node.number), node.over_time(Setting.vehicles)
                began_s, back_s = visits.started_s, visits.finished_s
            elif isinstance(node, CrewNode):
                number, (began_s, back_s) = node.over_time(Setting.people), crew_trips(history, network, node)
            else:
                number, (began_s, back_s) = (
                    node.over_time(Setting.teams),
                    team_outings(history, len(draws), network, node),
                )
            _check_level(node.name, int(number.value.max()), began_s, back_s)
            if node.changes:
                one = np.ones(len(began_s), dtype=np.int64)
                _check_intake(node.name, number, began_s, back_s, one, one)


def _check_slots_given(history: History, node: SlotsNode, days: int) -> None:
    """In the evening no more than the next day's slots; at a call no more than those who did not come."""
    given, absent = history.rows(e.MANIFESTED, node.number), history.rows(e.NO_SHOW, node.number)
    evening = given["time_s"] % DAY_S == node.allotted_s
    for_day = np.bincount(given["time_s"][evening] // DAY_S + 1, minlength=days + 1)
    slots = node.calendar.at(np.arange(len(for_day)) * DAY_S + node.first_s)
    at_call = np.unique(absent["time_s"]) if node.refilled else absent["time_s"][:0]
    more = np.bincount(absent["time_s"] // DAY_S + 1, minlength=len(for_day))[: len(for_day)] * node.refilled
    if (for_day > slots + more).any() or not np.isin(given["time_s"][~evening], at_call).all():
        raise ConservationError(f"{node.name} gave more slots than it has")


def _find_loads_off_truck(draws: Draws, history: History, found: dict[str, MilestoneEvents]) -> Bools:
    """Which loads are no longer on the trucks on which they came. Shape (n,)."""
    gone = np.zeros(len(draws), dtype=bool)
    handed_over, own_end = (
        history.rows(e.OFFLOADED)["entity"],
        history.ended_parts.load[history.ended_parts.carrier == -1],
    )
    for load in (handed_over, own_end, found["returned"].load, found["turned_away"].load):
        if gone[load].any() or np.bincount(load, minlength=1).max() > 1:
            raise ConservationError(f"load {int(load[gone[load]][0]) if gone[load].any() else ''} left its truck twice")
        gone[load] = True
    return gone


def _check_totals(
    quantity: str,
    network: Network,
    draws: Draws,
    history: History,
    found: dict[str, MilestoneEvents],
    days: dict[int, DailyReadings],
    left: Bools,
) -> None:
    """Requested and opening stock are returned, turned away, at their end, on a platform, vehicles or their trucks."""
    amount: Ints = getattr(draws, quantity)

    def total(name: str) -> int:
        return int(getattr(found[name], quantity).sum())

    own_end = amount[history.ended_parts.load[history.ended_parts.carrier == -1]].sum()
    ended = sum(total(name) for name in END_EVENTS)
    began = amount[history.rows(e.REQUESTED)["entity"]].sum() + amount[history.rows(e.STOCKED)["entity"]].sum()
    handed_over = amount[history.rows(e.OFFLOADED)["entity"]].sum()
    on_trucks = int(amount[~left].sum())
    beyond = int(handed_over + own_end) - ended  # platforms, vehicles
    if quantity == "pallets":
        on_platforms = sum(int(days[n.number].backlog_end[-1]) for n in network.nodes if isinstance(n, PlatformNode))
        on_vehicles = int(found["collected"].pallets.sum() + own_end) - ended
        if beyond != on_platforms + on_vehicles or on_vehicles < 0:
            raise ConservationError(
                f"{beyond} pallets were handed over, {on_platforms} on platforms, {on_vehicles} on vehicles"
            )
    if began != total("returned") + total("turned_away") + ended + beyond + on_trucks or beyond < 0:
        fates = ", ".join(f"{total(name)} {name}" for name in END_EVENTS)
        raise ConservationError(f"{quantity}: {began} began, but {fates}, and {beyond + on_trucks} are inside")


def _check_vehicle_cargo(draws: Draws, history: History) -> None:
    """Each part of a load is collected by one vehicle, and arrives with it whole, or is lost or has expired whole."""
    taken, brought = history.collected_parts, history.ended_parts
    part, came = (parts.load * (1 << 32) + parts.carrier for parts in (taken, brought))
    part, came, pallets = np.append(part, -1), came[brought.carrier >= 0], brought.pallets[brought.carrier >= 0]
    which = np.searchsorted(part[:-1], came)  # the last if there is none, which is no part of anything
    twice = (part[1:] == part[:-1]).any() or (came[1:] == came[:-1]).any()
    if twice or (part[which] != came).any() or (np.append(taken.pallets, -1)[which] != pallets).any():
        raise ConservationError("a vehicle brought other pallets than it had taken")
    collected = np.bincount(taken.load, taken.pallets, minlength=len(draws))  # exact: far below 2**53
    if (collected > draws.pallets).any():
        raise ConservationError("more pallets of a load were collected than it has")


def _check_level(
    name: str,
    most: int,
    up_s: Int32Array,
    down_s: Int32Array,
    up: Int32Array | None = None,
    down: Int32Array | None = None,
) -> None:
    """At the end of no second the level is below 0 or, where there is a limit, above it."""
    lowest, highest = level_extremes(up_s, down_s, up, down)
    if lowest < 0 or (most >= 0 and highest > most):
        raise ConservationError(f"{name} held between {lowest} and {highest}, and has room for {most}")


def _check_intake(
    name: str, most: Steps, up_s: Int32Array, down_s: Int32Array, up: Int32Array, down: Int32Array
) -> None:
    """At the end of a second in which the level rises it is within what it may be then; more may have stayed before."""
    seconds, which = np.unique(np.concatenate([up_s, down_s]), return_inverse=True)
    level = np.cumsum(np.bincount(which, np.concatenate([up, -down.astype(np.int64)]), minlength=len(seconds)))
    limit = most.at(seconds)
    if (np.isin(seconds, up_s) & (limit >= 0) & (level > limit)).any():
        raise ConservationError(f"{name} took in more than it had room for at that time")
