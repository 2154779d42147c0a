"""Files that are whole or absent. It will not make folders, and it does not care what is in the bytes."""

import os
from pathlib import Path


def write(path: Path, content: bytes | str) -> Path:
    """Put `content` at `path` in one step, so that a reader never sees half of it; ordinary permissions."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path
