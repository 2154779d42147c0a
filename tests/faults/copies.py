"""Copies of the program in a temporary folder, with a fault in them, and the outcome of tests there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.faults.fault import Fault

ROOT = Path(__file__).parents[2]
COPIED = ("sim", "analysis", "scenarios", "data", "tests", "pyproject.toml")
PASSED, FAILED = 0, 1  # pytest's codes; any other is neither


def mutate(fault: Fault, folder: Path) -> None:
    """Puts the fault into the program in `folder`. Raises ValueError unless its old text stands there once."""
    path = folder / fault.path
    text = path.read_text(encoding="utf-8")
    if (times := text.count(fault.old)) != 1:
        raise ValueError(f"{fault.name}: its old text stands {times} times in {fault.path}")
    path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")


def outcome(folder: Path, *tests: str) -> int:
    """Pytest's code for these tests of the program in `folder`."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"--rootdir={folder}"]
    command += [f"tests/{test}" for test in tests]
    alone = {**os.environ, "PYTHONPATH": str(folder), "NUMBA_DISABLE_JIT": "1"}
    alone.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(command, cwd=folder, env=alone, capture_output=True, check=False).returncode


def copied(folder: Path, program: Path = ROOT) -> Path:
    """A copy of the program and its tests within `folder`; of another copy with what Python made of it already."""
    made = shutil.ignore_patterns("__pycache__") if program == ROOT else None  # what Numba made there is large
    for name in COPIED:
        source = program / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=made)
        else:
            shutil.copy2(source, folder / name)
    return folder
