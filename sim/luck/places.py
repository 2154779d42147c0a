"""The places of one replication: calendars by its phases, operating levels and shocks, and when lanes break.

The luck of places belongs to days since the run's start: a higher rate adds shocks and moves none, another place moves
nobody's, and a longer run changes no day. All of it is drawn before the clock starts.

Equipment that breaks: when each lane breaks and works again, drawn before the clock starts.

The luck is of place, lane and number of the breakdown: one for each time up and one for each repair, so that a higher
rate of failure moves breakdowns and changes no other, and another lane or a longer run changes nobody's.

What comes of missions that ask for permission, hour by hour: drawn before the clock starts, as shares have it.

The luck is of yard and hour since the run's start: one number for the outcome, whose shares lie in it from the worst to
the best, so that better shares make no hour worse, and one for the delay. All ways out of a yard share it.

Tasks of a checked scenario in whole seconds, and the luck of one replication: all that is drawn before the clock.

The luck is of a task and of its number, where it is asked for again and again: one uniform for its work, and one each
for the lead time and the answer of every request at its office. More of them move nobody else's.
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
INTEGRATION_STEPS = 100  # of a sum in place of an integral
MIN_UNIFORM = 2.0**-54  # luck of 0 itself would lie infinitely far from the mean


def draw_network(network: Network, seed: int, replication: int) -> Network:
    """The network with the phases, calendars and breakdowns of one replication; the same one without any luck."""
    network = draw_phases(network, seed, replication)
    of_nodes = any(breaks_of(node) or permission_of(node) for node in network.nodes)
    if not (network.levels or network.shocks or network.tasks or of_nodes):
        return network
    nodes, told, drawn = list(network.nodes), xxh3_128(network.day_luck.encode()), set(network.drawn)
    hazards: list[OperatingLevel | Shock] = [*network.levels, *network.shocks]
    for hazard in hazards:
        purposes = (Purpose.LEVEL,) if isinstance(hazard, OperatingLevel) else SHOCK_PURPOSES
        names = np.array([StreamName(purpose, 0, crc(hazard.key)) for purpose in purposes], dtype=np.uint32)
        streams = Streams(seed, replication, names)
        luck = np.array([streams.uniforms(i, 0, network.days + MARGIN_DAYS) for i in range(len(names))])
        told.update(names.data)
        told.update(luck.data)
        if isinstance(hazard, Shock):
            nodes = [_with_shock_no_shows(node, hazard, *luck) for node in nodes]
        change = _level_change(hazard, *luck) if isinstance(hazard, OperatingLevel) else _shock_change(hazard, *luck)
        for place in hazard.places:
            node = nodes[place]
            assert isinstance(node, TimedNode)  # see checks.py
            nodes[place] = replace(node, calendar=change(node.calendar))
            drawn.add(place)
    for own_luck in (draw_breakdowns, draw_mission_outcomes):
        nodes = [own_luck(node, seed, replication, network.horizon_s, told) for node in nodes]
    tasks = draw_tasks(network, seed, replication, told)
    return replace(network, nodes=tuple(nodes), drawn=frozenset(drawn), tasks=tasks, day_luck=told.hexdigest())


def shock_spans(shock: Shock, begins: Floats, at: Floats, length: Floats) -> list[tuple[int, int]]:
    """(from, to) of each shock [s]: whether one begins on a day, when on it, and how long it lasts. Luck by day."""
    days = np.flatnonzero(begins < shock.chance)
    days = days[(shock.first_day <= days) & (days < shock.end_day)]
    from_s = days * DAY_S + (at[days] * DAY_S).astype(np.int64)
    return list(zip(from_s.tolist(), (from_s + shock.lasts.draw(length[days])).tolist(), strict=True))


def _with_shock_no_shows(node: Node, shock: Shock, *luck: Floats) -> Node:
    """Slots whose no-shows are more on the days after those on which the shock was under way; others as they are."""
    told = node.no_show if isinstance(node, SlotsNode) else None
    more = dict(told.after_shocks).get(shock.key) if told else None
    if not isinstance(node, SlotsNode) or told is None or more is None:
        return node
    after = {day + 1 for begins, ends in shock_spans(shock, *luck) for day in range(begins // DAY_S, -(-ends // DAY_S))}
    by_day = told.by_day.copy()
    by_day[np.array([day for day in after if day < len(by_day)], dtype=np.int64)] += more
    return replace(node, no_show=told._replace(by_day=by_day))


def daily_shares(level: OperatingLevel, luck: Floats) -> Floats:
    """The share of each day that is used. Shape of `luck`.

    Days hang together by a first-order autoregression of normal scores (a Gaussian copula; Cario and Nelson 1996), and
    each by itself is Beta with the mean and the coefficient of variation.
    """
    from scipy.special import betaincinv, ndtr, ndtri

    if level.cv == 0:
        return np.full(len(luck), level.mean)
    scores = ndtri(np.maximum(luck, MIN_UNIFORM))
    kept, new = level.persistence, np.sqrt(1 - level.persistence**2)
    for day in range(1, len(scores)):
        scores[day] = kept * scores[day - 1] + new * scores[day]
    weight = (1 - level.mean) / (level.mean * level.cv**2) - 1
    return np.asarray(betaincinv(level.mean * weight, (1 - level.mean) * weight, ndtr(scores)))


def expected_availability(network: Network, place: int) -> float:
    """What operating levels, shocks and repairs leave of a place in the mean over the run, whatever its hours."""
    left = lane_availability(network.nodes[place])
    for level in network.levels:
        left *= level.mean if place in level.places else 1.0
    for shock in network.shocks:
        if place in shock.places:
            season = max(0, min(network.days, shock.end_day) - shock.first_day) / network.days
            left *= 1 - season * (1 - _shock_free_share(shock)) * (1 - shock.level)
    return left


def _shock_free_share(shock: Shock) -> float:
    """The share of time in which none is under way, long after its first day: a product over the days before.

    By the middles of so many equally likely lengths, times of day, and times at which one begins.
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


