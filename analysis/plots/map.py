"""The flow map: tonnes a day on each leg, a panel for each run, all to one scale. It computes nothing."""

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

_TEXT_ALIGNMENT = {"start": "left", "end": "right", "middle": "center"}


def flow_map_plot(study: Study) -> Plot | None:
    """Draws stops and legs; a leg is as wide as the tonnes a day on it that reach the last common milestone.

    None where the study has no map or no common milestone.
    """
    milestone, atlas = main_milestone(study), build_study_map(study)
    if atlas is None or milestone is None:
        return None
    tongue, runs = study.translate, [run for run in study.runs if run.name in atlas.legs]
    by_run = {run.name: tonnes_by_leg(atlas, run, milestone) for run in runs}
    most = max(amount for by_leg in by_run.values() for amount in by_leg.values())
    milestone_text = milestone_label(tongue.term(milestone))
    title = tongue("Tonnes a day on each leg ({milestone})", milestone=milestone_text)
    foot = tongue("Width: tonnes on the leg, mean over replications. Dashed: none. Simulated, not positions.")
    across = min(len(runs), 2)
    down = -(-len(runs) // across)
    tall = 9.6 / max(across, 1.4) * atlas.layout.height / layout.WIDTH
    figure = new_figure(study, title, foot, 0.9 + (0.45 + tall) * down)
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for axes in panels[len(runs) :]:
        axes.set_visible(False)
    for k, (axes, run) in enumerate(zip(panels, runs, strict=False)):
        _draw_panel(axes, atlas, by_run[run.name], most, k)
        axes.set_title(wrap_label(run.label, 44), color=run_text_colour(k))
    names = {name: stop.title for name, stop in atlas.stops.items()}
    alt = f"{title}: " + "; ".join(
        f"{run.label}: "
        + ", ".join(f"{names[a]} – {names[b]} {format_number(amount)}" for (a, b), amount in by_run[run.name].items())
        for run in runs
    )
    rows = [(run.name, a, b, amount) for run in runs for (a, b), amount in by_run[run.name].items()]
    return Plot(STEM, title, alt, figure, columns.columns_from_rows(("run", "from", "to", "tonnes_per_day"), rows))


def title_lines(title: str) -> list[str]:
    """Returns a stop's title in at most two short lines."""
    return textwrap.wrap(title, 20, max_lines=2, placeholder=" …") or [title]


def _draw_panel(axes: Axes, atlas: StudyMap, by_leg: dict[tuple[str, str], float], most: float, k: int) -> None:
    map_layout = atlas.layout
    axes.set(xlim=(0, layout.WIDTH), ylim=(map_layout.height, 0), aspect="equal", xticks=[], yticks=[])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set(visible=True, color="#d0d0d0", linewidth=0.8)
    if atlas.outline_rings:
        axes.set_facecolor(_WATER)
    for ring in atlas.outline_rings:
        axes.fill(*zip(*ring, strict=True), facecolor=_LAND, edgecolor=_BORDER, linewidth=0.6, zorder=0)
    throughput = dict.fromkeys((name for pair in by_leg for name in pair), 0.0)
    for (start, end), amount in by_leg.items():
        a, b = map_layout.positions[start], map_layout.positions[end]
        curve = Curve([a, layout.curve_control_point(a, b), b], [Curve.MOVETO, Curve.CURVE3, Curve.CURVE3])
        width = 0.8 + _THICKEST * amount / most if amount else 0.8
        line = {"color": run_colour(k), "alpha": 0.55 if amount else 0.35, "zorder": 1}
        axes.add_patch(
            PathPatch(curve, fill=False, linewidth=width, linestyle="-" if amount else (0, (3, 2)),
                      capstyle="butt", **line)
        )  # fmt: skip
        if amount:  # an arrow head shows the direction
            axes.add_patch(FancyArrowPatch(path=_arrow_head_path(a, b), arrowstyle="-|>",
                mutation_scale=4 + 0.6 * width,
                                           linewidth=0, color=run_text_colour(k), zorder=2))  # fmt: skip
    for name in throughput:
        incoming = sum(amount for (_, end), amount in by_leg.items() if end == name)
        outgoing = sum(amount for (start, _), amount in by_leg.items() if start == name)
        throughput[name] = max(incoming, outgoing)
    texts = {
        name: [*title_lines(atlas.stops[name].title), f"{format_number(throughput[name])} t"] for name in throughput
    }
    visible = map_layout._replace(positions={name: map_layout.positions[name] for name in throughput})
    for name, label in layout.place_labels(visible, texts, 2.4).items():
        is_off_map = name in map_layout.off_map
        is_origin = any(place.startswith("origins.") for place in atlas.stops[name].places)
        axes.plot(*map_layout.positions[name], "s" if is_origin else "o", color="white" if is_off_map else "#222222",
                  markersize=5, markeredgecolor="#222222", zorder=3)  # fmt: skip
        axes.text(label.x, label.y - 2.0, "\n".join(texts[name]), size=_SIZE_PT, ha=_TEXT_ALIGNMENT[label.anchor],
            va="top",
                  linespacing=1.1, zorder=4,
                  bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.65, "pad": 0.4})  # fmt: skip


def _arrow_head_path(a: layout.Point, b: layout.Point) -> Curve:
    """Returns a short piece in the middle of a leg's curve, for its arrow head."""
    (x, y), (u, v), (cx, cy) = a, b, layout.curve_control_point(a, b)
    middle = ((x + 2 * cx + u) / 4, (y + 2 * cy + v) / 4)
    return Curve([(middle[0] - 0.02 * (u - x), middle[1] - 0.02 * (v - y)), middle], [Curve.MOVETO, Curve.LINETO])
