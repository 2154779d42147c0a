"""How far the needs of people in a run's areas are met: measures by need, area and supply, and food by day.

A supply says which goods count (see sim/readings/needs.py). Unless stated otherwise it is all aid that arrived.
"""

import glob
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import duckdb
import numpy as np

from analysis.results.arrays import Floats
from analysis.results.tables import RunResult, Study
from analysis.statistics.compare import common_replications
from analysis.statistics.counters import ReplicationSpread, replication_spread

UN, AID, TRADE_LEAST, TRADE_MOST, WITH_INTERCEPTED = "un", "aid", "trade_least", "trade_most", "_and_intercepted"
DAYS_PER_WEEK = 7


class SufficiencyDates(NamedTuple):
    """The dates from which every area of a run has enough of a need until the run's end.

    dates : the date reached in 10, 50 and 90 % of replications; None where it is not reached before the run's end.
    never_count : replications that do not reach it, of `n_replications`.
    share_sooner, share_later : share of the replications shared with the first run that reach it earlier or later than
    there; None for the first run, or without common random numbers.
    share_soonest_of_all : share of the replications shared by all runs that reach it, and in which no other run does so
    earlier; None below three runs, or without common random numbers.
    """

    run: RunResult
    need: str
    dates: tuple[date | None, date | None, date | None]
    never_count: int
    n_replications: int
    share_sooner: float | None
    share_later: float | None
    share_soonest_of_all: float | None


def measure_scope(measure: str) -> dict[str, str]:
    """Returns the need, supply and area in the name of a measure, where it has them.

    Empty for a measure without a supply.
    """
    _, *parts = measure.split(":")
    at = next(
        (
            i
            for i, part in enumerate(parts)
            if part.removesuffix(WITH_INTERCEPTED) in (UN, AID, TRADE_LEAST, TRADE_MOST)
        ),
        None,
    )
    if at is None:
        return {}
    return dict(zip(("need", "supply", "area")[1 - at :], parts, strict=False))


def needs_of(run: RunResult) -> list[str]:
    """Returns the needs that the measures of a run cover; none if no area states its needs."""
    return sorted({scope["need"] for name in run.arrays.measures if "need" in (scope := measure_scope(name))})


def areas_of(run: RunResult) -> list[str]:
    """Returns the areas that have people."""
    names = (name for name in run.arrays.measures if name.startswith("stock_out_days:"))
    return sorted({scope["area"] for name in names if "area" in (scope := measure_scope(name))})


def planner_title(run: RunResult, kind: str, name: str) -> str:
    """Returns the title that the planner gave to a need or an area."""
    return str(run.config[kind][name].get("title") or name.replace("_", " "))


def measure_spread(run: RunResult, measure: str) -> ReplicationSpread | None:
    """Returns the spread of a measure over replications; None if no replication has it."""
    recorded = run.arrays.measures.get(measure)
    values = np.zeros(0) if recorded is None else recorded.values[~np.isnan(recorded.values)]
    return replication_spread(values) if len(values) else None


def worst_off_area(run: RunResult, need: str, supply: str = AID) -> str | None:
    """Returns the area with the lowest mean fill rate of a need; None if there is no area."""
    spreads = {area: measure_spread(run, f"fill_rate:{need}:{supply}:{area}") for area in areas_of(run)}
    means = {area: spread.mean for area, spread in spreads.items() if spread is not None}
    return min(means, key=lambda area: means[area], default=None)


def sufficiency_dates(study: Study) -> Iterator[SufficiencyDates]:
    """Yields a row for each need and run; the runs of a need are sorted by median date, earliest first."""
    for need in dict.fromkeys(need for run in study.runs for need in needs_of(run)):
        runs = [run for run in study.runs if need in needs_of(run)]
        chances = _shares_soonest_of_all(study, runs, need)
        rows = [_sufficiency_of_run(study, run, need, chance) for run, chance in zip(runs, chances, strict=True)]
        yield from sorted(rows, key=lambda row: (row.dates[1] or date.max, row.never_count / row.n_replications))


def _shares_soonest_of_all(study: Study, runs: Sequence[RunResult], need: str) -> list[float | None]:
    """Returns for each run the share of the shared replications in which no run is sooner; ties count for each run."""
    shared = [set(pair[0]) for run in runs if (pair := common_replications(run, study.reference)) is not None]
    common = sorted(set.intersection(*shared)) if len(shared) == len(runs) else []
    if len(runs) < 3 or not common:
        return [None] * len(runs)
    days = np.array([
        _days_until_enough(run, f"enough_from_day:{need}:{AID}")[np.searchsorted(run.arrays.replications,
            common)] for run in runs
    ])  # fmt: skip
    return [float(share) for share in ((days == days.min(axis=0)) & np.isfinite(days)).mean(axis=1)]


def _sufficiency_of_run(study: Study, run: RunResult, need: str, soonest_of_all: float | None) -> SufficiencyDates:
    measure = f"enough_from_day:{need}:{AID}"
    days, first = (_days_until_enough(each, measure) for each in (run, study.reference))
    ordered, sooner, later = np.sort(days), None, None
    ranks = (max(0, int(np.ceil(share * len(days))) - 1) for share in (0.1, 0.5, 0.9))
    p10, p50, p90 = (
        None if np.isinf(day) else run.start + timedelta(days=int(day)) for day in (ordered[rank] for rank in ranks)
    )
    if run is not study.reference and len(first) and (shared := common_replications(run, study.reference)) is not None:
        _, indices, first_indices = shared
        sooner, later = (
            float(np.mean(part))
            for part in (days[indices] < first[first_indices], days[indices] > first[first_indices])
        )
    return SufficiencyDates(
        run, need, (p10, p50, p90), int(np.isinf(days).sum()), len(days), sooner, later, soonest_of_all
    )


def _days_until_enough(run: RunResult, measure: str) -> Floats:
    """Returns the days of each replication; infinity where enough is never reached, empty without the measure."""
    recorded = run.arrays.measures.get(measure)
    return np.zeros(0) if recorded is None else np.where(np.isnan(recorded.values), np.inf, recorded.values)


def daily_kcal_per_person(run: RunResult, supply: str = AID) -> dict[str, Floats]:
    """Returns the kilocalories used per person and day by area, each of shape (replications, days).

    Empty if all are 0.
    """
    path = run.folder / "needs.parquet"
    if not path.is_file():
        return {}
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select area, replication, date_diff('day', ?::DATE, date) as day, sum(kcal_per_person) as kcal "
            "from read_parquet(?) where supply = ? group by all order by all",
            [run.start, glob.escape(path.as_posix()), supply],
        ).fetchnumpy()
    areas, replications = (np.asarray(rows[name]) for name in ("area", "replication"))
    by_area = {}
    for area in sorted(set(areas.tolist())):
        of_area = areas == area
        filled = np.zeros((len(run.arrays.replications), run.days))
        filled[np.searchsorted(run.arrays.replications, replications[of_area]), rows["day"][of_area]] = rows["kcal"][
            of_area
        ]
        by_area[str(area)] = filled
    return by_area if any(values.any() for values in by_area.values()) else {}


def trailing_week_mean(days: Floats) -> Floats:
    """Returns the mean of each day and the six before it, from the seventh day on.

    Shape (replications, days) to (replications, days - 6).
    """
    total = np.cumsum(np.pad(days, ((0, 0), (1, 0))), axis=1)
    return np.asarray((total[:, DAYS_PER_WEEK:] - total[:, :-DAYS_PER_WEEK]) / DAYS_PER_WEEK)
