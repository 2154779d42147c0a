"""What there is to choose from: a line for each scenario, regime and experiment."""

from pathlib import Path

import yaml


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
