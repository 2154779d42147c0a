"""Settings in which the runs of a study differ, and the provenance of all settings, as a page shows them."""

import json
from collections.abc import Iterator
from typing import Any

from analysis.results.tables import Study

_NOT_SETTINGS = ("scenario", "regime", "study", "report", "sources")  # titles, notes, sources: shown elsewhere


def changed_settings(study: Study) -> list[tuple[str, list[str]]]:
    """Returns settings that differ between runs, by dotted path, with a value for each run."""
    return list(_changed_paths("", [_compared_settings(run.config) for run in study.runs]))


def merged_provenance(study: Study) -> dict[str, list[dict[str, Any]]]:
    """Returns the runs' provenance, each entry once with its runs, as `sources` and `assumed`."""
    merged: dict[str, dict[str, Any]] = {}
    for run in study.runs:
        for entry in run.provenance:
            merged_entry = merged.setdefault(json.dumps(entry, sort_keys=True), {**entry, "runs": []})
            merged_entry["runs"].append(run.label)
    entries = sorted(merged.values(), key=lambda entry: str(entry["setting"]))
    for entry in entries:
        entry["value"] = _format_value(entry["value"])
        entry["runs"] = "" if len(entry["runs"]) == len(study.runs) else ", ".join(entry["runs"])
        low, high = map(_format_value, entry["assumed"] or ("", ""))
        entry["range"] = study.translate("{low} to {high}", low=low, high=high) if entry["assumed"] else ""
    return {
        "sources": [entry for entry in entries if entry["source"]],
        "assumed": [entry for entry in entries if not entry["source"]],
    }


def _compared_settings(config: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _compared_settings(part) if isinstance(part, dict) else part
        for key, part in config.items()
        if key not in _NOT_SETTINGS
    }


def _changed_paths(path: str, values: list[Any]) -> Iterator[tuple[str, list[str]]]:
    """Yields differing settings; descends only where all runs have a mapping, so a part that a run lacks is one row."""
    if all(value == values[0] for value in values):
        return
    if all(isinstance(value, dict) for value in values):
        for key in sorted({key for value in values for key in value}):
            yield from _changed_paths(f"{path}.{key}".lstrip("."), [value.get(key) for value in values])
        return
    yield path, [_format_value(value) for value in values]


def _format_value(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict):
        return f"{len(value)} settings: {', '.join(map(str, value))}" if value else "none"
    if isinstance(value, list):
        return ", ".join(_format_value(part) for part in value)
    if isinstance(value, bool):
        return ("no", "yes")[value]
    return f"{value:g}" if isinstance(value, float) else str(value)
