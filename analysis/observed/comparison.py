"""Compares a study with observed days, each series by its own counting rule. It fits nothing and mixes no two series.

The model is counted by the rule (see rules.py) by which the authority counted.
"""

import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import numpy as np

from analysis.files import SCENARIOS, read_yaml
from analysis.intervals import MeanInterval, mean_interval
from analysis.observed.series import ObservationRule, ObservationWindow, ObservedSeries, dates_between
from analysis.results.arrays import Floats
from analysis.results.tables import RunResult, Study
from analysis.statistics.counters import gates_of_corridor
from analysis.statistics.day_variation import DayVariation, day_variation

DAYS_PER_WEEK = 7
FIT_TOLERANCE_SE = 2.0  # standard errors


@dataclass(frozen=True)
class WindowComparison:
    """One series in one window beside one run, in trucks per day.

    observed, standard_error : mean of the window's days, and its standard error from `weeks` weekly means; None
    without.
    model : counted by the rule, over replications.  low, high : its mean at the ends of the coverage's range.
    variation : variation of the days, observed and modelled; None if only a total was reported.
    """

    series: str
    rule: ObservationRule
    window: str
    run: str
    observed: float
    standard_error: float | None
    weeks: int
    model: MeanInterval
    low: float
    high: float
    variation: tuple[DayVariation, DayVariation] | None = None

    @property
    def residual(self) -> float:
        """Returns the model's mean minus the observed mean [trucks/day]."""
        return self.model.mean - self.observed

    @property
    def residual_in_se(self) -> float | None:
        """Returns the residual in standard errors; None if the standard error is missing or 0."""
        return self.residual / self.standard_error if self.standard_error else None

    @property
    def fits(self) -> bool | None:
        """Whether the residual is within FIT_TOLERANCE_SE standard errors; None without a standard error."""
        return None if self.residual_in_se is None else abs(self.residual_in_se) <= FIT_TOLERANCE_SE


def mean_with_weekly_error(days: Sequence[float]) -> tuple[float, float | None, int]:
    """Returns the mean of daily counts, its standard error from weekly means, and the number of weeks.

    Weeks are counted from the first day. An incomplete last week is weighted by its days: with weights w and
    weekly means
    x, SE^2 = k / (k - 1) sum of w^2 (x - mean)^2. For k whole weeks that is their variance / k. None below two weeks.
    """
    weeks = [days[i : i + DAYS_PER_WEEK] for i in range(0, len(days), DAYS_PER_WEEK)]
    mean, k = sum(days) / len(days), len(weeks)
    if k < 2:
        return mean, None, k
    parts = [(len(week) / len(days) * (sum(week) / len(week) - mean)) ** 2 for week in weeks]
    return mean, (k / (k - 1) * sum(parts)) ** 0.5, k


def modelled_counts(run: RunResult, rule: ObservationRule) -> Floats | None:
    """Returns the run's daily counts by the rule at full coverage, shape (replications, days), by the day of listing.

    The first `lag` days are nan, because their milestones lie before the run. None if the run has none of the gates.
    """
    corridors = [
        name for name, corridor in run.config["corridors"].items() if gates_of_corridor(corridor) & set(rule.gates)
    ]
    if not corridors:
        return None
    column, divisor = ("trucks", 1.0) if rule.pallets_per_truck is None else ("pallets", rule.pallets_per_truck)
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select replication, date_diff('day', ?::DATE, date) as day, sum({column})::DOUBLE as n "
            "from read_parquet(?) where milestone = ? and list_contains(?, corridor) and list_contains(?, sector) "
            "group by all order by all",
            [run.start, glob.escape((run.folder / "daily.parquet").as_posix()), rule.milestone, corridors,
             list(rule.sectors)],
        ).fetchnumpy()  # fmt: skip
    counts = np.zeros((len(run.arrays.replications), run.days))
    cells = np.searchsorted(run.arrays.replications, rows["replication"]), rows["day"].astype(int)
    counts[cells] = rows["n"] / divisor
    listed = np.full_like(counts, np.nan)
    listed[:, rule.lag :] = counts[:, : run.days - rule.lag]
    return listed


def compare_with_observed(
    study: Study, rules: Iterable[ObservedSeries], scenarios: Path = SCENARIOS
) -> list[WindowComparison]:
    """Returns a comparison for each window and each run of its regime and scenario that covers its days."""
    comparisons = []
    for series in rules:
        for name, window in series.rule.windows.items():
            for run in study.runs:
                names = {"scenario": window.scenario, "regime": window.regime}
                if all(is_run_of(run, group, named, scenarios) for group, named in names.items()):
                    comparisons += [each for each in [_compare_window(series, name, window, run)] if each is not None]
    return comparisons


def series_for_page(
    run: RunResult, rules: Iterable[ObservedSeries], scenarios: Path = SCENARIOS
) -> list[ObservedSeries]:
    """Returns the series for the page of a run: those of its regime with days in its period, whatever its scenario."""
    return [
        series
        for series in rules
        if series.rule.page
        and any(is_run_of(run, "regime", window.regime, scenarios) for window in series.rule.windows.values())
        and any(day in series.observed_by_date for day in run.dates)
    ]


def _compare_window(
    series: ObservedSeries, name: str, window: ObservationWindow, run: RunResult
) -> WindowComparison | None:
    """Returns the comparison of one window with one run; None if the run lacks its days or its gates."""
    rule, first = series.rule, (window.since - run.start).days
    if first - rule.lag < max(0, run.warm_up) or first + window.n_days > run.days:
        return None
    counts = modelled_counts(run, rule)
    if counts is None:
        return None
    counts = counts[:, first : first + window.n_days]
    means = counts.mean(axis=1)
    model = mean_interval(means * rule.coverage.value)
    assert model is not None, "a finished run has a replication"
    if window.reported_per_day is not None:
        observed, se, weeks, days = window.reported_per_day, None, 0, None
    else:
        listed = [series.observed_by_date[day] for day in dates_between(window.since, window.until)]
        observed, se, weeks = mean_with_weekly_error(listed)
        days = day_variation(np.array([listed]), window.since), day_variation(counts, window.since)
    low, high = (float(means.mean()) * end for end in rule.coverage.assumed)
    return WindowComparison(series.name, rule, name, run.name, observed, se, weeks, model, low, high, days)


def is_run_of(run: RunResult, group: str, name: str, scenarios: Path) -> bool:
    """Whether the run is of the scenario or regime in that file; compares titles, which the manifest keeps."""
    title = _title_in_file(scenarios / group / f"{name}.yaml", group)
    return title is not None and run.config[group]["title"] == title


@cache
def _title_in_file(path: Path, group: str) -> str | None:
    content = read_yaml(path) if path.is_file() else {}
    title = (content or {}).get(group, {}).get("title")
    return None if title is None else str(title)
