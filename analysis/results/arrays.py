"""Reads the Parquet tables of one run into arrays over replications and days. It knows no other runs.

The stored tables are sparse: a day on which nothing reached a milestone has no row, and is 0 here. A milestone that no
corridor of the run has is None: it is undefined, not zero.
"""

import glob
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# in the order in which a load reaches them; trucks are inbound trucks up to `offloaded`, then collecting vehicles
MILESTONES = (
    "requested", "authorised", "manifested", "dispatched", "at_crossing", "entered", "offloaded", "collected",
    "arrived",
)  # fmt: skip
DAILY_COUNTS = (  # all counts that a daily table may have
    *MILESTONES, "refused", "no_show", "rejected", "returned", "turned_away", "intercepted", "expired",
)  # fmt: skip
_KG_PER_TONNE = 1000


@dataclass(frozen=True)
class DailyAmounts:
    """The amounts that reached one milestone, each of shape (replications, days), warm-up included.

    No day is missing.
    """

    trucks: Floats
    pallets: Floats
    tonnes: Floats


@dataclass(frozen=True)
class Measure:
    """A measure of each replication, shape (replications,); nan where a replication has no value."""

    unit: str
    values: Floats


@dataclass(frozen=True)
class Transit:
    """Dispatched loads by whole hours from dispatch to arrival: `arrived[r, h]` loads took from h to h + 1 hours.

    arrived : (replications, hours) loads.
    dispatched, inside : (replications,) loads; `inside` were still in the system at the run's end.
    """

    arrived: Floats
    dispatched: Floats
    inside: Floats


@dataclass(frozen=True)
class RunArrays:
    """The arrays of a run; `backlog` is the mean over replications at the end of each day, by place, shape (days,)."""

    replications: tuple[int, ...]  # their numbers, ascending
    daily: dict[str, DailyAmounts | None]
    measures: dict[str, Measure]
    backlog: dict[str, Floats]
    transit: Transit | None


def read_arrays(folder: Path, start: str, days: int, milestones: Collection[str]) -> RunArrays:
    """Returns the arrays of the run in `folder`; `milestones` are those that its corridors have. Raises duckdb.Error.

    All sums are of integers, so they do not depend on the order of threads.
    """
    with duckdb.connect() as connection:

        def rows(table: str, select: str, *values: Any) -> dict[str, Any]:
            """Returns the columns of `select` over one table of the run; null numbers become nan."""
            path = glob.escape((folder / table).as_posix())
            columns = connection.execute(select.replace("rows", "read_parquet(?)"), [*values, path]).fetchnumpy()
            return {
                name: np.ma.filled(column.astype(float), np.nan) if np.ma.isMaskedArray(column) else column
                for name, column in columns.items()
            }

        measures = rows("replications.parquet", "select * from rows order by measure, replication")
        per_day = rows(
            "daily.parquet",
            "select milestone, replication, date_diff('day', ?::DATE, date) as day, sum(trucks)::DOUBLE as trucks, "
            "sum(pallets)::DOUBLE as pallets, sum(kg)::DOUBLE as kg from rows group by all order by all",
            start,
        )
        backlog = rows(
            "places.parquet",
            "select place, date_diff('day', ?::DATE, date) as day, avg(backlog_end) as backlog "
            "from rows group by all order by all",
            start,
        )
        hours = rows(
            "transit.parquet",
            "select replication, outcome, hours, sum(loads)::DOUBLE as loads from rows group by all order by all",
        )
    replications = np.unique(measures["replication"])
    return RunArrays(
        tuple(int(number) for number in replications),
        {
            milestone: _daily_amounts(per_day, milestone, replications, days) if milestone in milestones else None
            for milestone in MILESTONES
        },
        _measure_values(measures, replications),
        _backlog_by_place(backlog, days),
        _transit_times(hours, replications),
    )


def _daily_amounts(rows: dict[str, Any], milestone: str, replications: Any, days: int) -> DailyAmounts:
    """Returns the amounts of one milestone from the rows of the daily table."""
    selected = (rows["milestone"] == milestone) & (rows["day"] >= 0) & (rows["day"] < days)
    cells = np.searchsorted(replications, rows["replication"][selected]), rows["day"][selected].astype(int)

    def filled(amounts: Any) -> Floats:
        amounts_by_day = np.zeros((len(replications), days))
        amounts_by_day[cells] = amounts[selected]
        return amounts_by_day

    return DailyAmounts(filled(rows["trucks"]), filled(rows["pallets"]), filled(rows["kg"]) / _KG_PER_TONNE)


def _measure_values(rows: dict[str, Any], replications: Any) -> dict[str, Measure]:
    """Returns the measures by name. The rows are sorted by measure, so each measure is a contiguous slice."""
    names = rows["measure"]
    begins = np.flatnonzero(np.append(True, names[1:] != names[:-1])[: len(names)])
    indices, measures = np.searchsorted(replications, rows["replication"]), {}
    for begin, end in zip(begins, [*begins[1:], len(names)], strict=True):
        values = np.full(len(replications), np.nan)
        values[indices[begin:end]] = rows["value"][begin:end]
        measures[str(names[begin])] = Measure(str(rows["unit"][begin]), values)
    return measures


def _backlog_by_place(rows: dict[str, Any], days: int) -> dict[str, Floats]:
    """Returns the backlog of each place, shape (days,)."""
    backlog: dict[str, Floats] = {}
    for place in np.unique(rows["place"].astype(str)):
        selected = (rows["place"] == place) & (rows["day"] >= 0) & (rows["day"] < days)
        backlog[str(place)] = np.zeros(days)
        backlog[str(place)][rows["day"][selected].astype(int)] = rows["backlog"][selected]
    return backlog


def _transit_times(rows: dict[str, Any], replications: Any) -> Transit | None:
    """Returns the transit times; None if nothing was dispatched."""
    if len(rows["loads"]) == 0 or not rows["loads"].sum():
        return None
    indices = np.searchsorted(replications, rows["replication"])
    arrived, inside = rows["outcome"] == "arrived", rows["outcome"] == "inside"
    by_hour = np.zeros((len(replications), int(rows["hours"][arrived].max(initial=0)) + 1))
    np.add.at(by_hour, (indices[arrived], rows["hours"][arrived].astype(int)), rows["loads"][arrived])
    return Transit(
        by_hour,
        np.bincount(indices, rows["loads"], len(replications)).astype(float),
        np.bincount(indices[inside], rows["loads"][inside], len(replications)).astype(float),
    )
