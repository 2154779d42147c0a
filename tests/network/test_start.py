"""What is there when the run starts: typed or as a CSV, for how long, and what is said where it cannot be."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim import events as e
from sim.loop import engine as compiled
from sim.luck.draws import draw_loads
from sim.network.base import Purpose
from sim.network.building import build_network
from sim.scenario.provenance import provenance_rows, settings_without_source
from sim.scenario.start import load_stocks
from sim.study.describe import cost_estimate_text
from sim.study.job import Job, config_hash, prepare_job
from sim.units import DAY_S
from tests.luck.test_draws import with_
from tests.worlds.running import WORLD, ReplicationResult, config_of, mistakes_in, network_of, run

DOCK = "warehouses: {dock: {lanes: 1, time: 1 h}}\n"
ONLY = "corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}\n"
FLOWS = (
    "cargos: {flour: {pallets: 20, weight: 20 t}}\n"
    "flows:\n  a: {sector: un, cargo: food}\n  b: {sector: ngo, cargo: flour}\n"
    "  first: {sector: un, cargo: flour, rank: 0}\n"
)
SMALL = DOCK + ONLY + FLOWS
HEAD = "place,corridor,flow,loads,age\n"


def served(ran: ReplicationResult) -> list[str]:
    """Whose loads the dock served, in turn."""
    rows = ran.rows(e.STARTED, "warehouses.dock")
    return [ran.network.sources[ran.draws.source[load]].name for load in rows["entity"]]


def test_a_table_that_is_not_utf_8_is_refused_by_its_line(tmp_path: Path) -> None:
    text = "place,corridor,flow,loads,age,source\n,a,b,1,,ok\n,a,b,1,,\xe9\n"
    (tmp_path / "latin.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=r"latin\.csv, line 3: is not UTF-8"):
        load_stocks("latin.csv", (tmp_path,))


def test_the_older_goes_first_among_equals_and_rank_before_age() -> None:
    ran = run(
        SMALL + "start:\n  young: {flow: a, corridor: only, loads: 2, age: 1 h}\n"
        "  fresh: {flow: a, corridor: only, loads: 1}\n"
        "  old: {flow: b, corridor: only, loads: 2, age: 2 days}\n  ranked: {flow: first, corridor: only, loads: 1}\n"
    )
    assert served(ran) == ["ranked", "old", "old", "young", "young", "fresh"]
    assert ran.draws.age_s.tolist() == [2 * DAY_S] * 2 + [3600] * 2 + [0, 0]
    assert (ran.log == compiled.run(ran.network, ran.draws)).all()


def test_vehicles_collect_what_has_stood_longest_whatever_its_yard() -> None:
    steps = "[{transfer: {onto: PAD, bays: apron}}, {convoy: {yard: hub, from: PAD, fleet: pool}}, {offload: dock}]"
    ran = run(
        DOCK
        + FLOWS
        + "bays: {apron: {lanes: 1, time: 1 min}}\nplatforms: {pad: {}, zone: {}}\nyards: {hub: {max: 1}}\n"
        "fleets: {pool: {vehicles: 1, pallets: 20, home: 1 h}}\n"
        f"corridors:\n  x: {{from: away, to: here, steps: {steps.replace('PAD', 'pad')}}}\n"
        f"  y: {{from: away, to: here, steps: {steps.replace('PAD', 'zone')}}}\n"
        "start:\n  one: {flow: a, corridor: x, at: platforms.pad, loads: 2, age: {law: uniform, low: 1 h, high: 2 h}}\n"
        "  other: {flow: a, corridor: y, at: platforms.zone, loads: 2, age: 90 min}\n"
    )
    collected = ran.rows(e.COLLECTED)["entity"].tolist()
    assert collected == sorted(collected)  # loads are numbered by age
    assert ran.draws.age_s.tolist() == sorted(ran.draws.age_s.tolist(), reverse=True)


def test_a_load_that_comes_as_the_run_starts_comes_after_all_that_have_an_age(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("time\n0 s\n")
    flows = FLOWS.replace(
        "a: {sector: un, cargo: food}", "a: {sector: un, cargo: food, trace: a.csv, corridors: {only: 1}}"
    )
    ran = run(DOCK + ONLY + flows + "start: {s: {key: a, flow: b, corridor: only, loads: 1, age: 1 s}}", tmp_path)
    assert served(ran) == ["s", "a"]
    without = run(DOCK + ONLY + flows + "start: {s: {key: z, flow: b, corridor: only, loads: 1}}", tmp_path)
    assert served(without) == ["a", "s"]


def test_age_is_luck_of_the_load_and_moves_nobody_elses() -> None:
    aged = WORLD.replace("loads: 3}", "loads: 3, age: {law: exponential, mean: 3 days}}")
    before, after = (network_of(text) for text in (WORLD, aged))
    assert int(Purpose.AGE) == 50
    one, other = draw_loads(before, 1, 0), draw_loads(after, 1, 0)
    assert one.luck_digest == draw_loads(before, 1, 0).luck_digest
    assert len(set(other.age_s[other.stocked].tolist())) == 3
    assert not other.age_s[~other.stocked].any()
    more = draw_loads(network_of(aged.replace("loads: 3,", "loads: 5,")), 1, 0)
    of_index = [dict(zip(d.index[d.stocked].tolist(), d.age_s[d.stocked].tolist(), strict=True)) for d in (other, more)]
    assert of_index[0].items() <= of_index[1].items()
    assert draw_loads(after, 1, 1).age_s.max() != other.age_s.max()


def test_stock_without_an_age_stands_as_it_always_did() -> None:
    same = WORLD.replace("loads: 3}", "loads: 3, age: 2 h}")
    assert run(WORLD).digests == run(same).digests  # one stock of one age: nobody's place changes


def test_a_stock_of_a_sector_and_cargo_is_as_that_of_their_flow() -> None:
    of_flow = run(SMALL + "start: {s: {flow: b, corridor: only, loads: 3}}")
    of_kind = run(SMALL + "start: {s: {sector: ngo, cargo: flour, corridor: only, loads: 3}}")
    assert of_flow.digests == of_kind.digests
    nobodys = network_of(SMALL + "start: {s: {sector: bilateral, cargo: food, corridor: only, loads: 3}}").sources
    assert {(s.sector, s.cargo, s.rank) for s in nobodys if s.initial_loads} == {("bilateral", "food", 1)}


def test_what_is_at_the_origin_is_before_the_first_step() -> None:
    texts = ("", ", at: origins.away", ", at: warehouses.dock")
    logs = [run(SMALL + f"start: {{s: {{flow: a, corridor: only, loads: 2{at}}}}}").log for at in texts]
    assert all((log == logs[0]).all() for log in logs)


# A CSV


def csv_world(folder: Path, text: str, world: str = SMALL) -> str:
    """A world that starts from this CSV."""
    (folder / "today.csv").write_text(text)
    return world + "start: today.csv\n"


def test_a_csv_says_what_settings_say(tmp_path: Path) -> None:
    world = csv_world(
        tmp_path,
        "source,corridor,place,sector,cargo,flow,loads,age,remark\nUN,only,,,,a,2,1 h,x\n"
        ",only,warehouses.dock,ngo,flour,,1,2 days,\n",
    )
    typed = SMALL + (
        "start:\n  x: {key: start a only  3600 s, flow: a, corridor: only, loads: 2, age: 1 h}\n"
        "  y: {key: start ngo flour only warehouses.dock 172800 s, sector: ngo, cargo: flour, corridor: only,\n"
        "      at: warehouses.dock, loads: 1, age: 2 days}\n"
    )
    assert run(world, tmp_path).digests == run(typed).digests
    assert served(run(world, tmp_path)) == ["today.csv, line 3", *["today.csv, line 2"] * 2]


def test_the_order_of_the_lines_of_a_csv_changes_nothing_and_lines_that_say_the_same_add_up(tmp_path: Path) -> None:
    lines = [",only,a,2,1 h", ",only,b,1,", ",only,a,3,60 min"]
    first = run(csv_world(tmp_path, HEAD + "\n".join(lines)), tmp_path)
    again = run(csv_world(tmp_path, HEAD + "\n".join(reversed(lines))), tmp_path)
    assert first.digests == again.digests
    assert sorted(source.initial_loads for source in first.network.sources) == [0, 0, 0, 1, 5]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("place,corridor,flow,loads\n", "start: today.csv has no column 'age' in its first line (there is: "
         "corridor, flow, loads, place)"),
        ("plce,corridor,flow,loads,age\n", "start: today.csv has no column 'place' in its first line; "
         "did you mean plce?"),
        ("place,corridor,cargo,loads,age\n", "start: today.csv has no column 'sector' in its first line (there is: "
         "age, cargo, corridor, loads, place)"),
        ("", "start: today.csv has no column 'place' in its first line (there is none)"),
        (HEAD + ",only,a,2,\n,only,a,many,\n", "start: today.csv, line 3: loads: wanted a whole number, found many"),
        (HEAD + ",only,a,,\n", "start: today.csv, line 2: loads: wanted a whole number, found nothing"),
        (HEAD + ",only,a,-2,\n", "start: today.csv, line 2: loads: wanted a whole number, found -2"),
        (HEAD + ",only,a,2,3\n", "start: today.csv, line 2: 3 has no unit; write e.g. '15 min', '8 h' or '2 days'"),
        (HEAD + ",only,a,2,-3 h\n", "start: today.csv, line 2: age: -3 h is negative"),
        (HEAD + ",,a,2,\n", "start: today.csv, line 2: there is no corridor"),
        (HEAD + ",only,,2,\n", "start: today.csv, line 2: wanted flow, or sector and cargo"),
        (HEAD + ",only,aa,2,\n", "start: today.csv, line 2: flow: there is no flows.aa; did you mean a?"),
        (HEAD + ",onyl,a,2,\n", "start: today.csv, line 2: corridor: there is no corridors.onyl; did you mean only?"),
        (HEAD + "warehouses.dok,only,a,2,\n", "start: today.csv, line 2: at: warehouses.dok is not on corridors.only; "
         "did you mean warehouses.dock?"),
        ("place,corridor,sector,cargo,loads,age\n,only,army,food,2,\n",
         "start: today.csv, line 2: there is no sector 'army' (there is: bilateral, commercial, ngo, un)"),
        ("place,corridor,sector,cargo,loads,age\n,only,un,fod,2,\n",
         "start: today.csv, line 2: cargo: there is no cargos.fod; did you mean food?"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_csv_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert mistakes_in(csv_world(tmp_path, text), tmp_path) == [said]


def test_a_csv_that_is_not_there_is_said_beside_all_other_mistakes(tmp_path: Path) -> None:
    lines = mistakes_in(SMALL.replace("offload: dock", "offload: dok") + "start: tody.csv\n", tmp_path)
    assert lines == [
        f"start: there is no file 'tody.csv' in {tmp_path}",
        "corridors.only.steps[0] (offload): there is no warehouses.dok; did you mean dock?",
    ]
    assert mistakes_in(SMALL + "start: ../today.csv\n", tmp_path) == [
        "start: '../today.csv' reaches out of the folders in which stocks are looked for"
    ]


# What cannot be


@pytest.mark.parametrize(
    ("stock", "said"),
    [
        ("corridor: only, loads: 1", "start.s: wanted flow, or sector and cargo"),
        ("corridor: only, loads: 1, sector: un", "start.s: wanted both sector and cargo, or flow"),
        ("corridor: only, loads: 1, flow: a, cargo: food", "start.s: wanted flow, or sector and cargo"),
        ("corridor: only, loads: 1, flow: a, age: 3",
         "start.s.age: 3 has no unit; write e.g. '15 min', '8 h' or '2 days'"),
        ("corridor: only, loads: 1, flow: a, aeg: 3 h", "start.s.aeg: no such setting; did you mean age?"),
        ("corridor: only, loads: 1, sector: un, cargo: flour, at: origins.afar",
         "start.s.at: origins.afar is not on corridors.only; did you mean origins.away?"),
    ],
)  # fmt: skip
def test_a_stock_that_cannot_be_is_said_where_it_stands(stock: str, said: str) -> None:
    assert mistakes_in(SMALL + f"start: {{s: {{{stock}}}}}") == [said]


def test_a_kind_whose_flows_have_several_ranks_needs_its_flow() -> None:
    text = SMALL.replace("b: {sector: ngo,", "b: {sector: un,")
    assert mistakes_in(text + "start: {s: {sector: un, cargo: flour, corridor: only, loads: 1}}") == [
        "start.s.flow: missing; flows of un, flour have the ranks 0, 1"
    ]


def test_the_setting_of_before_is_told_its_new_name() -> None:
    assert mistakes_in(SMALL + "opening_stock: {}") == ["opening_stock: is called start now; see CHANGELOG.md"]
    (said,) = mistakes_in(SMALL + "start: 3")
    assert said.startswith("start: wanted settings (name: value), found 3")


PAD = """
bays: {apron: {lanes: 1, time: 1 min}}
platforms: {pad: {room: 100}}
yards: {hub: {max: 1, patience: 1 h}}
fleets: {pool: {vehicles: 1, pallets: 20, home: 1 h}}
corridors:
  only:
    from: away
    to: here
    steps: [{transfer: {onto: pad, bays: apron}}, {convoy: {yard: hub, from: pad, fleet: pool}}, {offload: dock}]
