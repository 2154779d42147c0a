"""The command line, the only module that knows Hydra.

Everything is composed and checked before the first run starts, so a mistake in the last run of a sweep costs nothing.
When a sweep ends its comparison is made: the one place where sim calls analysis.
"""

import os
import re
import sys
from argparse import Namespace
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from sim.overrides import added, differing, key, quoted, run_name, shown
from sim.reading import Mistakes, nearest
from sim.safety import mistakes_in_composed, mistakes_in_files, mistakes_in_overrides

SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios"
RESULTS = Path("results")
GROUPS = ("scenario", "regime", "experiment", "run")  # that a command chooses from
DATA_FOLDERS = "CORRIDORS_DATA_FOLDERS"  # to processes that a launcher starts: where traces are looked for


class Command(NamedTuple):
    """What was typed: `list`, `check` or nothing; a folder of the planner's own; overrides; options that ask Hydra."""

    word: str
    folders: tuple[Path, ...]
    overrides: list[str]
    asked: list[str]

    def groups(self) -> set[str]:
        """The names of Hydra's groups."""
        return {path.name for folder in (SCENARIOS, *self.folders) for path in folder.iterdir() if path.is_dir()}

    def data_folders(self) -> tuple[Path, ...]:
        """Where traces are looked for."""
        return (*self.folders, Path.cwd(), SCENARIOS)


class Composed(NamedTuple):
    """One run of a sweep: the overrides that make it, and its configuration."""

    overrides: list[str]
    config: dict[str, Any]


class Sweep(NamedTuple):
    """The command with its named sweep written out, and every run that it makes."""

    overrides: list[str]
    runs: list[Composed]


