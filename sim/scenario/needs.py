"""What people in areas need, as a planner writes it: how much of which cargos, and what reaches them otherwise.

Settings alone. Needs are no part of an engine: `need_days.py` holds them against what a log tells.
"""

from typing import Literal

from pydantic import Field, PositiveInt, model_validator

from sim.scenario.base import Described, Sector, Settings
from sim.scenario.calendars import Period
from sim.units import Duration, Energy, Mass, MassRate, Share


class Access(Settings):
    """The share of commercial goods that people can get, by price, cash and place: not known, so a range."""

    least: Share = 0.0
    most: Share = 1.0

    @model_validator(mode="after")
    def _ordered(self) -> "Access":
        if self.least > self.most:
            raise ValueError(f"least ({self.least:g}) is above most ({self.most:g})")
        return self


class Deprivation(Settings):
    """What a spell without the goods weighs, for each person: exp(constant + per_hour t) - exp(constant), t in hours.

    It grows so fast that a spell counts up to `cap` at the most. The numbers are those of one good and of no other.
    """

    constant: float
    per_hour: float = Field(gt=0)
    cap: Duration


class Need(Described):
    """What a person needs of one kind of goods a day, evenly over the day. Phases can change it: a winter."""

    of: tuple[str, ...] = Field((), description="cargos that meet it; none: only what areas have, or get otherwise")
    per_person: MassRate = Field(description="a day")
    energy: Energy = Field(0.0, description="of what meets it; 0: it is no food")
    keeps: Duration | None = Field(
        None, description="what areas have or get otherwise, from then on; of loads see their cargo's shelf_life"
    )
    unmet: Literal["lost", "carried"] = Field("lost", description="what is missing is never used, or later")
    essential: bool = Field(True, description="who lacks it is not fully supplied")
    enough: Share = Field(1.0, description="share of the need from which on an area counts as supplied")
    access: Access = Access()
    deprivation: Deprivation | None = Field(None, description="of a spell without it; none: not told")


class Delivery(Period):
    """What reaches an area otherwise, on each day at midnight: from the air, by sea, from sites of its own, by pipe."""

    need: str
    sector: Sector
    amount: MassRate


class Area(Described):
    """Where people live. What arrives by corridors is theirs, but for the share that is passed on."""

    population: PositiveInt | None = Field(None, description="none: nothing is said of what is needed here")
    stock: dict[str, Mass] = Field(default_factory=dict, description="by need, what is there when the run starts")
    deliveries: dict[str, Delivery] = Field(default_factory=dict, description="by channel")
    passes_on: dict[str, Share] = Field(
        default_factory=dict, description="by area, the share of what arrives and stays here that is carried on at once"
    )
