"""Draws what moved: of each headline measure its distribution then and now, and the differences of its replications."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from analysis.intervals import ecdf_band
from analysis.language.numbers import number
from analysis.plots.drawing import COLOURS, Plot, sheet, wrapped
from analysis.regression.baseline import Kept
from analysis.regression.judging import Finding, Verdict
from analysis.regression.report import movement, stem_of
from analysis.results.arrays import Floats
from analysis.results.columns import of_rows

_MOST = 4
_THEN, _NOW, _MARGIN = COLOURS[0], COLOURS[1], "#f3ead2"


def drift(verdict: Verdict, old: Kept, new: Kept) -> Plot | None:
    """A row for each headline measure that moved; None where none did."""
    moved = [
        each for each in verdict.of("different", "inconclusive", "equivalent") if each.headline and each.difference
    ]
    if not moved:
        return None
    moved, n = moved[:_MOST], verdict.replications
    title = f"{verdict.world}: headline measures then and now"
    foot = "Left: shares of replications, bands of 95 %. Right: now less then, a dot a replication; shaded: the margin."
    figure = sheet(title, foot, f"{n} replications of the baseline's seed", True, 0.9 + 2.3 * len(moved))
    panels = figure.subplots(len(moved), 2, squeeze=False)
    rows = []
    for (left, right), finding in zip(panels, moved, strict=True):
        was, now = old.values[finding.measure][:n], new.values[finding.measure][:n]
        _distributions(left, finding, was, now)
        _differences(right, finding)
        rows += [(finding.measure, k, *pair) for k, pair in enumerate(zip(was.tolist(), now.tolist(), strict=True))]
    panels[0, 0].legend(loc="upper left", fontsize=8.5)
    alt = f"{title}. " + "; ".join(f"{each.measure} {each.state}, {number(each.ratio)} of its margin" for each in moved)
    return Plot(stem_of(verdict), title, alt + ".", figure, of_rows(("measure", "replication", "then", "now"), rows))


def _distributions(axes: Axes, finding: Finding, was: Floats, now: Floats) -> None:
    for values, colour, label, dash in ((was, _THEN, "then", "-"), (now, _NOW, "now", "--")):
        if (band := ecdf_band(values)) is not None:
            axes.fill_between(band.value, band.low, band.high, step="post", color=colour, alpha=0.12, linewidth=0)
            axes.step(band.value, band.share, where="post", color=colour, linestyle=dash, linewidth=1.8, label=label)
    axes.set(ylim=(0, 1), xlabel=f"{finding.measure} [{finding.unit}]")
    axes.set_yticks((0, 0.5, 1), ("0", "½", "1"))


def _differences(axes: Axes, finding: Finding) -> None:
    """The dots lie in the order of their replications, so that none hides another; the mean stands beneath them."""
    found = finding.difference
    assert found is not None
    axes.axvspan(-finding.margin, finding.margin, color=_MARGIN, linewidth=0)
    axes.axvline(0, color="black", linewidth=1.2)
    dots: Sequence[float] = found.dots
    axes.scatter(dots, np.linspace(0, 1, len(dots)) if dots else (), s=9, color=_NOW, alpha=0.6, linewidth=0)
    axes.errorbar(found.mean.mean, -0.2, xerr=found.mean.half or 0.0, fmt="D", color="black", markersize=5, capsize=4)
    reach = 1.1 * max(map(abs, (*dots, found.mean.mean + (found.mean.half or 0), 1.15 * finding.margin)))
    axes.set(ylim=(-0.4, 1.08), xlim=(-reach, reach), yticks=())
    axes.set_xlabel(wrapped(f"{finding.state}: {movement(finding)}", 70))
    if not dots:
        axes.text(0.5, 0.55, "no luck in common: not paired", transform=axes.transAxes, ha="center", size=9)
