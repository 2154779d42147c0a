"""Plots of a study's annex: differences on all measures, spread of the replications, daily utilisation of places.

They draw what `statistics` computes; `forest_rows` only scales differences to per cent of the first run's mean.
"""

import textwrap
from typing import NamedTuple

import numpy as np
from matplotlib.ticker import FuncFormatter

from analysis.intervals import ecdf_band
from analysis.language.numbers import format_number
from analysis.plots.drawing import (
    Plot,
    hide_unused_panels,
    is_crowded,
    label_days,
    milestone_label,
    new_figure,
    run_colour,
    run_dash,
    run_line_width,
    run_text_colour,
    wrap_label,
)
from analysis.results import columns
from analysis.results.tables import Study
from analysis.statistics.compare import COMPARED_MEASURES, differences, main_milestone, summarise
from analysis.statistics.curves import busiest_places, daily_utilisation, place_titles

_MAX_PLACES, _MAX_RUNS = 10, 4


class ForestRow(NamedTuple):
    """The difference of a run to the first on one measure, in per cent of the first run's mean, taken as exact.

    half : half the width of the 95 % interval; None without an interval.
    """

    measure: str
    run: str
    label: str
    mean: float
    half: float | None
    clear: bool


def forest_plot(study: Study) -> Plot | None:
    """Draws each run's difference to the first on every compared measure, in per cent of the first run's mean.

    None where there is no difference to draw.
    """
    rows = forest_rows(study)
    if not rows:
        return None
    tongue, order = study.translate, {run.name: k for k, run in enumerate(study.runs)}
    title = tongue("Differences to “{first}”, in % of its mean", first=study.reference.label)
    foot = tongue("Mean and 95 % interval; the first run's own mean is taken as exact. Hollow: not clear.")
    measures = list(dict.fromkeys(row.measure for row in rows))
    figure = new_figure(study, title, foot, 1.3 + 0.24 * len(rows) + 0.2 * len(measures))
    axes, y, ticks = figure.subplots(), 0.0, []
    axes.axvline(0, color="black", linewidth=1.2)
    for measure in measures:
        top = y
        for row in (row for row in rows if row.measure == measure):
            colour = run_colour(order[row.run])
            axes.errorbar(row.mean, y, xerr=row.half or 0.0, fmt="o", color=colour if row.clear else "white",
                          ecolor=colour, markersize=6, markeredgecolor=colour, markeredgewidth=1.8, elinewidth=2.2,
                          capsize=4)  # fmt: skip
            axes.annotate(f"{row.label}  {format_number(row.mean, row.half, sign=True)} %", (1.01, y), va="center",
                size=8,
                          xycoords=axes.get_yaxis_transform(), color=run_text_colour(order[row.run]))  # fmt: skip
            y += 1.0
        ticks.append(((top + y - 1) / 2, wrap_label(tongue(COMPARED_MEASURES[measure]), 30)))
        y += 0.8
    axes.set_yticks([at for at, _ in ticks], [label for _, label in ticks], size=9)
    axes.set(ylim=(y - 1.0, -0.8), xlabel=tongue("% less (left) or more (right)"))
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    alt = f"{title}: " + "; ".join(
        f"{row.label}, {tongue(COMPARED_MEASURES[row.measure])} {row.mean:+.0f} %" for row in rows
    )
    return Plot("forest", title, alt, figure, columns.columns_from_rows(rows[0]._fields, rows))


def forest_rows(study: Study) -> list[ForestRow]:
    """Returns a row for each run and measure; leaves out measures of which the first run's mean is 0 or missing."""
    label, rows = {run.name: run.label for run in study.runs}, []
    for measure in COMPARED_MEASURES:
        first = summarise(study.reference, measure)
        if first is None or first.mean.mean == 0:
            continue
        scale = 100 / first.mean.mean
        for each in differences(study, measure):
            half = None if each.mean.half is None else each.mean.half * scale
            rows.append(ForestRow(measure, each.run, label[each.run], each.mean.mean * scale, half, each.is_clear))
    return rows


