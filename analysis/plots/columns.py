"""The data of each plot as columns, for the CSV beside it: runs, places and milestones by name, not by title."""

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.observed.series import ObservedSeries
from analysis.results.arrays import Floats
from analysis.results.columns import Columns, columns_from_rows
from analysis.results.tables import RunResult, Study
from analysis.statistics.compare import differences, summarise
from analysis.statistics.curves import (
    QUANTILES,
    WAITING_UNITS,
    arrival_curve,
    busiest_places,
    fan_quantiles,
    largest_backlogs,
    share_inside_at_end,
)

_QUANTILE_NAMES = tuple(f"p{quantile:02d}" for quantile in QUANTILES)


def throughput_columns(study: Study, milestones: Sequence[str]) -> Columns:
    """Returns mean and quantiles a day of each milestone, run and unit; empty where a run lacks the milestone.

    The quantiles are over all days of all replications.
    """
    rows = []
    for milestone in milestones:
        for run in study.runs:
            for unit in ("tonnes", "pallets", "trucks"):
                summary = summarise(run, f"{milestone}_{unit}_per_day")
                counts = run.daily_counts(milestone, unit)
                quantiles = [None] * 5 if counts is None else np.percentile(counts, QUANTILES).tolist()
                mean = (summary.mean.mean, summary.mean.low, summary.mean.high) if summary else (None, None, None)
                rows.append((milestone, run.name, f"{unit}/day", *mean, *quantiles))
    return columns_from_rows(("milestone", "run", "unit", "mean", "low", "high", *_QUANTILE_NAMES), rows)


def daily_fan_columns(study: Study, milestone: str) -> Columns:
    """Returns quantiles over replications of each run's tonnes a day, for each day and for the week around it."""
    rows = []
    for run in study.runs:
        if (daily := run.arrays.daily[milestone]) is not None:
            fan = fan_quantiles(daily.tonnes)
            rows += [(run.name, *row) for row in zip(run.dates, *fan.daily, *fan.weekly, strict=True)]
    return columns_from_rows(("run", "date", *_QUANTILE_NAMES, *(f"week_{name}" for name in _QUANTILE_NAMES)), rows)


def difference_columns(study: Study, measure: str) -> Columns:
    """Returns a row for each replication that two runs share; one row with the mean alone where they are not paired."""
    rows = []
    for each in differences(study, measure):
        mean = (each.unit, each.mean.mean, each.mean.low, each.mean.high, each.not_paired)
        rows += [(each.run, dot, *mean) for dot in each.dots or (None,)]
    return columns_from_rows(("run", "difference", "unit", "mean", "low", "high", "not_paired"), rows)


def observed_columns(
    runs: Sequence[RunResult],
    series_by_run: Mapping[str, Sequence[ObservedSeries]],
    counts: Mapping[tuple[str, str], Floats],
) -> Columns:
    """Returns quantiles of each run's daily trucks by the rule of each series, and the observed count of the day.

    The observed count is empty where there is none. counts : (run, series) -> shape (replications, days).
    """
    rows = [
        (run.name, series.name, series.rule.authority, day, *quantiles, series.observed_by_date.get(day))
        for run in runs
        for series in series_by_run[run.name]
        if (run.name, series.name) in counts
        for day, quantiles in zip(
            run.dates,
            np.percentile(counts[run.name, series.name] * series.rule.coverage.value, (5, 50, 95), axis=0).T.tolist(),
            strict=True,
        )
    ]
    return columns_from_rows(("run", "series", "authority", "date", "p05", "p50", "p95", "observed"), rows)


def arrival_columns(study: Study) -> Columns:
    """Returns for each run the share of dispatched loads that had arrived after so many hours."""
    rows = []
    for run in study.runs:
        if (transit := run.arrays.transit) is not None:
            inside = share_inside_at_end(transit)
            rows += [(run.name, int(hour), share, inside) for hour, share in zip(*arrival_curve(transit), strict=True)]
    return columns_from_rows(("run", "hours", "share_arrived", "share_inside_at_end"), rows)


def utilisation_columns(study: Study) -> Columns:
    """Returns the utilisation of the busiest places in each run."""
    rows = [
        (place, run.name, share)
        for place, shares in zip(*busiest_places(study), strict=True)
        for run, share in zip(study.runs, shares, strict=True)
    ]
    return columns_from_rows(("place", "run", "utilisation"), rows)


def backlog_columns(study: Study, units: Sequence[str] = WAITING_UNITS) -> Columns:
    """Returns the mean backlog at the end of each day, at the places with the largest backlogs of each unit."""
    rows = [
        (place.place, unit, run.name, day, value)
        for unit, places in largest_backlogs(study, units).items()
        for place in places
        for run in study.runs
        if run.name in place.by_run
        for day, value in zip(run.dates, place.by_run[run.name], strict=True)
    ]
    return columns_from_rows(("place", "unit", "run", "date", "backlog_mean"), rows)
