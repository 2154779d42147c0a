"""Credibility of the model, and grades of the data. They are judgements; no result changes one.

Credibility: eight scores from 0 to 4 with their evidence, after NASA-STD-7009 (2008), read from `credibility.yaml`.

Data grades, by the source of a number: A measured, B published by a party, C an expert's word, D assumed. A source
that begins with `measured:` is A, with `expert:` C, with `a choice` D, any other B. A number without a source is D.
A list that an authority counted is B as well: no number is better than the party that published it.
"""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from analysis.language.translator import ENGLISH, Translator
from analysis.results.tables import Study

MAX_SCORE = 4
GRADES = {
    "A": "measured",
    "B": "published by a party",
    "C": "an expert's word",
    "D": "assumed",
}
_GRADE_BY_PREFIX = {"measured:": "A", "expert:": "C", "a choice": "D"}
_VALIDATION = "validation"


class Factor(NamedTuple):
    """One of the eight factors: its name, its score from 0 to 4, and the evidence."""

    name: str
    score: int
    why: str


@cache
def read_factors() -> tuple[Factor, ...]:
    """Returns all eight factors in the order of the standard. Raises ValueError where a score is not from 0 to 4."""
    entries = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    factors = tuple(Factor(each["factor"], each["score"], each["why"]) for each in entries)
    if wrong := [each.name for each in factors if each.score not in range(MAX_SCORE + 1)]:
        raise ValueError(f"credibility.yaml: wanted a score from 0 to {MAX_SCORE} for {', '.join(wrong)}")
    return factors


def lowest_score_sentence(tongue: Translator = ENGLISH) -> str:
    """Returns the sentence on the lowest score and its factors, and on the score of validation, for every page."""
    scores = {each.name: each.score for each in read_factors()}
    least = min(scores.values())
    return tongue(
        "Credibility of the model, after NASA-STD-7009: the lowest of eight scores from 0 to 4 is {score} ({factors}); "
        "validation has {validation}.",
        score=least, factors=", ".join(tongue(name) for name, score in scores.items() if score == least),
        validation=scores[_VALIDATION],
    )  # fmt: skip


def grade_of(entry: Mapping[str, Any]) -> str:
    """Returns the data grade, A to D, of an entry of a manifest's provenance."""
    source = entry["source"]
    if not source:
        return "D"
    return next((grade for start, grade in _GRADE_BY_PREFIX.items() if source.lower().startswith(start)), "B")


def grade_counts(study: Study) -> dict[str, int]:
    """Returns how many settings have each grade, A to D; a setting with several values counts once for each."""
    graded = {
        (entry["setting"], str(entry["value"]), grade_of(entry)) for run in study.runs for entry in run.provenance
    }
    counts = Counter(grade for _, _, grade in graded)
    return {grade: counts[grade] for grade in GRADES}


def lowest_grade(counts: Mapping[str, int]) -> str | None:
    """Returns the lowest grade that a number has; None where no setting has a grade."""
    return max((grade for grade, n in counts.items() if n), default=None)
