"""Reports of findings: a table for a terminal, Markdown and JSON.

They contain no times and no machine names: the same program gives the same bytes.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from analysis.verification.checking import ALLOWED_ERRORS, POWER_ERRORS, SEED, StatisticFinding

HEADINGS = ("family", "case", "statistic", "expected", "found", "std. error", "allowed", "finds", "verdict")
MAX_CELL_LENGTH = 24


def finding_rows(findings: Sequence[StatisticFinding]) -> list[tuple[str, ...]]:
    """Returns a row of cells for each statistic."""
    return [
        (
            each.family, each.case, each.statistic, _shortened(each.expected), _shortened(each.found),
            _shortened(each.error), _shortened(each.allowed), _detectable_shift_cell(each), each.verdict,
        )
        for each in findings
    ]  # fmt: skip


def terminal_lines(findings: Sequence[StatisticFinding], header: bool = True) -> str:
    """Returns the rows in columns of fixed width, so that they can be printed one case at a time."""
    widths = (16, 46, 34, MAX_CELL_LENGTH, MAX_CELL_LENGTH, 10, 10, 8, 9)
    shown = [HEADINGS, *finding_rows(findings)] if header else finding_rows(findings)
    return "\n".join(
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown
    )


def summary_sentence(findings: Sequence[StatisticFinding]) -> str:
    """Returns one sentence on all findings."""
    cases, means = len({each.case for each in findings}), sum(each.error is not None for each in findings)
    not_right = [each for each in findings if each.verdict != "right"]
    counts = f"{cases} cases, {len(findings)} statistics, {means} of them means over luck: "
    if not not_right:
        return counts + "all right"
    return counts + f"{len(not_right)} not right, in {', '.join(sorted({each.case for each in not_right}))}"


def markdown_report(findings: Sequence[StatisticFinding]) -> str:
    """Returns the whole table as Markdown, with the meaning of its columns."""
    head = (
        "# Verification\n\n"
        f"{summary_sentence(findings)}.\n\n"
        "Each case is a scenario that the program reads and runs; its expected values are worked out by hand, by a "
        "formula or by equations. Without random numbers both engines must match them exactly. A mean over "
        f"replications (seed {SEED}) may deviate by {ALLOWED_ERRORS} standard errors; `finds` is "
        "the shift of the mean, in percent, "
        f"that is detected with probability 95 % ({ALLOWED_ERRORS + POWER_ERRORS:.3f} standard errors).\n\n"
    )
    table = [(*HEADINGS, "by"), ("---",) * (len(HEADINGS) + 1)]
    table += [(*row, each.by) for row, each in zip(finding_rows(findings), findings, strict=True)]
    return head + "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in table) + "\n"


def json_report(findings: Sequence[StatisticFinding]) -> str:
    """Returns all findings as JSON."""
    report = {
        "right": all(each.verdict == "right" for each in findings),
        "seed": SEED,
        "standard_errors_allowed": ALLOWED_ERRORS,
        "findings": [asdict(each) for each in findings],
    }
    return json.dumps(report, indent=1) + "\n"


def _detectable_shift_cell(finding: StatisticFinding) -> str:
    return "" if finding.finds is None else f"{100 * finding.finds / abs(finding.expected):.1f} %"


def _shortened(value: Any) -> str:
    """Returns a value as text of at most MAX_CELL_LENGTH characters."""
    if value is None:
        return ""
    if isinstance(value, list):
        text = f"[{', '.join(_shortened(each) for each in value)}]"
    else:
        text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= MAX_CELL_LENGTH else f"{text[: MAX_CELL_LENGTH - 3]}..."
