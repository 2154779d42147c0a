"""What may be done to a planner's file, and to how it is run, and must change nothing."""

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from random import Random
from typing import Any

from tests.worlds.running import WORLD, config_of

PLACES = {
    "scan": "sites", "rim": "gates", "apron": "bays", "pad": "platforms", "hub": "yards", "pool": "fleets",
    "in": "roads", "out": "roads", "dock": "warehouses",
}  # fmt: skip
OTHERS = {"aid": "flows", "trade": "flows", "north": "corridors", "south": "corridors"}


def world(**run: Any) -> dict[str, Any]:
    """A world of every verb, a day long."""
    config = deepcopy(_world())
    config["run"] |= {"days": 1, **run}
    return config


@cache
def _world() -> dict[str, Any]:
    return config_of(WORLD)


def refactored(luck: Random) -> tuple[dict[str, Any], int]:
    """The world after a harmless refactor, and the workers that run it."""
    config = world(engine=luck.choice(("compiled", "simpy")))
    chosen = [name for name in (*PLACES, *OTHERS) if luck.random() < 0.3]
    for name in chosen:
        kind = PLACES.get(name) or OTHERS[name]
        config[kind][name]["key"] = name if kind == "corridors" else f"{kind}.{name}"
    config = _renamed(config, {name: f"{luck.choice('az')}_{name}" for name in chosen})
    if any(OTHERS.get(name) for name in chosen) or luck.random() < 0.3:
        config["start"] = {"rest": {**config["start"]["left_over"], "key": "opening_stock.left_over"}}
    config["scenario"]["title"] = luck.choice(("A small world", "Another title"))
    return _shuffled(config, luck), luck.randint(1, 4)


def _renamed(part: Any, names: Mapping[str, str]) -> Any:
    """With these names for those of before, wherever they stand: alone, or after the kind of place."""
    if isinstance(part, Mapping):
        return {names.get(key, key): each if key == "key" else _renamed(each, names) for key, each in part.items()}
    if isinstance(part, list):
        return [_renamed(each, names) for each in part]
    if isinstance(part, str):
        kind, dot, name = part.rpartition(".")
        return kind + dot + names.get(name, name) if not dot or kind in PLACES.values() else part
    return part


def _shuffled(part: Any, luck: Random) -> Any:
    """Mappings in another order; lists are steps, whose order is what they say."""
    if isinstance(part, Mapping):
        keys = list(part)
        luck.shuffle(keys)
        return {key: _shuffled(part[key], luck) for key in keys}
    return [_shuffled(each, luck) for each in part] if isinstance(part, list) else part
