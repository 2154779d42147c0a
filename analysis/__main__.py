"""`python -m analysis results/<study>`: compares the runs of a study. It reads the command line and nothing else.

`python -m analysis observed results/<study>` prints the windows that were observed, each series beside the model;
`python -m analysis counters results/<study>` how many trucks were requested, entered, offloaded, collected and arrived.
"""

import argparse
import sys
from pathlib import Path

from analysis import counters, counters_told, observed, observed_told
from analysis.report import as_csv, write_comparison
from analysis.structures import first_words
from analysis.tables import StudyError, read_study
from analysis.words import table
from analysis.writing import write
from sim.mistakes import Mistakes


def main(arguments: list[str] | None = None) -> int:
    """Prints the table and, last, where the page is. 2 is what a planner can mend."""
    parser = argparse.ArgumentParser(prog="python -m analysis", description="Compare the runs of a study.")
    parser.add_argument("study", type=Path, help="folder of a study, e.g. results/rafah")
    parser.usage = "python -m analysis [observed | counters] study"
    words = sys.argv[1:] if arguments is None else arguments
    only = words[0] if words[:1] in (["observed"], ["counters"]) else ""
    folder: Path = parser.parse_args(words[bool(only) :]).study
    try:
        study = read_study(folder)
        if only == "counters":
            print(counters_told.text(study, observed.read_rules()), *study.notes, sep="\n")
            print(write(folder / "counters.csv", as_csv(counters.tidy(study))))
            print(write(folder / "counters_by_day.csv", as_csv(counters.tidy_by_day(study))))
            return 0
        if only == "observed":
            print(observed_told.table(observed.compare_observed(study, observed.read_rules())), *study.notes, sep="\n")
            return 0
        print(table(study), "", *first_words(study), *study.notes, sep="\n")
        print(write_comparison(study, folder))
    except (StudyError, Mistakes, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
