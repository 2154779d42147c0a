"""What goes on inside as a page tells of it: each corridor of distribution, and what is still under way at the end."""

import numpy as np

from analysis.intervals import mean_interval
from analysis.language.numbers import format_estimate, format_number
from analysis.results.tables import RunResult, Study

TONNES_MEASURES = ("handed_on_tonnes_per_day", "distributed_tonnes_per_day", "distribution_lost_tonnes_per_day")
HOURS_MEASURES = ("distribution_h_mean", "distribution_h_p50", "distribution_h_p90")


def distribution_corridors(run: RunResult) -> list[str]:
    """The corridors of distribution of a run, by name."""
    return sorted(run.config.get("distribution") or {})


def distribution_rows(study: Study) -> list[list[str]]:
    """The heads, and a row for each run and corridor; nothing where goods end where they arrive."""
    _ = study.translate
    rows = [_corridor_row(run, way) for run in study.runs for way in distribution_corridors(run)]
    heads = [
        _("run"), _("corridor"), _("went on, t a day"), _("arrived at its end, t a day"), _("lost, t a day"),
        _("under way at the end, t"), _("hours, mean at least"), _("median"), _("9 in 10 within"),
    ]  # fmt: skip
    return [heads, *rows] if rows else []


def _corridor_row(run: RunResult, way: str) -> list[str]:
    title = run.config["corridors"][way].get("title") or way.replace("_", " ")
    tonnes = (_estimate_cell(run, f"{name}:{way}") for name in TONNES_MEASURES)
    hours = (_estimate_cell(run, f"{name}:{way}") for name in HOURS_MEASURES)
    left = format_number(float(run.arrays.measures[f"undistributed_end_tonnes:{way}"].values.mean()))
    return [run.label, title, *tonnes, left, *hours]


def _estimate_cell(run: RunResult, measure: str) -> str:
    """Mean and half the width of its interval; none where not all replications have it."""
    values = run.arrays.measures[measure].values
    mean = None if np.isnan(values).any() else mean_interval(values)
    return "–" if mean is None else format_estimate(mean)
