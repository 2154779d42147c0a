"""People who wait to cross a border, as planners write them: patients and companions, dual nationals, returnees.

They cross as parties, a patient with companions or a family, by a corridor of their own with the same verbs as for
goods. No person is described, nor a reason to let one pass or not: numbers, hours and shares alone.
"""

from typing import Literal

from pydantic import Field, NonNegativeInt, model_validator

from sim.scenario.base import Keyed, Part, Persons, Time, shares_of, whole_shares
from sim.units import Rate

Direction = Literal["out", "in"]


class People(Keyed):
    """A group of people who wait on one list and cross as parties."""

    direction: Direction = Field(description="out of the territory, or into it")
    corridor: str = Field(description="corridor that they take; not one of goods")
    party: Persons = Field(description="persons in a party: a patient with companions, a family")
    rate: Rate = Field(0.0, description="parties that join the list")
    waiting: NonNegativeInt = Field(0, description="parties on the list when the run starts")
    waited: Time | None = Field(None, description="how long these have waited on the list; none: not known")
    urgency: dict[str, Part] = Field(
        default_factory=dict, description="share of parties of each class, the most urgent first; one may be `rest`"
    )
    rank: NonNegativeInt = Field(
        0, description="rank of the most urgent class in every queue; each further class has one more"
    )

    @model_validator(mode="after")
    def _classes_are_all(self) -> "People":
        try:
            whole_shares(self.urgency or {"": 1.0})
        except ValueError as error:
            raise ValueError(f"urgency: {error}") from None
        return self

    def classes(self) -> dict[str, float]:
        """Returns the share of each class of urgency, the most urgent first; one nameless class where none is given."""
        return shares_of(self.urgency) or {"": 1.0}

    def waiting_by_class(self) -> dict[str, int]:
        """Returns the whole parties on the list by class; they add up to `waiting`."""
        cumulative, assigned, waiting = 0.0, 0, {}
        for name, share in self.classes().items():
            cumulative += share
            waiting[name] = round(cumulative * self.waiting) - assigned
            assigned += waiting[name]
        return waiting
