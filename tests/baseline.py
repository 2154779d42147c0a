"""The golden runs: three worlds, two replications each, digests and eight measures. `make baseline` rewrites them.

A changed digest of events under an unchanged MODEL is refused: raise it in sim/__init__.py, and say in CHANGELOG.md
under the tag *Regression* what changed and why. Where only the way of digesting changed (`VERSION` in sim/digests.py)
the measures must still be what they were.
"""

import json
import sys
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from sim import MODEL
from sim.digests import VERSION
from sim.job import Job, prepare
from sim.replication import replicate

FOLDER = Path(__file__).parent / "golden"
SCENARIOS = Path(__file__).parent.parent / "scenarios"
WORLDS = ("rafah_closed", "rafah_open", "extra_corridors")
DAYS, REPLICATIONS = 14, 2
MEASURES = (
    "requested_trucks_per_day", "entered_trucks_per_day", "offloaded_trucks_per_day", "collected_trucks_per_day",
    "arrived_tonnes_per_day", "transit_h_mean", "backlog_mean:platforms.kerem_shalom", "utilisation:fleets.south_aid",
)  # fmt: skip


def composed(*overrides: str) -> dict[str, Any]:
    """What Hydra makes of a command, as a plain dict."""
    with initialize_config_dir(config_dir=str(SCENARIOS), version_base="1.3"):
        config: Any = OmegaConf.to_container(compose("config", overrides=list(overrides)), resolve=True)
    return {str(name): value for name, value in config.items()}


def measured(world: str) -> dict[str, Any]:
    """Digests and measures (6 significant digits) of each replication, and the version of the model."""
    config = composed(f"scenario={world}", "regime=summer_2024", f"run.days={DAYS}")
    scenario, network = prepare(Job(config, FOLDER, data_folders=(SCENARIOS,)))
    replications = []
    for number in range(REPLICATIONS):
        done = replicate(network, scenario.run, number, with_loads=False)
        table = done.tables["replications"]
        values = dict(zip(table["measure"].tolist(), table["value"].tolist(), strict=True))
        replications.append(
            {"digests": done.digests, "measures": {name: float(f"{values[name]:.6g}") for name in MEASURES}}
        )
    return {"model": MODEL, "digests": VERSION, "days": DAYS, "replications": replications}


def main() -> int:
    for world in WORLDS:
        path, new = FOLDER / f"{world}.json", measured(world)
        if path.is_file():
            old = json.loads(path.read_text())
            same_way = old.get("digests") == VERSION
            told = [
                [r["digests"]["events"] if same_way else r["measures"] for r in golden["replications"]]
                for golden in (old, new)
            ]
            if told[0] != told[1] and old["model"] == MODEL:
                print(f"{world}: the events changed; raise MODEL in sim/__init__.py and add a *Regression* line")
                return 1
        path.write_text(json.dumps(new, indent=1, sort_keys=True) + "\n")
        print(path.relative_to(Path.cwd()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
