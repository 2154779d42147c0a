"""What there is to choose from, and how it is asked for."""

import re
from itertools import takewhile
from pathlib import Path

import yaml


def help_text(folders: tuple[Path, ...]) -> str:
    """What is printed for --help, by the words of the first folder: Hydra would compose everything first."""
    groups: dict[str, set[str]] = {}
    for folder in folders:
        for path in folder.glob("*/*.yaml"):
            groups.setdefault(path.parent.name, set()).add(path.stem)
    choices = (f"{group}: {', '.join(sorted(groups[group]))}" for group in sorted(groups))
    return (folders[0] / "help.txt").read_text(encoding="utf-8").format(choices="\n".join(choices)).rstrip()


def listing(folders: tuple[Path, ...]) -> str:
    """Names and titles, by group."""
    lines = []
    for group, head in (("scenario", "Scenarios"), ("regime", "Regimes"), ("experiment", "Experiments")):
        files = sorted(path for folder in folders for path in (folder / group).glob("*.yaml"))
        lines += [f"{head} ({group}=...)", *(f"  {path.stem:<24}{_title(path, group)}" for path in files), ""]
    return "\n".join(lines).rstrip()


def _title(path: Path, group: str) -> str:
    """The title that it gives itself, else the first sentence of its first comment."""
    text = path.read_text(encoding="utf-8")
    about = (yaml.safe_load(text) or {}).get(group)
    if isinstance(about, dict) and "title" in about:
        return str(about["title"])
    return first_sentence(text)


def first_sentence(text: str) -> str:
    """That of a file's first comment: what an experiment asks. A command to look at it with is none of it."""
    lines = [line for line in text.splitlines() if "@package" not in line]
    comment = " ".join(line.lstrip("# ") for line in takewhile(lambda line: line.startswith("#"), lines))
    return re.split(r"(?<=[.?])\s|: python", comment)[0].rstrip(".")
