"""Missions by outcome: how many asked to set out from each yard, and what came of it; means over replications."""

from collections.abc import Iterator

from analysis.language.numbers import format_number
from analysis.results.tables import RunResult, Study

MEASURE_PREFIX = "missions_"
OUTCOMES = ("facilitated", "impeded", "partial", "aborted", "denied", "withdrawn")


def missions_by_outcome(run: RunResult) -> dict[str, dict[str, float]]:
    """Of each yard whose missions ask for permission: outcome -> missions a day."""
    found: dict[str, dict[str, float]] = {}
    for name, measure in sorted(run.arrays.measures.items()):
        what, _, yard = name.partition(":")
        if what.startswith(MEASURE_PREFIX):
            found.setdefault(yard, {})[what.removeprefix(MEASURE_PREFIX)] = float(measure.values.mean())
    return found


def mission_rows(study: Study) -> Iterator[list[str]]:
    """Run, yard, missions planned a day, and of each outcome a day and its share."""
    for run in study.runs:
        for yard, counts in missions_by_outcome(run).items():
            total = sum(counts.values())
            said = [
                f"{format_number(counts[name])} ({counts[name] / total:.0%})" if total else "–" for name in OUTCOMES
            ]
            place = run.places.get(yard)
            yield [run.label, place.title if place else yard, format_number(total), *said]
