"""What a start takes: a first replication with an empty and a filled cache, `--help` beside a bare Hydra program."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.fresh import Spent, spend
from benchmarks.worlds import COMPILED, SIMPY

BARE = """
import hydra
from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path=None)
def main(config: DictConfig) -> None:
    print(config)


main()
"""


def starts(quick: bool) -> dict[str, Any]:
    """Each a list of {wall_s, cpu_s}, in turn; `quick` compiles nothing and takes the cache that is there."""
    rows: dict[str, list[dict[str, float]]] = {}

    def note(name: str, spent: Spent) -> None:
        rows.setdefault(name, []).append({"wall_s": spent.wall_s, "cpu_s": spent.cpu_s})

    small = {engine: _small(engine) for engine in (COMPILED, SIMPY)}
    repeats = 2 if quick else 5
    with tempfile.TemporaryDirectory() as cache:
        cached = {} if quick else {"NUMBA_CACHE_DIR": cache}
        if not quick:
            note("compiled, empty cache", spend(small[COMPILED], settings=cached))
        for _ in range(repeats):
            note("compiled, filled cache", spend(small[COMPILED], settings=cached))
            note("simpy", spend(small[SIMPY], settings=cached))
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE, encoding="utf-8")
        for _ in range(2 * repeats + 1):
            note("bare Hydra --help", spend([sys.executable, str(bare), "--help"], Path(folder)))
            note("ours --help", spend([sys.executable, "-m", "sim", "--help"]))
    return rows


def _small(engine: str) -> list[str]:
    asked = json.dumps({"what": "small", "engine": engine})
    return [sys.executable, "-m", "benchmarks.probe", asked]
