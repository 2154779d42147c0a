"""Mistakes in what goes on inside that need more than one place to be seen: a function each."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sim.network.changes import corridors_besides
from sim.network.corridors import room_onto
from sim.network.start import all_stocks, cargo_of
from sim.network.subnetworks import places_behind, places_of_distribution, ways_of_people
from sim.scenario.corridors import Convoy, PassGate, Step, Transfer
from sim.scenario.scenario import Scenario

NO_LIMIT = 1 - 2.0**-53  # the largest luck there is


def references_of_distribution(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """(where it stands, kind, name) of each reference."""
    for name, way in scenario.distribution.items():
        yield f"distribution.{name}", "corridors", name
        yield f"distribution.{name}.of", "areas", way.of
        yield from ((f"distribution.{name}.cargos", "cargos", cargo) for cargo in way.cargos)


def _no_more_goes_on_than_arrives(scenario: Scenario) -> Iterator[str]:
    """Of each kind of goods; what is carried on at once is a share of what stays."""
    kinds = sorted({(flow.sector, flow.cargo) for flow in scenario.flows.values()})
    for area in {way.of: None for way in scenario.distribution.values()}:
        for sector, cargo in kinds:
            taking = [n for n, way in scenario.distribution.items() if way.of == area and way.takes(sector, cargo)]
            if (total := sum(scenario.distribution[name].share for name in taking)) > 1 + 1e-9:
                yield f"distribution.{taking[-1]}.share: {total:.4%} of {sector}, {cargo} would go on from areas.{area}"
                break


def _what_goes_on_has_arrived(scenario: Scenario) -> Iterator[str]:
    """By corridors that end in that area, and are none of distribution: it goes on once."""
    inside = scenario.distribution
    outside = scenario.corridors.keys() - inside.keys() - ways_of_people(scenario)
    arrives = {scenario.corridors[name].area for name in outside}
    for name, way in inside.items():
        if way.of in scenario.areas and way.of not in arrives:
            yield f"distribution.{name}.of: no corridor of goods ends in areas.{way.of}"
        for other in inside.keys() & scenario.corridors.keys():
            if scenario.corridors[other].area == way.of != inside[other].of:
                yield f"distribution.{name}.of: areas.{way.of} is the end of distribution.{other}; goods go on once"


def _nothing_is_requested_there(scenario: Scenario) -> Iterator[str]:
    """What goes by these corridors is what arrived."""
    for name, flow in scenario.flows.items():
        for way in sorted({*flow.shares(), *corridors_besides(scenario, name)} & scenario.distribution.keys()):
            yield f"flows.{name}: corridors.{way} is of distribution, which takes up what arrives"
    for name, group in scenario.people.items():
        if group.corridor in scenario.distribution:
            yield f"people.{name}.corridor: corridors.{group.corridor} is of distribution, which is of goods"


def _it_shares_no_place(scenario: Scenario) -> Iterator[str]:
    """It runs when all that came in is known, and so by itself."""
    if not scenario.distribution:
        return
    inside = places_of_distribution(scenario)
    others = places_behind(scenario, scenario.corridors.keys() - scenario.distribution.keys())
    for place in sorted(inside & others):
        yield f"{place}: is on corridors of distribution and on others; give each one of its own"
    for name, task in scenario.tasks.items():
        asked = {f"offices.{task.permit.office}"} if task.permit else set()
        for place in sorted((asked | task.until_done.keys()) & inside):
            yield f"tasks.{name}: {place} is on corridors of distribution; wanted places of others"


def _its_corridors_are_inside(scenario: Scenario) -> Iterator[str]:
    """They lie behind the border, and their trucks are none that came in."""
    for name in sorted(scenario.distribution.keys() & scenario.corridors.keys()):
        corridor = scenario.corridors[name]
        for i, step in enumerate(corridor.steps):
            if isinstance(step, PassGate) and getattr(scenario.gates.get(step.gate), "border", False):
                yield f"corridors.{name}.steps[{i}]: gates.{step.gate} is the border, and lies before distribution"
        if corridor.costs:
            yield f"corridors.{name}.costs: they are of inbound trucks, and it is of distribution"


def _each_part_fits(scenario: Scenario) -> Iterator[str]:
    """A part of a load may be the whole of it, and has room where it is put down."""
    used = {flow.cargo for flow in scenario.flows.values()}
    used |= {cargo for stock in all_stocks(scenario).values() if (cargo := cargo_of(scenario, stock))}
    for name in sorted(scenario.distribution.keys() & scenario.corridors.keys()):
        taken = used & {*(scenario.distribution[name].cargos or used)} & scenario.cargos.keys()
        for onto in _put_down_on(scenario.corridors[name].steps):
            for cargo in sorted(taken):
                largest = int(scenario.cargos[cargo].pallets.draw(np.array([NO_LIMIT]))[0])
                if (limit := room_onto(scenario, onto)) and limit[0] < largest:
                    yield f"cargos.{cargo}.pallets: loads reach {largest}, {limit[1]}"


def _put_down_on(steps: tuple[Step, ...]) -> Iterator[str]:
    """The platforms and fleets that take up what arrived, or what is transferred."""
    for step in steps:
        if isinstance(step, Transfer):
            yield step.onto
        elif isinstance(step, Convoy) and step.platform:
            yield step.platform


DISTRIBUTION = (
    _no_more_goes_on_than_arrives, _what_goes_on_has_arrived, _nothing_is_requested_there, _it_shares_no_place,
    _its_corridors_are_inside, _each_part_fits,
)  # fmt: skip


class Handing(NamedTuple):
    """What arrives in an area by these routes goes on by ways, routes of the network that takes it up.

    ppm : (sources, ways). Of what of each source arrives, the share that goes on by each way.
    """

    routes: tuple[int, ...]
    ways: tuple[int, ...]
    ppm: tuple[tuple[int, ...], ...]
