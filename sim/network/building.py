"""Builds the network of a scenario that passed all checks: numbered places, calendars as steps, whole seconds."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from sim.calendars import Steps
from sim.laws import Law
from sim.network.base import Node, Purpose, Slot
from sim.network.calendars import FULL_SPEED, hours_in_phases, hours_of, longest_s
from sim.network.changes import _levels, _shocks, choices, corridors_besides, phases
from sim.network.convoys import CrewNode, FleetNode, YardNode, _permission, owner_of
from sim.network.corridors import Line, Route, _costs, _steps, first_step_at
from sim.network.distribution import Handing
from sim.network.flows import RateSteps, Renewal, Source, Trace, build_choice, rate_steps, read_trace
from sim.network.gates import CeilingNode, GateNode, desk_of, gate_lines, limit_of, shares_of, unit_of
from sim.network.lanes import RULES, PoolNode, _breaks, _caps, _reasons
from sim.network.needs import needs_of
from sim.network.network import Network
from sim.network.offices import office_node, refusals, slots_node
from sim.network.roads import law_of, road_node
from sim.network.start import kind_of, rank_of
from sim.network.stock import DepotNode, PlatformNode, StoreNode, User
from sim.network.subnetworks import PartyFlow, divided
from sim.network.tasks import TeamsNode, build_impairments, build_tasks
from sim.rules import BREAK_OFF, WITHOUT_END_S
from sim.scenario import corridors as written
from sim.scenario.convoys import Crew, Fleet, Yard
from sim.scenario.flows import Cargo, Flow
from sim.scenario.gates import Ceiling, Gate
from sim.scenario.lanes import BESIDE, Bays, Served, Site
from sim.scenario.offices import Office, Slots
from sim.scenario.roads import Road
from sim.scenario.scenario import PLACE_KINDS, Scenario
from sim.scenario.start import Stock, stocks
from sim.scenario.stock import Depot, Platform, Store
from sim.scenario.tasks import Teams
from sim.units import DAY_S, PPM, in_per_cent


def place_names(scenario: Scenario) -> dict[str, str]:
    """Returns full name -> key of each place; bays beside a site are places too (`sites.nitzana.manual`)."""
    keys: dict[str, str] = {}
    for kind in PLACE_KINDS:
        for name, place in getattr(scenario, kind).items():
            keys[f"{kind}.{name}"] = place.key or f"{kind}.{name}"
            for part in BESIDE if isinstance(place, Site) else ():
                if getattr(place, part):
                    keys[f"{kind}.{name}.{part}"] = f"{place.key or f'{kind}.{name}'}.{part}"
    return keys


def build(scenario: Scenario, folders: tuple[Path, ...] = ()) -> Network:
    """Returns the network of a checked scenario; `folders` are searched for traces and tables of initial stocks."""
    with_stocks = scenario.model_copy(update={"start": stocks(scenario.start, folders)})
    goods, people_part, distribution_part = divided(with_stocks)
    network, people = _network(goods, folders), _network(people_part, folders) if people_part else None
    if distribution_part is None:
        return replace(network, people=people)
    onward = _network(distribution_part, folders)
    return replace(network, people=people, onward=onward, handings=build_allocations(with_stocks, network, onward))


def _network(scenario: Scenario, folders: tuple[Path, ...]) -> Network:
    """Returns the network of one part of a scenario: goods, people or distribution."""
    keys = place_names(scenario)
    number = {name: i for i, name in enumerate(sorted(keys, key=lambda name: keys[name].encode()))}
    nodes = tuple(_node(scenario, name, keys[name], number) for name in sorted(number, key=number.__getitem__))
    lines: dict[Line, int] = {}
    routes = tuple(
        Route(name, corridor.key or name, _steps(scenario, name, number, lines))
        for name, corridor in sorted(scenario.corridors.items(), key=lambda item: (item[1].key or item[0]).encode())
    )
    laws, shares = _meaning_of_luck(scenario, number)
    sources = _sources(scenario, routes, tuple(lines), number, folders)
    tasks = build_tasks(scenario, number)
    return Network(
        nodes, routes, tuple(lines), sources, laws, shares, scenario.run.days, scenario.run.warm_up,
        *gate_lines(scenario, number, sources), _shocks(scenario, number), _levels(scenario, number),
        _reasons(scenario, number), _caps(scenario, number), refusals(scenario, number, sources, routes),
        phases(
            scenario, number, sources, routes, partial(_rate_steps, scenario), lambda name: hours_of(scenario, name, 1)
        ), hours_in_phases(scenario, number), drain_days=scenario.run.drain, costs=_costs(scenario, routes),
        tasks=tasks, hindrances=build_impairments(scenario, number, tasks),
        needs=needs_of(scenario, {route.name: i for i, route in enumerate(routes)}),
    )  # fmt: skip


def _node(scenario: Scenario, name: str, key: str, numbers: dict[str, int]) -> Node:
    """Returns the node of a place."""
    number = numbers[name]
    kind, _, rest = name.partition(".")
    short_name, _, part = rest.partition(".")
    place = getattr(scenario, kind)[short_name]
    title = place.title or short_name.replace("_", " ")

    def over_time(full: int) -> Steps:
        return hours_of(scenario, place.calendar, full)

    if isinstance(place, Ceiling):
        return CeilingNode(
            number, name, key, title, over_time(limit_of(place)), unit_of(place),
            desk_of(scenario, numbers, short_name),
            numbers.get(f"platforms.{place.behind}", -1), tuple(shares_of(scenario, short_name).values()) or (1,),
            place.every * DAY_S,
        )  # fmt: skip
    if isinstance(place, Gate):
        return GateNode(number, name, key, title, over_time(1), place.border)
    if isinstance(place, Platform):
        return PlatformNode(number, name, key, title, place.room or -1, place.collect == "next_day")
    if isinstance(place, Yard):
        patience = WITHOUT_END_S if place.patience is None else round(place.patience)
        first, every = (round(place.timetable.first), round(place.timetable.every)) if place.timetable else (-1, 0)
        escorts = (numbers[f"crews.{place.escorts.crew}"], place.escorts.vehicles) if place.escorts else (-1, 1)
        return YardNode(
            number, name, key, title, over_time(1), place.min, place.max, patience, first, every,
            owner_of(scenario, numbers, name), *escorts, _permission(scenario, place, numbers),
        )  # fmt: skip
    if isinstance(place, Fleet):
        owner, drivers = owner_of(scenario, numbers, name), numbers.get(f"crews.{place.drivers}", -1)
        fuel = place.fuel
        fuel_of_trip = (numbers[f"depots.{fuel.depot}"], round(fuel.litres), round(fuel.leaves)) if fuel else ()
        return FleetNode(number, name, key, title, place.vehicles, place.pallets, owner, drivers, *fuel_of_trip)
    if isinstance(place, Depot):
        room, litres = round(place.room or -1), round(scenario.cargos[place.cargo].litres or 0)
        return DepotNode(number, name, key, title, room, round(place.stock), litres, place.at, _users(place))
    if isinstance(place, Crew):
        owner, rest_s = owner_of(scenario, numbers, name), round(place.rest or 0)
        return CrewNode(number, name, key, title, place.people, rest_s, owner)
    if isinstance(place, Store):
        return StoreNode(number, name, key, title, over_time(round(place.outflow)), place.room, place.stock)
    if isinstance(place, Road):
        return road_node((number, name, key, title, over_time(in_per_cent(place.condition))), place)
    if isinstance(place, Office):
        return office_node((number, name, key, title, over_time(FULL_SPEED)), place)
    if isinstance(place, Slots):
        return slots_node(scenario, (number, name, key, title, over_time(round(place.trucks))), place, numbers)
    if isinstance(place, Teams):
        owner = min(numbers[f"teams.{other}"] for other in scenario.teams)
        return TeamsNode(number, name, key, title, over_time(1), place.teams, owner)
    assert isinstance(place, Served)
    lanes = getattr(place, part).bays if part else place.lanes
    breaks = None if part or place.breaks is None else _breaks(place.breaks)
    rule = BREAK_OFF if isinstance(place, Site) and place.breaks_off and not part else RULES[place.rule]
    alternatives = choices(scenario, name, lanes) or [(place.calendar, lanes)]
    most_lanes = max(count for _, count in alternatives)
    return PoolNode(
        number, name, key, f"{title}, {part}" if part else title, over_time(lanes), most_lanes, rule,
        -1 if place.room is None or part else place.room, place.overflow == "turn_away" and not part,
        longest_s(scenario, alternatives, most_lanes), breaks,
        numbers[f"fleets.{fleet}"] if isinstance(place, Bays) and (fleet := fleet_at(scenario, short_name)) else -1,
    )  # fmt: skip


def _users(depot: Depot) -> tuple[User, ...]:
    """Returns the users of a depot in the order in which they draw."""
    users = (User(n, user.rank, round(user.litres), round(user.leaves)) for n, user in depot.users.items())
    return tuple(sorted(users, key=lambda user: (user.rank, user.name)))


def fleet_at(scenario: Scenario, bays: str) -> str | None:
    """Returns the fleet whose vehicles take over loads at these bays; None where loads go onto a platform."""
    steps = (step for corridor in scenario.corridors.values() for step in corridor.steps)
    onto = (step for step in steps if isinstance(step, written.Transfer) and step.bays == bays)
    return next((step.onto for step in onto if scenario.is_onto_fleet(step)), None)


def _sources(
    scenario: Scenario,
    routes: tuple[Route, ...],
    lines: tuple[Line, ...],
    number: dict[str, int],
    folders: tuple[Path, ...],
) -> tuple[Source, ...]:
    """Returns the sources of loads, flows and initial stocks, in the order of their keys."""
    route_number = {route.name: i for i, route in enumerate(routes)}
    run, sources = scenario.run, []
    for name, flow in scenario.flows.items():
        shares = flow.shares()
        corridors = {corridor for corridor, share in shares.items() if share > 0} | corridors_besides(scenario, name)
        taken = sorted(route_number[corridor] for corridor in corridors)
        cumulative = np.cumsum([shares.get(routes[i].name, 0.0) for i in taken])
        demand: RateSteps | Renewal | Trace
        if flow.trace is not None:
            demand = read_trace(flow.trace, folders, run.start)
        elif flow.interval is not None:
            demand = Renewal(flow.interval)
        else:
            demand = _rate_steps(scenario, name, flow.rate)
        cargo = scenario.cargos[flow.cargo]
        sources.append(Source(
            name, flow.key or f"flows.{name}", flow.sector, flow.cargo, flow.rank, tuple(taken),
            tuple(float(share) for share in cumulative), cargo.pallets, cargo.weight, demand, 0, 0, height=cargo.height,
            shelf_life_s=_shelf_life_s(cargo), choice=build_choice(scenario, name, number, route_number, taken),
            litres=round(cargo.litres or 0), direction=_direction(flow),
        ))  # fmt: skip
    for name, stock in stocks(scenario.start, folders).items():
        (sector, cargo_name), _ = kind_of(scenario, stock)
        cargo, route = scenario.cargos[cargo_name], route_number[stock.corridor]
        sources.append(Source(
            name, key_of(name, stock), sector, cargo_name, rank_of(scenario, stock), (route,), (1.0,),
            cargo.pallets, cargo.weight, None, stock.loads,
            first_step_at(routes[route], lines, number.get(stock.at or "", -1)), stock.age, cargo.height,
            shelf_life_s=_shelf_life_s(cargo), litres=round(cargo.litres or 0),
            direction=_direction(scenario.flows[stock.flow]) if stock.flow else "",
        ))  # fmt: skip
    return tuple(sorted(sources, key=lambda source: source.key.encode()))


def _direction(flow: Flow) -> str:
    """Returns the direction of parties of people; empty for goods."""
    return flow.direction if isinstance(flow, PartyFlow) else ""


def _shelf_life_s(cargo: Cargo) -> int:
    """Returns the shelf life of a cargo [s]; WITHOUT_END_S where it does not expire."""
    return WITHOUT_END_S if cargo.shelf_life is None else round(cargo.shelf_life)


def key_of(name: str, stock: Stock) -> str:
    """Returns the key of an initial stock.

    Its default contains an older name of the setting, so that random numbers stay the same.
    """
    return stock.key or f"opening_stock.{name}"


def _rate_steps(scenario: Scenario, flow: str, rate: float) -> RateSteps:
    """Returns the rate of a flow over time, with its pattern applied to `rate`."""
    return rate_steps(rate, scenario.flows[flow].pattern, scenario.run.start, scenario.run.days)


def _meaning_of_luck(scenario: Scenario, number: dict[str, int]) -> tuple[dict[Slot, Law], dict[Slot, float]]:
    """Returns the laws and the probabilities of all random numbers of loads."""
    laws: dict[Slot, Law] = {}
    shares: dict[Slot, float] = {}
    for kind, purpose in (("bays", Purpose.TRANSFER), ("warehouses", Purpose.OFFLOAD), ("sites", Purpose.INSPECT)):
        for name, place in getattr(scenario, kind).items():
            laws[Slot(purpose, number[f"{kind}.{name}"])] = place.time
    for name, site in scenario.sites.items():
        place = number[f"sites.{name}"]
        if site.manual:
            shares[Slot(Purpose.MANUAL, place)] = site.manual.share
            laws[Slot(Purpose.MANUAL_TIME, number[f"sites.{name}.manual"])] = site.manual.time
        if site.repacking:
            laws[Slot(Purpose.REPACK, number[f"sites.{name}.repacking"])] = site.repacking.time
        if site.rejected:
            shares[Slot(Purpose.REJECTED, place)] = site.rejected.share
            if site.rejected.after:
                laws[Slot(Purpose.REJECTED_AFTER, place)] = site.rejected.after
    for name, office in scenario.offices.items():
        laws[Slot(Purpose.LEAD, number[f"offices.{name}"])] = office.time
    for name, slots in scenario.slots.items():
        if slots.no_show and slots.no_show.most:
            shares[Slot(Purpose.NO_SHOW, number[f"slots.{name}"])] = slots.no_show.share
    for name, road in scenario.roads.items():
        place = number[f"roads.{name}"]
        laws[Slot(Purpose.TRAVEL, place)] = law_of(road)
        if road.interception:
            shares[Slot(Purpose.INTERCEPTED, place)] = road.interception.missions
            shares[Slot(Purpose.TAKEN, place)] = road.interception.within
    for name, fleet in scenario.fleets.items():
        laws[Slot(Purpose.HOME, number[f"fleets.{name}"])] = fleet.home
    return laws, shares


def build_allocations(scenario: Scenario, goods: Network, onward: Network) -> tuple[Handing, ...]:
    """Returns the allocation of goods to distribution, one for each area from which goods go on, by name."""

    def allocation_of(area: str) -> Handing:
        route_numbers = [n for n, route in enumerate(onward.routes) if scenario.distribution[route.name].of == area]
        settings = [scenario.distribution[onward.routes[n].name] for n in route_numbers]
        return Handing(
            tuple(n for n, route in enumerate(goods.routes) if scenario.corridors[route.name].area == area),
            tuple(route_numbers),
            tuple(
                tuple(
                    round(corridor.share * PPM) if corridor.takes(source.sector, source.cargo) else 0
                    for corridor in settings
                )
                for source in goods.sources
            ),
        )

    return tuple(allocation_of(area) for area in sorted({corridor.of for corridor in scenario.distribution.values()}))
