"""Checks of people who cross a border that need several places at once.

Each check is a function that yields one message per mistake.
"""

from collections.abc import Iterator

import numpy as np

from sim.network.gates import ceiling_gates, ceiling_limit
from sim.network.start import start_stocks
from sim.network.subnetworks import corridor_places
from sim.scenario.base import suggest_name
from sim.scenario.corridors import Inspect, Offload, PassGate, Permit, TakeSlot, Travel
from sim.scenario.scenario import Scenario

PEOPLE_STEPS = (Permit, TakeSlot, Travel, PassGate, Inspect, Offload)
MAX_UNIFORM = 1 - 2.0**-53  # the largest uniform random number below 1


def _check_group_corridors(scenario: Scenario) -> Iterator[str]:
    """Checks that groups name existing corridors, and that groups on one corridor have one direction."""
    for name, group in scenario.people.items():
        if group.corridor not in scenario.corridors:
            yield f"people.{name}.corridor: there is no corridors.{group.corridor}" + suggest_name(
                group.corridor, scenario.corridors
            )
        elif (other := _first_group_on(scenario, group.corridor)) and scenario.people[
            other
        ].direction != group.direction:
            yield f"people.{name}.direction: people.{other} goes the other way on corridors.{group.corridor}"


def _check_people_apart_from_goods(scenario: Scenario) -> Iterator[str]:
    """Checks that people and goods share no corridor and no place; a crossing for both is written as two gates."""
    crossing_corridors = {group.corridor for group in scenario.people.values()}
    for name, flow in scenario.flows.items():
        for corridor in sorted(crossing_corridors & {*flow.corridors, *(flow.choice.among if flow.choice else ())}):
            yield f"flows.{name}: corridors.{corridor} is of people; give goods one of their own"
    for name, stock in start_stocks(scenario).items():
        if stock.corridor in crossing_corridors:
            yield f"start.{name}.corridor: corridors.{stock.corridor} is of people; wanted `waiting` of the group"
    for place in sorted(
        corridor_places(scenario, crossing_corridors)
        & corridor_places(scenario, scenario.corridors.keys() - crossing_corridors)
    ):
        yield f"{place}: is on corridors of people and of goods; give people one of their own, with its own hours"


def _check_people_steps(scenario: Scenario) -> Iterator[str]:
    """Checks the steps of corridors of people: no platforms, one border, and nobody turned back behind it."""
    for corridor in sorted({group.corridor for group in scenario.people.values()} & scenario.corridors.keys()):
        borders = 0
        for i, step in enumerate(scenario.corridors[corridor].steps):
            where = f"corridors.{corridor}.steps[{i}]"
            if not isinstance(step, PEOPLE_STEPS):
                yield f"{where}: people do not {step.verb}; wanted permit, slot, travel, pass_gate, inspect or offload"
            if borders and isinstance(step, Permit | TakeSlot | Inspect):
                yield f"{where}: people do not wait behind the border; wanted {step.verb} before it"
            borders += isinstance(step, PassGate) and getattr(scenario.gates.get(step.gate), "border", False)
            warehouse = scenario.warehouses.get(step.warehouse) if isinstance(step, Offload) else None
            if warehouse and (
                warehouse.store or warehouse.depot or (warehouse.room is not None and warehouse.overflow == "turn_away")
            ):
                yield f"{where}: people are received there: wanted no store or depot, and nobody turned away"
            for road in step.possible_roads if isinstance(step, Travel) else ():
                if road in scenario.roads and scenario.roads[road].interception:
                    yield f"{where}: roads.{road} has an interception, which is of goods"
        if borders != 1:
            yield f"corridors.{corridor}: wanted one gate with border: true on the way of people, found {borders}"


def _check_person_ceilings(scenario: Scenario) -> Iterator[str]:
    """Checks that ceilings over gates of people, and only these, count persons, and that the largest party fits."""
    crossing_places = corridor_places(scenario, {group.corridor for group in scenario.people.values()})
    for name, ceiling in scenario.ceilings.items():
        for gate in ceiling_gates(scenario, ceiling):
            if (f"gates.{gate}" in crossing_places) != (ceiling.persons is not None):
                wrong = "not of people; wanted trucks, mass or pallets"
                yield f"ceilings.{name}: gates.{gate} is {wrong if ceiling.persons else 'of people; wanted persons'}"
        for group_name, group in scenario.people.items():
            passes = {f"gates.{gate}" for gate in ceiling_gates(scenario, ceiling)} & corridor_places(
                scenario, {group.corridor}
            )
            largest = int(group.party.draw(np.array([MAX_UNIFORM]))[0])
            is_covered = ceiling.persons is not None and ceiling.direction in (None, group.direction)
            if is_covered and passes and ceiling_limit(ceiling) < largest:
                parties = f"parties of people.{group_name}"
                yield f"ceilings.{name}.persons: {ceiling_limit(ceiling)} a day, and {parties} reach {largest}"


def _check_slots_of_people(scenario: Scenario) -> Iterator[str]:
    """Checks that no-shows that depend on waits look at a place of the same part, people or goods."""
    crossing_places = corridor_places(scenario, {group.corridor for group in scenario.people.values()})
    for name, slots in scenario.slots.items():
        place = slots.no_show.at if slots.no_show else None
        if place and scenario.people and (f"slots.{name}" in crossing_places) != (place in crossing_places):
            yield f"slots.{name}.no_show.at: one of slots and {place} is of people, the other of goods"


def _check_tasks_apart_from_people(scenario: Scenario) -> Iterator[str]:
    """Checks that tasks impair places of goods only, and apply at offices of goods only."""
    crossing_places = corridor_places(scenario, {group.corridor for group in scenario.people.values()})
    for name, task in scenario.tasks.items():
        offices = {f"offices.{task.permit.office}"} if task.permit else set()
        for place in sorted((offices | task.until_done.keys()) & crossing_places):
            yield f"tasks.{name}: {place} is on corridors of people; wanted places of goods"


def _first_group_on(scenario: Scenario, corridor: str) -> str | None:
    """Returns the first group on a corridor; None where there is none."""
    return next((name for name, group in scenario.people.items() if group.corridor == corridor), None)


PEOPLE_CHECKS = (
    _check_group_corridors, _check_people_apart_from_goods, _check_people_steps,
    _check_person_ceilings, _check_slots_of_people,
    _check_tasks_apart_from_people,
)  # fmt: skip
