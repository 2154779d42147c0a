"""What all of it costs: autumn 2025 with people, fuel, tasks and needs, beside its goods alone.

`python -m benchmarks.everything` measures it by itself: whole studies, each in a process of its own, and prints how
many times as much processor time the one takes as the other. The aim is 3 times at most.
"""

import json
import statistics
import sys
from typing import Any

from benchmarks.fresh import probe

GOODS, ALL = "goods alone", "with all of it"
COMMANDS = {
    GOODS: ("scenario=ceasefire_2025", "regime=ceasefire_2025"),
    "with needs": ("scenario=ceasefire_2025", "regime=ceasefire_2025"),
    ALL: ("experiment=everything",),
}
REPLICATIONS, TURNS = 200, 3


def everything(quick: bool) -> dict[str, Any]:
    """{replications, turns: [{world: {cpu_s, replicating_s}}]}; `quick` has fewer of all. What Numba keeps on
    disk is there before the first."""
    replications, turns = (20, 1) if quick else (REPLICATIONS, TURNS)
    for world in COMMANDS:
        probe("library", world=world, replications=1)
    measured = [
        {world: probe("library", world=world, replications=replications) for world in COMMANDS} for _ in range(turns)
    ]
    return {"replications": replications, "turns": measured}


def settings_of(world: str) -> dict[str, Any]:
    """The configuration of one of the worlds; of an experiment that of its first run."""
    from sim.study.composing import compose_sweep, read_command

    settings = compose_sweep(read_command([*COMMANDS[world]])).runs[0].config
    if world == GOODS:  # what is left of areas and phases knows nothing of needs
        areas = {name: {"title": area.get("title", name)} for name, area in settings["areas"].items()}
        settings |= {"needs": {}, "phases": {}, "areas": areas}
    return settings


def times(measured: dict[str, Any], of: str = "cpu_s") -> dict[str, list[float]]:
    """Of each world, how many times the processor time of the goods alone, turn by turn."""
    return {world: [turn[world][of] / turn[GOODS][of] for turn in measured["turns"]] for world in COMMANDS}


if __name__ == "__main__":
    measured = everything("--quick" in sys.argv[1:])
    print(json.dumps(measured, indent=1))
    for of in ("cpu_s", "replicating_s"):
        for world, each in times(measured, of).items():
            print(f"{of}, {world}: {statistics.median(each):.2f} times")
