"""Observed windows as text for a terminal: means with their residuals, and the variation between days."""

from collections.abc import Sequence
from datetime import date

from analysis.language.numbers import format_number
from analysis.observed.comparison import WindowComparison
from analysis.statistics.day_variation import DayVariation

HEADINGS = ("window", "series, by authority", "observed", "s.e. (weeks)", "model, 95 %", "coverage", "residual",
    "in s.e.",
        "within 2")  # fmt: skip
NOTES = (
    "Trucks a day. Standard errors come from weekly means of the observed days; with few weeks they are rough",
    "themselves. The model's interval covers the luck of the replications only, not the parameters; coverage is the",
    "model's mean at both ends of the share that the series is taken to contain. Authorities count different things at",
    "different moments: each series has its own residual, and none is averaged with another's.",
)

VARIATION_HEADINGS = (
    "window",
    "series, by authority",
    "cv observed",
    "model",
    "of the rest",
    "model",
    "lag one",
    "model",
)
VARIATION_NOTES = (
    "How much days differ, from observed days and as the mean of the model's replications: cv is standard deviation by",
    "mean; the rest is what is left when each day is compared with the mean of its weekday in the window, and lag one",
    "its correlation from day to day. A window has few days, so these are rough.",
)


def terminal_text(windows: Sequence[WindowComparison]) -> str:
    """Returns the windows as text, uncertainty first: a line for each series, and none over several series."""
    if not windows:
        return "No run of this study covers a window that was observed, in its regime and scenario."
    windows = sorted_by_window(windows)
    variation_rows = [_variation_row(each, *each.variation) for each in windows if each.variation is not None]
    lines = [*_aligned_lines([HEADINGS, *map(_comparison_row, windows)]), "", *NOTES]
    return "\n".join(
        [*lines, "", *_aligned_lines([VARIATION_HEADINGS, *variation_rows]), "", *VARIATION_NOTES]
        if variation_rows
        else lines
    )


def sorted_by_window(windows: Sequence[WindowComparison]) -> list[WindowComparison]:
    """Returns comparisons sorted by window, and within one in the order of the rules."""
    return sorted(windows, key=_window_order)


def _aligned_lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """Returns a line for each row: the first two columns aligned left, the others right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if k < 2 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _window_order(each: WindowComparison) -> tuple[date, date, str]:
    window = each.rule.windows[each.window]
    return window.since, window.until, each.run


def _variation_row(each: WindowComparison, observed: DayVariation, model: DayVariation) -> list[str]:
    pairs = (
        (observed.cv, model.cv),
        (observed.cv_of_residuals, model.cv_of_residuals),
        (observed.lag_one_correlation, model.lag_one_correlation),
    )
    cells = ["–" if value is None else format_number(value, 0.1) for pair in pairs for value in pair]
    return [each.window, f"{each.rule.title}, {each.rule.authority}", *cells]


def _comparison_row(each: WindowComparison) -> list[str]:
    half = "" if each.model.half is None else f" ± {format_number(each.model.half, 1)}"
    return [
        each.window,
        f"{each.rule.title}, {each.rule.authority}",
        format_number(each.observed, 1),
        "reported"
        if each.rule.days is None
        else "–"
        if each.standard_error is None
        else f"{format_number(each.standard_error, 1)} ({each.weeks})",
        f"{format_number(each.model.mean, 1)}{half}",
        f"{format_number(each.low, 1)} to {format_number(each.high, 1)}",
        format_number(each.residual, 1, sign=True),
        "–" if each.residual_in_se is None else format_number(each.residual_in_se, 1, sign=True),
        {None: "–", True: "yes", False: "no"}[each.fits],
    ]
