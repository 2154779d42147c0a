"""Units of planners' input, converted once on reading: to seconds, kilograms, litres, kilometres and centimetres.

A bare number where a unit is needed is an error. The table of units is closed on purpose: a units library would read
"12 M" as molar, and does not know trucks a day. All functions raise ValueError with an example of what to write.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
PPM = 1_000_000  # parts per million: shares as whole numbers, compared with luck

_DURATIONS = {
    "s": 1, "sec": 1, "second": 1, "min": MINUTE_S, "minute": MINUTE_S,
    "h": HOUR_S, "hour": HOUR_S, "d": DAY_S, "day": DAY_S, "week": 7 * DAY_S,
}  # fmt: skip
_RATES = {"h": 24, "hour": 24, "d": 1, "day": 1, "week": 1 / 7}
_MASSES = {"kg": 1, "t": 1000, "tonne": 1000}
_LENGTHS = {"km": 1, "m": 0.001}
_HEIGHTS = {"m": 100, "cm": 1}
_SPEEDS = {"km/h": 1}
_VOLUMES = {"l": 1, "litre": 1, "m3": 1000}
_MONEY = {"USD": 1}
_ENERGIES = {"kcal/kg": 1}
_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*")


def _number_and_unit(text: Any, wanted: str, units: Mapping[str, float], prefix: str = "") -> float:
    """Returns the value of `text` in the base unit of `units`. Raises ValueError with what was `wanted` and found."""
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ValueError(f"wanted {wanted}, found {text!r}")
    match = _QUANTITY.fullmatch(str(text))
    if not match:
        raise ValueError(f"wanted {wanted}, found {text!r}")
    number, unit = float(match[1]), re.sub(prefix, "", match[2]) if prefix else match[2]
    if not unit:
        raise ValueError(f"{text} has no unit; write {wanted}")
    for spelling in (unit, unit.removesuffix("s")):
        if spelling in units:
            return number * units[spelling]
    raise ValueError(f"{unit!r} is no unit here; write {wanted}")


def duration_s(text: Any) -> float:
    """Returns seconds: `12 min`, `8 h`, `2 days`, `90min`."""
    return _number_and_unit(text, "e.g. '15 min', '8 h' or '2 days'", _DURATIONS)


def per_day(text: Any) -> float:
    """Returns trucks a day: `150/day`, `150 trucks/day`, `6/h`."""
    return _number_and_unit(text, "e.g. '150/day' or '6/h'", _RATES, prefix=r"^(?:trucks?)?\s*/\s*")


def mass_kg(text: Any) -> float:
    """Returns kilograms: `18.7 t`, `750 kg`."""
    return _number_and_unit(text, "e.g. '18.7 t' or '750 kg'", _MASSES)


def kg_per_day(text: Any) -> float:
    """Returns kilograms a day: `5000 t/day`."""
    match = re.fullmatch(r"\s*(.*?)\s*/\s*days?\s*", str(text))
    if not match:
        raise ValueError(f"wanted e.g. '5000 t/day', found {text!r}")
    return mass_kg(match[1])


def volume_l(text: Any) -> float:
    """Returns litres: `36000 l`, `1.5 m3`."""
    return _number_and_unit(text, "e.g. '36000 l' or '36 m3'", _VOLUMES)


def length_km(text: Any) -> float:
    """Returns kilometres: `45 km`, `800 m`."""
    return _number_and_unit(text, "e.g. '45 km'", _LENGTHS)


def height_cm(text: Any) -> float:
    """Returns centimetres: `1.6 m`, `160 cm`."""
    return _number_and_unit(text, "e.g. '1.6 m'", _HEIGHTS)


def speed_km_h(text: Any) -> float:
    """Returns kilometres an hour: `40 km/h`."""
    return _number_and_unit(text, "e.g. '40 km/h'", _SPEEDS)


def money_usd(text: Any) -> float:
    """Returns US dollars: `350 USD`."""
    return _number_and_unit(text, "e.g. '350 USD'", _MONEY)


def kcal_per_kg(text: Any) -> float:
    """Returns kilocalories per kilogram: `3640 kcal/kg`."""
    return _number_and_unit(text, "e.g. '3640 kcal/kg'", _ENERGIES)


def share(text: Any) -> float:
    """Returns a fraction from 0 to 1: `12 %`, or a number."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        fraction = float(text)
    else:
        fraction = _number_and_unit(text, "e.g. '12 %' or 0.12", {"%": 0.01})
    if not 0 <= fraction <= 1:
        raise ValueError(f"{text} is not between 0 and 1; write e.g. '12 %' or 0.12")
    return fraction


