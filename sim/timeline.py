"""Phases, as a planner writes them: periods that begin on a date, or on a drawn one, and change settings meanwhile."""

from datetime import date
from typing import Any

from pydantic import Field, model_validator

from sim.durations import Time
from sim.settings import Keyed

Written = str | int | float | dict[str, str | int | float]


class Phase(Keyed):
    """Holds from a date, or from a while after it, until a date, for a while, or to the end; and changes settings."""

    since: date = Field(alias="from", description="first day, or the day from which the beginning is drawn")
    starts: Time | None = Field(None, description="how long after `from`, drawn for each replication; none: at once")
    until: date | None = Field(None, alias="to", description="last day; what would begin later never does")
    lasts: Time | None = Field(None, description="instead of `to`, fixed or drawn; neither: to the run's end")
    changes: dict[str, Written] = Field(
        min_length=1, description="full name of a setting, e.g. sites.nitzana.lanes: 4, '+ 2' or 'x 0.5' of what it was"
    )

    @model_validator(mode="after")
    def _one_end(self) -> "Phase":
        if self.until and self.lasts:
            raise ValueError("wanted to or lasts, found both")
        if self.until and self.until < self.since:
            raise ValueError(f"from ({self.since}) is after to ({self.until})")
        return self

    def changed(self) -> list[tuple[str, str, str, Any]]:
        """(kind, name, setting, value as written) of each change; what is no full name has empty parts."""
        told = []
        for full_name, value in self.changes.items():
            kind, _, rest = full_name.partition(".")
            name, _, setting = rest.rpartition(".")
            name, of_a_part, part = name.partition(".")
            told.append((kind, name, f"{part}{of_a_part}{setting}", value))
        return told
