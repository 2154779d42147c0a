"""Daylight: the sun's times beside published ones, and the windows that follow; holidays that calendars include."""

from datetime import date, timedelta
from math import degrees
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from sim.network.calendars import calendar_of
from sim.network.checks import check
from sim.scenario.base import Mistakes
from sim.scenario.calendars import J2000, Calendar, Position, daylight_s, longest_window_s, steps, sun
from sim.scenario.parsing import read_scenario
from sim.study.composing import compose_sweep, read_command
from sim.units import DAY_S, HOUR_S, MINUTE_S, clock_s
from tests.scenario.test_calendars import open_hours
from tests.worlds.running import mistakes_in, scenario_of

CALENDARS = Path(__file__).parents[2] / "scenarios" / "calendars"
JERUSALEM: dict[str, Any] = {"latitude": 31.78, "longitude": 35.22, "utc": "+02:00"}


def at(latitude: float, longitude: float, utc: str) -> Position:
    return Position.model_validate({"latitude": latitude, "longitude": longitude, "utc": utc})


def day_of_light(margin: str = "0 min", **more: Any) -> Calendar:
    """From sunrise to sunset in Jerusalem."""
    window = {"hours": "daylight", "margin": margin, **more}
    return Calendar.model_validate({"windows": {"day": window}, "at": JERUSALEM})


# The sun


@pytest.mark.parametrize(
    ("position", "on", "rises", "sets"),
    [  # US Naval Observatory, Rise and Set for the Sun for 2008, W121 55, N37 24, 8 h west of Greenwich
        (at(37.4, -121.917, "-08:00"), date(2008, 1, 1), "07:22", "17:00"),
        (at(37.4, -121.917, "-08:00"), date(2008, 2, 1), "07:11", "17:32"),
        (at(37.4, -121.917, "-08:00"), date(2008, 3, 1), "06:38", "18:02"),
        (at(37.4, -121.917, "-08:00"), date(2008, 4, 1), "05:52", "18:31"),
        (at(37.4, -121.917, "-08:00"), date(2008, 5, 1), "05:12", "18:58"),
        (at(37.4, -121.917, "-08:00"), date(2008, 6, 1), "04:48", "19:23"),
        (at(37.4, -121.917, "-08:00"), date(2008, 7, 1), "04:51", "19:32"),
        (at(37.4, -121.917, "-08:00"), date(2008, 8, 1), "05:12", "19:15"),
        (at(37.4, -121.917, "-08:00"), date(2008, 9, 1), "05:39", "18:36"),
        (at(37.4, -121.917, "-08:00"), date(2008, 10, 1), "06:04", "17:50"),
        (at(37.4, -121.917, "-08:00"), date(2008, 11, 1), "06:33", "17:09"),
        (at(37.4, -121.917, "-08:00"), date(2008, 12, 1), "07:04", "16:50"),
        # Decorah, Iowa, summer time (Luther College, from US Naval Observatory: faculty.luther.edu/bernatzr/DecWx)
        (at(43.30, -91.79, "-05:00"), date(2010, 9, 1), "06:32", "19:41"),
        (at(43.30, -91.79, "-05:00"), date(2010, 9, 30), "07:04", "18:49"),
    ],
)  # fmt: skip
def test_the_sun_rises_and_sets_within_two_minutes_of_published_times(
    position: Position, on: date, rises: str, sets: str
) -> None:
    for found, told in zip(daylight_s(position, on), (rises, sets), strict=True):
        assert abs(found - clock_s(told)) <= 2 * MINUTE_S


def test_the_sun_stands_where_the_book_says() -> None:
    """Meeus, Astronomical Algorithms, examples 25.a and 28.b: 1992 October 13, 0 h."""
    declination, ahead_min = sun(date(1992, 10, 13).toordinal() - J2000)
    assert degrees(declination) == pytest.approx(-7.78507, abs=1e-4)
    assert ahead_min == pytest.approx(13 + 42.7 / 60, abs=0.01)


def test_where_the_sun_stays_down_there_is_no_day_and_where_it_stays_up_no_night() -> None:
    north = at(70, 20, "+01:00")
    down, up = daylight_s(north, date(2024, 12, 21)), daylight_s(north, date(2024, 6, 21))
    assert down[0] == down[1]
    assert up[1] - up[0] == pytest.approx(DAY_S, abs=60)


def test_the_clock_is_the_planner_s() -> None:
    summer = daylight_s(at(31.78, 35.22, "+03:00"), date(2024, 6, 21))
    assert [time - HOUR_S for time in summer] == pytest.approx(
        daylight_s(at(31.78, 35.22, "+02:00"), date(2024, 6, 21)), abs=2
    )


@pytest.mark.parametrize("utc", ["2", "+2", "02:00", 120, "+15:00", "+01:60", "UTC"])
def test_what_is_no_offset_is_refused(utc: object) -> None:
    with pytest.raises(ValueError, match=r"no offset from UTC; write e.g. '\+02:00'"):
        Position.model_validate({"latitude": 0, "longitude": 0, "utc": utc})


# Windows


def test_daylight_opens_at_sunrise_and_closes_at_sunset_of_each_date() -> None:
    start = date(2024, 3, 1)
    spans = open_hours(day_of_light(), start=start, days=30)
    wanted = [daylight_s(Position.model_validate(JERUSALEM), start + timedelta(days=day)) for day in range(30)]
    assert [(round((a % 24) * HOUR_S), round((b % 24) * HOUR_S)) for a, b in spans] == wanted
    assert spans[0][0] > spans[29][0] % 24  # a month later the sun rises earlier


