"""How long a sweep will take and how much disk, said before it starts. Rough on purpose: from the rates alone."""

import os
from collections.abc import Collection

from sim.expected import requested_per_day
from sim.network import Network
from sim.scenario import Scenario

SECONDS_A_STEP = {"compiled": 1e-6, "simpy": 40e-6}  # of one load with its measures, on a 2025 server core
SECONDS_A_RUN, SECONDS_A_PAGE = 2.0, 8.0  # to start workers, and to draw and write the comparison
BYTES_A_PLACE_DAY, BYTES_A_CORRIDOR_DAY, BYTES_A_LOAD = 12, 90, 25  # as measured in Parquet


def estimate(prepared: Collection[tuple[Scenario, Network]]) -> str:
    """One phrase, e.g. `about 2 min on 2 workers, about 4 MB`."""
    seconds, size, workers = 0.0, 0.0, 1
    fixed = len(prepared) * SECONDS_A_RUN + SECONDS_A_PAGE
    for scenario, network in prepared:
        run = scenario.run
        loads = requested_per_day(network) * run.days + sum(source.stock for source in network.sources)
        steps = sum(len(route.steps) for route in network.routes) / len(network.routes)
        workers = max(workers, min(run.workers or os.cpu_count() or 1, run.replications))
        seconds += run.replications * loads * steps * SECONDS_A_STEP[run.engine]
        days = run.replications * run.days
        size += days * (len(network.nodes) * BYTES_A_PLACE_DAY + len(network.routes) * BYTES_A_CORRIDOR_DAY)
        size += {"none": 0, "first": 1, "all": run.replications}[run.log] * loads * BYTES_A_LOAD
    on = f"{workers} core{'s' * (workers > 1)}"
    return f"about {_time(fixed + seconds / workers)} on {on}, about {_size(size)}"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _size(size: float) -> str:
    return f"{max(1, round(size / 1e6))} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"
