"""Distribution inside, as a planner writes it: which share of what arrives in an area goes on, by which corridor.

It goes on as soon as it arrives, each vehicle's part of a load for itself, by a corridor of its own that is written
with the same verbs as those that bring it: a hub's floor, short trips with a fleet, roads, permissions, points with
docks. What happens there holds nothing back before the hub: one that is full is given `stores`, see docs/settings.md.
"""

from pydantic import Field

from sim.scenario.base import Described, Sector
from sim.units import Share


class Distribution(Described):
    """A corridor, by whose name it goes here, that takes up what other corridors bring to an area."""

    of: str = Field(description="area in which it arrives first")
    share: Share = Field(gt=0, description="of what arrives there; what none takes up stays")
    cargos: tuple[str, ...] = Field((), description="of these alone; none: of all")
    sectors: tuple[Sector, ...] = Field((), description="of these senders alone; none: of all")

    def takes(self, sector: str, cargo: str) -> bool:
        """Whether goods of that kind can go on by it."""
        return (not self.cargos or cargo in self.cargos) and (not self.sectors or sector in self.sectors)
