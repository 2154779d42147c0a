"""Reports the response to a lever: a table for a terminal, response.html and its data."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from analysis.files import write_file
from analysis.language.numbers import BANNER, format_estimate
from analysis.language.translator import ENGLISH, Translator
from analysis.page import credibility
from analysis.plots import levers
from analysis.plots.drawing import Plot, draw_in_style
from analysis.plots.files import csv_text, load_template, write_plots
from analysis.questions.response import ResponseCurve
from analysis.questions.stored_results import ResponseResult, Subject
from analysis.statistics.compare import paired_difference

NOTES = (
    "± is a 95 % interval over replications: luck only, not the parameters. All points meet the same luck.",
    "What binds is the kind of place with a queue nearly all day (90 % of its open time) on most days, the last on the "
    "way where several are nearly alike (a quarter of the days); if there is none, what is requested.",
    "Shares by which flows take corridors, and who waits for whom, stay as the scenario says; only the lever moves.",
)
HEADINGS = ("lever", "t a day", "more than before", "pallets a day", "binds")


def curve_rows(curve: ResponseCurve, tongue: Translator = ENGLISH) -> list[list[str]]:
    """Returns a row for each point, with the paired difference to the point before."""
    rows = [[tongue(head) for head in HEADINGS]]
    for before, point in zip([None, *curve.points], curve.points, strict=False):
        more = "–"
        if before is not None:
            arrived, previous = point.arrived["tonnes"], before.arrived["tonnes"]
            more = format_estimate(
                paired_difference(str(point.value), "arrived_tonnes_per_day", "tonnes/day", arrived, previous).mean,
                sign=True,
            )
        tonnes, pallets = (format_estimate(point.mean(unit)) for unit in ("tonnes", "pallets"))
        rows.append([f"{point.value:g}", tonnes, more, pallets, tongue.term(point.binds)])
    return rows


def response_sentences(curves: Sequence[ResponseCurve], tongue: Translator = ENGLISH) -> list[str]:
    """Returns for each curve what arrives at both ends of the lever, and where what binds changes."""
    sentences = []
    for curve in curves:
        first, last = curve.points[0], curve.points[-1]
        changes = [
            tongue("{what} from {value} on", what=tongue.term(b.binds), value=f"{b.value:g}")
            for a, b in pairwise(curve.points)
            if a.binds != b.binds
        ]
        start = tongue("As the scenario is")
        if curve.structure:
            start = tongue("Under “{structure}” ceilings", structure=curve.structure)
        sentences.append(tongue(
            "{start}: from {low} t a day at {first} to {high} at {last}; what binds: {binds}.", start=start,
            low=format_estimate(first.mean("tonnes")), first=f"{first.value:g}",
            high=format_estimate(last.mean("tonnes")),
            last=f"{last.value:g}", binds=tongue(", then ").join([tongue.term(first.binds), *changes]),
        ))  # fmt: skip
    return sentences


def terminal_text(result: ResponseResult) -> str:
    """Returns a table for each curve, and the notes."""
    lines, path = [], result.lever.path
    for curve in result.curves:
        rows = curve_rows(curve)
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        title = f"{path}, {curve.structure} ceilings" if curve.structure else path
        lines += [title, *("  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows), ""]
    return "\n".join([*lines, *_report_notes(result, ENGLISH)])


def subject_caption(subject: Subject, tongue: Translator) -> str:
    """Returns the scenario, the period and the number of replications of a result."""
    text = (
        "{scenario}, {regime}; {n} replications" if subject.replications != 1 else "{scenario}, {regime}; 1 replication"
    )
    return tongue(text, scenario=subject.scenario, regime=subject.regime, n=subject.replications)


def draw_response(result: ResponseResult, tongue: Translator) -> Plot:
    """Draws the response in our style."""
    subject = result.subject
    drawn = draw_in_style(
        lambda: levers.response_plot(
            result.curves, result.lever, subject_caption(subject, tongue), subject.calibrated, tongue
        )
    )
    assert drawn is not None  # it always draws
    return drawn


def write_report(result: ResponseResult, folder: Path, tongue: Translator = ENGLISH) -> Path:
    """Writes response.html, response.csv and the plot; returns the page's path."""
    subject = result.subject
    write_file(folder / "response.csv", csv_text(levers.response_columns(result.curves, result.lever)))
    page = load_template("levers.html.j2").render(
        _=tongue,
        study=folder.name,
        title=tongue("what arrives against {lever}", lever=result.lever.path),
        first_words=[f"{subject.scenario}, {subject.regime}.", *response_sentences(result.curves, tongue)],
        banners=[tongue(BANNER)] * (not subject.calibrated),
        credibility=credibility.lowest_score_sentence(tongue),
        plots=write_plots([draw_response(result, tongue)], folder),
        tables=[
            {"title": _curve_title(curve, tongue),
             "words": tongue("What arrives at each point, and the paired difference to the one before."),
             "rows": curve_rows(curve, tongue)}
            for curve in result.curves
        ],
        notes=_report_notes(result, tongue),
        command=subject.command,
    )  # fmt: skip
    return write_file(folder / "response.html", page)


def _curve_title(curve: ResponseCurve, tongue: Translator) -> str:
    return (
        tongue("Under “{structure}” ceilings", structure=curve.structure)
        if curve.structure
        else tongue("Point by point")
    )


def _report_notes(result: ResponseResult, tongue: Translator) -> list[str]:
    notes = [tongue(note) for note in NOTES]
    if result.lacking:
        lacking = ", ".join(result.lacking)
        notes.append(
            tongue("Left out, because they lack {lever}: {lacking}.", lever=result.lever.path, lacking=lacking)
        )
    return notes
