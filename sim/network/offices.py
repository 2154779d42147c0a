"""Mistakes about offices and slots that need more than one place to be seen: a function each.

Offices and slots of a checked scenario as nodes and periods in whole seconds; nothing is drawn here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.calendars import Steps
from sim.laws import Ints
from sim.network.base import TimedNode, second
from sim.network.corridors import Route
from sim.network.flows import Source
from sim.rules import WITHOUT_END_S
from sim.scenario.base import nearest
from sim.scenario.offices import Office, Slots
from sim.scenario.scenario import Scenario
from sim.units import DAY_S, in_ppm


def references_of_permits(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """(where it stands, kind, name) of each reference beside hours."""
    for name, office in scenario.offices.items():
        for title, line in office.refuses.items():
            for kind, named in (("cargos", line.cargos), ("corridors", line.corridors)):
                yield from ((f"offices.{name}.refuses.{title}.{kind}", kind, one) for one in named or ())
    for name, slots in scenario.slots.items():
        if slots.no_show:
            yield from ((f"slots.{name}.no_show.shocks", "shocks", shock) for shock in slots.no_show.shocks)


def waits_are_at_a_gate_or_site(scenario: Scenario) -> Iterator[str]:
    """Waits that make loads not come are those at a gate or a site."""
    known = [f"gates.{name}" for name in scenario.gates] + [f"sites.{name}" for name in scenario.sites]
    for name, slots in scenario.slots.items():
        at = slots.no_show.at if slots.no_show else None
        if at is not None and at not in known:
            yield f"slots.{name}.no_show.at: wanted a gate or a site, there is no {at}{nearest(at, known)}"


PERMITS = (waits_are_at_a_gate_or_site,)


class Refusal(NamedTuple):
    """Loads of a source on a route are refused if the answer comes from `from_s` on and before `to_s`."""

    office: int
    source: int
    route: int
    from_s: int
    to_s: int


@dataclass(frozen=True)
class OfficeNode(TimedNode):
    """`calendar` is its speed in per cent, and the share of its requests. `requests` a day, -1 where there is no limit.

    again_s : from a refusal until a load joins again.
    """

    requests: int
    again_s: int


class NoShow(NamedTuple):
    """Who is called and does not come. Chances in whole parts of a million.

    by_day : (days,) int64. after_shocks : (key of a shock, what it adds to the chance of the day after).
    at : the place whose waits count, -1 where none do.
    """

    by_day: Ints
    after_shocks: tuple[tuple[str, int], ...]
    per_hour: int
    at: int
    most: int


@dataclass(frozen=True)
class SlotsNode(TimedNode):
    """`calendar` is the slots of a day, of `full`; times of day in seconds.

    every_s : 0 where all are called at once. batch : the most of one call.
    sectors, kept : (n,). What is kept for whom, of `full`.
    """

    full: int
    allotted_s: int
    first_s: int
    every_s: int
    batch: int
    refilled: bool
    sectors: tuple[str, ...]
    kept: tuple[int, ...]
    no_show: NoShow | None

    def group(self, sector: str) -> int:
        """Which queue a load joins: 0 where nothing is kept for its sector."""
        return self.sectors.index(sector) + 1 if sector in self.sectors else 0


Told = tuple[int, str, str, str, Steps]  # number, name, key, title and calendar of a place


def office_node(told: Told, office: Office) -> OfficeNode:
    requests = -1 if office.requests is None else round(office.requests)
    again_s = max(1, round(office.asks_again.after)) if office.asks_again else 0
    return OfficeNode(*told, requests, again_s)


def slots_node(scenario: Scenario, told: Told, slots: Slots, numbers: dict[str, int]) -> SlotsNode:
    calls = slots.calls
    kept = sorted(slots.sectors.items())
    return SlotsNode(
        *told, round(slots.trucks), slots.allotted, calls.first, max(1, round(calls.every)) if calls.every else 0,
        calls.trucks or WITHOUT_END_S, slots.unused == "refilled", tuple(str(sector) for sector, _ in kept),
        tuple(trucks for _, trucks in kept), _no_show(scenario, slots, numbers),
    )  # fmt: skip


def _no_show(scenario: Scenario, slots: Slots, numbers: dict[str, int]) -> NoShow | None:
    told = slots.no_show
    if told is None or told.most == 0:
        return None
    after = ((scenario.shocks[name].key or f"shocks.{name}", in_ppm(share)) for name, share in told.shocks.items())
    by_day: Ints = np.full(scenario.run.days, in_ppm(told.share), dtype=np.int64)
    return NoShow(by_day, tuple(sorted(after)), in_ppm(told.per_hour_waited), numbers.get(told.at or "", -1), told.most)


def refusals(
    scenario: Scenario, number: dict[str, int], sources: tuple[Source, ...], routes: tuple[Route, ...]
) -> tuple[Refusal, ...]:
    """Whom offices refuse when, in order."""
    found = set()
    for name, office in scenario.offices.items():
        for line in office.refuses.values():
            from_s = second(scenario, line.since) if line.since else -WITHOUT_END_S
            to_s = second(scenario, line.until) + DAY_S if line.until else WITHOUT_END_S
            for i, source in enumerate(sources):
                for route in source.corridors:
                    if line.covers(source.sector, source.cargo, routes[route].name):
                        found.add(Refusal(number[f"offices.{name}"], i, route, from_s, to_s))
    return tuple(sorted(found))
