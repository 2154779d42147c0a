"""`python -m analysis results/<study>`: compares the runs of a study. It only reads the command line.

`python -m analysis observed results/<study>` prints the windows that were observed, each series beside the model;
`python -m analysis counters results/<study>` how many trucks were requested, entered, offloaded, collected and arrived;
`python -m analysis table results/<study> --measure arrived_per_day --by scenario,crossing` any measure as a tidy table.
`binding` and `response` run variants of a scenario: see commands/levers.py. `reversals` reruns a study's runs at the
ends of assumed ranges: see commands/reversals.py. `python -m analysis verify` compares the program with worlds whose
results are known, `python -m analysis regress` with its own earlier results; neither needs a study.
"""

import argparse
import re
import sys
from pathlib import Path

from analysis.files import write_file
from analysis.language.translator import LANGUAGES, Translator
from analysis.observed import comparison
from analysis.observed.series import read_rules
from analysis.page import counters as counters_page
from analysis.page import headlines
from analysis.page import observed as observed_page
from analysis.page.report import write_comparison
from analysis.page.sentences import runs_table
from analysis.page.structures import opening_sentences
from analysis.plots.files import csv_text
from analysis.results.tables import StudyError, read_study
from analysis.statistics import counters, tidy
from sim.scenario.base import Mistakes


def main(arguments: list[str] | None = None) -> int:
    """Prints the table and, last, the page's path. Returns 0, or 2 for errors that a planner can correct."""
    parser = argparse.ArgumentParser(prog="python -m analysis", description="Compare the runs of a study.")
    parser.add_argument("study", type=Path, help="folder of a study, e.g. results/rafah")
    parser.usage = (
        "python -m analysis [observed | counters | table] study [--language fr] [--measure name] "
        "[--by scenario,crossing], or reversals study --help, or binding | response scenario=name --help, or verify, "
        "or regress"
    )
    parser.add_argument("--measure", default="arrived_per_day", help="of table: arrived_per_day, 'entered >= 600'")
    parser.add_argument("--by", default="scenario", help=f"of table: some of {', '.join(tidy.GROUPS)}")
    parser.add_argument("--language", choices=LANGUAGES, help="of the page and its plots; else report.language")
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["verify"]:
        from analysis.commands import verify

        return verify.main(words[1:])
    if words[:1] == ["regress"]:
        from analysis.commands import regress

        return regress.main(words[1:])
    subcommand = words[0] if words[:1] in (["observed"], ["counters"], ["table"]) else ""
    try:
        if words[:1] in (["binding"], ["response"]):
            from analysis.commands import levers as levers_command

            return levers_command.run(words)
        if words[:1] == ["reversals"]:
            from analysis.commands import reversals as reversals_command

            return reversals_command.run(words[1:])
        options = parser.parse_args(words[bool(subcommand) :])
        folder: Path = options.study
        study = read_study(folder, Translator(options.language) if options.language else None)
        if subcommand == "table":
            columns = tidy.tidy_columns(study, options.measure, options.by.split(","))
            print(tidy.terminal_text(columns), *study.notes, sep="\n")
            print(
                write_file(
                    folder / f"table_{re.sub(r'[^a-z0-9]+', '_', options.measure.lower())}.csv", csv_text(columns)
                )
            )
            return 0
        if subcommand == "counters":
            print(counters_page.terminal_text(study, read_rules()), *study.notes, sep="\n")
            print(write_file(folder / "counters.csv", csv_text(counters.count_columns(study))))
            print(write_file(folder / "counters_by_day.csv", csv_text(counters.daily_count_columns(study))))
            return 0
        if subcommand == "observed":
            print(
                observed_page.terminal_text(comparison.compare_with_observed(study, read_rules())),
                *study.notes,
                sep="\n",
            )
            return 0
        print(
            runs_table(study),
            "",
            *opening_sentences(study),
            *headlines.headline_sentences(study),
            *study.notes,
            sep="\n",
        )
        print(write_comparison(study, folder))
    except (StudyError, Mistakes, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
