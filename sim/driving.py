"""Roads in whole seconds, and what is said of a step that may take one of several."""

from sim import scenario as written
from sim.calendars import Steps
from sim.kinds import Road
from sim.laws import Constant, Law, Lognormal
from sim.network import Travel
from sim.nodes import RoadNode
from sim.rules import FASTEST, FIRST_OPEN
from sim.units import HOUR_S, in_per_cent, in_ppm

CHOICES = {None: FIRST_OPEN, "first_open": FIRST_OPEN, "fastest": FASTEST}


def law_of(road: Road) -> Law:
    """The free-flow time of a road [s]."""
    if road.time is not None:
        return road.time
    assert road.length is not None and road.speed is not None  # the model's own check
    mean = road.length / road.speed * HOUR_S
    return Lognormal(mean=mean, cv=road.variation) if road.variation else Constant(value=mean)


def road_node(common: tuple[int, str, str, str, Steps], road: Road) -> RoadNode:
    """`common` : number, name, key, title and calendar."""
    crowd, taken = road.congestion, road.interception
    return RoadNode(
        *common, max(1, round(law_of(road).mean_value())),
        *((crowd.vehicles, in_ppm(crowd.each), in_per_cent(crowd.least)) if crowd else (-1, 0, 100)),
        *((in_ppm(taken.missions), in_ppm(taken.within)) if taken else (0, 0)),
        {cargo: in_ppm(factor) for cargo, factor in taken.cargos.items()} if taken else None,
    )  # fmt: skip


def travel(step: written.Travel, number: dict[str, int]) -> Travel:
    """The step by the numbers of its roads."""
    road, *others = (number[f"roads.{name}"] for name in step.ways)
    return Travel(road, tuple(others), CHOICES[step.choose])
