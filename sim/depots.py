"""Depots of fuel or cooking gas as a planner writes them: what comes, who draws it by the day, and what trips need.

Frozen models that refuse nonsense. What a depot does stands in fuelling.py, its rules in rules.py.
"""

from pydantic import Field, NonNegativeInt

from sim.settings import Keyed, Settings
from sim.units import Clock, Volume, VolumeOrNone


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
