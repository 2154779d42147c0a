"""Reads the folder of a study into one frozen record for each run. It computes no statistics and writes nothing."""

import difflib
import json
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from analysis.language.translator import ENGLISH, LANGUAGES, Translator
from analysis.results.arrays import Floats, RunArrays, read_arrays
from sim.study.composing import differing_overrides


class StudyError(Exception):
    """A fault in a study's folder, or in a request about it, that the planner must correct."""


@dataclass(frozen=True)
class Place:
    """A place of a run."""

    title: str
    unit: str  # of the backlog: trucks, pallets, litres or vehicles
    rho: float | None  # offered load over capacity; None where that is undefined


@dataclass(frozen=True)
class RunResult:
    """One finished run: the content of its manifest, and its tables as arrays."""

    name: str
    folder: Path
    label: str  # the scenario's title, or what distinguishes runs with the same title
    description: str
    regime: str
    calibrated: bool  # whether both the scenario and the regime are
    seed: int
    start: date
    days: int
    warm_up: int
    model: int
    config_hash: str  # of all settings that affect results
    study_type: str
    overrides: tuple[str, ...]
    versions: dict[str, str]
    corridors: dict[str, str]  # a description of each, in words
    milestones: dict[str, tuple[str, ...]]  # of each corridor
    places: dict[str, Place]
    provenance: tuple[dict[str, Any], ...]
    config: dict[str, Any]
    map_data: dict[str, Any]  # stops and legs; empty for runs of an earlier version
    stop_reason: str  # why replications stopped before the maximum; empty if they did not
    arrays: RunArrays

    @property
    def dates(self) -> list[date]:
        """Returns the dates of all days of the run."""
        return [self.start + timedelta(days=day) for day in range(self.days)]

    def daily_counts(self, milestone: str, unit: str) -> Floats | None:
        """Returns the daily counts after the warm-up, shape (replications, days - warm_up).

        None without the milestone.
        """
        daily = self.arrays.daily.get(milestone)
        return None if daily is None else np.asarray(getattr(daily, unit), dtype=float)[:, self.warm_up :]


@dataclass(frozen=True)
class Study:
    """The finished runs of a folder.

    The first is the reference. `notes` list runs that were left out; `translate` sets the language.
    """

    name: str
    runs: tuple[RunResult, ...]
    command: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())
    translate: Translator = ENGLISH

    @property
    def reference(self) -> RunResult:
        """Returns the first run, to which the others are compared."""
        return self.runs[0]

    @property
    def heading(self) -> str:
        """Returns the study's name, with the scenario's title if all runs share it (their labels then omit it)."""
        titles = {str(run.config["scenario"]["title"]) for run in self.runs}
        return f"{self.name}: {titles.pop()}" if len(titles) == 1 < len(self.runs) else self.name

    @property
    def calibrated(self) -> bool:
        """Whether all runs are calibrated."""
        return all(run.calibrated for run in self.runs)


def read_study(folder: Path, translate: Translator | None = None) -> Study:
    """Returns the study in `folder`, in its own language or that of `translate`.

    Raises StudyError if it cannot be read.
    """
    if not folder.is_dir():
        raise StudyError(f"there is no folder {folder}{_folder_suggestion(folder)}")
    if (folder / "manifest.json").is_file() and not (folder / "study.json").is_file():
        raise StudyError(f"{folder} is one run; a comparison needs the folder of its study, {folder.parent}")
    present = sorted(path.parent.name for path in folder.glob("*/manifest.json"))
    study_file = _read_json(folder / "study.json") if (folder / "study.json").is_file() else {}
    listed = [str(name) for name in study_file.get("runs", present)]
    notes, manifests = [], {}
    for name in listed:
        manifest, why_not = _read_finished(folder / name)
        if manifest is None:
            notes.append(f"{name} is not finished and left out: {why_not}.")
        else:
            manifests[name] = manifest
    if not manifests:
        raise StudyError(f"no run in {folder} is finished" + (": " + " ".join(notes) if notes else ""))
    if unlisted := [name for name in present if name not in listed and _read_finished(folder / name)[0]]:
        notes.append(f"Left out, because study.json does not list them: {', '.join(unlisted)}.")
    if (first := next(iter(manifests))) != listed[0]:
        notes.append(f"The reference is {first}, the first run that is finished.")
    try:
        titles: dict[str, list[tuple[str, ...]]] = {}
        for manifest in manifests.values():
            titles.setdefault(str(manifest["scenario"]["title"]), []).append(tuple(manifest["overrides"]))
        runs = tuple(_read_run(folder / name, manifest, titles) for name, manifest in manifests.items())
    except KeyError as missing:
        raise StudyError(f"a manifest in {folder} lacks {missing}; was it written by another version?") from None
    command = tuple(str(word) for word in study_file.get("command", ()))
    name = str(study_file.get("study", folder.resolve().name))
    return Study(name, runs, command, tuple(notes), translate or _study_translator(folder, study_file))


