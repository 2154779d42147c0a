"""What is lost on roads and what outlives its shelf life, worked by hand; each world is run by both engines."""

from pathlib import Path

import numpy as np
import pytest

from sim import events as e
from sim.loop import engine as compiled
from sim.network.base import LuckSlot, Purpose
from sim.network.roads import RoadNode
from sim.readings import whereabouts
from sim.readings.records import TRANSIT_OUTCOMES
from tests.fuzz import first_difference, told_by
from tests.worlds.running import ReplicationResult, mistakes_in, run, write_trace

ROAD = "roads.coast"
FLOWS = """
cargos: {flour: {pallets: 20, weight: 20 t}}
flows:
  first: {sector: un, cargo: food, rank: 0, trace: first.csv, corridors: {only: 100 %}}
  then: {sector: un, cargo: flour, rank: 1, trace: then.csv, corridors: {only: 100 %}}
"""
ON_THEIR_OWN = (
    "corridors: {only: {from: away, to: here, steps: [{travel: coast}, {travel: inland}, {offload: dock}]}}\n"
)
CONVOY = ON_THEIR_OWN.replace("[{travel: coast}", "[{convoy: hub}, {travel: coast}")
VEHICLES = ON_THEIR_OWN.replace(
    "[", "[{transfer: {onto: pad, bays: apron}}, {convoy: {yard: hub, from: pad, fleet: pool}}, "
)
PLACES = """
yards: {hub: {min: 3, max: 3}}
bays: {apron: {lanes: 3, time: 1 min}}
platforms: {pad: {}}
fleets: {pool: {vehicles: 3, pallets: 17, home: 7 min}}
warehouses: {dock: {lanes: 3, time: 1 min}}
roads: {coast: {time: 10 min, interception: {LOSS}}, inland: {time: 20 min}}
"""
FLEET = "vehicles: 60, pallets: 20"
IMPATIENT = PLACES.replace("max: 3}", "max: 3, patience: 1 min}")


def ran_by_both(text: str, folder: Path, replication: int = 0) -> ReplicationResult:
    """A run in which both engines tell the same."""
    ran = run(text, folder, replication=replication)
    assert not first_difference(ran.network, ran.log, told_by(compiled.run, ran.network, ran.draws))
    return ran


def world(
    folder: Path, corridor: str, loss: str, first: list[float], then: list[float], more: str = "", places: str = PLACES
) -> ReplicationResult:
    """Loads of food and, of a later rank, flour that come at these minutes, on a road with this interception."""
    write_trace(folder, first, "first.csv", {"roads.inland": [5.0] * len(first)})
    write_trace(folder, then, "then.csv", {"roads.inland": [30.0 * (i + 1) for i in range(len(then))]})
    return ran_by_both(corridor + FLOWS + places.replace("LOSS", loss) + more, folder)


def told(ran: ReplicationResult, kind: int) -> list[tuple[float, int, str, int, int]]:
    """(minute, load, place, carrier, pallets) of the rows of a kind."""
    names = [node.name for node in ran.network.nodes]
    rows = ran.log[ran.log["kind"] == kind].tolist()
    return [(time_s / 60, load, names[place], carrier, pallets) for time_s, load, _, place, carrier, pallets in rows]


def fates(ran: ReplicationResult) -> list[str]:
    """What became of each dispatched load."""
    return [TRANSIT_OUTCOMES[outcome] for outcome in ran.transit.outcome]


def ends(ran: ReplicationResult) -> dict[tuple[str, str], tuple[int, int]]:
    """(place, state) at the end -> loads, pallets."""
    table = whereabouts.whereabouts_table(
        ran.network, ran.draws, [("un", "food")], np.zeros_like(ran.draws.source), ran.history
    )
    columns = (table[name].tolist() for name in ("moment", "place", "state", "loads", "pallets"))
    return {
        (where, state): (n, pallets) for when, where, state, n, pallets in zip(*columns, strict=True) if when == "end"
    }


# Interception


