"""P(phase began by a date) over replications, and the table of it on the page."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from analysis.page.report import render_page
from analysis.results.arrays import Measure
from analysis.results.tables import Study, read_study
from analysis.statistics.phases import date_begun_in_share, phase_rows, share_begun_by
from tests.analysis.studies import CLOSED, write_study

BEGAN = (0.5, 1.0, 1.999, 3.0, float("nan"), -2.0)  # days after 13 May; one never, one before the start


@pytest.fixture
def study(tmp_path: Path) -> Study:
    plain = read_study(write_study(tmp_path / "plain", (CLOSED,)))
    run = plain.runs[0]
    measures = {**run.arrays.measures, "phase_began_day:first_rains": Measure("day", np.array(BEGAN))}
    config = {**run.config, "phases": {"first_rains": {}}}
    return replace(plain, runs=(replace(run, arrays=replace(run.arrays, measures=measures), config=config),))


@pytest.mark.parametrize(
    ("on", "begun"),
    [(date(2024, 5, 12), 1), (date(2024, 5, 13), 2), (date(2024, 5, 14), 4), (date(2024, 5, 15), 4),
     (date(2024, 5, 16), 5), (date(2024, 6, 2), 5)],
)  # fmt: skip
def test_a_phase_began_by_a_date_in_a_share_of_replications(study: Study, on: date, begun: int) -> None:
    assert share_begun_by(study.runs[0], "first_rains", on) == begun / 6


@pytest.mark.parametrize(
    ("share", "by"),
    [(0.1, date(2024, 5, 11)), (1 / 3, date(2024, 5, 13)), (0.5, date(2024, 5, 14)), (5 / 6, date(2024, 5, 16)),
     (0.9, None)],
)  # fmt: skip
def test_by_a_date_a_phase_had_begun_in_that_share(study: Study, share: float, by: date | None) -> None:
    assert date_begun_in_share(study.runs[0], "first_rains", share) == by


def test_the_page_has_a_row_for_each_phase_and_no_table_without_any(study: Study, tmp_path: Path) -> None:
    [row] = phase_rows(study)
    assert (row[0], *row[-2:]) == ("first rains", "–", "83%")
    assert "first rains" in render_page(study, [])
    assert "<th>phase</th>" not in render_page(read_study(write_study(tmp_path / "none", (CLOSED,))), [])
