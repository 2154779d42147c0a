"""The command line: checks everything, passes the sweep to Hydra, and compares the results.

Everything is composed and checked before the first run starts, so a mistake in the last run of a sweep costs nothing.
When a sweep ends, its comparison is made: the one place where sim calls analysis.
"""

import os
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

from sim.scenario.base import Mistakes
from sim.study import composing
from sim.study.composing import (
    Command,
    Sweep,
    as_typed,
    compose_sweep,
    differing_overrides,
    explain_hydra_error,
    mistakes_in_files,
    mistakes_in_overrides,
    read_command,
    run_name,
)

RESULTS_FOLDER = Path("results")
DATA_FOLDERS_VARIABLE = "CORRIDORS_DATA_FOLDERS"  # passes the folders with traces to processes of a launcher


def main() -> NoReturn:
    """Runs the command; exits with 0 if all is done, 1 if a run failed, 2 on wrong input, 130 if interrupted."""
    try:
        sys.exit(_run_command())
    except Mistakes as error:
        print("This cannot be run:", *(f"  {line}" for line in error.lines), sep="\n", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        _exit_stopped()
    except BrokenPipeError:  # the reader, as in `check | head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if isinstance(error.__context__, KeyboardInterrupt):  # interrupted while Hydra was reading a file
            _exit_stopped()
        raise


def _exit_stopped() -> NoReturn:
    print("\nStopped. What was finished is kept: run the same command again to go on.", file=sys.stderr, flush=True)
    sys.stdout.flush()
    if any(thread.name.startswith("replication") for thread in threading.enumerate()):
        os._exit(130)  # a thread cannot be stopped, and may be compiling for a minute; files are whole or not there
    sys.exit(130)


def _run_command() -> int:
    command = read_command(sys.argv[1:])
    if command.action == "help" and not (command.folders or command.overrides):
        return _print_help(command)
    if refused := mistakes_in_files(composing.SCENARIOS_FOLDER, command.folders) + mistakes_in_overrides(
        command.overrides
    ):
        raise Mistakes(refused)
    if command.action == "help":
        return _print_help(command)
    if command.action == "list":
        from sim.study.describe import choices_text

        print(choices_text((composing.SCENARIOS_FOLDER, *command.folders)))
        return 0
    if command.hydra_options and not (command.folders or command.overrides):
        return _ask_hydra(command)
    sweep = compose_sweep(command)
    if command.hydra_options:
        return _ask_hydra(command)
    return _print_check(command, sweep) if command.action == "check" else _run_sweep(command, sweep)


def _print_help(command: Command) -> int:
    from sim.study.describe import help_text

    print(help_text((composing.SCENARIOS_FOLDER, *command.folders)))
    return 0


def _run_sweep(command: Command, sweep: Sweep) -> int:
    """Runs all that was composed through Hydra's launcher, in one study, and compares; returns the exit code."""
    from filelock import FileLock, Timeout

    from sim.study import files as store
    from sim.study.describe import cost_estimate_text

    prepared = _prepare_runs(command, sweep)
    if len(studies := sorted({str(run.config["study"]) for run in sweep.runs})) > 1:
        raise Mistakes([f"study: one command writes one study, found {', '.join(studies)}"])
    if len(languages := sorted({scenario.report.language for scenario, _ in prepared})) > 1:
        raise Mistakes([f"report.language: a study has one page, in one language; found {' and '.join(languages)}"])
    names = [run_name(run.scenario, run.overrides) for run in sweep.runs]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise Mistakes([f"two runs would be written to the folder {name}" for name in repeated])
    study = RESULTS_FOLDER / studies[0]
    try:
        study.mkdir(parents=True, exist_ok=True)
        with FileLock(study / ".lock", timeout=0):
            print(
                f"{len(names)} run{'s' * (len(names) > 1)} -> {study.as_posix()}, {cost_estimate_text(prepared)}",
                flush=True,
            )
            if any(scenario.run.engine == "compiled" for scenario, _ in prepared):
                _announce_compiling()
            record = {"study": study.name, "runs": names, "command": [*command.folder_options, *command.overrides]}
            record["language"] = languages[0]
            store.write_json(study / "study.json", record)
            os.environ[DATA_FOLDERS_VARIABLE] = os.pathsep.join(str(folder) for folder in command.data_folders())
            folder_options = ["--config-dir", str(command.folders[0])] if command.folders else []
            sys.argv[1:] = [*folder_options, *sweep.overrides, "hydra.sweeper.params=null"]
            try:
                _launch_hydra()
            finally:
                (study / "multirun.yaml").unlink(missing_ok=True)  # Hydra's; it names folders of this machine
            return _compare_runs(study, names)
    except Timeout:
        message = "another sweep is writing this study; wait for it, or take another: study=name"
        raise Mistakes([f"{study.as_posix()}: {message}"]) from None
    except OSError as error:
        print(f"{study.as_posix()}: {error.strerror or error}; what was finished is kept", file=sys.stderr)
        return 1


def _announce_compiling() -> None:
    from sim.jit import compile_notice

    if words := compile_notice("loop", "play"):
        print(f"  {words}", flush=True)


def _prepare_runs(command: Command, sweep: Sweep) -> list[Any]:
    """Returns (scenario, network) of every run. Raises Mistakes with all mistakes of all runs."""
    from sim.study.job import Job, prepare_job

    prepared, mistakes = [], []
    for run in sweep.runs:
        try:
            prepared.append(prepare_job(Job(run.config, RESULTS_FOLDER, data_folders=command.data_folders())))
        except Mistakes as error:
            mistakes.append(
                (differing_overrides(run.overrides, [other.overrides for other in sweep.runs]), error.lines)
            )
    all_failed = len(mistakes) == len(sweep.runs)
    common = set.intersection(*(set(lines) for _, lines in mistakes)) if all_failed and mistakes else set()
    rest = [f"({run}) {line}" if run else line for run, lines in mistakes for line in lines if line not in common]
    if mistakes:
        raise Mistakes([*(line for line in mistakes[0][1] if line in common), *rest])
    return prepared


def _ask_hydra(command: Command) -> int:
    """Lets Hydra answer `--cfg job`, `--info` or `--hydra-help`."""
    sys.argv[1:] = [*command.overrides, *command.hydra_options]
    try:
        _launch_hydra()
    except Exception as error:
        raise Mistakes([explain_hydra_error(error)]) from None
    return 0


def _launch_hydra() -> None:
    """Passes the command to Hydra, which composes each run again and launches it."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # makes it raise instead of print
    import hydra
    from omegaconf import DictConfig

    @hydra.main(version_base="1.3", config_path=str(composing.SCENARIOS_FOLDER), config_name="config")
    def task(config: DictConfig) -> None:
        from hydra.core.hydra_config import HydraConfig
        from omegaconf import OmegaConf

        from sim.study.job import Job
        from sim.study.study import run_job

        settings: Any = OmegaConf.to_container(config, resolve=True)
        overrides = list(HydraConfig.get().overrides.task)
        scenario = str(HydraConfig.get().runtime.choices["scenario"])
        folder = Path(HydraConfig.get().sweep.dir) / run_name(scenario, overrides)
        data = tuple(Path(text) for text in os.environ.get(DATA_FOLDERS_VARIABLE, "").split(os.pathsep) if text)
        manifest = run_job(Job(settings, folder, tuple(as_typed(overrides)), data))
        print(f"  {folder.name}: {_result_text(manifest)}", flush=True)

    task()


def _result_text(manifest: dict[str, Any]) -> str:
    if manifest["status"] == "failed":
        return f"failed: {manifest['error']}"
    done, before = manifest["replications"], manifest["replications"] - manifest["done_now"]
    if before == done:
        return f"{done} replications, all of them done before"
    return f"{done} replications{f', {before} of them done before' if before else ''}, {manifest['seconds']:.0f} s"


def _compare_runs(study: Path, names: list[str]) -> int:
    """Compares the finished runs and prints the path of the comparison; returns 1 if a run failed, else 0."""
    from analysis.page.report import compare_study
    from sim.study import files as store

    done = [name for name in names if (store.read_json(study / name / "manifest.json") or {}).get("status") == "done"]
    if failed := [name for name in names if name not in done]:
        print(f"not finished: {', '.join(failed)}; run.log in its folder says why", file=sys.stderr)
    if done:
        print(compare_study(study))
    return 1 if failed else 0


def _print_check(command: Command, sweep: Sweep) -> int:
    from sim.study.describe import describe_scenario

    for i, (run, (scenario, network)) in enumerate(zip(sweep.runs, _prepare_runs(command, sweep), strict=True)):
        if len(sweep.runs) > 1:
            print(f"{chr(10) * (i > 0)}== {run_name(run.scenario, run.overrides)}")
        print(describe_scenario(scenario, network, run.config, with_sources=i == 0))
    return 0


if __name__ == "__main__":
    main()
