"""Runs a command in a fresh process, and tells its wall clock and the processor time of it and its children."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent


class Spent(NamedTuple):
    """Seconds."""

    wall_s: float
    cpu_s: float
    printed: str


def spend(command: list[str], folder: Path = ROOT, settings: Mapping[str, str] | None = None) -> Spent:
    """One command from its start to its end. Raises where it fails."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **(settings or {})}, text=True, capture_output=True, check=False
    )
    wall_s, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:])}: {done.stderr[-2000:]}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(wall_s, cpu_s, done.stdout)


def probe(what: str, **asked: int | str) -> dict[str, Any]:
    """One of the probes, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.probe", json.dumps({"what": what, **asked})]
    told: dict[str, Any] = json.loads(spend(command).printed)
    return told
