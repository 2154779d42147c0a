"""Compares a study with observed days, each series through its own rule. It fits nothing and blends no two series.

A rule (scenarios/observed/*.yaml) says what an authority counted: milestone, senders, gates, size of truck, cut-off
hour, lag and coverage, and in which windows of which regime and scenario. The model is counted by the same rule.
"""

import csv
import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import duckdb
import numpy as np
import yaml
from pydantic import Field, NonNegativeInt, PositiveFloat, ValidationError, model_validator

from analysis.arrays import Floats
from analysis.compare import Mean, mean_interval
from analysis.spread import Spread, spread
from analysis.tables import RunResult, Study
from sim.calendars import Period
from sim.mistakes import Mistakes, nearest
from sim.settings import Settings
from sim.units import Share

SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios"
WEEK = 7
WITHIN = 2.0  # standard errors
_INBOUND = ("requested", "dispatched", "at_crossing", "entered", "offloaded")


class Window(Period):
    """Days over which a mean is compared. A figure that was reported without its days stands as total or per_day."""

    since: date = Field(alias="from", description="first day")
    until: date = Field(alias="to", description="last day")
    regime: str = Field(description="whose circumstances these are, by file name")
    scenario: str = Field(description="whose corridors these are, by file name")
    total: PositiveFloat | None = None
    per_day: PositiveFloat | None = None

    @property
    def n_days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def reported(self) -> float | None:
        """The reported mean [trucks/day]; None where days were observed."""
        return self.total / self.n_days if self.total is not None else self.per_day


class Coverage(Settings):
    """The share of what the rule describes that the series is taken to contain."""

    value: Share
    assumed: tuple[Share, Share] = Field(description="[lowest, highest]")
    why: str

    @model_validator(mode="after")
    def _ordered(self) -> "Coverage":
        low, high = self.assumed
        if not 0 < low <= self.value <= high:
            raise ValueError(f"wanted 0 < lowest <= value <= highest, found {low:g}, {self.value:g}, {high:g}")
        return self


class Days(Settings):
    """The daily series: a CSV beside the rule, with a column `date`."""

    file: str = Field(pattern=r"^[\w-]+\.csv$")
    column: str


class Rule(Settings):
    """What one authority counted, and how the model is to be counted beside it."""

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
    days: Days | None = None
    page: bool = Field(False, description="its days stand as dots on the comparison page")
    windows: dict[str, Window] = Field(min_length=1)
    source: Annotated[str, Field(min_length=1)]
    licence: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _answerable(self) -> "Rule":
        after_gate = self.milestone not in _INBOUND
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
class Series:
    """A rule by its file's name, with the days that were observed (none where only a figure was reported)."""

    name: str
    rule: Rule
    observed: dict[date, float]


@dataclass(frozen=True)
class Compared:
    """One series in one window beside one run, in trucks a day.

    observed, se : mean of the window's days, and its standard error from `weeks` weekly means, if there is one.
    model : through the rule, over replications.  low, high : its mean at the ends of the coverage's range.
    days : how they differ, observed and in the model; None where only a figure was reported.
    """

    series: str
    rule: Rule
    window: str
    run: str
    observed: float
    se: float | None
    weeks: int
    model: Mean
    low: float
    high: float
    days: tuple[Spread, Spread] | None = None

    @property
    def residual(self) -> float:
        return self.model.mean - self.observed

    @property
    def in_se(self) -> float | None:
        """The residual in standard errors; None where there is no standard error, or it is 0."""
        return self.residual / self.se if self.se else None

    @property
    def fits(self) -> bool | None:
        return None if self.in_se is None else abs(self.in_se) <= WITHIN


def read_rules(folder: Path = SCENARIOS / "observed") -> tuple[Series, ...]:
    """All rules in `folder`, by name. Mistakes says all that is wrong with any."""
    found, lines = [], []
    for path in sorted(folder.glob("*.yaml")):
        try:
            found.append(read_rule(path))
        except Mistakes as error:
            lines += [f"{path.name}: {line}" for line in error.lines]
    if lines:
        raise Mistakes(lines)
    return tuple(found)


