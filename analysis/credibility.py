"""How far the model can be trusted: eight scores from 0 to 4 with a sentence each, after NASA-STD-7009 (2008).

They are judgements, read from `credibility.yaml`; nothing here computes one, and no result moves one.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from analysis.language import ENGLISH, Tongue

MOST = 4
_VALIDATION = "validation"


class Factor(NamedTuple):
    """One of the eight: its name, its score, and the evidence."""

    name: str
    score: int
    why: str


@cache
def factors() -> tuple[Factor, ...]:
    """All eight, in the order of the standard. ValueError where a score is none from 0 to 4."""
    written = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    found = tuple(Factor(each["factor"], each["score"], each["why"]) for each in written)
    if wrong := [each.name for each in found if each.score not in range(MOST + 1)]:
        raise ValueError(f"credibility.yaml: wanted a score from 0 to {MOST} for {', '.join(wrong)}")
    return found


def lowest(tongue: Tongue = ENGLISH) -> str:
    """The sentence on every page: the lowest score and whose it is, and that of validation."""
    scores = {each.name: each.score for each in factors()}
    least = min(scores.values())
    return tongue(
        "Credibility of the model, after NASA-STD-7009: the lowest of eight scores from 0 to 4 is {score} ({factors}); "
        "validation has {validation}.",
        score=least, factors=", ".join(tongue(name) for name, score in scores.items() if score == least),
        validation=scores[_VALIDATION],
    )  # fmt: skip
