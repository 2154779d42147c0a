"""Findings as a table for a terminal, as Markdown and as JSON. No times and no machine: same program, same bytes."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from analysis.verification.checking import ALLOWED, SEED, SURELY, Finding

HEADER = ("family", "case", "statistic", "expected", "found", "std. error", "allowed", "finds", "verdict")
LONGEST = 24


def rows(findings: Sequence[Finding]) -> list[tuple[str, ...]]:
    """A row a statistic."""
    return [
        (
            each.family, each.case, each.statistic, _short(each.expected), _short(each.found),
            _short(each.error), _short(each.allowed), _shift(each), each.verdict,
        )
        for each in findings
    ]  # fmt: skip


def lines(findings: Sequence[Finding], header: bool = True) -> str:
    """The rows in columns of fixed width, so that they can be printed as they come."""
    widths = (16, 46, 34, LONGEST, LONGEST, 10, 10, 8, 9)
    shown = [HEADER, *rows(findings)] if header else rows(findings)
    return "\n".join(
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown
    )


def summary(findings: Sequence[Finding]) -> str:
    """One sentence on all of it."""
    cases, means = len({each.case for each in findings}), sum(each.error is not None for each in findings)
    bad = [each for each in findings if each.verdict != "right"]
    said = f"{cases} cases, {len(findings)} statistics, {means} of them means over luck: "
    if not bad:
        return said + "all right"
    return said + f"{len(bad)} not right, in {', '.join(sorted({each.case for each in bad}))}"


def markdown(findings: Sequence[Finding]) -> str:
    """The whole table, with what its columns mean."""
    head = (
        "# Verification\n\n"
        f"{summary(findings)}.\n\n"
        "Each case is a planner's file, read and run by the program; what must come out is worked out by hand, by a "
        "formula or by equations. Without luck it comes out exactly, by both engines. A mean over replications "
        f"(seed {SEED}) may lie {ALLOWED} standard errors from theory; `finds` is the shift of it, in percent, that "
        f"would be found in 95 of 100 programs that have it ({ALLOWED + SURELY:.3f} standard errors).\n\n"
    )
    table = [(*HEADER, "by"), ("---",) * (len(HEADER) + 1)]
    table += [(*row, each.by) for row, each in zip(rows(findings), findings, strict=True)]
    return head + "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in table) + "\n"


def as_json(findings: Sequence[Finding]) -> str:
    told = {
        "right": all(each.verdict == "right" for each in findings),
        "seed": SEED,
        "standard_errors_allowed": ALLOWED,
        "findings": [asdict(each) for each in findings],
    }
    return json.dumps(told, indent=1) + "\n"


def _shift(finding: Finding) -> str:
    return "" if finding.finds is None else f"{100 * finding.finds / abs(finding.expected):.1f} %"


def _short(value: Any) -> str:
    """A value in so many characters."""
    if value is None:
        return ""
    if isinstance(value, list):
        text = f"[{', '.join(_short(each) for each in value)}]"
    else:
        text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