def test_of_a_convoy_that_is_stopped_some_are_lost_and_the_others_go_on_behind_the_next(tmp_path: Path) -> None:
    """The first is lost and would have driven on for 5 minutes; the second leads, with its own 30."""
    ran = world(tmp_path, CONVOY, "missions: 1, cargos: {flour: 0}", [0], [0, 0])
    assert told(ran, e.INTERCEPTED) == [(10, 0, ROAD, -1, 20)]
    assert told(ran, e.ARRIVED) == [(41, 1, "warehouses.dock", -1, 20), (41, 2, "warehouses.dock", -1, 20)]
    assert len(told(ran, e.FINISHED)) == 3 + 2 + 2
    assert fates(ran) == ["intercepted", "arrived", "arrived"]
    assert ends(ran) == {(ROAD, "lost"): (1, 20), ("warehouses.dock", "arrived"): (2, 40)}


def test_behind_one_that_is_lost_from_the_middle_nothing_changes(tmp_path: Path) -> None:
    ran = world(tmp_path, CONVOY, "missions: 1, cargos: {food: 0}", [0], [0, 0])
    assert [row[1] for row in told(ran, e.INTERCEPTED)] == [1, 2]
    assert told(ran, e.ARRIVED) == [(16, 0, "warehouses.dock", -1, 20)]


def test_a_convoy_may_lose_all_its_trucks(tmp_path: Path) -> None:
    ran = world(tmp_path, CONVOY, "missions: 1", [0], [0, 0])
    assert told(ran, e.INTERCEPTED) == [(10, load, ROAD, -1, 20) for load in range(3)]
    assert not told(ran, e.ARRIVED) and len(told(ran, e.STARTED)) == 3 + 3
    assert ran.measure("intercepted_trucks_per_day") == 1.5
    assert ran.measure("intercepted_tonnes_per_day") == 30
    assert ran.measure("arrived_tonnes_per_day") == 0
    assert ran.measure("inside_end_loads") == 0
    assert ran.measure("transit_h_mean") is None


def test_a_vehicle_that_loses_all_drives_home_empty_and_is_given_back(tmp_path: Path) -> None:
    """Vehicles of 17 for a load of food and one of flour, 20 each: 17 food; 3 food and 14 flour; 6 flour."""
    ran = world(tmp_path, VEHICLES, "missions: 1, cargos: {flour: 0}", [0], [0], places=IMPATIENT)
    assert told(ran, e.SET_OUT) == [(2, 0, "yards.hub", 0, 40)]
    assert told(ran, e.INTERCEPTED) == [(12, 0, ROAD, 0, 17), (12, 0, ROAD, 17, 3), (12, 1, ROAD, 17, 14)]
    assert told(ran, e.ARRIVED) == [(43, 1, "warehouses.dock", 34, 6)]
    home = [row[:2] + row[3:4] for row in told(ran, e.FINISHED) if row[2] == "fleets.pool"]
    assert home == [(19, 0, 0), (19, 0, 17), (50, 1, 34)]
    assert ran.measure("collected_trucks_per_day") == 1.5
    assert ran.measure("intercepted_trucks_per_day") == 1
    assert ran.measure("intercepted_pallets_per_day") == 17
    assert ran.measure("arrived_trucks_per_day") == 0.5
    assert ran.measure("arrived_pallets_per_day") == 3
    assert fates(ran) == []  # no load drives before the platform
    assert ends(ran) == {(ROAD, "lost"): (2, 34), ("warehouses.dock", "arrived"): (1, 6)}
    kg = {name: ran.milestones[name].kg.sum() for name in ("arrived", "intercepted")}
    assert kg == {"arrived": 6_000, "intercepted": 34_000}


