"""What a planner writes: corridors as lists of verbs, flows, stock and the run. Local checks only.

Whatever needs two places at once (a corridor that names an unknown gate) is checked in `checks.py`.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, NonNegativeInt, PositiveInt, model_validator

from sim.calendars import Calendar, Holidays, Period, hours, weekdays
from sim.choices import Choice, Divert
from sim.costs import Costs
from sim.depots import Depot
from sim.distribution import Distribution
from sim.durations import HeightLaw, Pallets, Time, Weight
from sim.hazards import OperatingLevel, Shock
from sim.kinds import Bays, Ceiling, Crew, Fleet, Gate, Platform, Road, Site, Store, Warehouse, Yard
from sim.needs import Area, Need
from sim.on_map import OnMap
from sim.people import People
from sim.permits import Office, Slots
from sim.precision import Precision
from sim.settings import Described, Keyed, Part, Sector, Settings, shares_of
from sim.start import Start
from sim.tasks import Task, Teams
from sim.timeline import Phase
from sim.units import Duration, Rate, Volume


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


class Cargo(Described):
    """What a load is: pallets and weight of one inbound truck, and how high they stand."""

    pallets: Pallets
    weight: Weight
    height: HeightLaw | None = Field(None, description="of its highest pallet; none: no site finds it too high")
    shelf_life: Duration | None = Field(None, description="from its request until it is offloaded; none: it keeps")
    litres: Volume | None = Field(None, description="of one pallet (a tanker's part) of it; none: it is no fuel or gas")

    @model_validator(mode="after")
    def _fuel_keeps(self) -> "Cargo":
        if self.litres is not None and self.shelf_life is not None:
            raise ValueError("what has litres keeps: wanted litres or shelf_life, found both")
        return self


class DatedFactor(Period):
    """Multiplies a rate on certain dates."""

    factor: float = Field(ge=0)


Factor = Annotated[float, Field(ge=0)]


class Pattern(Settings):
    """Multiplies a flow's rate by hour, weekday and date. Hours and weekdays that are not listed have none."""

    hours: dict[str, Factor] = Field(default_factory=dict, description="e.g. '06:00-18:00': 2")
    weekdays: dict[str, Factor] = Field(default_factory=dict, description="e.g. sun-thu: 1.2")
    dates: dict[str, DatedFactor] = Field(default_factory=dict, description="by a name of one's own")

    @model_validator(mode="after")
    def _readable(self) -> "Pattern":
        for text in self.hours:
            hours(text)
        for text in self.weekdays:
            weekdays(text)
        return self


class Flow(Keyed):
    """A demand: loads of one sender and cargo, and the corridors that they take by fixed shares or by a choice."""

    sector: Sector
    cargo: str
    rate: Rate = Field(0.0, description="loads requested while every factor of the pattern is 1")
    pattern: Pattern = Pattern()
    interval: Time | None = Field(None, description="between two loads, instead of a rate: a law of its own, or fixed")
    trace: str | None = Field(None, description="a CSV of arrivals instead of a rate (docs/settings.md)")
    corridors: dict[str, Part] = Field(
        default_factory=dict, description="the share of loads that takes each; one may be `rest`"
    )
    choice: Choice | None = Field(None, description="how each load chooses its corridor; none: by shares")
    divert: Divert | None = Field(None, description="what a load does whose border has been closed for long")
    rank: NonNegativeInt = Field(1, description="0 goes first in every queue")

    @model_validator(mode="after")
    def _one_source(self) -> "Flow":
        given = [n for n, value in (("rate", self.rate), ("interval", self.interval), ("trace", self.trace)) if value]
        if len(given) > 1:
            raise ValueError(f"wanted one of rate, interval and trace, found {' and '.join(given)}")
        if list(self.corridors.values()).count("rest") > 1:
            raise ValueError("corridors: only one can take the rest")
        return self

    def shares(self) -> dict[str, float]:
        """The share of loads that takes each corridor, with what is left for `rest`; they may not add up to 1.

        Of a choice as if they took its corridors evenly, in its order.
        """
        if self.choice is not None:
            return dict.fromkeys(self.choice.among, 1 / len(self.choice.among))
        return shares_of(self.corridors)


class Origin(Described):
    """Where loads set out."""

    on_map: OnMap | None = Field(None, description="where a page draws it; none: by the corridors alone")


class About(Settings):
    """What a page says of a scenario or a regime."""

    title: str
    description: str = ""
    calibrated: bool = False


MOST_DAYS = 10_000  # 27 years: seconds and what is drawn on top of them stay below 2^31
Engine = Literal["compiled", "simpy"]
Language = Literal["en", "fr"]


