"""Tasks that open roads, as the page shows them: what became of them, and by when places were free of hindrance.

What did not come about by a run's end is told as a share and set in no mean: it was not late, it is not known.
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
    """Run, what the tasks are, their number by fate, and mean days from the request until work began, and ended."""
    for run in study.runs:
        measures = run.arrays.measures
        for what in TASK_KINDS:
            if f"tasks_requested:{what}" in measures:
                fates = [measures[f"tasks_{fate.replace(' ', '_')}:{what}"].values for fate in TASK_STATES]
                days = [measures[f"task_{end}_days:{what}"].values for end in ("start", "end")]
                yield [
                    run.label, study.translate.term(what), *(format_number(float(values.mean())) for values in fates),
                    *map(_known_mean_cell, days),
                ]  # fmt: skip


def cleared_place_rows(study: Study) -> Iterator[list[str]]:
    """Run, place, the dates by which it was free in so many replications, in how many by the end; trucks that waited at
    its entrance, and their mean hours."""
    for run in study.runs:
        for name, measure in sorted(run.arrays.measures.items()):
            if name.startswith(FREE_PREFIX):
                place = name.removeprefix(FREE_PREFIX)
                waited = [run.arrays.measures.get(f"{of}:{place}") for of in ("barred", "barred_h")]
                by = [date_free_in_share(run, place, share) for share in SHARES]
                told = run.places.get(place)
                yield [
                    run.label, told.title if told else place,
                    *(f"{on}" if on else "–" for on in by), f"{np.isfinite(measure.values).mean():.0%}",
                    *(_known_mean_cell(of.values) if of else "–" for of in waited),
                ]  # fmt: skip


def date_free_in_share(run: RunResult, place: str, share: float) -> date | None:
    """The date by which a place was free of hindrance in that share of replications; None where it was not."""
    days = np.sort(run.arrays.measures[FREE_PREFIX + place].values)  # nan comes last
    day = days[max(0, int(np.ceil(share * len(days))) - 1)]
    return None if np.isnan(day) else run.start + timedelta(days=int(np.floor(day)))


def _known_mean_cell(values: Floats) -> str:
    known = values[np.isfinite(values)]
    return format_number(float(known.mean())) if len(known) else "–"
