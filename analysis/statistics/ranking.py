"""Which run brings most, and how sure that is: a subset, the probability of being the best, what is still needed.

All of it uses the pairing: what two runs differ by is as sure as their difference, not as their means. It covers the
luck of the replications only. What was chosen by these replications is not tested by them: that takes other luck.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, ndtri

from analysis.intervals import CONFIDENCE, MIN_SAMPLE, MeanInterval, mean_interval, sample_size_needed, t_quantile
from analysis.results.arrays import Floats
from analysis.results.tables import RunResult, Study
from analysis.statistics.compare import difference, why_not_paired

GRID_POWER = 12  # of 2, the points of the grid: shares are good to about 1 in 100
TARGET_PRECISION = 0.025  # of a run's own mean
_MAX_RUNS = 50


@dataclass(frozen=True)
class Candidate:
    """A run among those that may be the best on a measure.

    kept : by subset selection; None where it cannot be said.  best : the probability that its mean is the largest.
    needed : replications for an interval of ± PRECISION of its mean.
    """

    run: RunResult
    mean: MeanInterval
    in_subset: bool | None
    probability_best: float | None
    replications_needed: int | None


def candidates(study: Study, measure: str) -> list[Candidate]:
    """Every run that has the measure, in the order of the study."""
    there = _runs_with_measure(study, measure)
    means = {run.name: mean_interval(run.arrays.measures[measure].values) for run in there}
    kept, best = select_subset(study, measure), probabilities_best(study, measure)
    found = []
    for run in there:
        mean = means[run.name]
        assert mean is not None, "only runs that have the measure"
        more = sample_size_needed(mean, TARGET_PRECISION * abs(mean.mean))
        said = None if kept is None else run.name in kept
        found.append(Candidate(run, mean, said, None if best is None else best[run.name], more))
    return found


def select_subset(study: Study, measure: str) -> set[str] | None:
    """Names of the runs among which the best one is, at 95 %; None below two runs or three replications.

    A run is kept if it lies below none by more than t S / sqrt(R), where S is the standard deviation of the paired
    differences of those two, and t has the error of all comparisons of one run among them (Bonferroni).
    """
    there = _runs_with_measure(study, measure)
    if not 2 <= len(there) <= _MAX_RUNS:
        return None
    level, kept = 1 - (1 - CONFIDENCE) / (len(there) - 1), set()
    for run in there:
        stays = True
        for other in there:
            if other is run:
                continue
            found = difference(run, other, measure)
            if found is None or found.se is None:
                return None
            stays &= found.mean.mean >= -t_quantile(found.degrees, level) * found.se
        if stays:
            kept.add(run.name)
    return kept


def probabilities_best(study: Study, measure: str) -> dict[str, float] | None:
    """The probability of each run that its mean is the largest, by the posterior of the means without a prior.

    The means are Student's t with the covariance of the paired replications over their number; runs without the same
    luck are independent. Integrated over a fixed grid (Sobol), so that it draws no luck. Runs that are equal in every
    replication share their probability. None below two runs or three replications.
    """
    from scipy.stats import qmc  # takes its time

    there = _runs_with_measure(study, measure)
    if not 2 <= len(there) <= _MAX_RUNS:
        return None
    values = {run.name: run.arrays.measures[measure].values for run in there}
    if any(np.count_nonzero(~np.isnan(each)) < MIN_SAMPLE for each in values.values()):
        return None
    mean, covariance, degrees = _posterior(there, values)
    grid = qmc.Sobol(len(there) + 1, scramble=False).random_base2(GRID_POWER) + 0.5 / 2**GRID_POWER
    size, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.clip(size, 0, None))
    wider = np.sqrt(degrees / chdtri(degrees, grid[:, -1:]))
    scores = mean + ndtri(grid[:, :-1]) @ root.T * wider
    scale = max(float(np.abs(scores).max()), 1e-300)
    top = scores >= scores.max(axis=1, keepdims=True) - 1e-7 * scale
    shares = (top / top.sum(axis=1, keepdims=True)).mean(axis=0)
    return {run.name: float(share) for run, share in zip(there, shares, strict=True)}


def _posterior(there: list[RunResult], values: dict[str, Floats]) -> tuple[Floats, Floats, float]:
    """Means of the runs, the covariance of those means, and the degrees of freedom."""
    first, *others = there
    if all(why_not_paired(run, first) is None for run in others):
        common = set.intersection(*(set(run.arrays.replications) for run in there))
        table = np.array(
            [values[run.name][np.isin(run.arrays.replications, sorted(common))] for run in there]
        )  # (runs, replications)
        table = table[:, ~np.isnan(table).any(axis=0)]
        if table.shape[1] >= MIN_SAMPLE:
            return table.mean(axis=1), np.atleast_2d(np.cov(table)) / table.shape[1], table.shape[1] - 1
    known = [each[~np.isnan(each)] for each in values.values()]
    variance = [float(each.var(ddof=1)) / len(each) for each in known]
    return np.array([each.mean() for each in known]), np.diag(variance), min(len(each) for each in known) - 1


def _runs_with_measure(study: Study, measure: str) -> list[RunResult]:
    """The runs that have the measure in some replication."""
    found = [(run, run.arrays.measures.get(measure)) for run in study.runs]
    return [run for run, values in found if values is not None and not np.isnan(values.values).all()]
