"""Several counts of one reality, side by side: worked by hand, and adding up from what began to where everything is."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from analysis.__main__ import main
from analysis.observed.counters import observed_counts
from analysis.observed.series import ObservedSeries, read_rules
from analysis.page.counters import counters_section, format_spread, interception_sentence, terminal_text
from analysis.page.report import render_page
from analysis.results.tables import RunResult, Study, read_study
from analysis.statistics.counters import (
    ALL,
    CountKey,
    ReplicationSpread,
    counts_by_group,
    counts_present,
    crossing_by_corridor,
    interception_band,
    replication_spread,
    run_counts,
    sum_over,
    whereabouts_summary,
)
from sim.study import files
from sim.study.job import Job
from sim.study.study import run_job
from tests.analysis.studies import CLOSED, write_study
from tests.worlds import adre
from tests.worlds.running import config_of

# Two crossings of which one has no platform; a load is 20 pallets, a vehicle takes 15
WORLD = """
cargos: {food: {pallets: 20, weight: 20 t}, flour: {pallets: 10, weight: 10 t}}
roads: {in: {time: 1 h}}
gates: {rim: {border: true}, inner: {}}
sites: {scan: {lanes: 9, time: 1 h, rejected: {share: 100 %}}}
bays: {apron: {lanes: 9, time: 1 h}}
platforms: {pad: {}}
yards: {hub: {max: 9}}
fleets: {pool: {vehicles: 3, pallets: 15, home: 90 h}}
warehouses: {dock: {lanes: 9, time: 1 h}}
corridors:
  by_rim:
    from: away
    to: here
    steps: [{travel: in}, {pass_gate: {gate: rim}}, {transfer: {onto: pad, bays: apron}},
            {convoy: {yard: hub, from: pad, fleet: pool}}, {pass_gate: inner}, {offload: dock}]
  apart: {from: away, to: here, steps: [{pass_gate: inner}, {inspect: scan}, {offload: dock}]}
flows:
  food: {sector: un, cargo: food, trace: food.csv, corridors: {by_rim: 100 %}}
  flour: {sector: ngo, cargo: flour, trace: flour.csv, corridors: {apart: 100 %}}
start: {s: {flow: food, corridor: by_rim, loads: 1, at: platforms.pad, age: 2 days}}
run: {days: 2, replications: 2, start: 2024-05-13}
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The world above: three loads of food come on the first day, one at the end of the second; flour is rejected."""
    folder = tmp_path_factory.mktemp("results") / "two"
    folder.mkdir()
    (folder / "food.csv").write_text("time\n1 h\n1 h\n1 h\n47.5 h\n")
    (folder / "flour.csv").write_text("time\n2 h\n30 h\n")
    manifest = run_job(Job(config_of(WORLD), folder / "world", data_folders=(folder,)))
    assert manifest["status"] == "done", manifest
    files.write_json(folder / "study.json", {"study": "two", "runs": ["world"], "command": []})
    return read_study(folder)


@pytest.fixture
def of(study: Study) -> RunResult:
    return study.reference


def test_the_crossing_of_a_corridor_is_its_border_gate_or_its_own_name(of: RunResult) -> None:
    assert crossing_by_corridor(of) == {"by_rim": "rim", "apart": "apart"}


def test_counts_stand_side_by_side_by_sector_cargo_and_crossing(of: RunResult) -> None:
    rows = counts_by_group(run_counts(of), "sector", "cargo", "crossing")
    told = {names: [None if value is None else value.mean for value in values] for names, values in rows}
    # requested, entered, offloaded, collected, arrived, rejected, returned; a day of two
    assert told == {
        ("un", "food", "rim"): [2.0, 1.5, 1.5, 1.5, 1.5, None, None],
        ("ngo", "flour", "apart"): [1.0, None, None, None, 0.0, 1.0, 1.0],
        (ALL, ALL, ALL): [3.0, 1.5, 1.5, 1.5, 1.5, 1.0, 1.0],
    }


PERMITS = """
cargos: {food: {pallets: 20, weight: 20 t}}
offices: {un: {time: 1 h, refuses: {ngos: {sectors: [ngo]}}}}
slots: {evening: {trucks: 1/day, allotted: "18:00", no_show: {share: 100 %, most: 1}}}
warehouses: {dock: {lanes: 9, time: 1 h}}
corridors: {only: {from: away, to: here, steps: [{permit: un}, {slot: evening}, {offload: dock}]}}
flows:
  un: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}
  ngo: {sector: ngo, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}
