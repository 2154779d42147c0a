"""What the trucks of a corridor cost, where a planner says so. Settings alone; `cost_days.py` reads off the log."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from sim.scenario.base import Keyed, Settings
from sim.units import Money


class Costs(Settings):
    """US dollars for inbound trucks on a corridor; what is not said costs nothing here."""

    per_truck: Money = Field(0.0, description="of each, as its first drive begins")
    per_tonne: Money = Field(0.0, description="that it carries, as its first drive begins")
    per_waiting_day: Money = Field(0.0, description="of 24 h in a queue, or held because the next place has no room")

    @model_validator(mode="after")
    def _says_something(self) -> "Costs":
        if not self.model_fields_set:
            raise ValueError("wanted one of per_truck, per_tonne and per_waiting_day, found none")
        return self


class Travel(Settings):
    """One road, or one of several that is chosen as a truck, or a convoy as one, sets out."""

    verb: Literal["travel"]
    name: str | None = Field(None, alias="as")
    road: str | None = None
    roads: tuple[str, ...] = Field((), description="of which one is taken; of equals the first")
    choose: Literal["first_open", "fastest"] | None = Field(
        None,
        description="the first that is open then; or the fastest by free-flow mean, speed of that moment and traffic",
    )

    @model_validator(mode="after")
    def _one_road_or_several(self) -> "Travel":
        one = self.road is not None and not self.roads and self.choose is None
        if not one and (self.road is not None or len(self.roads) < 2 or self.choose is None):
            raise ValueError("wanted a road, or two roads at least and how to choose: first_open or fastest")
        if len(set(self.roads)) < len(self.roads):
            raise ValueError("roads: one stands there twice")
        return self

    @property
    def ways(self) -> tuple[str, ...]:
        """The roads that may be taken."""
        return self.roads if self.road is None else (self.road,)


class PassGate(Settings):
    verb: Literal["pass_gate"]
    name: str | None = Field(None, alias="as")
    gate: str


class Inspect(Settings):
    verb: Literal["inspect"]
    name: str | None = Field(None, alias="as")
    site: str


class Transfer(Settings):
    verb: Literal["transfer"]
    name: str | None = Field(None, alias="as")
    onto: str = Field(description="platform; or fleet: from truck to truck, when a bay and a vehicle are both free")
    bays: str


class Convoy(Settings):
    """Without `from` and `fleet` it gathers the arriving trucks themselves."""

    verb: Literal["convoy"]
    name: str | None = Field(None, alias="as")
    yard: str
    platform: str | None = Field(None, alias="from")
    fleet: str | None = None

    @model_validator(mode="after")
    def _vehicles_for_stock(self) -> "Convoy":
        if (self.platform is None) != (self.fleet is None):
            raise ValueError("wanted both from (a platform) and fleet, or neither")
        return self


class Offload(Settings):
    verb: Literal["offload"]
    name: str | None = Field(None, alias="as")
    warehouse: str


class Permit(Settings):
    """Asks an office for permission to go on."""

    verb: Literal["permit"]
    name: str | None = Field(None, alias="as")
    office: str


class TakeSlot(Settings):
    """Waits for a slot, and until it is called."""

    verb: Literal["slot"]
    name: str | None = Field(None, alias="as")
    slots: str


SHORT = {
    "travel": "road", "pass_gate": "gate", "inspect": "site", "convoy": "yard", "offload": "warehouse",
    "permit": "office", "slot": "slots",
}  # fmt: skip
VERBS = (*SHORT, "transfer")


def _verb(step: Any) -> Any:
    """`{travel: x}` as `{verb: travel, road: x}`: one verb a step."""
    if not isinstance(step, dict) or "verb" in step:
        return step
    named = [word for word in step if word != "as"]
    if len(named) != 1 or named[0] not in VERBS:
        raise ValueError(f"wanted one verb of {', '.join(VERBS)}, found {', '.join(map(str, named)) or 'none'}")
    verb, what = named[0], step[named[0]]
    if not isinstance(what, dict):
        if verb not in SHORT:
            raise ValueError(f"wanted {verb}: {{onto: ..., bays: ...}}, found {what!r}")
        what = {SHORT[verb]: what}
    return {"verb": verb, **what, **({"as": step["as"]} if "as" in step else {})}


Step = Annotated[
    Travel | PassGate | Inspect | Transfer | Convoy | Offload | Permit | TakeSlot,
    Field(discriminator="verb"),
    BeforeValidator(_verb),
]


class Corridor(Keyed):
    """An ordered list of steps from an origin to an area. Steps name places and carry no numbers."""

    origin: str = Field(alias="from")
    area: str = Field(alias="to")
    steps: tuple[Step, ...] = Field(min_length=1)
    costs: Costs | None = Field(None, description="of its inbound trucks; none: it counts in no cost")
