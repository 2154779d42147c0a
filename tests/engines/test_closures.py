"""What a closure costs: the queue that it leaves, and how long that takes to drain, against a fluid that flows evenly.

Trucks come at a rate a, a place passes b > a an hour, and is shut for T hours: then a T wait at its end, they are gone
a T / (b - a) hours later, and all trucks together wait a T (T + a T / (b - a)) / 2 hours.
"""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from sim.loop import engine as compiled
from sim.luck.draws import draw_loads
from sim.luck.places import draw_network
from sim.network.building import build_network
from sim.network.lanes import PoolNode
from sim.network.network import Network
from sim.readings.conservation import check_conservation
from sim.scenario.parsing import read_scenario
from sim.story import corridor
from sim.study.composing import allow_new_keys
from sim.study.job import Job
from sim.study.replication import replicate
from sim.study.study import run_job
from sim.units import DAY_S, HOUR_S, MINUTE_S
from tests.test_scenarios import composed
from tests.worlds.running import ReplicationResult, config_of, network_of

# 25 an hour come, from the first 144 s on; ten lanes of 20 min pass 30; work in hand pauses
PLACE = """
warehouses: {dock: {lanes: 10, time: 20 min, rule: freeze, CALENDAR}}
corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}
flows: {f: {sector: un, cargo: food, interval: 144 s, corridors: {only: 100 %}}}
"""
SHUT_A_DAY = (
    "calendars: {shut: {closures: {day: {from: 2024-05-14, to: 2024-05-14}}}}\n"
    + PLACE.replace("CALENDAR", "calendar: shut")
    + "run: {days: 8}\n"
)
COME, PASS, SHUT_H = 25, 30, 24
ENGINES = {"simpy": corridor.run, "compiled": compiled.run}


def fluid(come: float, passed: float, shut_h: float) -> tuple[float, float, float]:
    """Trucks that wait as it opens, hours until none does, and the hours that all of them wait."""
    backlog = come * shut_h
    recovery_h = backlog / (passed - come)
    return backlog, recovery_h, backlog * (shut_h + recovery_h) / 2


def ran_by(engine: str, network: Network, replication: int = 0) -> ReplicationResult:
    """One replication, its conservation checked."""
    network = draw_network(network, 1, replication)
    draws = draw_loads(network, 1, replication)
    ran = ReplicationResult(network, draws, ENGINES[engine](network, draws))
    check_conservation(network, draws, ran.history, ran.milestones, ran.places)
    return ran


def test_the_fluid_is_that_of_the_textbook() -> None:
    assert fluid(COME, PASS, SHUT_H) == (600, 120, 43_200)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_day_that_is_shut_costs_what_was_worked_out(engine: str) -> None:
    ran = ran_by(engine, network_of(SHUT_A_DAY))
    visits = ran.visits("warehouses.dock")
    joined_s, started_s = visits.joined_s.astype(np.int64), visits.started_s.astype(np.int64)
    wait_s, opens_s = started_s - joined_s, 2 * DAY_S
    backlog, recovery_h, total_h = fluid(COME, PASS, SHUT_H)
    assert ((joined_s < opens_s) & (started_s >= opens_s)).sum() == backlog == 600
    assert wait_s.max() / HOUR_S == SHUT_H
    assert joined_s[(joined_s > opens_s) & (wait_s == 0)].min() / HOUR_S == pytest.approx(167.68)
    assert 2 * SHUT_H + recovery_h == 168
    assert wait_s.sum() / HOUR_S == pytest.approx(43_113.6)
    assert wait_s.sum() / HOUR_S == pytest.approx(total_h, rel=0.003)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_whole_program_says_so_too(engine: str, tmp_path: Path) -> None:
    """From a planner's settings to the tables of results."""
    config = config_of(SHUT_A_DAY)
    config["run"] |= {"engine": engine, "log": "all"}
    assert run_job(Job(config, tmp_path / "run"))["status"] == "done"
    assert rows(tmp_path, "select trucks from daily where milestone = 'arrived' order by date") == [
        (591,), (718,), (720,), (720,), (720,), (720,), (602,),
    ]  # fmt: skip  # and none on the second day, which has no row
    days = rows(
        tmp_path, "select joined, finished, backlog_end from places where place = 'warehouses.dock' order by date"
    )
    joined, finished, backlog = (list(column) for column in zip(*days, strict=True))
    assert finished == [591, 0, 718, 720, 720, 720, 720, 602]
    assert backlog == np.cumsum(np.subtract(joined, finished)).tolist()
    assert backlog[1] == 600 + 8  # who wait, and who stand in a lane
    ((waited,),) = rows(tmp_path, "select count(*) from loads where arrived_s - created_s > 20 * 60")
    assert waited == pytest.approx(COME * (SHUT_H + 120), abs=10)
    end = "select state, loads from whereabouts where moment = 'end' and state <> 'arrived'"
    assert rows(tmp_path, end) == [("in service", 8)]


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """A query over the tables of a run, by name."""
    with duckdb.connect() as connection:
        for path in (folder / "run").glob("*.parquet"):
            connection.execute(f"create view {path.stem} as from read_parquet('{path.as_posix()}')")
        return connection.execute(query).fetchall()


