"""Replication 0 to be watched: the drives of a sample of its loads and who stands where, packed for a page.

Days count from the run's start and are of no calendar. What is packed are whole numbers: minutes, stretches of ways,
changes of what stands at a spot. It draws nothing, and says what it leaves out.
"""

import base64
import glob
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import duckdb

from analysis.results.tables import RunResult, Study
from analysis.statistics import layout
from analysis.statistics.study_map import StudyMap

SECTORS = {"un": "UN", "bilateral": "bilateral", "ngo": "NGOs", "commercial": "commercial"}
MAX_RADIUS = 6.5  # radius of the largest disc or ring
REPLAY_TABLES = ("drives", "standing")
_MINUTE_S, _HOUR_MIN = 60, 60


class Drive(NamedTuple):
    """Along part `part` of `parts` of a way, by its number; minutes since the run's start."""

    from_min: int
    to_min: int
    leg: int
    part: int
    parts: int
    sector: int


class StepSeries(NamedTuple):
    """A step function from 0 on: what it is from each hour on."""

    hours: list[int]
    values: list[int]


@dataclass(frozen=True)
class RunReplay:
    """One run. `one_in` is how many loads of a flow a drive stands for; `loads` how many of the sample drove.

    standing : of each spot of the atlas in its order, trucks and vehicles, pallets on platforms, pallets arrived.
    """

    run: RunResult
    loads_per_drive: int
    loads: int
    drives: list[Drive]
    standing: list[tuple[StepSeries, StepSeries, StepSeries]]


def read_replay(run: RunResult, atlas: StudyMap, thinned: int = 1) -> RunReplay | None:
    """What a run kept of replication 0; None where it kept nothing.

    thinned : of the loads of each flow in it one in so many, and who stands where every so many hours.
    """
    if not has_replay(run):
        return None
    pairs = {pair: number for number, pair in enumerate(atlas.links)}
    sectors, stretches = list(SECTORS), _leg_parts(atlas, run)
    rows = _read_rows(
        run, "select flow, load, corridor, drive, sector, from_s, to_s, one_in from {} order by all", "drives"
    )
    kept = _thin_loads(((row[0], row[1]) for row in rows), thinned)
    drives = [
        Drive(from_s // _MINUTE_S, -(-to_s // _MINUTE_S), pairs[way.start, way.end], part, way.drives, at)
        for flow, load, corridor, drive, sector, from_s, to_s, _ in rows
        if (flow, load) in kept
        for way, part in [stretches[corridor][drive]]
        for at in [sectors.index(sector)]
    ]
    one_in = thinned * rows[0][-1] if rows else thinned
    return RunReplay(run, one_in, len(kept), sorted(drives), list(_standing_series(run, atlas, thinned)))


def has_replay(run: RunResult) -> bool:
    """Whether the run kept what is watched; one of an earlier version did not."""
    return all((run.folder / f"{table}.parquet").is_file() for table in REPLAY_TABLES)


def pack_replay(study: Study, atlas: StudyMap, room: int) -> dict[str, Any] | None:
    """What the page's script is given, in at most `room` characters; None where a run kept nothing or there is no room.

    Where all that was kept has no room it is thinned, in all runs alike.
    """
    runs = [run for run in study.runs if run.name in atlas.legs]
    for thinned in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32):
        found = [read_replay(run, atlas, thinned) for run in runs]
        if None in found:
            return None
        packed = _packed_runs(atlas, [each for each in found if each])
        if sum(len(run["drives"]) + len(run["standing"]) for run in packed["runs"]) <= room:
            return packed | {"thinned": thinned > 1}
    return None


def _packed_runs(atlas: StudyMap, found: list[RunReplay]) -> dict[str, Any]:
    drawn = atlas.layout
    curves = [
        (drawn.positions[a], layout.curve_control_point(drawn.positions[a], drawn.positions[b]), drawn.positions[b])
        for a, b in atlas.links
    ]
    parts = max((drive.parts for each in found for drive in each.drives), default=1)
    most = [
        max((value for each in found for spot in each.standing for value in spot[kind].values), default=0)
        for kind in (0, 1)
    ]
    return {
        "ways": [[each for point in curve for each in point] for curve in curves],
        "parts": parts,
        "sectors": len(SECTORS),
        "largest": MAX_RADIUS,
        "most": most,
        "runs": [
            {
                "days": each.run.days,
                "oneIn": each.loads_per_drive,
                "loads": each.loads,
                "ways": [atlas.links.index(pair) for pair in atlas.links_of_run(each.run)],
                "spots": [k for k, name in enumerate(atlas.stops) if name in atlas.stops_of_run(each.run)],
                "drives": encode_numbers(_drive_numbers(each.drives, parts)),
                "standing": encode_numbers(_standing_numbers(each.standing)),
            }
            for each in found
        ],
    }


