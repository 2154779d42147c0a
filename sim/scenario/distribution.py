"""Distribution inside, as planners write it: the share of what arrives in an area that goes on by a corridor.

Goods go on as soon as they arrive, each vehicle's part of a load on its own. The corridor is written with the same
verbs as others: a hub's floor, short trips with a fleet, roads, permissions, points with docks. Nothing there
delays loads on their way to the hub; a hub of limited room has `stores`, see docs/settings.md.
"""

from pydantic import Field

from sim.scenario.base import Described, Sector
from sim.units import Share


class Distribution(Described):
    """A share of the goods that arrive in an area and go on by the corridor of this name."""

    of: str = Field(description="area where the goods arrive first")
    share: Share = Field(gt=0, description="share of what arrives there; the remainder of all shares stays")
    cargos: tuple[str, ...] = Field((), description="only these cargos; none: all")
    sectors: tuple[Sector, ...] = Field((), description="only these senders; none: all")

    def takes(self, sector: str, cargo: str) -> bool:
        """Whether goods of that kind can go on by it."""
        return (not self.cargos or cargo in self.cargos) and (not self.sectors or sector in self.sectors)
