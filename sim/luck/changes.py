"""The network of one replication: when its phases began and ended, and what they made of settings meanwhile.

Each setting becomes a step function of time before the clock starts. Of two phases that hold at once and change the
same setting, the one that began later counts, and of those of one second the later key; when it ends, the other counts
again if it still holds. What is relative (`+ 2`, `x 0.5`) is so to the setting without any phase.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from xxhash import xxh3_128

from sim.calendars import MARGIN_DAYS, Steps, scaled, shortened, without_repeats
from sim.laws import Floats, Ints, is_random
from sim.luck.streams import StreamName, Streams
from sim.network.base import Change, Phase, Purpose, Setting, TimedNode, crc
from sim.network.changes import NEEDED, OUTCOMES, PER_PERSON
from sim.network.convoys import YardNode
from sim.network.flows import RateSteps
from sim.network.gates import GateNode
from sim.network.network import Network
from sim.network.tasks import TeamsNode
from sim.rules import WITHOUT_END_S
from sim.units import DAY_S

Span = tuple[int, int]  # from, to [s]; of a phase that never begins both are the same


class PhaseEffect(NamedTuple):
    """What a setting is while a phase holds."""

    begins_s: int
    ends_s: int
    value: Any


def draw_phases(network: Network, seed: int, replication: int) -> Network:
    """The network of one replication; the same one where there are no phases."""
    if not network.phases:
        return network
    told, spans, any_drawn = xxh3_128(), [], False
    for phase in network.phases:
        luck = np.zeros((2, 1))
        if is_random(phase.starts) or is_random(phase.lasts):
            any_drawn = True
            purposes = (Purpose.PHASE_START, Purpose.PHASE_LENGTH)
            names = np.array([StreamName(purpose, 0, crc(phase.key)) for purpose in purposes], dtype=np.uint32)
            streams = Streams(seed, replication, names)
            luck = np.array([streams.uniforms(i, 0, 1) for i in range(2)])
            told.update(names.data)
            told.update(luck.data)
        spans.append(phase_span(phase, *luck))
    return replace(apply_phases(network, spans), day_luck=told.hexdigest() if any_drawn else "")


def with_mean_phases(network: Network) -> Network:
    """The network whose phases begin and last as long as they do in the mean: what can be said of it before a run."""
    return apply_phases(network, [_mean_phase_span(phase) for phase in network.phases]) if network.phases else network


def phase_span(phase: Phase, start: Floats, length: Floats) -> Span:
    """When a phase begins and ends, by its luck. Shapes (1,)."""
    starts_s = int(phase.starts.draw(start, 0)[0]) if phase.starts else 0
    return _clipped_span(phase, starts_s, int(phase.lasts.draw(length)[0]) if phase.lasts else WITHOUT_END_S)


def _mean_phase_span(phase: Phase) -> Span:
    starts_s = round(phase.starts.mean_value()) if phase.starts else 0
    return _clipped_span(phase, starts_s, round(phase.lasts.mean_value()) if phase.lasts else WITHOUT_END_S)


def _clipped_span(phase: Phase, starts_s: int, lasts_s: int) -> Span:
    begins_s = phase.from_s + starts_s
    return begins_s, max(begins_s, min(phase.to_s, begins_s + lasts_s))


def apply_phases(network: Network, spans: Sequence[Span]) -> Network:
    """The network with its phases under way in these spans."""
    held: dict[tuple[int, str], list[PhaseEffect]] = defaultdict(list)
    for phase, (begins_s, ends_s) in sorted(zip(network.phases, spans, strict=True), key=lambda pair: pair[1][0]):
        for of, setting, value in phase.effects:  # a stable sort: those of one second stay in the order of keys
            held[of, setting].append(PhaseEffect(begins_s, ends_s, value))
    nodes, sources, needs = list(network.nodes), list(network.sources), network.needs
    for place in network.hours:
        node = nodes[place]
        assert isinstance(node, TimedNode)
        nodes[place] = replace(node, calendar=_phased_calendar(network, node, held))
    for (of, setting), own in held.items():
        if setting in Setting.__members__:
            changes = _setting_changes(network, Setting[setting], nodes[of], own)
            now: dict[str, Any] = {setting: changes[0].value}
            nodes[of] = replace(nodes[of], changes=tuple(sorted((*nodes[of].changes, *changes))), **now)
        elif setting in (OUTCOMES, NEEDED):
            nodes[of] = _phased_permission(nodes[of], setting, own)
        elif setting == "rate":
            demand = sources[of].demand
            pieces = [(at_s, demand if value is None else value) for at_s, value in pieces_over_time(None, own)]
            sources[of] = sources[of]._replace(demand=RateSteps(*splice_steps(pieces)))
        elif setting == "corridors":
            first, *later = pieces_over_time(sources[of].cumulative, own)
            sources[of] = sources[of]._replace(cumulative=first[1], later=tuple(later))
        elif setting == PER_PERSON and needs.areas:
            needs = needs.changed(of, pieces_over_time(float(needs.needs[of].kg.value[0]), own))
    began_s = {
        phase.name: begins_s if begins_s < min(ends_s, network.horizon_s) else None
        for phase, (begins_s, ends_s) in zip(network.phases, spans, strict=True)
    }
    drawn = network.drawn | frozenset(network.hours)
    return replace(network, nodes=tuple(nodes), sources=tuple(sources), drawn=drawn, began_s=began_s, needs=needs)


def pieces_over_time(without: Any, held: Sequence[PhaseEffect]) -> list[tuple[int, Any]]:
    """(from [s], value): of those that hold the last in order, and where none does the value without."""
    edges = sorted(
        {0, *(edge for begins_s, ends_s, _ in held for edge in (begins_s, ends_s) if 0 < edge < WITHOUT_END_S)}
    )
    return [
        (at_s, next((value for begins_s, ends_s, value in reversed(held) if begins_s <= at_s < ends_s), without))
        for at_s in edges
    ]


def splice_steps(pieces: Iterable[tuple[int, Any]]) -> tuple[Ints, Any]:
    """One step function after the other: (from [s], (at_s, value)); the first begins at 0."""
    pieces = list(pieces)
    times, values = [], []
    for (begins_s, (at_s, value)), (ends_s, _) in pairwise([*pieces, (WITHOUT_END_S, None)]):
        inside = slice(np.searchsorted(at_s, begins_s, side="right"), np.searchsorted(at_s, ends_s))
        times += [[begins_s], at_s[inside]]
        values += [value[[inside.start - 1]], value[inside]]
    return np.concatenate(times).astype(np.int64), np.concatenate(values)


def _phased_calendar(network: Network, node: TimedNode, held: dict[tuple[int, str], list[PhaseEffect]]) -> Steps:
    """Its hours: of the calendar and lanes that hold, the level that is left."""
    hours = network.hours[node.number]
    name, lanes = next(iter(hours))
    names = pieces_over_time(name, held.get((node.number, "calendar"), ()))
    numbers = pieces_over_time(lanes, held.get((node.number, "lanes"), ()))
    edges = sorted({at_s for at_s, _ in (*names, *numbers)})
    calendar = without_repeats(
        *splice_steps((at_s, hours[_value_at(names, at_s), _value_at(numbers, at_s)]) for at_s in edges)
    )
    levels = pieces_over_time(1.0, held.get((node.number, "level"), ()))
    if len(levels) == 1 and levels[0][1] == 1:
        return calendar
    if not isinstance(node, GateNode | TeamsNode | YardNode):  # lanes, or speed
        return scaled(calendar, np.array([at_s for at_s, _ in levels]), np.array([share for _, share in levels]))
    days = np.arange(network.days + MARGIN_DAYS + 1) * DAY_S
    cuts = np.union1d(days, [at_s for at_s, _ in levels if at_s < days[-1]])
    return shortened(calendar, cuts, np.array([_value_at(levels, at_s) for at_s in cuts[:-1].tolist()]))


def _phased_permission(node: Any, setting: str, held: Sequence[PhaseEffect]) -> Any:
    """A yard whose missions come to other ends, or need no permission, for a while."""
    told = node.permission
    if setting == OUTCOMES:
        return replace(node, permission=told._replace(shares=tuple(pieces_over_time(told.shares[0][1], held))))
    return replace(node, permission=told._replace(needed=Steps(*splice_steps(pieces_over_time(told.needed, held)))))


def _setting_changes(network: Network, setting: Setting, node: Any, held: Sequence[PhaseEffect]) -> list[Change]:
    """Of a number of a place, within the run; the first is what it has at the beginning."""
    pieces = pieces_over_time(getattr(node, setting.name), held)
    return [Change(at_s, setting, value) for at_s, value in pieces if at_s < network.horizon_s]


def _value_at(pieces: Sequence[tuple[int, Any]], time_s: int) -> Any:
    return next(value for at_s, value in reversed(pieces) if at_s <= time_s)
