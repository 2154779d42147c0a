"""One measure of all runs as a tidy table, grouped as requested: scenario, crossing, sector, cargo, place, date.

Counts of milestones are summed over the other groups, day by day; a day without a row is 0. Other measures exist by
scenario and, if their name ends with a place, by place. Measures of needs exist by need and supply, or by area.
"""

import glob
import re
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import numpy as np

from analysis.intervals import mean_interval, quantile_interval
from analysis.language.numbers import format_number
from analysis.results.arrays import DAILY_COUNTS, Floats
from analysis.results.columns import Columns
from analysis.results.tables import RunResult, Study, StudyError
from analysis.statistics.compare import why_not_paired
from analysis.statistics.counters import gates_of_corridor
from analysis.statistics.needs import measure_scope
from analysis.statistics.reliability import reliability_of_run
from analysis.statistics.resilience import (
    clearance_by_backlog,
    daily_column,
    days_to_clear,
    loss_against,
    recovery_days,
)
from sim.scenario.base import suggest_name

LOAD_GROUPS = ("crossing", "corridor", "sector", "cargo")
GROUPS = ("scenario", *LOAD_GROUPS, "place", "area", "date", "replication")
UNITS = ("trucks", "pallets", "tonnes")
_PER_DAY = re.compile(rf"^({'|'.join(DAILY_COUNTS)})(?:_({'|'.join(UNITS)}))?(?:_per_day)?$")
_AT_LEAST = re.compile(rf"^({'|'.join(DAILY_COUNTS)})(?:_({'|'.join(UNITS)}))?(?:_per_day)?\s*>=\s*(\d+(?:\.\d+)?)$")
_DISTURBED = re.compile(r"^(lost|recovery|clearing):([\w.]+)$")
_SQL_SUMS = {"trucks": "sum(trucks)", "pallets": "sum(pallets)", "tonnes": "sum(kg) / 1000"}
_QUANTILES = {"p05": 0.05, "p50": 0.5, "p90": 0.9, "p95": 0.95}
_STATISTICS = ("n", "mean", "low", "high", *(f"{name}{end}" for name in _QUANTILES for end in ("", "_low", "_high")))


def tidy_columns(study: Study, measure: str, by: Sequence[str]) -> Columns:
    """Returns a row for each run and group: the number of replications, mean and quantiles with their 95 % intervals.

    measure : `arrived_per_day` (trucks, pallets and tonnes), `arrived_tonnes_per_day`, `arrived_trucks >= 600` (the
    probabilities of this many on a day, in the mean of a week and on every day), `lost:arrived`, `recovery:place` and
    `clearing:place` (against the first run, see resilience.py), or any measure of a replication.
    by : names of GROUPS. By date, a row is about the replications on that day; by replication, it has one value only.

    Intervals of quantiles are from order statistics; an end is infinite if there are too few replications for one.
    Raises StudyError for an unknown measure or group.
    """
    if unknown := [name for name in by if name not in GROUPS]:
        raise StudyError(f"--by: there is no {unknown[0]}{suggest_name(unknown[0], GROUPS)}")
    measured = list(
        _measure_rows(
            study, measure, [name for name in GROUPS if name in by and name not in ("scenario", "replication")]
        )
    )
    if not measured:
        names = {name.partition(":")[0] for run in study.runs for name in run.arrays.measures}
        raise StudyError(f"--measure: no run has {measure}{suggest_name(measure.partition(':')[0], names)}")
    if lacking := sorted(set(by) - measured[0][1].keys() - {"scenario", "replication"}):
        raise StudyError(f"--by: {measure} is not there by {', '.join(lacking)}")
    groups = list(measured[0][1])
    rows: list[tuple[Any, ...]] = []
    for run, group, name, unit, values in measured:
        head = (run.name, run.label, *group.values(), name, unit)
        if "replication" in by:
            rows += [(*head, r, value) for r, value in zip(run.arrays.replications, values.tolist(), strict=True)]
        else:
            if (mean := mean_interval(values)) is not None:
                rows.append((*head, mean.n, mean.mean, mean.low, mean.high, *_quantiles(values)))
    last = ("replication", "value") if "replication" in by else _STATISTICS
    heads = ("run", "scenario", *groups, "measure", "unit", *last)
    return {name: [row[k] for row in rows] for k, name in enumerate(heads)}


