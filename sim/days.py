"""The places of one replication: calendars by its phases, operating levels and shocks, and when lanes break.

The luck of places belongs to days since the run's start: a higher rate adds shocks and moves none, another place moves
nobody's, and a longer run changes no day. All of it is drawn before the clock starts.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from xxhash import xxh3_128

from sim.breakdowns import breaks_of, share_up, with_breakdowns
from sim.calendars import MARGIN_DAYS, Steps, lowered, scaled_by_day, shortened_by_day
from sim.laws import Floats
from sim.network import Network, OperatingLevel, Purpose, Shock, crc
from sim.nodes import Node, SlotsNode, TimedNode
from sim.outcomes import permission_of, with_answers
from sim.phases import in_phases
from sim.streams import Name, Streams
from sim.task_luck import with_luck
from sim.units import DAY_S

OF_A_SHOCK = (Purpose.SHOCK, Purpose.SHOCK_TIME, Purpose.SHOCK_LENGTH)
STEPS = 100  # of a sum in place of an integral
LEAST_LUCK = 2.0**-54  # luck of 0 itself would lie infinitely far from the mean


def as_drawn(network: Network, seed: int, replication: int) -> Network:
    """The network with the phases, calendars and breakdowns of one replication; the same one without any luck."""
    network = in_phases(network, seed, replication)
    of_nodes = any(breaks_of(node) or permission_of(node) for node in network.nodes)
    if not (network.levels or network.shocks or network.tasks or of_nodes):
        return network
    nodes, told, drawn = list(network.nodes), xxh3_128(network.day_luck.encode()), set(network.drawn)
    hazards: list[OperatingLevel | Shock] = [*network.levels, *network.shocks]
    for hazard in hazards:
        purposes = (Purpose.LEVEL,) if isinstance(hazard, OperatingLevel) else OF_A_SHOCK
        names = np.array([Name(purpose, 0, crc(hazard.key)) for purpose in purposes], dtype=np.uint32)
        streams = Streams(seed, replication, names)
        luck = np.array([streams.span(i, 0, network.days + MARGIN_DAYS) for i in range(len(names))])
        told.update(names.data)
        told.update(luck.data)
        if isinstance(hazard, Shock):
            nodes = [_no_shows_after(node, hazard, *luck) for node in nodes]
        change = _level(hazard, *luck) if isinstance(hazard, OperatingLevel) else _shock(hazard, *luck)
        for place in hazard.places:
            node = nodes[place]
            assert isinstance(node, TimedNode)  # see checks.py
            nodes[place] = replace(node, calendar=change(node.calendar))
            drawn.add(place)
    for own_luck in (with_breakdowns, with_answers):
        nodes = [own_luck(node, seed, replication, network.horizon_s, told) for node in nodes]
    tasks = with_luck(network, seed, replication, told)
    return replace(network, nodes=tuple(nodes), drawn=frozenset(drawn), tasks=tasks, day_luck=told.hexdigest())


def spells(shock: Shock, begins: Floats, at: Floats, length: Floats) -> list[tuple[int, int]]:
    """(from, to) of each shock [s]: whether one begins on a day, when on it, and how long it lasts. Luck by day."""
    days = np.flatnonzero(begins < shock.chance)
    days = days[(shock.first_day <= days) & (days < shock.end_day)]
    from_s = days * DAY_S + (at[days] * DAY_S).astype(np.int64)
    return list(zip(from_s.tolist(), (from_s + shock.lasts.draw(length[days])).tolist(), strict=True))


def _no_shows_after(node: Node, shock: Shock, *luck: Floats) -> Node:
    """Slots whose no-shows are more on the days after those on which the shock was under way; others as they are."""
    told = node.no_show if isinstance(node, SlotsNode) else None
    more = dict(told.after_shocks).get(shock.key) if told else None
    if not isinstance(node, SlotsNode) or told is None or more is None:
        return node
    after = {day + 1 for begins, ends in spells(shock, *luck) for day in range(begins // DAY_S, -(-ends // DAY_S))}
    by_day = told.by_day.copy()
    by_day[np.array([day for day in after if day < len(by_day)], dtype=np.int64)] += more
    return replace(node, no_show=told._replace(by_day=by_day))


def shares(level: OperatingLevel, luck: Floats) -> Floats:
    """The share of each day that is used. Shape of `luck`.

    Days hang together by a first-order autoregression of normal scores (a Gaussian copula; Cario and Nelson 1996), and
    each by itself is Beta with the mean and the coefficient of variation.
    """
    from scipy.special import betaincinv, ndtr, ndtri

    if level.cv == 0:
        return np.full(len(luck), level.mean)
    scores = ndtri(np.maximum(luck, LEAST_LUCK))
    kept, new = level.persistence, np.sqrt(1 - level.persistence**2)
    for day in range(1, len(scores)):
        scores[day] = kept * scores[day - 1] + new * scores[day]
    weight = (1 - level.mean) / (level.mean * level.cv**2) - 1
    return np.asarray(betaincinv(level.mean * weight, (1 - level.mean) * weight, ndtr(scores)))


def expected_share(network: Network, place: int) -> float:
    """What operating levels, shocks and repairs leave of a place in the mean over the run, whatever its hours."""
    left = share_up(network.nodes[place])
    for level in network.levels:
        left *= level.mean if place in level.places else 1.0
    for shock in network.shocks:
        if place in shock.places:
            season = max(0, min(network.days, shock.end_day) - shock.first_day) / network.days
            left *= 1 - season * (1 - _free_of(shock)) * (1 - shock.level)
    return left


def _free_of(shock: Shock) -> float:
    """The share of time in which none is under way, long after its first day: a product over the days before.

    By the middles of so many equally likely lengths, times of day, and times at which one begins.
    """
    middles = (np.arange(STEPS) + 0.5) / STEPS
    lengths = np.sort(shock.lasts.quantile(middles)) / DAY_S
    free = np.ones(STEPS)
    for days_ago in range(int(lengths[-1]) + 2):
        age = days_ago + middles[:, None] - middles
        lasting = (age >= 0) * (1 - np.searchsorted(lengths, age, side="right") / STEPS)
        free *= 1 - shock.chance * lasting.mean(axis=1)
    return float(free.mean())


def _level(level: OperatingLevel, luck: Floats) -> Callable[[Steps], Steps]:
    used = shares(level, luck)
    by_day = shortened_by_day if level.of_hours else scaled_by_day
    return lambda calendar: by_day(calendar, used)


def _shock(shock: Shock, *luck: Floats) -> Callable[[Steps], Steps]:
    spans = spells(shock, *luck)
    return lambda calendar: lowered(calendar, spans, shock.level)
