"""Start dates of the phases of a run over its replications: P(phase began by a date)."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from analysis.results.tables import RunResult, Study

MEASURE_PREFIX = "phase_began_day:"
SHARES = (0.1, 0.5, 0.9)


def share_begun_by(run: RunResult, phase: str, date_of_run: date) -> float:
    """Returns the share of replications in which a phase had begun by the end of a date of the run."""
    days = run.arrays.measures[MEASURE_PREFIX + phase].values
    return float(np.mean(days < (date_of_run - run.start).days + 1))  # nan (never began) compares as false


def date_begun_in_share(run: RunResult, phase: str, share: float) -> date | None:
    """Returns the date by which a phase had begun in `share` of replications; None if not before the run's end."""
    days = np.sort(run.arrays.measures[MEASURE_PREFIX + phase].values)  # nan is sorted last
    day = days[max(0, int(np.ceil(share * len(days))) - 1)]
    return None if np.isnan(day) else run.start + timedelta(days=int(np.floor(day)))


def phase_rows(study: Study) -> Iterator[list[str]]:
    """Yields a row for each phase of each run, phases with fixed dates included.

    Phase, run, the dates by which it began in SHARES of replications, and the share in which it began by the run's end.
    """
    for run in study.runs:
        for name in sorted(run.arrays.measures):
            if name.startswith(MEASURE_PREFIX):
                phase = name.removeprefix(MEASURE_PREFIX)
                title = run.config["phases"][phase].get("title") or phase.replace("_", " ")
                dates = (str(date_begun_in_share(run, phase, share) or "–") for share in SHARES)
                yield [title, run.label, *dates, f"{share_begun_by(run, phase, run.dates[-1]):.0%}"]
