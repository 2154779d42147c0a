"""Loads that choose their corridor, or are diverted: each table is worked by hand, and holds in both engines."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sim import events as e
from sim.loop import engine as compiled
from sim.network.building import build_network
from sim.readings import whereabouts
from sim.study.offered_load import offered_loads
from sim.study.replication import replicate
from tests.engines.test_offices import merged
from tests.readings.test_whereabouts import told
from tests.worlds.running import WORLD, ReplicationResult, mistakes_in, network_of, run, scenario_of, write_trace

H, DAY = 60, 1440  # minutes
SMALL = """
calendars:
  monday_and_wednesday: {windows: {all: {days: "mon, wed", hours: "08:00-16:00"}}}
  tuesday: {windows: {all: {days: tue, hours: "08:00-16:00"}}}
  from_eight: {windows: {all: {hours: "08:00-16:00"}}}
  from_ten: {windows: {all: {hours: "10:00-16:00"}}}
  one_day: {closures: {shut: {from: 2024-05-14}}}
gates: {rim: {border: true}, sea: {border: true}, post: {}}
sites: {scan: {lanes: 1, time: 1 h}}
warehouses: {dock: {lanes: 50, time: 1 s}}
corridors:
  north: {from: away, to: here, steps: [{pass_gate: rim}, {offload: dock}]}
  south: {from: away, to: here, steps: [{pass_gate: sea}, {offload: dock}]}
  inland: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}
