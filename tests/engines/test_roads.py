"""Roads: condition, congestion, and one of several that is chosen. Each case is worked by hand and holds in both
engines. In seconds.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim import events as e
from sim.network.base import Purpose, Slot
from sim.network.roads import RoadNode
from sim.study.describe import describe_corridor
from sim.study.offered_load import offered_loads
from tests.engines.test_losses import ran_by_both
from tests.network.test_checks import changed
from tests.worlds.running import WORLD, ReplicationResult, mistakes_in, network_of, run, scenario_of, write_trace

PLACES = """
roads: {coast: {time: 10 min}, inland: {time: 20 min}}
warehouses: {dock: {lanes: 50, time: 1 min}}
yards: {hub: {min: 3, max: 3}}
flows: {aid: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}
"""
ALONE = "corridors: {only: {from: away, to: here, steps: [{travel: WAY}, {offload: dock}]}}\n"
CONVOY = ALONE.replace("[{travel", "[{convoy: hub}, {travel")
VEHICLES = """
bays: {apron: {lanes: 50, time: 1 min}}
platforms: {pad: {}}
fleets: {pool: {vehicles: 3, pallets: 20, home: 7 min}}
corridors:
  only:
    from: away
    to: here
    steps:
      - {transfer: {onto: pad, bays: apron}}
      - {convoy: {yard: hub, from: pad, fleet: pool}}
      - {travel: WAY}
      - {travel: coast}
      - {offload: dock}
