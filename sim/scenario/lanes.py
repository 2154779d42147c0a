"""The kinds of place that a planner sets: gates, sites, bays, platforms, yards, fleets, roads, warehouses,
stores.

Frozen models that refuse nonsense, each setting described. Every place has a `key`, its full name (`gates.rafah`)
unless given, which luck, the order of ties and digests use: a rename keeps the old key.
"""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from sim.scenario.base import Settings, Shown, Time
from sim.scenario.calendars import ALWAYS
from sim.units import Height, Share

BESIDE = ("manual", "repacking")  # what a site may have with bays of their own


class Breaks(Settings):
    """Equipment that breaks and is repaired, in each lane by itself."""

    after: Time = Field(description="time up, from the run's start or a repair to the next breakdown")
    lasts: Time = Field(description="a repair")
    clock: Literal["work", "always"] = Field("work", description="the time up runs while the lane works, or always")
    then: Literal["resume", "restart"] = Field(
        "resume", description="after a repair work in hand goes on, or begins anew"
    )


class Served(Shown):
    """Lanes (docks, bays) behind one queue, on shifts."""

    lanes: PositiveInt = Field(description="trucks served at once, at a level of 100 %")
    time: Time = Field(description="of one truck")
    calendar: str = Field(ALWAYS, description="shifts, by name")
    rule: Literal["finish", "freeze", "nostart"] = Field(
        "finish", description="at closing: work in hand ends, or pauses, or nothing starts that cannot end in time"
    )
    room: NonNegativeInt | None = Field(None, description="trucks that can wait, besides those in lanes; none: any")
    overflow: Literal["block", "turn_away"] = Field("block", description="of a truck that finds no room")
    breaks: Breaks | None = Field(None, description="equipment of the lanes, bays beside a site apart; none: never")

    @model_validator(mode="after")
    def _work_in_hand_ends(self) -> "Served":
        if self.breaks and self.rule != "finish":
            raise ValueError(f"equipment that breaks goes with rule: finish only, found {self.rule}")
        return self


class Manual(Settings):
    """A share of loads goes from the lane to a manual inspection with bays of its own."""

    share: Share
    bays: PositiveInt
    time: Time


class Repacking(Settings):
    """Bays of their own at which loads that have too many pallets are repacked."""

    bays: PositiveInt
    time: Time = Field(description="of one truck")


class Form(Settings):
    """Papers or packing that are put in order before the next inspection, and then stay so."""

    share: Share = Field(description="of loads, at their first inspection")
    repaired: Share = Field(0.0, description="share of later inspections that reject a repaired load for it again")


class Item(Settings):
    """An item that is refused at every inspection for as long as the load carries it."""

    share: Share = Field(description="of loads that carry one")
    removed: Share = Field(0.0, description="share of those refused for it that come again without it")


class Reasons(Settings):
    """Why an inspection says no. Form is looked at first, then items; whatever else it may be comes last."""

    form: Form | None = None
    item: Item | None = None
    time: bool = Field(
        False,
        description="work is broken off at closing hour, and is done anew when the load's turn comes again: "
        "this uses up no attempt, and nothing is drawn anew",
    )


class Rejected(Settings):
    """A share of inspections ends in a rejection, or there are reasons for it."""

    share: Share = Field(0.0, description="of inspections, for no reason that is told")
    reasons: Reasons | None = None
    after: Time | None = Field(None, description="from the rejection until the load joins again; none: at once")
    attempts: PositiveInt = Field(1, description="inspections of one load here; after the last it is returned")
    back_to: str | None = Field(None, description="an earlier step (`as: name`) to join again; default: this one")

    @model_validator(mode="after")
    def _says_why_or_how_often(self) -> "Rejected":
        if "share" not in self.model_fields_set and self.reasons is None:
            raise ValueError("wanted share, reasons, or both")
        return self


class Site(Served):
    """An inspection."""

    manual: Manual | None = None
    rejected: Rejected | None = None
    most_pallets: PositiveInt | None = Field(
        None, description="a load with more is repacked before its first inspection"
    )
    most_height: Height | None = Field(None, description="and so is one that stands higher")
    repacking: Repacking | None = None

    @model_validator(mode="after")
    def _repacks_above_a_number(self) -> "Site":
        if (self.most_pallets is None and self.most_height is None) != (self.repacking is None):
            raise ValueError("wanted both most_pallets (or most_height) and repacking, or neither")
        return self

    @property
    def breaks_off(self) -> bool:
        """Whether work is broken off at closing hour."""
        return bool(self.rejected and self.rejected.reasons and self.rejected.reasons.time)

    @model_validator(mode="after")
    def _broken_off_by_one_rule(self) -> "Site":
        if self.breaks_off and self.rule != "finish":
            raise ValueError(f"work that is broken off at closing hour (time) needs rule: finish, found {self.rule}")
        if self.breaks_off and self.breaks:
            raise ValueError(
                "work is either broken off at closing hour (time), or its lanes have equipment that breaks"
            )
        return self


class Bays(Served):
    """Where loads are moved from trucks onto a platform, or onto other trucks."""


class Warehouse(Served):
    """Where vehicles are offloaded: lanes are docks."""

    store: str | None = Field(None, description="where it stands from then on; none: there is always room")
    depot: str | None = Field(None, description="into which tankers are emptied, instead of a store")

    @model_validator(mode="after")
    def _one_place_behind_it(self) -> "Warehouse":
        if self.store is not None and self.depot is not None:
            raise ValueError(f"wanted store or depot, found both ({self.store} and {self.depot})")
        return self
