"""Roads in the SimPy model: which is taken, how long a drive takes, and who loses all that is carried."""

from sim.network.roads import RoadNode
from sim.rules import goes_rather, is_lost, last_step, reached_in_traffic_s, slowed, speed_left
from sim.story.world import Impairments, Truck

DriveLuck = list[list[int]]  # by drive and load


class Road:
    """One road. `missions` and `within` are those of this second: phases may change them."""

    def __init__(self, node: RoadNode, cargos: list[str], hindered: Impairments):
        """`cargos` : of each load."""
        self.node, self.impairments = node, hindered
        self.at_s, self.percent = node.calendar.at_s.tolist(), node.calendar.value.tolist()
        self._changed_s, self._vehicles_before, self._vehicles = (
            -1,
            0,
            0,
        )  # vehicles on it, as that second began and after it
        self.intercepts, self.missions, self.within = node.factors is not None, node.missions, node.within
        self.factor_by_cargo = {cargo: node.factor(cargo) for cargo in set(cargos)}
        self.cargos = cargos

    def reached_s(self, now_s: int, free_s: int) -> int:
        """When a drive ends that takes `free_s` at free flow, and begins in the traffic of now."""
        return reached_in_traffic_s(now_s, free_s, self._speed_left_pct(now_s), self.at_s, self.percent)

    def speed(self, now_s: int) -> int:
        """Of who sets out now, in parts of 10,000 of free flow."""
        return int(self.percent[last_step(now_s, self.at_s)]) * self._speed_left_pct(now_s)

    def count_vehicles(self, now_s: int, vehicles: int) -> None:
        """So many set out; below 0, so many have arrived. Others see that from the next second on."""
        if self._changed_s != now_s:
            self._changed_s, self._vehicles_before = now_s, self._vehicles
        self._vehicles += vehicles

    def is_blocked_by_tasks(self, now_s: int) -> bool:
        """Whether nobody may set out on it until a task is done."""
        return self.impairments.speed_left_pct(now_s) == 0

    def _speed_left_pct(self, now_s: int) -> int:
        """The share of the speed that tasks leave, and the vehicles that were on it as this second began [per cent]."""
        if self.node.vehicles < 0:
            return self.impairments.speed_left_pct(now_s)
        vehicles = self._vehicles_before if self._changed_s == now_s else self._vehicles
        left = speed_left(vehicles, self.node.vehicles, self.node.each, self.node.least)
        return slowed(left, self.impairments.speed_left_pct(now_s))

    def lost_trucks(self, number: int, trucks: list[Truck], stopped: DriveLuck, taken: DriveLuck) -> list[Truck]:
        """Which trucks of a party that sets out now will have lost all at the end of the road, which is `number`."""
        drives = [truck.count_drive(number) for truck in trucks]
        mission = stopped[drives[0]][trucks[0].load]
        return [
            truck
            for truck, drive in zip(trucks, drives, strict=True)
            if is_lost(
                mission,
                self.missions,
                taken[drive][truck.load],
                self.within,
                self.factor_by_cargo[self.cargos[truck.load]],
            )
        ]


def choose_road(roads: list[Road], choose: int, now_s: int) -> Road | None:
    """The one of these roads that is taken by who sets out now; None where all are shut."""
    found = None
    for road in roads:
        if road.is_blocked_by_tasks(now_s):
            continue
        if found is None:
            found = road
            continue
        if goes_rather(choose, road.node.mean_s, road.speed(now_s), found.node.mean_s, found.speed(now_s)):
            found = road
    return found
