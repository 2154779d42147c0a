"""What is kept of replication 0 to be watched, worked by hand, and how a page packs it."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.page import replay as watching
from analysis.page.map import CONTENT_SECURITY_POLICY, REPLAY_SCRIPT, map_section
from analysis.page.replay import SECTORS, Drive, StepSeries, encode_numbers, pack_replay, read_replay
from analysis.results.tables import read_study
from analysis.statistics.layout import Layout
from analysis.statistics.study_map import Leg, StudyMap, build_study_map, tonnes_by_leg
from sim.network.building import build_network
from sim.network.corridors import PassGate, Route, Travel
from sim.readings import replay
from sim.study.replication import replicate
from tests.analysis.studies import CLOSED, OPEN, write_study
from tests.conftest import Awkward
from tests.worlds.running import ReplicationResult, run, scenario_of, write_trace

WORLD = """
bays: {apron: {lanes: 9, time: 1 h}}
platforms: {pad: {}}
yards: {hub: {max: 9}}
fleets: {pool: {vehicles: 1, pallets: 10, home: 1 h}}
roads: {in: {time: 1 h}, out: {time: 1 h}}
warehouses: {dock: {lanes: 1, time: 1 h}}
corridors:
  only:
    from: away
    to: here
    steps:
      - travel: in
      - transfer: {onto: pad, bays: apron}
      - convoy: {yard: hub, from: pad, fleet: pool}
      - travel: out
      - offload: dock
flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}
"""


def rows(table: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(table[name].tolist() for name in names), strict=True))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> ReplicationResult:
    """Two loads of 20 pallets, and one vehicle for 10 that is gone for three hours a trip: at 2, 5, 8 and 11 h."""
    folder = tmp_path_factory.mktemp("two")
    write_trace(folder, [0, 10])
    return run(WORLD, folder)


def test_a_load_drives_on_its_truck_and_then_where_its_last_pallets_do(two: ReplicationResult) -> None:
    table = replay.sampled_drives(two.history, two.draws, two.network)
    assert rows(table, "load", "drive", "road", "from_s", "to_s") == [
        (0, 0, "roads.in", 0, 3600), (0, 1, "roads.out", 5 * 3600, 6 * 3600),
        (1, 0, "roads.in", 600, 4200), (1, 1, "roads.out", 11 * 3600, 12 * 3600),
    ]  # fmt: skip
    assert set(rows(table, "flow", "corridor", "sector", "one_in")) == {("f", "only", "un", 1)}


def test_every_hour_tells_who_stands_where_if_that_differs_and_what_has_arrived(two: ReplicationResult) -> None:
    table = replay.place_occupancy(two.history, two.network)
    assert rows(table, "place", "hour", "there", "arrived") == [
        ("bays.apron", 1, 1, 0), ("bays.apron", 3, 0, 0),
        ("platforms.pad", 2, 10, 0), ("platforms.pad", 3, 30, 0), ("platforms.pad", 5, 20, 0),
        ("platforms.pad", 8, 10, 0), ("platforms.pad", 11, 0, 0),
        ("warehouses.dock", 3, 1, 0), ("warehouses.dock", 4, 0, 10), ("warehouses.dock", 6, 1, 10),
        ("warehouses.dock", 7, 0, 20), ("warehouses.dock", 9, 1, 20), ("warehouses.dock", 10, 0, 30),
        ("warehouses.dock", 12, 1, 30), ("warehouses.dock", 13, 0, 40),
    ]  # fmt: skip


def test_a_load_that_has_not_wholly_left_its_platform_stays_there(tmp_path: Path) -> None:
    write_trace(tmp_path, [45 * 60 + 30])  # offloaded half an hour before the end, and one vehicle takes half of it
    ran = run(WORLD, tmp_path)
    table = replay.sampled_drives(ran.history, ran.draws, ran.network)
    assert rows(table, "road", "from_s", "to_s") == [("roads.in", 163_800, 167_400)]


def test_a_drive_that_the_end_cuts_short_ends_then(tmp_path: Path) -> None:
    write_trace(tmp_path, [47 * 60 + 30])
    ran = run(WORLD, tmp_path)
    table = replay.sampled_drives(ran.history, ran.draws, ran.network)
    assert rows(table, "road", "from_s", "to_s") == [("roads.in", 171_000, 2 * 86_400)]


@pytest.mark.parametrize(
    ("groups", "most", "step"),
    [([10], 10, 1), ([10], 9, 2), ([10], 4, 3), ([9, 3], 7, 2), ([9, 3], 6, 3), ([1, 1], 1, 1), ([], 5, 1)],
)  # fmt: skip
def test_the_sample_is_every_so_many_th_load_of_each_flow(groups: list[int], most: int, step: int) -> None:
    group = np.repeat(np.arange(len(groups)), groups)
    assert replay.sampling_interval(group, most) == step
    assert replay.select_every(group, step).sum() == sum(-(-n // step) for n in groups)


def test_the_first_load_of_each_flow_is_in_the_sample() -> None:
    assert replay.select_every(np.array([0, 1, 0, 0, 1, 0]), 2).tolist() == [True, True, False, True, False, False]


@pytest.mark.parametrize(
    ("load", "road", "drive"),
    [([7, 7], [0, 1], [0, 1]), ([7, 7, 7], [0, 1, 2], [0, 1, 2]), ([7, 7, 8], [0, 1, 0], [0, 1, 0]),
     ([7, 7, 7], [0, 0, 1], [0, 0, 1]), ([7, 7, 7, 7], [0, 3, 0, 3], [0, 1, 0, 1])],
    ids=["on", "through", "next load", "sent back", "another road, sent back"],
)  # fmt: skip
def test_a_drive_is_known_by_its_road(load: list[int], road: list[int], drive: list[int]) -> None:
    route = Route("r", "r", (Travel(0), PassGate(9), Travel(1, (3,)), Travel(2)))
    assert replay.drive_numbers(load, road, [route] * len(load)).tolist() == drive


@pytest.mark.parametrize(("days", "hours"), [(1, 1), (41, 1), (42, 2), (83, 2), (365, 12), (1000, 24), (1001, 48)])
def test_a_long_run_tells_less_often(days: int, hours: int) -> None:
    assert replay.hours_between_moments(days) == hours
    assert days * 24 // hours <= replay.MAX_MOMENTS


@pytest.mark.parametrize("seed", range(40))
def test_in_worlds_of_every_kind_no_load_drives_twice_at_once(ran: Awkward, seed: int) -> None:
    world = ran(seed)
    table = replay.sampled_drives(world.history, world.draws, world.network)
    assert (table["to_s"] > table["from_s"]).all() and (table["to_s"] <= world.network.horizon_s).all()
    same = table["load"][1:] == table["load"][:-1]
    assert (table["from_s"][1:] >= table["to_s"][:-1])[same].all()
    standing = replay.place_occupancy(world.history, world.network)
    assert (standing["there"] >= 0).all()


def test_only_replication_0_is_kept_to_be_watched(tmp_path: Path) -> None:
    write_trace(tmp_path, [0])
    scenario = scenario_of(WORLD, [tmp_path])
    network = build_network(scenario, (tmp_path,))
    kept = [set(replicate(network, scenario.run, number, with_loads=False).tables) for number in (0, 1)]
    assert kept[0] - kept[1] == {"drives", "standing"}


# how a page packs it


def numbers(packed: str) -> Iterator[int]:
    """What was packed, read as the page's script reads it."""
    number, factor = 0, 1
    for byte in base64.b64decode(packed):
        number += (byte & 127) * factor
        factor *= 128
        if byte < 128:
            yield number
            number, factor = 0, 1


@pytest.mark.parametrize("given", [[], [0], [127, 128, 129], [16_383, 16_384, 3_000_000]])
def test_whole_numbers_are_read_as_they_were_packed(given: list[int]) -> None:
    assert list(numbers(encode_numbers(given))) == given


