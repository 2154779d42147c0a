"""The page in another language: every text is in the catalogue, and the numbers are written alike."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from analysis.__main__ import main
from analysis.language.catalogue import french_catalogue
from analysis.language.numbers import BANNER
from analysis.language.translator import LANGUAGES, Translator
from analysis.page import binding, response, reversals
from analysis.page.brief import DIFFERS, IS_BUSY
from analysis.page.counters import GROUP_HEADINGS, OBSERVED_HEADINGS
from analysis.page.credibility import GRADES, read_factors
from analysis.page.how_sure import QUANTILE_HEADINGS
from analysis.page.sentences import DESTINATION_PHRASES, REJECTED_NOTE, STOPPED_NOTE, TWO_PERIODS_BANNER
from analysis.page.tasks import TASK_KINDS, TASK_STATES
from analysis.plots import levers
from analysis.plots.comparison import _HOUR_TICKS
from analysis.questions.response import DEMAND_BINDS
from analysis.questions.reversals import VERDICTS
from analysis.results.tables import StudyError, read_study
from analysis.statistics.compare import COMPARED_MEASURES, why_not_paired
from analysis.statistics.counters import FAILURE_COUNTS, PROGRESS_COUNTS
from analysis.statistics.missions import OUTCOMES
from sim.readings.whereabouts import STATES
from sim.scenario.scenario import Language
from sim.study.levers import HOUR_STEP_TEXT, LEVER_SETTINGS, STAGES
from tests.analysis.studies import CLOSED, EXTRA, OPEN, write_study

FRENCH = french_catalogue()
TONGUES = ("tongue", "study.tongue")
ANALYSIS = Path(__file__).parents[2] / "analysis"
OF_TABLES = {*GRADES.values(), *(text for each in read_factors() for text in (each.name, each.why)),
             *DESTINATION_PHRASES.values(), *COMPARED_MEASURES.values(), *_HOUR_TICKS.values(), *PROGRESS_COUNTS,
             *FAILURE_COUNTS, *STATES,
             *TASK_STATES, *TASK_KINDS, *OUTCOMES, *OBSERVED_HEADINGS, *filter(None, GROUP_HEADINGS), BANNER,
             REJECTED_NOTE, STOPPED_NOTE, TWO_PERIODS_BANNER, IS_BUSY,
             DIFFERS, *STAGES.values(), *(each.step_text for kind in LEVER_SETTINGS.values() for each in kind),
             HOUR_STEP_TEXT,
             DEMAND_BINDS,
             *binding.NOTES, *binding.HEADINGS, binding.NOTHING_BINDS, *response.NOTES,
             *response.HEADINGS, *levers.UNIT_LABELS.values(), *reversals.HEADINGS, *VERDICTS, *QUANTILE_HEADINGS,
             "With {k} it is no longer clear.", "With {k} it becomes clear."}  # fmt: skip


@cache
def texts() -> frozenset[str]:
    """Every text that a module or a page hands to its tongue, as it stands there."""
    return frozenset(_texts())


def _texts() -> Iterator[str]:
    for path in ANALYSIS.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            nodes = list(ast.walk(function))
            said = [n.args[0] for n in nodes if isinstance(n, ast.Call) and ast.unparse(n.func) in TONGUES]
            names = {node.id for node in said if isinstance(node, ast.Name)}
            said += [n.value for n in nodes if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) in names]
            for node in said:
                choices = (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,)
                yield from (str(each.value) for each in choices if isinstance(each, ast.Constant))
    for path in ANALYSIS.rglob("*.j2"):
        yield from re.findall(r'\b_\("([^"]*)"', path.read_text(encoding="utf-8"))


def test_every_text_of_the_page_is_in_the_catalogue() -> None:
    assert len(texts()) > 100
    assert sorted({*texts(), *OF_TABLES} - FRENCH.keys()) == []


@pytest.mark.parametrize("english", FRENCH)
def test_both_languages_have_a_place_for_the_same_values(english: str) -> None:
    fields = [sorted(filter(None, (part[1] for part in Formatter().parse(t)))) for t in (english, FRENCH[english])]
    assert fields[0] == fields[1]


def test_why_runs_are_not_paired_is_said_in_its_language(tmp_path: Path) -> None:
    study = read_study(write_study(tmp_path / "two", (CLOSED, OPEN)))
    first, tongue = study.reference, Translator("fr")
    for other in (replace(first, seed=8), replace(first, start=date(2025, 1, 1)), replace(first, days=3),
                  replace(first, warm_up=2), replace(first, model=9)):  # fmt: skip
        assert (why_not_paired(other, first, tongue) or "").startswith("non appariées\u00a0: ")


def test_a_date_is_said_in_its_language() -> None:
    assert Translator().long_date(date(2024, 5, 1)) == "1 May 2024"
    assert [Translator("fr").long_date(date(2024, 8, day)) for day in (1, 2)] == ["1er août 2024", "2 août 2024"]
    assert Translator("fr").term("a name") == "a name"


def numbers(page: str) -> list[str]:
    """All numbers of a page's tables, as they are written."""
    cells = re.findall(r'<td class="n">([^<]*)</td>', page)
    return [number for cell in cells for number in re.findall(r"[\d\u202f.,]+", cell)]


def test_a_page_in_french_has_the_same_numbers_and_none_of_the_english(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "rafah", (CLOSED, OPEN, EXTRA))
    said = {}
    for language in ("en", "fr"):
        assert main([str(folder), "--language", language]) == 0
        said[language] = (folder / "comparison.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in said["fr"] and '<html lang="en">' in said["en"]
    assert numbers(said["en"]) == numbers(said["fr"]) != []
    there = re.sub(r"<(style|code|pre)\b.*?</\1>|<[^>]*>", " ", said["fr"], flags=re.DOTALL)
    long = {text for text in texts() if len(text) > 20 and "{" not in text}
    assert [text for text in long if text in there] == []
    assert not re.search("« | [»;]", there)  # a line never begins or ends with one of these


def test_another_language_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([str(tmp_path), "--language", "xx"])
    assert "invalid choice: 'xx'" in capsys.readouterr().err


def test_a_setting_knows_the_languages_of_the_page() -> None:
    assert get_args(Language) == LANGUAGES


def test_a_study_is_told_in_its_own_language_unless_another_is_asked_for(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "two", (CLOSED, OPEN))
    listing = json.loads((folder / "study.json").read_text())
    for language in ("fr", "xx"):
        (folder / "study.json").write_text(json.dumps({**listing, "language": language}))
        assert read_study(folder, Translator("en")).translate == Translator("en")
        if language == "fr":
            assert read_study(folder).translate == Translator("fr")
    with pytest.raises(StudyError, match="language: wanted en or fr, found xx"):
        read_study(folder)
