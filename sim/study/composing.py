"""Reads a command, composes every run of its sweep with Hydra, and refuses unsafe scenario files. It starts no run.

A scenario file is data: content that could run code, read the environment or reach beyond its folder is refused. Hydra
would obey a `_target_`, a `hydra:` section or `${oc.env:HOME}` in any file, before anything is validated, so the files
are read here as plain YAML first. Our own config.yaml and hydra/ are trusted; a file under experiment/ may set
`hydra.sweeper.params`, which is a named sweep. The composed configuration is checked again before Hydra runs it.

The text of an override, `name.name=value`, is also handled here: what it sets, how it is shown, and the name of the
run's folder.
"""

import hashlib
import re
import sys
from argparse import Namespace
from collections.abc import Collection, Iterator, Mapping
from contextlib import redirect_stderr
from functools import cache
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from sim.scenario.base import Mistakes, nearest

SCENARIOS_FOLDER = Path(__file__).resolve().parents[2] / "scenarios"
CONFIG_GROUPS = ("scenario", "regime", "structure", "lever", "experiment", "run")  # that a command chooses from
NOT_IN_RUN_NAME = {
    "study", "experiment", "run.workers", "run.replications", "run.precision", "run.log", "run.engine",
    "report.language", "report.notes",
}  # fmt: skip
MAX_VALUES = 100_000  # values in a file, with aliases expanded
_PLAIN_REFERENCE = re.compile(r"\$\{\.*(?!hydra\b)[A-Za-z_][\w.]*\}")
_LAUNCHER_OVERRIDE = re.compile(r"\+*hydra(/launcher=\w+|\.launcher\.[\w.]+=.*)", re.DOTALL)
_HYDRA_NAME = re.compile(r"(^|[./])hydra([./]|$)")
_SET_BY_COMMAND = {"runtime", "overrides", "job", "searchpath", "launcher", "sweeper"}  # of Hydra's settings


class Command(NamedTuple):
    """A command as typed.

    action : `list`, `check`, `help` or empty. folders : a planner's own folder of scenarios. hydra_options : options
    that Hydra answers. folder_options : the options that named the folder.
    """

    action: str
    folders: tuple[Path, ...]
    overrides: list[str]
    hydra_options: list[str]
    folder_options: tuple[str, ...] = ()

    def group_names(self) -> set[str]:
        """Returns the names of Hydra's groups."""
        return {path.name for folder in (SCENARIOS_FOLDER, *self.folders) for path in folder.iterdir() if path.is_dir()}

    def data_folders(self) -> tuple[Path, ...]:
        """Returns the folders that are searched for traces."""
        return (*self.folders, Path.cwd(), SCENARIOS_FOLDER)


class ComposedRun(NamedTuple):
    """One run of a sweep: its overrides, the name of its scenario, and its configuration."""

    overrides: list[str]
    scenario: str
    config: dict[str, Any]


class Sweep(NamedTuple):
    """The overrides of a command, with its named sweep written out, and every run that they make."""

    overrides: list[str]
    runs: list[ComposedRun]


def read_command(arguments: list[str]) -> Command:
    """Returns the command that was typed. Raises Mistakes if it makes no sense."""
    if "--version" in arguments:
        from importlib.metadata import version

        print(f"corridors {version('aid-corridors')}")
        sys.exit(0)
    options, unknown = _parse_arguments(arguments)
    words = [override for override in options.overrides if override in ("list", "check")]
    overrides = [override for override in options.overrides if override not in words]
    if unknown:
        raise Mistakes(f"{flag}: there is no such option; settings are written name=value" for flag in unknown)
    for flag in ("config_path", "config_name", "experimental_rerun"):
        if getattr(options, flag, None):
            raise Mistakes([f"--{flag.replace('_', '-')}: not here; use --config-dir for places of your own"])
    if bare := [text for text in overrides if not override_key(text) or ("=" not in text and not text.startswith("~"))]:
        raise Mistakes(f"{text!r}: wanted name=value, list or check" for text in bare)
    keys = [override_key(text) for text in overrides]
    if repeated := sorted({name for name in keys if keys.count(name) > 1}):
        raise Mistakes(f"{name}: set twice; {name}=a,b runs both" for name in repeated)
    if len(words) > 1:
        raise Mistakes([f"wanted one of list and check, found {' '.join(words)}"])
    folders = (Path(options.config_dir).resolve(),) if options.config_dir else ()
    if folders and not folders[0].is_dir():
        raise Mistakes([f"--config-dir: there is no folder {options.config_dir}"])
    is_for_hydra = any((options.hydra_help, options.cfg, options.info, options.shell_completion))
    hydra_options = [text for text in arguments if text not in options.overrides] if is_for_hydra else []
    typed_folder = ("--config-dir", str(options.config_dir)) if options.config_dir else ()
    return Command("help" if options.help else "".join(words), folders, overrides, hydra_options, typed_folder)


