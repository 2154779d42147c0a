"""Runs one scenario's replications into its folder: goes on where it was stopped, and adds to what is there.

The results are the same bytes for any number of workers, and for one go or many. Times and the host go to run.log.
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

BATCH_SIZE = 10  # replications that are kept together

ReplicationTask = tuple[Network, Run, int, bool]


def run_job(job: Job) -> dict[str, Any]:
    """Runs what is missing and returns the manifest. Does not raise: a failure is a manifest with status `failed`."""
    began = time.perf_counter()
    job.folder.mkdir(parents=True, exist_ok=True)
    try:
        manifest, done_now = _run_missing(job)
    except Exception as error:
        _append_to_run_log(job.folder, traceback.format_exc())
        manifest = {"status": "failed", "run": job.folder.name, "error": _error_text(error)}
        with contextlib.suppress(OSError):  # the disk is full, most likely: what was finished stays
            files.write_json(job.folder / "manifest.json", manifest)
        return manifest
    seconds = time.perf_counter() - began
    host = f"{platform.node()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    _append_to_run_log(
        job.folder, f"{done_now} of {manifest['replications']} replications in {seconds:.1f} s on {host}"
    )
    return manifest | {"done_now": done_now, "seconds": seconds}


def _run_missing(job: Job) -> tuple[dict[str, Any], int]:
    scenario, network = prepare_job(job)
    mark, targets = config_hash(job.config, network), precision_targets(scenario, network)
    parts, logged = job.folder / "parts" / mark[:16], _logged_replications(scenario.run)
    digests = files.load_kept_digests(parts, logged)
    old = files.read_json(job.folder / "manifest.json") or {}
    finished = old.get("status") == "done" and old.get("hash") == mark
    if finished:
        has_loads = files.replications_in(job.folder / "loads.parquet") if logged else set()
        digests |= {r: d for r, d in old["digests"].items() if int(r) not in logged or int(r) in has_loads}
    stop = StoppingRule(targets)
    if targets and digests:
        tables = files.table_files("replications", parts, job.folder if finished else None)
        stop.add_measured(files.measured_values(tables, stop.measures))
    most = min(scenario.run.replications, stop.required_replications or scenario.run.replications)
    todo = [r for r in range(most) if str(r) not in digests]
    done_before = len(digests)
    if todo or not finished:
        if finished:
            files.adopt_finished_run(job.folder, parts, digests)
        (job.folder / "manifest.json").unlink(missing_ok=True)
        old = {}
        for batch in _run_in_batches(network, scenario.run, todo, stop):
            files.write_batch(parts, batch)
            digests |= {str(r.number): r.digests for r in batch}
        files.merge_batches(parts, job.folder)
    manifest = build_manifest(job, scenario, network, mark, digests, targets)
    if manifest != old:
        files.write_json(job.folder / "manifest.json", manifest)
    files.drop_batches(parts)
    return manifest, len(digests) - done_before


def _logged_replications(run: Run) -> range:
    """The replications whose loads are written one by one."""
    return range({"none": 0, "first": 1, "all": run.replications}[run.log])


class StoppingRule:
    """Whether there are replications enough for the precision that was asked for. Replications come in their order."""

    def __init__(self, targets: tuple[Target, ...]):
        self.targets = targets
        self.measures = [target.measure for target in targets]
        self.required_replications: int | None = None
        self._measured: dict[int, dict[str, float]] = {}

    def add_measured(self, measured: Mapping[int, dict[str, float]]) -> None:
        """What replications measured that are there already."""
        self._measured.update(measured)
        self.required_replications = enough(in_order(self._measured, self.measures), self.targets)

    def add_replication(self, replication: Replication) -> bool:
        """Whether, with this one, there are enough."""
        if not self.targets:
            return False
        table = replication.tables["replications"]
        measured = dict(zip(table["measure"].tolist(), table["value"].tolist(), strict=True))
        self.add_measured({replication.number: {measure: measured[measure] for measure in self.measures}})
        return self.required_replications is not None and replication.number + 1 >= self.required_replications


def _run_in_batches(network: Network, run: Run, todo: list[int], stop: StoppingRule) -> Iterator[list[Replication]]:
    """The missing replications, in order, by tens, until there are enough; over threads or processes where there is
    more than one worker."""
    from tqdm import tqdm

    logged = _logged_replications(run)
    tasks = [(network, run, number, number in logged) for number in todo]
    workers = min(run.workers or os.cpu_count() or 1, len(todo)) or 1
    at_work = {"compiled": _run_on_threads, "simpy": _run_in_processes}[run.engine]
    batch: list[Replication] = []
    with contextlib.closing(at_work(tasks, workers)) as running:
        for replication in tqdm(running, total=len(todo), disable=None, leave=False, unit=" replication"):
            batch.append(replication)
            enough_now = stop.add_replication(replication)
            if (replication.number + 1) % BATCH_SIZE == 0 or replication.number == todo[-1] or enough_now:
                yield batch
                batch = []
            if enough_now:
                return


def _run_on_threads(tasks: list[ReplicationTask], workers: int) -> Generator[Replication]:
    """The compiled engine lets other threads run beside it; never more than two replications a worker are under way."""
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
        pool.shutdown(wait=False, cancel_futures=True)  # who stops the program does not wait for what is under way


def _run_in_processes(tasks: list[ReplicationTask], workers: int) -> Generator[Replication]:
    """The SimPy engine holds Python for itself."""
    import joblib

    task = replicate if workers == 1 else _replicate_in_worker
    with _interrupts_ignored():
        running = joblib.Parallel(n_jobs=workers, return_as="generator")(joblib.delayed(task)(*each) for each in tasks)
    try:
        for replication in running:  # noqa: UP028, `yield from` would close it before the warning is deaf
            yield replication
    finally:
        with warnings.catch_warnings():  # those beyond what a precision takes are not used, and that is meant
            warnings.filterwarnings("ignore", r"\d+ tasks? ")
            running.close()


def _replicate_in_worker(network: Network, run: Run, number: int, with_loads: bool) -> Replication:
    """A replication in a worker process, which ends when its parent was killed and nobody waits for it any more."""
    _exit_with_parent()
    return replicate(network, run, number, with_loads)


@lru_cache(maxsize=1)
def _exit_with_parent() -> None:
    """Once a process: looks every second whether its parent is still the same."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes that start inside do not hear Ctrl-C: they end with this one, and without a trace each."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _append_to_run_log(folder: Path, text: str) -> None:
    """A line in run.log, which is for people: it is no result."""
    with contextlib.suppress(OSError), (folder / "run.log").open("a", encoding="utf-8") as file:
        file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S %z')} {text}\n")


def _error_text(error: Exception) -> str:
    if (full := os.strerror(errno.ENOSPC)) in str(error):  # DuckDB says it in the middle of its own words
        return f"{full}; what was finished is kept"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename or ''}".rstrip(": ")
    return f"{type(error).__name__}: {error}"
