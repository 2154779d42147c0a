"""The luck of places in one replication, drawn before the run: operating levels, shocks, breakdowns, missions, tasks.

Each number has an owner, so that another place, a longer run or another parameter changes no other number:

- Operating levels and shocks: place and day since the run's start. A higher rate adds shocks and moves none.
- Breakdowns: place, lane and number of the breakdown; one number each for the time up and the repair.
- Missions: yard and hour since the run's start; one number each for outcome and delay. Shares are stacked from the
  worst outcome to the best, so that better shares make no hour worse. All lines of a yard share them.
- Tasks: task and occurrence; one number for the work, and one each for lead time and answer of each request.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, count

import numpy as np
from xxhash import xxh3_128

from sim.calendars import MARGIN_DAYS, Steps, lowered, scaled_by_day, shortened_by_day
from sim.laws import Floats, Ints
from sim.luck.changes import draw_phases
from sim.luck.streams import StreamName, Streams
from sim.network.base import Node, Purpose, Slot, TimedNode, crc
from sim.network.changes import OperatingLevel, Shock
from sim.network.convoys import Answers, Permission, YardNode
from sim.network.lanes import Breaks, PoolNode
from sim.network.network import Network
from sim.network.offices import SlotsNode
from sim.network.tasks import Task
from sim.rules import IMPEDED, NOT_ASKED
from sim.units import DAY_S, HOUR_S

SHOCK_PURPOSES = (Purpose.SHOCK, Purpose.SHOCK_TIME, Purpose.SHOCK_LENGTH)
INTEGRATION_STEPS = 100
MIN_UNIFORM = 2.0**-54  # the normal score of 0 would be infinite
LANE_PURPOSES = (Purpose.BREAKS, Purpose.REPAIR)
MISSION_PURPOSES = (Purpose.OUTCOME, Purpose.DELAY)
TASK_PURPOSES = (Purpose.TASK_TIME, Purpose.TASK_LEAD, Purpose.TASK_ANSWER)


def draw_network(network: Network, seed: int, replication: int) -> Network:
    """Draws phases, calendars, breakdowns, missions and tasks; returns the network, unchanged if it has no luck."""
    network = draw_phases(network, seed, replication)
    nodes_have_luck = any(breaks_of(node) or permission_of(node) for node in network.nodes)
    if not (network.levels or network.shocks or network.tasks or nodes_have_luck):
        return network
    nodes, digest, drawn = list(network.nodes), xxh3_128(network.day_luck.encode()), set(network.drawn)
    hazards: list[OperatingLevel | Shock] = [*network.levels, *network.shocks]
    for hazard in hazards:
        purposes = (Purpose.LEVEL,) if isinstance(hazard, OperatingLevel) else SHOCK_PURPOSES
        names = np.array([StreamName(purpose, 0, crc(hazard.key)) for purpose in purposes], dtype=np.uint32)
        streams = Streams(seed, replication, names)
        luck = np.array([streams.uniforms(i, 0, network.days + MARGIN_DAYS) for i in range(len(names))])
        digest.update(names.data)
        digest.update(luck.data)
        if isinstance(hazard, Shock):
            nodes = [_with_shock_no_shows(node, hazard, *luck) for node in nodes]
        change = _level_change(hazard, *luck) if isinstance(hazard, OperatingLevel) else _shock_change(hazard, *luck)
        for place in hazard.places:
            node = nodes[place]
            assert isinstance(node, TimedNode)  # see checks.py
            nodes[place] = replace(node, calendar=change(node.calendar))
            drawn.add(place)
    for draw in (draw_breakdowns, draw_mission_outcomes):
        nodes = [draw(node, seed, replication, network.horizon_s, digest) for node in nodes]
    tasks = draw_tasks(network, seed, replication, digest)
    return replace(network, nodes=tuple(nodes), drawn=frozenset(drawn), tasks=tasks, day_luck=digest.hexdigest())


def shock_spans(shock: Shock, begins: Floats, at: Floats, length: Floats) -> list[tuple[int, int]]:
    """Returns (from, to) of each shock [s].

    begins, at, length : luck of each day: whether a shock begins, at what time of the day, and how long it lasts.
    """
    days = np.flatnonzero(begins < shock.chance)
    days = days[(shock.first_day <= days) & (days < shock.end_day)]
    from_s = days * DAY_S + (at[days] * DAY_S).astype(np.int64)
    return list(zip(from_s.tolist(), (from_s + shock.lasts.draw(length[days])).tolist(), strict=True))


def _with_shock_no_shows(node: Node, shock: Shock, *luck: Floats) -> Node:
    """Returns slots with more no-shows on the days after a shock; other nodes unchanged."""
    no_show = node.no_show if isinstance(node, SlotsNode) else None
    added_ppm = dict(no_show.after_shocks).get(shock.key) if no_show else None
    if not isinstance(node, SlotsNode) or no_show is None or added_ppm is None:
        return node
    after = {day + 1 for begins, ends in shock_spans(shock, *luck) for day in range(begins // DAY_S, -(-ends // DAY_S))}
    by_day = no_show.by_day.copy()
    by_day[np.array([day for day in after if day < len(by_day)], dtype=np.int64)] += added_ppm
    return replace(node, no_show=no_show._replace(by_day=by_day))


def daily_shares(level: OperatingLevel, luck: Floats) -> Floats:
    """Returns the share of each day that is used. Shape of `luck`.

    Days follow a first-order autoregression of normal scores (a Gaussian copula; Cario and Nelson 1996). Each day is
    Beta with the given mean and coefficient of variation.
    """
    from scipy.special import betaincinv, ndtr, ndtri

    if level.cv == 0:
        return np.full(len(luck), level.mean)
    scores = ndtri(np.maximum(luck, MIN_UNIFORM))
    carried, innovation = level.persistence, np.sqrt(1 - level.persistence**2)
    for day in range(1, len(scores)):
        scores[day] = carried * scores[day - 1] + innovation * scores[day]
    weight = (1 - level.mean) / (level.mean * level.cv**2) - 1
    return np.asarray(betaincinv(level.mean * weight, (1 - level.mean) * weight, ndtr(scores)))


def expected_availability(network: Network, place: int) -> float:
    """Returns the mean share of a place's open capacity that operating levels, shocks and repairs leave."""
    left = lane_availability(network.nodes[place])
    for level in network.levels:
        left *= level.mean if place in level.places else 1.0
    for shock in network.shocks:
        if place in shock.places:
            season = max(0, min(network.days, shock.end_day) - shock.first_day) / network.days
            left *= 1 - season * (1 - _shock_free_share(shock)) * (1 - shock.level)
    return left


