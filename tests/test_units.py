"""What a planner may write for an amount, and what is refused."""

import pytest

from sim.units import duration_s, length_km, mass_kg, rate_per_day, share, speed_km_h, time_of_day_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90 s", 90), ("15 min", 900), ("90min", 5400), ("1.5 h", 5400), ("8 hours", 28_800), ("2 days", 172_800),
     ("1 d", 86_400), ("1 week", 604_800), (" 3  h ", 10_800), (".5 min", 30), ("1e2 s", 100), ("2 minutes", 120)],
)  # fmt: skip
def test_durations_are_read_into_seconds(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize(
    ("text", "said"),
    [(15, "15 has no unit"), ("15", "15 has no unit"), ("15 M", "'M' is no unit here"), ("quick", "found 'quick'"),
     (None, "found None"), (True, "found True"), ("", "found ''"), ("1 km", "'km' is no unit"), ([1], "found [1]")],
)  # fmt: skip
def test_a_duration_without_its_unit_is_refused(text: object, said: str) -> None:
    with pytest.raises(ValueError, match="15 min") as error:
        duration_s(text)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("150/day", 150), ("150 trucks/day", 150), ("1 truck/day", 1), ("6/h", 144), ("6 / hour", 144), ("7/week", 1),
     ("0/day", 0), ("150 trucks / d", 150)],
)  # fmt: skip
def test_rates_are_read_into_trucks_a_day(text: str, rate: float) -> None:
    assert rate_per_day(text) == pytest.approx(rate, abs=1e-12)


def test_masses_lengths_and_speeds_are_read_into_base_units() -> None:
    assert mass_kg("18.7 t") == 18_700
    assert mass_kg("2 tonnes") == 2000
    assert mass_kg("750 kg") == 750
    assert length_km("45 km") == 45
    assert length_km("800 m") == pytest.approx(0.8)
    assert speed_km_h("40 km/h") == 40


@pytest.mark.parametrize(("text", "value"), [("12 %", 0.12), ("12%", 0.12), (0, 0), (1, 1), (0.12, 0.12), ("100 %", 1)])
def test_shares_are_per_cent_or_fractions(text: object, value: float) -> None:
    assert share(text) == pytest.approx(value)


@pytest.mark.parametrize("text", [1.01, -0.01, 12, "101 %", "-1 %", "0.12", "many", None, True, float("nan")])
def test_a_share_beyond_nought_and_one_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="12 %"):
        share(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("00:00", 0), ("8:05", 29_100), ("08:05", 29_100), ("23:59", 86_340), ("24:00", 86_400)]
)
def test_a_time_of_day_is_read_into_seconds_after_midnight(text: str, seconds: int) -> None:
    assert time_of_day_s(text) == seconds


@pytest.mark.parametrize("text", ["24:01", "8", "8:5", "12:60", "25:00", "noon", "-1:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no time of day"):
        time_of_day_s(text)
