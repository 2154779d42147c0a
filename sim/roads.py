"""Roads in the SimPy model: how long a drive takes at the speed of each hour, and who loses all that is carried."""

from sim.nodes import RoadNode
from sim.rules import is_lost, reached_s
from sim.world import Truck

Luck = list[list[int]]  # by drive and load


class Road:
    """One road. `missions` and `within` are those of this second: phases may change them."""

    def __init__(self, node: RoadNode, cargos: list[str]):
        """`cargos` : of each load."""
        self.at_s, self.percent = node.calendar.at_s.tolist(), node.calendar.value.tolist()
        self.intercepts, self.missions, self.within = node.factors is not None, node.missions, node.within
        self.factor_of = {cargo: node.factor(cargo) for cargo in set(cargos)}
        self.cargos = cargos

    def reached_s(self, now_s: int, free_s: int) -> int:
        """When a drive ends that takes `free_s` at free flow."""
        return reached_s(now_s, free_s, self.at_s, self.percent)

    def lost(self, number: int, trucks: list[Truck], stopped: Luck, taken: Luck) -> list[Truck]:
        """Which trucks of a party that sets out now will have lost all at the end of the road, which is `number`."""
        drives = [truck.drive(number) for truck in trucks]
        mission = stopped[drives[0]][trucks[0].load]
        return [
            truck
            for truck, drive in zip(trucks, drives, strict=True)
            if is_lost(
                mission, self.missions, taken[drive][truck.load], self.within, self.factor_of[self.cargos[truck.load]]
            )
        ]
