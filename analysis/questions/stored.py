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

from analysis.intervals import Mean
from analysis.questions.binding import Step
from analysis.questions.response import Curve, Lever, Point
from analysis.results.tables import RunResult, Study
from analysis.statistics.compare import Difference
from sim.study import files

RESPONSE, BINDING = "response.json", "binding.json"


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
class Response:
    """What arrives against a lever; `lacking` are the ceiling structures that do not have it."""

    subject: Subject
    lever: Lever
    curves: tuple[Curve, ...]
    lacking: tuple[str, ...]


@dataclass(frozen=True)
class Stage:
    """Of one kind of place the lever that brings most: what one more is, in words, and the tonnes a day that it brings.

    p of `tonnes` is adjusted by Holm for all levers of the step, of which there may be several of a kind.
    """

    name: str
    more: str
    tonnes: Difference
    trucks: Difference


@dataclass(frozen=True)
class Relief:
    name: str
    more: str
    times: int
    gained: Mean


@dataclass(frozen=True)
class Round:
    """One step of what binds, by kind of place alone: what arrives, the kinds by falling tonnes, what was relieved."""

    arrived: Mean
    stages: tuple[Stage, ...]
    relieved: Relief | None


@dataclass(frozen=True)
class Bound:
    subject: Subject
    rounds: tuple[Round, ...]


T = TypeVar("T", Response, Bound)


@dataclass(frozen=True)
class Beside(Generic[T]):
    """A result that belongs to a run of the study, and the folder that it lies in."""

    run: RunResult
    folder: Path
    result: T


def by_stage(step: Step) -> Round:
    """A step without the names of its places."""
    stages: dict[str, Stage] = {}
    for price in step.prices:
        name, (tonnes, trucks) = price.lever.stage, (price.tonnes, price.trucks)
        unnamed = [replace(each, run=name, dots=()) for each in (tonnes, trucks)]
        stages.setdefault(name, Stage(name, price.lever.more, *unnamed))
    done = step.relieved
    relief = None if done is None else Relief(done.lever.stage, done.lever.more, done.times, done.gained)
    return Round(step.arrived["tonnes"], tuple(stages.values()), relief)


def keep(result: Response | Bound, folder: Path) -> None:
    """Writes it into a folder, where pages find it."""
    name = RESPONSE if isinstance(result, Response) else BINDING
    files.write_json(folder / name, json.loads(json.dumps(asdict(result), default=np.ndarray.tolist)))


def responses(study: Study, folder: Path) -> tuple[list[Beside[Response]], list[Path]]:
    """Those that belong to the study in `folder`, and the pages of stale ones."""
    return _beside(study, folder, RESPONSE, _response)


def bounds(study: Study, folder: Path) -> tuple[list[Beside[Bound]], list[Path]]:
    return _beside(study, folder, BINDING, _bound)


def _beside(
    study: Study, folder: Path, name: str, read: Callable[[Mapping[str, Any]], T]
) -> tuple[list[Beside[T]], list[Path]]:
    found: list[Beside[T]] = []
    stale = []
    for path, told in _results(folder, name):
        try:
            subject = told["subject"]
            run = next((run for run in study.runs if run.mark == subject["mark"]), None)
            if run is not None:
                found.append(Beside(run, path.parent, read(told)))
            elif path.parent.resolve() == folder.resolve() or subject["run"] in {run.name for run in study.runs}:
                stale.append(path.with_suffix(".html"))
        except (KeyError, TypeError):
            stale.append(path.with_suffix(".html"))  # of another version
    return found, stale


def _results(folder: Path, name: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Of the studies beside this one and of its own, by their names."""
    for path in sorted(folder.resolve().parent.glob(f"*/{name}")):
        told = files.read_json(path)
        if isinstance(told, Mapping):
            yield path, told


def _subject(told: Mapping[str, Any]) -> Subject:
    return Subject(**{**told, "command": tuple(told["command"])})


def _response(told: Mapping[str, Any]) -> Response:
    curves = tuple(
        Curve(
            curve["structure"],
            tuple(
                Point(point["value"], {unit: np.array(each) for unit, each in point["arrived"].items()}, point["binds"])
                for point in curve["points"]
            ),
        )
        for curve in told["curves"]
    )
    return Response(_subject(told["subject"]), Lever(**told["lever"]), curves, tuple(told["lacking"]))


def _bound(told: Mapping[str, Any]) -> Bound:
    return Bound(_subject(told["subject"]), tuple(_round(each) for each in told["rounds"]))


def _round(told: Mapping[str, Any]) -> Round:
    stages = tuple(
        Stage(each["name"], each["more"], _difference(each["tonnes"]), _difference(each["trucks"]))
        for each in told["stages"]
    )
    done = told["relieved"]
    relief = None if done is None else Relief(**{**done, "gained": Mean(**done["gained"])})
    return Round(Mean(**told["arrived"]), stages, relief)


def _difference(told: Mapping[str, Any]) -> Difference:
    return Difference(**{**told, "mean": Mean(**told["mean"]), "dots": ()})
