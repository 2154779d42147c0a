"""`python -m analysis results/<study>`: compares the runs of a study. It reads the command line and nothing else.

`python -m analysis observed results/<study>` prints the windows that were observed, each series beside the model.
"""

import argparse
import sys
from pathlib import Path

from analysis import observed
from analysis.report import write_comparison
from analysis.structures import first_words
from analysis.tables import StudyError, read_study
from analysis.words import table
from sim.mistakes import Mistakes


def main(arguments: list[str] | None = None) -> int:
    """Prints the table and, last, where the page is. 2 is what a planner can mend."""
    parser = argparse.ArgumentParser(prog="python -m analysis", description="Compare the runs of a study.")
    parser.add_argument("study", type=Path, help="folder of a study, e.g. results/rafah")
    parser.usage = "python -m analysis [observed] study"
    words = sys.argv[1:] if arguments is None else arguments
    only_observed = words[:1] == ["observed"]
    folder: Path = parser.parse_args(words[only_observed:]).study
    try:
        study = read_study(folder)
        if only_observed:
            print(observed.table(observed.compare_observed(study, observed.read_rules())), *study.notes, sep="\n")
            return 0
        print(table(study), "", *first_words(study), *study.notes, sep="\n")
        print(write_comparison(study, folder))
    except (StudyError, Mistakes, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
