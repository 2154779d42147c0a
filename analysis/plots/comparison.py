"""Draws all plots of a study's page, each with its data as columns and an alternative text. It computes nothing.

All panels of a plot share their axes. Whatever is drawn also stands in columns for a CSV.
"""

import textwrap
from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes

from analysis.language.numbers import format_estimate
from analysis.plots import columns
from analysis.plots.annex import daily_utilisation_plot, forest_plot, replications_plot
from analysis.plots.brief import waterfall_plot
from analysis.plots.days import backlog_plot, fan_plot, fuel_plot, observed_plot
from analysis.plots.drawing import (
    STYLE,
    WIDTH_IN,
    Plot,
    fix_layout,
    is_crowded,
    label_rows,
    milestone_label,
    new_figure,
    run_colour,
    run_dash,
    run_line_width,
    run_text_colour,
    wrap_label,
)
from analysis.plots.map import flow_map_plot
from analysis.plots.needs import food_plot, needs_met_plot
from analysis.plots.people import people_plot
from analysis.results.arrays import Floats
from analysis.results.tables import Study
from analysis.statistics.brief import build_brief
from analysis.statistics.compare import differences, main_milestone
from analysis.statistics.curves import arrival_curve, busiest_places, density_curve, place_titles

_HOUR_TICKS = {1: "1 h", 3: "3 h", 6: "6 h", 12: "12 h", 24: "1 day", 48: "2 days", 96: "4 days", 168: "1 week",
          336: "2 weeks", 672: "4 weeks", 1344: "8 weeks", 2688: "16 weeks"}  # fmt: skip
_SHOWN_MILESTONES = ("entered", "offloaded", "collected", "arrived")


def draw_plots(study: Study) -> Iterator[Plot]:
    """Yields all plots for which the study has data, in the order of the page."""
    drawers = (_draw_waterfall, throughput_plot, differences_plot, forest_plot, replications_plot, fan_plot, food_plot,
               needs_met_plot, observed_plot, arrival_times_plot, utilisation_plot, daily_utilisation_plot,
               backlog_plot, fuel_plot, people_plot, flow_map_plot)  # fmt: skip
    for plot in drawers:
        with mpl.rc_context(STYLE):
            drawn = plot(study)
            if drawn is None:
                continue
            fix_layout(drawn.figure)
        yield drawn


def _draw_waterfall(study: Study) -> Plot | None:
    milestone = main_milestone(study)
    return waterfall_plot(study, build_brief(study, milestone) if milestone else None)


def throughput_plot(study: Study) -> Plot | None:
    """Draws the distribution of daily tonnes, a panel for each milestone and a ridge for each run.

    The distribution is over all days of all replications. None where no tonnes reach any of the milestones.
    """
    shown = [m for m in _SHOWN_MILESTONES if any(run.arrays.daily[m] is not None for run in study.runs)]
    tonnes = {(m, run.name): run.daily_counts(m, "tonnes") for m in shown for run in study.runs}
    top = max((float(values.max()) for values in tonnes.values() if values is not None), default=0.0) * 1.06
    if top == 0:
        return None
    tongue = study.translate
    title = tongue("Tonnes that reach each milestone in a day")
    foot = tongue(
        "Hills: all days of all replications, each of its own height. Dot: median; bars: half and 90 % of days."
    )
    figure = new_figure(study, title, foot, 1.6 + max(0.5, 0.75 - 0.02 * len(study.runs)) * len(study.runs))
    panels = figure.subplots(1, len(shown), sharex=True, sharey=True, squeeze=False)[0]
    for axes, milestone in zip(panels, shown, strict=True):
        for row, run in enumerate(study.runs):
            values = tonnes[milestone, run.name]
            if values is None:
                axes.text(0.02 * top, row - 0.2, tongue("no such step"), color="#767676", size=8, style="italic")
            else:
                _draw_ridge(axes, values, row, top, run_colour(row), is_crowded(study))
        axes.set(title=milestone_label(tongue.term(milestone)), xlim=(0, top), ylim=(len(study.runs) - 0.6, -1.0))
        axes.locator_params(axis="x", nbins=4)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
    label_rows(panels[0], [run.label for run in study.runs])
    alt = tongue(
        "Distribution of daily tonnes for {n} runs at: {milestones}.",
        n=len(study.runs),
        milestones=", ".join(map(tongue.term, shown)),
    )
    return Plot("throughput", title, alt, figure, columns.throughput_columns(study, shown))


