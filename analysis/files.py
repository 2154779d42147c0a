"""Paths of the program's files, writing of whole files, and reading of YAML that is shipped with the program."""

import os
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"  # observed days and outlines
SCENARIOS = ROOT / "scenarios"
TEMPLATES = ROOT / "analysis" / "page" / "templates"


def write_file(path: Path, content: bytes | str) -> Path:
    """Writes `content` to `path` in one step, so that a reader never sees part of it; returns the path."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times as fast


def read_yaml(path: Path) -> Any:
    """Returns the content of a YAML file. Raises OSError and yaml.YAMLError."""
    return parse_yaml(path.read_text(encoding="utf-8"))


def parse_yaml(text: str) -> Any:
    """Returns the content of a YAML text. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_LOADER)
