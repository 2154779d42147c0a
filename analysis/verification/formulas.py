"""Queues in closed form, or by the equations of a chain. Nothing here knows the program that it is held against."""

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
    """The share that is lost (Erlang 1917)."""
    terms = [offered**n / factorial(n) for n in range(lanes + 1)]
    return terms[-1] / sum(terms)


def erlang_c(offered: float, lanes: int) -> float:
    """The share that waits."""
    lost = erlang_b(offered, lanes)
    return lost / (1 - offered / lanes * (1 - lost))


def pollaczek_khinchin(rate: float, mean: float, second: float) -> float:
    """The mean wait at one lane from the mean and the mean square of services."""
    return rate * second / (2 * (1 - rate * mean))


def second_moment(law: str, mean: float, *shape: float) -> float:
    """E[S^2] of a law by its mean: of `cv`, `k`, the Weibull shape, or of low and high."""
    if law == "lognormal":
        return mean**2 * (1 + shape[0] ** 2)
    if law == "weibull":
        return mean**2 * gamma(1 + 2 / shape[0]) / gamma(1 + 1 / shape[0]) ** 2
    if law == "uniform":
        low, high = shape
        return (low**2 + low * high + high**2) / 3
    return mean**2 * (1 + {"constant": 0.0, "exponential": 1.0, "erlang": 1 / shape[0] if shape else 1.0}[law])


def md1_wait_cdf(rate: float, time: float, t: float) -> float:
    """P(wait <= t) at one lane with constant services (Erlang; Crommelin 1932): a finite sum."""
    late = [rate * (j * time - t) for j in range(int(t / time + 1e-9) + 1)]
    return (1 - rate * time) * sum(x**j / factorial(j) * exp(-x) for j, x in enumerate(late))


def poisson_probabilities(mean: float, most: int) -> Probabilities:
    """P(0), P(1), ... P(most)."""
    return np.array([exp(n * log(mean) - mean - lgamma(n + 1)) for n in range(most + 1)])


def bulk_service_chain(come: Probabilities, most: int, longest: int = 400) -> tuple[Probabilities, Probabilities]:
    """(how many are there just before each departure, how many it leaves behind), where it takes at most so many.

    Bailey's chain (1954): of convoys by a timetable; of a day's ceiling; and, from one service time to the next, of
    lanes with constant services.
    """
    behind = np.eye(1, longest)[0]
    while True:
        there = np.convolve(behind, come)
        left = np.append(there[: most + 1].sum(), there[most + 1 :])[:longest]
        if np.abs(left - behind).max() < 1e-14:
            return there, left
        behind = left


def birth_death_distribution(up: Sequence[float], down: Sequence[float]) -> Probabilities:
    """How often each number is there, by the rates from n to n + 1 and back."""
    weights = np.cumprod([1.0, *(rise / fall for rise, fall in zip(up, down, strict=True))])
    return np.asarray(weights / weights.sum())


def stationary_distribution(start: State, moves: Callable[[Any], Iterable[tuple[Any, float]]]) -> dict[Any, float]:
    """The long run of a Markov chain in continuous time: `moves` tells of a state where it goes at what rates."""
    number, todo, flows = {start: 0}, [start], []
    while todo:
        state = todo.pop()
        for to, rate in moves(state):
            if to not in number:
                number[to] = len(number)
                todo.append(to)
            flows.append((number[state], number[to], rate))
    here, to_, rates = (np.array(column) for column in zip(*flows, strict=True))
    n = len(number)
    balance = csr_array((np.append(rates, -rates), (np.append(to_, here), np.append(here, here))), shape=(n, n))
    sums_to_one = vstack([csr_array(np.ones((1, n))), balance.tocsr()[1:]]).tocsc()
    p = spsolve(sums_to_one, np.eye(1, n)[0])
    return {state: float(p[i]) for state, i in number.items()}


def transient_distribution(p: Probabilities, hours: float, rate: float, down: Sequence[float]) -> Probabilities:
    """Kolmogorov's forward equations: how likely each number of trucks is so many hours after it was as likely as `p`.

    rate : of arrivals; down : of departures, from each number.
    """
    off = np.full(len(p) - 1, float(rate)), np.asarray(down[1:], dtype=np.float64)
    out = np.append(off[0], 0.0) + np.append(0.0, off[1])
    forward = diags_array([-out, *off], offsets=[0, -1, 1]).tocsr()
    return np.asarray(expm_multiply(forward * hours, p))


def dmc_waits(gap_h: float, rate: float, lanes: int, most: int = 120) -> tuple[float, float]:
    """(share that waits, mean wait) of arrivals at fixed gaps at lanes of exponential services: a chain at arrivals."""
    down = np.minimum(np.arange(most + 1), lanes) * rate
    generator = np.diag(-down) + np.diag(down[1:], -1)
    between = expm(generator * gap_h)
    steps = np.array([between[min(n + 1, most)] for n in range(most + 1)])  # who comes finds what is left of n and it
    equations = np.vstack([np.ones(most + 1), (steps.T - np.eye(most + 1))[1:]])
    found = np.linalg.solve(equations, np.eye(1, most + 1)[0])
    before = np.maximum(np.arange(most + 1) - lanes + 1, 0)
    return float(found[lanes:].sum()), float(found @ before) / (lanes * rate)


def gm1_wait_probability(transform: Callable[[float], float], rate: float) -> float:
    """The share that waits at one lane of exponential services: the root of A*(rate (1 - x)) = x below 1."""
    return float(brentq(lambda x: transform(rate * (1 - x)) - x, 1e-9, 1 - 1e-6, xtol=1e-14))


def priority_waits(rests: float, *loads: float) -> list[float]:
    """The mean wait of each rank, the first first, where nobody is thrown off a lane (1954). `rests`: of all ranks."""
    below = np.append(0.0, np.cumsum(loads))
    return [rests / ((1 - high) * (1 - low)) for high, low in pairwise(below)]
