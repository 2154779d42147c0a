"""Which assumed numbers would reverse a comparison: worked by hand where times are fixed, and as a planner asks."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.__main__ import main
from analysis.intervals import MeanInterval
from analysis.page import reversals as reversals_told
from analysis.questions.binding import variant_runner
from analysis.questions.reversals import (
    BECOMES_CLEAR,
    DOES_NOT_REVERSE,
    NO_LONGER_CLEAR,
    NOT_TRIED,
    REVERSES,
    STAYS_UNCLEAR,
    Assumption,
    Reversals,
    config_with_setting,
    find_assumptions,
    find_reversals,
    reversal_verdict,
    zero_crossing,
)
from analysis.results.tables import Study, read_study
from analysis.statistics.compare import Difference
from sim.study.job import Job
from sim.study.study import run_job
from sim.study.variants import prepare_variant
from tests.analysis.studies import CLOSED, OPEN, write_study
from tests.worlds import adre
from tests.worlds.running import config_of

# A load each 10 min, of 20 t; the one site passes 72 a day, the other 96
FIRST = """
sites: {scan: {lanes: 1, time: 20 min}}
warehouses: {dock: {lanes: 5, time: 1 min}}
corridors: {way: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}}
flows: {aid: {sector: un, cargo: food, interval: 10 min, corridors: {way: 100 %}}}
run: {days: 3, warm_up: 1, replications: 3}
"""
OPTION = FIRST.replace("scan: {lanes: 1, time: 20 min}", "other: {lanes: 1, time: 15 min}").replace("scan", "other")


def number(setting: str, value: Any, low: Any, high: Any, *runs: str) -> Assumption:
    return Assumption((setting,), value, (low, high), "", runs)


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_an_assumption_reverses_where_the_other_run_brings_more(tmp_path: Path, engine: str) -> None:
    worlds = [
        prepare_variant(name, {**config_of(text), "run": {**config_of(text)["run"], "engine": engine}}, ())
        for name, text in (("first", FIRST), ("option", OPTION))
    ]
    slow = number("sites.other.time", "15 min", "10 min", "40 min", "option")
    near = number("sites.other.time", "15 min", "12 min", "16 min", "option")
    none = number("sites.other.lanes", 1, 0, 2, "option")
    found = find_reversals(worlds, (slow, near, none), (), 3, variant_runner(tmp_path, 3, print), ())
    assert found.base.mean.mean == 20 * 24
    assert [each.verdict for each in found.tried] == [REVERSES, NOT_TRIED, DOES_NOT_REVERSE]
    told = {each.assumption: each for each in found.tried}
    assert [end.mean.mean for end in (told[slow].low, told[slow].high) if end] == [20 * (144 - 72), 20 * (36 - 72)]
    assert told[slow].crossing == "25 min"  # from 24 at 15 min to -36 at 40 min
    assert told[near].crossing == "" and "must be greater than 0, is 0" in told[none].mistake
    assert found.reruns == 3 * (2 + 4 + 1)  # the worlds as they are, four ends, and two lanes


def difference(mean: float, p: float) -> Difference:
    return Difference("", "", "", MeanInterval(9, mean, 1.0), (), None, None, None, p)


@pytest.mark.parametrize(
    ("base", "low", "high", "wanted"),
    [
        ((5, 0.01), (5, 0.01), (1, 0.04), DOES_NOT_REVERSE), ((5, 0.01), (5, 0.01), (-5, 0.04), REVERSES),
        ((-5, 0.01), (5, 0.01), (-5, 0.2), REVERSES), ((5, 0.01), (5, 0.01), (-5, 0.051), NO_LONGER_CLEAR),
        ((5, 0.01), (5, 0.051), (5, 0.01), NO_LONGER_CLEAR), ((5, 0.051), (5, 0.051), (-5, 0.06), STAYS_UNCLEAR),
        ((5, 0.051), (5, 0.04), (5, 0.06), BECOMES_CLEAR), ((5, 0.01), None, (-5, 0.01), NOT_TRIED),
    ],
)  # fmt: skip
def test_what_is_found_of_an_assumption(base: Any, low: Any, high: Any, wanted: str) -> None:
    assert reversal_verdict(difference(*base), low and difference(*low), high and difference(*high)) == wanted


@pytest.mark.parametrize(
    ("value", "ends", "at", "wanted"),
    [
        (60, (30, 130), (-10, 5, 20), "50"),  # between 30 and 60
        ("2 days", ("12 h", "10 days"), (10, 10, -10), "144 h"),  # half way from 2 to 10 days
        ("rest", ("10 %", "60 %"), (-1, 9, 4), "20 %"),  # as if now were at an end
        ("06:00-15:00", ("08:00-13:00", "05:30-18:00"), (-1, 1, 4), ""),
        (60, (30, 130), (1, -1, 1), ""),  # both ends on one side
    ],
)
def test_the_difference_passes_nought_on_a_line_between_the_ends(
    value: Any, ends: tuple[Any, Any], at: tuple[float, ...], wanted: str
) -> None:
    low, now, high = (difference(mean, 0.01) for mean in at)
    assert zero_crossing(number("a.b.c", value, *ends), now, low, high) == wanted


CONFIG: dict[str, Any] = {
    "flows": {"aid": {"corridors": {"a": "60 %", "b": "30 %", "c": "10 %"}},
              "rest": {"corridors": {"a": "60 %", "b": "rest"}}, "one": {"corridors": {"a": "100 %"}}},
    "sites": {"x": {"time": {"law": "constant", "value": "8 min"}, "lanes": 2}},
    "start": "today.csv",
}  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "value", "wanted"),
    [
        ("sites.x.lanes", 5, 5), ("sites.x.time", "9 min", {"law": "constant", "value": "9 min"}),
        ("flows.rest.corridors.a", "20 %", {"a": "20 %", "b": "rest"}),
        ("flows.rest.corridors.b", "20 %", {"a": "80 %", "b": "rest"}),
        ("flows.aid.corridors.a", "20 %", {"a": "rest", "b": "60 %", "c": "20 %"}),
    ],
)  # fmt: skip
def test_a_share_that_moves_leaves_the_rest_to_the_others_in_proportion(setting: str, value: Any, wanted: Any) -> None:
    at: Any = config_with_setting(CONFIG, setting, value)
    for part in setting.split(".")[: 3 if "corridors" in setting else 4]:
        at = at[part]
    assert at == wanted
    assert CONFIG["sites"]["x"]["lanes"] == 2, "the configuration was touched"


@pytest.mark.parametrize("setting", ["flows.one.corridors.a", "start.stock.loads", "flows.aid.corridors"])
def test_what_is_not_one_value_of_its_own_cannot_be_moved(setting: str) -> None:
    with pytest.raises(ValueError, match=r"no other corridor|not a setting of|more than one"):
        config_with_setting(CONFIG, setting, "80 %")


def assumed(setting: str, value: Any, low: Any = 1, why: str = "") -> dict[str, Any]:
    return {"setting": setting, "value": value, "source": None, "assumed": [low, 9], "why": why}


def test_numbers_that_say_the_same_move_together_and_what_is_compared_does_not(tmp_path: Path) -> None:
    first, option = read_study(write_study(tmp_path / "two", (CLOSED, OPEN))).runs
    both = [assumed("sites.a.lanes", 2), assumed("sites.b.lanes", 2), assumed("sites.c.lanes", 2, why="seen")]
    first = replace(first, provenance=(*both, assumed("fleets.f.vehicles", 4), assumed("bays.x.lanes", 3)))
    option = replace(option, provenance=(*both, assumed("fleets.f.vehicles", 6), assumed("bays.x.lanes", 3, low=2)))
    found, compared = find_assumptions(first, option)
    assert [(each.settings, each.ends, each.runs) for each in found] == [
        (("bays.x.lanes",), (1, 9), ("rafah_closed",)), (("bays.x.lanes",), (2, 9), ("rafah_open",)),
        (("sites.a.lanes", "sites.b.lanes"), (1, 9), ("rafah_closed", "rafah_open")),
        (("sites.c.lanes",), (1, 9), ("rafah_closed", "rafah_open")),
    ]  # fmt: skip
    assert compared == ["fleets.f.vehicles"]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of a small world, with few vehicles and with more."""
    folder = tmp_path / "results" / "more"
    for name, vehicles in (("few", 3), ("more", 6)):
        config = adre.config(days=4)
        config["fleets"]["adre"]["vehicles"] = vehicles
        run_job(Job(config, folder / name))
    listing = {"study": "more", "runs": ["few", "more"], "command": ["scenario=adre"]}
    (folder / "study.json").write_text(json.dumps(listing))
    return folder


