"""Checks of people who cross a border that need several places at once.

Each check is a function that yields one message per mistake.
"""

from collections.abc import Iterator

import numpy as np

from sim.network.gates import gates_of, limit_of
from sim.network.start import all_stocks
from sim.network.subnetworks import places_on
from sim.scenario.base import nearest
from sim.scenario.corridors import Inspect, Offload, PassGate, Permit, TakeSlot, Travel
from sim.scenario.scenario import Scenario

OF_PEOPLE = (Permit, TakeSlot, Travel, PassGate, Inspect, Offload)
NO_LIMIT = 1 - 2.0**-53  # the largest uniform random number below 1


def _groups_name_corridors(scenario: Scenario) -> Iterator[str]:
    """Checks that groups name existing corridors, and that groups on one corridor have one direction."""
    for name, group in scenario.people.items():
        if group.corridor not in scenario.corridors:
            yield f"people.{name}.corridor: there is no corridors.{group.corridor}" + nearest(
                group.corridor, scenario.corridors
            )
        elif (other := _first_on(scenario, group.corridor)) and scenario.people[other].direction != group.direction:
            yield f"people.{name}.direction: people.{other} goes the other way on corridors.{group.corridor}"


def _people_and_goods_share_nothing(scenario: Scenario) -> Iterator[str]:
    """Checks that people and goods share no corridor and no place; a crossing for both is written as two gates."""
    crossing_corridors = {group.corridor for group in scenario.people.values()}
    for name, flow in scenario.flows.items():
        for corridor in sorted(crossing_corridors & {*flow.corridors, *(flow.choice.among if flow.choice else ())}):
            yield f"flows.{name}: corridors.{corridor} is of people; give goods one of their own"
    for name, stock in all_stocks(scenario).items():
        if stock.corridor in crossing_corridors:
            yield f"start.{name}.corridor: corridors.{stock.corridor} is of people; wanted `waiting` of the group"
    for place in sorted(
        places_on(scenario, crossing_corridors) & places_on(scenario, scenario.corridors.keys() - crossing_corridors)
    ):
        yield f"{place}: is on corridors of people and of goods; give people one of their own, with its own hours"


def _people_walk_steps_of_people(scenario: Scenario) -> Iterator[str]:
    """Checks the steps of corridors of people: no platforms, one border, and nobody turned back behind it."""
    for corridor in sorted({group.corridor for group in scenario.people.values()} & scenario.corridors.keys()):
        borders = 0
        for i, step in enumerate(scenario.corridors[corridor].steps):
            where = f"corridors.{corridor}.steps[{i}]"
            if not isinstance(step, OF_PEOPLE):
                yield f"{where}: people do not {step.verb}; wanted permit, slot, travel, pass_gate, inspect or offload"
            if borders and isinstance(step, Permit | TakeSlot | Inspect):
                yield f"{where}: people do not wait behind the border; wanted {step.verb} before it"
            borders += isinstance(step, PassGate) and getattr(scenario.gates.get(step.gate), "border", False)
            warehouse = scenario.warehouses.get(step.warehouse) if isinstance(step, Offload) else None
            if warehouse and (
                warehouse.store or warehouse.depot or (warehouse.room is not None and warehouse.overflow == "turn_away")
            ):
                yield f"{where}: people are received there: wanted no store or depot, and nobody turned away"
            for road in step.ways if isinstance(step, Travel) else ():
                if road in scenario.roads and scenario.roads[road].interception:
                    yield f"{where}: roads.{road} has an interception, which is of goods"
        if borders != 1:
            yield f"corridors.{corridor}: wanted one gate with border: true on the way of people, found {borders}"


def _ceilings_count_one_or_the_other(scenario: Scenario) -> Iterator[str]:
    """Checks that ceilings over gates of people, and only these, count persons, and that the largest party fits."""
    crossing_places = places_on(scenario, {group.corridor for group in scenario.people.values()})
    for name, ceiling in scenario.ceilings.items():
        for gate in gates_of(scenario, ceiling):
            if (f"gates.{gate}" in crossing_places) != (ceiling.persons is not None):
                wrong = "not of people; wanted trucks, mass or pallets"
                yield f"ceilings.{name}: gates.{gate} is {wrong if ceiling.persons else 'of people; wanted persons'}"
        for group_name, group in scenario.people.items():
            passes = {f"gates.{gate}" for gate in gates_of(scenario, ceiling)} & places_on(scenario, {group.corridor})
            largest = int(group.party.draw(np.array([NO_LIMIT]))[0])
            is_covered = ceiling.persons is not None and ceiling.direction in (None, group.direction)
            if is_covered and passes and limit_of(ceiling) < largest:
                parties = f"parties of people.{group_name}"
                yield f"ceilings.{name}.persons: {limit_of(ceiling)} a day, and {parties} reach {largest}"


def _slots_watch_places_of_people(scenario: Scenario) -> Iterator[str]:
    """Checks that no-shows that depend on waits look at a place of the same part, people or goods."""
    crossing_places = places_on(scenario, {group.corridor for group in scenario.people.values()})
    for name, slots in scenario.slots.items():
        place = slots.no_show.at if slots.no_show else None
        if place and scenario.people and (f"slots.{name}" in crossing_places) != (place in crossing_places):
            yield f"slots.{name}.no_show.at: one of slots and {place} is of people, the other of goods"


def _tasks_open_ways_of_goods(scenario: Scenario) -> Iterator[str]:
    """Checks that tasks impair places of goods only, and apply at offices of goods only."""
    crossing_places = places_on(scenario, {group.corridor for group in scenario.people.values()})
    for name, task in scenario.tasks.items():
        offices = {f"offices.{task.permit.office}"} if task.permit else set()
        for place in sorted((offices | task.until_done.keys()) & crossing_places):
            yield f"tasks.{name}: {place} is on corridors of people; wanted places of goods"


def _first_on(scenario: Scenario, corridor: str) -> str | None:
    """Returns the first group on a corridor; None where there is none."""
    return next((name for name, group in scenario.people.items() if group.corridor == corridor), None)


PEOPLE = (
    _groups_name_corridors, _people_and_goods_share_nothing, _people_walk_steps_of_people,
    _ceilings_count_one_or_the_other, _slots_watch_places_of_people,
    _tasks_open_ways_of_goods,
)  # fmt: skip
