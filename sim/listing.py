"""What there is to choose from, and how it is asked for."""

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
    """The title that it gives itself, else its first comment."""
    text = path.read_text(encoding="utf-8")
    about = (yaml.safe_load(text) or {}).get(group)
    if isinstance(about, dict) and "title" in about:
        return str(about["title"])
    comments = (line.lstrip("# ") for line in text.splitlines() if line.startswith("#") and "@package" not in line)
    return next(comments, "")
