"""How needs are said on the page: who has how much of what they need, how evenly, and since when enough. No statistics.

Numbers of all aid come with their spread over replications; those of other supplies are means, as bounds beside them.
"""

from collections.abc import Sequence
from typing import Any

from analysis.language.numbers import number
from analysis.language.tongue import Tongue
from analysis.page.counters import said
from analysis.results.tables import RunResult, Study
from analysis.statistics.counters import Spread
from analysis.statistics.needs import (
    AID,
    AND_INTERCEPTED,
    LEAST,
    MOST,
    UN,
    Sooner,
    areas_of,
    needs_of,
    soonest,
    title_of,
    value,
    worst_off,
)

NONE = "–"
Table = list[list[str]]


def section(study: Study) -> dict[str, Any]:
    """Tables of the page, lists of rows of cells of which the first names the columns; empty where no run has needs."""
    tongue, runs = study.tongue, [run for run in study.runs if needs_of(run)]
    if not runs:
        return {}
    rows = list(soonest(study))
    return {
        "people": _people(runs, tongue),
        "each": [
            {
                "title": title_of(next(run for run in runs if need in needs_of(run)), "needs", need),
                "soonest": _soonest([row for row in rows if row.need == need], tongue),
                "areas": _areas(runs, need, tongue),
                "shared": _shared(runs, need, tongue),
            }
            for need in _in_order(runs)
        ],
    }


def _in_order(runs: Sequence[RunResult]) -> list[str]:
    """What is essential first."""
    needs = {need: run for run in reversed(runs) for need in needs_of(run)}
    return sorted(needs, key=lambda need: (not needs[need].config["needs"][need].get("essential", True), need))


def _people(runs: Sequence[RunResult], tongue: Tongue) -> Table:
    """Of all people together: kilocalories by supply, and how many have all that is essential."""
    heads = [tongue("run"), tongue("kcal per person and day: UN"), *_supplies(tongue), tongue("aid, worst-off area"),
             tongue("thousand people with all that is essential, a mean day"), tongue("of them wholly")]  # fmt: skip
    rows = []
    for run in runs:
        people = [
            _thousand(value(run, f"{name}:{AID}"), tongue) for name in ("people_supplied", "people_wholly_supplied")
        ]
        worst = said(value(run, f"kcal_worst:{AID}"), tongue)
        rows.append([run.label, *_by_supply(run, "kcal_per_person_day:{supply}", tongue), worst, *people])
    return _without_empty([heads, *rows])


def _areas(runs: Sequence[RunResult], need: str, tongue: Tongue) -> Table:
    """Of each area and run the share that is met, by supply, and how long what is there lasts."""
    heads = [tongue("area"), tongue("run"), tongue("met: UN"), *_supplies(tongue), tongue("days without, aid"),
             tongue("days of stock, mean"), tongue("days of stock, least")]  # fmt: skip
    rows = []
    for area in sorted({area for run in runs for area in areas_of(run)}):
        for run in (run for run in runs if area in areas_of(run) and need in needs_of(run)):
            met = _by_supply(run, f"fill_rate:{need}:{{supply}}:{area}", tongue, percent=True)
            days = [said(value(run, f"{name}:{need}:{AID}:{area}"), tongue)
                    for name in ("stock_out_days", "days_of_stock_mean", "days_of_stock_min")]  # fmt: skip
            rows.append([title_of(run, "areas", area), run.label, *met, *days])
    return _without_empty([heads, *rows])


