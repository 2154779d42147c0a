"""A case of the verification: a scenario in YAML, the statistics read from its runs, and their expected values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from analysis.verification.worlds import ReplicationResult

REPLICATIONS = 80  # of a case with random numbers

# Parts of the worlds of several cases
DOCK_CORRIDOR = "corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}\n"
CONVOY_WORLD = """
warehouses: {dock: {lanes: 999, time: 1 s}}
corridors: {only: {from: away, to: here, steps: [{convoy: hub}, {offload: dock}]}}
"""
TRACED_FLOW = "flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}\n"
WORKDAYS = "calendars: {day: {windows: {all: {hours: '08:00-16:00'}}}}\n"


@dataclass(frozen=True)
class ExactStatistic:
    """A statistic that has the same value in every run; floats may differ by a relative 1e-9 of rounding."""

    name: str
    value: Any
    read: Callable[[ReplicationResult], Any]


@dataclass(frozen=True)
class MeanStatistic:
    """A statistic whose expected value over replications is known."""

    name: str
    value: float
    read: Callable[[ReplicationResult], float]


class TraceLoads(NamedTuple):
    """A trace: arrival times of trucks, and their service times at each place, by its full name [min]."""

    arrivals_min: Sequence[float]
    durations_min: Mapping[str, Sequence[float]] = {}


@dataclass(frozen=True)
class Case:
    """A world and its expected statistics.

    Without random numbers it is run once by each engine, otherwise REPLICATIONS times by the compiled engine.
    """

    family: str
    name: str
    reference: str  # author of the formula, or the method
    world: str
    statistics: Sequence[ExactStatistic | MeanStatistic]
    traces: Mapping[str, TraceLoads] = field(default_factory=dict)  # contents of the CSV files that it reads, by name

    @property
    def has_luck(self) -> bool:
        """Whether expected values are means over random numbers."""
        return any(isinstance(statistic, MeanStatistic) for statistic in self.statistics)


def run_settings(days: int, warm_up: int = 0) -> str:
    """Returns the YAML of a run of so many days."""
    return f"run: {{days: {days}, warm_up: {warm_up}}}\n"


def initial_batch(loads: int) -> str:
    """Returns the YAML of a flow with `loads` loads in the system when the run starts, and no others."""
    return (
        "flows: {f: {sector: un, cargo: food}}\n"
        f"start: {{s: {{flow: f, corridor: only, loads: {loads}}}}}\n"
    )  # fmt: skip


def flow_entry(source: str, name: str = "f", rank: int = 1) -> str:
    """Returns the YAML of one flow, for `flow_settings`."""
    return f"{name}: {{sector: un, cargo: food, {source}, rank: {rank}, corridors: {{only: 1}}}}"


def flow_settings(*entries: str) -> str:
    """Returns the YAML of these flows."""
    return f"flows: {{{', '.join(entries)}}}\n"


def single_queue(rate: float, server: str, source: str = "") -> str:
    """Returns the YAML of one warehouse with these `server` settings as a queue.

    rate : arrivals per hour with exponential gaps, unless `source` sets another source of loads.
    """
    return (
        DOCK_CORRIDOR
        + flow_settings(flow_entry(source or f"rate: {rate} trucks/h"))
        + f"warehouses: {{dock: {{{server}}}}}\n"
    )


def exponential_law(mean: str) -> str:
    """Returns the YAML of an exponential distribution with this mean."""
    return f"{{law: exponential, mean: {mean}}}"
