"""From sunrise to sunset: the hours of daylight of a date at a place, by the clock that the planner reads.

The clock is a fixed offset from UTC, since days have 86,400 s and no clock is ever changed.
"""

import re
from datetime import date
from math import acos, asin, cos, degrees, radians, sin, tan
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from sim.settings import Settings
from sim.units import DAY_S, HOUR_S, MINUTE_S

J2000 = 730_120.5  # noon UTC of 1 January 2000, in days of `date.toordinal` from midnight
ZENITH = 90.833  # degrees: 50' below the horizon, half the sun's width and the refraction there


def _offset_s(text: Any) -> int:
    match = re.fullmatch(r"\s*([+-])(\d{1,2}):(\d\d)\s*", str(text))
    if not match or (seconds := int(match[2]) * HOUR_S + int(match[3]) * MINUTE_S) > 14 * HOUR_S or int(match[3]) > 59:
        raise ValueError(f"{text!r} is no offset from UTC; write e.g. '+02:00', in quotes")
    return -seconds if match[1] == "-" else seconds


class Position(Settings):
    """Where the sun is looked at, and by which clock."""

    latitude: float = Field(ge=-90, le=90, description="degrees north")
    longitude: float = Field(ge=-180, le=180, description="degrees east")
    utc: Annotated[int, BeforeValidator(_offset_s, json_schema_input_type=str)] = Field(
        description="offset of the run's clock from UTC, the same all year, e.g. '+02:00'"
    )


def daylight_s(at: Position, on: date) -> tuple[int, int]:
    """(sunrise, sunset) on a date [s after midnight]; equal where the sun stays down, a day apart where it stays up.

    NOAA's solar calculator (https://gml.noaa.gov/grad/solcalc/calcdetails.html), which takes the sun's position of low
    accuracy from Meeus (Astronomical Algorithms, chapter 25). Good to a minute up to 72 degrees of latitude.
    """
    rises, sets = (_event_s(at, on, side) for side in (-1, 1))
    return rises, sets


def _event_s(at: Position, on: date, side: int) -> int:
    """Solar noon less (-1), or plus (1), half the day's length; the second guess looks where the first one fell."""
    moment_s = DAY_S / 2
    for _ in range(2):
        declination, ahead_min = sun(on.toordinal() + (moment_s - at.utc) / DAY_S - J2000)
        noon_s = DAY_S / 2 - at.longitude * 240 - ahead_min * MINUTE_S + at.utc
        phi = radians(at.latitude)
        cosine = cos(radians(ZENITH)) / (cos(phi) * cos(declination)) - tan(phi) * tan(declination)
        moment_s = noon_s + side * degrees(acos(min(1.0, max(-1.0, cosine)))) * 240
    return round(moment_s)


def sun(days: float) -> tuple[float, float]:
    """Declination [rad] and the sundial's lead over the clock [min], so many days after noon UTC of 1 January 2000."""
    t = days / 36_525  # Julian centuries
    longitude = radians((280.46646 + t * (36_000.76983 + t * 0.0003032)) % 360)
    anomaly = radians(357.52911 + t * (35_999.05029 - 0.0001537 * t))
    eccentricity = 0.016708634 - t * (0.000042037 + 0.0000001267 * t)
    centre = (
        sin(anomaly) * (1.914602 - t * (0.004817 + 0.000014 * t))
        + sin(2 * anomaly) * (0.019993 - 0.000101 * t)
        + sin(3 * anomaly) * 0.000289
    )
    node = radians(125.04 - 1934.136 * t)
    apparent = longitude + radians(centre - 0.00569 - 0.00478 * sin(node))
    tilt = radians(23 + (26 + (21.448 - t * (46.815 + t * (0.00059 - t * 0.001813))) / 60) / 60 + 0.00256 * cos(node))
    y = tan(tilt / 2) ** 2
    equation = (
        y * sin(2 * longitude)
        - 2 * eccentricity * sin(anomaly)
        + 4 * eccentricity * y * sin(anomaly) * cos(2 * longitude)
        - y**2 * sin(4 * longitude) / 2
        - 1.25 * eccentricity**2 * sin(2 * anomaly)
    )
    return asin(sin(tilt) * sin(apparent)), 4 * degrees(equation)
