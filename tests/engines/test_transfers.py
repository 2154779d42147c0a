"""Transfers from truck to truck, back to back, with fleets of so many vehicles. In minutes; in both engines."""

from pathlib import Path

import pytest

from sim import events as e
from sim.loop.engine import run
from sim.luck.draws import draw_loads
from sim.network.base import Purpose, Setting, Slot
from sim.network.lanes import PoolNode
from sim.network.network import Gridlock
from sim.readings.milestones import route_milestones
from sim.readings.whereabouts import whereabouts_at_end
from sim.rules import has_vehicle, trip_carrier
from sim.story import corridor as corridor_engine
from sim.study.offered_load import offered_loads
from tests.engines.test_story import only
from tests.network.test_checks import changed, corridor
from tests.worlds.running import WORLD, ReplicationResult, in_minutes, mistakes_in, network_of, run_network, write_trace

FLOW = "flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}\n"
STOCK = "flows: {f: {sector: un, cargo: food}}\n"
ONE_LEG = """
bays: {apron: {lanes: 2, time: 10 min}}
fleets: {lorries: {vehicles: 2, pallets: 20, home: 30 min}}
roads: {in: {time: 1 h}}
warehouses: {dock: {lanes: 9, time: 5 min}}
""" + only("{transfer: {onto: lorries, bays: apron}}", "{travel: in}", "{offload: dock}")

TWICE = ONE_LEG.replace("{offload: dock}", "{transfer: {onto: lorries, bays: apron}}, {offload: dock}")


def both(text: str, folder: Path | None = None) -> ReplicationResult:
    """By the SimPy model; the other engine has the same log."""
    ran = run_network(network_of(text, *([folder] if folder else [])))
    assert (run(ran.network, ran.draws) == ran.log).all()
    return ran


def trips(ran: ReplicationResult, fleet: str) -> list[tuple[float, float]]:
    """When a vehicle was taken, and was home again, trip by trip."""
    visits = ran.visits(fleet)
    return [*zip(in_minutes(visits.started_s), in_minutes(visits.finished_s), strict=True)]


@pytest.mark.parametrize(("free", "can"), [(-1, False), (0, False), (1, True)])
def test_a_load_is_taken_over_if_a_vehicle_is_free(free: int, can: bool) -> None:
    assert has_vehicle(free) is can


def test_trips_are_named_below_whatever_else_a_row_says() -> None:
    assert [trip_carrier(trips) for trips in (0, 1, 2)] == [-2, -3, -4]


def test_a_finite_fleet_at_the_origin_holds_loads_back(tmp_path: Path) -> None:
    """Three bays would do: two vehicles are taken at 0, home at 10 + 60 + 5 + 30, and then the next two."""
    ran = both(ONE_LEG + FLOW, write_trace(tmp_path, [0, 0, 0, 1]))
    assert ran.arrivals_min() == [75, 75, 180, 180]
    assert ran.times_min(e.STARTED, "bays.apron") == [0, 0, 105, 105]
    assert trips(ran, "fleets.lorries") == [(0, 105), (0, 105), (105, 210), (105, 210)]
    assert ran.rows(e.STARTED, "fleets.lorries")["carrier"].tolist() == [-2] * 4
    assert ran.measure("utilisation:fleets.lorries") == pytest.approx(4 * 105 / (2 * 2880))
    assert ran.measure("wait_h:bays.apron") == pytest.approx((105 + 104) / 4 / 60)
    assert ran.measure("arrived_trucks_per_day") == 2
    assert ran.measure("offloaded_trucks_per_day") is None


def test_a_bay_and_a_vehicle_are_both_needed_and_the_bay_is_free_when_the_load_goes_on(tmp_path: Path) -> None:
    ran = both(
        ONE_LEG.replace("lanes: 2", "lanes: 1").replace("vehicles: 2", "vehicles: 9") + FLOW,
        write_trace(tmp_path, [0, 0, 0]),
    )
    assert ran.arrivals_min() == [75, 85, 95]
    assert trips(ran, "fleets.lorries") == [(0, 105), (10, 115), (20, 125)]
    shut = "calendars: {day: {windows: {all: {hours: '08:00-16:00'}}}}\n"
    late = both(
        ONE_LEG.replace("time: 10 min}", "time: 10 min, calendar: day}") + shut + FLOW, write_trace(tmp_path, [0])
    )
    assert trips(late, "fleets.lorries") == [(480, 585)]  # nobody waits in an empty vehicle


