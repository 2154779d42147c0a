"""Columns of data by name, as they are written to a CSV."""

from collections.abc import Iterable, Sequence
from typing import Any

Columns = dict[str, Sequence[Any]]


def columns_from_rows(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Columns:
    """Rows as columns by these names."""
    there = list(rows)
    return dict(zip(names, zip(*there, strict=True), strict=True)) if there else dict.fromkeys(names, ())
