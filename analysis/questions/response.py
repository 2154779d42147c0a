"""The response to one lever: what arrives a day along its range, on the same luck, under each ceiling structure.

This module reads the lever from a command, runs variants and writes no text; `analysis.page.response` reports the
result.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.intervals import MeanInterval, mean_interval
from analysis.questions.binding import VariantRunner, binding_share, stage_of_place
from analysis.results.arrays import Floats
from sim.network.changes import LIMITS
from sim.network.gates import gates_of
from sim.scenario.base import Mistakes, nearest
from sim.scenario.scenario import PLACE_KINDS, Scenario
from sim.study import composing
from sim.study.composing import Command, ComposedRun, override_key
from sim.study.levers import corridor_depth, with_setting
from sim.study.variants import ARRIVED_UNITS, PreparedVariant, VariantResults, compose_runs, prepare_variant

NO_CEILINGS = "none"
DEMAND_BINDS = "what is requested"
SIMILAR_SHARE = 0.25  # shares of days that differ by no more count as equal
MIN_BINDING_SHARE = 0.5  # of open days: a place that binds on fewer is not named
LEVER_EXAMPLE = "sites.x.lanes=1..8, ceilings.x.trucks=0..300/day, gates.x=0..300/day or levers.x=0..60%"
_LEVER_PATTERN = re.compile(r"([\w.]+)\s*=\s*(\d+\.?\d*|\.\d+)\s*(.*?)\s*\.\.\s*(\d+\.?\d*|\.\d+)\s*(.*)")


@dataclass(frozen=True)
class LeverRange:
    """A lever (full path of a setting, a gate or a named lever), its range, and the unit of both ends."""

    path: str
    low: float
    high: float
    unit: str

    def grid(self, points: int, whole: bool) -> list[float]:
        """Returns `points` values evenly spaced from low to high; if `whole`, rounded and without repeats."""
        if whole:
            return sorted({float(round(value)) for value in np.linspace(self.low, self.high, points)})
        return [float(f"{value:.4g}") for value in np.linspace(self.low, self.high, points)]

    def as_written(self, value: float) -> Any:
        """Returns a value as a planner writes it: a bare number where there is no unit."""
        return f"{value:g}{self.unit}" if self.unit else int(value) if value == int(value) else value


@dataclass(frozen=True)
class ResponsePoint:
    """One value of the lever, what arrives a day at it, and what binds: a stage type, or what is requested.

    arrived : unit -> shape (replications,).
    """

    value: float
    arrived: dict[str, Floats]
    binds: str

    def mean(self, unit: str) -> MeanInterval:
        """Returns the mean a day of what arrives, with its interval; `unit` is a key of `arrived`."""
        interval = mean_interval(self.arrived[unit])
        assert interval is not None  # `run_curves` refuses nan
        return interval


@dataclass(frozen=True)
class ResponseCurve:
    """The points under one ceiling structure; `structure` is empty where there is only one curve."""

    structure: str
    points: tuple[ResponsePoint, ...]


@dataclass(frozen=True)
class ResponsePlan:
    """All variants of a response.

    points : (structure, value) of each variant. lacking : the structures that do not have the lever.
    """

    lever: LeverRange
    points: tuple[tuple[str, float], ...]
    variants: tuple[PreparedVariant, ...]
    lacking: tuple[str, ...]


def parse_lever(text: str) -> LeverRange:
    """Returns the lever and range of `path=low..high unit`. Raises Mistakes."""
    match = _LEVER_PATTERN.fullmatch(text.strip())
    if not match:
        raise Mistakes([f"--lever: wanted a setting and its range, e.g. {LEVER_EXAMPLE}, found {text!r}"])
    path, low, low_unit, high, unit = match.groups()
    if low_unit not in ("", unit):
        raise Mistakes([f"--lever: {path} has two units, {low_unit!r} and {unit!r}; write low..high and one of them"])
    if float(low) >= float(high):
        raise Mistakes([f"--lever: {path}={low}..{high}{unit} is empty; the first number must be below the second"])
    return LeverRange(path, float(low), float(high), unit if re.match(r"[/%]", unit) or not unit else f" {unit}")


def plan_response(
    arguments: Sequence[str], text: str, points: int
) -> tuple[ResponsePlan, PreparedVariant, ComposedRun]:
    """Returns the variants that a command asks for, checked and built, and the scenario as it is. Raises Mistakes."""
    lever = parse_lever(text)
    if points < 2:
        raise Mistakes([f"--points: wanted 2 or more, found {points}"])
    command, runs = compose_runs(arguments)
    if len(runs) > 1:
        raise Mistakes([f"wanted one run, found {len(runs)}: a response is of one scenario"])
    folders = command.data_folders()
    base = prepare_variant("as it is", runs[0].config, folders)
    worlds = dict(_structure_variants(command, arguments, base)) or {"": base}
    with_lever = {name: world for name, world in worlds.items() if _has_lever(world.config, lever.path)}
    if not with_lever:
        raise Mistakes([_unknown_lever_message(lever.path, [world.config for world in worlds.values()])])
    targets, variants = [], []
    for name, world in with_lever.items():
        for value in lever.grid(points, _is_integer_lever(world.config, lever)):
            targets.append((name, value))
            config = _config_at(arguments, name, world, lever, value)
            variants.append(prepare_variant(f"{lever.path}={lever.as_written(value)}", config, folders))
    return (
        ResponsePlan(lever, tuple(targets), tuple(variants), tuple(name for name in worlds if name not in with_lever)),
        base,
        runs[0],
    )


def run_curves(plan: ResponsePlan, run: VariantRunner) -> list[ResponseCurve]:
    """Runs the variants and returns a curve for each structure. Raises Mistakes where nothing arrives."""
    by_structure: dict[str, list[ResponsePoint]] = {}
    outcomes = run(list(plan.variants))
    for (structure, value), variant, outcome in zip(plan.points, plan.variants, outcomes, strict=True):
        if np.isnan(outcome.arrived_per_day["tonnes"]).any():
            raise Mistakes(["no corridor ends at a warehouse, so nothing arrives: there is no response to draw"])
        binds = binding_stage(variant.scenario, outcome)
        by_structure.setdefault(structure, []).append(
            ResponsePoint(value, {u: outcome.arrived_per_day[u] for u in ARRIVED_UNITS}, binds)
        )
    return [ResponseCurve(structure, tuple(points)) for structure, points in by_structure.items()]


def binding_stage(scenario: Scenario, outcome: VariantResults) -> str:
    """Returns the stage type of the place that binds on most days; DEMAND_BINDS where none does.

    Of places with nearly equal shares it takes the last: what waits before an earlier one would only wait there.
    """
    shares = {place: binding_share(waiting) for place, waiting in outcome.queue_share.items()}
    binding = {place: share for place, share in shares.items() if share is not None and share >= MIN_BINDING_SHARE}
    if not binding:
        return DEMAND_BINDS
    candidates = sorted(place for place, share in binding.items() if share >= max(binding.values()) - SIMILAR_SHARE)
    return stage_of_place(max(candidates, key=lambda place: corridor_depth(scenario, place)))


def _structure_variants(
    command: Command, arguments: Sequence[str], base: PreparedVariant
) -> Iterator[tuple[str, PreparedVariant]]:
    """Yields the scenario under each ceiling structure that covers one of its gates.

    Yields nothing where the scenario has ceilings of its own or the command chooses a structure.
    """
    if base.scenario.ceilings or any(override_key(text) == "structure" for text in command.overrides):
        return
    files = (
        file
        for folder in (composing.SCENARIOS_FOLDER, *command.folders)
        for file in (folder / "structure").glob("*.yaml")
    )
    for name in sorted({file.stem for file in files} - {NO_CEILINGS}):
        _, (only,) = compose_runs([*arguments, f"structure={name}"])
        world = prepare_variant(name, only.config, command.data_folders())
        if any(gates_of(world.scenario, ceiling) for ceiling in world.scenario.ceilings.values()):
            yield name, world


def _has_lever(config: Mapping[str, Any], path: str) -> bool:
    """Whether a configuration has what the lever sets: a named lever, a gate, a place, or a ceiling's limit."""
    kind, *rest = path.split(".")
    if kind == "levers":
        return len(rest) == 1 and rest[0] in config.get("levers", {})
    if not rest or rest[0] not in (config.get(kind) or {}):
        return False
    if kind == "gates":
        return len(rest) == 1
    return kind != "ceilings" or (len(rest) == 2 and rest[1] in config[kind][rest[0]])


