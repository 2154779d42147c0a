"""What was measured on, and with which versions. No names of machines, folders or people."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.contenders import installed

PACKAGES = (
    "aid-corridors",
    "numpy",
    "scipy",
    "numba",
    "llvmlite",
    "simpy",
    "hydra-core",
    "joblib",
    "duckdb",
    "pydantic",
)
PEERS = ("ciw", "salabim", "cimba")


def machine() -> dict[str, Any]:
    """Processor, cores, memory, system, Python and packages."""
    return {
        "processor": _line("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": os.cpu_count(),
        "memory": _line("/proc/meminfo", "MemTotal") or "unknown",
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "versions": {name: version(name) if installed(name) else None for name in (*PACKAGES, *PEERS)},
    }


def _line(path: str, name: str) -> str | None:
    """What follows the name in a file of lines `name : value`; None where there is no such file or line."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), None)
