"""Gates as planners write them, and ceilings, which limit how much may pass them."""

from pydantic import Field, PositiveInt, model_validator

from sim.scenario.base import Place, Sector, Shown
from sim.scenario.calendars import ALWAYS
from sim.scenario.people import Direction
from sim.units import MassRate, Rate, Volume


class Gate(Shown):
    """A gate, which opens and closes; passing takes no time."""

    calendar: str = Field(ALWAYS, description="name of the calendar of its opening hours")
    border: bool = Field(False, description="whether it is the border: a load that passes here has entered")


class Ceiling(Place):
    """A limit on what may pass one gate, or several together: per day, or as much as a platform behind can take."""

    gates: tuple[str, ...] = ()
    wherever: tuple[str, ...] = Field((), description="gates that some scenarios lack; ignored where they do not exist")
    sectors: tuple[Sector, ...] | None = Field(None, description="sectors that it holds for; default: all")
    trucks: Rate | None = Field(None, description="limit of trucks, e.g. 100/day")
    mass: MassRate | None = Field(None, description="limit of mass, e.g. 5000 t/day")
    pallets: PositiveInt | None = Field(
        None, description="limit of pallets on the way from the gates to the platform `behind` and on it"
    )
    persons: Rate | None = Field(None, description="limit of persons, for gates of people")
    direction: Direction | None = Field(None, description="direction of the persons that it holds for; default: both")
    litres: Volume | None = Field(None, description="litres a day; it holds only for cargos that have litres")
    every: PositiveInt = Field(
        1, description="length in days of the periods for which the limit holds, from the run's start"
    )
    behind: str | None = Field(
        None, description="platform behind the gates, for a limit of pallets: loads enter as goods there are collected"
    )
    calendar: str = Field(ALWAYS, description="name of the calendar whose level is the share of the limit on each day")
    share: dict[Sector, PositiveInt] = Field(
        default_factory=dict, description="weights of the sectors' turns; unused turns go to others"
    )

    @model_validator(mode="after")
    def _one_limit(self) -> "Ceiling":
        if not self.gates and not self.wherever:
            raise ValueError("wanted gates, or wherever (gates that some scenarios lack)")
        if sum(limit is not None for limit in (self.trucks, self.mass, self.pallets, self.persons, self.litres)) != 1:
            raise ValueError("wanted one of trucks, mass, pallets, litres and persons")
        if (self.pallets is None) != (self.behind is None):
            raise ValueError("wanted both pallets and behind (a platform), or neither")
        if self.persons is None and self.direction is not None:
            raise ValueError("direction needs a limit of persons")
        if self.persons is not None and (self.sectors is not None or self.share):
            raise ValueError("persons have no sectors; wanted direction, or none")
        if self.pallets is not None and self.every > 1:
            raise ValueError("wanted no every with pallets: their limit has no period")
        return self
