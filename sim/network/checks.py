"""Checks of a scenario that need several settings at once. All mistakes are reported together, before anything runs.

Each check is a function that yields one message per mistake; checks of one feature stand in the feature's module.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from sim.network.base import crc
from sim.network.building import key_of, place_names
from sim.network.changes import corridors_besides, phases_make_sense
from sim.network.convoys import MISSIONS, references
from sim.network.corridors import TRANSFERS, places_of, room_onto
from sim.network.distribution import DISTRIBUTION, references_of_distribution
from sim.network.flows import CHOICES, read_trace
from sim.network.gates import CEILINGS, gates_of, passages
from sim.network.map import two_on_one_spot
from sim.network.needs import NEEDS, references_of_needs
from sim.network.offices import PERMITS, references_of_permits
from sim.network.people import PEOPLE
from sim.network.start import START_RULES, all_stocks, cargo_of
from sim.network.stock import FUEL, cargos_on, references_of_fuel
from sim.network.subnetworks import name_of_people_flow as name_of
from sim.network.tasks import TASKS, references_of_tasks
from sim.scenario.base import Mistakes, nearest
from sim.scenario.calendars import BUILT_IN
from sim.scenario.changes import OperatingLevel, Shock
from sim.scenario.convoys import Yard
from sim.scenario.corridors import Convoy, Inspect, Offload, PassGate, Transfer, Travel
from sim.scenario.gates import Ceiling, Gate
from sim.scenario.lanes import Served, Warehouse
from sim.scenario.offices import Office, Slots
from sim.scenario.provenance import misplaced_sources
from sim.scenario.roads import Road
from sim.scenario.scenario import PLACE_KINDS, Scenario
from sim.scenario.start import path_of, stocks
from sim.scenario.stock import Store
from sim.scenario.tasks import Teams

TIMED = (Gate, Ceiling, Served, Store, Yard, Road, Office, Slots, Teams)  # places with hours
NO_LIMIT = 1 - 2.0**-53  # the largest uniform random number below 1


def check(scenario: Scenario, folders: tuple[Path, ...] = ()) -> None:
    """Raises Mistakes with everything that is wrong between the parts of a scenario."""
    mistakes = []
    try:
        scenario = scenario.model_copy(update={"start": stocks(scenario.start, folders)})
    except (ValueError, OSError) as error:
        mistakes.append(f"start: {error}")
        scenario = scenario.model_copy(update={"start": {}})
    mistakes += [line for rule in (*RULES, *START_RULES) for line in rule(scenario)]
    mistakes += _traces_can_be_read(scenario, folders)
    if mistakes:
        raise Mistakes(dict.fromkeys(mistakes))


def _names_are_known(scenario: Scenario) -> Iterator[str]:
    """Checks that every reference names something that exists."""
    for where, kind, name in _references(scenario):
        names = {**scenario.calendars, **BUILT_IN} if kind == "calendars" else getattr(scenario, kind)
        if name not in names:
            yield f"{where}: there is no {kind}.{name}{nearest(name, names)}"


def _references(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """Yields (setting, kind, name) of each reference."""
    for name, calendar in scenario.calendars.items():
        for holidays in calendar.include:
            yield f"calendars.{name}.include", "holidays", holidays
    for kind in PLACE_KINDS:
        for name, place in getattr(scenario, kind).items():
            if isinstance(place, Ceiling):
                yield from ((f"{kind}.{name}.gates", "gates", gate) for gate in place.gates)
                if place.behind and gates_of(scenario, place):
                    yield f"{kind}.{name}.behind", "platforms", place.behind
            if isinstance(place, Warehouse) and place.store:
                yield f"{kind}.{name}.store", "stores", place.store
            if isinstance(place, TIMED):
                yield f"{kind}.{name}.calendar", "calendars", place.calendar
            if isinstance(place, Road) and place.interception:
                where = f"{kind}.{name}.interception.cargos"
                yield from ((where, "cargos", cargo) for cargo in place.interception.cargos)
            yield from references(f"{kind}.{name}", place)
            yield from references_of_fuel(f"{kind}.{name}", place)
    yield from references_of_permits(scenario)
    yield from references_of_tasks(scenario)
    yield from references_of_needs(scenario)
    yield from references_of_distribution(scenario)
    for name, corridor in scenario.corridors.items():
        yield f"corridors.{name}.from", "origins", corridor.origin
        yield f"corridors.{name}.to", "areas", corridor.area
        for i, step in enumerate(corridor.steps):
            for kind, named in places_of(scenario, step):
                yield f"corridors.{name}.steps[{i}] ({step.verb})", kind, named
    for name, flow in scenario.flows.items():
        yield f"flows.{name}.cargo", "cargos", flow.cargo
        for corridor_name in flow.corridors:
            yield f"flows.{name}.corridors", "corridors", corridor_name
        for candidate in flow.choice.among if flow.choice else ():
            yield f"flows.{name}.choice.among", "corridors", candidate
        if flow.divert:
            yield f"flows.{name}.divert.to", "corridors", flow.divert.to
    for name, stock in all_stocks(scenario).items():
        if stock.flow is not None:
            yield path_of(name, "flow"), "flows", stock.flow
        if stock.cargo is not None:
            yield path_of(name, "cargo"), "cargos", stock.cargo
        yield path_of(name, "corridor"), "corridors", stock.corridor


def _hazards_befall_places_with_hours(scenario: Scenario) -> Iterator[str]:
    """Checks that shocks and operating levels name places whose calendar they can change.

    A gate, a yard and teams are open or closed, without levels between.
    """
    places = place_names(scenario)
    for kind in ("shocks", "operating_levels"):
        for name, hazard in getattr(scenario, kind).items():
            for full_name in hazard.places:
                place_kind, _, short_name = full_name.partition(".")
                where = f"{kind}.{name}.places"
                if full_name not in places or short_name not in getattr(scenario, place_kind):
                    yield f"{where}: there is no {full_name}{nearest(full_name, places)}"
                elif not isinstance(place := getattr(scenario, place_kind)[short_name], TIMED):
                    yield f"{where}: {full_name} has no hours that could change"
                elif isinstance(place, Ceiling | Slots) and isinstance(hazard, OperatingLevel) and hazard.of == "hours":
                    yield f"{where}: {full_name} has no hours; write of: lanes for a share of its limit"
                elif isinstance(place, Gate | Yard | Teams) and (
                    hazard.level > 0 if isinstance(hazard, Shock) else hazard.of == "lanes"
                ):
                    yield f"{where}: {full_name} is open or closed, and has no lanes or speed of which a share is left"


def _corridors_make_sense(scenario: Scenario) -> Iterator[str]:
    """Checks the order of steps: a corridor ends where it offloads, and goods on a platform are collected there.

    Behind a platform vehicles only travel, pass gates and offload.
    """
    for name, corridor in scenario.corridors.items():
        steps = corridor.steps
        collected = False
        for i, step in enumerate(steps):
            where = f"corridors.{name}.steps[{i}]"
            if isinstance(step, Offload) != (i == len(steps) - 1):
                yield f"{where}: a corridor ends with offload, and has no other; found {step.verb} here"
            after, before = (steps[j] if 0 <= j < len(steps) else None for j in (i + 1, i - 1))
            onto = step.onto if isinstance(step, Transfer) and step.onto in scenario.platforms else None
            if onto and not (isinstance(after, Convoy) and after.platform == onto):
                fleet = (
                    f"; the platform is meant, as fleets.{onto} has the same name" if onto in scenario.fleets else ""
                )
                yield f"{where}: what is put on {onto} is collected there: wanted convoy from {onto} next{fleet}"
            placed = isinstance(before, Transfer) and not scenario.is_onto_fleet(before)
            placed |= i == 0 and name in scenario.distribution  # what arrived stands where it is collected
            if isinstance(step, Convoy) and step.platform and not placed:
                yield f"{where}: a convoy that collects from {step.platform} comes right after a transfer onto it"
            if collected and not isinstance(step, Travel | PassGate | Offload):
                yield f"{where}: behind a platform vehicles only travel, pass_gate and offload; found {step.verb}"
            if collected and isinstance(step, PassGate) and getattr(scenario.gates.get(step.gate), "border", False):
                yield f"{where}: gates.{step.gate} is the border, and lies behind the platform"
            collected = collected or (isinstance(step, Convoy) and step.platform is not None)


def _what_costs_drives(scenario: Scenario) -> Iterator[str]:
    """Checks that a corridor with costs has a drive: costs are counted when a truck's first drive begins."""
    for name, corridor in scenario.corridors.items():
        if corridor.costs and not any(isinstance(step, Travel) for step in corridor.steps):
            yield f"corridors.{name}.costs: they count from a truck's first drive, and the corridor has no travel"