def replications_plot(study: Study) -> Plot | None:
    """Draws the distribution of each run's replications with a 95 % confidence band for the whole curve.

    The band is that of Dvoretzky, Kiefer and Wolfowitz. None where the runs have no milestone in common or no band.
    """
    milestone = main_milestone(study)
    bands = [
        (k, run, band)
        for k, run in enumerate(study.runs)
        if milestone and (values := run.arrays.measures.get(f"{milestone}_tonnes_per_day")) is not None
        and (band := ecdf_band(values.values)) is not None
    ]  # fmt: skip
    if not bands or milestone is None:
        return None
    tongue = study.translate
    milestone_text = milestone_label(tongue.term(milestone))
    title = tongue("Share of replications with at most so many tonnes {milestone} a day", milestone=milestone_text)
    foot = tongue("Band: the whole true curve of a run lies in it at 95 % (Dvoretzky, Kiefer, Wolfowitz).")
    figure = new_figure(study, title, foot, max(4.0, 1.6 + 0.3 * len(bands)))
    axes = figure.subplots()
    low, high = (end(float(end(band.value)) for _, _, band in bands) for end in (min, max))
    span = (high - low) or max(abs(high), 1.0)
    for k, run, band in bands:
        x = [low - span, *band.value, high + span]
        edges = ([0.0, *band.low, band.low[-1]], [min(1.0, float(band.high[0] - band.share[0])), *band.high, 1.0])
        axes.fill_between(
            x, *edges, step="post", color=run_colour(k), alpha=0.12, linewidth=0, rasterized=is_crowded(study)
        )
        axes.step(
            x,
            [0, *band.share, 1],
            where="post",
            color=run_colour(k),
            linestyle=run_dash(k),
            linewidth=run_line_width(k),
        )
        at = 0.08 + 0.84 * (k + 0.5) / len(study.runs)
        median = float(band.value[np.searchsorted(band.share, at).clip(max=len(band.value) - 1)])
        axes.annotate(textwrap.shorten(run.label, 34, placeholder=" …"), (median, at), xytext=(6, 0), size=9,
                      textcoords="offset points", color=run_text_colour(k), va="center", weight="bold",
                      bbox={"color": "white", "pad": 0.6, "alpha": 0.75})  # fmt: skip
    axes.set(xlim=(low - 0.08 * span, high + 0.3 * span), ylim=(0, 1.02), xlabel=tongue("tonnes a day"))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_number(value)))
    axes.set_yticks(np.linspace(0, 1, 6), [f"{share * 100:.0f} %" for share in np.linspace(0, 1, 6)])
    alt = tongue("{title}, for {n} runs.", title=title, n=len(bands))
    rows = [
        (run.name, *row)
        for _, run, band in bands
        for row in zip(band.value, band.share, band.low, band.high, strict=True)
    ]
    return Plot(
        "replications",
        title,
        alt,
        figure,
        columns.columns_from_rows(("run", "tonnes_per_day", "share", "low", "high"), rows),
    )


def daily_utilisation_plot(study: Study) -> Plot | None:
    """Draws the utilisation of the busiest places on each day, a panel for each run; None where no place is used."""
    keys, _ = busiest_places(study, _MAX_PLACES)
    shown = study.runs[:_MAX_RUNS]
    if not keys:
        return None
    tongue, titles = study.translate, place_titles(study)
    shares_by_run = {run.name: daily_utilisation(run, keys) for run in shown}
    title = tongue("How busy the busiest places are on each day")
    foot = tongue(
        "Share of the open time of all replications; vehicles: of the whole day. White: closed, or no such place."
    )
    across = min(len(shown), 2)
    down = -(-len(shown) // across)
    figure = new_figure(study, title, foot, 1.3 + (0.6 + 0.24 * len(keys)) * down)
    panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    for axes, run in zip(panels.ravel(), shown, strict=False):
        shares = shares_by_run[run.name]
        image = axes.imshow(np.ma.masked_invalid(shares), cmap="Blues", vmin=0, vmax=1, aspect="auto",
                            interpolation="nearest", extent=(-0.5, run.days - 0.5, len(keys) - 0.5, -0.5))  # fmt: skip
        axes.set_title(wrap_label(run.label, 44))
        axes.grid(visible=False)
        axes.tick_params(axis="y", length=0, labelsize=8)
    panels[0, 0].set_yticks(
        range(len(keys)), [textwrap.shorten(titles[key], 34, placeholder=" …") for key in keys], size=8
    )
    hide_unused_panels(panels, [across] * (down - 1) + [len(shown) - across * (down - 1)])
    label_days(panels[0, 0], study)
    bar = figure.colorbar(image, ax=panels.ravel().tolist(), shrink=0.7, pad=0.01)
    bar.set_ticks([0, 0.5, 1], labels=["0 %", "50 %", "100 %"])
    alt = tongue("{title}, for {n} runs.", title=title, n=len(shown))
    rows = [
        (key, run.name, day, share)
        for run in shown
        for key, daily_shares in zip(keys, shares_by_run[run.name], strict=True)
        for day, share in zip(run.dates, daily_shares, strict=True)
    ]
    return Plot(
        "utilisation_days", title, alt, figure, columns.columns_from_rows(("place", "run", "date", "utilisation"), rows)
    )
