"""Runs the worlds of the gate, always anew: what was kept of an earlier program is what the gate is about.

With worlds.py of the verification the only part of the analysis that runs the model. It compares nothing.
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
DIGEST_LENGTH = 16  # of a digest: two of 64 bits are not alike by chance
TRAIL_REPLICATIONS = 2  # replications of which the way through the log is kept


class World(NamedTuple):
    """A shipped scenario as a command names it, and why it stands here."""

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
    """What one world gave, and its first replications whole, so that the first event that differs can be told."""

    baseline: WorldBaseline
    full_replications: tuple[ReplicationResult, ...]


def run_world(
    world: World, replications: int = DEFAULT_REPLICATIONS, engine: str = "compiled", workers: int = 0
) -> WorldOutcome:
    """A world of the gate. Raises Mistakes where its command cannot be run, and what a run raises that goes wrong."""
    command, runs = compose_runs([*world.command, f"run.engine={engine}"])
    return run_config(world.name, world.command, runs[0].config, command.data_folders(), replications, workers)


def run_config(
    name: str, command: Sequence[str], config: Mapping[str, Any], data_folders: tuple[Path, ...] = (),
    replications: int = DEFAULT_REPLICATIONS, workers: int = 0,
) -> WorldOutcome:  # fmt: skip
    """A composed configuration: replications 0, 1, ... in their order, whoever runs them."""
    variant = prepare_variant(name, config, data_folders)
    network, run = variant.network, variant.scenario.run
    wholes = tuple(
        run_network(network, run.seed, number, run.engine) for number in range(min(TRAIL_REPLICATIONS, replications))
    )
    rows = list(_run_replications(network, run, replications, workers))
    units = {measure: unit for measure, (unit, _) in rows[0][1].items()}
    measures = measures_with_margin(units)
    beside = {name: round_or_none(value) for name, (_, value) in rows[0][1].items() if name not in measures}
    values = {
        measure: round_figures(np.array([row[measure][1] for _, row in rows], dtype=np.float64)) for measure in measures
    }
    about = {
        "world": name, "command": list(command), "days": run.days, "seed": run.seed, "model": MODEL,
        "digests": DIGEST_FORMAT, "replications": replications,
        "settings": settings_digest(config), "versions": _versions(),
    }  # fmt: skip
    digests = {which: [of_one[which][:DIGEST_LENGTH] for of_one, _ in rows] for which in DIGESTS}
    trails: tuple[LogTrail, ...] = tuple(log_trail(whole) for whole in wholes)
    return WorldOutcome(WorldBaseline(about, {m: units[m] for m in measures}, digests, values, trails, beside), wholes)


def settings_digest(config: Mapping[str, Any]) -> str:
    """Of the settings that change results, in any order: was it a file that changed, or the program?"""
    return hashlib.sha256(json.dumps(effective_settings(config), sort_keys=True, default=str).encode()).hexdigest()[
        :DIGEST_LENGTH
    ]


@cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("numpy", "scipy", "numba")}


def _run_replications(
    network: Network, run: Run, replications: int, workers: int
) -> Iterator[tuple[dict[str, str], dict[str, tuple[str, float]]]]:
    """Digests and measures of each; the compiled engine lets other threads run beside it."""
    pool = ThreadPoolExecutor(workers or os.cpu_count() or 1, "replication")
    try:
        yield from pool.map(partial(_run_replication, network, run), range(replications))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _run_replication(network: Network, run: Run, number: int) -> tuple[dict[str, str], dict[str, tuple[str, float]]]:
    """Measures of places go by the places' keys, so that one that was renamed and kept its key is the same."""
    done = replicate(network, run, number, with_loads=False)
    table = done.tables["replications"]
    nodes = [*network.nodes, *(network.onward.nodes if network.onward else ())]
    key = {node.name: node.key for node in nodes}
    measured = {}
    for measure, unit, value in zip(*(table[name].tolist() for name in ("measure", "unit", "value")), strict=True):
        what, colon, place = measure.partition(":")
        measured[what + colon + key.get(place, place)] = (unit, value)
    return done.digests, measured
