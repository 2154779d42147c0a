"""What is lost on the way, as a planner writes it: interception on a road, by convoys and by cargo.

What traffic does to a road, as a planner writes it: the more vehicles are on it, the slower is who sets out.
"""

from typing import Annotated

from pydantic import Field, NonNegativeInt, model_validator

from sim.scenario.base import Place, Settings, Time
from sim.scenario.calendars import ALWAYS
from sim.units import Length, Share, Speed

Factor = Annotated[float, Field(ge=0, le=1000)]


class Interception(Settings):
    """Some of the convoys and single trucks on a road are stopped, and some of their trucks lose all that they carry.

    Whether a convoy is stopped is the luck of its first truck, so losses come together.
    """

    missions: Share = Field(description="of convoys, and of trucks that drive alone, that are stopped")
    within: Share = Field(1.0, description="share of the trucks of a stopped convoy that lose all that they carry")
    cargos: dict[str, Factor] = Field(
        default_factory=dict, description="multiplies `within` by the cargo of a truck's first load; default 1"
    )


class Congestion(Settings):
    """Each drive has one share of the road's speed from end to end, by those who are on it as it begins."""

    vehicles: NonNegativeInt = Field(description="that drive freely: as many on the road slow down nobody")
    each: Share = Field(gt=0, description="of the speed, that each vehicle more takes from who sets out then")
    least: Share = Field(0.1, ge=0.01, description="of the speed, that is always left")


class Road(Place):
    """A drive: a length and a free-flow speed, or a law of its time. The calendar's level is a share of the speed."""

    length: Length | None = None
    speed: Speed | None = None
    variation: float = Field(0.0, ge=0, description="coefficient of variation of the drive; 0: always the same")
    time: Time | None = None
    calendar: str = Field(ALWAYS, description="hours and their share of the free-flow speed; closed: traffic stands")
    condition: Share = Field(1.0, ge=0.01, description="share of the free-flow speed that is left, beside the calendar")
    congestion: Congestion | None = Field(None, description="by the vehicles on it; none: they do not slow each other")
    interception: Interception | None = Field(None, description="of convoys and trucks on it; none: nothing is lost")

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> "Road":
        given = (self.length is not None, self.speed is not None, self.time is not None)
        if given not in ((True, True, False), (False, False, True)):
            raise ValueError("wanted length and speed, or time")
        return self
