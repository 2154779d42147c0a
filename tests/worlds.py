"""Small worlds for tests, written as a planner writes them: YAML, read, checked, built and run as a replication is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from sim import conservation, corridor
from sim import events as e
from sim.building import build
from sim.checks import check
from sim.days import as_drawn
from sim.digests import digests
from sim.draws import Draws, draw
from sim.events import Log
from sim.laws import Ints
from sim.metrics import Measure, PlaceDays, Transit, measures, place_days, transit
from sim.milestones import Reached, daily, reached
from sim.mistakes import Mistakes
from sim.network import Network
from sim.nodes import Node
from sim.reading import read_scenario
from sim.scenario import Scenario
from sim.stays import Waited, cohort, dwell
from sim.units import DAY_S, MINUTE_S
from sim.visits import History, Visits

BASE = """
study: test
scenario: {title: A small world}
regime: {title: A test}
run: {start: 2024-05-13, days: 2, warm_up: 0, replications: 1, seed: 1, workers: 1, engine: simpy, log: none}
origins: {away: {}}
areas: {here: {}}
cargos: {food: {pallets: 20, weight: 20 t}}
"""

# A world with every verb and every kind of luck
WORLD = """
calendars: {day: {windows: {all: {hours: "06:00-18:00"}}}}
cargos:
  food: {pallets: {law: uniform, low: 10, high: 22}, weight: {law: gamma, mean: 18 t, cv: 0.2}}
  flour: {pallets: 22, weight: {law: lognormal, mean: 22 t, cv: 0.1}}
sites:
  scan:
    lanes: 2
    time: {law: gamma, mean: 12 min, cv: 0.7}
    calendar: day
    manual: {share: 30 %, bays: 2, time: {law: exponential, mean: 40 min}}
    rejected: {share: 20 %, after: 2 h, attempts: 3, back_to: drive}
gates: {rim: {border: true, calendar: day}}
bays: {apron: {lanes: 2, time: {law: lognormal, mean: 20 min, cv: 0.4}}}
platforms: {pad: {room: 200}}
yards: {hub: {min: 2, max: 6, patience: 2 h}}
fleets: {pool: {vehicles: 8, pallets: 17, home: {law: gamma, mean: 1 h, cv: 0.5}}}
roads:
  in: {length: 40 km, speed: 40 km/h, variation: 0.3}
  out: {time: {law: triangular, low: 20 min, mode: 30 min, high: 90 min}}
warehouses: {dock: {lanes: 3, time: {law: gamma, mean: 20 min, cv: 0.5}}}
corridors:
  north:
    from: away
    to: here
    steps:
      - {travel: in, as: drive}
      - inspect: scan
      - pass_gate: rim
      - transfer: {onto: pad, bays: apron}
      - convoy: {yard: hub, from: pad, fleet: pool}
      - travel: out
      - offload: dock
  south:
    from: away
    to: here
    steps: [{travel: in, as: drive}, {inspect: scan}, {convoy: hub}, {travel: out}, {offload: dock}]
flows:
  aid: {sector: un, cargo: food, rate: 40/day, rank: 0, corridors: {north: 60 %, south: 40 %}}
  trade:
    sector: commercial
    cargo: flour
    rate: 30/day
    pattern: {hours: {"04:00-10:00": 2}}
    corridors: {south: 100 %}
