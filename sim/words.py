"""A scenario in words, for a planner who wants to know what would be run before running it."""

from collections.abc import Iterator, Mapping
from math import expm1
from typing import Any

from sim import scenario as s
from sim.expected import Expected, expected, requested_per_day, study_type
from sim.network import Network
from sim.phase_checks import outside_the_run
from sim.provenance import beyond_range, provenance, without_source
from sim.scenario import Scenario


def corridor_in_words(scenario: Scenario, name: str) -> str:
    """One sentence: from where, over which steps, to where."""
    corridor = scenario.corridors[name]
    steps = ", ".join(_step(scenario, step) for step in corridor.steps)
    origin, area = scenario.origins[corridor.origin].title, scenario.areas[corridor.area].title
    return f"from {origin or _spaced(corridor.origin)} to {area or _spaced(corridor.area)}: {steps}"


def checked_in_words(scenario: Scenario, network: Network, config: Mapping[str, Any], with_sources: bool = True) -> str:
    """What `check` prints: corridors, loads, study type, assumed numbers and those without any source."""
    run, loads = scenario.run, expected(network)
    lines = [
        f"{scenario.scenario.title} ({scenario.regime.title})",
        f"{run.start}, {run.days} days, {run.replications} replications, seed {run.seed}; "
        f"{requested_per_day(network):.0f} loads requested a day; study type: {study_type(network, loads)}",
        "",
        "Corridors",
        *(f"  {name}: {corridor_in_words(scenario, name)}" for name in sorted(scenario.corridors)),
        "",
        "Load of each place, from the configuration alone (at 1 or more a queue grows)",
        f"  {'place':<38}{'a day':>8}{'hours each':>12}{'lane-hours':>12}{'rho':>8}",
        *(_load(network.nodes[number].name, load) for number, load in loads.items() if load.arrivals_per_day),
    ]
    if scenario.people:
        lines += ["", "People, by corridors of their own", *(f"  {line}" for line in _people(scenario))]
    if scenario.distribution:
        lines += ["", "Distribution inside", *(f"  {line}" for line in _distribution(scenario))]
    if notices := list(_notices(scenario)):
        lines += ["", "To look at", *(f"  {line}" for line in notices)]
    if not with_sources:
        return "\n".join(lines)
    rows = provenance(scenario, config)
    if assumed := [row for row in rows if row["assumed"]]:
        lines += ["", f"Assumed ({len(assumed)}), with the range in which each may lie"]
        lines += [f"  {row['setting']}: {_short(row)}" for row in assumed]
    if beyond := list(beyond_range(scenario)):
        lines += ["", "A what-if", *(f"  {line}" for line in beyond)]
    if missing := without_source(scenario, config):
        lines += ["", f"Without a source ({len(missing)})", *(f"  {setting}" for setting in missing)]
    lines += ["", f"{len(rows) - len(assumed)} settings have a source, {len(assumed)} are assumed. Nothing was run."]
    return "\n".join(lines)


def _notices(scenario: Scenario) -> Iterator[str]:
    """What can be run, but is hardly meant."""
    yield from outside_the_run(scenario)
    for name, shock in scenario.shocks.items():
        if shock.rate > 1:
            yield (
                f"shocks.{name}.rate: {shock.rate:g} a day, but at most one begins on a day: "
                f"on {-expm1(-shock.rate):.0%} of days one does"
            )


def _people(scenario: Scenario) -> Iterator[str]:
    """Each group: who waits, how many join, where they go, and whose turn comes first."""
    for name, group in scenario.people.items():
        first = f"; first {', then '.join(_spaced(urgency) for urgency in group.urgency)}" if group.urgency else ""
        joins = f"{group.waiting} parties on the list, {group.rate:g} join it a day"
        yield f"{group.title or _spaced(name)}: {joins}; {group.direction} by {group.corridor}{first}"


def _distribution(scenario: Scenario) -> Iterator[str]:
    """Each corridor: how much of what goes on by it from where."""
    for name, way in scenario.distribution.items():
        kinds = ", ".join([*way.sectors, *way.cargos])
        yield f"{name}: {way.share:.4g} of what arrives in {way.of}{f', of {kinds} alone' if kinds else ''}"


def _load(name: str, load: Expected) -> str:
    rho = "closed" if load.rho == float("inf") else f"{load.rho:.2f}"
    return f"  {name:<38}{load.arrivals_per_day:>8.1f}{load.service_h:>12.2f}{load.lane_h_per_day:>12.1f}{rho:>8}"


def _short(row: Mapping[str, Any]) -> str:
    low, high = row["assumed"]
    value = row["value"]
    if isinstance(value, Mapping):
        value = " ".join(f"{k} {v}" for k, v in value.items())
    return f"{value} ({low} to {high})" + (f"; {row['why']}" if row["why"] else "")


def _step(scenario: Scenario, step: s.Step) -> str:
    match step:
        case s.Travel():
            how = {None: "", "first_open": ", the first that is open", "fastest": ", the fastest"}[step.choose]
            return f"travel {' or '.join(_title(scenario, 'roads', road) for road in step.ways)}{how}"
        case s.PassGate():
            gate = scenario.gates[step.gate]
            return f"pass the gate {_title(scenario, 'gates', step.gate)}{' (border)' if gate.border else ''}"
        case s.Inspect():
            return f"inspection at {_title(scenario, 'sites', step.site)}"
        case s.Transfer():
            if scenario.is_onto_fleet(step):
                return f"transfer to trucks of {_title(scenario, 'fleets', step.onto)}"
            return f"offload onto {_title(scenario, 'platforms', step.onto)}"
        case s.Convoy(platform=None):
            return f"gather a convoy at {_title(scenario, 'yards', step.yard)}"
        case s.Convoy():
            return f"collect by convoy from {_title(scenario, 'yards', step.yard)}"
        case s.Permit():
            return f"permission by {_title(scenario, 'offices', step.office)}"
        case s.TakeSlot():
            return f"a slot of {_title(scenario, 'slots', step.slots)}"
        case s.Offload():
            return f"offload at {_title(scenario, 'warehouses', step.warehouse)}"


def _title(scenario: Scenario, kind: str, name: str) -> str:
    return getattr(scenario, kind)[name].title or _spaced(name)


def _spaced(name: str) -> str:
    return name.replace("_", " ")
