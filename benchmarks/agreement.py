"""Whether all did the same job: mean times from start to end, against a tolerance that was stated beforehand."""

import statistics
from typing import Any

from benchmarks.contenders import outcome_of

TOLERANCE = 0.03  # of our mean; a run's own mean varies by about 1.2 %, so that is 3.4 standard errors of 2 turns
REPLICATIONS = 20  # of ours, beside a peer's few: ours should not add to the doubt


def agreements(job: str, turns: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """A row for each contender that tells its loads: its mean, ours, and whether they agree."""
    ours = [outcome_of(job, seed)[0].mean_min for seed in range(1, REPLICATIONS + 1)]
    rows = []
    for name, told in turns.items():
        means = [turn["mean_min"] for turn in told if "mean_min" in turn]
        if means:
            theirs, expected = statistics.fmean(means), statistics.fmean(ours)
            rows.append({
                "name": name, "mean_min": theirs, "turns": len(means), "ours_mean_min": expected,
                "ours_standard_deviation_min": statistics.stdev(ours), "difference": theirs / expected - 1,
                "agrees": abs(theirs / expected - 1) <= TOLERANCE,
            })  # fmt: skip
    return rows
