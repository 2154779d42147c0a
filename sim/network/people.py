"""Mistakes about people who cross that need more than one place to be seen: a function each."""

from collections.abc import Iterator

import numpy as np

from sim.network.gates import gates_of, limit_of
from sim.network.start import all_stocks
from sim.network.subnetworks import places_on
from sim.scenario.base import nearest
from sim.scenario.corridors import Inspect, Offload, PassGate, Permit, TakeSlot, Travel
from sim.scenario.scenario import Scenario

OF_PEOPLE = (Permit, TakeSlot, Travel, PassGate, Inspect, Offload)
NO_LIMIT = 1 - 2.0**-53  # the largest luck there is


def _groups_name_corridors(scenario: Scenario) -> Iterator[str]:
    for name, group in scenario.people.items():
        if group.corridor not in scenario.corridors:
            yield f"people.{name}.corridor: there is no corridors.{group.corridor}" + nearest(
                group.corridor, scenario.corridors
            )
        elif (other := _first_on(scenario, group.corridor)) and scenario.people[other].direction != group.direction:
            yield f"people.{name}.direction: people.{other} goes the other way on corridors.{group.corridor}"


def _people_and_goods_share_nothing(scenario: Scenario) -> Iterator[str]:
    """A gate open for people and shut for goods is two gates at one place, each with hours of its own."""
    ways = {group.corridor for group in scenario.people.values()}
    for name, flow in scenario.flows.items():
        for way in sorted(ways & {*flow.corridors, *(flow.choice.among if flow.choice else ())}):
            yield f"flows.{name}: corridors.{way} is of people; give goods one of their own"
    for name, stock in all_stocks(scenario).items():
        if stock.corridor in ways:
            yield f"start.{name}.corridor: corridors.{stock.corridor} is of people, whose list is `waiting` of theirs"
    for place in sorted(places_on(scenario, ways) & places_on(scenario, scenario.corridors.keys() - ways)):
        yield f"{place}: is on corridors of people and of goods; give people one of their own, with its own hours"


def _people_walk_steps_of_people(scenario: Scenario) -> Iterator[str]:
    """They are not put on platforms, and cross one border, behind which nobody is turned back."""
    for way in sorted({group.corridor for group in scenario.people.values()} & scenario.corridors.keys()):
        crossed = 0
        for i, step in enumerate(scenario.corridors[way].steps):
            where = f"corridors.{way}.steps[{i}]"
            if not isinstance(step, OF_PEOPLE):
                yield f"{where}: people do not {step.verb}; wanted permit, slot, travel, pass_gate, inspect or offload"
            if crossed and isinstance(step, Permit | TakeSlot | Inspect):
                yield f"{where}: who has passed the border is not held any more; {step.verb} belongs before it"
            crossed += isinstance(step, PassGate) and getattr(scenario.gates.get(step.gate), "border", False)
            hall = scenario.warehouses.get(step.warehouse) if isinstance(step, Offload) else None
            if hall and (hall.store or hall.depot or (hall.room is not None and hall.overflow == "turn_away")):
                yield f"{where}: people are received there: wanted no store or depot, and nobody turned away"
            for road in step.ways if isinstance(step, Travel) else ():
                if road in scenario.roads and scenario.roads[road].interception:
                    yield f"{where}: roads.{road} has an interception, which is of goods"
        if crossed != 1:
            yield f"corridors.{way}: wanted one gate with border: true on the way of people, found {crossed}"


def _ceilings_count_one_or_the_other(scenario: Scenario) -> Iterator[str]:
    """Over gates of people persons are counted, elsewhere never; and the largest party has room under them."""
    theirs = places_on(scenario, {group.corridor for group in scenario.people.values()})
    for name, ceiling in scenario.ceilings.items():
        for gate in gates_of(scenario, ceiling):
            if (f"gates.{gate}" in theirs) != (ceiling.persons is not None):
                of_goods = "not of people; wanted trucks, mass or pallets"
                yield f"ceilings.{name}: gates.{gate} is {of_goods if ceiling.persons else 'of people; wanted persons'}"
        for of, group in scenario.people.items():
            passes = {f"gates.{gate}" for gate in gates_of(scenario, ceiling)} & places_on(scenario, {group.corridor})
            largest = int(group.party.draw(np.array([NO_LIMIT]))[0])
            covered = ceiling.persons is not None and ceiling.direction in (None, group.direction)
            if covered and passes and limit_of(ceiling) < largest:
                yield f"ceilings.{name}.persons: {limit_of(ceiling)} a day, and parties of people.{of} reach {largest}"


def _slots_watch_places_of_people(scenario: Scenario) -> Iterator[str]:
    """Who does not come for a wait elsewhere looks at a place of those who come, be they people or goods."""
    theirs = places_on(scenario, {group.corridor for group in scenario.people.values()})
    for name, slots in scenario.slots.items():
        at = slots.no_show.at if slots.no_show else None
        if at and scenario.people and (f"slots.{name}" in theirs) != (at in theirs):
            yield f"slots.{name}.no_show.at: one of slots and {at} is of people, the other of goods"


def _tasks_open_ways_of_goods(scenario: Scenario) -> Iterator[str]:
    """Teams serve the ways of goods, and ask offices that loads ask: they share no luck and no queue with people."""
    theirs = places_on(scenario, {group.corridor for group in scenario.people.values()})
    for name, task in scenario.tasks.items():
        asked = {f"offices.{task.permit.office}"} if task.permit else set()
        for place in sorted((asked | task.until_done.keys()) & theirs):
            yield f"tasks.{name}: {place} is on corridors of people; wanted places of goods"


def _first_on(scenario: Scenario, way: str) -> str | None:
    """The first group on a corridor."""
    return next((name for name, group in scenario.people.items() if group.corridor == way), None)


PEOPLE = (
    _groups_name_corridors, _people_and_goods_share_nothing, _people_walk_steps_of_people,
    _ceilings_count_one_or_the_other, _slots_watch_places_of_people,
    _tasks_open_ways_of_goods,
)  # fmt: skip
