"""The flow map: which way how much came, a panel a run, all to one scale. It computes nothing."""

import textwrap

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, PathPatch
from matplotlib.path import Path as Curve

from analysis.language.numbers import format_number
from analysis.plots.drawing import Plot, milestone_label, new_figure, run_colour, run_text_colour, wrap_label
from analysis.results import columns
from analysis.results.tables import Study
from analysis.statistics import layout
from analysis.statistics.compare import main_milestone
from analysis.statistics.study_map import StudyMap, build_study_map, tonnes_by_leg

STEM = "flow_map"
_LAND, _WATER, _BORDER = "#f4f1ea", "#e3edf4", "#b9b3a6"
_THICKEST, _SIZE_PT = 9.0, 7.5


def flow_map_plot(study: Study) -> Plot | None:
    """Spots and ways; a line is as wide as what came by it to the last milestone that all runs have."""
    milestone, atlas = main_milestone(study), build_study_map(study)
    if atlas is None or milestone is None:
        return None
    tongue, runs = study.translate, [run for run in study.runs if run.name in atlas.legs]
    found = {run.name: tonnes_by_leg(atlas, run, milestone) for run in runs}
    most = max(amount for by_way in found.values() for amount in by_way.values())
    said = milestone_label(tongue.term(milestone))
    title = tongue("By which way how much came: tonnes a day ({milestone})", milestone=said)
    foot = tongue("Width: mean over replications, of what came by that way. Dashed: none. Simulated, not positions.")
    across = min(len(runs), 2)
    down = -(-len(runs) // across)
    tall = 9.6 / max(across, 1.4) * atlas.layout.height / layout.WIDTH
    figure = new_figure(study, title, foot, 0.9 + (0.45 + tall) * down)
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for axes in panels[len(runs) :]:
        axes.set_visible(False)
    for k, (axes, run) in enumerate(zip(panels, runs, strict=False)):
        _draw_panel(axes, atlas, found[run.name], most, k)
        axes.set_title(wrap_label(run.label, 44), color=run_text_colour(k))
    names = {name: spot.title for name, spot in atlas.stops.items()}
    alt = f"{title}: " + "; ".join(
        f"{run.label}: "
        + ", ".join(f"{names[a]} – {names[b]} {format_number(amount)}" for (a, b), amount in found[run.name].items())
        for run in runs
    )
    rows = [(run.name, a, b, amount) for run in runs for (a, b), amount in found[run.name].items()]
    return Plot(STEM, title, alt, figure, columns.columns_from_rows(("run", "from", "to", "tonnes_per_day"), rows))


def title_lines(title: str) -> list[str]:
    """A spot's name in two short lines at most."""
    return textwrap.wrap(title, 20, max_lines=2, placeholder=" …") or [title]


def _draw_panel(axes: Axes, atlas: StudyMap, by_way: dict[tuple[str, str], float], most: float, k: int) -> None:
    drawn = atlas.layout
    axes.set(xlim=(0, layout.WIDTH), ylim=(drawn.height, 0), aspect="equal", xticks=[], yticks=[])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set(visible=True, color="#d0d0d0", linewidth=0.8)
    if atlas.outline_rings:
        axes.set_facecolor(_WATER)
    for ring in atlas.outline_rings:
        axes.fill(*zip(*ring, strict=True), facecolor=_LAND, edgecolor=_BORDER, linewidth=0.6, zorder=0)
    through = dict.fromkeys((name for pair in by_way for name in pair), 0.0)
    for (start, end), amount in by_way.items():
        a, b = drawn.positions[start], drawn.positions[end]
        curve = Curve([a, layout.curve_control_point(a, b), b], [Curve.MOVETO, Curve.CURVE3, Curve.CURVE3])
        width = 0.8 + _THICKEST * amount / most if amount else 0.8
        line = {"color": run_colour(k), "alpha": 0.55 if amount else 0.35, "zorder": 1}
        axes.add_patch(
            PathPatch(curve, fill=False, linewidth=width, linestyle="-" if amount else (0, (3, 2)),
                      capstyle="butt", **line)
        )  # fmt: skip
        if amount:  # a small head says which way
            axes.add_patch(FancyArrowPatch(path=_arrow_head_path(a, b), arrowstyle="-|>",
                mutation_scale=4 + 0.6 * width,
                                           linewidth=0, color=run_text_colour(k), zorder=2))  # fmt: skip
    for name in through:
        came = sum(amount for (_, end), amount in by_way.items() if end == name)
        left = sum(amount for (start, _), amount in by_way.items() if start == name)
        through[name] = max(came, left)
    texts = {name: [*title_lines(atlas.stops[name].title), f"{format_number(through[name])} t"] for name in through}
    here = drawn._replace(positions={name: drawn.positions[name] for name in through})
    for name, label in layout.place_labels(here, texts, 2.4).items():
        beyond = name in drawn.off_map
        square = any(place.startswith("origins.") for place in atlas.stops[name].places)
        axes.plot(*drawn.positions[name], "s" if square else "o", color="white" if beyond else "#222222", markersize=5,
                  markeredgecolor="#222222", zorder=3)  # fmt: skip
        axes.text(label.x, label.y - 2.0, "\n".join(texts[name]), size=_SIZE_PT, ha=_TEXT_ALIGNMENT[label.anchor],
            va="top",
                  linespacing=1.1, zorder=4,
                  bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.65, "pad": 0.4})  # fmt: skip


_TEXT_ALIGNMENT = {"start": "left", "end": "right", "middle": "center"}


def _arrow_head_path(a: layout.Point, b: layout.Point) -> Curve:
    """A short piece in the middle of a way's curve, for its head."""
    (x, y), (u, v), (cx, cy) = a, b, layout.curve_control_point(a, b)
    middle = ((x + 2 * cx + u) / 4, (y + 2 * cy + v) / 4)
    return Curve([(middle[0] - 0.02 * (u - x), middle[1] - 0.02 * (v - y)), middle], [Curve.MOVETO, Curve.LINETO])
