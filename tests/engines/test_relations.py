"""What holds whatever the numbers: identities after any run, worlds that must agree, and more that never delivers less.

More capacity does not always deliver more sooner: one more lane upstream of several, a shared crew, `nostart` that lets
later trucks pass. Only where it is proven is it held here, truck by truck or count by count.
"""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import yaml

from sim import events as e
from sim.network.base import LuckSlot, Purpose
from sim.network.convoys import YardNode
from sim.network.corridors import Inspect, Offload, PassGate, Transfer, Travel
from sim.network.lanes import PoolNode
from sim.network.stock import PlatformNode
from sim.readings.visits import Level
from sim.units import DAY_S
from tests.conftest import Awkward
from tests.worlds.awkward import awkward_world
from tests.worlds.running import WORLD, ReplicationResult, run, write_trace

MANY = range(100, 120)
awkward = pytest.mark.parametrize("seed", MANY)
FLOW = "flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}\n"

# After any run


@awkward
def test_nothing_ends_before_it_begins(ran: Awkward, seed: int) -> None:
    world = ran(seed)
    for node in world.network.nodes:
        if isinstance(node, PoolNode | YardNode):
            v = world.visits(node.name)
            order = (v.joined_s, v.started_s, v.left_s) if isinstance(node, YardNode) else v[2:6]
            for earlier, later in pairwise(order):
                assert (earlier <= later).all(), node.name


@awkward
def test_lanes_are_busy_for_the_services_within_the_run(ran: Awkward, seed: int) -> None:
    world = ran(seed)
    for node in world.network.nodes:
        if isinstance(node, PoolNode):
            days, parts = world.days_at(node.name), world.visits(node.name)
            assert days.busy_s.sum() <= (parts.finished_s - parts.started_s).sum()
            if node.closing_rule != 1:  # frozen work is not busy while it pauses
                assert days.busy_s.sum() == (parts.finished_s - parts.started_s).sum(), node.name


@awkward
def test_a_lane_holds_one_truck_at_a_time(ran: Awkward, seed: int) -> None:
    world = ran(seed)
    for node in world.network.nodes:
        if isinstance(node, PoolNode):
            visits = world.visits(node.name)
            for lane in range(node.lanes):
                own = visits.lane == lane
                order = np.argsort(visits.started_s[own], kind="stable")
                assert (visits.left_s[own][order][:-1] <= visits.started_s[own][order][1:]).all(), node.name


@awkward
def test_the_time_inside_is_the_number_inside_over_time(ran: Awkward, seed: int) -> None:
    """Pallets on platforms and loads in the whole system, summed up to the run's end."""
    world, horizon_s = ran(seed), ran(seed).network.horizon_s
    for node in world.network.nodes:
        if isinstance(node, PlatformNode):
            stood = _pallet_seconds(world, e.OFFLOADED, node.name) - _pallet_seconds(world, e.COLLECTED, node.name)
            assert stood == round(float(world.days_at(node.name).backlog_mean.sum()) * DAY_S), node.name
    begun = world.log[np.isin(world.log["kind"], (e.REQUESTED, e.STOCKED))]
    assert (begun["time_s"] == world.draws.created_s[begun["entity"]]).all()
    ended = world.log[np.isin(world.log["kind"], (e.ARRIVED, e.INTERCEPTED, e.EXPIRED, e.RETURNED, e.TURNED_AWAY))]
    pallets = np.where(ended["value"] >= 0, ended["value"], world.draws.pallets[ended["entity"]])
    inside = Level(
        np.concatenate([begun["time_s"], ended["time_s"]]).astype(np.int64),
        np.concatenate([begun["value"], -pallets]).astype(np.int64),
    )
    spent = int(((horizon_s - begun["time_s"].astype(np.int64)) * begun["value"]).sum())
    spent -= int(((horizon_s - ended["time_s"].astype(np.int64)) * pallets).sum())
    assert int(inside.integral(np.array([horizon_s]))[0]) == spent
    assert inside.value_before(np.arange(0, horizon_s, 3600)).min() >= 0