LANE_PURPOSES = (Purpose.BREAKS, Purpose.REPAIR)


def breaks_of(node: Node) -> Breaks | None:
    """What is said of a place's equipment, None where it never breaks."""
    return node.breaks if isinstance(node, PoolNode) else None


def draw_breakdowns(node: Node, seed: int, replication: int, horizon_s: int, told: xxh3_128) -> Node:
    """The place with all breakdowns of one replication, whose luck is entered in `told`; others as they are."""
    if not isinstance(node, PoolNode) or node.breaks is None:
        return node
    lanes = range(node.lanes)
    names = [StreamName(purpose, 0, crc(node.key), visit=lane) for lane in lanes for purpose in LANE_PURPOSES]
    streams = Streams(seed, replication, names)
    told.update(np.array(names, dtype=np.uint32).data)
    spans = tuple(_breakdown_spans(node.breaks, streams, len(LANE_PURPOSES) * lane, horizon_s, told) for lane in lanes)
    return replace(node, breaks=node.breaks._replace(spans=spans))


def breakdown_inputs(network: Network) -> Iterator[tuple[str, Ints]]:
    """Name and integers of all breakdowns, as places stand, by their keys."""
    for node in network.nodes:
        if (breaks := breaks_of(node)) is not None:
            for lane, spans in enumerate(breaks.spans):
                yield f"{node.key} breaks {lane}", spans


def lane_availability(node: Node) -> float:
    """The share of its time for which a lane works, long after the run's start; work that begins anew apart."""
    breaks = breaks_of(node)
    if breaks is None:
        return 1.0
    up_s = breaks.after.mean_value()
    return up_s / (up_s + breaks.lasts.mean_value())


def _breakdown_spans(breaks: Breaks, streams: Streams, first: int, horizon_s: int, told: xxh3_128) -> Ints:
    """(2, n) [s]: when a lane breaks, before the horizon of its clock, and when it works again."""
    expected = horizon_s / (breaks.after.mean_value() + breaks.lasts.mean_value())
    for times in count(1):  # no number depends on how many are drawn at a time
        luck = np.array(
            [streams.uniforms(first + i, 0, times * int(2 + 1.2 * expected)) for i in range(len(LANE_PURPOSES))]
        )
        repair_s = breaks.lasts.draw(luck[1])
        mended_s = np.cumsum(breaks.after.draw(luck[0]) + repair_s)
        spans = np.array([mended_s - repair_s, mended_s])
        if spans[0, -1] >= horizon_s:
            break
    before = int(np.searchsorted(spans[0], horizon_s))
    told.update(np.ascontiguousarray(luck[:, :before]).data)
    return np.ascontiguousarray(spans[:, :before])