"""
CROWDED = "vehicles: 1, each: 20 %, least: 50 %"
EITHER = "{roads: [coast, inland], choose: HOW}"


def world(folder: Path, steps: str, at: list[float], way: str = "coast", **of_roads: str) -> ReplicationResult:
    """Loads that come at these seconds, and roads with more settings."""
    places = PLACES
    for road, more in of_roads.items():
        places = places.replace(f"{road}: {{", f"{road}: {{{more}, ")
    times = "calendars: {opens: {windows: {w: {hours: '00:02-24:00'}}}, late: {windows: {w: {hours: '00:30-24:00'}}}}\n"
    write_trace(folder, [time / 60 for time in at])
    return ran_by_both(places + times + steps.replace("WAY", way), folder)


def drives(ran: ReplicationResult, of: str = "") -> list[tuple[int, str, int, int]]:
    """(load, road, from, to) in the order of loads, and of the drives of each."""
    told = []
    for node in ran.network.nodes:
        if isinstance(node, RoadNode):
            visits = ran.visits(node.name)
            columns = (visits.entity.tolist(), visits.started_s.tolist(), visits.finished_s.tolist())
            told += [(load, node.name.removeprefix("roads."), *times) for load, *times in zip(*columns, strict=True)]
    return sorted((one for one in told if of in one[1]), key=lambda one: (one[0], one[2]))


# Congestion


def test_who_sets_out_has_a_speed_by_those_who_were_on_the_road_as_the_second_began(tmp_path: Path) -> None:
    """One drives freely, each more takes 20 %, and half is left. Three come at once and see nobody."""
    ran = world(tmp_path, ALONE, [0, 0, 0, 60, 120, 600, 601], coast=f"congestion: {{{CROWDED}}}")
    assert [(start, end) for _, _, start, end in drives(ran)] == [
        (0, 600), (0, 600), (0, 600),
        (60, 1060),  # three on it, two more than one: 60 % are left
        (120, 1320),  # four: 40 % would be left, and half is
        (600, 1800),  # the first three arrive in this second, and are on it yet
        (601, 1601),  # three again
    ]  # fmt: skip


def test_traffic_takes_its_share_of_the_speed_of_every_hour(tmp_path: Path) -> None:
    """Half the speed is left to the second; from 00:10 on the calendar has half of the rest."""
    slow = "calendars: {slows: {windows: {all: {level: 50 %}, first: {hours: '00:00-00:10'}}}}\n"
    ran = world(tmp_path, ALONE + slow, [0, 60], coast="calendar: slows, congestion: {vehicles: 0, each: 50 %}")
    assert [end for *_, end in drives(ran)] == [600, 1920]  # 540 s at 50 %, and 1320 s at 25 %, are 600 s


def test_the_vehicles_of_a_convoy_count_each_and_have_one_speed(tmp_path: Path) -> None:
    ran = world(tmp_path, CONVOY, [0, 0, 0, 60, 60, 60], coast=f"congestion: {{{CROWDED}}}")
    assert [(start, end) for _, _, start, end in drives(ran)] == [(0, 600)] * 3 + [(60, 1060)] * 3


def test_a_road_without_congestion_is_as_fast_however_many_there_are(tmp_path: Path) -> None:
    ran = world(tmp_path, ALONE, [0, *range(60, 110)], coast="congestion: {vehicles: 51, each: 50 %}")
    assert {end - start for _, _, start, end in drives(ran)} == {600}
    assert ran.log.tolist() == world(tmp_path, ALONE, [0, *range(60, 110)]).log.tolist()


# One of several roads


def test_the_first_that_is_open_is_taken_as_one_sets_out(tmp_path: Path) -> None:
    """The coast opens at 00:02."""
    ran = world(tmp_path, ALONE, [0, 119, 120], EITHER.replace("HOW", "first_open"), coast="calendar: opens")
    assert drives(ran) == [(0, "inland", 0, 1200), (1, "inland", 119, 1319), (2, "coast", 120, 720)]
    assert ran.measure("dispatched_trucks_per_day") == ran.measure("arrived_trucks_per_day") == 1.5


@pytest.mark.parametrize("how", ["first_open", "fastest"])
def test_where_all_are_closed_the_first_is_waited_for(how: str, tmp_path: Path) -> None:
    way = EITHER.replace("HOW", how)
    ran = world(tmp_path, ALONE, [0], way, coast="calendar: late", inland="calendar: opens")
    assert drives(ran) == [(0, "coast", 0, 2400)]


def test_the_fastest_is_taken_by_its_traffic_of_now(tmp_path: Path) -> None:
    """10 minutes by the coast become 14.3 with one on it, and 25 with two; inland 20."""
    crowded = "congestion: {vehicles: 0, each: 30 %}"
    ran = world(tmp_path, ALONE, [0, 60, 120, 180, 600, 601], EITHER.replace("HOW", "fastest"), coast=crowded)
    assert drives(ran) == [
        (0, "coast", 0, 600), (1, "coast", 60, 918), (2, "inland", 120, 1320), (3, "inland", 180, 1380),
        (4, "inland", 600, 1800), (5, "coast", 601, 1459),
    ]  # fmt: skip


@pytest.mark.parametrize("roads", [("coast", "inland"), ("inland", "coast")])
def test_of_equally_fast_roads_the_first_in_the_list_is_taken(roads: tuple[str, str], tmp_path: Path) -> None:
    way = f"{{roads: [{', '.join(roads)}], choose: fastest}}"
    ran = world(tmp_path, ALONE, [0], way, coast="condition: 50 %")
    assert drives(ran) == [(0, roads[0], 0, 1200)]


def test_the_fastest_is_told_by_the_speed_of_this_moment(tmp_path: Path) -> None:
    """A law of the coast has 10 minutes in the mean, whatever it gives to this load."""
    half = "calendars: {slow: {windows: {w: {level: 49 %}}}}\n"
    ran = world(tmp_path, ALONE + half, [0], EITHER.replace("HOW", "fastest"), coast="calendar: slow")
    assert drives(ran)[0][1] == "inland"
    drawn = PLACES.replace("10 min", "{law: exponential, mean: 10 min}")
    write_trace(tmp_path, range(0, 600, 60))
    ran = ran_by_both(drawn + ALONE.replace("WAY", EITHER.replace("HOW", "fastest")), tmp_path)
    taken = drives(ran)
    assert {road for _, road, *_ in taken} == {"coast"}
    assert max(end - start for *_, start, end in taken) > 1200


def test_a_convoy_chooses_as_one_and_may_lose_trucks_on_the_road_that_it_takes(tmp_path: Path) -> None:
    """The second convoy finds three on the coast, on which all is lost, and goes inland."""
    loses = "congestion: {vehicles: 2, each: 60 %}, interception: {missions: 1}"
    way = EITHER.replace("HOW", "fastest")
    ran = world(tmp_path, CONVOY, [0, 0, 0, 60, 60, 60], way, coast=loses)
    assert drives(ran) == [(load, "coast", 0, 600) for load in range(3)] + [
        (load, "inland", 60, 1260) for load in (3, 4, 5)
    ]
    assert len(ran.rows(e.INTERCEPTED, "roads.coast")) == len(ran.rows(e.ARRIVED)) == 3
    assert ran.measure("intercepted_trucks_per_day") == 1.5


def test_a_vehicle_has_on_each_road_the_luck_of_its_visits_to_that_road(tmp_path: Path) -> None:
    """The first convoy goes inland and then by the coast, the second twice by the coast; each drive by its luck."""
    places = PLACES.replace("coast: {time: 10 min}", "coast: {time: {law: exponential, mean: 1 h}, calendar: late}")
    places = places.replace("inland: {time: 20 min}", "inland: {time: 90 min}")
    times = "calendars: {late: {windows: {w: {hours: '00:30-24:00'}}}}\n"
    write_trace(tmp_path, [0] * 6)
    ran = ran_by_both(places + times + VEHICLES.replace("WAY", EITHER.replace("HOW", "first_open")), tmp_path)
    luck = [ran.draws.luck_of_visit(Slot(Purpose.TRAVEL, ran.node("roads.coast").number), visit) for visit in range(2)]
    lasts = [end - start for load, _, start, end in drives(ran, "coast") if load in (0, 3)]  # who lead
    assert lasts == [luck[0][0], luck[0][3], luck[1][3]]


def test_a_vehicle_that_chose_and_lost_all_drives_home_by_its_usual_luck(tmp_path: Path) -> None:
    """On its second drive by the coast, since from 00:05 on nobody comes through there."""
    places = PLACES.replace("coast: {", "coast: {interception: {missions: 0}, ")
    places += "phases: {bad: {from: 2024-05-13, starts: 5 min, changes: {roads.coast.interception.missions: 1}}}\n"
    steps = VEHICLES.replace("WAY", EITHER.replace("HOW", "first_open"))
    steps = steps.replace("home: 7 min", "home: {law: uniform, low: 1 h, high: 3 h}")
    write_trace(tmp_path, [0] * 3)
    ran = ran_by_both(places + steps, tmp_path)
    home_s = ran.draws.luck_of_visit(Slot(Purpose.HOME, ran.node("fleets.pool").number), 0)
    assert ran.rows(e.INTERCEPTED)["time_s"].tolist() == [1260] * 3
    back = ran.visits("fleets.pool")
    assert sorted(back.finished_s.tolist()) == sorted((1260 + home_s).tolist())


def test_each_alternative_has_luck_of_its_own_and_moves_nobody_elses() -> None:
    one, either = (changed(corridors__south__steps__0=step) for step in (
        {"travel": "in", "as": "drive"}, {"travel": {"roads": ["in", "out"], "choose": "fastest"}, "as": "drive"},
    ))  # fmt: skip
    before, after = run(one), run(either)
    assert before.draws.luck_digest != after.draws.luck_digest  # of more visits
    for slot, values in before.draws.luck_by_slot.items():
        assert (after.draws.luck_by_slot[slot][: len(values)][values > 0] == values[values > 0]).all()
    assert before.log.tolist() != after.log.tolist()


def test_a_stock_before_one_of_several_roads_chooses_as_well(tmp_path: Path) -> None:
    """It stands before that step, whichever of its roads it is said to stand at."""
    for at in ("coast", "inland"):
        stock = f"start: {{there: {{flow: aid, corridor: only, at: roads.{at}, loads: 2}}}}\n"
        ran = world(tmp_path, ALONE + stock, [], EITHER.replace("HOW", "first_open"), coast="calendar: opens")
        assert drives(ran) == [(0, "inland", 0, 1200), (1, "inland", 0, 1200)]


def test_what_is_said_of_a_corridor_names_all_its_roads_and_expects_the_one_that_the_rule_takes() -> None:
    text = changed(
        corridors__north__steps__5={"travel": {"roads": ["out", "coast"], "choose": "fastest"}},
        roads__coast={"time": "20 min", "interception": {"missions": "50 %"}},
    )
    words = describe_corridor(scenario_of(text), "north")
    assert "travel out or coast, the fastest" in words
    before, after = ({network.nodes[number].name: load for number, load in offered_loads(network).items()}
        for network in (
        network_of(WORLD), network_of(text),
    ))  # fmt: skip
    assert after["fleets.pool"].service_h < before["fleets.pool"].service_h
    lost = before["warehouses.dock"].arrivals_per_day - after["warehouses.dock"].arrivals_per_day
    assert lost == pytest.approx(before["fleets.pool"].arrivals_per_day / 2)


# Condition


def test_a_condition_is_a_share_of_the_speed_beside_the_calendar_and_phases_change_it(tmp_path: Path) -> None:
    """10 minutes at 50 % of 40 % are 50; while it is worse by half, from 00:30 on, 100 for who sets out then."""
    more = "calendars: {slow: {windows: {w: {level: 40 %}}}}\n"
    ran = world(tmp_path, ALONE + more, [0], coast="calendar: slow, condition: 50 %")
    assert drives(ran) == [(0, "coast", 0, 3000)]
    more += "phases: {rain: {from: 2024-05-13, starts: 1 h, lasts: 5 h, changes: {roads.coast.condition: x 0.5}}}\n"
    ran = world(tmp_path, ALONE + more, [0, 3600], coast="calendar: slow, condition: 50 %")
    assert drives(ran) == [(0, "coast", 0, 3000), (1, "coast", 3600, 9600)]


def test_hours_condition_levels_and_shocks_multiply() -> None:
    """40 % at night, 70 % of it left by the condition, 90 % of that on each day, and half of it under a flood."""
    text = changed(
        calendars__nights={"windows": {"day": {"hours": "06:00-18:00"}, "all": {"level": "40 %"}}},
        roads__in__calendar="nights", roads__in__condition="70 %",
        operating_levels={"pace": {"places": ["roads.in"], "mean": 0.9, "cv": 0, "of": "lanes"}},
        shocks={"flood": {"places": ["roads.in"], "rate": "1000/day", "lasts": "1 s", "level": "50 %"}},
    )  # fmt: skip
    node = run(text).node("roads.in")
    assert isinstance(node, RoadNode)
    assert set(node.calendar.value[: np.searchsorted(node.calendar.at_s, 3 * 86_400)].tolist()) <= {63, 32, 25, 13}
    assert {63, 25} < set(node.calendar.value.tolist())


def test_a_flood_of_a_season_begins_on_its_days_alone_and_moves_no_other() -> None:
    """On each of three days one begins; with dates the one of the second day is left, as it was."""
    flood: dict[str, Any] = {"places": ["roads.in"], "rate": "1000/day", "lasts": "1 h", "level": "50 %"}
    season = {"from": "2024-05-14", "to": "2024-05-14"}
    always, dated = (run(changed(shocks={"flood": told})) for told in (flood, flood | season))
    calendars = []
    for ran in (always, dated):
        node = ran.node("roads.in")
        assert isinstance(node, RoadNode)
        calendars.append(list(zip(node.calendar.at_s.tolist(), node.calendar.value.tolist(), strict=True)))
    begins = [at_s for at_s, value in calendars[0] if value == 50]
    second = next(at_s for at_s in begins if at_s >= 86_400)
    assert calendars[1] == [(0, 100), (second, 50), (second + 3600, 100)]


# What a planner writes


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"corridors__south__steps__0": {"travel": {"roads": ["in", "ot"], "choose": "fastest"}, "as": "drive"}},
         "corridors.south.steps[0] (travel): there is no roads.ot; did you mean out?"),
        ({"corridors__south__steps__0": {"travel": {"roads": ["in", "out"]}, "as": "drive"}},
         "corridors.south.steps[0].travel: wanted a road, or two roads at least and how to choose: "
         "first_open or fastest"),
        ({"corridors__south__steps__0": {"travel": {"roads": ["in", "in"], "choose": "fastest"}, "as": "drive"}},
         "corridors.south.steps[0].travel: roads: wanted each road once"),
        ({"roads__in__congestion": {"vehicles": 4, "each": 0}},
         "roads.in.congestion.each: must be greater than 0, is 0"),
        ({"roads__in__condition": 0}, "roads.in.condition: must be greater than or equal to 0.01, is 0"),
        ({"phases": {"p": {"from": "2024-05-14", "changes": {"roads.in.condition": "x 2"}}}},
         "phases.p.changes.roads.in.condition: x 2 makes a condition of 2, not above 0 and at most 1"),
        ({"shocks": {"s": {"places": ["roads.in"], "rate": "1/week", "lasts": "1 day", "from": "2024-05-15",
                           "to": "2024-05-14"}}},
         "shocks.s: from (2024-05-15) is after to (2024-05-14)"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_mistakes_in_roads_are_told(settings: dict[str, Any], line: str) -> None:
    assert mistakes_in(changed(**settings)) == [line]
