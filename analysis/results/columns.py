"""Columns of data by name, as they are written to CSV files."""

from collections.abc import Iterable, Sequence
from typing import Any

Columns = dict[str, Sequence[Any]]


def columns_from_rows(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Columns:
    """Returns the rows as columns with these names; empty columns without rows."""
    all_rows = list(rows)
    return dict(zip(names, zip(*all_rows, strict=True), strict=True)) if all_rows else dict.fromkeys(names, ())
