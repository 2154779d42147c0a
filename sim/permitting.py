"""Offices and slots of a checked scenario as nodes and periods in whole seconds; nothing is drawn here."""

import numpy as np

from sim.calendars import Steps
from sim.laws import Ints
from sim.network import Refusal, Route, Source
from sim.nodes import NoShow, OfficeNode, SlotsNode
from sim.permits import Office, Slots
from sim.phasing import second
from sim.rules import WITHOUT_END_S
from sim.scenario import Scenario
from sim.units import DAY_S, in_ppm

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


def attempts_at(office: Office, corridor: str) -> int:
    """How often a load on a corridor may ask there: once where nobody on it is ever refused."""
    may = any(line.corridors is None or corridor in line.corridors for line in office.refuses.values())
    return office.asks_again.attempts if may and office.asks_again else 1


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
