"""A scenario file is data: what could run code, read the environment or reach beyond its folder is refused.

Hydra would obey a `_target_`, a `hydra:` section or `${oc.env:HOME}` in any file, before anything is validated. So the
files are read here as plain YAML first. Our own config.yaml and hydra/ are trusted; a file under experiment/ may set
`hydra.sweeper.params`, which is what a named sweep is.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_PLAIN_REFERENCE = re.compile(r"\$\{\.*[A-Za-z_][\w.]*\}")
_PACKAGE = re.compile(r"^\s*#\s*@package\s+(\S+)", re.MULTILINE)
_REFUSED_OVERRIDES = ("hydra.searchpath", "hydra.callbacks", "hydra.sweeper._target_")


def mistakes_in_files(own: Path, others: tuple[Path, ...]) -> list[str]:
    """What is refused, or is not YAML, in our folder of scenarios and in those that a planner added."""
    lines = []
    for folder in (own, *others):
        for path in sorted(folder.rglob("*.yaml")) + sorted(folder.rglob("*.yml")):
            relative = path.relative_to(folder)
            trusted = folder == own and (relative.parts[0] == "hydra" or relative == Path("config.yaml"))
            lines += [f"{folder.name}/{relative.as_posix()}{what}" for what in _mistakes(path, relative, trusted)]
            if folder != own and (own / relative).exists():
                lines.append(f"{folder.name}/{relative.as_posix()}: a file of ours has this name; give it another")
    return lines


def mistakes_in_overrides(overrides: list[str]) -> list[str]:
    """What is refused in the overrides of a command."""
    lines = []
    for override in overrides:
        key, _, value = override.partition("=")
        if "_target_" in override or key.lstrip("+~").startswith(_REFUSED_OVERRIDES):
            lines.append(f"{override}: refused: a setting cannot name code to run, or other folders to read")
        elif reference := _unsafe_reference(override):
            lines.append(f"{override}: refused: {reference} is more than a reference to a setting")
        elif ".." in value and "." not in key:
            lines.append(f"{override}: refused: it reaches out of the folder of scenarios")
    return lines


def _mistakes(path: Path, relative: Path, trusted: bool) -> Iterator[str]:
    try:
        text = path.read_text(encoding="utf-8")
        content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}" if mark else ""
        yield f"{where}: this is not valid YAML ({error.problem or error.context})"
        return
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        yield f": cannot be read ({str(error).splitlines()[0]})"
        return
    if trusted:
        return
    if any(package.startswith(("hydra", "_global_.hydra")) for package in _PACKAGE.findall(text)):
        yield ": refused: its package is hydra's"
    if content is not None and not isinstance(content, dict):
        yield ": wanted settings (name: value) at the top of the file"
        return
    yield from (f": refused: {what}" for what in _refused(content or {}, relative.parts[0] == "experiment"))


def _refused(content: dict[Any, Any], is_experiment: bool) -> Iterator[str]:
    hydra: Any = content.get("hydra")
    sweeps = isinstance(hydra, dict) and set(hydra) == {"sweeper"} and isinstance(hydra["sweeper"], dict)
    if "hydra" in content and not (is_experiment and sweeps and set(hydra["sweeper"]) == {"params"}):
        yield "a scenario file has no hydra section (a file under experiment/ may set hydra.sweeper.params)"
    for entry in _texts(content.get("defaults")):
        if ".." in entry or "://" in entry or re.search(r"(^|[@/\s])hydra\b", entry):
            yield f"its defaults name {entry!r}, beyond the scenarios"
    for text in _texts(content):
        if "_target_" in text:
            yield "_target_ would run code"
        if reference := _unsafe_reference(text):
            yield f"{reference} is more than a reference to a setting"
        if re.match(r"\+*hydra[./@]", text):
            yield f"{text!r} is a setting of hydra"


def _unsafe_reference(text: str) -> str:
    """An interpolation that is more than a plain reference to a key; empty where there is none."""
    rest = _PLAIN_REFERENCE.sub("", text)
    return rest[rest.index("${") :][:60] if "${" in rest else ""


def _texts(part: Any) -> Iterator[str]:
    """All texts in a YAML value, keys included."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield from _texts(key)
            yield from _texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from _texts(value)
    elif isinstance(part, str):
        yield part
