"""The verification: its cases without luck, a handful of those with it, its formulas, and that it notices faults.

`python -m analysis verify` runs all of them.
"""

import json
from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

import pytest

from analysis.__main__ import main
from analysis.verification import all_cases, report
from analysis.verification.all_cases import CASES
from analysis.verification.cases import Case, ExactStatistic, MeanStatistic
from analysis.verification.checking import check_case
from analysis.verification.formulas import erlang_b, erlang_c, md1_wait_cdf
from analysis.verification.readings import convoy_gaps_h
from analysis.verification.traces import TRACE_200, digest_of_minutes
from sim.laws import Law, Lognormal, Weibull
from tests.faults.every import FAULTS
from tests.faults.verified import NOTICED

CASE = {case.name: case for case in CASES}
PLAIN = [case for case in CASES if not case.has_luck]
# From books and papers, or worked out apart from this program
KNOWN = [
    ("M/M/1 at 2.5 an hour", "95th in a hundred", 0.921034037),
    ("M/M/4 at 16 an hour", "mean wait", 0.1491081179),
    ("M/G/5/5, constant", "turned away", 0.199066874),
    ("M/M/3/10", "turned away", 0.1999098647),
    ("M/M/3/10", "mean wait", 0.2827913052),
    ("two ranks at M/M/1", "mean wait of rank 0", 0.177777778),
    ("two ranks at M/M/4", "mean wait of rank 1", 0.165675687),
    ("M/D/1", "waits longer than 0.5 h", 1 - 0.704852353),
    ("D/M/1", "mean wait", 0.338546168),
    ("E2/M/1", "mean wait", 0.568795953),
    ("E2/E2/1", "mean wait", 0.373053610),
    ("exponential work, exponential repairs, clock of work", "mean dwell", 1.071428571),
    ("constant work, exponential repairs, clock of work", "mean dwell", 0.84),
    ("exponential work, constant repairs, clock of work", "mean dwell", 0.857142857),
    ("exponential work, exponential repairs, clock of always", "mean dwell", 1.238095238),
    ("constant work, exponential repairs, clock of always", "mean dwell", 1.006666667),
    ("a timetable, at most 30", "mean waiting", 12.401394193),
    ("a timetable, at most 26", "mean waiting", 15.726892076),
    ("a timetable, at most 26", "share of full convoys", 0.569302916),
    ("two lanes, room for 0 between them", "through", 5 * 2 / 3),
    ("three lanes without room", "through", 5 * 22 / 39),
    ("two hundred trucks, six lanes", "hours until the last", 11.594444444),
    ("a week from 8 to 16: freeze", "arrived in the week", 1467.883139),
    ("a week from 8 to 16: finish", "arrived in the week", 1475.276905),
    ("exponential loads, what is missing is lost", "stock in the mean [t]", 80),
    ("constant loads, what is missing is lost", "stock in the mean [t]", 40),
]


@pytest.mark.parametrize("name", [case.name for case in PLAIN])
def test_a_case_without_luck_comes_out_by_both_engines(name: str) -> None:
    wrong = [(each.statistic, each.expected, each.found) for each in check_case(CASE[name]) if each.verdict != "right"]
    assert not wrong


@pytest.mark.parametrize("name", ["M/M/3/10", "six vehicles, constant drive home", "a week from 8 to 16: freeze",
                                  "constant loads, what is missing is lost"])  # fmt: skip
def test_a_handful_of_those_with_luck_agree_with_theory(name: str) -> None:
    assert not [each for each in check_case(CASE[name], replications=30) if each.verdict == "wrong"]


@pytest.mark.parametrize(("name", "statistic", "value"), KNOWN)
def test_what_is_expected_is_what_is_known(name: str, statistic: str, value: float) -> None:
    (expected,) = (each.value for each in CASE[name].statistics if each.name == statistic)
    assert expected == pytest.approx(value, abs=1e-8, rel=1e-9)


def test_formulas_give_the_numbers_of_the_books() -> None:
    assert erlang_b(4, 5) == pytest.approx(0.199066874, abs=1e-9)
    assert erlang_c(3.2, 4) == pytest.approx(0.5964324718, abs=1e-10)
    assert [md1_wait_cdf(4, 0.2, t) for t in (0, 0.2, 1, 2)] == pytest.approx(
        [0.2, 0.445108186, 0.899502762, 0.988342892]
    )