def differences_plot(study: Study) -> Plot | None:
    """Draws each run's difference to the first: replications as dots, and the mean with its 95 % interval.

    None where there is no second run or no common milestone.
    """
    milestone = main_milestone(study)
    measure = f"{milestone}_tonnes_per_day"
    effects = differences(study, measure) if milestone else ()
    if milestone is None or not effects:
        return None
    tongue = study.translate
    title = tongue(
        "Tonnes {milestone} a day: difference to “{first}”", milestone=milestone_label(tongue.term(milestone)),
        first=study.reference.label,
    )  # fmt: skip
    foot = tongue(
        "Dots: replications, each against the same luck in the reference; ring and bar: mean with its 95 % interval."
    )
    figure = new_figure(study, title, foot, 1.2 + 0.62 * len(effects))
    axes = figure.subplots()
    order = {run.name: k for k, run in enumerate(study.runs)}
    dots = sum(len(each.dots) for each in effects)
    axes.axvline(0, color="black", linewidth=1.2)
    for row, each in enumerate(effects):
        colour, half = run_colour(order[each.run]), each.mean.half or 0.0
        jitter = (np.arange(len(each.dots)) * 0.618034) % 1 * 0.3 - 0.15
        axes.scatter(each.dots, row + 0.12 + jitter, s=14, color=colour, alpha=0.4, linewidth=0, rasterized=dots > 1000)
        axes.errorbar(each.mean.mean, row + 0.12, xerr=half, fmt="o", color="white", ecolor=colour, markersize=6,
                      markeredgecolor=colour, markeredgewidth=2, elinewidth=2.5, capsize=5, capthick=2)  # fmt: skip
        label = format_estimate(each.mean, sign=True) + (tongue(" (not paired)") if each.not_paired else "")
        axes.text(each.mean.mean, row - 0.2, label, color=run_text_colour(order[each.run]), weight="bold",
            ha="center", size=9,
                  bbox={"color": "white", "pad": 0.5})  # fmt: skip
    ends = [end for each in effects for end in (0.0, each.mean.low, each.mean.high, *each.dots) if end is not None]
    span, means = max(ends) - min(ends) or 2.0, [each.mean.mean for each in effects]  # a label needs 0.12 on each side
    axes.set_xlim(min(min(ends) - 0.04 * span, min(means) - 0.14 * span), max(means) + 0.14 * span)
    axes.set_xlim(right=max(axes.get_xlim()[1], max(ends) + 0.04 * span))
    axes.set(ylim=(len(effects) - 0.5, -0.6), xlabel=tongue("tonnes a day less (left) or more (right)"))
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    label_rows(axes, [run.label for run in study.runs if run.name in {each.run for each in effects}])
    labels = {run.name: run.label for run in study.runs}
    alt = (
        f"{title}. "
        + "; ".join(f"{labels[each.run]} {format_estimate(each.mean, sign=True)}" for each in effects)
        + "."
    )
    return Plot("differences", title, alt, figure, columns.difference_columns(study, measure))


def arrival_times_plot(study: Study) -> Plot | None:
    """Draws the share of dispatched loads that had arrived after so many hours; None where no load arrived.

    Loads that never arrive keep the share below 1.
    """
    curves = [(k, run, run.arrays.transit) for k, run in enumerate(study.runs) if run.arrays.transit is not None]
    if not curves or not any(transit.arrived.sum() for _, _, transit in curves):
        return None
    tongue = study.translate
    title = tongue("From dispatch to arrival: share of dispatched loads that had arrived after so long")
    foot = tongue(
        "Curves end below 100 %: the other loads were still on their way, or had turned back, when the run ended."
    )
    figure = new_figure(study, title, foot, max(4.4, 1.4 + 0.24 * len(curves)))
    axes = figure.subplots()
    last = max(transit.arrived.shape[1] for _, _, transit in curves)
    first, ends = float(last), []
    for k, run, transit in curves:
        hours, share = arrival_curve(transit)
        first = min(first, float(hours[np.searchsorted(share, 0.002).clip(max=len(hours) - 1)]))
        axes.plot(
            [*hours, last], [*share, share[-1]], color=run_colour(k), linestyle=run_dash(k), linewidth=run_line_width(k)
        )
        ends.append(
            (float(share[-1]), k, f"{textwrap.shorten(run.label, 30, placeholder=' …')}: {share[-1] * 100:.0f} %")
        )
    axes.set_xscale("log")
    axes.minorticks_off()
    ticks = [hour for hour in _HOUR_TICKS if first <= hour <= last]
    axes.set_xticks(ticks, [tongue(_HOUR_TICKS[hour]) for hour in ticks])
    axes.set(xlim=(min(first, last / 2), last), ylim=(0, 1.02))
    axes.set_yticks(np.linspace(0, 1, 6), [f"{share * 100:.0f} %" for share in np.linspace(0, 1, 6)])
    _label_curve_ends(axes, ends)
    alt = tongue("{title}; at the end: ", title=title) + "; ".join(text for _, _, text in ends) + "."
    return Plot("arrival_times", title, alt, figure, columns.arrival_columns(study))