def test_a_load_is_done_when_its_last_part_has_arrived_or_was_lost(tmp_path: Path) -> None:
    """As before, but loads drive to the platform: the flour is done with its last 6 pallets, and was intercepted."""
    steps = VEHICLES.replace("[{transfer", "[{travel: inland}, {transfer")
    ran = world(tmp_path, steps, "missions: 1, cargos: {flour: 0}", [25], [0], places=IMPATIENT)
    assert fates(ran) == ["intercepted", "intercepted"]
    assert told(ran, e.ARRIVED)[-1][1] == 0
    assert ran.transit.duration_s.tolist()[0] == told(ran, e.ARRIVED)[-1][0] * 60


def test_single_trucks_are_lost_as_the_phase_says_in_which_they_set_out(tmp_path: Path) -> None:
    """From 120 to 180 min all, else none. They drive 90: who set out before passes, and who set out last is lost."""
    slow = PLACES.replace("10 min", "90 min")
    more = """
phases:
  bad: {from: 2024-05-13, starts: 120 min, lasts: 60 min, changes: {roads.coast.interception.missions: 1}}
"""
    ran = world(tmp_path, ON_THEIR_OWN, "missions: 0", [0, 119, 120, 179, 180], [], more, slow)
    assert told(ran, e.INTERCEPTED) == [(210, 2, ROAD, -1, 20), (269, 3, ROAD, -1, 20)]
    assert [row[1] for row in told(ran, e.ARRIVED)] == [0, 1, 4]


def test_a_phase_may_take_less_of_each_convoy(tmp_path: Path) -> None:
    phase = "phases: {calm: {from: 2024-05-13, changes: {roads.coast.interception.within: x 0}}}\n"
    ran = world(tmp_path, CONVOY, "missions: 1, within: 0.9", [0], [0, 0], phase)
    assert not told(ran, e.INTERCEPTED) and len(told(ran, e.ARRIVED)) == 3
    assert ran.measure("intercepted_trucks_per_day") == 0


def test_room_that_was_kept_for_who_is_lost_is_given_to_the_next(tmp_path: Path) -> None:
    """20 pallets may be on their way: the flour passes as the food is lost."""
    steps = VEHICLES.replace("[", "[{pass_gate: rim}, {travel: coast}, ").replace(
        "{travel: coast}, {travel: inland}", "{travel: inland}"
    )
    more = "gates: {rim: {border: true}}\nceilings: {stock: {gates: [rim], pallets: 20, behind: pad}}\n"
    ran = world(tmp_path, steps, "missions: 1, cargos: {flour: 0}", [0], [0], more)
    assert told(ran, e.INTERCEPTED) == [(10, 0, ROAD, -1, 20)]
    assert [row[:2] for row in told(ran, e.PASSED)] == [(0, 0), (10, 1)]
    assert told(ran, e.OFFLOADED) == [(21, 1, "platforms.pad", -1, 20)]


def luck_of(ran: ReplicationResult, purpose: Purpose, drive: int) -> np.ndarray:
    node = ran.node(ROAD)
    assert isinstance(node, RoadNode)
    return ran.draws.luck_of_visit(LuckSlot(purpose, node.number), drive)


def test_a_convoy_is_stopped_by_the_luck_of_its_first_and_each_truck_lost_by_its_own(tmp_path: Path) -> None:
    """Convoys of three, in the order of their coming; each drives the road twice, with the luck of each drive."""
    steps = CONVOY.replace("{travel: inland}", "{travel: coast}")
    ran = world(tmp_path, steps, "missions: 40 %, within: 60 %", [float(i) for i in range(90)], [])
    stopped, taken = ([luck_of(ran, purpose, k) for k in range(2)] for purpose in (Purpose.INTERCEPTED, Purpose.TAKEN))
    lost, shares = set[int](), list[int]()
    for first in range(0, 90, 3):
        convoy = [first, first + 1, first + 2]
        for drive in range(2):
            if convoy and stopped[drive][convoy[0]] < 400_000:
                shares.append(sum(taken[drive][load] < 600_000 for load in convoy))
                lost |= {load for load in convoy if taken[drive][load] < 600_000}
                convoy = [load for load in convoy if load not in lost]
    assert {row[1] for row in told(ran, e.INTERCEPTED)} == lost
    assert {0, 1, 2, 3} == set(shares)
    assert {row[1] for row in told(ran, e.ARRIVED)} == set(range(90)) - lost


