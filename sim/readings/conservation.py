"""The conservation checks after every run: pallets and kg add up, and no place held more than it has room for.

They are computed from the log. A failure means that the program is wrong, not the scenario.
"""

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
from sim.readings.visits import Bools, History, Int32Array, level_extremes
from sim.units import DAY_S


class ConservationError(Exception):
    """An error of the program: the message says which amounts do not add up."""


def check_conservation(
    network: Network,
    draws: Draws,
    history: History,
    milestones: dict[str, MilestoneEvents],
    readings: dict[int, DailyReadings],
) -> None:
    """Raises ConservationError unless pallets and kg add up and no place ever exceeded its capacity."""
    left = _find_loads_off_truck(draws, history, milestones)
    for quantity in ("pallets", "kg"):
        _check_totals(quantity, network, draws, history, milestones, readings, left)
    _check_vehicle_cargo(draws, history)
    if network.tasks and (fault := task_fault(network, history, len(draws))):
        raise ConservationError(fault)
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
            if (readings[node.number].used > readings[node.number].capacity).any():
                raise ConservationError(f"more passed under {node.name} on a day than its limit")
        elif isinstance(node, OfficeNode):
            if (readings[node.number].used > readings[node.number].capacity).any():
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
    """Raises ConservationError if more slots were given than a day has.

    In the evening, at most the next day's slots are given; at a call, at most the number of loads that did not come.
    """
    given, absent = history.rows(e.MANIFESTED, node.number), history.rows(e.NO_SHOW, node.number)
    evening = given["time_s"] % DAY_S == node.allotted_s
    for_day = np.bincount(given["time_s"][evening] // DAY_S + 1, minlength=days + 1)
    slots = node.calendar.at(np.arange(len(for_day)) * DAY_S + node.first_s)
    at_call = np.unique(absent["time_s"]) if node.refilled else absent["time_s"][:0]
    refilled_slots = np.bincount(absent["time_s"] // DAY_S + 1, minlength=len(for_day))[: len(for_day)] * node.refilled
    if (for_day > slots + refilled_slots).any() or not np.isin(given["time_s"][~evening], at_call).all():
        raise ConservationError(f"{node.name} gave more slots than it has")


def _find_loads_off_truck(draws: Draws, history: History, milestones: dict[str, MilestoneEvents]) -> Bools:
    """Whether each load has left its inbound truck. Shape (n,). Raises ConservationError if one left it twice."""
    gone = np.zeros(len(draws), dtype=bool)
    handed_over, ended_on_truck = (
        history.rows(e.OFFLOADED)["entity"],
        history.ended_parts.load[history.ended_parts.carrier == -1],
    )
    for load in (handed_over, ended_on_truck, milestones["returned"].load, milestones["turned_away"].load):
        if gone[load].any() or np.bincount(load, minlength=1).max() > 1:
            raise ConservationError(f"load {int(load[gone[load]][0]) if gone[load].any() else ''} left its truck twice")
        gone[load] = True
    return gone


def _check_totals(
    quantity: str,
    network: Network,
    draws: Draws,
    history: History,
    milestones: dict[str, MilestoneEvents],
    readings: dict[int, DailyReadings],
    left: Bools,
) -> None:
    """Raises ConservationError unless requests and opening stock equal all ends plus all that is inside.

    Ends: returned, turned away, arrived, intercepted, expired. Inside: on inbound trucks, platforms and vehicles.
    """
    amount: Ints = getattr(draws, quantity)

    def total(name: str) -> int:
        return int(getattr(milestones[name], quantity).sum())

    ended_on_truck = amount[history.ended_parts.load[history.ended_parts.carrier == -1]].sum()
    ended = sum(total(name) for name in END_EVENTS)
    began = amount[history.rows(e.REQUESTED)["entity"]].sum() + amount[history.rows(e.STOCKED)["entity"]].sum()
    handed_over = amount[history.rows(e.OFFLOADED)["entity"]].sum()
    on_trucks = int(amount[~left].sum())
    beyond = int(handed_over + ended_on_truck) - ended  # platforms, vehicles
    if quantity == "pallets":
        on_platforms = sum(
            int(readings[n.number].backlog_end[-1]) for n in network.nodes if isinstance(n, PlatformNode)
        )
        on_vehicles = int(milestones["collected"].pallets.sum() + ended_on_truck) - ended
        if beyond != on_platforms + on_vehicles or on_vehicles < 0:
            raise ConservationError(
                f"{beyond} pallets were handed over, {on_platforms} on platforms, {on_vehicles} on vehicles"
            )
    if began != total("returned") + total("turned_away") + ended + beyond + on_trucks or beyond < 0:
        fates = ", ".join(f"{total(name)} {name}" for name in END_EVENTS)
        raise ConservationError(f"{quantity}: {began} began, but {fates}, and {beyond + on_trucks} are inside")


def _check_vehicle_cargo(draws: Draws, history: History) -> None:
    """Raises ConservationError unless each collected part ends at most once, on its vehicle and undivided."""
    collected, ended = history.collected_parts, history.ended_parts
    collected_part, ended_part = (parts.load * (1 << 32) + parts.carrier for parts in (collected, ended))
    collected_part, ended_part, pallets = (
        np.append(collected_part, -1),
        ended_part[ended.carrier >= 0],
        ended.pallets[ended.carrier >= 0],
    )
    position = np.searchsorted(collected_part[:-1], ended_part)  # past the end: the sentinel, which matches no part
    twice = (collected_part[1:] == collected_part[:-1]).any() or (ended_part[1:] == ended_part[:-1]).any()
    if (
        twice
        or (collected_part[position] != ended_part).any()
        or (np.append(collected.pallets, -1)[position] != pallets).any()
    ):
        raise ConservationError("a vehicle brought other pallets than it had taken")
    collected_pallets = np.bincount(collected.load, collected.pallets, minlength=len(draws))  # exact: far below 2**53
    if (collected_pallets > draws.pallets).any():
        raise ConservationError("more pallets of a load were collected than it has")


def _check_level(
    name: str,
    most: int,
    up_s: Int32Array,
    down_s: Int32Array,
    up: Int32Array | None = None,
    down: Int32Array | None = None,
) -> None:
    """Raises ConservationError if the level is below 0, or above `most`, at the end of any second.

    most : the limit; below 0 there is none. up, down : amounts at `up_s` and `down_s`; 1 each by default.
    """
    lowest, highest = level_extremes(up_s, down_s, up, down)
    if lowest < 0 or (most >= 0 and highest > most):
        raise ConservationError(f"{name} held between {lowest} and {highest}, and has room for {most}")


def _check_intake(
    name: str, limits: Steps, up_s: Int32Array, down_s: Int32Array, up: Int32Array, down: Int32Array
) -> None:
    """Raises ConservationError if the level exceeds the limit of that time in a second in which it rises.

    A level above a limit that has fallen since is allowed.
    """
    seconds, second = np.unique(np.concatenate([up_s, down_s]), return_inverse=True)
    level = np.cumsum(np.bincount(second, np.concatenate([up, -down.astype(np.int64)]), minlength=len(seconds)))
    limit = limits.at(seconds)
    if (np.isin(seconds, up_s) & (limit >= 0) & (level > limit)).any():
        raise ConservationError(f"{name} took in more than it had room for at that time")
