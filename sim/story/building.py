"""Builds the places of the SimPy model from the network's nodes, connects them, and applies the changes of phases.

What moves through the places stands in `corridor`.
"""

from sim.luck.draws import Draws
from sim.network.base import Purpose, Setting
from sim.network.convoys import CrewNode, FleetNode, YardNode
from sim.network.gates import CeilingNode, GateNode
from sim.network.lanes import PoolNode
from sim.network.network import Network
from sim.network.offices import OfficeNode, SlotsNode
from sim.network.roads import RoadNode
from sim.network.stock import DepotNode, PlatformNode, StoreNode
from sim.story.convoys import ConvoyDispatcher, Depart, Fleet, StockLine, TruckLine, Yard
from sim.story.gates import Ceiling, Desk, Gate, GateQueue
from sim.story.lanes import Pool
from sim.story.offices import Office, PermissionRequest, Slots
from sim.story.resources import ResourcePool
from sim.story.roads import Road
from sim.story.stock import Depot, FuelSupply, Platform, Store
from sim.story.tasks import TaskModel
from sim.story.world import Impairments, RecentWaits, World


class Places:
    """All places of one replication, by place number.

    luck : (purpose, place) -> luck by visit and load. depart : called when a convoy of a line sets out.
    """

    def __init__(
        self, world: World, network: Network, draws: Draws, luck: dict[tuple[int, int], list[list[int]]],
        tasks: TaskModel, depart: Depart,
    ):  # fmt: skip
        self.world, self.network, self.luck, self.tasks, self.depart = world, network, luck, tasks, depart
        self.gates: dict[int, Gate] = {}
        self.pools: dict[int, Pool] = {}
        self.platforms: dict[int, Platform] = {}
        self.crews: dict[int, ResourcePool] = {}
        self.fleets: dict[int, Fleet] = {}
        self.stores: dict[int, Store | Depot] = {}
        self.roads: dict[int, Road] = {}
        self.lines: list[TruckLine | StockLine] = []
        self.offices: dict[int, Office] = {}
        self.slots: dict[int, Slots] = {}
        self._first_pallet, self._pallets = draws.first_pallet.tolist(), draws.pallets.tolist()
        sources = [network.sources[source] for source in draws.source.tolist()]
        self._make_places([source.cargo for source in sources])
        self._make_slots()
        self._make_lines()
        self._make_desks([source.litres for source in sources], draws.kg.tolist())

    def apply_change(self, place: int, setting: Setting, value: int) -> None:
        """Changes a setting of a place, because a phase begins or ends."""
        match setting:
            case Setting.vehicles:
                self.fleets[place].resize(value)
            case Setting.people:
                self.crews[place].resize(value)
            case Setting.room:
                self.platforms[place].set_room(value)
            case Setting.requests:
                self.offices[place].set_requests_per_day(value)
            case Setting.teams:
                self.tasks.resize_teams(place, value)
            case Setting.missions | Setting.within:
                setattr(self.roads[place], setting.name, value)
            case Setting.min | Setting.max | Setting.patience_s:
                for line in self.lines:
                    if line.config.yard == place:
                        setattr(line.yard, setting.name, value)
                        self.world.touch(line.owner)

    def watch_waits(self, number: int) -> RecentWaits:
        """Returns the record of waits at a gate or pool; recording begins with the first call."""
        place = self.gates.get(number) or self.pools[number]
        place.waits = place.waits or RecentWaits()
        return place.waits

    def _make_places(self, cargos: list[str]) -> None:
        for node in self.network.nodes:
            match node:
                case GateNode():
                    self.gates[node.number] = Gate(self.world, node)
                case PoolNode():
                    self.pools[node.number] = Pool(self.world, node)
                case PlatformNode():
                    self.platforms[node.number] = Platform(self.world, node)
                case StoreNode():
                    self.stores[node.number] = Store(self.world, node)
                case DepotNode():
                    self.stores[node.number] = Depot(self.world, node)
                case OfficeNode():
                    self.offices[node.number] = Office(self.world, node, self._impairments(node.number))
                case RoadNode():
                    self.roads[node.number] = Road(node, cargos, self._impairments(node.number))
                case CrewNode():
                    self.crews[node.number] = ResourcePool(self.world, node)
        for node in self.network.nodes:
            if isinstance(node, FleetNode):
                drivers = self.crews.get(node.drivers)
                depot = self.stores.get(node.depot)
                fuel = FuelSupply(depot, node) if isinstance(depot, Depot) else None
                self.fleets[node.number] = Fleet(self.world, node, self._carrier_number, drivers, fuel)
        for pool in self.pools.values():
            pool.fleet = self.fleets.get(pool.node.fleet)
        for places in (self.gates, self.pools, self.platforms, self.stores, self.offices):
            self.world.places.update(places)
        if self.tasks.teams:
            self.world.places[self.tasks.owner] = self.tasks

    def _impairments(self, place: int) -> Impairments:
        entries = [entry for entry in self.network.hindrances if entry.place == place]
        return Impairments(entries, self.tasks.done_s)

    def _make_slots(self) -> None:
        for node in self.network.nodes:
            if isinstance(node, SlotsNode):
                watched = node.no_show.at if node.no_show else -1
                waits = self.watch_waits(watched) if watched >= 0 else None
                luck = self.luck.get((Purpose.NO_SHOW, node.number))
                self.slots[node.number] = Slots(self.world, node, luck, waits)
        self.world.places.update(self.slots)

    def _make_lines(self) -> None:
        for number, line in enumerate(self.network.lines):
            node = self.network.nodes[line.yard]
            assert isinstance(node, YardNode)
            fleet_node = self.network.nodes[line.fleet] if line.fleet >= 0 else node
            assert isinstance(fleet_node, YardNode | FleetNode)
            permission = node.permission
            office, lead_s = (self.offices.get(permission.office), permission.lead_s) if permission else (None, 0)
            request = PermissionRequest(self.world, office, lead_s, number, fleet_node.owner)
            yard, escorts = Yard(self.world, node, request), self.crews.get(node.escorts)
            if line.fleet < 0:
                self.lines.append(TruckLine(self.world, yard, line, self.depart, escorts))
            else:
                fleet, platform = self.fleets[line.fleet], self.platforms[line.platform]
                self.lines.append(StockLine(self.world, yard, line, fleet, platform, self.depart, escorts))
        for node in self.network.nodes:
            if isinstance(node, YardNode | FleetNode | CrewNode):
                lines = [line for line in self.lines if line.owner == node.number]
                self.world.places[node.number] = ConvoyDispatcher(self.world, node.number, lines)

    def _make_desks(self, litres: list[int], kg: list[int]) -> None:
        nodes = [node for node in self.network.nodes if isinstance(node, CeilingNode)]
        ceilings = {node.number: Ceiling(self.world, node, self.platforms.get(node.platform), litres) for node in nodes}
        for node in nodes:
            lines = [line for line in self.network.gate_lines if line.desk == node.number]
            queues = [GateQueue(line, self.gates[line.gate], [ceilings[c] for c in line.ceilings]) for line in lines]
            if queues:
                desk = Desk(self.world, node, queues, node.weights, kg)
                self.world.places[node.number] = desk
                for line in lines:
                    self.gates[line.gate].desk = desk
            if node.platform >= 0:
                self.platforms[node.platform].desks.add(node.desk)

    def _carrier_number(self, load: int, left: int) -> int:
        """Returns the number, over all loads, of the first of the `left` pallets of `load` on the platform."""
        return int(self._first_pallet[load] + self._pallets[load] - left)
