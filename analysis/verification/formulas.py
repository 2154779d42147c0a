"""Queueing theory: closed forms and the equations of Markov chains. This module does not use the program under test."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import pairwise
from math import exp, factorial, gamma, lgamma, log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm
from scipy.optimize import brentq
from scipy.sparse import csr_array, diags_array, vstack
from scipy.sparse.linalg import expm_multiply, spsolve

Probabilities = NDArray[np.float64]
State = Hashable


def erlang_b(offered: float, lanes: int) -> float:
    """Returns the share of arrivals that is lost (Erlang 1917); `offered` is the offered load in lanes."""
    terms = [offered**n / factorial(n) for n in range(lanes + 1)]
    return terms[-1] / sum(terms)


def erlang_c(offered: float, lanes: int) -> float:
    """Returns the share of arrivals that waits in M/M/c (Erlang 1917); `offered` is the offered load in lanes."""
    lost = erlang_b(offered, lanes)
    return lost / (1 - offered / lanes * (1 - lost))


def pollaczek_khinchin(rate: float, mean: float, second: float) -> float:
    """Returns the mean wait in M/G/1 from the mean and the second moment of the service time."""
    return rate * second / (2 * (1 - rate * mean))


def second_moment(law: str, mean: float, *shape: float) -> float:
    """Returns E[S^2] of a distribution with this mean.

    shape : cv (lognormal), k (Erlang), shape (Weibull), or low and high (uniform).
    """
    if law == "lognormal":
        return mean**2 * (1 + shape[0] ** 2)
    if law == "weibull":
        return mean**2 * gamma(1 + 2 / shape[0]) / gamma(1 + 1 / shape[0]) ** 2
    if law == "uniform":
        low, high = shape
        return (low**2 + low * high + high**2) / 3
    return mean**2 * (1 + {"constant": 0.0, "exponential": 1.0, "erlang": 1 / shape[0] if shape else 1.0}[law])


def md1_wait_cdf(rate: float, time: float, t: float) -> float:
    """Returns P(wait <= t) in M/D/1 (Erlang; Crommelin 1932), a finite sum."""
    late = [rate * (j * time - t) for j in range(int(t / time + 1e-9) + 1)]
    return (1 - rate * time) * sum(x**j / factorial(j) * exp(-x) for j, x in enumerate(late))


def poisson_probabilities(mean: float, most: int) -> Probabilities:
    """Returns P(0), P(1), ..., P(most) of a Poisson distribution."""
    return np.array([exp(n * log(mean) - mean - lgamma(n + 1)) for n in range(most + 1)])


def bulk_service_chain(arrivals: Probabilities, most: int, longest: int = 400) -> tuple[Probabilities, Probabilities]:
    """Returns the distributions of the number in the system just before and just after a departure of at most `most`.

    arrivals : distribution of the arrivals between two departures.  longest : number of states.

    Bailey's chain (1954). It covers convoys with a timetable, a daily ceiling and, from one service time to the
    next, lanes
    with constant services.
    """
    behind = np.eye(1, longest)[0]
    while True:
        before = np.convolve(behind, arrivals)
        after = np.append(before[: most + 1].sum(), before[most + 1 :])[:longest]
        if np.abs(after - behind).max() < 1e-14:
            return before, after
        behind = after


def birth_death_distribution(up: Sequence[float], down: Sequence[float]) -> Probabilities:
    """Returns the stationary distribution, from the rates `up` (n to n + 1) and `down` (n + 1 to n)."""
    weights = np.cumprod([1.0, *(rise / fall for rise, fall in zip(up, down, strict=True))])
    return np.asarray(weights / weights.sum())


def stationary_distribution(start: State, moves: Callable[[Any], Iterable[tuple[Any, float]]]) -> dict[Any, float]:
    """Returns the stationary distribution of a continuous-time Markov chain on the states reachable from `start`.

    moves : yields (next state, rate) for a state.
    """
    index_of, todo, flows = {start: 0}, [start], []
    while todo:
        state = todo.pop()
        for to, rate in moves(state):
            if to not in index_of:
                index_of[to] = len(index_of)
                todo.append(to)
            flows.append((index_of[state], index_of[to], rate))
    sources, targets, rates = (np.array(column) for column in zip(*flows, strict=True))
    n = len(index_of)
    balance = csr_array(
        (np.append(rates, -rates), (np.append(targets, sources), np.append(sources, sources))), shape=(n, n)
    )
    sums_to_one = vstack([csr_array(np.ones((1, n))), balance.tocsr()[1:]]).tocsc()
    p = spsolve(sums_to_one, np.eye(1, n)[0])
    return {state: float(p[i]) for state, i in index_of.items()}


def transient_distribution(p: Probabilities, hours: float, rate: float, down: Sequence[float]) -> Probabilities:
    """Returns the distribution of the number in the system after `hours`, by Kolmogorov's forward equations.

    p : the distribution before.  rate : arrivals per hour.  down : departures per hour, by the number in the system.
    """
    off = np.full(len(p) - 1, float(rate)), np.asarray(down[1:], dtype=np.float64)
    out = np.append(off[0], 0.0) + np.append(0.0, off[1])
    forward = diags_array([-out, *off], offsets=[0, -1, 1]).tocsr()
    return np.asarray(expm_multiply(forward * hours, p))


def dmc_waits(gap_h: float, rate: float, lanes: int, most: int = 120) -> tuple[float, float]:
    """Returns (share that waits, mean wait) of D/M/c, from the chain embedded at arrivals.

    gap_h : time between arrivals.  rate : services per hour of each lane.  most : largest number in the system.
    """
    down = np.minimum(np.arange(most + 1), lanes) * rate
    generator = np.diag(-down) + np.diag(down[1:], -1)
    between = expm(generator * gap_h)
    steps = np.array(
        [between[min(n + 1, most)] for n in range(most + 1)]
    )  # an arrival finds what is left of n and the arrival before
    equations = np.vstack([np.ones(most + 1), (steps.T - np.eye(most + 1))[1:]])
    p = np.linalg.solve(equations, np.eye(1, most + 1)[0])
    before = np.maximum(np.arange(most + 1) - lanes + 1, 0)
    return float(p[lanes:].sum()), float(p @ before) / (lanes * rate)


def gm1_wait_probability(transform: Callable[[float], float], rate: float) -> float:
    """Returns the share that waits in G/M/1: the root of A*(rate (1 - x)) = x below 1.

    transform : Laplace transform A* of the time between arrivals.  rate : services per hour.
    """
    return float(brentq(lambda x: transform(rate * (1 - x)) - x, 1e-9, 1 - 1e-6, xtol=1e-14))


def priority_waits(residual_work: float, *loads: float) -> list[float]:
    """Returns the mean wait of each rank with non-preemptive priority (Cobham 1954), the highest priority first.

    residual_work : mean residual work of all ranks.  loads : utilisation by each rank.
    """
    below = np.append(0.0, np.cumsum(loads))
    return [residual_work / ((1 - high) * (1 - low)) for high, low in pairwise(below)]
