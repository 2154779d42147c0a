"""Reliability of a daily amount: the probability that a day, the mean of a week, or every day reaches a minimum."""

from dataclasses import dataclass

import numpy as np

from analysis.intervals import Estimate, MeanInterval, mean_interval, wilson_interval
from analysis.results.arrays import Floats
from analysis.results.tables import RunResult

DAYS_PER_WEEK = 7


@dataclass(frozen=True)
class Reliability:
    """The probabilities of reaching a minimum.

    Days of one replication are dependent, so intervals are over replications: Student's t for the shares of days and
    weeks, Wilson's for the share of replications in which every day reaches it.

    shares_by_period : name of the period -> for each replication the share of days, or of whole weeks by their mean, or
    1 if every day reaches it.
    week_share : None for a run of less than one week after the warm-up.
    """

    shares_by_period: dict[str, Floats]
    day_share: MeanInterval
    week_share: MeanInterval | None
    every_day_share: Estimate


def reliability_of_run(run: RunResult, milestone: str, unit: str, least: float) -> Reliability | None:
    """Returns the reliability of a milestone after the warm-up; None if no corridor has the milestone."""
    counts = run.daily_counts(milestone, unit)
    return None if counts is None else reliability_of_counts(counts, least)


def reliability_of_counts(counts: Floats, least: float) -> Reliability:
    """Returns the reliability of daily counts, shape (replications, days). Weeks are whole, from the first day."""
    enough = counts >= least
    shares = {"days": enough.mean(axis=1), "every day": enough.all(axis=1).astype(float)}
    whole = counts.shape[1] // DAYS_PER_WEEK
    if whole:
        weekly = counts[:, : whole * DAYS_PER_WEEK].reshape(len(counts), whole, DAYS_PER_WEEK).mean(axis=2)
        shares["weeks, by their mean"] = (weekly >= least).mean(axis=1)
    days = mean_interval(shares["days"])
    assert days is not None, "a finished run has a replication"
    weeks = mean_interval(shares["weeks, by their mean"]) if whole else None
    every = wilson_interval(int(np.count_nonzero(shares["every day"])), len(counts))
    return Reliability(shares, days, weeks, every)
