"""The stored results of a world and their two text files, which differ in git exactly where results differ.

`world.csv` has a row for each replication: its three digests, and its measures to six figures. `world.json` describes
the run and holds the log trails of its first replications. This module neither runs nor judges a world.
"""

import csv
import hashlib
import io
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from analysis.files import write_file
from analysis.regression.trail import LogTrail
from analysis.results.arrays import Floats
from sim.scenario.base import Mistakes

DIGESTS = ("luck", "inputs", "events")
METADATA_KEYS = {"world", "command", "days", "seed", "model", "digests", "settings", "replications"}
SIGNIFICANT_FIGURES = 6


@dataclass(frozen=True)
class WorldBaseline:
    """The results of a world that are kept.

    metadata : see METADATA_KEYS; `digests` is the version of the digest format, `settings` a digest of the settings.
    digests : name of the digest -> one string for each replication.
    values : measure -> shape (replications,), to six figures; nan where a replication has no value.
    unmargined_values : measure without a margin -> its value in replication 0, to six figures; None if it has none.
    """

    metadata: dict[str, Any]
    units: dict[str, str]
    digests: dict[str, list[str]]
    values: dict[str, Floats]
    trails: tuple[LogTrail, ...]
    unmargined_values: dict[str, float | None] = field(default_factory=dict)

    def first_replications(self, replications: int) -> "WorldBaseline":
        """Returns the baseline cut to its first `replications` replications."""
        return WorldBaseline(
            self.metadata | {"replications": min(replications, self.metadata["replications"])},
            self.units,
            {which: digests[:replications] for which, digests in self.digests.items()},
            {measure: values[:replications] for measure, values in self.values.items()},
            self.trails[:replications],
            self.unmargined_values,
        )


def round_figures(values: Floats) -> Floats:
    """Returns the values rounded to the stored figures, so that stored and new values are equal to the last bit."""
    return np.array([float(f"{value:.{SIGNIFICANT_FIGURES}g}") for value in values], dtype=np.float64)


def round_or_none(value: float) -> float | None:
    """Returns the value rounded to the stored figures; None for nan."""
    return None if np.isnan(value) else float(round_figures(np.array([value]))[0])


def write_baseline(baseline: WorldBaseline, folder: Path) -> list[Path]:
    """Writes both files of a baseline and returns their paths; equal results give equal bytes."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["replication", *DIGESTS, *baseline.values])
    for number in range(baseline.metadata["replications"]):
        digests = (baseline.digests[which][number] for which in DIGESTS)
        rows.writerow([number, *digests, *(_csv_cell(values[number]) for values in baseline.values.values())])
    trails = [asdict(trail) for trail in baseline.trails]
    document = baseline.metadata | {"units": baseline.units, "trails": trails, "beside": baseline.unmargined_values}
    name = baseline.metadata["world"]
    return [
        write_file(folder / f"{name}.csv", text.getvalue()),
        write_file(folder / f"{name}.json", json.dumps(document, indent=1, ensure_ascii=False) + "\n"),
    ]


def read_baseline(name: str, folder: Path) -> WorldBaseline | None:
    """Returns the stored baseline of a world; None if a file is missing. Raises Mistakes if it cannot be read."""
    table, description = folder / f"{name}.csv", folder / f"{name}.json"
    if not table.is_file() or not description.is_file():
        return None
    try:
        metadata = json.loads(description.read_text(encoding="utf-8"))
        with table.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        columns = dict(zip(header, zip(*rows, strict=True), strict=True))
        units, unmargined = metadata.pop("units"), metadata.pop("beside", {})
        trails = tuple(
            LogTrail(
                each["rows"], tuple(each["days"]), {load: tuple(history) for load, history in each["loads"].items()}
            )
            for each in metadata.pop("trails")
        )
        values = {m: np.array([float(cell or "nan") for cell in columns[m]], dtype=np.float64) for m in units}
        baseline = WorldBaseline(
            metadata, units, {which: list(columns[which]) for which in DIGESTS}, values, trails, unmargined
        )
        if missing := sorted(METADATA_KEYS - metadata.keys()):
            raise ValueError(f"lacks {', '.join(missing)}")
        if len(rows) != metadata["replications"]:
            raise ValueError(f"wanted {metadata['replications']} replications, found {len(rows)}")
    except (ValueError, KeyError, TypeError) as error:
        files = f"{table}, {description.name}"
        message = f"{files}: cannot be read ({error!r}); remove both, and `make baseline` writes them anew"
        raise Mistakes([message]) from None
    return baseline


def baseline_mark(baselines: list[WorldBaseline]) -> str:
    """Returns the eight hex digits that stand for all digests of a baseline.

    CHANGELOG.md names the baseline by them.
    """
    digests = [
        [each.metadata["world"], each.digests]
        for each in sorted(baselines, key=lambda each: str(each.metadata["world"]))
    ]
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()[:8]


def _csv_cell(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.{SIGNIFICANT_FIGURES}g}"
