"""What a planner writes for a duration, weight, height or pallets: a law with its unit, `12 min` for a constant."""

from collections.abc import Callable
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, Field

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
)  # fmt: skip
from sim.units import duration_s, height_cm, mass_kg, share

_AnyLaw = (
    Constant | Exponential | Erlang | Gamma | Weibull | Hyperexponential | Lognormal | Uniform | Triangular | Empirical
)
LAWS = tuple(str(law.model_fields["law"].default) for law in get_args(_AnyLaw))
AMOUNTS, LISTS = ("value", "mean", "low", "mode", "high"), ("values", "means")


def _in_base_unit(convert: Callable[[Any], float]) -> BeforeValidator:
    """Reads a law's amounts with `convert`, and lets a planner write `12 min` for a constant."""

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
