"""Plots of shadow prices, of places that bind by week, and of the response to a lever. They compute nothing."""

import textwrap
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby, pairwise

import numpy as np
from matplotlib.axes import Axes

from analysis.language.numbers import format_estimate
from analysis.language.translator import Translator
from analysis.plots.drawing import COLOURS, Plot, new_sheet
from analysis.questions.response import LeverRange, ResponseCurve
from analysis.results.arrays import Floats
from analysis.results.columns import Columns, columns_from_rows
from analysis.statistics.compare import Difference

_DASHES = ("-", "--", "-.", ":")
_MIN_STRIP_SHARE = 0.12  # of a strip's width: a shorter part has no room for its label
UNIT_LABELS = {"tonnes": "tonnes a day", "pallets": "pallets a day"}


def shadow_price_plot(
    prices: Mapping[str, tuple[str, Difference]], caption: str, calibrated: bool, tongue: Translator
) -> Plot:
    """Draws what one more of each stage's best lever brings, a row for each stage.

    prices : stage -> (what one more is, in words; difference in tonnes a day).
    """
    title = tongue("What one more of each brings: arrived tonnes a day")
    foot = tongue(
        "Ring and bar: mean of paired differences and its 95 % interval, at the place of each kind where it is most."
    )
    figure = new_sheet(title, foot, caption, calibrated, 1.3 + 0.5 * len(prices), tongue=tongue)
    axes = figure.subplots()
    axes.axvline(0, color="black", linewidth=1.2)
    for row, (more, tonnes) in enumerate(prices.values()):
        colour = COLOURS[1] if tonnes.is_clear else "#8c8c8c"
        axes.errorbar(tonnes.mean.mean, row + 0.1, xerr=tonnes.mean.half or 0.0, fmt="o", color="white", ecolor=colour,
                      markersize=6, markeredgecolor=colour, markeredgewidth=2, elinewidth=2.5, capsize=5)  # fmt: skip
        label = tongue("{tonnes} by {more}", tonnes=format_estimate(tonnes.mean, sign=True), more=tongue.term(more))
        axes.text(tonnes.mean.mean, row - 0.2, label, ha="center", size=8.5, bbox={"color": "white", "pad": 0.5})
    ends = [end for _, tonnes in prices.values() for end in (0.0, tonnes.mean.low, tonnes.mean.high) if end is not None]
    middle = [tonnes.mean.mean for _, tonnes in prices.values()]
    span = max(ends) - min(ends) or 1.0
    axes.set_xlim(
        min(*ends, min(middle) - 0.2 * span) - 0.02 * span, max(*ends, max(middle) + 0.2 * span) + 0.02 * span
    )
    axes.set(ylim=(len(prices) - 0.5, -0.6), xlabel=tongue("tonnes a day more"))
    axes.set_yticks(range(len(prices)), [textwrap.fill(tongue.term(stage), 24) for stage in prices], size=9)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    rows = [(stage, more, d.unit, d.mean.mean, d.mean.low, d.mean.high) for stage, (more, d) in prices.items()]
    columns = columns_from_rows(("stage", "more", "unit", "mean", "low", "high"), rows)
    each = "; ".join(f"{tongue.term(stage)} {format_estimate(d.mean, sign=True)}" for stage, (_, d) in prices.items())
    alt = f"{title}. {each}."
    return Plot("prices", title, alt, figure, columns)


