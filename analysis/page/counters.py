"""How counters are said: tables for a terminal, and the cells of the page. Neutral words; it computes nothing."""

from collections.abc import Sequence
from typing import Any

from analysis.language.numbers import number
from analysis.language.tongue import ENGLISH, Tongue
from analysis.observed.counters import Beside, beside
from analysis.observed.rules import Series
from analysis.results.tables import RunResult, Study
from analysis.statistics.counters import Spread, Table, band, counters, shown, side_by_side, whereabouts

NOTES = (
    "Means over replications, and in brackets between what values 80 in 100 of them lie: luck only, not the",
    "parameters. Trucks are inbound trucks up to offloaded, and vehicles that collect from collected on, which carry",
    "other pallets. A load that is split over two places is a load at each; pallets add up. Each authority counts by",
    "its own rule (milestone, senders, gates, coverage), as does the model beside it; none is averaged with another.",
)
WHERE, OF, COUNTED = ("", "place", "loads", "pallets"), ("sector", "cargo", "crossing"), (
    "count", "by", "days", "counted", "model"
)  # fmt: skip


def text(study: Study, rules: Sequence[Series]) -> str:
    """For a terminal: counters, where the rest is, and authorities' counts, of each run."""
    lines = []
    for run in study.runs:
        table = counters(run)
        lines += [f"{run.label}: trucks a day", *_aligned(_by(table, "sector", "cargo", "crossing"), 3), ""]
        lines += [sentence, ""] if (sentence := reaching(run)) else []
        lines += ["Where they are", *_aligned(_where(table, run), 2), ""]
        if there := beside(run, rules):
            lines += ["Beside what was counted", *_aligned([COUNTED, *map(_counted, there)], 2), ""]
    return "\n".join([*lines, *NOTES])


def section(study: Study, rules: Sequence[Series]) -> list[dict[str, Any]]:
    """For the page: of each run its tables, by sector and crossing, a list of cells a row; the first are the heads."""
    found = []
    for run in study.runs:
        table = counters(run)
        tongue = study.tongue
        by = [(row[0], *row[2:]) for row in _by(table, "sector", "crossing", tongue=tongue)]  # all cargos together
        there = [_heads(COUNTED, tongue), *(_counted(each, tongue) for each in beside(run, rules))]
        told = {"label": run.label, "counts": by, "where": _where(table, run, tongue), "beside": there}
        found.append({**told, "reaching": reaching(run, tongue)})
    return found


def reaching(run: RunResult, tongue: Tongue = ENGLISH) -> str:
    """What arrived beside what was intercepted, as a range; empty where nothing can be intercepted."""
    if (found := band(run)) is None:
        return ""
    return tongue(
        "Arrived: {arrived} t a day. Intercepted on the way: {intercepted} t a day, and what share of it is "
        "consumed is not known, from none to all. So what arrived and what is consumed of the rest lie between {low} "
        "and {high} t a day.",
        arrived=said(found.arrived, tongue), intercepted=said(found.intercepted, tongue),
        low=number(found.arrived.mean), high=number(found.together.mean),
    )  # fmt: skip


def said(value: Spread | None, tongue: Tongue = ENGLISH) -> str:
    """`12.3 (10.0 to 15.1)`; a dash for what does not exist."""
    if value is None:
        return "–"
    mean, low, high = (number(part) for part in value)
    return mean if low == high else f"{mean} ({tongue('{low} to {high}', low=low, high=high)})"


def _by(table: Table, *kept: str, tongue: Tongue = ENGLISH) -> list[Sequence[str]]:
    heads = (*_heads(OF, tongue), *(tongue.known(what).replace("_", " ") for what in shown(table)))
    rows = side_by_side(table, *kept)
    return [heads, *((*map(tongue.known, of), *(said(value, tongue) for value in values)) for of, values in rows)]


def _where(table: Table, run: RunResult, tongue: Tongue = ENGLISH) -> list[Sequence[str]]:
    rows = whereabouts(table, run.days)
    return [
        _heads(WHERE, tongue),
        *(
            (tongue.known(what), place, said(loads, tongue) if loads else "", said(pallets, tongue))
            for what, place, loads, pallets in rows
        ),
    ]


def _counted(each: Beside, tongue: Tongue = ENGLISH) -> Sequence[str]:
    by = f"{each.title}, {each.authority}"
    return (tongue.known(each.milestone), by, str(each.days), number(each.observed), said(each.model, tongue))


def _heads(words: Sequence[str], tongue: Tongue) -> Sequence[str]:
    return [tongue.known(word) for word in words]


def _aligned(rows: Sequence[Sequence[str]], words: int) -> list[str]:
    """Columns of a table: the first `words` to the left, numbers to the right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = zip(row, widths, strict=True)
        told = [cell.ljust(w) if k < words else cell.rjust(w) for k, (cell, w) in enumerate(cells)]
        lines.append("  ".join(told).rstrip())
    return lines
