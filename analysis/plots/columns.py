"""The data of each plot as columns, for the CSV beside it: runs, places and milestones by name, not by title."""

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.observed.rules import ObservedSeries
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
    """Quantiles over all days of all replications; empty where a run lacks the milestone."""
    rows = []
    for milestone in milestones:
        for run in study.runs:
            for unit in ("tonnes", "pallets", "trucks"):
                found = summarise(run, f"{milestone}_{unit}_per_day")
                counts = run.daily_counts(milestone, unit)
                quantiles = [None] * 5 if counts is None else np.percentile(counts, QUANTILES).tolist()
                mean = (found.mean.mean, found.mean.low, found.mean.high) if found else (None, None, None)
                rows.append((milestone, run.name, f"{unit}/day", *mean, *quantiles))
    return columns_from_rows(("milestone", "run", "unit", "mean", "low", "high", *_QUANTILE_NAMES), rows)


def daily_fan_columns(study: Study, milestone: str) -> Columns:
    """The fan of each run, in tonnes."""
    rows = []
    for run in study.runs:
        if (daily := run.arrays.daily[milestone]) is not None:
            found = fan_quantiles(daily.tonnes)
            rows += [(run.name, *row) for row in zip(run.dates, *found.daily, *found.weekly, strict=True)]
    return columns_from_rows(("run", "date", *_QUANTILE_NAMES, *(f"week_{name}" for name in _QUANTILE_NAMES)), rows)


def difference_columns(study: Study, measure: str) -> Columns:
    """A row for each replication that two runs share; one row with the mean alone where they are not paired."""
    rows = []
    for each in differences(study, measure):
        mean = (each.unit, each.mean.mean, each.mean.low, each.mean.high, each.not_paired)
        rows += [(each.run, dot, *mean) for dot in each.dots or (None,)]
    return columns_from_rows(("run", "difference", "unit", "mean", "low", "high", "not_paired"), rows)


def observed_columns(
    runs: Sequence[RunResult], beside: Mapping[str, Sequence[ObservedSeries]], counts: Mapping[tuple[str, str], Floats]
) -> Columns:
    """Quantiles of each run's days through each rule, and the observed day; empty where there is none."""
    rows = [
        (run.name, series.name, series.rule.authority, on, *quantiles, series.observed_by_date.get(on))
        for run in runs
        for series in beside[run.name]
        if (run.name, series.name) in counts
        for on, quantiles in zip(
            run.dates,
            np.percentile(counts[run.name, series.name] * series.rule.coverage.value, (5, 50, 95), axis=0).T.tolist(),
            strict=True,
        )
    ]
    return columns_from_rows(("run", "series", "authority", "date", "p05", "p50", "p95", "observed"), rows)


def arrival_columns(study: Study) -> Columns:
    rows = []
    for run in study.runs:
        if (transit := run.arrays.transit) is not None:
            inside = share_inside_at_end(transit)
            rows += [(run.name, int(hour), share, inside) for hour, share in zip(*arrival_curve(transit), strict=True)]
    return columns_from_rows(("run", "hours", "share_arrived", "share_inside_at_end"), rows)


def utilisation_columns(study: Study) -> Columns:
    rows = [
        (place, run.name, share)
        for place, shares in zip(*busiest_places(study), strict=True)
        for run, share in zip(study.runs, shares, strict=True)
    ]
    return columns_from_rows(("place", "run", "utilisation"), rows)


def backlog_columns(study: Study, units: Sequence[str] = WAITING_UNITS) -> Columns:
    rows = [
        (place.place, unit, run.name, on, value)
        for unit, places in largest_backlogs(study, units).items()
        for place in places
        for run in study.runs
        if run.name in place.by_run
        for on, value in zip(run.dates, place.by_run[run.name], strict=True)
    ]
    return columns_from_rows(("place", "unit", "run", "date", "backlog_mean"), rows)
