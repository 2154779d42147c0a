"""How loads choose their corridor, as far as calendars decide it before the run.

Choices by waits are made by the engines during the run, and logged. In luck, all corridors of such a choice form one
group.
"""

import numpy as np
from numpy.typing import NDArray

from sim.calendars import without_repeats
from sim.laws import Ints
from sim.network.corridors import PassGate
from sim.network.flows import Choice
from sim.network.gates import GateNode
from sim.network.network import Network
from sim.rules import FIRST_OPEN, LEAST_WAIT, WITHOUT_END_S, first_open, is_diverted
from sim.units import DAY_S


def routes_by_calendar(network: Network, choice: Choice, created_s: Ints, route: Ints) -> Ints:
    """Returns the route of each load of a source. Shape of `route`, the routes by share.

    For a choice by waits it is a placeholder: the first route.
    """
    routes = np.asarray(choice.routes, dtype=np.int64)
    if choice.rule == LEAST_WAIT:
        return np.full_like(route, routes[0])
    if choice.rule == FIRST_OPEN:
        route = routes[first_open_by_day(network, choice)[created_s // DAY_S]]
    closed, taken = closed_route_bits(network, choice, created_s), route.copy()
    for i, number in enumerate(choice.routes):
        taken[(route == number) & (closed >> i & 1 > 0)] = routes[choice.to]
    return taken


def first_open_by_day(network: Network, choice: Choice) -> Ints:
    """Returns for each day the index of the first route on which every gate opens. Shape (days,).

    By days and not by seconds, because loads are requested at night as well.
    """
    midnights = np.arange(network.days + 1) * DAY_S
    opens = np.ones((choice.many, network.days), dtype=bool)
    for i, number in enumerate(choice.routes[: choice.many]):
        for gate in _gates_of_route(network, number):
            opens[i] &= np.diff(gate.calendar.integral(midnights)) > 0
    return np.array([first_open(day) for day in opens.T.tolist()], dtype=np.int64)


def closed_route_bits(network: Network, choice: Choice, created_s: Ints) -> Ints:
    """Returns a bit for each route: whether a load that would take it is diverted. Shape of `created_s`.

    A border that is closed when the run starts counts as closed from then on.
    """
    closed = np.zeros_like(created_s)
    for i, number in enumerate(choice.routes if choice.after_s < WITHOUT_END_S else ()):
        for gate in _gates_of_route(network, number):
            if gate.border:
                opened = without_repeats(gate.calendar.at_s, np.minimum(gate.calendar.value, 1))
                since_s = np.where(opened.value > 0, WITHOUT_END_S, opened.at_s)
                at = np.searchsorted(opened.at_s, created_s, side="right") - 1
                closed |= np.where(is_diverted(since_s[at], created_s, choice.after_s), 1 << i, 0)
    return closed


def least_wait_choices(network: Network) -> dict[int, Choice]:
    """Returns the choices by waits, by source number."""
    choices = {number: source.choice for number, source in enumerate(network.sources)}
    return {number: choice for number, choice in choices.items() if choice and choice.rule == LEAST_WAIT}


def route_groups(network: Network, source: Ints, route: Ints) -> Ints:
    """Returns the route group of each load, which determines its luck. Shape (n,).

    It is the load's route or, for a choice by waits, the group of all its routes; these groups are numbered from the
    number of routes on, in the order of sources.
    """
    groups = route.copy()
    for i, number in enumerate(least_wait_choices(network)):
        groups[source == number] = len(network.routes) + i
    return groups


def route_group_keys(network: Network) -> list[str]:
    """Returns the key of each route group in digests."""
    keys = [route.key for route in network.routes]
    for choice in least_wait_choices(network).values():
        places = [network.nodes[at].key for at in choice.at]
        keys.append(" ".join(["least wait", *(keys[route] for route in choice.routes), *places, str(choice.to)]))
    return keys


def closed_border_bits(network: Network, source: NDArray[np.int32], created_s: NDArray[np.int32]) -> Ints:
    """Returns a bit for each route from which a load that chooses by waits is diverted. Shape (n,), or (0,)."""
    choices = least_wait_choices(network)
    closed = np.zeros(len(source) if choices else 0, dtype=np.int64)
    for number, choice in choices.items():
        loads = np.flatnonzero(source == number)
        closed[loads] = closed_route_bits(network, choice, created_s[loads].astype(np.int64))
    return closed


def _gates_of_route(network: Network, route: int) -> list[GateNode]:
    """Returns the gates of a route, without repeats."""
    gates = {step.gate for step in network.routes[route].steps if isinstance(step, PassGate)}
    nodes = [network.nodes[gate] for gate in sorted(gates)]
    return [node for node in nodes if isinstance(node, GateNode)]