def test_the_way_home_has_the_law_of_its_fleet_and_the_luck_of_the_load_and_its_trip(tmp_path: Path) -> None:
    """Two bays and always a vehicle: trips begin at 0 and at 70; the first is over when the next truck has the load."""
    text = TWICE.replace("home: 30 min", "home: {law: exponential, mean: 30 min}").replace("vehicles: 2", "vehicles: 9")
    ran = both(text + FLOW, write_trace(tmp_path, [0, 0]))
    home_s = ran.draws.luck_by_slot[Slot(Purpose.HOME, ran.node("fleets.lorries").number)]
    assert len({*home_s.ravel().tolist()}) == 4
    ended = ran.rows(e.FINISHED, "fleets.lorries")
    for load in (0, 1):
        own = ended[ended["entity"] == load]
        came = dict(zip(own["carrier"].tolist(), own["time_s"].tolist(), strict=True))
        assert came == {-2: 80 * 60 + home_s[0, load], -3: 85 * 60 + home_s[1, load]}


LEGS = """
bays:
  first: {lanes: 9, time: 10 min}
  second: {lanes: 1, time: 20 min}
  third: {lanes: 9, time: 15 min}
fleets:
  origin: {vehicles: 3, pallets: 22, home: 40 min}
  middle: {vehicles: 1, pallets: 20, home: 30 min}
platforms: {pad: {room: 40}}
yards: {hub: {min: 1, max: 1}}
roads: {one: {time: 60 min}, two: {time: 50 min}}
sites: {scan: {lanes: 1, time: 5 min}}
warehouses: {dock: {lanes: 9, time: 5 min}}
""" + only(
    "{transfer: {onto: origin, bays: first}}", "{travel: one}", "{inspect: scan}",
    "{transfer: {onto: middle, bays: second}}", "{travel: two}", "{transfer: {onto: pad, bays: third}}",
    "{convoy: {yard: hub, from: pad, fleet: POOL}}", "{offload: dock}",
)  # fmt: skip
POOL = "fleets: {pool: {vehicles: 9, pallets: 20, home: 1 h}}\n"


def test_three_legs_hand_over_one_after_the_other(tmp_path: Path) -> None:
    """The middle vehicle is taken at 75, hands over at 95 + 50 + 15 = 160 and is home at 190; the next load waits so
    long on its first vehicle, which is home 40 minutes after it handed over, at 210."""
    text = LEGS.replace("POOL", "pool").replace("  middle:", "  pool: {vehicles: 9, pallets: 20, home: 1 h}\n  middle:")
    ran = both(text + FLOW, write_trace(tmp_path, [0, 0, 0]))
    assert ran.times_min(e.FINISHED, "bays.first") == [10, 10, 10]
    assert ran.times_min(e.FINISHED, "sites.scan") == [75, 80, 85]
    assert trips(ran, "fleets.middle") == [(75, 190), (190, 305), (305, 420)]
    assert trips(ran, "fleets.origin") == [(0, 135), (0, 250), (0, 365)]
    assert ran.times_min(e.OFFLOADED) == [160, 275, 390]  # the one milestone of all these transfers
    assert ran.arrivals_min() == [165, 280, 395]
    assert ran.days_at("bays.second").backlog_end.tolist() == [0, 0]
    assert route_milestones(ran.network, ran.network.routes[0]) == (
        "requested", "dispatched", "rejected", "returned", "offloaded", "collected", "arrived",
    )  # fmt: skip


def test_a_queue_before_a_gate_ties_up_the_vehicles_of_the_leg_before_it(tmp_path: Path) -> None:
    text = ONE_LEG.replace("{travel: in}", "{pass_gate: rim}").replace("roads: {in: {time: 1 h}}", "")
    text += "gates: {rim: {calendar: day}}\ncalendars: {day: {windows: {all: {hours: '08:00-16:00'}}}}\n"
    ran = both(text + FLOW, write_trace(tmp_path, [0, 0, 0]))
    assert ran.times_min(e.PASSED) == [480, 480, 525]
    assert trips(ran, "fleets.lorries") == [(0, 515), (0, 515), (515, 560)]