def _pallet_seconds(world: ReplicationResult, kind: int, place: str) -> int:
    rows = world.rows(kind, place)
    return int(((world.network.horizon_s - rows["time_s"].astype(np.int64)) * rows["value"]).sum())


def test_loads_that_arrived_were_at_each_place_of_their_corridor(ran: Awkward) -> None:
    """Those that were never sent back and left no earlier step out: once, or as often as their corridor says."""
    assert sum(_loads_that_were_everywhere(ran(seed)) for seed in MANY) > 300


def _loads_that_were_everywhere(world: ReplicationResult) -> int:
    """Holds what each load passed against its corridor, and counts the places."""
    own = world.log[world.log["carrier"] < 0]
    been = Counter((int(row["entity"]), int(row["place"]), int(row["kind"])) for row in own)
    odd = {int(row["entity"]) for row in world.log if row["kind"] in (e.REJECTED, e.STOCKED)}
    held = 0
    for load in {int(row["entity"]) for row in world.rows(e.ARRIVED)} - odd:
        wanted = Counter[tuple[int, int]]()
        for step in world.network.routes[world.draws.route[load]].steps:
            match step:
                case Inspect():
                    wanted[step.site, e.FINISHED] += 1
                case Transfer():
                    wanted[step.bays, e.FINISHED] += 1
                    if step.platform >= 0:
                        break
                case PassGate():
                    wanted[step.gate, e.PASSED] += 1
                case Offload():
                    wanted[step.warehouse, e.FINISHED] += 1
        for (place, kind), times in wanted.items():
            assert been[load, place, kind] == times, world.network.nodes[place].name
            held += 1
    return held


