"""Mistakes about the corridors that loads choose which need more than one place to be seen: a function each."""

from collections.abc import Iterator

from sim.choosing import borders, watched
from sim.mistakes import nearest
from sim.scenario import Scenario
from sim.steps import places_of


def _waits_are_on_their_corridor(scenario: Scenario) -> Iterator[str]:
    """For each corridor that is chosen by waits there is one place on it whose waits count."""
    for name, flow in scenario.flows.items():
        where, looks = f"flows.{name}.choice.at", flow.choice is not None and flow.choice.rule == "least_wait"
        for way in flow.choice.at if flow.choice else ():
            if way not in flow.shares():
                yield f"{where}: {way} is none of those among which it chooses{nearest(way, flow.shares())}"
        for way in flow.shares() if looks else ():
            known = _places_with_waits(scenario, way)
            places = watched(scenario, name, way)
            if len(places) != 1:
                found = f"has {len(places)} border gates" if places else "has no border gate"
                yield f"{where}: corridors.{way} {found}; write the place there whose waits count"
            elif places[0] not in known and way in scenario.corridors:
                wrong = f"{places[0]} is no gate, site, bays or warehouse of corridors.{way}"
                yield f"{where}: {wrong}{nearest(places[0], known)}"


def _places_with_waits(scenario: Scenario, way: str) -> list[str]:
    """The full names of the places of a corridor at which trucks wait in a queue that is looked at."""
    steps = scenario.corridors[way].steps if way in scenario.corridors else ()
    of_steps = (place for step in steps for place in places_of(scenario, step))
    return [f"{kind}.{name}" for kind, name in of_steps if kind in ("gates", "sites", "bays", "warehouses")]


def _somebody_can_be_diverted(scenario: Scenario) -> Iterator[str]:
    """Of the corridors from which loads are diverted one at least has a border gate that can close."""
    for name, flow in scenario.flows.items():
        ways = [way for way in flow.shares() if flow.divert and way != flow.divert.to]
        if flow.divert and not any(borders(scenario, way) for way in ways):
            told = "no corridor but that to which it diverts" if not ways else f"no border gate on {', '.join(ways)}"
            yield f"flows.{name}.divert: the flow has {told}: nothing would be diverted"


CHOICES = (_waits_are_on_their_corridor, _somebody_can_be_diverted)
