"""How loads of a flow choose a corridor, as a planner writes it: by a rule in place of shares, or by diverting."""

from typing import Literal

from pydantic import Field, model_validator

from sim.settings import Settings
from sim.units import Duration

MOST = 60  # corridors of one choice: a bit each in a whole number


class Choice(Settings):
    """By which rule each load takes a corridor as it is requested; the flow's shares do not count then."""

    rule: Literal["first_open", "least_wait"] = Field(
        description="the first whose gates all open on that day, or that with the least wait by those who passed last"
    )
    among: tuple[str, ...] = Field(min_length=1, max_length=MOST, description="corridors, in order")
    at: dict[str, str] = Field(
        default_factory=dict,
        description="of least_wait, for a corridor the full name of the gate, site, bays or warehouse whose waits "
        "count; default: its border gate",
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> "Choice":
        if len(set(self.among)) < len(self.among):
            raise ValueError(f"among: wanted each corridor once, found {', '.join(self.among)}")
        if self.at and self.rule != "least_wait":
            raise ValueError(f"at: only least_wait looks at waits, and the rule is {self.rule}")
        return self


class Divert(Settings):
    """What happens to a load that would take a corridor whose border has been closed for long."""

    after: Duration = Field(description="for so long a border gate of its corridor has had no open second")
    to: str = Field(description="corridor that it takes instead, open or not")