def _shared(runs: Sequence[RunResult], need: str, tongue: Tongue) -> Table:
    """How evenly a need is met, and what is missing, of all aid."""
    heads = [tongue("run"), tongue("worst-off area"), tongue("ratio of areas"), tongue("Gini"),
             tongue("missing, t a day"), tongue("thousand people without, a mean day"),
             tongue("expired in the areas, t a day"), tongue("deprivation index, a person"),
             tongue("hours without, a person")]  # fmt: skip
    measures = ("expired_unused_tonnes_per_day", "deprivation_index", "deprivation_hours")
    rows, of = [], f"{need}:{AID}"
    for run in (run for run in runs if need in needs_of(run)):
        worst = worst_off(run, need)
        fill = _percent(value(run, f"fill_rate_worst:{of}"), tongue)
        ratios = [name for name in run.arrays.measures if name.startswith(f"fill_ratio:{of}:")]
        pairs = [
            f"{' / '.join(title_of(run, 'areas', area) for area in name.rpartition(':')[2].split('/'))}: "
            f"{said(value(run, name), tongue)}"
            for name in ratios
        ]
        cells = [said(value(run, f"{name}:{of}"), tongue) for name in ("coverage_gini", "unmet_tonnes_per_day")]
        cells.append(_thousand(value(run, f"unmet_people:{of}"), tongue))
        cells += [said(value(run, f"{name}:{of}"), tongue) for name in measures]
        named = f"{title_of(run, 'areas', worst)}: {fill}" if worst else NONE
        rows.append([run.label, named, "; ".join(pairs) or NONE, *cells])
    return _without_empty([heads, *rows])


def _soonest(rows: Sequence[Sooner], tongue: Tongue) -> Table:
    heads = [tongue("run"), tongue("in 10 % of replications from"), tongue("in half from"), tongue("in 90 % from"),
             tongue("not by the run's end"), tongue("sooner than the first"), tongue("later"),
             tongue("soonest of all runs")]  # fmt: skip
    told = []
    for row in rows:
        days = [tongue("not by the run's end") if day is None else tongue.day(day) for day in row.by]
        shares = [NONE if share is None else f"{100 * share:.0f} %" for share in (row.sooner, row.later, row.of_all)]
        told.append([row.run.label, *days, f"{row.never} / {row.n}", *shares])
    return _without_empty([heads, *told])


def _supplies(tongue: Tongue) -> list[str]:
    """How the supplies but the first are called, as `_by_supply` tells them."""
    return [tongue("all aid"), tongue("aid and all that was intercepted"),
            tongue("aid and commercial goods, least – most")]  # fmt: skip


def _by_supply(run: RunResult, measure: str, tongue: Tongue, percent: bool = False) -> list[str]:
    """Of the UN, of all aid with its spread, with what was intercepted, and with commercial goods as a range."""
    scale, unit = (100.0, " %") if percent else (1.0, "")
    told = {name: value(run, measure.format(supply=name)) for name in (UN, AID, AID + AND_INTERCEPTED, LEAST, MOST)}
    mean = {name: NONE if each is None else f"{number(each.mean * scale)}{unit}" for name, each in told.items()}
    aid = _percent(told[AID], tongue) if percent else said(told[AID], tongue)
    least = mean[AID] if told[LEAST] is None else mean[LEAST]
    band = NONE if told[MOST] is None else mean[MOST] if least == mean[MOST] else f"{least} – {mean[MOST]}"
    return [mean[UN], aid, mean[AID + AND_INTERCEPTED], band]


def _thousand(told: Spread | None, tongue: Tongue) -> str:
    """People in thousands: nobody knows them to the last."""
    return said(None if told is None else Spread(*(part / 1000 for part in told)), tongue)


def _percent(told: Spread | None, tongue: Tongue) -> str:
    """`57.0 % (51.2 to 63.1)`."""
    if told is None:
        return NONE
    mean, low, high = (number(100 * part) for part in told)
    return f"{mean} %" if low == high else f"{mean} % ({tongue('{low} to {high}', low=low, high=high)})"


def _without_empty(table: Table) -> Table:
    """Without the columns in which nothing is told."""
    kept = [k for k in range(len(table[0])) if any(row[k] != NONE for row in table[1:])]
    return [[row[k] for k in kept] for row in table]