def _sent_back_to_an_earlier_step(scenario: Scenario) -> Iterator[str]:
    """Checks that `back_to` names the same step or an earlier one, and that names of steps differ."""
    for name, corridor in scenario.corridors.items():
        named = [step.name for step in corridor.steps if step.name]
        for repeated in {word for word in named if named.count(word) > 1}:
            yield f"corridors.{name}: two steps are called {repeated}"
        for i, step in enumerate(corridor.steps):
            site = scenario.sites.get(step.site) if isinstance(step, Inspect) else None
            back_to = site.rejected.back_to if site and site.rejected else None
            earlier = [before.name for before in corridor.steps[: i + 1] if before.name]
            if isinstance(step, Inspect) and back_to and back_to not in earlier:
                where = f"corridors.{name}: sites.{step.site}.rejected.back_to"
                yield f"{where} names no earlier step{nearest(back_to, earlier)}"


def _shares_add_up(scenario: Scenario) -> Iterator[str]:
    """Checks that the shares of a flow's corridors add up to 1."""
    for name, flow in scenario.flows.items():
        total = sum(flow.shares().values())
        if (flow.rate or flow.interval or flow.trace) and abs(total - 1) > 1e-9:
            yield f"flows.{name}.corridors: shares must add up to 100 %, are {total:.4%}"


