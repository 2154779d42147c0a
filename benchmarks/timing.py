"""Processor time of the contenders, in turn, and the ratios within each turn.

Each lives in a process of its own, since two that compile can disturb each other in one, and stays there: what it once
compiled stays compiled. Turn by turn the order is reversed, so that a machine that slows down slows no one's rival.
"""

import json
import statistics
import subprocess
import sys
from contextlib import ExitStack
from typing import Any

from benchmarks.contenders import contenders, missing
from benchmarks.fresh import ROOT
from benchmarks.worlds import DAYS

WARM_UP_DAYS = 7


def time_job(job: str, repeats: int) -> dict[str, Any]:
    """Each turn of each contender of `job`: seconds, loads, mean minutes from start to end; who is not installed."""
    names = [contender.name for contender in contenders(job)]
    turns: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    with ExitStack() as stack:
        workers = {name: stack.enter_context(_worker(job, name)) for name in names}
        for name in names:
            _ask(workers[name], 0, WARM_UP_DAYS)
        for seed in range(1, repeats + 1):
            for name in names if seed % 2 else reversed(names):
                turns[name].append(_ask(workers[name], seed, DAYS))
    return {"turns": turns, "not_installed": missing(job)}


def _worker(job: str, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.worker", job, name]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _ask(worker: subprocess.Popen[str], seed: int, days: int) -> dict[str, Any]:
    """One run. Raises where the worker has ended; what went wrong there stands on its standard error."""
    assert worker.stdin is not None and worker.stdout is not None
    print(json.dumps({"seed": seed, "days": days}), file=worker.stdin, flush=True)
    told: dict[str, Any] = json.loads(worker.stdout.readline() or "null") or {}
    if not told:
        raise RuntimeError(f"{worker.args!r} has failed")
    return told


def loads_per_s(turns: list[dict[str, Any]]) -> list[float]:
    """Loads that arrived a second of processor time, turn by turn."""
    return [turn["loads"] / turn["cpu_s"] for turn in turns]


def ratios(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[float]:
    """How many times as many loads a second ours does, turn by turn."""
    return [own / other for own, other in zip(loads_per_s(ours), loads_per_s(theirs), strict=True)]


def spread(values: list[float]) -> tuple[float, float, float]:
    """Median, lowest and highest."""
    return statistics.median(values), min(values), max(values)
