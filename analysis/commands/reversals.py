"""`python -m analysis reversals results/<study>`: reads the command, says what it costs, runs it, and has it told."""

import argparse
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from analysis.commands.levers import print_cost, show_progress
from analysis.files import write_file
from analysis.intervals import MIN_SAMPLE
from analysis.language.translator import LANGUAGES, Translator
from analysis.page import reversals as reversals_told
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
    """Raises Mistakes and StudyError where the planner has something to mend."""
    parser = argparse.ArgumentParser(prog="python -m analysis reversals", description=__doc__)
    parser.add_argument("study", type=Path, help="folder of a study, e.g. results/rafah")
    parser.add_argument("--replications", type=int, default=10, help="of each end of a range (10)")
    parser.add_argument("--only", default="*", help="settings to try, e.g. 'fleets.*,operating_levels.*.mean' (all)")
    parser.add_argument("--language", choices=LANGUAGES, help="of the page; else report.language")
    given = parser.parse_args(arguments)
    if given.replications < MIN_SAMPLE:
        raise Mistakes([f"--replications: wanted {MIN_SAMPLE} or more, found {given.replications}"])
    folder: Path = given.study
    study = read_study(folder, Translator(given.language) if given.language else None)
    milestone = main_milestone(study)
    told = build_brief(study, milestone) if milestone else None
    if told is None or told.difference_to_first is None:
        raise StudyError(f"{folder} has no two runs to compare, so there is nothing to reverse")
    if milestone != "arrived":
        raise StudyError(f"{folder}: not all runs have arrivals, and of other milestones reversals are not computed")
    found, compared = reversals.find_assumptions(study.reference, told.option)
    patterns = [pattern.strip() for pattern in given.only.split(",")]
    wanted = [each for each in found if any(fnmatch(name, p) for name in each.settings for p in patterns)]
    if not wanted:
        raise StudyError(f"--only: no assumed setting of these runs is called {given.only}")
    data_folders = read_command(list(study.command)).data_folders()
    worlds = [reversals.prepare_base(each, given.replications, data_folders) for each in (study.reference, told.option)]
    variants = sum(2 * len(each.runs) for each in wanted)
    print_cost(worlds[1], 2 + variants, given.replications, f"{len(wanted)} assumptions, {2 + variants} worlds", folder)
    with exit_on_interrupt():
        done = reversals.find_reversals(
            worlds, wanted, compared, given.replications,
            variant_runner(folder / "variants", given.replications, show_progress), data_folders,
        )  # fmt: skip
    reversals_told.write_reversals(done, folder)
    write_file(folder / "reversals.csv", csv_text(reversals_told.csv_columns(done)))
    print(reversals_told.terminal_text(done, study))
    print(write_comparison(study, folder))
    return 0
