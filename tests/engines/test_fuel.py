"""Fuel: what tankers bring, what users draw by ranks, and fleets that stand while there is none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.page import fuel
from analysis.page.report import render_page
from analysis.results.arrays import Measure
from analysis.results.tables import read_study
from sim import events as e
from sim.loop import engine as compiled
from sim.network.gates import CeilingNode
from sim.network.stock import DepotNode
from sim.readings.stock import depot_content, depot_faults
from sim.readings.waiting import waiting_by_day
from sim.rules import next_period_s, ration_litres, trips_fuelled, used_in_period
from sim.story import corridor
from sim.units import DAY_S
from tests.analysis.studies import CLOSED, write_study
from tests.worlds.running import ReplicationResult, mistakes_in, run, write_trace

H, DAY = 60, 24 * 60  # min

# A tanker brings 2000 l
USERS = """
cargos: {diesel: {pallets: 20, weight: 34 t, litres: 100 l}}
warehouses: {tank: {lanes: 1, time: 10 min, depot: fuel}}
depots:
  fuel:
    cargo: diesel
    room: 4000 l
    stock: 1000 l
    at: "06:00"
    users:
      hospitals: {litres: 600 l, rank: 0}
      bakeries: {litres: 900 l, leaves: 100 l}
      water: {litres: 300 l}
corridors: {pipe: {from: away, to: here, steps: [{offload: tank}]}}
flows: {f: {sector: un, cargo: diesel, trace: arrivals.csv, corridors: {pipe: 100 %}}}
run: {days: 3}
"""

# A trip takes 60 l, a tanker brings 100 l, a load of 20 pallets fills a vehicle
TRIPS = """
cargos: {diesel: {pallets: 20, weight: 2 t, litres: 5 l}}
bays: {apron: {lanes: 2, time: 10 min}}
platforms: {pad: {}}
yards: {hub: {max: 2, patience: 1 h}}
fleets: {pool: {vehicles: 3, pallets: 20, home: 10 min, fuel: {depot: fuel, litres: 60 l, leaves: 5 l}}}
warehouses: {dock: {lanes: 3, time: 10 min}, tank: {lanes: 1, time: 10 min, depot: fuel}}
depots: {fuel: {cargo: diesel, stock: 70 l}}
corridors:
  pipe: {from: away, to: here, steps: [{offload: tank}]}
  aid:
    from: away
    to: here
    steps: [{transfer: {onto: pad, bays: apron}}, {convoy: {yard: hub, from: pad, fleet: pool}}, {offload: dock}]
flows:
  a: {sector: un, cargo: food, trace: aid.csv, corridors: {aid: 100 %}}
  f: {sector: un, cargo: diesel, trace: arrivals.csv, corridors: {pipe: 100 %}}
