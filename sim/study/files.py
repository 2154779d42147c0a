"""Files of a run: written whole or not at all, and the same bytes for the same results.

A batch of replications is a folder that gets its name only when it is complete; `manifest.json` is written last, so a
run without it is not finished.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Collection, Container, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from sim.study.replication import SORT_COLUMNS, Replication

Database = duckdb.DuckDBPyConnection
PARQUET_OPTIONS = "(format parquet, parquet_version v2, compression zstd, use_tmp_file false)"


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yields a temporary path that replaces `path` if the block succeeds, and is deleted if it fails."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Writes JSON with sorted keys and LF line ends, whole or not at all."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, default=str)
    with atomic_file(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8", newline="\n")


def read_json(path: Path) -> Any | None:
    """Returns the content of a JSON file; None if it is missing or unreadable."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write_batch(folder: Path, replications: list[Replication]) -> None:
    """Writes these replications as a sub-folder of `folder`."""
    with (
        _atomic_folder(folder / f"{replications[0].number:06}-{replications[-1].number:06}") as temporary,
        _connect() as db,
    ):
        for table in SORT_COLUMNS:
            parts = [r.tables[table] for r in replications if table in r.tables]
            if parts:
                columns = {c: np.concatenate([part[c] for part in parts]) for c in parts[0]}
                _write_columns(db, temporary / f"{table}.parquet", columns)
        write_json(temporary / "digests.json", {str(r.number): r.digests for r in replications})


def complete_batches(folder: Path) -> list[Path]:
    """Returns the complete batches in `folder`, by name."""
    return sorted(path for path in folder.glob("[0-9]*-[0-9]*") if (path / "digests.json").is_file())


def load_kept_digests(folder: Path, logged: Container[int]) -> dict[str, Any]:
    """Returns the digests by replication of the batches in `folder`.

    Deletes a batch that lacks the table of loads for replications that are `logged`.
    """
    digests: dict[str, Any] = {}
    for batch in complete_batches(folder):
        batch_digests = read_json(batch / "digests.json") or {}
        has_loads = replications_in(batch / "loads.parquet")
        if any(int(r) in logged and int(r) not in has_loads for r in batch_digests):
            shutil.rmtree(batch)
        else:
            digests |= batch_digests
    return digests


def adopt_finished_run(finished: Path, folder: Path, digests: Mapping[str, Any]) -> None:
    """Makes a batch of the tables of a finished run, of the replications in `digests`, so that a kill loses nothing."""
    kept = {int(number) for number in digests} & replications_in(finished / "replications.parquet")
    if not kept:
        return
    with _atomic_folder(folder / f"{min(kept):06}-{max(kept):06}") as temporary, _connect() as db:
        for table in SORT_COLUMNS:
            file = finished / f"{table}.parquet"
            present = replications_in(file)  # empty for a table without rows, which is kept as it is
            # a table of other replications alone would change the bytes, though no row
            if file.is_file() and (not present or present & kept):
                _merge_tables(db, [file], temporary / file.name, table, kept)
        write_json(temporary / "digests.json", {str(number): digests[str(number)] for number in kept})


def merge_batches(folder: Path, into: Path) -> None:
    """Writes the final tables, sorted, from all batches."""
    with _connect() as db:
        for table in SORT_COLUMNS:
            files = [path for batch in complete_batches(folder) if (path := batch / f"{table}.parquet").is_file()]
            if files:
                with atomic_file(into / f"{table}.parquet") as temporary:
                    _merge_tables(db, files, temporary, table)
            else:
                (into / f"{table}.parquet").unlink(missing_ok=True)


def drop_batches(folder: Path) -> None:
    """Deletes the batches, once the final tables and their manifest are written."""
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.parent.rmdir()


def table_files(name: str, folder: Path, finished: Path | None) -> list[Path]:
    """Returns the files of one table: of the batches in `folder` and of a finished run, if there is one."""
    paths = [batch / f"{name}.parquet" for batch in complete_batches(folder)]
    return [*paths, finished / f"{name}.parquet"] if finished else paths


