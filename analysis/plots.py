"""Draws a study's plots, and says what stands in each. The only module that knows matplotlib; it computes nothing.

A run has the same colour in every plot, all panels of a plot share their axes, and whatever is drawn also stands in
columns for a CSV. The files are the same bytes for the same results.
"""

import io
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, cast

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from analysis import columns
from analysis.arrays import Floats
from analysis.columns import Columns
from analysis.compare import differences, main_milestone
from analysis.curves import WEEK, arrival_curve, backlogs, density, fan, place_titles, utilisation
from analysis.observed import Series, modelled, on_the_page, read_rules
from analysis.tables import RunResult, Study
from analysis.words import BANNER, estimate

# Okabe and Ito's colours without yellow, which is too pale on white; the reference is grey
COLOURS = ("#4d4d4d", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_DASHES = ("-", "--", ":", "-.")
_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 10, "axes.titlesize": 10,
    "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "axes.axisbelow": True, "grid.color": "#e4e4e4", "grid.linewidth": 0.8,
    "legend.frameon": False, "figure.facecolor": "white", "text.parse_math": False, "svg.fonttype": "none",
}  # fmt: skip
WIDTH_IN, _FOOT_IN = 10.0, 0.45
_HOURS = {1: "1 h", 3: "3 h", 6: "6 h", 12: "12 h", 24: "1 day", 48: "2 days", 96: "4 days", 168: "1 week",
          336: "2 weeks", 672: "4 weeks", 1344: "8 weeks", 2688: "16 weeks"}  # fmt: skip
_MOST_OBSERVED = 6  # runs beside observed days
_SHOWN = ("entered", "offloaded", "collected", "arrived")


@dataclass(frozen=True)
class Plot:
    """A figure, its data, and what a reader is told who does not see it."""

    stem: str
    title: str
    alt: str
    figure: Figure
    columns: Columns

    def svg(self) -> bytes:
        drawn = self._bytes("svg", 72, dict.fromkeys(("Date", "Creator", "Format", "Type")))
        # tenths of a point are finer than a screen's pixels, and make the page a third smaller
        return re.sub(rb' d="[^"]*"', lambda path: re.sub(rb"(\.\d)\d+|\s(?=\n)", rb"\1", path[0]), drawn)

    def png(self) -> bytes:
        return self._bytes("png", 150, {"Software": None})

    def _bytes(self, kind: str, dpi: int, metadata: dict[str, None]) -> bytes:
        buffer = io.BytesIO()
        with mpl.rc_context({**_STYLE, "svg.hashsalt": self.stem}):
            self.figure.savefig(buffer, format=kind, dpi=dpi, metadata=metadata)
        return buffer.getvalue()


def draw(study: Study) -> Iterator[Plot]:
    """All plots for which the study has data, in the order in which they are read."""
    drawers = (throughput, paired_differences, fan_chart, observed_days, arrival_times, utilisation_by_place,
               backlog_by_place)  # fmt: skip
    for plot in drawers:
        if (drawn := laid_out(partial(plot, study))) is not None:
            yield drawn


def laid_out(make: Callable[[], "Plot | None"]) -> "Plot | None":
    """What `make` draws, in our style, laid out once for both kinds of file."""
    with mpl.rc_context(_STYLE):
        drawn = make()
        if drawn is not None:
            _lay_out(drawn.figure)
    return drawn


