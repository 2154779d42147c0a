"""What a scenario adds under each ceiling structure, and how that is said."""

from dataclasses import replace
from pathlib import Path

import pytest

from analysis.intervals import MeanInterval
from analysis.page.sentences import headline
from analysis.page.structures import (
    StructureComparison,
    compare_under_structures,
    comparison_sentences,
    opening_sentences,
)
from analysis.results.tables import Study, read_study
from analysis.statistics.compare import Difference, difference
from tests.analysis.studies import CLOSED, OPEN, write_study

TONNES = "arrived_tonnes_per_day"


def of(mean: float, p: float) -> Difference:
    return Difference("run", TONNES, "tonnes/day", MeanInterval(6, mean, 1.0), (), None, None, None, p)


def rows(*found: tuple[str, float, float]) -> list[StructureComparison]:
    """Rafah open under these structures: the difference and its p value."""
    return [StructureComparison(structure, "Rafah open", "Rafah closed", of(mean, p)) for structure, mean, p in found]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([("additive", 40, 0.001), ("shared", 1, 0.5)],
         "Only under one of 2 ceiling structures (additive): “Rafah open” against “Rafah closed” brings more"),
        ([("additive", 40, 0.001), ("shared", 10, 0.01)],
         "“Rafah open” against “Rafah closed” brings more under all 2 ceiling structures"),
        ([("additive", 40, 0.001), ("shared", 10, 0.01), ("collection", 1, 0.5)],
         "“Rafah open” against “Rafah closed” brings more under 2 of 3 ceiling structures"),
        ([("additive", 40, 0.001), ("shared", -10, 0.01)],
         "“Rafah open” against “Rafah closed”: more under some of the 2 ceiling structures, less under others"),
        ([("additive", 4, 0.2), ("shared", -1, 0.4)],
         "“Rafah open” against “Rafah closed”: no clear difference under any of the 2 ceiling structures"),
        ([("additive", -40, 0.001), ("shared", -10, 0.01)],
         "“Rafah open” against “Rafah closed” brings less under all 2 ceiling structures"),
    ],
)  # fmt: skip
def test_a_conclusion_is_said_with_the_structures_under_which_it_stands(
    found: list[tuple[str, float, float]], said: str
) -> None:
    (sentence,) = comparison_sentences(rows(*found))
    assert sentence.startswith(said)
    assert all(structure in sentence for structure, *_ in found)


def test_what_stands_under_one_structure_alone_comes_first() -> None:
    both = rows(("additive", 40, 0.001), ("shared", 10, 0.01))
    other = [replace(row, scenario="Kissufim") for row in rows(("additive", 40, 0.001), ("shared", 1, 0.5))]
    assert [("Kissufim" in sentence) for sentence in comparison_sentences([*both, *other])] == [True, False]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Rafah closed and open, each as it would be under two structures."""
    names = ("additive", "shared")
    worlds = [replace(world, name=f"{world.name}_{name}") for world in (CLOSED, OPEN) for name in names]
    read = read_study(write_study(tmp_path / "structures", tuple(worlds)))
    chosen = [
        replace(run, overrides=(*run.overrides, f"structure={name}"))
        for run, name in zip(read.runs, names * 2, strict=True)
    ]
    return replace(read, runs=tuple(chosen))


def test_each_scenario_is_compared_with_the_first_under_the_same_structure(study: Study) -> None:
    found = compare_under_structures(study, TONNES)
    assert [(row.structure, row.scenario, row.reference) for row in found] == [
        ("additive", "Rafah open", "Rafah closed"), ("shared", "Rafah open", "Rafah closed"),
    ]  # fmt: skip
    closed, _, opened, _ = study.runs
    alone = difference(opened, closed, TONNES)
    assert alone is not None and alone.p is not None
    assert found[0].effect.mean == alone.mean
    assert found[0].effect.p == pytest.approx(2 * alone.p)  # Holm, of two
    assert len(opening_sentences(study)) == 1 and "ceiling structures" in opening_sentences(study)[0]


def test_without_structures_the_first_words_are_the_headline(tmp_path: Path) -> None:
    plain = read_study(write_study(tmp_path / "plain", (CLOSED, OPEN)))
    assert compare_under_structures(plain, TONNES) == []
    assert opening_sentences(plain) == [headline(plain)]
