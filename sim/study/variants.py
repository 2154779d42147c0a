"""Runs variants of one scenario on common random numbers, and keeps the few numbers of each that are compared.

Kept results are stored under a hash of all that changes results, so a command that is repeated, or was stopped, runs
only what is missing. It compares nothing.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.laws import Floats
from sim.network.network import Gridlock, Network
from sim.scenario.base import Mistakes
from sim.scenario.scenario import Scenario
from sim.study import composing, files
from sim.study.composing import (
    Command,
    ComposedRun,
    compose_sweep,
    mistakes_in_files,
    mistakes_in_overrides,
    read_command,
)
from sim.study.job import Job, config_hash, prepare_job
from sim.study.replication import Replication, replicate

KEPT_VERSION = 1  # of the kept rows; rises when their meaning changes
ARRIVED_UNITS = ("trucks", "pallets", "tonnes")


@dataclass(frozen=True)
class PreparedVariant:
    """A variant that is checked and built, with all that its replications need."""

    name: str
    config: Mapping[str, Any]
    scenario: Scenario
    network: Network
    config_hash: str


@dataclass(frozen=True)
class VariantResults:
    """Kept results of a variant, by replication.

    arrived_per_day : unit -> amount that arrived per day, shape (replications,).
    utilisation : place -> utilisation, shape (replications,); nan where it never opens.
    queue_share : place -> share of its open time with somebody waiting, shape (replications, days); nan on days on
    which it is closed.
    """

    arrived_per_day: dict[str, Floats]
    utilisation: dict[str, Floats]
    queue_share: dict[str, Floats]


def compose_runs(arguments: Sequence[str]) -> tuple[Command, list[ComposedRun]]:
    """Returns the runs of a command, with the same checks as `python -m sim`. Raises Mistakes."""
    command = read_command(list(arguments))
    if command.action:
        raise Mistakes([f"{command.action!r}: wanted settings, name=value"])
    refused = mistakes_in_files(composing.SCENARIOS_FOLDER, command.folders) + mistakes_in_overrides(command.overrides)
    if refused:
        raise Mistakes(refused)
    return command, compose_sweep(command).runs


def prepare_variant(name: str, config: Mapping[str, Any], data_folders: tuple[Path, ...]) -> PreparedVariant:
    """Returns a variant, checked like every run. Raises Mistakes."""
    job = Job(config, Path(), data_folders=data_folders)
    scenario, network = prepare_job(job)
    return PreparedVariant(name, config, scenario, network, config_hash(config, network))


def run_variants(
    variants: Sequence[PreparedVariant], replications: int, folder: Path, on_run: Callable[[str], None]
) -> Iterator[VariantResults]:
    """Yields the results of each variant, in their order, over as many threads as the run has workers.

    on_run : called with the name of each variant of which replications were run. Raises Mistakes on a gridlock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    workers = max((variant.scenario.run.workers for variant in variants), default=0) or os.cpu_count() or 1
    pool = ThreadPoolExecutor(workers, "replication")
    try:
        kept = [_read_kept_rows(folder, variant.config_hash) for variant in variants]
        futures: dict[str, list[Future[Replication]]] = {}
        for variant, rows in zip(variants, kept, strict=True):
            if variant.config_hash not in futures:
                futures[variant.config_hash] = [
                    pool.submit(replicate, variant.network, variant.scenario.run, number, False, with_waiting=True)
                    for number in range(len(rows), replications)
                ]
        for variant, rows in zip(variants, kept, strict=True):
            try:
                new_rows = [_kept_row(future.result()) for future in futures[variant.config_hash]]
            except Gridlock as error:
                raise Mistakes([f"{variant.name}: {error}"]) from None
            if new_rows:
                on_run(variant.name)
                rows = [*rows, *new_rows]
                files.write_json(_kept_file(folder, variant.config_hash), rows)
            yield _variant_results(variant.network, rows[:replications])
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _read_kept_rows(folder: Path, run_hash: str) -> list[dict[str, Any]]:
    return files.read_json(_kept_file(folder, run_hash)) or []


def _kept_file(folder: Path, run_hash: str) -> Path:
    return folder / f"{run_hash[:24]}-{KEPT_VERSION}.json"


def _kept_row(replication: Replication) -> dict[str, Any]:
    """Returns the numbers that are kept of one replication; nan becomes null."""
    measures, waiting = replication.tables["replications"], replication.tables["waiting"]
    value = dict(zip(measures["measure"].tolist(), measures["value"].tolist(), strict=True))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.round(waiting["waiting_s"] / waiting["open_s"], 3)
    places = waiting["place"]
    return {
        "arrived": {unit: _none_if_nan(value[f"arrived_{unit}_per_day"]) for unit in ARRIVED_UNITS},
        "used": {
            name.partition(":")[2]: _none_if_nan(share)
            for name, share in value.items()
            if name.startswith("utilisation:")
        },
        "waiting": {
            str(place): [_none_if_nan(each) for each in share[places == place].tolist()] for place in np.unique(places)
        },
    }


def _none_if_nan(value: float) -> float | None:
    return None if np.isnan(value) else value


def _variant_results(network: Network, rows: list[dict[str, Any]]) -> VariantResults:
    def columns(part: str) -> dict[str, Floats]:
        return {name: np.array([row[part][name] for row in rows], dtype=np.float64) for name in rows[0][part]}

    waiting = {name: shares[:, network.warm_up_days :] for name, shares in columns("waiting").items()}
    return VariantResults(columns("arrived"), columns("used"), waiting)


@contextlib.contextmanager
def exit_on_interrupt() -> Iterator[None]:
    """Ends the process at once on Ctrl-C; finished results are kept.

    A thread cannot be stopped, and may be compiling for a minute.
    """
    try:
        yield
    except KeyboardInterrupt:
        print("\nStopped. What was finished is kept: run the same command again to go on.", flush=True)
        os._exit(130)
