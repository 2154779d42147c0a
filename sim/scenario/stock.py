"""Platforms, stores, and depots of fuel or cooking gas as planners write them, with the fuel that trips need."""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from sim.scenario.base import Keyed, Place, Settings, Shown
from sim.scenario.calendars import ALWAYS
from sim.units import Clock, Rate, Volume, VolumeOrNone


class Fuel(Settings):
    """Fuel that each trip of a fleet takes from a depot; vehicles without fuel stay."""

    depot: str
    litres: Volume = Field(description="fuel of one trip, there and back")
    leaves: VolumeOrNone = Field(0.0, description="reserve that trips leave in the depot for others")


class User(Settings):
    """A user that draws from a depot once a day: hospitals, bakeries, water, homes. Unmet demand is lost."""

    title: str = ""
    litres: Volume = Field(description="demand per day")
    rank: NonNegativeInt = Field(
        1, description="order: 0 draws first; users of one rank share in proportion to their demand"
    )
    leaves: VolumeOrNone = Field(0.0, description="reserve that the user leaves in the depot for others")


class Depot(Keyed):
    """Litres of one cargo, delivered through warehouses that name the depot; users draw daily, fleets by trip.

    A tanker that finds no room for all its litres at once stays in its dock.
    """

    cargo: str = Field(description="cargo that is delivered; it has `litres` of one pallet")
    room: Volume | None = Field(None, description="capacity; none: no limit")
    stock: VolumeOrNone = Field(0.0, description="initial content")
    at: Clock = Field(0, description="time of day at which the users draw")
    users: dict[str, User] = Field(default_factory=dict)


class Store(Place):
    """The floor behind the docks of one or more warehouses: offloaded goods stand there until they are handed out.

    A vehicle that finds no room for all its pallets at once stays in its dock.
    """

    room: PositiveInt = Field(description="capacity in pallets")
    outflow: Rate = Field(description="pallets handed out per day, evenly, at a level of 100 %")
    calendar: str = Field(
        ALWAYS, description="name of the calendar of the outflow: its hours, or its share on each day"
    )
    stock: NonNegativeInt = Field(0, description="initial content in pallets")

    @model_validator(mode="after")
    def _has_room_for_its_stock(self) -> "Store":
        if self.stock > self.room:
            raise ValueError(f"stock ({self.stock}) is above room ({self.room})")
        return self


class Platform(Shown):
    """A platform: stock that is offloaded and not yet collected."""

    room: PositiveInt | None = Field(None, description="capacity in pallets; none: no limit")
    collect: Literal["at_once", "next_day"] = Field(
        "at_once", description="whether goods can be collected at once, or from the next midnight on"
    )