run: {days: 4, start: 2024-05-13}
"""


def test_permission_and_slots_are_counted_beside_the_others(tmp_path: Path) -> None:
    """Two loads of each sector: the NGO's are refused, the UN's do not come on days 1 and 2."""
    (tmp_path / "arrivals.csv").write_text("time\n1 h\n2 h\n")
    manifest = run_job(Job(config_of(PERMITS), tmp_path / "two" / "world", data_folders=(tmp_path,)))
    assert manifest["status"] == "done", manifest
    files.write_json(tmp_path / "two" / "study.json", {"study": "two", "runs": ["world"], "command": []})
    of = read_study(tmp_path / "two").reference
    table = run_counts(of)
    heads = ["requested", "authorised", "manifested", "arrived", "refused", "no_show", "returned"]
    assert counts_present(table) == heads
    found = {
        names[0]: [4 * value.mean for value in values if value] for names, values in counts_by_group(table, "sector")
    }
    assert found["ngo"] == [2, 0, 0, 0, 2, 0, 2]
    assert found["un"] == [2, 2, 4, 1, 0, 2, 0]
    rows = [(what, place, pallets.mean) for what, place, _, pallets in whereabouts_summary(table, of.days)]
    assert rows[1:-1] == [
        ("waiting for a slot", "slots.evening", 20),
        ("arrived", "warehouses.dock", 20),
        ("refused", "offices.un", 40),
    ]
    closes(of)


def test_what_began_is_somewhere_to_the_pallet(of: RunResult) -> None:
    rows = whereabouts_summary(run_counts(of), of.days)
    assert [(what, place, loads and loads.mean, pallets.mean) for what, place, loads, pallets in rows] == [
        ("there at the start", "platforms.pad", 1, 20),
        ("requested", "", 6, 100),
        ("on the platform", "platforms.pad", 2, 35),
        ("on the road", "roads.in", 1, 20),
        ("arrived", "warehouses.dock", 3, 45),
        ("returned", "sites.scan", 2, 20),
        ("in all at the end", "", None, 120),
    ]


def test_the_counts_close_in_pallets_for_each_sector_cargo_and_crossing(of: RunResult) -> None:
    closes(of)


def test_the_counts_of_a_world_with_luck_close_in_every_replication(tmp_path: Path) -> None:
    run_job(Job(adre.config(replications=4), tmp_path / "adre" / "adre"))
    closes(read_study(tmp_path / "adre").reference)


def closes(of: RunResult) -> None:
    """Start and requested are what is told of the end, in each replication."""
    table = run_counts(of)
    for kind in {key[:3] for key in table}:
        sums = {what: np.zeros(len(of.arrays.replications)) for what in ("began", "ended")}
        for key, values in table.items():
            if key[:3] == kind and key.what == "requested" and key.unit == "pallets/day":
                sums["began"] += values * of.days
            elif key[:3] == kind and key.unit == "pallets":
                sums["began" if key.what == "there at the start" else "ended"] += values
        np.testing.assert_allclose(sums["began"], sums["ended"], rtol=1e-12)
        assert sums["ended"].sum() > 0


def test_sums_keep_the_words_that_are_asked_for(of: RunResult) -> None:
    table = run_counts(of)
    one = sum_over(table, "sector")[CountKey("un", ALL, ALL, "on the road", "", "pallets")]
    assert one.tolist() == [20, 20]
    assert sum_over(table)[CountKey(ALL, ALL, ALL, "requested", "", "trucks/day")].tolist() == [3, 3]


def test_eighty_in_a_hundred_replications_lie_within_the_interval() -> None:
    assert replication_spread(np.arange(11.0)) == ReplicationSpread(5, 1, 9)
    assert format_spread(ReplicationSpread(5, 1, 9)) == "5.00 (1.00 to 9.00)"
    assert format_spread(ReplicationSpread(2, 2, 2)) == "2.00"
    assert format_spread(None) == "–"


# Beside what authorities counted


def rule_of(name: str) -> ObservedSeries:
    return next(series for series in read_rules() if series.name == name)


def test_an_authority_s_count_stands_beside_the_model_s_by_the_same_rule(tmp_path: Path) -> None:
    world = replace(CLOSED, start=date(2024, 5, 13), days=4)
    ran = read_study(write_study(tmp_path / "s", (world,))).reference
    gates = {"gates": {"kerem_shalom": {"border": True}, "zikim": {"border": True}}}
    corridors = {name: {"steps": [{"pass_gate": name}]} for name in ("kerem_shalom", "zikim")}
    summer = {"regime": {"title": "Early summer 2024", "description": ""}}
    ran = replace(ran, config={**ran.config, **gates, "corridors": corridors, **summer})
    series = rule_of("cogat_land")
    found = observed_counts(ran, [series], scenarios=_regime(tmp_path, "Early summer 2024"))
    (one,) = found
    days = [series.observed_by_date[day] for day in ran.dates]
    entered = ran.daily_counts("entered", "trucks")
    assert entered is not None
    assert (one.milestone, one.authority, one.days) == ("entered", "COGAT", 4)
    assert one.observed == pytest.approx(sum(days) / 4)
    assert one.model.mean == pytest.approx(entered.mean())
    assert observed_counts(replace(ran, config={**ran.config, "regime": {"title": "x"}}), [series], tmp_path) == []


def _regime(folder: Path, title: str) -> Path:
    """A folder of scenarios in which summer 2024 has this title."""
    (folder / "regime").mkdir()
    (folder / "regime" / "summer_2024.yaml").write_text(f"regime: {{title: {title}}}\n")
    return folder


# Where it is told


def test_the_command_prints_the_counts_and_writes_them_as_a_table(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = study.reference.folder.parent
    assert main(["counters", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "A small world: trucks a day"
    assert lines[1].split() == [
        *("sector", "cargo", "crossing", "requested", "entered", "offloaded", "collected", "arrived", "rejected"),
        "returned",
    ]  # fmt: skip
    assert lines[2].split() == ["ngo", "flour", "apart", "1.00", "–", "–", "–", "0", "1.00", "1.00"]
    assert lines[-2:] == [str(folder / f"counters{which}.csv") for which in ("", "_by_day")]
    with (folder / "counters.csv").open() as file:
        rows = list(csv.DictReader(file))
    (road,) = (row for row in rows if row["what"] == "on the road" and row["unit"] == "pallets")
    assert road == {"run": "world", "sector": "un", "cargo": "food", "crossing": "rim", "what": "on the road",
                    "place": "roads.in", "unit": "pallets", "mean": "20", "p10": "20", "p90": "20"}  # fmt: skip
    with (folder / "counters_by_day.csv").open() as file:
        entered = [row for row in csv.DictReader(file) if (row["what"], row["unit"]) == ("entered", "trucks/day")]
    assert [(row["date"], row["crossing"], row["mean"]) for row in entered] == [
        ("2024-05-13", "rim", "3"), ("2024-05-14", "rim", "0"),
    ]  # fmt: skip
    assert main(["counters", str(folder.parent / "none")]) == 2


def test_the_page_has_them_by_sector_and_crossing(study: Study) -> None:
    whole = render_page(study, [])
    assert "Trucks a day: counts side by side" in whole
    assert "<td>rim</td>" in whole
    assert "<td>on the platform</td><td>platforms.pad</td>" in whole
    (told,) = counters_section(study, [])
    assert told["counts"][0][:3] == ("sector", "crossing", "requested")


def test_a_study_of_before_has_counts_and_no_whereabouts(tmp_path: Path) -> None:
    old = read_study(write_study(tmp_path / "old", (CLOSED,)))
    assert "Where they are" in terminal_text(old, [])
    assert "on the platform" not in terminal_text(old, [])
    assert render_page(old, [])


LOSSES = """
cargos: {food: {pallets: 20, weight: 20 t}, flour: {pallets: 10, weight: 10 t}}
roads: {in: {time: 1 h, interception: {missions: 1, cargos: {flour: 0}}}}
warehouses: {dock: {lanes: 9, time: 1 h}}
corridors: {only: {from: away, to: here, steps: [{travel: in}, {offload: dock}]}}
flows:
  food: {sector: un, cargo: food, trace: food.csv, corridors: {only: 100 %}}
  flour: {sector: ngo, cargo: flour, trace: food.csv, corridors: {only: 100 %}}
