"""The page's section on distribution: tonnes and hours of each corridor, and what is under way at the end."""

import numpy as np

from analysis.intervals import mean_interval
from analysis.language.numbers import format_estimate, format_number
from analysis.results.tables import RunResult, Study

TONNES_MEASURES = ("handed_on_tonnes_per_day", "distributed_tonnes_per_day", "distribution_lost_tonnes_per_day")
HOURS_MEASURES = ("distribution_h_mean", "distribution_h_p50", "distribution_h_p90")


def distribution_corridors(run: RunResult) -> list[str]:
    """Returns the names of a run's corridors of distribution, sorted."""
    return sorted(run.config.get("distribution") or {})


def distribution_rows(study: Study) -> list[list[str]]:
    """Returns the headings and a row for each run and corridor; empty where no run has distribution."""
    _ = study.translate
    rows = [_corridor_row(run, corridor) for run in study.runs for corridor in distribution_corridors(run)]
    heads = [
        _("run"), _("corridor"), _("went on, t a day"), _("arrived at its end, t a day"), _("lost, t a day"),
        _("under way at the end, t"), _("hours, mean at least"), _("median"), _("9 in 10 within"),
    ]  # fmt: skip
    return [heads, *rows] if rows else []


def _corridor_row(run: RunResult, corridor: str) -> list[str]:
    title = run.config["corridors"][corridor].get("title") or corridor.replace("_", " ")
    tonnes = (_estimate_cell(run, f"{name}:{corridor}") for name in TONNES_MEASURES)
    hours = (_estimate_cell(run, f"{name}:{corridor}") for name in HOURS_MEASURES)
    left = format_number(float(run.arrays.measures[f"undistributed_end_tonnes:{corridor}"].values.mean()))
    return [run.label, title, *tonnes, left, *hours]


def _estimate_cell(run: RunResult, measure: str) -> str:
    """Returns the mean and half the width of its interval; a dash where not all replications have it."""
    values = run.arrays.measures[measure].values
    mean = None if np.isnan(values).any() else mean_interval(values)
    return "–" if mean is None else format_estimate(mean)