def _parse_arguments(arguments: list[str]) -> tuple[Namespace, list[str]]:
    """Returns the values of Hydra's options, and the unknown arguments. Raises Mistakes on a misused option."""
    from hydra._internal.utils import get_args_parser

    stderr = StringIO()
    try:
        with redirect_stderr(stderr):
            return get_args_parser().parse_known_intermixed_args(arguments)
    except SystemExit:
        raise Mistakes([stderr.getvalue().strip().rpartition("error: ")[2]]) from None


def compose_sweep(command: Command) -> Sweep:
    """Returns every run of a command. Raises Mistakes for what Hydra cannot read, and for what is refused."""
    from hydra import compose, initialize_config_dir
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.override_parser.overrides_parser import OverridesParser

    use_c_yaml_parser()
    path = [f"hydra.searchpath=[{','.join(quote_for_hydra(f'file://{folder}') for folder in command.folders)}]"]
    typed = allow_new_keys(command.overrides, command.group_names())
    try:
        with initialize_config_dir(str(SCENARIOS_FOLDER), version_base="1.3"):
            parser = OverridesParser.create(GlobalHydra.instance().config_loader())
            parsed = parser.parse_overrides(typed)
            single = [str(o.input_line) for o in parsed if not o.is_sweep_override()]
            if any(o.key_or_group == "experiment" and o.is_sweep_override() for o in parsed):
                raise Mistakes(["experiment: one at a time"])
            launcher = [override for override in typed if override_key(override).startswith("hydra")]
            defaults = _hydra_defaults(SCENARIOS_FOLDER, *launcher)
            node = compose("config", overrides=[*single, *path], return_hydra_config=True)
            data = _resolved_config(node, defaults)
            typed_keys = {override_key(override) for override in typed}
            named_sweep = [f"{k}={v}" for k, v in (node.hydra.sweeper.params or {}).items() if k not in typed_keys]
            if refused := mistakes_in_overrides(named_sweep):
                raise Mistakes(refused)
            overrides = [str(override) for override in (*allow_new_keys(named_sweep, command.group_names()), *typed)]
            runs = []
            for run in BasicSweeper.split_arguments(parser.parse_overrides(overrides), None)[0]:
                is_single = run == single  # one run, and no named sweep
                composed = node if is_single else compose("config", overrides=[*run, *path], return_hydra_config=True)
                config = data if is_single else _resolved_config(composed, defaults)
                runs.append(ComposedRun(run, str(composed.hydra.runtime.choices.scenario), config))
    except Mistakes:
        raise
    except Exception as error:  # Hydra raises many types, AssertionError too
        raise Mistakes([explain_hydra_error(error)]) from None
    if not runs:
        raise Mistakes(["a glob or range in the command matches nothing"])
    return Sweep(overrides, runs)


@cache
def _hydra_defaults(_folder: Path, *launcher: str) -> Any:
    """Returns Hydra's own settings as our folder has them, whatever the scenario."""
    from hydra import compose
    from omegaconf import OmegaConf

    composed = compose("config", overrides=["~scenario", "~regime", *launcher], return_hydra_config=True)
    return OmegaConf.to_container(composed.hydra)


def _resolved_config(composed: Any, defaults: Any) -> dict[str, Any]:
    """Returns a composed configuration without Hydra's node, with references resolved.

    Raises Mistakes for refused content, and for levers without effect.
    """
    from omegaconf import OmegaConf

    config: Any = OmegaConf.to_container(composed)
    if refused := mistakes_in_composed(config, defaults):
        raise Mistakes(refused)
    if unused := _unused_levers(config):
        raise Mistakes(unused)
    parts = {name: composed[name] for name in config if name != "hydra"}
    return {
        name: OmegaConf.to_container(part, resolve=True) if OmegaConf.is_config(part) else part
        for name, part in parts.items()
    }


@cache
def use_c_yaml_parser() -> None:
    """Makes Hydra's YAML loader use the parser in C, if it is installed.

    Half of the time of composing is spent on reading YAML.
    """
    from omegaconf import _utils
    from yaml import constructor, resolver

    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:
        return
    if not hasattr(_utils, "get_yaml_loader"):  # not a public name: without it composing is only slower
        return
    loader: Any = _utils.get_yaml_loader()

    class Loader(CParser, loader):  # type: ignore[misc]
        def __init__(self, stream: Any):
            CParser.__init__(self, stream)
            constructor.SafeConstructor.__init__(self)
            resolver.Resolver.__init__(self)

    _utils.get_yaml_loader = lambda: Loader


