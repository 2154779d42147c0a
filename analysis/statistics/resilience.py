"""Resilience: the loss and the recovery time after a disturbance, and the throughput of a place by its backlog.

A run is compared with the first one replication by replication, with common random numbers; without them there is no
loss. Stocks are read at midnight, so times are whole days.
"""

import glob
from dataclasses import dataclass

import duckdb
import numpy as np

from analysis.results.arrays import Floats
from analysis.results.tables import RunResult
from analysis.statistics.compare import common_replications

RECOVERED_MIDNIGHTS = 3  # consecutive midnights at the undisturbed level that count as recovery
RECOVERY_TOLERANCE = 1.0  # above the undisturbed run, in units of the backlog
BACKLOG_CLASSES = 5


@dataclass(frozen=True)
class Loss:
    """For each common replication: the shortfall summed over the days with less, and the shortfall of the worst day."""

    replications: tuple[int, ...]
    total: Floats
    worst_day: Floats


def loss_against(run: RunResult, reference: RunResult, milestone: str, unit: str) -> Loss | None:
    """Returns the shortfall against the reference, day by day; a surplus on other days does not offset it.

    None if a run lacks the milestone or if they share no luck.
    """
    amounts, reference_amounts = run.daily_counts(milestone, unit), reference.daily_counts(milestone, unit)
    common = common_replications(run, reference)
    if amounts is None or reference_amounts is None or common is None:
        return None
    numbers, indices, reference_indices = common
    shortfall = np.maximum(reference_amounts[reference_indices] - amounts[indices], 0)
    return Loss(numbers, shortfall.sum(axis=1), shortfall.max(axis=1))


def recovery_days(backlog: Floats, undisturbed: Floats) -> Floats:
    """Returns the days from the largest excess backlog until the queue has recovered, shape (replications,).

    backlog, undisturbed : at each midnight, shape (replications, days).

    It has recovered once the excess stays within RECOVERY_TOLERANCE for RECOVERED_MIDNIGHTS midnights. 0 if it never
    exceeds that, nan if it does not recover before the end.
    """
    excess = backlog - undisturbed
    recovered = excess <= RECOVERY_TOLERANCE
    days = np.zeros(len(excess))
    for r, peak in enumerate(excess.argmax(axis=1)):
        if excess[r, peak] > RECOVERY_TOLERANCE:
            stays_recovered = (
                np.convolve(recovered[r, peak:], np.ones(RECOVERED_MIDNIGHTS), mode="valid") == RECOVERED_MIDNIGHTS
            )
            days[r] = stays_recovered.argmax() if stays_recovered.any() else np.nan
    return days


def days_to_clear(backlog: Floats, at_most: Floats) -> Floats:
    """Returns the days from the largest backlog until it is at most `at_most`; nan if that does not happen.

    backlog : shape (replications, days); at_most and the result: shape (replications,).
    """
    days = np.full(len(backlog), np.nan)
    for r, peak in enumerate(backlog.argmax(axis=1)):
        clear = backlog[r, peak:] <= at_most[r]
        if clear.any():
            days[r] = clear.argmax()
    return days


def clearance_by_backlog(waiting: Floats, finished: Floats) -> list[tuple[float, float, Floats]]:
    """Returns (lowest, highest, mean finished per day) for each class of the daily mean backlog.

    waiting, finished : shape (replications, days).  The mean has shape (replications,); nan for a replication without a
    day in the class. The classes hold equally many days, except for ties.
    """
    edges = np.unique(np.quantile(waiting, np.linspace(0, 1, BACKLOG_CLASSES + 1)))
    class_of_day = np.clip(np.searchsorted(edges, waiting, side="right") - 1, 0, max(0, len(edges) - 2))
    classes = []
    for k in range(max(1, len(edges) - 1)):
        number = (class_of_day == k).sum(axis=1)
        total = np.where(class_of_day == k, finished, 0).sum(axis=1)
        mean = np.divide(total, number, out=np.full(len(total), np.nan), where=number > 0)
        classes.append((float(edges[k]), float(edges[min(k + 1, len(edges) - 1)]), mean))
    return classes


def daily_column(run: RunResult, place: str, column: str) -> Floats | None:
    """Returns a column of places.parquet for one place after the warm-up, shape (replications, days).

    None without the place.
    """
    if place not in run.places:
        return None
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select replication, date_diff('day', ?::DATE, date) as day, {column}::DOUBLE as n from read_parquet(?) "
            "where place = ?",
            [run.start, glob.escape((run.folder / "places.parquet").as_posix()), place],
        ).fetchnumpy()
    values = np.zeros((len(run.arrays.replications), run.days))
    values[np.searchsorted(run.arrays.replications, rows["replication"]), rows["day"].astype(int)] = rows["n"]
    return values[:, run.warm_up :]
