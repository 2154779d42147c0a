"""How every plot looks: figures, colours, labels and the bytes of their files. It knows no measure.

A run has the same colour in every plot. The files are the same bytes for the same results.
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
    """A figure, its data, and what a reader is told who does not see it."""

    stem: str
    title: str
    alt: str
    figure: Figure
    columns: Columns

    def svg(self) -> bytes:
        drawn = self._render("svg", 72, dict.fromkeys(("Date", "Creator", "Format", "Type")))
        # tenths of a point are finer than a screen's pixels, and make the page a third smaller
        return re.sub(rb' d="[^"]*"', lambda path: re.sub(rb"(\.\d)\d+|\s(?=\n)", rb"\1", path[0]), drawn)

    def png(self) -> bytes:
        return self._render("png", 150, {"Software": None})

    def _render(self, kind: str, dpi: int, metadata: dict[str, None]) -> bytes:
        buffer, before = io.BytesIO(), self.figure.dpi
        canvas: Any = CANVASES[kind](self.figure)  # figure.savefig would draw it once more, to lay out what is
        with mpl.rc_context({**STYLE, "svg.hashsalt": self.stem}):
            self.figure.dpi = dpi
            getattr(canvas, f"print_{kind}")(buffer, metadata=metadata)
        self.figure.dpi = before
        return buffer.getvalue()


def new_figure(
    study: Study, title: str, foot: str, height_in: float, width_in: float = WIDTH_IN, below_in: float = 0.0
) -> Figure:
    """An empty figure for a study: see `sheet`."""
    n = sorted({len(run.arrays.replications) for run in study.runs})
    text = "{study}, {n} replications" if n != [1] else "{study}, 1 replication"
    whose = study.translate(text, study=study.heading, n="/".join(map(str, n)))
    return new_sheet(title, foot, whose, study.calibrated, height_in, width_in, below_in, study.translate)


def new_sheet(
    title: str, foot: str, whose: str, calibrated: bool, height_in: float, width_in: float = WIDTH_IN,
    below_in: float = 0.0, tongue: Translator = ENGLISH,
) -> Figure:  # fmt: skip
    """An empty figure with its title, and room for what stands at its foot: `foot`, and whose results these are."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    cast(ConstrainedLayoutEngine, figure.get_layout_engine()).set(
        w_pad=0.08, rect=(0.005, (FOOT_IN + below_in) / height_in, 0.99, 1 - (FOOT_IN + below_in) / height_in)
    )
    figure.suptitle("\n".join(textwrap.wrap(title, int(width_in * 9))), x=0.01, ha="left", weight="bold", size=12)
    whose += "" if calibrated else f"; {tongue(BANNER)}"
    figure.text(0.01, 0.24 / height_in, foot, size=8.5)
    figure.text(0.01, 0.06 / height_in, whose, size=7.5, color="#595959")
    return figure


def draw_in_style(make: Callable[[], Plot | None]) -> Plot | None:
    """What `make` draws, in our style, laid out once for both kinds of file."""
    with mpl.rc_context(STYLE):
        drawn = make()
        if drawn is not None:
            fix_layout(drawn.figure)
    return drawn


def fix_layout(figure: Figure) -> None:
    """Lay the figure out once for both kinds of file, and drop the last digits, which the solver leaves to chance."""
    cast(ConstrainedLayoutEngine, figure.get_layout_engine()).execute(figure)
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = (round(float(edge), 4) for edge in axes.get_position().bounds)
        axes.set_position((left, bottom, width, height))
    for text in figure.texts:
        x, y = text.get_position()
        text.set_position((round(float(x), 4), round(float(y), 4)))


def label_rows(axes: Axes, labels: list[str]) -> None:
    axes.set_yticks(range(len(labels)), [wrap_label(label, 24) for label in labels], fontweight="bold", size=9)


def label_days(axes: Axes, study: Study) -> None:
    """Weeks along the x axis of days: dates where all runs start on the same one, else days since the start."""
    days, starts = max(run.days for run in study.runs), {run.start for run in study.runs}
    ticks = range(0, days, 7 * -(-days // 28) if days > 10 else 2)
    dates = [study.reference.start + timedelta(days=tick) for tick in ticks]
    axes.set_xticks(
        ticks,
        [study.translate.short_date(on) for on in dates]
        if len(starts) == 1
        else [study.translate("day {n}", n=tick) for tick in ticks],
    )


def hide_unused_panels(panels: Any, used: list[int]) -> None:
    """Hide what each row leaves over, and let the lowest panel of each column name its days."""
    for row, n in zip(panels, used, strict=True):
        for axes in row[n:]:
            axes.set_visible(False)
    for column in panels.T:
        shown = [axes for axes in column if axes.get_visible()]
        for axes in shown[-1:]:
            axes.tick_params(labelbottom=True)


def wrap_label(label: str, width: int) -> str:
    """At most three lines of a label."""
    return "\n".join(textwrap.wrap(label, width, max_lines=3, placeholder=" …") or [label[:width]])


def milestone_label(milestone: str) -> str:
    return milestone.replace("_", " ")


def run_colour(k: int) -> str:
    return COLOURS[k % len(COLOURS)]


def run_dash(k: int) -> str:
    return _DASHES[k // len(COLOURS) % len(_DASHES)]


def is_crowded(study: Study) -> bool:
    """Whether so much is drawn that an SVG of it would be too large; then the bulk of it becomes an image inside."""
    return len(study.runs) > 8


def run_line_width(k: int) -> float:
    """Earlier runs lie below and are wider, so that they show where lines coincide."""
    return max(1.5, 3.0 - 0.7 * k)


def run_text_colour(k: int) -> str:
    """The run's colour, dark enough for small text on white."""
    red, green, blue = to_rgb(run_colour(k))
    return to_hex((red * 0.75, green * 0.75, blue * 0.75))
