"""Mistakes about ceilings over gates that need more than one place to be seen: a function each."""

from collections.abc import Iterator
from typing import NamedTuple

from sim import scenario as s
from sim.desks import gates_of, limit_of, together
from sim.kinds import Ceiling
from sim.phasing import corridors_besides
from sim.scenario import Scenario
from sim.settings import Sector
from sim.start import Stock
from sim.start_checks import all_stocks


class Passage(NamedTuple):
    """A corridor passes a gate: what sets out together before it, at most, and where; and what lies behind."""

    way: str
    gate: str
    party: int
    gathered: str
    collected: bool
    platforms: tuple[str, ...]


def _shares_name_every_sector(scenario: Scenario) -> Iterator[str]:
    """Where turns are shared out, every sector has a weight, and one ceiling alone shares them out."""
    for name, ceiling in scenario.ceilings.items():
        there = {flow.sector for flow in scenario.flows.values()}
        there |= {sector for _, sector in _sectors_of_stocks(scenario)}
        for sector in sorted(there - set(ceiling.share)):
            if ceiling.share:
                yield f"ceilings.{name}.share: names no weight for {sector}"
        others = [n for n in sorted(together(scenario, name)) if n != name and scenario.ceilings[n].share]
        if ceiling.share and others:
            yield f"ceilings.{name}.share: ceilings.{others[0]}, which hangs together with it, shares out turns already"


def _parties_have_room(scenario: Scenario) -> Iterator[str]:
    """A convoy passes as a whole, so the largest has room under a ceiling of trucks."""
    for name, ceiling in scenario.ceilings.items():
        if limit_of(ceiling) < 1:
            yield f"ceilings.{name}: lets nothing pass, it is below one a day; to shut a gate write calendar: never"
    for name, ceiling, passage in passages(scenario):
        if ceiling.trucks is not None and passage.party > max(1, limit_of(ceiling)):
            wanted = f"{passage.gathered}.max ({passage.party}) of corridors.{passage.way}"
            yield f"ceilings.{name}.trucks: {limit_of(ceiling)} a day are below {wanted}"


def _only_trucks_are_counted_behind_a_platform(scenario: Scenario) -> Iterator[str]:
    for name, ceiling, passage in passages(scenario):
        if ceiling.trucks is None and passage.collected:
            yield f"ceilings.{name}: gates.{passage.gate} is behind a platform, where only trucks can be counted"


def _platforms_are_behind_their_gates(scenario: Scenario) -> Iterator[str]:
    """What passes under such a ceiling comes to its platform, and room is kept for it there alone."""
    kept: dict[str, list[str]] = {}
    for name, ceiling, passage in passages(scenario):
        if ceiling.behind is not None:
            kept.setdefault(passage.way, []).append(name)
            if passage.platforms != (ceiling.behind,):
                found = ", ".join(passage.platforms) or "none"
                where = f"ceilings.{name}.behind: behind gates.{passage.gate}"
                yield f"{where}, corridors.{passage.way} has platforms: {found}"
    for way, names in kept.items():
        if len(names) > 1:
            yield f"ceilings.{names[0]}.behind: corridors.{way} passes under {' and under '.join(names)}"


def passages(scenario: Scenario) -> Iterator[tuple[str, Ceiling, Passage]]:
    """Each gate that a ceiling is over, on each corridor by which a load passes it that the ceiling covers."""
    for way, corridor in scenario.corridors.items():
        sectors = {
            flow.sector
            for name, flow in scenario.flows.items()
            if flow.shares().get(way) or way in corridors_besides(scenario, name)
        }
        sectors |= {sector for stock, sector in _sectors_of_stocks(scenario) if stock.corridor == way}
        collected, party, gathered = False, 1, ""
        for i, step in enumerate(corridor.steps):
            if isinstance(step, s.Convoy):
                yard = scenario.yards.get(step.yard)
                collected = collected or step.platform is not None
                party, gathered = (yard.max if yard else 1), f"yards.{step.yard}"
            elif not isinstance(step, s.Travel | s.PassGate):
                party = 1  # from here on each is on its own
            elif isinstance(step, s.PassGate):
                transfers = (later for later in corridor.steps[i:] if isinstance(later, s.Transfer))
                behind = tuple(later.onto for later in transfers if not scenario.is_onto_fleet(later))
                for name, ceiling in scenario.ceilings.items():
                    if step.gate in gates_of(scenario, ceiling) and sectors & set(ceiling.sectors or sectors):
                        yield name, ceiling, Passage(way, step.gate, party, gathered, collected, behind)


def _sectors_of_stocks(scenario: Scenario) -> Iterator[tuple[Stock, Sector]]:
    """Who sends what is there when the run starts."""
    for stock in all_stocks(scenario).values():
        flow = scenario.flows.get(stock.flow or "")
        if sector := stock.sector or (flow.sector if flow else None):
            yield stock, sector


CEILINGS = (
    _shares_name_every_sector, _parties_have_room, _only_trucks_are_counted_behind_a_platform,
    _platforms_are_behind_their_gates,
)  # fmt: skip
