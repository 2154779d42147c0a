"""One run of a sweep: what it is, what changes its results, and the manifest that says all of it."""

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

# on the results of a replication
SETTINGS_WITHOUT_EFFECT = {"study", "title", "description", "calibrated", "sources", "why", "on_map"}
RUN_WITHOUT_EFFECT = {"replications", "precision", "workers", "engine", "log"}
PAGE_SECTION = "report"  # settings that say how results are told
OVERRIDES_WITHOUT_EFFECT = {f"run.{name}" for name in RUN_WITHOUT_EFFECT}
RECORDED_LIBRARIES = ("aid-corridors", "numpy", "scipy", "numba", "simpy", "duckdb", "pydantic", "hydra-core")


@dataclass(frozen=True)
class Job:
    """One run of a sweep: a composed configuration, the folder of its results, and where traces are looked for."""

    config: Mapping[str, Any]
    folder: Path
    overrides: tuple[str, ...] = ()
    data_folders: tuple[Path, ...] = ()


def prepare_job(job: Job) -> tuple[Scenario, Network]:
    """The job's scenario, checked, and its network. Raises Mistakes."""
    scenario = read_scenario(dict(job.config))
    check(scenario, job.data_folders)
    scenario = scenario.model_copy(update={"start": stocks(scenario.start, job.data_folders)})
    network = build(scenario, job.data_folders)
    precision_targets(scenario, network)
    return scenario, network


def precision_targets(scenario: Scenario, network: Network) -> tuple[Target, ...]:
    """What run.precision asks for. Raises Mistakes where it names what is not measured."""
    asked = scenario.run.precision
    return resolved(asked, measure_names(network)) if asked else ()


def config_hash(config: Mapping[str, Any], network: Network) -> str:
    """SHA-256 of all that changes the results of a replication: settings, a planner's own tables, the versions of model
    and digests."""

    told = effective_settings(config)
    sha = hashlib.sha256(json.dumps([MODEL, DIGEST_FORMAT, TABLE_FORMAT, told], sort_keys=True, default=str).encode())
    if isinstance(told.get("start"), str):  # what the file holds, whatever its name
        sha.update(repr([source for source in network.sources if source.demand is None]).encode())
    for source in network.sources:
        if isinstance(source.demand, Trace):
            columns = (source.demand.created_s, source.demand.pallets, source.demand.kg)
            for name, column in [*zip("tpk", columns, strict=True), *sorted(source.demand.durations.items())]:
                sha.update(name.encode() + np.ascontiguousarray(column).tobytes())
    return sha.hexdigest()


def effective_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that change results: without titles, sources, the page and how replications are run."""

    def bare(part: Any) -> Any:
        if not isinstance(part, Mapping):
            return part
        return {name: bare(value) for name, value in part.items() if name not in SETTINGS_WITHOUT_EFFECT}

    told: dict[str, Any] = bare({name: part for name, part in config.items() if name != PAGE_SECTION})
    told["run"] = {name: value for name, value in told["run"].items() if name not in RUN_WITHOUT_EFFECT}
    return told


def build_manifest(
    job: Job, scenario: Scenario, network: Network, mark: str, digests: dict[str, Any], targets: tuple[Target, ...] = ()
) -> dict[str, Any]:
    """What a reader of the results needs to know; nothing in it depends on when, where or by how many it was run."""
    loads = offered_loads(network)
    settings = scenario.run
    config = json.loads(json.dumps(dict(job.config), default=str))
    config["run"] = {name: value for name, value in config["run"].items() if name not in RUN_WITHOUT_EFFECT}
    return {
        "status": "done",
        "run": job.folder.name,
        "scenario": scenario.scenario.model_dump(),
        "regime": scenario.regime.model_dump(),
        "hash": mark,
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
        "map": on_map(divided(scenario).goods),  # people, and what goes on inside, are counted, and not drawn
        "provenance": provenance(scenario, job.config),
        "summary": files.measure_summaries(job.folder / "replications.parquet"),
    }


def _place_entry(node: Node, rho: float | None) -> dict[str, Any]:
    """Of a place. JSON knows no infinity: one that never opens for those who come has no rho."""
    return {"title": node.title, "unit": backlog_unit(node), "rho": rho if rho is not None and isfinite(rho) else None}


def _precision_entry(folder: Path, targets: tuple[Target, ...]) -> dict[str, Any] | None:
    if not targets:
        return None
    measures = [target.measure for target in targets]
    measured = files.measured_values([folder / "replications.parquet"], measures)
    return in_words(in_order(measured, measures), targets)
