"""The sections of a scenario file, the run and the report. Only checks of single settings.

Checks of several settings at once (a corridor that names an unknown gate) are in `sim.network`.
"""

from datetime import date
from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from sim.scenario.base import Settings
from sim.scenario.calendars import Calendar, Holidays
from sim.scenario.changes import OperatingLevel, Phase, Shock
from sim.scenario.convoys import Crew, Fleet, Yard
from sim.scenario.corridors import Corridor, Transfer
from sim.scenario.distribution import Distribution
from sim.scenario.flows import Cargo, Flow, Origin
from sim.scenario.gates import Ceiling, Gate
from sim.scenario.lanes import Bays, Site, Warehouse
from sim.scenario.needs import Area, Need
from sim.scenario.offices import Office, Slots
from sim.scenario.people import People
from sim.scenario.precision import Precision
from sim.scenario.roads import Road
from sim.scenario.start import Start
from sim.scenario.stock import Depot, Platform, Store
from sim.scenario.tasks import Task, Teams


class About(Settings):
    """Title and description of a scenario or a regime."""

    title: str
    description: str = ""
    calibrated: bool = False


MOST_DAYS = 10_000  # 27 years: seconds and what is drawn on top of them stay below 2^31
Engine = Literal["compiled", "simpy"]
Language = Literal["en", "fr"]


class Run(Settings):
    """The settings of a run. Those marked * do not change the results of a replication."""

    start: date = Field(description="day 0")
    days: PositiveInt
    warm_up: NonNegativeInt = Field(description="first days, excluded from dwell and from time averages")
    drain: NonNegativeInt = Field(0, description="last days, whose new loads count in no dwell")
    replications: PositiveInt = Field(description="* number of replications; with a precision their maximum")
    precision: Precision = Field(None, description="* stop early when means are this precise, e.g. 2.5 % of arrived")
    seed: NonNegativeInt
    workers: NonNegativeInt = Field(description="* parallel processes; 0: one per core")
    engine: Engine = Field(description="* compiled, or simpy: the readable model, slower, same results")
    log: Literal["none", "first", "all"] = Field(
        description="* replications whose loads are written to the results one by one"
    )

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
    """Settings of a study's page. They change no result."""

    language: Language = Field("en", description="language of the page and its plots: en or fr")
    notes: str = Field("", max_length=4000, description="free text at the head of the page")


class Scenario(Settings):
    """One scenario: places by kind, corridors, flows, stock and the run."""

    study: str = Field(pattern=r"^[\w][\w.=+-]*$", description="folder under results/")
    scenario: About
    regime: About
    run: Run
    report: Report = Report()
    levers: dict[str, str | float] = Field(
        default_factory=dict,
        description="named values that settings refer to as ${levers.name}, to change many at once",
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
        default_factory=dict, description="by corridor: goods that go on after they arrived in an area"
    )
    start: Start = Field(
        default_factory=dict,
        description="initial stocks by name, or the name of a CSV file",
    )
    shocks: dict[str, Shock] = Field(default_factory=dict)
    operating_levels: dict[str, OperatingLevel] = Field(default_factory=dict)
    phases: dict[str, Phase] = Field(default_factory=dict)

    def is_onto_fleet(self, step: Transfer) -> bool:
        """Whether loads are transferred onto vehicles; if a platform and a fleet share a name, it is the platform."""
        return step.onto in self.fleets and step.onto not in self.platforms


PLACE_KINDS = (
    "gates", "ceilings", "sites", "bays", "platforms", "yards", "fleets", "crews", "roads", "warehouses", "stores",
    "depots", "offices", "slots", "teams",
)  # fmt: skip
