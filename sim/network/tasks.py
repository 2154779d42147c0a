"""Mistakes about tasks that need more than one place to be seen: a function each."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, takewhile
from typing import NamedTuple

from sim.laws import Law
from sim.network.base import TimedNode, second
from sim.network.changes import meaning
from sim.scenario.base import nearest
from sim.scenario.scenario import Scenario
from sim.units import DAY_S, in_per_cent


def references_of_tasks(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """(where it stands, kind, name) of each reference."""
    for name, task in scenario.tasks.items():
        yield f"tasks.{name}.teams", "teams", task.teams
        if task.escorts:
            yield f"tasks.{name}.escorts.teams", "teams", task.escorts.teams
        if task.permit:
            yield f"tasks.{name}.permit.office", "offices", task.permit.office


def _hinder_roads_and_offices(scenario: Scenario) -> Iterator[str]:
    """What is slow until a task is done is a road or an office, and no office is shut."""
    known = [f"{kind}.{name}" for kind in ("roads", "offices") for name in getattr(scenario, kind)]
    for name, task in scenario.tasks.items():
        for place, left in task.until_done.items():
            where = f"tasks.{name}.until_done"
            if place not in known:
                yield f"{where}: wanted a road or an office, there is no {place}{nearest(place, known)}"
            elif left == 0 and place.startswith("offices."):
                yield f"{where}: {place} would never answer; wanted a share above 0"


def _fall_into_the_run(scenario: Scenario) -> Iterator[str]:
    """A task is asked for before the run ends, and hinders a place no later than it is asked for."""
    for name, task in scenario.tasks.items():
        requested_s = second(scenario, task.requested) if task.requested else 0
        if requested_s >= scenario.run.days * DAY_S:
            yield f"tasks.{name}.requested: {task.requested} is after the run's last day"
        if task.since and second(scenario, task.since) > max(0, requested_s):
            yield f"tasks.{name}.since: {task.since} is after the request"


def _teams_are_enough(scenario: Scenario) -> Iterator[str]:
    """At some time there are as many teams as a task takes, and escorts other than its own team."""
    most = {name: _most(scenario, name) for name in scenario.teams}
    for name, task in scenario.tasks.items():
        if task.escorts and task.escorts.teams == task.teams:
            yield f"tasks.{name}: teams.{task.teams} would work and escort; wanted two kinds of teams"
        for teams, needed in ((task.teams, 1), *([(task.escorts.teams, task.escorts.number)] if task.escorts else ())):
            if teams in most and most[teams] < needed:
                yield f"tasks.{name}: takes {needed} of teams.{teams}, of which there are never more than {most[teams]}"


def _most(scenario: Scenario, name: str) -> int:
    """The most teams that there ever are."""
    numbers = [scenario.teams[name].teams]
    for phase in scenario.phases.values():
        for kind, named, setting, value in phase.changed():
            if (kind, named, setting) == ("teams", name, "teams"):
                try:
                    numbers.append(meaning(scenario, kind, named, setting, value))
                except ValueError:  # said of the phase
                    continue
    return max(numbers)


TASKS = (_hinder_roads_and_offices, _fall_into_the_run, _teams_are_enough)


class Task(NamedTuple):
    """Work at which a team is for a while, see tasks.py; the last three are what it meets in one replication.

    teams, escorts, office : places by number, -1 for none. escorted : of `escorts` that it takes.
    nth : of those that are asked for again and again. refused : share of requests.
    leads_s, refusals : (attempts,) of each request in turn.
    """

    name: str
    key: str
    title: str
    what: str
    nth: int
    requested_s: int
    rank: int
    teams: int
    escorts: int
    escorted: int
    office: int
    refused: float
    again_s: int
    attempts: int
    time: Law
    work_s: int = 0
    leads_s: tuple[int, ...] = ()
    refusals: tuple[bool, ...] = ()


class Hindrance(NamedTuple):
    """From `since_s` on until a task is done a road, or an office, has so much of its speed left; 0: a road is shut."""

    place: int
    task: int
    percent: int
    since_s: int


@dataclass(frozen=True)
class TeamsNode(TimedNode):
    """`calendar` is 1 in hours of work. `owner` is the first of all such places, which gives the turns to all tasks."""

    teams: int
    owner: int


def build_tasks(scenario: Scenario, number: dict[str, int]) -> tuple[Task, ...]:
    """Each that is asked for in the run, by (requested, key, its number)."""
    found = []
    for name, told in scenario.tasks.items():
        first_s = second(scenario, told.requested) if told.requested else 0
        every_s = max(1, round(told.every)) if told.every else scenario.run.days * DAY_S
        requests = takewhile(lambda at_s: at_s < scenario.run.days * DAY_S, count(max(0, first_s), every_s))
        for index, requested_s in enumerate(requests):
            permit, escorts = told.permit, told.escorts
            found.append(Task(
                name, told.key or f"tasks.{name}", told.title or name.replace("_", " "), told.what, index, requested_s,
                told.rank, number[f"teams.{told.teams}"], number[f"teams.{escorts.teams}"] if escorts else -1,
                escorts.number if escorts else 0, number[f"offices.{permit.office}"] if permit else -1,
                permit.refused if permit else 0.0, max(1, round(permit.again)) if permit else 0,
                permit.attempts if permit else 0, told.time,
            ))  # fmt: skip
    return tuple(sorted(found, key=lambda task: (task.requested_s, task.key.encode(), task.nth)))


def build_impairments(scenario: Scenario, number: dict[str, int], tasks: tuple[Task, ...]) -> tuple[Hindrance, ...]:
    """What places are until tasks are done, by (place, task)."""
    found = []
    for i, task in enumerate(tasks):
        told = scenario.tasks[task.name]
        since_s = second(scenario, told.since) if told.since else 0
        for place, left in told.until_done.items():
            found.append(Hindrance(number[place], i, in_per_cent(left) if left > 0 else 0, since_s))
    return tuple(sorted(found))
