"""A scenario as numbered places, corridors and lines in whole seconds: what both luck and an engine start from.

Places are numbered in the order of their keys, so that neither names nor the order of the YAML decide a tie.

Whether places can never move again because those in all their lanes, or vehicles, wait for one another.
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
    """What an engine and the draws need to know, and nothing else.

    laws, shares : the meaning of luck in each slot, a law or the probability of a yes; of IN_PPM that is in the road.
    gate_lines, gate_line : lines at gates under ceilings, and (gate, source) -> the one where its loads wait.
    caps : what is not repacked, by the number of the bays where the rest is.
    reasons : why a site rejects, by its number. refusals : whom offices refuse, in order.
    shocks, levels : what may befall places on any day, in the order of keys.
    drain_days : those at the end whose newcomers count in no dwell.
    phases : periods that change settings, in the order of keys.
    hours : of the places whose hours phases change: (calendar, lanes at 100 %) -> the calendar; the first is without.
    drawn, day_luck : the places whose calendars are those of one replication, and a digest of the luck that made them.
    costs : of the routes that have any, by number.
    tasks, hindrances : by (requested, key, nth), and by (place, task).
    people : the network of those who cross, without a place of this one: a load is a party, its pallets persons.
    onward, handings : the network of what takes up goods that have arrived, likewise, and what it takes up.
    needs : of people in areas, which no engine knows.
    began_s : name of each phase -> when it began in this replication, None where it did not before the run's end.
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
        """End of the run; an event at exactly this second is not part of it."""
        return self.days * DAY_S

    def slots_of(self, route: Route) -> dict[Slot, int]:
        """The slots that a load on `route` uses, and the most visits there."""
        visits = most_visits(route)
        slots: dict[Slot, int] = {}
        for step, most in zip(route.steps, visits, strict=True):
            for slot in _slots(step, self.lines):
                if slot in self.laws or slot in self.shares:
                    slots[slot] = 1 if slot.purpose == Purpose.REPACK else slots.get(slot, 0) + most
        return slots


class Gridlock(Exception):  # noqa: N818
    """Some places can never move again, though they are open: the message names them."""


class Held(NamedTuple):
    """A lane of a place, or a vehicle of a fleet, whose truck waits at another place."""

    of: int
    unit: Hashable
    at: int


def refuse_gridlock(network: Network, held: Iterable[Held]) -> None:
    """Raises Gridlock where what is held closes a circle.

    A closed gate or too few trucks for a convoy is none: they may move one day.
    """
    units = {node.number: int(node.calendar.value.max()) for node in network.nodes if isinstance(node, PoolNode)}
    fleets = [node for node in network.nodes if isinstance(node, FleetNode)]
    units |= {node.number: int(node.over_time(Setting.vehicles).value[-1]) for node in fleets}
    needs = {node.number: node.fleet for node in network.nodes if isinstance(node, PoolNode) and node.fleet >= 0}
    waits_for: dict[int, dict[Hashable, int]] = {place: {} for place in units}
    for of, unit, at in held:
        waits_for[of][unit] = at

    def all_wait(place: int) -> bool:
        """For places that cannot move."""
        return 0 < units[place] <= len(waits_for[place]) and stuck.issuperset(waits_for[place].values())

    stuck = set(units)
    while movable := {place for place in stuck if not (all_wait(place) or needs.get(place) in stuck)}:
        stuck -= movable
    if stuck:
        names = ", ".join(network.nodes[place].name for place in sorted(stuck))
        of_what = "vehicles or room" if stuck & {node.number for node in fleets} else "room"
        raise Gridlock(f"nothing can move any more: {names} wait for {of_what} in each other")