@awkward
def test_no_day_finishes_more_than_its_lanes_could(ran: Awkward, seed: int) -> None:
    """Lanes and opening hours over the shortest service, and one more a lane for the work in hand at midnight."""
    world = ran(seed)
    for node in world.network.nodes:
        if not isinstance(node, PoolNode):
            continue
        services = [
            int(values[values > 0].min())
            for slot, values in world.draws.luck_by_slot.items()
            if slot.place == node.number and (values > 0).any() and slot.purpose.name in TIMES
        ]
        longest = max(
            (int(v.max()) for slot, v in world.draws.luck_by_slot.items() if slot.place == node.number), default=0
        )
        # work that is finished after closing time is not within these bounds
        if services and (node.closing_rule == 1 or (node.closing_rule == 2 and longest <= node.longest_s.min())):
            days = world.days_at(node.name)
            assert (days.finished <= days.open_s // min(services) + node.lanes).all(), node.name


TIMES = ("INSPECT", "MANUAL_TIME", "TRANSFER", "OFFLOAD")


def test_a_truck_that_arrives_has_taken_its_own_drives_and_services_at_least(ran: Awkward) -> None:
    """Up to where it is collected or gathers with others; on its first visits."""
    assert sum(_trucks_that_took_their_time(ran(seed)) for seed in MANY) > 150


def _trucks_that_took_their_time(world: ReplicationResult) -> int:
    """Holds the time from request to arrival against each truck's own luck, and counts the trucks."""
    held = 0
    for row in world.rows(e.ARRIVED):
        load, spent_s = int(row["entity"]), 0
        for step in world.network.routes[world.draws.route[load]].steps[world.draws.first_step[load] :]:
            match step:
                case Travel():
                    roads = [LuckSlot(Purpose.TRAVEL, road) for road in step.roads]
                    slot = min(roads, key=lambda road: int(world.draws.luck_by_slot[road][0, load]))
                case Inspect():
                    slot = LuckSlot(Purpose.INSPECT, step.site)
                case Transfer():
                    slot = LuckSlot(Purpose.TRANSFER, step.bays)
                case _:
                    break
            spent_s += int(world.draws.luck_by_slot[slot][0, load])
        assert int(row["time_s"]) - int(world.draws.created_s[load]) >= spent_s
        held += spent_s > 0
    return held


def test_what_is_due_as_the_run_ends_does_not_happen(tmp_path: Path) -> None:
    write_trace(tmp_path, [24 * 60 - 11, 24 * 60 - 10])
    ran = run(dock(lanes=2).replace("time: 1 min", "time: 10 min") + FLOW + "run: {days: 1}\n", tmp_path)
    assert ran.arrivals_min() == [24 * 60 - 1]
    assert ran.log["time_s"].max() < DAY_S


# Worlds that must agree


def log_before(world: ReplicationResult, time_s: int) -> list[tuple[int, ...]]:
    return [tuple(row) for row in world.log[world.log["time_s"] < time_s].tolist()]


@pytest.mark.parametrize("seed", range(100, 105))
def test_a_longer_run_leaves_the_log_of_the_shorter_as_it_was(ran: Awkward, seed: int, tmp_path: Path) -> None:
    world = ran(seed)
    days = world.network.days + 2
    longer = run(merged(awkward_world(seed, tmp_path), f"run: {{days: {days}}}"), tmp_path)
    assert longer.network.days == days
    assert log_before(longer, world.network.horizon_s) == log_before(world, world.network.horizon_s)


@pytest.mark.parametrize("place", ["gates: {rim: {border: true, calendar: CAL}}", "bays: {apron: {calendar: CAL}}"])
def test_a_closing_changes_nothing_that_came_before_it(place: str) -> None:
    shut = "calendars: {mine: {closures: {late: {from: 2024-05-15}}}}\n"
    before = run(merged(WORLD, shut + place.replace("CAL", "always")))
    after = run(merged(WORLD, shut + place.replace("CAL", "mine")))
    assert log_before(after, 2 * DAY_S) == log_before(before, 2 * DAY_S)
    assert len(after.rows(e.OFFLOADED)) < len(before.rows(e.OFFLOADED))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", "study: another\nscenario: {title: Of another name}"),
        ("sites: {scan: {calendar: always}}", "sites: {scan: {calendar: always, rule: nostart}}"),
        ("sites: {scan: {calendar: always}}", "sites: {scan: {calendar: always, rule: freeze}}"),
        (
            "sites: {scan: {calendar: always}}",
            "calendars: {whole: {windows: {all: {hours: '00:00-24:00'}}}}\n"
            "sites: {scan: {calendar: whole, rule: nostart}}",
        ),
        ("roads: {in: {variation: 0.0}}", "roads: {in: {variation: 0.0000001}}"),
        ("warehouses: {dock: {time: 20 min}}", "warehouses: {dock: {time: {law: gamma, mean: 20 min, cv: 0.0000001}}}"),
        (
            "bays: {apron: {time: {law: lognormal, mean: 45 min, cv: 0.4}}}",
            "bays: {apron: {time: {law: lognormal, mean: 0.75 h, cv: 0.4}}}",
        ),
        ("sites: {scan: {room: 100000}}", "sites: {scan: {room: null}}"),
        ("platforms: {pad: {room: 1000000}}", "platforms: {pad: {room: null}}"),
    ],
    ids=[
        "another name", "nostart where it never closes", "freeze where it never closes", "a window of the whole day",
        "a drive that hardly varies", "a service that hardly varies", "minutes or hours",
        "room that is never full", "a platform that is never full",
    ],
)  # fmt: skip
def test_two_ways_to_say_the_same_give_the_same_log(one: str, other: str) -> None:
    first, second = run(merged(WORLD, one)), run(merged(WORLD, other))
    assert first.digests["events"] == second.digests["events"]


def test_heavier_loads_move_no_load() -> None:
    light = run(merged(WORLD, "cargos: {food: {weight: 10 t}, flour: {weight: 10 t}}"))
    heavy = run(merged(WORLD, "cargos: {food: {weight: 20 t}, flour: {weight: 20 t}}"))
    assert light.digests["events"] == heavy.digests["events"]
    for name in ("requested", "offloaded", "arrived"):
        assert heavy.measure(f"{name}_tonnes_per_day") == 2 * (light.measure(f"{name}_tonnes_per_day") or 0) > 0
        assert heavy.measure(f"{name}_pallets_per_day") == light.measure(f"{name}_pallets_per_day")


