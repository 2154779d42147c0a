"""A measure of all runs as one tidy table, by what is asked for: scenario, crossing, sector, cargo, place, date.

Counts of milestones are summed over what is not asked for, day by day: a day without a row is 0. Other measures are
there by scenario and, where their name ends with one, by place; those of what people need by need and supply, or area.
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
from sim.scenario.base import nearest

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
    """A row for each run and group: replications, and mean and quantiles with their 95 % intervals; else StudyError.

    `arrived_per_day` (trucks, pallets and tonnes), `arrived_tonnes_per_day`, `arrived_trucks >= 600` (the probabilities
    of so many on a day, in the mean of a week and on every day), `lost:arrived`, `recovery:place` and `clearing:place`
    (against the first run, see resilience.py), or any measure of a replication. By date a row is of
    the replications on that day; by replication it has its value alone. The interval of a quantile is from order
    statistics; an end is infinite where there are too few replications for one.
    """
    if unknown := [name for name in by if name not in GROUPS]:
        raise StudyError(f"--by: there is no {unknown[0]}{nearest(unknown[0], GROUPS)}")
    found = list(
        _measure_rows(
            study, measure, [name for name in GROUPS if name in by and name not in ("scenario", "replication")]
        )
    )
    if not found:
        names = {name.partition(":")[0] for run in study.runs for name in run.arrays.measures}
        raise StudyError(f"--measure: no run has {measure}{nearest(measure.partition(':')[0], names)}")
    if lacking := sorted(set(by) - found[0][1].keys() - {"scenario", "replication"}):
        raise StudyError(f"--by: {measure} is not there by {', '.join(lacking)}")
    groups = list(found[0][1])
    rows: list[tuple[Any, ...]] = []
    for run, group, name, unit, values in found:
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
    """The table for a terminal, intervals of quantiles in brackets; the run's name is in the CSV alone."""
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
    """Each with both ends of its interval."""
    for share in _QUANTILES.values():
        found = quantile_interval(values, share)
        assert found is not None  # there is a mean
        yield found.value
        yield -np.inf if found.low is None else found.low
        yield np.inf if found.high is None else found.high


def _format_cell(value: Any) -> str:
    if isinstance(value, float):
        return "unbounded" if np.isinf(value) else format_number(value)
    return "–" if value is None else str(value)


MeasureRow = tuple[RunResult, dict[str, Any], str, str, Floats]


def _measure_rows(study: Study, measure: str, by: list[str]) -> Iterator[MeasureRow]:
    """(run, group, measure, unit, a value for each replication)."""
    if least := _AT_LEAST.match(measure.strip()):
        for run in study.runs:
            for unit in [least[2]] if least[2] else ["trucks"]:
                told = reliability_of_run(run, least[1], unit, float(least[3]))
                for what, values in ({} if told is None else told.shares_by_period).items():
                    yield run, {}, f"share of {what}: at least {least[3]} {unit} {least[1]}", "share", values
    elif per_day := _PER_DAY.match(measure):
        for run in study.runs:
            if any(per_day[1] in has for has in run.milestones.values()):
                for unit in [per_day[2]] if per_day[2] else UNITS:
                    for group, counts in _grouped_counts(run, per_day[1], unit, by):
                        yield run, group, f"{per_day[1]}_{unit}_per_day", f"{unit}/day", counts
    elif disturbed := _DISTURBED.match(measure):
        yield from _disturbance_rows(study, disturbed[1], disturbed[2])
    else:
        for run in study.runs:
            for name, own in run.arrays.measures.items():
                what, _, place = name.partition(":")
                if (of := measure_scope(name)) and what == measure:
                    if ("area" in of) == ("area" in by):
                        yield run, of, what, own.unit, own.values
                elif name == measure:
                    yield run, {"place": place} if "place" in by else {}, name, own.unit, own.values
                elif what == measure and place:
                    yield run, {"place": place}, what, own.unit, own.values


def _disturbance_rows(study: Study, what: str, of: str) -> Iterator[MeasureRow]:
    """`lost:arrived`, `recovery:place`, `clearing:place`: see resilience.py."""
    first = study.reference
    for run in study.runs:
        if what == "clearing":
            waiting, finished = (daily_column(run, of, column) for column in ("backlog_mean", "finished"))
            for low, high, mean in (
                () if waiting is None or finished is None else clearance_by_backlog(waiting, finished)
            ):
                there = f"{format_number(low)} to {format_number(high)} there"
                yield run, {"place": of, "backlog": there}, "finished", f"{run.places[of].unit}/day", mean
        elif run is not first and what == "lost" and (found := loss_against(run, first, of, "trucks")) is not None:
            every = list(run.arrays.replications)
            for name, values in (("lost", found.total), ("lost on the worst day", found.worst_day)):
                spread = np.full(len(every), np.nan)
                spread[[every.index(n) for n in found.replications]] = values
                yield run, {}, f"{name}: {of}", "trucks", spread
        elif run is not first and what == "recovery" and run.arrays.replications == first.arrays.replications:
            ours, theirs = (daily_column(each, of, "backlog_end") for each in (run, first))
            if ours is not None and theirs is not None and not why_not_paired(run, first):
                yield run, {"place": of}, "recovery", "days", recovery_days(ours, theirs)
                yield run, {"place": of}, "time to clear", "days", days_to_clear(ours, theirs[:, 0])


def _grouped_counts(
    run: RunResult, milestone: str, unit: str, by: list[str]
) -> Iterator[tuple[dict[str, Any], Floats]]:
    """Of each group what reached the milestone a day, shape (replications,)."""
    crossing = {
        name: " + ".join(sorted(gates_of_corridor(run.config["corridors"][name]))) or name for name in run.corridors
    }
    if "place" in by:
        raise StudyError("--by: what reaches a milestone is not there by place; by crossing or corridor it is")
    with duckdb.connect() as connection:
        kept = ["corridor", "sector", "cargo"]
        rows = connection.execute(
            f"select replication, date_diff('day', ?::DATE, date) as day, {', '.join(kept)}, "
            f"({_SQL_SUMS[unit]})::DOUBLE as n from read_parquet(?) where milestone = ? group by all order by all",
            [run.start, glob.escape((run.folder / "daily.parquet").as_posix()), milestone],
        ).fetchall()
    number = {replication: k for k, replication in enumerate(run.arrays.replications)}
    sums: dict[tuple[Any, ...], Floats] = {}
    for replication, day, corridor, sector, cargo, n in rows:
        if run.warm_up <= day < run.days:
            of = {"crossing": crossing[corridor], "corridor": corridor, "sector": sector, "cargo": cargo,
                  "date": run.dates[day]}  # fmt: skip
            key = tuple(of[name] for name in by)
            sums.setdefault(key, np.zeros(len(number)))[number[replication]] += n
    days = 1 if "date" in by else run.days - run.warm_up
    if not by and not sums:
        sums[()] = np.zeros(len(number))
    for key in sorted(sums):
        yield dict(zip(by, key, strict=True)), sums[key] / days
