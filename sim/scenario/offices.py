"""What comes before a load may set out, as a planner writes it: offices that give permission, and slots of a day."""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from sim.scenario.base import Place, Sector, Settings, Time
from sim.scenario.calendars import ALWAYS, Period
from sim.units import Clock, Duration, Rate, Share


class Refusal(Period):
    """Who is refused if the answer falls into the period; what is left out covers all."""

    sectors: tuple[Sector, ...] | None = Field(None, description="default: all")
    cargos: tuple[str, ...] | None = Field(None, description="default: all")
    corridors: tuple[str, ...] | None = Field(None, description="default: all")

    def covers(self, sector: str, cargo: str, corridor: str) -> bool:
        """Whether such a load is refused in the period."""
        of = ((self.sectors, sector), (self.cargos, cargo), (self.corridors, corridor))
        return all(named is None or one in named for named, one in of)


class AsksAgain(Settings):
    """A refused load joins the office's queue again."""

    after: Duration = Field(description="from the refusal")
    attempts: PositiveInt = Field(description="requests of one load here; after the last it is returned")


class Office(Place):
    """Takes up requests in their order, and answers each after its lead time."""

    calendar: str = Field(ALWAYS, description="hours, by name; the level is its speed, and the share of its requests")
    time: Time = Field(description="from taking a request up to the answer; stands still while the office is closed")
    requests: Rate | None = Field(None, description="that it takes up a day; none: any number")
    refuses: dict[str, Refusal] = Field(default_factory=dict, description="by a name of one's own")
    asks_again: AsksAgain | None = Field(None, description="none: who is refused is returned")

    @model_validator(mode="after")
    def _takes_one_up(self) -> "Office":
        if self.requests is not None and round(self.requests) < 1:
            raise ValueError("requests are below one a day; to shut an office write calendar: never")
        return self


class Calls(Settings):
    """When those who have a slot of the day are called."""

    first: Clock = Field(0, description="time of day, in quotes")
    every: Duration | None = Field(None, description="from one batch to the next; none: all at once, at first")
    trucks: PositiveInt | None = Field(None, description="of a batch")

    @model_validator(mode="after")
    def _batches(self) -> "Calls":
        if (self.every is None) != (self.trucks is None):
            raise ValueError("wanted both every and trucks, or neither")
        return self


class NoShow(Settings):
    """Who is called and does not come waits for another day."""

    share: Share = Field(0.0, description="of those who are called")
    per_hour_waited: Share = Field(0.0, description="added for each hour of yesterday's mean wait at `at`")
    at: str | None = Field(None, description="gate or site by full name, e.g. gates.rafah: of those who began there")
    shocks: dict[str, Share] = Field(
        default_factory=dict, description="added on the day after one on which that shock was under way"
    )
    most: NonNegativeInt = Field(3, description="times that one load does not come; then it always does")

    @model_validator(mode="after")
    def _waits_somewhere(self) -> "NoShow":
        if (self.at is None) != (self.per_hour_waited == 0):
            raise ValueError("wanted both per_hour_waited and at (a gate or a site), or neither")
        return self


class Slots(Place):
    """Trucks are put on the next day's manifest in the evening, and called in batches on that day."""

    trucks: Rate = Field(description="slots of a day, at a level of 100 %")
    calendar: str = Field(ALWAYS, description="the share of them on which days, as it is at the day's first call")
    allotted: Clock = Field(description="when the next day's slots are given, in quotes, e.g. '18:00'")
    sectors: dict[Sector, PositiveInt] = Field(
        default_factory=dict, description="slots kept for a sector; what it leaves goes to others"
    )
    calls: Calls = Calls()
    no_show: NoShow | None = None
    unused: Literal["lost", "refilled"] = Field(
        "lost", description="slot of who does not come: lost, or given at once to the first without one"
    )

    @model_validator(mode="after")
    def _enough_to_keep(self) -> "Slots":
        if round(self.trucks) < 1:
            raise ValueError("trucks are below one a day; for days without slots write a calendar")
        if (kept := sum(self.sectors.values())) > round(self.trucks):
            raise ValueError(f"sectors: {kept} slots are kept, of {round(self.trucks)}")
        return self
