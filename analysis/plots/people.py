"""The plot of people who crossed up to each day, beside what was counted, and of those who wait."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis.plots.drawing import (
    FOOT_IN,
    Plot,
    label_days,
    new_figure,
    run_colour,
    run_dash,
    run_line_width,
    wrap_label,
)
from analysis.results import columns
from analysis.results.arrays import Floats
from analysis.results.tables import RunResult, Study
from analysis.statistics.people import DIRECTIONS, group_names, persons_by_day, read_people_counts


def people_plot(study: Study) -> Plot | None:
    """Draws people who crossed and people on the lists, a line for each run; None where no run has people."""
    shown = [(k, run) for k, run in enumerate(study.runs) if group_names(run)]
    if not shown:
        return None
    tongue = study.translate
    title = tongue("People who have crossed, and who wait")
    foot = tongue("Line and band: mean and 90 % of replications, both directions. Dots: as counted, over their days.")
    below_in = 0.15 + 0.52 * -(-len(shown) // 2)  # inches of the legend: labels have up to three lines
    figure = new_figure(study, title, foot, 4.0 + below_in, below_in=below_in)
    panels = figure.subplots(1, 2, sharex=True)
    lines, rows = {}, []
    for k, run in shown:
        crossed, waiting = (
            sum(persons_by_day(run, what, direction) for direction in DIRECTIONS) for what in ("crossed", "waiting")
        )
        quantiles = [_daily_quantiles(np.cumsum(crossed, axis=1)), _daily_quantiles(np.asarray(waiting))]
        for axes, values in zip(panels, quantiles, strict=True):
            lines[k] = _draw_line(axes, k, values)
        rows += [(run.name, *row) for row in zip(run.dates, *quantiles[0], *quantiles[1], strict=True)]
    _draw_observed(panels[0], shown[0][1])
    panels[0].set_title(tongue("crossed up to each day [persons]"))
    panels[1].set_title(tongue("on the lists [persons]"))
    for axes in panels:
        axes.set_xlim(-0.5, max(run.days for _, run in shown) - 0.5)
    panels[0].set_ylim(bottom=0)
    label_days(panels[0], study)
    labels = [wrap_label(study.runs[k].label, 60) for k in sorted(lines)]
    figure.legend([lines[k] for k in sorted(lines)], labels, loc="lower left", ncols=2, fontsize=9,
                  bbox_to_anchor=(0, FOOT_IN / figure.get_figheight()))  # fmt: skip
    names = [f"{what}_{statistic}" for what in ("crossed", "waiting") for statistic in ("p05", "mean", "p95")]
    alt = tongue("{title}, for {n} runs.", title=title, n=len(shown))
    return Plot("people", title, alt, figure, columns.columns_from_rows(("run", "date", *names), rows))


def _daily_quantiles(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Returns for each day the 5th percentile over replications, the mean and the 95th percentile, (days,) each."""
    low, high = np.percentile(values, [5, 95], axis=0)
    return low, values.mean(axis=0), high


def _draw_line(axes: Axes, k: int, values: tuple[Floats, Floats, Floats]) -> Line2D:
    low, mean, high = values
    x = np.arange(len(mean))
    axes.fill_between(x, low, high, alpha=0.2, color=run_colour(k), linewidth=0)
    (line,) = axes.plot(x, mean, color=run_colour(k), linestyle=run_dash(k), linewidth=run_line_width(k))
    return line


def _draw_observed(axes: Axes, run: RunResult) -> None:
    """Draws counts of both directions whose period begins with the run and ends in it."""
    for counter in read_people_counts():
        if counter.since == run.start and counter.until <= run.dates[-1] and counter.direction == "both":
            axes.plot((counter.until - run.start).days, counter.persons, "o", color="black", markersize=5)
