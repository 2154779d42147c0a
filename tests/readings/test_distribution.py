"""What goes on inside after it has arrived: which part by which way, the hub, its trips, and who is supplied when.

Each table is worked by hand, and holds in both engines.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.loop.engine import run
from sim.network.building import build
from sim.network.subnetworks import divided
from sim.readings.measures import measure_names
from sim.scenario.scenario import Engine
from sim.study.describe import describe_scenario
from sim.study.replication import Replication, replicate
from tests.worlds.awkward import LARGEST, awkward_settings, network_of_settings
from tests.worlds.awkward_distribution import Onward
from tests.worlds.running import mistakes_in, network_of, onward_of, run_network, scenario_of

# A load of 20 pallets, 20 t, arrives whole at 4 h, 6 h, ..., 22 h: ten. Of each 60 % go north: the first, third, fifth
# of five. They stand at the hub, from where one vehicle takes 10 pallets at a time: 40 min there, 20 min back.
HUB = """
cargos: {food: {pallets: 20, weight: 20 t}}
roads: {in: {time: 1 h}, north_road: {time: 30 min}}
gates: {rim: {border: true}}
warehouses: {dock: {lanes: 9, time: 1 h}, point: {lanes: 1, time: 10 min}}
platforms: {hub_floor: {}}
yards: {hub: {min: 1, max: 1}}
fleets: {inner: {vehicles: 1, pallets: 10, home: 20 min}}
areas: {north: {}}
origins: {hub: {}}
corridors:
  in: {from: away, to: here, steps: [{travel: in}, {offload: dock}]}
  to_north:
    from: hub
    to: north
    steps:
      - convoy: {yard: hub, from: hub_floor, fleet: inner}
      - travel: north_road
      - offload: point
