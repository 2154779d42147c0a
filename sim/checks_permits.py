"""Mistakes about offices and slots that need more than one place to be seen: a function each."""

from collections.abc import Iterator

from sim.mistakes import nearest
from sim.scenario import Scenario


def references_of_permits(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """(where it stands, kind, name) of each reference beside hours."""
    for name, office in scenario.offices.items():
        for title, line in office.refuses.items():
            for kind, named in (("cargos", line.cargos), ("corridors", line.corridors)):
                yield from ((f"offices.{name}.refuses.{title}.{kind}", kind, one) for one in named or ())
    for name, slots in scenario.slots.items():
        if slots.no_show:
            yield from ((f"slots.{name}.no_show.shocks", "shocks", shock) for shock in slots.no_show.shocks)


def waits_are_at_a_gate_or_site(scenario: Scenario) -> Iterator[str]:
    """Waits that make loads not come are those at a gate or a site."""
    known = [f"gates.{name}" for name in scenario.gates] + [f"sites.{name}" for name in scenario.sites]
    for name, slots in scenario.slots.items():
        at = slots.no_show.at if slots.no_show else None
        if at is not None and at not in known:
            yield f"slots.{name}.no_show.at: wanted a gate or a site, there is no {at}{nearest(at, known)}"


PERMITS = (waits_are_at_a_gate_or_site,)