def _unused_levers(config: dict[str, Any]) -> list[str]:
    """Returns a mistake for each lever that no setting refers to: misspelled, or of another scenario."""
    settings_text = str({name: part for name, part in config.items() if name not in ("hydra", "levers")})
    used = set(re.findall(r"\$\{levers\.(\w+)\}", settings_text))
    return [
        f"levers.{name}: no setting refers to it{nearest(name, used)}"
        for name in config.get("levers") or ()
        if name not in used
    ]


def explain_hydra_error(error: Exception) -> str:
    """Returns Hydra's error message in a planner's terms."""
    options = getattr(error, "options", None)
    if (missing := getattr(error, "missing_cfg_file", None)) and options is not None:
        group, _, name = str(missing).rpartition("/")
        return f"there is no {group or 'file'} called {name!r}{nearest(name, options)}"
    if override := getattr(error, "override", None):
        return f"{as_typed([override])[0]}: cannot be read; put quotes around a value with blanks, commas or brackets"
    cause = error.__cause__ or error
    lines = [line.strip() for line in str(error if len(str(error)) > 3 else cause).splitlines() if line.strip()]
    if isinstance(error, AssertionError) or not lines or "is defined before" in lines[0]:
        return "the defaults of a file make no sense to Hydra; are its `- override` lines the last ones?"
    if isinstance(error, RecursionError):
        return "the defaults of a file lead back to it"
    if left_out := re.match(r"Could not delete .*?'(.+?)'", lines[0]):
        return f"~{left_out[1]}: there is no such thing to leave out"
    if lines[0].startswith("Config group override must be"):
        return f"a group ({', '.join(CONFIG_GROUPS)}) takes the name of one of its files"
    if twice := re.match(r"Multiple values for (\S+?)\. ", lines[0]):
        return f"{twice[1]}: chosen twice; without `+` a choice replaces the one before"
    return lines[0]


def override_key(override: str) -> str:
    """Returns the setting or group that an override changes."""
    return override.lstrip("+~").partition("=")[0]


def as_typed(overrides: Collection[str]) -> list[str]:
    """Returns overrides as a planner would write them."""
    return [override.lstrip("+") for override in overrides]


def allow_new_keys(overrides: Collection[str], groups: Collection[str]) -> list[str]:
    """Returns overrides marked so that they may set what no file mentions; they are checked afterwards."""

    def is_setting(override: str) -> bool:
        name = override_key(override).partition("@")[0]
        return override[0] not in "+~" and "/" not in name and not name.startswith("hydra") and name not in groups

    return [f"++{override}" if is_setting(override) else override for override in overrides]


def quote_for_hydra(text: str) -> str:
    """Returns a text quoted for Hydra's grammar, such as a path with blanks or brackets."""
    escaped = text.replace("'", "\\'")
    return f"'{escaped}'"


def run_name(scenario: str, overrides: Collection[str]) -> str:
    """Returns the name of a run's folder: its scenario, and all other overrides that change its results."""
    texts = {override_key(override): override.lstrip("+") for override in overrides}
    texts.pop("scenario", None)
    rest = sorted(text for name, text in texts.items() if name not in NOT_IN_RUN_NAME and not name.startswith("hydra"))
    name = ",".join([scenario, *rest])
    safe = re.sub(r"[^\w.=,~+%-]", "_", name)
    if safe != name or len(safe) > 120:
        safe = f"{safe[:110]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return safe


def differing_overrides(overrides: Collection[str], all_overrides: Collection[Collection[str]]) -> str:
    """Returns the overrides of a run that not all runs of the sweep share; empty for a single run."""
    common = set.intersection(*(set(each) for each in all_overrides))
    return ", ".join(as_typed([override for override in overrides if override not in common]))


def mistakes_in_files(our_folder: Path, others: tuple[Path, ...]) -> list[str]:
    """Returns what is refused, or is not YAML, in our folder of scenarios and in a planner's folders."""
    lines = []
    for folder in (our_folder, *others):
        for path in sorted(folder.rglob("*")):
            relative = path.relative_to(folder)
            where = f"{folder.name}/{relative.as_posix()}"
            if path.is_dir():
                lines += [f"{where}: refused: a link to another folder"] if path.is_symlink() else []
            elif path.suffix.lower() in (".yaml", ".yml"):
                trusted = folder == our_folder and (relative.parts[0] == "hydra" or relative == Path("config.yaml"))
                lines += [f"{where}{what}" for what in dict.fromkeys(_mistakes_in_file(path, relative, trusted))]
                if folder != our_folder and (our_folder / relative).exists():
                    lines.append(f"{where}: a file of ours has this name; give it another")
    return lines


