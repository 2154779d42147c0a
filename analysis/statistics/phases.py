"""When the phases of a run began, over its replications: P(phase began by a date)."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from analysis.results.tables import RunResult, Study

MEASURE_PREFIX = "phase_began_day:"
SHARES = (0.1, 0.5, 0.9)


def share_begun_by(run: RunResult, phase: str, on: date) -> float:
    """The share of replications in which a phase had begun by the end of a date of the run."""
    days = run.arrays.measures[MEASURE_PREFIX + phase].values
    return float(np.mean(days < (on - run.start).days + 1))  # one that never began has nan, which is below nothing


def date_begun_in_share(run: RunResult, phase: str, share: float) -> date | None:
    """The date by which a phase had begun in that share of replications; None where it did not until the run's end."""
    days = np.sort(run.arrays.measures[MEASURE_PREFIX + phase].values)  # nan comes last
    day = days[max(0, int(np.ceil(share * len(days))) - 1)]
    return None if np.isnan(day) else run.start + timedelta(days=int(np.floor(day)))


def phase_rows(study: Study) -> Iterator[list[str]]:
    """Phase, run, the dates by which it began in SHARES of replications, and in how many by the run's end: a row for
    each phase of each run; phases of known dates among them."""
    for run in study.runs:
        for name in sorted(run.arrays.measures):
            if name.startswith(MEASURE_PREFIX):
                phase = name.removeprefix(MEASURE_PREFIX)
                title = run.config["phases"][phase].get("title") or phase.replace("_", " ")
                by = (str(date_begun_in_share(run, phase, share) or "–") for share in SHARES)
                yield [title, run.label, *by, f"{share_begun_by(run, phase, run.dates[-1]):.0%}"]
