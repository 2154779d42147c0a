"""Warehouses with walls: room for pallets, an outflow, and what a full one does to all that lies before it."""

from pathlib import Path

import numpy as np
import pytest

from sim import events as e
from sim.loop import engine as compiled
from sim.network.stock import StoreNode
from sim.readings import conservation
from sim.readings.stock import store_contents
from sim.rules import flow_between, flow_complete_s, left_in_store, surplus
from sim.story import corridor
from sim.units import DAY_S
from tests.worlds.running import ReplicationResult, mistakes_in, network_of, run, write_trace

H, DAY = 60, 24 * 60  # min

# A pallet an hour is handed out; loads have 20
STORE = """
warehouses: {dock: {lanes: 2, time: 10 min, store: floor}}
stores: {floor: {room: 40, outflow: 24/day}}
corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}
flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}
run: {days: 4}
"""


def ran(folder: Path, came_min: list[int], text: str = STORE) -> ReplicationResult:
    """The engines agree on it, and it is conserved."""
    write_trace(folder, came_min)
    world = run(text, folder)
    assert (compiled.run(world.network, world.draws) == corridor.run(world.network, world.draws)).all()
    conservation.check_conservation(world.network, world.draws, world.history, world.milestones, world.places)
    return world


def arrived(world: ReplicationResult) -> list[float]:
    return world.times_min(e.ARRIVED, "warehouses.dock")


@pytest.mark.parametrize(
    ("start_s", "end_s", "amount"), [(0, 0, 0), (0, 10, 20), (5, 10, 10), (5, 12, 10), (9, 22, 2 + 10), (20, 30, 50)]
)
def test_what_flows_between_two_seconds(start_s: int, end_s: int, amount: int) -> None:
    assert flow_between(start_s, end_s, [0, 10, 20], [2, 0, 5]) == amount


@pytest.mark.parametrize(
    ("start_s", "amount", "by_s"), [(0, 1, 1), (0, 2, 1), (0, 3, 2), (0, 20, 10), (0, 21, 21), (0, 26, 22), (15, 1, 21)]
)
def test_when_so_much_has_flown(start_s: int, amount: int, by_s: int) -> None:
    assert flow_complete_s(start_s, amount, [0, 10, 20], [2, 0, 5]) == by_s


@pytest.mark.parametrize(("content", "out", "left"), [(10, 0, 10), (10, 9, 1), (10, 10, 0), (10, 11, 0)])
def test_a_store_hands_out_what_it_has(content: int, out: int, left: int) -> None:
    assert left_in_store(content, out) == left


@pytest.mark.parametrize(
    ("content", "pallets", "room", "above"),
    [(0, 40, 40, 0), (0, 41, 40, DAY_S), (20 * DAY_S, 20, 40, 0), (20 * DAY_S + 1, 20, 40, 1)],
)
def test_what_has_to_leave_before_more_has_room(content: int, pallets: int, room: int, above: int) -> None:
    assert surplus(content, pallets, room) == above


def test_a_load_waits_in_its_dock_until_there_is_room_for_all_of_it(tmp_path: Path) -> None:
    world = ran(tmp_path, [0, 0, 0])
    # the third begins as a dock is free, has 20 pallets, and there is room as 20 h have passed since the first came
    assert arrived(world) == [10, 10, 10 + 20 * H]
    assert world.dwell("warehouses.dock")["blocked"] == pytest.approx((20 * H - 10) / 3 / 60)
    days = world.days_at("stores.floor")
    assert days.joined.tolist() == [60, 0, 0, 0]
    assert days.backlog_end.tolist() == [37, 13, 0, 0]  # 23 h 50 min after 10 min past midnight, and what is begun
    assert days.finished.tolist() == [23, 24, 13, 0]


def test_blocked_docks_serve_nobody_else(tmp_path: Path) -> None:
    world = ran(tmp_path, [0, 0, 0, 0, 0, 0])
    assert arrived(world) == [10, 10, 10 + 20 * H, 10 + 40 * H, 10 + 60 * H, 10 + 80 * H]
    assert world.times_min(e.STARTED, "warehouses.dock") == [0, 0, 10, 10, 10 + 20 * H, 10 + 40 * H]


def test_what_is_not_there_is_not_handed_out_later(tmp_path: Path) -> None:
    world = ran(tmp_path, [0, 2 * DAY, 2 * DAY, 2 * DAY])  # empty after 20 h, for more than a day
    assert arrived(world) == [10, 2 * DAY + 10, 2 * DAY + 10, 2 * DAY + 10 + 20 * H]


def test_a_store_that_is_closed_at_night_hands_out_by_day(tmp_path: Path) -> None:
    text = STORE + 'calendars: {day: {windows: {all: {hours: "08:00-20:00"}}}}\n'
    text = text.replace("outflow: 24/day", "outflow: 48/day, calendar: day")
    assert arrived(ran(tmp_path, [0, 0, 0], text)) == [10, 10, 18 * H]  # 2 pallets an hour from 8


