"""Runs small worlds from the YAML that a planner would write: it is read, checked, built and run in this process.

It is the only module of the verification that runs the model; verification and tests build on it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from analysis.files import parse_yaml
from sim import events as e
from sim.events import Log
from sim.laws import Int64Array
from sim.luck.draws import Draws, draw_loads
from sim.luck.places import draw_network
from sim.network.base import Node
from sim.network.building import build_network
from sim.network.checks import check_scenario
from sim.network.network import Network
from sim.readings import conservation
from sim.readings.lanes import QueueNode, mean_dwell_h, visit_cohort
from sim.readings.measures import compute_measures
from sim.readings.milestones import MilestoneEvents, daily_milestone_sums, find_milestones, load_transits
from sim.readings.needs import NeedsBalance, balance_needs, build_lots, need_measures
from sim.readings.places import place_readings
from sim.readings.records import DailyReadings, LoadTransits, Measure
from sim.readings.visits import History, Visits
from sim.scenario.parsing import read_scenario
from sim.scenario.scenario import Engine, Scenario
from sim.study.replication import compute_digests, simulate
from sim.units import DAY_S, MINUTE_S

BASE_SETTINGS = """
study: test
scenario: {title: A small world}
regime: {title: A test}
run: {start: 2024-05-13, days: 2, warm_up: 0, replications: 1, seed: 1, workers: 1, engine: simpy, log: none}
origins: {away: {}}
areas: {here: {}}
cargos: {food: {pallets: 20, weight: 20 t}}
"""


@dataclass(frozen=True)
class ReplicationResult:
    """One replication of a small world, with readings of its log. Names that end in `_min` are in minutes."""

    network: Network
    draws: Draws
    log: Log

    @cached_property
    def history(self) -> History:
        """Returns the history of all visits."""
        return History(self.log, self.network.horizon_s)

    @cached_property
    def milestones(self) -> dict[str, MilestoneEvents]:
        """Returns the events of each milestone, by its name."""
        return find_milestones(self.history, self.draws, self.network)

    @cached_property
    def places(self) -> dict[int, DailyReadings]:
        """Returns the daily readings of each place, by its number."""
        return {
            node.number: place_readings(self.history, self.draws, self.network, node) for node in self.network.nodes
        }

    @cached_property
    def transit(self) -> LoadTransits:
        """Returns the transit of each load."""
        return load_transits(self.history, self.draws, self.milestones, self.network)

    @cached_property
    def measures(self) -> list[Measure]:
        """Returns all measures."""
        by_day = daily_milestone_sums(self.milestones, self.draws, np.zeros_like(self.draws.source))
        basic_measures = compute_measures(
            self.network, self.history, by_day, self.transit, self.places, self.draws.route
        )
        return [*basic_measures, *need_measures(self.network, self.needs)]

    @cached_property
    def needs(self) -> NeedsBalance:
        """Returns the balance of needs."""
        return balance_needs(self.network, build_lots(self.network, self.draws, self.milestones))

    @property
    def digests(self) -> dict[str, str]:
        """Returns the digests of luck, inputs and events."""
        return compute_digests(self.network, self.draws, self.log)

    def measure(self, name: str) -> float | None:
        """Returns the value of one measure; None if it has no value."""
        return next(measure.value for measure in self.measures if measure.name == name)

    def node(self, name: str) -> Node:
        """Returns the place with this full name, e.g. `gates.rafah`."""
        return next(node for node in self.network.nodes if node.name == name)

    def days_at(self, name: str) -> DailyReadings:
        """Returns the daily readings of a place."""
        return self.places[self.node(name).number]

    def dwell(self, name: str) -> dict[str, float | None]:
        """Returns the mean dwell at a place after the warm-up, by cause [h]."""
        node = self.node(name)
        assert isinstance(node, QueueNode)
        network = self.network
        until_s = (network.days - network.drain_days) * DAY_S
        return mean_dwell_h(visit_cohort(self.history, node, network.warm_up_days * DAY_S, until_s), node)

    def visits(self, name: str) -> Visits:
        """Returns the visits to a place, by load."""
        return self.history.visits(self.node(name).number)

    def rows(self, kind: int, place: str | None = None) -> Log:
        """Returns the log's rows of one kind, at one place if given, in order."""
        rows: Log = self.log[self.log["kind"] == kind]
        selected = np.ones(len(rows), dtype=bool) if place is None else rows["place"] == self.node(place).number
        return np.asarray(rows[selected])

    def times_min(self, kind: int, place: str | None = None) -> list[float]:
        """Returns the times of the rows of one kind, in the order of loads [min]."""
        rows = self.rows(kind, place)
        return in_minutes(rows["time_s"][np.lexsort((rows["time_s"], rows["entity"]))])

    def arrivals_min(self) -> list[float]:
        """Returns the arrival times of the loads, in their order [min]."""
        return self.times_min(e.ARRIVED)

    def readable_log(self) -> list[tuple[int, str, str, str]]:
        """Returns the log as (second, load, kind, place) in words, independent of the numbering."""
        names = {node.number: node.name for node in self.network.nodes} | {-1: ""}
        return [
            (
                int(row["time_s"]),
                self.load_identity(int(row["entity"])),
                e.Kind(row["kind"]).name,
                names[int(row["place"])],
            )
            for row in self.log
        ]

    def load_identity(self, load: int) -> str:
        """Returns the identity of a load: key of its source, layer, index."""
        draws = self.draws
        return f"{self.network.sources[draws.source[load]].key}/{draws.layer[load]}/{draws.index[load]}"


