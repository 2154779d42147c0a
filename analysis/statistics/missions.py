"""Missions by outcome: the number that requested permission at each yard, and their outcomes.

All numbers are means over replications.
"""

from collections.abc import Iterator

from analysis.language.numbers import format_number
from analysis.results.tables import RunResult, Study

MEASURE_PREFIX = "missions_"
OUTCOMES = ("facilitated", "impeded", "partial", "aborted", "denied", "withdrawn")


def missions_by_outcome(run: RunResult) -> dict[str, dict[str, float]]:
    """Returns the missions per day by outcome, for each yard whose missions request permission."""
    missions: dict[str, dict[str, float]] = {}
    for name, measure in sorted(run.arrays.measures.items()):
        prefixed_outcome, _, yard = name.partition(":")
        if prefixed_outcome.startswith(MEASURE_PREFIX):
            missions.setdefault(yard, {})[prefixed_outcome.removeprefix(MEASURE_PREFIX)] = float(measure.values.mean())
    return missions


def mission_rows(study: Study) -> Iterator[list[str]]:
    """Yields rows of run, yard, planned missions per day, and for each outcome its number per day and share."""
    for run in study.runs:
        for yard, counts in missions_by_outcome(run).items():
            total = sum(counts.values())
            cells = [
                f"{format_number(counts[name])} ({counts[name] / total:.0%})" if total else "–" for name in OUTCOMES
            ]
            place = run.places.get(yard)
            yield [run.label, place.title if place else yard, format_number(total), *cells]