def utilisation_plot(study: Study) -> Plot | None:
    """Draws the utilisation of each place, as a share of its open time, as a table of shades and numbers."""
    keys, shares = busiest_places(study)
    if not keys:
        return None
    tongue, titles = study.translate, place_titles(study)
    title = tongue("How busy the places are: share of their open time")
    foot = tongue(
        "Mean over replications; vehicles: of the whole day. –: the run has no such place, or it never opens."
    )
    figure = new_figure(study, title, foot, 1.4 + 0.3 * len(keys), min(WIDTH_IN, 4.5 + 1.4 * len(study.runs)))
    axes = figure.subplots()
    axes.pcolormesh(np.ma.masked_invalid(shares), cmap="Blues", vmin=0, vmax=1.15, edgecolors="white", linewidth=2)
    for (row, column), share in np.ndenumerate(shares):
        text = "–" if np.isnan(share) else f"{share * 100:.0f}" + (" %" if len(study.runs) <= 8 else "")
        axes.text(
            column + 0.5, row + 0.5, text, ha="center", va="center", size=9, color="white" if share > 0.75 else "black"
        )
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    few = len(study.runs) <= 6
    axes.set_xticks(np.arange(len(study.runs)) + 0.5, [wrap_label(run.label, 18 if few else 30) for run in study.runs],
                    rotation=0 if few else 60, ha="center" if few else "left", size=9)  # fmt: skip
    axes.set_yticks(np.arange(len(keys)) + 0.5, [textwrap.shorten(titles[key], 48, placeholder=" …") for key in keys],
                    size=9)  # fmt: skip
    axes.spines[:].set_visible(False)
    alt = tongue(
        "Utilisation of {places} places in {runs} runs; the busiest is {busiest}.",
        places=len(keys),
        runs=len(study.runs),
        busiest=titles[keys[0]],
    )
    return Plot("utilisation", title, alt, figure, columns.utilisation_columns(study))


def _draw_ridge(axes: Axes, values: Floats, row: int, top: float, colour: str, crowded: bool) -> None:
    """Draws the density of a run's daily values on the line `row`, and the bars of its quantiles below."""
    x, height = density_curve(values, top)
    hill = row - 0.8 * height / height.max()
    axes.fill([x[0], *x, x[-1]], [row, *hill, row], color=colour, alpha=0.45, linewidth=0,
              rasterized=crowded)  # fmt: skip
    p05, p25, p50, p75, p95 = np.percentile(values, [5, 25, 50, 75, 95])
    axes.hlines(row + 0.07, p05, p95, color=colour, linewidth=1.5)
    axes.hlines(row + 0.07, p25, p75, color=colour, linewidth=4.5)
    axes.plot(
        p50, row + 0.07, "o", color="white", markeredgecolor=colour, markeredgewidth=1.5, markersize=5, clip_on=False
    )


def _label_curve_ends(axes: Axes, ends: list[tuple[float, int, str]]) -> None:
    """Labels each curve to the right of its end, and moves labels apart where they would overlap."""
    height_in = axes.figure.get_figheight() - 1.2  # type: ignore[union-attr]
    gap = 0.19 / height_in
    heights = [end for end, _, _ in sorted(ends)]
    for k in range(1, len(heights)):
        heights[k] = max(heights[k], heights[k - 1] + gap)
    heights = list(np.array(heights) - max(0.0, heights[-1] - 1.0))
    for k in range(len(heights) - 2, -1, -1):
        heights[k] = min(heights[k], heights[k + 1] - gap)
    for height, (end, k, label) in zip(heights, sorted(ends), strict=True):
        transform, arrow = (
            axes.get_yaxis_transform(),
            {"arrowstyle": "-", "color": run_colour(k), "linewidth": 0.8, "relpos": (0, 0.5)},
        )
        axes.annotate(label, (1, end), (1.03, height), xycoords=transform, textcoords=transform,
                      color=run_text_colour(k), size=9,
            va="center",
                      annotation_clip=False, arrowprops=arrow)  # fmt: skip
