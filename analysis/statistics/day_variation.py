"""Variation and autocorrelation of daily counts, computed in the same way for observed series and for the model.

The weekly pattern (closed Saturdays) is part of the first statistic and removed from the other two. Nothing is fitted.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from analysis.results.arrays import Floats

DAYS_PER_WEEK = 7


@dataclass(frozen=True)
class DayVariation:
    """The variation of the days of one window. None if undefined in some replication: no trucks, or constant counts.

    cv : coefficient of variation.
    cv_of_residuals : standard deviation of the residuals from the weekday means, over the mean of all days.
    lag_one_correlation : correlation of these residuals with those of the day before.
    """

    cv: float | None
    cv_of_residuals: float | None
    lag_one_correlation: float | None


def day_variation(counts: Floats, first: date) -> DayVariation:
    """Returns the variation of daily counts from the date `first` on, as the mean over replications.

    counts : shape (replications, days).
    """
    mean = counts.mean(axis=1)
    weekday = (first.weekday() + np.arange(counts.shape[1])) % DAYS_PER_WEEK
    weekday_mean = np.zeros_like(counts)
    for day_of_week in np.unique(weekday):
        weekday_mean[:, weekday == day_of_week] = counts[:, weekday == day_of_week].mean(axis=1, keepdims=True)
    residuals = counts - weekday_mean
    with np.errstate(divide="ignore", invalid="ignore"):
        return DayVariation(
            _mean_if_finite(counts.std(axis=1, ddof=1) / mean),
            _mean_if_finite(residuals.std(axis=1, ddof=1) / mean),
            _mean_if_finite(_lag_one_correlations(residuals)),
        )


def _lag_one_correlations(residuals: Floats) -> Floats:
    """Returns the lag-one autocorrelation of the residuals, shape (replications,)."""
    before, after = residuals[:, :-1], residuals[:, 1:]
    before, after = (part - part.mean(axis=1, keepdims=True) for part in (before, after))
    covariance = (before * after).sum(axis=1)
    return np.asarray(covariance / np.sqrt((before**2).sum(axis=1) * (after**2).sum(axis=1)))


def _mean_if_finite(values: Floats) -> float | None:
    return float(values.mean()) if np.isfinite(values).all() else None
