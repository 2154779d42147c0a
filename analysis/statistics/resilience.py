"""What a disturbance costs and how long it is felt, and how much a place passes for what waits there.

A run is compared with the first one replication by replication, on the same luck; runs without the same luck have no
such cost. Stocks are read at midnight, so that times are whole days.
"""

import glob
from dataclasses import dataclass

import duckdb
import numpy as np

from analysis.results.arrays import Floats
from analysis.results.tables import RunResult
from analysis.statistics.compare import common_replications

RECOVERED_MIDNIGHTS = 3  # midnights for which a queue is back where it was, so that it counts as recovered
RECOVERY_TOLERANCE = 1.0  # of what the undisturbed run has there
BACKLOG_CLASSES = 5


@dataclass(frozen=True)
class Loss:
    """For each common replication: what did not come on the days that had less, and the worst of these days."""

    replications: tuple[int, ...]
    total: Floats
    worst_day: Floats


def loss_against(run: RunResult, reference: RunResult, milestone: str, unit: str) -> Loss | None:
    """Sum over days of what the run had less than the first; what it had more on other days does not make up for it."""
    ours, theirs = run.daily_counts(milestone, unit), reference.daily_counts(milestone, unit)
    shared = common_replications(run, reference)
    if ours is None or theirs is None or shared is None:
        return None
    numbers, at, other = shared
    less = np.maximum(theirs[other] - ours[at], 0)
    return Loss(numbers, less.sum(axis=1), less.max(axis=1))


def recovery_days(backlog: Floats, undisturbed: Floats) -> Floats:
    """Days from the midnight at which most waits more than in the undisturbed run until the queue is back for HELD
    midnights, for each replication; 0 where it never was longer, nan where it is not back by the end.

    backlog, undisturbed : at each midnight, shape (replications, days).
    """
    excess = backlog - undisturbed
    back = excess <= RECOVERY_TOLERANCE
    days = np.zeros(len(excess))
    for r, peak in enumerate(excess.argmax(axis=1)):
        if excess[r, peak] > RECOVERY_TOLERANCE:
            run_of = np.convolve(back[r, peak:], np.ones(RECOVERED_MIDNIGHTS), mode="valid") == RECOVERED_MIDNIGHTS
            days[r] = run_of.argmax() if run_of.any() else np.nan
    return days


def days_to_clear(backlog: Floats, at_most: Floats) -> Floats:
    """Days from the midnight at which most waits until no more than `at_most` does, for each replication; else nan."""
    days = np.full(len(backlog), np.nan)
    for r, peak in enumerate(backlog.argmax(axis=1)):
        clear = backlog[r, peak:] <= at_most[r]
        if clear.any():
            days[r] = clear.argmax()
    return days


def clearance_by_backlog(waiting: Floats, finished: Floats) -> list[tuple[float, float, Floats]]:
    """By class of what was there on a day (mean of the day), lowest and highest of the class, and what was finished a
    day, the mean of each replication's days in it; nan where a replication has none. Classes have as many days each,
    as far as days are not alike.

    waiting, finished : shape (replications, days).
    """
    edges = np.unique(np.quantile(waiting, np.linspace(0, 1, BACKLOG_CLASSES + 1)))
    which = np.clip(np.searchsorted(edges, waiting, side="right") - 1, 0, max(0, len(edges) - 2))
    found = []
    for k in range(max(1, len(edges) - 1)):
        number = (which == k).sum(axis=1)
        total = np.where(which == k, finished, 0).sum(axis=1)
        mean = np.divide(total, number, out=np.full(len(total), np.nan), where=number > 0)
        found.append((float(edges[k]), float(edges[min(k + 1, len(edges) - 1)]), mean))
    return found


def daily_column(run: RunResult, place: str, column: str) -> Floats | None:
    """A column of places.parquet for one place after warm-up, shape (replications, days); None without the place."""
    if place not in run.places:
        return None
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select replication, date_diff('day', ?::DATE, date) as day, {column}::DOUBLE as n from read_parquet(?) "
            "where place = ?",
            [run.start, glob.escape((run.folder / "places.parquet").as_posix()), place],
        ).fetchnumpy()
    found = np.zeros((len(run.arrays.replications), run.days))
    found[np.searchsorted(run.arrays.replications, rows["replication"]), rows["day"].astype(int)] = rows["n"]
    return found[:, run.warm_up :]
