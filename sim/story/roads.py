"""Roads: the choice between them, driving times, and losses on the way."""

from sim.network.roads import RoadNode
from sim.rules import is_lost, is_road_preferred, last_step, reached_in_traffic_s, reduced_speed_pct, traffic_speed_pct
from sim.story.world import Impairments, Truck

DriveLuck = list[list[int]]  # by drive and load


class Road:
    """One road. `missions` and `within` are the loss shares now [ppm]: phases may change them."""

    def __init__(self, node: RoadNode, cargos: list[str], impairments: Impairments):
        """`cargos` : of each load."""
        self.node, self.impairments = node, impairments
        self.at_s, self.percent = node.calendar.at_s.tolist(), node.calendar.value.tolist()
        self._changed_s, self._vehicles_before, self._vehicles = -1, 0, 0  # before and after the changes of that second
        self.intercepts, self.missions, self.within = node.factors is not None, node.missions, node.within
        self.factor_by_cargo = {cargo: node.factor(cargo) for cargo in set(cargos)}
        self.cargos = cargos

    def reached_s(self, now_s: int, free_s: int) -> int:
        """Returns when a drive that takes `free_s` at free flow ends, if it begins now in the present traffic."""
        return reached_in_traffic_s(now_s, free_s, self._speed_left_pct(now_s), self.at_s, self.percent)

    def speed(self, now_s: int) -> int:
        """Returns the speed of a drive that begins now, in parts of 10,000 of free flow."""
        return int(self.percent[last_step(now_s, self.at_s)]) * self._speed_left_pct(now_s)

    def count_vehicles(self, now_s: int, vehicles: int) -> None:
        """Adds `vehicles` to those on the road, negative for arrivals; they slow others from the next second on."""
        if self._changed_s != now_s:
            self._changed_s, self._vehicles_before = now_s, self._vehicles
        self._vehicles += vehicles

    def is_blocked_by_tasks(self, now_s: int) -> bool:
        """Whether no drive may begin on it until a task is done."""
        return self.impairments.speed_left_pct(now_s) == 0

    def _speed_left_pct(self, now_s: int) -> int:
        """Returns the remaining speed [per cent] after impairments and the traffic at the beginning of this second."""
        if self.node.vehicles < 0:
            return self.impairments.speed_left_pct(now_s)
        vehicles = self._vehicles_before if self._changed_s == now_s else self._vehicles
        left = traffic_speed_pct(vehicles, self.node.vehicles, self.node.each, self.node.least)
        return reduced_speed_pct(left, self.impairments.speed_left_pct(now_s))

    def lost_trucks(self, number: int, trucks: list[Truck], stopped: DriveLuck, taken: DriveLuck) -> list[Truck]:
        """Returns the trucks of a party setting out now that will lose their load on this road.

        number : of the road. stopped, taken : luck of the convoy and of each truck, by drive and load [ppm].
        """
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
    """Returns the road that a truck setting out now takes; None if all are blocked."""
    best = None
    for road in roads:
        if road.is_blocked_by_tasks(now_s):
            continue
        if best is None:
            best = road
            continue
        if is_road_preferred(choose, road.node.mean_s, road.speed(now_s), best.node.mean_s, best.speed(now_s)):
            best = road
    return best