run: {days: 6}
"""
CHOOSES = "sector: un, cargo: food, choice: {among: [north, south]"  # and the rule


def ran(folder: Path, gates: str, *flows: tuple[str, Sequence[float]]) -> ReplicationResult:
    """Flows of these settings, each with loads at these minutes; the engines agree on it, and all adds up."""
    lines = []
    for number, (settings, times_min) in enumerate(flows):
        write_trace(folder, times_min, f"{number}.csv")
        lines.append(f"  flow_{number}: {{trace: {number}.csv, {settings}}}")
    world = run(merged("\n".join([SMALL, "flows:", *lines]), gates), folder)
    assert (compiled.run(world.network, world.draws) == world.log).all()
    whereabouts.whereabouts_at_end(world.network, world.draws, world.history)
    return world


def ways(world: ReplicationResult, flow: int = 0) -> list[str]:
    """The corridor that each load of a flow took, in their order."""
    names = [route.name for route in world.network.routes]
    number = next(i for i, source in enumerate(world.network.sources) if source.name == f"flow_{flow}")
    return [names[route] for route in world.draws.route[world.draws.source == number]]


# First open


def test_the_first_corridor_that_opens_on_a_day_is_taken_also_before_it_opens_and_after(tmp_path: Path) -> None:
    gates = "gates: {rim: {border: true, calendar: monday_and_wednesday}, sea: {border: true, calendar: tuesday}}"
    times = [0, H, 23 * H, DAY - 1 / 60, DAY, 2 * DAY, 3 * DAY]  # Monday, Tuesday, Wednesday; on Thursday none opens
    world = ran(tmp_path, gates, (f"{CHOOSES}, rule: first_open}}", times))
    assert ways(world) == ["north"] * 4 + ["south", "north", "north"]
    assert not len(world.rows(e.ROUTED))
    # who comes after closing time waits until Wednesday at eight, and who comes on Thursday until the run's end
    assert world.arrivals_min() == [at + 1 / 60 for at in (8 * H, 8 * H, *[2 * DAY + 8 * H] * 2, DAY + 8 * H,
                                                           2 * DAY + 8 * H)]  # fmt: skip


def test_every_gate_of_a_corridor_has_to_open_and_one_without_gates_is_open(tmp_path: Path) -> None:
    corridor = "  both: {from: away, to: here, steps: [{pass_gate: rim}, {pass_gate: sea}, {offload: dock}]}"
    gates = "gates: {rim: {border: true, calendar: monday_and_wednesday}, sea: {border: true, calendar: tuesday}}"
    text = SMALL.replace("run: {days: 6}", f"{corridor}\nrun: {{days: 6}}")
    write_trace(tmp_path, [0, DAY, 2 * DAY])
    flow = (
        "flows: {f: {sector: un, cargo: food, trace: arrivals.csv, choice: {rule: RULE, among: [both, inland, north]}}}"
    )
    world = run(merged(f"{text}\n{flow.replace('RULE', 'first_open')}", gates), tmp_path)
    assert {world.network.routes[route].name for route in world.draws.route} == {"inland"}


# Diverting

ONE_DAY = "gates: {rim: {border: true, calendar: one_day}, sea: {border: true}}"
SHARED = "sector: un, cargo: food, corridors: {north: 100 %}"


def test_a_load_is_diverted_once_its_border_has_been_closed_for_that_long_and_one_that_waits_stays(
    tmp_path: Path,
) -> None:
    times = [DAY - 1 / 60, DAY, 2 * DAY - 1 / 60, 2 * DAY, 3 * DAY]  # the gate closes as the first day ends
    world = ran(tmp_path, ONE_DAY, (f"{SHARED}, divert: {{after: 1 day, to: south}}", times))
    assert ways(world) == ["north"] * 3 + ["south"] * 2
    assert told(world) == {
        ("gates.rim", "waiting", 2, 40, 120), ("warehouses.dock", "arrived", 1, 20, None),
        ("warehouses.dock", "arrived", 2, 40, None),
    }  # fmt: skip
    assert len(world.rows(e.REQUESTED)) == 5  # a diverted load is one load


def test_what_is_closed_when_the_run_starts_is_taken_to_have_closed_then(tmp_path: Path) -> None:
    gates = "gates: {rim: {border: true, calendar: never}, sea: {border: true}}"
    times = [0, DAY - 1 / 60, DAY]
    world = ran(tmp_path, gates, (f"{SHARED}, divert: {{after: 1 day, to: inland}}", times))
    assert ways(world) == ["north", "north", "inland"]


def test_one_open_second_is_enough_not_to_divert_and_gates_within_do_not_count(tmp_path: Path) -> None:
    gates = "gates: {rim: {border: true, calendar: from_eight}, sea: {border: true}, post: {calendar: never}}"
    divert = "divert: {after: 16 h, to: south}"  # from four until eight next day
    world = ran(tmp_path, gates, (f"{SHARED}, {divert}", [8 * H - 1 / 60, 8 * H, DAY + 8 * H - 1 / 60, DAY + 8 * H]))
    assert ways(world) == ["north"] * 4
    within = merged(SMALL, gates).replace("{pass_gate: rim}, ", "{pass_gate: rim}, {pass_gate: post}, ", 1)
    write_trace(tmp_path, [3 * DAY])
    world = run(f"{within}\nflows: {{flow_0: {{trace: arrivals.csv, {SHARED}, {divert}}}}}", tmp_path)
    assert ways(world) == ["north"]


def test_who_finds_none_open_for_long_is_diverted_to_a_corridor_that_is_not_in_the_list(tmp_path: Path) -> None:
    gates = "gates: {rim: {border: true, calendar: one_day}, sea: {border: true, calendar: one_day}}"
    settings = f"{CHOOSES}, rule: first_open}}, divert: {{after: 2 days, to: inland}}"
    world = ran(tmp_path, gates, (settings, [0, DAY, 3 * DAY - 1 / 60, 3 * DAY]))
    assert ways(world) == ["north", "north", "north", "inland"]


# Least wait

HOURS = "gates: {rim: {border: true, calendar: from_eight}, sea: {border: true, calendar: from_ten}}"
SOUTH = "sector: ngo, cargo: food, corridors: {south: 100 %}"


def test_the_corridor_whose_last_day_had_the_least_wait_is_taken(tmp_path: Path) -> None:
    """What is known of north and south [h]: nothing of either; 2 and 1; 2 and 4 1/3; 0 and 4 1/3; and from then on 8.

    On the fifth day nothing passes, and what is known stays so.
    """
    times = [6 * H, DAY, DAY + 7 * H, DAY + 12 * H, 2 * DAY + 8.5 * H, 3 * DAY, 5 * DAY + 9 * H]
    world = ran(tmp_path, HOURS, (f"{CHOOSES}, rule: least_wait}}", times), (SOUTH, [9 * H]))
    assert ways(world) == ["north", "south", "south", "south", "north", "north", "south"]
    assert world.rows(e.ROUTED)["value"].tolist() == [0, 1, 1, 1, 0, 0, 1]
    assert world.rows(e.ROUTED)["time_s"].tolist() == [round(at * 60) for at in times]
    assert set(world.rows(e.ROUTED)["place"]) == {-1}
    assert len(world.rows(e.ARRIVED)) == 8


def test_who_passes_today_changes_nothing_until_tomorrow(tmp_path: Path) -> None:
    """On the first day an hour in the north and four in the south; on the second another four there, by ten."""
    north = "sector: ngo, cargo: food, corridors: {north: 100 %}"
    flows = ((f"{CHOOSES}, rule: least_wait}}", [DAY + 12 * H]), (north, [7 * H]), (SOUTH, [6 * H, DAY + 6 * H]))
    assert ways(ran(tmp_path, HOURS, *flows)) == ["north"]


def test_a_wait_is_the_mean_of_a_day_in_whole_seconds_and_of_equals_the_first_is_taken(tmp_path: Path) -> None:
    """In the north 2 h and 1 h 59 min 59 s, which makes 7199 s; in the south that, or a second more."""
    north = "sector: ngo, cargo: food, corridors: {north: 100 %}"
    for south_min, taken in ((8 * H + 1 / 60, "north"), (8 * H + 2 / 60, "south")):  # waits of 7199 s, and 7198 s
        flows = ((f"{CHOOSES}, rule: least_wait}}", [DAY]), (north, [6 * H, 6 * H + 1 / 60]), (SOUTH, [south_min]))
        assert ways(ran(tmp_path, HOURS, *flows)) == [taken]


def test_the_waits_that_count_may_be_those_at_a_place_that_is_named(tmp_path: Path) -> None:
    """At the site an hour for the second of two; at the gate, which is always open, none."""
    choice = "{rule: least_wait, among: [inland, north], at: {inland: sites.scan}}"
    settings = f"sector: un, cargo: food, choice: {choice}"
    world = ran(tmp_path, "", (settings, [60, 60, DAY, 3 * DAY]))
    assert ways(world) == ["inland", "inland", "north", "north"]


def test_who_would_take_a_border_that_is_closed_for_long_is_diverted_by_waits_too(tmp_path: Path) -> None:
    """Nobody ever waited in the north, which closes: so it would be taken for ever."""
    south = (SOUTH, [9 * H])  # waits for an hour
    gates = ONE_DAY.replace("sea: {border: true}", "sea: {border: true, calendar: from_ten}")
    times = [0, DAY, 2 * DAY - 1 / 60, 2 * DAY]
    flow = f"{CHOOSES}, rule: least_wait}}, divert: {{after: 1 day, to: TO}}"
    world = ran(tmp_path, gates, (flow.replace("TO", "south"), times), south)
    assert ways(world) == ["north", "north", "north", "south"]
    world = ran(tmp_path, gates, (flow.replace("TO", "inland"), times), south)
    assert ways(world) == ["north", "north", "north", "inland"]
    assert world.rows(e.ROUTED)["value"].tolist() == [0, 0, 0, 2]


def test_an_office_refuses_by_the_corridor_that_was_taken(tmp_path: Path) -> None:
    """Nobody is refused in the north, which is taken until it has waits; then all are, in the south."""
    office = "offices: {un: {time: 1 s, refuses: {all: {corridors: [south]}}}}"
    text = merged(SMALL, office).replace("steps: [{pass_gate: ", "steps: [{permit: un}, {pass_gate: ")
    write_trace(tmp_path, [60, DAY, DAY])
    world = run(
        f"{merged(text, HOURS)}\nflows: {{f: {{trace: arrivals.csv, {CHOOSES}, rule: least_wait}}}}}}", tmp_path
    )
    assert (compiled.run(world.network, world.draws) == world.log).all()
    assert world.rows(e.RETURNED)["entity"].tolist() == [1, 2]


BY_WAITS = WORLD.replace(
    "corridors: {north: 60 %, south: 40 %}",
    "choice: {rule: least_wait, among: [south, north], at: {north: warehouses.dock, south: sites.scan}}",
)


def test_a_load_meets_the_luck_of_the_corridor_that_it_takes_as_if_by_a_share() -> None:
    chosen = run(BY_WAITS)
    routes, seen = chosen.draws.route, set[str]()
    for i, route in enumerate(chosen.network.routes):
        alone = run(WORLD.replace("{north: 60 %, south: 40 %}", f"{{{route.name}: 100 %}}"))
        own = np.array([s.name == "aid" for s in chosen.network.sources])[chosen.draws.source] & (routes == i)
        seen |= {route.name} if own.any() else set()
        for slot in chosen.network.luck_slots(route):
            if slot.purpose.name != "REJECTED_AFTER":
                one, other = chosen.draws.luck_of_visit(slot, 0)[own], alone.draws.luck_of_visit(slot, 0)[own]
                assert (one == other).all(), slot
                assert (chosen.draws.created_s == alone.draws.created_s).all()
    assert seen == {"north", "south"}


def test_slots_of_all_corridors_that_a_load_may_take_have_columns_apart() -> None:
    draws = run(BY_WAITS).draws
    way = draws.route_group.max()
    assert way == 2
    columns = [
        first + i
        for slot, (first, many) in draws.columns.items()
        if draws.visit_counts[slot][1, way]
        for i in range(many)
    ]
    assert len(columns) == len(set(columns)) == len(draws.luck)


def test_the_corridor_that_was_taken_stands_in_every_table() -> None:
    scenario = scenario_of(BY_WAITS)
    world = run(BY_WAITS)
    for engine in ("simpy", "compiled"):
        settings = scenario.run.model_copy(update={"engine": engine, "log": "all"})
        done = replicate(build_network(scenario), settings, 0, with_loads=True)
        names = np.array([route.name for route in world.network.routes])[world.draws.route]
        assert (done.tables["loads"]["corridor"] == names).all()
        daily = done.tables["daily"]
        for name in ("north", "south"):
            requested = (daily["milestone"] == "requested") & (daily["corridor"] == name)
            assert daily["trucks"][requested].sum() == ((names == name) & ~world.draws.stocked).sum()
        assert done.digests == world.digests


def test_a_corridor_that_nobody_may_take_changes_no_digest() -> None:
    more = "  a_way: {from: away, to: here, steps: [{travel: in}, {offload: dock}]}\nflows:"
    assert run(BY_WAITS.replace("flows:", more, 1)).digests == run(BY_WAITS).digests


# rho, and mistakes


def test_rho_counts_a_choice_on_the_first_that_opens_and_waits_evenly() -> None:
    gates = "gates: {rim: {border: true, calendar: monday_and_wednesday}, sea: {border: true, calendar: tuesday}}"
    docks = "warehouses: {dock: {lanes: 1, time: 1 h}, quay: {lanes: 1, time: 1 h}}"
    text = merged(SMALL, f"{gates}\n{docks}").replace("sea}, {offload: dock}", "sea}, {offload: quay}")
    flow = "\nflows: {f: {sector: un, cargo: food, rate: 12/day, choice: {rule: RULE, among: [south, north]}}}"
    of_six_days = {"first_open": 4 / 6, "least_wait": 1 / 2}  # Tuesday, and from Thursday on, when none opens
    for rule, south in of_six_days.items():
        network = network_of(text + flow.replace("RULE", rule))
        loads = {network.nodes[number].name: load.arrivals_per_day for number, load in offered_loads(network).items()}
        assert loads["warehouses.quay"] == pytest.approx(12 * south)
        assert loads["warehouses.dock"] == pytest.approx(12 * (1 - south))


@pytest.mark.parametrize(
    ("flow", "line"),
    [
        ("choice: {rule: first_open, among: [north, north]}",
         "flows.f.choice: among: wanted each corridor once, found north, north"),
        ("choice: {rule: first_open, among: [nort]}",
         "flows.f.choice.among: there is no corridors.nort; did you mean north?"),
        ("corridors: {nort: 1}, choice: {rule: first_open, among: [north]}",
         "flows.f.corridors: there is no corridors.nort; did you mean north?"),
        ("choice: {rule: first_open, among: [north], at: {north: gates.rim}}",
         "flows.f.choice: at: only least_wait looks at waits, and the rule is first_open"),
        ("choice: {rule: least_wait, among: [north, inland]}",
         "flows.f.choice.at: corridors.inland has no border gate; write the place there whose waits count"),
        ("choice: {rule: least_wait, among: [north, inland], at: {inland: gates.rim}}",
         "flows.f.choice.at: gates.rim is no gate, site, bays or warehouse of corridors.inland "
         "(there is: sites.scan, warehouses.dock)"),
        ("choice: {rule: least_wait, among: [north], at: {south: gates.rim}}",
         "flows.f.choice.at: south is none of those among which it chooses; did you mean north?"),
        ("corridors: {north: 1}, divert: {after: 1 day, to: sout}",
         "flows.f.divert.to: there is no corridors.sout; did you mean south?"),
        ("corridors: {north: 1}, divert: {after: 1 day, to: north}",
         "flows.f.divert: the flow has no corridor but that to which it diverts: nothing would be diverted"),
        ("corridors: {inland: 1}, divert: {after: 1 day, to: north}",
         "flows.f.divert: the flow has no border gate on inland: nothing would be diverted"),
    ],
)  # fmt: skip
def test_mistakes_about_choices_are_said(flow: str, line: str) -> None:
    assert mistakes_in(f"{SMALL}\nflows: {{f: {{sector: un, cargo: food, rate: 1/day, {flow}}}}}") == [line]


def test_a_rule_that_there_is_not_is_said() -> None:
    flow = "choice: {rule: shortest, among: [north]}"
    (line,) = mistakes_in(f"{SMALL}\nflows: {{f: {{sector: un, cargo: food, rate: 1/day, {flow}}}}}")
    assert line.startswith("flows.f.choice")
    assert "first_open" in line


def test_phases_change_no_shares_of_a_flow_that_chooses() -> None:
    phase = "phases: {p: {from: 2024-05-14, changes: {flows.f.corridors: {north: 100 %}}}}"
    choice = "choice: {rule: least_wait, among: [north, south]}"
    flow = f"flows: {{f: {{sector: un, cargo: food, rate: 1/day, corridors: {{north: 1}}, {choice}}}}}"
    assert mistakes_in(f"{SMALL}\n{flow}\n{phase}") == [
        "phases.p.changes.flows.f.corridors: the flow has no shares of corridors: its loads choose by least_wait"
    ]
