"""What opens a way without carrying anything, as a planner writes it: clearance, repairs and assessments, and teams.

A task is asked for, has permission where it needs one, waits for a team and its escorts, and is done after its work.
Until then roads may be shut or slow, and offices slow. What a place is while a task is not done is said with the task.
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
    """Teams that work at tasks, or go along to protect those that do; phases change how many there are."""

    teams: NonNegativeInt = Field(description="when the run starts; a task takes one")
    calendar: str = Field(ALWAYS, description="hours of work, by name; beyond them work pauses and the team stays")


class TaskPermit(Settings):
    """An office is asked before a task may begin, in one queue with loads and missions."""

    office: str
    refused: Share = Field(0.0, description="of requests")
    again: Duration = Field(86_400.0, description="from a refusal until it is asked again")
    attempts: PositiveInt = Field(1, description="requests for one task; after the last it is given up")


class TaskEscorts(Settings):
    """Teams that go along and are out for as long as the work."""

    teams: str
    number: PositiveInt = Field(1, description="that one task takes")


class Task(Keyed):
    """Work that must be done once, or again and again. It begins when its team and all its escorts are free at once."""

    what: What = Field(description="for counts and pages; the model treats all alike")
    requested: date | None = Field(None, description="at midnight; default: the run's start")
    every: Duration | None = Field(None, description="from one request to the next until the run's end; none: one only")
    rank: NonNegativeInt = Field(1, description="0 goes first where teams, or an office, are waited for")
    permit: TaskPermit | None = Field(None, description="none: it needs none")
    teams: str = Field(description="of which it takes one; its hours of work are theirs")
    escorts: TaskEscorts | None = Field(None, description="none: it needs none")
    time: Time = Field(description="of the work, in hours of work")
    until_done: dict[str, Share] = Field(
        default_factory=dict,
        description="roads and offices by full name, e.g. roads.salah_al_din: the share of their speed that is left "
        "until it is done; 0 of a road: it is shut. Of several the least counts",
    )
    since: date | None = Field(None, description="from when on places are slowed or shut; default: the run's start")

    @model_validator(mode="after")
    def _slows_once(self) -> "Task":
        if self.every is not None and self.until_done:
            raise ValueError("what is asked for again and again (every) has no until_done: write a task for each place")
        if self.since is not None and not self.until_done:
            raise ValueError("since says from when on places are slowed or shut; wanted until_done with it")
        return self