def throughput(study: Study) -> Plot | None:
    """How daily tonnes spread over days and replications, a panel for each milestone and a ridge for each run."""
    shown = [m for m in _SHOWN if any(run.arrays.daily[m] is not None for run in study.runs)]
    tonnes = {(m, run.name): run.counted(m, "tonnes") for m in shown for run in study.runs}
    top = max((float(values.max()) for values in tonnes.values() if values is not None), default=0.0) * 1.06
    if top == 0:
        return None
    title = "Tonnes that reach each milestone in a day"
    foot = "Hills: all days of all replications, each of its own height. Dot: median; bars: half and 90 % of days."
    figure = _figure(study, title, foot, 1.6 + max(0.5, 0.75 - 0.02 * len(study.runs)) * len(study.runs))
    panels = figure.subplots(1, len(shown), sharex=True, sharey=True, squeeze=False)[0]
    for axes, milestone in zip(panels, shown, strict=True):
        for row, run in enumerate(study.runs):
            values = tonnes[milestone, run.name]
            if values is None:
                axes.text(0.02 * top, row - 0.2, "no such step", color="#767676", size=8, style="italic")
            else:
                _ridge(axes, values, row, top, _colour(row), _crowded(study))
        axes.set(title=_word(milestone), xlim=(0, top), ylim=(len(study.runs) - 0.6, -1.0))
        axes.locator_params(axis="x", nbins=4)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
    _name_rows(panels[0], [run.label for run in study.runs])
    alt = f"Distribution of daily tonnes for {len(study.runs)} runs at: {', '.join(shown)}."
    return Plot("throughput", title, alt, figure, columns.throughput(study, shown))


