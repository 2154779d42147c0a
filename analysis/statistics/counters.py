"""Trucks a day are several counts: requested, entered, offloaded, collected, arrived; side by side, and the rest.

By sector, cargo and crossing (the border gate of a corridor, or the corridor where it has none). Trucks are inbound
trucks up to offloaded, and vehicles that collect from collected on; pallets are the same all the way, so that what was
there at the start and what was requested add up to where everything is at the end. No authority's count is blended with
another's or with the model's.
"""

import glob
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import duckdb
import numpy as np

from analysis.results.arrays import Floats
from analysis.results.columns import Columns
from analysis.results.tables import RunResult, Study

PROGRESS_COUNTS = ("requested", "authorised", "manifested", "entered", "offloaded", "collected", "arrived")
FAILURE_COUNTS = (  # a load may be refused, not come or be rejected more than once
    "refused", "no_show", "rejected", "returned", "turned_away", "intercepted", "expired",
)  # fmt: skip
AT_START = "there at the start"
# what is in another state is still inside
FINAL_STATES = ("arrived", "refused", "returned", "turned away", "lost", "expired")
SPREAD_QUANTILES = (0.1, 0.9)  # quantiles of the replications: 80 in 100 lie between
ALL = "all"


class CountKey(NamedTuple):
    """What a number counts: a count of COUNTS or NOT_THROUGH a day, or what loads and pallets are doing at a place."""

    sector: str
    cargo: str
    crossing: str
    what: str
    place: str
    unit: str  # trucks/day, pallets/day; at the start and the end loads, pallets


CountTable = dict[CountKey, Floats]  # a number for each replication, by day also for each day


class ReplicationSpread(NamedTuple):
    """Over replications: the mean, and between what values 80 in 100 of them lie."""

    mean: float
    low: float
    high: float


class InterceptionBand(NamedTuple):
    """Tonnes a day after warm-up: what arrived, what was intercepted, and both together.

    What share of the intercepted is consumed is not known, from none to all: between the first and the last.
    """

    arrived: ReplicationSpread
    intercepted: ReplicationSpread
    combined: ReplicationSpread


def run_counts(run: RunResult) -> CountTable:
    """All counts of a run a day, over all of its days, and where everything is when it starts and ends."""
    crossing, there = crossing_by_corridor(run), read_whereabouts(run)
    table = {key: values[:, 0] / run.days for key, values in _milestone_counts(run, there, by_day=False).items()}
    for (sector, cargo, corridor, moment, state, place), rows in groupby(there, itemgetter(*range(6))):
        replications, *amounts = np.array([row[6:] for row in rows]).T
        for unit, amount in zip(("loads", "pallets"), amounts, strict=True):
            key = CountKey(sector, cargo, crossing[corridor], AT_START if moment == "start" else state, place, unit)
            if key not in table:
                table[key] = np.zeros(len(run.arrays.replications))
            np.add.at(table[key], replications, amount)
    return table


def _milestone_counts(run: RunResult, there: list[tuple[Any, ...]], by_day: bool) -> CountTable:
    """All counts of a run, (replications, days); or of all days together, (replications, 1). `there` : whereabouts.

    A count that no corridor of a crossing has is not there: it was not zero, it does not exist.
    """
    crossing, shape = crossing_by_corridor(run), (len(run.arrays.replications), run.days if by_day else 1)
    rows = read_sums(run, "daily", "sector, cargo, corridor, milestone" + ", date" * by_day, "trucks, pallets")
    has = {(crossing[name], milestone) for name, known in run.milestones.items() for milestone in known}
    table: CountTable = {}
    for sector, cargo, corridor in sorted({row[:3] for row in (*rows, *there)}):
        for what in (*PROGRESS_COUNTS, *FAILURE_COUNTS):
            for unit in ("trucks/day", "pallets/day") if (crossing[corridor], what) in has else ():
                table.setdefault(CountKey(sector, cargo, crossing[corridor], what, "", unit), np.zeros(shape))
    for (sector, cargo, corridor, what, *on), alike in groupby(rows, itemgetter(*range(4 + by_day))):
        day = (on[0] - run.start).days if on else 0
        replications, *amounts = np.array([row[4 + by_day :] for row in alike]).T
        for unit, amount in zip(("trucks/day", "pallets/day"), amounts, strict=True):
            if (key := CountKey(sector, cargo, crossing[corridor], what, "", unit)) in table:
                np.add.at(table[key], (replications, day), amount)
    return table


def sum_over(table: CountTable, *kept: str) -> CountTable:
    """Sums over what is not kept; there it says `all`, and of places nothing."""
    sums: CountTable = {}
    left_out = {name: ALL for name in ("sector", "cargo", "crossing") if name not in kept}
    left_out |= {} if "place" in kept else {"place": ""}
    for key, values in table.items():
        into = key._replace(**left_out)
        sums[into] = sums[into] + values if into in sums else values
    return sums


def interception_band(run: RunResult) -> InterceptionBand | None:
    """None where nothing can be intercepted."""
    if not any("intercepted" in known for known in run.milestones.values()):
        return None
    names = (f"{name}_tonnes_per_day" for name in ("arrived", "intercepted"))
    arrived, intercepted = (run.arrays.measures[name].values for name in names)
    return InterceptionBand(
        replication_spread(arrived), replication_spread(intercepted), replication_spread(arrived + intercepted)
    )


