"""`python -m analysis results/<study>`: compares the runs of a study. It reads the command line and nothing else."""

import argparse
import sys
from pathlib import Path

from analysis.report import write_comparison
from analysis.tables import StudyError, read_study
from analysis.words import headline, table


def main(arguments: list[str] | None = None) -> int:
    """Prints the table and, last, where the page is. 2 is what a planner can mend."""
    parser = argparse.ArgumentParser(prog="python -m analysis", description="Compare the runs of a study.")
    parser.add_argument("study", type=Path, help="folder of a study, e.g. results/rafah")
    folder: Path = parser.parse_args(arguments).study
    try:
        study = read_study(folder)
        print(table(study), "", headline(study), *study.notes, sep="\n")
        print(write_comparison(study, folder))
    except (StudyError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
