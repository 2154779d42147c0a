"""Whether two runs are asked the same: what is requested, when, of what size, and what was there at the start."""

from collections.abc import Iterator
from typing import Any

from analysis.results.tables import RunResult, Study

_PARTS = ("flows", "cargos", "start")
_NOT_ASKED = {"title", "sources", "why", "key", "corridors", "rank"}  # by which corridor a load goes is an answer
_MOST = 4


def differing_demand(run: RunResult, reference: RunResult) -> list[str]:
    """Full names of the settings of demand that two runs do not have in common, and of phases that change any."""
    found = [path for part in _PARTS for path in _differing(part, run.config.get(part), reference.config.get(part))]
    ours, theirs = (_phases(each.config.get("phases")) for each in (run, reference))
    names = sorted(ours.keys() | theirs.keys())
    return found + [f"phases.{name}" for name in names if ours.get(name) != theirs.get(name)]


def demand_sentences(study: Study) -> list[str]:
    """A sentence for each run that is not asked the same as the first."""
    said = []
    for run in study.runs[1:]:
        if paths := differing_demand(run, study.reference):
            more = study.tongue(" and {n} more", n=len(paths) - _MOST) if len(paths) > _MOST else ""
            said.append(
                study.tongue(
                    "“{run}” and “{first}” have other demand ({paths}): what they differ by is also what is requested, "
                    "not only what the corridors can do.",
                    run=run.label, first=study.reference.label, paths=", ".join(paths[:_MOST]) + more,
                )
            )  # fmt: skip
    return said


def _differing(path: str, ours: Any, theirs: Any) -> Iterator[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted((ours.keys() | theirs.keys()) - _NOT_ASKED):
            yield from _differing(f"{path}.{name}", ours.get(name), theirs.get(name))
    elif ours != theirs and (ours or theirs):
        yield path


def _phases(phases: Any) -> dict[str, Any]:
    """Of each phase that changes a flow: when it holds, and what it changes of flows."""
    found = {}
    for name, phase in (phases or {}).items():
        changes = {path: value for path, value in phase.get("changes", {}).items() if path.startswith("flows.")}
        asked = {path: value for path, value in changes.items() if path.rpartition(".")[2] not in _NOT_ASKED}
        if asked:
            found[name] = {word: phase.get(word) for word in ("from", "starts", "to", "lasts")} | {"changes": asked}
    return found
