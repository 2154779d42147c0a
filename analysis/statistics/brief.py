"""The figures on the first page of a study: one option against the first run, and when it is better.

The option is the run beside the first that brings most. Its figures are the difference, the probability of a gain, the
date from which it shows, and the worst fortnight. Intervals cover the luck of the replications only, not the
uncertainty of the parameters. This module writes no sentences.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from scipy.special import stdtr

from analysis.intervals import MIN_SAMPLE, sample_sd, t_quantile
from analysis.results.arrays import Floats
from analysis.results.tables import RunResult, Study
from analysis.statistics.compare import Difference, common_replications, differences, summarise
from analysis.statistics.counters import ReplicationSpread, replication_spread

FORTNIGHT_DAYS = 14
INTERVAL_SHARE = 0.8  # share of the replications between the two figures in brackets


@dataclass(frozen=True)
class Fortnight:
    """The 14 consecutive days after the warm-up with the lowest mean over replications; `tonnes` are per day."""

    first: date
    last: date
    tonnes: ReplicationSpread


def probability_of_gain(gain: Difference) -> float | None:
    """Returns the probability that the mean difference is above 0: Student's t posterior without a prior.

    None if the difference has no standard error (too few replications).
    """
    if gain.se is None:
        return None
    if gain.se == 0:
        return 0.5 * (1 + float(np.sign(gain.mean.mean)))
    return float(stdtr(gain.degrees, gain.mean.mean / gain.se))


@dataclass(frozen=True)
class OptionBrief:
    """The option, alone and against the first run, at the milestone that the study compares.

    probability_better : probability that the option's mean is the larger.  effect_date : see `effect_start`.
    """

    option: RunResult
    milestone: str
    tonnes: ReplicationSpread
    pallets: ReplicationSpread
    difference_to_first: Difference | None
    probability_better: float | None
    effect_date: date | None


def build_brief(study: Study, milestone: str) -> OptionBrief | None:
    """Returns the brief of the run that brings most beside the first; None if no run has the measure."""
    measure = f"{milestone}_tonnes_per_day"
    means = {run.name: summary.mean.mean for run in study.runs if (summary := summarise(run, measure))}
    others = [run for run in study.runs[1:] if run.name in means] or [r for r in study.runs if r.name in means]
    if not others:
        return None
    option = max(others, key=lambda run: means[run.name])
    gain = next((each for each in differences(study, measure) if each.run == option.name), None)
    tonnes, pallets = (option.arrays.measures[f"{milestone}_{unit}_per_day"].values for unit in ("tonnes", "pallets"))
    return OptionBrief(
        option, milestone, _spread_of_known(tonnes), _spread_of_known(pallets), gain,
        probability_of_gain(gain) if gain else None,
        effect_start(option, study.reference, milestone) if gain and gain.is_clear else None,
    )  # fmt: skip


def effect_start(run: RunResult, reference: RunResult, milestone: str) -> date | None:
    """Returns the first day from which the cumulative amount differs from the first run's until the end.

    Amounts are summed from the end of the warm-up. They differ on a day if the INTERVAL_SHARE interval of the paired
    mean difference excludes 0, on the side of the last day. Each day is tested by itself. None if the runs share no
    luck, or if they do not differ on the last day.
    """
    amounts, reference_amounts = run.daily_counts(milestone, "tonnes"), reference.daily_counts(milestone, "tonnes")
    common = common_replications(run, reference)
    if amounts is None or reference_amounts is None or common is None or len(common[0]) < MIN_SAMPLE:
        return None
    lead = np.cumsum(amounts[common[1]] - reference_amounts[common[2]], axis=1)  # (replications, days)
    n = len(lead)
    half = np.array([t_quantile(n - 1, (1 + INTERVAL_SHARE) / 2) * sample_sd(day) / n**0.5 for day in lead.T])
    side = np.sign(lead.mean(axis=0)) * (np.abs(lead.mean(axis=0)) > half)
    if side[-1] == 0:
        return None
    apart = np.flatnonzero(side != side[-1])
    return run.dates[run.warm_up + (0 if len(apart) == 0 else int(apart[-1]) + 1)]


def worst_fortnight(run: RunResult, milestone: str) -> Fortnight | None:
    """Returns the fortnight with the lowest mean; None if the run is not longer than a fortnight."""
    tonnes = run.daily_counts(milestone, "tonnes")
    if tonnes is None or tonnes.shape[1] <= FORTNIGHT_DAYS:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(tonnes, FORTNIGHT_DAYS, axis=1).mean(axis=2)
    worst = int(windows.mean(axis=0).argmin())
    first = run.dates[run.warm_up + worst]
    return Fortnight(first, first + timedelta(days=FORTNIGHT_DAYS - 1), replication_spread(windows[:, worst]))


def _spread_of_known(values: Floats) -> ReplicationSpread:
    return replication_spread(values[~np.isnan(values)])
