"""The gate: silent about what changes nothing, red about what does, and sure of its words in between."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree as Xml

import numpy as np
import pytest
import yaml

from analysis.__main__ import main
from analysis.files import ROOT
from analysis.regression import changelog as record
from analysis.regression import report, running
from analysis.regression.baseline import WorldBaseline, baseline_mark, read_baseline, write_baseline
from analysis.regression.judging import WorldVerdict, judge_world
from analysis.regression.margins import MARGINS, margin_of_measure, measures_with_margin
from analysis.regression.running import TRAIL_REPLICATIONS, WORLDS, World, run_config, run_world
from analysis.regression.trail import BLOCK_ROWS, find_divergence, log_trail
from sim import MODEL
from sim.study.variants import compose_runs
from tests.faults.copies import copied
from tests.faults.every import FAULTS
from tests.faults.gated import ENGINES, results_of, seen_in
from tests.faults.moved import moved_by
from tests.faults.tables import MOVES, NOT_SEEN, SEEN
from tests.worlds.named import FOLDER, config_of_world
from tests.worlds.named import WORLDS as SMALL_WORLDS
from tests.worlds.refactored import refactored, world
from tests.worlds.running import config_of

BASELINE = ROOT / "results" / "baseline"


def kept(config: dict[str, Any], replications: int = 1, workers: int = 1) -> WorldBaseline:
    return run_config("small", ("small",), config, (), replications, workers).baseline


# The shipped baseline


@pytest.mark.parametrize("each", WORLDS, ids=lambda each: each.name)
def test_the_first_replication_of_a_shipped_world_gives_what_it_gave(each: World) -> None:
    old = read_baseline(each.name, BASELINE)
    assert old is not None, "make baseline"
    verdict = judge_world(old, run_world(each, 1, workers=1).baseline)
    assert verdict.triage == "unchanged", report.world_text(verdict)


def test_the_baseline_is_of_this_model_and_its_line_in_the_changelog_names_it() -> None:
    baseline = {each.name: found for each in WORLDS if (found := read_baseline(each.name, BASELINE))}
    assert list(baseline) == [each.name for each in WORLDS]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert record.check_baseline_record(changelog, MODEL, baseline, baseline_mark(list(baseline.values()))) == []
    assert {path.stem for path in BASELINE.glob("*.*") if path.suffix} == set(baseline)
    assert all(
        found.metadata["replications"] == 200 and len(found.trails) == TRAIL_REPLICATIONS for found in baseline.values()
    )


def test_the_baseline_is_small_text() -> None:
    assert sum(path.stat().st_size for path in BASELINE.iterdir()) < 800_000


# What changes nothing, and what does


def test_none_of_200_harmless_refactors_raises_an_alarm() -> None:
    """Names that keep their keys, the order of the YAML, titles, engines and workers: exactly none, not few."""
    before = kept(world())
    for seed in range(200):
        config, workers = refactored(Random(f"refactor {seed}"))
        verdict = judge_world(before, kept(config, workers=workers))
        assert (verdict.triage, report.exit_code([verdict])) == ("unchanged", 0), (
            f"refactor {seed}: {report.world_text(verdict)}"
        )


def test_a_new_name_without_the_key_of_before_is_an_alarm() -> None:
    renamed = yaml.safe_load(yaml.safe_dump(world()).replace("scan", "x_ray"))
    assert judge_world(kept(world()), kept(renamed)).triage == "luck"


HANDFUL = (
    "seed + replication", "Weibull whose scale is its mean", "a rejected load is lost",
    "wait averaged over those who waited", "compiled: rejections counted over all sites",
)  # fmt: skip
MOVED = (
    "a rejected load is lost", "a load that is sent back has the same luck again", "Weibull whose scale is its mean",
)  # fmt: skip
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")


@forks
def test_a_handful_of_faults_change_a_digest_or_a_measure(tmp_path: Path) -> None:
    """`python -m tests.faults.gated` puts all of them into the program."""
    faults = [mutant for mutant in FAULTS if mutant.name in HANDFUL]
    wanted = results_of(copied(tmp_path), list({SEEN[mutant.name] for mutant in faults}))
    assert all(isinstance(kept, WorldBaseline) for results in wanted.values() for kept in results)
    for mutant in faults:
        world = SEEN[mutant.name]
        assert seen_in(mutant, {world: wanted[world]}) == world, mutant.name


@forks
@pytest.mark.parametrize("name", MOVED)
def test_a_fault_that_moves_a_headline_measure_beyond_its_margin_is_called_different(name: str) -> None:
    """The mean of one half of the replications is beyond it at ALPHA; the gate is given the other half.

    `python -m tests.faults.moved` does so with all faults that are known to move one.
    """
    world, measure = MOVES[name]
    found = moved_by(next(mutant for mutant in FAULTS if mutant.name == name), world)
    assert measure in {each.measure for each in found}
    assert {each.state for each in found} == {"different"}


@pytest.mark.parametrize("name", SMALL_WORLDS)
def test_the_engines_agree_on_the_small_worlds_of_the_gate(name: str, tmp_path: Path) -> None:
    config = config_of_world(name, tmp_path)
    one, other = (
        run_config(name, (), config | {"run": config["run"] | {"engine": engine}}, (FOLDER,), 2).baseline
        for engine in ENGINES
    )
    assert judge_world(one, other).triage == "unchanged"


def test_every_fault_is_known_to_be_seen_or_to_lie_elsewhere() -> None:
    assert SEEN.keys() | NOT_SEEN.keys() == {mutant.name for mutant in FAULTS}
    assert not SEEN.keys() & NOT_SEEN.keys()
    assert MOVES.keys() <= SEEN.keys()
    assert {measure for _, measure in MOVES.values()} <= {each.measure for each in MARGINS if each.headline}


SCAN = """
sites: {scan: {lanes: 1, time: {law: gamma, mean: MEAN, cv: 0.5}}}
warehouses: {dock: {lanes: 4, time: 20 min}}
corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}}
flows: {aid: {sector: un, cargo: food, rate: RATE, corridors: {only: 1}}}
run: {days: 4, engine: compiled}
"""


def scanned(mean: str, rate: str) -> WorldBaseline:
    return kept(config_of(SCAN.replace("MEAN", mean).replace("RATE", rate)), 200, 2)


def state(verdict: WorldVerdict, measure: str) -> str:
    return next(each.state for each in verdict.findings if each.measure == measure)


def test_a_scan_that_is_2_percent_slower_is_different_where_it_binds_and_equivalent_where_it_does_not() -> None:
    busy = judge_world(scanned("12 min", "200/day"), scanned("12.24 min", "200/day"))
    assert (busy.triage, busy.state) == ("inputs", "different")
    assert state(busy, "arrived_trucks_per_day") == "different"
    idle = judge_world(scanned("12 min", "30/day"), scanned("12.24 min", "30/day"))
    assert (idle.triage, idle.state, report.exit_code([idle])) == ("inputs", "equivalent", report.EQUIVALENT)
    assert state(idle, "arrived_trucks_per_day") in ("same", "equivalent")


# Judging


def of_values(
    values: Any, luck: str = "same", events: str = "same", measure: str = "arrived_tonnes_per_day"
) -> WorldBaseline:
    """Replications with these values of one measure."""
    values = np.asarray(values, dtype=np.float64)
    n = len(values)
    about = {
        "world": "small",
        "command": ["small"],
        "seed": 1,
        "model": MODEL,
        "digests": 3,
        "replications": n,
        "settings": "",
    }
    digests = {"luck": [luck] * n, "inputs": [luck] * n, "events": [events] * n}
    return WorldBaseline(about, {measure: "tonnes/day"}, digests, {measure: values}, ())


ZIGZAG = np.array([-1.0, 1.0] * 50)  # 100 differences whose standard deviation is sqrt(100/99)


@pytest.mark.parametrize(
    ("shift", "spread", "wanted"),
    [  # margin 10 of 1000; the one-sided bound is shift + 1.660391 * spread * sqrt(100/99) / 10
        (0.0, 0.0, "same"),
        (9.99, 0.0, "equivalent"),
        (10.0, 0.0, "different"),
        (9.83, 1.0, "equivalent"),  # 9.83 + 0.166874 < 10
        (9.84, 1.0, "different"),  # which is not shown to be within, and lies 98 standard errors from 0
        (0.0, 59.0, "equivalent"),  # 9.8456
        (0.0, 60.0, "inconclusive"),  # 10.0125
    ],
)
def test_the_three_states_on_both_sides_of_their_bounds(shift: float, spread: float, wanted: str) -> None:
    was = 1000 + 100 * np.repeat(np.arange(50.0) - 24.5, 2)  # wide, so that no shift changes the spread
    (found,) = judge_world(of_values(was), of_values(was + shift + spread * ZIGZAG, events="other")).findings
    assert found.state == wanted
    assert (found.replications_needed is None) == (wanted != "inconclusive")
    assert found.replications_needed is None or 100 < found.replications_needed < 110


def test_where_luck_is_another_replications_are_not_paired() -> None:
    was = 1000 + 30 * np.sin(np.arange(200))
    same_luck = judge_world(of_values(was), of_values(was + 3, events="other")).findings[0]
    other_luck = judge_world(of_values(was), of_values(was + 3, luck="other", events="other")).findings[0]
    assert same_luck.difference is not None and other_luck.difference is not None
    assert len(same_luck.difference.dots) == 200 and same_luck.difference.mean.half == pytest.approx(0, abs=1e-9)
    assert other_luck.difference.dots == () and (other_luck.difference.mean.half or 0) > 3


def test_another_spread_around_the_same_mean_is_different() -> None:
    was = 1000 + 8 * np.sin(np.arange(200))
    (found,) = judge_world(of_values(was), of_values(1000 + (was - 1000) * 5, events="other")).findings
    assert (found.state, found.note) == ("different", "another spread")


def test_a_value_that_all_replications_share_may_shift_a_little() -> None:
    (found,) = judge_world(of_values([1000.0] * 100), of_values([1001.0] * 100, events="other")).findings
    assert found.state == "equivalent"


def test_a_measure_that_many_replications_no_longer_have_is_different() -> None:
    was = np.full(100, 50.0)
    now = np.where(np.arange(100) < 3, np.nan, was)
    (found,) = judge_world(of_values(was, measure="transit_h_p50"), of_values(now, measure="transit_h_p50")).findings
    assert found.state == "different" and "3%" in found.note


def test_a_measure_that_is_added_is_new_and_one_that_is_gone_is_red() -> None:
    old, new = of_values([1.0] * 5), of_values([1.0] * 5)
    more = replace(new, units={**new.units, "inside_end_loads": "loads"},
                   values={**new.values, "inside_end_loads": np.ones(5)})  # fmt: skip
    verdict = judge_world(old, more)
    assert (verdict.triage, verdict.state, report.exit_code([verdict])) == ("unchanged", "same", 0)
    assert "new          inside_end_loads" in report.world_text(verdict)
    assert report.exit_code([judge_world(more, old)]) == report.DIFFERENT


@pytest.mark.parametrize(
    ("digests", "triage"),
    [
        ({}, "unchanged"),
        ({"events": "x"}, "events"),
        ({"inputs": "x"}, "unused"),
        ({"inputs": "x", "events": "x"}, "inputs"),
        ({"luck": "x", "inputs": "x", "events": "x"}, "luck"),
    ],
)
def test_triage_says_what_changed(digests: dict[str, str], triage: str) -> None:
    old, new = of_values([1.0, 2.0]), of_values([1.0, 2.0])
    new = replace(new, digests=new.digests | {which: ["same", mark] for which, mark in digests.items()})
    verdict = judge_world(old, new)
    assert (verdict.triage, set(verdict.changed.values()) - {0}) == (triage, {1} if digests else set())
    assert verdict.first_changed == (1 if "events" in digests else None)


def test_events_that_follow_other_settings_are_no_change_of_the_logic() -> None:
    old, new = of_values([1.0]), of_values([1.0], events="other")
    assert judge_world(old, new).triage == "events"
    assert judge_world(old, replace(new, metadata=new.metadata | {"settings": "other"})).triage == "settings"


def test_the_same_log_that_is_measured_otherwise_is_told_so() -> None:
    assert judge_world(of_values([1000.0] * 3), of_values([1001.0] * 3)).triage == "measured"


def test_a_measure_without_a_margin_that_comes_out_otherwise_of_the_same_log_is_an_alarm() -> None:
    """Kept of replication 0 alone; of another log, or a measure that is new, it says nothing."""
    old = replace(of_values([1000.0] * 3), unmargined_values={"wait_h:sites.scan": 2.5, "coverage_gini:un": None})
    other = replace(
        old, unmargined_values={"wait_h:sites.scan": 2.6, "coverage_gini:un": None, "stay_h_p50:sites.scan": 1.0}
    )
    verdict = judge_world(old, other)
    assert (verdict.triage, verdict.state, verdict.unmargined_changes) == (
        "measured",
        "equivalent",
        ("wait_h:sites.scan",),
    )
    assert report.exit_code([verdict]) == report.EQUIVALENT and "wait_h:sites.scan" in report.world_text(verdict)
    more = replace(old, unmargined_values={**old.unmargined_values, "stay_h_p50:sites.scan": 1.0})
    assert judge_world(old, more).triage == "unchanged" and judge_world(more, old).unmargined_changes == (
        "stay_h_p50:sites.scan",
    )
    events = {**other.digests, "events": ["another"] * 3}
    assert judge_world(old, replace(other, digests=events)).unmargined_changes == ()


def test_every_margin_names_a_measure_that_is_there_or_may_be() -> None:
    measures = {measure for each in WORLDS for measure in (read_baseline(each.name, BASELINE) or of_values([])).units}
    may_be = {"backlog_mean:slots.", "backlog_mean:ceilings."}  # no shipped world of the gate has any
    unused = {m.measure for m in MARGINS if not any(margin_of_measure(measure) is m for measure in measures)}
    assert {name.rstrip("*") for name in unused} <= may_be
    assert measures_with_margin(["utilisation:sites.a", "phase_began_day:x", "arrived_tonnes_per_day"]) == [
        "arrived_tonnes_per_day", "utilisation:sites.a",
    ]  # fmt: skip


# Where logs part


def test_the_rows_among_which_two_logs_part_are_found_and_a_followed_load_tells_both() -> None:
    quick, slow = (
        run_config(
            "small", (), config_of(SCAN.replace("MEAN", mean).replace("RATE", "60/day")), (), 1
        ).full_replications[0]
        for mean in ("12 min", "12.5 min")
    )
    assert find_divergence(log_trail(quick), quick) is None
    both = min(len(quick.log), len(slow.log))
    first = int((quick.log[:both] != slow.log[:both]).nonzero()[0][0])
    found = find_divergence(log_trail(quick), slow)
    assert found is not None
    assert found.first_row <= first < found.first_row + 2 * BLOCK_ROWS
    assert found.followed_load is not None
    who, was, now = found.followed_load
    assert was != now and who.startswith("flows.aid/0/")
    load = next(load for load in range(len(slow.draws)) if slow.load_identity(load) == who)
    assert now.startswith("day 0") and any(int(row["entity"]) == load for row in slow.log)


def test_a_log_that_only_ends_sooner_parts_at_its_end() -> None:
    ran = run_config("small", (), world(), (), 1).full_replications[0]
    shorter = replace(ran, log=ran.log[: len(ran.log) // BLOCK_ROWS * BLOCK_ROWS - BLOCK_ROWS])
    found = find_divergence(log_trail(ran), shorter)
    assert found is not None
    assert (found.first_row, found.rows, found.new_rows) == (len(shorter.log), (), len(shorter.log))


# Files


def test_what_is_kept_is_read_as_it_was_and_written_as_the_same_bytes(tmp_path: Path) -> None:
    found = kept(world(), 2)
    paths = write_baseline(found, tmp_path)
    before = [path.read_bytes() for path in paths]
    again = read_baseline("small", tmp_path)
    assert again is not None
    assert judge_world(again, found).triage == "unchanged"
    assert (again.trails, again.units, again.metadata) == (found.trails, found.units, found.metadata)
    assert (
        again.unmargined_values == found.unmargined_values and not again.unmargined_values.keys() & again.values.keys()
    )
    assert again.unmargined_values
    assert [path.read_bytes() for path in write_baseline(again, tmp_path)] == before


CHANGELOG = "- *Regression* (model 2, baseline 0badcafe): why.\n- *Regression* (model 1): the first.\n"


@pytest.mark.parametrize(
    ("model", "of_baseline", "mark", "objections"),
    [
        (2, 2, "0badcafe", 0),
        (2, 2, "12345678", 1),  # another baseline than the line is about
        (1, 1, "12345678", 1),  # whose line names none
        (2, 1, "0badcafe", 1),  # a baseline of before
        (3, 3, "0badcafe", 1),  # a model without a line
    ],
)
def test_a_baseline_needs_its_line_in_the_changelog(model: int, of_baseline: int, mark: str, objections: int) -> None:
    one = of_values([1.0])
    baseline = {"small": replace(one, metadata=one.metadata | {"model": of_baseline})}
    assert len(record.check_baseline_record(CHANGELOG, model, baseline, mark)) == objections


def test_the_line_of_a_model_names_its_baseline_and_the_others_stay() -> None:
    assert record.set_baseline_mark(CHANGELOG, 1, "12345678") == CHANGELOG.replace(
        "model 1", "model 1, baseline 12345678"
    )
    assert record.set_baseline_mark(CHANGELOG, 2, "12345678") == CHANGELOG.replace("0badcafe", "12345678")


# The command

SMALL = World("adre_2024", ("scenario=adre_2024", "regime=adre_2024", "run.days=8"), "small")
Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command on one small world of five replications, with a baseline and a changelog of its own."""
    monkeypatch.setattr(running, "WORLDS", (SMALL,))
    monkeypatch.setattr(running, "DEFAULT_REPLICATIONS", 5)
    (tmp_path / "CHANGELOG.md").write_text("".join(f"- *Regression* (model {n}): why\n" for n in range(1, MODEL + 1)))

    def command(*words: str, config: str = "") -> tuple[int, str]:
        with monkeypatch.context() as patched:
            if config:
                patched.setattr(running, "compose_runs", lambda given: compose_runs([*given, config]))
            folders = [f"--{name}={tmp_path / name}" for name in ("baseline", "results")]
            code = main(["regress", *folders, f"--changelog={tmp_path / 'CHANGELOG.md'}", *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


def test_the_command_is_0_where_nothing_changed_and_1_where_something_did(command: Command, tmp_path: Path) -> None:
    assert command("--write")[0] == 0
    code, said = command()
    assert (code, "unchanged; 1 worlds, measures: all the same" in said) == (0, True)
    code, said = command(config="sites.adre.lanes=1")
    assert code == report.DIFFERENT and "a file of scenarios/ changed" in said, said
    assert "replication 0 is the same up to row" in said
    suites = {suite.get("name"): suite for suite in Xml.parse(tmp_path / "results/junit.xml").getroot()}
    failures = {case.get("name"): case.find("failure") for case in suites["adre_2024"]}
    assert failures["digests"] is not None and failures["arrived_trucks_per_day"] is not None
    assert suites["adre_2024"].get("failures") == str(sum(found is not None for found in failures.values()))
    assert (
        "| arrived_trucks_per_day [trucks/day] | inconclusive; about " in (tmp_path / "results/regress.md").read_text()
    )
    page = (tmp_path / "results/regress.html").read_text()
    assert "<svg" in page and "drift_adre_2024" in page and "<script" not in page


def test_a_run_that_does_not_end_well_is_a_finding(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command("--write")

    def fails(*_: Any, **__: Any) -> None:
        raise ArithmeticError("no\nmore")

    monkeypatch.setattr(running, "replicate", fails)
    code, said = command()
    assert code == report.DIFFERENT and "it does not run to its end: ArithmeticError: no (" in said, said


def test_what_cannot_be_said_ends_with_2(command: Command, tmp_path: Path) -> None:
    assert command() == (2, f"error: {tmp_path / 'baseline'}: has no adre_2024 as it is run now; "
                            "`make baseline` writes it\n")  # fmt: skip
    command("--write")
    assert "did you mean adre_2024" in command("adre_2042")[1]
    assert command("--replications=0")[0] == command("--workers=-1")[0] == command("--write", "adre_2024")[0] == 2
    (tmp_path / "baseline/adre_2024.csv").write_text("replication,luck\n0,1,2\n")
    for code, said in (command(), command("--write")):
        assert code == 2 and "cannot be read" in said


def test_a_new_baseline_is_refused_while_the_model_is_the_old_one(command: Command, tmp_path: Path) -> None:
    command("--write")
    before = {path.name: path.read_bytes() for path in (tmp_path / "baseline").iterdir()}
    code, said = command("--write", config="sites.adre.lanes=1")
    assert (code, f"other results than the baseline's of the same model {MODEL}" in said) == (1, True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "baseline").iterdir()} == before


def test_a_baseline_that_was_changed_by_hand_is_noticed(command: Command, tmp_path: Path) -> None:
    command("--write")
    path = tmp_path / "baseline/adre_2024.csv"
    rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*rows[:-1], rows[-1].replace(rows[-1].split(",")[3], "0" * 16)]))
    code, said = command()
    assert (code, "CHANGELOG.md: wanted *Regression*" in said) == (report.DIFFERENT, True)


def test_measures_that_are_added_may_be_written_without_a_new_model(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(
            running,
            "measures_with_margin",
            lambda units: [m for m in measures_with_margin(units) if m != "transit_h_mean"],
        )
        command("--write")
    code, said = command()
    assert (code, "new          transit_h_mean" in said, "1 new" in said) == (0, True, True)
    assert command("--write")[0] == 0
    assert "new" not in command()[1]


def test_another_engine_and_fewer_replications_give_the_same(command: Command) -> None:
    command("--write")
    assert command("--engine=simpy", "--replications=2", "--workers=1")[0] == 0
