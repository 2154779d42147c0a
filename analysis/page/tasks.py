"""Tasks that open roads, as the page shows them: what became of them, and by when places were free of hindrance.

What did not come about by a run's end is told as a share and set in no mean: it was not late, it is not known.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from analysis.language.numbers import number
from analysis.results.arrays import Floats
from analysis.results.tables import RunResult, Study

FATES = ("requested", "done", "given up", "under way", "waiting")
WHATS = ("clearance", "repair", "assessment", "other")
SHARES = (0.1, 0.5, 0.9)
FREE = "free_after_days:"


def tasks_of(study: Study) -> Iterator[list[str]]:
    """Run, what the tasks are, their number by fate, and mean days from the request until work began, and ended."""
    for run in study.runs:
        measures = run.arrays.measures
        for what in WHATS:
            if f"tasks_requested:{what}" in measures:
                fates = [measures[f"tasks_{fate.replace(' ', '_')}:{what}"].values for fate in FATES]
                days = [measures[f"task_{end}_days:{what}"].values for end in ("start", "end")]
                yield [
                    run.label, study.tongue.known(what), *(number(float(values.mean())) for values in fates),
                    *map(_known_mean, days),
                ]  # fmt: skip


def places_of(study: Study) -> Iterator[list[str]]:
    """Run, place, the dates by which it was free in so many replications, in how many by the end; trucks that waited at
    its entrance, and their mean hours."""
    for run in study.runs:
        for name, measure in sorted(run.arrays.measures.items()):
            if name.startswith(FREE):
                place = name.removeprefix(FREE)
                waited = [run.arrays.measures.get(f"{of}:{place}") for of in ("barred", "barred_h")]
                by = [free_in(run, place, share) for share in SHARES]
                told = run.places.get(place)
                yield [
                    run.label, told.title if told else place,
                    *(f"{on}" if on else "–" for on in by), f"{np.isfinite(measure.values).mean():.0%}",
                    *(_known_mean(of.values) if of else "–" for of in waited),
                ]  # fmt: skip


def free_in(run: RunResult, place: str, share: float) -> date | None:
    """The date by which a place was free of hindrance in that share of replications; None where it was not."""
    days = np.sort(run.arrays.measures[FREE + place].values)  # nan comes last
    day = days[max(0, int(np.ceil(share * len(days))) - 1)]
    return None if np.isnan(day) else run.start + timedelta(days=int(np.floor(day)))


def _known_mean(values: Floats) -> str:
    known = values[np.isfinite(values)]
    return number(float(known.mean())) if len(known) else "–"
