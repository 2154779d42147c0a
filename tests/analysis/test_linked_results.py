"""What `response` and `binding` found stands on the page of a study whose runs it is of, and what is stale does not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.__main__ import main
from analysis.intervals import MeanInterval
from analysis.language.translator import Translator
from analysis.page.linked_results import linked_plots
from analysis.questions.response import LeverRange, ResponseCurve, ResponsePoint
from analysis.questions.stored_results import (
    BindingResult,
    BindingRound,
    ResponseResult,
    StageGain,
    StageRelief,
    Subject,
    read_binding_results,
    read_responses,
    write_result,
)
from analysis.results.tables import Study, read_study
from analysis.statistics.compare import paired_difference
from tests.analysis.studies import CLOSED, OPEN, write_study

MARK = "0" * 64  # of all invented runs
OF = Subject("rafah_closed", MARK, "Rafah closed", "Summer 2024", False, 3, 7, ("response", "scenario=rafah_closed"))
LEVER = LeverRange("gates.rafah", 0, 100, "/day")


def response(**changes: Any) -> ResponseResult:
    def point(value: float, tonnes: float, binds: str) -> ResponsePoint:
        found = np.array([tonnes, tonnes + 1, tonnes + 2])
        return ResponsePoint(value, {"trucks": found / 20, "pallets": found, "tonnes": found}, binds)

    points = (point(0, 10, "inspection"), point(100, 30, "vehicles and drivers"))
    return ResponseResult(replace(OF, **changes), LEVER, (ResponseCurve("", points),), ())


def bound() -> BindingResult:
    tonnes, none = np.array([4.0, 5.0, 6.0]), np.zeros(3)
    more = paired_difference("inspection", "arrived_tonnes_per_day", "tonnes/day", tonnes, none)
    trucks = paired_difference("inspection", "arrived_trucks_per_day", "trucks/day", tonnes / 20, none)
    stage = StageGain("inspection", "one more lane", replace(more, dots=()), replace(trucks, dots=()))
    relief = StageRelief("inspection", "one more lane", 2, MeanInterval(3, 9.0, 1.0))
    return BindingResult(
        OF,
        (
            BindingRound(MeanInterval(3, 100.0, 2.0), (stage,), relief),
            BindingRound(MeanInterval(3, 109.0, 2.0), (), None),
        ),
    )


def kept(folder: Path, result: ResponseResult | BindingResult) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_result(result, folder)
    return folder


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return read_study(write_study(tmp_path / "results" / "rafah", (CLOSED, OPEN)))


def folder_of(study: Study) -> Path:
    return study.reference.folder.parent


def test_what_is_kept_reads_as_it_was(study: Study) -> None:
    folder = folder_of(study)
    kept(folder.parent / "other", response())
    kept(folder, bound())
    (against,), _ = read_responses(study, folder)
    (binding,), _ = read_binding_results(study, folder)
    assert against.result.subject == OF and against.result.lever == LEVER and against.run.name == "rafah_closed"
    (curve,) = against.result.curves
    assert [(p.value, p.mean("tonnes").mean, p.binds) for p in curve.points] == [
        (0, 11, "inspection"), (100, 31, "vehicles and drivers"),
    ]  # fmt: skip
    assert binding.result == bound() and binding.folder == folder


def test_a_result_is_shown_where_its_hash_is_that_of_a_run(study: Study) -> None:
    folder = folder_of(study)
    kept(folder.parent / "other", response())
    found, stale = linked_plots(study, folder, "")
    assert [(each.plot.stem, each.page_path) for each in found] == [("response", "results/other/response.html")]
    assert found[0].sentences[0].startswith("As the scenario is: from 11") and not stale


@pytest.mark.parametrize(
    ("where", "run", "named"),
    [("other", "rafah_open", True), ("rafah", "elsewhere", True), ("other", "elsewhere", False)],
)
def test_of_other_settings_it_is_named_where_it_may_be_meant_and_never_shown(
    study: Study, where: str, run: str, named: bool
) -> None:
    folder = folder_of(study)
    kept(folder.parent / where, response(run=run, mark="1" * 64))
    found, stale = linked_plots(study, folder, "")
    assert found == []
    assert stale == [f"results/{where}/response.html is of other settings than the runs here, and not shown; its "
                     "command, run again, makes it anew."] * named  # fmt: skip


def test_a_file_of_another_version_is_named(study: Study) -> None:
    folder = folder_of(study)
    (folder / "response.json").write_text('{"of": "another version"}')
    found, stale = linked_plots(study, folder, "")
    assert found == [] and len(stale) == 1


def test_the_page_shows_picture_and_text_in_its_language(study: Study) -> None:
    folder = folder_of(study)
    for name in ("a", "b"):
        kept(folder.parent / name, response())
    kept(folder.parent / "bound", bound())
    assert main([str(folder), "--language", "fr"]) == 0
    page = (folder / "comparison.html").read_text(encoding="utf-8")
    brief, annex = page.split("</section>", 1)
    assert 'id="response"' in brief and 'id="prices"' in brief and 'id="response_2"' in annex
    assert "ce qui limite\u00a0: contrôle, puis véhicules et chauffeurs à partir de 100" in brief
    assert "Ce qui limite\u00a0: contrôle" in brief and "What " not in brief
    assert (folder / "plots" / "response_2.csv").is_file()


def test_of_several_that_of_the_option_comes_first(study: Study) -> None:
    folder = folder_of(study)
    last = replace(study, runs=(study.runs[0], replace(study.runs[1], config_hash="2" * 64)), translate=Translator())
    kept(folder.parent / "a", response())
    kept(folder.parent / "b", response(mark="2" * 64))
    assert [each.page_path for each in linked_plots(last, folder, "rafah_open")[0]] == [
        "results/b/response.html", "results/a/response.html",
    ]  # fmt: skip