SHOCKED = (
    PLACE.replace(", CALENDAR", "")
    + "shocks: {shut: {places: [warehouses.dock], rate: 0.5/week, lasts: 24 h}}\nrun: {days: 14}\n"
)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_shock_costs_what_the_fluid_says_whenever_it_comes(engine: str) -> None:
    """In the first replications whose only shock leaves time to recover."""
    network, seen = network_of(SHOCKED), 0
    for replication in range(60):
        node = next(node for node in draw_network(network, 1, replication).nodes if isinstance(node, PoolNode))
        changes_s = [at_s for at_s in node.calendar.at_s.tolist()[1:] if at_s < network.horizon_s]
        if len(changes_s) != 2 or changes_s[1] - changes_s[0] != DAY_S or changes_s[1] > 8 * DAY_S:
            continue
        ran = ran_by(engine, network, replication)
        visits, opens_s = ran.visits("warehouses.dock"), changes_s[1]
        wait_s = visits.started_s.astype(np.int64) - visits.joined_s
        backlog, recovery_h, total_h = fluid(COME, PASS, SHUT_H)
        assert ((visits.joined_s < opens_s) & (visits.started_s >= opens_s)).sum() == pytest.approx(backlog, abs=1)
        assert wait_s.max() == pytest.approx(DAY_S, abs=20 * MINUTE_S)
        behind = (visits.joined_s > opens_s) & (wait_s == 0)
        assert visits.joined_s[behind].min() == pytest.approx(opens_s + recovery_h * HOUR_S, abs=HOUR_S)
        assert wait_s.sum() / HOUR_S == pytest.approx(total_h, rel=0.005)
        seen += 1
    assert seen > 2


def test_the_shipped_experiment_shows_queues_that_grow_and_drain_and_platforms_that_fill() -> None:
    def days(*rates: str) -> dict[str, Any]:
        """Backlogs at each day's end in four replications, by place. (replications, days)"""
        names = ("shocks.crossing.rate", "shocks.collection.rate")
        swept = allow_new_keys([f"{name}={rate}/week" for name, rate in zip(names, rates, strict=True)], set())
        world = read_scenario(composed("experiment=closures", "scenario=rafah_closed", *swept))
        network = build_network(world)
        tables = [replicate(network, world.run, number, with_loads=False).tables["places"] for number in range(4)]
        places = ("sites.nitzana", "platforms.kerem_shalom")
        return {name: np.array([table["backlog_end"][table["place"] == name] for table in tables]) for name in places}

    base, crossing, collection = days("0", "0"), days("0.5", "0"), days("0", "0.5")
    queue, longer = base["sites.nitzana"], crossing["sites.nitzana"]
    assert (longer.max(axis=1) >= queue.max(axis=1)).all()
    assert longer.max() > 1.5 * queue.max()
    peaks = longer.argmax(axis=1)
    assert all((longer[r, peak:] <= queue[r, peak:] + 20).any() for r, peak in enumerate(peaks)), "it drains"
    assert (collection["sites.nitzana"] == queue).all()  # which stands before the platform, and beyond its bays
    platform = "platforms.kerem_shalom"
    assert collection[platform].max() > 1.2 * base[platform].max()
    assert (collection[platform].mean(axis=1) >= base[platform].mean(axis=1)).all()