def in_ppm(part: float) -> int:
    """Returns a share or a factor in whole parts per million."""
    return round(part * PPM)


def in_per_cent(part: float) -> int:
    """Returns a share in whole per cent, at least 1."""
    return max(1, round(part * 100))


def clock_s(text: Any) -> int:
    """Returns seconds after midnight: `HH:MM`, up to 24:00."""
    match = re.fullmatch(r"\s*(\d{1,2}):(\d\d)\s*", str(text))  # unquoted, YAML makes it a number
    if not match or not (seconds := int(match[1]) * HOUR_S + int(match[2]) * MINUTE_S) <= DAY_S or int(match[2]) > 59:
        raise ValueError(f"{text!r} is no time of day; write e.g. '08:00', in quotes")
    return seconds


def _unit(convert: Any, pattern: str) -> BeforeValidator:
    """Returns a validator that calls `convert`; `pattern` describes the accepted text in the schema for editors."""
    return BeforeValidator(convert, json_schema_input_type=Annotated[str, Field(pattern=pattern)])


def _pattern(units: Mapping[str, float], prefix: str = "") -> str:
    """Returns a pattern for a number that is not negative and one of the units, in the singular or the plural."""
    return rf"^\s*\+?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*{prefix}({'|'.join(units)})s?\s*$"


_DURATION = _unit(duration_s, _pattern(_DURATIONS))
MASS_PATTERN, HEIGHT_PATTERN = _pattern(_MASSES), _pattern(_HEIGHTS)
Duration = Annotated[float, _DURATION, Field(gt=0)]
Delay = Annotated[float, _DURATION, Field(ge=0)]
Rate = Annotated[float, _unit(per_day, _pattern(_RATES, r"(trucks?)?\s*/\s*")), Field(ge=0)]
Mass = Annotated[float, _unit(mass_kg, MASS_PATTERN), Field(gt=0)]
MassRate = Annotated[float, _unit(kg_per_day, _pattern(_MASSES)[:-1] + r"/\s*days?\s*$"), Field(gt=0)]
MOST_LITRES = 2**31  # the limit of a value in the log
_VOLUME = _unit(volume_l, _pattern(_VOLUMES))
Volume = Annotated[float, _VOLUME, Field(ge=1, lt=MOST_LITRES)]
VolumeOrNone = Annotated[float, _VOLUME, Field(ge=0, lt=MOST_LITRES)]
Height = Annotated[float, _unit(height_cm, HEIGHT_PATTERN), Field(gt=0)]
Length = Annotated[float, _unit(length_km, _pattern(_LENGTHS)), Field(gt=0)]
Speed = Annotated[float, _unit(speed_km_h, _pattern(_SPEEDS)), Field(gt=0)]
Money = Annotated[float, _unit(money_usd, _pattern(_MONEY)), Field(ge=0)]
Energy = Annotated[float, _unit(kcal_per_kg, _pattern(_ENERGIES)), Field(ge=0)]
Clock = Annotated[int, _unit(clock_s, r"^\s*\d{1,2}:\d\d\s*$"), Field(lt=DAY_S)]
Share = Annotated[float, BeforeValidator(share), Field(ge=0, le=1)]
