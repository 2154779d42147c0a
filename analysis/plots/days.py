"""Plots over the days of a run: fans of tonnes, backlogs, fuel and observed days. They compute nothing."""

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.observed.comparison import modelled_counts, series_for_page
from analysis.observed.series import ObservedSeries, read_rules
from analysis.plots import columns
from analysis.plots.columns import daily_fan_columns
from analysis.plots.drawing import (
    FOOT_IN,
    Plot,
    hide_unused_panels,
    is_crowded,
    label_days,
    milestone_label,
    new_figure,
    run_colour,
    run_dash,
    run_line_width,
    wrap_label,
)
from analysis.results.arrays import Floats
from analysis.results.tables import RunResult, Study
from analysis.statistics.compare import main_milestone
from analysis.statistics.curves import DAYS_PER_WEEK, FUEL_UNITS, PlaceBacklog, fan_quantiles, largest_backlogs

_MAX_OBSERVED_RUNS = 6


def fan_plot(study: Study) -> Plot | None:
    """Draws tonnes on each day, a panel for each run: bands over replications, smoothed by the mean of seven days."""
    milestone = main_milestone(study)
    if milestone is None:
        return None
    tongue = study.translate
    title = tongue("Tonnes {milestone} on each day", milestone=milestone_label(tongue.term(milestone)))
    across = min(len(study.runs), 3)
    down = -(-len(study.runs) // across)
    weekly = min(run.days for run in study.runs) >= DAYS_PER_WEEK
    foot = tongue(
        "Line and bands: mean of the 7 days around, half and 90 % of replications. Pale: 90 % for each day alone."
    )
    if not weekly:
        foot = tongue("Line and bands: each day, with half and 90 % of replications.")
    figure = new_figure(study, title, foot, 1.1 + 2.3 * down)
    panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
    for k, (axes, run) in enumerate(zip(panels, study.runs, strict=False)):
        daily = run.arrays.daily[milestone]
        assert daily is not None, "main_milestone is one that every run has"
        fan, x, colour = fan_quantiles(daily.tonnes), np.arange(run.days), run_colour(k)
        p05, p25, p50, p75, p95 = fan.weekly if weekly else fan.daily
        bands = {"color": colour, "linewidth": 0, "rasterized": is_crowded(study)}
        axes.fill_between(x, fan.daily[0], fan.daily[-1], alpha=0.15, step="mid", **bands)
        axes.fill_between(x, p05, p95, alpha=0.3, **bands)
        axes.fill_between(x, p25, p75, alpha=0.4, **bands)
        axes.plot(x, p50, color=colour, linewidth=1.5)
        axes.set_title(wrap_label(run.label, 34))
        if run.warm_up:
            axes.axvspan(x[0], x[run.warm_up], color="#f0f0f0", zorder=0)
    hide_unused_panels(panels.reshape(down, across), [across] * (down - 1) + [len(study.runs) - across * (down - 1)])
    label_days(panels[0], study)
    panels[0].set_ylim(bottom=0)
    panels[0].set_xlim(-0.5, max(run.days for run in study.runs) - 0.5)
    figure.supylabel(tongue("tonnes a day"), size=10)
    alt = tongue("{title}, for {n} runs.", title=title, n=len(study.runs))
    return Plot("days", title, alt, figure, daily_fan_columns(study, milestone))


def observed_plot(study: Study) -> Plot | None:
    """Draws each run's daily trucks by the counting rule of an authority, and the days that it listed as dots.

    A row for each run, a column for each series. None where no run has a period with observed days.
    """
    rules = read_rules()
    series_by_run = {run.name: series_for_page(run, rules) for run in study.runs}
    counts = {
        (run.name, series.name): modelled_counts(run, series.rule)
        for run in study.runs
        for series in series_by_run[run.name]
    }
    modelled = {key: values for key, values in counts.items() if values is not None}
    shown = [run for run in study.runs if any(name == run.name for name, _ in modelled)][:_MAX_OBSERVED_RUNS]
    if not shown:
        return None
    across = max(len(series_by_run[run.name]) for run in shown)
    tongue = study.translate
    title = tongue("Trucks on each day, and the days that were observed")
    foot = tongue("Line and band: each day, median and 90 % of replications. Dots: as listed, no measure of a what-if.")
    figure = new_figure(study, title, foot, 1.1 + 2.1 * len(shown))
    panels = figure.subplots(len(shown), across, sharex=True, sharey=True, squeeze=False)
    for row, run in zip(panels, shown, strict=True):
        for axes, series in zip(row, series_by_run[run.name], strict=False):
            _draw_observed_panel(
                axes, run, series, modelled.get((run.name, series.name)), run_colour(study.runs.index(run))
            )
    hide_unused_panels(panels, [len(series_by_run[run.name]) for run in shown])
    label_days(panels[0, 0], study)
    panels[0, 0].set_ylim(bottom=0)
    panels[0, 0].set_xlim(-0.5, max(run.days for run in shown) - 0.5)
    figure.supylabel(tongue("trucks a day"), size=10)
    authorities = sorted(
        {f"{each.rule.authority}, {each.rule.title.lower()}" for run in shown for each in series_by_run[run.name]}
    )
    alt = tongue("{title}, for {n} runs, beside: {whose}.", title=title, n=len(shown), whose="; ".join(authorities))
    data = columns.observed_columns(shown, series_by_run, modelled)
    return Plot("observed", title, alt, figure, data)


def backlog_plot(study: Study) -> Plot | None:
    """Draws the backlog at each day's end, at the places with the largest; places of one unit share their axes."""
    backlogs = largest_backlogs(study)
    if not backlogs:
        return None
    tongue = study.translate
    title = tongue("Backlog by place at the end of each day")
    foot = tongue("Mean over replications, for the places where most waits. Panels of one unit share their axes.")
    worst = next(iter(backlogs.values()))[0].title
    alt = tongue(
        "{title}, by place, one line a run; among {unit}, most waits at {place}.", title=title,
        unit=tongue.term(next(iter(backlogs))), place=worst,
    )  # fmt: skip
    return Plot("backlog", title, alt, _draw_backlogs(study, backlogs, title, foot), columns.backlog_columns(study))


def fuel_plot(study: Study) -> Plot | None:
    """Draws the litres in each depot at each day's end; None where there is no depot."""
    backlogs = largest_backlogs(study, FUEL_UNITS)
    if not backlogs:
        return None
    title, foot = (
        study.translate("Fuel at the end of each day"),
        study.translate("Litres in each depot, mean over replications."),
    )
    alt = study.translate("{title}, by depot, one line a run.", title=title)
    return Plot(
        "fuel", title, alt, _draw_backlogs(study, backlogs, title, foot), columns.backlog_columns(study, FUEL_UNITS)
    )


def _draw_backlogs(study: Study, backlogs: dict[str, list[PlaceBacklog]], title: str, foot: str) -> Figure:
    """Draws a row for each unit, in it a panel for each place, with a line for each run."""
    across = max(len(places) for places in backlogs.values())
    below_in = 0.15 + 0.21 * -(-len(study.runs) // 3)
    figure = new_figure(study, title, foot, 1.0 + 1.9 * len(backlogs) + below_in, below_in=below_in)
    panels = figure.subplots(len(backlogs), across, sharex=True, sharey="row", squeeze=False)
    lines = {}
    for row, (unit, places) in zip(panels, backlogs.items(), strict=True):
        for axes, place in zip(row, places, strict=False):
            for k, run in enumerate(study.runs):
                if (values := place.by_run.get(run.name)) is None:
                    continue
                (lines[k],) = axes.plot(np.arange(run.days), values, color=run_colour(k), linestyle=run_dash(k),
                                        linewidth=run_line_width(k), rasterized=is_crowded(study))  # fmt: skip
            axes.set_title(wrap_label(place.title, 88 // across))
        row[0].set(ylabel=study.translate.term(unit))
        row[0].set_ylim(bottom=0)
    hide_unused_panels(panels, [len(places) for places in backlogs.values()])
    label_days(panels[0, 0], study)
    labels = [textwrap.shorten(study.runs[k].label, 40, placeholder=" …") for k in sorted(lines)]
    figure.legend([lines[k] for k in sorted(lines)], labels, loc="lower left", ncols=3, fontsize=9,
                  bbox_to_anchor=(0, FOOT_IN / figure.get_figheight()))  # fmt: skip
    return figure


def _draw_observed_panel(
    axes: Axes, run: RunResult, series: ObservedSeries, counts: Floats | None, colour: str
) -> None:
    """Draws one run's days by the rule of one series, and the listed days."""
    if counts is not None:
        low, middle, high = np.percentile(counts * series.rule.coverage.value, [5, 50, 95], axis=0)
        x = np.arange(run.days)
        axes.fill_between(x, low, high, alpha=0.25, color=colour, linewidth=0)
        axes.plot(x, middle, color=colour, linewidth=1.2)
    dots = [(k, series.observed_by_date[day]) for k, day in enumerate(run.dates) if day in series.observed_by_date]
    axes.plot(*zip(*dots, strict=True), "o", color="black", markersize=2.5, linestyle="none")
    axes.set_title(f"{wrap_label(run.label, 40)}\n{series.rule.title}: {series.rule.authority}", size=9)
