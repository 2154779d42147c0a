"""Differences to the first run on every compared measure, as shares of what the first has, for one plot of them all."""

from typing import NamedTuple

from analysis.compare import COMPARED, differences, summarise
from analysis.tables import Study


class Row(NamedTuple):
    """A run against the first [% of the first's mean, which is taken as it is]; half is None without an interval."""

    measure: str
    run: str
    label: str
    mean: float
    half: float | None
    clear: bool


def forest(study: Study) -> list[Row]:
    """A row for each run and measure; measures of which the first run has nothing are left out."""
    label, rows = {run.name: run.label for run in study.runs}, []
    for measure in COMPARED:
        first = summarise(study.reference, measure)
        if first is None or first.mean.mean == 0:
            continue
        scale = 100 / first.mean.mean
        for each in differences(study, measure):
            half = None if each.mean.half is None else each.mean.half * scale
            rows.append(Row(measure, each.run, label[each.run], each.mean.mean * scale, half, each.clear))
    return rows
