"""Mistakes about tasks that need more than one place to be seen: a function each."""

from collections.abc import Iterator

from sim.mistakes import nearest
from sim.phasing import meaning, second
from sim.scenario import Scenario
from sim.units import DAY_S


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
