"""What every part of a scenario has in common: frozen, strict, described, and with a source for what it says."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from sim.units import share

Sector = Literal["un", "bilateral", "ngo", "commercial"]  # who sends a load


class Settings(BaseModel):
    """A part of a scenario: frozen, and an unknown setting is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)


class Assumed(Settings):
    """A value that nobody measured: the range in which it may lie, and why it was chosen."""

    assumed: tuple[str | int | float, str | int | float] = Field(description="[lowest, highest], in the setting's unit")
    why: str = ""


class Described(Settings):
    """Something with a title and, for each setting that stands for the world, its source."""

    title: str = ""
    sources: dict[str, str | Assumed] = Field(default_factory=dict, description="setting: source, or assumed range")


class Keyed(Described):
    """Something that luck, ties and digests know by its key."""

    key: str | None = Field(None, description="identity for luck and digests; default: the full name")


def _part(text: Any) -> Any:
    return text if text == "rest" else share(text)


Part = Annotated[float | Literal["rest"], BeforeValidator(_part)]


def whole_shares(parts: Mapping[Any, Any]) -> dict[str, float]:
    """Shares, as they are or as they are written, that add up. Raises ValueError, in planners' words."""
    if list(parts.values()).count("rest") > 1:
        raise ValueError("only one can take the rest")
    shares = shares_of({name: part if part == "rest" else share(part) for name, part in parts.items()})
    if abs((total := sum(shares.values())) - 1) > 1e-9:
        raise ValueError(f"shares must add up to 100 %, are {total:.4%}")
    return shares


def shares_of(parts: Mapping[str, float | Literal["rest"]]) -> dict[str, float]:
    """What is left of 1 in place of `rest`."""
    given = sum(part for part in parts.values() if part != "rest")
    return {name: max(0.0, 1 - given) if part == "rest" else part for name, part in parts.items()}
