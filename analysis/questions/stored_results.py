"""What `response` and `binding` found, as files that the page of another study takes up. It draws and says nothing.

A result belongs to a page when the scenario that it was asked of is one of the page's runs: its hash, over all that
changes results, is that of the run's manifest. One in the study's own folder, or of a run of the same name, whose
hash is another is stale: the page names it and shows nothing of it. Other results are of no concern to the page.
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
    """Of which scenario something was asked, and how. mark : its hash. run : the folder that its run would have."""

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
    """Of one kind of place the lever that brings most: what one more is, in words, and the tonnes a day that it brings.

    p of `tonnes` is adjusted by Holm for all levers of the step, of which there may be several of a kind.
    """

    name: str
    more: str
    tonnes: Difference
    trucks: Difference


@dataclass(frozen=True)
class StageRelief:
    name: str
    more: str
    times: int
    gained: MeanInterval


@dataclass(frozen=True)
class BindingRound:
    """One step of what binds, by kind of place alone: what arrives, the kinds by falling tonnes, what was relieved."""

    arrived: MeanInterval
    stages: tuple[StageGain, ...]
    relieved: StageRelief | None


@dataclass(frozen=True)
class BindingResult:
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
    """A step without the names of its places."""
    stages: dict[str, StageGain] = {}
    for price in step.prices:
        name, (tonnes, trucks) = price.lever.stage, (price.tonnes, price.trucks)
        unnamed = [replace(each, run=name, dots=()) for each in (tonnes, trucks)]
        stages.setdefault(name, StageGain(name, price.lever.step_text, *unnamed))
    done = step.relief
    relief = None if done is None else StageRelief(done.lever.stage, done.lever.step_text, done.added, done.gain)
    return BindingRound(step.arrived["tonnes"], tuple(stages.values()), relief)


def write_result(result: ResponseResult | BindingResult, folder: Path) -> None:
    """Writes it into a folder, where pages find it."""
    name = RESPONSE_FILE if isinstance(result, ResponseResult) else BINDING_FILE
    files.write_json(folder / name, json.loads(json.dumps(asdict(result), default=np.ndarray.tolist)))


def read_responses(study: Study, folder: Path) -> tuple[list[LinkedResult[ResponseResult]], list[Path]]:
    """Those that belong to the study in `folder`, and the pages of stale ones."""
    return _read_linked(study, folder, RESPONSE_FILE, _parse_response)


def read_binding_results(study: Study, folder: Path) -> tuple[list[LinkedResult[BindingResult]], list[Path]]:
    return _read_linked(study, folder, BINDING_FILE, _parse_binding_result)


def _read_linked(
    study: Study, folder: Path, name: str, read: Callable[[Mapping[str, Any]], ResultT]
) -> tuple[list[LinkedResult[ResultT]], list[Path]]:
    found: list[LinkedResult[ResultT]] = []
    stale = []
    for path, told in _result_files(folder, name):
        try:
            subject = told["subject"]
            run = next((run for run in study.runs if run.config_hash == subject["mark"]), None)
            if run is not None:
                found.append(LinkedResult(run, path.parent, read(told)))
            elif path.parent.resolve() == folder.resolve() or subject["run"] in {run.name for run in study.runs}:
                stale.append(path.with_suffix(".html"))
        except (KeyError, TypeError):
            stale.append(path.with_suffix(".html"))  # of another version
    return found, stale


def _result_files(folder: Path, name: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Of the studies beside this one and of its own, by their names."""
    for path in sorted(folder.resolve().parent.glob(f"*/{name}")):
        told = files.read_json(path)
        if isinstance(told, Mapping):
            yield path, told


def _parse_subject(told: Mapping[str, Any]) -> Subject:
    return Subject(**{**told, "command": tuple(told["command"])})


def _parse_response(told: Mapping[str, Any]) -> ResponseResult:
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
        for curve in told["curves"]
    )
    return ResponseResult(_parse_subject(told["subject"]), LeverRange(**told["lever"]), curves, tuple(told["lacking"]))


def _parse_binding_result(told: Mapping[str, Any]) -> BindingResult:
    return BindingResult(_parse_subject(told["subject"]), tuple(_parse_round(each) for each in told["rounds"]))


def _parse_round(told: Mapping[str, Any]) -> BindingRound:
    stages = tuple(
        StageGain(each["name"], each["more"], _parse_difference(each["tonnes"]), _parse_difference(each["trucks"]))
        for each in told["stages"]
    )
    done = told["relieved"]
    relief = None if done is None else StageRelief(**{**done, "gained": MeanInterval(**done["gained"])})
    return BindingRound(MeanInterval(**told["arrived"]), stages, relief)


def _parse_difference(told: Mapping[str, Any]) -> Difference:
    return Difference(**{**told, "mean": MeanInterval(**told["mean"]), "dots": ()})
