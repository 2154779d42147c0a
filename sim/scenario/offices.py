"""Offices, which give permission, and daily slots, as planners write them."""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from sim.scenario.base import Place, Sector, Settings, Time
from sim.scenario.calendars import ALWAYS, Period
from sim.units import Clock, Duration, Rate, Share


class Refusal(Period):
    """A period in which an office refuses loads, by the time of its answer; a setting that is left out covers all."""

    sectors: tuple[Sector, ...] | None = Field(None, description="default: all")
    cargos: tuple[str, ...] | None = Field(None, description="default: all")
    corridors: tuple[str, ...] | None = Field(None, description="default: all")

    def covers(self, sector: str, cargo: str, corridor: str) -> bool:
        """Whether such a load is refused in the period."""
        criteria = ((self.sectors, sector), (self.cargos, cargo), (self.corridors, corridor))
        return all(accepted is None or value in accepted for accepted, value in criteria)


class AsksAgain(Settings):
    """Further attempts: a refused load joins the office's queue again."""

    after: Duration = Field(description="time from the refusal to the next attempt")
    attempts: PositiveInt = Field(description="most requests of one load here; after the last refusal it is returned")


class Office(Place):
    """An office that starts requests in their order, and answers each after its handling time."""

    calendar: str = Field(
        ALWAYS, description="name of its calendar; the level is its speed, and the share of its daily requests"
    )
    time: Time = Field(description="handling time of a request, which pauses while the office is closed")
    requests: Rate | None = Field(None, description="limit of requests that it starts a day; none: no limit")
    refuses: dict[str, Refusal] = Field(default_factory=dict, description="by name, which is free")
    asks_again: AsksAgain | None = Field(None, description="further attempts; none: a refused load is returned")

    @model_validator(mode="after")
    def _takes_one_up(self) -> "Office":
        if self.requests is not None and round(self.requests) < 1:
            raise ValueError("requests are below one a day; to shut an office write calendar: never")
        return self


class Calls(Settings):
    """The times at which trucks with a slot of the day are called."""

    first: Clock = Field(0, description="time of day of the first call, in quotes, e.g. '06:00'")
    every: Duration | None = Field(None, description="time between two batches; none: all are called at `first`")
    trucks: PositiveInt | None = Field(None, description="trucks of a batch")

    @model_validator(mode="after")
    def _batches(self) -> "Calls":
        if (self.every is None) != (self.trucks is None):
            raise ValueError("wanted both every and trucks, or neither")
        return self


class NoShow(Settings):
    """Trucks that are called and do not appear; they wait for another day."""

    share: Share = Field(0.0, description="share of the trucks called")
    per_hour_waited: Share = Field(
        0.0, description="addition to `share` for each hour of yesterday's mean wait at `at`"
    )
    at: str | None = Field(None, description="full name of a gate or site, e.g. gates.rafah, whose waits count")
    shocks: dict[str, Share] = Field(
        default_factory=dict, description="addition to `share`, by shock, on the day after a day with that shock"
    )
    most: NonNegativeInt = Field(3, description="most no-shows of one load; after that it always appears")

    @model_validator(mode="after")
    def _waits_somewhere(self) -> "NoShow":
        if (self.at is None) != (self.per_hour_waited == 0):
            raise ValueError("wanted both per_hour_waited and at (a gate or a site), or neither")
        return self


class Slots(Place):
    """Daily slots. Trucks are put on the next day's manifest in the evening, and called in batches on that day."""

    trucks: Rate = Field(description="slots per day, at a level of 100 %")
    calendar: str = Field(
        ALWAYS, description="name of the calendar whose level is the share of slots, read at the day's first call"
    )
    allotted: Clock = Field(
        description="time of day at which the next day's slots are allotted, in quotes, e.g. '18:00'"
    )
    sectors: dict[Sector, PositiveInt] = Field(
        default_factory=dict, description="slots reserved for each sector; unused ones go to others"
    )
    calls: Calls = Calls()
    no_show: NoShow | None = None
    unused: Literal["lost", "refilled"] = Field(
        "lost",
        description="what happens to the slot of a no-show: lost, or given at once to the first load without one",
    )

    @model_validator(mode="after")
    def _enough_to_keep(self) -> "Slots":
        if round(self.trucks) < 1:
            raise ValueError("trucks are below one a day; for days without slots write a calendar")
        if (kept := sum(self.sectors.values())) > round(self.trucks):
            raise ValueError(f"sectors: {kept} slots are kept, of {round(self.trucks)}")
        return self
