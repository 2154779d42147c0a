"""Observed days beside the model: rules are strict, each series is counted by its own, and residuals stay apart."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from analysis.__main__ import main
from analysis.files import SCENARIOS
from analysis.intervals import MeanInterval
from analysis.observed.comparison import (
    WindowComparison,
    compare_with_observed,
    mean_with_weekly_error,
    modelled_counts,
    series_for_page,
)
from analysis.observed.series import ObservedSeries, read_rule, read_rules
from analysis.page.observed import terminal_text
from analysis.page.report import compare_study
from analysis.plots import days as plots_of_days
from analysis.results.tables import Study, read_study
from analysis.statistics.day_variation import day_variation
from sim.scenario.base import Mistakes
from tests.analysis.studies import CLOSED, OPEN, World, _parquet, write_study

START = date(2024, 5, 13)
DAYS = 14
REGIME, WORLD = "summer_2024", "rafah_closed"
WEEKS = {"from": START, "to": date(2024, 5, 26), "regime": REGIME, "scenario": WORLD}
RULE: dict[str, Any] = {
    "title": "Entered, aid",
    "authority": "An authority",
    "milestone": "entered",
    "sectors": ["un", "ngo"],
    "gates": ["south"],
    "truck": "inbound",
    "cut_off": "00:00",
    "lag": 0,
    "coverage": {"value": "100 %", "assumed": ["80 %", "100 %"], "why": "not known"},
    "days": {"file": "days.csv", "column": "trucks"},
    "page": True,
    "windows": {"weeks": WEEKS},
    "source": "A list.",
    "licence": "CC BY",
}
COLLECTED = {"milestone": "collected", "pallets_per_truck": 22.0, "title": "Received"}
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a rule with these changes, beside two weeks of 7 and 21 trucks a day."""

    def written(name: str = "rule", **changes: Any) -> Path:
        days = [f"2024-05-{13 + k},{7 if k < 7 else 21}" for k in range(DAYS)]
        (tmp_path / "days.csv").write_text("\n".join(["date,trucks", *days]))
        rule = {key: value for key, value in (RULE | changes).items() if value is not None}
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(rule))
        return tmp_path / f"{name}.yaml"

    return written


def study_of(tmp_path: Path, rows: list[tuple[Any, ...]], replications: int = 2, **changes: Any) -> Study:
    """A study of one run whose daily table is `rows` (replication, day, corridor, sector, milestone, trucks, pallets).

    Its corridors are `a` and `b` by the gate `south`, and `c` by the gate `north`.
    """
    world = replace(World("one", "Rafah closed", days=DAYS, start=START, replications=replications), **changes)
    folder = write_study(tmp_path / "study", [world])
    daily = [
        (replication, date.fromordinal(START.toordinal() + day), corridor, sector, "food", milestone, n, pallets, 1)
        for replication, day, corridor, sector, milestone, n, pallets in rows
    ]
    _parquet(folder / "one" / "daily.parquet", daily, "replication INT, date DATE, corridor VARCHAR, sector VARCHAR, "
             "cargo VARCHAR, milestone VARCHAR, trucks INT, pallets INT, kg BIGINT")  # fmt: skip
    manifest = json.loads((folder / "one" / "manifest.json").read_text())
    manifest["config"]["corridors"] = {
        "a": {"steps": [{"travel": "road"}, {"pass_gate": "south"}]},
        "b": {"steps": [{"pass_gate": {"gate": "south"}}]},
        "c": {"steps": [{"pass_gate": "north"}]},
    }
    (folder / "one" / "manifest.json").write_text(json.dumps(manifest))
    return read_study(folder)


ROWS: list[tuple[Any, ...]] = [
    (0, 0, "a", "un", "entered", 10, 220),
    (0, 0, "b", "ngo", "entered", 5, 110),
    (0, 0, "c", "un", "entered", 100, 2200),
    (0, 0, "a", "commercial", "entered", 1000, 22000),
    (0, 1, "a", "un", "collected", 13, 220),
    (1, 13, "a", "un", "entered", 3, 66),
]