def test_drives_and_what_stands_are_packed_as_differences() -> None:
    drives = [Drive(0, 60, 2, 0, 1, 0), Drive(600, 700, 1, 1, 2, 3)]
    assert list(watching._drive_numbers(drives, 2)) == [
        ((2 * 2 + 0) * 2 + 0) * len(SECTORS), 0, 60, ((1 * 2 + 1) * 2 + 1) * len(SECTORS) + 3, 600, 100,
    ]  # fmt: skip
    series = StepSeries([1, 3], [5, 2]), StepSeries([], [])
    assert list(watching._standing_numbers([series])) == [2, 1, 10, 2, 5, 0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two runs that kept what is watched."""
    return write_study(
        tmp_path_factory.mktemp("results") / "rafah", (replace(CLOSED, watched=True), replace(OPEN, watched=True))
    )


def test_spots_of_all_runs_are_one_map_and_each_way_carries_what_arrived_by_its_corridors(folder: Path) -> None:
    study = read_study(folder)
    atlas = build_study_map(study)
    assert atlas is not None
    closed, opened = study.runs
    assert set(atlas.stops) == {"origins.al_arish", "sites.kerem_shalom", "sites.zikim", "sites.egypt_rafah",
                                "warehouses.south"}  # fmt: skip
    assert ("origins.al_arish", "sites.egypt_rafah") not in atlas.links_of_run(closed)
    by_way = tonnes_by_leg(atlas, opened, "arrived")
    assert sum(t for (_, end), t in by_way.items() if end == "warehouses.south") == pytest.approx(
        opened.daily_counts("arrived", "tonnes").mean()  # type: ignore[union-attr]
    )


def test_what_a_run_kept_is_read_in_minutes_by_way_and_by_spot(folder: Path) -> None:
    study = read_study(folder)
    atlas = build_study_map(study)
    assert atlas is not None
    found = read_replay(study.reference, atlas)
    assert found is not None and found.loads_per_drive == 3 and found.loads == 8
    assert found.drives[0] == Drive(600, 660, atlas.links.index(("origins.al_arish", "sites.kerem_shalom")), 0, 1, 0)
    kerem_shalom = list(atlas.stops).index("sites.kerem_shalom")
    assert found.standing[kerem_shalom][:2] == (StepSeries([2, 5], [30, 12]), StepSeries([6], [400]))
    thinned = read_replay(study.reference, atlas, 2)
    assert thinned is not None and (thinned.loads_per_drive, thinned.loads) == (6, 4)


def test_what_stands_is_summed_and_may_be_told_less_often() -> None:
    rows = [("a", 1, 5), ("a", 3, 2), ("b", 2, 10), ("b", 7, 0)]
    assert watching._sum_series(rows, 1) == StepSeries([1, 2, 3, 7], [5, 15, 12, 2])
    assert watching._sum_series(rows, 4) == StepSeries([4, 8], [12, 2])


def test_a_sample_without_room_is_thinned_in_all_runs_alike_and_then_left_out(folder: Path) -> None:
    study = read_study(folder)
    atlas = build_study_map(study)
    assert atlas is not None
    whole = pack_replay(study, atlas, 10_000)
    assert whole is not None and not whole["thinned"]
    size = sum(len(run["drives"]) + len(run["standing"]) for run in whole["runs"])
    less = pack_replay(study, atlas, size - 1)
    assert less is not None and less["thinned"] and {run["oneIn"] for run in less["runs"]} == {6}
    assert pack_replay(study, atlas, 10) is None
    assert "larger than a megabyte" in map_section(study, atlas, None, 0)["why_not"]


def test_a_run_that_kept_nothing_says_so(tmp_path: Path) -> None:
    study = read_study(write_study(tmp_path / "two", (replace(CLOSED, watched=True), OPEN)))
    assert build_study_map(study) is None  # a run of an earlier version tells of no spots
    study = read_study(write_study(tmp_path / "one", (replace(CLOSED, watched=True),)))
    (study.reference.folder / "drives.parquet").unlink()
    atlas = build_study_map(study)
    assert atlas is not None
    found = map_section(study, atlas, None, 10**6)
    assert found["replay"] is None and "kept nothing of replication 0" in found["why_not"]


def test_a_map_without_ways_is_none() -> None:
    assert StudyMap({}, {"run": {"a": (Leg("x", "y", 1),)}}).links == [("x", "y")]
    assert Layout({}, 50.0).projection is None


def test_the_policy_of_the_page_lets_its_own_script_run_and_nothing_be_loaded() -> None:
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'; ") and "unsafe-eval" not in CONTENT_SECURITY_POLICY
    assert "</script" not in REPLAY_SCRIPT and "fetch" not in REPLAY_SCRIPT and "innerHTML" not in REPLAY_SCRIPT