def test_a_margin_is_taken_from_both_ends_and_may_leave_nothing() -> None:
    whole, less = open_hours(day_of_light(), days=1), open_hours(day_of_light("30 min"), days=1)
    assert less[0] == pytest.approx((whole[0][0] + 0.5, whole[0][1] - 0.5))
    half = (whole[0][1] - whole[0][0]) / 2
    assert open_hours(day_of_light(f"{half * HOUR_S - 1:.0f} s"), days=1)
    assert not open_hours(day_of_light(f"{half * HOUR_S + 1:.0f} s"), days=1)


def test_daylight_keeps_to_its_weekdays_and_dates() -> None:
    monday = day_of_light(days="mon", **{"from": "2024-05-20"})
    assert [int(opens // 24) for opens, _ in open_hours(monday, days=21)] == [7, 14]


def test_the_longest_window_of_daylight_is_that_of_the_shortest_days() -> None:
    """Else work of twelve hours would bar the queue all winter; in summer it ends in time anyway."""
    december = daylight_s(Position.model_validate(JERUSALEM), date(2024, 12, 21))
    longest = longest_window_s(day_of_light(), 2)
    assert longest.tolist() == pytest.approx([december[1] - december[0]] * 2, abs=3 * MINUTE_S)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{windows: {day: {hours: daylight}}}", "daylight needs a position"),
        ("{windows: {day: {hours: '08:00-16:00', margin: 5 min}}}", "margin needs hours: daylight"),
        ("{windows: {day: {hours: dailight}}}", "are no hours"),
        ("{include: [feasts]}", "there is no holidays.feasts"),
    ],
)
def test_what_makes_no_hours_of_daylight_is_said(text: str, said: str) -> None:
    assert any(said in line for line in complaints(f"calendars: {{sun: {text}}}\n{SMALL}"))


SMALL = """
warehouses: {dock: {lanes: 1, time: 1 min}}
corridors: {way: {from: away, to: here, steps: [{offload: dock}]}}
"""


def complaints(text: str) -> list[str]:
    """Of reading a file, or of checking what was read."""
    try:
        return mistakes_in(text)
    except Mistakes as mistakes:
        return mistakes.lines


# Holidays


def test_a_calendar_is_closed_on_the_days_that_it_includes() -> None:
    world = scenario_of(
        SMALL + "holidays:\n"
        "  feasts: {closures: {may: {from: 2024-05-14, to: 2024-05-14}}}\n"
        "  weekend: {closures: {each: {days: fri-sat}}}\n"
        "calendars:\n"
        "  dock: {include: [feasts, weekend], windows: {day: {hours: '08:00-16:00'}},\n"
        "         closures: {may: {from: 2024-05-16, to: 2024-05-16}}}\n"
    )
    open_days = [int(opens // 24) for opens, _ in open_hours(calendar_of(world, "dock"))]
    assert open_days == [0, 2, 6]  # Monday, Wednesday, Sunday: 13, 15 and 19 May


def test_a_closure_of_weekdays_keeps_to_its_dates() -> None:
    closed = Calendar.model_validate({"closures": {"some": {"days": "fri", "from": "2024-05-18"}}})
    shut = steps(closed, 1, date(2024, 5, 13), 14)
    assert shut.at(np.array([4, 11]) * DAY_S).tolist() == [1, 0]  # Fridays 17 and 24 May


SETS = ("israel_holidays", "islamic_holidays", "egypt_holidays", "jordan_holidays", "weekends")


def test_the_shipped_holidays_are_sourced_and_fall_where_they_should() -> None:
    found: dict[str, Any] = {}
    for name in SETS:
        found |= yaml.safe_load((CALENDARS / f"{name}.yaml").read_text(encoding="utf-8"))["holidays"]
    assert all(holidays["sources"] for holidays in found.values())
    days = found["israel_holidays"]["closures"]
    for year in (2024, 2025, 2026):  # what the Hebrew calendar fixes
        new_year, atonement = days[f"rosh_hashanah_{year}"]["from"], days[f"yom_kippur_{year}"]["from"]
        booths, passover = days[f"sukkot_{year}"]["from"], days[f"pesach_first_{year}"]["from"]
        assert atonement - new_year == timedelta(9) and booths - new_year == timedelta(14)
        assert days[f"shemini_atzeret_{year}"]["from"] - booths == timedelta(7)
        assert days[f"pesach_last_{year}"]["from"] - passover == timedelta(6)
        assert days[f"shavuot_{year}"]["from"] - passover == timedelta(50)
        assert new_year - passover == timedelta(163)
    feasts = found["islamic_holidays"]["closures"]
    for year in (2024, 2025, 2026):  # the feast of sacrifice comes two months and nine days after the other
        apart = feasts[f"eid_al_adha_{year}"]["from"] - feasts[f"eid_al_fitr_{year}"]["from"]
        assert 65 <= apart.days <= 68  # its first day here is the day before


def test_a_regime_can_name_all_holidays_after_one_line_of_defaults(tmp_path: Path) -> None:
    (tmp_path / "regime").mkdir()
    (tmp_path / "regime" / "closed_on_feasts.yaml").write_text(
        "# @package _global_\n"
        "defaults:\n  - summer_2024\n  - /calendars: holidays\n  - _self_\n"
        "calendars:\n  kerem_shalom: {include: [israel_saturday, israel_holidays, egypt_weekend]}\n"
    )
    command = read_command(["--config-dir", str(tmp_path), "regime=closed_on_feasts"])
    [composed] = compose_sweep(command).runs
    scenario = read_scenario(composed.config)
    check(scenario)
    closures = calendar_of(scenario, "kerem_shalom").closures
    assert {"israel_holidays.shavuot_2024", "egypt_weekend.weekend", "holiday"} <= closures.keys()
