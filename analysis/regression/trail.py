"""The way through a log, small enough to be kept: where two logs part can be said without keeping either.

For every BLOCK rows it has one character, of a digest of all rows up to there: the first that differs says within which
rows the logs part, once in 64 times one block later. A few loads, spread over the run, are followed row by row, so that
of the first of them that fares otherwise what was and what is can both be told. Places go by their keys.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from xxhash import xxh3_64

from analysis.verification.worlds import ReplicationResult
from sim.events import Kind
from sim.network.base import crc
from sim.units import DAY_S

BLOCK_ROWS, FOLLOWED_LOADS = 8, 8
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclass(frozen=True)
class LogTrail:
    """rows : of the log. days : for each day that has any, the characters of the blocks that end on it.
    loads : identity of a load that is followed -> its rows, in words."""

    rows: int
    days: tuple[str, ...]
    loads: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Divergence:
    """Where a log leaves the one that was kept: those of its rows, from number `row` on, among which it does, in words.

    followed : the first followed load that fares otherwise, what was told of it, and what is; None if none does.
    """

    first_row: int
    rows: tuple[str, ...]
    old_rows: int
    new_rows: int
    followed_load: tuple[str, str, str] | None


def log_trail(ran: ReplicationResult) -> LogTrail:
    """The way through the log of a replication."""
    every = max(1, len(ran.draws) // FOLLOWED_LOADS)
    who = [ran.load_identity(load) for load in range(every // 2, len(ran.draws), every)][:FOLLOWED_LOADS]
    letters, days = _block_characters(ran), ran.log["time_s"][_block_ends(len(ran.log))] // DAY_S
    lines = tuple("".join(letters[days == day]) for day in range(ran.network.days))
    return LogTrail(len(ran.log), lines, _load_histories(ran, who))


def find_divergence(old: LogTrail, ran: ReplicationResult) -> Divergence | None:
    """Where the log of the replication leaves the trail that was kept of it; None where it does not."""
    was, now = "".join(old.days), "".join(_block_characters(ran))
    pairs = zip_longest(was, now)
    block = next((number for number, (one, other) in enumerate(pairs) if one != other), None)
    if block is None and old.rows == len(ran.log):
        return None
    first = min(len(ran.log), (len(now) if block is None else block) * BLOCK_ROWS)
    rows = tuple(_row_text(ran, row) for row in range(first, min(len(ran.log), first + BLOCK_ROWS)))
    return Divergence(first, rows, old.rows, len(ran.log), _first_changed_load(old, ran))


def _first_changed_load(old: LogTrail, ran: ReplicationResult) -> tuple[str, str, str] | None:
    """The earliest row, by either of the two, at which a followed load fares otherwise."""
    now = _load_histories(ran, old.loads)
    found = []
    for who, story in old.loads.items():
        pairs = zip_longest(story, now.get(who, ()), fillvalue="(nothing more)")
        if unlike := next(((was, now) for was, now in pairs if was != now), None):
            found.append((min(unlike), (who, *unlike)))
    return min(found)[1] if found else None


def _block_characters(ran: ReplicationResult) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
    """A character for each block of the log, and one for the rows that are left over."""
    log = ran.log
    keys = np.array([crc(node.key) for node in ran.network.nodes] + [-1], dtype=np.int64)
    words = np.column_stack(
        [keys[log["place"]] if name == "place" else log[name].astype(np.int64) for name in log.dtype.names or ()]
    )
    digest, letters = xxh3_64(), []
    for end in _block_ends(len(log)):
        digest.update(np.ascontiguousarray(words[end - end % BLOCK_ROWS : end + 1]).data)
        letters.append(_ALPHABET[digest.intdigest() % len(_ALPHABET)])
    return np.array(letters, dtype="U1")


def _block_ends(rows: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """The last row of each block."""
    ends = np.arange(BLOCK_ROWS - 1, rows, BLOCK_ROWS, dtype=np.int64)
    return ends if rows % BLOCK_ROWS == 0 else np.append(ends, rows - 1)


def _load_histories(ran: ReplicationResult, who: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """All rows of each of these loads that there is, in words."""
    wanted = set(who)
    number = {name: load for load in range(len(ran.draws)) if (name := ran.load_identity(load)) in wanted}
    rows = {load: np.flatnonzero(ran.log["entity"] == load) for load in number.values()}
    return {
        name: tuple(_row_text(ran, int(row), whose=False) for row in rows[load])
        for name, load in sorted(number.items())
    }


def _row_text(ran: ReplicationResult, row: int, whose: bool = True) -> str:
    """`day 02 08:13:20 STARTED sites.scan, 1`: text that sorts by time; `whose` adds the load."""
    time_s, entity, kind, place, _, pallets = ran.log[row].tolist()
    clock = f"day {time_s // DAY_S:02} {time_s // 3600 % 24:02}:{time_s // 60 % 60:02}:{time_s % 60:02}"
    where = f" {ran.network.nodes[place].key}" if place >= 0 else ""
    number = f", {pallets}" if pallets >= 0 else ""
    load = f", load {ran.load_identity(entity)}" if whose and entity >= 0 else ""
    return f"{clock} {Kind(kind).name}{where}{number}{load}"
