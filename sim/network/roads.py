"""Roads by number: speed over time, free-flow time, congestion and interception."""

from dataclasses import dataclass

from sim.calendars import Steps
from sim.laws import Constant, Law, Lognormal
from sim.network.base import TimedNode
from sim.scenario.roads import Road
from sim.units import HOUR_S, PPM, in_per_cent, in_ppm


@dataclass(frozen=True)
class RoadNode(TimedNode):
    """A road. `calendar` is its speed in per cent of free flow; `mean_s` the mean free-flow time.

    vehicles, each, least : congestion. Vehicles on the road that slow down nobody (-1 without congestion), loss of
        speed for each further vehicle [ppm], and the speed that is always left [per cent].
    missions, within : share of convoys that are stopped, and of their trucks that lose their load [ppm].
    factors : cargo -> factor of `within` where it is not 1 [ppm]; None where nothing is ever lost.
    """

    mean_s: int
    vehicles: int = -1
    each: int = 0
    least: int = 100
    missions: int = 0
    within: int = 0
    factors: dict[str, int] | None = None

    def factor(self, cargo: str) -> int:
        """Returns the factor by which `within` is multiplied for a cargo [ppm]."""
        return (self.factors or {}).get(cargo, PPM)


def road_node(common: tuple[int, str, str, str, Steps], road: Road) -> RoadNode:
    """Returns the node of a road; `common` is number, name, key, title and calendar."""
    traffic, interception = road.congestion, road.interception
    return RoadNode(
        *common, max(1, round(law_of(road).mean_value())),
        *((traffic.vehicles, in_ppm(traffic.each), in_per_cent(traffic.least)) if traffic else (-1, 0, 100)),
        *((in_ppm(interception.missions), in_ppm(interception.within)) if interception else (0, 0)),
        {cargo: in_ppm(factor) for cargo, factor in interception.cargos.items()} if interception else None,
    )  # fmt: skip


def law_of(road: Road) -> Law:
    """Returns the law of a road's free-flow time [s]."""
    if road.time is not None:
        return road.time
    assert road.length is not None and road.speed is not None  # the model's own check
    mean = road.length / road.speed * HOUR_S
    return Lognormal(mean=mean, cv=road.variation) if road.variation else Constant(value=mean)
