"""People on the page: rows of lists and crossings, who has left within how many days, and counts beside the model."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from analysis.page.report import render_page
from analysis.plots.people import people_plot
from analysis.results.arrays import Measure
from analysis.results.tables import Study, read_study
from analysis.statistics.people import (
    PeopleCount,
    crossing_rows,
    list_rows,
    modelled_persons,
    persons_by_day,
    read_people_counts,
    share_cleared_within,
)
from tests.analysis.studies import CLOSED, write_study

CLEARED = (3.5, 7.0, 7.01, float("nan"))
NAMES = ("crossed_per_day", "turned_back_per_day", "waiting_end")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """One run with a group of patients; 2 persons leave and 1 comes each day, in all of its replications."""
    plain = read_study(write_study(tmp_path / "plain", (CLOSED,)))
    run = plain.runs[0]
    n = len(run.arrays.replications)
    numbers = {f"people_{name}:{who}": 2.0 for name in NAMES for who in ("sick", "sick.red")}
    numbers |= {f"list_days_{name}:{who}": 9.0 for name in ("mean", "p50", "p90", "so_far_mean")
                for who in ("sick", "sick.red")}  # fmt: skip
    numbers |= {"people_out_per_day": 2.0, "people_days_open:out": 5.0, "people_days_used:out": 4.0}
    measures = {name: Measure("x", np.full(n, value)) for name, value in numbers.items()}
    measures |= {f"list_cleared_day:{who}": Measure("day", np.resize(CLEARED, n)) for who in ("sick", "sick.red")}
    measures["list_days_p90:sick.red"] = Measure("days", np.append(np.full(n - 1, 9.0), np.nan))
    arrays = replace(run.arrays, measures={**run.arrays.measures, **measures})
    config = {**run.config, "people": {"sick": {"title": "Patients", "urgency": {"red": 1}}}}
    rows = [(r, day, way, 2 if way == "out" else 1) for r in run.arrays.replications for day in run.dates
            for way in ("out", "in")]  # fmt: skip
    with duckdb.connect() as db:
        db.execute("create table t (replication int, date date, direction varchar, crossed int, waiting int)")
        db.executemany("insert into t values (?, ?, ?, ?, 7)", rows)
        db.execute(f"copy t to '{run.folder / 'people.parquet'}' (format parquet)")
    return replace(plain, runs=(replace(run, arrays=arrays, config=config),))


def test_all_have_left_within_so_many_days_in_a_share_of_replications(study: Study) -> None:
    run = study.runs[0]
    n = len(run.arrays.replications)
    for days, among in ((3, 0), (4, 1), (7, 2), (8, 3)):
        assert share_cleared_within(run, "sick", days) == sum(np.resize(CLEARED, n) <= days) / n, among
    assert share_cleared_within(run, "sick", run.days + 1) is None


def test_rows_tell_of_groups_and_classes_and_leave_out_what_some_replications_lack(study: Study) -> None:
    assert [row[1] for row in list_rows(study)] == ["Patients", "Patients: red"]
    assert [row[7] for row in list_rows(study)] == ["9.00", "–"]
    assert [row[1:] for row in crossing_rows(study)] == [["out", "2.00 ± 0", "5.00", "4.00"]]


def test_persons_of_both_directions_are_counted_on_the_days_of_a_count(study: Study) -> None:
    run = study.runs[0]
    counter = PeopleCount(run.start, run.dates[2], "both", "", 9, "", "")
    values = modelled_persons(run, counter)
    assert values is not None and (values == 9).all()
    assert modelled_persons(run, counter._replace(until=date(2099, 1, 1))) is None
    assert (persons_by_day(run, "waiting", "in") == 7).all()


def test_the_page_tells_of_people_where_there_are_any(study: Study, tmp_path: Path) -> None:
    assert "<h2>People who cross</h2>" in render_page(study, [])
    assert people_plot(study) is not None
    plain = read_study(write_study(tmp_path / "none", (CLOSED,)))
    assert "<h2>People who cross</h2>" not in render_page(plain, [])
    assert people_plot(plain) is None


def test_what_was_counted_says_who_counted_it_and_where_it_is_told() -> None:
    assert {counter.persons for counter in read_people_counts()} == {811, 1500}
    assert all(
        counter.authority and counter.source and counter.since < counter.until for counter in read_people_counts()
    )
