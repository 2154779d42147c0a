"""What traffic does to a road, as a planner writes it: the more vehicles are on it, the slower is who sets out."""

from pydantic import Field, NonNegativeInt

from sim.settings import Settings
from sim.units import Share


class Congestion(Settings):
    """Each drive has one share of the road's speed from end to end, by those who are on it as it begins."""

    vehicles: NonNegativeInt = Field(description="that drive freely: as many on the road slow down nobody")
    each: Share = Field(gt=0, description="of the speed, that each vehicle more takes from who sets out then")
    least: Share = Field(0.1, ge=0.01, description="of the speed, that is always left")
