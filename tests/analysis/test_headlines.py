"""What a page says beside tonnes, and how sure it is; and what it says of goods that go on inside. Worked by hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis.page import distribution
from analysis.page.headlines import headline_sentences
from analysis.results.arrays import Measure
from analysis.results.tables import RunResult, Study, read_study
from tests.analysis.studies import CLOSED, OPEN, write_study

NAN = float("nan")
OUT = "people_out_per_day"


def with_measures(run: RunResult, told: dict[str, Any], **config: Any) -> RunResult:
    measures = {name: Measure("", np.array(values, dtype=float)) for name, values in told.items()}
    return replace(run, arrays=replace(run.arrays, measures=run.arrays.measures | measures), config=run.config | config)


def of_two(folder: Path, first: dict[str, Any], second: dict[str, Any]) -> Study:
    """Six replications each."""
    read = read_study(write_study(folder, (CLOSED, OPEN)))
    return replace(
        read, runs=tuple(with_measures(run, told) for run, told in zip(read.runs, (first, second), strict=True))
    )


def test_what_is_the_same_in_all_runs_or_in_none_is_not_told(tmp_path: Path) -> None:
    same = {OUT: [4, 5, 6, 4, 5, 6]}
    assert headline_sentences(of_two(tmp_path / "same", same, same)) == []
    assert headline_sentences(read_study(write_study(tmp_path / "plain", (CLOSED, OPEN)))) == []


def test_a_clear_difference_is_told_with_both_means_and_its_interval(tmp_path: Path) -> None:
    (told,) = headline_sentences(of_two(tmp_path / "s", {OUT: [4, 5, 6, 4, 5, 6]}, {OUT: [9, 9, 11, 9, 10, 12]}))
    assert told.startswith(
        "People out [persons/day]: 10.0 with “Rafah open”, 5.00 with “Rafah closed”; the difference of"
    )
    assert "+5.0" in told and told.endswith("is clear.")


def test_a_difference_that_luck_could_make_is_told_as_such(tmp_path: Path) -> None:
    (told,) = headline_sentences(of_two(tmp_path / "s", {OUT: [4, 5, 6, 4, 5, 6]}, {OUT: [9, 1, 6, 5, 3, 7]}))
    assert told.endswith("does not stand out from luck.")


def test_what_only_one_run_has_is_told_without_a_difference(tmp_path: Path) -> None:
    (told,) = headline_sentences(of_two(tmp_path / "s", {}, {OUT: [9, 9, 11, 9, 10, 12]}))
    assert told == "People out [persons/day]: 10.0 (9.00 to 11.5) with “Rafah open”."


def test_of_several_depots_the_one_that_differs_most_is_told(tmp_path: Path) -> None:
    few, many = [1, 2, 1, 2, 1, 2], [21, 22, 20, 23, 21, 22]
    first = {"days_short:depots.a": few, "days_short:depots.b": few}
    second = {"days_short:depots.a": [2, 3, 2, 3, 2, 4], "days_short:depots.b": many}
    (told,) = headline_sentences(of_two(tmp_path / "s", first, second))
    assert told.startswith("Depots.b: days on which users get less than they want")


def test_a_corridor_of_distribution_has_a_row_and_no_quantile_that_some_replications_lack(tmp_path: Path) -> None:
    read = read_study(write_study(tmp_path / "s", (CLOSED, OPEN)))
    assert distribution.distribution_rows(read) == []
    told: dict[str, Any] = {f"{name}:to_north": [10.0] * 6 for name in distribution.TONNES_MEASURES}
    told |= {f"{name}:to_north": [2.0] * 6 for name in distribution.HOURS_MEASURES}
    told |= {"undistributed_end_tonnes:to_north": [7.0] * 6, "distribution_h_p90:to_north": [2, 2, 2, 2, 2, NAN]}
    config = {"distribution": {"to_north": {"of": "here"}}, "corridors": {"to_north": {"title": "To the north"}}}
    study = replace(read, runs=(read.runs[0], with_measures(read.runs[1], told, **config)))
    heads, row = distribution.distribution_rows(study)
    assert len(heads) == len(row)
    assert row[:2] == ["Rafah open", "To the north"]
    assert row[5:] == ["7.00", "2.00 ± 0", "2.00 ± 0", "–"]
