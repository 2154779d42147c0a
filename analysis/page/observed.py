"""Observed windows in words for a terminal: means with their residuals, and how much days differ."""

from collections.abc import Sequence
from datetime import date

from analysis.language.numbers import number
from analysis.observed.comparison import Compared
from analysis.statistics.spread import Spread

HEAD = ("window", "series, by authority", "observed", "s.e. (weeks)", "model, 95 %", "coverage", "residual", "in s.e.",
        "within 2")  # fmt: skip
NOTES = (
    "Trucks a day. Standard errors come from weekly means of the observed days; with few weeks they are rough",
    "themselves. The model's interval covers the luck of the replications only, not the parameters; coverage is the",
    "model's mean at both ends of the share that the series is taken to contain. Authorities count different things at",
    "different moments: each series has its own residual, and none is averaged with another's.",
)

HEAD_OF_DAYS = ("window", "series, by authority", "cv observed", "model", "of the rest", "model", "lag one", "model")
NOTES_OF_DAYS = (
    "How much days differ, from observed days and as the mean of the model's replications: cv is standard deviation by",
    "mean; the rest is what is left when each day is compared with the mean of its weekday in the window, and lag one",
    "its correlation from day to day. A window has few days, so these are rough.",
)


def table(found: Sequence[Compared]) -> str:
    """The windows for a terminal: uncertainty first, a line for each series and none for two."""
    if not found:
        return "No run of this study covers a window that was observed, in its regime and scenario."
    found = in_order(found)
    of_days = [_row_of_days(each, *each.days) for each in found if each.days is not None]
    told = [*_aligned([HEAD, *map(_row, found)]), "", *NOTES]
    return "\n".join([*told, "", *_aligned([HEAD_OF_DAYS, *of_days]), "", *NOTES_OF_DAYS] if of_days else told)


def in_order(found: Sequence[Compared]) -> list[Compared]:
    """By window, and within one as the rules stand."""
    return sorted(found, key=_by_window)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """A line for each row: the words left, the numbers right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if k < 2 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _by_window(each: Compared) -> tuple[date, date, str]:
    window = each.rule.windows[each.window]
    return window.since, window.until, each.run


def _row_of_days(each: Compared, observed: Spread, model: Spread) -> list[str]:
    pairs = ((observed.cv, model.cv), (observed.cv_of_rest, model.cv_of_rest), (observed.lag_one, model.lag_one))
    told = ["–" if value is None else number(value, 0.1) for pair in pairs for value in pair]
    return [each.window, f"{each.rule.title}, {each.rule.authority}", *told]


def _row(each: Compared) -> list[str]:
    half = "" if each.model.half is None else f" ± {number(each.model.half, 1)}"
    return [
        each.window,
        f"{each.rule.title}, {each.rule.authority}",
        number(each.observed, 1),
        "reported" if each.rule.days is None else "–" if each.se is None else f"{number(each.se, 1)} ({each.weeks})",
        f"{number(each.model.mean, 1)}{half}",
        f"{number(each.low, 1)} to {number(each.high, 1)}",
        number(each.residual, 1, sign=True),
        "–" if each.in_se is None else number(each.in_se, 1, sign=True),
        {None: "–", True: "yes", False: "no"}[each.fits],
    ]
