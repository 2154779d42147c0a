"""What became of the worlds, for a terminal, as Markdown, as JUnit's XML and as a page. No times and no machine: the
same program gives the same bytes. It judges nothing.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from analysis.intervals import Mean
from analysis.language.numbers import interval, number
from analysis.plots.files import template_of
from analysis.regression.judging import ALPHA, RED, SIDED, TRIAGE, Finding, State, Verdict
from analysis.regression.trail import Parting

UNCHANGED, DIFFERENT, WRONG, EQUIVALENT, INCONCLUSIVE = 0, 1, 2, 3, 4
CODES = {
    UNCHANGED: "unchanged: every digest and every measure is what it was",
    DIFFERENT: "different: a measure moved beyond its margin or is gone, a world does not run, or no *Regression* line "
    "stands behind the baseline",
    WRONG: "it cannot be said: wrong words on the command, no baseline, or one that cannot be read",
    EQUIVALENT: "changed, and all measures are surely within their margins",
    INCONCLUSIVE: "changed, and of a measure it cannot be said: more replications are needed",
}
HEAD = ("measure", "state", "then", "now", "now less then", "margin")
_MOVED: tuple[State, ...] = ("different", "gone", "inconclusive", "equivalent")
_MOST = 8  # on a terminal
HOW = (
    f"Equivalent: two one-sided tests at {SIDED:.0%} put the mean of the differences within the margin. Different: not "
    f"so, and it stands out at {ALPHA:g} (Holm over the world's measures), or replications spread otherwise. Else "
    "inconclusive. What did not change is not tested. In brackets: intervals of 95 %."
)


def code_of(verdicts: Sequence[Verdict], objections: Sequence[str] = ()) -> int:
    """What the command ends with."""
    states = {each.state for each in verdicts}
    if objections or states & set(RED):
        return DIFFERENT
    return INCONCLUSIVE if "inconclusive" in states else EQUIVALENT if "equivalent" in states else UNCHANGED


def summary(verdicts: Sequence[Verdict], objections: Sequence[str] = ()) -> str:
    """One sentence on all of it."""
    said = CODES[code_of(verdicts, objections)].partition(":")[0].partition(",")[0]
    counts = [f"{n} {state}" for state in (*_MOVED, "new") if (n := sum(len(each.of(state)) for each in verdicts))]
    return f"{said}; {len(verdicts)} worlds, measures: {', '.join(counts) or 'all the same'}"


def lines(verdict: Verdict) -> str:
    """A world on a terminal: what changed, and the measures that moved most."""
    said = [f"{verdict.world}: {verdict.state}. {heading(verdict)}"]
    said += [f"  {line}" for number_, parting in verdict.parted[:1] for line in parted(number_, parting)]
    moved = [each for state in _MOVED for each in verdict.of(state)]
    said += [f"  {each.state:<12} {each.measure}: {movement(each)}" for each in moved[:_MOST]]
    said += [f"  and {len(moved) - _MOST} more"] * (len(moved) > _MOST)
    said += [f"  {'new':<12} {each.measure}" for each in verdict.of("new")]
    return "\n".join(said)


def heading(verdict: Verdict) -> str:
    """The triage in words, and how many replications it is about."""
    told = TRIAGE[verdict.triage] if not verdict.error else f"{TRIAGE['failed']}: {verdict.error}"
    changed = ", ".join(f"{which} in {n}" for which, n in verdict.changed.items() if n)
    changed += f" of {verdict.replications} replications" if changed else ""
    changed += f", events first in replication {verdict.first}" if verdict.first else ""
    if verdict.beside:
        told += f"; without a margin, in replication 0: {', '.join(verdict.beside[:_MOST])}"
        told += f" and {len(verdict.beside) - _MOST} more" * (len(verdict.beside) > _MOST)
    return told + (f" ({changed})" if changed else "")


def movement(finding: Finding) -> str:
    """By how much a measure moved, against its margin, and what else is to be said."""
    if finding.difference is None:
        return finding.note or "it is no longer measured"
    per, unit = _unit(finding)
    said = f"{_mean(finding.difference.mean, per, sign=True)} {unit}, margin {number(finding.margin * per)}"
    return "; ".join(filter(None, (said, _needs(finding), finding.note)))


def parted(replication: int, parting: Parting) -> list[str]:
    """Where the log of a replication leaves the one that was kept."""
    said = [
        f"replication {replication} is the same up to row {parting.row} of {parting.old_rows} (now {parting.new_rows})"
    ]
    said += ["it leaves the log of then at one of these rows:", *(f"  {row}" for row in parting.rows)]
    if not parting.rows:
        said[-1] = "and ends there"
    if parting.followed:
        who, was, now = parting.followed
        said += [f"first of the loads that are followed, {who}:", f"  - {was}", f"  + {now}"]
    return said


def rows(verdict: Verdict, *states: State) -> list[tuple[str, ...]]:
    """The drift table: a row a measure of these states, the one that moved most of its margin first."""
    return [_row(each) for each in verdict.of(*states)]


def markdown(verdicts: Sequence[Verdict], objections: Sequence[str]) -> str:
    """The artefact as Markdown; what moved within its margin, or not at all, is counted and not listed."""
    said = ["# Model regression", "", f"**{summary(verdicts, objections)}.**", ""]
    said += [f"- {each}" for each in objections] + [""] * bool(objections)
    for verdict in verdicts:
        said += [f"## {verdict.world}: {verdict.state}", "", f"{heading(verdict)}.", "", f"{counted(verdict)}.", ""]
        for replication, parting in verdict.parted:
            said += ["```text", *parted(replication, parting), "```", ""]
        if table := rows(verdict, "different", "gone", "inconclusive", "new"):
            said += [_markdown(cells) for cells in (HEAD, ("---",) * len(HEAD), *table)] + [""]
    return "\n".join([*said, HOW, ""])


def counted(verdict: Verdict) -> str:
    """How many measures are in which state."""
    states: tuple[State, ...] = ("same", "equivalent", "inconclusive", "different", "gone", "new")
    return "Measures: " + (", ".join(f"{n} {s}" for s in states if (n := len(verdict.of(s)))) or "none")


def junit(verdicts: Sequence[Verdict], objections: Sequence[str]) -> str:
    """A suite a world: a case for its digests and one for each measure. Green is what did not change at all, or what
    is surely within its margin; a changed digest is red, so that nothing changes unseen."""
    root = Xml.Element("testsuites", name="regression")
    _suite(root, "baseline", [("its line in CHANGELOG.md", "; ".join(objections), "objection", "")])
    for verdict in verdicts:
        red = verdict.triage != "unchanged"
        cases = [("digests", heading(verdict) if red else "", verdict.triage, "")]
        for each in verdict.findings:
            bad = each.state in (*RED, "inconclusive")
            new = "not in the baseline" if each.state == "new" else ""
            cases.append((each.measure, movement(each) if bad else "", each.state, new))
        _suite(root, verdict.world, cases)
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def page(verdicts: Sequence[Verdict], objections: Sequence[str], plots: Sequence[dict[str, Any]]) -> str:
    """The artefact as one file for a browser, around plots that are drawn already."""
    return template_of("regress.html.j2").render(
        title="Model regression",
        summary=summary(verdicts, objections),
        objections=objections,
        worlds=[
            {
                "verdict": each,
                "heading": heading(each),
                "counted": counted(each),
                "parted": ["\n".join(parted(*where)) for where in each.parted],
                "open": [HEAD, *rows(each, "different", "gone", "inconclusive", "new")],
                "closed": [HEAD, *rows(each, "equivalent")],
                "plots": [plot for plot in plots if plot["stem"] == stem_of(each)],
            }
            for each in verdicts
        ],
        how=HOW,
    )


def stem_of(verdict: Verdict) -> str:
    """The name of its plot's files."""
    return f"drift_{verdict.world}"


