"""Flows of loads as planners write them: sender, cargo, demand over time, and how loads choose a corridor."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, model_validator

from sim.scenario.base import (
    Described,
    HeightLaw,
    Keyed,
    OnMap,
    Pallets,
    Part,
    Sector,
    Settings,
    Time,
    Weight,
    shares_of,
)
from sim.scenario.calendars import Period, hours, weekdays
from sim.units import Duration, Rate, Volume

MOST = 60  # corridors of one choice: an integer has a bit for each


class Choice(Settings):
    """The rule by which each load chooses a corridor when it is requested, instead of by shares."""

    rule: Literal["first_open", "least_wait"] = Field(
        description="first_open: the first whose gates all open on that day; least_wait: the least last known mean wait"
    )
    among: tuple[str, ...] = Field(min_length=1, max_length=MOST, description="corridors, in order")
    at: dict[str, str] = Field(
        default_factory=dict,
        description="for least_wait: corridor: full name of its gate, site, bays or warehouse whose waits "
        "count; default: its border gate",
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> "Choice":
        if len(set(self.among)) < len(self.among):
            raise ValueError(f"among: wanted each corridor once, found {', '.join(self.among)}")
        if self.at and self.rule != "least_wait":
            raise ValueError(f"at: only least_wait looks at waits, and the rule is {self.rule}")
        return self


class Divert(Settings):
    """The diversion of loads from a corridor whose border has been closed for long."""

    after: Duration = Field(
        description="loads are diverted when a border gate of their corridor has been closed for this long"
    )
    to: str = Field(description="corridor that the load takes instead, open or not")


class Cargo(Described):
    """The contents of a load: pallets and weight of one inbound truck, and their height."""

    pallets: Pallets
    weight: Weight
    height: HeightLaw | None = Field(None, description="of its highest pallet; none: it is never too high")
    shelf_life: Duration | None = Field(None, description="longest time from request to offloading; none: no limit")
    litres: Volume | None = Field(
        None, description="litres in one pallet (a tanker's compartment); none: it is no fuel or gas"
    )

    @model_validator(mode="after")
    def _fuel_keeps(self) -> "Cargo":
        if self.litres is not None and self.shelf_life is not None:
            raise ValueError("wanted litres or shelf_life, found both; fuel and gas do not expire")
        return self


class DatedFactor(Period):
    """A factor of a rate on certain dates."""

    factor: float = Field(ge=0)


Factor = Annotated[float, Field(ge=0)]


class Pattern(Settings):
    """Factors of a flow's rate by hour, weekday and date. Hours and weekdays that are not listed have a rate of 0."""

    hours: dict[str, Factor] = Field(default_factory=dict, description="e.g. '06:00-18:00': 2")
    weekdays: dict[str, Factor] = Field(default_factory=dict, description="e.g. sun-thu: 1.2")
    dates: dict[str, DatedFactor] = Field(default_factory=dict, description="by name, which is free")

    @model_validator(mode="after")
    def _readable(self) -> "Pattern":
        for text in self.hours:
            hours(text)
        for text in self.weekdays:
            weekdays(text)
        return self


class Flow(Keyed):
    """A demand for loads of one sender and cargo, and the corridors that they take by fixed shares or by a choice."""

    sector: Sector
    cargo: str
    rate: Rate = Field(0.0, description="loads requested per time, while every factor of the pattern is 1")
    pattern: Pattern = Pattern()
    interval: Time | None = Field(None, description="time between two loads, instead of a rate: a law, or fixed")
    trace: str | None = Field(None, description="a CSV of arrivals instead of a rate (docs/settings.md)")
    corridors: dict[str, Part] = Field(
        default_factory=dict, description="share of loads by corridor; one may be `rest`"
    )
    choice: Choice | None = Field(None, description="how each load chooses its corridor; none: by shares")
    divert: Divert | None = Field(None, description="diversion of loads whose border has been closed for long")
    rank: NonNegativeInt = Field(1, description="0 goes first in every queue")

    @model_validator(mode="after")
    def _one_source(self) -> "Flow":
        given = [n for n, value in (("rate", self.rate), ("interval", self.interval), ("trace", self.trace)) if value]
        if len(given) > 1:
            raise ValueError(f"wanted one of rate, interval and trace, found {' and '.join(given)}")
        if list(self.corridors.values()).count("rest") > 1:
            raise ValueError("corridors: only one can take the rest")
        return self

    def shares(self) -> dict[str, float]:
        """Returns the share of loads that takes each corridor, with the remainder for `rest`; they may not add up to 1.

        With a choice, equal shares of its corridors in its order.
        """
        if self.choice is not None:
            return dict.fromkeys(self.choice.among, 1 / len(self.choice.among))
        return shares_of(self.corridors)


class Origin(Described):
    """A place where loads set out."""

    on_map: OnMap | None = Field(None, description="where a page draws it; none: placed by its corridors")
