"""Texts about a scenario before it is run: description, rough estimate of time and disk, and choices of files.

The estimate is made from the rates alone. Nothing is run.
"""

import os
import re
from collections.abc import Collection, Iterator, Mapping
from itertools import takewhile
from math import expm1
from pathlib import Path
from typing import Any

import yaml

from sim.network.changes import outside_the_run
from sim.network.network import Network
from sim.scenario.corridors import Convoy, Inspect, Offload, PassGate, Permit, Step, TakeSlot, Transfer, Travel
from sim.scenario.provenance import beyond_range, provenance, without_source
from sim.scenario.scenario import Scenario
from sim.study.offered_load import OfferedLoad, offered_loads, requested_per_day, study_type


def describe_corridor(scenario: Scenario, name: str) -> str:
    """Returns one sentence: origin, steps and area of a corridor."""
    corridor = scenario.corridors[name]
    steps = ", ".join(_describe_step(scenario, step) for step in corridor.steps)
    origin, area = scenario.origins[corridor.origin].title, scenario.areas[corridor.area].title
    return f"from {origin or _with_spaces(corridor.origin)} to {area or _with_spaces(corridor.area)}: {steps}"


def describe_scenario(
    scenario: Scenario, network: Network, config: Mapping[str, Any], with_sources: bool = True
) -> str:
    """Returns what `check` prints: corridors, loads, study type, assumed numbers and those without any source."""
    run, loads = scenario.run, offered_loads(network)
    lines = [
        f"{scenario.scenario.title} ({scenario.regime.title})",
        f"{run.start}, {run.days} days, {run.replications} replications, seed {run.seed}; "
        f"{requested_per_day(network):.0f} loads requested a day; study type: {study_type(network, loads)}",
        "",
        "Corridors",
        *(f"  {name}: {describe_corridor(scenario, name)}" for name in sorted(scenario.corridors)),
        "",
        "Load of each place, from the configuration alone (at 1 or more a queue grows)",
        f"  {'place':<38}{'a day':>8}{'hours each':>12}{'lane-hours':>12}{'rho':>8}",
        *(_load_line(network.nodes[number].name, load) for number, load in loads.items() if load.arrivals_per_day),
    ]
    if scenario.people:
        lines += ["", "People, by corridors of their own", *(f"  {line}" for line in _describe_people(scenario))]
    if scenario.distribution:
        lines += ["", "Distribution inside", *(f"  {line}" for line in _describe_distribution(scenario))]
    if notices := list(_warnings(scenario)):
        lines += ["", "To look at", *(f"  {line}" for line in notices)]
    if not with_sources:
        return "\n".join(lines)
    rows = provenance(scenario, config)
    if assumed := [row for row in rows if row["assumed"]]:
        lines += ["", f"Assumed ({len(assumed)}), with the range in which each may lie"]
        lines += [f"  {row['setting']}: {_assumption_text(row)}" for row in assumed]
    if beyond := list(beyond_range(scenario)):
        lines += ["", "A what-if", *(f"  {line}" for line in beyond)]
    if missing := without_source(scenario, config):
        lines += ["", f"Without a source ({len(missing)})", *(f"  {setting}" for setting in missing)]
    lines += ["", f"{len(rows) - len(assumed)} settings have a source, {len(assumed)} are assumed. Nothing was run."]
    return "\n".join(lines)


def _warnings(scenario: Scenario) -> Iterator[str]:
    """Yields what can be run, but is probably not intended."""
    yield from outside_the_run(scenario)
    for name, shock in scenario.shocks.items():
        if shock.rate > 1:
            yield (
                f"shocks.{name}.rate: {shock.rate:g} a day, but at most one begins on a day: "
                f"on {-expm1(-shock.rate):.0%} of days one does"
            )


def _describe_people(scenario: Scenario) -> Iterator[str]:
    """Yields a line for each group of people: waiting, joining, direction and order of urgency."""
    for name, group in scenario.people.items():
        first = f"; first {', then '.join(_with_spaces(urgency) for urgency in group.urgency)}" if group.urgency else ""
        joins = f"{group.waiting} parties on the list, {group.rate:g} join it a day"
        yield f"{group.title or _with_spaces(name)}: {joins}; {group.direction} by {group.corridor}{first}"


def _describe_distribution(scenario: Scenario) -> Iterator[str]:
    """Yields a line for each distribution corridor: its share of what arrives in an area."""
    for name, corridor in scenario.distribution.items():
        kinds = ", ".join([*corridor.sectors, *corridor.cargos])
        yield f"{name}: {corridor.share:.4g} of what arrives in {corridor.of}{f', of {kinds} alone' if kinds else ''}"


def _load_line(name: str, load: OfferedLoad) -> str:
    rho = "closed" if load.rho == float("inf") else f"{load.rho:.2f}"
    return f"  {name:<38}{load.arrivals_per_day:>8.1f}{load.service_h:>12.2f}{load.lane_h_per_day:>12.1f}{rho:>8}"


def _assumption_text(row: Mapping[str, Any]) -> str:
    low, high = row["assumed"]
    value = row["value"]
    if isinstance(value, Mapping):
        value = " ".join(f"{k} {v}" for k, v in value.items())
    return f"{value} ({low} to {high})" + (f"; {row['why']}" if row["why"] else "")