def _row(finding: Finding) -> tuple[str, ...]:
    difference = finding.difference.mean if finding.difference else None
    per, unit = _unit(finding)
    return (
        f"{finding.measure} [{unit}]", "; ".join(filter(None, (finding.state, _needs(finding), finding.note))),
        _mean(finding.old, per), _mean(finding.new, per), _mean(difference, per, sign=True),
        number(finding.margin * per) if finding.margin else "–",
    )  # fmt: skip


def _needs(finding: Finding) -> str:
    return f"about {finding.needed} replications would decide" if finding.needed else ""


def _mean(mean: Mean | None, per: int, sign: bool = False) -> str:
    """`66 (59 to 74)`."""
    if mean is None:
        return "–"
    shown = Mean(mean.n, mean.mean * per, None if mean.half is None else mean.half * per)
    return number(shown.mean, shown.half, sign) + ("" if shown.half is None else f" ({interval(shown)})")


def _unit(finding: Finding) -> tuple[int, str]:
    """Shares are told in percent, so that their decimals say something."""
    return (100, "%") if finding.unit == "share" else (1, finding.unit)


def _markdown(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _suite(root: Xml.Element, name: str, cases: Sequence[tuple[str, str, str, str]]) -> None:
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


def files(folder: Path) -> dict[str, Path]:
    """What is written, by kind."""
    return {"junit": folder / "junit.xml", "markdown": folder / "regress.md", "page": folder / "regress.html"}
