"""How cost grows: with loads a day, with days, with replications and workers; and memory with loads."""

from typing import Any

from benchmarks.fresh import probe
from benchmarks.worlds import DAYS

FACTORS, HORIZONS = (1, 4, 16), (35, 70, 140)
STUDIES = ((1, 1), (10, 1), (100, 1), (1, 2), (10, 2), (100, 2), (1000, 2))  # replications, workers
QUICK_STUDIES = ((1, 1), (10, 1), (10, 2))


def growth(quick: bool) -> dict[str, Any]:
    """All of it; `quick` leaves out what takes long."""
    factors, horizons = (FACTORS[:2], HORIZONS[:2]) if quick else (FACTORS, HORIZONS)
    by_factor = [probe("cost", days=DAYS, factor=factor, repeats=3) for factor in factors]
    by_days = [by_factor[0] if days == DAYS else probe("cost", days=days, factor=1, repeats=3) for days in horizons]
    studies = [probe("study", replications=n, workers=workers) for n, workers in (QUICK_STUDIES if quick else STUDIES)]
    more, most = by_factor[-2:]
    bytes_per_load = 1024 * (most["peak_kb"] - more["peak_kb"]) / (most["loads"] - more["loads"])
    return {
        "by_factor": by_factor,
        "by_days": by_days,
        "studies": studies,
        "memory": {"from_factor": more["factor"], "to_factor": most["factor"], "bytes_per_load": bytes_per_load},
    }
