"""The two jobs as scenarios: as written, for other days, or with more demand and as much more of everything."""

from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from sim.network.building import build_network
from sim.network.checks import check_scenario
from sim.network.network import Network
from sim.scenario.parsing import read_scenario
from sim.scenario.scenario import Run

HERE = Path(__file__).parent
REFERENCE, TANDEM = "reference", "tandem"
COMPILED, SIMPY = "compiled", "simpy"
DAYS = 35
PER_FACTOR = {"sites": "lanes", "bays": "lanes", "warehouses": "lanes", "fleets": "vehicles", "platforms": "room"}


class World(NamedTuple):
    """A job as the program runs it."""

    network: Network
    run: Run


def config(job: str, days: int = DAYS, factor: int = 1) -> dict[str, Any]:
    """The job's YAML, with `factor` times its loads, lanes, vehicles and room."""
    settings: dict[str, Any] = yaml.safe_load((HERE / f"{job}.yaml").read_text(encoding="utf-8"))
    settings["run"]["days"] = days
    for flow in settings["flows"].values():
        flow["rate"] = f"{factor * float(flow['rate'].removesuffix('/day'))}/day"
    for kind, setting in PER_FACTOR.items():
        for place in settings.get(kind, {}).values():
            place[setting] *= factor
    return settings


@lru_cache(maxsize=8)
def world(job: str, engine: str, days: int = DAYS, factor: int = 1) -> World:
    """The job, checked and built."""
    scenario = read_scenario(config(job, days, factor))
    check_scenario(scenario)
    return World(build_network(scenario), scenario.run.model_copy(update={"engine": engine}))