def _study_translator(folder: Path, study_file: dict[str, Any]) -> Translator:
    """Returns the translator for the language in study.json (report.language)."""
    language = str(study_file.get("language", ENGLISH.language))
    if language not in LANGUAGES:
        wanted = " or ".join(LANGUAGES)
        raise StudyError(f"{folder / 'study.json'}: language: wanted {wanted}, found {language}")
    return Translator(language)


def _folder_suggestion(folder: Path) -> str:
    if not folder.parent.is_dir():
        return ""
    near = difflib.get_close_matches(folder.name, [path.name for path in folder.parent.iterdir() if path.is_dir()], 1)
    return f"; did you mean {folder.parent / near[0]}?" if near else ""


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StudyError(f"{path} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise StudyError(f"{path} cannot be read: wanted an object, found {type(content).__name__}")
    return content


def _read_finished(folder: Path) -> tuple[dict[str, Any] | None, str]:
    """Returns the manifest of a finished run and an empty text; or None and the reason."""
    if not folder.is_dir():
        return None, "it has no folder yet"
    if not (folder / "manifest.json").is_file():
        return None, "it has no manifest, which is written last"
    try:
        manifest = _read_json(folder / "manifest.json")
    except StudyError as error:
        return None, str(error)
    if manifest.get("status") != "done":
        return None, f"its status is {manifest.get('status')}"
    return manifest, ""


def _stop_reason(precision: dict[str, Any] | None) -> str:
    """Returns why replications stopped early; empty if they did not, and for runs of an earlier version."""
    return str(precision["why"]) if precision and precision["reached_after"] is not None else ""


def _run_label(title: str, overrides: tuple[str, ...], titles: dict[str, list[tuple[str, ...]]], folder: Path) -> str:
    """Returns the label of a run: its title if no other run has it, else what its overrides set and theirs did not.

    The title is left out of the latter if all runs share it.
    """
    if len(same_title := titles[title]) == 1:
        return title
    different = differing_overrides(overrides, same_title)
    distinction = re.sub(r"\\(.)", r"\1", different).removeprefix("scenario=") or folder.name
    return distinction if len(titles) == 1 else f"{title} ({distinction})"


def _read_run(folder: Path, manifest: dict[str, Any], titles: dict[str, list[tuple[str, ...]]]) -> RunResult:
    title, overrides = str(manifest["scenario"]["title"]), tuple(manifest["overrides"])
    reached_milestones = {
        milestone for corridor in manifest["corridors"].values() for milestone in corridor["milestones"]
    }
    try:
        arrays = read_arrays(folder, manifest["start"], manifest["days"], reached_milestones)
    except duckdb.Error as error:
        raise StudyError(f"the tables in {folder} cannot be read: {str(error).splitlines()[0]}") from None
    return RunResult(
        name=folder.name,
        folder=folder,
        label=_run_label(title, overrides, titles, folder),
        description=str(manifest["scenario"].get("description", "")),
        regime=str(manifest["regime"]["title"]),
        calibrated=bool(manifest["scenario"]["calibrated"] and manifest["regime"]["calibrated"]),
        seed=manifest["seed"],
        start=date.fromisoformat(manifest["start"]),
        days=manifest["days"],
        warm_up=manifest["warm_up"],
        model=manifest["model"],
        config_hash=str(manifest["hash"]),
        study_type=manifest["study_type"],
        overrides=overrides,
        versions={str(key): str(value) for key, value in manifest["versions"].items()},
        corridors={key: corridor["words"] for key, corridor in manifest["corridors"].items()},
        milestones={key: tuple(corridor["milestones"]) for key, corridor in manifest["corridors"].items()},
        places={key: Place(place["title"], place["unit"], place["rho"]) for key, place in manifest["places"].items()},
        provenance=tuple(manifest["provenance"]),
        config=manifest["config"],
        map_data=manifest.get("map", {}),
        stop_reason=_stop_reason(manifest.get("precision")),
        arrays=arrays,
    )
