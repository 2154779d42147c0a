"""Turns the Parquet tables of one run into arrays over replications and days. It knows nothing of other runs.

The tables on disk are sparse: a day on which nothing reached a milestone has no row. Here such a day is 0, and a
milestone that no corridor of the run has is None: it was not zero, it does not exist.
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

# in the order in which a load reaches them; trucks are inbound ones up to offloaded, then those that collect
MILESTONES = (
    "requested", "authorised", "manifested", "dispatched", "at_crossing", "entered", "offloaded", "collected",
    "arrived",
)  # fmt: skip
DAILY_COUNTS = (  # that a table of days may have as well
    *MILESTONES, "refused", "no_show", "rejected", "returned", "turned_away", "intercepted", "expired",
)  # fmt: skip
_KG_PER_TONNE = 1000


@dataclass(frozen=True)
class DailyAmounts:
    """What reached one milestone. Each array has shape (replications, days), warm-up included; no day is missing."""

    trucks: Floats
    pallets: Floats
    tonnes: Floats


@dataclass(frozen=True)
class Measure:
    """A number for each replication, shape (replications,); nan where the replication has none."""

    unit: str
    values: Floats


@dataclass(frozen=True)
class Transit:
    """Dispatched loads by whole hours until they arrived. `arrived[r, h]` took from h to h + 1 hours.

    arrived : (replications, hours) loads;  dispatched, inside : (replications,) loads, inside at the run's end.
    """

    arrived: Floats
    dispatched: Floats
    inside: Floats


@dataclass(frozen=True)
class RunArrays:
    """`backlog` is the mean over replications at each day's end, by place, shape (days,)."""

    replications: tuple[int, ...]  # their numbers, ascending
    daily: dict[str, DailyAmounts | None]
    measures: dict[str, Measure]
    backlog: dict[str, Floats]
    transit: Transit | None


def read_arrays(folder: Path, start: str, days: int, had: Collection[str]) -> RunArrays:
    """The arrays of the run in `folder`, whose corridors have the milestones `had`. Raises duckdb.Error.

    Sums are of whole numbers and so the same in any order of threads.
    """
    with duckdb.connect() as connection:

        def rows(table: str, select: str, *values: Any) -> dict[str, Any]:
            """`select` over one of the run's tables; a null number becomes nan."""
            path = glob.escape((folder / table).as_posix())
            found = connection.execute(select.replace("rows", "read_parquet(?)"), [*values, path]).fetchnumpy()
            return {
                name: np.ma.filled(column.astype(float), np.nan) if np.ma.isMaskedArray(column) else column
                for name, column in found.items()
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
            milestone: _daily_amounts(per_day, milestone, replications, days) if milestone in had else None
            for milestone in MILESTONES
        },
        _measure_values(measures, replications),
        _backlog_by_place(backlog, days),
        _transit_times(hours, replications),
    )


def _daily_amounts(rows: dict[str, Any], milestone: str, replications: Any, days: int) -> DailyAmounts:
    here = (rows["milestone"] == milestone) & (rows["day"] >= 0) & (rows["day"] < days)
    at = np.searchsorted(replications, rows["replication"][here]), rows["day"][here].astype(int)

    def filled(amounts: Any) -> Floats:
        full = np.zeros((len(replications), days))
        full[at] = amounts[here]
        return full

    return DailyAmounts(filled(rows["trucks"]), filled(rows["pallets"]), filled(rows["kg"]) / _KG_PER_TONNE)


def _measure_values(rows: dict[str, Any], replications: Any) -> dict[str, Measure]:
    """Rows come sorted by measure, so that each is a stretch of them."""
    names = rows["measure"]
    begins = np.flatnonzero(np.append(True, names[1:] != names[:-1])[: len(names)])
    at, found = np.searchsorted(replications, rows["replication"]), {}
    for begin, end in zip(begins, [*begins[1:], len(names)], strict=True):
        values = np.full(len(replications), np.nan)
        values[at[begin:end]] = rows["value"][begin:end]
        found[str(names[begin])] = Measure(str(rows["unit"][begin]), values)
    return found


def _backlog_by_place(rows: dict[str, Any], days: int) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    for place in np.unique(rows["place"].astype(str)):
        here = (rows["place"] == place) & (rows["day"] >= 0) & (rows["day"] < days)
        found[str(place)] = np.zeros(days)
        found[str(place)][rows["day"][here].astype(int)] = rows["backlog"][here]
    return found


def _transit_times(rows: dict[str, Any], replications: Any) -> Transit | None:
    """None where nothing was dispatched."""
    if len(rows["loads"]) == 0 or not rows["loads"].sum():
        return None
    number = np.searchsorted(replications, rows["replication"])
    arrived, inside = rows["outcome"] == "arrived", rows["outcome"] == "inside"
    by_hour = np.zeros((len(replications), int(rows["hours"][arrived].max(initial=0)) + 1))
    np.add.at(by_hour, (number[arrived], rows["hours"][arrived].astype(int)), rows["loads"][arrived])
    return Transit(
        by_hour,
        np.bincount(number, rows["loads"], len(replications)).astype(float),
        np.bincount(number[inside], rows["loads"][inside], len(replications)).astype(float),
    )
