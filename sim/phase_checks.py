"""Mistakes in phases: what cannot be changed, and what two of them would change at the same time."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from sim.laws import Constant, Law
from sim.phases import needs_luck
from sim.phasing import meaning, second
from sim.rules import WITHOUT_END_S
from sim.scenario import Scenario
from sim.timeline import Phase
from sim.units import DAY_S

Key = tuple[str, str, str]  # kind, name, setting


def phases_make_sense(scenario: Scenario) -> Iterator[str]:
    """Every change is one that can be made, and no two phases of known dates make the same one at once."""
    meant: dict[str, dict[Key, Any]] = {}
    for title, phase in scenario.phases.items():
        meant[title] = {}
        for full_name, (kind, name, setting, value) in zip(phase.changes, phase.changed(), strict=True):
            key = kind, name, setting
            try:
                meant[title][key] = meaning(scenario, *key, value)
            except ValueError as error:
                yield f"phases.{title}.changes.{full_name}: {error}"
    for one, other in combinations(scenario.phases, 2):
        both = [".".join(key) for key in meant[one] if key in meant[other]]
        if both and _dates_overlap(scenario, scenario.phases[one], scenario.phases[other]):
            yield f"phases.{other}: holds at the same time as phases.{one}, which changes {', '.join(both)} as well"
    for title in scenario.phases:
        yield from _yards_are_possible(scenario, title, meant)
        for (kind, name, setting), value in meant[title].items():
            own = meant[title].get((kind, name, "corridors"), scenario.flows[name].shares() if kind == "flows" else {})
            if setting == "rate" and value > 0 and abs((total := sum(own.values())) - 1) > 1e-9:
                yield f"phases.{title}: flows.{name} has a rate, and shares of corridors that add up to {total:.4%}"


def outside_the_run(scenario: Scenario) -> Iterator[str]:
    """Phases that change nothing in this run, by what is known of their dates: allowed, but hardly meant."""
    for title, phase in scenario.phases.items():
        drawn = any(needs_luck(law) for law in (phase.starts, phase.lasts))
        ended = second(scenario, phase.until) + DAY_S if phase.until else WITHOUT_END_S
        begins, ends = (second(scenario, phase.since), ended) if drawn else _known_span(scenario, phase)
        if begins >= scenario.run.days * DAY_S:
            yield f"phases.{title}: begins after the run's last day, and changes nothing"
        elif ends <= 0:
            yield f"phases.{title}: is over before the run's first day, and changes nothing"


def _dates_overlap(scenario: Scenario, one: Phase, other: Phase) -> bool:
    """Whether both are of known dates, and hold at one time."""
    if any(needs_luck(law) for phase in (one, other) for law in (phase.starts, phase.lasts)):
        return False
    (begins, ends), (begins_other, ends_other) = (_known_span(scenario, phase) for phase in (one, other))
    return max(begins, begins_other) < min(ends, ends_other)


def _yards_are_possible(scenario: Scenario, title: str, meant: dict[str, dict[Key, Any]]) -> Iterator[str]:
    """Neither a phase alone, nor with another, makes the smallest convoy of a yard larger than the largest."""
    for name, yard in scenario.yards.items():
        least, most = ("yards", name, "min"), ("yards", name, "max")
        smallest, largest = meant[title].get(least, yard.min), meant[title].get(most, yard.max)
        if smallest > largest:
            yield f"phases.{title}.changes: yards.{name}.min ({smallest}) is above max ({largest})"
        for other in meant:
            if least in meant[title] and most not in meant[title] and smallest > meant[other].get(most, smallest):
                yield f"phases.{title}.changes: yards.{name}.min ({smallest}) is above max in phases.{other}"


def _known_span(scenario: Scenario, phase: Phase) -> tuple[float, float]:
    begins = second(scenario, phase.since) + (_value(phase.starts) if phase.starts else 0)
    ends = second(scenario, phase.until) + DAY_S if phase.until else WITHOUT_END_S
    return begins, min(ends, begins + _value(phase.lasts)) if phase.lasts else ends


def _value(law: Law) -> float:
    assert isinstance(law, Constant)
    return law.value
