"""Opening hours: what a planner writes, and the step functions that follow."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from sim.calendars import MARGIN_DAYS, Steps, lanes_at_level, open_spans
from sim.rules import WITHOUT_END_S
from sim.scenario.calendars import BUILT_IN, Calendar, Closure, Window, hours, longest_window_s, steps, weekdays
from sim.units import DAY_S, HOUR_S

MONDAY = date(2024, 5, 13)


def calendar(closures: dict[str, Any] | None = None, **windows: dict[str, Any]) -> Calendar:
    """A calendar with these windows, as a planner writes them."""
    return Calendar.model_validate({"windows": windows, "closures": closures or {}})


def open_hours(
    of: Calendar, full: int = 1, start: date = MONDAY, days: int = 7, lane: int = 0
) -> list[tuple[float, float]]:
    """(opens, closes) of a lane within the first `days`, in hours after the start."""
    spans = open_spans(steps(of, full, start, days), lane)
    return [(opens / HOUR_S, closes / HOUR_S) for opens, closes in spans if opens < days * DAY_S]


@pytest.mark.parametrize(
    ("text", "days"),
    [("mon", {0}), ("sun-thu", {6, 0, 1, 2, 3}), ("fri, sat", {4, 5}), ("mon-sun", set(range(7))),
     ("sat-mon", {5, 6, 0}), ("Mon-Tue,thu", {0, 1, 3}), ("wed-wed", {2})],
)  # fmt: skip
def test_weekdays_are_read_over_the_end_of_the_week(text: str, days: set[int]) -> None:
    assert weekdays(text) == days


@pytest.mark.parametrize("text", ["", "monday", "mon-tue-wed", "sun to thu", None, 3])
def test_what_names_no_weekday_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="names no weekdays"):
        weekdays(text)


@pytest.mark.parametrize(
    ("text", "opens", "closes"),
    [("08:00-16:00", 8, 16), ("22:00-02:00", 22, 26), ("00:00-24:00", 0, 24), ("22:00-24:00", 22, 24)],
)  # fmt: skip
def test_hours_past_midnight_close_on_the_next_day(text: str, opens: int, closes: int) -> None:
    assert hours(text) == (opens * HOUR_S, closes * HOUR_S)


@pytest.mark.parametrize("text", ["08:00", "08:00-08:00", "8-16", "late", 8, "08:00-25:00"])
def test_what_are_no_hours_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"write|no time of day"):
        hours(text)


def test_a_place_opens_at_its_hours_and_closes_at_their_end() -> None:
    day = steps(calendar(day={"hours": "08:00-16:00"}), 3, MONDAY, 7)
    opens, closes = 8 * HOUR_S, 16 * HOUR_S
    assert [int(day.at(t)) for t in (0, opens - 1, opens, closes - 1, closes)] == [0, 0, 3, 3, 0]


def test_a_window_over_midnight_reaches_from_the_day_before_the_start() -> None:
    assert open_hours(calendar(night={"hours": "22:00-02:00"}), days=2) == [(0, 2), (22, 26), (46, 50)]


def test_a_night_belongs_to_the_weekday_on_which_it_begins() -> None:
    nights = calendar(night={"hours": "22:00-02:00", "days": "sun, mon"})
    assert open_hours(nights, start=MONDAY, days=7) == [(0, 2), (22, 26), (166, 170)]


def test_weekdays_come_from_the_date() -> None:
    sunday = calendar(market={"hours": "10:00-12:00", "days": "sun"})
    assert open_hours(sunday, start=MONDAY) == [(154, 156)]
    assert open_hours(sunday, start=date(2024, 5, 12)) == [(10, 12)]


def test_windows_and_closures_hold_on_their_dates_both_included() -> None:
    dated = calendar(
        {"feast": {"from": "2024-05-15", "to": "2024-05-15"}},
        spell={"hours": "10:00-12:00", "from": "2024-05-14", "to": "2024-05-16"},
    )
    assert open_hours(dated) == [(34, 36), (82, 84)]


def test_a_closure_cuts_the_nights_at_both_its_midnights() -> None:
    nights = calendar({"shut": {"from": "2024-05-14", "to": "2024-05-14"}}, night={"hours": "22:00-02:00"})
    assert open_hours(nights, days=3) == [(0, 2), (22, 24), (48, 50), (70, 74)]


def test_a_closure_without_an_end_lasts_for_ever() -> None:
    assert open_hours(calendar({"shut": {"from": "2024-05-14"}})) == [(0, 24)]
    assert open_hours(calendar({"shut": {"to": "2024-05-18"}})) == [(144, WITHOUT_END_S / HOUR_S)]


def test_always_and_never_are_built_in() -> None:
    assert open_hours(BUILT_IN["always"]) == [(0, WITHOUT_END_S / HOUR_S)]
    assert open_hours(BUILT_IN["never"]) == []


def test_where_windows_overlap_the_highest_level_holds() -> None:
    crew = calendar(
        few={"hours": "06:00-20:00", "level": 1}, many={"hours": "08:00-12:00", "level": 3}, some={"level": 0}
    )
    assert open_hours(crew, full=3, days=1) == [(6, 20)]
    assert open_hours(crew, full=3, days=1, lane=2) == [(8, 12)]


@pytest.mark.parametrize(
    ("level", "full", "lanes"),
    [(1.0, 4, 4), (0.5, 4, 2), (0.5, 5, 3), (0.49, 5, 2), (0.01, 5, 1), (0.0, 5, 0), (3, 4, 3), (9, 4, 4), (0, 4, 0),
     (1, 4, 1), (0.5, 100, 50)],
)  # fmt: skip
def test_a_level_is_a_count_of_lanes_or_a_share_of_them(level: float, full: int, lanes: int) -> None:
    assert lanes_at_level(level, full) == lanes


def test_one_is_a_lane_and_a_hundred_per_cent_is_all() -> None:
    assert Window.model_validate({"level": 1}).level == 1
    assert isinstance(Window.model_validate({"level": 1}).level, int)
    assert isinstance(Window.model_validate({"level": "100 %"}).level, float)
    assert isinstance(Window().level, float)


@pytest.mark.parametrize("level", [-1, 1.5, "many", True, "-5 %", "150 %", 2.0])
def test_a_level_that_is_neither_is_refused(level: object) -> None:
    with pytest.raises(ValueError, match="level"):
        Window.model_validate({"level": level})


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="is after to"):
        Closure.model_validate({"from": "2024-05-14", "to": "2024-05-13"})


def test_the_longest_window_is_that_of_the_week_lane_by_lane() -> None:
    week = calendar(
        day={"hours": "08:00-16:00", "level": 2}, friday={"hours": "08:00-18:00", "days": "fri", "level": 1}
    )
    assert longest_window_s(week, 3).tolist() == [10 * HOUR_S, 8 * HOUR_S, WITHOUT_END_S]
    assert longest_window_s(BUILT_IN["always"], 1).tolist() == [WITHOUT_END_S]
    nights = calendar(a={"hours": "20:00-24:00"}, b={"hours": "00:00-03:00"})
    assert longest_window_s(nights, 1).tolist() == [7 * HOUR_S]


def test_a_longer_horizon_changes_no_time_that_was_seen() -> None:
    week = calendar(
        {"shut": {"from": "2024-05-20", "to": "2024-05-21"}},
        day={"hours": "08:00-16:00", "days": "sun-thu", "level": 2},
        night={"hours": "22:00-03:00", "days": "wed", "level": "50 %"},
    )
    short, long = steps(week, 3, MONDAY, 7), steps(week, 3, MONDAY, 70)
    seen = short.at_s < (7 + MARGIN_DAYS) * DAY_S
    assert short.at_s[seen].tolist() == long.at_s[: seen.sum()].tolist()
    assert short.value[seen].tolist() == long.value[: seen.sum()].tolist()


def test_a_step_function_knows_its_integral() -> None:
    level = Steps(np.array([0, 10, 20]), np.array([2, 0, 5]))
    assert level.integral(np.array([0, 5, 10, 15, 20, 23])).tolist() == [0, 10, 20, 20, 20, 35]
    assert level.at(np.array([0, 9, 10, 19, 20, 99])).tolist() == [2, 2, 0, 0, 5, 5]
