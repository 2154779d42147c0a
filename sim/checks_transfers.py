"""Mistakes about transfers, onto platforms and from truck to truck, that need more than one place: a function each."""

from collections.abc import Iterator

from sim import scenario as s
from sim.mistakes import nearest
from sim.scenario import Scenario


def transfers(scenario: Scenario) -> Iterator[tuple[str, int, s.Transfer]]:
    """(corridor, number of the step, step) of each transfer."""
    for name, corridor in scenario.corridors.items():
        for i, step in enumerate(corridor.steps):
            if isinstance(step, s.Transfer):
                yield name, i, step


def room_onto(scenario: Scenario, onto: str) -> tuple[int, str] | None:
    """The most pallets that one load may have which is transferred there, and how that is told; None without limit."""
    if onto in scenario.platforms:
        room = scenario.platforms[onto].room
        return None if room is None else (room, f"platforms.{onto} has room for {room}")
    if onto in scenario.fleets:
        pallets = scenario.fleets[onto].pallets
        return pallets, f"a vehicle of fleets.{onto} carries {pallets}"
    return None


def _receivers_are_known(scenario: Scenario) -> Iterator[str]:
    """`onto` names a platform or a fleet; of both, the platform is meant."""
    for name, i, step in transfers(scenario):
        where = f"corridors.{name}.steps[{i}] (transfer)"
        known = [*scenario.platforms, *scenario.fleets]
        if step.onto not in known:
            yield f"{where}: there is no platforms.{step.onto} and no fleets.{step.onto}{nearest(step.onto, known)}"


def _a_fleet_has_one_owner(scenario: Scenario) -> Iterator[str]:
    """Vehicles that take loads over have one queue, at their bays; and these bays serve nothing else."""
    collects = {step.fleet for way in scenario.corridors.values() for step in way.steps if isinstance(step, s.Convoy)}
    for name in scenario.fleets:
        at = list(dict.fromkeys(step.bays for *_, step in _onto_fleets(scenario) if step.onto == name))
        if len(at) > 1:
            yield f"fleets.{name}: takes loads over at bays.{at[0]} and bays.{at[1]}; wanted one of them"
        if at and scenario.fleets[name].drivers:
            yield f"fleets.{name}.drivers: who takes loads over at bays.{at[0]} has a driver; count fewer vehicles"
        if at and name in collects:
            yield f"fleets.{name}: takes loads over at bays.{at[0]}, and collects from a platform; wanted one of them"
    for name in scenario.bays:
        onto = list(dict.fromkeys(step.onto for *_, step in transfers(scenario) if step.bays == name))
        if len(onto) > 1 and any(step.bays == name for *_, step in _onto_fleets(scenario)):
            yield f"bays.{name}: bays at which a fleet takes over have no other receiver; found {', '.join(onto)}"


def _nobody_is_sent_back_over_a_transfer(scenario: Scenario) -> Iterator[str]:
    """The truck that brought a load is gone: what is rejected behind a transfer joins again behind it."""
    for name, i, transfer in _onto_fleets(scenario):
        steps = scenario.corridors[name].steps
        named = {step.name: number for number, step in enumerate(steps) if step.name}
        for step in steps[i + 1 :]:
            site = scenario.sites.get(step.site) if isinstance(step, s.Inspect) else None
            back_to = site.rejected.back_to if site and site.rejected else None
            if isinstance(step, s.Inspect) and back_to and named.get(back_to, i + 1) <= i:
                where = f"corridors.{name}: sites.{step.site}.rejected.back_to"
                yield f"{where} lies before the transfer onto fleets.{transfer.onto}, whose other truck is gone"


def _onto_fleets(scenario: Scenario) -> Iterator[tuple[str, int, s.Transfer]]:
    return ((name, i, step) for name, i, step in transfers(scenario) if scenario.is_onto_fleet(step))


TRANSFERS = (_receivers_are_known, _a_fleet_has_one_owner, _nobody_is_sent_back_over_a_transfer)