MISSION_PURPOSES = (Purpose.OUTCOME, Purpose.DELAY)


def permission_of(node: Node) -> Permission | None:
    """What missions ask for at a place, None where they need nothing."""
    return node.permission if isinstance(node, YardNode) else None


def draw_mission_outcomes(node: Node, seed: int, replication: int, horizon_s: int, told: xxh3_128) -> Node:
    """The yard with what comes of asking in one replication, whose luck is entered in `told`; others as they are."""
    permission = permission_of(node)
    if permission is None:
        return node
    names = np.array([StreamName(purpose, 0, crc(node.key)) for purpose in MISSION_PURPOSES], dtype=np.uint32)
    streams = Streams(seed, replication, names)
    luck = np.array([streams.uniforms(i, 0, horizon_s // HOUR_S) for i in range(len(MISSION_PURPOSES))])
    told.update(names.data)
    told.update(luck.data)
    return replace(node, permission=permission._replace(answers=outcomes_over_time(permission, *luck)))  # type: ignore[call-arg]


def outcomes_over_time(permission: Permission, outcome_luck: Floats, delay_luck: Floats) -> Answers:
    """The outcome and the delay over time. `outcome_luck`, `delay_luck` : (hours,) in [0, 1)."""
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
    """Name and integers of what comes of asking, as yards stand, by their keys; how soon they ask again, and whom."""
    for node in network.nodes:
        permission = permission_of(node)
        if permission is not None and permission.answers is not None:
            asks = f" {network.nodes[permission.office].key} {permission.lead_s}" if permission.office >= 0 else ""
            for name, array in permission.answers._asdict().items():
                yield f"{node.key} {name} {permission.again_s}{asks}", array


TASK_PURPOSES = (Purpose.TASK_TIME, Purpose.TASK_LEAD, Purpose.TASK_ANSWER)


def draw_tasks(network: Network, seed: int, replication: int, told: xxh3_128) -> tuple[Task, ...]:
    """The tasks with what they meet in one replication, whose luck is entered in `told`."""
    drawn = []
    for task in network.tasks:
        names = np.array(
            [StreamName(purpose, 0, crc(task.key), task.nth) for purpose in TASK_PURPOSES], dtype=np.uint32
        )
        streams = Streams(seed, replication, names)
        work, lead, answer = (streams.uniforms(i, 0, n) for i, n in enumerate((1, task.attempts, task.attempts)))
        leads_s = network.laws[Slot(Purpose.LEAD, task.office)].draw(lead) if task.office >= 0 else ()
        told.update(names.data)
        told.update(np.concatenate([work, lead, answer]).data)
        drawn.append(task._replace(
            work_s=int(task.time.draw(work)[0]), leads_s=tuple(int(lead_s) for lead_s in leads_s),
            refusals=tuple(bool(luck < task.refused) for luck in answer),
        ))  # fmt: skip
    return tuple(drawn)


def task_inputs(network: Network) -> Iterator[tuple[str, Ints]]:
    """Name and integers of what is handed to an engine of each task, and of what places are until it is done."""
    for i, task in enumerate(network.tasks):
        places = [network.nodes[place].key if place >= 0 else "" for place in (task.teams, task.escorts, task.office)]
        slows = [own for own in network.hindrances if own.task == i]
        keys = " ".join([*places, *(network.nodes[own.place].key for own in slows)])
        own = [task.requested_s, task.rank, task.escorted, task.again_s, task.attempts, task.work_s]
        numbers = [*own, *task.leads_s, *task.refusals, *chain(*((one.percent, one.since_s) for one in slows))]
        yield f"{task.key} {task.nth} {keys}", np.array(numbers, dtype=np.int64)