def fan_chart(study: Study) -> Plot | None:
    """Tonnes for each day, a panel for each run: bands over replications and the mean of a week."""
    milestone = main_milestone(study)
    if milestone is None:
        return None
    title = f"Tonnes {_word(milestone)} on each day"
    across = min(len(study.runs), 3)
    down = -(-len(study.runs) // across)
    weekly = min(run.days for run in study.runs) >= WEEK
    foot = "Line and bands: mean of the 7 days around, half and 90 % of replications. Pale: 90 % for each day alone."
    if not weekly:
        foot = "Line and bands: each day, with half and 90 % of replications."
    figure = _figure(study, title, foot, 1.1 + 2.3 * down)
    panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
    for k, (axes, run) in enumerate(zip(panels, study.runs, strict=False)):
        daily = run.arrays.daily[milestone]
        assert daily is not None, "main_milestone is one that every run has"
        found, x, colour = fan(daily.tonnes), np.arange(run.days), _colour(k)
        p05, p25, p50, p75, p95 = found.weekly if weekly else found.daily
        bands = {"color": colour, "linewidth": 0, "rasterized": _crowded(study)}
        axes.fill_between(x, found.daily[0], found.daily[-1], alpha=0.15, step="mid", **bands)
        axes.fill_between(x, p05, p95, alpha=0.3, **bands)
        axes.fill_between(x, p25, p75, alpha=0.4, **bands)
        axes.plot(x, p50, color=colour, linewidth=1.5)
        axes.set_title(_wrapped(run.label, 34))
        if run.warm_up:
            axes.axvspan(x[0], x[run.warm_up], color="#f0f0f0", zorder=0)
    _hide_unused(panels.reshape(down, across), [across] * (down - 1) + [len(study.runs) - across * (down - 1)])
    _name_days(panels[0], study)
    panels[0].set_ylim(bottom=0)
    panels[0].set_xlim(-0.5, max(run.days for run in study.runs) - 0.5)
    figure.supylabel("tonnes a day", size=10)
    alt = f"Fan chart of tonnes {_word(milestone)} for each day, one panel a run, for {len(study.runs)} runs."
    return Plot("days", title, alt, figure, columns.days(study, milestone))


def paired_differences(study: Study) -> Plot | None:
    """Each run minus the first: replications as dots, the mean with its 95 % interval, and a line at zero."""
    milestone = main_milestone(study)
    measure = f"{milestone}_tonnes_per_day"
    found = differences(study, measure) if milestone else ()
    if milestone is None or not found:
        return None
    title = f"Tonnes {_word(milestone)} a day: difference to “{study.reference.label}”"
    foot = "Dots: replications, each against the same luck in the reference; ring and bar: mean with its 95 % interval."
    figure = _figure(study, title, foot, 1.2 + 0.62 * len(found))
    axes = figure.subplots()
    order = {run.name: k for k, run in enumerate(study.runs)}
    dots = sum(len(each.dots) for each in found)
    axes.axvline(0, color="black", linewidth=1.2)
    for row, each in enumerate(found):
        colour, half = _colour(order[each.run]), each.mean.half or 0.0
        jitter = (np.arange(len(each.dots)) * 0.618034) % 1 * 0.3 - 0.15
        axes.scatter(each.dots, row + 0.12 + jitter, s=14, color=colour, alpha=0.4, linewidth=0, rasterized=dots > 1000)
        axes.errorbar(each.mean.mean, row + 0.12, xerr=half, fmt="o", color="white", ecolor=colour, markersize=6,
                      markeredgecolor=colour, markeredgewidth=2, elinewidth=2.5, capsize=5, capthick=2)  # fmt: skip
        label = estimate(each.mean, sign=True) + (" (not paired)" if each.not_paired else "")
        axes.text(each.mean.mean, row - 0.2, label, color=_dark(order[each.run]), weight="bold", ha="center", size=9,
                  bbox={"color": "white", "pad": 0.5})  # fmt: skip
    ends = [end for each in found for end in (0.0, each.mean.low, each.mean.high, *each.dots) if end is not None]
    span, means = max(ends) - min(ends) or 2.0, [each.mean.mean for each in found]  # a label needs 0.12 on each side
    axes.set_xlim(min(min(ends) - 0.04 * span, min(means) - 0.14 * span), max(means) + 0.14 * span)
    axes.set_xlim(right=max(axes.get_xlim()[1], max(ends) + 0.04 * span))
    axes.set(ylim=(len(found) - 0.5, -0.6), xlabel="tonnes a day less (left) or more (right)")
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    _name_rows(axes, [run.label for run in study.runs if run.name in {each.run for each in found}])
    labels = {run.name: run.label for run in study.runs}
    alt = f"{title}. " + "; ".join(f"{labels[each.run]} {estimate(each.mean, sign=True)}" for each in found) + "."
    return Plot("differences", title, alt, figure, columns.paired_differences(study, measure))


def observed_days(study: Study) -> Plot | None:
    """Daily trucks of each run, counted as an authority counted them, and the days that it listed as dots.

    None where no run has a period with observed days. A row for each run, a column for each series.
    """
    beside = {run.name: on_the_page(run, read_rules()) for run in study.runs}
    counts = {(run.name, series.name): modelled(run, series.rule) for run in study.runs for series in beside[run.name]}
    there = {key: values for key, values in counts.items() if values is not None}
    shown = [run for run in study.runs if any(name == run.name for name, _ in there)][:_MOST_OBSERVED]
    if not shown:
        return None
    across = max(len(beside[run.name]) for run in shown)
    title = "Trucks on each day, and the days that were observed"
    foot = "Line and band: each day, median and 90 % of replications. Dots: as listed, no measure of a what-if."
    figure = _figure(study, title, foot, 1.1 + 2.1 * len(shown))
    panels = figure.subplots(len(shown), across, sharex=True, sharey=True, squeeze=False)
    for row, run in zip(panels, shown, strict=True):
        for axes, series in zip(row, beside[run.name], strict=False):
            _observed_panel(axes, run, series, there.get((run.name, series.name)), _colour(study.runs.index(run)))
    _hide_unused(panels, [len(beside[run.name]) for run in shown])
    _name_days(panels[0, 0], study)
    panels[0, 0].set_ylim(bottom=0)
    panels[0, 0].set_xlim(-0.5, max(run.days for run in shown) - 0.5)
    figure.supylabel("trucks a day", size=10)
    whose = sorted({f"{s.rule.authority}, {s.rule.title.lower()}" for run in shown for s in beside[run.name]})
    alt = f"{title}, for {len(shown)} runs, beside: {'; '.join(whose)}."
    data = columns.observed_days(shown, beside, there)
    return Plot("observed", title, alt, figure, data)


def arrival_times(study: Study) -> Plot | None:
    """The share of dispatched loads that had arrived so many hours later; loads that never did keep it below 1."""
    curves = [(k, run, run.arrays.transit) for k, run in enumerate(study.runs) if run.arrays.transit is not None]
    if not curves or not any(transit.arrived.sum() for _, _, transit in curves):
        return None
    title = "From dispatch to arrival: share of dispatched loads that had arrived after so long"
    foot = "Curves end below 100 %: the other loads were still on their way, or had turned back, when the run ended."
    figure = _figure(study, title, foot, max(4.4, 1.4 + 0.24 * len(curves)))
    axes = figure.subplots()
    last = max(transit.arrived.shape[1] for _, _, transit in curves)
    first, ends = float(last), []
    for k, run, transit in curves:
        hours, share = arrival_curve(transit)
        first = min(first, float(hours[np.searchsorted(share, 0.002).clip(max=len(hours) - 1)]))
        axes.plot([*hours, last], [*share, share[-1]], color=_colour(k), linestyle=_dash(k), linewidth=_thick(k))
        ends.append(
            (float(share[-1]), k, f"{textwrap.shorten(run.label, 30, placeholder=' …')}: {share[-1] * 100:.0f} %")
        )
    axes.set_xscale("log")
    axes.minorticks_off()
    ticks = [hour for hour in _HOURS if first <= hour <= last]
    axes.set_xticks(ticks, [_HOURS[hour] for hour in ticks])
    axes.set(xlim=(min(first, last / 2), last), ylim=(0, 1.02))
    axes.set_yticks(np.linspace(0, 1, 6), [f"{share * 100:.0f} %" for share in np.linspace(0, 1, 6)])
    _name_ends(axes, ends)
    alt = f"{title}; at the end: " + "; ".join(text for _, _, text in ends) + "."
    return Plot("arrival_times", title, alt, figure, columns.arrival_times(study))


def utilisation_by_place(study: Study) -> Plot | None:
    """How busy each place is while it is open, as a table of shades and numbers."""
    keys, shares = utilisation(study)
    if not keys:
        return None
    title, titles = "How busy the places are: share of their open time", place_titles(study)
    foot = "Mean over replications; vehicles: of the whole day. –: the run has no such place, or it never opens."
    figure = _figure(study, title, foot, 1.4 + 0.3 * len(keys), min(WIDTH_IN, 4.5 + 1.4 * len(study.runs)))
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
    axes.set_xticks(np.arange(len(study.runs)) + 0.5, [_wrapped(run.label, 18 if few else 30) for run in study.runs],
                    rotation=0 if few else 60, ha="center" if few else "left", size=9)  # fmt: skip
    axes.set_yticks(np.arange(len(keys)) + 0.5, [textwrap.shorten(titles[key], 48, placeholder=" …") for key in keys],
                    size=9)  # fmt: skip
    axes.spines[:].set_visible(False)
    alt = f"Utilisation of {len(keys)} places in {len(study.runs)} runs; the busiest is {titles[keys[0]]}."
    return Plot("utilisation", title, alt, figure, columns.utilisation_by_place(study))


def backlog_by_place(study: Study) -> Plot | None:
    """What waits at each day's end where most waits; places that count in the same unit share their axes."""
    found = backlogs(study)
    if not found:
        return None
    title, across = "Who is where at the end of each day", max(len(places) for places in found.values())
    foot = "Mean over replications, for the places where most waits. Panels of one unit share their axes."
    below_in = 0.15 + 0.21 * -(-len(study.runs) // 3)
    figure = _figure(study, title, foot, 1.0 + 1.9 * len(found) + below_in, below_in=below_in)
    panels = figure.subplots(len(found), across, sharex=True, sharey="row", squeeze=False)
    lines = {}
    for row, (unit, places) in zip(panels, found.items(), strict=True):
        for axes, place in zip(row, places, strict=False):
            for k, run in enumerate(study.runs):
                if (values := place.by_run.get(run.name)) is None:
                    continue
                (lines[k],) = axes.plot(np.arange(run.days), values, color=_colour(k), linestyle=_dash(k),
                                        linewidth=_thick(k), rasterized=_crowded(study))  # fmt: skip
            axes.set_title(_wrapped(place.title, 88 // across))
        row[0].set(ylabel=unit)
        row[0].set_ylim(bottom=0)
    _hide_unused(panels, [len(places) for places in found.values()])
    _name_days(panels[0, 0], study)
    labels = [textwrap.shorten(study.runs[k].label, 40, placeholder=" …") for k in sorted(lines)]
    figure.legend([lines[k] for k in sorted(lines)], labels, loc="lower left", ncols=3, fontsize=9,
                  bbox_to_anchor=(0, _FOOT_IN / figure.get_figheight()))  # fmt: skip
    worst = next(iter(found.values()))[0].title
    alt = f"Mean backlog at each day's end by place, one line a run; among {next(iter(found))}, most waits at {worst}."
    return Plot("backlog", title, alt, figure, columns.backlog_by_place(study))


def _observed_panel(axes: Axes, run: RunResult, series: Series, counts: Floats | None, colour: str) -> None:
    """One run's days through one series' rule, and the days that were listed."""
    if counts is not None:
        low, middle, high = np.percentile(counts * series.rule.coverage.value, [5, 50, 95], axis=0)
        x = np.arange(run.days)
        axes.fill_between(x, low, high, alpha=0.25, color=colour, linewidth=0)
        axes.plot(x, middle, color=colour, linewidth=1.2)
    dots = [(k, series.observed[day]) for k, day in enumerate(run.dates) if day in series.observed]
    axes.plot(*zip(*dots, strict=True), "o", color="black", markersize=2.5, linestyle="none")
    axes.set_title(f"{_wrapped(run.label, 40)}\n{series.rule.title}: {series.rule.authority}", size=9)


def _name_days(axes: Axes, study: Study) -> None:
    """Weeks along the x axis of days: dates where all runs start on the same one, else days since the start."""
    days, starts = max(run.days for run in study.runs), {run.start for run in study.runs}
    ticks = range(0, days, 7 * -(-days // 28) if days > 10 else 2)
    dates = [study.reference.start + timedelta(days=tick) for tick in ticks]
    axes.set_xticks(
        ticks, [f"{on.day} {on:%b}" for on in dates] if len(starts) == 1 else [f"day {tick}" for tick in ticks]
    )


def _hide_unused(panels: Any, used: list[int]) -> None:
    """Hide what each row leaves over, and let the lowest panel of each column name its days."""
    for row, n in zip(panels, used, strict=True):
        for axes in row[n:]:
            axes.set_visible(False)
    for column in panels.T:
        shown = [axes for axes in column if axes.get_visible()]
        for axes in shown[-1:]:
            axes.tick_params(labelbottom=True)


def _figure(
    study: Study, title: str, foot: str, height_in: float, width_in: float = WIDTH_IN, below_in: float = 0.0
) -> Figure:
    """An empty figure for a study: see `sheet`."""
    n = sorted({len(run.arrays.replications) for run in study.runs})
    whose = f"{study.name}, {'/'.join(map(str, n))} replication{'s' * (n != [1])}"
    return sheet(title, foot, whose, study.calibrated, height_in, width_in, below_in)


def sheet(
    title: str, foot: str, whose: str, calibrated: bool, height_in: float, width_in: float = WIDTH_IN,
    below_in: float = 0.0,
) -> Figure:  # fmt: skip
    """An empty figure with its title, and room for what stands at its foot: `foot`, and whose results these are."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    cast(ConstrainedLayoutEngine, figure.get_layout_engine()).set(
        w_pad=0.08, rect=(0.005, (_FOOT_IN + below_in) / height_in, 0.99, 1 - (_FOOT_IN + below_in) / height_in)
    )
    figure.suptitle("\n".join(textwrap.wrap(title, int(width_in * 9))), x=0.01, ha="left", weight="bold", size=12)
    whose += "" if calibrated else f"; {BANNER}"
    figure.text(0.01, 0.24 / height_in, foot, size=8.5)
    figure.text(0.01, 0.06 / height_in, whose, size=7.5, color="#595959")
    return figure


def _lay_out(figure: Figure) -> None:
    """Lay the figure out once for both kinds of file, and drop the last digits, which the solver leaves to chance."""
    cast(ConstrainedLayoutEngine, figure.get_layout_engine()).execute(figure)
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = (round(float(edge), 4) for edge in axes.get_position().bounds)
        axes.set_position((left, bottom, width, height))
    for text in figure.texts:
        x, y = text.get_position()
        text.set_position((round(float(x), 4), round(float(y), 4)))


def _ridge(axes: Axes, values: Floats, row: int, top: float, colour: str, crowded: bool) -> None:
    """The hill of a run's days, its foot on the line `row`, and the bars of its quantiles below."""
    x, height = density(values, top)
    hill = row - 0.8 * height / height.max()
    axes.fill([x[0], *x, x[-1]], [row, *hill, row], color=colour, alpha=0.45, linewidth=0,
              rasterized=crowded)  # fmt: skip
    p05, p25, p50, p75, p95 = np.percentile(values, [5, 25, 50, 75, 95])
    axes.hlines(row + 0.07, p05, p95, color=colour, linewidth=1.5)
    axes.hlines(row + 0.07, p25, p75, color=colour, linewidth=4.5)
    axes.plot(
        p50, row + 0.07, "o", color="white", markeredgecolor=colour, markeredgewidth=1.5, markersize=5, clip_on=False
    )


def _name_rows(axes: Axes, labels: list[str]) -> None:
    axes.set_yticks(range(len(labels)), [_wrapped(label, 24) for label in labels], fontweight="bold", size=9)


def _name_ends(axes: Axes, ends: list[tuple[float, int, str]]) -> None:
    """Each curve's label right of its end, pushed apart where they would overlap."""
    height_in = axes.figure.get_figheight() - 1.2  # type: ignore[union-attr]
    gap = 0.19 / height_in
    spots = [end for end, _, _ in sorted(ends)]
    for k in range(1, len(spots)):
        spots[k] = max(spots[k], spots[k - 1] + gap)
    spots = list(np.array(spots) - max(0.0, spots[-1] - 1.0))
    for k in range(len(spots) - 2, -1, -1):
        spots[k] = min(spots[k], spots[k + 1] - gap)
    for spot, (end, k, label) in zip(spots, sorted(ends), strict=True):
        at, line = (
            axes.get_yaxis_transform(),
            {"arrowstyle": "-", "color": _colour(k), "linewidth": 0.8, "relpos": (0, 0.5)},
        )
        axes.annotate(label, (1, end), (1.03, spot), xycoords=at, textcoords=at, color=_dark(k), size=9, va="center",
                      annotation_clip=False, arrowprops=line)  # fmt: skip


def _wrapped(label: str, width: int) -> str:
    """At most three lines of a label."""
    return "\n".join(textwrap.wrap(label, width, max_lines=3, placeholder=" …") or [label[:width]])


def _word(milestone: str) -> str:
    return milestone.replace("_", " ")


def _colour(k: int) -> str:
    return COLOURS[k % len(COLOURS)]


def _dash(k: int) -> str:
    return _DASHES[k // len(COLOURS) % len(_DASHES)]


def _crowded(study: Study) -> bool:
    """Whether so much is drawn that an SVG of it would be too large; then the bulk of it becomes an image inside."""
    return len(study.runs) > 8


def _thick(k: int) -> float:
    """Earlier runs lie below and are wider, so that they show where lines coincide."""
    return max(1.5, 3.0 - 0.7 * k)


def _dark(k: int) -> str:
    """The run's colour, dark enough for small text on white."""
    red, green, blue = to_rgb(_colour(k))
    return to_hex((red * 0.75, green * 0.75, blue * 0.75))
