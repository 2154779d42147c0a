"""The JSON schema of scenario files, for completion and checks in an editor: `python -m sim.study.schema` writes it.

It is made from the models that read a scenario, and allows nearly every setting to be left to another file. It cannot
check rules that involve two places at once; `python -m sim check` can.
"""

import json
import sys
from pathlib import Path
from typing import Any

from sim.scenario.base import AMOUNTS, LISTS
from sim.scenario.corridors import SHORT, VERBS
from sim.scenario.scenario import Scenario
from sim.units import HEIGHT_PATTERN, MASS_PATTERN

SCHEMA_FILE = Path(__file__).parents[2] / "schemas" / "scenario.json"
Schema = dict[str, Any]

NUMBER: Schema = {"type": "number", "exclusiveMinimum": 0}
HEIGHT: Schema = {"type": "string", "pattern": HEIGHT_PATTERN}
WEIGHT: Schema = {"type": "string", "pattern": MASS_PATTERN}
REFERENCE: Schema = {"type": "string", "pattern": r"^\$\{[\w.]+\}$"}  # to a lever
PERCENT: Schema = {"type": "string", "pattern": r"^\s*[\d.]+\s*%\s*$"}
SHARE: Schema = {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, PERCENT]}
LAW_TYPES = {
    "Pallets": "Pallets",
    "Party": "Pallets",
    "Weight": "Weight",
    "Height": "Height",
}  # laws of other quantities than time
COMPLETE_MODELS = ("Assumed",)  # models that no file may set in part
PARAMS_TEXT = "settings of each run, e.g. run.days: 14,28"


def scenario_schema() -> Schema:
    """Returns the schema of any scenario file that is composed: whole or, as is usual, a part."""
    whole = Scenario.model_json_schema()
    defs: Schema = whole["$defs"]
    laws, verbs = _take_tagged_models(defs, "law"), _take_tagged_models(defs, "verb")
    every = defs["Timetable"]["properties"]["every"]
    for name, amount in (("Time", every), ("Weight", WEIGHT), ("Height", HEIGHT), ("Pallets", NUMBER)):
        defs[name] = _law_schema(laws, amount)
    defs["Step"] = {"oneOf": [_step_schema(verb, verbs[verb]) for verb in VERBS]}
    for name, model in (*defs.items(), ("", whole)):
        if name not in COMPLETE_MODELS:
            model.pop("required", None)
    whole["properties"] |= {
        "defaults": _with_description(
            {"type": "array", "items": {"type": ["string", "object"]}}, "other files; _self_ last"
        ),
        "hydra": _strict_object(
            {"sweeper": _strict_object({"params": _with_description({"type": "object"}, PARAMS_TEXT)})}
        ),
    }
    written: Schema = _planner_schema(whole)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **written}


def schema_text() -> str:
    """Returns the text of the schema file."""
    return json.dumps(scenario_schema(), indent=1) + "\n"


def _take_tagged_models(defs: Schema, tag: str) -> Schema:
    """Returns the models that `tag` selects, by its value, and removes them from `defs`.

    Their place is taken by the form that planners write.
    """
    names = [name for name, model in defs.items() if "const" in model.get("properties", {}).get(tag, {})]
    return {model["properties"][tag]["const"]: model for model in map(defs.pop, names)}


def _law_schema(laws: Schema, amount: Schema) -> Schema:
    """Returns the schema of `12 min`, or of a law with its settings; a file that changes one may omit the law."""
    settings: Schema = {"law": {"enum": [*laws]}}
    for law in laws.values():
        for name, value in law["properties"].items():
            if name in AMOUNTS:
                settings[name] = amount
            elif name in LISTS:
                settings[name] = {"type": "array", "items": amount, "minItems": 1}
            elif name == "shares":
                settings[name] = {"type": "array", "items": SHARE, "minItems": 1}
            elif name != "law":
                settings[name] = value
    conditions = [
        {
            "if": {"properties": {"law": {"const": name}}, "required": ["law"]},
            "then": {"propertyNames": {"enum": [*law["properties"]]}},
        }
        for name, law in laws.items()
    ]
    return {"anyOf": [amount, {**_strict_object(settings), "allOf": conditions}]}


def _step_schema(verb: str, model: Schema) -> Schema:
    """Returns the schema of `travel: x`, or `convoy: {yard: x, from: y, fleet: z}`; `as` names the step."""
    settings = {name: setting for name, setting in model["properties"].items() if name not in ("verb", "as")}
    required = [name for name in model["required"] if name != "verb"]
    value: Schema = {**_strict_object(settings), "required": required}
    if verb in SHORT:
        value = {"anyOf": [_with_description({"type": "string"}, f"name of the {SHORT[verb]}"), value]}
    name = _with_description({"type": "string"}, "name of this step, for back_to")
    description = {"description": model["description"]} if "description" in model else {}
    return {**_strict_object({verb: value, "as": name}), "required": [verb], **description}


def _planner_schema(part: Any) -> Any:
    """Returns pydantic's schema of the internal values, changed to the form that planners write."""
    if isinstance(part, list):
        return [_planner_schema(item) for item in part]
    if not isinstance(part, dict):
        return part
    description = {"description": part["description"]} if isinstance(part.get("description"), str) else {}
    if (tag := part.get("discriminator", {}).get("propertyName")) is not None:
        law_type = LAW_TYPES.get(part.get("title", ""), "Time")
        return {"$ref": f"#/$defs/{'Step' if tag == 'verb' else law_type}", **description}
    for choice in part.get("anyOf", ()):  # an optional law: its title stands beside the choices
        if isinstance(choice, dict) and "discriminator" in choice:
            choice.setdefault("title", part.get("title", ""))
    if part.get("le") == 1:
        return {"anyOf": [*SHARE["anyOf"], REFERENCE], **description}
    if (choices := part.get("anyOf")) == [{"type": "integer"}, {"type": "number"}]:  # a level
        return {"anyOf": [{"type": "integer", "minimum": 0}, *SHARE["anyOf"], REFERENCE], **description}
    if isinstance(choices, list) and {"const": "rest", "type": "string"} in choices:
        return {"anyOf": [{"const": "rest"}, *SHARE["anyOf"], REFERENCE], **description}
    if part.get("type") in ("integer", "number") or "pattern" in part or "enum" in part:
        leaf = {
            name: value for name, value in part.items() if name not in ("title", "ge", "gt", "description", "default")
        }
        return {"anyOf": [leaf, REFERENCE], **description}
    left_out = ("default",) if isinstance(part.get("default"), dict | list) else ()
    return {
        name: {key: _planner_schema(value) for key, value in child.items()} if name in ("properties", "$defs") else
        child if name in ("required", "allOf") else _planner_schema(child)
        for name, child in part.items()
        if name not in left_out and not (name == "title" and isinstance(child, str))
    }  # fmt: skip


def _strict_object(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _with_description(part: Schema, description: str) -> Schema:
    return {**part, "description": description}


def main() -> int:
    """Writes the schema file and prints its path."""
    SCHEMA_FILE.parent.mkdir(exist_ok=True)
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    print(SCHEMA_FILE.relative_to(SCHEMA_FILE.parent.parent))
    return 0


if __name__ == "__main__":
    sys.exit(main())