"""


@pytest.mark.parametrize("at", ["platforms.pad", "yards.hub"])
@pytest.mark.parametrize(("loads", "most"), [(5, None), (6, 120)])
def test_more_than_a_platform_has_room_for_cannot_stand_on_it(at: str, loads: int, most: int | None) -> None:
    text = DOCK + FLOWS + PAD + f"start: {{s: {{flow: a, corridor: only, at: {at}, loads: {loads}}}}}"
    said = [f"start: up to {most} pallets are on platforms.pad, which has room for 100"] if most else []
    assert mistakes_in(text) == said


def test_luck_may_not_take_more_room_than_there_is() -> None:
    """40 loads of a mean of 22 and a standard deviation of 5.8: 880 pallets, and five times 36.7 more."""
    law = "cargos: {food: {pallets: {law: gamma, mean: 22, cv: 0.2636}, weight: 20 t}}\n"
    for room, fits in ((1050, False), (1075, True)):
        text = with_(DOCK + FLOWS + PAD.replace("room: 100", f"room: {room}"), law)
        said = mistakes_in(text + "start: {s: {flow: a, corridor: only, at: platforms.pad, loads: 40}}")
        assert (said == []) == fits, said
    stocks = (
        "start:\n  s: {flow: a, corridor: only, at: platforms.pad, loads: 5}\n"
        "  t: {flow: b, corridor: only, at: yards.hub, loads: 1}\n"
    )
    assert mistakes_in(DOCK + FLOWS + PAD + stocks) == [
        "start: up to 120 pallets are on platforms.pad, which has room for 100"
    ]


def test_a_load_of_no_flow_has_room_too() -> None:
    text = DOCK + FLOWS + PAD.replace("room: 100", "room: 19")
    assert mistakes_in(text + "start: {s: {sector: bilateral, cargo: food, corridor: only, loads: 1}}") == [
        "cargos.food.pallets: loads of start.s reach 20, platforms.pad has room for 19"
    ]


# Where it is told


def job_of(folder: Path, text: str) -> Job:
    return Job(config_of(text), folder, data_folders=(folder,))


def test_another_csv_of_the_same_name_is_another_run(tmp_path: Path) -> None:
    def mark(lines: str) -> str:
        job = job_of(tmp_path, csv_world(tmp_path, HEAD + lines))
        return config_hash(job.config, prepare_job(job)[1])

    marks = [mark(lines) for lines in (",only,a,2,1 h\n", ",only,a,3,1 h\n", ",only,a,2,2 h\n", ",only,a,2,1 h\n")]
    assert marks[0] == marks[3]
    assert len(set(marks)) == 3


def test_lines_of_a_csv_say_where_they_come_from_or_are_told_as_without_a_source(tmp_path: Path) -> None:
    text = csv_world(tmp_path, "source," + HEAD + "a report,,only,a,2,1 h\n,,only,b,3,\n")
    job = job_of(tmp_path, text)
    scenario, network = prepare_job(job)
    assert provenance_rows(scenario, job.config) == [
        {"setting": "start.today.csv, line 2.loads", "value": 2, "source": "a report", "assumed": None, "why": ""}
    ]
    told: list[Any] = settings_without_source(scenario, job.config)
    assert "start: today.csv, line 3: loads" in told
    assert not [line for line in told if "line 2" in line]
    assert json.dumps(dict(job.config), default=str)
    assert cost_estimate_text([(scenario, network)])
    assert np.array_equal(draw_loads(build_network(scenario), 1, 0).age_s, draw_loads(network, 1, 0).age_s)