# rules


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lags": 1}, "lags: no such setting; did you mean lag?"),
        ({"source": None}, "source: missing"),
        ({"cut_off": "06:00"}, "cut_off: daily counts go from midnight to midnight; 06:00 cannot be answered"),
        ({"truck": "gaza_side"}, "truck: entered is counted in inbound trucks, not gaza_side"),
        ({"milestone": "collected"}, "pallets_per_truck: wanted to count inbound trucks after the gate"),
        ({"pallets_per_truck": 22}, "pallets_per_truck: wanted to count inbound trucks after the gate"),
        ({"sectors": ["army"]}, "sectors.0: "),
        ({"coverage": RULE["coverage"] | {"value": "70 %"}}, "coverage: wanted 0 < lowest <= value <= highest"),
        ({"coverage": RULE["coverage"] | {"range": 1}}, "coverage.range: no such setting"),
        ({"days": None}, "windows.weeks: wanted one of days (of the rule), total and per_day"),
        ({"days": {"file": "days.csv", "column": "truck"}}, "days.column: days.csv has no 'truck'; did you mean"),
        ({"days": {"file": "other.csv", "column": "trucks"}}, "days.file: there is no other.csv"),
        ({"windows": {"w": WEEKS | {"to": date(2024, 5, 27)}}}, "windows.w: days.csv has no 2024-05-27"),
    ],
)  # fmt: skip
def test_a_rule_is_read_strictly(write: Write, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Mistakes) as error:
        read_rule(write(**changes))
    assert any(line.startswith(said) for line in error.value.lines), error.value.lines


def test_all_mistakes_of_all_rules_are_said_at_once(write: Write, tmp_path: Path) -> None:
    write("one", lags=1)
    write("two", licence=None)
    with pytest.raises(Mistakes) as error:
        read_rules(tmp_path)
    assert [line.split(":")[0] for line in error.value.lines] == ["one.yaml", "two.yaml"]


def test_the_shipped_rules_name_authority_source_and_licence_and_worlds_that_exist() -> None:
    rules = read_rules()
    assert {series.rule.milestone for series in rules} >= {"entered", "collected", "offloaded"}
    for series in rules:
        assert series.rule.authority and series.rule.source and series.rule.licence
        if "HDX" in series.rule.source:
            assert "CC BY" in series.rule.licence and "UNRWA" in series.rule.licence
        for window in series.rule.windows.values():
            assert (SCENARIOS / "regime" / f"{window.regime}.yaml").is_file()
            assert (SCENARIOS / "scenario" / f"{window.scenario}.yaml").is_file()


def test_windows_of_one_series_do_not_overlap_and_are_cut_at_the_dated_breaks() -> None:
    for series in read_rules():
        if series.rule.days:
            spans = sorted((window.since, window.until) for window in series.rule.windows.values())
            assert all(a[1] < b[0] for a, b in pairwise(spans))
            starts = {since for since, _ in spans}
            assert (starts & {date(2024, 4, 7)}) or (starts >= {date(2024, 5, 31), date(2024, 6, 16)})


def test_one_reported_total_may_be_read_over_two_lengths() -> None:
    cmcc = next(series for series in read_rules() if series.name == "reported_2025_cmcc")
    assert [window.n_days for window in cmcc.rule.windows.values()] == [35, 50]
    assert [window.reported_per_day for window in cmcc.rule.windows.values()] == [24000 / 35, 480]


# standard errors, by hand


@pytest.mark.parametrize(
    ("days", "mean", "se", "weeks"),
    [
        ([1.0] * 7 + [3.0] * 7, 2.0, 1.0, 2),  # weeks 1 and 3: variance 2, over 2
        ([2.0] * 7 + [4.0] * 7 + [9.0] * 7, 5.0, (13 / 3) ** 0.5, 3),  # variance 13, over 3
        ([0.0, 14.0, 7.0, 7.0, 7.0, 7.0, 7.0] + [7.0] * 7, 7.0, 0.0, 2),  # days differ, weeks do not
        ([1.0] * 7 + [9.0], 2.0, (2 * ((7 / 8) ** 2 + (7 / 8) ** 2)) ** 0.5, 2),  # a week of one day weighs 1/8
        ([5.0] * 7, 5.0, None, 1),
        ([5.0] * 3, 5.0, None, 1),
    ],
)
def test_the_standard_error_comes_from_weekly_means(
    days: list[float], mean: float, se: float | None, weeks: int
) -> None:
    found_mean, found_se, found_weeks = mean_with_weekly_error(days)
    assert found_mean == pytest.approx(mean)
    assert found_se == (None if se is None else pytest.approx(se))
    assert found_weeks == weeks


# how much days differ, by hand


