"""What binds, and how much arrives against a lever: worked by hand where times are fixed, and as a planner asks."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.__main__ import main
from analysis.questions import response
from analysis.questions.binding import binding_share, price_levers, stage_of_place, variant_runner, weekly_binding_share
from sim.readings.waiting import DailyWaiting, waiting_by_day
from sim.study import composing
from sim.study.levers import find_levers, with_setting
from sim.study.variants import PreparedVariant, VariantResults, prepare_variant
from sim.units import HOUR_S
from tests.worlds import adre
from tests.worlds.running import WORLD, config_of, network_of, run, scenario_of

BOTH = pytest.mark.parametrize("engine", ["simpy", "compiled"])

# A load each 10 min; the first inspection passes one each 12 min, the second one each 20 min
TANDEM = """
sites: {first: {lanes: 1, time: 12 min}, second: {lanes: 1, time: 20 min}}
warehouses: {dock: {lanes: 5, time: 1 min}}
corridors: {way: {from: away, to: here, steps: [{inspect: first}, {inspect: second}, {offload: dock}]}}
flows: {aid: {sector: un, cargo: food, interval: 10 min, corridors: {way: 100 %}}}
run: {days: 3, warm_up: 1, replications: 3}
"""

# A load an hour, and a gate
GATED: dict[str, Any] = {
    "scenario": {"title": "One gate"},
    "regime": {"title": "A test"},
    "run": {"start": "2025-01-06", "days": 4, "warm_up": 1},
    "levers": {"docks": 2},
    "origins": {"away": {}},
    "areas": {"here": {}},
    "cargos": {"food": {"pallets": 20, "weight": "20 t"}},
    "gates": {"rim": {}},
    "warehouses": {"dock": {"lanes": "${levers.docks}", "time": "1 min"}},
    "corridors": {"way": {"from": "away", "to": "here", "steps": [{"pass_gate": "rim"}, {"offload": "dock"}]}},
    "flows": {"aid": {"sector": "un", "cargo": "food", "interval": "1 h", "corridors": {"way": "100 %"}}},
}


def of(text: str, engine: str = "simpy") -> PreparedVariant:
    return prepare_variant("as it is", {**config_of(text), "run": {**config_of(text)["run"], "engine": engine}}, ())


@BOTH
def test_one_more_lane_brings_more_at_the_bottleneck_and_exactly_nothing_elsewhere(tmp_path: Path, engine: str) -> None:
    (step,) = price_levers(of(TANDEM, engine), variant_runner(tmp_path, 3, print), (), 1)
    gains = {price.lever.path: price.trucks.mean.mean for price in step.prices}
    assert step.arrived["trucks"].mean == 24 * 60 / 20
    # what waits before the second inspection lets both of its lanes work all the time, as far as the first feeds them
    assert gains == {"sites.second.lanes": 24 * 60 / 12 - 72, "sites.first.lanes": 0, "warehouses.dock.lanes": 0}
    assert step.prices[0].lever.path == "sites.second.lanes"
    assert step.prices[0].binding_days_share == 1
    assert step.prices[0].tonnes.mean.mean == 20 * step.prices[0].trucks.mean.mean


@BOTH
def test_what_binds_next_is_found_once_the_first_is_relieved(tmp_path: Path, engine: str) -> None:
    steps = list(price_levers(of(TANDEM, engine), variant_runner(tmp_path, 3, print), (), 5))
    relieved = [(step.relief.lever.path, step.relief.added) for step in steps if step.relief]
    assert relieved == [("sites.second.lanes", 1), ("sites.first.lanes", 1)]
    assert [step.arrived["trucks"].mean for step in steps] == [72, 120, 144]  # then as many as are requested
    assert steps[-1].relief is None
    assert all(price.trucks.mean.mean == 0 for price in steps[-1].prices)


def test_a_command_that_is_repeated_runs_only_what_is_missing(tmp_path: Path) -> None:
    told: list[str] = []
    for replications, fresh in ((3, True), (3, False), (4, True)):
        told.clear()
        first, *_ = price_levers(of(TANDEM), variant_runner(tmp_path, replications, told.append), (), 1)
        assert bool(told) is fresh
        assert first.arrived["trucks"].n == replications


def test_every_lever_adds_one_thing_and_can_be_built() -> None:
    base = config_of(WORLD)
    levers = find_levers(scenario_of(WORLD))
    paths = {lever.path for lever in levers}
    assert {"sites.scan.lanes", "sites.scan.manual.bays", "fleets.pool.vehicles", "yards.hub.max"} <= paths
    assert {"bays.apron.lanes", "warehouses.dock.lanes", "platforms.pad.room", "calendars.day"} <= paths
    for lever in levers:
        more = lever.apply_steps(base)
        assert base == config_of(WORLD), "the base was touched"
        changed = prepare_variant(lever.path, more, ()).scenario
        kind, name, *setting = lever.path.split(".")
        if kind != "calendars":
            assert with_setting(more, lever.path, lever.format_value(lever.value)) == with_setting(
                base, lever.path, lever.format_value(lever.value)
            )
            place = getattr(changed, kind)[name]
            for part in setting:
                place = getattr(place, part)
            assert place == lever.value + lever.step


@pytest.mark.parametrize(
    ("hours", "longer"),
    [
        ("08:00-17:00", (8, 18)), ("08:00-23:00", (8, 24)), ("08:00-24:00", (8, 25)), ("20:00-04:00", (20, 29)),
        ("08:00-07:00", (0, 24)),
    ],
)  # fmt: skip
def test_an_hour_more_closes_an_hour_later(hours: str, longer: tuple[int, int]) -> None:
    world = TANDEM + f'calendars: {{kept: {{windows: {{all: {{hours: "{hours}"}}}}}}}}'
    world = world.replace("time: 12 min", "time: 12 min, calendar: kept")
    (lever,) = (lever for lever in find_levers(scenario_of(world)) if lever.stage == "opening hours")
    window = prepare_variant("", lever.apply_steps(config_of(world)), ()).scenario.calendars["kept"].windows["all"]
    assert window.hours == (longer[0] * HOUR_S, longer[1] * HOUR_S)


def test_a_queue_is_counted_while_it_is_open() -> None:
    # a load each 10 min, one hour each; open from 6 to 18: from the second load on somebody waits
    world = TANDEM.replace("time: 20 min", "time: 1 h, calendar: day").replace("time: 12 min", "time: 1 min")
    ran = run(world + 'calendars: {day: {windows: {all: {hours: "06:00-18:00"}}}}')
    waits = waiting_by_day(ran.history, ran.draws, ran.network, ran.node("sites.second"))
    assert waits is not None
    assert waits.open_s.tolist() == [12 * HOUR_S] * 3
    assert waits.waiting_s.tolist() == [12 * HOUR_S] * 3
    calm = waiting_by_day(ran.history, ran.draws, ran.network, ran.node("sites.first"))
    assert calm is not None
    assert calm.waiting_s.tolist() == [0] * 3


def test_a_daily_ceiling_holds_back_on_days_that_leave_somebody_waiting() -> None:
    # a load each 10 min passes a gate that is open from 6 to 18, so 144 a day wait for it, or come while it is open
    world = """
    gates: {rim: {calendar: day}}
    ceilings: {over: {gates: [rim], trucks: 144/day}}
    calendars: {day: {windows: {all: {hours: "06:00-18:00"}}}}
    warehouses: {dock: {lanes: 99, time: 1 min}}
    corridors: {way: {from: away, to: here, steps: [{pass_gate: rim}, {offload: dock}]}}
    flows: {aid: {sector: un, cargo: food, interval: 10 min, corridors: {way: 100 %}}}
    """
    found = {}
    for trucks in (100, 144):
        ran = run(world.replace("144/day", f"{trucks}/day"))
        waits = waiting_by_day(ran.history, ran.draws, ran.network, ran.node("ceilings.over"))
        assert waits is not None
        assert waits.open_s.tolist() == [12 * HOUR_S] * 2
        found[trucks] = waits.waiting_s.tolist()
    assert found == {100: [12 * HOUR_S] * 2, 144: [0, 0]}


def test_stock_for_a_convoy_waits_for_vehicles() -> None:
    # 20 pallets each 10 min, a vehicle carries 20 and is away for 1 h: two vehicles leave stock for nearly all the day
    world = """
    bays: {apron: {lanes: 9, time: 1 min}}
    platforms: {pad: {}}
    yards: {hub: {max: 5}}
    fleets: {pool: {vehicles: 2, pallets: 20, home: 30 min}}
    roads: {out: {time: 20 min}}
    warehouses: {dock: {lanes: 9, time: 10 min}}
    corridors:
      way:
        from: away
        to: here
        steps: [{transfer: {onto: pad, bays: apron}}, {convoy: {yard: hub, from: pad, fleet: pool}}, {travel: out},
                {offload: dock}]
    flows: {aid: {sector: un, cargo: food, interval: 10 min, corridors: {way: 100 %}}}
    """
    found = {}
    for vehicles in (2, 60):
        ran = run(world.replace("vehicles: 2", f"vehicles: {vehicles}"))
        found[vehicles] = waiting_by_day(ran.history, ran.draws, ran.network, ran.node("fleets.pool"))
    short, ample = found[2], found[60]
    assert isinstance(short, DailyWaiting)
    assert isinstance(ample, DailyWaiting)
    assert (short.waiting_s >= 0.95 * short.open_s).all()
    assert ample.waiting_s.tolist() == [0, 0]


def test_binding_shares_count_open_days_of_weeks() -> None:
    shut = np.nan
    waiting = {
        "sites.a": np.array([[1.0, 0.9, 0.89, shut, 0, 0, 0, 1.0]]),
        "sites.b": np.array([[0.0, 0.0, 1.0, shut, 0, 0, 0, 0.0]]),
        "fleets.c": np.full((1, 8), shut),
    }
    assert binding_share(waiting["sites.a"]) == 3 / 7
    assert binding_share(waiting["fleets.c"]) is None
    found = weekly_binding_share(waiting, stage_of_place)
    assert found["inspection"].tolist() == [3 / 6, 1]
    assert np.isnan(found["vehicles and drivers"]).all()


@pytest.mark.parametrize(("share", "binds"), [(8, "vehicles and drivers"), (7, "inspection")])
def test_of_queues_that_are_nearly_alike_the_last_on_the_way_binds(share: int, binds: str) -> None:
    days = np.array([[1.0] * share + [0.0] * (10 - share)])
    waiting = {"sites.scan": np.ones((1, 10)), "fleets.pool": days, "warehouses.dock": np.zeros((1, 10))}
    assert response.binding_stage(scenario_of(WORLD), VariantResults({}, {}, waiting)) == binds
    assert (
        response.binding_stage(scenario_of(WORLD), VariantResults({}, {}, {"fleets.pool": days * 0}))
        == response.DEMAND_BINDS
    )


@pytest.fixture
def planner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the world of one gate, and no places of ours."""
    ours = adre.write_ours(tmp_path / "ours", composing.SCENARIOS_FOLDER)
    monkeypatch.setattr(composing, "SCENARIOS_FOLDER", ours)
    monkeypatch.chdir(tmp_path)
    adre.write(tmp_path / "mine" / "scenario" / "gated.yaml", GATED)
    return tmp_path


