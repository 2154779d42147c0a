"""The worlds in which faults are looked for: awkward ones by their numbers, those of `small/` by their names.

A small world meets what awkward ones seldom do: it has luck, and so much to do that a fault of what it is about moves
something. They are no examples of a corridor.
"""

from pathlib import Path
from typing import Any

from tests.worlds.awkward import awkward_settings
from tests.worlds.running import config_of

World = int | str
FOLDER = Path(__file__).parent / "small"
WORLDS = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def config_of_world(world: World, folder: Path) -> dict[str, Any]:
    """What a planner's file of this world comes to; the traces of an awkward one are written to `folder`."""
    if isinstance(world, str):
        return config_of((FOLDER / f"{world}.yaml").read_text(encoding="utf-8"))
    base, settings = config_of(""), awkward_settings(world, folder)
    return {**base, **settings, "run": {**base["run"], **settings["run"]}}
