"""What one fresh process is asked for: `python -m benchmarks.probe '{"what": "cost", ...}'` prints JSON.

A process of its own, since a peak of memory never falls again.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.worlds import COMPILED, REFERENCE, config, world


def cost(days: int, factor: int, repeats: int) -> dict[str, Any]:
    """Processor time of replications of the reference corridor, and the process's peak of memory after the first."""
    from sim.study.replication import replicate

    replicate(*world(REFERENCE, COMPILED, 1), 0, False)
    small_kb = peak_kb()
    network, run = world(REFERENCE, COMPILED, days, factor)
    cpu_s, loads, kb = [], 0.0, 0
    for number in range(1, repeats + 1):
        began = time.process_time()
        replication = replicate(network, run, number, False)
        cpu_s.append(time.process_time() - began)
        kb = kb or peak_kb()
        table = replication.tables["replications"]
        loads = float(table["value"][table["measure"] == "requested_trucks_per_day"][0]) * days
    return {"days": days, "factor": factor, "loads": round(loads), "cpu_s": cpu_s, "peak_kb": kb, "small_kb": small_kb}


def study(replications: int, workers: int) -> dict[str, Any]:
    """A whole study by the program's own way, files and all: clock, processor time of all its threads, memory."""
    from sim.study.job import Job
    from sim.study.study import run_job

    settings = config(REFERENCE)
    settings["run"] |= {"replications": replications, "workers": workers, "engine": COMPILED}
    with tempfile.TemporaryDirectory() as folder:
        began, cpu_began = time.perf_counter(), time.process_time()
        manifest = run_job(Job(settings, Path(folder) / "run"))
        wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    if manifest["status"] != "done":
        raise RuntimeError(manifest["error"])
    return {"replications": replications, "workers": workers, "wall_s": wall_s, "cpu_s": cpu_s, "peak_kb": peak_kb()}


def library(world: str, replications: int) -> dict[str, Any]:
    """A study of a world of the library, files and all, by one worker: processor time of the process from its start,
    and of its replications alone."""
    from benchmarks.everything import settings_of
    from sim.study.job import Job
    from sim.study.study import run_job

    settings = settings_of(world)
    settings["run"] |= {"replications": replications, "workers": 1, "engine": COMPILED}
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        manifest = run_job(Job(settings, Path(folder) / "run"))
    if manifest["status"] != "done":
        raise RuntimeError(manifest["error"])
    return {"cpu_s": time.process_time(), "replicating_s": time.process_time() - began}


def small(engine: str) -> dict[str, Any]:
    """One day of the reference corridor, the least that a new process can be asked for."""
    from sim.study.replication import replicate

    replicate(*world(REFERENCE, engine, 1), 0, False)
    return {}


def peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kB on Linux


PROBES: dict[str, Callable[..., dict[str, Any]]] = {"cost": cost, "study": study, "small": small, "library": library}

if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    print(json.dumps(PROBES[asked.pop("what")](**asked)))
