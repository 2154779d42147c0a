"""Stores in the SimPy model: the floor behind docks, from which pallets are handed out evenly."""

from heapq import heappop, heappush

from simpy import Event

from sim.nodes import StoreNode
from sim.rules import flown, has_flown_s, left_in_store, surplus
from sim.units import DAY_S
from sim.world import Opening, Truck, World


class Store:
    """Whoever finds no room for all its pallets at once stays in its dock.

    content : pallets x seconds of a day, as outflow a day x seconds is handed out of it; of the second `since_s`.
    """

    def __init__(self, world: World, node: StoreNode):
        self.world, self.node = world, node
        self.opening = Opening(world, node.number, node.calendar)
        self.content, self.since_s = node.stock * DAY_S, 0
        self.queue: list[tuple[int, int, int, int, int, Event]] = []

    def place(self, truck: Truck) -> Event:
        """Fires when all pallets of the truck stand in the store."""
        placed, pallets = self.world.env.event(), sum(pallets for _, pallets in truck.parts)
        heappush(self.queue, (truck.rank, self.world.now_s, truck.load, truck.carrier, pallets, placed))
        self.world.touch(self.node.number)
        return placed

    def start(self) -> None:
        now, outflow = self.world.now_s, (self.opening.at_s, self.opening.value)
        self.content = left_in_store(self.content, flown(self.since_s, now, *outflow))
        self.since_s = now
        while self.queue:
            *_, pallets, placed = self.queue[0]
            above = surplus(self.content, pallets, self.node.room)
            if above > 0:
                self.opening.wake_at(has_flown_s(now, above, *outflow))
                return
            heappop(self.queue)
            self.content += pallets * DAY_S
            placed.succeed()