def main() -> NoReturn:
    """Ends with 0 if all is done, 1 if a run failed, 2 on wrong input, 130 if stopped."""
    try:
        sys.exit(_main())
    except Mistakes as error:
        print("This cannot be run:", *(f"  {line}" for line in error.lines), sep="\n", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        _stopped()
    except BrokenPipeError:  # `check | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if isinstance(error.__context__, KeyboardInterrupt):  # Hydra stumbles over one while it reads a file
            _stopped()
        raise


def _stopped() -> NoReturn:
    print("\nStopped. What was finished is kept: run the same command again to go on.", file=sys.stderr)
    sys.exit(130)


def _main() -> int:
    command = _command(sys.argv[1:])
    if refused := mistakes_in_files(SCENARIOS, command.folders) + mistakes_in_overrides(command.overrides):
        raise Mistakes(refused)
    if command.word == "list":
        from sim.listing import listing

        print(listing((SCENARIOS, *command.folders)))
        return 0
    if command.asked and not (command.folders or command.overrides):
        return _ask_hydra(command)
    sweep = _compose(command)
    if command.asked:
        return _ask_hydra(command)
    return _check(command, sweep) if command.word == "check" else _run(command, sweep)


def _command(arguments: list[str]) -> Command:
    if "--version" in arguments:
        from importlib.metadata import version

        print(f"corridors {version('aid-corridors')}")
        sys.exit(0)
    given, unknown = _parsed(arguments)
    words = [override for override in given.overrides if override in ("list", "check")]
    overrides = [override for override in given.overrides if override not in words]
    if unknown:
        raise Mistakes(f"{flag}: there is no such option; settings are written name=value" for flag in unknown)
    for flag in ("config_path", "config_name", "experimental_rerun"):
        if getattr(given, flag, None):
            raise Mistakes([f"--{flag.replace('_', '-')}: not here; use --config-dir for places of your own"])
    if bare := [text for text in overrides if not key(text) or ("=" not in text and not text.startswith("~"))]:
        raise Mistakes(f"{text!r}: wanted name=value, list or check" for text in bare)
    keys = [key(text) for text in overrides]
    if twice := sorted({name for name in keys if keys.count(name) > 1}):
        raise Mistakes(f"{name}: set twice; {name}=a,b runs both" for name in twice)
    if len(words) > 1:
        raise Mistakes([f"wanted one of list and check, found {' '.join(words)}"])
    folders = (Path(given.config_dir).resolve(),) if given.config_dir else ()
    if folders and not folders[0].is_dir():
        raise Mistakes([f"--config-dir: there is no folder {given.config_dir}"])
    asks_hydra = any((given.help, given.hydra_help, given.cfg, given.info, given.shell_completion))
    asked = [text for text in arguments if text not in given.overrides] if asks_hydra else []
    return Command("".join(words), folders, overrides, asked)


def _parsed(arguments: list[str]) -> tuple[Namespace, list[str]]:
    """What Hydra's options say, and what is none of them; a misused option is a mistake of one line."""
    from hydra._internal.utils import get_args_parser

    told = StringIO()
    try:
        with redirect_stderr(told):
            return get_args_parser().parse_known_intermixed_args(arguments)
    except SystemExit:
        raise Mistakes([told.getvalue().strip().rpartition("error: ")[2]]) from None


def _compose(command: Command) -> Sweep:
    """Every run that the command names. Mistakes says what Hydra can make nothing of, and what is refused."""
    from hydra import compose, initialize_config_dir
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.override_parser.overrides_parser import OverridesParser

    path = [f"hydra.searchpath=[{','.join(quoted(f'file://{folder}') for folder in command.folders)}]"]
    typed = added(command.overrides, command.groups())
    try:
        with initialize_config_dir(str(SCENARIOS), version_base="1.3"):
            parser = OverridesParser.create(GlobalHydra.instance().config_loader())
            parsed = parser.parse_overrides(typed)
            single = [str(o.input_line) for o in parsed if not o.is_sweep_override()]
            if any(o.key_or_group == "experiment" and o.is_sweep_override() for o in parsed):
                raise Mistakes(["experiment: one at a time"])
            launcher = [override for override in typed if key(override).startswith("hydra")]
            ours: Any = compose("config", overrides=["~scenario", "~regime", *launcher], return_hydra_config=True)
            node = compose("config", overrides=[*single, *path], return_hydra_config=True)
            _data(node, ours)
            known = {key(override) for override in typed}
            named = [f"{k}={v}" for k, v in (node.hydra.sweeper.params or {}).items() if k not in known]
            if refused := mistakes_in_overrides(named):
                raise Mistakes(refused)
            overrides = [str(override) for override in (*added(named, command.groups()), *typed)]
            runs = []
            for run in BasicSweeper.split_arguments(parser.parse_overrides(overrides), None)[0]:
                same = run == single  # one run, and no named sweep
                composed = node if same else compose("config", overrides=[*run, *path], return_hydra_config=True)
                runs.append(Composed(run, _data(composed, ours)))
    except Mistakes:
        raise
    except Exception as error:  # Hydra raises of all kinds, asserts too
        raise Mistakes([_explain(error)]) from None
    if not runs:
        raise Mistakes(["a glob or range in the command matches nothing"])
    return Sweep(overrides, runs)


def _data(composed: Any, ours: Any) -> dict[str, Any]:
    """A composed configuration without Hydra's node, references resolved. Mistakes says what is refused in it."""
    from omegaconf import OmegaConf

    found: Any = OmegaConf.to_container(composed)
    wanted: Any = OmegaConf.to_container(ours.hydra)
    if refused := mistakes_in_composed(found, wanted):
        raise Mistakes(refused)
    data: Any = OmegaConf.to_container(OmegaConf.masked_copy(composed, list(found.keys() - {"hydra"})), resolve=True)
    return {name: data[name] for name in found if name != "hydra"}


def _explain(error: Exception) -> str:
    """Hydra's complaint in a planner's words."""
    options = getattr(error, "options", None)
    if (missing := getattr(error, "missing_cfg_file", None)) and options is not None:
        group, _, name = str(missing).rpartition("/")
        return f"there is no {group or 'file'} called {name!r}{nearest(name, options)}"
    if override := getattr(error, "override", None):
        return f"{shown([override])[0]}: cannot be read; put quotes around a value with blanks, commas or brackets"
    cause = error.__cause__ or error
    lines = [line.strip() for line in str(error if len(str(error)) > 3 else cause).splitlines() if line.strip()]
    if isinstance(error, AssertionError) or not lines or "is defined before" in lines[0]:
        return "the defaults of a file make no sense to Hydra; are its `- override` lines the last ones?"
    if isinstance(error, RecursionError):
        return "the defaults of a file lead back to it"
    if left_out := re.match(r"Could not delete .*?'(.+?)'", lines[0]):
        return f"~{left_out[1]}: there is no such thing to leave out"
    if lines[0].startswith("Config group override must be"):
        return f"a group ({', '.join(GROUPS)}) takes the name of one of its files"
    if twice := re.match(r"Multiple values for (\S+?)\. ", lines[0]):
        return f"{twice[1]}: chosen twice; without `+` a choice replaces the one before"
    return lines[0]


def _run(command: Command, sweep: Sweep) -> int:
    """Runs all that was composed through Hydra's launcher, in one study, and compares."""
    from filelock import FileLock, Timeout

    from sim import store
    from sim.estimate import estimate

    prepared = _prepare(command, sweep)
    if len(studies := sorted({str(run.config["study"]) for run in sweep.runs})) > 1:
        raise Mistakes([f"study: one command writes one study, found {', '.join(studies)}"])
    names = [run_name(run.overrides) for run in sweep.runs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Mistakes([f"two runs would be written to the folder {name}" for name in twice])
    study = RESULTS / studies[0]
    try:
        study.mkdir(parents=True, exist_ok=True)
        with FileLock(study / ".lock", timeout=0):
            print(f"{len(names)} run{'s' * (len(names) > 1)} -> {study.as_posix()}, {estimate(prepared)}", flush=True)
            told = {"study": study.name, "runs": names, "command": command.overrides}
            store.write_json(study / "study.json", told)
            os.environ[DATA_FOLDERS] = os.pathsep.join(str(folder) for folder in command.data_folders())
            own = ["--config-dir", str(command.folders[0])] if command.folders else []
            sys.argv[1:] = [*own, *sweep.overrides, "hydra.sweeper.params=null"]
            _hydra()
            (study / "multirun.yaml").unlink(missing_ok=True)  # Hydra's; it names folders of this machine
            return _compare(study, names)
    except Timeout:
        message = "another sweep is writing this study; wait for it, or take another: study=name"
        raise Mistakes([f"{study.as_posix()}: {message}"]) from None
    except OSError as error:
        print(f"{study.as_posix()}: {error.strerror or error}; what was finished is kept", file=sys.stderr)
        return 1


def _prepare(command: Command, sweep: Sweep) -> list[Any]:
    """(scenario, network) of every run; Mistakes says all that is wrong with any."""
    from sim.job import Job, prepare

    prepared, found = [], []
    for run in sweep.runs:
        try:
            prepared.append(prepare(Job(run.config, RESULTS, data_folders=command.data_folders())))
        except Mistakes as error:
            found.append((differing(run.overrides, [other.overrides for other in sweep.runs]), error.lines))
    everywhere = len(found) == len(sweep.runs)
    common = set.intersection(*(set(lines) for _, lines in found)) if everywhere and found else set()
    rest = [f"({run}) {line}" if run else line for run, lines in found for line in lines if line not in common]
    if found:
        raise Mistakes([*(line for line in found[0][1] if line in common), *rest])
    return prepared


def _ask_hydra(command: Command) -> int:
    """What Hydra itself tells: `--help`, `--cfg job`, `--info`."""
    sys.argv[1:] = [*command.overrides, *command.asked]
    try:
        _hydra()
    except Exception as error:
        raise Mistakes([_explain(error)]) from None
    return 0


def _hydra() -> None:
    """Hands the command to Hydra, which composes each run again and launches it."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # it raises then, and does not print
    import hydra
    from omegaconf import DictConfig

    @hydra.main(version_base="1.3", config_path=str(SCENARIOS), config_name="config")
    def task(config: DictConfig) -> None:
        from hydra.core.hydra_config import HydraConfig
        from omegaconf import OmegaConf

        from sim.job import Job
        from sim.study import run

        settings: Any = OmegaConf.to_container(config, resolve=True)
        overrides = list(HydraConfig.get().overrides.task)
        folder = Path(HydraConfig.get().sweep.dir) / run_name(overrides)
        data = tuple(Path(text) for text in os.environ.get(DATA_FOLDERS, "").split(os.pathsep) if text)
        told = run(Job(settings, folder, tuple(shown(overrides)), data))
        print(f"  {folder.name}: {_in_words(told)}", flush=True)

    task()


def _in_words(manifest: dict[str, Any]) -> str:
    if manifest["status"] == "failed":
        return f"failed: {manifest['error']}"
    done, before = manifest["replications"], manifest["replications"] - manifest["done_now"]
    if before == done:
        return f"{done} replications, all of them done before"
    return f"{done} replications{f', {before} of them done before' if before else ''}, {manifest['seconds']:.0f} s"


def _compare(study: Path, names: list[str]) -> int:
    """The comparison of what is finished, its path last; 1 if something failed."""
    from analysis.report import compare_study
    from sim import store

    done = [name for name in names if (store.read_json(study / name / "manifest.json") or {}).get("status") == "done"]
    if failed := [name for name in names if name not in done]:
        print(f"not finished: {', '.join(failed)}; run.log in its folder says why", file=sys.stderr)
    if done:
        print(compare_study(study))
    return 1 if failed else 0


def _check(command: Command, sweep: Sweep) -> int:
    from sim.words import checked_in_words

    for run, (scenario, network) in zip(sweep.runs, _prepare(command, sweep), strict=True):
        print(checked_in_words(scenario, network, run.config))
    return 0


if __name__ == "__main__":
    main()
