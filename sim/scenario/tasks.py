"""Tasks (clearance, repairs, assessments) and their teams, as planners write them. Tasks carry no goods.

A task is requested, gets permission where it needs one, waits for a team and escorts, and is done after its work. Until
then roads may be closed or slow, and offices slow, as the task says.
"""

from datetime import date
from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from sim.scenario.base import Keyed, Place, Settings, Time
from sim.scenario.calendars import ALWAYS
from sim.units import Duration, Share

What = Literal["clearance", "repair", "assessment", "other"]
WHAT: tuple[What, ...] = ("clearance", "repair", "assessment", "other")


class Teams(Place):
    """Teams that work at tasks, or escort those that do; phases change how many there are."""

    teams: NonNegativeInt = Field(description="number of teams; a task takes one")
    calendar: str = Field(
        ALWAYS, description="name of the calendar of working hours; outside them work pauses and the team stays"
    )


class TaskPermit(Settings):
    """Permission of an office before a task may begin; it handles tasks in one queue with loads and missions."""

    office: str
    refused: Share = Field(0.0, description="share of requests that are refused")
    again: Duration = Field(86_400.0, description="time from a refusal to the next attempt")
    attempts: PositiveInt = Field(1, description="most requests for one task; after the last refusal it is given up")


class TaskEscorts(Settings):
    """Teams that escort a task for as long as its work."""

    teams: str
    number: PositiveInt = Field(1, description="teams that escort one task")


class Task(Keyed):
    """Work that must be done once, or repeatedly. It begins when its team and all its escorts are free at once."""

    what: What = Field(description="kind, for counts and pages; the model treats all kinds alike")
    requested: date | None = Field(None, description="date of the request, at midnight; default: the run's start")
    every: Duration | None = Field(
        None, description="time between two requests, until the run's end; none: one request"
    )
    rank: NonNegativeInt = Field(1, description="order in queues for teams and offices: 0 goes first")
    permit: TaskPermit | None = Field(None, description="permission that it needs; none: no permission needed")
    teams: str = Field(description="teams of which it needs one; work is done in their working hours")
    escorts: TaskEscorts | None = Field(None, description="escorts that it needs; none: no escorts needed")
    time: Time = Field(description="duration of the work, in working hours")
    until_done: dict[str, Share] = Field(
        default_factory=dict,
        description="roads and offices by full name, e.g. roads.salah_al_din: the share of their speed that is left "
        "until it is done; 0: a road is closed. If several apply, the least counts",
    )
    since: date | None = Field(
        None, description="date from which on places are slowed or closed; default: the run's start"
    )

    @model_validator(mode="after")
    def _slows_once(self) -> "Task":
        if self.every is not None and self.until_done:
            raise ValueError("a task with every has no until_done; write a task for each place")
        if self.since is not None and not self.until_done:
            raise ValueError("since needs until_done")
        return self
