"""What the first page of a study is about: one option beside the first run, how sure, since when, and when it is worst.

The option is the run beside the first that brings most. All of it covers the luck of the replications only, not the
parameters. It says nothing: `brief_told.py` does.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from scipy.special import stdtr

from analysis.intervals import LEAST, sd, t_value
from analysis.results.arrays import Floats
from analysis.results.tables import RunResult, Study
from analysis.statistics.compare import Difference, common, differences, summarise
from analysis.statistics.counters import Spread, spread

FORTNIGHT = 14
WITHIN = 0.8  # of replications lie within what is said in brackets


@dataclass(frozen=True)
class Fortnight:
    """The 14 days in a row, after the warm-up, that bring least in the mean over replications; tonnes a day in them."""

    first: date
    last: date
    tonnes: Spread


def beats(found: Difference) -> float | None:
    """The probability that the difference of the means is above 0: Student's t posterior without a prior."""
    if found.se is None:
        return None
    if found.se == 0:
        return 0.5 * (1 + float(np.sign(found.mean.mean)))
    return float(stdtr(found.degrees, found.mean.mean / found.se))


@dataclass(frozen=True)
class Brief:
    """The option, alone or against the first run, at the milestone that the comparison is about.

    beats : the probability that its mean is the larger.  effect : see `effect_from`.
    """

    option: RunResult
    milestone: str
    tonnes: Spread
    pallets: Spread
    against: Difference | None
    beats: float | None
    effect: date | None


def brief_of(study: Study, milestone: str) -> Brief | None:
    """None where no run has a replication to tell of."""
    measure = f"{milestone}_tonnes_per_day"
    means = {run.name: found.mean.mean for run in study.runs if (found := summarise(run, measure))}
    others = [run for run in study.runs[1:] if run.name in means] or [r for r in study.runs if r.name in means]
    if not others:
        return None
    option = max(others, key=lambda run: means[run.name])
    against = next((each for each in differences(study, measure) if each.run == option.name), None)
    tonnes, pallets = (option.arrays.measures[f"{milestone}_{unit}_per_day"].values for unit in ("tonnes", "pallets"))
    return Brief(
        option, milestone, _spread(tonnes), _spread(pallets), against, beats(against) if against else None,
        effect_from(option, study.reference, milestone) if against and against.clear else None,
    )  # fmt: skip


def effect_from(run: RunResult, reference: RunResult, milestone: str) -> date | None:
    """The first day from which on, to the end, all that came since the warm-up differs from what came in the first run.

    It differs where the interval at WITHIN of the paired mean leaves out 0, on the same side; each day by itself.
    None where the runs share no luck, or where it is so on no day up to the last.
    """
    ours, theirs = run.counted(milestone, "tonnes"), reference.counted(milestone, "tonnes")
    shared = common(run, reference)
    if ours is None or theirs is None or shared is None or len(shared[0]) < LEAST:
        return None
    more = np.cumsum(ours[shared[1]] - theirs[shared[2]], axis=1)  # (replications, days)
    n = len(more)
    half = np.array([t_value(n - 1, (1 + WITHIN) / 2) * sd(day) / n**0.5 for day in more.T])
    side = np.sign(more.mean(axis=0)) * (np.abs(more.mean(axis=0)) > half)
    if side[-1] == 0:
        return None
    apart = np.flatnonzero(side != side[-1])
    return run.dates[run.warm_up + (0 if len(apart) == 0 else int(apart[-1]) + 1)]


def worst_fortnight(run: RunResult, milestone: str) -> Fortnight | None:
    """None where the run has no more days than a fortnight."""
    tonnes = run.counted(milestone, "tonnes")
    if tonnes is None or tonnes.shape[1] <= FORTNIGHT:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(tonnes, FORTNIGHT, axis=1).mean(axis=2)
    worst = int(windows.mean(axis=0).argmin())
    first = run.dates[run.warm_up + worst]
    return Fortnight(first, first + timedelta(days=FORTNIGHT - 1), spread(windows[:, worst]))


def _spread(values: Floats) -> Spread:
    return spread(values[~np.isnan(values)])
