"""Phases, as a planner writes them: periods that begin on a date, or on a drawn one, and change settings meanwhile.

What no plan says of a place's days, as a planner writes it: shocks that close it, and its operating level.
"""

from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator

from sim.scenario.base import Keyed, Time
from sim.scenario.calendars import Period
from sim.units import Rate, Share

Written = str | int | float | dict[str, str | int | float]


class Phase(Keyed):
    """Holds from a date, or from a while after it, until a date, for a while, or to the end; and changes settings."""

    since: date = Field(alias="from", description="first day, or the day from which the beginning is drawn")
    starts: Time | None = Field(None, description="how long after `from`, drawn for each replication; none: at once")
    until: date | None = Field(None, alias="to", description="last day; what would begin later never does")
    lasts: Time | None = Field(None, description="instead of `to`, fixed or drawn; neither: to the run's end")
    changes: dict[str, Written] = Field(
        min_length=1, description="full name of a setting, e.g. sites.nitzana.lanes: 4, '+ 2' or 'x 0.5' of what it was"
    )

    @model_validator(mode="after")
    def _one_end(self) -> "Phase":
        if self.until and self.lasts:
            raise ValueError("wanted to or lasts, found both")
        if self.until and self.until < self.since:
            raise ValueError(f"from ({self.since}) is after to ({self.until})")
        return self

    def changed(self) -> list[tuple[str, str, str, Any]]:
        """(kind, name, setting, value as written) of each change; what is no full name has empty parts."""
        told = []
        for full_name, value in self.changes.items():
            kind, _, rest = full_name.partition(".")
            name, _, setting = rest.rpartition(".")
            name, of_a_part, part = name.partition(".")
            told.append((kind, name, f"{part}{of_a_part}{setting}", value))
        return told


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