def encode_numbers(numbers: Iterable[int]) -> str:
    """Whole numbers from 0 on, seven bits a byte, the lowest first, in base 64."""
    found = bytearray()
    for number in numbers:
        while number > 127:
            found.append(number & 127 | 128)
            number >>= 7
        found.append(number)
    return base64.b64encode(bytes(found)).decode()


def _drive_numbers(drives: Sequence[Drive], parts: int) -> Iterator[int]:
    """Of each its way, parts and sector as one number, minutes since the one before, and how long it takes."""
    before = 0
    for drive in drives:
        yield ((drive.leg * parts + drive.part) * parts + drive.parts - 1) * len(SECTORS) + drive.sector
        yield drive.from_min - before
        yield drive.to_min - drive.from_min
        before = drive.from_min


def _standing_numbers(standing: Sequence[tuple[StepSeries, ...]]) -> Iterator[int]:
    """Of each series how many changes; of each hours since the one before, and by how much (2n, or -2n - 1)."""
    for series in (each for spot in standing for each in spot):
        yield len(series.hours)
        hour = value = 0
        for at, now in zip(*series, strict=True):
            yield at - hour
            yield 2 * (now - value) if now >= value else 2 * (value - now) - 1
            hour, value = at, now


def _thin_loads(loads: Iterable[tuple[str, int]], step: int) -> set[tuple[str, int]]:
    """Every so-many-th load of each flow, from its first on."""
    of_flow: dict[str, list[int]] = {}
    for flow, load in dict.fromkeys(loads):
        of_flow.setdefault(flow, []).append(load)
    return {(flow, load) for flow, own in of_flow.items() for load in own[::step]}


def _leg_parts(atlas: StudyMap, run: RunResult) -> dict[str, list[Any]]:
    """Of each corridor its drives in order: the way that each is part of, and which part."""
    ways = atlas.legs[run.name]
    return {corridor: [(way, part) for way in own for part in range(way.drives)] for corridor, own in ways.items()}


def _standing_series(
    run: RunResult, atlas: StudyMap, hours: int
) -> Iterator[tuple[StepSeries, StepSeries, StepSeries]]:
    """Sums over the places of each spot, every so many hours; bays beside a site stand where it does."""
    by_place: dict[str, list[tuple[str, int, int, int]]] = {}
    for place, hour, there, arrived in _read_rows(
        run, "select place, hour, there, arrived from {} order by all", "standing"
    ):
        by_place.setdefault(".".join(place.split(".")[:2]), []).append((place, hour, there, arrived))
    for spot in atlas.stops.values():
        rows = [row for place in spot.places for row in by_place.get(place, ())]
        pallets = [row for row in rows if row[0].startswith("platforms.")]
        others = [row for row in rows if not row[0].startswith("platforms.")]
        yield (
            _sum_series(((place, hour, there) for place, hour, there, _ in others), hours),
            _sum_series(((place, hour, there) for place, hour, there, _ in pallets), hours),
            _sum_series(((place, hour, arrived) for place, hour, _, arrived in others), hours),
        )


def _sum_series(rows: Iterable[tuple[str, int, int]], hours: int) -> StepSeries:
    """Of several step functions, (name, hour, value) in the order of name and hour, as it is every so many hours."""
    latest: dict[str, int] = {}
    found = StepSeries([], [])
    by_hour: dict[int, dict[str, int]] = {}
    for name, hour, value in rows:
        by_hour.setdefault(-(-hour // hours) * hours, {})[name] = value
    for hour in sorted(by_hour):
        latest |= by_hour[hour]
        if (now := sum(latest.values())) != (found.values[-1] if found.values else 0):
            found.hours.append(hour)
            found.values.append(now)
    return found


def _read_rows(run: RunResult, select: str, table: str) -> list[Any]:
    path = glob.escape((run.folder / f"{table}.parquet").as_posix())
    with duckdb.connect() as connection:
        return connection.execute(select.replace("{}", "read_parquet(?)"), [path]).fetchall()
