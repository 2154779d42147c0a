"""The network of a scenario: numbered places, corridors, convoy lines and sources, in whole seconds.

Both the random numbers and the engines start from it. Places are numbered in the order of their keys, so that neither
names nor the order of the YAML decide a tie. It also defines the check for gridlock that the engines make.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sim.calendars import StepFunction
from sim.laws import Law
from sim.network.base import LuckSlot, Node, Phase, Purpose, Setting
from sim.network.changes import OperatingLevel, Shock
from sim.network.convoys import FleetNode
from sim.network.corridors import ConvoyLine, Cost, Route, _luck_slots_of_step, max_visits
from sim.network.distribution import Allocation
from sim.network.flows import Source
from sim.network.gates import GateQueueNode
from sim.network.lanes import PoolNode, RejectionReasons, RepackingLimits
from sim.network.needs import Needs
from sim.network.offices import Refusal
from sim.network.tasks import Impairment, Task
from sim.units import DAY_S


@dataclass(frozen=True)
class Network:
    """The input of the engines and of the draws: everything that they need of a scenario.

    nodes, routes, lines, sources : places, corridors, convoy lines and sources, each by number.
    laws, probabilities : for each kind of random number its law, or the probability of "yes". The probabilities of
        PPM_PURPOSES are fields of the road or of the slots.
    days, warm_up_days, drain_days : length of the run; days at its beginning and end whose new loads count in no dwell.
    gate_queues, gate_queue_index : queues at gates under ceilings, and (gate, source) -> the queue that its loads join.
    repacking_limits : size limits, by the number of the repacking bays of a site.
    rejection_reasons : shares of each reason for rejection, by the number of the site.
    refusals : loads that offices refuse, in order.
    shocks, operating_levels : random disturbances of places, in the order of their keys.
    phases : periods that change settings, in the order of their keys.
    phase_calendars : for each place whose hours phases change, (calendar, lanes at 100 %) -> the calendar as steps;
        the first entry is the one without phases.
    drawn_places, day_luck_digest : the places whose calendars hold for one replication only, and a digest of the
        draws behind them.
    costs : of the routes that have any, by number.
    tasks, impairments : ordered by (requested, key, nth), and by (place, task).
    people_network : the network of people who cross, which shares no place with this one: a load is a party, its
        pallets persons.
    distribution_network, allocations : the network of distribution inside, likewise apart, and the goods of this
        network that enter it.
    needs : the needs of people in areas, which engines do not use.
    phase_began_s : name of each phase -> its beginning in this replication [s]; None where it does not begin before
        the run ends.
    """

    nodes: tuple[Node, ...]
    routes: tuple[Route, ...]
    lines: tuple[ConvoyLine, ...]
    sources: tuple[Source, ...]
    laws: dict[LuckSlot, Law]
    probabilities: dict[LuckSlot, float]
    days: int
    warm_up_days: int
    gate_queues: tuple[GateQueueNode, ...] = ()
    gate_queue_index: dict[tuple[int, int], int] = field(default_factory=dict)
    shocks: tuple[Shock, ...] = ()
    operating_levels: tuple[OperatingLevel, ...] = ()
    rejection_reasons: dict[int, RejectionReasons] = field(default_factory=dict)
    repacking_limits: dict[int, RepackingLimits] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    phases: tuple[Phase, ...] = ()
    phase_calendars: dict[int, dict[tuple[str, int], StepFunction]] = field(default_factory=dict)
    drawn_places: frozenset[int] = frozenset()
    day_luck_digest: str = ""
    phase_began_s: dict[str, int | None] = field(default_factory=dict)
    drain_days: int = 0
    costs: dict[int, Cost] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    impairments: tuple[Impairment, ...] = ()
    people_network: "Network | None" = None
    distribution_network: "Network | None" = None
    allocations: tuple[Allocation, ...] = ()
    needs: Needs = field(default_factory=Needs)

    @property
    def horizon_s(self) -> int:
        """Returns the end of the run [s]; an event at exactly this second is not part of it."""
        return self.days * DAY_S

    def luck_slots(self, route: Route) -> dict[LuckSlot, int]:
        """Returns the random numbers that a load on `route` uses, each with the most visits at its place."""
        visits_by_step = max_visits(route)
        slots: dict[LuckSlot, int] = {}
        for step, visits in zip(route.steps, visits_by_step, strict=True):
            for slot in _luck_slots_of_step(step, self.lines):
                if slot in self.laws or slot in self.probabilities:
                    slots[slot] = 1 if slot.purpose == Purpose.REPACK else slots.get(slot, 0) + visits
        return slots


class GridlockError(Exception):
    """Some places can never move again although they are open; the message names them."""


class HeldUnit(NamedTuple):
    """A lane of a place, or a vehicle of a fleet, that is occupied by a truck waiting at another place."""

    place: int
    unit: Hashable
    waits_at: int


def check_gridlock(network: Network, held: Iterable[HeldUnit]) -> None:
    """Raises GridlockError if places can never move again because all their lanes or vehicles wait for one another.

    A closed gate, or too few trucks for a convoy, is no gridlock: it may end one day.
    """
    capacity = {node.number: int(node.calendar.value.max()) for node in network.nodes if isinstance(node, PoolNode)}
    fleets = [node for node in network.nodes if isinstance(node, FleetNode)]
    capacity |= {node.number: int(node.setting_over_time(Setting.vehicles).value[-1]) for node in fleets}
    fleet_of = {node.number: node.fleet for node in network.nodes if isinstance(node, PoolNode) and node.fleet >= 0}
    waits_for: dict[int, dict[Hashable, int]] = {place: {} for place in capacity}
    for place, unit, at in held:
        waits_for[place][unit] = at

    def all_wait(place: int) -> bool:
        """Whether all lanes or vehicles of a place wait for places in `stuck`."""
        return 0 < capacity[place] <= len(waits_for[place]) and stuck.issuperset(waits_for[place].values())

    stuck = set(capacity)
    while movable := {place for place in stuck if not (all_wait(place) or fleet_of.get(place) in stuck)}:
        stuck -= movable
    if stuck:
        names = ", ".join(network.nodes[place].name for place in sorted(stuck))
        of_what = "vehicles or room" if stuck & {node.number for node in fleets} else "room"
        raise GridlockError(f"nothing can move any more: {names} wait for {of_what} in each other")
