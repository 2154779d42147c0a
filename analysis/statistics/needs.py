"""What people of a run's areas have of what they need: measures by need, area and supply, and food day by day.

A supply says which goods count (see sim/need_days.py); where nothing else is said it is all aid that arrived.
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
    """When each week has enough of a need in every area of a run, to its end.

    by : date until which that is so in 10, 50 and 90 % of replications, None where it is not by the run's end.
    never : replications in which it is not, of `n`. sooner, later : share of the replications shared with the first run
    in which it is so before it is there, or after; None for the first run, or without the same luck. of_all : share of
    the replications shared by all runs in which it is so, and in no run before; None below three runs, and likewise.
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
    """Of which need, supply and area a measure is, as far as its name says so; empty where it is of no supply."""
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
    """The needs that are held against what reached people; none where no area says how many it has."""
    return sorted({of["need"] for name in run.arrays.measures if "need" in (of := measure_scope(name))})


def areas_of(run: RunResult) -> list[str]:
    """Those with people."""
    told = (name for name in run.arrays.measures if name.startswith("stock_out_days:"))
    return sorted({of["area"] for name in told if "area" in (of := measure_scope(name))})


def planner_title(run: RunResult, kind: str, name: str) -> str:
    """What a planner calls a need or an area."""
    return str(run.config[kind][name].get("title") or name.replace("_", " "))


def measure_spread(run: RunResult, measure: str) -> ReplicationSpread | None:
    """A measure over replications; None where none has it."""
    found = run.arrays.measures.get(measure)
    here = np.zeros(0) if found is None else found.values[~np.isnan(found.values)]
    return replication_spread(here) if len(here) else None


def worst_off_area(run: RunResult, need: str, supply: str = AID) -> str | None:
    """The area of which, in the mean over replications, the least part of the need is met."""
    found = {area: measure_spread(run, f"fill_rate:{need}:{supply}:{area}") for area in areas_of(run)}
    there = {area: told.mean for area, told in found.items() if told is not None}
    return min(there, key=lambda area: there[area], default=None)


def sufficiency_dates(study: Study) -> Iterator[SufficiencyDates]:
    """A row for each need and run, of which the first is the one that has enough everywhere soonest."""
    for need in dict.fromkeys(need for run in study.runs for need in needs_of(run)):
        runs = [run for run in study.runs if need in needs_of(run)]
        chances = _shares_soonest_of_all(study, runs, need)
        rows = [_sufficiency_of_run(study, run, need, chance) for run, chance in zip(runs, chances, strict=True)]
        yield from sorted(rows, key=lambda row: (row.dates[1] or date.max, row.never_count / row.n_replications))


def _shares_soonest_of_all(study: Study, runs: Sequence[RunResult], need: str) -> list[float | None]:
    """Of each run the share of shared replications in which it is the soonest; who ties with it is so as well."""
    shared = [set(pair[0]) for run in runs if (pair := common_replications(run, study.reference)) is not None]
    numbers = sorted(set.intersection(*shared)) if len(shared) == len(runs) else []
    if len(runs) < 3 or not numbers:
        return [None] * len(runs)
    days = np.array([
        _days_until_enough(run, f"enough_from_day:{need}:{AID}")[np.searchsorted(run.arrays.replications,
            numbers)] for run in runs
    ])  # fmt: skip
    return [float(share) for share in ((days == days.min(axis=0)) & np.isfinite(days)).mean(axis=1)]


def _sufficiency_of_run(study: Study, run: RunResult, need: str, of_all: float | None) -> SufficiencyDates:
    measure = f"enough_from_day:{need}:{AID}"
    days, first = (_days_until_enough(each, measure) for each in (run, study.reference))
    ordered, sooner, later = np.sort(days), None, None
    ranks = (max(0, int(np.ceil(share * len(days))) - 1) for share in (0.1, 0.5, 0.9))
    p10, p50, p90 = (
        None if np.isinf(day) else run.start + timedelta(days=int(day)) for day in (ordered[rank] for rank in ranks)
    )
    if run is not study.reference and len(first) and (shared := common_replications(run, study.reference)) is not None:
        _, ours, theirs = shared
        sooner, later = (float(np.mean(part)) for part in (days[ours] < first[theirs], days[ours] > first[theirs]))
    return SufficiencyDates(run, need, (p10, p50, p90), int(np.isinf(days).sum()), len(days), sooner, later, of_all)


def _days_until_enough(run: RunResult, measure: str) -> Floats:
    """Of each replication, infinity where it was not reached by the end; empty without the measure."""
    found = run.arrays.measures.get(measure)
    return np.zeros(0) if found is None else np.where(np.isnan(found.values), np.inf, found.values)


def daily_kcal_per_person(run: RunResult, supply: str = AID) -> dict[str, Floats]:
    """Kilocalories that a person of each area uses on each day, shape (replications, days); empty without any."""
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
    found = {}
    for area in sorted(set(areas.tolist())):
        own = areas == area
        filled = np.zeros((len(run.arrays.replications), run.days))
        filled[np.searchsorted(run.arrays.replications, replications[own]), rows["day"][own]] = rows["kcal"][own]
        found[str(area)] = filled
    return found if any(values.any() for values in found.values()) else {}


def trailing_week_mean(days: Floats) -> Floats:
    """The mean of each day and the six before it, from the seventh day on; shape (replications, days - 6)."""
    total = np.cumsum(np.pad(days, ((0, 0), (1, 0))), axis=1)
    return np.asarray((total[:, DAYS_PER_WEEK:] - total[:, :-DAYS_PER_WEEK]) / DAYS_PER_WEEK)