def _unknown_lever_message(path: str, configs: list[Mapping[str, Any]]) -> str:
    levers = {f"{kind}.{name}" for config in configs for kind in ("gates", "levers") for name in config.get(kind) or ()}
    for config in configs:
        for kind in (*PLACE_KINDS, "flows"):
            for name, settings in (config.get(kind) or {}).items():
                numbers = LIMITS if kind == "ceilings" else settings
                levers |= {f"{kind}.{name}.{setting}" for setting in numbers if setting in settings and kind != "gates"}
    no_levers = {"title", "sources", "key", "calendar", "description"}
    names = {name for name in levers if name.split(".")[-1] not in no_levers}
    return f"--lever: there is no {path}{nearest(path, names)}"


def _is_integer_lever(config: Mapping[str, Any], lever: LeverRange) -> bool:
    """Whether the setting counts things: it is a whole number now, and the range has no unit."""
    value: Any = config
    for part in lever.path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return not lever.unit and isinstance(value, int)


def _config_at(
    arguments: Sequence[str], structure: str, world: PreparedVariant, lever: LeverRange, value: float
) -> Mapping[str, Any]:
    """Returns the configuration with the lever at a value. Raises Mistakes."""
    kind, name, *_ = lever.path.split(".")
    if kind == "levers":
        chosen = [f"structure={structure}"] if structure else []
        _, (only,) = compose_runs([*arguments, *chosen, f"{lever.path}={lever.as_written(value)}"])
        return only.config
    if kind == "gates":
        return _config_at_gate(world, name, lever, value)
    if kind == "ceilings" and value == 0:
        return _closed_ceiling_config(world.config, name, lever)
    try:
        return with_setting(world.config, lever.path, lever.as_written(value))
    except (KeyError, TypeError):
        raise Mistakes([_unknown_lever_message(lever.path, [world.config])]) from None