def _keys_differ(scenario: Scenario) -> Iterator[str]:
    """Checks that all keys that enter seeds differ, and so do their CRC-32."""
    named: list[tuple[str, str]] = list(place_names(scenario).items())
    named += [(path_of(name, "")[:-1], key_of(name, stock)) for name, stock in all_stocks(scenario).items()]
    for name, group in scenario.people.items():
        flow_keys = (name_of(group.key or f"people.{name}", urgency) for urgency in group.classes())
        named += [(f"people.{name}", key) for flow_key in flow_keys for key in (flow_key, f"{flow_key} waiting")]
    for kind in ("flows", "shocks", "operating_levels", "phases", "tasks"):
        named += [(f"{kind}.{n}", thing.key or f"{kind}.{n}") for n, thing in getattr(scenario, kind).items()]
    named += [(f"corridors.{name}", corridor.key or name) for name, corridor in scenario.corridors.items()]
    seen: dict[int, str] = {}
    for name, key in named:
        if (number := crc(key)) in seen:
            yield f"{name}.key: {key!r} cannot be told from the key of {seen[number]}; give it another"
        seen[number] = name


def _loads_fit_their_platform(scenario: Scenario) -> Iterator[str]:
    """Checks that the largest load of each flow fits onto its empty platforms, and onto vehicles that take it over."""
    for name, flow in scenario.flows.items():
        cargo = scenario.cargos.get(flow.cargo)
        if cargo:
            largest = int(cargo.pallets.draw(np.array([NO_LIMIT]))[0])
            yield from _too_large(scenario, name, f"cargos.{flow.cargo}.pallets", largest)