def _shock_free_share(shock: Shock) -> float:
    """Returns the long-run share of time without a shock: a product over the days before.

    Integrates numerically over the length, the time of day and the beginning, with INTEGRATION_STEPS midpoints each.
    """
    middles = (np.arange(INTEGRATION_STEPS) + 0.5) / INTEGRATION_STEPS
    lengths = np.sort(shock.lasts.quantile(middles)) / DAY_S
    free = np.ones(INTEGRATION_STEPS)
    for days_ago in range(int(lengths[-1]) + 2):
        age = days_ago + middles[:, None] - middles
        lasting = (age >= 0) * (1 - np.searchsorted(lengths, age, side="right") / INTEGRATION_STEPS)
        free *= 1 - shock.chance * lasting.mean(axis=1)
    return float(free.mean())


def _level_change(level: OperatingLevel, luck: Floats) -> Callable[[Steps], Steps]:
    used = daily_shares(level, luck)
    by_day = shortened_by_day if level.of_hours else scaled_by_day
    return lambda calendar: by_day(calendar, used)


def _shock_change(shock: Shock, *luck: Floats) -> Callable[[Steps], Steps]:
    spans = shock_spans(shock, *luck)
    return lambda calendar: lowered(calendar, spans, shock.level)


def breaks_of(node: Node) -> Breaks | None:
    """Returns the breakdown settings of a place, None if it never breaks down."""
    return node.breaks if isinstance(node, PoolNode) else None


def draw_breakdowns(node: Node, seed: int, replication: int, horizon_s: int, digest: xxh3_128) -> Node:
    """Returns a pool with all breakdowns of one replication, and updates `digest`; other nodes unchanged."""
    if not isinstance(node, PoolNode) or node.breaks is None:
        return node
    lanes = range(node.lanes)
    names = [StreamName(purpose, 0, crc(node.key), visit=lane) for lane in lanes for purpose in LANE_PURPOSES]
    streams = Streams(seed, replication, names)
    digest.update(np.array(names, dtype=np.uint32).data)
    spans = tuple(
        _breakdown_spans(node.breaks, streams, len(LANE_PURPOSES) * lane, horizon_s, digest) for lane in lanes
    )
    return replace(node, breaks=node.breaks._replace(spans=spans))


def breakdown_inputs(network: Network) -> Iterator[tuple[str, Ints]]:
    """Yields the name and integers of all breakdowns, by place."""
    for node in network.nodes:
        if (breaks := breaks_of(node)) is not None:
            for lane, spans in enumerate(breaks.spans):
                yield f"{node.key} breaks {lane}", spans


def lane_availability(node: Node) -> float:
    """Returns the long-run availability of a lane; work that has to begin again is not included."""
    breaks = breaks_of(node)
    if breaks is None:
        return 1.0
    up_s = breaks.after.mean_value()
    return up_s / (up_s + breaks.lasts.mean_value())


def _breakdown_spans(breaks: Breaks, streams: Streams, first: int, horizon_s: int, digest: xxh3_128) -> Ints:
    """Returns when a lane breaks down and is repaired, before the horizon of its clock. Shape (2, n) [s]."""
    expected = horizon_s / (breaks.after.mean_value() + breaks.lasts.mean_value())
    for times in count(1):  # the number drawn at a time does not change any number
        luck = np.array(
            [streams.uniforms(first + i, 0, times * int(2 + 1.2 * expected)) for i in range(len(LANE_PURPOSES))]
        )
        repair_s = breaks.lasts.draw(luck[1])
        mended_s = np.cumsum(breaks.after.draw(luck[0]) + repair_s)
        spans = np.array([mended_s - repair_s, mended_s])
        if spans[0, -1] >= horizon_s:
            break
    before = int(np.searchsorted(spans[0], horizon_s))
    digest.update(np.ascontiguousarray(luck[:, :before]).data)
    return np.ascontiguousarray(spans[:, :before])


