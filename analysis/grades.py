"""How good the data are that a run rests on: a grade for each number, by what its source says of itself.

A measured, B published by a party, C an expert's word, D assumed. A source is B, unless it begins with `measured:` or
`expert:`; a number with a range and no source is D, and so is one that says that it is a choice of its file. No number
is better than the party that published it, so a list that an authority counted is B as well.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from analysis.tables import Study

GRADES = {
    "A": "measured",
    "B": "published by a party",
    "C": "an expert's word",
    "D": "assumed",
}
_SAID = {"measured:": "A", "expert:": "C", "a choice": "D"}


def grade_of(entry: Mapping[str, Any]) -> str:
    """Of one entry of a manifest's provenance."""
    source = entry["source"]
    if not source:
        return "D"
    return next((grade for start, grade in _SAID.items() if source.lower().startswith(start)), "B")


def graded(study: Study) -> dict[str, int]:
    """How many settings of any run have each grade, from A to D; a setting that runs tell apart counts once each."""
    told = {(entry["setting"], str(entry["value"]), grade_of(entry)) for run in study.runs for entry in run.provenance}
    found = Counter(grade for _, _, grade in told)
    return {grade: found[grade] for grade in GRADES}


def lowest(counts: Mapping[str, int]) -> str | None:
    """The worst grade that some number has; None where no setting says where it comes from."""
    return max((grade for grade, n in counts.items() if n), default=None)
