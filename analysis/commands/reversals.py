"""`python -m analysis reversals results/<study>`: prints what the runs will cost, runs them, and reports the result."""

import argparse
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from analysis.commands.levers import print_cost, show_progress
from analysis.files import write_file
from analysis.intervals import MIN_SAMPLE
from analysis.language.translator import LANGUAGES, Translator
from analysis.page import reversals as reversals_page
from analysis.page.report import write_comparison
from analysis.plots.files import csv_text
from analysis.questions import reversals
from analysis.questions.binding import variant_runner
from analysis.results.tables import StudyError, read_study
from analysis.statistics.brief import build_brief
from analysis.statistics.compare import main_milestone
from sim.scenario.base import Mistakes
from sim.study.composing import read_command
from sim.study.variants import exit_on_interrupt


def run(arguments: Sequence[str]) -> int:
    """Runs the command and returns its exit code. Raises Mistakes and StudyError for a planner's errors."""
    parser = argparse.ArgumentParser(prog="python -m analysis reversals", description=__doc__)
    parser.add_argument("study", type=Path, help="folder of a study, e.g. results/rafah")
    parser.add_argument("--replications", type=int, default=10, help="of each end of a range (10)")
    parser.add_argument("--only", default="*", help="settings to try, e.g. 'fleets.*,operating_levels.*.mean' (all)")
    parser.add_argument("--language", choices=LANGUAGES, help="of the page; else report.language")
    options = parser.parse_args(arguments)
    if options.replications < MIN_SAMPLE:
        raise Mistakes([f"--replications: wanted {MIN_SAMPLE} or more, found {options.replications}"])
    folder: Path = options.study
    study = read_study(folder, Translator(options.language) if options.language else None)
    milestone = main_milestone(study)
    brief = build_brief(study, milestone) if milestone else None
    if brief is None or brief.difference_to_first is None:
        raise StudyError(f"{folder} has no two runs to compare, so there is nothing to reverse")
    if milestone != "arrived":
        raise StudyError(f"{folder}: not all runs have arrivals, and of other milestones reversals are not computed")
    assumptions, compared = reversals.find_assumptions(study.reference, brief.option)
    patterns = [pattern.strip() for pattern in options.only.split(",")]
    wanted = [each for each in assumptions if any(fnmatch(name, p) for name in each.settings for p in patterns)]
    if not wanted:
        raise StudyError(f"--only: no assumed setting of these runs is called {options.only}")
    data_folders = read_command(list(study.command)).data_folders()
    worlds = [
        reversals.prepare_base(each, options.replications, data_folders) for each in (study.reference, brief.option)
    ]
    variants = sum(2 * len(each.runs) for each in wanted)
    print_cost(
        worlds[1], 2 + variants, options.replications, f"{len(wanted)} assumptions, {2 + variants} worlds", folder
    )
    with exit_on_interrupt():
        result = reversals.find_reversals(
            worlds, wanted, compared, options.replications,
            variant_runner(folder / "variants", options.replications, show_progress), data_folders,
        )  # fmt: skip
    reversals_page.write_reversals(result, folder)
    write_file(folder / "reversals.csv", csv_text(reversals_page.csv_columns(result)))
    print(reversals_page.terminal_text(result, study))
    print(write_comparison(study, folder))
    return 0
