"""A log trail: a digest of a log small enough to store, which shows where two logs diverge.

It has one character for every BLOCK_ROWS rows, from a digest of all rows so far. The first character that differs shows
the block where the logs diverge; one time in 64 it shows up a block later. A few loads, spread over the run, are kept
row by row, so that the old and the new row of the first load that differs can be shown. Places are named by their keys.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from xxhash import xxh3_64

from analysis.verification.worlds import ReplicationResult
from sim.events import Kind
from sim.network.base import key_crc
from sim.units import DAY_S

BLOCK_ROWS, FOLLOWED_LOADS = 8, 8
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclass(frozen=True)
class LogTrail:
    """The trail of one log.

    rows : number of rows.  days : for each day, the characters of the blocks that end on it.
    loads : identity of a followed load -> its rows, in words.
    """

    rows: int
    days: tuple[str, ...]
    loads: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Divergence:
    """Where a log diverges from the stored one: within `rows`, in words, the first of which has the number `first_row`.

    followed_load : the first followed load that differs, its old row and its new row; None if none differs.
    """

    first_row: int
    rows: tuple[str, ...]
    old_rows: int
    new_rows: int
    followed_load: tuple[str, str, str] | None


def log_trail(run: ReplicationResult) -> LogTrail:
    """Returns the trail of a replication's log."""
    step = max(1, len(run.draws) // FOLLOWED_LOADS)
    followed = [run.load_identity(load) for load in range(step // 2, len(run.draws), step)][:FOLLOWED_LOADS]
    characters, days = _block_characters(run), run.log["time_s"][_block_ends(len(run.log))] // DAY_S
    lines = tuple("".join(characters[days == day]) for day in range(run.network.days))
    return LogTrail(len(run.log), lines, _load_histories(run, followed))


def find_divergence(old: LogTrail, run: ReplicationResult) -> Divergence | None:
    """Returns where the log of a replication diverges from a stored trail; None if it does not."""
    old_characters, new_characters = "".join(old.days), "".join(_block_characters(run))
    pairs = zip_longest(old_characters, new_characters)
    block = next((number for number, (one, other) in enumerate(pairs) if one != other), None)
    if block is None and old.rows == len(run.log):
        return None
    first = min(len(run.log), (len(new_characters) if block is None else block) * BLOCK_ROWS)
    rows = tuple(_row_text(run, row) for row in range(first, min(len(run.log), first + BLOCK_ROWS)))
    return Divergence(first, rows, old.rows, len(run.log), _first_changed_load(old, run))


def _first_changed_load(old: LogTrail, run: ReplicationResult) -> tuple[str, str, str] | None:
    """Returns (load, old row, new row) of the followed load that differs earliest; None if none differs."""
    now = _load_histories(run, old.loads)
    changes = []
    for load, history in old.loads.items():
        pairs = zip_longest(history, now.get(load, ()), fillvalue="(nothing more)")
        if changed_rows := next(((was, now) for was, now in pairs if was != now), None):
            changes.append((min(changed_rows), (load, *changed_rows)))
    return min(changes)[1] if changes else None


def _block_characters(run: ReplicationResult) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
    """Returns one character for each block of the log, and one for the remaining rows."""
    log = run.log
    keys = np.array([key_crc(node.key) for node in run.network.nodes] + [-1], dtype=np.int64)
    words = np.column_stack(
        [keys[log["place"]] if name == "place" else log[name].astype(np.int64) for name in log.dtype.names or ()]
    )
    digest, characters = xxh3_64(), []
    for end in _block_ends(len(log)):
        digest.update(np.ascontiguousarray(words[end - end % BLOCK_ROWS : end + 1]).data)
        characters.append(_ALPHABET[digest.intdigest() % len(_ALPHABET)])
    return np.array(characters, dtype="U1")


def _block_ends(rows: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Returns the index of the last row of each block."""
    ends = np.arange(BLOCK_ROWS - 1, rows, BLOCK_ROWS, dtype=np.int64)
    return ends if rows % BLOCK_ROWS == 0 else np.append(ends, rows - 1)


def _load_histories(run: ReplicationResult, loads: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Returns all rows of each of these loads, in words; loads that do not exist are left out."""
    identities = set(loads)
    number_of = {name: load for load in range(len(run.draws)) if (name := run.load_identity(load)) in identities}
    rows = {load: np.flatnonzero(run.log["entity"] == load) for load in number_of.values()}
    return {
        name: tuple(_row_text(run, int(row), with_load=False) for row in rows[load])
        for name, load in sorted(number_of.items())
    }


def _row_text(run: ReplicationResult, row: int, with_load: bool = True) -> str:
    """Returns a row as text that sorts by time: `day 02 08:13:20 STARTED sites.scan, 1`, plus its load if asked."""
    time_s, entity, kind, place, _, pallets = run.log[row].tolist()
    clock = f"day {time_s // DAY_S:02} {time_s // 3600 % 24:02}:{time_s // 60 % 60:02}:{time_s % 60:02}"
    place_text = f" {run.network.nodes[place].key}" if place >= 0 else ""
    amount = f", {pallets}" if pallets >= 0 else ""
    load_text = f", load {run.load_identity(entity)}" if with_load and entity >= 0 else ""
    return f"{clock} {Kind(kind).name}{place_text}{amount}{load_text}"