def replications_in(parquet: Path) -> set[int]:
    """Returns the replications in a table; none if the file is missing or unreadable."""
    if not parquet.is_file():
        return set()
    try:
        with _connect() as db:
            rows = db.execute(f"select distinct replication from '{_sql_path(parquet)}'").fetchall()
    except duckdb.Error:
        return set()
    return {int(row[0]) for row in rows}


def measured_values(tables: Collection[Path], measures: Collection[str]) -> dict[int, dict[str, float]]:
    """Returns the values of these measures by replication; nan where a measure is null."""
    values: dict[int, dict[str, float]] = {}
    with _connect() as db:
        for table in tables:
            for number, measure, value in db.execute(
                f"select replication, measure, value from '{_sql_path(table)}' where list_contains(?, measure)",
                [list(measures)],
            ).fetchall():
                values.setdefault(int(number), {})[measure] = np.nan if value is None else float(value)
    return values


def measure_summaries(parquet: Path) -> dict[str, dict[str, Any]]:
    """Returns for each measure its unit, and over the replications n, mean, sd, p05, p50, p95."""
    with _connect() as db:
        rows = db.execute(
            "select measure, any_value(unit), list(value order by replication) "
            f"from '{_sql_path(parquet)}' group by measure order by measure"
        ).fetchall()
    return {measure: {"unit": unit, **_summary(values)} for measure, unit, values in rows}


@contextmanager
def _atomic_folder(path: Path) -> Iterator[Path]:
    """Yields a temporary folder that is renamed to `path` if the block succeeds, and is deleted if it fails."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        shutil.rmtree(path, ignore_errors=True)
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _merge_tables(db: Database, files: list[Path], into: Path, table: str, only: Collection[int] = ()) -> None:
    """Writes one sorted table from several: of all replications, or of those in `only`."""
    where = f" where replication in ({', '.join(str(number) for number in only)})" if only else ""
    union = " union all by name ".join(f"select * from '{_sql_path(file)}'{where}" for file in files)
    order = ", ".join(SORT_COLUMNS[table])
    db.execute(f"copy (select * from ({union}) order by {order}) to '{_sql_path(into)}' {PARQUET_OPTIONS}")


def _connect() -> Database:
    """Opens a database with one thread, so that rows keep their order and files their bytes."""
    return duckdb.connect(config={"threads": 1})


def _summary(values: list[float | None]) -> dict[str, Any]:
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    if not len(known):
        return {"n": 0, "mean": None, "sd": None, "p05": None, "p50": None, "p95": None}
    p05, p50, p95 = (float(q) for q in np.quantile(known, (0.05, 0.5, 0.95)))
    sd = float(known.std(ddof=1)) if len(known) > 1 else None
    return {"n": len(known), "mean": float(known.mean()), "sd": sd, "p05": p05, "p50": p50, "p95": p95}


def _write_columns(db: Database, path: Path, columns: dict[str, Any]) -> None:
    """Writes arrays as Parquet: integers in 32 bits where they fit, nan as null."""
    columns_ = {name: _compact_column(column) for name, column in columns.items()}
    as_sql = {"f": "case when isnan({0}) then null else {0} end as {0}", "M": "cast({0} as date) as {0}"}
    select = ", ".join(as_sql.get(column.dtype.kind, "{0}").format(name) for name, column in columns_.items())
    db.register("columns_", columns_)
    db.execute(f"copy (select {select} from columns_) to '{_sql_path(path)}' {PARQUET_OPTIONS}")


def _compact_column(column: Any) -> Any:
    if column.dtype.kind == "M":
        return column.astype("datetime64[us]")
    if column.dtype.kind == "i" and (not len(column) or np.abs(column).max() < 1 << 31):
        return column.astype(np.int32)
    return column.astype(object) if column.dtype.kind == "U" else column


def _sql_path(path: Path) -> str:
    return path.as_posix().replace("'", "''")
