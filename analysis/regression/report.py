"""Reports of the gate: for a terminal, as Markdown, as JUnit XML and as an HTML page. It judges nothing.

Reports contain no times and no machine names: the same program gives the same bytes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from analysis.intervals import MeanInterval
from analysis.language.numbers import format_interval, format_number
from analysis.plots.files import load_template
from analysis.regression.judging import (
    ALPHA,
    EQUIVALENCE_ALPHA,
    RED_STATES,
    TRIAGE,
    MeasureFinding,
    State,
    WorldVerdict,
)
from analysis.regression.trail import Divergence

UNCHANGED, DIFFERENT, CANNOT_JUDGE, EQUIVALENT, INCONCLUSIVE = 0, 1, 2, 3, 4
EXIT_CODES = {
    UNCHANGED: "unchanged: every digest and every measure is what it was",
    DIFFERENT: "different: a measure moved beyond its margin or is gone, a world does not run, or no *Regression* line "
    "stands behind the baseline",
    CANNOT_JUDGE: "not judged: wrong arguments, no baseline, or a baseline that cannot be read",
    EQUIVALENT: "changed, and all measures are significantly within their margins",
    INCONCLUSIVE: "changed, and a measure is inconclusive: more replications are needed",
}
HEADINGS = ("measure", "state", "then", "now", "now less then", "margin")
_MOVED_STATES: tuple[State, ...] = ("different", "gone", "inconclusive", "equivalent")
_MAX_LINES = 8  # on a terminal
METHOD_NOTE = (
    f"Equivalent: two one-sided tests at {EQUIVALENCE_ALPHA:.0%} put the mean of the differences within the "
    "margin. Different: they do not, and the mean difference is significant at "
    f"{ALPHA:g} (Holm over the world's measures), or the distribution changed. Otherwise inconclusive. Unchanged "
    "measures are not tested. In brackets: 95 % intervals."
)


def exit_code(verdicts: Sequence[WorldVerdict], objections: Sequence[str] = ()) -> int:
    """Returns the exit code of the command: a key of EXIT_CODES."""
    states = {each.state for each in verdicts}
    if objections or states & set(RED_STATES):
        return DIFFERENT
    return INCONCLUSIVE if "inconclusive" in states else EQUIVALENT if "equivalent" in states else UNCHANGED


def summary_sentence(verdicts: Sequence[WorldVerdict], objections: Sequence[str] = ()) -> str:
    """Returns one sentence on all worlds."""
    conclusion = EXIT_CODES[exit_code(verdicts, objections)].partition(":")[0].partition(",")[0]
    counts = [
        f"{n} {state}"
        for state in (*_MOVED_STATES, "new")
        if (n := sum(len(each.findings_in(state)) for each in verdicts))
    ]
    return f"{conclusion}; {len(verdicts)} worlds, measures: {', '.join(counts) or 'all the same'}"


def world_text(verdict: WorldVerdict) -> str:
    """Returns a world for the terminal: what changed, and the measures that moved most."""
    lines = [f"{verdict.world}: {verdict.state}. {triage_sentence(verdict)}"]
    lines += [
        f"  {line}"
        for replication, divergence in verdict.divergences[:1]
        for line in divergence_lines(replication, divergence)
    ]
    moved = [each for state in _MOVED_STATES for each in verdict.findings_in(state)]
    lines += [f"  {each.state:<12} {each.measure}: {movement_text(each)}" for each in moved[:_MAX_LINES]]
    lines += [f"  and {len(moved) - _MAX_LINES} more"] * (len(moved) > _MAX_LINES)
    lines += [f"  {'new':<12} {each.measure}" for each in verdict.findings_in("new")]
    return "\n".join(lines)


def triage_sentence(verdict: WorldVerdict) -> str:
    """Returns the triage in words, with the number of replications that changed."""
    sentence = TRIAGE[verdict.triage] if not verdict.error else f"{TRIAGE['failed']}: {verdict.error}"
    changed = ", ".join(f"{which} in {n}" for which, n in verdict.changed.items() if n)
    changed += f" of {verdict.replications} replications" if changed else ""
    changed += f", events first in replication {verdict.first_changed}" if verdict.first_changed else ""
    if verdict.unmargined_changes:
        sentence += f"; without a margin, in replication 0: {', '.join(verdict.unmargined_changes[:_MAX_LINES])}"
        sentence += f" and {len(verdict.unmargined_changes) - _MAX_LINES} more" * (
            len(verdict.unmargined_changes) > _MAX_LINES
        )
    return sentence + (f" ({changed})" if changed else "")


def movement_text(finding: MeasureFinding) -> str:
    """Returns the movement of a measure against its margin, with the notes on it."""
    if finding.difference is None:
        return finding.note or "it is no longer measured"
    factor, unit = _display_unit(finding)
    mean, margin = _mean_cell(finding.difference.mean, factor, sign=True), format_number(finding.margin * factor)
    movement = f"{mean} {unit}, margin {margin}"
    return "; ".join(filter(None, (movement, _replications_needed_text(finding), finding.note)))


def divergence_lines(replication: int, divergence: Divergence) -> list[str]:
    """Returns lines that say where the log of a replication diverges from the stored one."""
    lines = [
        f"replication {replication} is the same up to row {divergence.first_row} of {divergence.old_rows} "
        f"(now {divergence.new_rows})"
    ]
    lines += ["its log diverges at one of these rows:", *(f"  {row}" for row in divergence.rows)]
    if not divergence.rows:
        lines[-1] = "and ends there"
    if divergence.followed_load:
        load, was, now = divergence.followed_load
        lines += [f"first of the loads that are followed, {load}:", f"  - {was}", f"  + {now}"]
    return lines


def drift_rows(verdict: WorldVerdict, *states: State) -> list[tuple[str, ...]]:
    """Returns a row for each measure in these states, by falling ratio of difference to margin."""
    return [_finding_row(each) for each in verdict.findings_in(*states)]


def markdown_report(verdicts: Sequence[WorldVerdict], objections: Sequence[str]) -> str:
    """Returns the report as Markdown; measures within their margins are counted and not listed."""
    lines = ["# Model regression", "", f"**{summary_sentence(verdicts, objections)}.**", ""]
    lines += [f"- {each}" for each in objections] + [""] * bool(objections)
    for verdict in verdicts:
        lines += [
            f"## {verdict.world}: {verdict.state}",
            "",
            f"{triage_sentence(verdict)}.",
            "",
            f"{state_counts(verdict)}.",
            "",
        ]
        for replication, divergence in verdict.divergences:
            lines += ["```text", *divergence_lines(replication, divergence), "```", ""]
        if table := drift_rows(verdict, "different", "gone", "inconclusive", "new"):
            lines += [_markdown_row(cells) for cells in (HEADINGS, ("---",) * len(HEADINGS), *table)] + [""]
    return "\n".join([*lines, METHOD_NOTE, ""])


def state_counts(verdict: WorldVerdict) -> str:
    """Returns the number of measures in each state, as text."""
    states: tuple[State, ...] = ("same", "equivalent", "inconclusive", "different", "gone", "new")
    return "Measures: " + (", ".join(f"{n} {s}" for s in states if (n := len(verdict.findings_in(s)))) or "none")


def junit_report(verdicts: Sequence[WorldVerdict], objections: Sequence[str]) -> str:
    """Returns the report as JUnit XML: a suite for each world, with a case for its digests and one for each measure.

    A measure passes if it did not change or is equivalent. A changed digest fails, so that no change goes unnoticed.
    """
    root = Xml.Element("testsuites", name="regression")
    _add_suite(root, "baseline", [("its line in CHANGELOG.md", "; ".join(objections), "objection", "")])
    for verdict in verdicts:
        red = verdict.triage != "unchanged"
        cases = [("digests", triage_sentence(verdict) if red else "", verdict.triage, "")]
        for each in verdict.findings:
            bad = each.state in (*RED_STATES, "inconclusive")
            new = "not in the baseline" if each.state == "new" else ""
            cases.append((each.measure, movement_text(each) if bad else "", each.state, new))
        _add_suite(root, verdict.world, cases)
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def html_report(verdicts: Sequence[WorldVerdict], objections: Sequence[str], plots: Sequence[dict[str, Any]]) -> str:
    """Returns the report as one HTML file around the plots given."""
    return load_template("regress.html.j2").render(
        title="Model regression",
        summary=summary_sentence(verdicts, objections),
        objections=objections,
        worlds=[
            {
                "verdict": each,
                "heading": triage_sentence(each),
                "counted": state_counts(each),
                "parted": ["\n".join(divergence_lines(*where)) for where in each.divergences],
                "open": [HEADINGS, *drift_rows(each, "different", "gone", "inconclusive", "new")],
                "closed": [HEADINGS, *drift_rows(each, "equivalent")],
                "plots": [plot for plot in plots if plot["stem"] == plot_stem(each)],
            }
            for each in verdicts
        ],
        how=METHOD_NOTE,
    )


def plot_stem(verdict: WorldVerdict) -> str:
    """Returns the file name of a world's plot, without its suffix."""
    return f"drift_{verdict.world}"


