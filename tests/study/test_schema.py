"""The schema for editors: it is current, every shipped file keeps to it, and it sees what a planner gets wrong."""

import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from sim.study.schema import SCHEMA_FILE, scenario_schema, schema_text
from tests import scenario_files
from tests.scenario_files import PARTS, ROOT, SCHEMA, faults, shipped
from tests.worlds.running import BASE_SETTINGS, WORLD


def test_the_schema_that_is_shipped_is_that_of_the_models() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), "run `make schema`"
    Draft202012Validator.check_schema(scenario_schema())
    assert SCHEMA_FILE == SCHEMA


@pytest.mark.parametrize("file", shipped(), ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_shipped_file_keeps_to_the_schema(file: Path) -> None:
    assert not faults(file.read_text(encoding="utf-8"), PARTS.get(file.parent.name, ""))


def test_the_command_looks_at_all_that_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert scenario_files.main([]) == 0
    assert capsys.readouterr().out == f"{len(shipped())} files keep to schemas/scenario.json\n"


def test_the_command_names_the_file_and_the_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong, no_yaml, run = tmp_path / "wrong.yaml", tmp_path / "no_yaml.yaml", tmp_path / "run" / "quick.yaml"
    run.parent.mkdir()
    wrong.write_text("# @package _global_\ndefaults: [/places: [a], _self_]\nsites: {scan: {lanes: many}}\n")
    no_yaml.write_text("sites: {scan: [}\n")
    run.write_text("replications: 30\n")
    assert scenario_files.main([str(file) for file in (wrong, no_yaml, run, tmp_path / "gone.yaml")]) == 2
    first, second, third = capsys.readouterr().err.splitlines()
    assert first.startswith(f"error: {wrong}: $.sites.scan.lanes: ")
    assert second.startswith(f"error: {no_yaml}: ") and "line 1" in second
    assert third.startswith("error: ") and "gone.yaml" in third


@pytest.mark.parametrize("document", ["README.md", "docs/settings.md"])
def test_an_example_in_the_documents_keeps_to_the_schema(document: str) -> None:
    written = (ROOT / document).read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", written, re.DOTALL)
    assert len(examples) > 1
    assert [faults(example) for example in examples] == [[]] * len(examples)


@pytest.mark.parametrize(
    "good",
    [
        BASE_SETTINGS,
        WORLD,
        "sites: {scan: {time: 12 min}}",
        "sites: {scan: {time: {mean: 1.5 hours}}}",
        "sites: {scan: {time: {law: hyperexponential, means: [10 min, 1 h], shares: [80 %, 0.2]}}}",
        "sites: {scan: {manual: {share: 5 %}, rejected: {after: 2 days, back_to: drive}}}",
        "cargos: {food: {pallets: 20, weight: 750 kg}}",
        "flows: {f: {rate: 150 trucks/day, corridors: {a: rest, b: 25 %, c: '${levers.share}'}}}",
        "flows: {f: {interval: {law: erlang, mean: 10 min, k: 3}}}",
        "calendars: {c: {windows: {w: {level: 50 %}, v: {level: 3}}, closures: {x: {from: 2024-05-14}}}}",
        "calendars: {c: {at: {latitude: 31.3, longitude: 34.3, utc: '+02:00'}, windows: {w: {hours: daylight}}}}",
        "calendars: {c: {include: [feasts]}}\nholidays: {feasts: {closures: {x: {days: fri-sat}}}}",
        "phases: {p: {from: 2024-05-14, starts: {law: exponential, mean: 3 days}, lasts: 6 weeks}}",
        "phases: {p: {changes: {sites.s.lanes: + 2, roads.r.level: 0.5, flows.f.corridors: {a: rest, b: 25 %}}}}",
        "yards: {hub: {timetable: {first: 0 min, every: 90 min}}}",
        "corridors: {x: {steps: [{travel: a, as: b}, {pass_gate: {gate: c}}, {transfer: {onto: d, bays: e}}]}}",
        "defaults: [/places: [a, b], _self_]\nhydra: {sweeper: {params: {scenario: 'a,b'}}}",
    ],
)
def test_what_may_be_written_is_not_marked(good: str) -> None:
    assert not faults(good)


@pytest.mark.parametrize(
    ("bad", "where"),
    [
        ("sites: {scan: {time: 12}}", "$.sites.scan.time"),
        ("sites: {scan: {time: 12 km}}", "$.sites.scan.time"),
        ("sites: {scan: {time: -12 min}}", "$.sites.scan.time"),
        ("sites: {scan: {time: {law: gamma, mean: 12 kg, cv: 0.5}}}", "$.sites.scan.time"),
        ("sites: {scan: {time: {law: gamma, mean: 12 min, k: 2}}}", "$.sites.scan.time"),
        ("sites: {scan: {time: {law: gama, mean: 12 min}}}", "$.sites.scan.time"),
        ("cargos: {food: {weight: 20 min}}", "$.cargos.food.weight"),
        ("cargos: {food: {pallets: 20 t}}", "$.cargos.food.pallets"),
        ("flows: {f: {rate: 150}}", "$.flows.f.rate"),
        ("flows: {f: {sector: army}}", "$.flows.f.sector"),
        ("flows: {f: {corridors: {a: 120}}}", "$.flows.f.corridors.a"),
        ("flows: {f: {corridors: {a: the rest}}}", "$.flows.f.corridors.a"),
        ("roads: {r: {length: 40 min}}", "$.roads.r.length"),
        ("roads: {r: {speed: 40 km}}", "$.roads.r.speed"),
        ("sites: {scan: {lanes: many}}", "$.sites.scan.lanes"),
        ("sites: {scan: {lanes: 0}}", "$.sites.scan.lanes"),
        ("sites: {scan: {manual: {share: 12}}}", "$.sites.scan.manual"),
        ("calendars: {c: {windows: {w: {level: all}}}}", "$.calendars.c.windows.w.level"),
        ("sites: {scan: {lane: 2}}", "$.sites.scan"),
        ("calendars: {c: {at: {latitude: 131, longitude: 34.3}}}", "$.calendars.c.at"),
        ("phases: {p: {since: 2024-05-14}}", "$.phases.p"),
        ("phases: {p: {changes: {sites.s.lanes: [1]}}}", "$.phases.p.changes['sites.s.lanes']"),
        ("site: {scan: {lanes: 2}}", "$"),
        ("warehouses: {dock: {rule: freez}}", "$.warehouses.dock.rule"),
        ("corridors: {x: {steps: [{drive: a}]}}", "$.corridors.x.steps[0]"),
        ("corridors: {x: {steps: [{travel: a, inspect: b}]}}", "$.corridors.x.steps[0]"),
        ("corridors: {x: {steps: [{transfer: a}]}}", "$.corridors.x.steps[0]"),
        ("hydra: {launcher: joblib}", "$.hydra"),
    ],
)
def test_what_is_wrong_is_marked_where_it_stands(bad: str, where: str) -> None:
    found = faults(bad)
    assert found
    assert all(line.startswith(f"{where}: ") for line in found)
