"""Trucks a day are several counts: requested, entered, offloaded, collected, arrived; side by side, and the rest.

By sector, cargo and crossing (the border gate of a corridor, or the corridor where it has none). Trucks are inbound
trucks up to offloaded, and vehicles that collect from collected on; pallets are the same all the way, so that what was
there at the start and what was requested add up to where everything is at the end. No authority's count is blended with
another's or with the model's.
"""

import glob
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import duckdb
import numpy as np

from analysis.results.arrays import Floats
from analysis.results.columns import Columns
from analysis.results.tables import RunResult, Study

COUNTS = ("requested", "authorised", "manifested", "entered", "offloaded", "collected", "arrived")
NOT_THROUGH = (  # a load may be refused, not come or be rejected more than once
    "refused", "no_show", "rejected", "returned", "turned_away", "intercepted", "expired",
)  # fmt: skip
BEGAN = "there at the start"
# what is in another state is still inside
ENDS = ("arrived", "refused", "returned", "turned away", "lost", "expired")
WITHIN = (0.1, 0.9)  # quantiles of the replications: 80 in 100 lie between
ALL = "all"


class Key(NamedTuple):
    """What a number counts: a count of COUNTS or NOT_THROUGH a day, or what loads and pallets are doing at a place."""

    sector: str
    cargo: str
    crossing: str
    what: str
    place: str
    unit: str  # trucks/day, pallets/day; at the start and the end loads, pallets


Table = dict[Key, Floats]  # a number for each replication, by day also for each day


class Spread(NamedTuple):
    """Over replications: the mean, and between what values 80 in 100 of them lie."""

    mean: float
    low: float
    high: float


class Band(NamedTuple):
    """Tonnes a day after warm-up: what arrived, what was intercepted, and both together.

    What share of the intercepted is consumed is not known, from none to all: between the first and the last.
    """

    arrived: Spread
    intercepted: Spread
    together: Spread


def counters(run: RunResult) -> Table:
    """All counts of a run a day, over all of its days, and where everything is when it starts and ends."""
    crossing, there = crossings(run), whereabouts_of(run)
    table = {key: values[:, 0] / run.days for key, values in _counts(run, there, by_day=False).items()}
    for (sector, cargo, corridor, moment, state, place), rows in groupby(there, itemgetter(*range(6))):
        replications, *amounts = np.array([row[6:] for row in rows]).T
        for unit, amount in zip(("loads", "pallets"), amounts, strict=True):
            key = Key(sector, cargo, crossing[corridor], BEGAN if moment == "start" else state, place, unit)
            if key not in table:
                table[key] = np.zeros(len(run.arrays.replications))
            np.add.at(table[key], replications, amount)
    return table


def _counts(run: RunResult, there: list[tuple[Any, ...]], by_day: bool) -> Table:
    """All counts of a run, (replications, days); or of all days together, (replications, 1). `there` : whereabouts.

    A count that no corridor of a crossing has is not there: it was not zero, it does not exist.
    """
    crossing, shape = crossings(run), (len(run.arrays.replications), run.days if by_day else 1)
    rows = rows_of(run, "daily", "sector, cargo, corridor, milestone" + ", date" * by_day, "trucks, pallets")
    has = {(crossing[name], milestone) for name, known in run.milestones.items() for milestone in known}
    table: Table = {}
    for sector, cargo, corridor in sorted({row[:3] for row in (*rows, *there)}):
        for what in (*COUNTS, *NOT_THROUGH):
            for unit in ("trucks/day", "pallets/day") if (crossing[corridor], what) in has else ():
                table.setdefault(Key(sector, cargo, crossing[corridor], what, "", unit), np.zeros(shape))
    for (sector, cargo, corridor, what, *on), alike in groupby(rows, itemgetter(*range(4 + by_day))):
        day = (on[0] - run.start).days if on else 0
        replications, *amounts = np.array([row[4 + by_day :] for row in alike]).T
        for unit, amount in zip(("trucks/day", "pallets/day"), amounts, strict=True):
            if (key := Key(sector, cargo, crossing[corridor], what, "", unit)) in table:
                np.add.at(table[key], (replications, day), amount)
    return table


def summed(table: Table, *kept: str) -> Table:
    """Sums over what is not kept; there it says `all`, and of places nothing."""
    sums: Table = {}
    left_out = {name: ALL for name in ("sector", "cargo", "crossing") if name not in kept}
    left_out |= {} if "place" in kept else {"place": ""}
    for key, values in table.items():
        into = key._replace(**left_out)
        sums[into] = sums[into] + values if into in sums else values
    return sums


def band(run: RunResult) -> Band | None:
    """None where nothing can be intercepted."""
    if not any("intercepted" in known for known in run.milestones.values()):
        return None
    names = (f"{name}_tonnes_per_day" for name in ("arrived", "intercepted"))
    arrived, intercepted = (run.arrays.measures[name].values for name in names)
    return Band(spread(arrived), spread(intercepted), spread(arrived + intercepted))


