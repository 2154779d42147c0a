"""Ranking and selection: the runs that may be the best, the probability of each, and the replications still needed.

The runs are compared with common random numbers, so their differences are more precise than their means. Intervals
cover the luck of the replications only. Replications that selected a run must not be used to test it: that takes
independent ones.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, ndtri

from analysis.intervals import CONFIDENCE, MIN_SAMPLE, MeanInterval, mean_interval, sample_size_needed, t_quantile
from analysis.results.arrays import Floats
from analysis.results.tables import RunResult, Study
from analysis.statistics.compare import difference, why_not_paired

GRID_POWER = 12  # the grid has 2^12 points, so shares are precise to about 0.01
TARGET_PRECISION = 0.025  # half width of the interval, as a share of the run's mean
_MAX_RUNS = 50


@dataclass(frozen=True)
class Candidate:
    """A run that may be the best on a measure.

    in_subset : selected by subset selection; None where that is undefined.
    probability_best : the probability that its mean is the largest.
    replications_needed : replications for an interval of ± TARGET_PRECISION of its mean.
    """

    run: RunResult
    mean: MeanInterval
    in_subset: bool | None
    probability_best: float | None
    replications_needed: int | None


def candidates(study: Study, measure: str) -> list[Candidate]:
    """Returns a candidate for every run that has the measure, in the order of the study."""
    runs = _runs_with_measure(study, measure)
    means = {run.name: mean_interval(run.arrays.measures[measure].values) for run in runs}
    subset, best = select_subset(study, measure), probabilities_best(study, measure)
    result = []
    for run in runs:
        mean = means[run.name]
        assert mean is not None, "only runs that have the measure"
        needed = sample_size_needed(mean, TARGET_PRECISION * abs(mean.mean))
        is_kept = None if subset is None else run.name in subset
        result.append(Candidate(run, mean, is_kept, None if best is None else best[run.name], needed))
    return result


def select_subset(study: Study, measure: str) -> set[str] | None:
    """Returns the names of the runs that contain the best one at 95 %; None below two runs or three replications.

    A run is excluded if another exceeds it by more than t S / sqrt(R), where S is the standard deviation of the paired
    differences of the two, and t allows for all comparisons of one run with the others (Bonferroni).
    """
    runs = _runs_with_measure(study, measure)
    if not 2 <= len(runs) <= _MAX_RUNS:
        return None
    level, kept = 1 - (1 - CONFIDENCE) / (len(runs) - 1), set()
    for run in runs:
        is_kept = True
        for other in runs:
            if other is run:
                continue
            gap = difference(run, other, measure)
            if gap is None or gap.se is None:
                return None
            is_kept &= gap.mean.mean >= -t_quantile(gap.degrees, level) * gap.se
        if is_kept:
            kept.add(run.name)
    return kept


def probabilities_best(study: Study, measure: str) -> dict[str, float] | None:
    """Returns for each run the probability that its mean is the largest; None below two runs or three replications.

    It is the posterior of the means without a prior: Student's t with the covariance of the paired replications
    over their
    number. Runs without common random numbers are independent. The integral is over a fixed Sobol grid, so no random
    numbers are drawn. Runs that are equal in every replication share their probability.
    """
    from scipy.stats import qmc  # slow to import

    runs = _runs_with_measure(study, measure)
    if not 2 <= len(runs) <= _MAX_RUNS:
        return None
    values = {run.name: run.arrays.measures[measure].values for run in runs}
    if any(np.count_nonzero(~np.isnan(each)) < MIN_SAMPLE for each in values.values()):
        return None
    mean, covariance, degrees = _posterior(runs, values)
    grid = qmc.Sobol(len(runs) + 1, scramble=False).random_base2(GRID_POWER) + 0.5 / 2**GRID_POWER
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    root = eigenvectors * np.sqrt(np.clip(eigenvalues, 0, None))
    stretch = np.sqrt(degrees / chdtri(degrees, grid[:, -1:]))
    scores = mean + ndtri(grid[:, :-1]) @ root.T * stretch
    scale = max(float(np.abs(scores).max()), 1e-300)
    top = scores >= scores.max(axis=1, keepdims=True) - 1e-7 * scale
    shares = (top / top.sum(axis=1, keepdims=True)).mean(axis=0)
    return {run.name: float(share) for run, share in zip(runs, shares, strict=True)}


def _posterior(runs: list[RunResult], values: dict[str, Floats]) -> tuple[Floats, Floats, float]:
    """Returns the means of the runs, the covariance of these means, and the degrees of freedom."""
    first, *others = runs
    if all(why_not_paired(run, first) is None for run in others):
        common = set.intersection(*(set(run.arrays.replications) for run in runs))
        table = np.array(
            [values[run.name][np.isin(run.arrays.replications, sorted(common))] for run in runs]
        )  # (runs, replications)
        table = table[:, ~np.isnan(table).any(axis=0)]
        if table.shape[1] >= MIN_SAMPLE:
            return table.mean(axis=1), np.atleast_2d(np.cov(table)) / table.shape[1], table.shape[1] - 1
    present = [each[~np.isnan(each)] for each in values.values()]
    variance = [float(each.var(ddof=1)) / len(each) for each in present]
    return np.array([each.mean() for each in present]), np.diag(variance), min(len(each) for each in present) - 1


def _runs_with_measure(study: Study, measure: str) -> list[RunResult]:
    """Returns the runs with a value of the measure in some replication."""
    recorded = [(run, run.arrays.measures.get(measure)) for run in study.runs]
    return [run for run, measured in recorded if measured is not None and not np.isnan(measured.values).all()]
