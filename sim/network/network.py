"""The network of a scenario: numbered places, corridors, convoy lines and sources, in whole seconds.

Both the random numbers and the engines start from it. Places are numbered in the order of their keys, so that neither
names nor the order of the YAML decide a tie. It also defines the check for gridlock that the engines make.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sim.calendars import Steps
from sim.laws import Law
from sim.network.base import Node, Phase, Purpose, Setting, Slot
from sim.network.changes import OperatingLevel, Shock
from sim.network.convoys import FleetNode
from sim.network.corridors import Cost, Line, Route, _slots, most_visits
from sim.network.distribution import Handing
from sim.network.flows import Source
from sim.network.gates import GateLine
from sim.network.lanes import Caps, PoolNode, Reasons
from sim.network.needs import Needs
from sim.network.offices import Refusal
from sim.network.tasks import Hindrance, Task
from sim.units import DAY_S


@dataclass(frozen=True)
class Network:
    """The input of the engines and of the draws: everything that they need of a scenario.

    nodes, routes, lines, sources : places, corridors, convoy lines and sources, each by number.
    laws, shares : for each kind of random number its law, or the probability of "yes". The probabilities of IN_PPM are
        fields of the road or of the slots.
    days, warm_up_days, drain_days : length of the run; days at its beginning and end whose new loads count in no dwell.
    gate_lines, gate_line : queues at gates under ceilings, and (gate, source) -> the queue that its loads join.
    caps : size limits, by the number of the repacking bays of a site.
    reasons : shares of each reason for rejection, by the number of the site.
    refusals : loads that offices refuse, in order.
    shocks, levels : random disturbances of places, in the order of their keys.
    phases : periods that change settings, in the order of their keys.
    hours : for each place whose hours phases change, (calendar, lanes at 100 %) -> the calendar as steps; the first
        entry is the one without phases.
    drawn, day_luck : the places whose calendars hold for one replication only, and a digest of the draws behind them.
    costs : of the routes that have any, by number.
    tasks, hindrances : ordered by (requested, key, nth), and by (place, task).
    people : the network of people who cross, which shares no place with this one: a load is a party, its pallets
        persons.
    onward, handings : the network of distribution inside, likewise apart, and the goods of this network that enter it.
    needs : the needs of people in areas, which engines do not use.
    began_s : name of each phase -> its beginning in this replication [s]; None where it does not begin before the run
        ends.
    """

    nodes: tuple[Node, ...]
    routes: tuple[Route, ...]
    lines: tuple[Line, ...]
    sources: tuple[Source, ...]
    laws: dict[Slot, Law]
    shares: dict[Slot, float]
    days: int
    warm_up_days: int
    gate_lines: tuple[GateLine, ...] = ()
    gate_line: dict[tuple[int, int], int] = field(default_factory=dict)
    shocks: tuple[Shock, ...] = ()
    levels: tuple[OperatingLevel, ...] = ()
    reasons: dict[int, Reasons] = field(default_factory=dict)
    caps: dict[int, Caps] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    phases: tuple[Phase, ...] = ()
    hours: dict[int, dict[tuple[str, int], Steps]] = field(default_factory=dict)
    drawn: frozenset[int] = frozenset()
    day_luck: str = ""
    began_s: dict[str, int | None] = field(default_factory=dict)
    drain_days: int = 0
    costs: dict[int, Cost] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    hindrances: tuple[Hindrance, ...] = ()
    people: "Network | None" = None
    onward: "Network | None" = None
    handings: tuple[Handing, ...] = ()
    needs: Needs = field(default_factory=Needs)

    @property
    def horizon_s(self) -> int:
        """Returns the end of the run [s]; an event at exactly this second is not part of it."""
        return self.days * DAY_S

    def slots_of(self, route: Route) -> dict[Slot, int]:
        """Returns the random numbers that a load on `route` uses, each with the most visits at its place."""
        visits_by_step = most_visits(route)
        slots: dict[Slot, int] = {}
        for step, visits in zip(route.steps, visits_by_step, strict=True):
            for slot in _slots(step, self.lines):
                if slot in self.laws or slot in self.shares:
                    slots[slot] = 1 if slot.purpose == Purpose.REPACK else slots.get(slot, 0) + visits
        return slots


class Gridlock(Exception):  # noqa: N818
    """Some places can never move again although they are open; the message names them."""


class Held(NamedTuple):
    """A lane of a place, or a vehicle of a fleet, that is occupied by a truck waiting at another place."""

    of: int
    unit: Hashable
    at: int


def refuse_gridlock(network: Network, held: Iterable[Held]) -> None:
    """Raises Gridlock if places can never move again because all their lanes or vehicles wait for one another.

    A closed gate, or too few trucks for a convoy, is no gridlock: it may end one day.
    """
    capacity = {node.number: int(node.calendar.value.max()) for node in network.nodes if isinstance(node, PoolNode)}
    fleets = [node for node in network.nodes if isinstance(node, FleetNode)]
    capacity |= {node.number: int(node.over_time(Setting.vehicles).value[-1]) for node in fleets}
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
        raise Gridlock(f"nothing can move any more: {names} wait for {of_what} in each other")
