"""Who gives the turns to convoys: those that hang together by the people they take have one owner, the first by key."""

from collections.abc import Iterator

from sim.scenario import Convoy, Scenario, Transfer


def owner_of(scenario: Scenario, number: dict[str, int], full_name: str) -> int:
    """The number of the first by key of the fleets, yards and crews that hang together with this one.

    Of a fleet that takes loads over at bays these, where the loads wait.
    """
    for step in (step for corridor in scenario.corridors.values() for step in corridor.steps):
        if isinstance(step, Transfer) and scenario.is_onto_fleet(step) and full_name == f"fleets.{step.onto}":
            return number[f"bays.{step.bays}"]
    found, links = {full_name}, list(_links(scenario))
    while more := {end for link in links if found & link for end in link} - found:
        found |= more
    return min(number[name] for name in found)


def _links(scenario: Scenario) -> Iterator[set[str]]:
    """A fleet and its drivers; those who set out from a yard, a fleet's or trucks that gather, and its escorts.

    And the fleets that take fuel from one depot; it has turns of its own.
    """
    for depot in scenario.depots:
        yield {f"fleets.{name}" for name, fleet in scenario.fleets.items() if fleet.fuel and fleet.fuel.depot == depot}
    for name, fleet in scenario.fleets.items():
        if fleet.drivers is not None:
            yield {f"fleets.{name}", f"crews.{fleet.drivers}"}
    for step in (step for corridor in scenario.corridors.values() for step in corridor.steps):
        if isinstance(step, Convoy) and (escorts := scenario.yards[step.yard].escorts) is not None:
            yield {f"fleets.{step.fleet}" if step.fleet else f"yards.{step.yard}", f"crews.{escorts.crew}"}
