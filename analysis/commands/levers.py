"""`python -m analysis binding` and `response`: print what the runs will cost, run them, and report the result.

Other commands of `python -m analysis` read a study that was run; these two run variants of a scenario.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis.language.translator import LANGUAGES, Translator
from analysis.questions import binding, response
from analysis.questions.stored_results import BindingResult, ResponseResult, Subject, summarise_by_stage, write_result
from sim.scenario.base import Mistakes
from sim.study.composing import ComposedRun, run_name
from sim.study.describe import cost_estimate_text
from sim.study.levers import find_levers
from sim.study.variants import PreparedVariant, compose_runs, exit_on_interrupt, prepare_variant

RESULTS_FOLDER = Path("results")
_UNNAMED_STUDY = "runs"  # the study of a command that names none
_RUNS_PER_RELIEF = 6  # approximately


def run(arguments: Sequence[str]) -> int:
    """Runs the command and returns its exit code. Raises Mistakes for errors that the planner can correct."""
    word, *rest = arguments
    parser = argparse.ArgumentParser(prog=f"python -m analysis {word}", description=__doc__)
    parser.add_argument("overrides", nargs="*", help="a scenario and settings, as for python -m sim")
    parser.add_argument("--config-dir", help="a folder of one's own places")
    parser.add_argument("--replications", type=int, default=10, help="of each variant (10)")
    if word == "binding":
        parser.add_argument("--steps", type=int, default=3, help="greedy steps: what binds next (3)")
        parser.add_argument("--top", type=int, default=10, help="levers that are printed (10)")
    else:
        example = response.LEVER_EXAMPLE.replace("%", "%%")  # argparse formats help with %
        parser.add_argument("--lever", required=True, help=f"a setting and its range: {example}")
        parser.add_argument("--points", type=int, default=9, help="along the range (9)")
    parser.add_argument("--language", choices=LANGUAGES, help="of the page and its plots; else report.language")
    options = parser.parse_intermixed_args(rest)
    wrong = [f"--{name}: wanted 1 or more, found {number}" for name in ("replications", "steps", "top")
             if (number := getattr(options, name, 1)) < 1]  # fmt: skip
    if wrong:
        raise Mistakes(wrong)
    scenario = [*(("--config-dir", options.config_dir) if options.config_dir else ()), *options.overrides]
    with exit_on_interrupt():
        return (_run_binding if word == "binding" else _run_response)(options, scenario, arguments)


def print_cost(base: PreparedVariant, variants: int, replications: int, what: str, folder: Path) -> None:
    """Prints what will run, into which folder, the estimated cost, and whether the engine must be compiled first."""
    run = base.scenario.run.model_copy(update={"replications": replications, "log": "none"})
    cost = cost_estimate_text([(base.scenario.model_copy(update={"run": run}), base.network)] * variants)
    print(f"{what} x {replications} replications -> {folder.as_posix()}, {cost.rpartition(', ')[0]}", flush=True)
    if run.engine == "compiled":
        from sim.jit import compile_notice

        if words := compile_notice("loop", "play"):
            print(f"  {words}", flush=True)


def show_progress(name: str) -> None:
    """Shows the name of the variant that just ran, if standard error is a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K  {name}", end="", file=sys.stderr, flush=True)


def _run_binding(options: argparse.Namespace, scenario: list[str], command: Sequence[str]) -> int:
    composed, runs = compose_runs(scenario)
    if len(runs) > 1:
        raise Mistakes([f"wanted one run, found {len(runs)}: what binds is asked of one scenario"])
    base = prepare_variant("as it is", runs[0].config, composed.data_folders())
    levers = find_levers(base.scenario)
    folder = _result_folder(base, "binding")
    print_cost(base, 1 + len(levers), options.replications, f"{len(levers)} levers", folder)
    if options.steps > 1:
        print(
            f"  that is one step; up to {options.steps} steps, with about {_RUNS_PER_RELIEF} runs for each relief",
            flush=True,
        )
    runner = binding.variant_runner(folder / "variants", options.replications, show_progress)
    steps = list(binding.price_levers(base, runner, composed.data_folders(), options.steps))
    from analysis.page import binding as page

    print(page.terminal_text(steps, options.top))
    result = BindingResult(
        _subject_of_run(runs[0], base, options.replications, command), tuple(map(summarise_by_stage, steps))
    )
    write_result(result, folder)
    print(page.write_report(steps, result, base.scenario, folder, _translator(options, base)))
    return 0


def _run_response(options: argparse.Namespace, scenario: list[str], command: Sequence[str]) -> int:
    plan, base, composed = response.plan_response(scenario, options.lever, options.points)
    folder = _result_folder(base, "response")
    structures = len({structure for structure, _ in plan.points})
    points = f"{len(plan.variants)} points" + (f", under {structures} ceiling structures" if structures > 1 else "")
    print_cost(base, len(plan.variants), options.replications, points, folder)
    curves = response.run_curves(plan, binding.variant_runner(folder / "variants", options.replications, show_progress))
    from analysis.page import response as page

    result = ResponseResult(
        _subject_of_run(composed, base, options.replications, command), plan.lever, tuple(curves), plan.lacking
    )
    write_result(result, folder)
    print(page.terminal_text(result))
    print(page.write_report(result, folder, _translator(options, base)))
    return 0


def _subject_of_run(run: ComposedRun, base: PreparedVariant, replications: int, command: Sequence[str]) -> Subject:
    """Returns what pages of other runs need to know of the scenario of this result."""
    scenario = base.scenario
    calibrated = scenario.scenario.calibrated and scenario.regime.calibrated
    return Subject(
        run_name(run.scenario, run.overrides), base.config_hash, scenario.scenario.title, scenario.regime.title,
        calibrated,
        replications, scenario.run.seed, tuple(command),
    )  # fmt: skip


def _translator(options: argparse.Namespace, base: PreparedVariant) -> Translator:
    return Translator(options.language or base.scenario.report.language)


def _result_folder(base: PreparedVariant, word: str) -> Path:
    """Returns the folder of the study that the command names, else one with the name of the command."""
    study = base.scenario.study
    return RESULTS_FOLDER / (word if study == _UNNAMED_STUDY else study)
