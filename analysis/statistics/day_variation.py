"""How much days differ, and how they hang together: a series of daily counts beside the model's, each by the same rule.

What a week repeats (closed Saturdays) is in the first number and not in the other two. Nothing is fitted here.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from analysis.results.arrays import Floats

DAYS_PER_WEEK = 7


@dataclass(frozen=True)
class DayVariation:
    """Of one window's days. None where it cannot be said of every replication: no trucks, or days that do not differ.

    cv : standard deviation by the mean.
    cv_of_rest : the same of what is left when each day is compared with its weekday's mean, by the mean of all days.
    lag_one : correlation of that rest with the rest of the day before.
    """

    cv: float | None
    cv_of_residuals: float | None
    lag_one_correlation: float | None


def day_variation(counts: Floats, first: date) -> DayVariation:
    """Of daily counts, shape (replications, days), from `first` on: the mean over replications."""
    mean = counts.mean(axis=1)
    weekday = (first.weekday() + np.arange(counts.shape[1])) % DAYS_PER_WEEK
    usual = np.zeros_like(counts)
    for each in np.unique(weekday):
        usual[:, weekday == each] = counts[:, weekday == each].mean(axis=1, keepdims=True)
    rest = counts - usual
    with np.errstate(divide="ignore", invalid="ignore"):
        return DayVariation(
            _mean_if_finite(counts.std(axis=1, ddof=1) / mean),
            _mean_if_finite(rest.std(axis=1, ddof=1) / mean),
            _mean_if_finite(_lag_one_correlations(rest)),
        )


def _lag_one_correlations(rest: Floats) -> Floats:
    """The correlation of each day's rest with that of the day before, shape (replications,)."""
    before, after = rest[:, :-1], rest[:, 1:]
    before, after = (part - part.mean(axis=1, keepdims=True) for part in (before, after))
    covariance = (before * after).sum(axis=1)
    return np.asarray(covariance / np.sqrt((before**2).sum(axis=1) * (after**2).sum(axis=1)))


def _mean_if_finite(values: Floats) -> float | None:
    return float(values.mean()) if np.isfinite(values).all() else None
