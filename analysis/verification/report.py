"""Findings as a table for a terminal, as Markdown and as JSON. No times and no machine: same program, same bytes."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from analysis.verification.checking import ALLOWED_ERRORS, POWER_ERRORS, SEED, StatisticFinding

HEADINGS = ("family", "case", "statistic", "expected", "found", "std. error", "allowed", "finds", "verdict")
MAX_CELL_LENGTH = 24


def finding_rows(findings: Sequence[StatisticFinding]) -> list[tuple[str, ...]]:
    """A row a statistic."""
    return [
        (
            each.family, each.case, each.statistic, _shortened(each.expected), _shortened(each.found),
            _shortened(each.error), _shortened(each.allowed), _detectable_shift_cell(each), each.verdict,
        )
        for each in findings
    ]  # fmt: skip


def terminal_lines(findings: Sequence[StatisticFinding], header: bool = True) -> str:
    """The rows in columns of fixed width, so that they can be printed as they come."""
    widths = (16, 46, 34, MAX_CELL_LENGTH, MAX_CELL_LENGTH, 10, 10, 8, 9)
    shown = [HEADINGS, *finding_rows(findings)] if header else finding_rows(findings)
    return "\n".join(
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown
    )


def summary_sentence(findings: Sequence[StatisticFinding]) -> str:
    """One sentence on all of it."""
    cases, means = len({each.case for each in findings}), sum(each.error is not None for each in findings)
    bad = [each for each in findings if each.verdict != "right"]
    said = f"{cases} cases, {len(findings)} statistics, {means} of them means over luck: "
    if not bad:
        return said + "all right"
    return said + f"{len(bad)} not right, in {', '.join(sorted({each.case for each in bad}))}"


def markdown_report(findings: Sequence[StatisticFinding]) -> str:
    """The whole table, with what its columns mean."""
    head = (
        "# Verification\n\n"
        f"{summary_sentence(findings)}.\n\n"
        "Each case is a planner's file, read and run by the program; what must come out is worked out by hand, by a "
        "formula or by equations. Without luck it comes out exactly, by both engines. A mean over replications "
        f"(seed {SEED}) may lie {ALLOWED_ERRORS} standard errors from theory; `finds` is the shift of it, in percent, "
        "that "
        f"would be found in 95 of 100 programs that have it ({ALLOWED_ERRORS + POWER_ERRORS:.3f} standard errors).\n\n"
    )
    table = [(*HEADINGS, "by"), ("---",) * (len(HEADINGS) + 1)]
    table += [(*row, each.by) for row, each in zip(finding_rows(findings), findings, strict=True)]
    return head + "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in table) + "\n"


def json_report(findings: Sequence[StatisticFinding]) -> str:
    told = {
        "right": all(each.verdict == "right" for each in findings),
        "seed": SEED,
        "standard_errors_allowed": ALLOWED_ERRORS,
        "findings": [asdict(each) for each in findings],
    }
    return json.dumps(told, indent=1) + "\n"


def _detectable_shift_cell(finding: StatisticFinding) -> str:
    return "" if finding.finds is None else f"{100 * finding.finds / abs(finding.expected):.1f} %"


def _shortened(value: Any) -> str:
    """A value in so many characters."""
    if value is None:
        return ""
    if isinstance(value, list):
        text = f"[{', '.join(_shortened(each) for each in value)}]"
    else:
        text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= MAX_CELL_LENGTH else f"{text[: MAX_CELL_LENGTH - 3]}..."
