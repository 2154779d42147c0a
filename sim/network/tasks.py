"""Tasks (clearance, repair, assessment), the impairments until they are done, and checks of both.

Each check is a function that yields one message per mistake.
"""

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


class Task(NamedTuple):
    """A task for a team. The last three fields are drawn for one replication.

    nth : index of the request, for tasks that are requested repeatedly.
    teams, escorts, office : places by number; -1 for none. escorted : the number of escort teams that it needs.
    refused : probability that the office refuses a request. again_s : from a refusal to the next attempt.
    leads_s, refusals : (attempts,). Handling time and refusal of each request at the office.
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
    """A place slowed from `since_s` on until a task is done: `percent` of the speed of a road or office is left.

    At 0 a road is closed.
    """

    place: int
    task: int
    percent: int
    since_s: int


@dataclass(frozen=True)
class TeamsNode(TimedNode):
    """Teams. `calendar` is 1 in working hours.

    owner : the first of all places of teams, which decides the turns of all tasks.
    """

    teams: int
    owner: int


def build_tasks(scenario: Scenario, number: dict[str, int]) -> tuple[Task, ...]:
    """Returns the tasks requested in the run, ordered by (requested, key, nth)."""
    requested = []
    for name, task in scenario.tasks.items():
        first_s = second(scenario, task.requested) if task.requested else 0
        every_s = max(1, round(task.every)) if task.every else scenario.run.days * DAY_S
        requests = takewhile(lambda at_s: at_s < scenario.run.days * DAY_S, count(max(0, first_s), every_s))
        for index, requested_s in enumerate(requests):
            permit, escorts = task.permit, task.escorts
            requested.append(Task(
                name, task.key or f"tasks.{name}", task.title or name.replace("_", " "), task.what, index, requested_s,
                task.rank, number[f"teams.{task.teams}"], number[f"teams.{escorts.teams}"] if escorts else -1,
                escorts.number if escorts else 0, number[f"offices.{permit.office}"] if permit else -1,
                permit.refused if permit else 0.0, max(1, round(permit.again)) if permit else 0,
                permit.attempts if permit else 0, task.time,
            ))  # fmt: skip
    return tuple(sorted(requested, key=lambda each: (each.requested_s, each.key.encode(), each.nth)))


def build_impairments(scenario: Scenario, number: dict[str, int], tasks: tuple[Task, ...]) -> tuple[Hindrance, ...]:
    """Returns the impairments of places, ordered by (place, task)."""
    impairments = []
    for i, task in enumerate(tasks):
        settings = scenario.tasks[task.name]
        since_s = second(scenario, settings.since) if settings.since else 0
        for place, left in settings.until_done.items():
            impairments.append(Hindrance(number[place], i, in_per_cent(left) if left > 0 else 0, since_s))
    return tuple(sorted(impairments))


def references_of_tasks(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """Yields (setting, kind, name) of each reference of tasks."""
    for name, task in scenario.tasks.items():
        yield f"tasks.{name}.teams", "teams", task.teams
        if task.escorts:
            yield f"tasks.{name}.escorts.teams", "teams", task.escorts.teams
        if task.permit:
            yield f"tasks.{name}.permit.office", "offices", task.permit.office


def _hinder_roads_and_offices(scenario: Scenario) -> Iterator[str]:
    """Checks that `until_done` names roads and offices, and that no office is closed by it."""
    places = [f"{kind}.{name}" for kind in ("roads", "offices") for name in getattr(scenario, kind)]
    for name, task in scenario.tasks.items():
        for place, left in task.until_done.items():
            where = f"tasks.{name}.until_done"
            if place not in places:
                yield f"{where}: wanted a road or an office, there is no {place}{nearest(place, places)}"
            elif left == 0 and place.startswith("offices."):
                yield f"{where}: {place} would never answer; wanted a share above 0"


def _fall_into_the_run(scenario: Scenario) -> Iterator[str]:
    """Checks that a task is requested before the run ends, and impairs places no later than that."""
    for name, task in scenario.tasks.items():
        requested_s = second(scenario, task.requested) if task.requested else 0
        if requested_s >= scenario.run.days * DAY_S:
            yield f"tasks.{name}.requested: {task.requested} is after the run's last day"
        if task.since and second(scenario, task.since) > max(0, requested_s):
            yield f"tasks.{name}.since: {task.since} is after the request"


def _teams_are_enough(scenario: Scenario) -> Iterator[str]:
    """Checks that a task's teams and escorts differ, and that there are at some time as many as it needs."""
    most_teams = {name: _most(scenario, name) for name in scenario.teams}
    for name, task in scenario.tasks.items():
        if task.escorts and task.escorts.teams == task.teams:
            yield f"tasks.{name}: teams.{task.teams} would work and escort; wanted two kinds of teams"
        for teams, needed in ((task.teams, 1), *([(task.escorts.teams, task.escorts.number)] if task.escorts else ())):
            if teams in most_teams and most_teams[teams] < needed:
                most = most_teams[teams]
                yield f"tasks.{name}: takes {needed} of teams.{teams}, of which there are never more than {most}"


def _most(scenario: Scenario, name: str) -> int:
    """Returns the largest number of teams of a kind at any time."""
    numbers = [scenario.teams[name].teams]
    for phase in scenario.phases.values():
        for kind, named, setting, value in phase.changed():
            if (kind, named, setting) == ("teams", name, "teams"):
                try:
                    numbers.append(meaning(scenario, kind, named, setting, value))
                except ValueError:  # reported by the check of the phase
                    continue
    return max(numbers)


TASKS = (_hinder_roads_and_offices, _fall_into_the_run, _teams_are_enough)
