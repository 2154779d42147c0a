"""The first two pages of a study: what they say, and that it is so."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from analysis.intervals import MeanInterval
from analysis.page.brief import (
    DIFFERS,
    IS_BUSY,
    critical_assumptions,
    fact_sentences,
    grade_sentence,
    option_sentence,
    run_rows,
)
from analysis.page.credibility import grade_counts, grade_of
from analysis.page.credibility import lowest_grade as lowest
from analysis.page.settings import changed_settings, merged_provenance
from analysis.results.tables import RunResult, Study, read_study
from analysis.statistics.brief import OptionBrief, build_brief, effect_start, probability_of_gain, worst_fortnight
from analysis.statistics.compare import Difference, differences
from analysis.statistics.waterfall import WaterfallStep, waterfall_steps
from tests.analysis.studies import CLOSED, EXTRA, OPEN, World, _parquet, write_study

TONNES = "arrived_tonnes_per_day"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return read_study(write_study(tmp_path_factory.mktemp("results") / "rafah", (CLOSED, OPEN, EXTRA)))


def brief(study: Study) -> OptionBrief:
    found = build_brief(study, "arrived")
    assert found is not None
    return found


# the sentence


def test_the_option_is_what_brings_most_beside_the_first(study: Study) -> None:
    assert brief(study).option.name == "extra_corridors"
    backwards = replace(study, runs=study.runs[::-1])
    assert brief(backwards).option.name == "rafah_open"  # the first is what it is held against


def test_the_sentence_says_what_arrives_with_its_interval_and_how_likely_it_is_more(study: Study) -> None:
    told = option_sentence(study, brief(study))
    assert told.startswith("“Extra corridors” brings ")
    assert "pallets a day to arrival (in 80 of 100 replications " in told
    assert told.endswith(" t more than “Rafah closed”; the probability that it brings more is > 99 %.")


def test_what_brings_less_is_said_as_less(study: Study) -> None:
    two = replace(study, runs=(study.runs[1], study.runs[0]))
    assert " t less than “Rafah open”; the probability that it brings more is < 1 %." in option_sentence(
        two, brief(two)
    )


def test_a_difference_within_luck_is_no_clear_difference(tmp_path: Path) -> None:
    again = replace(CLOSED, name="again", title="Again", seed=8)  # other luck, the same world
    two = read_study(write_study(tmp_path / "two", (CLOSED, again)))
    assert option_sentence(two, brief(two)).startswith("No clear difference to “Rafah closed” (")
    assert next(fact_sentences(two, brief(two))) == "Date of effect: none that stands out from luck up to the last day."


def test_one_run_alone_has_nothing_to_be_compared_with(study: Study) -> None:
    alone = replace(study, runs=study.runs[:1])
    assert option_sentence(alone, brief(alone)).endswith("; there is no second run to compare it with.")
    assert len(run_rows(alone, brief(alone))) == 2


def test_too_few_replications_have_no_probability(tmp_path: Path) -> None:
    two = read_study(write_study(tmp_path / "two", [replace(world, replications=2) for world in (CLOSED, OPEN)]))
    assert option_sentence(two, brief(two)).endswith(
        "; 2 replications are too few to say whether that is more than “Rafah closed” brings."
    )


@pytest.mark.parametrize(
    ("mean", "se", "probability"),
    [
        (0.0, 1.0, 0.5),
        (3.0, 0.0, 1.0),
        (-3.0, 0.0, 0.0),
        (0.0, 0.0, 0.5),
        (2.0, 1.0, stats.t.cdf(2, 5)),
        (1, None, None),
    ],
)
def test_the_probability_of_more_is_students(mean: float, se: float | None, probability: float | None) -> None:
    found = Difference("b", TONNES, "t", MeanInterval(6, mean, None), (), None, None, None, None, se, 5)
    assert probability_of_gain(found) == (None if probability is None else pytest.approx(probability))


# days


def with_tonnes(run: RunResult, tonnes: list[list[float]]) -> RunResult:
    """The run with these tonnes arrived a day."""
    daily = run.arrays.daily["arrived"]
    assert daily is not None
    values = np.array(tonnes, dtype=float)
    arrays = replace(
        run.arrays, replications=tuple(range(len(values))),
        daily={**run.arrays.daily, "arrived": replace(daily, tonnes=values)},
    )  # fmt: skip
    return replace(run, arrays=arrays, days=values.shape[1])


def test_the_date_of_effect_is_the_first_from_which_on_all_that_came_differs(study: Study) -> None:
    first, other = study.runs[:2]
    none = with_tonnes(first, [[0, 0, 0, 0]] * 3)
    assert effect_start(with_tonnes(other, [[0, 0, 5, 0]] * 3), none, "arrived") == date(2024, 5, 15)
    assert effect_start(with_tonnes(other, [[5, 0, 0, 0]] * 3), none, "arrived") == date(2024, 5, 13)
    # less at first and more in the end: from where the sum is above, and it is level on the third day
    assert effect_start(with_tonnes(other, [[-5, 2, 3, 1]] * 3), none, "arrived") == date(2024, 5, 16)
    assert effect_start(with_tonnes(other, [[5, 0, 0, -5]] * 3), none, "arrived") is None
    assert (
        effect_start(with_tonnes(other, [[9, 0], [-9, 0], [1, 0]]), with_tonnes(first, [[0, 0]] * 3), "arrived") is None
    )
    assert (
        effect_start(with_tonnes(other, [[5, 0]] * 2), with_tonnes(first, [[0, 0]] * 2), "arrived") is None
    )  # too few


def test_the_worst_fortnight_brings_least_in_the_mean_over_replications(study: Study) -> None:
    days = [[3.0] * 4 + [1.0] * 14 + [3.0] * 4, [5.0] * 4 + [3.0] * 14 + [5.0] * 4]
    found = worst_fortnight(with_tonnes(study.reference, days), "arrived")
    assert found is not None
    assert (found.first, found.last) == (date(2024, 5, 17), date(2024, 5, 30))
    assert found.tonnes.mean == 2.0 and found.tonnes.low == pytest.approx(1.2)
    assert worst_fortnight(with_tonnes(study.reference, [[1.0] * 14]), "arrived") is None


# the waterfall


def test_every_fall_of_the_waterfall_adds_up(study: Study) -> None:
    for run in study.runs:
        steps = waterfall_steps(run)
        assert [step.milestone for step in steps] == [
            "requested", "at_crossing", "entered", "offloaded", "collected", "arrived",
        ]  # fmt: skip
        fallen = sum(step.on_the_way + sum(step.losses.values()) for step in steps)
        assert steps[0].pallets - fallen == pytest.approx(steps[-1].pallets)
        counted = run.arrays.daily["arrived"]
        assert counted is not None and steps[-1].pallets == pytest.approx(counted.pallets.mean())


def one_corridor(folder: Path, daily: dict[str, int], gone: list[tuple[str, str, int]]) -> RunResult:
    """A run of ten days: pallets at each milestone, and (place, state, pallets) of those who left."""
    world = World("one", "One", (("kerem_shalom", 90.0),), days=10, replications=1)
    write_study(folder, (world,))
    path = folder / "one" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["corridors"]["kerem_shalom"]["milestones"] = list(daily)
    manifest["config"]["gates"] = {"g": {"border": True}}
    steps = [{"permit": "o"}, {"inspect": "s"}, {"pass_gate": "g"}, {"transfer": {"onto": "p", "bays": "b"}},
             {"convoy": {"yard": "y", "from": "p", "fleet": "f"}}, {"travel": "r"}, {"offload": "w"}]  # fmt: skip
    manifest["config"]["corridors"]["kerem_shalom"]["steps"] = steps
    path.write_text(json.dumps(manifest))
    rows = [(0, world.start, "kerem_shalom", "un", "food", name, 1, n, 1) for name, n in daily.items()]
    _parquet(folder / "one" / "daily.parquet", rows, "replication INT, date DATE, corridor VARCHAR, sector VARCHAR, "
             "cargo VARCHAR, milestone VARCHAR, trucks INT, pallets INT, kg BIGINT")  # fmt: skip
    there = [(0, "end", "un", "food", "kerem_shalom", place, state, 1, n) for place, state, n in gone]
    _parquet(folder / "one" / "whereabouts.parquet", there, "replication INT, moment VARCHAR, sector VARCHAR, cargo "
             "VARCHAR, corridor VARCHAR, place VARCHAR, state VARCHAR, loads INT, pallets INT")  # fmt: skip
    return read_study(folder).reference


def test_what_left_the_way_stands_before_the_milestone_that_it_did_not_reach(tmp_path: Path) -> None:
    daily = {"requested": 1000, "authorised": 900, "entered": 800, "offloaded": 790, "collected": 750, "arrived": 600}
    gone = [("offices.o", "refused", 60), ("sites.s", "returned", 70), ("platforms.p", "expired", 20),
            ("roads.r", "lost", 100), ("roads.r", "arrived", 600)]  # fmt: skip
    steps = waterfall_steps(one_corridor(tmp_path / "s", daily, gone))
    assert [replace(step, on_the_way=round(step.on_the_way, 9)) for step in steps] == [
        WaterfallStep("requested", 100, {}, 0),
        WaterfallStep("authorised", 90, {"refused": 6}, 4),
        WaterfallStep("entered", 80, {"returned": 7}, 3),
        WaterfallStep("offloaded", 79, {}, 1),
        WaterfallStep("collected", 75, {"expired": 2}, 2),
        WaterfallStep("arrived", 60, {"lost": 10}, 5),
    ]


def test_a_corridor_without_a_milestone_passes_it_with_the_one_before(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "s", (OPEN,))
    path = folder / "rafah_open" / "manifest.json"
    manifest = json.loads(path.read_text())
    straight = manifest["corridors"]["egypt_rafah"]["milestones"]
    straight[:] = [name for name in straight if name not in ("offloaded", "collected")]
    path.write_text(json.dumps(manifest))
    found = {step.milestone: step for step in waterfall_steps(read_study(folder).reference)}
    whole = {
        step.milestone: step for step in waterfall_steps(read_study(write_study(tmp_path / "t", (OPEN,))).reference)
    }
    assert found["offloaded"].pallets == pytest.approx(whole["entered"].pallets - whole["offloaded"].on_the_way)
    assert found["collected"].pallets > whole["collected"].pallets  # what entered by the third counts as collected
    assert found["arrived"].pallets == whole["arrived"].pallets


# what it rests on


@pytest.mark.parametrize(
    ("source", "grade"),
    [
        ("COGAT, daily report", "B"),
        ("measured: a stopwatch", "A"),
        ("Expert: a driver", "C"),
        ("", "D"),
        (None, "D"),
        ("A choice of this experiment", "D"),
    ],
)
def test_a_grade_is_what_a_source_says_of_itself(source: str | None, grade: str) -> None:
    assert grade_of({"source": source}) == grade


def test_the_lowest_grade_is_shown(study: Study) -> None:
    assert grade_counts(study) == {"A": 0, "B": 1, "C": 0, "D": 4}
    assert lowest(grade_counts(study)) == "D" and lowest(dict.fromkeys("ABCD", 0)) is None
    assert grade_sentence(study) == (
        "Data grade: D, the lowest that a number has (A measured 0, B published by a party 1, C an expert's word 0, "
        "D assumed 4)."
    )


def test_assumed_numbers_are_named_where_they_differ_or_where_a_place_is_busy(study: Study) -> None:
    assumed, changed = merged_provenance(study)["assumed"], [path for path, _ in changed_settings(study)]
    found = {entry["setting"]: entry["where"] for entry in critical_assumptions(study, assumed, changed)}
    assert found["sites.jordan.time"] == found["sites.egypt_rafah.time"] == DIFFERS
    assert set(found.values()) <= {DIFFERS, IS_BUSY}
    assert critical_assumptions(study, assumed, []) == [
        entry for entry in critical_assumptions(study, assumed, []) if entry["where"] == IS_BUSY
    ]


def test_the_table_of_the_brief_has_the_paired_probability(study: Study) -> None:
    rows = run_rows(study, brief(study))
    assert [row[0] for row in rows[1:]] == ["Rafah closed", "Rafah open", "Extra corridors"]
    (first, *_) = differences(study, TONNES)
    assert first.is_clear and rows[2][-1] == "> 99 %" and rows[1][-2:] == ("–", "–")