run: {days: 1}
"""


def ran(folder: Path, came_min: list[float], text: str = USERS, aid_min: tuple[float, ...] = ()) -> ReplicationResult:
    """The engines agree on it, and it is conserved."""
    write_trace(folder, came_min)
    write_trace(folder, aid_min, "aid.csv")
    world = run(text, folder)
    assert (compiled.run(world.network, world.draws) == corridor.run(world.network, world.draws)).all()
    return world


def drawn(world: ReplicationResult) -> list[list[int]]:
    """What each user got, day by day."""
    rows = world.rows(e.DRAWN)
    return [rows["value"][rows["time_s"] // DAY_S == day].tolist() for day in range(world.network.days)]


@pytest.mark.parametrize(
    ("wanted", "of_rank", "content", "leaves", "got"),
    [
        (600, 600, 600, 0, 600),
        (600, 600, 599, 0, 599),
        (600, 600, 700, 100, 600),
        (600, 600, 699, 100, 599),
        (900, 1200, 400, 100, 225),
        (300, 1200, 400, 0, 100),
        (300, 1200, 5, 0, 1),
        (300, 1200, 99, 100, 0),
        (300, 1200, 100, 100, 0),
        (300, 1200, 1200, 0, 300),
        (300, 1200, 1199, 0, 299),
    ],
)
def test_what_is_there_is_shared_by_what_each_of_a_rank_wants(
    wanted: int, of_rank: int, content: int, leaves: int, got: int
) -> None:
    assert ration_litres(wanted, of_rank, content, leaves) == got


@pytest.mark.parametrize(
    ("content", "leaves", "trips"),
    [(0, 0, 0), (59, 0, 0), (60, 0, 1), (119, 0, 1), (120, 0, 2), (64, 5, 0), (65, 5, 1), (3, 5, 0)],
)
def test_trips_for_which_there_is_fuel(content: int, leaves: int, trips: int) -> None:
    assert trips_fuelled(content, leaves, 60) == trips


@pytest.mark.parametrize(
    ("now_s", "used", "next_s"), [(50, 7, 200), (199, 7, 200), (200, 0, 400), (399, 0, 400), (600, 0, 800)]
)
def test_a_ceiling_over_days_begins_anew_with_each_period(now_s: int, used: int, next_s: int) -> None:
    assert used_in_period(7, 50, now_s, 200) == used
    assert next_period_s(now_s, 200) == next_s


def test_users_draw_by_rank_and_those_of_one_rank_share(tmp_path: Path) -> None:
    world = ran(tmp_path, [7 * H])
    # 1000: 600, then 225 and 100 (75 are left); with 2000 more 600, 900, 300 (275); then 275
    assert drawn(world) == [[600, 225, 100], [600, 900, 300], [275, 0, 0]]
    assert set(world.rows(e.DRAWN)["time_s"] % DAY_S) == {6 * 3600}
    days = world.days_at("depots.fuel")
    assert days.joined.tolist() == [2000, 0, 0]
    assert days.finished.tolist() == [925, 1800, 275]
    assert days.backlog_end.tolist() == [2075, 275, 0]
    assert (days.used.tolist(), days.capacity.tolist()) == ([925, 1800, 275], [1800, 1800, 1800])
    # 1000 for 6 h, 75 for 70 min, 2075 for the rest
    assert days.backlog_mean[0] == pytest.approx((1000 * 360 + 75 * 70 + 2075 * (1440 - 430)) / 1440)


def test_measures_tell_what_users_lacked(tmp_path: Path) -> None:
    world = ran(tmp_path, [7 * H])
    assert world.measure("fuel_delivered:depots.fuel") == pytest.approx(2000 / 3)
    assert world.measure("fuel_drawn:depots.fuel.hospitals") == pytest.approx(1475 / 3)
    assert world.measure("fuel_unmet:depots.fuel.bakeries") == pytest.approx((2700 - 1125) / 3)
    assert world.measure("fill_rate:depots.fuel.water") == pytest.approx(400 / 900)
    assert (world.measure("days_short:depots.fuel"), world.measure("days_without:depots.fuel")) == (2, 0)
    none = ran(tmp_path, [], USERS.replace("stock: 1000 l", "stock: 0 l"))
    assert (none.measure("days_short:depots.fuel"), none.measure("days_without:depots.fuel")) == (3, 3)


def test_a_tanker_stays_in_its_dock_until_all_of_it_has_room(tmp_path: Path) -> None:
    world = ran(tmp_path, [0, 0, 0])  # 1000 + 2000 + 2000 > 4000: the second comes in when 1800 are drawn
    assert world.times_min(e.FUELLED) == [10, 6 * H, DAY + 6 * H]
    assert world.times_min(e.ARRIVED) == world.times_min(e.FUELLED)
    assert world.rows(e.FUELLED)["value"].tolist() == [2000] * 3


def test_a_fleet_without_fuel_stands_until_some_comes(tmp_path: Path) -> None:
    world = ran(tmp_path, [5 * H, 8 * H], TRIPS, aid_min=(0, 0, 0, 0))
    # 70 l are enough for one trip; 100 l more for one, since 5 stay; 100 l more for two, as 45 were left
    left = world.rows(e.TANKED)
    assert left["time_s"].tolist() == [600, 5 * 3600 + 600, 8 * 3600 + 600]
    assert left["value"].tolist() == [60, 60, 120]
    assert world.rows(e.STARTED, "fleets.pool")["time_s"].tolist() == [600, 18_600, 29_400, 29_400]
    assert world.days_at("depots.fuel").backlog_end.tolist() == [30]
    # one with a load stands from 10 min, two from 20, all three, as the first is home, from 30 until 310, two until 490
    stood_min = 10 * 1 + 10 * 2 + 280 * 3 + 180 * 2
    assert world.measure("standing_without_fuel:fleets.pool") == pytest.approx(stood_min / DAY)
    assert world.measure("trips_after_waiting_for_fuel:fleets.pool") == 3


def test_patience_begins_when_there_is_fuel_as_well(tmp_path: Path) -> None:
    text = TRIPS.replace("hub: {max: 2", "hub: {min: 2, max: 2").replace("stock: 70 l", "stock: 0 l")
    world = ran(tmp_path, [5 * H], text, aid_min=(0,))
    assert world.rows(e.TANKED)["time_s"].tolist() == [5 * 3600 + 600 + 3600]  # an hour after it came


def test_a_mission_that_is_aborted_uses_no_fuel(tmp_path: Path) -> None:
    text = TRIPS.replace("hub: {max: 2,", "hub: {permission: {outcomes: {aborted: 100 %}}, max: 2,")
    text = text.replace("stock: 70 l", 'stock: 70 l, at: "12:00", users: {homes: {litres: 170 l}}')
    world = ran(tmp_path, [5 * H], text, aid_min=(0, 0))
    assert len(world.rows(e.MISSION)) > 0
    assert len(world.rows(e.TANKED)) == 0
    assert drawn(world) == [[170]]  # all that there was and that came


def test_what_waits_for_fuel_does_not_wait_for_vehicles(tmp_path: Path) -> None:
    world = ran(tmp_path, [5 * H], TRIPS, aid_min=(0, 0))
    for place, waited_s in (("depots.fuel", 5 * 3600), ("fleets.pool", 0)):
        found = waiting_by_day(world.history, world.draws, world.network, world.node(place))
        assert found is not None
        assert found.waiting_s.tolist() == [waited_s]


def test_fleets_of_one_depot_set_out_in_the_order_of_their_loads(tmp_path: Path) -> None:
    text = TRIPS.replace("pool: {vehicles: 3", "spare: {vehicles: 3").replace("fleets: {", "fleets: {POOL, ")
    pool = "pool: {vehicles: 3, pallets: 20, home: 10 min, fuel: {depot: fuel, litres: 60 l, leaves: 5 l}}"
    text = text.replace("POOL", pool)
    more = text.index("flows:")
    other = (
        "  other: {from: away, to: here, steps: [{transfer: {onto: pad, bays: apron}},"
        " {convoy: {yard: hub, from: pad, fleet: spare}}, {offload: dock}]}\n"
    )
    text = text[:more] + other + text[more:].replace("aid: 100 %", "aid: 50 %, other: 50 %")
    world = ran(tmp_path, [5 * H, 8 * H, 9 * H], text, aid_min=tuple(range(6)))
    order = world.rows(e.TANKED)["entity"].tolist()
    assert order == sorted(order)
    assert len(order) > 3


CEILING = """
cargos: {diesel: {pallets: 20, weight: 34 t, litres: 100 l}}
gates: {rim: {border: true}}
ceilings: {fuel: {gates: [rim], litres: 5000 l, every: 2}}
warehouses: {dock: {lanes: 9, time: 10 min}}
corridors: {only: {from: away, to: here, steps: [{pass_gate: rim}, {offload: dock}]}}
flows:
  a: {sector: un, cargo: food, trace: aid.csv, corridors: {only: 100 %}}
  f: {sector: un, cargo: diesel, trace: arrivals.csv, corridors: {only: 100 %}}
