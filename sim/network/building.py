"""Builds the network of a scenario that passed all checks: numbered places, calendars as steps, whole seconds."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from sim.calendars import StepFunction
from sim.laws import Law
from sim.network.base import LuckSlot, Node, Purpose
from sim.network.calendars import FULL_SPEED_PCT, assured_windows_s, build_phase_calendars, named_calendar_steps
from sim.network.changes import _build_operating_levels, _build_shocks, build_phases, extra_corridors, possible_hours
from sim.network.convoys import CrewNode, FleetNode, YardNode, _build_permission, dispatcher_number
from sim.network.corridors import ConvoyLine, Route, _build_steps, _costs_by_route, first_step_at
from sim.network.distribution import Allocation
from sim.network.flows import RateSteps, Renewal, Source, Trace, build_choice, rate_steps, read_trace
from sim.network.gates import (
    CeilingNode,
    GateNode,
    build_gate_queues,
    ceiling_limit,
    ceiling_unit,
    desk_number,
    turn_weights,
)
from sim.network.lanes import CLOSING_RULES, PoolNode, _build_breakdowns, _rejection_reasons, _repacking_limits
from sim.network.needs import build_needs
from sim.network.network import Network
from sim.network.offices import build_office, build_refusals, build_slots
from sim.network.roads import build_road, free_flow_law
from sim.network.start import stock_kind_and_ranks, stock_rank
from sim.network.stock import DepotNode, FuelUser, PlatformNode, StoreNode
from sim.network.subnetworks import PartyFlow, divide_scenario
from sim.network.tasks import TeamsNode, build_impairments, build_tasks
from sim.rules import BREAK_OFF, WITHOUT_END_S
from sim.scenario import corridors as written
from sim.scenario.convoys import Crew, Fleet, Yard
from sim.scenario.flows import Cargo, Flow
from sim.scenario.gates import Ceiling, Gate
from sim.scenario.lanes import SITE_BAYS, Bays, ServicePlace, Site
from sim.scenario.offices import Office, Slots
from sim.scenario.roads import Road
from sim.scenario.scenario import PLACE_KINDS, Scenario
from sim.scenario.start import Stock, load_stocks
from sim.scenario.stock import Depot, Platform, Store
from sim.scenario.tasks import Teams
from sim.units import DAY_S, PPM, to_per_cent


def place_keys(scenario: Scenario) -> dict[str, str]:
    """Returns full name -> key of each place; bays beside a site are places too (`sites.nitzana.manual`)."""
    keys: dict[str, str] = {}
    for kind in PLACE_KINDS:
        for name, place in getattr(scenario, kind).items():
            keys[f"{kind}.{name}"] = place.key or f"{kind}.{name}"
            for part in SITE_BAYS if isinstance(place, Site) else ():
                if getattr(place, part):
                    keys[f"{kind}.{name}.{part}"] = f"{place.key or f'{kind}.{name}'}.{part}"
    return keys


def build_network(scenario: Scenario, folders: tuple[Path, ...] = ()) -> Network:
    """Returns the network of a checked scenario; `folders` are searched for traces and tables of initial stocks."""
    with_stocks = scenario.model_copy(update={"start": load_stocks(scenario.start, folders)})
    goods, people_part, distribution_part = divide_scenario(with_stocks)
    network, people = _build_part(goods, folders), _build_part(people_part, folders) if people_part else None
    if distribution_part is None:
        return replace(network, people_network=people)
    onward = _build_part(distribution_part, folders)
    return replace(
        network,
        people_network=people,
        distribution_network=onward,
        allocations=build_allocations(with_stocks, network, onward),
    )


def _build_part(scenario: Scenario, folders: tuple[Path, ...]) -> Network:
    """Returns the network of one part of a scenario: goods, people or distribution."""
    keys = place_keys(scenario)
    number = {name: i for i, name in enumerate(sorted(keys, key=lambda name: keys[name].encode()))}
    nodes = tuple(_build_node(scenario, name, keys[name], number) for name in sorted(number, key=number.__getitem__))
    lines: dict[ConvoyLine, int] = {}
    routes = tuple(
        Route(name, corridor.key or name, _build_steps(scenario, name, number, lines))
        for name, corridor in sorted(scenario.corridors.items(), key=lambda item: (item[1].key or item[0]).encode())
    )
    laws, shares = _laws_and_probabilities(scenario, number)
    sources = _build_sources(scenario, routes, tuple(lines), number, folders)
    tasks = build_tasks(scenario, number)
    return Network(
        nodes, routes, tuple(lines), sources, laws, shares, scenario.run.days, scenario.run.warm_up,
        *build_gate_queues(scenario, number, sources), _build_shocks(scenario, number),
        _build_operating_levels(scenario, number),
        _rejection_reasons(scenario, number), _repacking_limits(scenario, number), build_refusals(scenario, number,
            sources, routes),
        build_phases(
            scenario, number, sources, routes, partial(_rate_steps, scenario),
            lambda name: named_calendar_steps(scenario, name, 1)
        ), build_phase_calendars(scenario, number), drain_days=scenario.run.drain, costs=_costs_by_route(scenario,
        routes),
        tasks=tasks, impairments=build_impairments(scenario, number, tasks),
        needs=build_needs(scenario, {route.name: i for i, route in enumerate(routes)}),
    )  # fmt: skip


def _build_node(scenario: Scenario, name: str, key: str, numbers: dict[str, int]) -> Node:
    """Returns the node of a place."""
    number = numbers[name]
    kind, _, rest = name.partition(".")
    short_name, _, part = rest.partition(".")
    place = getattr(scenario, kind)[short_name]
    title = place.title or short_name.replace("_", " ")

    def over_time(full: int) -> StepFunction:
        return named_calendar_steps(scenario, place.calendar, full)

    if isinstance(place, Ceiling):
        return CeilingNode(
            number, name, key, title, over_time(ceiling_limit(place)), ceiling_unit(place),
            desk_number(scenario, numbers, short_name),
            numbers.get(f"platforms.{place.behind}", -1), tuple(turn_weights(scenario, short_name).values()) or (1,),
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
            dispatcher_number(scenario, numbers, name), *escorts, _build_permission(scenario, place, numbers),
        )  # fmt: skip
    if isinstance(place, Fleet):
        owner, drivers = dispatcher_number(scenario, numbers, name), numbers.get(f"crews.{place.drivers}", -1)
        fuel = place.fuel
        fuel_of_trip = (numbers[f"depots.{fuel.depot}"], round(fuel.litres), round(fuel.leaves)) if fuel else ()
        return FleetNode(number, name, key, title, place.vehicles, place.pallets, owner, drivers, *fuel_of_trip)
    if isinstance(place, Depot):
        room, litres = round(place.room or -1), round(scenario.cargos[place.cargo].litres or 0)
        return DepotNode(number, name, key, title, room, round(place.stock), litres, place.at, _fuel_users(place))
    if isinstance(place, Crew):
        owner, rest_s = dispatcher_number(scenario, numbers, name), round(place.rest or 0)
        return CrewNode(number, name, key, title, place.people, rest_s, owner)
    if isinstance(place, Store):
        return StoreNode(number, name, key, title, over_time(round(place.outflow)), place.room, place.stock)
    if isinstance(place, Road):
        return build_road((number, name, key, title, over_time(to_per_cent(place.condition))), place)
    if isinstance(place, Office):
        return build_office((number, name, key, title, over_time(FULL_SPEED_PCT)), place)
    if isinstance(place, Slots):
        return build_slots(scenario, (number, name, key, title, over_time(round(place.trucks))), place, numbers)
    if isinstance(place, Teams):
        owner = min(numbers[f"teams.{other}"] for other in scenario.teams)
        return TeamsNode(number, name, key, title, over_time(1), place.teams, owner)
    assert isinstance(place, ServicePlace)
    lanes = getattr(place, part).bays if part else place.lanes
    breaks = None if part or place.breaks is None else _build_breakdowns(place.breaks)
    rule = (
        BREAK_OFF if isinstance(place, Site) and place.breaks_off_at_closing and not part else CLOSING_RULES[place.rule]
    )
    alternatives = possible_hours(scenario, name, lanes) or [(place.calendar, lanes)]
    most_lanes = max(count for _, count in alternatives)
    return PoolNode(
        number, name, key, f"{title}, {part}" if part else title, over_time(lanes), most_lanes, rule,
        -1 if place.room is None or part else place.room, place.overflow == "turn_away" and not part,
        assured_windows_s(scenario, alternatives, most_lanes), breaks,
        numbers[f"fleets.{fleet}"] if isinstance(place, Bays) and (fleet := receiving_fleet(scenario,
            short_name)) else -1,
    )  # fmt: skip


def _fuel_users(depot: Depot) -> tuple[FuelUser, ...]:
    """Returns the users of a depot in the order in which they draw."""
    users = (FuelUser(n, user.rank, round(user.litres), round(user.leaves)) for n, user in depot.users.items())
    return tuple(sorted(users, key=lambda user: (user.rank, user.name)))


def receiving_fleet(scenario: Scenario, bays: str) -> str | None:
    """Returns the fleet whose vehicles take over loads at these bays; None where loads go onto a platform."""
    steps = (step for corridor in scenario.corridors.values() for step in corridor.steps)
    onto = (step for step in steps if isinstance(step, written.Transfer) and step.bays == bays)
    return next((step.onto for step in onto if scenario.is_onto_fleet(step)), None)


def _build_sources(
    scenario: Scenario,
    routes: tuple[Route, ...],
    lines: tuple[ConvoyLine, ...],
    number: dict[str, int],
    folders: tuple[Path, ...],
) -> tuple[Source, ...]:
    """Returns the sources of loads, flows and initial stocks, in the order of their keys."""
    route_number = {route.name: i for i, route in enumerate(routes)}
    run, sources = scenario.run, []
    for name, flow in scenario.flows.items():
        shares = flow.corridor_shares()
        corridors = {corridor for corridor, share in shares.items() if share > 0} | extra_corridors(scenario, name)
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
            litres_per_pallet=round(cargo.litres or 0), direction=_direction(flow),
        ))  # fmt: skip
    for name, stock in load_stocks(scenario.start, folders).items():
        (sector, cargo_name), _ = stock_kind_and_ranks(scenario, stock)
        cargo, route = scenario.cargos[cargo_name], route_number[stock.corridor]
        sources.append(Source(
            name, stock_key(name, stock), sector, cargo_name, stock_rank(scenario, stock), (route,), (1.0,),
            cargo.pallets, cargo.weight, None, stock.loads,
            first_step_at(routes[route], lines, number.get(stock.at or "", -1)), stock.age, cargo.height,
            shelf_life_s=_shelf_life_s(cargo), litres_per_pallet=round(cargo.litres or 0),
            direction=_direction(scenario.flows[stock.flow]) if stock.flow else "",
        ))  # fmt: skip
    return tuple(sorted(sources, key=lambda source: source.key.encode()))


def _direction(flow: Flow) -> str:
    """Returns the direction of parties of people; empty for goods."""
    return flow.direction if isinstance(flow, PartyFlow) else ""


def _shelf_life_s(cargo: Cargo) -> int:
    """Returns the shelf life of a cargo [s]; WITHOUT_END_S where it does not expire."""
    return WITHOUT_END_S if cargo.shelf_life is None else round(cargo.shelf_life)


def stock_key(name: str, stock: Stock) -> str:
    """Returns the key of an initial stock.

    Its default contains an older name of the setting, so that random numbers stay the same.
    """
    return stock.key or f"opening_stock.{name}"


def _rate_steps(scenario: Scenario, flow: str, rate: float) -> RateSteps:
    """Returns the rate of a flow over time, with its pattern applied to `rate`."""
    return rate_steps(rate, scenario.flows[flow].pattern, scenario.run.start, scenario.run.days)


def _laws_and_probabilities(
    scenario: Scenario, number: dict[str, int]
) -> tuple[dict[LuckSlot, Law], dict[LuckSlot, float]]:
    """Returns the laws and the probabilities of all random numbers of loads."""
    laws: dict[LuckSlot, Law] = {}
    shares: dict[LuckSlot, float] = {}
    for kind, purpose in (("bays", Purpose.TRANSFER), ("warehouses", Purpose.OFFLOAD), ("sites", Purpose.INSPECT)):
        for name, place in getattr(scenario, kind).items():
            laws[LuckSlot(purpose, number[f"{kind}.{name}"])] = place.time
    for name, site in scenario.sites.items():
        place = number[f"sites.{name}"]
        if site.manual:
            shares[LuckSlot(Purpose.MANUAL, place)] = site.manual.share
            laws[LuckSlot(Purpose.MANUAL_TIME, number[f"sites.{name}.manual"])] = site.manual.time
        if site.repacking:
            laws[LuckSlot(Purpose.REPACK, number[f"sites.{name}.repacking"])] = site.repacking.time
        if site.rejected:
            shares[LuckSlot(Purpose.REJECTED, place)] = site.rejected.share
            if site.rejected.after:
                laws[LuckSlot(Purpose.REJECTED_AFTER, place)] = site.rejected.after
    for name, office in scenario.offices.items():
        laws[LuckSlot(Purpose.LEAD, number[f"offices.{name}"])] = office.time
    for name, slots in scenario.slots.items():
        if slots.no_show and slots.no_show.most:
            shares[LuckSlot(Purpose.NO_SHOW, number[f"slots.{name}"])] = slots.no_show.share
    for name, road in scenario.roads.items():
        place = number[f"roads.{name}"]
        laws[LuckSlot(Purpose.TRAVEL, place)] = free_flow_law(road)
        if road.interception:
            shares[LuckSlot(Purpose.INTERCEPTED, place)] = road.interception.missions
            shares[LuckSlot(Purpose.TAKEN, place)] = road.interception.within
    for name, fleet in scenario.fleets.items():
        laws[LuckSlot(Purpose.HOME, number[f"fleets.{name}"])] = fleet.home
    return laws, shares


def build_allocations(scenario: Scenario, goods: Network, onward: Network) -> tuple[Allocation, ...]:
    """Returns the allocation of goods to distribution, one for each area from which goods go on, by name."""

    def allocation_of(area: str) -> Allocation:
        route_numbers = [n for n, route in enumerate(onward.routes) if scenario.distribution[route.name].of == area]
        settings = [scenario.distribution[onward.routes[n].name] for n in route_numbers]
        return Allocation(
            tuple(n for n, route in enumerate(goods.routes) if scenario.corridors[route.name].area == area),
            tuple(route_numbers),
            tuple(
                tuple(
                    round(corridor.share * PPM) if corridor.accepts(source.sector, source.cargo) else 0
                    for corridor in settings
                )
                for source in goods.sources
            ),
        )

    return tuple(allocation_of(area) for area in sorted({corridor.of for corridor in scenario.distribution.values()}))
