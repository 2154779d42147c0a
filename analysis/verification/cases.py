"""What a case is: a planner's file, what is read off a run of it, and what must come out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from analysis.verification.worlds import ReplicationResult

REPLICATIONS = 80  # of a case with luck

# What the worlds of many cases have in common
DOCK_CORRIDOR = "corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}\n"
CONVOY_WORLD = """
warehouses: {dock: {lanes: 999, time: 1 s}}
corridors: {only: {from: away, to: here, steps: [{convoy: hub}, {offload: dock}]}}
"""
TRACED_FLOW = "flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}\n"
WORKDAYS = "calendars: {day: {windows: {all: {hours: '08:00-16:00'}}}}\n"


@dataclass(frozen=True)
class ExactStatistic:
    """A reading that is the same in every run; numbers may differ by 1e-9 of themselves, by rounding."""

    name: str
    value: Any
    read: Callable[[ReplicationResult], Any]


@dataclass(frozen=True)
class MeanStatistic:
    """A reading whose mean over all luck is known."""

    name: str
    value: float
    read: Callable[[ReplicationResult], float]


class TraceLoads(NamedTuple):
    """When trucks come, and by the full name of a place how long each takes there [min]: a trace."""

    arrivals_min: Sequence[float]
    durations_min: Mapping[str, Sequence[float]] = {}


@dataclass(frozen=True)
class Case:
    """A world and what must come out of it. Without luck it is run once by each engine, else many times by the loop."""

    family: str
    name: str
    reference: str  # whose formula, or how it was worked out
    world: str
    statistics: Sequence[ExactStatistic | MeanStatistic]
    traces: Mapping[str, TraceLoads] = field(default_factory=dict)  # the CSV files that it reads, by name

    @property
    def has_luck(self) -> bool:
        """Whether what is known of it are means."""
        return any(isinstance(statistic, MeanStatistic) for statistic in self.statistics)


def run_settings(days: int, warm_up: int = 0) -> str:
    return f"run: {{days: {days}, warm_up: {warm_up}}}\n"


def initial_batch(loads: int) -> str:
    """So many loads that are there when the run starts."""
    return (
        "flows: {f: {sector: un, cargo: food}}\n"
        f"start: {{s: {{flow: f, corridor: only, loads: {loads}}}}}\n"
    )  # fmt: skip


def flow_entry(source: str, name: str = "f", rank: int = 1) -> str:
    """One flow, for a list of flows."""
    return f"{name}: {{sector: un, cargo: food, {source}, rank: {rank}, corridors: {{only: 1}}}}"


def flow_settings(*each: str) -> str:
    return f"flows: {{{', '.join(each)}}}\n"


def single_queue(rate: float, server: str, source: str = "") -> str:
    """Loads at `rate` an hour, exponential gaps unless there is another `source`, at one warehouse."""
    return (
        DOCK_CORRIDOR
        + flow_settings(flow_entry(source or f"rate: {rate} trucks/h"))
        + f"warehouses: {{dock: {{{server}}}}}\n"
    )


def exponential_law(mean: str) -> str:
    return f"{{law: exponential, mean: {mean}}}"