def permission_of(node: Node) -> Permission | None:
    """Returns what missions need at a place, None if they need nothing."""
    return node.permission if isinstance(node, YardNode) else None


def draw_mission_outcomes(node: Node, seed: int, replication: int, horizon_s: int, digest: xxh3_128) -> Node:
    """Returns a yard with the outcomes of one replication, and updates `digest`; other nodes unchanged."""
    permission = permission_of(node)
    if permission is None:
        return node
    names = np.array([StreamName(purpose, 0, crc(node.key)) for purpose in MISSION_PURPOSES], dtype=np.uint32)
    streams = Streams(seed, replication, names)
    luck = np.array([streams.uniforms(i, 0, horizon_s // HOUR_S) for i in range(len(MISSION_PURPOSES))])
    digest.update(names.data)
    digest.update(luck.data)
    return replace(node, permission=permission._replace(answers=outcomes_over_time(permission, *luck)))  # type: ignore[call-arg]


def outcomes_over_time(permission: Permission, outcome_luck: Floats, delay_luck: Floats) -> Answers:
    """Returns the outcome and the delay over time. outcome_luck, delay_luck : (hours,) in [0, 1)."""
    end_s = len(outcome_luck) * HOUR_S
    edges = np.concatenate([[from_s for from_s, _ in permission.shares], permission.needed.at_s])
    at_s = np.union1d(np.arange(0, end_s, HOUR_S), edges[edges < end_s]).astype(np.int64)
    hour, outcome = at_s // HOUR_S, np.zeros(len(at_s), dtype=np.int64)
    for from_s, upto in permission.shares:
        later = at_s >= from_s
        outcome[later] = np.searchsorted(upto[:-1], outcome_luck[hour[later]], side="right")
    outcome[permission.needed.at(at_s) == 0] = NOT_ASKED
    delay_s = np.zeros(len(at_s), dtype=np.int64)
    if permission.delay is not None:
        delay_s = np.where(outcome == IMPEDED, permission.delay.draw(delay_luck)[hour], 0).astype(np.int64)
    changes = np.append(True, (np.diff(outcome) != 0) | (np.diff(delay_s) != 0))
    return Answers(at_s[changes], outcome[changes], delay_s[changes])


def mission_inputs(network: Network) -> Iterator[tuple[str, Ints]]:
    """Yields the name and integers of mission outcomes, by yard, with the interval of retries and the office."""
    for node in network.nodes:
        permission = permission_of(node)
        if permission is not None and permission.answers is not None:
            office = f" {network.nodes[permission.office].key} {permission.lead_s}" if permission.office >= 0 else ""
            for name, array in permission.answers._asdict().items():
                yield f"{node.key} {name} {permission.again_s}{office}", array


def draw_tasks(network: Network, seed: int, replication: int, digest: xxh3_128) -> tuple[Task, ...]:
    """Returns the tasks with their luck in one replication, and updates `digest`."""
    drawn = []
    for task in network.tasks:
        names = np.array(
            [StreamName(purpose, 0, crc(task.key), task.nth) for purpose in TASK_PURPOSES], dtype=np.uint32
        )
        streams = Streams(seed, replication, names)
        work, lead, answer = (streams.uniforms(i, 0, n) for i, n in enumerate((1, task.attempts, task.attempts)))
        leads_s = network.laws[Slot(Purpose.LEAD, task.office)].draw(lead) if task.office >= 0 else ()
        digest.update(names.data)
        digest.update(np.concatenate([work, lead, answer]).data)
        drawn.append(task._replace(
            work_s=int(task.time.draw(work)[0]), leads_s=tuple(int(lead_s) for lead_s in leads_s),
            refusals=tuple(bool(luck < task.refused) for luck in answer),
        ))  # fmt: skip
    return tuple(drawn)


def task_inputs(network: Network) -> Iterator[tuple[str, Ints]]:
    """Yields the name and integers of each task, and of what it impairs until it is done."""
    for i, task in enumerate(network.tasks):
        places = [network.nodes[place].key if place >= 0 else "" for place in (task.teams, task.escorts, task.office)]
        impairments = [entry for entry in network.hindrances if entry.task == i]
        keys = " ".join([*places, *(network.nodes[entry.place].key for entry in impairments)])
        settings = [task.requested_s, task.rank, task.escorted, task.again_s, task.attempts, task.work_s]
        speeds = chain(*((entry.percent, entry.since_s) for entry in impairments))
        numbers = [*settings, *task.leads_s, *task.refusals, *speeds]
        yield f"{task.key} {task.nth} {keys}", np.array(numbers, dtype=np.int64)
