"""Needs of people in areas as planners write them: how much of which cargos, and deliveries other than by corridors.

Engines do not use needs; measures compare them with a log.
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
    """The weight of a spell without the goods, for each person: exp(constant + per_hour t) - exp(constant), t in hours.

    It grows so fast that a spell counts up to `cap` at most. The numbers hold for one good only.
    """

    constant: float
    per_hour: float = Field(gt=0)
    cap: Duration


class Need(Described):
    """What a person needs of one kind of goods a day, evenly over the day. Phases can change it, e.g. in winter."""

    of: tuple[str, ...] = Field((), description="cargos that meet it; none: only stocks and deliveries of areas do")
    per_person: MassRate = Field(description="need of one person, e.g. 0.5 kg/day")
    energy: Energy = Field(0.0, description="energy of the goods, e.g. 3500 kcal/kg; 0: it is no food")
    keeps: Duration | None = Field(
        None, description="how long stocks and deliveries of areas keep; for loads see the cargo's shelf_life"
    )
    unmet: Literal["lost", "carried"] = Field(
        "lost", description="whether unmet need is lost, or carried over to later days"
    )
    essential: bool = Field(True, description="people without it do not count as fully supplied")
    enough: Share = Field(1.0, description="an area counts as supplied from this share of the need on")
    access: Access = Access()
    deprivation: Deprivation | None = Field(None, description="weight of a spell without it; none: not computed")


class Delivery(Period):
    """Goods that reach an area other than by corridors, at midnight of each day: by air, sea, pipe or local sites."""

    need: str
    sector: Sector
    amount: MassRate


class Area(Described):
    """An area where people live. What arrives by corridors is theirs, except the share that is passed on."""

    population: PositiveInt | None = Field(None, description="people in the area; none: no needs are computed here")
    stock: dict[str, Mass] = Field(default_factory=dict, description="initial stock by need")
    deliveries: dict[str, Delivery] = Field(default_factory=dict, description="by channel")
    passes_on: dict[str, Share] = Field(
        default_factory=dict,
        description="share of the goods that arrive and stay here, by area to which they are passed on at once",
    )
