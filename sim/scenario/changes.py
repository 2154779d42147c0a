"""Phases, shocks and operating levels as planners write them: planned changes of settings, and random disturbances."""

from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator

from sim.scenario.base import Keyed, Time
from sim.scenario.calendars import Period
from sim.units import Rate, Share

Written = str | int | float | dict[str, str | int | float]


class Phase(Keyed):
    """A period that changes settings, from a date or some time after it, with a last date, a duration or no end."""

    since: date = Field(alias="from", description="first day, or the day to which `starts` is added")
    starts: Time | None = Field(
        None, description="time from `from` to the beginning, drawn for each replication; none: at once"
    )
    until: date | None = Field(None, alias="to", description="last day; a phase that would begin later does not begin")
    lasts: Time | None = Field(
        None, description="duration, fixed or drawn, instead of `to`; neither: until the run's end"
    )
    changes: dict[str, Written] = Field(
        min_length=1,
        description="by full name of a setting, e.g. sites.nitzana.lanes: a value (4) or a change ('+ 2', 'x 0.5')",
    )

    @model_validator(mode="after")
    def _one_end(self) -> "Phase":
        if self.until and self.lasts:
            raise ValueError("wanted to or lasts, found both")
        if self.until and self.until < self.since:
            raise ValueError(f"from ({self.since}) is after to ({self.until})")
        return self

    def changed(self) -> list[tuple[str, str, str, Any]]:
        """Returns (kind, name, setting, value as written) of each change; parts that a name lacks are empty."""
        changes = []
        for full_name, value in self.changes.items():
            kind, _, rest = full_name.partition(".")
            name, _, setting = rest.rpartition(".")
            name, dot, part = name.partition(".")
            changes.append((kind, name, f"{part}{dot}{setting}", value))
        return changes


class Hazard(Keyed):
    """A random disturbance of places, all at the same time. Its random numbers depend on the day and not on loads."""

    places: tuple[str, ...] = Field(min_length=1, description="full names, e.g. [gates.rafah, sites.nitzana]")


class Shock(Hazard, Period):
    """A random closure or slowdown: it begins on some days, at any time of the day, and lasts for a drawn time.

    With `from` and `to` it begins on days of that season alone; the last of them may outlast it.
    """

    rate: Rate = Field(description="beginnings, e.g. 1/week; at most one a day")
    lasts: Time
    level: Share = Field(0.0, description="share of lanes or speed that is left; 0: closed")


class OperatingLevel(Hazard):
    """The share of a day's open hours, or of its lanes, that is used: drawn for each day, besides all closures."""

    mean: Share = Field(gt=0)
    cv: float = Field(ge=0, description="coefficient of variation between days")
    persistence: float = Field(0.0, ge=0, lt=1, description="correlation with the day before; 0: days are independent")
    of: Literal["hours", "lanes"] = Field(
        "hours",
        description="hours: days end earlier; lanes: fewer lanes (a road: less speed; a ceiling: a lower limit)",
    )

    @model_validator(mode="after")
    def _possible(self) -> "OperatingLevel":
        if self.cv and self.cv**2 >= (most := (1 - self.mean) / self.mean):
            limit = f"must be below {most**0.5:.3g}: a share with a mean of {self.mean:.3g} ends at 1"
            raise ValueError(f"cv ({self.cv}) {limit}")
        return self
