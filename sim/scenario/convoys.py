"""What convoys need beside vehicles, as a planner writes it: escorts, and permission with what comes of asking."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, PositiveInt, field_validator, model_validator

from sim.scenario.base import Part, Place, Settings, Shown, Time, whole_shares
from sim.scenario.calendars import ALWAYS
from sim.scenario.stock import Fuel
from sim.units import DAY_S, HOUR_S, Delay, Duration


class Timetable(Settings):
    """Of each way on, one convoy sets out at `first` after the run's start and then every `every`."""

    first: Delay
    every: Duration


class Escorts(Settings):
    """People who ride with a convoy until its vehicles part."""

    crew: str = Field(description="of which they are")
    vehicles: PositiveInt = Field(description="one escort for so many vehicles, or for those that are left over")


Outcome = Literal["aborted", "denied", "withdrawn", "partial", "impeded", "facilitated"]


class Permission(Settings):
    """What comes of missions that ask to set out; its luck is that of the yard and the hour."""

    outcomes: dict[Outcome, Part] = Field(
        {"facilitated": 1.0}, min_length=1, description="the share of hours of each; one may be `rest`"
    )
    delay: Time | None = Field(None, description="of an impeded mission, from setting out until it drives")
    again: Duration = Field(float(DAY_S), description="from a denial until the yard asks again, an hour at least")
    needed: str = Field(ALWAYS, description="hours at which permission is needed, by name")
    office: str | None = Field(
        None, description="that each way out asks for one mission at a time; none: as it sets out"
    )
    lead: Delay = Field(0.0, description="from the office's taking a request up to the answer; a second at least")

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
        """The shares up to each of OUTCOMES. Raises ValueError, in planners' words."""
        shares = shares_of_outcomes(outcomes)
        if shares.get("impeded") and self.delay is None:
            raise ValueError("impeded missions need a delay")
        upto, last = 0.0, max(OUTCOMES.index(name) for name, part in shares.items() if part > 0)
        found = []
        for i, name in enumerate(OUTCOMES):
            upto += shares.get(name, 0.0)
            found.append(upto if i < last else 1.0)
        return tuple(found)


class Yard(Shown):
    """Vehicles gather here and set out as a convoy: enough of them, or one that has waited too long."""

    min: PositiveInt = Field(1, description="vehicles that make a convoy")
    max: PositiveInt = Field(description="vehicles that one permission covers")
    patience: Duration | None = Field(None, description="longest wait of a loaded vehicle for others; none: no end")
    calendar: str = Field(ALWAYS, description="hours at which convoys may set out, by name")
    timetable: Timetable | None = None
    escorts: Escorts | None = None
    permission: Permission | None = Field(None, description="that each mission asks for; none: it needs none")

    @model_validator(mode="after")
    def _ordered(self) -> "Yard":
        if self.min > self.max:
            raise ValueError(f"min ({self.min}) is above max ({self.max})")
        return self


class Fleet(Place):
    """Vehicles with drivers, taken for a trip and given back after the drive home.

    They collect from platforms in convoys, or take loads over at bays, one each.
    """

    vehicles: PositiveInt
    drivers: str | None = Field(None, description="crew of which each vehicle takes one; none: it has its own")
    pallets: PositiveInt = Field(description="that one vehicle carries")
    home: Time = Field(description="from where it is empty back to where it is taken")
    fuel: Fuel | None = Field(None, description="that each trip takes from a depot; none: it has what it needs")


class Crew(Place):
    """Drivers or escorts: vetted people of whom there may be fewer than vehicles."""

    people: PositiveInt
    rest: Duration | None = Field(None, description="from a trip until the next; none: no rest")


OUTCOMES: tuple[Outcome, ...] = ("aborted", "denied", "withdrawn", "partial", "impeded", "facilitated")
"""From the worst to the best, as rules.py numbers them."""


def shares_of_outcomes(outcomes: Mapping[Any, Any]) -> dict[Outcome, float]:
    """Shares, as they are or as they are written, that add up. Raises ValueError, in planners' words."""
    for name in outcomes:
        if name not in OUTCOMES:
            raise ValueError(f"wanted shares of {', '.join(OUTCOMES)}, found {name}")
    shares = whole_shares(outcomes)
    return {name: shares[name] for name in OUTCOMES if name in shares}