def spread(values: Floats) -> Spread:
    low, high = np.quantile(values, WITHIN)
    return Spread(float(values.mean()), float(low), float(high))


def crossings(run: RunResult) -> dict[str, str]:
    """The border gate of each corridor, or its own name where it passes none."""
    border = {name for name, gate in (run.config.get("gates") or {}).items() if gate.get("border")}
    found = {}
    for name in {**run.milestones, **run.config["corridors"]}:
        steps = run.config["corridors"].get(name, {}).get("steps", ())
        gates = [step["pass_gate"] for step in steps if "pass_gate" in step]
        passed = [gate["gate"] if isinstance(gate, dict) else str(gate) for gate in gates]
        found[name] = next((gate for gate in passed if gate in border), name)
    return found


def tidy(study: Study) -> Columns:
    """A row for each number of each run."""
    names = ("run", *Key._fields, "mean", "p10", "p90")
    rows = [(run.name, *key, *spread(values)) for run in study.runs for key, values in counters(run).items()]
    return dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())


def tidy_by_day(study: Study) -> Columns:
    """A row for each count of each run on each of its days."""
    of = ("sector", "cargo", "crossing", "what", "unit")
    rows = [
        (run.name, on, *(getattr(key, name) for name in of), *spread(values[:, day]))
        for run in study.runs
        for key, values in _counts(run, whereabouts_of(run), by_day=True).items()
        for day, on in enumerate(run.dates)
    ]
    names = ("run", "date", *of, "mean", "p10", "p90")
    return dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())


def side_by_side(table: Table, *kept: str) -> list[tuple[tuple[str, str, str], list[Spread | None]]]:
    """((sector, cargo, crossing), trucks a day of each of `shown`, None where there is none); all loads last."""
    rows = []
    for sums in (summed(table, *kept), summed(table)):
        for of in sorted({key[:3] for key in sums if key.unit == "trucks/day"}):
            values = [sums.get(Key(*of, what, "", "trucks/day")) for what in shown(table)]
            rows.append((of, [None if value is None else spread(value) for value in values]))
    return rows


def shown(table: Table) -> list[str]:
    """The counts that some crossing has, in order; of those who did not get through each that there is."""
    there = {key.what for key in table if key.unit == "trucks/day"}
    return [what for what in (*COUNTS, *NOT_THROUGH) if what in there]


def whereabouts(table: Table, days: int) -> list[tuple[str, str, Spread | None, Spread]]:
    """(what, where, loads, pallets): what began, and then where all of it is when the run ends; the last adds it up."""
    sums = summed(table, "place")
    requested = sums.get(Key(ALL, ALL, ALL, "requested", "", "pallets/day"))
    rows: list[tuple[str, str, Spread | None, Spread]] = []
    began = [key for key in sums if key.unit == "pallets" and key.what == BEGAN]
    ended = [key for key in sums if key.unit == "pallets" and key.what != BEGAN]
    for key in (*sorted(began, key=lambda key: key.place), None, *sorted(ended, key=_order)):
        if key is not None:
            rows.append((key.what, key.place, spread(sums[key._replace(unit="loads")]), spread(sums[key])))
        elif requested is not None:
            loads = sums[Key(ALL, ALL, ALL, "requested", "", "trucks/day")] * days
            rows.append(("requested", "", spread(loads), spread(requested * days)))
    if ended:
        rows.append(("in all at the end", "", None, spread(np.sum([sums[key] for key in ended], axis=0))))
    return rows


def _order(key: Key) -> tuple[bool, str, str]:
    return key.what in ENDS, key.what, key.place


def whereabouts_of(run: RunResult) -> list[tuple[Any, ...]]:
    """(sector, cargo, corridor, moment, state, place, replication in order, loads, pallets); none of an older study."""
    if not (run.folder / "whereabouts.parquet").is_file():
        return []
    return rows_of(run, "whereabouts", "sector, cargo, corridor, moment, state, place", "loads, pallets")


def rows_of(run: RunResult, table: str, words: str, amounts: str) -> list[tuple[Any, ...]]:
    number_of = {replication: i for i, replication in enumerate(run.arrays.replications)}
    sums = ", ".join(f"sum({name})::BIGINT" for name in amounts.split(", "))
    at = len(words.split(", "))
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select {words}, replication, {sums} from read_parquet(?) group by all order by all",
            [glob.escape((run.folder / f"{table}.parquet").as_posix())],
        ).fetchall()
    return [(*row[:at], number_of[row[at]], *row[at + 1 :]) for row in rows]


def gates_of(corridor: dict[str, Any]) -> set[str]:
    """The gates that a corridor passes, as the planner wrote its steps."""
    passed = [step["pass_gate"] for step in corridor["steps"] if "pass_gate" in step]
    return {gate["gate"] if isinstance(gate, dict) else str(gate) for gate in passed}
