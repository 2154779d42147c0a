"""What the page of a large study takes: six runs of 200 replications, from their files to comparison.html.

`python -m benchmarks.analysed` measures it by itself. Runs of the reference corridor that differ in their vehicles are
made first, which takes a few minutes and is not measured.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.fresh import ROOT, spend
from benchmarks.worlds import COMPILED, REFERENCE, config
from sim.study.job import Job
from sim.study.study import run_job

RUNS, REPLICATIONS, TURNS = 6, 200, 3


def analysed(quick: bool) -> dict[str, Any]:
    """{runs, replications, turns: [{wall_s, cpu_s}]}; `quick` has fewer of all."""
    replications, turns = (20, 1) if quick else (REPLICATIONS, TURNS)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = write_study(Path(name) / "results" / "analysed", replications)
        for _ in range(turns):
            spent = spend([sys.executable, "-m", "analysis", str(folder)], settings={"PYTHONPATH": str(ROOT)})
            rows.append({"wall_s": spent.wall_s, "cpu_s": spent.cpu_s})
    return {"runs": RUNS, "replications": replications, "turns": rows}


def write_study(folder: Path, replications: int) -> Path:
    """A study of the reference corridor with fewer and with more vehicles. Raises RuntimeError where a run fails."""
    names = []
    for k in range(RUNS):
        settings = config(REFERENCE)
        settings["scenario"]["title"] = f"Vehicles, {100 + 5 * k} %"
        settings["run"] |= {"replications": replications, "workers": 0, "engine": COMPILED}
        for fleet in settings["fleets"].values():
            fleet["vehicles"] = round(fleet["vehicles"] * (1 + 0.05 * k))
        names.append(f"run_{k}")
        manifest = run_job(Job(settings, folder / names[-1]))
        if manifest["status"] != "done":
            raise RuntimeError(manifest["error"])
    listing = {"study": folder.name, "runs": names, "command": []}
    (folder / "study.json").write_text(json.dumps(listing), encoding="utf-8")
    return folder


if __name__ == "__main__":
    print(json.dumps(analysed("--quick" in sys.argv[1:]), indent=1))