def test_a_planner_asks_what_would_reverse_a_study(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for told in ("1 assumptions, 6 worlds x 3 replications", "sites.adre.lanes"):
        assert main(["reversals", str(study), "--replications", "3"]) == 0
        assert told in capsys.readouterr().out
    rows = (study / "reversals.csv").read_text().splitlines()
    assert len(rows) == 2 and rows[1].startswith("sites.adre.lanes,2,1,4,few + more,")
    page = (study / "comparison.html").read_text(encoding="utf-8")
    assert "Assumptions that would reverse it" in page and "sites.adre.lanes" in page
    assert "18 reruns: replications 0 to 2 of seed 7 at each end" in page


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--replications", "2"], "--replications: wanted 3 or more, found 2"),
        (["--only", "fleets.*"], "--only: no assumed setting of these runs is called fleets.*"),
    ],
)
def test_reversals_that_cannot_be_found_are_told(
    study: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reversals", str(study), *arguments]) == 2
    assert told in capsys.readouterr().err


def test_what_was_found_of_other_settings_is_not_shown(tmp_path: Path) -> None:
    study: Study = read_study(write_study(tmp_path / "two", (CLOSED, OPEN)))
    folder, marks = study.reference.folder.parent, (study.runs[0].config_hash, study.runs[1].config_hash)
    found = Reversals("rafah_closed", "rafah_open", marks, 3, 7, 18, difference(5, 0.01), (), ())
    assert reversals_told.read_reversals(study, folder, "rafah_open") is None
    reversals_told.write_reversals(found, folder)
    assert reversals_told.read_reversals(study, folder, "rafah_open") == found
    for other in (replace(found, marks=(marks[0], "1" * 64)), replace(found, option="extra_corridors")):
        reversals_told.write_reversals(other, folder)
        with pytest.raises(ValueError, match=reversals_told.REVERSALS_FILE):
            reversals_told.read_reversals(study, folder, "rafah_open")
