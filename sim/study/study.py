"""Runs the replications of one scenario into its folder: resumes a stopped run, and adds to a finished one.

The results have the same bytes for any number of workers, and for one run or several. Times and host go to run.log.
"""

import contextlib
import errno
import os
import platform
import signal
import threading
import time
import traceback
import warnings
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

from sim.network.network import Network
from sim.scenario.precision import Target, enough, in_order
from sim.scenario.scenario import Run
from sim.study import files
from sim.study.job import Job, build_manifest, config_hash, precision_targets, prepare_job
from sim.study.replication import Replication, replicate

BATCH_SIZE = 10  # replications written together

ReplicationTask = tuple[Network, Run, int, bool]


def run_job(job: Job) -> dict[str, Any]:
    """Runs what is missing and returns the manifest. Does not raise: a failure gives a manifest of status `failed`."""
    started_s = time.perf_counter()
    job.folder.mkdir(parents=True, exist_ok=True)
    try:
        manifest, done_now = _run_missing(job)
    except Exception as error:
        _append_to_run_log(job.folder, traceback.format_exc())
        manifest = {"status": "failed", "run": job.folder.name, "error": _error_text(error)}
        with contextlib.suppress(OSError):  # most likely the disk is full; finished batches are kept
            files.write_json(job.folder / "manifest.json", manifest)
        return manifest
    seconds = time.perf_counter() - started_s
    host = f"{platform.node()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    _append_to_run_log(
        job.folder, f"{done_now} of {manifest['replications']} replications in {seconds:.1f} s on {host}"
    )
    return manifest | {"done_now": done_now, "seconds": seconds}


def _run_missing(job: Job) -> tuple[dict[str, Any], int]:
    """Returns the manifest, and the number of replications that were run."""
    scenario, network = prepare_job(job)
    run_hash, targets = config_hash(job.config, network), precision_targets(scenario, network)
    batches, logged = job.folder / "parts" / run_hash[:16], _logged_replications(scenario.run)
    digests = files.load_kept_digests(batches, logged)
    old_manifest = files.read_json(job.folder / "manifest.json") or {}
    finished = old_manifest.get("status") == "done" and old_manifest.get("hash") == run_hash
    if finished:
        has_loads = files.replications_in(job.folder / "loads.parquet") if logged else set()
        digests |= {r: d for r, d in old_manifest["digests"].items() if int(r) not in logged or int(r) in has_loads}
    stopping_rule = StoppingRule(targets)
    if targets and digests:
        tables = files.table_files("replications", batches, job.folder if finished else None)
        stopping_rule.add_measured(files.measured_values(tables, stopping_rule.measures))
    number = min(scenario.run.replications, stopping_rule.required_replications or scenario.run.replications)
    missing = [r for r in range(number) if str(r) not in digests]
    done_before = len(digests)
    if missing or not finished:
        if finished:
            files.adopt_finished_run(job.folder, batches, digests)
        (job.folder / "manifest.json").unlink(missing_ok=True)
        old_manifest = {}
        for batch in _run_in_batches(network, scenario.run, missing, stopping_rule):
            files.write_batch(batches, batch)
            digests |= {str(r.number): r.digests for r in batch}
        files.merge_batches(batches, job.folder)
    manifest = build_manifest(job, scenario, network, run_hash, digests, targets)
    if manifest != old_manifest:
        files.write_json(job.folder / "manifest.json", manifest)
    files.drop_batches(batches)
    return manifest, len(digests) - done_before


def _logged_replications(run: Run) -> range:
    """Returns the replications that have a table of loads."""
    return range({"none": 0, "first": 1, "all": run.replications}[run.log])


