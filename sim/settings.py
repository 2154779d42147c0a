"""What every part of a scenario has in common: frozen, strict, described, and with a source for what it says."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

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
