"""Mistakes in areas and needs that take two of them to see."""

from collections.abc import Iterator

from sim.mistakes import nearest
from sim.scenario import Scenario


def references_of_needs(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """(where it stands, kind, name) of each reference."""
    for name, need in scenario.needs.items():
        yield from ((f"needs.{name}.of", "cargos", cargo) for cargo in need.of)
    for name, area in scenario.areas.items():
        yield from ((f"areas.{name}.stock", "needs", need) for need in area.stock)
        yield from ((f"areas.{name}.deliveries.{of}.need", "needs", d.need) for of, d in area.deliveries.items())
        yield from ((f"areas.{name}.passes_on", "areas", to) for to in area.passes_on)


def _a_cargo_meets_one_need(scenario: Scenario) -> Iterator[str]:
    """What people use of it they use once."""
    met: dict[str, str] = {}
    for name, need in scenario.needs.items():
        for cargo in need.of:
            if cargo in met:
                yield f"needs.{name}.of: {cargo} meets needs.{met[cargo]} already"
            met[cargo] = name


def _what_is_there_is_somebodys(scenario: Scenario) -> Iterator[str]:
    """Stocks and deliveries are of people, and nobody passes on more than there is, or to an area without people."""
    populated = [name for name, area in scenario.areas.items() if area.population]
    for name, area in scenario.areas.items():
        for setting in ("stock", "deliveries"):
            if getattr(area, setting) and not area.population:
                yield f"areas.{name}.{setting}: whose it is needs a population"
        if (total := sum(area.passes_on.values())) > 1 + 1e-9:
            yield f"areas.{name}.passes_on: shares must add up to no more than 100 %, are {total:.4%}"
        for to in area.passes_on:
            if to == name:
                yield f"areas.{name}.passes_on: {to} is the area itself"
            elif to in scenario.areas and to not in populated:
                yield f"areas.{name}.passes_on: areas.{to} has no population{nearest(to, populated)}"


NEEDS = (_a_cargo_meets_one_need, _what_is_there_is_somebodys)