def test_the_generator_gives_the_published_trace() -> None:
    arrivals, services = TRACE_200
    assert arrivals[:10] == [4, 13, 20, 23, 30, 31, 36, 43, 46, 51]
    assert [stage[:10] for stage in services] == [
        [4, 17, 16, 25, 13, 2, 6, 24, 4, 9],
        [10, 10, 10, 9, 2, 6, 6, 12, 5, 7],
        [17, 15, 4, 8, 2, 3, 20, 18, 8, 16],
    ]
    assert digest_of_minutes(arrivals) == "b6a09737c43ec2bf"


def test_there_are_enough_cases_and_no_more_means_than_5_sigma_are_meant_for() -> None:
    assert len(CASE) == len(CASES) >= 60
    assert sum(isinstance(each, MeanStatistic) for case in CASES for each in case.statistics) <= 100
    for case in CASES:
        assert len({isinstance(each, MeanStatistic) for each in case.statistics}) == 1, case.name
        assert len({each.name for each in case.statistics}) == len(case.statistics), case.name


# That it notices what is wrong


def verdicts(case: Case, replications: int = 30) -> set[str]:
    return {each.verdict for each in check_case(case, replications)}


def test_another_world_than_the_one_that_was_worked_out_is_noticed() -> None:
    case = CASE["ten trucks at one lane"]
    assert verdicts(replace(case, world=case.world.replace("lanes: 1", "lanes: 2"))) >= {"wrong"}


def test_a_wrong_formula_is_noticed_and_a_run_that_says_too_little() -> None:
    case = CASE["convoys of ten"]
    (mean,) = (each for each in case.statistics if isinstance(each, MeanStatistic) and each.name == "mean gap")
    assert verdicts(replace(case, statistics=[mean])) == {"right"}
    assert verdicts(replace(case, statistics=[replace(mean, value=mean.value * 1.1)])) == {"wrong"}
    one_gap = MeanStatistic("first gap", mean.value, lambda ran: float(convoy_gaps_h(ran)[0]))
    assert verdicts(replace(case, statistics=[one_gap]), 5) == {"too blunt"}


@pytest.mark.parametrize(
    ("law", "fault", "name"),
    [
        (Lognormal, ("_log_parameters", lambda law: (log(law.mean) - law.cv**2 / 2, law.cv)), "M/G/1, lognormal"),
        (Weibull, ("_scale", lambda law: law.mean), "M/G/1, Weibull"),
    ],
)
def test_a_law_that_has_another_mean_or_spread_is_noticed(
    law: type[Law], fault: tuple[str, Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.laws._table", lambda _: None)  # kept from before
    assert verdicts(CASE[name], 10) <= {"right", "too blunt"}
    monkeypatch.setattr(law, *fault)
    assert "wrong" in verdicts(CASE[name], 10)


def test_a_run_that_ends_with_an_error_is_a_finding() -> None:
    case = CASE["ten trucks at one lane"]
    (found,) = check_case(replace(case, world=case.world.replace("lanes: 1", "lanes: none")))
    assert found.verdict == "wrong"
    assert "warehouses.dock.lanes" in found.found


# The command


def test_the_command_prints_a_row_a_statistic_and_keeps_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "ten trucks", "lanes without room", "--workers", "1", "--results", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "three lanes without room" in said
    assert "3 cases" in said and "all right" in said
    kept = json.loads((tmp_path / "verify.json").read_text())
    assert kept["right"]
    (mean,) = (each for each in kept["findings"] if each["error"])
    assert abs(mean["found"] - mean["expected"]) < mean["allowed"] < mean["finds"] < 0.1 * mean["expected"]
    assert "| blocking | three lanes without room | through |" in (tmp_path / "verify.md").read_text()


def test_the_command_ends_with_1_where_something_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASE["ten trucks at one lane"]
    off = replace(case, statistics=[ExactStatistic("mean wait [min]", 136.0, case.statistics[1].read)])
    monkeypatch.setattr(all_cases, "CASES", (off,))
    assert main(["verify", "--results", str(tmp_path)]) == 1
    assert not json.loads((tmp_path / "verify.json").read_text())["right"]


@pytest.mark.parametrize("words", [["truks"], ["--workers", "-1"]])
def test_what_cannot_be_run_ends_with_2(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", *words, "--results", str(tmp_path / "none")]) == 2
    assert "error: " in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_findings_are_told_in_words() -> None:
    assert report.summary_sentence(check_case(CASE["a flow of no trucks"])) == (
        "1 cases, 2 statistics, 0 of them means over luck: all right"
    )


def test_the_faults_that_a_case_notices_and_the_cases_are_there() -> None:
    assert set(NOTICED) <= {mutant.name for mutant in FAULTS}
    assert set(NOTICED.values()) <= {case.name for case in PLAIN}
