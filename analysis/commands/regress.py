"""`python -m analysis regress`: reruns the worlds of the baseline on the same luck, and reports what differs.

It prints a verdict on each world, and writes JUnit's XML, Markdown and a page. With `--write` (`make baseline`) it
writes a new baseline, if CHANGELOG.md says why. It reads no study. Its exit codes are listed in docs/regress.md.
"""

import argparse
import os
import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from analysis.files import ROOT, write_file
from analysis.regression import changelog as record
from analysis.regression import report
from sim import MODEL
from sim.scenario.base import Mistakes, nearest

if TYPE_CHECKING:
    from analysis.plots.drawing import Plot
    from analysis.regression.baseline import WorldBaseline
    from analysis.regression.judging import WorldVerdict
    from analysis.regression.running import World


def main(words: list[str]) -> int:
    """Runs the command and returns its exit code; `words` are the arguments after `regress`."""
    parser = argparse.ArgumentParser(
        prog="python -m analysis regress", description="Hold the program against the results that it gave before.",
        epilog="Ends with " + "; ".join(f"{code}, {meaning}" for code, meaning in report.EXIT_CODES.items()) + ".",
    )  # fmt: skip
    parser.add_argument("worlds", nargs="*", metavar="world", help="only these worlds")
    parser.add_argument("--replications", type=int, help="only so many of those that are kept")
    parser.add_argument("--engine", choices=("compiled", "simpy"), default="compiled", help="simpy: the same, slower")
    parser.add_argument("--workers", type=int, default=0, help="replications at a time; 0: one a core")
    parser.add_argument("--baseline", type=Path, default=ROOT / "results/baseline", help="folder of what is kept")
    parser.add_argument("--changelog", type=Path, default=ROOT / "CHANGELOG.md", help="where its reason stands")
    parser.add_argument("--results", type=Path, default=Path("results/regress"), help="folder of what is written")
    parser.add_argument("--write", action="store_true", help="write what comes out as the new baseline")
    options = parser.parse_args(words)
    try:
        if options.replications is not None and options.replications < 1:
            raise Mistakes([f"--replications: wanted 1 or more, found {options.replications}"])
        if options.workers < 0:
            raise Mistakes([f"--workers: wanted 0 or more, found {options.workers}"])
        if options.write and (options.worlds or options.replications is not None or options.engine != "compiled"):
            raise Mistakes(["--write: a baseline is all worlds, all replications, by the compiled engine"])
        return _renew_baseline(options) if options.write else _compare_with_baseline(options)
    except KeyboardInterrupt:
        print("\nStopped. Nothing was written.", flush=True)
        os._exit(130)  # a thread cannot be stopped, and may compile for a minute
    except (Mistakes, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return report.CANNOT_JUDGE


def _compare_with_baseline(options: argparse.Namespace) -> int:
    # imported here: no other command needs the engine and its earlier results
    from analysis.plots.files import write_plots
    from analysis.regression.baseline import baseline_mark
    from analysis.regression.running import WORLDS

    worlds = {world.name: world for world in WORLDS}
    if unknown := [name for name in options.worlds if name not in worlds]:
        raise Mistakes([f"{name}: there is no such world{nearest(name, worlds)}" for name in unknown])
    baseline = _read_baseline(options.baseline)
    if lacking := [name for name in options.worlds or worlds if name not in baseline]:
        raise Mistakes([f"{options.baseline}: has no {', '.join(lacking)} as it is run now; `make baseline` writes it"])
    changelog = options.changelog.read_text(encoding="utf-8")
    objections = record.check_baseline_record(changelog, MODEL, baseline, baseline_mark(list(baseline.values())))
    verdicts: list[WorldVerdict] = []
    drawn: list[Plot] = []
    for name in options.worlds or worlds:
        began, old = monotonic(), baseline[name]
        replications = min(options.replications or old.metadata["replications"], old.metadata["replications"])
        verdict, ran = _run_and_judge(worlds[name], old, replications, options.engine, options.workers)
        verdicts.append(verdict)
        drawn += _drift_plots(verdict, old, ran)
        print(f"{report.world_text(verdict)} ({monotonic() - began:.0f} s)", flush=True)
    options.results.mkdir(parents=True, exist_ok=True)
    texts = {
        "junit": report.junit_report(verdicts, objections),
        "markdown": report.markdown_report(verdicts, objections),
        "page": report.html_report(verdicts, objections, write_plots(drawn, options.results)),
    }
    print(*objections, report.summary_sentence(verdicts, objections), sep="\n")
    print(*(write_file(path, texts[kind]) for kind, path in report.report_files(options.results).items()), sep="\n")
    return report.exit_code(verdicts, objections)


def _renew_baseline(options: argparse.Namespace) -> int:
    """Writes a new baseline, once every world has run and CHANGELOG.md says why results changed."""
    from analysis.regression.baseline import baseline_mark, write_baseline
    from analysis.regression.running import DEFAULT_REPLICATIONS, WORLDS

    old = _read_baseline(options.baseline)
    new: list[WorldBaseline] = []
    verdicts: dict[str, WorldVerdict] = {}
    for world in WORLDS:
        began = monotonic()
        verdict, ran = _run_and_judge(world, old.get(world.name), DEFAULT_REPLICATIONS, options.engine, options.workers)
        if ran is not None:
            new.append(ran)
        if ran is None or world.name in old:
            verdicts[world.name] = verdict
            print(f"{report.world_text(verdict)} ({monotonic() - began:.0f} s)", flush=True)
        else:
            print(f"{world.name}: has no baseline yet ({monotonic() - began:.0f} s)", flush=True)
    changelog = options.changelog.read_text(encoding="utf-8")
    if refused := record.check_renewal(changelog, MODEL, old, verdicts):
        print("no baseline was written:", *refused, sep="\n  ", file=sys.stderr)
        return report.DIFFERENT
    options.baseline.mkdir(parents=True, exist_ok=True)
    for path in (*options.baseline.glob("*.csv"), *options.baseline.glob("*.json")):
        if path.stem not in {world.name for world in WORLDS}:
            path.unlink()
    print(*(path for kept in new for path in write_baseline(kept, options.baseline)), sep="\n")
    print(write_file(options.changelog, record.set_baseline_mark(changelog, MODEL, baseline_mark(new))))
    return report.UNCHANGED


def _read_baseline(folder: Path) -> "dict[str, WorldBaseline]":
    """Returns the baselines of the worlds, without those of worlds whose command has changed."""
    from analysis.regression.baseline import read_baseline
    from analysis.regression.running import WORLDS

    baselines = {world: read_baseline(world.name, folder) for world in WORLDS}
    return {
        world.name: kept
        for world, kept in baselines.items()
        if kept is not None and kept.metadata["command"] == list(world.command)
    }


def _run_and_judge(
    world: "World", old: "WorldBaseline | None", replications: int, engine: str, workers: int
) -> "tuple[WorldVerdict, WorldBaseline | None]":
    """Runs a world, and returns its verdict and its new baseline; the latter is None where the run fails."""
    from analysis.regression.judging import failed_verdict, judge_world
    from analysis.regression.running import run_world
    from analysis.regression.trail import find_divergence

    try:
        ran = run_world(world, replications, engine, workers)
    except Exception as error:  # a fault in the program may raise anything
        return failed_verdict(world.name, f"{type(error).__name__}: {error}".splitlines()[0]), None
    trails = old.trails if old else ()
    divergences = [
        (n, find_divergence(trail, whole))
        for n, (trail, whole) in enumerate(zip(trails, ran.full_replications, strict=False))
    ]
    return judge_world(
        old or ran.baseline, ran.baseline, [(n, where) for n, where in divergences if where is not None]
    ), ran.baseline


def _drift_plots(verdict: "WorldVerdict", old: "WorldBaseline", ran: "WorldBaseline | None") -> "list[Plot]":
    """Returns the plot of a world of which a headline measure moved; else none."""
    if ran is None or verdict.triage == "unchanged":
        return []
    from analysis.plots.drawing import draw_in_style
    from analysis.regression.plots import drift_plot

    plot = draw_in_style(lambda: drift_plot(verdict, old, ran))
    return [plot] if plot else []