def weekly_binding_plot(
    steps: Sequence[tuple[str, Mapping[str, Floats]]], start: date, warm_up: int, caption: str, calibrated: bool,
    tongue: Translator,
) -> Plot:  # fmt: skip
    """Draws each stage's share of days of a week with a queue nearly all day, a panel for each step.

    steps : (title, stage -> shape (weeks,)); nan in a week in which no place of the stage opens.
    """
    title = tongue("Where traffic was held back: share of days with a queue nearly all day, by week")
    foot = tongue(
        "A queue in 90 % of the open time or more, at any place of the kind; mean over replications. –: none opens."
    )
    stages = [stage for stage in steps[0][1] if any(np.nanmax(by_stage[stage], initial=0) > 0 for _, by_stage in steps)]
    stages.sort(key=lambda stage: -float(np.nansum(steps[0][1][stage])))
    height_in = 1.25 + len(steps) * (0.55 + 0.36 * max(1, len(stages)))
    figure = new_sheet(title, foot, caption, calibrated, height_in, tongue=tongue)
    panels = figure.subplots(len(steps), 1, sharex=True, squeeze=False)[:, 0]
    weeks = len(next(iter(steps[0][1].values())))
    rows = []
    for axes, (name, by_stage) in zip(panels, steps, strict=True):
        shares = np.array([by_stage[stage] for stage in stages]).reshape(len(stages), weeks)
        axes.pcolormesh(np.ma.masked_invalid(shares), cmap="Blues", vmin=0, vmax=1.15, edgecolors="white", linewidth=2)
        for (row, week), share in np.ndenumerate(shares):
            text = "–" if np.isnan(share) else f"{share * 100:.0f}"
            axes.text(week + 0.5, row + 0.5, text, ha="center", va="center", size=8 if weeks <= 16 else 6,
                      color="white" if share > 0.75 else "black")  # fmt: skip
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_yticks(np.arange(len(stages)) + 0.5, [textwrap.fill(tongue.term(stage), 26) for stage in stages],
                        size=9)  # fmt: skip
        axes.set_title(name)
        rows += [(name, stage, week, share) for stage, line in zip(stages, shares, strict=True)
                 for week, share in enumerate(line)]  # fmt: skip
    week_starts = [start + timedelta(days=warm_up + 7 * week) for week in range(weeks)]
    each = -(-weeks // 14)
    panels[-1].set_xticks(
        np.arange(0, weeks, each) + 0.5, [tongue.short_date(day) for day in week_starts[::each]], size=9
    )
    panels[-1].set_xlabel(tongue("week from; per cent of days"), size=9)
    columns = columns_from_rows(
        ("step", "stage", "week", "share"), [(*row[:3], None if np.isnan(row[3]) else row[3]) for row in rows]
    )
    alt = f"{title}: {', '.join(tongue.term(stage) for stage in stages)}."
    return Plot("binding", title, alt, figure, columns)


def response_plot(
    curves: Sequence[ResponseCurve], lever: LeverRange, caption: str, calibrated: bool, tongue: Translator
) -> Plot:
    """Draws tonnes and pallets a day against the lever, a line for each ceiling structure.

    A strip for each curve below them shows what binds along the lever.
    """
    title = tongue("What arrives a day against {lever}", lever=lever.path)
    foot = tongue(
        "Line and band: mean and 95 % interval, the same luck at each point. Ring: what binds changes; below: to what."
    )
    figure = new_sheet(title, foot, caption, calibrated, 5.9 + 0.34 * len(curves), tongue=tongue)
    panels = figure.subplots(3, 1, sharex=True, height_ratios=(2.4, 2.4, 0.35 + 0.34 * len(curves)))
    for axes, unit in zip(panels, UNIT_LABELS, strict=False):
        for k, curve in enumerate(curves):
            _draw_curve(axes, curve, unit, k)
        axes.set_ylabel(tongue(UNIT_LABELS[unit]))
        axes.set_ylim(bottom=0)
    if len(curves) > 1:
        panels[0].legend(title=tongue("ceilings"), ncols=len(curves), loc="lower right")
    _draw_binding_strips(panels[2], curves, tongue)
    ends = [point.value for curve in curves for point in curve.points]
    panels[2].set_xlim(min(ends), max(ends))
    panels[2].set_xlabel(f"{lever.path}{f' [{lever.unit.strip()}]' if lever.unit else ''}")
    end_texts = ([format_estimate(point.mean("tonnes")) for point in (c.points[0], c.points[-1])] for c in curves)
    each = (
        f"{curve.structure} {tongue('{low} to {high}', low=low, high=high)}".lstrip()
        for curve, (low, high) in zip(curves, end_texts, strict=True)
    )
    alt = f"{title}, {tongue(UNIT_LABELS['tonnes'])}: {'; '.join(each)}."
    return Plot("response", title, alt, figure, response_columns(curves, lever))


def response_columns(curves: Sequence[ResponseCurve], lever: LeverRange) -> Columns:
    """Returns a row for each point of each curve."""
    rows = [
        (curve.structure or None, lever.path, point.value, lever.unit.strip() or None,
         *(value for unit in ("trucks", "pallets", "tonnes")
           for value in (point.mean(unit).mean, point.mean(unit).low, point.mean(unit).high)), point.binds)
        for curve in curves for point in curve.points
    ]  # fmt: skip
    names = [f"{unit}_per_day{end}" for unit in ("trucks", "pallets", "tonnes") for end in ("", "_low", "_high")]
    return columns_from_rows(("structure", "lever", "value", "unit", *names, "binds"), rows)


def _draw_curve(axes: Axes, curve: ResponseCurve, unit: str, k: int) -> None:
    x = [point.value for point in curve.points]
    means = [point.mean(unit) for point in curve.points]
    colour = COLOURS[(k + 1) % len(COLOURS)]
    low, high = ([end if end is not None else mean.mean for end, mean in zip(ends, means, strict=True)]
                 for ends in ([mean.low for mean in means], [mean.high for mean in means]))  # fmt: skip
    axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(x, [mean.mean for mean in means], color=colour, linestyle=_DASHES[k % len(_DASHES)], linewidth=2,
              marker="o", markersize=3.5, label=curve.structure)  # fmt: skip
    for before, point, mean in zip(curve.points, curve.points[1:], means[1:], strict=False):
        if point.binds != before.binds:
            axes.plot(
                point.value, mean.mean, "o", color="white", markeredgecolor=colour, markeredgewidth=2, markersize=8
            )


def _draw_binding_strips(axes: Axes, curves: Sequence[ResponseCurve], tongue: Translator) -> None:
    """Draws a strip for each curve with what binds along the lever; it changes half way between two points."""
    names = list(dict.fromkeys(point.binds for curve in curves for point in curve.points))
    ends = [point.value for curve in curves for point in curve.points]
    shades = {name: f"{shade:.3f}" for name, shade in zip(names, np.linspace(0.93, 0.72, len(names)), strict=True)}
    for row, curve in enumerate(curves):
        x = [point.value for point in curve.points]
        edges = [x[0], *((a + b) / 2 for a, b in pairwise(x)), x[-1]]
        at = 0
        for name, group in groupby(curve.points, key=lambda point: point.binds):
            n = len(list(group))
            left, right = edges[at], edges[at + n]
            axes.barh(row, right - left, left=left, height=0.8, color=shades[name], edgecolor="white")
            wide = (right - left) / (max(ends) - min(ends))
            if wide >= _MIN_STRIP_SHARE:
                words = textwrap.shorten(tongue.term(name), max(10, int(wide * 140)), placeholder=" …")
                axes.text((left + right) / 2, row, words, ha="center", va="center", size=8.5)
            at += n
    axes.set_yticks(range(len(curves)), [curve.structure or tongue("binds") for curve in curves], size=9)
    axes.set_ylim(len(curves) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