def _describe_step(scenario: Scenario, step: Step) -> str:
    match step:
        case Travel():
            choice = {None: "", "first_open": ", the first that is open", "fastest": ", the fastest"}[step.choose]
            return f"travel {' or '.join(_place_title(scenario, 'roads', road) for road in step.ways)}{choice}"
        case PassGate():
            gate = scenario.gates[step.gate]
            return f"pass the gate {_place_title(scenario, 'gates', step.gate)}{' (border)' if gate.border else ''}"
        case Inspect():
            return f"inspection at {_place_title(scenario, 'sites', step.site)}"
        case Transfer():
            if scenario.is_onto_fleet(step):
                return f"transfer to trucks of {_place_title(scenario, 'fleets', step.onto)}"
            return f"offload onto {_place_title(scenario, 'platforms', step.onto)}"
        case Convoy(platform=None):
            return f"gather a convoy at {_place_title(scenario, 'yards', step.yard)}"
        case Convoy():
            return f"collect by convoy from {_place_title(scenario, 'yards', step.yard)}"
        case Permit():
            return f"permission by {_place_title(scenario, 'offices', step.office)}"
        case TakeSlot():
            return f"a slot of {_place_title(scenario, 'slots', step.slots)}"
        case Offload():
            return f"offload at {_place_title(scenario, 'warehouses', step.warehouse)}"


def _place_title(scenario: Scenario, kind: str, name: str) -> str:
    return getattr(scenario, kind)[name].title or _with_spaces(name)


def _with_spaces(name: str) -> str:
    return name.replace("_", " ")


SECONDS_PER_STEP = {"compiled": 1e-6, "simpy": 40e-6}  # of one load with its measures, on a 2025 server core
SECONDS_PER_RUN, SECONDS_PER_PAGE = 2.0, 8.0  # to start workers, and to draw and write the comparison
BYTES_PER_PLACE_DAY, BYTES_PER_CORRIDOR_DAY, BYTES_PER_LOAD = 12, 90, 25  # as measured in Parquet


def cost_estimate_text(prepared: Collection[tuple[Scenario, Network]]) -> str:
    """Returns a phrase such as `about 2 min on 2 cores, about 4 MB`."""
    seconds, size, workers = 0.0, 0.0, 1
    fixed = len(prepared) * SECONDS_PER_RUN + SECONDS_PER_PAGE
    for scenario, network in prepared:
        run = scenario.run
        loads = requested_per_day(network) * run.days + sum(source.stock for source in network.sources)
        steps = sum(len(route.steps) for route in network.routes) / len(network.routes)
        workers = max(workers, min(run.workers or os.cpu_count() or 1, run.replications))
        seconds += run.replications * loads * steps * SECONDS_PER_STEP[run.engine]
        days = run.replications * run.days
        size += days * (len(network.nodes) * BYTES_PER_PLACE_DAY + len(network.routes) * BYTES_PER_CORRIDOR_DAY)
        size += {"none": 0, "first": 1, "all": run.replications}[run.log] * loads * BYTES_PER_LOAD
    cores = f"{workers} core{'s' * (workers > 1)}"
    return f"about {_format_seconds(fixed + seconds / workers)} on {cores}, about {_format_bytes(size)}"


def _format_seconds(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _format_bytes(size: float) -> str:
    return f"{max(1, round(size / 1e6))} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"


def help_text(folders: tuple[Path, ...]) -> str:
    """Returns the text of --help, from help.txt in the first folder. Hydra's own help would compose all first."""
    groups: dict[str, set[str]] = {}
    for folder in folders:
        for path in folder.glob("*/*.yaml"):
            groups.setdefault(path.parent.name, set()).add(path.stem)
    choices = (f"{group}: {', '.join(sorted(groups[group]))}" for group in sorted(groups))
    return (folders[0] / "help.txt").read_text(encoding="utf-8").format(choices="\n".join(choices)).rstrip()


def choices_text(folders: tuple[Path, ...]) -> str:
    """Returns the names and titles of scenarios, regimes and experiments."""
    lines = []
    for group, head in (("scenario", "Scenarios"), ("regime", "Regimes"), ("experiment", "Experiments")):
        files = sorted(path for folder in folders for path in (folder / group).glob("*.yaml"))
        lines += [f"{head} ({group}=...)", *(f"  {path.stem:<24}{_file_title(path, group)}" for path in files), ""]
    return "\n".join(lines).rstrip()


def _file_title(path: Path, group: str) -> str:
    """Returns the title that a file gives itself, else the first sentence of its first comment."""
    text = path.read_text(encoding="utf-8")
    section = (yaml.safe_load(text) or {}).get(group)
    if isinstance(section, dict) and "title" in section:
        return str(section["title"])
    return first_comment_sentence(text)


def first_comment_sentence(text: str) -> str:
    """Returns the first sentence of a file's first comment, without a command that it gives as an example."""
    lines = [line for line in text.splitlines() if "@package" not in line]
    comment = " ".join(line.lstrip("# ") for line in takewhile(lambda line: line.startswith("#"), lines))
    return re.split(r"(?<=[.?])\s|: python", comment)[0].rstrip(".")
