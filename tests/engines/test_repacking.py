"""Loads with too many pallets are repacked before their inspection. In minutes."""

from pathlib import Path

import pytest

from sim import events as e
from sim.loop.engine import run
from sim.network.base import LuckSlot, Purpose
from sim.rules import must_be_repacked
from sim.study.offered_load import offered_loads
from tests.worlds.running import WORLD, ReplicationResult, mistakes_in, network_of, run_network

SCAN = """
cargos: {food: {pallets: PALLETS}}
sites:
  scan: {lanes: 1, time: 10 min, most_pallets: 20, repacking: {bays: 1, time: 30 min}, rejected: {share: 0 %}}
warehouses: {dock: {lanes: 9, time: 1 min}}
corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}}
flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}
"""


def both(folder: Path, pallets: list[int], text: str = SCAN) -> ReplicationResult:
    """Loads of these pallets that come at midnight: by the SimPy model; the other engine has the same log."""
    rows = "\n".join(f"0 s,{number}" for number in pallets)
    (folder / "arrivals.csv").write_text(f"time,pallets\n{rows}\n")
    ran = run_network(network_of(text.replace("PALLETS", str(max(pallets))), folder))
    assert (run(ran.network, ran.draws) == ran.log).all()
    return ran


@pytest.mark.parametrize(
    ("work_s", "inspections", "repacked"), [(0, 0, False), (1, 0, True), (1, 1, False), (0, 1, False)]
)
def test_a_load_is_repacked_once_if_that_is_any_work(work_s: int, inspections: int, repacked: bool) -> None:
    assert must_be_repacked(work_s, inspections) is repacked


def test_large_loads_are_repacked_one_after_the_other_and_small_ones_go_ahead(tmp_path: Path) -> None:
    ran = both(tmp_path, [21, 20, 22, 20])
    assert ran.times_min(e.FINISHED, "sites.scan.repacking") == [30, 60]
    assert ran.times_min(e.FINISHED, "sites.scan") == [40, 10, 70, 20]
    assert sorted(ran.rows(e.ARRIVED)["value"].tolist()) == [20, 20, 21, 22]


def test_what_was_repacked_is_not_repacked_when_it_comes_again(tmp_path: Path) -> None:
    ran = both(tmp_path, [21], SCAN.replace("share: 0 %", "share: 100 %, attempts: 3"))
    assert ran.times_min(e.FINISHED, "sites.scan.repacking") == [30]
    assert ran.times_min(e.REJECTED) == [40, 50, 60]


def test_loads_that_stand_too_high_are_repacked_by_a_law_of_their_cargo() -> None:
    text = SCAN.replace("most_pallets: 20", "most_height: 1.6 m").replace("trace: arrivals.csv", "rate: 400/day")
    high = text.replace("pallets: PALLETS", "pallets: 30, height: {law: uniform, low: 1.2 m, high: 1.8 m}")
    ran = run_network(network_of(high))
    assert (run(ran.network, ran.draws) == ran.log).all()
    place = ran.node("sites.scan.repacking").number
    repacked = ran.draws.luck_of_visit(LuckSlot(Purpose.REPACK, place), 0) > 0
    assert repacked.mean() == pytest.approx(1 / 3, abs=0.07)  # 800 loads: 4 standard errors
    assert offered_loads(ran.network)[place].arrivals_per_day == pytest.approx(
        400 * 0.325
    )  # above 160.5 cm, by rounding


@pytest.mark.parametrize(("height", "repacked"), [("160 cm", 0), ("1.61 m", 1)])
def test_a_load_just_as_high_as_it_may_be_is_not_repacked(tmp_path: Path, height: str, repacked: int) -> None:
    text = SCAN.replace("most_pallets: 20", "most_height: 1.6 m").replace("PALLETS}", f"20, height: {height}}}")
    assert len(both(tmp_path, [20], text).times_min(e.FINISHED, "sites.scan.repacking")) == repacked


def test_a_bay_is_held_until_the_site_has_room(tmp_path: Path) -> None:
    ran = both(tmp_path, [21, 20, 20, 21, 21], SCAN.replace("time: 10 min", "time: 45 min, room: 0"))
    visits = ran.visits("sites.scan.repacking")
    assert (visits.left_s // 60).tolist() == [90, 135, 180]
    assert (visits.finished_s // 60).tolist() == [30, 120, 165]


def test_rho_counts_loads_that_are_repacked() -> None:
    text = SCAN.replace("PALLETS", "{law: uniform, low: 0.5, high: 40.5}").replace(
        "share: 0 %", "share: 50 %, attempts: 2"
    )
    network = network_of(text.replace("trace: arrivals.csv", "rate: 8/day"))
    place = next(node.number for node in network.nodes if node.name == "sites.scan.repacking")
    assert offered_loads(network)[place].arrivals_per_day == pytest.approx(4)


@pytest.mark.parametrize("one", ["most_pallets: 20", "repacking: {bays: 1, time: 5 min}"])
def test_a_cap_and_bays_for_what_is_above_it_go_together(one: str) -> None:
    lines = mistakes_in(f"{WORLD}\nsites: {{spare: {{lanes: 1, time: 1 min, {one}}}}}")
    assert any("wanted both most_pallets (or most_height) and repacking, or neither" in line for line in lines), lines
