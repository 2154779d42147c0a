"""What the first page of a study is about: one option beside the first run, how sure, since when, and when it is worst.

The option is the run beside the first that brings most. All of it covers the luck of the replications only, not the
parameters. It says nothing: `brief_told.py` does.
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
INTERVAL_SHARE = 0.8  # of replications lie within what is said in brackets


@dataclass(frozen=True)
class Fortnight:
    """The 14 days in a row, after the warm-up, that bring least in the mean over replications; tonnes a day in them."""

    first: date
    last: date
    tonnes: ReplicationSpread


def probability_of_gain(found: Difference) -> float | None:
    """The probability that the difference of the means is above 0: Student's t posterior without a prior."""
    if found.se is None:
        return None
    if found.se == 0:
        return 0.5 * (1 + float(np.sign(found.mean.mean)))
    return float(stdtr(found.degrees, found.mean.mean / found.se))


@dataclass(frozen=True)
class OptionBrief:
    """The option, alone or against the first run, at the milestone that the comparison is about.

    beats : the probability that its mean is the larger.  effect : see `effect_from`.
    """

    option: RunResult
    milestone: str
    tonnes: ReplicationSpread
    pallets: ReplicationSpread
    difference_to_first: Difference | None
    probability_better: float | None
    effect_date: date | None


def build_brief(study: Study, milestone: str) -> OptionBrief | None:
    """None where no run has a replication to tell of."""
    measure = f"{milestone}_tonnes_per_day"
    means = {run.name: found.mean.mean for run in study.runs if (found := summarise(run, measure))}
    others = [run for run in study.runs[1:] if run.name in means] or [r for r in study.runs if r.name in means]
    if not others:
        return None
    option = max(others, key=lambda run: means[run.name])
    against = next((each for each in differences(study, measure) if each.run == option.name), None)
    tonnes, pallets = (option.arrays.measures[f"{milestone}_{unit}_per_day"].values for unit in ("tonnes", "pallets"))
    return OptionBrief(
        option, milestone, _spread_of_known(tonnes), _spread_of_known(pallets), against,
        probability_of_gain(against) if against else None,
        effect_start(option, study.reference, milestone) if against and against.is_clear else None,
    )  # fmt: skip


def effect_start(run: RunResult, reference: RunResult, milestone: str) -> date | None:
    """The first day from which on, to the end, all that came since the warm-up differs from what came in the first run.

    It differs where the interval at WITHIN of the paired mean leaves out 0, on the same side; each day by itself.
    None where the runs share no luck, or where it is so on no day up to the last.
    """
    ours, theirs = run.daily_counts(milestone, "tonnes"), reference.daily_counts(milestone, "tonnes")
    shared = common_replications(run, reference)
    if ours is None or theirs is None or shared is None or len(shared[0]) < MIN_SAMPLE:
        return None
    more = np.cumsum(ours[shared[1]] - theirs[shared[2]], axis=1)  # (replications, days)
    n = len(more)
    half = np.array([t_quantile(n - 1, (1 + INTERVAL_SHARE) / 2) * sample_sd(day) / n**0.5 for day in more.T])
    side = np.sign(more.mean(axis=0)) * (np.abs(more.mean(axis=0)) > half)
    if side[-1] == 0:
        return None
    apart = np.flatnonzero(side != side[-1])
    return run.dates[run.warm_up + (0 if len(apart) == 0 else int(apart[-1]) + 1)]


def worst_fortnight(run: RunResult, milestone: str) -> Fortnight | None:
    """None where the run has no more days than a fortnight."""
    tonnes = run.daily_counts(milestone, "tonnes")
    if tonnes is None or tonnes.shape[1] <= FORTNIGHT_DAYS:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(tonnes, FORTNIGHT_DAYS, axis=1).mean(axis=2)
    worst = int(windows.mean(axis=0).argmin())
    first = run.dates[run.warm_up + worst]
    return Fortnight(first, first + timedelta(days=FORTNIGHT_DAYS - 1), replication_spread(windows[:, worst]))


def _spread_of_known(values: Floats) -> ReplicationSpread:
    return replication_spread(values[~np.isnan(values)])
