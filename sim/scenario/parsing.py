"""Reads a composed configuration, a plain dict, into a Scenario, and reports all mistakes at once for planners."""

import re
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sim.scenario.base import Mistakes, nearest
from sim.scenario.scenario import Scenario

WANTED = {
    "string_pattern_mismatch": "a name of letters, digits and . = + -",
    "date_from_datetime_parsing": "a date, e.g. 2024-05-13",
    "date_type": "a date, e.g. 2024-05-13",
    "date_from_datetime_inexact": "a date, e.g. 2024-05-13",
    "invalid_key": "names, which are text",
}

RENAMED = {("opening_stock",): "start"}


def read_scenario(config: dict[str, Any]) -> Scenario:
    """Returns the scenario that `config` describes. Raises Mistakes with all that is wrong in single settings."""
    try:
        return Scenario.model_validate(config)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        lines = [_line(config, dict(m)) for m in mistakes if m["type"] != "too_short" or not m["input"]]
        raise Mistakes(dict.fromkeys(lines)) from None


def _line(config: dict[str, Any], mistake: dict[str, Any]) -> str:
    """Returns the line for one error of pydantic."""
    loc, kind = mistake["loc"], mistake["type"]
    path, found = _written(config, loc, kind)
    where = ".".join(path)
    context = mistake.get("ctx", {})
    if kind == "extra_forbidden":
        if loc in RENAMED:
            return f"{where}: is called {RENAMED[loc]} now; see CHANGELOG.md"
        return f"{where}: no such setting{nearest(path[-1], _settings_at(loc[:-1]))}"
    if kind == "missing":
        return f"{where}: missing"
    if kind == "value_error":
        return f"{where}: {context['error']}"
    if kind == "literal_error" and loc[-1] == "[key]":  # of a mapping by sector: what is wrong is the name
        names = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return f"{where}: wanted {context['expected']}, found {loc[-2]!r}{nearest(str(loc[-2]), names)}"
    if kind == "union_tag_invalid":
        tags = context["expected_tags"].replace("'", "").split(", ")
        return f"{where}: there is no law {context['tag']!r}{nearest(str(context['tag']), tags)}"
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return f"{where}: wanted settings (name: value), found {_short(found)}"
    if kind == "too_short":
        return f"{where}: there is none"
    if kind in WANTED:
        return f"{where}: wanted {WANTED[kind]}, found {_short(found)}"
    hint = ""
    if kind == "literal_error" and isinstance(found, str):  # all that are right stand in the message already
        hint = nearest(found, re.findall("'([^']*)'", context["expected"]))
        hint = hint if hint.startswith(";") else ""
    message = mistake["msg"].removeprefix("Input ").replace("should be", "must be")
    return f"{where}: {message[0].lower()}{message[1:]}, is {_short(found)}{hint}"


def _short(found: Any) -> str:
    """Returns a value on one line of at most 60 characters."""
    text = repr(found)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _written(config: Any, loc: tuple[Any, ...], kind: str) -> tuple[list[str], Any]:
    """Returns path and value as the planner wrote them, without the tags that pydantic adds for members of a union."""
    path: list[str] = []
    for i, part in enumerate(loc):
        last = i == len(loc) - 1
        if isinstance(config, list | tuple) and isinstance(part, int):
            path[-1] += f"[{part}]"
            config = config[part]
        elif isinstance(config, dict) and (part in config or (last and kind == "missing")):
            path.append(str(part))
            config = config.get(part)
    return path or ["the scenario"], config


def _settings_at(loc: tuple[Any, ...]) -> set[str]:
    """Returns the names of settings at `loc`; a law or a verb in `loc` selects one of several models."""
    models: set[type[BaseModel]] = {Scenario}
    is_name = False  # of one's own, in a dict
    for part in loc:
        if is_name:
            is_name = False
            continue
        fields = [field for m in models for key, field in m.model_fields.items() if part in (key, field.alias)]
        if fields:
            models = {model for field in fields for model in _models_in(field.annotation)}
            is_name = any(get_origin(field.annotation) is dict for field in fields)
        else:
            models = {model for model in models if part in _tags(model)} or models
    return {str(field.alias or name) for model in models for name, field in model.model_fields.items()} - {"verb"}


def _tags(model: type[BaseModel]) -> set[str]:
    """Returns the words that select this model among several."""
    chosen_by = [model.model_fields[name] for name in ("law", "verb") if name in model.model_fields]
    return {word for field in chosen_by for word in get_args(field.annotation)}


def _models_in(annotation: Any) -> set[type[BaseModel]]:
    """Returns the models in an annotation, at any depth of unions, dicts and tuples."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {model for inner in get_args(annotation) for model in _models_in(inner)}
