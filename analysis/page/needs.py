"""The page's section on needs: what people have of what they need, how evenly, and since when enough. No statistics.

Numbers of all aid come with their spread over replications; those of other supplies are means, as bounds beside them.
"""

from collections.abc import Sequence
from typing import Any

from analysis.language.numbers import format_number
from analysis.language.translator import Translator
from analysis.page.counters import format_spread
from analysis.results.tables import RunResult, Study
from analysis.statistics.counters import ReplicationSpread
from analysis.statistics.needs import (
    AID,
    TRADE_LEAST,
    TRADE_MOST,
    UN,
    WITH_INTERCEPTED,
    SufficiencyDates,
    areas_of,
    measure_spread,
    needs_of,
    planner_title,
    sufficiency_dates,
    worst_off_area,
)

MISSING = "–"
TableRows = list[list[str]]


def needs_section(study: Study) -> dict[str, Any]:
    """Returns the section's tables, lists of rows of cells with the headings first; empty where no run has needs."""
    tongue, runs = study.translate, [run for run in study.runs if needs_of(run)]
    if not runs:
        return {}
    rows = list(sufficiency_dates(study))
    return {
        "people": _people_table(runs, tongue),
        "each": [
            {
                "title": planner_title(next(run for run in runs if need in needs_of(run)), "needs", need),
                "soonest": _sufficiency_table([row for row in rows if row.need == need], tongue),
                "areas": _area_table(runs, need, tongue),
                "shared": _equity_table(runs, need, tongue),
            }
            for need in _essential_first(runs)
        ],
    }


def _essential_first(runs: Sequence[RunResult]) -> list[str]:
    """Returns the names of all needs, the essential ones first."""
    needs = {need: run for run in reversed(runs) for need in needs_of(run)}
    return sorted(needs, key=lambda need: (not needs[need].config["needs"][need].get("essential", True), need))


def _people_table(runs: Sequence[RunResult], tongue: Translator) -> TableRows:
    """Returns the table of all people together: kilocalories by supply, and people with all essentials."""
    heads = [tongue("run"), tongue("kcal per person and day: UN"), *_supply_headings(tongue),
        tongue("aid, worst-off area"),
             tongue("thousand people with all that is essential, a mean day"), tongue("of them wholly")]  # fmt: skip
    rows = []
    for run in runs:
        people = [
            _thousands_cell(measure_spread(run, f"{name}:{AID}"), tongue)
            for name in ("people_supplied", "people_wholly_supplied")
        ]
        worst = format_spread(measure_spread(run, f"kcal_worst:{AID}"), tongue)
        rows.append([run.label, *_supply_cells(run, "kcal_per_person_day:{supply}", tongue), worst, *people])
    return _without_empty_columns([heads, *rows])


def _area_table(runs: Sequence[RunResult], need: str, tongue: Translator) -> TableRows:
    """Returns the table of each area and run: the share met by supply, and days of stock."""
    heads = [tongue("area"), tongue("run"), tongue("met: UN"), *_supply_headings(tongue), tongue("days without, aid"),
             tongue("days of stock, mean"), tongue("days of stock, least")]  # fmt: skip
    rows = []
    for area in sorted({area for run in runs for area in areas_of(run)}):
        for run in (run for run in runs if area in areas_of(run) and need in needs_of(run)):
            met = _supply_cells(run, f"fill_rate:{need}:{{supply}}:{area}", tongue, percent=True)
            days = [format_spread(measure_spread(run, f"{name}:{need}:{AID}:{area}"), tongue)
                    for name in ("stock_out_days", "days_of_stock_mean", "days_of_stock_min")]  # fmt: skip
            rows.append([planner_title(run, "areas", area), run.label, *met, *days])
    return _without_empty_columns([heads, *rows])