def test_with_lanes_for_all_nobody_waits() -> None:
    world = run(merged(WORLD, "sites: {scan: {lanes: 400, calendar: always}}\nwarehouses: {dock: {lanes: 400}}"))
    for place in ("sites.scan", "warehouses.dock"):
        visits = world.visits(place)
        assert len(visits.joined_s) > 100
        assert (visits.started_s == visits.joined_s).all()


def test_a_world_sixty_times_as_slow_does_the_same_sixty_times_as_late(tmp_path: Path) -> None:
    """Trucks, convoys, platforms and vehicles; opening hours apart, which no one can stretch."""
    for unit, scale in (("s", 1 / 60), ("min", 1)):
        luck = Random(5)
        come = sorted(luck.randrange(900) for _ in range(60))
        places = {place: [luck.randrange(1, 40) * scale for _ in come] for place in ("sites.scan", "bays.apron")}
        write_trace(tmp_path, [time * scale for time in come], f"{unit}.csv", places)
    text = """
sites: {scan: {lanes: 2, time: 1 UNIT, room: 3}}
bays: {apron: {lanes: 2, time: 1 UNIT}}
platforms: {pad: {room: 60}}
yards: {hub: {min: 2, max: 3, patience: 25 UNIT}}
fleets: {pool: {vehicles: 4, pallets: 15, home: 31 UNIT}}
roads: {out: {time: 17 UNIT}}
warehouses: {dock: {lanes: 1, time: 9 UNIT}}
corridors:
  only:
    from: away
    to: here
    steps:
      - inspect: scan
      - transfer: {onto: pad, bays: apron}
      - convoy: {yard: hub, from: pad, fleet: pool}
      - travel: out
      - offload: dock
flows: {f: {sector: un, cargo: food, trace: UNIT.csv, corridors: {only: 1}}}
run: {days: 3}
"""
    fast, slow = (run(text.replace("UNIT", unit), tmp_path) for unit in ("s", "min"))
    assert len(fast.rows(e.FINISHED, "fleets.pool")) == 80
    stretched = fast.log.copy()
    stretched["time_s"] *= 60
    assert (stretched == slow.log).all()


def merged(text: str, more: str) -> str:
    """One planner's file on top of another."""
    return yaml.safe_dump(over(yaml.safe_load(text), yaml.safe_load(more) or {}))


def over(under: Any, upper: Any) -> Any:
    if not (isinstance(under, dict) and isinstance(upper, dict)):
        return upper
    return {**under, **{name: over(under.get(name), value) for name, value in upper.items()}}


# More that never delivers less


