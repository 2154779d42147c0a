"""What no plan says of a place's days, as a planner writes it: shocks that close it, and its operating level."""

from typing import Literal

from pydantic import Field, model_validator

from sim.calendars import Period
from sim.durations import Time
from sim.settings import Keyed
from sim.units import Rate, Share


class Hazard(Keyed):
    """Something that befalls places, all of them together. Its luck is of its own, and that of days, not of loads."""

    places: tuple[str, ...] = Field(min_length=1, description="by full name, e.g. [gates.rafah, sites.nitzana]")


class Shock(Hazard, Period):
    """Begins on some days, at any time of the day, and lasts a while, in which its places are closed, or slower.

    With `from` and `to` it begins on days of that season alone; the last of them may outlast it.
    """

    rate: Rate = Field(description="of beginnings, e.g. 1/week; at most one a day")
    lasts: Time
    level: Share = Field(0.0, description="share of lanes or of speed that is left meanwhile; 0: closed")


class OperatingLevel(Hazard):
    """The share of a day's open hours, or of its lanes, that is used: drawn for each day, beside all closures."""

    mean: Share = Field(gt=0)
    cv: float = Field(ge=0, description="coefficient of variation of the days")
    persistence: float = Field(0.0, ge=0, lt=1, description="correlation with the day before; 0: each day for itself")
    of: Literal["hours", "lanes"] = Field(
        "hours", description="a day ends earlier, or has fewer lanes (a road: less speed; a ceiling: less of it)"
    )

    @model_validator(mode="after")
    def _possible(self) -> "OperatingLevel":
        if self.cv and self.cv**2 >= (most := (1 - self.mean) / self.mean):
            limit = f"must be below {most**0.5:.3g}: a share with a mean of {self.mean:.3g} ends at 1"
            raise ValueError(f"cv ({self.cv}) {limit}")
        return self
