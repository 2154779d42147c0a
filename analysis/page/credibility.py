"""How far the model can be trusted: eight scores from 0 to 4 with a sentence each, after NASA-STD-7009 (2008).

They are judgements, read from `credibility.yaml`; nothing here computes one, and no result moves one.

How good the data are that a run rests on: a grade for each number, by what its source says of itself.

A measured, B published by a party, C an expert's word, D assumed. A source is B, unless it begins with `measured:` or
`expert:`; a number with a range and no source is D, and so is one that says that it is a choice of its file. No number
is better than the party that published it, so a list that an authority counted is B as well.
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
_VALIDATION = "validation"


class Factor(NamedTuple):
    """One of the eight: its name, its score, and the evidence."""

    name: str
    score: int
    why: str


@cache
def read_factors() -> tuple[Factor, ...]:
    """All eight, in the order of the standard. ValueError where a score is none from 0 to 4."""
    written = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    found = tuple(Factor(each["factor"], each["score"], each["why"]) for each in written)
    if wrong := [each.name for each in found if each.score not in range(MAX_SCORE + 1)]:
        raise ValueError(f"credibility.yaml: wanted a score from 0 to {MAX_SCORE} for {', '.join(wrong)}")
    return found


def lowest_score_sentence(tongue: Translator = ENGLISH) -> str:
    """The sentence on every page: the lowest score and whose it is, and that of validation."""
    scores = {each.name: each.score for each in read_factors()}
    least = min(scores.values())
    return tongue(
        "Credibility of the model, after NASA-STD-7009: the lowest of eight scores from 0 to 4 is {score} ({factors}); "
        "validation has {validation}.",
        score=least, factors=", ".join(tongue(name) for name, score in scores.items() if score == least),
        validation=scores[_VALIDATION],
    )  # fmt: skip


GRADES = {
    "A": "measured",
    "B": "published by a party",
    "C": "an expert's word",
    "D": "assumed",
}
_GRADE_BY_PREFIX = {"measured:": "A", "expert:": "C", "a choice": "D"}


def grade_of(entry: Mapping[str, Any]) -> str:
    """Of one entry of a manifest's provenance."""
    source = entry["source"]
    if not source:
        return "D"
    return next((grade for start, grade in _GRADE_BY_PREFIX.items() if source.lower().startswith(start)), "B")


def grade_counts(study: Study) -> dict[str, int]:
    """How many settings of any run have each grade, from A to D; a setting that runs tell apart counts once each."""
    told = {(entry["setting"], str(entry["value"]), grade_of(entry)) for run in study.runs for entry in run.provenance}
    found = Counter(grade for _, _, grade in told)
    return {grade: found[grade] for grade in GRADES}


def lowest_grade(counts: Mapping[str, int]) -> str | None:
    """The worst grade that some number has; None where no setting says where it comes from."""
    return max((grade for grade, n in counts.items() if n), default=None)
