"""Says how much arrives against a lever: a table for a terminal, response.html and the data."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from analysis import credibility, lever_plots
from analysis.compare import paired
from analysis.drawing import laid_out
from analysis.report import as_csv, template_of, write_plots
from analysis.response import Asked, Curve
from analysis.words import BANNER, estimate
from analysis.writing import write
from sim.scenario import Scenario

NOTES = (
    "± is a 95 % interval over replications: luck only, not the parameters. All points meet the same luck.",
    "What binds is the kind of place with a queue nearly all day (90 % of its open time) on most days, the last on the "
    "way where several are nearly alike (a quarter of the days); if there is none, what is requested.",
    "Shares by which flows take corridors, and who waits for whom, stay as the scenario says; only the lever moves.",
)


def rows_of(curve: Curve) -> list[list[str]]:
    """A row for each point, with the difference to the one before."""
    rows = [["lever", "t a day", "more than before", "pallets a day", "binds"]]
    for before, point in zip([None, *curve.points], curve.points, strict=False):
        more = "–"
        if before is not None:
            arrived, had = point.arrived["tonnes"], before.arrived["tonnes"]
            more = estimate(
                paired(str(point.value), "arrived_tonnes_per_day", "tonnes/day", arrived, had).mean, sign=True
            )
        tonnes, pallets = (estimate(point.mean(unit)) for unit in ("tonnes", "pallets"))
        rows.append([f"{point.value:g}", tonnes, more, pallets, point.binds])
    return rows


def sentences(curves: Sequence[Curve]) -> list[str]:
    """From where to where each curve goes, and where what binds changes."""
    said = []
    for curve in curves:
        first, last = curve.points[0], curve.points[-1]
        start = f"Under “{curve.structure}” ceilings" if curve.structure else "As the scenario is"
        text = f"{start}: from {estimate(first.mean('tonnes'))} t a day at {first.value:g}"
        text += f" to {estimate(last.mean('tonnes'))} at {last.value:g}"
        changes = [f"{b.binds} from {b.value:g} on" for a, b in pairwise(curve.points) if a.binds != b.binds]
        said.append(f"{text}; what binds: {', then '.join([first.binds, *changes])}.")
    return said


def on_terminal(curves: Sequence[Curve], asked: Asked) -> str:
    lines = []
    for curve in curves:
        rows = rows_of(curve)
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        title = f"{asked.lever.path}, {curve.structure} ceilings" if curve.structure else asked.lever.path
        lines += [title, *("  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows), ""]
    return "\n".join([*lines, *_notes(asked)])


def write_report(
    curves: Sequence[Curve], asked: Asked, scenario: Scenario, folder: Path, replications: int, command: Sequence[str]
) -> Path:
    """response.html, response.csv and the plot. Returns the page's path."""
    calibrated = scenario.scenario.calibrated and scenario.regime.calibrated
    whose = f"{scenario.scenario.title}, {scenario.regime.title}; {replications} replications"
    drawn = laid_out(lambda: lever_plots.response(curves, asked.lever, whose, calibrated))
    write(folder / "response.csv", as_csv(lever_plots.response_columns(curves, asked.lever)))
    page = template_of("levers.html.j2").render(
        study=folder.name,
        title=f"what arrives against {asked.lever.path}",
        first_words=[f"{scenario.scenario.title}, {scenario.regime.title}.", *sentences(curves)],
        banners=[BANNER] * (not calibrated),
        credibility=credibility.lowest(),
        plots=write_plots([drawn] if drawn else [], folder),
        tables=[
            {"title": f"{curve.structure.capitalize()} ceilings" if curve.structure else "Point by point",
             "words": "What arrives at each point, and the paired difference to the one before.",
             "rows": rows_of(curve)}
            for curve in curves
        ],
        notes=_notes(asked),
        command=command,
    )  # fmt: skip
    return write(folder / "response.html", page)


def _notes(asked: Asked) -> list[str]:
    lacking = [f"Left out, because they lack {asked.lever.path}: {', '.join(asked.lacking)}."] if asked.lacking else []
    return [*NOTES, *lacking]
