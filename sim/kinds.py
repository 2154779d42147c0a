"""The kinds of place that a planner sets: gates, sites, bays, platforms, yards, fleets, roads, warehouses,
stores.

Frozen models that refuse nonsense, each setting described. Every place has a `key`, its full name (`gates.rafah`)
unless given, which luck, the order of ties and digests use: a rename keeps the old key.
"""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from sim.calendars import ALWAYS
from sim.depots import Fuel
from sim.durations import Time
from sim.losses import Interception
from sim.missions import Escorts, Permission
from sim.on_map import OnMap
from sim.people import Direction
from sim.settings import Keyed, Sector, Settings
from sim.traffic import Congestion
from sim.units import Delay, Duration, Height, Length, MassRate, Rate, Share, Speed, Volume

BESIDE = ("manual", "repacking")  # what a site may have with bays of their own


class Place(Keyed):
    """Something that corridors share."""


class Shown(Place):
    """A place that a page may draw."""

    on_map: OnMap | None = Field(None, description="where a page draws it; none: by the corridors alone")


class Gate(Shown):
    """Opens and closes; passing takes no time."""

    calendar: str = Field(ALWAYS, description="opening hours, by name")
    border: bool = Field(False, description="a load that passes here has entered")


class Ceiling(Place):
    """How much may pass one gate, or several together: so much a day, or as much as a platform behind them takes."""

    gates: tuple[str, ...] = ()
    wherever: tuple[str, ...] = Field((), description="gates that some scenarios lack: it is over them where they are")
    sectors: tuple[Sector, ...] | None = Field(None, description="that it holds for; default: all")
    trucks: Rate | None = Field(None, description="a day")
    mass: MassRate | None = Field(None, description="a day, e.g. 5000 t/day")
    pallets: PositiveInt | None = Field(None, description="on the way from the gates to a platform and on it together")
    persons: Rate | None = Field(None, description="a day, over gates of people")
    direction: Direction | None = Field(None, description="of the persons that it holds for; default: both")
    litres: Volume | None = Field(None, description="a day, of cargos that have litres; others it does not hold for")
    every: PositiveInt = Field(1, description="days for which this much holds, from the run's start on")
    behind: str | None = Field(None, description="that platform: what enters follows what is collected there")
    calendar: str = Field(ALWAYS, description="the share of it that holds on which days, by name")
    share: dict[Sector, PositiveInt] = Field(
        default_factory=dict, description="weights by which sectors take turns; unused turns go to others"
    )

    @model_validator(mode="after")
    def _one_limit(self) -> "Ceiling":
        if not self.gates and not self.wherever:
            raise ValueError("wanted gates, or wherever (gates that some scenarios lack)")
        if sum(limit is not None for limit in (self.trucks, self.mass, self.pallets, self.persons, self.litres)) != 1:
            raise ValueError("wanted one of trucks, mass, pallets, litres and persons")
        if (self.pallets is None) != (self.behind is None):
            raise ValueError("wanted both pallets and behind (a platform), or neither")
        if self.persons is None and self.direction is not None:
            raise ValueError("direction is of persons, and no limit of them is given")
        if self.persons is not None and (self.sectors is not None or self.share):
            raise ValueError("persons have no sectors; wanted direction, or none")
        if self.pallets is not None and self.every > 1:
            raise ValueError("every goes with what passes; pallets stand there until they are collected")
        return self


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


class Store(Place):
    """The floor behind the docks of one warehouse or several: what is offloaded stands there until it is handed out.

    A vehicle that finds no room for all its pallets at once stays in its dock.
    """

    room: PositiveInt = Field(description="pallets")
    outflow: Rate = Field(description="pallets handed out a day, evenly, at a level of 100 %")
    calendar: str = Field(ALWAYS, description="hours at which they are, or the share of the outflow, by name")
    stock: NonNegativeInt = Field(0, description="pallets there when the run starts")

    @model_validator(mode="after")
    def _has_room_for_its_stock(self) -> "Store":
        if self.stock > self.room:
            raise ValueError(f"stock ({self.stock}) is above room ({self.room})")
        return self


class Platform(Shown):
    """Stock that is offloaded and not yet collected."""

    room: PositiveInt | None = Field(None, description="pallets; none: no limit")
    collect: Literal["at_once", "next_day"] = Field("at_once", description="or from the next midnight on")


class Timetable(Settings):
    """Of each way on, one convoy sets out at `first` after the run's start and then every `every`."""

    first: Delay
    every: Duration


class Yard(Shown):
    """Vehicles gather here and set out as a convoy: enough of them, or one that has waited too long."""

    min: PositiveInt = Field(1, description="vehicles that make a convoy")
    max: PositiveInt = Field(description="vehicles that one permission covers")
    patience: Duration | None = Field(None, description="longest wait of a loaded vehicle for others; none: no end")
    calendar: str = Field(ALWAYS, description="hours at which convoys may set out, by name")
    timetable: Timetable | None = None
    escorts: Escorts | None = None
    permission: Permission | None = Field(None, description="that each mission asks for; none: it needs none")

    @model_validator(mode="after")
    def _ordered(self) -> "Yard":
        if self.min > self.max:
            raise ValueError(f"min ({self.min}) is above max ({self.max})")
        return self


class Fleet(Place):
    """Vehicles with drivers, taken for a trip and given back after the drive home.

    They collect from platforms in convoys, or take loads over at bays, one each.
    """

    vehicles: PositiveInt
    drivers: str | None = Field(None, description="crew of which each vehicle takes one; none: it has its own")
    pallets: PositiveInt = Field(description="that one vehicle carries")
    home: Time = Field(description="from where it is empty back to where it is taken")
    fuel: Fuel | None = Field(None, description="that each trip takes from a depot; none: it has what it needs")


class Crew(Place):
    """Drivers or escorts: vetted people of whom there may be fewer than vehicles."""

    people: PositiveInt
    rest: Duration | None = Field(None, description="from a trip until the next; none: no rest")


class Road(Place):
    """A drive: a length and a free-flow speed, or a law of its time. The calendar's level is a share of the speed."""

    length: Length | None = None
    speed: Speed | None = None
    variation: float = Field(0.0, ge=0, description="coefficient of variation of the drive; 0: always the same")
    time: Time | None = None
    calendar: str = Field(ALWAYS, description="hours and their share of the free-flow speed; closed: traffic stands")
    condition: Share = Field(1.0, ge=0.01, description="share of the free-flow speed that is left, beside the calendar")
    congestion: Congestion | None = Field(None, description="by the vehicles on it; none: they do not slow each other")
    interception: Interception | None = Field(None, description="of convoys and trucks on it; none: nothing is lost")

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> "Road":
        given = (self.length is not None, self.speed is not None, self.time is not None)
        if given not in ((True, True, False), (False, False, True)):
            raise ValueError("wanted length and speed, or time")
        return self