def _finding_row(finding: MeasureFinding) -> tuple[str, ...]:
    difference = finding.difference.mean if finding.difference else None
    factor, unit = _display_unit(finding)
    return (
        f"{finding.measure} [{unit}]", "; ".join(filter(None, (finding.state, _replications_needed_text(finding),
            finding.note))),
        _mean_cell(finding.old, factor), _mean_cell(finding.new, factor), _mean_cell(difference, factor, sign=True),
        format_number(finding.margin * factor) if finding.margin else "–",
    )  # fmt: skip


def _replications_needed_text(finding: MeasureFinding) -> str:
    return f"about {finding.replications_needed} replications would decide" if finding.replications_needed else ""


def _mean_cell(mean: MeanInterval | None, factor: int, sign: bool = False) -> str:
    """Returns a mean with its interval as text: `66 (59 to 74)`."""
    if mean is None:
        return "–"
    shown = MeanInterval(mean.n, mean.mean * factor, None if mean.half is None else mean.half * factor)
    return format_number(shown.mean, shown.half, sign) + ("" if shown.half is None else f" ({format_interval(shown)})")


def _display_unit(finding: MeasureFinding) -> tuple[int, str]:
    """Returns (factor, unit) for display: shares are shown in percent."""
    return (100, "%") if finding.unit == "share" else (1, finding.unit)


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _add_suite(root: Xml.Element, name: str, cases: Sequence[tuple[str, str, str, str]]) -> None:
    """Adds a suite.  cases : (name, failure message or empty, its type, reason for skipping or empty)."""
    failures, skipped_cases = sum(bool(case[1]) for case in cases), sum(bool(case[3]) for case in cases)
    suite = Xml.SubElement(root, "testsuite", name=name, tests=str(len(cases)), failures=str(failures),
                           errors="0", skipped=str(skipped_cases))  # fmt: skip
    for case, message, kind, skipped in cases:
        element = Xml.SubElement(suite, "testcase", classname=f"regression.{name}", name=case)
        if message:
            Xml.SubElement(element, "failure", type=kind, message=message)
        elif skipped:
            Xml.SubElement(element, "skipped", message=skipped)


def report_files(folder: Path) -> dict[str, Path]:
    """Returns the paths of the reports, by kind."""
    return {"junit": folder / "junit.xml", "markdown": folder / "regress.md", "page": folder / "regress.html"}
