"""Distribution of arrived goods inside: its allocation as numbers, and checks that need several places at once.

Each check is a function that yields one message per mistake.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sim.network.changes import corridors_besides
from sim.network.corridors import room_onto
from sim.network.start import all_stocks, cargo_of
from sim.network.subnetworks import places_behind, places_of_distribution, ways_of_people
from sim.scenario.corridors import Convoy, PassGate, Step, Transfer
from sim.scenario.scenario import Scenario

NO_LIMIT = 1 - 2.0**-53  # the largest uniform random number below 1


class Handing(NamedTuple):
    """The allocation of goods that arrive in an area.

    routes : inbound routes that end there. ways : routes of the distribution network that start there.
    ppm : (sources, ways). Share of the goods of each source that goes on by each way [ppm].
    """

    routes: tuple[int, ...]
    ways: tuple[int, ...]
    ppm: tuple[tuple[int, ...], ...]


def references_of_distribution(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """Yields (setting, kind, name) of each reference of distribution."""
    for name, settings in scenario.distribution.items():
        yield f"distribution.{name}", "corridors", name
        yield f"distribution.{name}.of", "areas", settings.of
        yield from ((f"distribution.{name}.cargos", "cargos", cargo) for cargo in settings.cargos)


def _no_more_goes_on_than_arrives(scenario: Scenario) -> Iterator[str]:
    """Checks that the shares of each kind of goods that go on from an area add up to at most 1."""
    kinds = sorted({(flow.sector, flow.cargo) for flow in scenario.flows.values()})
    for area in {settings.of: None for settings in scenario.distribution.values()}:
        for sector, cargo in kinds:
            names = [
                n
                for n, settings in scenario.distribution.items()
                if settings.of == area and settings.takes(sector, cargo)
            ]
            if (total := sum(scenario.distribution[name].share for name in names)) > 1 + 1e-9:
                yield f"distribution.{names[-1]}.share: {total:.4%} of {sector}, {cargo} would go on from areas.{area}"
                break


def _what_goes_on_has_arrived(scenario: Scenario) -> Iterator[str]:
    """Checks that goods go on from areas where corridors of goods end, and only once."""
    inside = scenario.distribution
    inbound = scenario.corridors.keys() - inside.keys() - ways_of_people(scenario)
    areas = {scenario.corridors[name].area for name in inbound}
    for name, settings in inside.items():
        if settings.of in scenario.areas and settings.of not in areas:
            yield f"distribution.{name}.of: no corridor of goods ends in areas.{settings.of}"
        for other in inside.keys() & scenario.corridors.keys():
            if scenario.corridors[other].area == settings.of != inside[other].of:
                repeated = f"areas.{settings.of} is the end of distribution.{other}"
                yield f"distribution.{name}.of: {repeated}; goods go on once"


def _nothing_is_requested_there(scenario: Scenario) -> Iterator[str]:
    """Checks that no flow and no group of people uses a corridor of distribution."""
    for name, flow in scenario.flows.items():
        for corridor in sorted({*flow.shares(), *corridors_besides(scenario, name)} & scenario.distribution.keys()):
            yield f"flows.{name}: corridors.{corridor} is of distribution, whose loads come from arrivals alone"
    for name, group in scenario.people.items():
        if group.corridor in scenario.distribution:
            yield f"people.{name}.corridor: corridors.{group.corridor} is of distribution, which is of goods"


def _it_shares_no_place(scenario: Scenario) -> Iterator[str]:
    """Checks that distribution shares no place with other corridors or tasks: it runs apart, after the goods."""
    if not scenario.distribution:
        return
    inside = places_of_distribution(scenario)
    others = places_behind(scenario, scenario.corridors.keys() - scenario.distribution.keys())
    for place in sorted(inside & others):
        yield f"{place}: is on corridors of distribution and on others; give each one of its own"
    for name, task in scenario.tasks.items():
        offices = {f"offices.{task.permit.office}"} if task.permit else set()
        for place in sorted((offices | task.until_done.keys()) & inside):
            yield f"tasks.{name}: {place} is on corridors of distribution; wanted places of others"


def _its_corridors_are_inside(scenario: Scenario) -> Iterator[str]:
    """Checks that corridors of distribution have no border gate and no costs of inbound trucks."""
    for name in sorted(scenario.distribution.keys() & scenario.corridors.keys()):
        corridor = scenario.corridors[name]
        for i, step in enumerate(corridor.steps):
            if isinstance(step, PassGate) and getattr(scenario.gates.get(step.gate), "border", False):
                yield f"corridors.{name}.steps[{i}]: gates.{step.gate} is the border, and lies before distribution"
        if corridor.costs:
            yield f"corridors.{name}.costs: only inbound trucks have costs, and the corridor is of distribution"


def _each_part_fits(scenario: Scenario) -> Iterator[str]:
    """Checks that a whole load fits wherever a part of it may be put down."""
    cargos = {flow.cargo for flow in scenario.flows.values()}
    cargos |= {cargo for stock in all_stocks(scenario).values() if (cargo := cargo_of(scenario, stock))}
    for name in sorted(scenario.distribution.keys() & scenario.corridors.keys()):
        accepted = cargos & {*(scenario.distribution[name].cargos or cargos)} & scenario.cargos.keys()
        for onto in _put_down_on(scenario.corridors[name].steps):
            for cargo in sorted(accepted):
                largest = int(scenario.cargos[cargo].pallets.draw(np.array([NO_LIMIT]))[0])
                if (limit := room_onto(scenario, onto)) and limit[0] < largest:
                    yield f"cargos.{cargo}.pallets: loads reach {largest}, {limit[1]}"


def _put_down_on(steps: tuple[Step, ...]) -> Iterator[str]:
    """Yields the platforms and fleets that receive goods on a corridor of distribution."""
    for step in steps:
        if isinstance(step, Transfer):
            yield step.onto
        elif isinstance(step, Convoy) and step.platform:
            yield step.platform


DISTRIBUTION = (
    _no_more_goes_on_than_arrives, _what_goes_on_has_arrived, _nothing_is_requested_there, _it_shares_no_place,
    _its_corridors_are_inside, _each_part_fits,
)  # fmt: skip
