"""A tiny world of a planner's own, elsewhere: from Abeche by Adre to El Geneina. All numbers are invented."""

import copy
import shutil
from pathlib import Path
from typing import Any

import yaml

WORLD: dict[str, Any] = {
    "scenario": {"title": "Adre by the road"},
    "regime": {"title": "Dry season"},
    "run": {"start": "2025-01-06", "days": 2},
    "origins": {"abeche": {"title": "Abeche"}},
    "areas": {"geneina": {"title": "El Geneina"}},
    "cargos": {"sorghum": {"pallets": 4, "weight": "3 t"}},
    "gates": {"adre": {"title": "Adre", "border": True}},
    "sites": {
        "adre": {
            "title": "Adre inspection",
            "lanes": 2,
            "time": {"law": "gamma", "mean": "1 h", "cv": 0.5},
            "sources": {"lanes": {"assumed": [1, 4], "why": "invented"}, "time.mean": "a planner's notebook"},
        }
    },
    "bays": {"adre": {"lanes": 2, "time": "30 min"}},
    "platforms": {"adre": {"title": "Adre platform", "room": 200}},
    "yards": {"adre": {"min": 2, "max": 6, "patience": "12 h"}},
    "fleets": {"adre": {"vehicles": 6, "pallets": 3, "home": "3 h"}},
    "roads": {
        "abeche_adre": {"length": "150 km", "speed": "50 km/h", "variation": 0.2},
        "adre_geneina": {"length": "30 km", "speed": "20 km/h", "variation": 0.2},
    },
    "warehouses": {"geneina": {"lanes": 2, "time": "1 h"}},
    "corridors": {
        "abeche_geneina": {
            "from": "abeche",
            "to": "geneina",
            "steps": [
                {"travel": "abeche_adre"},
                {"inspect": "adre"},
                {"pass_gate": "adre"},
                {"transfer": {"onto": "adre", "bays": "adre"}},
                {"convoy": {"yard": "adre", "from": "adre", "fleet": "adre"}},
                {"travel": "adre_geneina"},
                {"offload": "geneina"},
            ],
        }
    },
    "flows": {"food": {"sector": "un", "cargo": "sorghum", "rate": "8/day", "corridors": {"abeche_geneina": "100 %"}}},
}
OF_THE_REGIME = ("regime", "run")
RUN = {"warm_up": 0, "replications": 3, "seed": 7, "workers": 1, "engine": "compiled", "log": "none"}


def config(**run: Any) -> dict[str, Any]:
    """The world as Hydra composes it, with settings of the run."""
    composed = {"study": "adre", **copy.deepcopy(WORLD)}
    composed["run"] |= RUN | run
    return composed


def write_folder(folder: Path) -> Path:
    """A planner's folder: scenarios `adre` and `adre_fast`, the regime `dry_season`, the named sweep `lanes`."""
    regime = {name: WORLD[name] for name in OF_THE_REGIME}
    world = {name: part for name, part in WORLD.items() if name not in regime}
    defaults = ["_self_", {"override /regime": "dry_season"}]
    write(folder / "regime/dry_season.yaml", regime)
    write(folder / "scenario/adre.yaml", {"defaults": defaults, **world})
    fast = {"scenario": {"title": "Adre with four lanes"}, "sites": {"adre": {"lanes": 4}}}
    write(folder / "scenario/adre_fast.yaml", {"defaults": ["adre", "_self_"], **fast})
    swept = {"scenario": "adre", "sites.adre.lanes": "1,2"}
    write(folder / "experiment/lanes.yaml", {"study": "lanes", "hydra": {"sweeper": {"params": swept}}})
    return folder


def write_ours(folder: Path, shipped: Path) -> Path:
    """Our folder of scenarios without its numbers: they take time to read, and not every test is about them."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(shipped / "config.yaml", folder)
    shutil.copy(shipped / "help.txt", folder)
    shutil.copytree(shipped / "run", folder / "run")
    for group in ("structure", "lever"):
        shutil.copytree(shipped / group, folder / group)
    for name in ("scenario/rafah_closed", "scenario/rafah_open", "regime/summer_2024", "experiment/rafah"):
        assert (shipped / f"{name}.yaml").is_file()
        write(folder / f"{name}.yaml", {})
    return folder


def write(path: Path, content: dict[str, Any], package: str = "_global_") -> Path:
    """A scenario file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# @package {package}\n{yaml.safe_dump(content, sort_keys=False)}", encoding="utf-8")
    return path
