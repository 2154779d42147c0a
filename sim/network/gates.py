"""Gates, the ceilings over them and the queues at these gates, with checks that need several places at once.

Ceilings that share a gate are linked, directly or through others. The first of them by key decides whose turn it is: it
is the desk of all. Each check is a function that yields one message per mistake.
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

TRUCKS, KG, PALLETS_BEHIND, LITRES = 0, 1, 2, 3  # units of ceilings


@dataclass(frozen=True)
class GateNode(TimedNode):
    """A gate. `calendar` is 1 while it is open."""

    border: bool


@dataclass(frozen=True)
class CeilingNode(TimedNode):
    """A ceiling. `calendar` is its limit: of `unit` in each period, or of pallets on the way to `platform` and on it.

    desk : the linked ceiling that decides the turns of all.
    platform : the platform behind a ceiling of pallets; -1 for other ceilings.
    weights : the weights of turns of the sectors.
    period_s : length of a period, whole days.
    """

    unit: int
    desk: int
    platform: int
    weights: tuple[int, ...]
    period_s: int = DAY_S


class GateLine(NamedTuple):
    """A queue at a gate: loads under the same ceilings and, where turns are weighted, of one sector.

    group : the index of the sector's weight; 0 where there are no weights.
    """

    number: int
    desk: int
    gate: int
    ceilings: tuple[int, ...]
    group: int


def gate_lines(
    scenario: Scenario, number: dict[str, int], sources: tuple[Source, ...]
) -> tuple[tuple[GateLine, ...], dict[tuple[int, int], int]]:
    """Returns the queues at all gates under ceilings, and (gate, source) -> the queue that its loads join."""
    lines: dict[tuple[int, int, tuple[int, ...], int], int] = {}
    queue_of: dict[tuple[int, int], int] = {}
    for gate in sorted({gate for ceiling in scenario.ceilings.values() for gate in gates_of(scenario, ceiling)}):
        over = {name: ceiling for name, ceiling in scenario.ceilings.items() if gate in gates_of(scenario, ceiling)}
        desk = desk_of(scenario, number, next(iter(over)))
        groups = list(shares_of(scenario, next(iter(over))))
        for i, source in enumerate(sources):
            covering = [n for n, ceiling in over.items() if covers(ceiling, source)]
            group = groups.index(source.sector) if groups else 0
            key = (desk, number[f"gates.{gate}"], tuple(sorted(number[f"ceilings.{n}"] for n in covering)), group)
            queue_of[key[1], i] = lines.setdefault(key, len(lines))
    return tuple(GateLine(i, *key) for key, i in lines.items()), queue_of


def covers(ceiling: Ceiling, source: Source) -> bool:
    """Whether a ceiling holds for the loads of a source: by sector, by direction of parties, and by litres."""
    sector_matches = ceiling.sectors is None or source.sector in ceiling.sectors
    direction_matches = ceiling.direction in (None, source.direction)
    return sector_matches and direction_matches and (source.litres > 0 or ceiling.litres is None)


def limit_of(ceiling: Ceiling) -> int:
    """Returns the limit of a ceiling: trucks, kg, litres or persons in each of its periods, or pallets."""
    return round(ceiling.trucks or ceiling.mass or ceiling.pallets or ceiling.litres or ceiling.persons or 0)


def unit_of(ceiling: Ceiling) -> int:
    """Returns the unit that a ceiling counts: TRUCKS, KG, PALLETS_BEHIND or LITRES.

    The persons of a party are its pallets, so a ceiling of persons counts pallets; they pass where no platform is
    behind.
    """
    if ceiling.pallets is not None or ceiling.persons is not None:
        return PALLETS_BEHIND
    if ceiling.litres is not None:
        return LITRES
    return TRUCKS if ceiling.trucks is not None else KG


def gates_of(scenario: Scenario, ceiling: Ceiling) -> tuple[str, ...]:
    """Returns the names of the gates of this scenario that a ceiling is over."""
    return (*ceiling.gates, *(gate for gate in ceiling.wherever if gate in scenario.gates))


def together(scenario: Scenario, name: str) -> set[str]:
    """Returns the names of the ceilings that are linked with this one, itself included."""
    members, gates = {name}, set(gates_of(scenario, scenario.ceilings[name]))
    while linked := {
        other for other, c in scenario.ceilings.items() if other not in members and gates & set(gates_of(scenario, c))
    }:
        members |= linked
        gates |= {gate for other in linked for gate in gates_of(scenario, scenario.ceilings[other])}
    return members


def desk_of(scenario: Scenario, number: dict[str, int], name: str) -> int:
    """Returns the number of the ceiling that decides the turns of all ceilings linked with this one."""
    return min(number[f"ceilings.{member}"] for member in together(scenario, name))


def shares_of(scenario: Scenario, name: str) -> dict[str, int]:
    """Returns sector -> weight of its turns, in order, for linked ceilings; empty where none of them has weights."""
    shares = (scenario.ceilings[member].share for member in together(scenario, name))
    return {str(sector): weight for share in shares for sector, weight in sorted(share.items())}


class Passage(NamedTuple):
    """A passage of a corridor through a gate.

    party : the most vehicles that set out together before the gate, from `gathered`.
    collected : whether the load was collected from a platform before. platforms : the platforms behind the gate.
    """

    way: str
    gate: str
    party: int
    gathered: str
    collected: bool
    platforms: tuple[str, ...]


def passages(scenario: Scenario) -> Iterator[tuple[str, Ceiling, Passage]]:
    """Yields (name, ceiling, passage) for each gate under a ceiling, on each corridor with loads that it covers."""
    for corridor_name, corridor in scenario.corridors.items():
        sectors = {
            flow.sector
            for name, flow in scenario.flows.items()
            if flow.shares().get(corridor_name) or corridor_name in corridors_besides(scenario, name)
        }
        sectors |= {sector for stock, sector in _sectors_of_stocks(scenario) if stock.corridor == corridor_name}
        collected, party, gathered = False, 1, ""
        for i, step in enumerate(corridor.steps):
            if isinstance(step, Convoy):
                yard = scenario.yards.get(step.yard)
                collected = collected or step.platform is not None
                party, gathered = (yard.max if yard else 1), f"yards.{step.yard}"
            elif not isinstance(step, Travel | PassGate):
                party = 1  # behind other steps each truck is on its own
            elif isinstance(step, PassGate):
                transfers = (later for later in corridor.steps[i:] if isinstance(later, Transfer))
                platforms = tuple(later.onto for later in transfers if not scenario.is_onto_fleet(later))
                for name, ceiling in scenario.ceilings.items():
                    if step.gate in gates_of(scenario, ceiling) and sectors & set(ceiling.sectors or sectors):
                        yield name, ceiling, Passage(corridor_name, step.gate, party, gathered, collected, platforms)


def _sectors_of_stocks(scenario: Scenario) -> Iterator[tuple[Stock, Sector]]:
    """Yields each initial stock with the sector of its loads."""
    for stock in all_stocks(scenario).values():
        flow = scenario.flows.get(stock.flow or "")
        if sector := stock.sector or (flow.sector if flow else None):
            yield stock, sector


def _shares_name_every_sector(scenario: Scenario) -> Iterator[str]:
    """Checks that weights of turns name every sector, and that only one of linked ceilings has weights."""
    for name, ceiling in scenario.ceilings.items():
        sectors = {flow.sector for flow in scenario.flows.values()}
        sectors |= {sector for _, sector in _sectors_of_stocks(scenario)}
        for sector in sorted(sectors - set(ceiling.share)):
            if ceiling.share:
                yield f"ceilings.{name}.share: names no weight for {sector}"
        others = [n for n in sorted(together(scenario, name)) if n != name and scenario.ceilings[n].share]
        if ceiling.share and others:
            yield f"ceilings.{name}.share: ceilings.{others[0]}, linked with it by common gates, has weights already"


def _parties_have_room(scenario: Scenario) -> Iterator[str]:
    """Checks that the largest convoy fits under a ceiling of trucks: it passes as a whole."""
    for name, ceiling in scenario.ceilings.items():
        if limit_of(ceiling) < 1:
            yield f"ceilings.{name}: lets nothing pass, it is below one a day; to shut a gate write calendar: never"
    for name, ceiling, passage in passages(scenario):
        if ceiling.trucks is not None and passage.party > max(1, limit_of(ceiling)):
            wanted = f"{passage.gathered}.max ({passage.party}) of corridors.{passage.way}"
            yield f"ceilings.{name}.trucks: {limit_of(ceiling)} a day are below {wanted}"


def _only_trucks_are_counted_behind_a_platform(scenario: Scenario) -> Iterator[str]:
    """Checks that a ceiling over a gate behind a platform counts trucks."""
    for name, ceiling, passage in passages(scenario):
        if ceiling.trucks is None and passage.collected:
            yield f"ceilings.{name}: gates.{passage.gate} is behind a platform, where only trucks can be counted"


def _platforms_are_behind_their_gates(scenario: Scenario) -> Iterator[str]:
    """Checks that loads under a ceiling of pallets go to its platform, and under one such ceiling only."""
    ceilings_of_pallets: dict[str, list[str]] = {}
    for name, ceiling, passage in passages(scenario):
        if ceiling.behind is not None:
            ceilings_of_pallets.setdefault(passage.way, []).append(name)
            if passage.platforms != (ceiling.behind,):
                platforms = ", ".join(passage.platforms) or "none"
                where = f"ceilings.{name}.behind: behind gates.{passage.gate}"
                yield f"{where}, corridors.{passage.way} has platforms: {platforms}"
    for corridor, names in ceilings_of_pallets.items():
        if len(names) > 1:
            yield f"ceilings.{names[0]}.behind: corridors.{corridor} passes under {' and under '.join(names)}"


CEILINGS = (
    _shares_name_every_sector, _parties_have_room, _only_trucks_are_counted_behind_a_platform,
    _platforms_are_behind_their_gates,
)  # fmt: skip
