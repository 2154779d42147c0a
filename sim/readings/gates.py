"""Use of ceilings day by day, and the share of their limit that was used, computed from the log."""

from typing import NamedTuple

import numpy as np

from sim.laws import Ints, Ints32
from sim.luck.draws import Draws
from sim.network.gates import KG, LITRES, TRUCKS, CeilingNode
from sim.network.network import Network
from sim.readings.records import DailyReadings
from sim.readings.visits import DailyChanges, History, daily_level, midnights
from sim.units import DAY_S


class CeilingVisits(NamedTuple):
    """Visits of trucks and vehicles that a ceiling covers, at its gates. Shape (n,) int64.

    joined_s, passed_s : [s]; passed_s is the run's end if the truck has not passed. amount : in the ceiling's unit.
    """

    joined_s: Ints
    passed_s: Ints
    amount: Ints


def ceiling_visits(history: History, draws: Draws, network: Network, node: CeilingNode) -> CeilingVisits:
    """Returns all visits to gate lines under a ceiling."""
    parts = [CeilingVisits(*np.zeros((3, 0), dtype=np.int64))]
    for gate in sorted({line.gate for line in network.gate_lines if node.number in line.ceilings}):
        lines = (network.gate_lines[network.gate_line[gate, source]] for source in range(len(network.sources)))
        covered = np.array([node.number in line.ceilings for line in lines])
        visits = history.visits(gate)
        under_ceiling = covered[draws.source[visits.entity]]
        load = visits.entity[under_ceiling]
        amount = _load_amounts(draws, network, node)[load]
        parts.append(CeilingVisits(visits.joined_s[under_ceiling], visits.started_s[under_ceiling], amount))
    return CeilingVisits(*(np.concatenate(column).astype(np.int64) for column in zip(*parts, strict=True)))


def _load_amounts(draws: Draws, network: Network, node: CeilingNode) -> Ints | Ints32:
    """Returns what each load uses of a ceiling; 1 for one that counts trucks, or pallets behind it."""
    if node.unit == TRUCKS or node.platform >= 0:
        return np.ones_like(draws.kg)
    if node.unit == LITRES:
        litres = np.array([source.litres for source in network.sources], dtype=np.int64)
        return np.asarray(draws.pallets * litres[draws.source], dtype=np.int64)
    return draws.kg if node.unit == KG else draws.pallets


def ceiling_readings(history: History, draws: Draws, network: Network, node: CeilingNode) -> DailyReadings:
    """Returns the daily readings of a ceiling; of one with a period also what passed, and its limit."""
    visits, days = ceiling_visits(history, draws, network, node), network.days
    joined, passed = (
        DailyChanges.from_events(visits.joined_s, days),
        DailyChanges.from_events(visits.passed_s, days, visits.amount),
    )
    at_end, backlog = daily_level(joined, DailyChanges.from_events(visits.passed_s, days))
    if node.platform >= 0:
        return DailyReadings.from_columns(joined.event_count, passed.event_count, at_end, backlog / DAY_S)
    used, limit = (
        passed.change,
        np.maximum(0, highest_limit_by_day(node, days) - used_earlier_in_period(node, passed.change)),
    )
    return DailyReadings.from_columns(
        joined.event_count, passed.event_count, at_end, backlog / DAY_S, used=used, capacity=limit
    )


def used_earlier_in_period(node: CeilingNode, used: Ints) -> Ints:
    """Returns what was used on earlier days of the same period, given the use of each day. Shape (days,)."""
    days = node.period_s // DAY_S
    upto = np.cumsum(used) - used
    return np.asarray(upto - upto[np.arange(len(used)) // days * days], dtype=np.int64)


def highest_limit_by_day(node: CeilingNode, days: int) -> Ints:
    """Returns the highest limit of each day. Shape (days,)."""
    edges = np.union1d(node.calendar.at_s, midnights(days)[:-1])
    edges = edges[edges < days * DAY_S]
    highest = np.zeros(days, dtype=np.int64)
    np.maximum.at(highest, edges // DAY_S, node.calendar.at(edges))
    return highest
