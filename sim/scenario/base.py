"""Base models of a scenario: settings with sources, shares, laws of quantities, positions on the map, and mistakes.

Models are frozen and strict, and describe every setting. Coordinates are coarse on purpose: finer ones are refused.
"""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sim.laws import (
    Constant,
    Empirical,
    Erlang,
    Exponential,
    Gamma,
    Hyperexponential,
    Law,
    Lognormal,
    Triangular,
    Uniform,
    Weibull,
)
from sim.units import duration_s, height_cm, mass_kg, share

Sector = Literal["un", "bilateral", "ngo", "commercial"]  # who sends a load


class Settings(BaseModel):
    """A part of a scenario: frozen, and an unknown setting is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)


class Assumed(Settings):
    """An assumed value: the range in which it may lie, and why it was chosen."""

    assumed: tuple[str | int | float, str | int | float] = Field(description="[lowest, highest], in the setting's unit")
    why: str = ""


class Described(Settings):
    """Settings with a title and, for each setting that describes the real world, its source."""

    title: str = ""
    sources: dict[str, str | Assumed] = Field(
        default_factory=dict, description="by setting: its source, or its assumed range"
    )


class Keyed(Described):
    """Settings with a key, which identifies them in random numbers, ties and digests."""

    key: str | None = Field(None, description="identity in random numbers and digests; default: the full name")


def _part(text: Any) -> Any:
    """Returns a share, or `rest`."""
    return text if text == "rest" else share(text)


Part = Annotated[float | Literal["rest"], BeforeValidator(_part)]


def whole_shares(parts: Mapping[Any, Any]) -> dict[str, float]:
    """Returns shares that add up to 1, from numbers or text. Raises ValueError with a message for planners."""
    if list(parts.values()).count("rest") > 1:
        raise ValueError("only one can take the rest")
    shares = shares_of({name: part if part == "rest" else share(part) for name, part in parts.items()})
    if abs((total := sum(shares.values())) - 1) > 1e-9:
        raise ValueError(f"shares must add up to 100 %, are {total:.4%}")
    return shares


def shares_of(parts: Mapping[str, float | Literal["rest"]]) -> dict[str, float]:
    """Returns the shares, with what is left of 1 in place of `rest`."""
    given = sum(part for part in parts.values() if part != "rest")
    return {name: max(0.0, 1 - given) if part == "rest" else part for name, part in parts.items()}


_AnyLaw = (
    Constant | Exponential | Erlang | Gamma | Weibull | Hyperexponential | Lognormal | Uniform | Triangular | Empirical
)
LAWS = tuple(str(law.model_fields["law"].default) for law in get_args(_AnyLaw))
AMOUNTS, LISTS = ("value", "mean", "low", "mode", "high"), ("values", "means")


def _in_base_unit(convert: Callable[[Any], float]) -> BeforeValidator:
    """Returns a validator that converts the amounts of a law to base units, and reads `12 min` as a constant."""

    def read(value: Any) -> Any:
        if isinstance(value, Law):
            return value
        if not isinstance(value, dict):
            return {"law": "constant", "value": convert(value)}
        if "law" not in value:
            raise ValueError(f"names no law; write law: with one of {', '.join(LAWS)}")
        read = {key: convert(amount) if key in AMOUNTS else amount for key, amount in value.items()}
        if isinstance(shares := value.get("shares"), list | tuple):
            read["shares"] = tuple(share(part) for part in shares)
        for name in LISTS:
            if isinstance(values := value.get(name), list | tuple):
                read[name] = tuple(convert(amount) for amount in values)
        return read

    return BeforeValidator(read)


def _number_of(what: str) -> Callable[[Any], float]:
    """Returns a parser of plain numbers, which names the unit in its message."""

    def read(text: Any) -> float:
        if isinstance(text, bool) or not isinstance(text, int | float):
            raise ValueError(f"wanted a number of {what}, found {text!r}")
        return float(text)

    return read


Time = Annotated[_AnyLaw, Field(discriminator="law"), _in_base_unit(duration_s)]
Weight = Annotated[_AnyLaw, Field(discriminator="law"), _in_base_unit(mass_kg)]
HeightLaw = Annotated[_AnyLaw, Field(discriminator="law"), _in_base_unit(height_cm)]
Pallets = Annotated[_AnyLaw, Field(discriminator="law"), _in_base_unit(_number_of("pallets"))]
Persons = Annotated[_AnyLaw, Field(discriminator="law"), _in_base_unit(_number_of("persons"))]


class Place(Keyed):
    """A place that corridors share."""


def _coarse(degrees: float) -> float:
    """Returns the degrees in exact steps; raises ValueError for finer ones."""
    rounded = round(degrees * _PER_DEGREE) / _PER_DEGREE
    if abs(degrees - rounded) > 1e-9:
        raise ValueError(f"wanted steps of {STEP} degrees, found {degrees:g}; the nearest is {rounded:g}")
    return rounded


Degrees = Annotated[float, AfterValidator(_coarse)]


class OnMap(Settings):
    """A place on the map of a page. Places with no drive between them share one spot: one of them sets it."""

    name: str = Field("", description="on the map; default: a title of the places there")
    also: tuple[str, ...] = Field((), description="other names, e.g. in other languages")
    north: Annotated[Degrees, Field(ge=-90, le=90)] | None = Field(None, description="degrees, in steps of 0.05")
    east: Annotated[Degrees, Field(ge=-180, le=180)] | None = Field(None, description="degrees, in steps of 0.05")

    @model_validator(mode="after")
    def _both_or_neither(self) -> "OnMap":
        if (self.north is None) != (self.east is None):
            raise ValueError("wanted both north and east, or neither")
        return self


class Shown(Place):
    """A place that a page may draw."""

    on_map: OnMap | None = Field(None, description="where a page draws it; none: placed by its corridors")


STEP = 0.05  # degrees, some 5 km
_PER_DEGREE = round(1 / STEP)


class Mistakes(Exception):  # noqa: N818
    """The mistakes in a scenario: one line each with the setting, what was wanted and what was found."""

    def __init__(self, lines: Iterable[str]):
        self.lines = list(lines)
        super().__init__("\n".join(self.lines))


def nearest(name: str, names: Iterable[str]) -> str:
    """Returns `; did you mean x?` or, where no name is similar, the list of names."""
    names = sorted(set(names))
    if close := get_close_matches(name, names, n=1, cutoff=0.6):
        return f"; did you mean {close[0]}?"
    return f" (there is: {', '.join(names)})" if names else " (there is none)"
