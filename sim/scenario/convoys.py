"""Yards, fleets and crews as planners write them, with escorts, and permission for missions and its outcomes."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, PositiveInt, field_validator, model_validator

from sim.scenario.base import Part, Place, Settings, Shown, Time, whole_shares
from sim.scenario.calendars import ALWAYS
from sim.scenario.stock import Fuel
from sim.units import DAY_S, HOUR_S, Delay, Duration


class Timetable(Settings):
    """Departures of each convoy line: one at `first` after the run's start, and then one every `every`."""

    first: Delay
    every: Duration


class Escorts(Settings):
    """People who accompany a convoy until its vehicles part."""

    crew: str = Field(description="crew that they belong to")
    vehicles: PositiveInt = Field(description="vehicles per escort; a remainder needs one more")


Outcome = Literal["aborted", "denied", "withdrawn", "partial", "impeded", "facilitated"]


class Permission(Settings):
    """The outcomes of missions that apply to set out. They are drawn for each yard and hour."""

    outcomes: dict[Outcome, Part] = Field(
        {"facilitated": 1.0}, min_length=1, description="share of hours with each outcome; one may be `rest`"
    )
    delay: Time | None = Field(None, description="delay of an impeded mission, from setting out until it drives")
    again: Duration = Field(float(DAY_S), description="time from a denial to the next attempt, at least one hour")
    needed: str = Field(ALWAYS, description="name of the calendar of hours at which permission is needed")
    office: str | None = Field(
        None,
        description="office that handles one request of a convoy line at a time; none: the outcome comes at once",
    )
    lead: Delay = Field(0.0, description="handling time of a request at the office, at least one second")

    @field_validator("outcomes")
    @classmethod
    def _add_up(cls, outcomes: dict[Outcome, Any]) -> dict[Outcome, Any]:
        shares_of_outcomes(outcomes)
        return outcomes

    @model_validator(mode="after")
    def _possible(self) -> "Permission":
        if self.office is None and "outcomes" not in self.model_fields_set:
            raise ValueError("wanted outcomes, an office to ask, or both")
        if self.office is None and self.lead:
            raise ValueError("a lead is that of an office; wanted office, or no lead")
        if self.again < HOUR_S:
            raise ValueError(f"again must be 1 h at least, since an hour has one outcome; is {self.again:g} s")
        self.cumulative(self.outcomes)
        return self

    def cumulative(self, outcomes: Mapping[Any, Any]) -> tuple[float, ...]:
        """Returns the cumulative shares of OUTCOMES. Raises ValueError with a message for planners."""
        shares = shares_of_outcomes(outcomes)
        if shares.get("impeded") and self.delay is None:
            raise ValueError("impeded missions need a delay")
        upto, last = 0.0, max(OUTCOMES.index(name) for name, part in shares.items() if part > 0)
        cumulative_shares = []
        for i, name in enumerate(OUTCOMES):
            upto += shares.get(name, 0.0)
            cumulative_shares.append(upto if i < last else 1.0)
        return tuple(cumulative_shares)


class Yard(Shown):
    """A place where vehicles gather and set out as a convoy: when there are enough, or one has waited too long."""

    min: PositiveInt = Field(1, description="vehicles that make a convoy; fewer leave after `patience`")
    max: PositiveInt = Field(description="most vehicles of a convoy")
    patience: Duration | None = Field(None, description="longest wait of a loaded vehicle for others; none: no limit")
    calendar: str = Field(ALWAYS, description="name of the calendar of hours at which convoys may set out")
    timetable: Timetable | None = None
    escorts: Escorts | None = None
    permission: Permission | None = Field(
        None, description="permission that each mission needs; none: no permission needed"
    )

    @model_validator(mode="after")
    def _ordered(self) -> "Yard":
        if self.min > self.max:
            raise ValueError(f"min ({self.min}) is above max ({self.max})")
        return self


class Fleet(Place):
    """Vehicles with drivers, taken for a trip and released after the drive home.

    They collect from platforms in convoys, or take loads over at bays, one each.
    """

    vehicles: PositiveInt
    drivers: str | None = Field(
        None, description="crew from which each vehicle takes one driver; none: vehicles have drivers"
    )
    pallets: PositiveInt = Field(description="capacity of one vehicle")
    home: Time = Field(description="drive back from where the vehicle is empty to where it is loaded")
    fuel: Fuel | None = Field(None, description="fuel that each trip takes from a depot; none: fuel is no limit")


class Crew(Place):
    """Drivers or escorts: vetted people, of whom there may be fewer than vehicles."""

    people: PositiveInt
    rest: Duration | None = Field(None, description="rest between two trips; none: no rest")


OUTCOMES: tuple[Outcome, ...] = ("aborted", "denied", "withdrawn", "partial", "impeded", "facilitated")
"""From the worst to the best, as rules.py numbers them."""


def shares_of_outcomes(outcomes: Mapping[Any, Any]) -> dict[Outcome, float]:
    """Returns the share of each outcome, which add up to 1. Raises ValueError with a message for planners."""
    for name in outcomes:
        if name not in OUTCOMES:
            raise ValueError(f"wanted shares of {', '.join(OUTCOMES)}, found {name}")
    shares = whole_shares(outcomes)
    return {name: shares[name] for name in OUTCOMES if name in shares}