ASKED = ["--config-dir", "mine", "scenario=gated", "run.workers=1", "--replications", "3"]


@BOTH
@pytest.mark.parametrize("lever", ["gates.rim=0..48/day", "ceilings.over.trucks=0..48/day"])
def test_the_response_to_a_ceiling_is_the_lesser_of_it_and_demand(planner: Path, engine: str, lever: str) -> None:
    over = ["ceilings.over={gates: [rim], trucks: 5/day}"] if "over" in lever else []
    asked, *_ = response.plan_response(
        ["--config-dir", "mine", "scenario=gated", f"run.engine={engine}", *over], lever, 5
    )
    (curve,) = response.run_curves(asked, variant_runner(planner / "kept", 3, print))
    assert [(p.value, p.mean("trucks").mean) for p in curve.points] == [(x, min(x, 24)) for x in (0, 12, 24, 36, 48)]
    assert [p.binds for p in curve.points] == ["ceilings at gates"] * 2 + [response.DEMAND_BINDS] * 3


def test_a_response_is_drawn_under_each_structure_of_ceilings(planner: Path, capsys: Any) -> None:
    for name, trucks in (("low", 6), ("high", 18), ("elsewhere", 1)):
        gates = {"wherever": ["nowhere" if name == "elsewhere" else "rim"]}
        ceilings = {"ceilings": {name: {**gates, "trucks": f"{trucks}/day"}}}
        adre.write(planner / "mine" / "structure" / f"{name}.yaml", ceilings)
    assert main(["response", *ASKED, "--lever", "levers.docks=1..3", "--points", "3"]) == 0
    assert "18 ± 0" in capsys.readouterr().out.replace("360", "18")
    rows = (planner / "results" / "response" / "response.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["structure", *["high"] * 3, *["low"] * 3]
    assert (planner / "results" / "response" / "plots" / "response.svg").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--lever", "gates.rym=0..9/day"], "there is no gates.rym; did you mean gates.rim?"),
        (["--lever", "gates.rim=9..0/day"], "is empty; the first number must be below the second"),
        (["--lever", "gates.rim=0..9 km"], "write e.g. '150/day' or '6/h'"),
        (["--lever", "gates.rim=0/h..9/day"], "has two units"),
        (["--lever", "gates.rim"], "wanted a setting and its range"),
        (["--lever", "levers.dock=1..2"], "there is no levers.dock; did you mean levers.docks?"),
        (["--lever", "warehouses.dock.lane=1..2"], "warehouses.dock.lane: no such setting; did you mean lanes?"),
        (["--lever", "gates.rim=0..9/day", "--points", "1"], "--points: wanted 2 or more"),
        (["--lever", "gates.rim=0..9/day", "run.seed=1,2"], "wanted one run, found 2"),
        (["--lever", "gates.rim=0..9/day", "run.dais=1"], "run.dais: no such setting; did you mean days?"),
    ],
)
def test_a_lever_that_cannot_be_is_told(planner: Path, capsys: Any, arguments: list[str], told: str) -> None:
    assert main(["response", *ASKED, *arguments]) == 2
    assert told in capsys.readouterr().err
    assert not (planner / "results").exists()