def test_after_a_loss_the_next_vehicle_leads_with_the_luck_of_its_own_load_on_that_drive(tmp_path: Path) -> None:
    """Each vehicle carries one load; the road is driven twice, by its luck of the second drive the second time."""
    steps = VEHICLES.replace("{travel: inland}", "{travel: coast}")
    places = PLACES.replace("10 min", "{law: exponential, mean: 1 h}").replace("vehicles: 3, pallets: 17", FLEET)
    ran = world(tmp_path, steps, "missions: 60 %, within: 50 %", [float(i) for i in range(60)], [], places=places)
    drives: dict[int, list[float]] = {}
    for minute, load, place, _, _ in told(ran, e.STARTED):
        if place == ROAD:
            drives.setdefault(load, []).append(minute)
    ended = [(round(60 * minute), load) for minute, load, place, _, _ in told(ran, e.FINISHED) if place == ROAD]
    led = 0
    for first in range(0, 60, 3):
        left = [load for load in (first + 1, first + 2) if len(drives[load]) == 2]
        if len(drives[first]) == 1 and left:
            lasts_s = ran.draws.luck_of_visit(LuckSlot(Purpose.TRAVEL, ran.node(ROAD).number), 1)[left[0]]
            led += 1
            assert all((round(60 * drives[load][1] + lasts_s), load) in ended for load in left)
    assert led > 2


def test_more_interception_only_adds_losses_and_moves_nobody_elses_luck(tmp_path: Path) -> None:
    """Single trucks: who is lost at a low share is at a higher one; drives take what they take without."""
    times = [float(i) for i in range(200)]
    ran = [world(tmp_path, ON_THEIR_OWN, f"missions: {share}", times, []) for share in (0, 0.2, 0.7)]
    lost = [{row[1] for row in told(each, e.INTERCEPTED)} for each in ran]
    assert len(lost[0]) == 0 < len(lost[1]) < len(lost[2]) < 200
    assert lost[1] < lost[2]
    drawn = PLACES.replace("10 min", "{law: exponential, mean: 1 h}")
    without = world(tmp_path, ON_THEIR_OWN, "", times, [], places=drawn.replace(", interception: {LOSS}", ""))
    half = world(tmp_path, ON_THEIR_OWN, "missions: 1, within: 0.5", times, [], places=drawn)
    ended = [{row[1]: row[0] for row in told(each, e.FINISHED) if row[2] == ROAD} for each in (without, half)]
    assert ended[0] == ended[1]


# Shelf life

QUEUE = """
corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}
cargos: {food: {pallets: 20, weight: 20 t, shelf_life: KEEPS s}}
warehouses: {dock: {lanes: 1, time: 35 min}}
flows: {f: {sector: un, cargo: food, trace: loads.csv, corridors: {only: 100 %}}}
"""


@pytest.mark.parametrize(("keeps_s", "arrive"), [(4199, 1), (4200, 2), (6299, 2), (6300, 3), (2099, 0)])
def test_what_is_offloaded_a_second_after_its_shelf_life_has_expired(keeps_s: int, arrive: int, tmp_path: Path) -> None:
    """Three come at once, and are offloaded after 35, 70 and 105 minutes."""
    ran = ran_by_both(QUEUE.replace("KEEPS", str(keeps_s)), write_trace(tmp_path, [0, 0, 0], "loads.csv"))
    assert told(ran, e.ARRIVED) == [(35 * (i + 1), i, "warehouses.dock", -1, 20) for i in range(arrive)]
    assert told(ran, e.EXPIRED) == [(35 * (i + 1), i, "warehouses.dock", -1, 20) for i in range(arrive, 3)]
    assert ran.measure("arrived_trucks_per_day") == arrive / 2
    assert ran.measure("expired_trucks_per_day") == (3 - arrive) / 2
    assert ran.measure("expired_tonnes_per_day") == (3 - arrive) * 10
    dock = "warehouses.dock"
    told_of = {(dock, "arrived"): (arrive, 20 * arrive), (dock, "expired"): (3 - arrive, 20 * (3 - arrive))}
    assert ends(ran) == {key: (loads, pallets) for key, (loads, pallets) in told_of.items() if loads}


