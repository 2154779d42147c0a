"""What is lost on the way, as a planner writes it: interception on a road, by convoys and by cargo."""

from typing import Annotated

from pydantic import Field

from sim.settings import Settings
from sim.units import Share

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
