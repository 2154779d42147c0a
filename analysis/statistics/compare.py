"""Comparison of runs: means with their intervals, spreads, and differences to the first run.

Every interval is Student's t over replications at 95 %. It covers the luck of the replications only. Runs with common
random numbers are compared replication by replication, others as two independent samples (Welch) with the reason. This
module reads no files and draws nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from analysis.intervals import (
    CONFIDENCE,
    MIN_SAMPLE,
    MeanInterval,
    Percentiles,
    mean_interval,
    percentiles_of,
    sample_sd,
    t_quantile,
)
from analysis.language.translator import ENGLISH, Translator
from analysis.results.arrays import MILESTONES, Floats
from analysis.results.tables import RunResult, Study

COMPARED_MEASURES = {
    "entered_tonnes_per_day": "entered [t/day]",
    "offloaded_tonnes_per_day": "offloaded [t/day]",
    "collected_tonnes_per_day": "collected [t/day]",
    "arrived_tonnes_per_day": "arrived [t/day]",
    "arrived_trucks_per_day": "arrived [vehicles/day]",
    "transit_h_p50": "half of the loads arrive within [h]",
    "people_out_per_day": "people out [persons/day]",
    "people_in_per_day": "people in [persons/day]",
    "kcal_per_person_day:aid": "used of all aid [kcal a person and day]",
    "kcal_worst:aid": "used of all aid in the worst-off area [kcal a person and day]",
    "people_supplied:aid": "supplied by all aid with all that is essential [people, a mean day]",
}


@dataclass(frozen=True)
class MeasureSummary:
    """One measure of one run.

    day_percentiles : percentiles of the days of all replications; None if the measure is not a daily count.
    """

    run: str
    measure: str
    unit: str
    mean: MeanInterval
    replication_percentiles: Percentiles | None
    day_percentiles: Percentiles | None


@dataclass(frozen=True)
class Difference:
    """A run minus the reference, on one measure.

    dots : the differences of the replications; empty if the runs are not paired.
    p : two-sided p value, adjusted by Holm over all runs that are compared with the reference on this measure.
    variance_reduction : how many times as many unpaired replications would give the same precision.
    """

    run: str
    measure: str
    unit: str
    mean: MeanInterval
    dots: tuple[float, ...]
    not_paired: str | None  # the reason
    correlation: float | None
    variance_reduction: float | None
    p: float | None
    se: float | None = None  # standard error of the mean, and its degrees of freedom; None below three replications
    degrees: float = 0.0

    @property
    def is_clear(self) -> bool:
        """Whether the difference is significant at 5 %, adjusted for all comparisons."""
        return self.p is not None and self.p < 1 - CONFIDENCE


def summarise(run: RunResult, measure: str) -> MeasureSummary | None:
    """Returns the summary of a measure; None if no replication of the run has the measure."""
    recorded = run.arrays.measures.get(measure)
    mean = None if recorded is None else mean_interval(recorded.values)
    if recorded is None or mean is None:
        return None
    days = None
    milestone, _, unit = measure.removesuffix("_per_day").rpartition("_")
    if measure.endswith("_per_day") and milestone in MILESTONES:
        counts = run.daily_counts(milestone, unit)
        days = None if counts is None else percentiles_of(counts)
    return MeasureSummary(run.name, measure, recorded.unit, mean, percentiles_of(recorded.values), days)


def main_milestone(study: Study) -> str | None:
    """Returns the last milestone that every run has: the one that a study compares. None if there is none."""
    shared = [m for m in MILESTONES if all(run.arrays.daily[m] is not None for run in study.runs)]
    return shared[-1] if shared else None


def why_not_paired(run: RunResult, reference: RunResult, translate: Translator = ENGLISH) -> str | None:
    """Returns why the replications of two runs share no luck, as a sentence; None if they share it."""
    for attribute, words in (("seed", "seeds"), ("start", "start dates"), ("days", "numbers of days"),
                        ("warm_up", "warm-ups"), ("model", "versions of the model")):  # fmt: skip
        value, value_of_reference = getattr(run, attribute), getattr(reference, attribute)
        if value != value_of_reference:
            return translate(
                "not paired: different {words} ({ours} and {theirs}), so their replications share no luck",
                words=translate(words), ours=value, theirs=value_of_reference,
            )  # fmt: skip
    if not set(run.arrays.replications) & set(reference.arrays.replications):
        return translate("not paired: they have no replication in common")
    return None


def common_replications(
    run: RunResult, reference: RunResult
) -> tuple[tuple[int, ...], NDArray[np.intp], NDArray[np.intp]] | None:
    """Returns the numbers of the replications that both runs have, and their indices in `run` and in `reference`.

    None if the runs share no luck.
    """
    if why_not_paired(run, reference) is not None:
        return None
    numbers, indices, indices_in_reference = np.intersect1d(
        run.arrays.replications, reference.arrays.replications, assume_unique=True, return_indices=True
    )
    return tuple(int(number) for number in numbers), indices, indices_in_reference


def has_two_periods(study: Study) -> bool:
    """Whether the runs differ in regime or start date, and so in more than the scenario."""
    return len({(run.regime, run.start) for run in study.runs}) > 1


def differences(study: Study, measure: str, first: RunResult | None = None) -> tuple[Difference, ...]:
    """Returns the difference of each other run to the first (or to `first`, if given) on one measure.

    p is adjusted by Holm. Runs without the measure are left out.
    """
    reference = first or study.reference
    unadjusted = [difference(run, reference, measure) for run in study.runs if run is not reference]
    present = [each for each in unadjusted if each is not None]
    adjusted = holm_adjusted([each.p for each in present])
    return tuple(replace(each, p=p) for each, p in zip(present, adjusted, strict=True))


def difference(run: RunResult, reference: RunResult, measure: str) -> Difference | None:
    """Returns run minus reference with unadjusted p; None if one of the two has no value of the measure."""
    measured, measured_in_reference = run.arrays.measures.get(measure), reference.arrays.measures.get(measure)
    if (
        measured is None
        or measured_in_reference is None
        or np.isnan(measured.values).all()
        or np.isnan(measured_in_reference.values).all()
    ):
        return None
    if (shared := common_replications(run, reference)) is not None:
        _, at, at_reference = shared
        a, b = measured.values[at], measured_in_reference.values[at_reference]
        both = ~(np.isnan(a) | np.isnan(b))
        if not both.any():
            return None
        return paired_difference(run.name, measure, measured.unit, a[both], b[both])
    a, b = (
        measured.values[~np.isnan(measured.values)],
        measured_in_reference.values[~np.isnan(measured_in_reference.values)],
    )
    return unpaired_difference(run.name, measure, measured.unit, a, b, why_not_paired(run, reference))


def paired_difference(run: str, measure: str, unit: str, a: Floats, b: Floats) -> Difference:
    """Returns `a` minus `b`, paired by replication: both of shape (replications,). p is not adjusted."""
    return Difference(run, measure, unit, **_paired_statistics(a, b), not_paired=None)


def unpaired_difference(run: str, measure: str, unit: str, a: Floats, b: Floats, why: str | None) -> Difference:
    """Returns `a` minus `b` as two independent samples (Welch).

    `why` says why they are not paired. p is not adjusted.
    """
    return Difference(run, measure, unit, **_welch_statistics(a, b), not_paired=why)


def _paired_statistics(a: Floats, b: Floats) -> dict[str, Any]:
    dots = a - b
    n, spread = len(dots), sample_sd(dots) / len(dots) ** 0.5
    both = sample_sd(a) * sample_sd(b)
    return {
        "mean": MeanInterval(n, float(dots.mean()), None if n < MIN_SAMPLE else t_quantile(n - 1) * spread),
        "dots": tuple(float(dot) for dot in dots),
        "correlation": float(np.corrcoef(a, b)[0, 1]) if n > 2 and both > 0 else None,
        "variance_reduction": (sample_sd(a) ** 2 + sample_sd(b) ** 2) / (n * spread**2) if spread > 0 else None,
        "p": _p_value(float(dots.mean()), spread, n - 1),
        "se": None if n < MIN_SAMPLE else spread,
        "degrees": n - 1,
    }


def _welch_statistics(a: Floats, b: Floats) -> dict[str, Any]:
    """Returns the statistics of two independent samples, with the degrees of freedom of Welch and Satterthwaite."""
    mean, n = float(a.mean() - b.mean()), min(len(a), len(b))
    absent = {"dots": (), "correlation": None, "variance_reduction": None}
    if n < MIN_SAMPLE:
        return {"mean": MeanInterval(n, mean, None), "p": None, **absent}
    parts = [sample_sd(values) ** 2 / len(values) for values in (a, b)]
    spread = sum(parts) ** 0.5
    weights = sum(part**2 / (len(values) - 1) for part, values in zip(parts, (a, b), strict=True))
    degrees = spread**4 / weights if weights > 0 else n - 1
    return {"mean": MeanInterval(n, mean, t_quantile(degrees) * spread), "p": _p_value(mean, spread, degrees), **absent,
            "se": spread, "degrees": degrees}  # fmt: skip


def _p_value(mean: float, spread: float, degrees: float) -> float | None:
    if degrees < MIN_SAMPLE - 1:
        return None
    if spread == 0:
        return 1.0 if mean == 0 else 0.0
    return float(2 * stdtr(degrees, -abs(mean) / spread))


def holm_adjusted(p_values: Sequence[float | None]) -> list[float | None]:
    """Returns p values adjusted by Holm's step-down method, in the order given; None stays None.

    The smallest of k is multiplied by k, the next by k - 1, and so on; no adjusted value is below a smaller one's.
    """
    adjusted: list[float | None] = [None] * len(p_values)
    ordered = sorted((p, k) for k, p in enumerate(p_values) if p is not None)
    highest = 0.0
    for rank, (p, k) in enumerate(ordered):
        highest = max(highest, min(1.0, p * (len(ordered) - rank)))
        adjusted[k] = highest
    return adjusted