flows: {aid: {sector: un, cargo: food, interval: 2 h, corridors: {in: 100 %}}}
distribution: {to_north: {of: here, share: 60 %}}
run: {days: 1}
"""
NEEDS = """
areas: {here: {population: 10000}, north: {population: 10000}}
needs: {food: {of: [food], per_person: 1 kg/day}}
"""


def ran(text: str = HUB, engine: Engine = "simpy") -> Replication:
    """Replication 0."""
    scenario = scenario_of(text)
    return replicate(build(scenario), scenario.run.model_copy(update={"engine": engine}), 0, with_loads=False)


def both(text: str = HUB) -> Replication:
    """The same by either engine, to the last event."""
    simpy, other = ran(text), ran(text, "compiled")
    assert simpy.digests == other.digests
    return other


def told(text: str = HUB) -> dict[str, Any]:
    """Measure -> value."""
    table = both(text).tables["replications"]
    return dict(zip(table["measure"].tolist(), table["value"].tolist(), strict=True))


def by_day(text: str = HUB) -> dict[str, list[int]]:
    """Column -> tonnes of each day, over all that went on."""
    table = both(text).tables["distribution"]
    day = np.unique(table["date"], return_inverse=True)[1]
    columns = [name for name in table if name.endswith("_kg")]
    return {name: (np.bincount(day, table[name]) / 1000).tolist() for name in columns}


def alone(text: str) -> str:
    """The same world in which nothing goes on."""
    text = (
        text[: text.index("  to_north:")] + text[text.index("flows:") : text.index("distribution:")] + "run: {days: 1}"
    )
    for place in ("north_road: {time: 30 min}", "point: {lanes: 1, time: 10 min}"):
        text = text.replace(f", {place}", "")
    return "\n".join(line for line in text.splitlines() if not line.startswith(("platforms:", "yards:", "fleets:")))


def test_each_part_takes_the_way_that_is_furthest_behind_its_share() -> None:
    measured = told()
    assert measured["arrived_tonnes_per_day"] == 200
    assert measured["handed_on_tonnes_per_day:to_north"] == 120  # of ten loads the 1st, 3rd, 5th, 6th, 8th, 10th
    assert by_day(HUB.replace("share: 60 %", "share: 30 %"))["handed_on_kg"] == [60]  # the 2nd, 5th, 9th
    assert by_day(HUB.replace("share: 60 %", "share: 100 %"))["handed_on_kg"] == [200]


def test_what_goes_on_waits_at_its_hub_for_a_vehicle_and_takes_its_trip() -> None:
    measured = told()
    assert measured["distribution_h_p50:to_north"] == pytest.approx(5 / 3)  # two trips of 40 min, and 20 min between
    assert measured["distributed_tonnes_per_day:to_north"] == 120  # the last of 22 h at 23 h 40 min
    assert measured["undistributed_end_tonnes:to_north"] == 0
    assert measured["utilisation:fleets.inner"] == pytest.approx((12 * 60 - 0) / 1440)  # 12 trips of an hour each


def test_what_is_still_under_way_at_the_end_is_told_apart() -> None:
    world = HUB.replace("time: 10 min", "time: 31 min")  # a trip of 81 min
    measured = told(world)
    days = by_day(world)
    assert days == {"handed_on_kg": [120], "arrived_kg": [110], "lost_kg": [0], "under_way_kg": [10]}
    assert measured["undistributed_end_tonnes:to_north"] == 10
    assert measured["undistributed_end_parts:to_north"] == 1
    elapsed = [61 + 81] * 3 + [61 + 81, 61 + 81, 120]  # [min]; that of 14 h waits for none: 12 h ended at 14 h 22
    assert measured["distribution_h_mean:to_north"] >= sum(elapsed) / 6 / 60


def test_a_point_with_few_docks_holds_the_vehicles_back() -> None:
    few = HUB.replace("vehicles: 1", "vehicles: 4").replace("time: 10 min", "time: 3 h")
    assert told(few)["distributed_tonnes_per_day:to_north"] == 60  # a dock from 4 h 30 on: at 7 h 30, ..., 22 h 30
    more = few.replace("point: {lanes: 1", "point: {lanes: 4")
    assert told(more)["distributed_tonnes_per_day:to_north"] > 60


def test_who_lives_where_it_goes_is_supplied_when_it_arrives_there() -> None:
    text = HUB.replace("areas: {north: {}}\n", NEEDS.strip("\n") + "\n")
    measured = told(text)
    assert measured["handed_on_tonnes_per_day:to_north"] == 120
    table = both(text).tables["needs"]
    delivered = {
        area: int(table["delivered_kg"][(table["area"] == area) & (table["supply"] == "aid")].sum())
        for area in ("here", "north")
    }
    assert delivered == {"here": 80_000, "north": 120_000}


def test_the_same_goods_supply_nobody_later_than_at_once() -> None:
    text = HUB.replace("areas: {north: {}}\n", NEEDS.strip("\n") + "\n")
    at_once = alone(text).replace("here: {population: 10000}", "here: {population: 10000, passes_on: {north: 60 %}}")
    assert told(text)["fill_rate:food:aid:north"] < told(at_once)["fill_rate:food:aid:north"]


def test_what_is_lost_on_the_way_inside_is_no_supply_but_as_if_all_of_it_were_used() -> None:
    text = HUB.replace("areas: {north: {}}\n", NEEDS.strip("\n") + "\n")
    losing = text.replace("{time: 30 min}", "{time: 30 min, interception: {missions: 100 %, within: 100 %}}")
    measured = told(losing)
    assert measured["distributed_tonnes_per_day:to_north"] == 0
    assert measured["distribution_lost_tonnes_per_day:to_north"] == 120
    assert measured["fill_rate:food:aid:north"] == 0
    assert measured["fill_rate:food:aid_and_intercepted:north"] > 0


def test_what_was_lost_before_it_arrived_would_have_gone_on_by_the_same_shares() -> None:
    text = HUB.replace("areas: {north: {}}\n", NEEDS.strip("\n") + "\n")
    text = text.replace("in: {time: 1 h}", "in: {time: 1 h, interception: {missions: 100 %, within: 100 %}}")
    table = both(text).tables["needs"]
    own = table["supply"] == "aid_and_intercepted"
    kg = {area: int(table["delivered_kg"][own & (table["area"] == area)].sum()) for area in ("here", "north")}
    assert kg == {"here": 80_000, "north": 140_000}  # 11 loads lost at 3 h, ..., 23 h; of them 7 in 11 go north


def test_goods_go_on_as_old_as_they_are() -> None:
    expires = HUB.replace("weight: 20 t}", "weight: 20 t, shelf_life: 3 h}")  # 2 h to the hub, then 40 and 100 min
    measured = told(expires)
    assert measured["distributed_tonnes_per_day:to_north"] == 60
    assert measured["distribution_lost_tonnes_per_day:to_north"] == 60


def test_a_way_may_take_some_cargos_alone_and_stay_in_the_same_area() -> None:
    text = HUB.replace("cargos: {food:", "cargos: {tents: {pallets: 20, weight: 5 t}, food:")
    text = text.replace(
        "flows: {", "flows: {camp: {sector: ngo, cargo: tents, interval: 2 h, corridors: {in: 100 %}}, "
    )
    text = text.replace("share: 60 %", "share: 100 %, cargos: [tents]").replace("    to: north\n", "    to: here\n")
    assert told(text)["handed_on_tonnes_per_day:to_north"] == 50


def test_what_stands_at_the_hub_at_the_start_goes_on_first() -> None:
    text = HUB + "start: {left: {flow: aid, corridor: to_north, at: platforms.hub_floor, loads: 2}}\n"
    days = by_day(text)
    assert days["handed_on_kg"] == [120]
    assert days["arrived_kg"] == [160] and days["under_way_kg"] == [0]
    assert told(text)["arrived_tonnes_per_day"] == 200  # it counts in nothing that comes in


def test_nothing_of_what_comes_in_knows_of_what_goes_on() -> None:
    of_goods = told(alone(HUB))
    assert {name: told()[name] for name in of_goods} == pytest.approx(of_goods, nan_ok=True)


def test_measures_are_known_before_anything_has_run() -> None:
    assert set(measure_names(network_of(HUB))) >= {name for name in told() if name.endswith(":to_north")}


def test_parts_share_no_place_and_leave_none_out() -> None:
    scenario = scenario_of(HUB)
    goods, people, onward = divided(scenario)
    assert people is None and onward is not None
    assert goods.corridors.keys() | onward.corridors.keys() == scenario.corridors.keys()
    assert goods.roads.keys() == {"in"} and onward.roads.keys() == {"north_road"}


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("of: here", "of: hre", "distribution.to_north.of: there is no areas.hre; did you mean here?"),
        ("distribution: {to_north:", "distribution: {to_nort:",
         "distribution.to_nort: there is no corridors.to_nort; did you mean to_north?"),
        ("of: here, share: 60 %", "of: here, share: 60 %, cargos: [fod]",
         "distribution.to_north.cargos: there is no cargos.fod; did you mean food?"),
        ("of: here", "of: north", "distribution.to_north.of: no corridor of goods ends in areas.north"),
        ("{travel: in}", "{travel: north_road}",
         "roads.north_road: is on corridors of distribution and on others; give each one of its own"),
        ("corridors: {in: 100 %}", "corridors: {to_north: 100 %}",
         "flows.aid: corridors.to_north is of distribution, whose loads come from arrivals alone"),
        ("platforms: {hub_floor: {}}", "platforms: {hub_floor: {room: 19}}",
         "cargos.food.pallets: loads reach 20, platforms.hub_floor has room for 19"),
        ("share: 60 %}", "share: 60 %}, in: {of: north, share: 1 %}",
         "distribution.in.of: areas.north is the end of distribution.to_north; goods go on once"),
        ("      - travel: north_road\n", "      - pass_gate: rim\n",
         "corridors.to_north.steps[1]: gates.rim is the border, and lies before distribution"),
        ("share: 60 %}", "share: 60 %}, to_here: {of: here, share: 41 %}",
         "distribution.to_here.share: 101.0000% of un, food would go on from areas.here"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_with_its_place(old: str, new: str, mistake: str) -> None:
    assert HUB.count(old) == 1
    lines = mistakes_in(HUB.replace(old, new))
    assert mistake in lines


@pytest.mark.parametrize("seed", range(12))
def test_the_engines_agree_on_distribution_in_awkward_worlds(seed: int, tmp_path: Path) -> None:
    settings = awkward_settings(seed, tmp_path)
    if "distribution" not in settings:
        Onward(seed, (60, 600, 3600), ["always", *settings["calendars"]], LARGEST).add(settings, always=True)
    goods = run_network(network_of_settings(settings, tmp_path), seed)
    ran = run_network(onward_of(goods), seed)
    assert len(ran.draws) == 0 or len(ran.log) > 0
    assert (run(ran.network, ran.draws) == ran.log).all()


def test_a_check_says_what_goes_on_from_where() -> None:
    scenario = scenario_of(HUB.replace("share: 60 %", "share: 60 %, sectors: [un]"))
    told = describe_scenario(scenario, build(scenario), {}, with_sources=False).splitlines()
    assert told[told.index("Distribution inside") + 1] == "  to_north: 0.6 of what arrives in here, of un alone"
