"""The map of a page: which places are one spot, where spots are drawn, and what a planner may say of that."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from analysis.statistics import layout
from analysis.statistics.layout import (
    MARGIN,
    MIN_DISTANCE,
    WIDTH,
    Layout,
    disc_radius,
    layout_by_coordinates,
    layout_by_steps,
    place_labels,
    push_apart,
)
from analysis.statistics.study_map import OUTLINES_FOLDER
from sim.events import canonical
from sim.luck.draws import draw_loads
from sim.network.building import build
from sim.network.map import on_map, spots, two_on_one_spot
from sim.network.subnetworks import divided
from sim.scenario.corridors import Travel
from sim.scenario.parsing import read_scenario
from sim.study.job import config_hash
from sim.study.replication import compute_digests
from tests.test_scenarios import ELSEWHERE, SCENARIOS, read
from tests.worlds.awkward import awkward_settings
from tests.worlds.running import config_of, mistakes_in, scenario_of

WORLD = """
origins: {port: {title: The port}}
gates: {rim: {border: true}, post: {}}
sites: {scan: {lanes: 1, time: 1 min}}
offices: {desk: {time: 1 h}}
bays: {apron: {lanes: 1, time: 1 min}}
platforms: {pad: {}}
yards: {hub: {max: 5}}
fleets: {pool: {vehicles: 5, pallets: 20, home: 1 h}}
roads: {in: {time: 1 h}, over: {time: 1 h}, by: {time: 1 h}, out: {time: 1 h}}
warehouses: {dock: {lanes: 1, time: 1 min}}
corridors:
  straight:
    from: away
    to: here
    steps:
      - permit: desk
      - travel: in
      - inspect: scan
      - pass_gate: rim
      - transfer: {onto: pad, bays: apron}
      - convoy: {yard: hub, from: pad, fleet: pool}
      - travel: out
      - offload: dock
  round:
    from: port
    to: here
    steps:
      - travel: in
      - travel: {roads: [over, by], choose: first_open}
      - pass_gate: rim
      - travel: out
      - pass_gate: post
      - offload: dock
