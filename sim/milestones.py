"""Milestones read off the log: who reached what, when, with how many trucks, pallets and kilograms.

A count carries its milestone in its name. Trucks are inbound trucks up to offloaded, Gaza-side vehicles from collected
on; a vehicle counts with the flow and corridor of its first pallet. A corridor without the step has no such milestone.
"""

from typing import NamedTuple

import numpy as np

from sim import events as e
from sim.draws import Draws
from sim.laws import Ints
from sim.network import Convoy, GateNode, Inspect, Network, Offload, PassGate, PoolNode, Route, Transfer, Travel
from sim.units import DAY_S
from sim.visits import History

MILESTONES = (
    "requested", "dispatched", "at_crossing", "entered", "rejected", "returned", "turned_away", "offloaded",
    "collected", "arrived",
)  # fmt: skip


class Reached(NamedTuple):
    """One milestone: who reached it when. Shape (n,) int64; kg and pallets 0 in rows that count trucks alone."""

    load: Ints
    time_s: Ints
    trucks: Ints
    pallets: Ints
    kg: Ints


def milestones_of(network: Network, route: Route) -> tuple[str, ...]:
    """The milestones that a corridor has, in order."""
    has = {"requested", "arrived"}
    for step in route.steps:
        if isinstance(step, Travel):
            has.add("dispatched")
        elif isinstance(step, PassGate):
            gate = network.nodes[step.gate]
            has |= {"at_crossing", "entered"} if isinstance(gate, GateNode) and gate.border else set()
        elif isinstance(step, Inspect):
            has |= {"rejected", "returned"}
        elif isinstance(step, Transfer):
            has.add("offloaded")
        elif isinstance(step, Convoy) and network.lines[step.line].fleet >= 0:
            has.add("collected")
        if isinstance(step, Inspect | Transfer | Offload):
            pool = network.nodes[step[0]]
            has |= {"turned_away"} if isinstance(pool, PoolNode) and pool.turn_away else set()
    return tuple(name for name in MILESTONES if name in has)


def reached(history: History, draws: Draws, network: Network) -> dict[str, Reached]:
    """Every milestone that any corridor has."""
    rows = history.rows
    roads = _first_roads(network)[draws.route]
    border = {node.number for node in network.nodes if isinstance(node, GateNode) and node.border}
    warehouses = {s.warehouse for route in network.routes for s in route.steps if isinstance(s, Offload)}
    fleets = {line.fleet for line in network.lines if line.fleet >= 0}

    def whole(at: Ints) -> Reached:
        """Inbound trucks with all that they carry."""
        load = rows["entity"][at].astype(np.int64)
        return Reached(load, history.time_s[at], np.ones_like(load), draws.pallets[load], draws.kg[load])

    def first(at: Ints) -> Ints:
        """The first of these rows for each load on its own truck."""
        at = at[rows["carrier"][at] == -1]
        return at[np.unique(rows["entity"][at], return_index=True)[1]]

    def at_places(kind: int, places: set[int]) -> Ints:
        at = history.of(kind)
        return at[np.isin(rows["place"][at], sorted(places))]

    driving = history.of(e.STARTED)
    driving = driving[rows["place"][driving] == roads[rows["entity"][driving]]]
    offloaded = history.of(e.OFFLOADED)
    offloaded = offloaded[~_stood_there(history, draws)[rows["entity"][offloaded]]]
    parts = _weigh(history, draws)
    return {
        "requested": whole(history.of(e.REQUESTED)),
        "dispatched": whole(first(driving)),
        "at_crossing": whole(first(at_places(e.JOINED, border))),
        "entered": whole(first(at_places(e.PASSED, border))),
        "rejected": whole(history.of(e.REJECTED)),
        "returned": whole(history.of(e.RETURNED)),
        "turned_away": whole(history.of(e.TURNED_AWAY)),
        "offloaded": whole(offloaded),
        "collected": _joined(_vehicles(history, at_places(e.STARTED, fleets)), parts[e.COLLECTED]),
        "arrived": _joined(_vehicles(history, at_places(e.FINISHED, warehouses)), parts[e.ARRIVED]),
    }


def daily(found: dict[str, Reached], draws: Draws, group: Ints) -> dict[str, Ints]:
    """Sums by (day, route, group, milestone): a column each, and trucks, pallets, kg. What never was has no row.

    `group` is a number for each load, (n,); `milestone` is an index into MILESTONES.
    """
    columns = [
        (part.time_s // DAY_S, draws.route[part.load], group[part.load], np.full(len(part.load), i), part)
        for i, part in enumerate(found[name] for name in MILESTONES)
    ]
    keys = np.array([np.concatenate([c[k] for c in columns]) for k in range(4)])
    unique, inverse = np.unique(keys, axis=1, return_inverse=True)
    table = dict(zip(("day", "route", "group", "milestone"), unique, strict=True))
    for name in ("trucks", "pallets", "kg"):
        values = np.concatenate([getattr(c[4], name) for c in columns])
        sums = np.zeros(unique.shape[1], dtype=np.int64)
        np.add.at(sums, inverse, values)
        table[name] = sums
    return table


def _first_roads(network: Network) -> Ints:
    """For each route the road of its first drive, -2 where it has none."""
    firsts = [next((s.road for s in route.steps if isinstance(s, Travel)), -2) for route in network.routes]
    return np.array(firsts, dtype=np.int64)


def _stood_there(history: History, draws: Draws) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which loads stood on a platform when the run started. Shape (n,)."""
    stood = np.zeros(len(draws), dtype=bool)
    at = history.of(e.OFFLOADED)
    place = np.full(len(draws), -1, dtype=np.int64)
    stocked = history.of(e.STOCKED)
    place[history.rows["entity"][stocked]] = history.rows["place"][stocked]
    load = history.rows["entity"][at]
    stood[load] = place[load] == history.rows["place"][at]
    return stood


def _vehicles(history: History, at: Ints) -> Reached:
    """Vehicles, or arriving trucks, counted without what they carry."""
    load = history.rows["entity"][at].astype(np.int64)
    return Reached(load, history.time_s[at], np.ones_like(load), np.zeros_like(load), np.zeros_like(load))


def _weigh(history: History, draws: Draws) -> dict[int, Reached]:
    """The parts that were collected and that arrived, with pallets and kg; the parts of a load add up to its kg."""
    weighed = {}
    for kind in (e.COLLECTED, e.ARRIVED):
        at = history.of(kind)
        load, pallets = history.rows["entity"][at].astype(np.int64), history.rows["pallets"][at].astype(np.int64)
        upto = np.cumsum(pallets)  # rows are sorted by load: subtract what came before the load
        first = np.searchsorted(load, load, side="left")
        upto = upto - (upto[first] - pallets[first]) if len(load) else upto
        whole, kg_of = draws.pallets[load], draws.kg[load]
        kg = np.asarray(kg_of * upto // whole - kg_of * (upto - pallets) // whole, dtype=np.int64)
        weighed[kind] = Reached(load, history.time_s[at], np.zeros_like(load), pallets, kg)
    return weighed


def _joined(one: Reached, other: Reached) -> Reached:
    return Reached(*(np.concatenate(pair) for pair in zip(one, other, strict=True)))