@pytest.mark.parametrize(
    ("days", "cv", "of_rest", "lag_one"),
    [
        ([7.0] * 7 + [21.0] * 7, 14**0.5 / 13**0.5 / 2, 14**0.5 / 13**0.5 / 2, 6 / 7),  # -7 for a week, then +7
        ([7.0] * 5 + [0.0] * 2 + [7.0] * 5 + [0.0] * 2, (14 * 10) ** 0.5 / 13**0.5 / 5, 0.0, None),  # only weekends
        ([0.0] * 14, None, None, None),
    ],
)
def test_the_spread_of_days_is_told_with_and_without_what_a_week_repeats(
    days: list[float], cv: float | None, of_rest: float | None, lag_one: float | None
) -> None:
    found = day_variation(np.array([days, days]), date(2024, 5, 13))
    assert found.cv == (None if cv is None else pytest.approx(cv))
    assert found.cv_of_residuals == (None if of_rest is None else pytest.approx(of_rest))
    assert found.lag_one_correlation == (None if lag_one is None else pytest.approx(lag_one, abs=0.02))


def test_a_spread_that_one_replication_lacks_is_not_told() -> None:
    found = day_variation(np.array([[1.0, 3.0] * 7, [0.0] * 14]), date(2024, 5, 13))
    assert (found.cv, found.cv_of_residuals, found.lag_one_correlation) == (None, None, None)


def test_the_days_of_a_series_stand_beside_the_model_s(write: Write, tmp_path: Path) -> None:
    (each,) = compare_with_observed(study_of(tmp_path, ROWS), [read_rule(write())])
    assert each.variation is not None
    observed, model = each.variation
    assert observed.cv == pytest.approx((14 / 13) ** 0.5 / 2)
    assert model.cv == pytest.approx(14**0.5)  # one day of fourteen, in either replication
    assert "of the rest" in terminal_text([each]) and "3.74" in terminal_text([each])


# the model through a rule


def test_a_rule_picks_its_milestone_sectors_and_gates(write: Write, tmp_path: Path) -> None:
    counts = modelled_counts(study_of(tmp_path, ROWS).reference, read_rule(write()).rule)
    assert counts is not None and counts.shape == (2, DAYS)
    assert counts[0].tolist() == [15] + [0] * 13  # not the commercial load, not the gate in the north
    assert counts[1].tolist() == [0] * 13 + [3]


def test_collected_pallets_count_as_inbound_trucks_or_as_vehicles(write: Write, tmp_path: Path) -> None:
    run = study_of(tmp_path, ROWS).reference
    inbound = modelled_counts(run, read_rule(write(**COLLECTED)).rule)
    vehicles = modelled_counts(run, read_rule(write(milestone="collected", truck="gaza_side")).rule)
    assert inbound is not None and vehicles is not None
    assert (inbound[0, 1], vehicles[0, 1]) == (10, 13)


def test_with_a_lag_a_day_is_listed_later(write: Write, tmp_path: Path) -> None:
    counts = modelled_counts(study_of(tmp_path, ROWS).reference, read_rule(write(lag=2)).rule)
    assert counts is not None
    assert counts[0, 2] == 15 and counts[1, 13] == 0
    assert all(value != value for value in counts[0, :2])  # what was listed on these days happened before the run


def test_a_run_without_the_gates_is_not_compared(write: Write, tmp_path: Path) -> None:
    series = read_rule(write(gates=["west"]))
    study = study_of(tmp_path, ROWS)
    assert modelled_counts(study.reference, series.rule) is None
    assert compare_with_observed(study, [series]) == []


def test_residuals_are_in_trucks_and_in_standard_errors(write: Write, tmp_path: Path) -> None:
    (each,) = compare_with_observed(study_of(tmp_path, ROWS), [read_rule(write())])
    assert (each.observed, each.standard_error, each.weeks) == (14, 7, 2)
    assert each.model.mean == pytest.approx((15 + 3) / 2 / DAYS)
    assert each.residual == pytest.approx(9 / DAYS - 14)
    assert each.residual_in_se == pytest.approx((9 / DAYS - 14) / 7)
    assert each.fits


def test_coverage_multiplies_the_model_and_its_ends_are_shown(write: Write, tmp_path: Path) -> None:
    coverage = {"value": "50 %", "assumed": ["25 %", "100 %"], "why": "partial"}
    (each,) = compare_with_observed(study_of(tmp_path, ROWS), [read_rule(write(coverage=coverage))])
    whole = 9 / DAYS
    assert (each.low, each.model.mean, each.high) == pytest.approx((whole / 4, whole / 2, whole))


@pytest.mark.parametrize(("se", "model", "fits"), [(2.0, 14.0, True), (2.0, 14.1, False), (2.0, 5.9, False)])
def test_two_standard_errors_are_within_and_more_are_not(write: Write, se: float, model: float, fits: bool) -> None:
    rule = read_rule(write()).rule
    each = WindowComparison("s", rule, "w", "r", 10.0, se, 2, MeanInterval(2, model, 0.1), model, model)
    assert each.fits is fits


