"""What is kept of a world, and its two files: text that differs in git where results differ, and nowhere else.

`world.csv` has a row a replication: its three digests and its measures to six figures. `world.json` says what was run,
and the way through the log of the first replications. It runs nothing and judges nothing.
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
    """about : see ABOUT; `digests` is the version of how they are made, `settings` a digest of the settings. values :
    measure -> of each replication, to six figures, nan where it has none. digests : which -> of each replication.
    beside : measure without a margin -> its value in replication 0, to six figures, None where it has none."""

    metadata: dict[str, Any]
    units: dict[str, str]
    digests: dict[str, list[str]]
    values: dict[str, Floats]
    trails: tuple[LogTrail, ...]
    unmargined_values: dict[str, float | None] = field(default_factory=dict)

    def first_replications(self, replications: int) -> "WorldBaseline":
        """The same, of so many replications."""
        return WorldBaseline(
            self.metadata | {"replications": min(replications, self.metadata["replications"])},
            self.units,
            {which: told[:replications] for which, told in self.digests.items()},
            {measure: values[:replications] for measure, values in self.values.items()},
            self.trails[:replications],
            self.unmargined_values,
        )


def round_figures(values: Floats) -> Floats:
    """To as many figures as are kept, so that what was kept and what comes out are alike to the last bit."""
    return np.array([float(f"{value:.{SIGNIFICANT_FIGURES}g}") for value in values], dtype=np.float64)


def round_or_none(value: float) -> float | None:
    """To as many figures as are kept; None of what there is none."""
    return None if np.isnan(value) else float(round_figures(np.array([value]))[0])


def write_baseline(kept: WorldBaseline, folder: Path) -> list[Path]:
    """Both files; the same results are the same bytes."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["replication", *DIGESTS, *kept.values])
    for number in range(kept.metadata["replications"]):
        told = (kept.digests[which][number] for which in DIGESTS)
        rows.writerow([number, *told, *(_csv_cell(values[number]) for values in kept.values.values())])
    trails = [asdict(trail) for trail in kept.trails]
    about = kept.metadata | {"units": kept.units, "trails": trails, "beside": kept.unmargined_values}
    name = kept.metadata["world"]
    return [
        write_file(folder / f"{name}.csv", text.getvalue()),
        write_file(folder / f"{name}.json", json.dumps(about, indent=1, ensure_ascii=False) + "\n"),
    ]


def read_baseline(name: str, folder: Path) -> WorldBaseline | None:
    """What is kept of the world; None where nothing is. Raises Mistakes where it cannot be read."""
    tables, told = folder / f"{name}.csv", folder / f"{name}.json"
    if not tables.is_file() or not told.is_file():
        return None
    try:
        about = json.loads(told.read_text(encoding="utf-8"))
        with tables.open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
        columns = dict(zip(head, zip(*rows, strict=True), strict=True))
        units, beside = about.pop("units"), about.pop("beside", {})
        trails = tuple(
            LogTrail(each["rows"], tuple(each["days"]), {who: tuple(story) for who, story in each["loads"].items()})
            for each in about.pop("trails")
        )
        values = {m: np.array([float(cell or "nan") for cell in columns[m]], dtype=np.float64) for m in units}
        kept = WorldBaseline(about, units, {which: list(columns[which]) for which in DIGESTS}, values, trails, beside)
        if lacking := sorted(METADATA_KEYS - about.keys()):
            raise ValueError(f"lacks {', '.join(lacking)}")
        if len(rows) != about["replications"]:
            raise ValueError(f"wanted {about['replications']} replications, found {len(rows)}")
    except (ValueError, KeyError, TypeError) as error:
        what = f"{tables}, {told.name}: cannot be read ({error!r}); remove both, and `make baseline` writes them anew"
        raise Mistakes([what]) from None
    return kept


def baseline_mark(kept: list[WorldBaseline]) -> str:
    """Eight letters that stand for all digests of a baseline: those of CHANGELOG.md say which baseline it is about."""
    told = [
        [each.metadata["world"], each.digests] for each in sorted(kept, key=lambda each: str(each.metadata["world"]))
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:8]


def _csv_cell(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.{SIGNIFICANT_FIGURES}g}"
