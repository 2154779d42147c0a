"""Which ceilings hang together, since they share gates, and who waits under which. The first by key is their desk."""

from sim.kinds import Ceiling
from sim.network import GateLine, Source
from sim.nodes import KG, LITRES, PALLETS_BEHIND, TRUCKS
from sim.scenario import Scenario


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


def covers(ceiling: Ceiling, sector: str, has_litres: bool) -> bool:
    """Whether it holds for loads of a sector, whose cargo has litres or has not; of parties that is their direction."""
    of_sector = ceiling.sectors is None or sector in ceiling.sectors
    return of_sector and sector == (ceiling.direction or sector) and (has_litres or ceiling.litres is None)


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
            cover = [n for n, ceiling in over.items() if covers(ceiling, source.sector, source.litres > 0)]
            group = groups.index(source.sector) if groups else 0
            line = (desk, number[f"gates.{gate}"], tuple(sorted(number[f"ceilings.{n}"] for n in cover)), group)
            line_of[line[1], i] = lines.setdefault(line, len(lines))
    return tuple(GateLine(i, *line) for line, i in lines.items()), line_of
