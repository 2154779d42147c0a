"""Where the numbers come from: the source of each setting, or its assumed range, and those without either."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from sim.laws import Constant
from sim.scenario.base import Assumed, Described
from sim.scenario.scenario import Scenario
from sim.scenario.start import path_of
from sim.units import (
    duration_s,
    kcal_per_kg,
    kg_per_day,
    length_km,
    mass_kg,
    money_usd,
    per_day,
    share,
    speed_km_h,
    volume_l,
)

_NOT_OF_THE_WORLD = {
    "title", "key", "sources", "rank", "rule", "overflow", "collect", "calendar", "law", "border", "steps", "from",
    "to", "places", "of", "gates", "wherever", "sectors", "behind", "sector", "cargo", "trace", "flow", "corridor",
    "at", "why", "back_to", "unused", "name", "also", "need", "unmet", "essential", "what", "direction", "depot",
}  # fmt: skip
_CONVERSIONS = (
    duration_s,
    per_day,
    mass_kg,
    kg_per_day,
    length_km,
    speed_km_h,
    money_usd,
    kcal_per_kg,
    volume_l,
    share,
)
_PARTS = ("holidays", "calendars", "areas", "needs", "cargos", "gates", "ceilings", "sites", "bays", "platforms",
          "yards", "fleets", "roads", "warehouses", "stores", "depots", "offices", "slots", "corridors", "flows",
          "start", "shocks", "operating_levels", "phases", "teams", "tasks", "people")  # fmt: skip


def described(scenario: Scenario) -> Iterator[tuple[str, Described]]:
    """(full name, thing) of everything that can carry sources."""
    for kind in type(scenario).model_fields:
        things = getattr(scenario, kind)
        if isinstance(things, dict):
            yield from ((f"{kind}.{name}", thing) for name, thing in things.items() if isinstance(thing, Described))


def provenance(scenario: Scenario, config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each setting that has a source or an assumed range: setting, value as written, source, assumed, why."""
    rows = []
    for where, thing in described(scenario):
        for path, source in thing.sources.items():
            written = _written(config, f"{where}.{path}")
            value = _value_at(thing, path) if written is None else written  # of what is there by a file
            row: dict[str, Any] = {"setting": f"{where}.{path}", "value": value}
            if isinstance(source, Assumed):
                row |= {"source": None, "assumed": list(source.assumed), "why": source.why}
            else:
                row |= {"source": source, "assumed": None, "why": ""}
            rows.append(row)
    return sorted(rows, key=lambda row: row["setting"])


def without_source(scenario: Scenario, config: Mapping[str, Any]) -> list[str]:
    """The settings that stand for the world, and say neither where they come from nor that they are assumed."""
    missing = []
    if isinstance(config.get("start"), str) and not isinstance(scenario.start, str):
        missing += [path_of(name, "loads") for name, stock in scenario.start.items() if not stock.sources]
    for kind in _PARTS:
        things = config.get(kind)
        for name, thing in things.items() if isinstance(things, Mapping) else ():
            sources = set(thing.get("sources") or ())
            missing += [
                f"{kind}.{name}.{path}"
                for path in _leaves(thing)
                if not any(path == told or path.startswith(f"{told}.") for told in sources)
            ]
    return missing


def misplaced_sources(scenario: Scenario) -> Iterator[str]:
    """Sources of settings that are not there, and ranges that cannot be read."""
    for where, thing in described(scenario):
        for path, source in thing.sources.items():
            value = _value_at(thing, path)
            if value is None:
                yield f"{where}.sources: there is no setting {path} here"
            elif isinstance(source, Assumed) and isinstance(value, int | float):
                try:
                    _range(source)
                except ValueError as error:
                    yield f"{where}.sources.{path}.assumed: {error}"


def beyond_range(scenario: Scenario) -> Iterator[str]:
    """Values outside the range in which they are assumed: a what-if, worth knowing, and no mistake."""
    for where, thing in described(scenario):
        for path, source in thing.sources.items():
            value = _value_at(thing, path)
            if isinstance(source, Assumed) and isinstance(value, int | float):
                low, high = _range(source)
                if not low <= value <= high:
                    yield f"{where}.{path}: beyond the assumed range, {source.assumed[0]} to {source.assumed[1]}"


def _range(source: Assumed) -> tuple[float, float]:
    low, high = (in_base_unit(end) for end in source.assumed)
    return low, high


def _written(config: Any, path: str) -> Any:
    while path:
        config, path = into(config, path) if isinstance(config, Mapping) else (None, "")
    return config


def into(settings: Mapping[str, Any], path: str) -> tuple[Any, str]:
    """What stands under the longest name that the path begins with, and the rest of the path: names may have dots."""
    names = [name for name in settings if f"{path}.".startswith(f"{name}.")]
    longest = max(names, key=len, default=None)
    return (None, "") if longest is None else (settings[longest], path[len(longest) + 1 :])


def _leaves(thing: Any, path: str = "") -> Iterator[str]:
    if isinstance(thing, Mapping):
        for name, value in thing.items():
            if name not in _NOT_OF_THE_WORLD:
                yield from _leaves(value, f"{path}.{name}" if path else str(name))
    elif thing is not None:
        yield path


def _value_at(thing: Any, path: str) -> Any:
    """The value of a setting in base units; a constant law is its value; None where there is no such setting."""
    while path:
        if isinstance(thing, BaseModel):
            fields = type(thing).model_fields
            thing = {field.alias or name: getattr(thing, name) for name, field in fields.items()}
        thing, path = into(thing, path) if isinstance(thing, dict) else (None, "")
    return thing.value if isinstance(thing, Constant) else thing


def in_base_unit(text: str | float) -> float:
    """A number as it is, a text with its unit in the base unit of that unit."""
    if isinstance(text, int | float):
        return float(text)
    for convert in _CONVERSIONS:
        try:
            return convert(text)
        except ValueError:
            continue
    raise ValueError(f"{text!r} is no quantity")
