"""Counters of a study: tables for a terminal and cells for the page. Neutral words; it computes nothing."""

from collections.abc import Sequence
from typing import Any

from analysis.language.numbers import format_number
from analysis.language.translator import ENGLISH, Translator
from analysis.observed.counters import ObservedCount, observed_counts
from analysis.observed.series import ObservedSeries
from analysis.results.tables import RunResult, Study
from analysis.statistics.counters import (
    CountTable,
    ReplicationSpread,
    counts_by_group,
    counts_present,
    interception_band,
    run_counts,
    whereabouts_summary,
)

NOTES = (
    "Means over replications, and in brackets between what values 80 in 100 of them lie: luck only, not the",
    "parameters. Trucks are inbound trucks up to offloaded, and vehicles that collect from collected on, which carry",
    "other pallets. A load that is split over two places is a load at each; pallets add up. Each authority counts by",
    "its own rule (milestone, senders, gates, coverage), as does the model beside it; none is averaged with another.",
)
WHEREABOUTS_HEADINGS, GROUP_HEADINGS, OBSERVED_HEADINGS = ("", "place", "loads", "pallets"), ("sector", "cargo",
    "crossing"), (
    "count", "by", "days", "counted", "model"
)  # fmt: skip


def terminal_text(study: Study, rules: Sequence[ObservedSeries]) -> str:
    """Returns for each run the counters, where the other loads are, and the counts of authorities."""
    lines = []
    for run in study.runs:
        table = run_counts(run)
        lines += [
            f"{run.label}: trucks a day",
            *_aligned_lines(_count_rows(table, "sector", "cargo", "crossing"), 3),
            "",
        ]
        lines += [sentence, ""] if (sentence := interception_sentence(run)) else []
        lines += ["Where they are", *_aligned_lines(_whereabouts_rows(table, run), 2), ""]
        if observed := observed_counts(run, rules):
            lines += [
                "Beside what was counted",
                *_aligned_lines([OBSERVED_HEADINGS, *map(_observed_row, observed)], 2),
                "",
            ]
    return "\n".join([*lines, *NOTES])


def counters_section(study: Study, rules: Sequence[ObservedSeries]) -> list[dict[str, Any]]:
    """Returns for each run its tables for the page, as lists of rows of cells; the first row has the headings."""
    sections = []
    for run in study.runs:
        table = run_counts(run)
        tongue = study.translate
        counts = [
            (row[0], *row[2:]) for row in _count_rows(table, "sector", "crossing", tongue=tongue)
        ]  # without the column of cargos
        observed = [
            _translated_headings(OBSERVED_HEADINGS, tongue),
            *(_observed_row(each, tongue) for each in observed_counts(run, rules)),
        ]
        section = {
            "label": run.label,
            "counts": counts,
            "where": _whereabouts_rows(table, run, tongue),
            "beside": observed,
        }
        sections.append({**section, "reaching": interception_sentence(run, tongue)})
    return sections


def interception_sentence(run: RunResult, tongue: Translator = ENGLISH) -> str:
    """Returns what arrived and what was intercepted, as a range; empty where nothing can be intercepted."""
    if (band := interception_band(run)) is None:
        return ""
    return tongue(
        "Arrived: {arrived} t a day. Intercepted on the way: {intercepted} t a day, and what share of it is "
        "consumed is not known, from none to all. So what arrived and what is consumed of the rest lie between {low} "
        "and {high} t a day.",
        arrived=format_spread(band.arrived, tongue), intercepted=format_spread(band.intercepted, tongue),
        low=format_number(band.arrived.mean), high=format_number(band.combined.mean),
    )  # fmt: skip


def format_spread(value: ReplicationSpread | None, tongue: Translator = ENGLISH) -> str:
    """Returns `12.3 (10.0 to 15.1)`, a mean with the range of 80 % of replications; a dash for None."""
    if value is None:
        return "–"
    mean, low, high = (format_number(part) for part in value)
    return mean if low == high else f"{mean} ({tongue('{low} to {high}', low=low, high=high)})"


def _count_rows(table: CountTable, *kept: str, tongue: Translator = ENGLISH) -> list[Sequence[str]]:
    heads = (
        *_translated_headings(GROUP_HEADINGS, tongue),
        *(tongue.term(what).replace("_", " ") for what in counts_present(table)),
    )
    rows = counts_by_group(table, *kept)
    return [
        heads,
        *((*map(tongue.term, group), *(format_spread(value, tongue) for value in values)) for group, values in rows),
    ]


def _whereabouts_rows(table: CountTable, run: RunResult, tongue: Translator = ENGLISH) -> list[Sequence[str]]:
    rows = whereabouts_summary(table, run.days)
    return [
        _translated_headings(WHEREABOUTS_HEADINGS, tongue),
        *(
            (tongue.term(what), place, format_spread(loads, tongue) if loads else "", format_spread(pallets, tongue))
            for what, place, loads, pallets in rows
        ),
    ]


def _observed_row(each: ObservedCount, tongue: Translator = ENGLISH) -> Sequence[str]:
    by = f"{each.title}, {each.authority}"
    return (
        tongue.term(each.milestone),
        by,
        str(each.days),
        format_number(each.observed),
        format_spread(each.model, tongue),
    )


def _translated_headings(words: Sequence[str], tongue: Translator) -> Sequence[str]:
    return [tongue.term(word) for word in words]


def _aligned_lines(rows: Sequence[Sequence[str]], words: int) -> list[str]:
    """Returns the lines of a table: the first `words` columns aligned left, the others right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = zip(row, widths, strict=True)
        aligned = [cell.ljust(w) if k < words else cell.rjust(w) for k, (cell, w) in enumerate(cells)]
        lines.append("  ".join(aligned).rstrip())
    return lines