class Small:
    """Nine trucks in a world of one corridor, whole minutes, much at once."""

    def __init__(self, seed: int, folder: Path):
        luck = Random(seed)
        self.luck, self.folder = luck, folder
        self.come = sorted(luck.randrange(0, luck.choice((1, 30, 90))) for _ in range(9))
        self.a, self.b, self.c = ([luck.randrange(1, 25) for _ in range(9)] for _ in range(3))

    def arrivals(self, text: str, places: dict[str, list[int]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """When each truck arrives [s], in the order of trucks; the run's end where it does not."""
        write_trace(self.folder, self.come, durations_min=places)
        ran = run(text + FLOW + "run: {days: 4}\n", self.folder)
        found = np.full(9, ran.network.horizon_s, dtype=np.int64)
        found[ran.rows(e.ARRIVED)["entity"]] = ran.rows(e.ARRIVED)["time_s"]
        return found

    def shorter(self, services: list[int]) -> list[int]:
        """Some of the services a little shorter."""
        return [max(1, service - self.luck.choice((0, 0, 1, 5, 20))) for service in services]


def dock(steps: str = "", lanes: int = 1, more: str = "") -> str:
    """A corridor of these steps that ends at a warehouse."""
    return (
        f"corridors: {{only: {{from: away, to: here, steps: [{steps}{{offload: dock}}]}}}}\n"
        f"warehouses: {{dock: {{lanes: {lanes}, time: 1 min{more}}}}}\n"
    )


small = pytest.mark.parametrize("seed", range(15))


@small
def test_one_more_lane_or_shorter_services_delay_no_truck_of_one_queue(seed: int, tmp_path: Path) -> None:
    world, lanes = Small(seed, tmp_path), 1 + seed % 3
    base = world.arrivals(dock(lanes=lanes), {"warehouses.dock": world.a})
    assert (world.arrivals(dock(lanes=lanes + 1), {"warehouses.dock": world.a}) <= base).all()
    assert (world.arrivals(dock(lanes=lanes), {"warehouses.dock": world.shorter(world.a)}) <= base).all()


@small
def test_shorter_services_and_one_more_lane_at_the_end_delay_no_truck_of_a_row_of_single_lanes(
    seed: int, tmp_path: Path
) -> None:
    world = Small(seed, tmp_path)
    sites = "sites: {scan: {lanes: 1, time: 1 min}, search: {lanes: 1, time: 1 min}}\n"
    steps = "{inspect: scan}, {inspect: search}, "
    places = {"sites.scan": world.a, "sites.search": world.b, "warehouses.dock": world.c}
    base = world.arrivals(sites + dock(steps), places)
    assert (world.arrivals(sites + dock(steps, lanes=2), places) <= base).all()
    quicker = {place: world.shorter(services) for place, services in places.items()}
    assert (world.arrivals(sites + dock(steps), quicker) <= base).all()


@small
def test_one_more_lane_anywhere_delays_no_count_where_all_services_of_a_stage_are_alike(
    seed: int, tmp_path: Path
) -> None:
    world = Small(seed, tmp_path)
    text = "sites: {{scan: {{lanes: {}, time: {} min}}}}\n"
    lanes, works = (1 + seed % 2, 1 + seed % 3), (world.a[0], world.b[0])

    def sooner(scan: int, last: int) -> Any:
        places = {"sites.scan": [works[0]] * 9, "warehouses.dock": [works[1]] * 9}
        return np.sort(world.arrivals(text.format(scan, 1) + dock("{inspect: scan}, ", lanes=last), places))

    base = sooner(*lanes)
    assert (sooner(lanes[0] + 1, lanes[1]) <= base).all()
    assert (sooner(lanes[0], lanes[1] + 1) <= base).all()


@small
def test_one_more_place_between_two_lanes_delays_no_truck(seed: int, tmp_path: Path) -> None:
    world = Small(seed, tmp_path)
    places = {"sites.scan": world.a, "warehouses.dock": world.b}
    text = "sites: {scan: {lanes: 1, time: 1 min}}\n"
    rooms = [world.arrivals(text + dock("{inspect: scan}, ", more=f", room: {room}"), places) for room in range(4)]
    for fewer, more in pairwise(rooms):
        assert (more <= fewer).all()


@small
@pytest.mark.parametrize("rule", ["finish", "freeze", "nostart"])
def test_an_earlier_opening_or_one_more_lane_delays_no_truck_under_any_closing_rule(
    seed: int, rule: str, tmp_path: Path
) -> None:
    world, lanes = Small(seed, tmp_path), 1 + seed % 2

    def sooner(opens: str, lanes: int) -> Any:
        calendar = f"calendars: {{day: {{windows: {{all: {{hours: '{opens}-00:50'}}}}}}}}\n"
        text = calendar + dock(lanes=lanes, more=f", calendar: day, rule: {rule}")
        return world.arrivals(text, {"warehouses.dock": world.a})

    base = sooner("00:20", lanes)
    assert (sooner("00:20", lanes + 1) <= base).all()
    assert (sooner("00:11", lanes) <= base).all()


@small
@pytest.mark.parametrize("yard", ["max: 2, timetable: {first: 20 min, every: 15 min}", "min: 3, max: 3"])
def test_one_more_lane_before_convoys_of_one_cargo_delays_no_count(seed: int, yard: str, tmp_path: Path) -> None:
    world, lanes = Small(seed, tmp_path), 1 + seed % 2
    steps = "{inspect: scan}, {convoy: hub}, "

    def sooner(lanes: int) -> Any:
        text = f"sites: {{scan: {{lanes: {lanes}, time: 1 min}}}}\nyards: {{hub: {{{yard}}}}}\n"
        return np.sort(world.arrivals(text + dock(steps, lanes=99), {"sites.scan": world.a}))

    assert (sooner(lanes + 1) <= sooner(lanes)).all()