run: {days: 5}
"""


def test_a_ceiling_in_litres_over_two_days_holds_for_fuel_alone(tmp_path: Path) -> None:
    world = ran(tmp_path, [0, H, 2 * H, 3 * H, 4 * H], CEILING, aid_min=tuple(H * i for i in range(9)))
    cargo = np.array([source.cargo for source in world.network.sources])[world.draws.source]
    passed = world.rows(e.PASSED, "gates.rim")
    by_cargo = {kind: passed["time_s"][cargo[passed["entity"]] == kind] // 60 for kind in ("food", "diesel")}
    assert by_cargo["food"].tolist() == [H * i for i in range(9)]
    assert by_cargo["diesel"].tolist() == [0, H, 2 * DAY, 2 * DAY, 4 * DAY]  # 4000 l in two days, 6000 would be more
    days = world.days_at("ceilings.fuel")
    assert days.used.tolist() == [4000, 0, 4000, 0, 2000]
    assert days.capacity.tolist() == [5000, 1000, 5000, 1000, 5000]  # of the second day what was left of the first
    assert isinstance(node := world.node("ceilings.fuel"), CeilingNode)
    assert node.period_s == 2 * DAY_S


def test_a_phase_may_change_a_ceiling_in_litres(tmp_path: Path) -> None:
    text = CEILING + "phases: {less: {from: 2024-05-15, changes: {ceilings.fuel.litres: x 0.5}}}\n"
    world = ran(tmp_path, [0, H, 2 * H, 3 * H, 4 * H], text)
    assert minutes_passed(world) == [0, H, 2 * DAY, 4 * DAY]


def minutes_passed(world: ReplicationResult) -> list[int]:
    return [int(time) // 60 for time in world.rows(e.PASSED, "gates.rim")["time_s"]]


def test_the_page_tells_of_fuel_where_there_is_any(tmp_path: Path) -> None:
    plain = read_study(write_study(tmp_path / "plain", (CLOSED,)))
    assert "<h2>Fuel</h2>" not in render_page(plain, [])
    run, day = plain.runs[0], "litres/day"
    of = {
        "fuel_delivered:depots.tank": day, "fuel_taken_by_trips:depots.tank": day, "days_short:depots.tank": "days",
        "days_without:depots.tank": "days", "fuel_drawn:depots.tank.homes": day, "fuel_unmet:depots.tank.homes": day,
        "standing_without_fuel:fleets.pool": "vehicles", "trips_after_waiting_for_fuel:fleets.pool": "trips/day",
    }  # fmt: skip
    told = {name: Measure(unit, np.full(6, 3.0)) for name, unit in of.items()}
    told["fill_rate:depots.tank.homes"] = Measure("share", np.array([0.4, 0.4, 0.4, 0.6, 0.6, 0.6]))
    arrays = replace(run.arrays, measures={**run.arrays.measures, **told})
    study = replace(plain, runs=(replace(run, arrays=arrays),))
    assert list(fuel.depot_rows(study)) == [[run.label, "depots.tank", *["3.00"] * 4]]
    assert list(fuel.user_rows(study)) == [[run.label, "depots.tank", "homes", "3.00", "3.00", "50%"]]
    assert list(fuel.fleet_rows(study)) == [[run.label, "fleets.pool", "3.00", "3.00"]]
    assert "<h2>Fuel</h2>" in render_page(study, [])


def test_litres_that_do_not_add_up_are_told(tmp_path: Path) -> None:
    world = ran(tmp_path, [7 * H])
    assert isinstance(node := world.node("depots.fuel"), DepotNode)
    assert depot_content(world.history, node).value.tolist() == [1000, 75, 2075, 275, 0]
    log = world.log.copy()
    log["value"][log["kind"] == e.FUELLED] -= 1
    wrong = ReplicationResult(world.network, world.draws, log)
    assert [fault.split(":")[0] for fault in depot_faults(wrong.history, wrong.network, node)] == [
        "depots.fuel held between -1 and 2074 litres, and has room for 4000", "depots.fuel"
    ]  # fmt: skip


def test_mistakes_about_fuel_are_told() -> None:
    text = USERS.replace("trace: arrivals.csv", "rate: 1/day")
    assert mistakes_in(text) == []
    wrong = {
        "depot: fuel}": ("depot: fule}", "warehouses.tank.depot: there is no depots.fule; did you mean fuel?"),
        "room: 4000 l": (
            "room: 1999 l",
            "corridors.pipe: up to 2000 l come at once, depots.fuel has room for 1999 l",
        ),
        "stock: 1000 l": ("stock: 4001 l", "depots.fuel.stock: 4001 l are above its room (4000 l)"),
        ", litres: 100 l": ("", "depots.fuel.cargo: cargos.diesel has no litres (of one pallet)"),
        "un, cargo: diesel": ("un, cargo: food", "corridors.pipe: brings food to depots.fuel, which is one of diesel"),
    }
    for old, (new, said) in wrong.items():
        assert said in mistakes_in(text.replace(old, new))
    (both,) = mistakes_in(text.replace("depot: fuel}", "depot: fuel, store: s}"))
    assert "wanted store or depot, found both" in both
    (keeps,) = mistakes_in(text.replace("litres: 100 l}", "litres: 100 l, shelf_life: 1 day}"))
    assert "wanted litres or shelf_life, found both" in keeps
    trips = TRIPS.replace("trace: arrivals.csv", "rate: 1/day").replace("trace: aid.csv", "rate: 1/day")
    assert mistakes_in(trips) == []
    small = trips.replace("hub: {max", "hub: {min: 2, max").replace("stock: 70 l", "stock: 70 l, room: 124 l")
    assert mistakes_in(small) == [
        "fleets.pool.fuel: the smallest convoy of yards.hub needs 125 l there, and depots.fuel has room for 124 l"
    ]
    idle = trips.replace(
        "fleets: {", "fleets: {idle: {vehicles: 1, pallets: 1, home: 1 h, fuel: {depot: fuel, litres: 1 l}}, "
    )
    assert mistakes_in(idle) == [
        "fleets.idle.fuel: only trips of convoys that collect from a platform take fuel, and it has none"
    ]
    (large,) = mistakes_in(CEILING.replace("trace: arrivals.csv", "rate: 1/day").replace(
        "trace: aid.csv", "rate: 1/day").replace("5000 l", "1999 l"))  # fmt: skip
    assert large == "ceilings.fuel.litres: 1999, and parties on corridors.only reach 2000"
