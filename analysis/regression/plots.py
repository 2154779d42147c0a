"""Plots of what moved: for each headline measure its distribution then and now, and the differences by replication."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from analysis.intervals import ecdf_band
from analysis.language.numbers import format_number
from analysis.plots.drawing import COLOURS, Plot, new_sheet, wrap_label
from analysis.regression.baseline import WorldBaseline
from analysis.regression.judging import MeasureFinding, WorldVerdict
from analysis.regression.report import movement_text, plot_stem
from analysis.results.arrays import Floats
from analysis.results.columns import columns_from_rows

_MAX_MEASURES = 4
_THEN_COLOUR, _NOW_COLOUR, _MARGIN_COLOUR = COLOURS[0], COLOURS[1], "#f3ead2"


def drift_plot(verdict: WorldVerdict, old: WorldBaseline, new: WorldBaseline) -> Plot | None:
    """Returns a plot with a row for each headline measure that moved; None if none did."""
    moved = [
        each
        for each in verdict.findings_in("different", "inconclusive", "equivalent")
        if each.headline and each.difference
    ]
    if not moved:
        return None
    moved, n = moved[:_MAX_MEASURES], verdict.replications
    title = f"{verdict.world}: headline measures then and now"
    footer = (
        "Left: shares of replications, bands of 95 %. Right: now less then, a dot a replication; shaded: the margin."
    )
    figure = new_sheet(title, footer, f"{n} replications of the baseline's seed", True, 0.9 + 2.3 * len(moved))
    panels = figure.subplots(len(moved), 2, squeeze=False)
    rows = []
    for (left, right), finding in zip(panels, moved, strict=True):
        was, now = old.values[finding.measure][:n], new.values[finding.measure][:n]
        _draw_distributions(left, finding, was, now)
        _draw_differences(right, finding)
        rows += [(finding.measure, k, *pair) for k, pair in enumerate(zip(was.tolist(), now.tolist(), strict=True))]
    panels[0, 0].legend(loc="upper left", fontsize=8.5)
    alt = f"{title}. " + "; ".join(
        f"{each.measure} {each.state}, {format_number(each.margin_ratio)} of its margin" for each in moved
    )
    return Plot(
        plot_stem(verdict), title, alt + ".", figure, columns_from_rows(("measure", "replication", "then", "now"), rows)
    )


def _draw_distributions(axes: Axes, finding: MeasureFinding, was: Floats, now: Floats) -> None:
    for values, colour, label, dash in ((was, _THEN_COLOUR, "then", "-"), (now, _NOW_COLOUR, "now", "--")):
        if (band := ecdf_band(values)) is not None:
            axes.fill_between(band.value, band.low, band.high, step="post", color=colour, alpha=0.12, linewidth=0)
            axes.step(band.value, band.share, where="post", color=colour, linestyle=dash, linewidth=1.8, label=label)
    axes.set(ylim=(0, 1), xlabel=f"{finding.measure} [{finding.unit}]")
    axes.set_yticks((0, 0.5, 1), ("0", "½", "1"))


def _draw_differences(axes: Axes, finding: MeasureFinding) -> None:
    """Draws the differences in the order of their replications, with their mean below."""
    difference = finding.difference
    assert difference is not None
    axes.axvspan(-finding.margin, finding.margin, color=_MARGIN_COLOUR, linewidth=0)
    axes.axvline(0, color="black", linewidth=1.2)
    dots: Sequence[float] = difference.dots
    axes.scatter(dots, np.linspace(0, 1, len(dots)) if dots else (), s=9, color=_NOW_COLOUR, alpha=0.6, linewidth=0)
    axes.errorbar(
        difference.mean.mean, -0.2, xerr=difference.mean.half or 0.0, fmt="D", color="black", markersize=5, capsize=4
    )
    reach = 1.1 * max(map(abs, (*dots, difference.mean.mean + (difference.mean.half or 0), 1.15 * finding.margin)))
    axes.set(ylim=(-0.4, 1.08), xlim=(-reach, reach), yticks=())
    axes.set_xlabel(wrap_label(f"{finding.state}: {movement_text(finding)}", 70))
    if not dots:
        axes.text(0.5, 0.55, "no luck in common: not paired", transform=axes.transAxes, ha="center", size=9)
