"""Statistics against numbers that are known: textbook tables, published values, and studies whose truth is known."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.__main__ import main
from analysis.intervals import (
    MeanInterval,
    dkw_half_height,
    ecdf_band,
    mean_interval,
    quantile_interval,
    quantile_ranks,
    sample_size_needed,
    t_quantile,
    wilson_interval,
)
from analysis.page.report import render_page as page_of
from analysis.page.sentences import runs_table
from analysis.results.tables import Study, read_study
from analysis.statistics.compare import difference, differences, holm_adjusted
from analysis.statistics.demand import demand_differences, demand_sentences
from analysis.statistics.ranking import candidates, probabilities_best, select_subset
from analysis.statistics.reliability import reliability_of_counts
from analysis.statistics.resilience import clearance_by_backlog, days_to_clear, loss_against, recovery_days
from analysis.statistics.tidy import terminal_text, tidy_columns
from tests.analysis.studies import CLOSED, EXTRA, OPEN, many, write_study

TONNES = "arrived_tonnes_per_day"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return read_study(write_study(tmp_path_factory.mktemp("results") / "rafah", (CLOSED, OPEN, EXTRA)))


def valued(study: Study, *values: Any) -> Study:
    """The study's runs with these values of one measure, a row for each run."""
    runs = []
    for run, own in zip(study.runs, values, strict=False):
        measure = replace(run.arrays.measures[TONNES], values=np.asarray(own, dtype=float))
        numbers = tuple(range(len(own)))
        runs.append(replace(run, arrays=replace(run.arrays, replications=numbers, measures={TONNES: measure})))
    return replace(study, runs=tuple(runs))


# known answers


def test_holm_of_four_is_what_it_is_by_hand() -> None:
    assert holm_adjusted([0.001, 0.012, 0.03, 0.2]) == pytest.approx([0.004, 0.036, 0.06, 0.2])