def mistakes_in_overrides(overrides: list[str]) -> list[str]:
    """Returns what is refused in the overrides of a command, or of a named sweep."""
    lines = []
    for override in overrides:
        name, _, value = override.lstrip("+~").partition("=")
        group, _, package = name.partition("@")
        plain = override.replace("\\", "")  # Hydra takes $\{ for ${ where there are no quotes
        for_hydra = _HYDRA_NAME.search(package) or re.match(r"hydra\b", name)
        if "_target_" in plain or (for_hydra and not _LAUNCHER_OVERRIDE.fullmatch(override)):
            lines.append(f"{override}: refused: a setting cannot name code to run, or change what is Hydra's")
        elif reference := _unsafe_reference(plain):
            lines.append(f"{override}: refused: {reference} is more than a reference to a setting")
        elif "." not in group and "{" not in value and re.search(r"\.\.|(^|[\[,'\"\s])/", value):
            lines.append(f"{override}: refused: it reaches out of the folder of scenarios")
    return lines


def mistakes_in_composed(composed: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    """Returns what is refused in an unresolved configuration; `ours` is the `hydra` node that it must have."""
    hydra, launcher = composed["hydra"], ours["launcher"]
    fixed = [part for part in ours if part not in _SET_BY_COMMAND]
    changed = [part for part in (*hydra, *fixed) if part not in _SET_BY_COMMAND and hydra.get(part) != ours.get(part)]
    if hydra["launcher"] != launcher or hydra["sweeper"] | {"params": None} != ours["sweeper"] | {"params": None}:
        changed.append("launcher or sweeper")
    changed += [f"job.{part}" for part in ("chdir", "env_set", "env_copy") if hydra["job"][part] != ours["job"][part]]
    settings = {name: value for name, value in composed.items() if name != "hydra"}
    lines = [f"hydra.{part}: refused: a scenario does not change what is Hydra's" for part in dict.fromkeys(changed)]
    return lines + [f"refused: {what}" for what in dict.fromkeys(_refused_content(settings, False))]


def _mistakes_in_file(path: Path, relative: Path, trusted: bool) -> Iterator[str]:
    """Yields what is refused, or is not YAML, in one file."""
    try:
        text = path.read_text(encoding="utf-8")
        content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        too_large = len(list(islice(_all_texts(content), MAX_VALUES + 1))) > MAX_VALUES
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}" if mark else ""
        yield f"{where}: this is not valid YAML ({error.problem or error.context})"
        return
    except RecursionError:
        yield ": refused: it is nested without end"
        return
    except (OSError, ValueError, yaml.YAMLError) as error:
        yield f": cannot be read ({str(error).splitlines()[0]})"
        return
    if trusted:
        return
    if too_large:
        yield f": refused: it has more than {MAX_VALUES} values"
        return
    if _HYDRA_NAME.search(relative.with_suffix("").as_posix()):
        yield ": refused: files and folders called hydra are ours"
    if any("@package" in line and "hydra" in line for line in text.splitlines()):
        yield ": refused: its package is hydra's"
    if content is not None and not isinstance(content, dict):
        yield ": wanted settings (name: value) at the top of the file"
        return
    yield from (f": refused: {what}" for what in _refused_content(content or {}, relative.parts[0] == "experiment"))


def _refused_content(content: Mapping[Any, Any], is_experiment: bool) -> Iterator[str]:
    """Yields what is refused in the settings of a file or of a configuration."""
    hydra: Any = content.get("hydra")
    sweeps = isinstance(hydra, dict) and set(hydra) == {"sweeper"} and isinstance(hydra["sweeper"], dict)
    if "hydra" in content and not (is_experiment and sweeps and set(hydra["sweeper"]) == {"params"}):
        yield "a scenario file has no hydra section (a file under experiment/ may set hydra.sweeper.params)"
    for entry in _all_texts(content.get("defaults")):
        if ".." in entry or "//" in entry or re.search(r"\bhydra\b", entry):
            yield f"its defaults name {entry!r}, beyond the scenarios"
    for text in _all_texts(content):
        if "_target_" in text:
            yield "_target_ would run code"
        if reference := _unsafe_reference(text.replace("\\", "")):
            yield f"{reference} is more than a reference to a setting"
        if re.match(r"[+~]*hydra[./@]", text):
            yield f"{text!r} is a setting of hydra"


def _unsafe_reference(text: str) -> str:
    """Returns an interpolation that is more than a plain reference to a setting; empty if there is none."""
    rest = _PLAIN_REFERENCE.sub("", text)
    return rest[rest.index("${") :][:60] if "${" in rest else ""


def _all_texts(part: Any) -> Iterator[str]:
    """Yields all values and keys of a YAML value as text."""
    if isinstance(part, Mapping | list | tuple | set):
        yield ""
        for value in (*part.keys(), *part.values()) if isinstance(part, Mapping) else part:
            yield from _all_texts(value)
    else:
        yield str(part)
