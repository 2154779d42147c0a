"""Where a planner's own tables (traces, what is there today) are looked for."""

import io
from pathlib import Path


def found(name: str, folders: tuple[Path, ...], what: str) -> Path:
    """The first file of that name in `folders`, in order; `what` it is, in the plural, is said where it lies outside.

    Raises ValueError, in planners' words.
    """
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise ValueError(f"{name!r} reaches out of the folders in which {what} are looked for")
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        raise ValueError(f"there is no file {name!r} in {', '.join(str(folder) for folder in folders)}")
    return path


def opened(path: Path) -> io.StringIO:
    """The text of a table. Raises ValueError, in planners' words."""
    try:
        return io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ValueError(f"{path.name}, line {line}: is not UTF-8; save the table as 'CSV UTF-8'") from None
