"""How loads of a flow choose a corridor, as a planner writes it: by a rule in place of shares, or by diverting."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from sim.settings import Settings
from sim.units import Duration

Rule = Literal["first_open", "least_wait"]
MOST = 60  # corridors of one choice: a bit each in a whole number


class Choice(Settings):
    """Which of the flow's corridors, which are then a list in order, a load takes as it is requested."""

    rule: Rule = Field(
        description="the first whose gates all open on that day, or that with the least wait by those who passed last"
    )
    at: dict[str, str] = Field(
        default_factory=dict,
        description="of least_wait, for a corridor the full name of the gate, site, bays or warehouse whose waits "
        "count; default: its border gate",
    )

    @model_validator(mode="after")
    def _looks_at_waits(self) -> "Choice":
        if self.at and self.rule != "least_wait":
            raise ValueError(f"at: only least_wait looks at waits, and the rule is {self.rule}")
        return self


class Divert(Settings):
    """What happens to a load that would take a corridor whose border has been closed for long."""

    after: Duration = Field(description="for so long no border gate of its corridor, or one of several, was open")
    to: str = Field(description="corridor that it takes instead, open or not")


def _in_full(text: Any) -> Any:
    """`first_open` as `{rule: first_open}`."""
    return {"rule": text} if isinstance(text, str) else text


Chosen = Annotated[Choice | None, BeforeValidator(_in_full, json_schema_input_type=Rule | Choice | None)]


def evenly(named: Any) -> Any:
    """Corridors in a list, for a choice among them, as even shares in its order, by which rho counts them."""
    if not isinstance(named, list | tuple):
        return named
    if not all(isinstance(name, str) for name in named):
        raise ValueError(f"wanted the names of corridors, found {list(named)!r}")
    if len(set(named)) < len(named):
        raise ValueError(f"wanted each corridor once, found {', '.join(named)}")
    if len(named) > MOST:
        raise ValueError(f"wanted {MOST} corridors at the most, found {len(named)}")
    return dict.fromkeys(named, 1 / max(1, len(named)))


def fits(flow: Any) -> Any:
    """Where there is a choice the corridors are a list, and nowhere else."""
    if isinstance(flow, dict) and "corridors" in flow:
        is_list, chooses = isinstance(flow["corridors"], list | tuple), flow.get("choice") is not None
        if chooses and not is_list:
            raise ValueError("corridors: wanted a list of names, in order, where there is a choice; found shares")
        if is_list and not chooses:
            raise ValueError("corridors: wanted the share of each, or a choice among those of the list")
    return flow
