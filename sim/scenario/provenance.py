"""Sources of the numbers: the source of each setting or its assumed range, and the settings without either."""

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
    """Yields (full name, thing) of everything that can carry sources."""
    for kind in type(scenario).model_fields:
        things = getattr(scenario, kind)
        if isinstance(things, dict):
            yield from ((f"{kind}.{name}", thing) for name, thing in things.items() if isinstance(thing, Described))


def provenance(scenario: Scenario, config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns a row (setting, value, source, assumed, why) for each setting with a source or an assumed range."""
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
    """Returns the settings that describe the real world and have neither a source nor an assumed range."""
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
                if not any(path == source or path.startswith(f"{source}.") for source in sources)
            ]
    return missing


def misplaced_sources(scenario: Scenario) -> Iterator[str]:
    """Checks that sources belong to existing settings, and that assumed ranges can be read."""
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
    """Yields a warning for each value outside its assumed range: a what-if, and no mistake."""
    for where, thing in described(scenario):
        for path, source in thing.sources.items():
            value = _value_at(thing, path)
            if isinstance(source, Assumed) and isinstance(value, int | float):
                low, high = _range(source)
                if not low <= value <= high:
                    yield f"{where}.{path}: beyond the assumed range, {source.assumed[0]} to {source.assumed[1]}"


def _range(source: Assumed) -> tuple[float, float]:
    """Returns (low, high) of an assumed range in base units."""
    low, high = (in_base_unit(end) for end in source.assumed)
    return low, high


def _written(config: Any, path: str) -> Any:
    """Returns the value at a path of the composed configuration; None where there is none."""
    while path:
        config, path = into(config, path) if isinstance(config, Mapping) else (None, "")
    return config


def into(settings: Mapping[str, Any], path: str) -> tuple[Any, str]:
    """Returns the value of the longest name that `path` begins with, and the rest: names may contain dots."""
    names = [name for name in settings if f"{path}.".startswith(f"{name}.")]
    longest = max(names, key=len, default=None)
    return (None, "") if longest is None else (settings[longest], path[len(longest) + 1 :])


def _leaves(thing: Any, path: str = "") -> Iterator[str]:
    """Yields the paths of all settings below that describe the real world."""
    if isinstance(thing, Mapping):
        for name, value in thing.items():
            if name not in _NOT_OF_THE_WORLD:
                yield from _leaves(value, f"{path}.{name}" if path else str(name))
    elif thing is not None:
        yield path


def _value_at(thing: Any, path: str) -> Any:
    """Returns the value of a setting in base units, for a constant law its value; None if there is none."""
    while path:
        if isinstance(thing, BaseModel):
            fields = type(thing).model_fields
            thing = {field.alias or name: getattr(thing, name) for name, field in fields.items()}
        thing, path = into(thing, path) if isinstance(thing, dict) else (None, "")
    return thing.value if isinstance(thing, Constant) else thing


def in_base_unit(text: str | float) -> float:
    """Returns a number as it is, and text with a unit in base units. Raises ValueError for other text."""
    if isinstance(text, int | float):
        return float(text)
    for convert in _CONVERSIONS:
        try:
            return convert(text)
        except ValueError:
            continue
    raise ValueError(f"{text!r} is no quantity")