def config_of(text: str) -> dict[str, Any]:
    """Returns the YAML `text` merged into BASE_SETTINGS, as plain data."""
    merged: dict[str, Any] = _merge_settings(parse_yaml(BASE_SETTINGS), parse_yaml(text) or {})
    return merged


def scenario_of(text: str, folders: Iterable[Path] = ()) -> Scenario:
    """Returns the scenario of the YAML `text`, read and checked. Raises Mistakes if it is invalid."""
    scenario = read_scenario(config_of(text))
    check_scenario(scenario, tuple(folders))
    return scenario


def network_of(text: str, *folders: Path) -> Network:
    """Returns the network of the YAML `text`."""
    return build_network(scenario_of(text, folders), folders)


def run_network(network: Network, seed: int = 1, replication: int = 0, engine: Engine = "simpy") -> ReplicationResult:
    """Runs one replication of a network and checks conservation, as every run does."""
    network = draw_network(network, seed, replication)
    draws = draw_loads(network, seed, replication)
    log = simulate(network, draws, engine)
    result = ReplicationResult(network, draws.with_logged_routes(network, log[log["kind"] == e.ROUTED]), log)
    conservation.check_conservation(network, result.draws, result.history, result.milestones, result.places)
    return result


def write_trace(
    folder: Path,
    times_min: Iterable[float],
    name: str = "arrivals.csv",
    durations_min: Mapping[str, Iterable[float]] | None = None,
) -> Path:
    """Writes a trace of arrivals, in minutes after the run's start, and returns its folder.

    durations_min : full name of a place -> the service time of each load there.
    """
    columns = {"time": times_min, **(durations_min or {})}
    rows = zip(*(_format_seconds(column) for column in columns.values()), strict=True)
    (folder / name).write_text("\n".join([",".join(columns), *(",".join(row) for row in rows)]) + "\n")
    return folder


def in_minutes(seconds: Int64Array) -> list[float]:
    """Returns seconds as minutes."""
    return [float(time) / MINUTE_S for time in seconds]


def _format_seconds(times_min: Iterable[float]) -> list[str]:
    return [f"{time * MINUTE_S:.15g} s" for time in times_min]


def _merge_settings(under: Any, over: Any) -> Any:
    if not (isinstance(under, Mapping) and isinstance(over, Mapping)):
        return over
    return {
        key: _merge_settings(under[key], over[key]) if key in under and key in over else over.get(key, under.get(key))
        for key in {**under, **over}
    }
