"""What stood in a depot, read off the log: litres that came, that users drew, and that trips took."""

from collections.abc import Iterator

import numpy as np

from sim import events as e
from sim.calendars import Steps
from sim.laws import Floats, Ints
from sim.measured import PlaceDays
from sim.network import Network, Offload
from sim.nodes import DepotNode, FleetNode
from sim.units import DAY_S
from sim.visits import History, midnights

SIGNS = ((e.FUELLED, 1), (e.DRAWN, -1), (e.TANKED, -1))


def content_of(history: History, node: DepotNode) -> Steps:
    """The litres in a depot at the end of each second."""
    rows = [(history.rows(kind, node.number), sign) for kind, sign in SIGNS]
    time_s = np.concatenate([np.zeros(1, dtype=np.int64), *(told["time_s"] for told, _ in rows)])
    litres = np.concatenate([np.array([node.stock]), *(told["pallets"].astype(np.int64) * sign for told, sign in rows)])
    at_s, which = np.unique(time_s, return_inverse=True)
    change = np.bincount(which, litres, len(at_s)).astype(np.int64)  # exact: far below 2**53
    return Steps(at_s.astype(np.int64), np.cumsum(change))


def wanted_of(history: History, node: DepotNode) -> tuple[Ints, Ints, Ints, Ints]:
    """Of each draw of a user the day, the number of the user, the litres that it wanted and those that it got."""
    rows = history.rows(e.DRAWN, node.number)
    wanted = np.array([user.litres for user in node.users], dtype=np.int64)
    user = rows["carrier"].astype(np.int64)
    return rows["time_s"].astype(np.int64) // DAY_S, user, wanted[user], rows["pallets"].astype(np.int64)


def depot_days(history: History, network: Network, node: DepotNode) -> PlaceDays:
    """Litres that came, left and stood there; `busy_s` is what users got and `open_s` what they wanted."""
    days, content = network.days, content_of(history, node)
    came, taken = (litres_by_day(history, kind, node, days) for kind in (e.FUELLED, e.TANKED))
    day, _, wanted, got = wanted_of(history, node)
    drawn, asked = (np.bincount(day, column, days).astype(np.int64) for column in (got, wanted))
    edges = midnights(days)
    mean: Floats = np.diff(content.integral(edges)) / DAY_S
    return PlaceDays(came, drawn + taken, content.at(edges[1:] - 1), mean, drawn, np.zeros_like(came), asked)


def litres_by_day(history: History, kind: int, node: DepotNode, days: int) -> Ints:
    """What rows of a kind tell of a depot. Shape (days,)."""
    rows = history.rows(kind, node.number)
    return np.bincount(rows["time_s"] // DAY_S, rows["pallets"], days).astype(np.int64)


def faults(history: History, network: Network, node: DepotNode) -> Iterator[str]:
    """What does not add up: what was there and came is drawn, taken, or there, and never too much or less than nothing.

    What comes is what arrives behind its docks, and each trip of its fleets takes its litres.
    """
    content = content_of(history, node).value
    if content.min() < 0 or (node.room >= 0 and content.max() > max(node.room, node.stock)):
        yield f"{node.name} held between {content.min()} and {content.max()} litres, and has room for {node.room}"
    docks = {step.warehouse for route in network.routes for step in route.steps
             if isinstance(step, Offload) and step.store == node.number}  # fmt: skip
    arrived = sum(int(history.rows(e.ARRIVED, dock)["pallets"].sum()) for dock in docks) * node.litres
    came = int(history.rows(e.FUELLED, node.number)["pallets"].sum())
    if arrived != came:
        yield f"{node.name}: {arrived} litres arrived, and {came} came into it"
    fleets = [fleet for fleet in network.nodes if isinstance(fleet, FleetNode) and fleet.depot == node.number]
    needed = sum(len(history.visits(fleet.number).entity) * fleet.litres for fleet in fleets)
    taken = int(history.rows(e.TANKED, node.number)["pallets"].sum())
    if needed != taken:
        yield f"{node.name}: trips needed {needed} litres, and took {taken}"
    _, _, wanted, got = wanted_of(history, node)
    if (got > wanted).any() or (got < 0).any():
        yield f"{node.name} gave a user more than it wanted"