def read_rule(path: Path) -> Series:
    """One rule with its days. Mistakes says all that is wrong with it."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        rule = Rule.model_validate(content)
    except (OSError, yaml.YAMLError) as error:
        raise Mistakes([f"cannot be read ({str(error).splitlines()[0]})"]) from None
    except ValidationError as error:
        raise Mistakes(_line(dict(mistake)) for mistake in error.errors(include_url=False)) from None
    observed = _read_days(path.parent, rule.days) if rule.days else {}
    if rule.days:
        for name, window in rule.windows.items():
            if missing := [day for day in days_of(window.since, window.until) if day not in observed]:
                raise Mistakes([f"windows.{name}: {rule.days.file} has no {missing[0]}"])
    return Series(path.stem, rule, observed)


def weekly_mean(days: Sequence[float]) -> tuple[float, float | None, int]:
    """The mean of daily counts, its standard error from weekly means, and how many weeks there are.

    Weeks are counted from the first day. A last week that is not complete weighs by its days: with weights w and weekly
    means x, SE^2 = k / (k - 1) sum of w^2 (x - mean)^2, which for k whole weeks is their variance / k. None below two.
    """
    weeks = [days[i : i + WEEK] for i in range(0, len(days), WEEK)]
    mean, k = sum(days) / len(days), len(weeks)
    if k < 2:
        return mean, None, k
    parts = [(len(week) / len(days) * (sum(week) / len(week) - mean)) ** 2 for week in weeks]
    return mean, (k / (k - 1) * sum(parts)) ** 0.5, k


def modelled(run: RunResult, rule: Rule) -> Floats | None:
    """The run's daily counts by the rule at full coverage, shape (replications, days), under the day of its listing.

    The first `lag` days, whose milestones lie before the run, are nan. None where the run has none of the gates.
    """
    corridors = [name for name, corridor in run.config["corridors"].items() if _gates(corridor) & set(rule.gates)]
    if not corridors:
        return None
    column, per = ("trucks", 1.0) if rule.pallets_per_truck is None else ("pallets", rule.pallets_per_truck)
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select replication, date_diff('day', ?::DATE, date) as day, sum({column})::DOUBLE as n "
            "from read_parquet(?) where milestone = ? and list_contains(?, corridor) and list_contains(?, sector) "
            "group by all order by all",
            [run.start, glob.escape((run.folder / "daily.parquet").as_posix()), rule.milestone, corridors,
             list(rule.sectors)],
        ).fetchnumpy()  # fmt: skip
    counts = np.zeros((len(run.arrays.replications), run.days))
    at = np.searchsorted(run.arrays.replications, rows["replication"]), rows["day"].astype(int)
    counts[at] = rows["n"] / per
    listed = np.full_like(counts, np.nan)
    listed[:, rule.lag :] = counts[:, : run.days - rule.lag]
    return listed


def compare_observed(study: Study, rules: Iterable[Series], scenarios: Path = SCENARIOS) -> list[Compared]:
    """Every window beside every run that is of its regime and scenario and covers its days."""
    found = []
    for series in rules:
        for name, window in series.rule.windows.items():
            for run in study.runs:
                names = {"scenario": window.scenario, "regime": window.regime}
                if all(is_of(run, group, named, scenarios) for group, named in names.items()):
                    found += [each for each in [_compared(series, name, window, run)] if each is not None]
    return found


def on_the_page(run: RunResult, rules: Iterable[Series], scenarios: Path = SCENARIOS) -> list[Series]:
    """The series whose days stand beside those of the run, of its regime and period, whatever its scenario."""
    return [
        series
        for series in rules
        if series.rule.page
        and any(is_of(run, "regime", window.regime, scenarios) for window in series.rule.windows.values())
        and any(day in series.observed for day in run.dates)
    ]


def _compared(series: Series, name: str, window: Window, run: RunResult) -> Compared | None:
    rule, first = series.rule, (window.since - run.start).days
    if first - rule.lag < max(0, run.warm_up) or first + window.n_days > run.days:
        return None
    counts = modelled(run, rule)
    if counts is None:
        return None
    counts = counts[:, first : first + window.n_days]
    means = counts.mean(axis=1)
    model = mean_interval(means * rule.coverage.value)
    assert model is not None, "a finished run has a replication"
    if window.reported is not None:
        observed, se, weeks, days = window.reported, None, 0, None
    else:
        listed = [series.observed[day] for day in days_of(window.since, window.until)]
        observed, se, weeks = weekly_mean(listed)
        days = spread(np.array([listed]), window.since), spread(counts, window.since)
    low, high = (float(means.mean()) * end for end in rule.coverage.assumed)
    return Compared(series.name, rule, name, run.name, observed, se, weeks, model, low, high, days)


def is_of(run: RunResult, group: str, name: str, scenarios: Path) -> bool:
    """Whether the run is of the scenario or regime in that file: by its title, which the manifest keeps."""
    title = _title(scenarios / group / f"{name}.yaml", group)
    return title is not None and run.config[group]["title"] == title


@cache
def _title(path: Path, group: str) -> str | None:
    about = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    found = (about or {}).get(group, {}).get("title")
    return None if found is None else str(found)


def _gates(corridor: dict[str, Any]) -> set[str]:
    """The gates that a corridor passes, as the planner wrote its steps."""
    passed = [step["pass_gate"] for step in corridor["steps"] if "pass_gate" in step]
    return {gate["gate"] if isinstance(gate, dict) else str(gate) for gate in passed}


def _read_days(folder: Path, days: Days) -> dict[date, float]:
    try:
        with (folder / days.file).open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            for column in ("date", days.column):
                if column not in (names := rows.fieldnames or ()):
                    raise Mistakes([f"days.column: {days.file} has no {column!r}{nearest(column, names)}"])
            return {date.fromisoformat(row["date"]): float(row[days.column]) for row in rows}
    except OSError:
        raise Mistakes([f"days.file: there is no {days.file}"]) from None
    except ValueError as error:
        raise Mistakes([f"days.file: {days.file} cannot be read ({error})"]) from None


def days_of(first: date, last: date) -> list[date]:
    return [first + timedelta(days=k) for k in range((last - first).days + 1)]


def _line(mistake: dict[str, Any]) -> str:
    """A mistake of pydantic's in planners' words."""
    where, kind = ".".join(str(part) for part in mistake["loc"]), mistake["type"]
    if kind == "extra_forbidden":
        return f"{where}: no such setting{nearest(str(mistake['loc'][-1]), _settings_at(mistake['loc']))}"
    if kind == "missing":
        return f"{where}: missing"
    if kind == "value_error":
        return f"{where}: {mistake['ctx']['error']}" if where else str(mistake["ctx"]["error"])
    message = mistake["msg"].removeprefix("Input ").replace("should be", "must be")
    return f"{where}: {message[0].lower()}{message[1:]}, is {mistake['input']!r}"


def _settings_at(loc: tuple[Any, ...]) -> set[str]:
    models: dict[str, type[Settings]] = {"windows": Window, "coverage": Coverage, "days": Days}
    model = models.get(str(loc[0]), Rule) if len(loc) > 1 else Rule
    return {str(field.alias or name) for name, field in model.model_fields.items()}