def _loads_fit_under_their_ceiling(scenario: Scenario) -> Iterator[str]:
    """Checks that the largest load fits under a ceiling of pallets or litres; it would wait at the gate for ever."""
    for name, ceiling, passage in passages(scenario):
        most = passage.party * _most_litres(scenario, passage.way) if ceiling.litres is not None else 0.0
        if ceiling.litres is not None and ceiling.litres < most:
            yield f"ceilings.{name}.litres: {ceiling.litres:g}, and parties on corridors.{passage.way} reach {most:g}"
        largest = _largest_load(scenario, passage.way) if ceiling.pallets is not None else 0
        if ceiling.pallets is not None and ceiling.pallets < largest:
            yield f"ceilings.{name}.pallets: {ceiling.pallets}, and loads on corridors.{passage.way} reach {largest}"


def _too_large(scenario: Scenario, flow: str, where: str, pallets: int) -> Iterator[str]:
    """Yields a message for each receiver of loads of `flow`, or of its initial stock, without room for `pallets`."""
    corridors = [*scenario.flows[flow].shares(), *corridors_besides(scenario, flow)]
    corridors += [stock.corridor for stock in all_stocks(scenario).values() if stock.flow == flow]
    steps = [
        step for corridor in corridors if corridor in scenario.corridors for step in scenario.corridors[corridor].steps
    ]
    for onto in (step.onto for step in steps if isinstance(step, Transfer)):
        if (limit := room_onto(scenario, onto)) and limit[0] < pallets:
            yield f"{where}: loads of flows.{flow} reach {pallets}, {limit[1]}"


def _convoys_can_form(scenario: Scenario) -> Iterator[str]:
    """Checks that a fleet has the vehicles for the smallest convoy of each of its yards."""
    for name, corridor in scenario.corridors.items():
        for step in corridor.steps:
            if isinstance(step, Convoy) and step.fleet:
                yard, fleet = scenario.yards.get(step.yard), scenario.fleets.get(step.fleet)
                if yard and fleet and yard.min > fleet.vehicles:
                    least = f"yards.{step.yard}.min ({yard.min})"
                    yield f"corridors.{name}: {least} is above fleets.{step.fleet}.vehicles ({fleet.vehicles})"


def _platforms_hold_a_convoy(scenario: Scenario) -> Iterator[str]:
    """Checks that a platform holds the smallest convoy and one more load where vehicles wait without a limit of time.

    Otherwise it may block for ever, with too little for a convoy and too much for the next load.
    """
    for name, corridor in scenario.corridors.items():
        for step in corridor.steps:
            if not (isinstance(step, Convoy) and step.fleet and step.platform):
                continue
            yard, fleet = scenario.yards.get(step.yard), scenario.fleets.get(step.fleet)
            platform = scenario.platforms.get(step.platform)
            if yard and fleet and platform and platform.room is not None and yard.patience is None:
                needed = yard.min * fleet.pallets - 1 + _largest_load(scenario, name)
                if platform.room < needed:
                    where = f"corridors.{name}: platforms.{step.platform}.room ({platform.room})"
                    yield f"{where} must be at least {needed} where yards.{step.yard} has no patience"


def _most_litres(scenario: Scenario, corridor: str) -> float:
    """Returns the most litres of a load on this corridor, traces excepted."""
    cargos = [scenario.cargos[cargo] for cargo in cargos_on(scenario, corridor) if cargo in scenario.cargos]
    return max((float(c.pallets.draw(np.array([NO_LIMIT]))[0]) * (c.litres or 0) for c in cargos), default=0.0)


def _largest_load(scenario: Scenario, corridor: str) -> int:
    """Returns the most pallets of a load on this corridor, traces excepted."""
    corridors_of_flow = {
        name: {*flow.shares(), *corridors_besides(scenario, name)} for name, flow in scenario.flows.items()
    }
    flows = [flow for name, flow in scenario.flows.items() if corridor in corridors_of_flow[name]]
    stocks = [stock for stock in all_stocks(scenario).values() if stock.corridor == corridor]
    cargos = [flow.cargo for flow in flows] + [cargo_of(scenario, stock) or "" for stock in stocks]
    laws = [scenario.cargos[cargo].pallets for cargo in cargos if cargo in scenario.cargos]
    return max((int(law.draw(np.array([NO_LIMIT]))[0]) for law in laws), default=0)