def test_stock_that_is_there_takes_room(tmp_path: Path) -> None:
    world = ran(tmp_path, [0, 0], STORE.replace("room: 40", "room: 40, stock: 30"))
    assert arrived(world) == [10 * H, 30 * H]
    assert world.days_at("stores.floor").backlog_end.tolist()[:2] == [27, 23]  # 26 and 22, and the pallet that is begun


def test_what_has_expired_takes_room_like_the_rest(tmp_path: Path) -> None:
    world = ran(tmp_path, [0, 0, 0], STORE + "cargos: {food: {shelf_life: 1 h}}\n")
    assert arrived(world) == [10, 10]
    assert world.times_min(e.EXPIRED, "warehouses.dock") == [10 + 20 * H]
    assert world.days_at("stores.floor").backlog_end.tolist() == [37, 13, 0, 0]  # as if it had come in time


def test_a_phase_may_change_the_outflow(tmp_path: Path) -> None:
    text = STORE + "phases: {winter: {from: 2024-05-14, changes: {stores.floor.outflow: x 0.5}}}\n"
    assert arrived(ran(tmp_path, [4 * H, 4 * H, 4 * H], text))[2] == DAY + 2 * (10)  # 19 h 50 min, then half as fast


CHAIN = """
gates: {rim: {border: true}}
ceilings: {kept: {gates: [rim], pallets: 80, behind: pad}}
bays: {apron: {lanes: 1, time: 10 min}}
platforms: {pad: {room: 60}}
yards: {hub: {max: 1, patience: 1 h}}
fleets: {pool: {vehicles: 2, pallets: 20, home: 10 min}}
roads: {out: {time: 10 min}}
warehouses: {dock: {lanes: 1, time: 10 min, store: floor}}
stores: {floor: {room: ROOM, outflow: 24/day}}
corridors:
  only:
    from: away
    to: here
    steps:
      - pass_gate: rim
      - transfer: {onto: pad, bays: apron}
      - convoy: {yard: hub, from: pad, fleet: pool}
      - travel: out
      - offload: dock
flows: {f: {sector: un, cargo: food, interval: 2 h, corridors: {only: 100 %}}}
run: {days: 20}
"""


def test_a_full_warehouse_ties_up_the_fleet_fills_the_platform_and_slows_the_gate(tmp_path: Path) -> None:
    full, roomy = (ran(tmp_path, [], CHAIN.replace("ROOM", room)) for room in ("40", "5000"))

    def last_day(world: ReplicationResult, place: str) -> int:
        return int(world.days_at(place).backlog_end[-1])

    assert (last_day(roomy, "fleets.pool"), last_day(roomy, "platforms.pad"), last_day(roomy, "gates.rim")) == (0, 0, 0)
    assert last_day(full, "stores.floor") > 20  # less than a vehicle's room is left
    assert last_day(full, "fleets.pool") == 2  # one stands in the dock, the other behind it
    assert last_day(full, "platforms.pad") == 60
    assert last_day(full, "gates.rim") > 100
    passed = full.days_at("gates.rim").finished[10:]
    assert passed.sum() * 20 == pytest.approx(24 * 10, abs=20)  # no more enters than is handed out
    assert roomy.days_at("gates.rim").finished[10:].sum() == 12 * 10
    assert (full.dwell("warehouses.dock")["blocked"] or 0) > 10


def test_contents_are_what_came_less_the_outflow_while_there_was_some() -> None:
    node = next(n for n in network_of(STORE.replace("trace: arrivals.csv", "rate: 1/day")).nodes if n.name[0] == "s")
    assert isinstance(node, StoreNode)
    time_s, pallets = np.array([3600, 7200, 20 * 3600]), np.array([1, 10, 5])
    at_s = np.array([3599, 3600, 7199, 7200, 10800, 17 * 3600, 20 * 3600, 30 * 3600])
    found = store_contents(node, time_s, pallets, at_s)
    hour = 24 * 3600
    assert found.tolist() == [0, hour, 24, 10 * hour, 9 * hour, 0, 5 * hour, 0]


def test_mistakes_in_stores_are_told() -> None:
    text = STORE.replace("trace: arrivals.csv", "rate: 1/day")
    assert "stock (50) is above room (40)" in mistakes_in(text.replace("room: 40", "room: 40, stock: 50"))[0]
    (found,) = mistakes_in(text.replace("room: 40", "room: 19"))
    assert "up to 20 pallets come at once, stores.floor has room for 19" in found
    (found,) = mistakes_in(text.replace("store: floor", "store: flor"))
    assert "there is no stores.flor; did you mean floor?" in found
