"""Counting rules of authorities, with the days that they observed. It compares nothing.

A rule (data/observed/*.yaml) says what an authority counted: milestone, senders, gates, kind of truck, cut-off hour,
lag and coverage, and the windows of a regime and scenario in which it is compared.
"""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, NonNegativeInt, PositiveFloat, ValidationError, model_validator

from analysis.files import DATA, read_yaml
from sim.scenario.base import Mistakes, Settings, suggest_name
from sim.scenario.calendars import Period
from sim.units import Share

OBSERVED = DATA / "observed"
_INBOUND_MILESTONES = ("requested", "dispatched", "at_crossing", "entered", "offloaded")


class ObservationWindow(Period):
    """The days over which a mean is compared. A total or mean reported without its days is in `total` or `per_day`."""

    since: date = Field(alias="from", description="first day")
    until: date = Field(alias="to", description="last day")
    regime: str = Field(description="whose circumstances these are, by file name")
    scenario: str = Field(description="whose corridors these are, by file name")
    total: PositiveFloat | None = None
    per_day: PositiveFloat | None = None

    @property
    def n_days(self) -> int:
        """Returns the number of days, both ends included."""
        return (self.until - self.since).days + 1

    @property
    def reported_per_day(self) -> float | None:
        """Returns the reported mean [trucks/day]; None if days were observed."""
        return self.total / self.n_days if self.total is not None else self.per_day


class Coverage(Settings):
    """The share of the loads described by the rule that the series is assumed to contain."""

    value: Share
    assumed: tuple[Share, Share] = Field(description="[lowest, highest]")
    why: str

    @model_validator(mode="after")
    def _check_order(self) -> "Coverage":
        low, high = self.assumed
        if not 0 < low <= self.value <= high:
            raise ValueError(f"wanted 0 < lowest <= value <= highest, found {low:g}, {self.value:g}, {high:g}")
        return self


class DailyFile(Settings):
    """The daily series: a CSV file beside the rule, with a column `date`."""

    file: str = Field(pattern=r"^[\w-]+\.csv$")
    column: str


class ObservationRule(Settings):
    """What one authority counted, and how the model is counted for the comparison."""

    title: str
    authority: str
    milestone: Literal["entered", "offloaded", "collected", "arrived"]
    sectors: tuple[Literal["un", "bilateral", "ngo", "commercial"], ...] = Field(min_length=1)
    gates: tuple[str, ...] = Field(min_length=1, description="border gates; loads of all corridors that pass one count")
    truck: Literal["inbound", "gaza_side"]
    pallets_per_truck: PositiveFloat | None = Field(None, description="to count collected pallets as inbound trucks")
    cut_off: str = Field(pattern=r"^\d\d:\d\d$", description="hour at which its day begins")
    lag: NonNegativeInt = Field(description="days from the milestone to the day under which it is listed")
    coverage: Coverage
    days: DailyFile | None = None
    page: bool = Field(False, description="its days stand as dots on the comparison page")
    windows: dict[str, ObservationWindow] = Field(min_length=1)
    source: Annotated[str, Field(min_length=1)]
    licence: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _check_answerable(self) -> "ObservationRule":
        after_gate = self.milestone not in _INBOUND_MILESTONES
        if self.cut_off != "00:00":
            raise ValueError(f"cut_off: daily counts go from midnight to midnight; {self.cut_off} cannot be answered")
        if not after_gate and self.truck != "inbound":
            raise ValueError(f"truck: {self.milestone} is counted in inbound trucks, not {self.truck}")
        if (after_gate and self.truck == "inbound") != (self.pallets_per_truck is not None):
            raise ValueError("pallets_per_truck: wanted to count inbound trucks after the gate, and only there")
        for name, window in self.windows.items():
            given = (self.days is not None, window.total is not None, window.per_day is not None)
            if sum(given) != 1:
                raise ValueError(f"windows.{name}: wanted one of days (of the rule), total and per_day")
        return self


@dataclass(frozen=True)
class ObservedSeries:
    """A rule, named by its file, with the observed days; without days if only a total was reported."""

    name: str
    rule: ObservationRule
    observed_by_date: dict[date, float]


def read_rules(folder: Path = OBSERVED) -> tuple[ObservedSeries, ...]:
    """Returns all rules in `folder`, by name. Raises Mistakes with all errors of all files."""
    series, lines = [], []
    for path in sorted(folder.glob("*.yaml")):
        try:
            series.append(read_rule(path))
        except Mistakes as error:
            lines += [f"{path.name}: {line}" for line in error.lines]
    if lines:
        raise Mistakes(lines)
    return tuple(series)


def read_rule(path: Path) -> ObservedSeries:
    """Returns one rule with its days. Raises Mistakes with all its errors."""
    try:
        content = read_yaml(path)
        rule = ObservationRule.model_validate(content)
    except (OSError, yaml.YAMLError) as error:
        raise Mistakes([f"cannot be read ({str(error).splitlines()[0]})"]) from None
    except ValidationError as error:
        raise Mistakes(_mistake_line(dict(mistake)) for mistake in error.errors(include_url=False)) from None
    observed = _read_days(path.parent, rule.days) if rule.days else {}
    if rule.days:
        for name, window in rule.windows.items():
            if missing := [day for day in dates_between(window.since, window.until) if day not in observed]:
                raise Mistakes([f"windows.{name}: {rule.days.file} has no {missing[0]}"])
    return ObservedSeries(path.stem, rule, observed)


def dates_between(first: date, last: date) -> list[date]:
    """Returns all dates from `first` to `last`, both included."""
    return [first + timedelta(days=k) for k in range((last - first).days + 1)]


def _read_days(folder: Path, days: DailyFile) -> dict[date, float]:
    try:
        with (folder / days.file).open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            for column in ("date", days.column):
                if column not in (names := rows.fieldnames or ()):
                    raise Mistakes([f"days.column: {days.file} has no {column!r}{suggest_name(column, names)}"])
            return {date.fromisoformat(row["date"]): float(row[days.column]) for row in rows}
    except OSError:
        raise Mistakes([f"days.file: there is no {days.file}"]) from None
    except ValueError as error:
        raise Mistakes([f"days.file: {days.file} cannot be read ({error})"]) from None


def _mistake_line(mistake: dict[str, Any]) -> str:
    """Returns an error of pydantic as a line for planners."""
    where, kind = ".".join(str(part) for part in mistake["loc"]), mistake["type"]
    if kind == "extra_forbidden":
        return f"{where}: no such setting{suggest_name(str(mistake['loc'][-1]), _known_settings_at(mistake['loc']))}"
    if kind == "missing":
        return f"{where}: missing"
    if kind == "value_error":
        return f"{where}: {mistake['ctx']['error']}" if where else str(mistake["ctx"]["error"])
    message = mistake["msg"].removeprefix("Input ").replace("should be", "must be")
    return f"{where}: {message[0].lower()}{message[1:]}, is {mistake['input']!r}"


def _known_settings_at(loc: tuple[Any, ...]) -> set[str]:
    models: dict[str, type[Settings]] = {"windows": ObservationWindow, "coverage": Coverage, "days": DailyFile}
    model = models.get(str(loc[0]), ObservationRule) if len(loc) > 1 else ObservationRule
    return {str(field.alias or name) for name, field in model.model_fields.items()}
