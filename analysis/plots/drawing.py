"""Style of all plots: figures, colours, labels and the bytes of their files. It knows no measure.

A run has the same colour in every plot. The same results give files of the same bytes.
"""

import io
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from analysis.language.numbers import BANNER
from analysis.language.translator import ENGLISH, Translator
from analysis.results.columns import Columns
from analysis.results.tables import Study

# Okabe and Ito's colours without yellow, which is too pale on white; the reference is grey
COLOURS = ("#4d4d4d", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_DASHES = ("-", "--", ":", "-.")
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 10, "axes.titlesize": 10,
    "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "axes.axisbelow": True, "grid.color": "#e4e4e4", "grid.linewidth": 0.8,
    "legend.frameon": False, "figure.facecolor": "white", "text.parse_math": False, "svg.fonttype": "none",
}  # fmt: skip
WIDTH_IN, FOOT_IN = 10.0, 0.45
CANVASES: dict[str, Any] = {"svg": FigureCanvasSVG, "png": FigureCanvasAgg}


@dataclass(frozen=True)
class Plot:
    """A figure, its data as columns, and an alternative text for readers who do not see it."""

    stem: str
    title: str
    alt: str
    figure: Figure
    columns: Columns

    def svg(self) -> bytes:
        """Returns the figure as SVG, with coordinates in tenths of a point."""
        drawn = self._render("svg", 72, dict.fromkeys(("Date", "Creator", "Format", "Type")))
        # tenths of a point are finer than a screen's pixels, and make the page a third smaller
        return re.sub(rb' d="[^"]*"', lambda path: re.sub(rb"(\.\d)\d+|\s(?=\n)", rb"\1", path[0]), drawn)

    def png(self) -> bytes:
        """Returns the figure as PNG at 150 dots an inch."""
        return self._render("png", 150, {"Software": None})

    def _render(self, kind: str, dpi: int, metadata: dict[str, None]) -> bytes:
        buffer, before = io.BytesIO(), self.figure.dpi
        canvas: Any = CANVASES[kind](self.figure)  # figure.savefig would draw twice, to find the layout
        with mpl.rc_context({**STYLE, "svg.hashsalt": self.stem}):
            self.figure.dpi = dpi
            getattr(canvas, f"print_{kind}")(buffer, metadata=metadata)
        self.figure.dpi = before
        return buffer.getvalue()


def new_figure(
    study: Study, title: str, foot: str, height_in: float, width_in: float = WIDTH_IN, below_in: float = 0.0
) -> Figure:
    """Returns an empty figure whose caption names the study and its number of replications; see `new_sheet`."""
    n = sorted({len(run.arrays.replications) for run in study.runs})
    text = "{study}, {n} replications" if n != [1] else "{study}, 1 replication"
    caption = study.translate(text, study=study.heading, n="/".join(map(str, n)))
    return new_sheet(title, foot, caption, study.calibrated, height_in, width_in, below_in, study.translate)


def new_sheet(
    title: str, foot: str, caption: str, calibrated: bool, height_in: float, width_in: float = WIDTH_IN,
    below_in: float = 0.0, tongue: Translator = ENGLISH,
) -> Figure:  # fmt: skip
    """Returns an empty figure with its title, and at its foot the explanation `foot` and the caption."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    cast(ConstrainedLayoutEngine, figure.get_layout_engine()).set(
        w_pad=0.08, rect=(0.005, (FOOT_IN + below_in) / height_in, 0.99, 1 - (FOOT_IN + below_in) / height_in)
    )
    figure.suptitle("\n".join(textwrap.wrap(title, int(width_in * 9))), x=0.01, ha="left", weight="bold", size=12)
    caption += "" if calibrated else f"; {tongue(BANNER)}"
    figure.text(0.01, 0.24 / height_in, foot, size=8.5)
    figure.text(0.01, 0.06 / height_in, caption, size=7.5, color="#595959")
    return figure


def draw_in_style(make: Callable[[], Plot | None]) -> Plot | None:
    """Returns the plot of `make`, drawn in our style and with a fixed layout; None where `make` returns None."""
    with mpl.rc_context(STYLE):
        drawn = make()
        if drawn is not None:
            fix_layout(drawn.figure)
    return drawn


def fix_layout(figure: Figure) -> None:
    """Lays the figure out once for both kinds of file, and rounds positions: the solver's last digits vary."""
    cast(ConstrainedLayoutEngine, figure.get_layout_engine()).execute(figure)
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = (round(float(edge), 4) for edge in axes.get_position().bounds)
        axes.set_position((left, bottom, width, height))
    for text in figure.texts:
        x, y = text.get_position()
        text.set_position((round(float(x), 4), round(float(y), 4)))


def label_rows(axes: Axes, labels: list[str]) -> None:
    """Labels the rows of a plot, such as one for each run, in bold."""
    axes.set_yticks(range(len(labels)), [wrap_label(label, 24) for label in labels], fontweight="bold", size=9)


def label_days(axes: Axes, study: Study) -> None:
    """Labels the x axis of days by week: dates where all runs start on the same day, else days since the start."""
    days, starts = max(run.days for run in study.runs), {run.start for run in study.runs}
    ticks = range(0, days, 7 * -(-days // 28) if days > 10 else 2)
    dates = [study.reference.start + timedelta(days=tick) for tick in ticks]
    axes.set_xticks(
        ticks,
        [study.translate.short_date(day) for day in dates]
        if len(starts) == 1
        else [study.translate("day {n}", n=tick) for tick in ticks],
    )


def hide_unused_panels(panels: Any, used: list[int]) -> None:
    """Hides the panels that a row does not use, and shows day labels on the lowest panel of each column.

    used : number of panels that each row uses.
    """
    for row, n in zip(panels, used, strict=True):
        for axes in row[n:]:
            axes.set_visible(False)
    for column in panels.T:
        shown = [axes for axes in column if axes.get_visible()]
        for axes in shown[-1:]:
            axes.tick_params(labelbottom=True)


def wrap_label(label: str, width: int) -> str:
    """Returns a label in at most three lines of `width` characters."""
    return "\n".join(textwrap.wrap(label, width, max_lines=3, placeholder=" …") or [label[:width]])


def milestone_label(milestone: str) -> str:
    """Returns a milestone's name as words."""
    return milestone.replace("_", " ")


def run_colour(k: int) -> str:
    """Returns the colour of the k-th run of a study; the first is grey."""
    return COLOURS[k % len(COLOURS)]


def run_dash(k: int) -> str:
    """Returns the line style of the k-th run; it differs between runs that share a colour."""
    return _DASHES[k // len(COLOURS) % len(_DASHES)]


def is_crowded(study: Study) -> bool:
    """Whether an SVG of the plot would be too large, so that the bulk of it is embedded as an image."""
    return len(study.runs) > 8


def run_line_width(k: int) -> float:
    """Returns the line width of the k-th run: earlier runs lie below and are wider, so that coinciding lines show."""
    return max(1.5, 3.0 - 0.7 * k)


def run_text_colour(k: int) -> str:
    """Returns the colour of the k-th run, dark enough for small text on white."""
    red, green, blue = to_rgb(run_colour(k))
    return to_hex((red * 0.75, green * 0.75, blue * 0.75))
