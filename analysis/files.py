"""Where the files of the program lie, how files are written whole or not at all, and how shipped YAML is read."""

import os
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"  # observed days and outlines
SCENARIOS = ROOT / "scenarios"
TEMPLATES = ROOT / "analysis" / "page" / "templates"


def write_file(path: Path, content: bytes | str) -> Path:
    """Put `content` at `path` in one step, so that a reader never sees half of it; ordinary permissions."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where PyYAML has libyaml


def read_yaml(path: Path) -> Any:
    """Raises OSError and yaml.YAMLError."""
    return parse_yaml(path.read_text(encoding="utf-8"))


def parse_yaml(text: str) -> Any:
    """Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_LOADER)
