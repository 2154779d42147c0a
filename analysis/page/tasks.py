"""The page's section on tasks that clear roads: what became of them, and when places were clear.

What was not done by a run's end enters no mean, since its time is not known; its share is shown instead.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from analysis.language.numbers import format_number
from analysis.results.arrays import Floats
from analysis.results.tables import RunResult, Study

TASK_STATES = ("requested", "done", "given up", "under way", "waiting")
TASK_KINDS = ("clearance", "repair", "assessment", "other")
SHARES = (0.1, 0.5, 0.9)
FREE_PREFIX = "free_after_days:"


def task_rows(study: Study) -> Iterator[list[str]]:
    """Yields run, kind of task, tasks in each state, and mean days from the request to the start and end of work."""
    for run in study.runs:
        measures = run.arrays.measures
        for kind in TASK_KINDS:
            if f"tasks_requested:{kind}" in measures:
                counts = [measures[f"tasks_{state.replace(' ', '_')}:{kind}"].values for state in TASK_STATES]
                days = [measures[f"task_{end}_days:{kind}"].values for end in ("start", "end")]
                yield [
                    run.label, study.translate.term(kind), *(format_number(float(values.mean())) for values in counts),
                    *map(_known_mean_cell, days),
                ]  # fmt: skip


def cleared_place_rows(study: Study) -> Iterator[list[str]]:
    """Yields run, place, when it was clear, and the trucks that waited at its entrance with their mean hours.

    When: the dates by which it was clear in shares SHARES of replications, and the share by the run's end.
    """
    for run in study.runs:
        for name, measure in sorted(run.arrays.measures.items()):
            if name.startswith(FREE_PREFIX):
                place = name.removeprefix(FREE_PREFIX)
                waited = [run.arrays.measures.get(f"{each}:{place}") for each in ("barred", "barred_h")]
                dates = [date_free_in_share(run, place, share) for share in SHARES]
                details = run.places.get(place)
                yield [
                    run.label, details.title if details else place,
                    *(f"{day}" if day else "–" for day in dates), f"{np.isfinite(measure.values).mean():.0%}",
                    *(_known_mean_cell(each.values) if each else "–" for each in waited),
                ]  # fmt: skip


def date_free_in_share(run: RunResult, place: str, share: float) -> date | None:
    """Returns the date by which a place was clear in that share of replications; None where it was not."""
    days = np.sort(run.arrays.measures[FREE_PREFIX + place].values)  # nan sorts last
    day = days[max(0, int(np.ceil(share * len(days))) - 1)]
    return None if np.isnan(day) else run.start + timedelta(days=int(np.floor(day)))


def _known_mean_cell(values: Floats) -> str:
    finite = values[np.isfinite(values)]
    return format_number(float(finite.mean())) if len(finite) else "–"