def _equity_table(runs: Sequence[RunResult], need: str, tongue: Translator) -> TableRows:
    """Returns the table of how evenly a need is met, and of what is unmet, for all aid."""
    heads = [tongue("run"), tongue("worst-off area"), tongue("ratio of areas"), tongue("Gini"),
             tongue("missing, t a day"), tongue("thousand people without, a mean day"),
             tongue("expired in the areas, t a day"), tongue("deprivation index, a person"),
             tongue("hours without, a person")]  # fmt: skip
    measures = ("expired_unused_tonnes_per_day", "deprivation_index", "deprivation_hours")
    rows, suffix = [], f"{need}:{AID}"
    for run in (run for run in runs if need in needs_of(run)):
        worst = worst_off_area(run, need)
        fill = _percent_cell(measure_spread(run, f"fill_rate_worst:{suffix}"), tongue)
        ratios = [name for name in run.arrays.measures if name.startswith(f"fill_ratio:{suffix}:")]
        pairs = [
            f"{' / '.join(planner_title(run, 'areas', area) for area in name.rpartition(':')[2].split('/'))}: "
            f"{format_spread(measure_spread(run, name), tongue)}"
            for name in ratios
        ]
        cells = [
            format_spread(measure_spread(run, f"{name}:{suffix}"), tongue)
            for name in ("coverage_gini", "unmet_tonnes_per_day")
        ]
        cells.append(_thousands_cell(measure_spread(run, f"unmet_people:{suffix}"), tongue))
        cells += [format_spread(measure_spread(run, f"{name}:{suffix}"), tongue) for name in measures]
        worst_cell = f"{planner_title(run, 'areas', worst)}: {fill}" if worst else MISSING
        rows.append([run.label, worst_cell, "; ".join(pairs) or MISSING, *cells])
    return _without_empty_columns([heads, *rows])


def _sufficiency_table(rows: Sequence[SufficiencyDates], tongue: Translator) -> TableRows:
    """Returns the table of the dates from which each run has enough of a need."""
    heads = [tongue("run"), tongue("in 10 % of replications from"), tongue("in half from"), tongue("in 90 % from"),
             tongue("not by the run's end"), tongue("sooner than the first"), tongue("later"),
             tongue("soonest of all runs")]  # fmt: skip
    cells = []
    for row in rows:
        days = [tongue("not by the run's end") if day is None else tongue.long_date(day) for day in row.dates]
        shares = [
            MISSING if share is None else f"{100 * share:.0f} %"
            for share in (row.share_sooner, row.share_later, row.share_soonest_of_all)
        ]
        cells.append([row.run.label, *days, f"{row.never_count} / {row.n_replications}", *shares])
    return _without_empty_columns([heads, *cells])


def _supply_headings(tongue: Translator) -> list[str]:
    """Returns the headings of the supplies after the UN, in the order of `_supply_cells`."""
    return [tongue("all aid"), tongue("aid and all that was intercepted"),
            tongue("aid and commercial goods, least – most")]  # fmt: skip


def _supply_cells(run: RunResult, measure: str, tongue: Translator, percent: bool = False) -> list[str]:
    """Returns cells of UN aid, all aid with its spread, aid with intercepted goods, and the range with trade."""
    scale, unit = (100.0, " %") if percent else (1.0, "")
    spreads = {
        name: measure_spread(run, measure.format(supply=name))
        for name in (UN, AID, AID + WITH_INTERCEPTED, TRADE_LEAST, TRADE_MOST)
    }
    mean = {
        name: MISSING if each is None else f"{format_number(each.mean * scale)}{unit}" for name, each in spreads.items()
    }
    aid = _percent_cell(spreads[AID], tongue) if percent else format_spread(spreads[AID], tongue)
    least = mean[AID] if spreads[TRADE_LEAST] is None else mean[TRADE_LEAST]
    band = (
        MISSING
        if spreads[TRADE_MOST] is None
        else mean[TRADE_MOST]
        if least == mean[TRADE_MOST]
        else f"{least} – {mean[TRADE_MOST]}"
    )
    return [mean[UN], aid, mean[AID + WITH_INTERCEPTED], band]


def _thousands_cell(spread: ReplicationSpread | None, tongue: Translator) -> str:
    """Returns people in thousands, since their number is not known exactly."""
    return format_spread(None if spread is None else ReplicationSpread(*(part / 1000 for part in spread)), tongue)


def _percent_cell(spread: ReplicationSpread | None, tongue: Translator) -> str:
    """Returns `57.0 % (51.2 to 63.1)`, or a dash for None."""
    if spread is None:
        return MISSING
    mean, low, high = (format_number(100 * part) for part in spread)
    return f"{mean} %" if low == high else f"{mean} % ({tongue('{low} to {high}', low=low, high=high)})"


def _without_empty_columns(table: TableRows) -> TableRows:
    """Returns a table without the columns that have no value in any row."""
    kept = [k for k in range(len(table[0])) if any(row[k] != MISSING for row in table[1:])]
    return [[row[k] for k in kept] for row in table]
