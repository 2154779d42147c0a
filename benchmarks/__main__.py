"""Our SimPy engine beside a plain idiomatic SimPy model of the same corridor, in turn, in one process: CPU and ratio.

`make bench`. The mean time from request to arrival of both is printed, so that nobody compares two different things.
"""

import platform
import statistics
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import yaml

from benchmarks.idiomatic import Corridor
from sim import corridor
from sim.building import build
from sim.checks import check
from sim.draws import draw
from sim.events import ARRIVED, REQUESTED
from sim.network import Network
from sim.reading import read_scenario

REPEATS = 5


def ours(network: Network, seed: int) -> tuple[float, int, float]:
    """(CPU s, loads, mean hours from request to arrival) of draws, engine and sorted log."""
    began = time.process_time()
    log = corridor.run(network, draw(network, seed, 0))
    seconds = time.process_time() - began
    requested = log[log["kind"] == REQUESTED]
    arrived = log[log["kind"] == ARRIVED]
    created = dict(zip(requested["entity"].tolist(), requested["time_s"].tolist(), strict=True))
    hours = [(t - created[load]) / 3600 for load, t in zip(arrived["entity"].tolist(), arrived["time_s"].tolist())]  # noqa: B905
    return seconds, len(requested), statistics.fmean(hours)


def plain(seed: int) -> tuple[float, int, float]:
    """The same of the idiomatic model."""
    began = time.process_time()
    model = Corridor(seed, per_day=685, days=35)
    model.run()
    seconds = time.process_time() - began
    hours = [(arrived - requested) / 60 for requested, arrived in model.arrived]
    return seconds, len(model.arrived), statistics.fmean(hours)


def main() -> None:
    scenario = read_scenario(yaml.safe_load((Path(__file__).parent / "reference.yaml").read_text(encoding="utf-8")))
    check(scenario)
    network = build(scenario)
    ours(network, 0), plain(0)
    pairs = [(ours(network, seed), plain(seed)) for seed in range(1, REPEATS + 1)]
    ratios = [own[0] / other[0] for own, other in pairs]
    for name, rows in (("SimPy engine", [own for own, _ in pairs]), ("idiomatic SimPy", [other for _, other in pairs])):
        cpu, loads, hours = (np.median([row[i] for row in rows]) for i in range(3))
        print(f"{name:<16} {cpu:6.2f} CPU s   {loads / cpu:8.0f} loads/s   {hours:.2f} h from request to arrival")
    print(f"ratio of CPU     {min(ratios):.2f} to {max(ratios):.2f}, median {statistics.median(ratios):.2f}")
    print(f"Python {platform.python_version()}, simpy {version('simpy')}, numpy {version('numpy')}")


if __name__ == "__main__":
    main()
