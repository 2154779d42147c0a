"""Trucks per day at several milestones (requested to arrived) side by side, and the loads that did not get through.

Counts are by sector, cargo and crossing: the border gate of a corridor, or the corridor itself if it has none. Trucks
are inbound trucks up to `offloaded`, and collecting vehicles from `collected` on. Pallets are the same throughout, so
that the initial stock plus all requests equals the pallets at the end, over all states. Counts of different
authorities are never mixed, neither with each other nor with the model's.
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
FAILURE_COUNTS = (  # one load may be refused, not show up or be rejected several times
    "refused", "no_show", "rejected", "returned", "turned_away", "intercepted", "expired",
)  # fmt: skip
AT_START = "there at the start"
# loads in any other state are still in the system
FINAL_STATES = ("arrived", "refused", "returned", "turned away", "lost", "expired")
SPREAD_QUANTILES = (0.1, 0.9)  # of the replications: 80 % lie between
ALL = "all"


class CountKey(NamedTuple):
    """What a number counts: a milestone or a failure per day, or the loads and pallets in a state at a place.

    what : a name of PROGRESS_COUNTS or FAILURE_COUNTS, a state, or AT_START.
    """

    sector: str
    cargo: str
    crossing: str
    what: str
    place: str
    unit: str  # trucks/day or pallets/day; loads or pallets at the start and the end


CountTable = dict[CountKey, Floats]  # (replications,), or (replications, days) where counted by day


class ReplicationSpread(NamedTuple):
    """The mean over replications, and the quantiles SPREAD_QUANTILES."""

    mean: float
    low: float
    high: float


class InterceptionBand(NamedTuple):
    """Tonnes per day after the warm-up: arrived, intercepted, and the sum of both.

    The consumed share of the intercepted goods is unknown, from none to all: consumption lies between `arrived` and
    `combined`.
    """

    arrived: ReplicationSpread
    intercepted: ReplicationSpread
    combined: ReplicationSpread


def run_counts(run: RunResult) -> CountTable:
    """Returns all counts of a run per day of the whole run, and the amounts by state at its start and end."""
    crossing, whereabouts = crossing_by_corridor(run), read_whereabouts(run)
    table = {key: values[:, 0] / run.days for key, values in _milestone_counts(run, whereabouts, by_day=False).items()}
    for (sector, cargo, corridor, moment, state, place), rows in groupby(whereabouts, itemgetter(*range(6))):
        replications, *amounts = np.array([row[6:] for row in rows]).T
        for unit, amount in zip(("loads", "pallets"), amounts, strict=True):
            key = CountKey(sector, cargo, crossing[corridor], AT_START if moment == "start" else state, place, unit)
            if key not in table:
                table[key] = np.zeros(len(run.arrays.replications))
            np.add.at(table[key], replications, amount)
    return table


def _milestone_counts(run: RunResult, whereabouts: list[tuple[Any, ...]], by_day: bool) -> CountTable:
    """Returns all counts of a run, shape (replications, days), or (replications, 1) if not `by_day`.

    A count that no corridor of a crossing has is absent: it is undefined, not zero.
    """
    crossing, shape = crossing_by_corridor(run), (len(run.arrays.replications), run.days if by_day else 1)
    rows = read_sums(run, "daily", "sector, cargo, corridor, milestone" + ", date" * by_day, "trucks, pallets")
    counted = {(crossing[name], milestone) for name, names in run.milestones.items() for milestone in names}
    table: CountTable = {}
    for sector, cargo, corridor in sorted({row[:3] for row in (*rows, *whereabouts)}):
        for what in (*PROGRESS_COUNTS, *FAILURE_COUNTS):
            for unit in ("trucks/day", "pallets/day") if (crossing[corridor], what) in counted else ():
                table.setdefault(CountKey(sector, cargo, crossing[corridor], what, "", unit), np.zeros(shape))
    for (sector, cargo, corridor, what, *dates), group in groupby(rows, itemgetter(*range(4 + by_day))):
        day = (dates[0] - run.start).days if dates else 0
        replications, *amounts = np.array([row[4 + by_day :] for row in group]).T
        for unit, amount in zip(("trucks/day", "pallets/day"), amounts, strict=True):
            if (key := CountKey(sector, cargo, crossing[corridor], what, "", unit)) in table:
                np.add.at(table[key], (replications, day), amount)
    return table


def sum_over(table: CountTable, *kept: str) -> CountTable:
    """Returns the sums over the fields that are not `kept`. A summed field reads `all`; a summed place is empty."""
    sums: CountTable = {}
    left_out = {name: ALL for name in ("sector", "cargo", "crossing") if name not in kept}
    left_out |= {} if "place" in kept else {"place": ""}
    for key, values in table.items():
        summed_key = key._replace(**left_out)
        sums[summed_key] = sums[summed_key] + values if summed_key in sums else values
    return sums


def interception_band(run: RunResult) -> InterceptionBand | None:
    """Returns the band of arrived and intercepted tonnes; None if no corridor has interceptions."""
    if not any("intercepted" in names_of_corridor for names_of_corridor in run.milestones.values()):
        return None
    names = (f"{name}_tonnes_per_day" for name in ("arrived", "intercepted"))
    arrived, intercepted = (run.arrays.measures[name].values for name in names)
    return InterceptionBand(
        replication_spread(arrived), replication_spread(intercepted), replication_spread(arrived + intercepted)
    )


def replication_spread(values: Floats) -> ReplicationSpread:
    """Returns the mean and the quantiles of the values, shape (replications,)."""
    low, high = np.quantile(values, SPREAD_QUANTILES)
    return ReplicationSpread(float(values.mean()), float(low), float(high))


def crossing_by_corridor(run: RunResult) -> dict[str, str]:
    """Returns the border gate of each corridor, or the corridor's name if it passes none."""
    border = {name for name, gate in (run.config.get("gates") or {}).items() if gate.get("border")}
    crossing = {}
    for name in {**run.milestones, **run.config["corridors"]}:
        steps = run.config["corridors"].get(name, {}).get("steps", ())
        gates = [step["pass_gate"] for step in steps if "pass_gate" in step]
        passed = [gate["gate"] if isinstance(gate, dict) else str(gate) for gate in gates]
        crossing[name] = next((gate for gate in passed if gate in border), name)
    return crossing


