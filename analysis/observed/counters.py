"""Counts by authorities beside the counts of a run, each by its own counting rule."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from analysis.files import SCENARIOS
from analysis.observed.comparison import is_run_of, modelled_counts
from analysis.observed.series import ObservedSeries, dates_between
from analysis.results.tables import RunResult
from analysis.statistics.counters import PROGRESS_COUNTS, ReplicationSpread, replication_spread


@dataclass(frozen=True)
class ObservedCount:
    """An authority's count and the run's count by the same rule, over the days that both have [trucks/day]."""

    title: str
    authority: str
    milestone: str
    days: int
    observed: float
    model: ReplicationSpread


def observed_counts(
    run: RunResult, rules: Iterable[ObservedSeries], scenarios: Path = SCENARIOS
) -> list[ObservedCount]:
    """Returns the counts by authorities in the run's period, each with the run's count, whatever the run's scenario.

    Observed days are used as far as the run covers them; a reported total only if the run covers all of its days.
    """
    observed_and_modelled = []
    for series in rules:
        rule = series.rule
        windows = [w for w in rule.windows.values() if is_run_of(run, "regime", w.regime, scenarios)]
        counts = modelled_counts(run, rule) if windows else None
        if counts is None:
            continue
        counts = counts * rule.coverage.value
        index_of_date = {run.start + timedelta(days=k): k for k in range(rule.lag, run.days)}
        observed = [day for w in windows if w.reported_per_day is None for day in dates_between(w.since, w.until)]
        periods: list[tuple[list[date], float | None]] = [
            (sorted({day for day in observed if day in index_of_date}), None)
        ]
        periods += [
            (dates_between(w.since, w.until), w.reported_per_day) for w in windows if w.reported_per_day is not None
        ]
        for days, reported in periods:
            if not days or not index_of_date.keys() >= set(days):
                continue
            mean = float(np.mean([series.observed_by_date[day] for day in days])) if reported is None else reported
            model = replication_spread(counts[:, [index_of_date[day] for day in days]].mean(axis=1))
            observed_and_modelled.append(
                ObservedCount(rule.title, rule.authority, rule.milestone, len(days), mean, model)
            )
    return sorted(
        observed_and_modelled, key=lambda each: (PROGRESS_COUNTS.index(each.milestone), each.authority, each.title)
    )
