"""Where every pallet is when a run ends: worked by hand, and closing to the pallet on worlds of every kind."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim import events as e
from sim.network.building import build_network
from sim.network.convoys import CrewNode, YardNode
from sim.network.gates import CeilingNode, GateNode
from sim.network.offices import OfficeNode, SlotsNode
from sim.network.roads import RoadNode
from sim.network.stock import DepotNode, PlatformNode, StoreNode
from sim.network.tasks import TeamsNode
from sim.readings import whereabouts
from sim.readings.whereabouts import INSIDE, STATES
from sim.study.replication import replicate
from sim.units import DAY_S
from tests.conftest import Awkward
from tests.test_scenarios import REGIMES, SCENARIOS, read
from tests.worlds.running import ReplicationResult, run, scenario_of, write_trace

Told = set[tuple[str, str, int, int, int | None]]
FLOW = "flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}\n"
DOCK = "warehouses: {dock: {lanes: 1, time: 1 h}}\n"


def table_of(ran: ReplicationResult) -> dict[str, Any]:
    """The table of a small world, all loads of one kind."""
    kind_of = np.zeros(len(ran.draws), dtype=np.int64)
    return whereabouts.whereabouts_table(ran.network, ran.draws, [("un", "food")], kind_of, ran.history)


def told(ran: ReplicationResult, moment: str = "end") -> Told:
    """(place, state, loads, pallets, hours of the longest) of a small world."""
    table = table_of(ran)
    columns = (table[name].tolist() for name in ("moment", "place", "state", "loads", "pallets", "longest_h"))
    return {
        (place, state, loads, pallets, None if np.isnan(longest) else int(longest))
        for when, place, state, loads, pallets, longest in zip(*columns, strict=True)
        if when == moment
    }


def world(folder: Path, steps: str, more: str, times_min: list[float]) -> ReplicationResult:
    """One corridor of these steps; a run of two days."""
    write_trace(folder, times_min)
    return run(f"corridors: {{only: {{from: away, to: here, steps: [{steps}]}}}}\n" + FLOW + more, folder)


LAST_H = 47 * 60


def test_a_load_waits_is_served_or_is_held_for_room(tmp_path: Path) -> None:
    more = DOCK.replace("1 h}", "5 h, room: 1}") + "sites: {scan: {lanes: 1, time: 1 min}}\n"
    ran = world(tmp_path, "{inspect: scan}, {offload: dock}", more, [LAST_H - 120, *[LAST_H] * 4])
    assert told(ran) == {
        ("warehouses.dock", "in service", 1, 20, 2),
        ("warehouses.dock", "waiting", 1, 20, 0),
        ("sites.scan", "held", 1, 20, 1),
        ("sites.scan", "waiting", 2, 40, 1),
    }


def test_a_load_drives_or_stands_at_the_end_of_its_road(tmp_path: Path) -> None:
    more = DOCK.replace("1 h}", "5 h, room: 0}") + "roads: {in: {time: 30 min}}\n"
    ran = world(tmp_path, "{travel: in}, {offload: dock}", more, [LAST_H - 60, LAST_H, LAST_H + 45])
    assert told(ran) == {
        ("warehouses.dock", "in service", 1, 20, 1),
        ("roads.in", "held", 1, 20, 1),
        ("roads.in", "on the road", 1, 20, 0),
    }


def test_a_load_waits_at_a_gate_or_behind_one_for_room(tmp_path: Path) -> None:
    more = (
        DOCK.replace("1 h}", "40 h, room: 0}")
        + "gates: {rim: {calendar: early}}\ncalendars: {early: {windows: {day: {hours: '00:00-10:00'}}}}\n"
    )
    ran = world(tmp_path, "{pass_gate: rim}, {offload: dock}", more, [30 * 60, 31 * 60, 47 * 60])
    assert told(ran) == {
        ("warehouses.dock", "in service", 1, 20, 18),
        ("gates.rim", "held", 1, 20, 17),
        ("gates.rim", "waiting", 1, 20, 1),
    }


def test_a_load_without_room_at_its_first_step_is_before_it(tmp_path: Path) -> None:
    ran = world(tmp_path, "{offload: dock}", DOCK.replace("1 h}", "5 h, room: 0}"), [LAST_H, LAST_H])
    assert told(ran) == {("warehouses.dock", "in service", 1, 20, 1), ("", "before the first step", 1, 20, 48)}


def test_the_rejected_are_sent_back_and_returned(tmp_path: Path) -> None:
    rejected = "{share: 100 %, after: 3 h, attempts: 2}"
    more = DOCK + f"sites: {{scan: {{lanes: 9, time: 1 h, rejected: {rejected}}}}}\n"
    ran = world(tmp_path, "{inspect: scan}, {offload: dock}", more, [0, 45 * 60])
    assert told(ran) == {("sites.scan", "returned", 1, 20, None), ("sites.scan", "sent back", 1, 20, 2)}


def test_who_finds_no_room_may_be_turned_away(tmp_path: Path) -> None:
    more = DOCK.replace("1 h}", "5 h, room: 0, overflow: turn_away}")
    ran = world(tmp_path, "{offload: dock}", more, [0, 1])
    assert told(ran) == {("warehouses.dock", "arrived", 1, 20, None), ("warehouses.dock", "turned away", 1, 20, None)}


PAD = """
bays: {apron: {lanes: 9, time: 1 h}}
platforms: {pad: {}}
yards: {hub: {min: 1, max: 9}}
fleets: {pool: {vehicles: 2, pallets: 15, home: 100 h}}
roads: {out: {time: 1 h}, far: {time: 100 h}}
gates: {post: {calendar: never}}
"""
COLLECT = "{transfer: {onto: pad, bays: apron}}, {convoy: {yard: hub, from: pad, fleet: pool}}, "


@pytest.mark.parametrize(
    ("way", "where"),
    [("{travel: far}, ", "roads.far"), ("{travel: out}, {pass_gate: post}, ", "gates.post"), ("{travel: out}, ", "")],
)
def test_a_load_may_be_on_a_platform_on_two_vehicles_and_here_at_once(tmp_path: Path, way: str, where: str) -> None:
    """Two loads, 40 pallets; two vehicles take 15 each, the second 5 of the first load and 10 of the other."""
    ran = world(tmp_path, COLLECT + way + "{offload: dock}", PAD + DOCK.replace("1 h}", "90 h}"), [0, 0])
    rest = ("platforms.pad", "on the platform", 1, 10, 47)
    if where:
        assert told(ran) == {rest, (where, "on vehicles", 2, 30, 47)}
    else:
        assert told(ran) == {rest, ("warehouses.dock", "on vehicles", 2, 30, 47)}


def test_pallets_that_arrived_by_the_first_vehicle_have_arrived(tmp_path: Path) -> None:
    ran = world(tmp_path, COLLECT + "{travel: out}, {offload: dock}", PAD + DOCK.replace("1 h}", "40 h}"), [0, 0])
    assert told(ran) == {
        ("platforms.pad", "on the platform", 1, 10, 47),
        ("warehouses.dock", "arrived", 1, 15, None),
        ("warehouses.dock", "on vehicles", 2, 15, 47),
    }


def test_what_has_not_moved_since_the_start_has_stood_there_for_its_age_too() -> None:
    text = (
        "corridors: {only: {from: away, to: here, steps: [" + COLLECT + "{offload: dock}]}}\n"
        "flows: {f: {sector: un, cargo: food}}\n" + PAD + DOCK + "start:\n"
        "  s: {flow: f, corridor: only, at: platforms.pad, loads: 2, age: 3 days}\n"
        "  t: {flow: f, corridor: only, at: bays.apron, loads: 1, age: 5 days}\n"
    )
    ran = run(text)
    assert told(ran, "start") == {
        ("platforms.pad", "on the platform", 2, 40, 72),
        ("bays.apron", "waiting", 1, 20, 120),
    }
    assert told(ran) == {
        ("platforms.pad", "on the platform", 2, 30, 120),
        ("warehouses.dock", "arrived", 2, 30, None),
    }


def test_where_nothing_ever_comes_nothing_is_anywhere() -> None:
    world = scenario_of("corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}\n" + DOCK)
    assert len(replicate(build_network(world), world.run, 0, with_loads=False).tables["whereabouts"]["loads"]) == 0


# To the pallet


def closes(table: dict[str, Any], requested: dict[tuple[str, ...], int]) -> None:
    """What was there and what was requested is all somewhere when the run ends, of each kind on each corridor."""
    sums: dict[str, dict[tuple[str, ...], int]] = {"start": defaultdict(int), "end": defaultdict(int)}
    columns = (table[name].tolist() for name in ("moment", "corridor", "sector", "cargo", "pallets"))
    for moment, *kind, pallets in zip(*columns, strict=True):
        sums[moment][tuple(kind)] += pallets
    began = {kind: sums["start"][kind] + requested.get(kind, 0) for kind in {*sums["start"], *requested}}
    assert {kind: pallets for kind, pallets in began.items() if pallets} == dict(sums["end"])


@pytest.mark.parametrize("first", range(0, 100, 25))
def test_all_is_somewhere_on_awkward_worlds(ran: Awkward, first: int) -> None:
    seen: set[str] = set()
    for seed in range(first, first + 25):
        world = ran(seed)
        table = table_of(world)
        asked = world.milestones["requested"]
        names = np.array([route.name for route in world.network.routes])[world.draws.route[asked.load]].tolist()
        requested: dict[tuple[str, ...], int] = defaultdict(int)
        for name, pallets in zip(names, asked.pallets.tolist(), strict=True):
            requested[name, "un", "food"] += pallets
        closes(table, requested)
        stands_where_places_say(world, table)
        seen |= set(table["state"].tolist())
    assert len(seen) >= 8


def stands_where_places_say(ran: ReplicationResult, table: dict[str, Any]) -> None:
    """What is told of a place agrees with what is counted there: pallets of a platform, trucks of another."""
    end = table["moment"] == "end"
    for node in ran.network.nodes:
        here = end & (table["place"] == node.name)
        if isinstance(node, PlatformNode):
            standing = here & (table["state"] == "on the platform")
            assert table["pallets"][standing].sum() == ran.places[node.number].backlog_end[-1]
        elif isinstance(node, CeilingNode | CrewNode | DepotNode | StoreNode | TeamsNode) or (
            not isinstance(node, OfficeNode) and (ran.history.visits(node.number).carrier < -1).any()
        ):
            assert not here.any()  # who waits stands elsewhere; what its trucks took over is where they are
        elif not (ran.history.visits(node.number).carrier >= 0).any():  # loads on their own trucks alone
            gone = ("held",) if isinstance(node, GateNode | YardNode | OfficeNode | SlotsNode) else ()
            gone = ("waiting",) if isinstance(node, RoadNode) else gone  # at its entrance, until a task opens it
            staying = {"waiting", "in service", "held", "on the road", "waiting for permission", "waiting for a slot"}
            staying.difference_update(gone)
            there = here & np.isin(table["state"], sorted(staying))
            assert table["loads"][there].sum() == ran.places[node.number].backlog_end[-1], node.name
    arrived = table["pallets"][end & (table["state"] == "arrived")].sum()
    assert arrived == ran.rows(e.ARRIVED)["value"].sum()


def test_every_state_is_reached_by_some_awkward_world(ran: Awkward) -> None:
    seen = set[str]()
    for seed in range(100):
        seen |= set(table_of(ran(seed))["state"].tolist())
    assert seen == set(STATES)
    assert len(INSIDE) + 6 == len(STATES)


@pytest.mark.parametrize(("scenario", "regime"), [(s, r) for s in SCENARIOS for r in REGIMES])
def test_all_is_somewhere_in_the_shipped_worlds(scenario: str, regime: str) -> None:
    world = read(scenario, regime)
    short = world.model_copy(update={"run": world.run.model_copy(update={"days": 6, "warm_up": 0})})
    tables = replicate(build_network(short), short.run, 0, with_loads=False).tables
    daily = tables["daily"]
    requested: dict[tuple[str, ...], int] = defaultdict(int)
    asked = daily["milestone"] == "requested"
    for *kind, pallets in zip(
        *(daily[c][asked].tolist() for c in ("corridor", "sector", "cargo", "pallets")), strict=True
    ):
        requested[tuple(kind)] += pallets
    closes(tables["whereabouts"], requested)
    longest = tables["whereabouts"]["longest_h"]
    assert np.nanmax(longest) <= 6 * DAY_S / 3600