def test_without_a_standard_error_nothing_is_said_to_fit(write: Write) -> None:
    rule = read_rule(write()).rule
    for se in (None, 0.0):
        each = WindowComparison("s", rule, "w", "r", 0.0, se, 2, MeanInterval(2, 5.0, 0.1), 5.0, 5.0)
        assert (each.residual, each.residual_in_se, each.fits) == (5.0, None, None)


# windows


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Rafah open"},
        {"regime": "Spring 2024"},
        {"start": date(2024, 5, 14)},
        {"days": 13},
        {"warm_up": 1},
    ],
)
def test_a_window_needs_its_scenario_its_regime_and_all_its_days(
    write: Write, tmp_path: Path, changes: dict[str, Any]
) -> None:
    assert compare_with_observed(study_of(tmp_path, ROWS[:2], **changes), [read_rule(write())]) == []


def test_a_lag_needs_the_days_before_the_window(write: Write, tmp_path: Path) -> None:
    assert compare_with_observed(study_of(tmp_path, ROWS), [read_rule(write(lag=1))]) == []


def test_two_authorities_keep_two_residuals(write: Write, tmp_path: Path) -> None:
    series = [read_rule(write("a")), read_rule(write("b", authority="Another", **COLLECTED))]
    entered, received = compare_with_observed(study_of(tmp_path, ROWS), series)
    assert entered.residual != received.residual
    text = terminal_text([entered, received])
    assert "Entered, aid, An authority" in text and "Received, Another" in text
    assert "none is averaged" in text
    means, days = text.split("none is averaged")
    for part in (means, days):
        assert len([line for line in part.splitlines() if line.startswith("weeks")]) == 2


def test_the_table_says_what_it_compares(write: Write, tmp_path: Path) -> None:
    found = compare_with_observed(study_of(tmp_path, ROWS), [read_rule(write())])
    head, row, *_ = terminal_text(found).splitlines()
    assert head.split("  ")[0] == "window" and head.endswith("within 2")
    assert [cell for cell in row.split("  ") if cell.strip()][2].strip() == "14.0"
    assert "7.00 (2)" in row or "7.0 (2)" in row
    assert row.endswith("yes")


def test_a_reported_figure_has_no_standard_error_and_no_verdict(write: Write, tmp_path: Path) -> None:
    window = WEEKS | {"total": 1400}
    (each,) = compare_with_observed(study_of(tmp_path, ROWS), [read_rule(write(days=None, windows={"w": window}))])
    assert (each.observed, each.standard_error, each.fits) == (100, None, None)
    assert "reported" in terminal_text([each])


def test_a_study_without_windows_says_so() -> None:
    assert "No run" in terminal_text([])


# where it is shown


def test_the_command_prints_the_table_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = study_of(tmp_path, ROWS).reference.folder.parent
    before = sorted(folder.rglob("*"))
    assert main(["observed", str(folder)]) == 0
    assert "No run of this study covers" in capsys.readouterr().out
    assert sorted(folder.rglob("*")) == before
    assert main(["observed", str(folder / "nowhere")]) == 2


def test_days_stand_on_the_page_where_the_regime_has_any(write: Write, tmp_path: Path) -> None:
    series = read_rule(write())
    assert series_for_page(study_of(tmp_path, ROWS).reference, [series]) == [series]
    assert series_for_page(study_of(tmp_path / "x", ROWS, regime="Other").reference, [series]) == []
    assert series_for_page(study_of(tmp_path / "y", ROWS).reference, [read_rule(write(page=False))]) == []


def test_the_plot_names_the_authority_and_draws_the_days(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    series: tuple[ObservedSeries, ...] = (read_rule(write()),)
    monkeypatch.setattr(plots_of_days, "read_rules", lambda: series)
    study = study_of(tmp_path, ROWS, title="A what-if")
    plot = plots_of_days.observed_plot(study)
    assert plot is not None and "An authority" in plot.alt
    assert plot.columns["observed"][:8] == (7.0,) * 7 + (21.0,)
    page = compare_study(study.reference.folder.parent).read_text()
    assert 'id="observed"' in page and "Entered, aid: An authority" in page


def test_there_is_no_plot_without_observed_days(tmp_path: Path) -> None:
    study = read_study(write_study(tmp_path / "s", (replace(CLOSED, start=date(2030, 1, 1)), OPEN)))
    assert plots_of_days.observed_plot(study) is None
