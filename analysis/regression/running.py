"""Runs the worlds of the gate. It never reuses stored runs, because the gate compares programs. It compares nothing.

Beside worlds.py of the verification it is the only part of the analysis that runs the model.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from analysis.regression.baseline import DIGESTS, WorldBaseline, round_figures, round_or_none
from analysis.regression.margins import measures_with_margin
from analysis.regression.trail import LogTrail, log_trail
from analysis.verification.worlds import ReplicationResult, run_network
from sim import DIGEST_FORMAT, MODEL
from sim.network.network import Network
from sim.scenario.scenario import Run
from sim.study.job import effective_settings
from sim.study.replication import replicate
from sim.study.variants import compose_runs, prepare_variant

DEFAULT_REPLICATIONS = 200
DIGEST_LENGTH = 16  # hex digits kept of a digest: 64 bits, so equal digests are not due to chance
TRAIL_REPLICATIONS = 2  # replications whose log trail is kept


class World(NamedTuple):
    """A shipped scenario as a command names it, and the reason for including it."""

    name: str
    command: tuple[str, ...]
    reason: str


WORLDS = (
    World("rafah_closed", ("scenario=rafah_closed", "regime=summer_2024", "run.days=14"),
          "the reference of the first comparison: platforms, convoys, operating levels"),
    World("rafah_open", ("scenario=rafah_open", "regime=summer_2024", "run.days=14"),
          "the same period with one gate more"),
    World("extra_corridors", ("scenario=extra_corridors", "regime=summer_2024", "run.days=14"),
          "the most corridors: sea, bridge, convoys without a platform, costs"),
    World("ceasefire_2025", ("scenario=ceasefire_2025", "regime=ceasefire_2025", "run.days=14"),
          "another period: phases, collection on the next day"),
    World("adre_2024", ("scenario=adre_2024", "regime=adre_2024"),
          "elsewhere: an office, floods, shelf life, no place of the others"),
)  # fmt: skip


class WorldOutcome(NamedTuple):
    """The results of one world, and its first replications in full, to find the first event that differs."""

    baseline: WorldBaseline
    full_replications: tuple[ReplicationResult, ...]


def run_world(
    world: World, replications: int = DEFAULT_REPLICATIONS, engine: str = "compiled", workers: int = 0
) -> WorldOutcome:
    """Runs a world of the gate. Raises Mistakes if its command is invalid; errors of the run propagate."""
    command, runs = compose_runs([*world.command, f"run.engine={engine}"])
    return run_config(world.name, world.command, runs[0].config, command.data_folders(), replications, workers)


def run_config(
    name: str, command: Sequence[str], config: Mapping[str, Any], data_folders: tuple[Path, ...] = (),
    replications: int = DEFAULT_REPLICATIONS, workers: int = 0,
) -> WorldOutcome:  # fmt: skip
    """Runs replications 0, 1, ... of a composed configuration; the result does not depend on `workers`."""
    variant = prepare_variant(name, config, data_folders)
    network, run = variant.network, variant.scenario.run
    full = tuple(
        run_network(network, run.seed, number, run.engine) for number in range(min(TRAIL_REPLICATIONS, replications))
    )
    rows = list(_run_replications(network, run, replications, workers))
    units = {measure: unit for measure, (unit, _) in rows[0][1].items()}
    measures = measures_with_margin(units)
    unmargined = {name: round_or_none(value) for name, (_, value) in rows[0][1].items() if name not in measures}
    values = {
        measure: round_figures(np.array([row[measure][1] for _, row in rows], dtype=np.float64)) for measure in measures
    }
    metadata = {
        "world": name, "command": list(command), "days": run.days, "seed": run.seed, "model": MODEL,
        "digests": DIGEST_FORMAT, "replications": replications,
        "settings": settings_digest(config), "versions": _versions(),
    }  # fmt: skip
    digests = {which: [of_replication[which][:DIGEST_LENGTH] for of_replication, _ in rows] for which in DIGESTS}
    trails: tuple[LogTrail, ...] = tuple(log_trail(replication) for replication in full)
    return WorldOutcome(
        WorldBaseline(metadata, {m: units[m] for m in measures}, digests, values, trails, unmargined), full
    )


def settings_digest(config: Mapping[str, Any]) -> str:
    """Returns a digest of the settings that affect results, in any order.

    It tells changed scenario files from a changed program.
    """
    return hashlib.sha256(json.dumps(effective_settings(config), sort_keys=True, default=str).encode()).hexdigest()[
        :DIGEST_LENGTH
    ]


@cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("numpy", "scipy", "numba")}


def _run_replications(
    network: Network, run: Run, replications: int, workers: int
) -> Iterator[tuple[dict[str, str], dict[str, tuple[str, float]]]]:
    """Yields (digests, measures) of each replication, in order; the compiled engine releases the interpreter lock."""
    pool = ThreadPoolExecutor(workers or os.cpu_count() or 1, "replication")
    try:
        yield from pool.map(partial(_run_replication, network, run), range(replications))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _run_replication(network: Network, run: Run, number: int) -> tuple[dict[str, str], dict[str, tuple[str, float]]]:
    """Returns (digests, measures) of one replication.

    Measures of places are named by the places' keys, so that a renamed place with the same key is the same place.
    """
    result = replicate(network, run, number, with_loads=False)
    table = result.tables["replications"]
    nodes = [*network.nodes, *(network.distribution_network.nodes if network.distribution_network else ())]
    key_of_place = {node.name: node.key for node in nodes}
    measures = {}
    for measure, unit, value in zip(*(table[name].tolist() for name in ("measure", "unit", "value")), strict=True):
        base_name, colon, place = measure.partition(":")
        measures[base_name + colon + key_of_place.get(place, place)] = (unit, value)
    return result.digests, measures
