"""Measures all of it in one go, writes results.json and README.md, and fails where the contenders did different jobs.

`make bench`, or `python -m benchmarks [--quick] [--repeats N]`.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from benchmarks.agreement import TOLERANCE, agreements
from benchmarks.analysed import analysed
from benchmarks.everything import everything
from benchmarks.growth import growth
from benchmarks.machine import machine
from benchmarks.page import page
from benchmarks.starts import starts
from benchmarks.timing import time_job
from benchmarks.worlds import DAYS, REFERENCE, TANDEM

HERE = Path(__file__).parent
REPEATS, QUICK_REPEATS = 5, 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer turns, and not what takes long")
    parser.add_argument("--repeats", type=int, help=f"turns of each contender; {REPEATS}, {QUICK_REPEATS} if quick")
    asked = parser.parse_args()
    repeats = asked.repeats or (QUICK_REPEATS if asked.quick else REPEATS)

    began = time.perf_counter()
    jobs = {}
    for job in (TANDEM, REFERENCE):
        print(f"{job}: {repeats} turns ...", flush=True)
        jobs[job] = time_job(job, repeats)
        jobs[job]["agreement"] = agreements(job, jobs[job]["turns"])
    print("growth ...", flush=True)
    grown = growth(asked.quick)
    print("starts ...", flush=True)
    started = starts(asked.quick)
    print("the page of a study ...", flush=True)
    page_of_study = analysed(asked.quick)
    print("all of it at once ...", flush=True)
    all_of_it = everything(asked.quick)
    results = {
        "machine": machine(),
        "quick": asked.quick,
        "repeats": repeats,
        "days": DAYS,
        "tolerance": TOLERANCE,
        "jobs": jobs,
        "growth": grown,
        "starts": started,
        "analysed": page_of_study,
        "everything": all_of_it,
        "took_s": time.perf_counter() - began,
    }
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (HERE / "README.md").write_text(page(results), encoding="utf-8")
    print((HERE / "README.md").read_text(encoding="utf-8"))
    apart = [f"{job}: {row['name']}" for job in jobs for row in jobs[job]["agreement"] if not row["agrees"]]
    if apart:
        print(f"mean times differ by more than {TOLERANCE:.0%}: {', '.join(apart)}", file=sys.stderr)
    return 1 if apart else 0


if __name__ == "__main__":
    sys.exit(main())
