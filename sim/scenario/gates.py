"""What a planner writes of gates and of the ceilings over them."""

from pydantic import Field, PositiveInt, model_validator

from sim.scenario.base import Place, Sector, Shown
from sim.scenario.calendars import ALWAYS
from sim.scenario.people import Direction
from sim.units import MassRate, Rate, Volume


class Gate(Shown):
    """Opens and closes; passing takes no time."""

    calendar: str = Field(ALWAYS, description="opening hours, by name")
    border: bool = Field(False, description="a load that passes here has entered")


class Ceiling(Place):
    """How much may pass one gate, or several together: so much a day, or as much as a platform behind them takes."""

    gates: tuple[str, ...] = ()
    wherever: tuple[str, ...] = Field((), description="gates that some scenarios lack: it is over them where they are")
    sectors: tuple[Sector, ...] | None = Field(None, description="that it holds for; default: all")
    trucks: Rate | None = Field(None, description="a day")
    mass: MassRate | None = Field(None, description="a day, e.g. 5000 t/day")
    pallets: PositiveInt | None = Field(None, description="on the way from the gates to a platform and on it together")
    persons: Rate | None = Field(None, description="a day, over gates of people")
    direction: Direction | None = Field(None, description="of the persons that it holds for; default: both")
    litres: Volume | None = Field(None, description="a day, of cargos that have litres; others it does not hold for")
    every: PositiveInt = Field(1, description="days for which this much holds, from the run's start on")
    behind: str | None = Field(None, description="that platform: what enters follows what is collected there")
    calendar: str = Field(ALWAYS, description="the share of it that holds on which days, by name")
    share: dict[Sector, PositiveInt] = Field(
        default_factory=dict, description="weights by which sectors take turns; unused turns go to others"
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
            raise ValueError("direction is of persons, and no limit of them is given")
        if self.persons is not None and (self.sectors is not None or self.share):
            raise ValueError("persons have no sectors; wanted direction, or none")
        if self.pallets is not None and self.every > 1:
            raise ValueError("every goes with what passes; pallets stand there until they are collected")
        return self
