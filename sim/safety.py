"""A scenario file is data: what could run code, read the environment or reach beyond its folder is refused.

Hydra would obey a `_target_`, a `hydra:` section or `${oc.env:HOME}` in any file, before anything is validated. So the
files are read here as plain YAML first. Our own config.yaml and hydra/ are trusted; a file under experiment/ may set
`hydra.sweeper.params`, which is what a named sweep is. What was composed is looked at once more, before Hydra's main
acts on it: whichever way it came there, a setting names no code and Hydra's own settings are ours.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

LARGEST = 100_000  # values in a file, aliases written out
_PLAIN_REFERENCE = re.compile(r"\$\{\.*(?!hydra\b)[A-Za-z_][\w.]*\}")
_LAUNCHER = re.compile(r"\+*hydra(/launcher=\w+|\.launcher\.[\w.]+=.*)", re.DOTALL)
_FOR_HYDRA = re.compile(r"(^|[./])hydra([./]|$)")
_SET_BY_A_COMMAND = {"runtime", "overrides", "job", "searchpath", "launcher", "sweeper"}  # of Hydra's settings


def mistakes_in_files(own: Path, others: tuple[Path, ...]) -> list[str]:
    """What is refused, or is not YAML, in our folder of scenarios and in those that a planner added."""
    lines = []
    for folder in (own, *others):
        for path in sorted(folder.rglob("*")):
            relative = path.relative_to(folder)
            where = f"{folder.name}/{relative.as_posix()}"
            if path.is_dir():
                lines += [f"{where}: refused: a link to another folder"] if path.is_symlink() else []
            elif path.suffix.lower() in (".yaml", ".yml"):
                trusted = folder == own and (relative.parts[0] == "hydra" or relative == Path("config.yaml"))
                lines += [f"{where}{what}" for what in dict.fromkeys(_mistakes(path, relative, trusted))]
                if folder != own and (own / relative).exists():
                    lines.append(f"{where}: a file of ours has this name; give it another")
    return lines


def mistakes_in_overrides(overrides: list[str]) -> list[str]:
    """What is refused in the overrides of a command, or of a named sweep."""
    lines = []
    for override in overrides:
        name, _, value = override.lstrip("+~").partition("=")
        group, _, package = name.partition("@")
        plain = override.replace("\\", "")  # Hydra takes $\{ for ${ where there are no quotes
        for_hydra = _FOR_HYDRA.search(package) or re.match(r"hydra\b", name)
        if "_target_" in plain or (for_hydra and not _LAUNCHER.fullmatch(override)):
            lines.append(f"{override}: refused: a setting cannot name code to run, or change what is Hydra's")
        elif reference := _unsafe_reference(plain):
            lines.append(f"{override}: refused: {reference} is more than a reference to a setting")
        elif "." not in group and "{" not in value and re.search(r"\.\.|(^|[\[,'\"\s])/", value):
            lines.append(f"{override}: refused: it reaches out of the folder of scenarios")
    return lines


def mistakes_in_composed(composed: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    """What is refused in an unresolved configuration with its `hydra` node; `ours` is that node as it has to be."""
    found, launched = composed["hydra"], ours["launcher"]
    fixed = [part for part in ours if part not in _SET_BY_A_COMMAND]
    changed = [part for part in (*found, *fixed) if part not in _SET_BY_A_COMMAND and found.get(part) != ours.get(part)]
    if found["launcher"] != launched or found["sweeper"] | {"params": None} != ours["sweeper"] | {"params": None}:
        changed.append("launcher or sweeper")
    changed += [f"job.{part}" for part in ("chdir", "env_set", "env_copy") if found["job"][part] != ours["job"][part]]
    settings = {name: value for name, value in composed.items() if name != "hydra"}
    lines = [f"hydra.{part}: refused: a scenario does not change what is Hydra's" for part in dict.fromkeys(changed)]
    return lines + [f"refused: {what}" for what in dict.fromkeys(_refused(settings, False))]


def _mistakes(path: Path, relative: Path, trusted: bool) -> Iterator[str]:
    try:
        text = path.read_text(encoding="utf-8")
        content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        too_large = len(list(islice(_texts(content), LARGEST + 1))) > LARGEST
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
        yield f": refused: it has more than {LARGEST} values"
        return
    if _FOR_HYDRA.search(relative.with_suffix("").as_posix()):
        yield ": refused: files and folders called hydra are ours"
    if any("@package" in line and "hydra" in line for line in text.splitlines()):
        yield ": refused: its package is hydra's"
    if content is not None and not isinstance(content, dict):
        yield ": wanted settings (name: value) at the top of the file"
        return
    yield from (f": refused: {what}" for what in _refused(content or {}, relative.parts[0] == "experiment"))


def _refused(content: Mapping[Any, Any], is_experiment: bool) -> Iterator[str]:
    hydra: Any = content.get("hydra")
    sweeps = isinstance(hydra, dict) and set(hydra) == {"sweeper"} and isinstance(hydra["sweeper"], dict)
    if "hydra" in content and not (is_experiment and sweeps and set(hydra["sweeper"]) == {"params"}):
        yield "a scenario file has no hydra section (a file under experiment/ may set hydra.sweeper.params)"
    for entry in _texts(content.get("defaults")):
        if ".." in entry or "//" in entry or re.search(r"\bhydra\b", entry):
            yield f"its defaults name {entry!r}, beyond the scenarios"
    for text in _texts(content):
        if "_target_" in text:
            yield "_target_ would run code"
        if reference := _unsafe_reference(text.replace("\\", "")):
            yield f"{reference} is more than a reference to a setting"
        if re.match(r"[+~]*hydra[./@]", text):
            yield f"{text!r} is a setting of hydra"


def _unsafe_reference(text: str) -> str:
    """An interpolation that is more than a plain reference to a key; empty where there is none."""
    rest = _PLAIN_REFERENCE.sub("", text)
    return rest[rest.index("${") :][:60] if "${" in rest else ""


def _texts(part: Any) -> Iterator[str]:
    """All that stands in a YAML value, as text, keys included."""
    if isinstance(part, Mapping | list | tuple | set):
        yield ""
        for value in (*part.keys(), *part.values()) if isinstance(part, Mapping) else part:
            yield from _texts(value)
    else:
        yield str(part)
