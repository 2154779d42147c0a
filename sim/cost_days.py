"""What inbound trucks wait and cost, read off the log. Nothing is set off against anything."""

import numpy as np

from sim.laws import Ints
from sim.measured import Measure
from sim.milestones import MILESTONES
from sim.network import Network
from sim.nodes import PoolNode
from sim.stays import Waited
from sim.task_days import barred_of
from sim.units import DAY_S
from sim.visits import History, Narrow

KG_IN_A_TONNE = 1000


def cost_measures(network: Network, history: History, reached: dict[str, Ints], route: Narrow) -> list[Measure]:
    """Truck-days that inbound trucks wait, and what those of corridors with costs cost, a day after warm-up.

    A tonne's dollars are of tonnes that arrived by these corridors, and contain what was paid for what has not arrived.
    reached : sums by day, see `milestones.daily`. route : of each load.

    waiting_truck_days_per_day [trucks] = days of inbound trucks in a queue (of gates, sites, bays, yards, offices,
        slots and docks, open or closed), or held because the next place has no room, / (T - w); loads on other vehicles
        wait on no truck
    cost_usd_per_day [USD/day] = C / (T - w), C = sum(per_truck n + per_tonne kg / 1000 + per_waiting_day d) over the
        corridors that have `costs`, n trucks and kg dispatched and d truck-days waited; null without any
    cost_usd_per_tonne_arrived [USD/t] = C / tonnes that arrived by these corridors, so that trucks still on the way,
        returned or lost are paid for by what arrived; null where nothing did
    """
    days = network.days - network.warm_up_days
    waited_s = waiting_s(network, history, route)
    dollars, tonnes = _cost(network, reached, waited_s) if network.costs else (None, 0.0)
    return [
        Measure("waiting_truck_days_per_day", "trucks", int(waited_s.sum()) / DAY_S / days),
        Measure("cost_usd_per_day", "USD/day", None if dollars is None else dollars / days),
        Measure("cost_usd_per_tonne_arrived", "USD/t", dollars / tonnes if dollars is not None and tonnes else None),
    ]


def waiting_s(network: Network, history: History, route: Narrow) -> Ints:
    """Seconds that inbound trucks of each route waited after warm-up. Shape (routes,).

    In a queue (while it is open or closed), before a shut road, or held in a lane because the next place has no room.
    What is on another vehicle waits on no truck of its own any more, and the lead time of an office is no queue.
    """
    seconds = np.zeros(len(network.routes), dtype=np.int64)
    for node in network.nodes:
        if not isinstance(node, Waited):
            continue
        visits = history.visits(node.number)
        own = visits.carrier == -1
        spans = [(visits.joined_s, visits.started_s)]
        if isinstance(node, PoolNode):
            spans.append((visits.finished_s, visits.left_s))
        for from_s, to_s in spans:
            waited = _after(network, to_s[own]) - _after(network, from_s[own])
            np.add.at(seconds, route[visits.entity[own]], waited)
    barred = barred_of(history, network)
    own = barred.carrier == -1
    np.add.at(seconds, route[barred.load[own]], (_after(network, barred.to_s) - _after(network, barred.from_s))[own])
    return seconds


def _cost(network: Network, reached: dict[str, Ints], waited_s: Ints) -> tuple[float, float]:
    """US dollars after warm-up of the corridors that have costs, and tonnes that arrived by them."""
    dollars = tonnes = 0.0
    for route, costs in network.costs.items():
        counted = (reached["route"] == route) & (reached["day"] >= network.warm_up_days)
        set_out, arrived = (counted & (reached["milestone"] == MILESTONES.index(m)) for m in ("dispatched", "arrived"))
        dollars += costs.per_truck * int(reached["trucks"][set_out].sum())
        dollars += costs.per_tonne * int(reached["kg"][set_out].sum()) / KG_IN_A_TONNE
        dollars += costs.per_waiting_day * int(waited_s[route]) / DAY_S
        tonnes += int(reached["kg"][arrived].sum()) / KG_IN_A_TONNE
    return dollars, tonnes


def _after(network: Network, time_s: Narrow) -> Ints:
    """Moments as they count: none before warm-up ends, nor after the run."""
    return np.clip(time_s, network.warm_up_days * DAY_S, network.horizon_s).astype(np.int64)