def test_a_truck_holds_its_bay_until_the_next_place_has_room_and_its_vehicle_until_the_platform_has(
    tmp_path: Path,
) -> None:
    text = ONE_LEG.replace("{travel: in}", "{inspect: scan}").replace("roads: {in: {time: 1 h}}", "")
    ran = both(text + "sites: {scan: {lanes: 1, time: 25 min, room: 0}}\n" + FLOW, write_trace(tmp_path, [0, 0]))
    visits = ran.visits("bays.apron")
    assert (in_minutes(visits.finished_s), in_minutes(visits.left_s)) == ([10, 10], [10, 35])
    full = """
bays: {apron: {lanes: 9, time: 10 min}, ramp: {lanes: 9, time: 1 min}}
fleets: {lorries: {vehicles: 2, pallets: 20, home: 30 min}, pool: {vehicles: 1, pallets: 20, home: 5 min}}
platforms: {pad: {room: 20}}
yards: {hub: {max: 1, patience: 9 h, timetable: {first: 100 min, every: 1 h}}}
warehouses: {dock: {lanes: 9, time: 5 min}}
""" + only("{transfer: {onto: lorries, bays: apron}}", "{transfer: {onto: pad, bays: ramp}}",
           "{convoy: {yard: hub, from: pad, fleet: pool}}", "{offload: dock}")  # fmt: skip
    ran = both(full + FLOW, write_trace(tmp_path, [0, 0, 0]))
    assert ran.times_min(e.OFFLOADED) == [11, 100, 160]
    assert trips(ran, "fleets.lorries") == [(0, 41), (0, 130), (41, 190)]


def test_a_rejected_load_keeps_its_vehicle_until_it_is_returned() -> None:
    text = ONE_LEG.replace("{offload: dock}", "{inspect: scan}, {offload: dock}").replace(
        "{travel: in}", "{travel: in, as: drive}"
    )
    site = (
        "sites: {scan: {lanes: 9, time: 5 min, rejected: {share: 100 %, after: 20 min, attempts: 2, back_to: drive}}}\n"
    )
    ran = both(text + site + STOCK + "start: {s: {flow: f, corridor: only, loads: 3}}\n")
    # 10 + 60 + 5, no; 20 later once more 60 + 5, and that was the last time; then home
    assert ran.times_min(e.REJECTED)[:4] == [75, 160, 75, 160]
    assert ran.times_min(e.RETURNED)[:2] == [160, 160]
    assert trips(ran, "fleets.lorries") == [(0, 190), (0, 190), (190, 380)]


def test_who_is_turned_away_lets_its_vehicle_home(tmp_path: Path) -> None:
    text = ONE_LEG.replace("{lanes: 9, time: 5 min}", "{lanes: 1, time: 5 min, room: 0, overflow: turn_away}")
    ran = both(text + FLOW, write_trace(tmp_path, [0, 0]))
    assert ran.times_min(e.TURNED_AWAY) == [70]
    assert trips(ran, "fleets.lorries") == [(0, 105), (0, 100)]


def test_trucks_that_gather_keep_their_vehicles(tmp_path: Path) -> None:
    text = ONE_LEG.replace("{travel: in}", "{convoy: hub}, {travel: in}") + "yards: {hub: {min: 2, max: 2}}\n"
    ran = both(text + FLOW, write_trace(tmp_path, [0, 90, 100]))
    assert ran.times_min(e.SET_OUT) == [100]
    assert trips(ran, "fleets.lorries") == [(0, 195), (90, 195), (195, 2880)]


def test_a_phase_with_fewer_vehicles_lets_them_retire_as_they_come_home(tmp_path: Path) -> None:
    """One of two is left from minute 50 to 300: the second to come home goes, and comes back when the phase is over."""
    phase = "phases: {few: {from: 2024-05-13, starts: 50 min, lasts: 250 min, changes: {CHANGE}}}\n"
    phase = phase.replace("CHANGE", "fleets.lorries.vehicles: NUMBER")
    ran = both(ONE_LEG + FLOW + phase.replace("NUMBER", "1"), write_trace(tmp_path, [0, 0, 1, 2, 3]))
    assert trips(ran, "fleets.lorries") == [(0, 105), (0, 105), (105, 210), (210, 315), (300, 405)]
    assert ran.node("fleets.lorries").over_time(Setting.vehicles).value.tolist() == [2, 1, 2]
    none = both(ONE_LEG + FLOW + phase.replace("NUMBER", "0"), write_trace(tmp_path, [0, 0, 1, 2, 3]))
    assert trips(none, "fleets.lorries") == [(0, 105), (0, 105), (300, 405), (300, 405), (405, 510)]
    more = both(ONE_LEG + FLOW + phase.replace("NUMBER", "+ 1"), write_trace(tmp_path, [0, 0, 1, 2, 3]))
    assert trips(more, "fleets.lorries")[:4] == [(0, 105), (0, 105), (50, 155), (105, 210)]