"""
AT_RIM = ["gates.rim", "sites.scan", "yards.hub", "platforms.pad", "bays.apron"]


def test_places_between_which_nobody_drives_are_one_spot_and_who_asks_waits_where_it_is() -> None:
    found = on_map(scenario_of(WORLD))["spots"]
    assert {name: spot["places"] for name, spot in found.items()} == {
        "origins.away": ["origins.away", "offices.desk"],
        "origins.port": ["origins.port"],
        "gates.rim": AT_RIM,
        "gates.post": ["gates.post", "warehouses.dock"],
    }
    assert {spot["title"] for spot in found.values()} == {"away", "The port", "rim", "post"}


def test_ways_lead_from_spot_to_spot_and_two_drives_in_a_row_are_one() -> None:
    assert on_map(scenario_of(WORLD))["ways"] == {
        "straight": [
            {"from": "origins.away", "to": "gates.rim", "drives": [["roads.in"]]},
            {"from": "gates.rim", "to": "gates.post", "drives": [["roads.out"]]},
        ],
        "round": [
            {"from": "origins.port", "to": "gates.rim", "drives": [["roads.in"], ["roads.over", "roads.by"]]},
            {"from": "gates.rim", "to": "gates.post", "drives": [["roads.out"]]},
        ],
    }


def with_map(**told: Any) -> str:
    """The world in which places say where they are."""
    return WORLD.replace("rim: {border: true}", f"rim: {{border: true, on_map: {json.dumps(told)}}}")


def test_a_spot_takes_its_name_and_coordinates_from_whichever_of_its_places_has_some() -> None:
    text = with_map(name="The rim", also=["Rand"], north=10.05, east=-3.5)
    spot = on_map(scenario_of(text))["spots"]["gates.rim"]
    assert spot == {"title": "The rim", "also": ["Rand"], "north": 10.05, "east": -3.5, "places": AT_RIM}


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ({"north": 10.03, "east": 3},
         "gates.rim.on_map.north: wanted steps of 0.05 degrees, found 10.03; the nearest is 10.05"),
        ({"north": 10.05}, "gates.rim.on_map: wanted both north and east, or neither"),
        ({"north": 91, "east": 3}, "gates.rim.on_map.north: must be less than or equal to 90, is 91"),
        ({"nrth": 10}, "gates.rim.on_map.nrth: no such setting; did you mean north?"),
    ],
)  # fmt: skip
def test_finer_or_half_coordinates_are_refused_in_words(told: dict[str, Any], line: str) -> None:
    assert mistakes_in(with_map(**told)) == [line]


def test_one_spot_is_not_in_two_places() -> None:
    elsewhere = "sites: {scan: {on_map: {north: 20, east: 3}, lanes"
    text = with_map(north=10, east=3).replace("sites: {scan: {lanes", elsewhere)
    assert mistakes_in(text) == ["gates.rim.on_map: differs from sites.scan, though no drive lies between them"]
    assert mistakes_in(text.replace("north: 20", "north: 10")) == []


def test_where_a_place_is_drawn_changes_neither_luck_nor_results() -> None:
    marks = []
    for text in (WORLD, with_map(name="The rim", north=10.05, east=-3.5)):
        network = build(scenario_of(text))
        told = compute_digests(network, draw_loads(network, 1, 0), canonical([]))
        marks.append((config_hash(config_of(text), network), told))
    assert marks[0] == marks[1]


def test_every_shipped_spot_of_a_corridor_is_drawn_where_it_lies_or_none_is() -> None:
    for scenario in (*SCENARIOS, *ELSEWHERE):
        world = divided(read(scenario, ELSEWHERE.get(scenario, "summer_2024"))).goods
        known = {spot["north"] is not None for spot in on_map(world)["spots"].values()}
        assert known == {scenario not in ELSEWHERE}
        assert set(spots(world).values()) == set(on_map(world)["spots"])


@pytest.mark.parametrize("seed", range(40))
def test_in_worlds_of_every_kind_ways_have_all_drives_of_a_corridor_and_join(seed: int, tmp_path: Path) -> None:
    base, settings = config_of(""), awkward_settings(seed, tmp_path)
    scenario = read_scenario({**base, **settings, "run": {**base["run"], **settings["run"]}})
    found = on_map(scenario)
    for name, corridor in scenario.corridors.items():
        ways, drives = found["ways"][name], [step.ways for step in corridor.steps if isinstance(step, Travel)]
        assert [tuple(road.removeprefix("roads.") for road in each) for way in ways for each in way["drives"]] == drives
        assert all(one["to"] == after["from"] for one, after in pairwise(ways))
    assert list(two_on_one_spot(scenario)) == []


# where spots are drawn


def test_coordinates_fill_the_frame_and_what_is_far_stands_at_its_edge() -> None:
    near = {"a": (0.0, 0.0), "b": (0.0, 2.0), "c": (1.0, 1.0), "d": (0.0, 1.0)}
    drawn = layout_by_coordinates({**near, "far": (0.0, 50.0)})
    scale = (WIDTH - 2 * MARGIN) / 2
    assert drawn.off_map == {"far"}
    assert drawn.positions["a"][0] == pytest.approx(MARGIN, abs=0.01)  # cos 0 is 1
    assert drawn.projection is not None and drawn.projection(0, 2)[0] == pytest.approx(WIDTH - MARGIN)
    assert drawn.positions["c"] == pytest.approx((WIDTH / 2, drawn.positions["a"][1] - scale), abs=0.01)
    assert drawn.positions["far"][0] <= WIDTH - MARGIN / 2 + 0.01
    assert drawn.height == pytest.approx(scale + 2 * MARGIN)


def test_a_degree_to_the_east_is_shorter_away_from_the_equator() -> None:
    drawn = layout_by_coordinates({"a": (60.0, 0.0), "b": (60.0, 2.0), "c": (61.0, 1.0)})
    assert drawn.projection is not None and drawn.projection.longitude_factor == pytest.approx(0.5)
    (x, y), (u, v) = drawn.projection(60, 0), drawn.projection(61, 1)
    assert (u - x) / (y - v) == pytest.approx(0.5)


def test_spots_that_lie_close_are_moved_apart_and_stay_in_the_frame() -> None:
    at = push_apart({"a": (50.0, 50.0), "b": (50.0, 50.0), "c": (0.0, 0.0)}, (0.0, 0.0, 100.0, 100.0))
    assert at == {"a": (50 - MIN_DISTANCE / 2, 50.0), "b": (50 + MIN_DISTANCE / 2, 50.0), "c": (0.0, 0.0)}
    at = push_apart({"a": (99.0, 50.0), "b": (100.0, 50.0)}, (0.0, 0.0, 100.0, 100.0))
    assert at["b"] == (100.0, 50.0) and at["a"][0] == pytest.approx(100 - MIN_DISTANCE, abs=0.05)


def test_by_steps_each_spot_stands_behind_all_that_lead_to_it() -> None:
    drawn = layout_by_steps([("a", "c"), ("b", "c"), ("a", "d"), ("c", "d")])
    columns = {name: x for name, (x, _) in drawn.positions.items()}
    assert columns == {"a": 22.0, "b": 22.0, "c": 50.0, "d": 78.0}
    assert drawn.positions["a"][1] < drawn.positions["b"][1] and drawn.projection is None
    assert {drawn.positions[name][1] for name in "cd"} == {drawn.height / 2}


def test_a_way_back_moves_no_column() -> None:
    assert layout_by_steps([("a", "b"), ("b", "a")]).positions.keys() == {"a", "b"}
    assert layout_by_steps([("a", "a")]).positions.keys() == {"a"}
    drawn = layout_by_steps([("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")])
    assert drawn.positions["a"][0] < drawn.positions["b"][0] < drawn.positions["d"][0]


def test_a_name_stands_where_it_hides_nothing() -> None:
    alone = place_labels(Layout({"a": (50.0, 50.0)}, 100.0), {"a": ["name"]}, 2.0)
    assert alone["a"].anchor == "start" and alone["a"].x == 52.2
    at_the_edge = place_labels(Layout({"a": (98.0, 50.0)}, 100.0), {"a": ["name"]}, 2.0)
    assert at_the_edge["a"].anchor == "end" and at_the_edge["a"].x == 95.8
    beside = place_labels(Layout({"a": (50.0, 50.0), "b": (54.0, 50.0)}, 100.0), {"a": ["name"], "b": ["name"]}, 2.0)
    assert (beside["a"].anchor, beside["b"].anchor) == ("end", "start")


def test_a_disc_grows_with_the_root_of_what_stands_there() -> None:
    assert [disc_radius(amount, 400, 6.0) for amount in (0, 100, 400)] == [0, 3, 6]
    assert disc_radius(5, 0, 6.0) == 0


def test_the_middle_of_a_way_lies_to_its_left() -> None:
    assert layout.curve_control_point((0, 0), (100, 0)) == (50, -12)
    assert layout.curve_control_point((100, 0), (0, 0)) == (50, 12)


@pytest.mark.parametrize("path", sorted(OUTLINES_FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_an_outline_says_where_it_comes_from_and_names_nobody(path: Path) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    assert set(told) == {"source", "rings"} and "public domain" in told["source"]
    assert all(-180 <= east <= 180 and -90 <= north <= 90 for ring in told["rings"] for east, north in ring)
