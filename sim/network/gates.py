"""Mistakes about ceilings over gates that need more than one place to be seen: a function each.

Which ceilings hang together, since they share gates, and who waits under which. The first by key is their desk.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sim.network.base import TimedNode
from sim.network.changes import corridors_besides
from sim.network.flows import Source
from sim.network.start import all_stocks
from sim.scenario.base import Sector
from sim.scenario.corridors import Convoy, PassGate, Transfer, Travel
from sim.scenario.gates import Ceiling
from sim.scenario.scenario import Scenario
from sim.scenario.start import Stock
from sim.units import DAY_S


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
            if isinstance(step, Convoy):
                yard = scenario.yards.get(step.yard)
                collected = collected or step.platform is not None
                party, gathered = (yard.max if yard else 1), f"yards.{step.yard}"
            elif not isinstance(step, Travel | PassGate):
                party = 1  # from here on each is on its own
            elif isinstance(step, PassGate):
                transfers = (later for later in corridor.steps[i:] if isinstance(later, Transfer))
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


def limit_of(ceiling: Ceiling) -> int:
    """Trucks, kg, litres or persons a day (or in as many as it says), or pallets."""
    return round(ceiling.trucks or ceiling.mass or ceiling.pallets or ceiling.litres or ceiling.persons or 0)


def unit_of(ceiling: Ceiling) -> int:
    """What it counts; the pallets of a party are its persons, and those of a day where no platform is behind."""
    if ceiling.pallets is not None or ceiling.persons is not None:
        return PALLETS_BEHIND
    if ceiling.litres is not None:
        return LITRES
    return TRUCKS if ceiling.trucks is not None else KG


def covers(ceiling: Ceiling, source: Source) -> bool:
    """Whether the ceiling holds for the loads of a source: by sector, by direction of parties, and by litres."""
    of_sector = ceiling.sectors is None or source.sector in ceiling.sectors
    of_direction = ceiling.direction in (None, source.direction)
    return of_sector and of_direction and (source.litres > 0 or ceiling.litres is None)


def gates_of(scenario: Scenario, ceiling: Ceiling) -> tuple[str, ...]:
    """The gates that it is over in this scenario."""
    return (*ceiling.gates, *(gate for gate in ceiling.wherever if gate in scenario.gates))


def together(scenario: Scenario, name: str) -> set[str]:
    """The names of the ceilings that hang together with this one, by gates that they share."""
    found, gates = {name}, set(gates_of(scenario, scenario.ceilings[name]))
    while more := {n for n, c in scenario.ceilings.items() if n not in found and gates & set(gates_of(scenario, c))}:
        found |= more
        gates |= {gate for n in more for gate in gates_of(scenario, scenario.ceilings[n])}
    return found


def desk_of(scenario: Scenario, number: dict[str, int], name: str) -> int:
    """The number of the ceiling that gives the turns to all that hang together with this one."""
    return min(number[f"ceilings.{member}"] for member in together(scenario, name))


def shares_of(scenario: Scenario, name: str) -> dict[str, int]:
    """Sector -> its weight, in order, where one of the ceilings that hang together shares out turns; else nothing."""
    shares = (scenario.ceilings[member].share for member in together(scenario, name))
    return {str(sector): weight for share in shares for sector, weight in sorted(share.items())}


class GateLine(NamedTuple):
    """Loads that wait at a gate under the same ceilings, and in one class of those that share turns."""

    number: int
    desk: int
    gate: int
    ceilings: tuple[int, ...]
    group: int


def gate_lines(
    scenario: Scenario, number: dict[str, int], sources: tuple[Source, ...]
) -> tuple[tuple[GateLine, ...], dict[tuple[int, int], int]]:
    """The lines at each gate under ceilings, and (gate, source) -> the line in which its loads wait."""
    lines: dict[tuple[int, int, tuple[int, ...], int], int] = {}
    line_of: dict[tuple[int, int], int] = {}
    for gate in sorted({gate for ceiling in scenario.ceilings.values() for gate in gates_of(scenario, ceiling)}):
        over = {name: ceiling for name, ceiling in scenario.ceilings.items() if gate in gates_of(scenario, ceiling)}
        desk = desk_of(scenario, number, next(iter(over)))
        groups = list(shares_of(scenario, next(iter(over))))
        for i, source in enumerate(sources):
            cover = [n for n, ceiling in over.items() if covers(ceiling, source)]
            group = groups.index(source.sector) if groups else 0
            line = (desk, number[f"gates.{gate}"], tuple(sorted(number[f"ceilings.{n}"] for n in cover)), group)
            line_of[line[1], i] = lines.setdefault(line, len(lines))
    return tuple(GateLine(i, *line) for line, i in lines.items()), line_of


TRUCKS, KG, PALLETS_BEHIND, LITRES = 0, 1, 2, 3  # what a ceiling counts


@dataclass(frozen=True)
class GateNode(TimedNode):
    """`calendar` is 1 while it is open."""

    border: bool


@dataclass(frozen=True)
class CeilingNode(TimedNode):
    """`calendar` is the limit: of `unit` a day, or of pallets that are on the way to `platform` and stand there.

    desk : the ceiling that gives the turns to all that hang together; weights : of the classes that share its turns.
    period_s : in which so much may pass, whole days.
    """

    unit: int
    desk: int
    platform: int
    weights: tuple[int, ...]
    period_s: int = DAY_S