@pytest.mark.parametrize(
    ("k", "n", "low", "high"), [(45, 50, 0.7864, 0.9565), (180, 200, 0.8506, 0.9343), (0, 50, 0, 0.0713)]
)
def test_a_share_has_wilsons_interval(k: int, n: int, low: float, high: float) -> None:
    found = wilson_interval(k, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(
    ("n", "share", "ranks"),
    [(50, 0.5, (18, 33)), (100, 0.9, (84, 96)), (100, 0.95, (90, 100)), (200, 0.9, (171, 189)),
     (200, 0.95, (184, 197)), (500, 0.95, (465, 485))],
)  # fmt: skip
def test_a_quantile_lies_between_the_order_statistics_of_the_tables(
    n: int, share: float, ranks: tuple[int, int]
) -> None:
    assert quantile_ranks(n, share) == ranks


@pytest.mark.parametrize(("share", "fewest"), [(0.9, 29), (0.95, 59), (0.99, 299)])
def test_a_sample_that_is_too_small_for_a_quantile_is_unbounded(share: float, fewest: int) -> None:
    assert quantile_ranks(fewest - 1, share)[1] is None
    assert quantile_ranks(fewest, share)[1] == fewest
    few = quantile_interval(np.arange(fewest - 1.0), share)
    assert few is not None and few.high is None and few.low is not None


@pytest.mark.parametrize(("n", "half"), [(30, 0.248), (100, 0.136), (200, 0.096), (500, 0.061), (1000, 0.043)])
def test_a_distribution_has_the_band_of_dvoretzky_kiefer_and_wolfowitz(n: int, half: float) -> None:
    assert dkw_half_height(n) == pytest.approx(half, abs=5e-4)
    band = ecdf_band(np.arange(float(n)))
    assert band is not None and band.low.min() == 0 and band.high.max() == 1
    assert band.share[-1] == 1 and band.share[0] == pytest.approx(1 / n)


def test_below_three_values_there_is_no_interval_and_so_none_below_zero() -> None:
    assert mean_interval(np.array([0.0, 5.0])) == MeanInterval(2, 2.5, None)
    three = mean_interval(np.array([0.0, 5.0, 7.0]))
    assert three is not None and three.half is not None


def test_so_many_replications_are_needed_that_one_fewer_is_too_few() -> None:
    mean = mean_interval(np.array([90.0, 110.0, 95.0, 105.0, 100.0]))
    assert mean is not None
    n, spread = sample_size_needed(mean, 2.5), np.std([90, 110, 95, 105, 100], ddof=1)
    assert n is not None
    assert t_quantile(n - 1) * spread / n**0.5 <= 2.5 < t_quantile(n - 2) * spread / (n - 1) ** 0.5
    assert (
        sample_size_needed(MeanInterval(2, 5.0, None), 1) is None
        and sample_size_needed(MeanInterval(5, 5.0, 0.0), 1) == 3
    )


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    """A thousand studies of ten replications: means, and paired differences, each between 93.1 and 96.9 per cent."""
    luck = np.random.default_rng(7)
    means = pairs = medians = 0
    for _ in range(1000):
        common, a, b = luck.normal(100, 20, (3, 10))
        mean, pair = mean_interval(a), mean_interval((common + 0.2 * a + 3) - (common + 0.2 * b))
        middle = quantile_interval(luck.exponential(1, 50), 0.5)
        assert mean and pair and middle and mean.half is not None and pair.half is not None
        means += abs(mean.mean - 100) <= mean.half
        pairs += abs(pair.mean - 3) <= pair.half
        assert middle.low is not None and middle.high is not None
        medians += middle.low <= np.log(2) <= middle.high
    assert 931 <= means <= 969 and 931 <= pairs <= 969 and medians >= 931


# choosing


def test_the_best_is_in_the_subset_and_pairing_keeps_it_small(study: Study) -> None:
    """Eight runs a little apart on common luck: the best is kept nearly always, and few others."""
    luck, kept, best_kept = np.random.default_rng(3), 0, 0
    runs = (study.runs[0],) * 8
    named = replace(study, runs=tuple(replace(run, name=f"r{k}") for k, run in enumerate(runs)))
    for _ in range(50):
        common = luck.normal(0, 10, 20)
        values = [100 + 2.0 * k + common + luck.normal(0, 3, 20) for k in range(8)]
        found = select_subset(valued(named, *values), TONNES)
        assert found is not None
        kept += len(found)
        best_kept += "r7" in found
    assert best_kept >= 48 and kept / 50 < 2.5


def test_two_runs_have_the_probabilities_of_their_paired_difference(study: Study) -> None:
    luck = np.random.default_rng(5)
    common = luck.normal(100, 10, 12)
    two = valued(study, common, common + luck.normal(0.5, 1.5, 12))
    found = probabilities_best(two, TONNES)
    pair = difference(two.runs[1], two.runs[0], TONNES)
    assert found is not None and pair is not None and pair.se is not None
    expected = stats.t.cdf(pair.mean.mean / pair.se, 11)
    assert found["rafah_open"] == pytest.approx(expected, abs=0.01)
    assert sum(found.values()) == pytest.approx(1)


def test_equal_runs_share_the_probability_and_are_both_kept(study: Study) -> None:
    values = np.random.default_rng(1).normal(100, 5, 9)
    same = valued(study, values, values)
    assert probabilities_best(same, TONNES) == pytest.approx({"rafah_closed": 0.5, "rafah_open": 0.5})
    assert select_subset(same, TONNES) == {"rafah_closed", "rafah_open"}
    (pair,) = differences(same, TONNES)
    assert pair.mean.mean == 0 and pair.mean.half == 0 and set(pair.dots) == {0.0}


def test_samples_that_are_too_small_choose_nothing(study: Study) -> None:
    two = valued(study, [1.0, 2.0], [5.0, 6.0])
    assert select_subset(two, TONNES) is None and probabilities_best(two, TONNES) is None
    assert [(each.in_subset, each.probability_best, each.replications_needed) for each in candidates(two, TONNES)] == [
        (None, None, None)
    ] * 2


def test_the_page_says_which_run_brings_most_and_how_surely(study: Study) -> None:
    page = page_of(study, [])
    assert "Which run brings most" in page and "needed for ± 2.5 % of its own mean" in page


# what is asked of runs


def test_other_demand_is_said_and_another_share_of_a_corridor_is_not_demand(study: Study) -> None:
    first, second, third = study.runs
    flow = {"rate": 40, "corridors": {"a": "100 %"}, "title": "Food"}
    config = first.config | {"flows": {"food": flow}}
    other = config | {"flows": {"food": flow | {"rate": 50}}}
    shares = config | {"flows": {"food": flow | {"corridors": {"b": "100 %"}, "title": "Meals"}}}
    phase = config | {"phases": {"more": {"from": "2024-05-20", "changes": {"flows.food.rate": "x 2"}}}}
    runs = tuple(replace(run, config=c) for run, c in ((first, config), (second, other), (third, shares)))
    asked = replace(study, runs=runs)
    assert demand_differences(runs[1], runs[0]) == ["flows.food.rate"]
    assert demand_differences(runs[2], runs[0]) == []
    assert demand_differences(replace(first, config=phase), runs[0]) == ["phases.more"]
    assert demand_sentences(asked) == [
        "“Rafah open” and “Rafah closed” have other demand (flows.food.rate): what they differ by is also what is "
        "requested, not only what the corridors can do."
    ]
    assert "have other demand" in runs_table(asked)


def test_who_stopped_by_precision_is_told_to_test_on_other_luck(study: Study) -> None:
    stopped = replace(study, runs=(replace(study.runs[0], stop_reason="precise after 12"), *study.runs[1:]))
    assert "to test a hypothesis take another run.seed: Rafah closed." in runs_table(stopped)
    assert "another run.seed" not in runs_table(study)


def test_runs_of_one_title_are_told_apart_by_the_settings_that_differ(tmp_path: Path) -> None:
    worlds = [replace(CLOSED, name=f"rafah_open,levers.share={n} %,run.days=9", replications=1, days=3) for n in (1, 2)]
    labels = [run.label for run in read_study(write_study(tmp_path / "s", worlds)).runs]
    assert labels == ["levers.share=1 %", "levers.share=2 %"]


# measures that are read off the tables


def test_so_many_on_a_day_in_a_week_and_on_every_day_are_three_numbers() -> None:
    counts = np.array([[10.0] * 13 + [0.0], [10.0] * 14, [0.0, 20.0] * 7])
    found = reliability_of_counts(counts, 10)
    assert found.shares_by_period["days"].tolist() == pytest.approx([13 / 14, 1, 0.5])
    assert found.shares_by_period["weeks, by their mean"].tolist() == [
        0.5,
        1,
        0.5,
    ]  # 8.6, and 60/7 in the first week of the last
    assert found.shares_by_period["every day"].tolist() == [0, 1, 0]
    assert found.every_day_share.value == pytest.approx(1 / 3)
    assert reliability_of_counts(counts[:, :6], 10).week_share is None


def test_a_closure_costs_what_the_fluid_says() -> None:
    """25 come an hour, 30 can be served; shut for a day: 600 wait, and they are gone five days later."""
    days = np.arange(12)
    usual, shut = np.full((1, 12), 600.0), np.full((1, 12), 600.0)
    shut[0, 2] = 0
    shut[0, 3:8] = 720
    backlog = np.maximum.accumulate(np.cumsum(600 - shut, axis=1), axis=1) * 0 + np.cumsum(600 - shut, axis=1)
    assert backlog[0, 2] == 600 and backlog[0, 7] == 0 and days[7] - days[2] == 5
    assert recovery_days(backlog, np.zeros((1, 12))).tolist() == [5]
    assert days_to_clear(backlog, np.zeros(1)).tolist() == [5]
    assert np.isnan(recovery_days(backlog[:, :7], np.zeros((1, 7)))).all()
    assert recovery_days(np.zeros((1, 5)), np.zeros((1, 5))).tolist() == [0]
    assert (usual - shut).clip(0).sum() == 600


def test_what_a_run_loses_is_counted_on_days_that_have_less(study: Study) -> None:
    found = loss_against(study.runs[0], study.runs[2], "arrived", "trucks")
    ours, theirs = (run.daily_counts("arrived", "trucks") for run in (study.runs[0], study.runs[2]))
    assert found is not None and ours is not None and theirs is not None
    days = [zip(a, b, strict=True) for a, b in zip(ours, theirs, strict=True)]
    assert found.total.tolist() == [sum(max(b - a, 0) for a, b in pairs) for pairs in days]
    assert loss_against(replace(study.runs[0], seed=9), study.runs[2], "arrived", "trucks") is None


def test_a_place_that_always_passes_half_of_what_is_there_has_that_clearing_function() -> None:
    waiting = np.arange(50.0).reshape(2, 25)
    found = clearance_by_backlog(waiting, waiting / 2)
    assert len(found) == 5 and (found[0][0], found[-1][1]) == (0, 49)
    for low, high, mean in found:
        assert all(low / 2 <= value <= high / 2 for value in mean[~np.isnan(mean)])
    ((low, high, mean),) = clearance_by_backlog(np.zeros((2, 4)), np.ones((2, 4)))
    assert (low, high, mean.tolist()) == (0, 0, [1, 1])


# the tidy table


def test_a_tidy_table_adds_up_over_crossings_to_the_measure(study: Study) -> None:
    found = tidy_columns(study, "arrived_per_day", ["scenario", "crossing"])
    rows = [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]
    assert {row["unit"] for row in rows} == {"trucks/day", "pallets/day", "tonnes/day"}
    for run in study.runs:
        own = [row for row in rows if row["run"] == run.name and row["unit"] == "tonnes/day"]
        assert len(own) == len(run.corridors)
        assert sum(row["mean"] for row in own) == pytest.approx(run.arrays.measures[TONNES].values.mean())
        assert all(row["low"] <= row["mean"] <= row["high"] for row in own)


def test_quantiles_of_a_tidy_table_lie_between_order_statistics(study: Study) -> None:
    hundred = [quantile_interval(np.arange(1.0, 101), share) for share in (0.9, 0.95)]
    assert [(found.low, found.high) for found in hundred if found] == [(84, 96), (90, 100)]
    few = tidy_columns(study, "utilisation", ["scenario", "place"])
    assert {few["n"][0], few["p95_high"][0], few["p05_low"][0]} == {6, np.inf, -np.inf}
    assert few["p50_low"][0] <= few["p50"][0] <= few["p50_high"][0]  # of six values the least and the most
    assert " to unbounded)" in terminal_text(few)


def test_a_tidy_table_by_date_and_replication_has_each_value(study: Study) -> None:
    found = tidy_columns(study, "arrived_trucks_per_day", ["scenario", "date", "replication"])
    arrived = study.reference.daily_counts("arrived", "trucks")
    assert arrived is not None
    own = [v for name, v in zip(found["run"], found["value"], strict=True) if name == study.reference.name]
    assert sum(own) == arrived.sum()


def test_measures_of_places_come_by_place(study: Study) -> None:
    found = tidy_columns(study, "utilisation", ["scenario", "place"])
    assert {"sites.kerem_shalom", "fleets.zikim"} <= set(found["place"])
    least = tidy_columns(study, "entered >= 20", ["scenario"])
    assert len(set(least["measure"])) == 3
    assert set(tidy_columns(study, "clearing:sites.zikim", ["scenario"])["place"]) == {"sites.zikim"}
    assert set(tidy_columns(study, "lost:arrived", ["scenario"])["unit"]) == {"trucks"}


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--measure", "arived_per_day"], "--measure: no run has arived_per_day; did you mean arrived_"),
     (["--by", "crosing"], "--by: there is no crosing; did you mean crossing?"),
     (["--measure", "transit_h_p50", "--by", "sector"], "--by: transit_h_p50 is not there by sector")],
)  # fmt: skip
def test_what_there_is_no_table_of_is_said(
    study: Study, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["table", str(study.reference.folder.parent), *words]) == 2
    assert said in capsys.readouterr().err


def test_the_command_writes_the_table_it_prints(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    folder = study.reference.folder.parent
    assert main(["table", str(folder), "--measure", "arrived_per_day", "--by", "scenario,crossing"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["scenario", "crossing", "measure"]
    path = folder / "table_arrived_per_day.csv"
    assert lines[-1] == str(path)
    assert path.read_text().startswith("run,scenario,crossing,measure,unit,n,mean,low,high,p05,p05_low,p05_high,p50,"
                                      "p50_low,p50_high,p90,p90_low,p90_high,p95,p95_low,p95_high\n")  # fmt: skip
    assert len(path.read_text().splitlines()) == len(lines) - 1


def test_a_large_study_is_still_read_run_by_run(tmp_path: Path) -> None:
    large = read_study(write_study(tmp_path / "many", many(6, replications=3, days=10)))
    assert len(candidates(large, TONNES)) == 6
