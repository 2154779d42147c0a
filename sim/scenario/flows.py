"""How loads of a flow choose a corridor, as a planner writes it: by a rule in place of shares, or by diverting."""

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

MOST = 60  # corridors of one choice: a bit each in a whole number


class Choice(Settings):
    """By which rule each load takes a corridor as it is requested; the flow's shares do not count then."""

    rule: Literal["first_open", "least_wait"] = Field(
        description="the first whose gates all open on that day, or that with the least wait by those who passed last"
    )
    among: tuple[str, ...] = Field(min_length=1, max_length=MOST, description="corridors, in order")
    at: dict[str, str] = Field(
        default_factory=dict,
        description="of least_wait, for a corridor the full name of the gate, site, bays or warehouse whose waits "
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
    """What happens to a load that would take a corridor whose border has been closed for long."""

    after: Duration = Field(description="for so long a border gate of its corridor has had no open second")
    to: str = Field(description="corridor that it takes instead, open or not")


class Cargo(Described):
    """What a load is: pallets and weight of one inbound truck, and how high they stand."""

    pallets: Pallets
    weight: Weight
    height: HeightLaw | None = Field(None, description="of its highest pallet; none: no site finds it too high")
    shelf_life: Duration | None = Field(None, description="from its request until it is offloaded; none: it keeps")
    litres: Volume | None = Field(None, description="of one pallet (a tanker's part) of it; none: it is no fuel or gas")

    @model_validator(mode="after")
    def _fuel_keeps(self) -> "Cargo":
        if self.litres is not None and self.shelf_life is not None:
            raise ValueError("what has litres keeps: wanted litres or shelf_life, found both")
        return self


class DatedFactor(Period):
    """Multiplies a rate on certain dates."""

    factor: float = Field(ge=0)


Factor = Annotated[float, Field(ge=0)]


class Pattern(Settings):
    """Multiplies a flow's rate by hour, weekday and date. Hours and weekdays that are not listed have none."""

    hours: dict[str, Factor] = Field(default_factory=dict, description="e.g. '06:00-18:00': 2")
    weekdays: dict[str, Factor] = Field(default_factory=dict, description="e.g. sun-thu: 1.2")
    dates: dict[str, DatedFactor] = Field(default_factory=dict, description="by a name of one's own")

    @model_validator(mode="after")
    def _readable(self) -> "Pattern":
        for text in self.hours:
            hours(text)
        for text in self.weekdays:
            weekdays(text)
        return self


class Flow(Keyed):
    """A demand: loads of one sender and cargo, and the corridors that they take by fixed shares or by a choice."""

    sector: Sector
    cargo: str
    rate: Rate = Field(0.0, description="loads requested while every factor of the pattern is 1")
    pattern: Pattern = Pattern()
    interval: Time | None = Field(None, description="between two loads, instead of a rate: a law of its own, or fixed")
    trace: str | None = Field(None, description="a CSV of arrivals instead of a rate (docs/settings.md)")
    corridors: dict[str, Part] = Field(
        default_factory=dict, description="the share of loads that takes each; one may be `rest`"
    )
    choice: Choice | None = Field(None, description="how each load chooses its corridor; none: by shares")
    divert: Divert | None = Field(None, description="what a load does whose border has been closed for long")
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
        """The share of loads that takes each corridor, with what is left for `rest`; they may not add up to 1.

        Of a choice as if they took its corridors evenly, in its order.
        """
        if self.choice is not None:
            return dict.fromkeys(self.choice.among, 1 / len(self.choice.among))
        return shares_of(self.corridors)


class Origin(Described):
    """Where loads set out."""

    on_map: OnMap | None = Field(None, description="where a page draws it; none: by the corridors alone")