def test_what_stands_at_the_bays_as_the_run_starts_is_taken_over_and_what_is_beyond_is_on_other_trucks() -> None:
    stocks = "  a: {flow: f, corridor: only, at: bays.apron, loads: 3}\n"
    stocks += "  b: {flow: f, corridor: only, at: roads.in, loads: 4}\n"
    ran = both(ONE_LEG + STOCK + "start:\n" + stocks)
    assert ran.arrivals_min() == [75, 75, 180, 65, 65, 65, 65]
    assert trips(ran, "fleets.lorries") == [(0, 105), (0, 105), (105, 210)]


@pytest.mark.parametrize("pallets", [1, 20])
def test_a_load_may_have_two_vehicles_of_one_fleet_one_after_the_other(pallets: int, tmp_path: Path) -> None:
    text = TWICE.replace("vehicles: 2", "vehicles: 3") + f"cargos: {{food: {{pallets: {pallets}}}}}\n"
    ran = both(text + FLOW, write_trace(tmp_path, [0, 0]))
    assert trips(ran, "fleets.lorries") == [(0, 110), (0, 150), (70, 115), (110, 155)]
    assert sorted(ran.rows(e.STARTED, "fleets.lorries")["carrier"].tolist()) == [-3, -3, -2, -2]
    assert ran.arrivals_min() == [85, 125]


def test_where_the_loads_are_is_known_while_vehicles_are_away(tmp_path: Path) -> None:
    end = 48 * 60
    ran = both(ONE_LEG + FLOW, write_trace(tmp_path, [end - 110, end - 30, end - 5, end - 4]))
    there = whereabouts_at_end(ran.network, ran.draws, ran.history)
    places = [ran.network.nodes[place].name for place in there.place]
    assert sorted(zip(there.load.tolist(), places, strict=True)) == [
        (0, "warehouses.dock"), (1, "roads.in"), (2, "bays.apron"), (3, "bays.apron"),
    ]  # fmt: skip
    assert ran.days_at("fleets.lorries").backlog_end.tolist() == [0, 2]


# Standstill

RING = """
bays: {left: {lanes: 9, time: 1 min}, right: {lanes: 9, time: 1 min}}
fleets: {one: {vehicles: 1, pallets: 20, home: 1 min}, other: {vehicles: 1, pallets: 20, home: 1 min}}
warehouses: {dock: {lanes: 9, time: 1 min}}
corridors:
  there: {from: away, to: here, steps: [LEFT, RIGHT, {offload: dock}]}
  back: {from: away, to: here, steps: [RIGHT, LEFT, {offload: dock}]}
flows: {f: {sector: un, cargo: food}}
start: {a: {flow: f, corridor: there, loads: 1}, b: {flow: f, corridor: back, loads: 1}}
""".replace("LEFT", "{transfer: {onto: one, bays: left}}").replace("RIGHT", "{transfer: {onto: other, bays: right}}")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (TWICE + STOCK + "start: {s: {flow: f, corridor: only, loads: 2}}\n", "bays.apron, fleets.lorries"),
        (RING, "bays.left, bays.right, fleets.one, fleets.other"),
        (RING.replace("time: 1 min}", "time: 1 min, room: 0}"), "bays.left, bays.right, fleets.one, fleets.other"),
    ],
)
def test_vehicles_that_wait_for_each_other_for_ever_are_an_error_that_names_them(text: str, named: str) -> None:
    network = network_of(text)
    for engine in (corridor_engine.run, run):
        with pytest.raises(Gridlock, match=rf"move any more: {named} wait for vehicles or room in each other"):
            engine(network, draw_loads(network, 1, 0))


@pytest.mark.parametrize(
    "text",
    [
        RING.replace("one: {vehicles: 1", "one: {vehicles: 2"),
        TWICE.replace("vehicles: 2", "vehicles: 3") + STOCK + "start: {s: {flow: f, corridor: only, loads: 2}}\n",
        ONE_LEG.replace("lanes: 9, time: 5 min", "lanes: 9, time: 5 min, room: 0, calendar: never")
        + STOCK + "start: {s: {flow: f, corridor: only, loads: 5}}\n",
    ],
    ids=["one vehicle more", "one more of the same", "a place that is shut"],
)  # fmt: skip
def test_one_vehicle_more_undoes_the_knot_and_a_place_that_may_open_is_none(text: str) -> None:
    both(text)


# What a planner is told