def replication_spread(values: Floats) -> ReplicationSpread:
    low, high = np.quantile(values, SPREAD_QUANTILES)
    return ReplicationSpread(float(values.mean()), float(low), float(high))


def crossing_by_corridor(run: RunResult) -> dict[str, str]:
    """The border gate of each corridor, or its own name where it passes none."""
    border = {name for name, gate in (run.config.get("gates") or {}).items() if gate.get("border")}
    found = {}
    for name in {**run.milestones, **run.config["corridors"]}:
        steps = run.config["corridors"].get(name, {}).get("steps", ())
        gates = [step["pass_gate"] for step in steps if "pass_gate" in step]
        passed = [gate["gate"] if isinstance(gate, dict) else str(gate) for gate in gates]
        found[name] = next((gate for gate in passed if gate in border), name)
    return found


def count_columns(study: Study) -> Columns:
    """A row for each number of each run."""
    names = ("run", *CountKey._fields, "mean", "p10", "p90")
    rows = [
        (run.name, *key, *replication_spread(values)) for run in study.runs for key, values in run_counts(run).items()
    ]
    return dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())


def daily_count_columns(study: Study) -> Columns:
    """A row for each count of each run on each of its days."""
    of = ("sector", "cargo", "crossing", "what", "unit")
    rows = [
        (run.name, on, *(getattr(key, name) for name in of), *replication_spread(values[:, day]))
        for run in study.runs
        for key, values in _milestone_counts(run, read_whereabouts(run), by_day=True).items()
        for day, on in enumerate(run.dates)
    ]
    names = ("run", "date", *of, "mean", "p10", "p90")
    return dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())


def counts_by_group(table: CountTable, *kept: str) -> list[tuple[tuple[str, str, str], list[ReplicationSpread | None]]]:
    """((sector, cargo, crossing), trucks a day of each of `shown`, None where there is none); all loads last."""
    rows = []
    for sums in (sum_over(table, *kept), sum_over(table)):
        for of in sorted({key[:3] for key in sums if key.unit == "trucks/day"}):
            values = [sums.get(CountKey(*of, what, "", "trucks/day")) for what in counts_present(table)]
            rows.append((of, [None if value is None else replication_spread(value) for value in values]))
    return rows


def counts_present(table: CountTable) -> list[str]:
    """The counts that some crossing has, in order; of those who did not get through each that there is."""
    there = {key.what for key in table if key.unit == "trucks/day"}
    return [what for what in (*PROGRESS_COUNTS, *FAILURE_COUNTS) if what in there]


def whereabouts_summary(
    table: CountTable, days: int
) -> list[tuple[str, str, ReplicationSpread | None, ReplicationSpread]]:
    """(what, where, loads, pallets): what began, and then where all of it is when the run ends; the last adds it up."""
    sums = sum_over(table, "place")
    requested = sums.get(CountKey(ALL, ALL, ALL, "requested", "", "pallets/day"))
    rows: list[tuple[str, str, ReplicationSpread | None, ReplicationSpread]] = []
    began = [key for key in sums if key.unit == "pallets" and key.what == AT_START]
    ended = [key for key in sums if key.unit == "pallets" and key.what != AT_START]
    for key in (*sorted(began, key=lambda key: key.place), None, *sorted(ended, key=_whereabouts_order)):
        if key is not None:
            rows.append(
                (
                    key.what,
                    key.place,
                    replication_spread(sums[key._replace(unit="loads")]),
                    replication_spread(sums[key]),
                )
            )
        elif requested is not None:
            loads = sums[CountKey(ALL, ALL, ALL, "requested", "", "trucks/day")] * days
            rows.append(("requested", "", replication_spread(loads), replication_spread(requested * days)))
    if ended:
        rows.append(("in all at the end", "", None, replication_spread(np.sum([sums[key] for key in ended], axis=0))))
    return rows


def _whereabouts_order(key: CountKey) -> tuple[bool, str, str]:
    return key.what in FINAL_STATES, key.what, key.place


def read_whereabouts(run: RunResult) -> list[tuple[Any, ...]]:
    """(sector, cargo, corridor, moment, state, place, replication in order, loads, pallets); none of an older study."""
    if not (run.folder / "whereabouts.parquet").is_file():
        return []
    return read_sums(run, "whereabouts", "sector, cargo, corridor, moment, state, place", "loads, pallets")


def read_sums(run: RunResult, table: str, words: str, amounts: str) -> list[tuple[Any, ...]]:
    number_of = {replication: i for i, replication in enumerate(run.arrays.replications)}
    sums = ", ".join(f"sum({name})::BIGINT" for name in amounts.split(", "))
    at = len(words.split(", "))
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select {words}, replication, {sums} from read_parquet(?) group by all order by all",
            [glob.escape((run.folder / f"{table}.parquet").as_posix())],
        ).fetchall()
    return [(*row[:at], number_of[row[at]], *row[at + 1 :]) for row in rows]


def gates_of_corridor(corridor: dict[str, Any]) -> set[str]:
    """The gates that a corridor passes, as the planner wrote its steps."""
    passed = [step["pass_gate"] for step in corridor["steps"] if "pass_gate" in step]
    return {gate["gate"] if isinstance(gate, dict) else str(gate) for gate in passed}
