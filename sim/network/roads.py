"""Roads in whole seconds, and what is said of a step that may take one of several."""

from dataclasses import dataclass

from sim.calendars import Steps
from sim.laws import Constant, Law, Lognormal
from sim.network.base import TimedNode
from sim.scenario.roads import Road
from sim.units import HOUR_S, PPM, in_per_cent, in_ppm


def law_of(road: Road) -> Law:
    """The free-flow time of a road [s]."""
    if road.time is not None:
        return road.time
    assert road.length is not None and road.speed is not None  # the model's own check
    mean = road.length / road.speed * HOUR_S
    return Lognormal(mean=mean, cv=road.variation) if road.variation else Constant(value=mean)


@dataclass(frozen=True)
class RoadNode(TimedNode):
    """`calendar` is the speed in per cent of free flow; `mean_s` the mean time of a drive at free flow.

    vehicles : on it that drive freely, -1 where none slow down others; `each` more takes so much of the speed [ppm], of
    which `least` is left [per cent].
    missions, within : parts per million of convoys that are stopped, and of their trucks that lose all. factors : of
    `within` by cargo, in parts per million where it is not 1; None where nothing is ever lost.
    """

    mean_s: int
    vehicles: int = -1
    each: int = 0
    least: int = 100
    missions: int = 0
    within: int = 0
    factors: dict[str, int] | None = None

    def factor(self, cargo: str) -> int:
        """By which `within` is multiplied for trucks with that cargo [ppm]."""
        return (self.factors or {}).get(cargo, PPM)


def road_node(common: tuple[int, str, str, str, Steps], road: Road) -> RoadNode:
    """`common` : number, name, key, title and calendar."""
    crowd, taken = road.congestion, road.interception
    return RoadNode(
        *common, max(1, round(law_of(road).mean_value())),
        *((crowd.vehicles, in_ppm(crowd.each), in_per_cent(crowd.least)) if crowd else (-1, 0, 100)),
        *((in_ppm(taken.missions), in_ppm(taken.within)) if taken else (0, 0)),
        {cargo: in_ppm(factor) for cargo, factor in taken.cargos.items()} if taken else None,
    )  # fmt: skip
