"""Says how much arrives against a lever: a table for a terminal, response.html and the data."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from analysis.files import write
from analysis.language.numbers import BANNER, estimate
from analysis.language.tongue import ENGLISH, Tongue
from analysis.page import credibility
from analysis.plots import levers
from analysis.plots.drawing import Plot, laid_out
from analysis.plots.files import as_csv, template_of, write_plots
from analysis.questions.response import Curve
from analysis.questions.stored import Response, Subject
from analysis.statistics.compare import paired

NOTES = (
    "± is a 95 % interval over replications: luck only, not the parameters. All points meet the same luck.",
    "What binds is the kind of place with a queue nearly all day (90 % of its open time) on most days, the last on the "
    "way where several are nearly alike (a quarter of the days); if there is none, what is requested.",
    "Shares by which flows take corridors, and who waits for whom, stay as the scenario says; only the lever moves.",
)
HEADS = ("lever", "t a day", "more than before", "pallets a day", "binds")


def rows_of(curve: Curve, tongue: Tongue = ENGLISH) -> list[list[str]]:
    """A row for each point, with the difference to the one before."""
    rows = [[tongue(head) for head in HEADS]]
    for before, point in zip([None, *curve.points], curve.points, strict=False):
        more = "–"
        if before is not None:
            arrived, had = point.arrived["tonnes"], before.arrived["tonnes"]
            more = estimate(
                paired(str(point.value), "arrived_tonnes_per_day", "tonnes/day", arrived, had).mean, sign=True
            )
        tonnes, pallets = (estimate(point.mean(unit)) for unit in ("tonnes", "pallets"))
        rows.append([f"{point.value:g}", tonnes, more, pallets, tongue.known(point.binds)])
    return rows


def sentences(curves: Sequence[Curve], tongue: Tongue = ENGLISH) -> list[str]:
    """From where to where each curve goes, and where what binds changes."""
    said = []
    for curve in curves:
        first, last = curve.points[0], curve.points[-1]
        changes = [
            tongue("{what} from {value} on", what=tongue.known(b.binds), value=f"{b.value:g}")
            for a, b in pairwise(curve.points)
            if a.binds != b.binds
        ]
        start = tongue("As the scenario is")
        if curve.structure:
            start = tongue("Under “{structure}” ceilings", structure=curve.structure)
        said.append(tongue(
            "{start}: from {low} t a day at {first} to {high} at {last}; what binds: {binds}.", start=start,
            low=estimate(first.mean("tonnes")), first=f"{first.value:g}", high=estimate(last.mean("tonnes")),
            last=f"{last.value:g}", binds=tongue(", then ").join([tongue.known(first.binds), *changes]),
        ))  # fmt: skip
    return said


def on_terminal(found: Response) -> str:
    lines, path = [], found.lever.path
    for curve in found.curves:
        rows = rows_of(curve)
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        title = f"{path}, {curve.structure} ceilings" if curve.structure else path
        lines += [title, *("  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows), ""]
    return "\n".join([*lines, *_notes(found, ENGLISH)])


def whose(of: Subject, tongue: Tongue) -> str:
    """Of which scenario and period, and over how many replications."""
    text = "{scenario}, {regime}; {n} replications" if of.replications != 1 else "{scenario}, {regime}; 1 replication"
    return tongue(text, scenario=of.scenario, regime=of.regime, n=of.replications)


def plot(found: Response, tongue: Tongue) -> Plot:
    of = found.subject
    drawn = laid_out(lambda: levers.response(found.curves, found.lever, whose(of, tongue), of.calibrated, tongue))
    assert drawn is not None  # it always draws
    return drawn


def write_report(found: Response, folder: Path, tongue: Tongue = ENGLISH) -> Path:
    """response.html, response.csv and the plot. Returns the page's path."""
    of = found.subject
    write(folder / "response.csv", as_csv(levers.response_columns(found.curves, found.lever)))
    page = template_of("levers.html.j2").render(
        _=tongue,
        study=folder.name,
        title=tongue("what arrives against {lever}", lever=found.lever.path),
        first_words=[f"{of.scenario}, {of.regime}.", *sentences(found.curves, tongue)],
        banners=[tongue(BANNER)] * (not of.calibrated),
        credibility=credibility.lowest(tongue),
        plots=write_plots([plot(found, tongue)], folder),
        tables=[
            {"title": _ceilings(curve, tongue),
             "words": tongue("What arrives at each point, and the paired difference to the one before."),
             "rows": rows_of(curve, tongue)}
            for curve in found.curves
        ],
        notes=_notes(found, tongue),
        command=of.command,
    )  # fmt: skip
    return write(folder / "response.html", page)


def _ceilings(curve: Curve, tongue: Tongue) -> str:
    return (
        tongue("Under “{structure}” ceilings", structure=curve.structure)
        if curve.structure
        else tongue("Point by point")
    )


def _notes(found: Response, tongue: Tongue) -> list[str]:
    notes = [tongue(note) for note in NOTES]
    if found.lacking:
        lacking = ", ".join(found.lacking)
        notes.append(tongue("Left out, because they lack {lever}: {lacking}.", lever=found.lever.path, lacking=lacking))
    return notes
