"""What became of the worlds, for a terminal, as Markdown, as JUnit's XML and as a page. No times and no machine: the
same program gives the same bytes. It judges nothing.
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
    CANNOT_JUDGE: "it cannot be said: wrong words on the command, no baseline, or one that cannot be read",
    EQUIVALENT: "changed, and all measures are surely within their margins",
    INCONCLUSIVE: "changed, and of a measure it cannot be said: more replications are needed",
}
HEADINGS = ("measure", "state", "then", "now", "now less then", "margin")
_MOVED_STATES: tuple[State, ...] = ("different", "gone", "inconclusive", "equivalent")
_MAX_LINES = 8  # on a terminal
METHOD_NOTE = (
    f"Equivalent: two one-sided tests at {EQUIVALENCE_ALPHA:.0%} put the mean of the differences within the "
    "margin. Different: not "
    f"so, and it stands out at {ALPHA:g} (Holm over the world's measures), or replications spread otherwise. Else "
    "inconclusive. What did not change is not tested. In brackets: intervals of 95 %."
)


def exit_code(verdicts: Sequence[WorldVerdict], objections: Sequence[str] = ()) -> int:
    """What the command ends with."""
    states = {each.state for each in verdicts}
    if objections or states & set(RED_STATES):
        return DIFFERENT
    return INCONCLUSIVE if "inconclusive" in states else EQUIVALENT if "equivalent" in states else UNCHANGED


def summary_sentence(verdicts: Sequence[WorldVerdict], objections: Sequence[str] = ()) -> str:
    """One sentence on all of it."""
    said = EXIT_CODES[exit_code(verdicts, objections)].partition(":")[0].partition(",")[0]
    counts = [
        f"{n} {state}"
        for state in (*_MOVED_STATES, "new")
        if (n := sum(len(each.findings_in(state)) for each in verdicts))
    ]
    return f"{said}; {len(verdicts)} worlds, measures: {', '.join(counts) or 'all the same'}"


def world_text(verdict: WorldVerdict) -> str:
    """A world on a terminal: what changed, and the measures that moved most."""
    said = [f"{verdict.world}: {verdict.state}. {triage_sentence(verdict)}"]
    said += [f"  {line}" for number_, parting in verdict.divergences[:1] for line in divergence_lines(number_, parting)]
    moved = [each for state in _MOVED_STATES for each in verdict.findings_in(state)]
    said += [f"  {each.state:<12} {each.measure}: {movement_text(each)}" for each in moved[:_MAX_LINES]]
    said += [f"  and {len(moved) - _MAX_LINES} more"] * (len(moved) > _MAX_LINES)
    said += [f"  {'new':<12} {each.measure}" for each in verdict.findings_in("new")]
    return "\n".join(said)


def triage_sentence(verdict: WorldVerdict) -> str:
    """The triage in words, and how many replications it is about."""
    told = TRIAGE[verdict.triage] if not verdict.error else f"{TRIAGE['failed']}: {verdict.error}"
    changed = ", ".join(f"{which} in {n}" for which, n in verdict.changed.items() if n)
    changed += f" of {verdict.replications} replications" if changed else ""
    changed += f", events first in replication {verdict.first_changed}" if verdict.first_changed else ""
    if verdict.unmargined_changes:
        told += f"; without a margin, in replication 0: {', '.join(verdict.unmargined_changes[:_MAX_LINES])}"
        told += f" and {len(verdict.unmargined_changes) - _MAX_LINES} more" * (
            len(verdict.unmargined_changes) > _MAX_LINES
        )
    return told + (f" ({changed})" if changed else "")


def movement_text(finding: MeasureFinding) -> str:
    """By how much a measure moved, against its margin, and what else is to be said."""
    if finding.difference is None:
        return finding.note or "it is no longer measured"
    per, unit = _display_unit(finding)
    said = f"{_mean_cell(finding.difference.mean, per, sign=True)} {unit}, margin {format_number(finding.margin * per)}"
    return "; ".join(filter(None, (said, _replications_needed_text(finding), finding.note)))


def divergence_lines(replication: int, parting: Divergence) -> list[str]:
    """Where the log of a replication leaves the one that was kept."""
    said = [
        f"replication {replication} is the same up to row {parting.first_row} of {parting.old_rows} "
        f"(now {parting.new_rows})"
    ]
    said += ["it leaves the log of then at one of these rows:", *(f"  {row}" for row in parting.rows)]
    if not parting.rows:
        said[-1] = "and ends there"
    if parting.followed_load:
        who, was, now = parting.followed_load
        said += [f"first of the loads that are followed, {who}:", f"  - {was}", f"  + {now}"]
    return said


def drift_rows(verdict: WorldVerdict, *states: State) -> list[tuple[str, ...]]:
    """The drift table: a row a measure of these states, the one that moved most of its margin first."""
    return [_finding_row(each) for each in verdict.findings_in(*states)]


def markdown_report(verdicts: Sequence[WorldVerdict], objections: Sequence[str]) -> str:
    """The artefact as Markdown; what moved within its margin, or not at all, is counted and not listed."""
    said = ["# Model regression", "", f"**{summary_sentence(verdicts, objections)}.**", ""]
    said += [f"- {each}" for each in objections] + [""] * bool(objections)
    for verdict in verdicts:
        said += [
            f"## {verdict.world}: {verdict.state}",
            "",
            f"{triage_sentence(verdict)}.",
            "",
            f"{state_counts(verdict)}.",
            "",
        ]
        for replication, parting in verdict.divergences:
            said += ["```text", *divergence_lines(replication, parting), "```", ""]
        if table := drift_rows(verdict, "different", "gone", "inconclusive", "new"):
            said += [_markdown_row(cells) for cells in (HEADINGS, ("---",) * len(HEADINGS), *table)] + [""]
    return "\n".join([*said, METHOD_NOTE, ""])


def state_counts(verdict: WorldVerdict) -> str:
    """How many measures are in which state."""
    states: tuple[State, ...] = ("same", "equivalent", "inconclusive", "different", "gone", "new")
    return "Measures: " + (", ".join(f"{n} {s}" for s in states if (n := len(verdict.findings_in(s)))) or "none")


def junit_report(verdicts: Sequence[WorldVerdict], objections: Sequence[str]) -> str:
    """A suite a world: a case for its digests and one for each measure. Green is what did not change at all, or what
    is surely within its margin; a changed digest is red, so that nothing changes unseen."""
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
    """The artefact as one file for a browser, around plots that are drawn already."""
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
    """The name of its plot's files."""
    return f"drift_{verdict.world}"


