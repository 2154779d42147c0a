"""How long loads are under way, from dispatch until the last of each has come to its end; read off their log."""

import numpy as np

from sim.draws import Draws
from sim.measured import OUTCOMES, Measure, Transit
from sim.milestones import ENDS, Reached
from sim.network import Network
from sim.units import DAY_S, HOUR_S
from sim.visits import History


def transit(history: History, draws: Draws, found: dict[str, Reached], network: Network) -> Transit:
    """The loads that came after warm-up and before the drain, and the time from dispatch until their last arrived."""
    from_s, until_s = network.warm_up_days * DAY_S, (network.days - network.drain_days) * DAY_S
    n = len(draws)
    dispatched, ended = np.full(n, -1, dtype=np.int64), np.full(n, history.horizon_s, dtype=np.int64)
    dispatched[found["dispatched"].load] = found["dispatched"].time_s
    outcome = np.full(n, OUTCOMES.index("inside"), dtype=np.int64)
    parts, last_s = history.ended, np.zeros(n, dtype=np.int64)
    np.maximum.at(last_s, parts.load, parts.time_s)
    done = np.bincount(parts.load, parts.pallets, n) == draws.pallets
    fate = np.full(n, OUTCOMES.index("arrived"))
    for name in ("expired", "intercepted"):
        fate[parts.load[parts.kind == ENDS[name]]] = OUTCOMES.index(name)
    outcome[done], ended[done] = fate[done], last_s[done]
    for name in ("returned", "turned_away"):
        outcome[found[name].load], ended[found[name].load] = OUTCOMES.index(name), found[name].time_s
    own = np.flatnonzero((dispatched >= 0) & (draws.created_s >= from_s) & (draws.created_s < until_s))
    return Transit(own, outcome[own], ended[own] - dispatched[own])


def transit_times(travelled: Transit) -> list[Measure]:
    """Hours from dispatch to arrival of the dispatched loads that were not sent back, and of which nothing was lost.

    The mean counts those still inside up to the run's end, so it is a lower bound; a quantile among them is unknown.

    transit_h_mean [h] = sum(min(a, end) - d) / n, d the load's first drive and a the arrival of its last pallet, of the
        n loads dispatched that came after warm-up (and before the last `run.drain` days) and were not sent back or
        lost: a lower bound
    transit_h_p50, transit_h_p90 [h] = the ceil(q n)-th shortest a - d of the same loads; null where it lies among those
        that are still inside
    inside_end_loads [loads] = those of the same loads of which something has neither arrived nor been lost at the end
    """
    came, inside = (travelled.outcome == OUTCOMES.index(name) for name in ("arrived", "inside"))
    stayed = int(inside.sum())
    hours = np.sort(travelled.seconds[came]) / HOUR_S
    elapsed = travelled.seconds[came | inside] / HOUR_S

    def quantile(share: float) -> float | None:
        rank = int(np.ceil(share * (len(hours) + stayed))) - 1
        return float(hours[rank]) if 0 <= rank < len(hours) else None

    return [
        Measure("transit_h_mean", "h", float(elapsed.mean()) if len(elapsed) else None),
        Measure("transit_h_p50", "h", quantile(0.5)),
        Measure("transit_h_p90", "h", quantile(0.9)),
        Measure("inside_end_loads", "loads", float(stayed)),
    ]
