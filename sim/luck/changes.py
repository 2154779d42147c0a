"""The network of one replication: when its phases begin and end, and the step functions of settings that follow.

If two phases that change the same setting overlap, the one that began later counts; of those that began in the same
second, the one with the later key. When it ends, the other counts again if it has not ended. Relative values (`+ 2`, `x
0.5`) refer to the setting without any phase. Nothing here depends on the state of a run.
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

Span = tuple[int, int]  # from, to [s]; equal for a phase that never begins


class PhaseEffect(NamedTuple):
    """The value of a setting while a phase is under way."""

    begins_s: int
    ends_s: int
    value: Any


def draw_phases(network: Network, seed: int, replication: int) -> Network:
    """Draws the phases of one replication and returns the network with their effects; unchanged without phases."""
    if not network.phases:
        return network
    digest, spans, is_any_drawn = xxh3_128(), [], False
    for phase in network.phases:
        luck = np.zeros((2, 1))
        if is_random(phase.starts) or is_random(phase.lasts):
            is_any_drawn = True
            purposes = (Purpose.PHASE_START, Purpose.PHASE_LENGTH)
            names = np.array([StreamName(purpose, 0, crc(phase.key)) for purpose in purposes], dtype=np.uint32)
            streams = Streams(seed, replication, names)
            luck = np.array([streams.uniforms(i, 0, 1) for i in range(2)])
            digest.update(names.data)
            digest.update(luck.data)
        spans.append(phase_span(phase, *luck))
    return replace(apply_phases(network, spans), day_luck=digest.hexdigest() if is_any_drawn else "")


def with_mean_phases(network: Network) -> Network:
    """Returns the network whose phases begin and last as on average, for calculations without a run."""
    return apply_phases(network, [_mean_phase_span(phase) for phase in network.phases]) if network.phases else network


def phase_span(phase: Phase, start: Floats, length: Floats) -> Span:
    """Returns when a phase begins and ends [s]. start, length : luck, shape (1,)."""
    starts_s = int(phase.starts.draw(start, 0)[0]) if phase.starts else 0
    return _clipped_span(phase, starts_s, int(phase.lasts.draw(length)[0]) if phase.lasts else WITHOUT_END_S)


def _mean_phase_span(phase: Phase) -> Span:
    starts_s = round(phase.starts.mean_value()) if phase.starts else 0
    return _clipped_span(phase, starts_s, round(phase.lasts.mean_value()) if phase.lasts else WITHOUT_END_S)


def _clipped_span(phase: Phase, starts_s: int, lasts_s: int) -> Span:
    begins_s = phase.from_s + starts_s
    return begins_s, max(begins_s, min(phase.to_s, begins_s + lasts_s))


def apply_phases(network: Network, spans: Sequence[Span]) -> Network:
    """Returns the network with the effects of its phases during the given spans."""
    effects: dict[tuple[int, str], list[PhaseEffect]] = defaultdict(list)
    for phase, (begins_s, ends_s) in sorted(zip(network.phases, spans, strict=True), key=lambda pair: pair[1][0]):
        for number, setting, value in phase.effects:  # the sort is stable: in one second the order of keys remains
            effects[number, setting].append(PhaseEffect(begins_s, ends_s, value))
    nodes, sources, needs = list(network.nodes), list(network.sources), network.needs
    for place in network.hours:
        node = nodes[place]
        assert isinstance(node, TimedNode)
        nodes[place] = replace(node, calendar=_phased_calendar(network, node, effects))
    for (number, setting), held in effects.items():
        if setting in Setting.__members__:
            node = nodes[number]
            changes = _setting_changes(network, Setting[setting], node, held)
            initial: dict[str, Any] = {setting: changes[0].value}
            nodes[number] = replace(node, changes=tuple(sorted((*node.changes, *changes))), **initial)
        elif setting in (OUTCOMES, NEEDED):
            nodes[number] = _phased_permission(nodes[number], setting, held)
        elif setting == "rate":
            demand = sources[number].demand
            pieces = [(at_s, demand if value is None else value) for at_s, value in pieces_over_time(None, held)]
            sources[number] = sources[number]._replace(demand=RateSteps(*splice_steps(pieces)))
        elif setting == "corridors":
            first, *later = pieces_over_time(sources[number].cumulative, held)
            sources[number] = sources[number]._replace(cumulative=first[1], later=tuple(later))
        elif setting == PER_PERSON and needs.areas:
            needs = needs.changed(number, pieces_over_time(float(needs.needs[number].kg.value[0]), held))
    began_s = {
        phase.name: begins_s if begins_s < min(ends_s, network.horizon_s) else None
        for phase, (begins_s, ends_s) in zip(network.phases, spans, strict=True)
    }
    drawn = network.drawn | frozenset(network.hours)
    return replace(network, nodes=tuple(nodes), sources=tuple(sources), drawn=drawn, began_s=began_s, needs=needs)


def pieces_over_time(without: Any, held: Sequence[PhaseEffect]) -> list[tuple[int, Any]]:
    """Returns (from [s], value) over time: of the last effect that is under way, or `without` if there is none."""
    edges = sorted(
        {0, *(edge for begins_s, ends_s, _ in held for edge in (begins_s, ends_s) if 0 < edge < WITHOUT_END_S)}
    )
    return [
        (at_s, next((value for begins_s, ends_s, value in reversed(held) if begins_s <= at_s < ends_s), without))
        for at_s in edges
    ]


def splice_steps(pieces: Iterable[tuple[int, Any]]) -> tuple[Ints, Any]:
    """Concatenates step functions: pieces of (from [s], (at_s, value)), the first from 0 on; returns (at_s, value)."""
    pieces = list(pieces)
    times, values = [], []
    for (begins_s, (at_s, value)), (ends_s, _) in pairwise([*pieces, (WITHOUT_END_S, None)]):
        inside = slice(np.searchsorted(at_s, begins_s, side="right"), np.searchsorted(at_s, ends_s))
        times += [[begins_s], at_s[inside]]
        values += [value[[inside.start - 1]], value[inside]]
    return np.concatenate(times).astype(np.int64), np.concatenate(values)


def _phased_calendar(network: Network, node: TimedNode, effects: dict[tuple[int, str], list[PhaseEffect]]) -> Steps:
    """Returns the calendar of a place after phases change its calendar, lanes and level."""
    hours = network.hours[node.number]
    name, lanes = next(iter(hours))
    names = pieces_over_time(name, effects.get((node.number, "calendar"), ()))
    numbers = pieces_over_time(lanes, effects.get((node.number, "lanes"), ()))
    edges = sorted({at_s for at_s, _ in (*names, *numbers)})
    calendar = without_repeats(
        *splice_steps((at_s, hours[_value_at(names, at_s), _value_at(numbers, at_s)]) for at_s in edges)
    )
    levels = pieces_over_time(1.0, effects.get((node.number, "level"), ()))
    if len(levels) == 1 and levels[0][1] == 1:
        return calendar
    if not isinstance(node, GateNode | TeamsNode | YardNode):  # lanes, or speed
        return scaled(calendar, np.array([at_s for at_s, _ in levels]), np.array([share for _, share in levels]))
    days = np.arange(network.days + MARGIN_DAYS + 1) * DAY_S
    cuts = np.union1d(days, [at_s for at_s, _ in levels if at_s < days[-1]])
    return shortened(calendar, cuts, np.array([_value_at(levels, at_s) for at_s in cuts[:-1].tolist()]))


def _phased_permission(node: Any, setting: str, held: Sequence[PhaseEffect]) -> Any:
    """Returns a yard after phases change the outcomes of its missions, or whether they need permission."""
    permission = node.permission
    if setting == OUTCOMES:
        shares = tuple(pieces_over_time(permission.shares[0][1], held))
        return replace(node, permission=permission._replace(shares=shares))
    needed = Steps(*splice_steps(pieces_over_time(permission.needed, held)))
    return replace(node, permission=permission._replace(needed=needed))


def _setting_changes(network: Network, setting: Setting, node: Any, held: Sequence[PhaseEffect]) -> list[Change]:
    """Returns the changes of a place's setting within the run; the first is its value at the start."""
    pieces = pieces_over_time(getattr(node, setting.name), held)
    return [Change(at_s, setting, value) for at_s, value in pieces if at_s < network.horizon_s]


def _value_at(pieces: Sequence[tuple[int, Any]], time_s: int) -> Any:
    return next(value for at_s, value in reversed(pieces) if at_s <= time_s)
