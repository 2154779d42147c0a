"""`python -m analysis verify`: compares the program with worlds whose results are known. It reads no study.

It prints a row for each statistic as it comes, and writes them as `verify.json` and `verify.md`.
"""

import argparse
import os
import sys
from pathlib import Path
from time import monotonic

from analysis.files import write_file
from sim.scenario.base import nearest


def main(words: list[str]) -> int:
    """Runs the command; returns 0 if all is right, 1 if not, 2 for wrong arguments. `words` follow `verify`."""
    # imported here: computing the expected values takes time, and no other command needs them
    from analysis.verification import all_cases as every
    from analysis.verification import report
    from analysis.verification.checking import StatisticFinding

    parser = argparse.ArgumentParser(
        prog="python -m analysis verify", description="Hold the program against worlds whose results are known."
    )
    parser.add_argument("names", nargs="*", metavar="word", help="only cases with one of these words in family or name")
    parser.add_argument("--exact", action="store_true", help="only cases without luck")
    parser.add_argument("--workers", type=int, default=0, help="cases at a time; 0: one a core")
    parser.add_argument("--results", type=Path, default=Path("results/verification"), help="folder of what is written")
    options = parser.parse_args(words)
    cases = [case for case in every.CASES if not (options.exact and case.has_luck)]
    cases_by_name = {f"{case.family}: {case.name}".lower(): case for case in cases}
    if options.names:
        cases = [case for name, case in cases_by_name.items() if any(word.lower() in name for word in options.names)]
    if not cases:
        case_words = {word for name in cases_by_name for word in name.replace(":", "").split()}
        hints = "".join(nearest(word.lower(), case_words) for word in options.names[:1])
        print(f"error: no case has {' or '.join(options.names)} in its name{hints}", file=sys.stderr)
        return 2
    if options.workers < 0:
        print(f"error: --workers must not be negative, is {options.workers}", file=sys.stderr)
        return 2
    began, findings = monotonic(), list[StatisticFinding]()
    for found in every.check_all(cases, options.workers or os.cpu_count() or 1):
        print(report.terminal_lines(found, header=not findings), flush=True)
        findings += found
    try:
        options.results.mkdir(parents=True, exist_ok=True)
        paths = [
            write_file(options.results / "verify.json", report.json_report(findings)),
            write_file(options.results / "verify.md", report.markdown_report(findings)),
        ]
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{report.summary_sentence(findings)} ({monotonic() - began:.0f} s)", *paths, sep="\n")
    return int(any(each.verdict != "right" for each in findings))