def terminal_text(columns: Columns) -> str:
    """Returns the table for a terminal, intervals of quantiles in brackets; without the column `run`."""
    ends = {f"{name}_{end}" for name in _QUANTILES for end in ("low", "high")}
    shown = {
        name: [_format_cell(value) for value in values]
        for name, values in columns.items()
        if name not in {"run", *ends}
    }
    for name in _QUANTILES if ends <= set(columns) else ():
        within = zip(shown[name], columns[f"{name}_low"], columns[f"{name}_high"], strict=True)
        shown[name] = [f"{value} ({_format_cell(low)} to {_format_cell(high)})" for value, low, high in within]
    rows: list[list[str]] = [[name.replace("_", " ") for name in shown]]
    rows += [list(row) for row in zip(*shown.values(), strict=True)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    words = list(shown).index("unit") + 1
    return "\n".join(
        "  ".join(cell.ljust(widths[k]) if k < words else cell.rjust(widths[k]) for k, cell in enumerate(row)).rstrip()
        for row in rows
    )


def _quantiles(values: Floats) -> Iterator[float]:
    """Yields each quantile, followed by both ends of its interval."""
    for share in _QUANTILES.values():
        quantile = quantile_interval(values, share)
        assert quantile is not None  # there are values, because there is a mean
        yield quantile.value
        yield -np.inf if quantile.low is None else quantile.low
        yield np.inf if quantile.high is None else quantile.high


def _format_cell(value: Any) -> str:
    if isinstance(value, float):
        return "unbounded" if np.isinf(value) else format_number(value)
    return "–" if value is None else str(value)


MeasureRow = tuple[RunResult, dict[str, Any], str, str, Floats]


def _measure_rows(study: Study, measure: str, by: list[str]) -> Iterator[MeasureRow]:
    """Yields (run, group, name of the measure, unit, values of shape (replications,))."""
    if threshold := _AT_LEAST.match(measure.strip()):
        for run in study.runs:
            for unit in [threshold[2]] if threshold[2] else ["trucks"]:
                reliability = reliability_of_run(run, threshold[1], unit, float(threshold[3]))
                for period, values in ({} if reliability is None else reliability.shares_by_period).items():
                    yield (
                        run,
                        {},
                        f"share of {period}: at least {threshold[3]} {unit} {threshold[1]}",
                        "share",
                        values,
                    )
    elif per_day := _PER_DAY.match(measure):
        for run in study.runs:
            if any(per_day[1] in names for names in run.milestones.values()):
                for unit in [per_day[2]] if per_day[2] else UNITS:
                    for group, counts in _grouped_counts(run, per_day[1], unit, by):
                        yield run, group, f"{per_day[1]}_{unit}_per_day", f"{unit}/day", counts
    elif disturbed := _DISTURBED.match(measure):
        yield from _disturbance_rows(study, disturbed[1], disturbed[2])
    else:
        for run in study.runs:
            for name, recorded in run.arrays.measures.items():
                base_name, _, place = name.partition(":")
                if (scope := measure_scope(name)) and base_name == measure:
                    if ("area" in scope) == ("area" in by):
                        yield run, scope, base_name, recorded.unit, recorded.values
                elif name == measure:
                    yield run, {"place": place} if "place" in by else {}, name, recorded.unit, recorded.values
                elif base_name == measure and place:
                    yield run, {"place": place}, base_name, recorded.unit, recorded.values


def _disturbance_rows(study: Study, what: str, subject: str) -> Iterator[MeasureRow]:
    """Yields the rows of `lost:arrived`, `recovery:place` and `clearing:place`: see resilience.py."""
    first = study.reference
    for run in study.runs:
        if what == "clearing":
            waiting, finished = (daily_column(run, subject, column) for column in ("backlog_mean", "finished"))
            for low, high, mean in (
                () if waiting is None or finished is None else clearance_by_backlog(waiting, finished)
            ):
                backlog_class = f"{format_number(low)} to {format_number(high)} there"
                yield (
                    run,
                    {"place": subject, "backlog": backlog_class},
                    "finished",
                    f"{run.places[subject].unit}/day",
                    mean,
                )
        elif run is not first and what == "lost" and (loss := loss_against(run, first, subject, "trucks")) is not None:
            numbers = list(run.arrays.replications)
            for name, values in (("lost", loss.total), ("lost on the worst day", loss.worst_day)):
                spread = np.full(len(numbers), np.nan)
                spread[[numbers.index(n) for n in loss.replications]] = values
                yield run, {}, f"{name}: {subject}", "trucks", spread
        elif run is not first and what == "recovery" and run.arrays.replications == first.arrays.replications:
            backlog, reference_backlog = (daily_column(each, subject, "backlog_end") for each in (run, first))
            if backlog is not None and reference_backlog is not None and not why_not_paired(run, first):
                yield run, {"place": subject}, "recovery", "days", recovery_days(backlog, reference_backlog)
                yield run, {"place": subject}, "time to clear", "days", days_to_clear(backlog, reference_backlog[:, 0])


def _grouped_counts(
    run: RunResult, milestone: str, unit: str, by: list[str]
) -> Iterator[tuple[dict[str, Any], Floats]]:
    """Yields (group, amount per day that reached the milestone, shape (replications,))."""
    crossing = {
        name: " + ".join(sorted(gates_of_corridor(run.config["corridors"][name]))) or name for name in run.corridors
    }
    if "place" in by:
        raise StudyError("--by: what reaches a milestone is not there by place; by crossing or corridor it is")
    with duckdb.connect() as connection:
        columns = ["corridor", "sector", "cargo"]
        rows = connection.execute(
            f"select replication, date_diff('day', ?::DATE, date) as day, {', '.join(columns)}, "
            f"({_SQL_SUMS[unit]})::DOUBLE as n from read_parquet(?) where milestone = ? group by all order by all",
            [run.start, glob.escape((run.folder / "daily.parquet").as_posix()), milestone],
        ).fetchall()
    index_of = {replication: k for k, replication in enumerate(run.arrays.replications)}
    sums: dict[tuple[Any, ...], Floats] = {}
    for replication, day, corridor, sector, cargo, n in rows:
        if run.warm_up <= day < run.days:
            row = {"crossing": crossing[corridor], "corridor": corridor, "sector": sector, "cargo": cargo,
                  "date": run.dates[day]}  # fmt: skip
            key = tuple(row[name] for name in by)
            sums.setdefault(key, np.zeros(len(index_of)))[index_of[replication]] += n
    days = 1 if "date" in by else run.days - run.warm_up
    if not by and not sums:
        sums[()] = np.zeros(len(index_of))
    for key in sorted(sums):
        yield dict(zip(by, key, strict=True)), sums[key] / days
