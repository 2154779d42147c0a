"""What a command means: its words and settings, and every run that Hydra composes of them. Starts nothing."""

import re
import sys
from argparse import Namespace
from contextlib import redirect_stderr
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from sim.mistakes import Mistakes, nearest
from sim.overrides import added, key, quoted, shown
from sim.safety import mistakes_in_composed, mistakes_in_overrides

SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios"
GROUPS = ("scenario", "regime", "structure", "lever", "experiment", "run")  # that a command chooses from


class Command(NamedTuple):
    """What was typed: `list`, `check`, `help` or nothing; a folder of one's own; overrides; options that ask Hydra."""

    word: str
    folders: tuple[Path, ...]
    overrides: list[str]
    asked: list[str]
    typed_folder: tuple[str, ...] = ()

    def groups(self) -> set[str]:
        """The names of Hydra's groups."""
        return {path.name for folder in (SCENARIOS, *self.folders) for path in folder.iterdir() if path.is_dir()}

    def data_folders(self) -> tuple[Path, ...]:
        """Where traces are looked for."""
        return (*self.folders, Path.cwd(), SCENARIOS)


class Composed(NamedTuple):
    """One run of a sweep: the overrides that make it, the scenario that was chosen, and its configuration."""

    overrides: list[str]
    scenario: str
    config: dict[str, Any]


class Sweep(NamedTuple):
    """The command with its named sweep written out, and every run that it makes."""

    overrides: list[str]
    runs: list[Composed]


def read_command(arguments: list[str]) -> Command:
    """What was typed. Mistakes says what cannot be meant."""
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
    asks_hydra = any((given.hydra_help, given.cfg, given.info, given.shell_completion))
    asked = [text for text in arguments if text not in given.overrides] if asks_hydra else []
    typed_folder = ("--config-dir", str(given.config_dir)) if given.config_dir else ()
    return Command("help" if given.help else "".join(words), folders, overrides, asked, typed_folder)


def _parsed(arguments: list[str]) -> tuple[Namespace, list[str]]:
    """What Hydra's options say, and what is none of them; a misused option is a mistake of one line."""
    from hydra._internal.utils import get_args_parser

    told = StringIO()
    try:
        with redirect_stderr(told):
            return get_args_parser().parse_known_intermixed_args(arguments)
    except SystemExit:
        raise Mistakes([told.getvalue().strip().rpartition("error: ")[2]]) from None


def compose_sweep(command: Command) -> Sweep:
    """Every run that the command names. Mistakes says what Hydra can make nothing of, and what is refused."""
    from hydra import compose, initialize_config_dir
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.override_parser.overrides_parser import OverridesParser

    parse_yaml_in_c()
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
            ours = _of_hydra(SCENARIOS, *launcher)
            node = compose("config", overrides=[*single, *path], return_hydra_config=True)
            data = _data(node, ours)
            known = {key(override) for override in typed}
            named = [f"{k}={v}" for k, v in (node.hydra.sweeper.params or {}).items() if k not in known]
            if refused := mistakes_in_overrides(named):
                raise Mistakes(refused)
            overrides = [str(override) for override in (*added(named, command.groups()), *typed)]
            runs = []
            for run in BasicSweeper.split_arguments(parser.parse_overrides(overrides), None)[0]:
                same = run == single  # one run, and no named sweep
                composed = node if same else compose("config", overrides=[*run, *path], return_hydra_config=True)
                config = data if same else _data(composed, ours)
                runs.append(Composed(run, str(composed.hydra.runtime.choices.scenario), config))
    except Mistakes:
        raise
    except Exception as error:  # Hydra raises of all kinds, asserts too
        raise Mistakes([explain(error)]) from None
    if not runs:
        raise Mistakes(["a glob or range in the command matches nothing"])
    return Sweep(overrides, runs)


@cache
def _of_hydra(_folder: Path, *launcher: str) -> Any:
    """Hydra's own node as it is in our folder, whatever the scenario."""
    from hydra import compose
    from omegaconf import OmegaConf

    ours = compose("config", overrides=["~scenario", "~regime", *launcher], return_hydra_config=True)
    return OmegaConf.to_container(ours.hydra)


def _data(composed: Any, ours: Any) -> dict[str, Any]:
    """A composed configuration without Hydra's node, references resolved. Mistakes says what is refused in it."""
    from omegaconf import OmegaConf

    found: Any = OmegaConf.to_container(composed)
    if refused := mistakes_in_composed(found, ours):
        raise Mistakes(refused)
    if unused := _unused_levers(found):
        raise Mistakes(unused)
    own = {name: composed[name] for name in found if name != "hydra"}
    return {
        name: OmegaConf.to_container(part, resolve=True) if OmegaConf.is_config(part) else part
        for name, part in own.items()
    }


@cache
def parse_yaml_in_c() -> None:
    """Half of composing is reading YAML, which Hydra's library does in plain Python: its loader, around the parser in C
    where that is there."""
    from omegaconf import _utils
    from yaml import constructor, resolver

    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:
        return
    loader: Any = _utils.get_yaml_loader()

    class Loader(CParser, loader):  # type: ignore[misc]
        def __init__(self, stream: Any):
            CParser.__init__(self, stream)
            constructor.SafeConstructor.__init__(self)
            resolver.Resolver.__init__(self)

    _utils.get_yaml_loader = lambda: Loader


def _unused_levers(found: dict[str, Any]) -> list[str]:
    """A lever that no setting refers to does nothing: a misspelling, or of another scenario."""
    told = str({name: part for name, part in found.items() if name not in ("hydra", "levers")})
    used = set(re.findall(r"\$\{levers\.(\w+)\}", told))
    return [
        f"levers.{name}: no setting refers to it{nearest(name, used)}"
        for name in found.get("levers") or ()
        if name not in used
    ]


def explain(error: Exception) -> str:
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