def _config_at_gate(world: PreparedVariant, gate: str, lever: LeverRange, value: float) -> Mapping[str, Any]:
    """Returns the configuration with a ceiling on the gate alone, beside those that it shares with others."""
    own_ceilings = [
        name
        for name, ceiling in world.scenario.ceilings.items()
        if gates_of(world.scenario, ceiling) == (gate,) and ceiling.trucks is not None and ceiling.sectors is None
    ]
    name = own_ceilings[0] if own_ceilings else f"at_{gate}"
    ceiling = {"title": f"Ceiling at {gate.replace('_', ' ')}", "gates": [gate], "trucks": f"1{lever.unit}"}
    config = world.config if own_ceilings else {**world.config, "ceilings": {**world.config["ceilings"], name: ceiling}}
    limit = LeverRange(f"ceilings.{name}.trucks", lever.low, lever.high, lever.unit)
    return (
        _closed_ceiling_config(config, name, limit)
        if value == 0
        else with_setting(config, limit.path, lever.as_written(value))
    )


def _closed_ceiling_config(config: Mapping[str, Any], name: str, lever: LeverRange) -> Mapping[str, Any]:
    """Returns the configuration with a ceiling of 0, written as one whose calendar never opens."""
    return with_setting(with_setting(config, lever.path, lever.as_written(1)), f"ceilings.{name}.calendar", "never")