class StoppingRule:
    """Whether enough replications have been run for the precision targets. Replications are added in their order."""

    def __init__(self, targets: tuple[Target, ...]):
        self.targets = targets
        self.measures = [target.measure for target in targets]
        self.required_replications: int | None = None
        self._measured: dict[int, dict[str, float]] = {}

    def add_measured(self, measured: Mapping[int, dict[str, float]]) -> None:
        """Adds the measures of replications that exist already."""
        self._measured.update(measured)
        self.required_replications = enough(in_order(self._measured, self.measures), self.targets)

    def add_replication(self, replication: Replication) -> bool:
        """Adds a replication; returns whether there are enough now."""
        if not self.targets:
            return False
        table = replication.tables["replications"]
        measured = dict(zip(table["measure"].tolist(), table["value"].tolist(), strict=True))
        self.add_measured({replication.number: {measure: measured[measure] for measure in self.measures}})
        return self.required_replications is not None and replication.number + 1 >= self.required_replications


def _run_in_batches(
    network: Network, run: Run, missing: list[int], stopping_rule: StoppingRule
) -> Iterator[list[Replication]]:
    """Yields the missing replications in order, in batches of BATCH_SIZE, until there are enough.

    With more than one worker they run on threads or in processes, depending on the engine.
    """
    from tqdm import tqdm

    logged = _logged_replications(run)
    tasks = [(network, run, number, number in logged) for number in missing]
    workers = min(run.workers or os.cpu_count() or 1, len(missing)) or 1
    run_tasks = {"compiled": _run_on_threads, "simpy": _run_in_processes}[run.engine]
    batch: list[Replication] = []
    with contextlib.closing(run_tasks(tasks, workers)) as running:
        for replication in tqdm(running, total=len(missing), disable=None, leave=False, unit=" replication"):
            batch.append(replication)
            enough_now = stopping_rule.add_replication(replication)
            if (replication.number + 1) % BATCH_SIZE == 0 or replication.number == missing[-1] or enough_now:
                yield batch
                batch = []
            if enough_now:
                return


def _run_on_threads(tasks: list[ReplicationTask], workers: int) -> Generator[Replication]:
    """Yields replications of the compiled engine, which releases the interpreter lock.

    At most two replications per worker are submitted at a time.
    """
    if workers == 1:
        yield from (replicate(*task) for task in tasks)
        return
    pool = ThreadPoolExecutor(workers, "replication")
    try:
        waiting = deque(pool.submit(replicate, *task) for task in tasks[: 2 * workers])
        for task in [*tasks[2 * workers :], *[None] * len(waiting)]:
            yield waiting.popleft().result()
            if task:
                waiting.append(pool.submit(replicate, *task))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # an interrupt does not wait for running replications


def _run_in_processes(tasks: list[ReplicationTask], workers: int) -> Generator[Replication]:
    """Yields replications of the SimPy engine, which holds the interpreter lock."""
    import joblib

    task = replicate if workers == 1 else _replicate_in_worker
    with _interrupts_ignored():
        running = joblib.Parallel(n_jobs=workers, return_as="generator")(joblib.delayed(task)(*each) for each in tasks)
    try:
        for replication in running:  # noqa: UP028, `yield from` would close it before the warning filter is set
            yield replication
    finally:
        with warnings.catch_warnings():  # replications beyond the precision target are discarded on purpose
            warnings.filterwarnings("ignore", r"\d+ tasks? ")
            running.close()


def _replicate_in_worker(network: Network, run: Run, number: int, with_loads: bool) -> Replication:
    """Runs a replication in a worker process, which ends if its parent is killed."""
    _exit_with_parent()
    return replicate(network, run, number, with_loads)


@lru_cache(maxsize=1)
def _exit_with_parent() -> None:
    """Starts, once per process, a thread that ends the process when its parent has changed."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Makes processes started in the block ignore Ctrl-C: they end with this one, without tracebacks."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _append_to_run_log(folder: Path, text: str) -> None:
    """Appends a line to run.log, which is for people and is no result."""
    with contextlib.suppress(OSError), (folder / "run.log").open("a", encoding="utf-8") as file:
        file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S %z')} {text}\n")


def _error_text(error: Exception) -> str:
    if (disk_full := os.strerror(errno.ENOSPC)) in str(error):  # DuckDB has it within its own message
        return f"{disk_full}; what was finished is kept"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename or ''}".rstrip(": ")
    return f"{type(error).__name__}: {error}"
