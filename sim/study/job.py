"""One run of a sweep: its job, the settings that change its results, and its manifest.

It runs no replication.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from sim import DIGEST_FORMAT, MODEL, TABLE_FORMAT
from sim.network.base import Node
from sim.network.building import build
from sim.network.checks import check
from sim.network.flows import Trace
from sim.network.map import on_map
from sim.network.network import Network
from sim.network.subnetworks import divided
from sim.readings.measures import measure_names
from sim.readings.milestones import route_milestones
from sim.readings.records import backlog_unit
from sim.scenario.parsing import read_scenario
from sim.scenario.precision import Target, in_order, in_words, resolved
from sim.scenario.provenance import provenance
from sim.scenario.scenario import Scenario
from sim.scenario.start import stocks
from sim.study import files
from sim.study.composing import override_key
from sim.study.describe import describe_corridor
from sim.study.offered_load import offered_loads, study_type

# settings that do not change the results of a replication
SETTINGS_WITHOUT_EFFECT = {"study", "title", "description", "calibrated", "sources", "why", "on_map"}
RUN_WITHOUT_EFFECT = {"replications", "precision", "workers", "engine", "log"}
PAGE_SECTION = "report"  # settings of how results are presented
OVERRIDES_WITHOUT_EFFECT = {f"run.{name}" for name in RUN_WITHOUT_EFFECT}
RECORDED_LIBRARIES = ("aid-corridors", "numpy", "scipy", "numba", "simpy", "duckdb", "pydantic", "hydra-core")


@dataclass(frozen=True)
class Job:
    """One run of a sweep: its composed configuration, folder of results, overrides, and folders searched for traces."""

    config: Mapping[str, Any]
    folder: Path
    overrides: tuple[str, ...] = ()
    data_folders: tuple[Path, ...] = ()


def prepare_job(job: Job) -> tuple[Scenario, Network]:
    """Returns the job's scenario, checked, and its network. Raises Mistakes."""
    scenario = read_scenario(dict(job.config))
    check(scenario, job.data_folders)
    scenario = scenario.model_copy(update={"start": stocks(scenario.start, job.data_folders)})
    network = build(scenario, job.data_folders)
    precision_targets(scenario, network)
    return scenario, network


def precision_targets(scenario: Scenario, network: Network) -> tuple[Target, ...]:
    """Returns the targets of run.precision. Raises Mistakes if it names an unknown measure."""
    precision = scenario.run.precision
    return resolved(precision, measure_names(network)) if precision else ()


def config_hash(config: Mapping[str, Any], network: Network) -> str:
    """Returns the SHA-256 of all that changes the results of a replication.

    These are the settings, a planner's own tables, and the versions of model, digests and tables.
    """

    settings = effective_settings(config)
    sha = hashlib.sha256(
        json.dumps([MODEL, DIGEST_FORMAT, TABLE_FORMAT, settings], sort_keys=True, default=str).encode()
    )
    if isinstance(settings.get("start"), str):  # a file: its content counts, not its name
        sha.update(repr([source for source in network.sources if source.demand is None]).encode())
    for source in network.sources:
        if isinstance(source.demand, Trace):
            columns = (source.demand.created_s, source.demand.pallets, source.demand.kg)
            for name, column in [*zip("tpk", columns, strict=True), *sorted(source.demand.durations.items())]:
                sha.update(name.encode() + np.ascontiguousarray(column).tobytes())
    return sha.hexdigest()


def effective_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the settings that change results: without titles, sources, the page, and how replications are run."""

    def without_labels(part: Any) -> Any:
        if not isinstance(part, Mapping):
            return part
        return {name: without_labels(value) for name, value in part.items() if name not in SETTINGS_WITHOUT_EFFECT}

    settings: dict[str, Any] = without_labels({name: part for name, part in config.items() if name != PAGE_SECTION})
    settings["run"] = {name: value for name, value in settings["run"].items() if name not in RUN_WITHOUT_EFFECT}
    return settings


def build_manifest(
    job: Job,
    scenario: Scenario,
    network: Network,
    run_hash: str,
    digests: dict[str, Any],
    targets: tuple[Target, ...] = (),
) -> dict[str, Any]:
    """Returns the manifest: what a reader of the results needs to know.

    Nothing in it depends on when, where or on how many workers the run was made.
    """
    loads = offered_loads(network)
    settings = scenario.run
    config = json.loads(json.dumps(dict(job.config), default=str))
    config["run"] = {name: value for name, value in config["run"].items() if name not in RUN_WITHOUT_EFFECT}
    return {
        "status": "done",
        "run": job.folder.name,
        "scenario": scenario.scenario.model_dump(),
        "regime": scenario.regime.model_dump(),
        "hash": run_hash,
        "model": MODEL,
        "seed": settings.seed,
        "start": settings.start.isoformat(),
        "days": settings.days,
        "warm_up": settings.warm_up,
        "replications": len(digests),
        "precision": _precision_entry(job.folder, targets),
        "study_type": study_type(network, loads),
        "overrides": [text for text in job.overrides if override_key(text) not in OVERRIDES_WITHOUT_EFFECT],
        "config": config,
        "versions": {name: version(name) for name in RECORDED_LIBRARIES} | {"python": platform.python_version()},
        "digests": dict(sorted(digests.items(), key=lambda item: int(item[0]))),
        "corridors": {
            route.name: {
                "words": describe_corridor(scenario, route.name),
                "milestones": list(route_milestones(network, route)),
            }
            for route in network.routes
        },
        "places": {
            **{
                node.name: _place_entry(node, loads[node.number].rho if node.number in loads else None)
                for node in network.nodes
            },
            **{node.name: _place_entry(node, None) for node in (network.onward.nodes if network.onward else ())},
        },
        "map": on_map(divided(scenario).goods),  # people and distribution are not drawn
        "provenance": provenance(scenario, job.config),
        "summary": files.measure_summaries(job.folder / "replications.parquet"),
    }


def _place_entry(node: Node, rho: float | None) -> dict[str, Any]:
    """Returns the manifest's entry of a place. JSON has no infinity: rho is null for a place that never opens."""
    return {"title": node.title, "unit": backlog_unit(node), "rho": rho if rho is not None and isfinite(rho) else None}


def _precision_entry(folder: Path, targets: tuple[Target, ...]) -> dict[str, Any] | None:
    if not targets:
        return None
    measures = [target.measure for target in targets]
    measured = files.measured_values([folder / "replications.parquet"], measures)
    return in_words(in_order(measured, measures), targets)
