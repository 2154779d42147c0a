"""When loads are requested: rates by hour, weekday and date, and traces from a file."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.network.flows import RateSteps, rate_steps, read_trace
from sim.scenario.flows import Pattern
from sim.units import DAY_S, HOUR_S
from tests.worlds.running import run

MONDAY = date(2024, 5, 13)


def rates(pattern: dict[str, Any], *hours: float, rate: float = 10) -> list[float]:
    """The rate at these hours after Monday's midnight [loads/day]."""
    steps = rate_steps(rate, Pattern.model_validate(pattern), MONDAY, 14)
    return [float(x) for x in steps.at((np.array(hours) * HOUR_S).astype(np.int64))]


def trace_of(folder: Path, text: str) -> tuple[list[int], list[int], list[int]]:
    """Times, pallets and kg of a trace with this text."""
    (folder / "a.csv").write_text(text, encoding="utf-8")
    trace = read_trace("a.csv", (folder,), MONDAY)
    return trace.created_s.tolist(), trace.pallets.tolist(), trace.kg.tolist()


def test_a_trace_may_say_how_long_each_load_takes_at_a_place(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("time,sites.scan\n2 h,5 min\n1 h,\n", encoding="utf-8")
    assert {k: v.tolist() for k, v in read_trace("a.csv", (tmp_path,), MONDAY).durations.items()} == {
        "sites.scan": [-1, 300]
    }


def test_without_a_pattern_the_rate_is_always_the_same() -> None:
    assert rates({}, 0, 12, 100, 300) == [10, 10, 10, 10]


def test_hours_that_are_not_listed_have_no_rate() -> None:
    assert rates({"hours": {"06:00-18:00": 2}}, 5.99, 6, 17.99, 18, 24 + 6) == [0, 20, 20, 0, 20]


def test_hours_may_pass_midnight_and_the_higher_factor_holds() -> None:
    night = {"hours": {"22:00-02:00": 1, "01:00-03:00": 3}}
    assert rates(night, 0, 0.99, 1, 2, 3, 21, 22) == [10, 10, 30, 30, 0, 0, 10]


def test_weekdays_that_are_not_listed_have_no_rate_and_come_from_the_date() -> None:
    assert rates({"weekdays": {"sun-thu": 1.2}}, 12, 4 * 24, 5 * 24, 6 * 24) == [12, 0, 0, 12]


def test_dated_factors_multiply_on_their_days() -> None:
    dates = {
        "feast": {"from": "2024-05-14", "to": "2024-05-15", "factor": 0.5},
        "from_wednesday": {"from": "2024-05-15", "factor": 3},
    }
    assert rates({"dates": dates}, 23.99, 24, 47.99, 48, 71.99, 72) == [10, 5, 5, 15, 15, 30]


def test_hours_weekdays_and_dates_multiply() -> None:
    pattern = {"hours": {"00:00-12:00": 2}, "weekdays": {"mon": 3}, "dates": {"all": {"factor": 0.5}}}
    assert rates(pattern, 1, 13, 25) == [30, 0, 0]


def test_the_mean_rate_is_over_the_days_of_the_run() -> None:
    steps = RateSteps(np.array([0, DAY_S // 2, 2 * DAY_S]), np.array([4.0, 8.0, 1000.0]))
    assert steps.mean(1) == 6
    assert steps.mean(2) == 7


def test_a_trace_is_read_as_moments_and_times_since_the_start(tmp_path: Path) -> None:
    text = "pallets,time,kg,remark\n12,450 min,9000,x\n,2024-05-13 07:00,,\n5,2024-05-14,7000,\n"
    assert trace_of(tmp_path, text) == ([25_200, 27_000, DAY_S], [-1, 12, 5], [-1, 9000, 7000])


def test_a_trace_may_come_from_a_spreadsheet_with_a_mark_of_its_encoding(tmp_path: Path) -> None:
    assert trace_of(tmp_path, "\ufefftime\n1 h\n")[0] == [3600]


def test_a_trace_is_looked_for_in_the_folders_in_order(tmp_path: Path) -> None:
    for name, time in (("first", "1 s"), ("second", "2 s")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.csv").write_text(f"time\n{time}\n")
    folders = (tmp_path / "none", tmp_path / "second", tmp_path / "first")
    assert read_trace("a.csv", folders, MONDAY).created_s.tolist() == [2]
    with pytest.raises(ValueError, match=r"there is no file 'b.csv' in .*second.*first"):
        read_trace("b.csv", folders, MONDAY)


def test_a_trace_lies_in_the_folders_that_are_named(tmp_path: Path) -> None:
    for name in ("/etc/hosts", "../a.csv"):
        with pytest.raises(ValueError, match="reaches out of the folders"):
            read_trace(name, (tmp_path,), date(2024, 5, 13))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("when\n1 h\n", r"a.csv has no column 'time' in its first line"),
        ("", r"a.csv has no column 'time'"),
        ("time\n1 h\n2\n", r"a.csv, line 3: 2 has no unit"),
        ("time\n1 h\n2024-05-12 23:59\n", r"a.csv, line 3: 2024-05-12 23:59 is before the run's start, 2024-05-13"),
        ("time\n-1 h\n", r"a.csv, line 2: -1 h is before the run's start"),
        ("time\n2024-05-13T07:30+03:00\n", r"a.csv, line 2: .* has a time zone; write local time"),
        ("time,pallets\n1 h,0\n", r"a.csv, line 2: wanted a positive whole number, found 0"),
        ("time,pallets\n1 h,2.5\n", r"a.csv, line 2: wanted a positive whole number, found 2.5"),
        ("time,kg\n1 h,many\n", r"a.csv, line 2: wanted a positive whole number, found many"),
        ("time,kg\n1 h,-5\n", r"a.csv, line 2: wanted a positive whole number, found -5"),
        ("kg,time\n5\n", r"a.csv, line 2: "),
    ],
)
def test_what_is_wrong_with_a_trace_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        trace_of(tmp_path, text)


def test_loads_of_a_trace_come_when_it_says_and_carry_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("time,pallets\n49 h,3\n30 min,7\n48 h,1\n47 h,\n")
    ran = run(
        "warehouses: {dock: {lanes: 1, time: 1 min}}\n"
        "corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}\n"
        "flows: {f: {sector: un, cargo: food, trace: a.csv, corridors: {only: 100 %}}}",
        tmp_path,
    )
    assert ran.draws.created_s.tolist() == [1800, 47 * HOUR_S]
    assert ran.draws.pallets.tolist() == [7, 20]
    assert ran.draws.kg.tolist() == [20_000, 20_000]