def _finding_row(finding: MeasureFinding) -> tuple[str, ...]:
    difference = finding.difference.mean if finding.difference else None
    per, unit = _display_unit(finding)
    return (
        f"{finding.measure} [{unit}]", "; ".join(filter(None, (finding.state, _replications_needed_text(finding),
            finding.note))),
        _mean_cell(finding.old, per), _mean_cell(finding.new, per), _mean_cell(difference, per, sign=True),
        format_number(finding.margin * per) if finding.margin else "–",
    )  # fmt: skip


def _replications_needed_text(finding: MeasureFinding) -> str:
    return f"about {finding.replications_needed} replications would decide" if finding.replications_needed else ""


def _mean_cell(mean: MeanInterval | None, per: int, sign: bool = False) -> str:
    """`66 (59 to 74)`."""
    if mean is None:
        return "–"
    shown = MeanInterval(mean.n, mean.mean * per, None if mean.half is None else mean.half * per)
    return format_number(shown.mean, shown.half, sign) + ("" if shown.half is None else f" ({format_interval(shown)})")


def _display_unit(finding: MeasureFinding) -> tuple[int, str]:
    """Shares are told in percent, so that their decimals say something."""
    return (100, "%") if finding.unit == "share" else (1, finding.unit)


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _add_suite(root: Xml.Element, name: str, cases: Sequence[tuple[str, str, str, str]]) -> None:
    """cases : (name, what is wrong or nothing, kind of it, why it was passed over or nothing)."""
    wrong, passed_over = sum(bool(case[1]) for case in cases), sum(bool(case[3]) for case in cases)
    suite = Xml.SubElement(root, "testsuite", name=name, tests=str(len(cases)), failures=str(wrong),
                           errors="0", skipped=str(passed_over))  # fmt: skip
    for case, said, kind, skipped in cases:
        element = Xml.SubElement(suite, "testcase", classname=f"regression.{name}", name=case)
        if said:
            Xml.SubElement(element, "failure", type=kind, message=said)
        elif skipped:
            Xml.SubElement(element, "skipped", message=skipped)


def report_files(folder: Path) -> dict[str, Path]:
    """What is written, by kind."""
    return {"junit": folder / "junit.xml", "markdown": folder / "regress.md", "page": folder / "regress.html"}
