"""How sure a number a day is: on a day, in the mean of a week, and on every day, which are three different things."""

from dataclasses import dataclass

import numpy as np

from analysis.intervals import Estimate, MeanInterval, mean_interval, wilson_interval
from analysis.results.arrays import Floats
from analysis.results.tables import RunResult

DAYS_PER_WEEK = 7


@dataclass(frozen=True)
class Reliability:
    """The probabilities of at least so many. Days of one replication are not independent, so intervals are over
    replications: t for the shares of days and weeks, Wilson's for the share of replications in which it is every day.

    shares : what -> for each replication the share of days, of whole weeks by their mean, and 1 if it was every day.
    weeks is None in a run of less than one week after warm-up.
    """

    shares_by_period: dict[str, Floats]
    day_share: MeanInterval
    week_share: MeanInterval | None
    every_day_share: Estimate


def reliability_of_run(run: RunResult, milestone: str, unit: str, least: float) -> Reliability | None:
    """Of what reaches a milestone in a day after warm-up; None where no corridor has it."""
    counts = run.daily_counts(milestone, unit)
    return None if counts is None else reliability_of_counts(counts, least)


def reliability_of_counts(counts: Floats, least: float) -> Reliability:
    """Of counts a day, shape (replications, days). Weeks are whole, counted from the first day."""
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