run: {days: 2, replications: 2, start: 2024-05-13}
"""


def test_what_was_intercepted_stands_beside_what_arrived_as_a_range(study: Study, tmp_path: Path) -> None:
    """A load of food is lost and one of flour arrives, in two days."""
    folder = tmp_path / "lossy"
    folder.mkdir()
    (folder / "food.csv").write_text("time\n1 h\n")
    assert run_job(Job(config_of(LOSSES), folder / "world", data_folders=(folder,)))["status"] == "done"
    files.write_json(folder / "study.json", {"study": "lossy", "runs": ["world"], "command": []})
    lossy = read_study(folder)
    of = lossy.runs[0]
    found = interception_band(of)
    assert found is not None
    assert [each.mean for each in found] == [5, 10, 15]
    assert "lie between 5.00 and 15.0 t a day" in interception_sentence(of)
    assert interception_sentence(of) in terminal_text(lossy, [])
    assert interception_sentence(of) in render_page(lossy, [])
    table = sum_over(run_counts(of))
    assert table[CountKey(ALL, ALL, ALL, "intercepted", "", "trucks/day")].tolist() == [0.5, 0.5]
    assert table[CountKey(ALL, ALL, ALL, "lost", "", "pallets")].tolist() == [20, 20]
    assert interception_band(study.runs[0]) is None
    assert interception_sentence(study.runs[0]) == ""
