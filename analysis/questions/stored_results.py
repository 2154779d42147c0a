"""Stored results of `response` and `binding`, which the pages of other studies can show. It draws nothing.

A result belongs to a page when its scenario is one of the page's runs: its hash, over all settings that change
results, is that of the run's manifest. A result with another hash is stale if it lies in the study's own folder or
comes from a run of the same name: the page names it and shows nothing of it. All other results are ignored.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from analysis.intervals import MeanInterval
from analysis.questions.binding import PricingStep
from analysis.questions.response import LeverRange, ResponseCurve, ResponsePoint
from analysis.results.tables import RunResult, Study
from analysis.statistics.compare import Difference
from sim.study import files

RESPONSE_FILE, BINDING_FILE = "response.json", "binding.json"


@dataclass(frozen=True)
class Subject:
    """The scenario of a result, and how it was run.

    run : name of the folder that its run would have. mark : hash of the scenario.
    """

    run: str
    mark: str
    scenario: str
    regime: str
    calibrated: bool
    replications: int
    seed: int
    command: tuple[str, ...]


@dataclass(frozen=True)
class ResponseResult:
    """What arrives against a lever; `lacking` are the ceiling structures that do not have it."""

    subject: Subject
    lever: LeverRange
    curves: tuple[ResponseCurve, ...]
    lacking: tuple[str, ...]


@dataclass(frozen=True)
class StageGain:
    """The gain from the best lever of one stage type: one more of it in words, and tonnes and trucks a day.

    p of `tonnes` is adjusted by Holm for all levers of the step; a stage may have several.
    """

    name: str
    more: str
    tonnes: Difference
    trucks: Difference


@dataclass(frozen=True)
class StageRelief:
    """The relief of one stage type: the units added, and the tonnes a day that they gain."""

    name: str
    more: str
    times: int
    gained: MeanInterval


@dataclass(frozen=True)
class BindingRound:
    """One step by stage type: tonnes a day that arrive, the stages by falling tonnes, and what was relieved."""

    arrived: MeanInterval
    stages: tuple[StageGain, ...]
    relieved: StageRelief | None


@dataclass(frozen=True)
class BindingResult:
    """All steps of what binds in one scenario."""

    subject: Subject
    rounds: tuple[BindingRound, ...]


ResultT = TypeVar("ResultT", ResponseResult, BindingResult)


@dataclass(frozen=True)
class LinkedResult(Generic[ResultT]):
    """A result that belongs to a run of the study, and the folder that it lies in."""

    run: RunResult
    folder: Path
    result: ResultT


def summarise_by_stage(step: PricingStep) -> BindingRound:
    """Returns a step by stage type, without the names of its places."""
    stages: dict[str, StageGain] = {}
    for price in step.prices:
        name, (tonnes, trucks) = price.lever.stage, (price.tonnes, price.trucks)
        unnamed = [replace(each, run=name, dots=()) for each in (tonnes, trucks)]
        stages.setdefault(name, StageGain(name, price.lever.step_text, *unnamed))
    done = step.relief
    relief = None if done is None else StageRelief(done.lever.stage, done.lever.step_text, done.added, done.gain)
    return BindingRound(step.arrived["tonnes"], tuple(stages.values()), relief)


def write_result(result: ResponseResult | BindingResult, folder: Path) -> None:
    """Writes a result as JSON into a folder, where pages look for it."""
    name = RESPONSE_FILE if isinstance(result, ResponseResult) else BINDING_FILE
    files.write_json(folder / name, json.loads(json.dumps(asdict(result), default=np.ndarray.tolist)))


def read_responses(study: Study, folder: Path) -> tuple[list[LinkedResult[ResponseResult]], list[Path]]:
    """Returns the responses that belong to the study in `folder`, and the pages of stale ones."""
    return _read_linked(study, folder, RESPONSE_FILE, _parse_response)


def read_binding_results(study: Study, folder: Path) -> tuple[list[LinkedResult[BindingResult]], list[Path]]:
    """Returns the results of `binding` that belong to the study in `folder`, and the pages of stale ones."""
    return _read_linked(study, folder, BINDING_FILE, _parse_binding_result)


def _read_linked(
    study: Study, folder: Path, name: str, parse: Callable[[Mapping[str, Any]], ResultT]
) -> tuple[list[LinkedResult[ResultT]], list[Path]]:
    linked: list[LinkedResult[ResultT]] = []
    stale = []
    for path, record in _result_files(folder, name):
        try:
            subject = record["subject"]
            run = next((run for run in study.runs if run.config_hash == subject["mark"]), None)
            if run is not None:
                linked.append(LinkedResult(run, path.parent, parse(record)))
            elif path.parent.resolve() == folder.resolve() or subject["run"] in {run.name for run in study.runs}:
                stale.append(path.with_suffix(".html"))
        except (KeyError, TypeError):
            stale.append(path.with_suffix(".html"))  # written by another version
    return linked, stale


def _result_files(folder: Path, name: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yields path and content of each such result in this study and in those beside it, by name."""
    for path in sorted(folder.resolve().parent.glob(f"*/{name}")):
        record = files.read_json(path)
        if isinstance(record, Mapping):
            yield path, record


def _parse_subject(record: Mapping[str, Any]) -> Subject:
    return Subject(**{**record, "command": tuple(record["command"])})


def _parse_response(record: Mapping[str, Any]) -> ResponseResult:
    curves = tuple(
        ResponseCurve(
            curve["structure"],
            tuple(
                ResponsePoint(
                    point["value"], {unit: np.array(each) for unit, each in point["arrived"].items()}, point["binds"]
                )
                for point in curve["points"]
            ),
        )
        for curve in record["curves"]
    )
    return ResponseResult(
        _parse_subject(record["subject"]), LeverRange(**record["lever"]), curves, tuple(record["lacking"])
    )


def _parse_binding_result(record: Mapping[str, Any]) -> BindingResult:
    return BindingResult(_parse_subject(record["subject"]), tuple(_parse_round(each) for each in record["rounds"]))


def _parse_round(record: Mapping[str, Any]) -> BindingRound:
    stages = tuple(
        StageGain(each["name"], each["more"], _parse_difference(each["tonnes"]), _parse_difference(each["trucks"]))
        for each in record["stages"]
    )
    done = record["relieved"]
    relief = None if done is None else StageRelief(**{**done, "gained": MeanInterval(**done["gained"])})
    return BindingRound(MeanInterval(**record["arrived"]), stages, relief)


def _parse_difference(record: Mapping[str, Any]) -> Difference:
    return Difference(**{**record, "mean": MeanInterval(**record["mean"]), "dots": ()})
