"""Depots of fuel or cooking gas as a planner writes them: what comes, who draws it by the day, and what trips need.

Frozen models that refuse nonsense. What a depot does stands in fuelling.py, its rules in rules.py.
"""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from sim.scenario.base import Keyed, Place, Settings, Shown
from sim.scenario.calendars import ALWAYS
from sim.units import Clock, Rate, Volume, VolumeOrNone


class Fuel(Settings):
    """What each trip of a fleet takes from a depot: vehicles for which there is no fuel stand."""

    depot: str
    litres: Volume = Field(description="of one trip, there and back")
    leaves: VolumeOrNone = Field(0.0, description="that trips leave in the depot for others")


class User(Settings):
    """Hospitals, bakeries, water, homes: whoever draws from a depot once a day. What it does not get is not made up."""

    title: str = ""
    litres: Volume = Field(description="wanted each day")
    rank: NonNegativeInt = Field(1, description="0 draws first; those of one rank share by what each wants")
    leaves: VolumeOrNone = Field(0.0, description="that it leaves in the depot for others, whatever it wants")


class Depot(Keyed):
    """Litres of one cargo, which come by warehouses that name the depot; users draw by the day, and fleets by the trip.

    A tanker that finds no room for all its litres at once stays in its dock.
    """

    cargo: str = Field(description="what comes, and says how many litres a pallet of it is")
    room: Volume | None = Field(None, description="litres; none: no limit")
    stock: VolumeOrNone = Field(0.0, description="litres there when the run starts")
    at: Clock = Field(0, description="time of day at which the users draw")
    users: dict[str, User] = Field(default_factory=dict)


class Store(Place):
    """The floor behind the docks of one warehouse or several: what is offloaded stands there until it is handed out.

    A vehicle that finds no room for all its pallets at once stays in its dock.
    """

    room: PositiveInt = Field(description="pallets")
    outflow: Rate = Field(description="pallets handed out a day, evenly, at a level of 100 %")
    calendar: str = Field(ALWAYS, description="hours at which they are, or the share of the outflow, by name")
    stock: NonNegativeInt = Field(0, description="pallets there when the run starts")

    @model_validator(mode="after")
    def _has_room_for_its_stock(self) -> "Store":
        if self.stock > self.room:
            raise ValueError(f"stock ({self.stock}) is above room ({self.room})")
        return self


class Platform(Shown):
    """Stock that is offloaded and not yet collected."""

    room: PositiveInt | None = Field(None, description="pallets; none: no limit")
    collect: Literal["at_once", "next_day"] = Field("at_once", description="or from the next midnight on")
