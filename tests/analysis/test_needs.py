"""What the page says of needs: read off measures and the table of days, by hand."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from analysis.__main__ import main
from analysis.language.translator import Translator
from analysis.page.needs import needs_section
from analysis.plots.needs import food_plot, needs_met_plot
from analysis.results.arrays import Measure
from analysis.results.tables import RunResult, Study, read_study
from analysis.statistics.needs import (
    daily_kcal_per_person,
    needs_of,
    sufficiency_dates,
    trailing_week_mean,
    worst_off_area,
)
from analysis.statistics.tidy import tidy_columns
from tests.analysis.studies import CLOSED, OPEN, write_study

NAN = float("nan")
CONFIG = {"needs": {"food": {"title": "Food"}, "gas": {"essential": False}}, "areas": {"here": {}, "there": {}}}


def with_measures(run: RunResult, told: dict[str, Any]) -> RunResult:
    measures = {
        name: Measure("", np.broadcast_to(np.array(values, dtype=float), (6,))) for name, values in told.items()
    }
    arrays = replace(run.arrays, measures=run.arrays.measures | measures)
    return replace(run, arrays=arrays, config={**run.config, **CONFIG})


def told_of(need: str, here: float, there: float, days: list[float]) -> dict[str, Any]:
    return {
        f"fill_rate:{need}:aid": (here + there) / 2, f"fill_rate:{need}:un:here": here / 2,
        f"fill_rate:{need}:aid:here": here, f"fill_rate:{need}:aid:there": there,
        f"stock_out_days:{need}:aid:here": 1.0, f"stock_out_days:{need}:aid:there": 2.0,
        f"fill_rate_worst:{need}:aid": min(here, there), f"fill_ratio:{need}:aid:here/there": here / there,
        f"enough_from_day:{need}:aid": days,
    }  # fmt: skip


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Two runs of six replications; enough is reached sooner in the second, where it is."""
    read = read_study(write_study(tmp_path / "needs", (CLOSED, OPEN)))
    first = with_measures(read.runs[0], told_of("food", 0.5, 0.8, [3, 4, 5, 6, NAN, NAN]))
    second = with_measures(read.runs[1], told_of("food", 0.9, 0.8, [1, 4, 7, 2, NAN, 9]))
    kcal = {
        "kcal_per_person_day:un": 900.0,
        "kcal_per_person_day:aid": 1200.0,
        "kcal_per_person_day:trade_most": 1500.0,
    }
    return replace(read, runs=(with_measures(first, told_of("gas", 0.1, 0.1, [NAN] * 6)), with_measures(second, kcal)))


def test_a_run_without_needs_says_nothing_of_them(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "plain", (CLOSED, OPEN))
    read = read_study(folder)
    assert needs_section(read) == {}
    assert food_plot(read) is needs_met_plot(read) is None
    assert main([str(folder)]) == 0
    assert "What people have" not in (folder / "comparison.html").read_text()


def test_the_worst_off_area_is_that_of_which_the_least_is_met(study: Study) -> None:
    assert needs_of(study.runs[0]) == ["food", "gas"]
    assert [worst_off_area(run, "food") for run in study.runs] == ["here", "there"]


def test_the_soonest_comes_first_and_what_is_not_reached_is_later_than_any_day(study: Study) -> None:
    rows = [row for row in sufficiency_dates(study) if row.need == "food"]
    assert [row.run.name for row in rows] == ["rafah_open", "rafah_closed"]
    opened, closed = rows
    assert opened.dates == (date(2024, 5, 14), date(2024, 5, 17), None)
    assert closed.dates == (date(2024, 5, 16), date(2024, 5, 18), None)
    assert (opened.never_count, closed.never_count, opened.n_replications) == (1, 2, 6)
    assert opened.share_sooner == pytest.approx(3 / 6)  # the first, the fourth, and that which was never reached
    assert opened.share_later == pytest.approx(1 / 6)
    assert closed.share_sooner is None


def test_the_page_says_it_in_tables_without_empty_columns(study: Study) -> None:
    said = needs_section(study)
    assert [need["title"] for need in said["each"]] == ["Food", "gas"]  # what is essential first
    assert said["people"] == [
        ["run", "kcal per person and day: UN", "all aid", "aid and commercial goods, least – most"],
        ["Rafah closed", "–", "–", "–"],
        ["Rafah open", "900", "1\u202f200", "1\u202f200 – 1\u202f500"],
    ]
    food = said["each"][0]
    assert food["soonest"][1] == [
        "Rafah open", "14 May 2024", "17 May 2024", "not by the run's end", "1 / 6", "50 %", "17 %",
    ]  # fmt: skip
    assert food["areas"][0] == ["area", "run", "met: UN", "all aid", "days without, aid"]
    assert food["areas"][1] == ["here", "Rafah closed", "25.0 %", "50.0 %", "1.00"]
    assert food["shared"][1][1:3] == ["here: 50.0 %", "here / there: 0.62"]
    french = needs_section(replace(study, translate=Translator("fr")))
    assert french["each"][0]["soonest"][1][3] == "pas avant la fin"


def test_food_of_each_day_is_the_sum_of_all_that_feeds(study: Study) -> None:
    run = study.runs[0]
    assert daily_kcal_per_person(run) == {}
    days = ", ".join(
        f"({r}, '{on}'::DATE, '{supply}', 'here', '{need}', {kcal}::DOUBLE)"
        for r in run.arrays.replications
        for k, on in enumerate(run.dates)
        for supply, need, kcal in (("aid", "food", 100 * k), ("aid", "flour", r), ("un", "food", 5))
    )
    path = (run.folder / "needs.parquet").as_posix()
    names = "replication, date, supply, area, need, kcal_per_person"
    duckdb.sql(f"copy (select * from (values {days}) as t({names})) to '{path}' (format parquet)")
    found = daily_kcal_per_person(run)["here"]
    assert found.shape == (6, 21)
    assert found[2, :3].tolist() == [2, 102, 202]
    assert trailing_week_mean(found)[0, 0] == 300
    plot = food_plot(study)
    assert plot is not None
    assert len(plot.columns["kcal_per_person_mean_of_week"]) == 21 - 6


def test_a_table_of_what_people_need_is_by_need_and_supply_or_by_area_too(study: Study) -> None:
    first = replace(study, runs=study.runs[:1])
    whole, by_area = (tidy_columns(first, "fill_rate", by) for by in ([], ["area"]))
    assert list(zip(whole["need"], whole["supply"], strict=True)) == [("food", "aid"), ("gas", "aid")]
    assert list(whole["mean"]) == pytest.approx([0.65, 0.1])
    told = zip(by_area["need"], by_area["supply"], by_area["area"], strict=True)
    assert list(told)[:3] == [("food", "un", "here"), ("food", "aid", "here"), ("food", "aid", "there")]
    assert list(by_area["mean"])[:3] == pytest.approx([0.25, 0.5, 0.8])
    assert list(tidy_columns(first, "fill_rate:food:aid", [])["mean"]) == pytest.approx([0.65])


def test_the_plot_of_shares_tells_each_need_area_and_run(study: Study) -> None:
    plot = needs_met_plot(study)
    assert plot is not None
    assert list(plot.columns["need"]) == ["food"] * 4 + ["gas"] * 2
    assert list(plot.columns["lowest_supply_mean"])[:2] == [0.25, 0.45]
