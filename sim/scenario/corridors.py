"""Corridors as planners write them: an ordered list of steps, each a verb with a place, and costs of inbound trucks."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from sim.scenario.base import Keyed, Settings
from sim.units import Money


class Costs(Settings):
    """Costs of inbound trucks on a corridor, in US dollars; what is left out costs nothing."""

    per_truck: Money = Field(0.0, description="USD per truck, counted when its first drive begins")
    per_tonne: Money = Field(0.0, description="USD per tonne that it carries, counted when its first drive begins")
    per_waiting_day: Money = Field(
        0.0, description="USD per 24 h in a queue, or blocked because the next place has no room"
    )

    @model_validator(mode="after")
    def _says_something(self) -> "Costs":
        if not self.model_fields_set:
            raise ValueError("wanted one of per_truck, per_tonne and per_waiting_day, found none")
        return self


class Travel(Settings):
    """A drive along a road, or along one of several that is chosen when a truck or a convoy sets out."""

    verb: Literal["travel"]
    name: str | None = Field(None, alias="as")
    road: str | None = None
    roads: tuple[str, ...] = Field((), description="roads of which one is taken; among equals the first")
    choose: Literal["first_open", "fastest"] | None = Field(
        None,
        description="first_open: the first that is open; fastest: by mean free-flow time, current speed and traffic",
    )

    @model_validator(mode="after")
    def _one_road_or_several(self) -> "Travel":
        one = self.road is not None and not self.roads and self.choose is None
        if not one and (self.road is not None or len(self.roads) < 2 or self.choose is None):
            raise ValueError("wanted a road, or two roads at least and how to choose: first_open or fastest")
        if len(set(self.roads)) < len(self.roads):
            raise ValueError("roads: wanted each road once")
        return self

    @property
    def ways(self) -> tuple[str, ...]:
        """Returns the roads that may be taken."""
        return self.roads if self.road is None else (self.road,)


class PassGate(Settings):
    """Passing a gate, which takes no time."""

    verb: Literal["pass_gate"]
    name: str | None = Field(None, alias="as")
    gate: str


class Inspect(Settings):
    """An inspection at a site."""

    verb: Literal["inspect"]
    name: str | None = Field(None, alias="as")
    site: str


class Transfer(Settings):
    """Moving a load from its truck onto a platform, or onto a vehicle of a fleet."""

    verb: Literal["transfer"]
    name: str | None = Field(None, alias="as")
    onto: str = Field(description="a platform; or a fleet: from truck to truck, when a bay and a vehicle are both free")
    bays: str


class Convoy(Settings):
    """Gathering at a yard and setting out together. Without `from` and `fleet` the arriving trucks form the convoy."""

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
    """Offloading at a warehouse, the last step of a corridor."""

    verb: Literal["offload"]
    name: str | None = Field(None, alias="as")
    warehouse: str


class Permit(Settings):
    """Applying at an office for permission to go on."""

    verb: Literal["permit"]
    name: str | None = Field(None, alias="as")
    office: str


class TakeSlot(Settings):
    """Waiting for a slot, and for its call."""

    verb: Literal["slot"]
    name: str | None = Field(None, alias="as")
    slots: str


SHORT = {
    "travel": "road", "pass_gate": "gate", "inspect": "site", "convoy": "yard", "offload": "warehouse",
    "permit": "office", "slot": "slots",
}  # fmt: skip
VERBS = (*SHORT, "transfer")


def _verb(step: Any) -> Any:
    """Returns a step in its long form: `{travel: x}` becomes `{verb: travel, road: x}`."""
    if not isinstance(step, dict) or "verb" in step:
        return step
    verbs = [word for word in step if word != "as"]
    if len(verbs) != 1 or verbs[0] not in VERBS:
        raise ValueError(f"wanted one verb of {', '.join(VERBS)}, found {', '.join(map(str, verbs)) or 'none'}")
    verb, settings = verbs[0], step[verbs[0]]
    if not isinstance(settings, dict):
        if verb not in SHORT:
            raise ValueError(f"wanted {verb}: {{onto: ..., bays: ...}}, found {settings!r}")
        settings = {SHORT[verb]: settings}
    return {"verb": verb, **settings, **({"as": step["as"]} if "as" in step else {})}


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
    costs: Costs | None = Field(None, description="costs of its inbound trucks; none: not included in costs")
