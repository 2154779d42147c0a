"""Initial stocks, as planners write them or as a CSV file: loads at places when the run starts, and their age.

Loads of a stock were requested, and took the steps before their place, before the run. Their age decides who goes first
among equals, and counts as waiting time at the end of the run; it has no other effect. The module also finds and opens
planners' tables.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import Discriminator, Field, NonNegativeInt, Tag, model_validator

from sim.laws import Constant
from sim.scenario.base import Keyed, Sector, Time, nearest
from sim.units import duration_s

NEEDED = ("place", "corridor", "loads", "age")  # columns of a CSV; a cell of `place` or `age` may be empty
COLUMNS = (*NEEDED, "flow", "sector", "cargo", "source")


class Stock(Keyed):
    """Loads that are already somewhere on their corridor when the run starts."""

    flow: str | None = Field(None, description="flow that the loads belong to; or else sector and cargo")
    sector: Sector | None = None
    cargo: str | None = None
    corridor: str
    at: str | None = Field(
        None,
        description="place where they are, e.g. platforms.north; the origin, or none: before the first step",
    )
    loads: NonNegativeInt
    age: Time | None = Field(None, description="how long they have been there; none: not known. Older loads go first")

    @model_validator(mode="after")
    def _whose(self) -> "Stock":
        if (self.flow is None) == (self.sector is None and self.cargo is None):
            raise ValueError("wanted flow, or sector and cargo")
        if (self.sector is None) != (self.cargo is None):
            raise ValueError("wanted both sector and cargo, or flow")
        return self


Start = Annotated[
    Annotated[dict[str, Stock], Tag("stocks")] | Annotated[str, Tag("file")],
    Discriminator(lambda start: "file" if isinstance(start, str) else "stocks"),
]


def stocks(start: Mapping[str, Stock] | str, folders: tuple[Path, ...] = ()) -> dict[str, Stock]:
    """Returns the stocks by name; a CSV file's are named by the file and their first line. Raises ValueError."""
    return read_stocks(start, folders) if isinstance(start, str) else dict(start)


def path_of(name: str, setting: str) -> str:
    """Returns the name of a stock's setting for messages to planners."""
    return f"start: {name}: {setting}" if ", line " in name else f"start.{name}.{setting}"


def read_stocks(name: str, folders: tuple[Path, ...]) -> dict[str, Stock]:
    """Returns the stocks in a CSV file with the columns place, corridor, loads, age, and flow, or sector and cargo.

    `place` is a full name (`platforms.north`), empty before the first step. `age` is a duration (`3 days`), empty where
    it is not known. `source` is where the line comes from. Other columns are ignored. Lines that differ in `loads` only
    are one stock. Its random numbers depend on its contents and not on its line. Raises ValueError with a message for
    planners.
    """
    path = find_file(name, folders, "stocks")
    stocks_by_name: dict[str, Stock] = {}
    with open_file(path) as file:
        rows = csv.DictReader(file)
        columns = rows.fieldnames or ()
        whose = ("flow",) if "flow" in columns or not {"sector", "cargo"} & set(columns) else ("sector", "cargo")
        for column in (*NEEDED, *whose):
            if column not in columns:
                raise ValueError(f"{name} has no column {column!r} in its first line{nearest(column, columns)}")
        for line, row in enumerate(rows, start=2):
            try:
                stock = _stock({c: text for c in COLUMNS if (text := (row.get(c) or "").strip())})
            except ValueError as error:
                raise ValueError(f"{name}, line {line}: {error}") from None
            same = next((known_name for known_name, other in stocks_by_name.items() if other.key == stock.key), None)
            if same is None:
                stocks_by_name[f"{name}, line {line}"] = stock
            else:
                stocks_by_name[same] = stocks_by_name[same].model_copy(
                    update={"loads": stocks_by_name[same].loads + stock.loads}
                )
    return stocks_by_name


def _stock(cells: Mapping[str, str]) -> Stock:
    """Returns the stock of one line, from its cells that are not empty."""
    if "corridor" not in cells:
        raise ValueError("there is no corridor")
    if ("flow" in cells) == ("sector" in cells and "cargo" in cells):
        raise ValueError("wanted flow, or sector and cargo")
    if (sector := cells.get("sector")) and sector not in get_args(Sector):
        raise ValueError(f"there is no sector {sector!r}{nearest(sector, get_args(Sector))}")
    if not (loads := cells.get("loads", "")).isdecimal():
        raise ValueError(f"loads: wanted a whole number, found {loads or 'nothing'}")
    age_s = duration_s(cells["age"]) if "age" in cells else 0.0
    if age_s < 0:
        raise ValueError(f"age: {cells['age']} is negative")
    given: dict[str, Any] = {name: cells[name] for name in ("flow", "sector", "cargo", "corridor") if name in cells}
    if "flow" in cells:  # which says both
        given = {name: text for name, text in given.items() if name not in ("sector", "cargo")}
    return Stock(
        **given,
        at=cells.get("place"),
        loads=int(loads),
        age=Constant(value=age_s) if age_s else None,
        key="start " + " ".join([*given.values(), cells.get("place", ""), f"{age_s:g} s"]),
        sources={"loads": cells["source"]} if "source" in cells else {},
    )


def find_file(name: str, folders: tuple[Path, ...], what: str) -> Path:
    """Returns the first file of that name in `folders`, in order.

    what : plural noun for messages, e.g. traces. Raises ValueError with a message for planners.
    """
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise ValueError(f"{name!r} reaches out of the folders in which {what} are looked for")
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        raise ValueError(f"there is no file {name!r} in {', '.join(str(folder) for folder in folders)}")
    return path


def open_file(path: Path) -> io.StringIO:
    """Returns the text of a table. Raises ValueError with a message for planners."""
    try:
        return io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ValueError(f"{path.name}, line {line}: is not UTF-8; save the table as 'CSV UTF-8'") from None
