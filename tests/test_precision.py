"""Replications stop once their means are precise, at the same one however they were run."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.readings.measures import measure_names
from sim.scenario.base import Mistakes
from sim.scenario.precision import (
    MIN_REPLICATIONS,
    MIN_REPLICATIONS_OF_TAILS,
    PrecisionTarget,
    look_ahead_count,
    parse_targets,
    precision_summary,
    replications_to_precision,
    replications_to_run,
    running_intervals,
)
from sim.study import study
from sim.study.job import Job, prepare_job
from sim.study.replication import Replication, replicate
from sim.study.study import run_job
from tests.worlds.adre import config

HALF = PrecisionTarget("x", 0.05, relative=True)


def normal(n: int, mean: float = 100.0, cv: float = 0.2, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).normal(mean, cv * abs(mean), n)


def test_half_widths_are_those_of_students_t_at_every_number() -> None:
    values = normal(40)
    mean, half = running_intervals(values.tolist())
    assert np.isnan(half[0]) and mean[0] == values[0]
    for n in (2, 3, 17, 40):
        expected = stats.t.interval(0.95, n - 1, values[:n].mean(), stats.sem(values[:n]))
        assert (mean[n - 1] - half[n - 1], mean[n - 1] + half[n - 1]) == pytest.approx(expected)


def test_a_mean_below_zero_is_as_precise_as_its_mirror_image() -> None:
    values = normal(400)
    assert replications_to_precision({"x": values.tolist()}, [HALF]) == replications_to_precision(
        {"x": (-values).tolist()}, [HALF]
    )


def test_what_never_varies_is_precise_at_once_and_a_mean_of_zero_needs_an_amount() -> None:
    assert replications_to_precision({"x": [7.0] * 40}, [HALF]) == MIN_REPLICATIONS
    assert replications_to_precision({"x": [0.0] * 40}, [HALF]) == MIN_REPLICATIONS
    around_zero = (np.arange(400) % 2 * 2.0 - 1.0).tolist()  # mean 0, so no share of it is wide enough
    assert replications_to_precision({"x": around_zero[:399]}, [HALF]) is None
    assert replications_to_precision({"x": around_zero}, [PrecisionTarget("x", 0.2, relative=False)]) is not None


def test_quantiles_and_shares_need_more_replications_than_means() -> None:
    tails = ("transit_h_p90", "stay_h_p50:sites.a", "utilisation:sites.a", "state_idle:sites.a")
    for measure in ("x", *tails):
        found = replications_to_precision({measure: [1.0] * 60}, [PrecisionTarget(measure, 0.05, relative=True)])
        assert found == (MIN_REPLICATIONS if measure == "x" else MIN_REPLICATIONS_OF_TAILS)


def test_of_several_measures_the_one_that_takes_most_decides_at_a_level_for_all_together() -> None:
    steady, noisy = normal(900, cv=0.02).tolist(), normal(900, cv=0.25, seed=1).tolist()
    both = [HALF, PrecisionTarget("y", 0.05, relative=True)]
    alone = replications_to_precision({"y": noisy}, both[1:])
    together = replications_to_precision({"x": steady, "y": noisy}, both)
    assert alone is not None and together is not None and together > alone  # 97.5 % each, and not 95 %


def test_a_precision_that_is_lost_again_while_looking_ahead_is_none() -> None:
    values = [100.0 + (-1) ** n for n in range(12)] + [260.0] + [100.0 + (-1) ** n for n in range(400)]
    found = replications_to_precision({"x": values}, [HALF])
    assert found is not None and found > 13
    assert running_intervals(values)[1][MIN_REPLICATIONS - 1] < 5  # it was precise before
    _, half = running_intervals(values)
    assert (half[found - 1 : found + look_ahead_count(found)] <= 5.1).all() and half[found - 2] > 5


@pytest.mark.parametrize(("n", "ahead"), [(3, 5), (100, 5), (119, 5), (120, 6), (200, 10)])
def test_five_replications_are_looked_ahead_or_five_in_a_hundred(n: int, ahead: int) -> None:
    assert look_ahead_count(n) == ahead


def test_enough_are_those_that_were_looked_ahead_as_well_and_none_before() -> None:
    values = [7.0] * 40
    assert replications_to_run({"x": values}, [HALF]) == MIN_REPLICATIONS + 5
    assert replications_to_run({"x": values[: MIN_REPLICATIONS + 4]}, [HALF]) is None
    assert replications_to_run({"x": []}, [HALF]) is None


def test_replications_that_lack_a_measure_do_not_count() -> None:
    values = [np.nan, 7.0] * 40
    assert replications_to_precision({"x": values}, [HALF]) == 2 * MIN_REPLICATIONS
    assert replications_to_precision({"x": [np.nan] * 400}, [HALF]) is None


def test_intervals_that_stopped_themselves_hold_as_often_as_they_say() -> None:
    """800 series of cv 0.2 to 5 %: published for a look-ahead of 5 about 95.5 %, and 63.5 replications."""
    hits, used = 0, []
    for seed in range(800):
        values = normal(200, seed=seed).tolist()
        n = replications_to_precision({"x": values}, [HALF])
        assert n is not None
        mean, half = running_intervals(values[:n])
        hits += abs(mean[-1] - 100) <= half[-1]
        used.append(n)
    assert 0.931 <= hits / 800 <= 0.969
    assert 55 < np.mean(used) < 70


@pytest.mark.parametrize("text", ["2.5 %", "5 of", "% of arrived", "0 % of arrived", "2 % of a, 3 % of b", ""])
def test_what_is_no_precision_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Mistakes, match=r"precision: wanted e\.g\. 2\.5 % of arrived"):
        prepare_job(Job(config(precision=text), Path("nowhere")))


def test_a_measure_that_no_replication_has_is_refused_with_the_nearest() -> None:
    with pytest.raises(Mistakes, match="no replication has arived; did you mean arrived"):
        prepare_job(Job(config(precision="2 % of arived"), Path("nowhere")))


NOBODY_CAN = (
    "cost_usd_",
    "turned_away_",
    "authorised_",
    "refused_",
    "manifested_",
    "no_show_",
    "intercepted_",
    "expired_",
)


def test_measures_are_known_before_anything_runs() -> None:
    scenario, network = prepare_job(Job(config(), Path("nowhere")))
    table = replicate(network, scenario.run, 0, with_loads=False).tables["replications"]
    assert set(measure_names(network)) <= set(table["measure"].tolist())
    lacking = set(table["measure"].tolist()) - set(measure_names(network))
    assert all(name.startswith(NOBODY_CAN) for name in lacking)  # no corridor turns anyone away, or asks


def test_several_targets_are_read_in_their_order() -> None:
    assert parse_targets("2.5 % of arrived and 0.5 of transit_h_mean") == (
        PrecisionTarget("arrived", 0.025, relative=True), PrecisionTarget("transit_h_mean", 0.5, relative=False),
    )  # fmt: skip


# in a run


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    numbers: list[int] = []

    def counted(network: Any, settings: Any, number: int, with_loads: bool) -> Replication:
        numbers.append(number)
        return replicate(network, settings, number, with_loads)

    monkeypatch.setattr(study, "replicate", counted)
    return numbers


def files(folder: Path, **settings: Any) -> dict[str, bytes]:
    run_job(Job(config(**settings), folder))
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "run.log"}


ASKED: dict[str, Any] = {"precision": "10 % of requested", "replications": 200}


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return files(tmp_path_factory.mktemp("stopped") / "adre", **ASKED)


def test_the_manifest_tells_how_many_were_used_and_why_it_stopped(stopped: dict[str, bytes]) -> None:
    told = json.loads(stopped["manifest.json"])
    precision = told["precision"]
    reached = precision["reached_after"]
    assert MIN_REPLICATIONS <= reached < 190 and told["replications"] == reached + look_ahead_count(reached)
    assert precision["why"] == (
        f"precise after {reached} replications, and still so after each of the next {look_ahead_count(reached)}"
    )
    (asked,) = precision["asked"]
    assert asked["asked"] == "10 % of requested_tonnes_per_day"
    assert asked["half_width"] <= 0.1 * asked["mean"]


def test_any_number_of_workers_stops_at_the_same_one(tmp_path: Path, stopped: dict[str, bytes]) -> None:
    assert files(tmp_path / "adre", **ASKED, workers=2) == stopped
    asked = ASKED | {"precision": "20 % of requested"}
    by_simpy = files(tmp_path / "simpy" / "adre", **asked, workers=2, engine="simpy")
    assert by_simpy == files(tmp_path / "loop" / "adre", **asked)


def test_a_run_that_had_some_goes_on_to_the_same_end_and_runs_none_twice(
    tmp_path: Path, stopped: dict[str, bytes], count: list[int]
) -> None:
    files(tmp_path / "adre", replications=7)
    assert files(tmp_path / "adre", **ASKED) == stopped
    assert sorted(count) == list(range(json.loads(stopped["manifest.json"])["replications"]))
    count.clear()
    assert files(tmp_path / "adre", **ASKED) == stopped and count == []


def test_what_is_there_beyond_the_precision_is_kept(
    tmp_path: Path, stopped: dict[str, bytes], count: list[int]
) -> None:
    files(tmp_path / "adre", replications=150)
    count.clear()
    told = json.loads(files(tmp_path / "adre", **ASKED)["manifest.json"])
    assert count == [] and told["replications"] == 150
    assert told["precision"]["reached_after"] == json.loads(stopped["manifest.json"])["precision"]["reached_after"]


def test_loads_that_are_asked_for_later_move_the_end_nowhere(tmp_path: Path, stopped: dict[str, bytes]) -> None:
    files(tmp_path / "adre", **ASKED)
    after = files(tmp_path / "adre", **ASKED, log="first")
    assert {name: after[name] for name in stopped} == stopped


def test_a_precision_out_of_reach_takes_all_that_are_allowed_and_says_so(tmp_path: Path) -> None:
    told = json.loads(files(tmp_path / "adre", precision="0.1 % of requested", replications=12)["manifest.json"])
    assert told["replications"] == 12 and told["precision"]["reached_after"] is None
    assert told["precision"]["why"] == "not precise after 12 replications, and no more were allowed"


def test_in_words_without_an_interval_guesses_none() -> None:
    assert precision_summary({"x": [1.0]}, [HALF])["asked"] == [{"asked": "5 % of x", "mean": None, "half_width": None}]