def _stores_take_what_comes(scenario: Scenario) -> Iterator[str]:
    """Checks that a store has room for the largest delivery, which would otherwise block its dock for ever."""
    for name, corridor in scenario.corridors.items():
        collected = [step for step in corridor.steps if isinstance(step, Convoy) and step.fleet in scenario.fleets]
        most = scenario.fleets[collected[-1].fleet or ""].pallets if collected else _largest_load(scenario, name)
        for last in corridor.steps:
            warehouse = scenario.warehouses.get(last.warehouse) if isinstance(last, Offload) else None
            store = scenario.stores.get(warehouse.store or "") if warehouse else None
            if warehouse and store and store.room < most:
                full = f"stores.{warehouse.store} has room for {store.room}"
                yield f"corridors.{name}: up to {most} pallets come at once, {full}"


def _vehicles_are_not_turned_away(scenario: Scenario) -> Iterator[str]:
    """Checks that no warehouse turns away vehicles that collected from a platform: they cannot return."""
    for name, corridor in scenario.corridors.items():
        if not any(isinstance(step, Convoy) and step.fleet for step in corridor.steps):
            continue
        for last in corridor.steps:
            warehouse = scenario.warehouses.get(last.warehouse) if isinstance(last, Offload) else None
            if warehouse and warehouse.room is not None and warehouse.overflow == "turn_away":
                yield f"corridors.{name}: its warehouse must block where it has no room, vehicles cannot turn back"


def _stock_stands_on_its_corridor(scenario: Scenario) -> Iterator[str]:
    """Checks that an initial stock is at the origin or at a place of its corridor."""
    for name, stock in all_stocks(scenario).items():
        corridor = scenario.corridors.get(stock.corridor)
        if corridor and stock.at and stock.at != f"origins.{corridor.origin}":
            on_the_way = [
                f"{kind}.{n}" for step in corridor.steps for kind, n in places_of(scenario, step) if kind != "fleets"
            ]
            if stock.at not in on_the_way:
                on_the_way.append(f"origins.{corridor.origin}")
                wrong = f"{stock.at} is not on corridors.{stock.corridor}{nearest(stock.at, on_the_way)}"
                yield f"{path_of(name, 'at')}: {wrong}"


RULES: tuple[Callable[[Scenario], Iterator[str]], ...] = (
    _names_are_known, *CEILINGS, *TRANSFERS, *PERMITS, *CHOICES, *MISSIONS, *PEOPLE, *NEEDS, *TASKS, *FUEL,
    *DISTRIBUTION,
    _hazards_befall_places_with_hours, _corridors_make_sense, _what_costs_drives,
    _sent_back_to_an_earlier_step, _shares_add_up, _keys_differ, _loads_fit_their_platform,
    _loads_fit_under_their_ceiling, _convoys_can_form, _platforms_hold_a_convoy, _vehicles_are_not_turned_away,
    _stores_take_what_comes, _stock_stands_on_its_corridor, phases_make_sense, misplaced_sources, two_on_one_spot,
)  # fmt: skip


def _traces_can_be_read(scenario: Scenario, folders: tuple[Path, ...]) -> Iterator[str]:
    """Checks that each trace can be read, that its loads fit onto their platforms, and that its columns name places."""
    for name, flow in scenario.flows.items():
        if flow.trace is not None:
            try:
                trace = read_trace(flow.trace, folders, scenario.run.start)
            except (ValueError, OSError) as error:
                yield f"flows.{name}.trace: {error}"
            else:
                yield from _too_large(scenario, name, f"flows.{name}.trace", int(trace.pallets.max(initial=0)))
                places = place_names(scenario)
                for place in trace.durations.keys() - places.keys():
                    yield f"flows.{name}.trace: its column {place} names no place{nearest(place, places)}"
