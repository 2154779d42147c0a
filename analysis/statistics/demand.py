"""Whether two runs are asked the same: what is requested, when, of what size, and what was there at the start."""

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
}  # by which corridor a load goes is an answer
_MAX_PATHS = 4


def demand_differences(run: RunResult, reference: RunResult) -> list[str]:
    """Full names of the settings of demand that two runs do not have in common, and of phases that change any."""
    found = [
        path
        for part in _DEMAND_SECTIONS
        for path in _differing_paths(part, run.config.get(part), reference.config.get(part))
    ]
    ours, theirs = (_demand_phases(each.config.get("phases")) for each in (run, reference))
    names = sorted(ours.keys() | theirs.keys())
    return found + [f"phases.{name}" for name in names if ours.get(name) != theirs.get(name)]


def demand_sentences(study: Study) -> list[str]:
    """A sentence for each run that is not asked the same as the first."""
    said = []
    for run in study.runs[1:]:
        if paths := demand_differences(run, study.reference):
            more = study.translate(" and {n} more", n=len(paths) - _MAX_PATHS) if len(paths) > _MAX_PATHS else ""
            said.append(
                study.translate(
                    "“{run}” and “{first}” have other demand ({paths}): what they differ by is also what is requested, "
                    "not only what the corridors can do.",
                    run=run.label, first=study.reference.label, paths=", ".join(paths[:_MAX_PATHS]) + more,
                )
            )  # fmt: skip
    return said


def _differing_paths(path: str, ours: Any, theirs: Any) -> Iterator[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted((ours.keys() | theirs.keys()) - _IGNORED_SETTINGS):
            yield from _differing_paths(f"{path}.{name}", ours.get(name), theirs.get(name))
    elif ours != theirs and (ours or theirs):
        yield path


def _demand_phases(phases: Any) -> dict[str, Any]:
    """Of each phase that changes a flow: when it holds, and what it changes of flows."""
    found = {}
    for name, phase in (phases or {}).items():
        changes = {path: value for path, value in phase.get("changes", {}).items() if path.startswith("flows.")}
        asked = {path: value for path, value in changes.items() if path.rpartition(".")[2] not in _IGNORED_SETTINGS}
        if asked:
            found[name] = {word: phase.get(word) for word in ("from", "starts", "to", "lasts")} | {"changes": asked}
    return found