class Run(Settings):
    """How a scenario is run. What is marked * does not change the results of a replication."""

    start: date = Field(description="day 0")
    days: PositiveInt
    warm_up: NonNegativeInt = Field(description="days dropped from dwell and clipped from integrals")
    drain: NonNegativeInt = Field(0, description="days at the end whose newcomers count in no dwell")
    replications: PositiveInt = Field(description="* the most, where a precision is asked for")
    precision: Precision = Field(None, description="* fewer, once means are so precise: 2.5 % of arrived")
    seed: NonNegativeInt
    workers: NonNegativeInt = Field(description="* replications at a time; 0: one a core")
    engine: Engine = Field(description="* simpy: the model as it is read, slower")
    log: Literal["none", "first", "all"] = Field(description="* replications whose loads are written one by one")

    @model_validator(mode="after")
    def _something_is_left(self) -> "Run":
        if self.days > MOST_DAYS:
            raise ValueError(f"days ({self.days}) are more than {MOST_DAYS}")
        if self.warm_up >= self.days:
            raise ValueError(f"warm_up ({self.warm_up}) leaves nothing of days ({self.days})")
        if self.warm_up + self.drain >= self.days:
            raise ValueError(f"warm_up ({self.warm_up}) and drain ({self.drain}) leave nothing of days ({self.days})")
        return self


class Report(Settings):
    """How the page of a study is told. It changes no result."""

    language: Language = Field("en", description="of the page and its plots: en or fr")
    notes: str = Field("", max_length=4000, description="free text at the head of the page")


class Scenario(Settings):
    """One world: places by kind, corridors, flows, stock and the run."""

    study: str = Field(pattern=r"^[\w][\w.=+-]*$", description="folder under results/")
    scenario: About
    regime: About
    run: Run
    report: Report = Report()
    levers: dict[str, str | float] = Field(
        default_factory=dict, description="named values that settings refer to as ${levers.name}: one override for many"
    )
    holidays: dict[str, Holidays] = Field(default_factory=dict)
    calendars: dict[str, Calendar] = Field(default_factory=dict)
    origins: dict[str, Origin] = Field(default_factory=dict)
    areas: dict[str, Area] = Field(default_factory=dict)
    needs: dict[str, Need] = Field(default_factory=dict)
    cargos: dict[str, Cargo] = Field(default_factory=dict)
    gates: dict[str, Gate] = Field(default_factory=dict)
    ceilings: dict[str, Ceiling] = Field(default_factory=dict)
    sites: dict[str, Site] = Field(default_factory=dict)
    bays: dict[str, Bays] = Field(default_factory=dict)
    platforms: dict[str, Platform] = Field(default_factory=dict)
    yards: dict[str, Yard] = Field(default_factory=dict)
    fleets: dict[str, Fleet] = Field(default_factory=dict)
    crews: dict[str, Crew] = Field(default_factory=dict)
    roads: dict[str, Road] = Field(default_factory=dict)
    warehouses: dict[str, Warehouse] = Field(default_factory=dict)
    stores: dict[str, Store] = Field(default_factory=dict)
    depots: dict[str, Depot] = Field(default_factory=dict)
    offices: dict[str, Office] = Field(default_factory=dict)
    slots: dict[str, Slots] = Field(default_factory=dict)
    teams: dict[str, Teams] = Field(default_factory=dict)
    tasks: dict[str, Task] = Field(default_factory=dict)
    corridors: dict[str, Corridor] = Field(min_length=1)
    flows: dict[str, Flow] = Field(default_factory=dict)
    people: dict[str, People] = Field(default_factory=dict)
    distribution: dict[str, Distribution] = Field(
        default_factory=dict, description="by corridor: what takes up goods that have arrived in an area"
    )
    start: Start = Field(
        default_factory=dict,
        description="what is there when the run starts: stocks by name, or the name of a CSV",
    )
    shocks: dict[str, Shock] = Field(default_factory=dict)
    operating_levels: dict[str, OperatingLevel] = Field(default_factory=dict)
    phases: dict[str, Phase] = Field(default_factory=dict)

    def is_onto_fleet(self, step: Transfer) -> bool:
        """Whether loads are transferred onto vehicles; of a platform and a fleet of one name the platform is meant."""
        return step.onto in self.fleets and step.onto not in self.platforms


PLACE_KINDS = (
    "gates", "ceilings", "sites", "bays", "platforms", "yards", "fleets", "crews", "roads", "warehouses", "stores",
    "depots", "offices", "slots", "teams",
)  # fmt: skip