@pytest.mark.parametrize(("age", "kind"), [("1800 s", e.ARRIVED), ("1801 s", e.EXPIRED)])
def test_a_stock_has_used_up_its_age(age: str, kind: int, tmp_path: Path) -> None:
    """There for half an hour, offloaded 35 minutes after the start, good for 65."""
    stock = f"start: {{old: {{flow: f, corridor: only, loads: 1, age: {age}}}}}\n"
    ran = ran_by_both(QUEUE.replace("KEEPS", "3900") + stock, write_trace(tmp_path, [], "loads.csv"))
    assert told(ran, kind) == [(35, 0, "warehouses.dock", -1, 20)]


def test_of_a_vehicle_only_the_parts_that_expired_are_lost(tmp_path: Path) -> None:
    """One vehicle for 2 pallets that came a minute apart: the older outlives its shelf life by a second."""
    text = """
corridors: {only: {from: away, to: here, steps: [
  {transfer: {onto: pad, bays: apron}}, {convoy: {yard: hub, from: pad, fleet: pool}}, {offload: dock}]}}
cargos: {food: {pallets: 1, weight: 1 t, shelf_life: 779 s}}
yards: {hub: {max: 1}}
bays: {apron: {lanes: 3, time: 1 min}}
platforms: {pad: {}}
fleets: {pool: {vehicles: 1, pallets: 2, home: 1 min}}
warehouses: {dock: {lanes: 1, time: 11 min}}
flows: {f: {sector: un, cargo: food, trace: loads.csv, corridors: {only: 100 %}}}
"""
    ran = ran_by_both(text, write_trace(tmp_path, [0, 1], "loads.csv"))
    assert told(ran, e.EXPIRED) == [(13, 0, "warehouses.dock", 0, 1)]
    assert told(ran, e.ARRIVED) == [(13, 1, "warehouses.dock", 0, 1)]
    assert ran.measure("arrived_trucks_per_day") == 0.5  # it brought something
    assert ran.measure("expired_trucks_per_day") == 0
    assert ran.measure("expired_pallets_per_day") == 0.5


# What a planner writes


def test_without_interception_and_shelf_life_there_is_no_number_of_what_was_lost(tmp_path: Path) -> None:
    ran = ran_by_both(QUEUE.replace(", shelf_life: KEEPS s", ""), write_trace(tmp_path, [0], "loads.csv"))
    assert ran.measure("intercepted_trucks_per_day") is ran.measure("expired_trucks_per_day") is None


@pytest.mark.parametrize(
    ("loss", "more", "line"),
    [
        ("missions: 1, cargos: {flur: 2}", "",
         "roads.coast.interception.cargos: there is no cargos.flur; did you mean flour?"),
        ("missions: 120 %", "",
         "roads.coast.interception.missions: 120 % is not between 0 and 1; write e.g. '12 %' or 0.12"),
        ("missions: 0.5", "phases: {bad: {from: 2024-05-13, changes: {roads.coast.interception.missions: x 3}}}",
         "phases.bad.changes.roads.coast.interception.missions: x 3 makes a share of 1.5, not between 0 and 1"),
        ("missions: 0.5", "phases: {bad: {from: 2024-05-13, changes: {roads.inland.interception.missions: 0.5}}}",
         "phases.bad.changes.roads.inland.interception.missions: the road has no interception"),
    ],
)  # fmt: skip
def test_mistakes_in_losses_are_told(loss: str, more: str, line: str, tmp_path: Path) -> None:
    for name in ("first.csv", "then.csv"):
        write_trace(tmp_path, [0], name)
    assert mistakes_in(CONVOY + FLOWS + PLACES.replace("LOSS", loss) + more, tmp_path) == [line]
