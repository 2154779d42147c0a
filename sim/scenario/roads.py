"""Roads as planners write them: drives, with congestion and interception."""

from typing import Annotated

from pydantic import Field, NonNegativeInt, model_validator

from sim.scenario.base import Place, Settings, Time
from sim.scenario.calendars import ALWAYS
from sim.units import Length, Share, Speed

Factor = Annotated[float, Field(ge=0, le=1000)]


class Interception(Settings):
    """Losses on a road: some convoys and single trucks are stopped, and some of their trucks lose all that they carry.

    Whether a convoy is stopped is drawn for its first truck, so losses come together.
    """

    missions: Share = Field(description="share of convoys, and of trucks that drive alone, that are stopped")
    within: Share = Field(1.0, description="share of the trucks of a stopped convoy that lose all that they carry")
    cargos: dict[str, Factor] = Field(
        default_factory=dict, description="factor of `within`, by cargo of a truck's first load; default 1"
    )


class Congestion(Settings):
    """Slowdown by traffic: each drive has one share of the road's speed, by the vehicles there when it begins."""

    vehicles: NonNegativeInt = Field(description="vehicles on the road up to which nobody is slowed down")
    each: Share = Field(gt=0, description="loss of speed, as a share of it, for each further vehicle on the road")
    least: Share = Field(0.1, ge=0.01, description="least share of the speed that is always left")


class Road(Place):
    """A drive: a length and a free-flow speed, or a law of its time. The calendar's level is a share of the speed."""

    length: Length | None = None
    speed: Speed | None = None
    variation: float = Field(0.0, ge=0, description="coefficient of variation of the driving time; 0: constant")
    time: Time | None = None
    calendar: str = Field(
        ALWAYS,
        description="name of the calendar whose level is the share of the free-flow speed; closed: traffic stops",
    )
    condition: Share = Field(
        1.0,
        ge=0.01,
        description="share of the free-flow speed that the road's state allows, multiplied with the calendar's",
    )
    congestion: Congestion | None = Field(
        None, description="slowdown by vehicles on the road; none: they do not slow each other"
    )
    interception: Interception | None = Field(
        None, description="interception of convoys and trucks on the road; none: nothing is lost"
    )

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> "Road":
        given = (self.length is not None, self.speed is not None, self.time is not None)
        if given not in ((True, True, False), (False, False, True)):
            raise ValueError("wanted length and speed, or time")
        return self
