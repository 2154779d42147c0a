"""Equipment that breaks: by hand through the whole program, and whose luck it is. In minutes.

The long run is in `analysis/verification/interrupted.py`, the rule in `tests/test_rules.py`.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim import events as e
from sim.laws import Int64Array
from sim.loop.engine import run
from sim.luck.draws import draw_loads
from sim.luck.places import breaks_of, draw_network
from sim.network.lanes import PoolNode
from sim.network.network import Network
from sim.story import corridor
from sim.study.offered_load import offered_loads
from sim.units import DAY_S, MINUTE_S
from tests.worlds.running import WORLD, ReplicationResult, mistakes_in, network_of, run_network, write_trace

DOCK = """
corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}
flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}
"""
CLOCKS = ("work", "always")


def both(text: str, *folders: Path) -> ReplicationResult:
    """A replication by the SimPy model; the other engine has the same log."""
    ran = run_network(network_of(text, *folders))
    assert (run(ran.network, ran.draws) == ran.log).all()
    return ran


def dock(lanes: int, time: str, breaks: str) -> str:
    return f"{DOCK}warehouses: {{dock: {{lanes: {lanes}, time: {time}, breaks: {{{breaks}}}}}}}\n"


# By hand


@pytest.mark.parametrize(("after", "clock"), [("570 min", "always"), ("90 min", "work")])
@pytest.mark.parametrize(("then", "ends"), [("resume", [540, 660]), ("restart", [540, 690])])
def test_a_scanner_that_is_down_for_an_hour_pauses_the_second_truck_or_begins_it_anew(
    after: str, clock: str, then: str, ends: list[float], tmp_path: Path
) -> None:
    """Two trucks at 08:00, an hour each, one lane that is down from 09:30 to 10:30."""
    write_trace(tmp_path, [480, 480])
    breaks = f"after: {after}, lasts: 60 min, clock: {clock}, then: {then}"
    assert both(dock(1, "60 min", breaks), tmp_path).arrivals_min() == ends


@pytest.mark.parametrize(
    ("clock", "ends"),
    [
        # down from 60 to 80, 140 to 160, 220 to 240 whoever is there
        ("always", [40, 110, 140, 170]),
        # breaks after 60 and 120 minutes of work: 20 minutes into the second truck, and later than all this
        ("work", [40, 115, 145, 160]),
    ],
)
def test_a_lane_that_is_down_waits_for_its_repair_and_wakes_its_queue(
    clock: str, ends: list[float], tmp_path: Path
) -> None:
    """Trucks at 0, 65, 85 and 150 take 40, 30, 30 and 10."""
    times = [40, 30, 30, 10]
    write_trace(tmp_path, [0, 65, 85, 150], durations_min={"warehouses.dock": times})
    ran = both(dock(1, "1 min", f"after: 60 min, lasts: 20 min, clock: {clock}"), tmp_path)
    assert ran.arrivals_min() == ends


def test_what_breaks_just_as_work_ends_keeps_the_next_waiting(tmp_path: Path) -> None:
    write_trace(tmp_path, [0, 0, 0])
    for clock in CLOCKS:
        ran = both(dock(1, "30 min", f"after: 30 min, lasts: 5 min, clock: {clock}"), tmp_path)
        assert ran.arrivals_min() == [30, 65, 100]


def test_the_lowest_lane_that_is_not_being_repaired_takes_the_first(tmp_path: Path) -> None:
    """Lane 0 breaks after 60 minutes of its work, lane 1 never does."""
    write_trace(tmp_path, [0, 61, 62, 130], durations_min={"warehouses.dock": [50, 5, 5, 5]})
    network = network_of(dock(2, "1 min", "after: 60 min, lasts: 30 min, clock: always"), tmp_path)
    node = next(node for node in network.nodes if isinstance(node, PoolNode))
    assert node.breakdowns
    down = (np.array([[60], [90]]) * MINUTE_S, np.zeros((2, 0), dtype=np.int64))
    network = replace(network, nodes=(replace(node, breakdowns=node.breakdowns._replace(downtimes=down)),))
    draws = draw_loads(network, 1, 0)
    ran = ReplicationResult(network, draws, corridor.run(network, draws))
    assert (run(network, draws) == ran.log).all()
    assert ran.rows(e.STARTED)["value"].tolist() == [0, 1, 1, 0]
    assert ran.arrivals_min() == [50, 66, 71, 135]


def test_a_closed_place_is_repaired_as_well(tmp_path: Path) -> None:
    """Open from 08:00, down from 07:30 to 08:10."""
    write_trace(tmp_path, [0])
    day = "calendars: {day: {windows: {all: {hours: '08:00-16:00'}}}}\n"
    text = dock(1, "30 min, calendar: day", "after: 450 min, lasts: 40 min, clock: always")
    assert both(day + text, tmp_path).arrivals_min() == [520]


# Whose luck it is


def test_every_lane_and_every_replication_has_luck_of_its_own() -> None:
    one, other = spans(busy()), spans(busy(), replication=1)
    assert len(one) == 2
    assert not (one[0][0][:3] == one[1][0][:3]).any()
    assert not (one[0][0][:3] == other[0][0][:3]).any()


def test_a_lane_more_moves_no_breakdown_and_a_longer_run_only_adds_some() -> None:
    two, three, longer = spans(busy()), spans(busy("lanes: 3")), spans(busy(days=9))
    for lane in range(2):
        assert (two[lane] == three[lane]).all()
        assert (two[lane] == longer[lane][:, : two[lane].shape[1]]).all()
        assert two[lane][0, -1] < 2 * DAY_S <= longer[lane][0, two[lane].shape[1]]


def test_equipment_that_fails_twice_as_often_fails_by_the_same_luck() -> None:
    seldom, often = (spans(busy(mean=mean))[0][:, :5] for mean in ("6 h", "3 h"))
    up_s, half_s = (own[0] - np.append(0, own[1, :-1]) for own in (seldom, often))
    assert np.abs(up_s - 2 * half_s).max() <= 1
    assert (seldom[1] - seldom[0] == often[1] - often[0]).all()


def test_breakdowns_are_in_the_digests_of_luck_and_of_inputs() -> None:
    one, other = (run_network(busy(mean=mean)) for mean in ("6 h", "3 h"))
    assert one.digests["luck"] != other.digests["luck"]
    assert one.digests["inputs"] != other.digests["inputs"]
    assert (one.draws.luck == other.draws.luck).all()


def test_a_place_that_never_breaks_is_drawn_as_it_is() -> None:
    network = network_of(WORLD)
    assert draw_network(network, 1, 0) is network


def busy(lanes: str = "lanes: 2", mean: str = "3 h", days: int = 2) -> Network:
    """A dock that breaks and is repaired all the time."""
    breaks = f"{{after: {{law: exponential, mean: {mean}}}, lasts: {{law: gamma, mean: 40 min, cv: 0.5}}}}"
    return network_of(
        "corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}\n"
        "flows: {f: {sector: un, cargo: food, rate: 40/day, corridors: {only: 1}}}\n"
        f"warehouses: {{dock: {{{lanes}, time: 30 min, breaks: {breaks}}}}}\nrun: {{days: {days}}}\n"
    )


def spans(network: Network, replication: int = 0) -> tuple[Int64Array, ...]:
    """The breakdowns of each lane of the dock, (2, n)."""
    found = [breaks for node in draw_network(network, 1, replication).nodes if (breaks := breaks_of(node))]
    assert len(found) == 1
    return found[0].downtimes


# What may be said of it before a run


def test_rho_counts_repairs_in_the_mean() -> None:
    breaking, plain = (offered_loads(network)[0].rho for network in (busy(), without_breaks(busy())))
    assert plain and plain == pytest.approx(40 / 24 * 0.5 / 2)
    assert breaking == pytest.approx(plain * (180 + 40) / 180)


def without_breaks(network: Network) -> Network:
    (node,) = network.nodes
    assert isinstance(node, PoolNode)
    return replace(network, nodes=(replace(node, breakdowns=None),))


@pytest.mark.parametrize("rule", ["freeze", "nostart"])
def test_equipment_that_breaks_goes_with_no_other_rule_than_finish(rule: str) -> None:
    text = f"{{lanes: 1, time: 1 min, rule: {rule}, breaks: {{after: 1 h, lasts: 1 min}}}}"
    assert any(
        f"equipment that breaks goes with rule: finish only, found {rule}" in line
        for line in mistakes_in(f"{WORLD}\nwarehouses: {{spare: {text}}}")
    )
