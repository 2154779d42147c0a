"""Tells whether two runs have the same demand: what is requested, when, in what sizes, and the initial stock."""

from collections.abc import Iterator
from typing import Any

from analysis.results.tables import RunResult, Study

_DEMAND_SECTIONS = ("flows", "cargos", "start")
_IGNORED_SETTINGS = {
    "title",
    "sources",
    "why",
    "key",
    "corridors",
    "rank",
}  # the choice of corridor is part of the answer, not of the demand
_MAX_PATHS = 4


def demand_differences(run: RunResult, reference: RunResult) -> list[str]:
    """Returns the full names of the demand settings that differ between two runs, and of phases that change demand."""
    paths = [
        path
        for section in _DEMAND_SECTIONS
        for path in _differing_paths(section, run.config.get(section), reference.config.get(section))
    ]
    phases, phases_of_reference = (_demand_phases(each.config.get("phases")) for each in (run, reference))
    names = sorted(phases.keys() | phases_of_reference.keys())
    return paths + [f"phases.{name}" for name in names if phases.get(name) != phases_of_reference.get(name)]


def demand_sentences(study: Study) -> list[str]:
    """Returns a sentence for each run whose demand differs from that of the first run."""
    sentences = []
    for run in study.runs[1:]:
        if paths := demand_differences(run, study.reference):
            more = study.translate(" and {n} more", n=len(paths) - _MAX_PATHS) if len(paths) > _MAX_PATHS else ""
            sentences.append(
                study.translate(
                    "“{run}” and “{first}” have other demand ({paths}): what they differ by is also what is requested, "
                    "not only what the corridors can do.",
                    run=run.label, first=study.reference.label, paths=", ".join(paths[:_MAX_PATHS]) + more,
                )
            )  # fmt: skip
    return sentences


def _differing_paths(path: str, ours: Any, theirs: Any) -> Iterator[str]:
    """Yields the dotted paths at which two settings differ; empty and missing values count as equal."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted((ours.keys() | theirs.keys()) - _IGNORED_SETTINGS):
            yield from _differing_paths(f"{path}.{name}", ours.get(name), theirs.get(name))
    elif ours != theirs and (ours or theirs):
        yield path


def _demand_phases(phases: Any) -> dict[str, Any]:
    """Returns the phases that change a flow: their dates, and their changes to flows."""
    demand_phases = {}
    for name, phase in (phases or {}).items():
        changes = {path: value for path, value in phase.get("changes", {}).items() if path.startswith("flows.")}
        relevant = {path: value for path, value in changes.items() if path.rpartition(".")[2] not in _IGNORED_SETTINGS}
        if relevant:
            demand_phases[name] = {word: phase.get(word) for word in ("from", "starts", "to", "lasts")} | {
                "changes": relevant
            }
    return demand_phases