def test_rho_of_a_fleet_counts_its_whole_trips() -> None:
    """Of a vehicle: 10 at the bay, 60 on the road, 5 at the dock and 30 home."""
    network = network_of(ONE_LEG + "flows: {f: {sector: un, cargo: food, rate: 12/day, corridors: {only: 1}}}\n")
    fleet = next(node.number for node in network.nodes if node.name == "fleets.lorries")
    found = offered_loads(network)[fleet]
    assert found.arrivals_per_day == 12
    assert found.service_h == pytest.approx(105 / 60)
    assert found.rho == pytest.approx(12 * 105 / 1440 / 2)


LORRIES = {"vehicles": 2, "pallets": 22, "home": "1 h"}
ONTO = {"transfer": {"onto": "lorries", "bays": "ramp"}}
RAMP = {"lanes": 1, "time": "5 min"}
OFFLOAD, DRIVE, LOOK = {"offload": "dock"}, {"travel": "in", "as": "drive"}, {"inspect": "scan"}


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        ({"corridors__extra": corridor(ONTO, DRIVE, LOOK, OFFLOAD)}, []),
        ({"corridors__extra": corridor({"transfer": {"onto": "lories", "bays": "ramp"}}, DRIVE, LOOK, OFFLOAD)},
         ["corridors.extra.steps[0] (transfer): there is no platforms.lories and no fleets.lories; "
          "did you mean lorries?"]),
        ({"corridors__extra": corridor(ONTO, DRIVE, LOOK, OFFLOAD), "platforms__lorries": {}},
         ["corridors.extra.steps[0]: what is put on lorries is collected there: wanted convoy from lorries next; "
          "the platform is meant, as fleets.lorries has the same name"]),
        ({"corridors__extra": corridor({"transfer": {"onto": "pool", "bays": "ramp"}}, OFFLOAD),
          "fleets__pool__pallets": 22},
         ["fleets.pool: takes loads over at bays.ramp, and collects from a platform; wanted one of them"]),
        ({"corridors__extra": corridor(ONTO, {"transfer": {"onto": "lorries", "bays": "quay"}}, OFFLOAD),
          "bays__quay": RAMP},
         ["fleets.lorries: takes loads over at bays.ramp and bays.quay; wanted one of them"]),
        ({"corridors__extra": corridor({"transfer": {"onto": "lorries", "bays": "apron"}}, OFFLOAD)},
         ["bays.apron: bays at which a fleet takes over have no other receiver; found pad, lorries"]),
        ({"corridors__extra": corridor(DRIVE, ONTO, LOOK, OFFLOAD)},
         ["corridors.extra: sites.scan.rejected.back_to lies before the transfer onto fleets.lorries, "
          "whose other truck is gone"]),
        ({"corridors__extra": corridor(ONTO, {"convoy": {"yard": "hub", "from": "pad", "fleet": "pool"}}, OFFLOAD)},
         ["corridors.extra.steps[1]: a convoy that collects from pad comes right after a transfer onto it"]),
        ({"corridors__south__steps__2": ONTO, "fleets__lorries__pallets": 21},
         ["cargos.food.pallets: loads of flows.aid reach 22, a vehicle of fleets.lorries carries 21",
          "cargos.flour.pallets: loads of flows.trade reach 22, a vehicle of fleets.lorries carries 21"]),
    ],
    ids=["good", "unknown", "both", "convoys too", "two bays", "two receivers", "sent back", "collects", "too large"],
)  # fmt: skip
def test_a_transfer_that_cannot_be_is_said_where_it_stands(settings: dict[str, object], lines: list[str]) -> None:
    world = changed(**{"fleets__lorries": dict(LORRIES), "bays__ramp": RAMP, **settings})
    assert sorted(mistakes_in(world)) == sorted(lines)


def test_a_transfer_onto_vehicles_moves_nobody_s_luck() -> None:
    """Of a world with one corridor more, at whose bays nothing comes."""
    before = network_of(WORLD)
    after = network_of(
        changed(fleets__lorries=LORRIES, bays__ramp=RAMP, corridors__extra=corridor(ONTO, DRIVE, LOOK, OFFLOAD))
    )
    names = [[node.name for node in network.nodes] for network in (before, after)]
    one, other = draw_loads(before, 1, 0), draw_loads(after, 1, 0)
    assert one.luck_digest == other.luck_digest
    for slot, values in one.luck_by_slot.items():
        place = names[1].index(names[0][slot.place])
        assert (values == other.luck_by_slot[slot._replace(place=place)]).all()
    ramp = next(node for node in after.nodes if node.name == "bays.ramp")
    assert isinstance(ramp, PoolNode)
    assert after.nodes[ramp.fleet].name == "fleets.lorries"
