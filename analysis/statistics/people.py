"""People who cross: lists, waits and crossings by direction, group and class of urgency, as rows for a page.

Counts by authorities are shown beside the model's. They are not an input, and nothing is fitted to them. A run without
people has no rows.
"""

import csv
import glob
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np

from analysis.files import DATA
from analysis.intervals import mean_interval
from analysis.language.numbers import format_estimate, format_number
from analysis.results.arrays import Floats
from analysis.results.tables import RunResult, Study

OBSERVED_FILE = DATA / "observed" / "people.csv"
DIRECTIONS = ("out", "in")
WITHIN_DAYS = (7, 14, 28, 90)


class PeopleCount(NamedTuple):
    """The persons that an authority counted from `since` to `until`, both included."""

    since: date
    until: date
    direction: str
    as_reported: str
    persons: int
    authority: str
    source: str


def group_names(run: RunResult) -> list[str]:
    """Returns the groups of a run, each followed by its classes of urgency, as measures name them."""
    names = []
    for group, settings in (run.config.get("people") or {}).items():
        names += [group, *(f"{group}.{urgency}" for urgency in settings.get("urgency") or ())]
    return names


def available_measures(run: RunResult) -> set[str]:
    """Returns the measures that some replication of a run has."""
    return {name for name, measure in run.arrays.measures.items() if not np.isnan(measure.values).all()}


def share_cleared_within(run: RunResult, name: str, days: int) -> float | None:
    """Returns the share of replications in which all people initially on a list had left it after `days`.

    None if the run is shorter.
    """
    cleared = run.arrays.measures[f"list_cleared_day:{name}"].values
    return None if days > run.days else float(np.mean(cleared <= days))  # nan (never cleared) compares as false


def crossing_rows(study: Study) -> Iterator[list[str]]:
    """Yields rows of run, direction, persons per day, and the days open and used."""
    for run in study.runs:
        for direction in DIRECTIONS if group_names(run) else ():
            if f"people_{direction}_per_day" in available_measures(run):
                day_cells = [_mean_cell(run, f"people_days_{what}:{direction}") for what in ("open", "used")]
                persons = _estimate_cell(run, f"people_{direction}_per_day")
                yield [run.label, study.translate.term(direction), persons, *day_cells]


def clearance_days(study: Study) -> tuple[int, ...]:
    """Returns the periods in days for which the page shows the share of people who left a list."""
    return tuple(days for days in WITHIN_DAYS if any(days <= run.days for run in study.runs if group_names(run)))


def list_rows(study: Study) -> Iterator[list[str]]:
    """Yields rows on the lists of each run, one for each group or class of urgency.

    Run, group or class, people crossed and turned back per day, people on the list at the end, days on the list, and
    the share of replications cleared within each of `clearance_days`.
    """
    for run in study.runs:
        for name in group_names(run):
            group, _, urgency = name.partition(".")
            title = run.config["people"][group].get("title") or group.replace("_", " ")
            shares = (share_cleared_within(run, name, days) for days in clearance_days(study))
            yield [
                run.label,
                f"{title}: {urgency.replace('_', ' ')}" if urgency else title,
                _estimate_cell(run, f"people_crossed_per_day:{name}"),
                _mean_cell(run, f"people_turned_back_per_day:{name}"),
                _mean_cell(run, f"people_waiting_end:{name}"),
                *(_mean_cell(run, f"list_days_{what}:{name}") for what in ("mean", "p50", "p90", "so_far_mean")),
                *("–" if share is None else f"{share:.0%}" for share in shares),
            ]


def observed_rows(study: Study) -> Iterator[list[str]]:
    """Yields rows of authorities' counts beside the model's persons on the same days.

    Run, authority, dates, count, mean of the model, and its 5 to 95 % range over replications.
    """
    for run in study.runs:
        for counter in read_people_counts():
            values = modelled_persons(run, counter)
            if values is not None:
                low, high = np.percentile(values, [5, 95])
                spread = study.translate(
                    "{low} to {high}", low=format_number(float(low)), high=format_number(float(high))
                )
                dates = [study.translate.long_date(day) for day in (counter.since, counter.until)]
                yield [
                    run.label, counter.authority, study.translate("{low} to {high}", low=dates[0], high=dates[1]),
                    counter.as_reported,
                    format_number(float(values.mean())), spread,
                ]  # fmt: skip


def read_people_counts(path: Path = OBSERVED_FILE) -> list[PeopleCount]:
    """Returns the counts by authorities, in the order of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            PeopleCount(
                date.fromisoformat(row["from"]), date.fromisoformat(row["to"]), row["direction"], row["told"],
                int(row["persons"]), row["authority"], row["source"],
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip


def modelled_persons(run: RunResult, counter: PeopleCount) -> Floats | None:
    """Returns the persons who crossed on the counter's days, shape (replications,).

    None if the run lacks one of the days.
    """
    first, last = (counter.since - run.start).days, (counter.until - run.start).days
    if not group_names(run) or first < 0 or last >= run.days:
        return None
    directions = DIRECTIONS if counter.direction == "both" else (counter.direction,)
    return np.asarray(
        sum(persons_by_day(run, "crossed", direction)[:, first : last + 1].sum(axis=1) for direction in directions)
    )


def persons_by_day(run: RunResult, column: str, direction: str) -> Floats:
    """Returns the persons of one direction by day, shape (replications, days); zeros if there are none."""
    path = glob.escape((run.folder / "people.parquet").as_posix())
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select replication, date_diff('day', ?::DATE, date) as day, sum({column})::DOUBLE as persons "
            "from read_parquet(?) where direction = ? group by all order by all",
            [run.start.isoformat(), path, direction],
        ).fetchnumpy()
    filled = np.zeros((len(run.arrays.replications), run.days))
    filled[np.searchsorted(run.arrays.replications, rows["replication"]), rows["day"].astype(int)] = rows["persons"]
    return filled


def _estimate_cell(run: RunResult, measure: str) -> str:
    """Returns the mean with its interval as text; a dash if no replication has the measure."""
    recorded = run.arrays.measures.get(measure)
    mean = None if recorded is None else mean_interval(recorded.values)
    return "–" if mean is None else format_estimate(mean)


def _mean_cell(run: RunResult, measure: str) -> str:
    """Returns the mean as text; a dash if a replication lacks the measure."""
    values = run.arrays.measures[measure].values
    return "–" if np.isnan(values).any() else format_number(float(values.mean()))