def test_files_tell_what_binds_by_stage_and_the_terminal_by_place(planner: Path, capsys: Any) -> None:
    over = "ceilings.over={gates: [rim], trucks: 5/day, title: The one over it}"
    assert main(["binding", *ASKED, over, "study=bound", "--steps", "2"]) == 0
    told = capsys.readouterr().out
    assert "ceilings.over.trucks" in told
    assert "2 levers x 3 replications -> results/bound" in told
    folder = planner / "results" / "bound"
    for file in (*folder.glob("binding.*"), *folder.glob("plots/*.csv"), *folder.glob("plots/*.svg")):
        text = file.read_text().replace(over, "")  # the page repeats the command, and its run is named after it
        text = re.sub('"run": .*', "", text)
        assert "ceilings at gates" in text
        assert "ceilings.over" not in text
        assert "The one over it" not in text
    rows = (folder / "binding.csv").read_text().splitlines()
    assert rows[1].split(",")[:5] == ["1", "way", "ceilings at gates", "one more truck a day", "1"]


def test_what_nobody_can_use_is_no_lever() -> None:
    unused = TANDEM + "fleets: {pool: {vehicles: 3, pallets: 2, home: 1 h}}"
    assert network_of(unused).nodes
    assert {lever.path for lever in find_levers(scenario_of(unused))} == {
        "sites.first.lanes", "sites.second.lanes", "warehouses.dock.lanes",
    }  # fmt: skip
