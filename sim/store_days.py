"""What stood in a store, read off the log: what came, what the outflow took of it, and what was left at any time."""

from typing import NamedTuple

import numpy as np

from sim import events as e
from sim.laws import Ints
from sim.measured import PlaceDays
from sim.network import Network, Offload
from sim.nodes import StoreNode
from sim.units import DAY_S, HOUR_S
from sim.visits import History

HOURS = DAY_S // HOUR_S


class Came(NamedTuple):
    """When pallets came, in the order of time, how many, and what stood there just after each [pallets x s of a day].

    Shape (n,) int64.
    """

    time_s: Ints
    pallets: Ints
    content: Ints


def came(history: History, network: Network, node: StoreNode) -> Came:
    """All that came to a store, by way of any warehouse before it; what had expired takes room there like the rest."""
    before = {s.warehouse for route in network.routes for s in route.steps
              if isinstance(s, Offload) and s.store == node.number}  # fmt: skip
    rows = [history.rows(kind, warehouse) for warehouse in sorted(before) for kind in (e.ARRIVED, e.EXPIRED)]
    arrived = np.concatenate([*rows, history.rows(e.ARRIVED)[:0]])
    order = np.argsort(arrived["time_s"], kind="stable")
    time_s, pallets = (arrived[name][order].astype(np.int64) for name in ("time_s", "pallets"))
    return Came(time_s, pallets, contents(node, time_s, pallets, time_s))


def contents(node: StoreNode, time_s: Ints, pallets: Ints, at_s: Ints) -> Ints:
    """What stands there at the end of each second of `at_s`, which ascends [pallets x seconds of a day].

    What came less what the outflow could have taken, and what it could not since nothing stood there: the largest lack
    up to then, which a store has just before something comes, or now.
    """
    upto = np.append(0, np.cumsum(pallets)) * DAY_S + node.stock * DAY_S
    lack = np.append(0, np.maximum.accumulate(np.maximum(node.calendar.integral(time_s) - upto[:-1], 0)))
    number, flown = np.searchsorted(time_s, at_s, side="right"), node.calendar.integral(at_s)
    return np.asarray(np.maximum(upto[number] - flown + lack[number], 0), dtype=np.int64)


def store_days(history: History, network: Network, node: StoreNode) -> PlaceDays:
    """Pallets that came, were handed out and stood there; `busy_s` is what was handed out and `open_s` the outflow.

    The mean is that of the ends of hours.
    """
    here, days = came(history, network, node), network.days
    hours = np.arange(1, days * HOURS + 1) * HOUR_S - 1
    stood = contents(node, here.time_s, here.pallets, hours)
    joined = np.zeros(days, dtype=np.int64)
    np.add.at(joined, here.time_s // DAY_S, here.pallets)
    at_end = -(-stood[HOURS - 1 :: HOURS] // DAY_S)
    out = joined - np.diff(at_end, prepend=node.stock)
    limit = np.diff(node.calendar.integral(np.arange(days + 1) * DAY_S)) // DAY_S
    mean = stood.reshape(days, HOURS).mean(axis=1) / DAY_S
    return PlaceDays(joined, out, at_end, mean, out, np.zeros_like(out), limit)
