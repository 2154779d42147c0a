"""Where the page draws a place, and what else it is called. No engine, luck or digest knows of it.

Coordinates are as coarse as what the public knows of a crossing: what is finer is refused.
"""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from sim.settings import Settings

STEP = 0.05  # degrees, some 5 km
_PER_DEGREE = round(1 / STEP)


def _coarse(degrees: float) -> float:
    nearest = round(degrees * _PER_DEGREE) / _PER_DEGREE
    if abs(degrees - nearest) > 1e-9:
        raise ValueError(f"wanted steps of {STEP} degrees, found {degrees:g}; the nearest is {nearest:g}")
    return nearest


Degrees = Annotated[float, AfterValidator(_coarse)]


class OnMap(Settings):
    """A place on the map of a page. Places between which nobody drives are one spot there: one of them says it."""

    name: str = Field("", description="there; default: a title of what stands there")
    also: tuple[str, ...] = Field((), description="other names, in other languages or of other authors")
    north: Annotated[Degrees, Field(ge=-90, le=90)] | None = Field(None, description="degrees, in steps of 0.05")
    east: Annotated[Degrees, Field(ge=-180, le=180)] | None = Field(None, description="degrees, in steps of 0.05")

    @model_validator(mode="after")
    def _both_or_neither(self) -> "OnMap":
        if (self.north is None) != (self.east is None):
            raise ValueError("wanted both north and east, or neither")
        return self
