"""`python -m analysis verify`: the program held against worlds whose results are known. It reads no study.

It prints a row a statistic as they come, and keeps them as `verify.json` and `verify.md`. 0 if all is right, else 1.
"""

import argparse
import os
import sys
from pathlib import Path
from time import monotonic

from analysis.files import write_file
from sim.scenario.base import nearest


def main(words: list[str]) -> int:
    """The command; `words` are those after `verify`."""
    # imported here, since no other command needs what is expected worked out
    from analysis.verification import all_cases as every
    from analysis.verification import report as told
    from analysis.verification.checking import StatisticFinding

    parser = argparse.ArgumentParser(
        prog="python -m analysis verify", description="Hold the program against worlds whose results are known."
    )
    parser.add_argument("names", nargs="*", metavar="word", help="only cases with one of these words in family or name")
    parser.add_argument("--exact", action="store_true", help="only cases without luck")
    parser.add_argument("--workers", type=int, default=0, help="cases at a time; 0: one a core")
    parser.add_argument("--results", type=Path, default=Path("results/verification"), help="folder of what is written")
    said = parser.parse_args(words)
    cases = [case for case in every.CASES if not (said.exact and case.has_luck)]
    known = {f"{case.family}: {case.name}".lower(): case for case in cases}
    if said.names:
        cases = [case for name, case in known.items() if any(word.lower() in name for word in said.names)]
    if not cases:
        there = {word for name in known for word in name.replace(":", "").split()}
        hints = "".join(nearest(word.lower(), there) for word in said.names[:1])
        print(f"error: no case has {' or '.join(said.names)} in its name{hints}", file=sys.stderr)
        return 2
    if said.workers < 0:
        print(f"error: --workers must not be negative, is {said.workers}", file=sys.stderr)
        return 2
    began, findings = monotonic(), list[StatisticFinding]()
    for found in every.check_all(cases, said.workers or os.cpu_count() or 1):
        print(told.terminal_lines(found, header=not findings), flush=True)
        findings += found
    try:
        said.results.mkdir(parents=True, exist_ok=True)
        paths = [
            write_file(said.results / "verify.json", told.json_report(findings)),
            write_file(said.results / "verify.md", told.markdown_report(findings)),
        ]
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{told.summary_sentence(findings)} ({monotonic() - began:.0f} s)", *paths, sep="\n")
    return int(any(each.verdict != "right" for each in findings))