start: {left_over: {flow: aid, corridor: north, at: platforms.pad, loads: 3}}
run: {days: 3}
"""


@dataclass(frozen=True)
class Ran:
    """One replication of a small world, and readings of its log. Times are in minutes where a name ends in `_min`."""

    network: Network
    draws: Draws
    log: Log

    @cached_property
    def history(self) -> History:
        return History(self.log, self.network.horizon_s)

    @cached_property
    def found(self) -> dict[str, Reached]:
        return reached(self.history, self.draws, self.network)

    @cached_property
    def places(self) -> dict[int, PlaceDays]:
        return {node.number: place_days(self.history, self.draws, self.network, node) for node in self.network.nodes}

    @cached_property
    def transit(self) -> Transit:
        return transit(self.history, self.draws, self.found, self.network)

    @cached_property
    def measures(self) -> list[Measure]:
        by_day = daily(self.found, self.draws, np.zeros_like(self.draws.source))
        return measures(self.network, self.history, by_day, self.transit, self.places)

    @property
    def digests(self) -> dict[str, str]:
        return digests(self.network, self.draws, self.log)

    def measure(self, name: str) -> float | None:
        """The value of one measure."""
        return next(measure.value for measure in self.measures if measure.name == name)

    def node(self, name: str) -> Node:
        """The place of that full name, e.g. `gates.rafah`."""
        return next(node for node in self.network.nodes if node.name == name)

    def days(self, name: str) -> PlaceDays:
        """A place day by day."""
        return self.places[self.node(name).number]

    def dwell(self, name: str) -> dict[str, float | None]:
        """The mean hours of a visit, by cause, after warm-up."""
        node = self.node(name)
        assert isinstance(node, Waited)
        network = self.network
        until_s = (network.days - network.drain_days) * DAY_S
        return dwell(cohort(self.history, node, network.warm_up_days * DAY_S, until_s), node)

    def visits(self, name: str) -> Visits:
        """The visits to a place, by load."""
        return self.history.visits(self.node(name).number)

    def rows(self, kind: int, place: str | None = None) -> Log:
        """The rows of one kind, at one place, in the order of the log."""
        rows: Log = self.log[self.log["kind"] == kind]
        there = np.ones(len(rows), dtype=bool) if place is None else rows["place"] == self.node(place).number
        return np.asarray(rows[there])

    def times_min(self, kind: int, place: str | None = None) -> list[float]:
        """When each row of that kind came, in the order of loads."""
        rows = self.rows(kind, place)
        return minutes(rows["time_s"][np.lexsort((rows["time_s"], rows["entity"]))])

    def arrivals_min(self) -> list[float]:
        """When the loads arrived, in their order."""
        return self.times_min(e.ARRIVED)

    def told(self) -> list[tuple[int, str, str, str]]:
        """The log in words: (second, entity, kind, place), whoever is numbered how."""
        names = {node.number: node.name for node in self.network.nodes} | {-1: ""}
        return [
            (int(row["time_s"]), self.who(int(row["entity"])), e.Kind(row["kind"]).name, names[int(row["place"])])
            for row in self.log
        ]

    def who(self, load: int) -> str:
        """The identity of a load: key of its source, layer, index."""
        draws = self.draws
        return f"{self.network.sources[draws.source[load]].key}/{draws.layer[load]}/{draws.index[load]}"


def config_of(text: str) -> dict[str, Any]:
    """A planner's file on top of the base, as plain data."""
    merged: dict[str, Any] = _merged(yaml.safe_load(BASE), yaml.safe_load(text) or {})
    return merged


def scenario_of(text: str, folders: Iterable[Path] = ()) -> Scenario:
    """The scenario, read and checked."""
    scenario = read_scenario(config_of(text))
    check(scenario, tuple(folders))
    return scenario


def network_of(text: str, *folders: Path) -> Network:
    """The network of a planner's file."""
    return build(scenario_of(text, folders), folders)


def run(text: str, *folders: Path, replication: int = 0) -> Ran:
    """One replication of a planner's file; conservation is checked, as it is in every run."""
    scenario = scenario_of(text, folders)
    return run_network(build(scenario, folders), scenario.run.seed, replication)


def run_network(network: Network, seed: int = 1, replication: int = 0) -> Ran:
    """One replication of a network; conservation is checked, as it is in every run."""
    network = as_drawn(network, seed, replication)
    draws = draw(network, seed, replication)
    ran = Ran(network, draws, corridor.run(network, draws))
    conservation.check(network, draws, ran.history, ran.found, ran.places)
    return ran


def mistakes_in(text: str, *folders: Path) -> list[str]:
    """What is said of a planner's file; nothing of a good one."""
    try:
        scenario_of(text, folders)
    except Mistakes as mistakes:
        return mistakes.lines
    return []


def trace(
    folder: Path,
    times_min: Iterable[float],
    name: str = "arrivals.csv",
    durations_min: Mapping[str, Iterable[float]] | None = None,
) -> Path:
    """Writes a trace of arrivals at these minutes after the run's start, and gives its folder.

    durations_min : full name of a place -> how long each load takes there.
    """
    columns = {"time": times_min, **(durations_min or {})}
    rows = zip(*(_in_seconds(column) for column in columns.values()), strict=True)
    (folder / name).write_text("\n".join([",".join(columns), *(",".join(row) for row in rows)]) + "\n")
    return folder


def minutes(seconds: Ints) -> list[float]:
    """Seconds as minutes."""
    return [float(time) / MINUTE_S for time in seconds]


def _in_seconds(times_min: Iterable[float]) -> list[str]:
    return [f"{time * MINUTE_S:.15g} s" for time in times_min]


def _merged(under: Any, over: Any) -> Any:
    if not (isinstance(under, Mapping) and isinstance(over, Mapping)):
        return over
    return {
        key: _merged(under[key], over[key]) if key in under and key in over else over.get(key, under.get(key))
        for key in {**under, **over}
    }
