"""`python -m analysis reversals results/<study>`: reads the command, says what it costs, runs it, and has it told."""

import argparse
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from analysis.commands.levers import progress, tell_cost
from analysis.files import write
from analysis.intervals import LEAST
from analysis.language.tongue import LANGUAGES, Tongue
from analysis.page import reversals as reversals_told
from analysis.page.report import write_comparison
from analysis.plots.files import as_csv
from analysis.questions import reversals
from analysis.questions.binding import runner
from analysis.results.tables import StudyError, read_study
from analysis.statistics.brief import brief_of
from analysis.statistics.compare import main_milestone
from sim.scenario.base import Mistakes
from sim.study.composing import read_command
from sim.study.variants import stoppable


def run(arguments: Sequence[str]) -> int:
    """Raises Mistakes and StudyError where the planner has something to mend."""
    parser = argparse.ArgumentParser(prog="python -m analysis reversals", description=__doc__)
    parser.add_argument("study", type=Path, help="folder of a study, e.g. results/rafah")
    parser.add_argument("--replications", type=int, default=10, help="of each end of a range (10)")
    parser.add_argument("--only", default="*", help="settings to try, e.g. 'fleets.*,operating_levels.*.mean' (all)")
    parser.add_argument("--language", choices=LANGUAGES, help="of the page; else report.language")
    given = parser.parse_args(arguments)
    if given.replications < LEAST:
        raise Mistakes([f"--replications: wanted {LEAST} or more, found {given.replications}"])
    folder: Path = given.study
    study = read_study(folder, Tongue(given.language) if given.language else None)
    milestone = main_milestone(study)
    told = brief_of(study, milestone) if milestone else None
    if told is None or told.against is None:
        raise StudyError(f"{folder} has no two runs to compare, so there is nothing to reverse")
    if milestone != "arrived":
        raise StudyError(f"{folder}: not all runs have arrivals, and of other milestones reversals are not computed")
    found, compared = reversals.assumptions(study.reference, told.option)
    patterns = [pattern.strip() for pattern in given.only.split(",")]
    wanted = [each for each in found if any(fnmatch(name, p) for name in each.settings for p in patterns)]
    if not wanted:
        raise StudyError(f"--only: no assumed setting of these runs is called {given.only}")
    data_folders = read_command(list(study.command)).data_folders()
    worlds = [reversals.as_it_is(each, given.replications, data_folders) for each in (study.reference, told.option)]
    variants = sum(2 * len(each.runs) for each in wanted)
    tell_cost(worlds[1], 2 + variants, given.replications, f"{len(wanted)} assumptions, {2 + variants} worlds", folder)
    with stoppable():
        done = reversals.reversals(
            worlds, wanted, compared, given.replications,
            runner(folder / "variants", given.replications, progress), data_folders,
        )  # fmt: skip
    reversals_told.keep(done, folder)
    write(folder / "reversals.csv", as_csv(reversals_told.columns(done)))
    print(reversals_told.on_terminal(done, study))
    print(write_comparison(study, folder))
    return 0