def count_columns(study: Study) -> Columns:
    """Returns a table with a row for each count of each run."""
    names = ("run", *CountKey._fields, "mean", "p10", "p90")
    rows = [
        (run.name, *key, *replication_spread(values)) for run in study.runs for key, values in run_counts(run).items()
    ]
    return dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())


def daily_count_columns(study: Study) -> Columns:
    """Returns a table with a row for each count of each run on each of its days."""
    fields = ("sector", "cargo", "crossing", "what", "unit")
    rows = [
        (run.name, date, *(getattr(key, name) for name in fields), *replication_spread(values[:, day]))
        for run in study.runs
        for key, values in _milestone_counts(run, read_whereabouts(run), by_day=True).items()
        for day, date in enumerate(run.dates)
    ]
    names = ("run", "date", *fields, "mean", "p10", "p90")
    return dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())


def counts_by_group(table: CountTable, *kept: str) -> list[tuple[tuple[str, str, str], list[ReplicationSpread | None]]]:
    """Returns rows ((sector, cargo, crossing), trucks per day for each name of `counts_present`).

    The last row is the total.

    kept : the fields to group by.  A count that a group does not have is None.
    """
    rows = []
    for sums in (sum_over(table, *kept), sum_over(table)):
        for group in sorted({key[:3] for key in sums if key.unit == "trucks/day"}):
            values = [sums.get(CountKey(*group, what, "", "trucks/day")) for what in counts_present(table)]
            rows.append((group, [None if value is None else replication_spread(value) for value in values]))
    return rows


def counts_present(table: CountTable) -> list[str]:
    """Returns the names of the counts that some crossing has, in order, failures last."""
    present = {key.what for key in table if key.unit == "trucks/day"}
    return [what for what in (*PROGRESS_COUNTS, *FAILURE_COUNTS) if what in present]


def whereabouts_summary(
    table: CountTable, days: int
) -> list[tuple[str, str, ReplicationSpread | None, ReplicationSpread]]:
    """Returns rows (what, place, loads, pallets): the initial stock, all requests, the final states, and their sum.

    days : length of the run, to turn requests per day into a total.
    """
    sums = sum_over(table, "place")
    requested = sums.get(CountKey(ALL, ALL, ALL, "requested", "", "pallets/day"))
    rows: list[tuple[str, str, ReplicationSpread | None, ReplicationSpread]] = []
    at_start = [key for key in sums if key.unit == "pallets" and key.what == AT_START]
    at_end = [key for key in sums if key.unit == "pallets" and key.what != AT_START]
    for key in (*sorted(at_start, key=lambda key: key.place), None, *sorted(at_end, key=_whereabouts_order)):
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
    if at_end:
        rows.append(("in all at the end", "", None, replication_spread(np.sum([sums[key] for key in at_end], axis=0))))
    return rows


def _whereabouts_order(key: CountKey) -> tuple[bool, str, str]:
    return key.what in FINAL_STATES, key.what, key.place


def read_whereabouts(run: RunResult) -> list[tuple[Any, ...]]:
    """Returns rows (sector, cargo, corridor, moment, state, place, replication index, loads, pallets).

    Studies of an earlier version have none.
    """
    if not (run.folder / "whereabouts.parquet").is_file():
        return []
    return read_sums(run, "whereabouts", "sector, cargo, corridor, moment, state, place", "loads, pallets")


def read_sums(run: RunResult, table: str, keys: str, amounts: str) -> list[tuple[Any, ...]]:
    """Returns rows (*keys, replication index, *sums) of one table of a run, sorted.

    keys : names of the key columns, separated by ", ".  amounts : names of the columns to sum, likewise.
    """
    number_of = {replication: i for i, replication in enumerate(run.arrays.replications)}
    sums = ", ".join(f"sum({name})::BIGINT" for name in amounts.split(", "))
    n_keys = len(keys.split(", "))
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select {keys}, replication, {sums} from read_parquet(?) group by all order by all",
            [glob.escape((run.folder / f"{table}.parquet").as_posix())],
        ).fetchall()
    return [(*row[:n_keys], number_of[row[n_keys]], *row[n_keys + 1 :]) for row in rows]


def gates_of_corridor(corridor: dict[str, Any]) -> set[str]:
    """Returns the gates that a corridor passes, from its steps as the planner wrote them."""
    passed = [step["pass_gate"] for step in corridor["steps"] if "pass_gate" in step]
    return {gate["gate"] if isinstance(gate, dict) else str(gate) for gate in passed}
