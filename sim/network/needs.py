"""Needs of people in areas, in kilograms and days, with checks. Measures use them; engines do not.

Each check is a function that yields one message per mistake.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from sim.calendars import Steps
from sim.laws import Ints
from sim.rules import WITHOUT_END_S
from sim.scenario.base import nearest
from sim.scenario.needs import Area, Delivery
from sim.scenario.scenario import Scenario
from sim.units import DAY_S, HOUR_S


class Need(NamedTuple):
    """What one person needs of one kind of goods.

    cargos : names of the cargos that meet it. kg : amount over time [kg/day], float64 steps.
    keeps_s : how long stocks and deliveries keep [s]. carried : whether an unmet need is met later.
    enough : share of the need from which on an area counts as supplied.
    least, most : range of the share of commercial goods that people can get.
    deprivation : (constant, per hour, cap [h]); None where the weight of a spell without it is not known.
    """

    name: str
    cargos: tuple[str, ...]
    kg: Steps
    kcal_per_kg: float
    keeps_s: int
    carried: bool
    essential: bool
    enough: float
    least: float
    most: float
    deprivation: tuple[float, float, float] | None


class Channel(NamedTuple):
    """Deliveries to an area other than by corridors: kg of a need at midnight of each day. Shape (days,)."""

    need: int
    sector: str
    kg: Ints


class Populated(NamedTuple):
    """An area with people.

    routes : share of the goods that arrive by each route which is the area's. stock : initial stock of each need [kg].
    """

    name: str
    population: int
    routes: dict[int, float]
    stock: tuple[int, ...]
    channels: tuple[Channel, ...]


class Needs(NamedTuple):
    """The needs of all areas; empty where no area has a population."""

    areas: tuple[Populated, ...] = ()
    needs: tuple[Need, ...] = ()

    def daily(self, days: int) -> Ints:
        """Returns the need of each area by need and day, in whole kg. Shape (areas, needs, days)."""
        midnights = np.arange(days + 1) * DAY_S
        person = np.array([np.diff(need.kg.integral(midnights)) / DAY_S for need in self.needs]).reshape(-1, days)
        people = np.array([area.population for area in self.areas], dtype=np.int64)
        return np.asarray(np.rint(people[:, None, None] * person[None]), dtype=np.int64)

    def changed(self, number: int, kg: list[tuple[int, float]]) -> "Needs":
        """Returns the same needs with another amount of one of them.

        kg : (from [s], kg/day), the first from 0.
        """
        at_s, value = zip(*kg, strict=True)
        steps = Steps(np.array(at_s, dtype=np.int64), np.array(value, dtype=np.float64))
        return self._replace(needs=tuple(n._replace(kg=steps) if i == number else n for i, n in enumerate(self.needs)))


def needs_of(scenario: Scenario, route_number: dict[str, int]) -> Needs:
    """Returns the needs of a checked scenario, in the order of their names."""
    if not scenario.needs or not any(area.population for area in scenario.areas.values()):
        return Needs()
    number = {name: i for i, name in enumerate(sorted(scenario.needs))}
    areas = tuple(
        Populated(
            name, area.population, _routes(scenario, name, route_number),
            tuple(round(area.stock.get(need, 0.0)) for need in number),
            tuple(_channel(scenario, delivery, number) for delivery in area.deliveries.values()),
        )
        for name, area in sorted(scenario.areas.items())
        if area.population
    )  # fmt: skip
    needs = tuple(
        Need(
            name, need.of, Steps(np.zeros(1, dtype=np.int64), np.array([need.per_person])), need.energy,
            WITHOUT_END_S if need.keeps is None else round(need.keeps), need.unmet == "carried", need.essential,
            need.enough, need.access.least, need.access.most,
            (need.deprivation.constant, need.deprivation.per_hour, need.deprivation.cap / HOUR_S)
            if need.deprivation else None,
        )
        for name, need in sorted(scenario.needs.items())
    )  # fmt: skip
    return Needs(areas, needs)


def _routes(scenario: Scenario, area: str, route_number: dict[str, int]) -> dict[int, float]:
    """Returns the share of the goods on each route that is an area's: passed on to it, or kept by it."""
    shares = {}
    for name, corridor in scenario.corridors.items():
        destination: Area = scenario.areas[corridor.area]
        share = (
            1 - sum(destination.passes_on.values()) if corridor.area == area else destination.passes_on.get(area, 0.0)
        )
        if share > 0:
            shares[route_number[name]] = share
    return shares


def _channel(scenario: Scenario, delivery: Delivery, number: dict[str, int]) -> Channel:
    """Returns a channel of deliveries with its amount on each day."""
    run = scenario.run
    is_delivered = np.array([delivery.holds(run.start + timedelta(days=day)) for day in range(run.days)])
    return Channel(number[delivery.need], delivery.sector, is_delivered * round(delivery.amount))


def references_of_needs(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """Yields (setting, kind, name) of each reference of needs and areas."""
    for name, need in scenario.needs.items():
        yield from ((f"needs.{name}.of", "cargos", cargo) for cargo in need.of)
    for name, area in scenario.areas.items():
        yield from ((f"areas.{name}.stock", "needs", need) for need in area.stock)
        yield from (
            (f"areas.{name}.deliveries.{channel}.need", "needs", d.need) for channel, d in area.deliveries.items()
        )
        yield from ((f"areas.{name}.passes_on", "areas", to) for to in area.passes_on)


def _a_cargo_meets_one_need(scenario: Scenario) -> Iterator[str]:
    """Checks that no cargo meets two needs: it is used once."""
    met: dict[str, str] = {}
    for name, need in scenario.needs.items():
        for cargo in need.of:
            if cargo in met:
                yield f"needs.{name}.of: {cargo} meets needs.{met[cargo]} already"
            met[cargo] = name


def _what_is_there_is_somebodys(scenario: Scenario) -> Iterator[str]:
    """Checks that areas with stocks or deliveries have people, and pass on at most 100 %, to areas with people."""
    populated = [name for name, area in scenario.areas.items() if area.population]
    for name, area in scenario.areas.items():
        for setting in ("stock", "deliveries"):
            if getattr(area, setting) and not area.population:
                yield f"areas.{name}.{setting}: a stock or deliveries need a population"
        if (total := sum(area.passes_on.values())) > 1 + 1e-9:
            yield f"areas.{name}.passes_on: shares must add up to no more than 100 %, are {total:.4%}"
        for to in area.passes_on:
            if to == name:
                yield f"areas.{name}.passes_on: {to} is the area itself"
            elif to in scenario.areas and to not in populated:
                yield f"areas.{name}.passes_on: areas.{to} has no population{nearest(to, populated)}"


NEEDS = (_a_cargo_meets_one_need, _what_is_there_is_somebodys)
