"""Offices and slots by number, the periods in which offices refuse loads, and checks of both.

Each check is a function that yields one message per mistake. Nothing is drawn here.
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


@dataclass(frozen=True)
class OfficeNode(TimedNode):
    """An office. `calendar` is its speed in per cent, and the share of its daily requests.

    requests : requests that it starts a day; -1 where there is no limit. again_s : from a refusal to the next attempt.
    """

    requests: int
    again_s: int


class NoShow(NamedTuple):
    """Probabilities that a load that is called does not appear [ppm].

    by_day : (days,) int64. The probability on each day.
    after_shocks : (key of a shock, addition on the day after it).
    per_hour, at : addition for each hour of yesterday's mean wait at the place `at`; -1 where waits do not count.
    most : how often one load may fail to appear.
    """

    by_day: Ints
    after_shocks: tuple[tuple[str, int], ...]
    per_hour: int
    at: int
    most: int


@dataclass(frozen=True)
class SlotsNode(TimedNode):
    """Slots of a day. `calendar` is their number, `full` their number at 100 %; times of day in seconds.

    allotted_s : when the slots of the next day are allotted.
    first_s, every_s, batch : time of the first call, time between calls (0: all are called at once), most trucks of a
        call.
    refilled : whether the slot of a no-show goes to another load at once.
    sectors, kept : (n,). Slots kept for each sector, of `full`.
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
        """Returns the queue that a load of a sector joins; 0 where no slots are kept for it."""
        return self.sectors.index(sector) + 1 if sector in self.sectors else 0


class Refusal(NamedTuple):
    """A period in which an office refuses loads of a source on a route: answers in [from_s, to_s)."""

    office: int
    source: int
    route: int
    from_s: int
    to_s: int


Told = tuple[int, str, str, str, Steps]  # number, name, key, title and calendar of a place


def office_node(common: Told, office: Office) -> OfficeNode:
    """Returns the node of an office."""
    requests = -1 if office.requests is None else round(office.requests)
    again_s = max(1, round(office.asks_again.after)) if office.asks_again else 0
    return OfficeNode(*common, requests, again_s)


def slots_node(scenario: Scenario, common: Told, slots: Slots, numbers: dict[str, int]) -> SlotsNode:
    """Returns the node of slots."""
    calls = slots.calls
    kept = sorted(slots.sectors.items())
    return SlotsNode(
        *common, round(slots.trucks), slots.allotted, calls.first, max(1, round(calls.every)) if calls.every else 0,
        calls.trucks or WITHOUT_END_S, slots.unused == "refilled", tuple(str(sector) for sector, _ in kept),
        tuple(trucks for _, trucks in kept), _no_show(scenario, slots, numbers),
    )  # fmt: skip


def _no_show(scenario: Scenario, slots: Slots, numbers: dict[str, int]) -> NoShow | None:
    """Returns the probabilities of no-shows; None where every load appears."""
    settings = slots.no_show
    if settings is None or settings.most == 0:
        return None
    after = ((scenario.shocks[name].key or f"shocks.{name}", in_ppm(share)) for name, share in settings.shocks.items())
    by_day: Ints = np.full(scenario.run.days, in_ppm(settings.share), dtype=np.int64)
    return NoShow(
        by_day,
        tuple(sorted(after)),
        in_ppm(settings.per_hour_waited),
        numbers.get(settings.at or "", -1),
        settings.most,
    )


def refusals(
    scenario: Scenario, number: dict[str, int], sources: tuple[Source, ...], routes: tuple[Route, ...]
) -> tuple[Refusal, ...]:
    """Returns the refusals of all offices, in order."""
    refused = set()
    for name, office in scenario.offices.items():
        for line in office.refuses.values():
            from_s = second(scenario, line.since) if line.since else -WITHOUT_END_S
            to_s = second(scenario, line.until) + DAY_S if line.until else WITHOUT_END_S
            for i, source in enumerate(sources):
                for route in source.corridors:
                    if line.covers(source.sector, source.cargo, routes[route].name):
                        refused.add(Refusal(number[f"offices.{name}"], i, route, from_s, to_s))
    return tuple(sorted(refused))


def references_of_permits(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """Yields (setting, kind, name) of each reference of offices and slots, calendars excepted."""
    for name, office in scenario.offices.items():
        for title, line in office.refuses.items():
            for kind, named in (("cargos", line.cargos), ("corridors", line.corridors)):
                yield from ((f"offices.{name}.refuses.{title}.{kind}", kind, member) for member in named or ())
    for name, slots in scenario.slots.items():
        if slots.no_show:
            yield from ((f"slots.{name}.no_show.shocks", "shocks", shock) for shock in slots.no_show.shocks)


def waits_are_at_a_gate_or_site(scenario: Scenario) -> Iterator[str]:
    """Checks that waits that cause no-shows are those at a gate or a site."""
    places = [f"gates.{name}" for name in scenario.gates] + [f"sites.{name}" for name in scenario.sites]
    for name, slots in scenario.slots.items():
        place = slots.no_show.at if slots.no_show else None
        if place is not None and place not in places:
            yield f"slots.{name}.no_show.at: wanted a gate or a site, there is no {place}{nearest(place, places)}"


PERMITS = (waits_are_at_a_gate_or_site,)
