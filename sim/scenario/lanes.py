"""Places with lanes as planners write them: sites of inspection, bays and warehouses, with breakdowns and rejections.

Every place has a `key`, by default its full name (`gates.rafah`). Random numbers, ties and digests depend on the key,
so a place that is renamed keeps its old key.
"""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from sim.scenario.base import Settings, Shown, Time
from sim.scenario.calendars import ALWAYS
from sim.units import Height, Share

BESIDE = ("manual", "repacking")  # parts of a site with bays of their own


class Breaks(Settings):
    """Equipment that breaks and is repaired, independently in each lane."""

    after: Time = Field(description="time from the run's start, or a repair, to the next breakdown")
    lasts: Time = Field(description="duration of a repair")
    clock: Literal["work", "always"] = Field(
        "work", description="work: the time to a breakdown runs while the lane works; always: all the time"
    )
    then: Literal["resume", "restart"] = Field(
        "resume", description="after a repair, interrupted work is resumed, or restarts"
    )


class Served(Shown):
    """Lanes (docks, bays) behind one queue, on shifts."""

    lanes: PositiveInt = Field(description="trucks served at once, at a level of 100 %")
    time: Time = Field(description="service time of one truck")
    calendar: str = Field(ALWAYS, description="name of the calendar of its shifts")
    rule: Literal["finish", "freeze", "nostart"] = Field(
        "finish",
        description="at closing: work in hand ends (finish) or pauses (freeze); nostart: only work that can end starts",
    )
    room: NonNegativeInt | None = Field(
        None, description="trucks that can wait, in addition to those in lanes; none: no limit"
    )
    overflow: Literal["block", "turn_away"] = Field(
        "block", description="what a truck does that finds no room: block the place before, or turn away"
    )
    breaks: Breaks | None = Field(
        None,
        description="equipment of the lanes, not of a site's manual or repacking bays; none: nothing breaks",
    )

    @model_validator(mode="after")
    def _work_in_hand_ends(self) -> "Served":
        if self.breaks and self.rule != "finish":
            raise ValueError(f"equipment that breaks goes with rule: finish only, found {self.rule}")
        return self


class Manual(Settings):
    """A manual inspection, in bays of its own, of a share of loads."""

    share: Share
    bays: PositiveInt
    time: Time


class Repacking(Settings):
    """Repacking of loads with too many pallets, in bays of its own."""

    bays: PositiveInt
    time: Time = Field(description="service time of one truck")


class Form(Settings):
    """Rejections for papers or packing, which are repaired before the next inspection."""

    share: Share = Field(description="share of loads, at their first inspection")
    repaired: Share = Field(0.0, description="share of later inspections that reject a repaired load for it again")


class Item(Settings):
    """Rejections for an item, at every inspection for as long as the load carries it."""

    share: Share = Field(description="share of loads that carry one")
    removed: Share = Field(0.0, description="share of loads rejected for it that come again without it")


class Reasons(Settings):
    """Reasons for a rejection. Form is checked first, then items, then the share without a reason."""

    form: Form | None = None
    item: Item | None = None
    time: bool = Field(
        False,
        description="work is broken off at closing time and restarts at the load's next turn, with the same random "
        "numbers and without using an attempt",
    )


class Rejected(Settings):
    """Rejections: a share of inspections, or reasons."""

    share: Share = Field(0.0, description="share of inspections that reject a load without a reason")
    reasons: Reasons | None = None
    after: Time | None = Field(None, description="time from the rejection until the load joins again; none: at once")
    attempts: PositiveInt = Field(
        1, description="most inspections of one load here; after the last rejection it is returned"
    )
    back_to: str | None = Field(
        None, description="earlier step (`as: name`) at which the load joins again; default: this step"
    )

    @model_validator(mode="after")
    def _says_why_or_how_often(self) -> "Rejected":
        if "share" not in self.model_fields_set and self.reasons is None:
            raise ValueError("wanted share, reasons, or both")
        return self


class Site(Served):
    """A site of inspection."""

    manual: Manual | None = None
    rejected: Rejected | None = None
    most_pallets: PositiveInt | None = Field(
        None, description="loads with more pallets are repacked before their first inspection"
    )
    most_height: Height | None = Field(
        None, description="loads that are higher are repacked before their first inspection"
    )
    repacking: Repacking | None = None

    @model_validator(mode="after")
    def _repacks_above_a_number(self) -> "Site":
        if (self.most_pallets is None and self.most_height is None) != (self.repacking is None):
            raise ValueError("wanted both most_pallets (or most_height) and repacking, or neither")
        return self

    @property
    def breaks_off(self) -> bool:
        """Whether work is broken off at closing time."""
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
    """Bays where loads are moved from trucks onto a platform, or onto other trucks."""


class Warehouse(Served):
    """A warehouse where vehicles are offloaded: lanes are docks."""

    store: str | None = Field(None, description="store where offloaded goods stand; none: room has no limit")
    depot: str | None = Field(None, description="depot into which tankers are emptied, instead of a store")

    @model_validator(mode="after")
    def _one_place_behind_it(self) -> "Warehouse":
        if self.store is not None and self.depot is not None:
            raise ValueError(f"wanted store or depot, found both ({self.store} and {self.depot})")
        return self
